"""What a deposit is kept as: the rows of a letter, and the digest of what was asked."""

import hashlib
from collections.abc import Sequence
from typing import Any

import rfc8785

from lre_kit.errors import InputError
from lre_kit.law.consents import Capacity
from lre_kit.law.products import Product
from lre_kit.letters.paper import PaperWish
from lre_kit.letters.terms import Terms
from lre_kit.letters.values import DocumentInfo, Letter
from lre_kit.parties.characters import has_hidden_characters
from lre_kit.parties.values import Recipient, Sender
from lre_kit.store.columns import new_id

SUBJECT_MAX_CHARS = 200
"""Longest subject kept, in characters."""


def checked_subject(text: str) -> str:
    """Return a subject as one line.

    Raises:
        InputError: Too long, or holding control characters.
    """
    subject = " ".join(text.split())
    if len(subject) > SUBJECT_MAX_CHARS or has_hidden_characters(subject):
        msg = "The subject is too long or holds invisible control characters."
        raise InputError(msg, mend=f"Type a line of at most {SUBJECT_MAX_CHARS} characters.")
    return subject


def blob_key(letter_id: str, position: int) -> str:
    """Return where a document's content lies."""
    return f"letters/{letter_id}/{position}"


def digest_of(  # noqa: PLR0917 - the parts of a request, each of its own type
    sender: Sender,
    recipient: Recipient,
    product: Product,
    subject: str,
    documents: Sequence[DocumentInfo],
    wish: PaperWish | None = None,
    terms: Terms | None = None,
) -> str:
    """Return what makes two requests the same, as a digest: all but streams and keys."""
    asked: list[Any] = [
        [sender.ref, sender.name, sender.email],
        # Said of nobody, it stays out: digests from before it could be said stay what they were.
        [recipient.name, recipient.email, *_capacity(recipient)],
        product.value,
        subject,
        [[document.name, document.digest_hex] for document in documents],
    ]
    if recipient.postal is not None and wish is not None:
        days, options = wish.choice_days, wish.options
        asked += [recipient.postal.to_json(), [options.colour, options.duplex, wish.electronic.value, days]]
    asked += terms.to_digest() if terms is not None else []
    return hashlib.sha256(rfc8785.dumps(asked)).hexdigest()


def _capacity(recipient: Recipient) -> list[str]:
    if recipient.capacity is Capacity.CONSUMER:
        return []
    return [recipient.capacity.value, recipient.capacity_basis]


def columns_of(letter: Letter) -> dict[str, Any]:
    """Return a letter's columns, without its key."""
    return {
        "id": letter.id,
        "number": letter.number,
        "product": letter.product.value,
        "phase": letter.phase.value,
        "version": letter.version,
        "language": letter.language,
        "sender_ref": letter.sender.ref,
        "sender_name": letter.sender.name,
        "sender_email": letter.sender.email,
        "recipient_name": letter.recipient.name,
        "recipient_email": letter.recipient.email,
        "recipient_capacity": letter.recipient.capacity.value,
        "capacity_basis": letter.recipient.capacity_basis,
        "subject": letter.subject,
        "requirements": letter.requirements.to_json(),
        "claim": letter.claim.value,
        "deposited_at": letter.deposited_at,
        "reference": letter.reference,
        "notify_at": letter.notify_at,
        "pre_notice_at": letter.pre_notice.planned_at if letter.pre_notice else None,
        "pre_notice_state": letter.pre_notice.state.value if letter.pre_notice else None,
    }


def document_of(letter_id: str, document: DocumentInfo) -> dict[str, Any]:
    """Return a document's columns."""
    return {
        "id": new_id(),
        "letter_id": letter_id,
        "position": document.position,
        "name": document.name,
        "media_type": document.media_type,
        "size_bytes": document.size_bytes,
        "digest_hex": document.digest_hex,
        "blob_key": blob_key(letter_id, document.position),
    }
