"""One deposit for several recipients: a letter and proofs for each, none sees another, all or none."""

import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import IO, Any

from lre_kit.errors import InputError, LreError
from lre_kit.letters.values import READ_BYTES, Upload
from lre_kit.parties.emails import key_of
from lre_kit.parties.values import Recipient

RECIPIENTS_MAX = 50
"""Most recipients of one deposit; more go in bulk."""

SPOOLED_BYTES = 1024 * 1024
"""Up to here a document waits in memory, beyond it in a file that nobody else opens."""


class OneOfSeveralError(InputError):
    """One recipient of several cannot be written to; nothing was deposited for anybody."""

    slug = "one-of-several"

    def __init__(self, place: int, refused: LreError) -> None:
        """Say which, and why."""
        super().__init__(f"Recipient {place}: {refused.problem}", mend=refused.mend)
        self.place = place
        self.refused = refused


class RecipientsError(InputError):
    """The recipients of one deposit cannot be taken together."""

    slug = "recipients"


@contextmanager
def to_each(
    recipients: Sequence[Recipient],
    documents: Sequence[Upload],
    *,
    idempotency_key: str | None = None,
    **common: Any,
) -> Iterator[list[Mapping[str, Any]]]:
    """Yield what is asked of `lre_kit.letters.intake.Intake.deposit_all` for several recipients.

    Args:
        recipients: Whom the letters are addressed to, one each.
        documents: What each of them gets; the streams are read once.
        idempotency_key: The same key gives the same letters.
        **common: The other arguments of a deposit.

    Raises:
        RecipientsError: There are too many, none, or one twice.
    """
    expect_several(recipients)
    with ExitStack() as stack:
        kept = [
            (each, stack.enter_context(tempfile.SpooledTemporaryFile(SPOOLED_BYTES))) for each in documents
        ]
        for upload, file in kept:
            for piece in upload.chunks():
                file.write(piece)
        yield [
            common
            | {
                "recipient": recipient,
                "documents": [
                    Upload(name=upload.name, stream=_from_the_beginning(file), media_type=upload.media_type)
                    for upload, file in kept
                ],
                "idempotency_key": f"{idempotency_key}:{place}" if idempotency_key else None,
            }
            for place, recipient in enumerate(recipients, start=1)
        ]


_NAMED = re.compile(r"(?P<name>[^<>\r\n]+)<(?P<address>[^<>\s]+)>")


def recipient_of_text(text: str) -> Recipient:
    """Return the recipient of a text such as ``Ada Lovelace <ada@example.net>``, or of an address alone."""
    # Nothing lenient: what is not of this form is an address as it stands, and refused where it is none.
    if found := _NAMED.fullmatch(text.strip()):
        return Recipient(name=found["name"].strip().strip('"').strip(), email=found["address"])
    return Recipient(name=text, email=text)


def expect_several(recipients: Sequence[Recipient]) -> None:
    """Refuse recipients who cannot be written to in one deposit.

    Raises:
        RecipientsError: There are too many, none, or one twice.
    """
    if not 1 <= len(recipients) <= RECIPIENTS_MAX:
        msg = f"The deposit names {len(recipients)} recipients."
        raise RecipientsError(msg, mend=f"Name one to {RECIPIENTS_MAX}; send to more of them in bulk.")
    seen: set[tuple[str, str]] = set()
    for place, each in enumerate(recipients, start=1):
        key = (key_of(each.email) if each.email else "", each.name.casefold().strip())
        if key in seen:
            msg = f"Recipient {place} is named twice."
            raise RecipientsError(msg, mend="Name each recipient once.")
        seen.add(key)


def _from_the_beginning(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while piece := file.read(READ_BYTES):
        yield piece
