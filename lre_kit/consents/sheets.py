"""Consents in and out as CSV: streamed, told line by line, no formula ever written."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

from lre_kit.clock import iso
from lre_kit.consents.desk import Asked
from lre_kit.consents.values import ConsentInfo, ConsentInputError, ConsentRequest
from lre_kit.csv_tables import SheetLine, bad_line, csv_line, read_table
from lre_kit.errors import LreError
from lre_kit.law.consents import ConsentRegime

BATCH = 200
"""Lines asked in one transaction."""

COLUMNS = {
    "email": ("email", "e-mail", "courriel", "adresse electronique"),
    "name": ("name", "nom"),
    "language": ("language", "langue"),
    "phone": ("phone", "telephone", "téléphone"),
    "given_on": ("given_on", "donné le", "donne le"),
    "scan": ("scan", "numérisation"),
}
"""Columns that are read, by the names they may have; others are left alone."""

EXPORTED = (
    "reference", "email", "name", "regime", "state", "asked_at", "decided_at", "expires_at", "method",
    "wording",
)  # fmt: skip
"""Columns of an export."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineAnswer:
    """What became of one line."""

    number: int
    reference: str = ""
    error: LreError | None = None

    @property
    def outcome(self) -> str:
        """``asked`` (or ``taken in``), or the slug of why not."""
        return self.error.slug if self.error else "done"


def read_lines(stream: BinaryIO, *, encoding: str = "utf-8") -> Iterator[SheetLine]:
    """Yield a sheet's lines; what is wrong with one is said beside it, and the next is read.

    Args:
        stream: The file; read once, never held whole.
        encoding: How it is written: never guessed, because a wrong guess changes names silently.

    Raises:
        ConsentInputError: The first line names no column ``email``, or the file is no text.
    """
    yield from read_table(stream, columns=COLUMNS, needed="email", encoding=encoding, error=ConsentInputError)


def ask_lines(
    lines: Iterable[SheetLine],
    ask: Callable[[Sequence[ConsentRequest]], Sequence[Asked]],
    *,
    regime: ConsentRegime,
    language: str,
) -> Iterator[LineAnswer]:
    """Ask the recipients of a sheet, batch by batch, and yield what became of each line, in order.

    Args:
        lines: As read.
        ask: Asks a batch in one transaction.
        regime: Under which they are asked.
        language: For lines that name none.
    """
    seen: set[int] = set()
    source = iter(lines)
    while batch := list(islice(source, BATCH)):
        answers: dict[int, LineAnswer] = {}
        wanted: list[tuple[int, ConsentRequest]] = []
        for line in batch:
            error = line.error
            request = ConsentRequest(
                name=line.fields.get("name") or line.fields.get("email", ""),
                email=line.fields.get("email", ""),
                regime=regime,
                language=line.fields.get("language") or language,
                phone=line.fields.get("phone") or None,
            )
            if error is None and _is_double(request.key, seen):
                error = bad_line("names a recipient of an earlier line", ConsentInputError)
            if error is not None:
                answers[line.number] = LineAnswer(number=line.number, error=error)
            else:
                wanted.append((line.number, request))
        asked = ask([request for _, request in wanted])
        for (number, _), one in zip(wanted, asked, strict=True):
            reference = one.consent.id if one.consent else ""
            answers[number] = LineAnswer(number=number, reference=reference, error=one.error)
        yield from (answers[line.number] for line in batch)


def export_lines(consents: Iterable[ConsentInfo]) -> Iterator[str]:
    """Yield an export line by line, its heads first; cells that would be formulas are made text."""
    yield csv_line(EXPORTED)
    for info in consents:
        instants = [iso(at) if at else "" for at in (info.asked_at, info.decided_at, info.expires_at)]
        cells = (
            info.id, info.recipient_email, info.recipient_name, info.regime.value, info.state.value,
            *instants, info.method, info.wording,
        )  # fmt: skip
        yield csv_line(cells)


def _is_double(key: str, seen: set[int]) -> bool:
    """Answer whether a mailbox came before; of each, eight bytes are remembered."""
    digest = int.from_bytes(hashlib.blake2b(key.encode("utf-8", "replace"), digest_size=8).digest())
    if digest in seen:
        return True
    seen.add(digest)
    return False
