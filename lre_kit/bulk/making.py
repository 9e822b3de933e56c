"""From the lines of a bulk sending to what is asked of the letters' desk."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from lre_kit.bulk.files import key_of_file
from lre_kit.bulk.keeping import Keeping
from lre_kit.bulk.tables import BulkLine, kept_line
from lre_kit.clock import from_iso, iso
from lre_kit.errors import LreError
from lre_kit.identifiers.identified import SenderIdentified
from lre_kit.law.assurance import Category, Level
from lre_kit.law.paper import PrintOptions
from lre_kit.law.products import Product
from lre_kit.letters.paper import PaperWish
from lre_kit.letters.values import Upload
from lre_kit.mailmerge.setting import Setter
from lre_kit.parties.values import Sender
from lre_kit.store.database import UnitOfWork
from lre_kit.typesetting import is_rare

Still = Callable[[UnitOfWork], None]
"""Looks inside a deposit whether who acts still may."""


class Making:
    """Makes the letters of some lines of one bulk sending."""

    def __init__(
        self, keeping: Keeping, row: Row[Any], key: bytes, setter: Setter | None, still: Still | None
    ) -> None:
        """Read what all of them share; use `making`."""
        self._keeping = keeping
        self._row = row
        self._key = key
        self._setter = setter
        self._common: dict[str, Any] = {
            "sender": Sender(ref=row.sender_ref, name=row.sender_name, email=row.sender_email),
            "identified": identified_of(row.identified) if row.identified else None,
            "product": row.product,
            "paper": wish_of(row.paper),
            "authority": still,
        }
        self._documents = [
            (name, b"".join(keeping.pieces(row.id, key, place)))
            for place, name in enumerate(row.documents, start=1)
        ]
        self._places = {
            key_of_file(name): place
            for place, name in enumerate(row.files or (), start=len(row.documents) + 1)
        }

    def request(self, line: Row[Any]) -> dict[str, Any] | LreError:
        """Return what is asked of the desk for a line, or why its letter cannot be made."""
        told = self._told(line)
        try:
            own = self._own(told)
        except LreError as error:
            return error
        common = [Upload(name=name, stream=[content]) for name, content in self._documents]
        return self._common | {
            "recipient": told.recipient,
            "subject": told.subject,
            "reference": told.reference,
            "documents": own + common,
            "language": told.language,
            "notify_at": told.notify_at,
            "pre_notice": told.pre_notice,
            "idempotency_key": once(self._row.id, line.line),
        }

    def merged(self, line: Row[Any]) -> tuple[str, bytes]:
        """Return the name and the bytes of the letter that is made for a line.

        Raises:
            NotMergeableError: It cannot be made.
        """
        assert self._setter is not None
        return self._merged(self._told(line))

    def _told(self, line: Row[Any]) -> BulkLine:
        return kept_line(line.line, self._keeping.line(self._key, self._row.id, line.line, line.sealed))

    def _own(self, told: BulkLine) -> list[Upload]:
        """Return the documents that are a line's alone."""
        found: list[Upload] = []
        if self._setter is not None:
            name, content = self._merged(told)
            found.append(Upload(name=name, stream=[content]))
        if named := told.document:
            place = self._places[named]
            name = self._row.files[place - len(self._row.documents) - 1]
            found.append(Upload(name=name, stream=self._keeping.pieces(self._row.id, self._key, place)))
        return found

    def _merged(self, told: BulkLine) -> tuple[str, bytes]:
        assert self._setter is not None
        made = self._setter.pdf(told.recipient, told.values, language=told.language)
        return self._setter.file_name, made


@contextmanager
def making(
    keeping: Keeping, row: Row[Any], key: bytes, *, at: datetime, still: Still | None = None
) -> Iterator[Making]:
    """Open what is needed to make letters of a bulk sending's lines.

    Args:
        keeping: What is kept of it.
        row: Its row.
        key: Its key.
        at: Which day stands on merged letters, if it was not started yet.
        still: Looks inside each deposit whether who acts still may.
    """
    with ExitStack() as stack:
        setter = None
        if row.merge is not None:
            merge = keeping.merge(key, row.id, row.merge)
            setter = stack.enter_context(Setter(merge.template, merge.head, at=row.started_at or at))
        yield Making(keeping, row, key, setter, still)


def once(bulk_id: str, line: int) -> str:
    """Return the idempotency key of a line's letter."""
    return f"bulk:{bulk_id}:{line}"


def kept_identified(identified: SenderIdentified) -> dict[str, Any]:
    """Return how a sender was identified as plain values."""
    plain = asdict(identified)
    levels = {"level": identified.level.value, "categories": [each.value for each in identified.categories]}
    return plain | levels | {"at": iso(identified.at)}


def identified_of(kept: Mapping[str, Any]) -> SenderIdentified:
    """Return what `kept_identified` kept."""
    categories = tuple(Category(each) for each in kept["categories"])
    read = {"level": Level(kept["level"]), "categories": categories, "at": from_iso(kept["at"])}
    return SenderIdentified(**{**kept, **read})


def kept_wish(wish: PaperWish | None) -> dict[str, Any] | None:
    """Return how letters are printed as plain values."""
    if wish is None:
        return None
    return {
        "colour": wish.options.colour,
        "duplex": wish.options.duplex,
        "electronic": wish.electronic.value,
        "choice_days": wish.choice_days,
    }


def wish_of(kept: Mapping[str, Any] | None) -> PaperWish | None:
    """Return what `kept_wish` kept."""
    if kept is None:
        return None
    return PaperWish(
        options=PrintOptions(colour=kept["colour"], duplex=kept["duplex"]),
        electronic=Product(kept["electronic"]),
        choice_days=kept["choice_days"],
    )


def rare(texts: Sequence[str]) -> bool:
    """Tell whether texts hold characters for which a font may be missing."""
    return any(is_rare(char) for text in texts for char in text)
