"""Reading a carrier's file: one line, one thing said. Bad lines are reported, good ones are taken.

CSV with a head line, separated by commas, semicolons or tabs: ``item_number``, ``code``, and if they are
there ``date`` (ISO 8601, or day/month/year), ``label``, ``source``. A file may come twice: what is known
stays
known.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from lre_kit.clock import PARIS
from lre_kit.errors import NotFoundError
from lre_kit.law.carrier_codes import TABLES
from lre_kit.postroom.errors import CarrierFileError
from lre_kit.postroom.items import item_by_number
from lre_kit.postroom.tracking import Taken, Tracking
from lre_kit.postroom.values import CarrierNews
from lre_kit.store.database import Database

FILE_MAX_BYTES = 32 * 1024 * 1024
"""Largest file read."""

LINES_MAX = 200_000
"""Most lines read."""

_ALIASES = {
    "item_number": {"item_number", "item", "number", "numero", "numéro", "idship", "id_ship"},
    "code": {"code", "statut", "status", "motif"},
    "date": {"date", "happened_at", "date_evenement"},
    "label": {"label", "libelle", "libellé"},
    "source": {"source", "table"},
}
_DATE_FORMS = ("%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y")


@dataclass(frozen=True, slots=True, kw_only=True)
class LineReport:
    """What became of one line; `result` is a `Taken`, or ``bad_line``, ``unknown_number``."""

    line: int
    result: str
    detail: str = ""


def import_file(database: Database, tracking: Tracking, content: bytes, *, source: str) -> list[LineReport]:
    """Take a carrier's file.

    Args:
        database: Where postings are found.
        tracking: Takes what is said.
        content: The file.
        source: Table of the codes where the file does not say: ``suivi``, ``maileva`` or ``pnd``.

    Raises:
        CarrierFileError: It cannot be read at all; nothing was changed.
    """
    if source not in TABLES:
        msg = f"No table of codes is called “{source[:20]}”."
        raise CarrierFileError(msg, mend=f"Choose one of: {', '.join(TABLES)}.")
    reports = []
    for number, cells in _lines(content):
        reports.append(_take(database, tracking, number, cells, source))
    return reports


def _take(
    database: Database, tracking: Tracking, line: int, cells: dict[str, str], source: str
) -> LineReport:
    code, table = cells.get("code", "").strip(), cells.get("source", "").strip().lower() or source
    if not code or len(code) > 40 or table not in TABLES:
        return LineReport(line=line, result="bad_line", detail="no code, or a table that is not known")
    try:
        happened_at = _instant(cells.get("date", "").strip())
    except ValueError:
        return LineReport(line=line, result="bad_line", detail="the date cannot be read")
    try:
        item = item_by_number(database, cells.get("item_number", ""))
    except NotFoundError:
        return LineReport(line=line, result="unknown_number")
    news = CarrierNews(source=table, raw_code=code, label=cells.get("label", ""), happened_at=happened_at)
    taken = tracking.take(item, news)
    detail = f"already {item.outcome}" if taken is Taken.CONTRADICTS else ""
    return LineReport(line=line, result=taken.value, detail=detail)


def _lines(content: bytes) -> Sequence[tuple[int, dict[str, str]]]:
    if len(content) > FILE_MAX_BYTES:
        raise CarrierFileError("The file is too large.", mend="Cut it in parts of 32 MB.")
    text = _decoded(content)
    head = text.partition("\n")[0]
    separator = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        names = [_named(cell) for cell in next(reader)]
        if "item_number" not in names or "code" not in names or len(set(filter(None, names))) < 2:
            raise ValueError
        if any(name and names.count(name) > 1 for name in names):
            raise ValueError
        found: list[tuple[int, dict[str, str]]] = []
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(found) >= LINES_MAX:
                raise CarrierFileError("The file has too many lines.", mend=f"At most {LINES_MAX}.")
            pairs = zip(names, cells, strict=False)
            found.append((reader.line_num, {name: cell for name, cell in pairs if name}))
    except (StopIteration, ValueError, csv.Error):
        msg = "The file has no head line that names an item number and a code once each."
        raise CarrierFileError(msg, mend="Begin it with: item_number,code,date,label.") from None
    return found


def _decoded(content: bytes) -> str:
    if content[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _named(cell: str) -> str:
    plain = cell.strip().lower().replace(" ", "_")
    return next((name for name, words in _ALIASES.items() if plain in words), "")


def _instant(text: str) -> datetime | None:
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = _by_form(text)
    return at if at.tzinfo is not None else at.replace(tzinfo=PARIS)


def _by_form(text: str) -> datetime:
    for form in _DATE_FORMS:
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007 - legal time is added by the caller
        except ValueError:
            continue
    raise ValueError(text)
