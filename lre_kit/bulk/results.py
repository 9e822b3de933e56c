"""What became of each line, as a CSV file that no spreadsheet takes for formulas."""

from collections.abc import Iterator

from sqlalchemy import select

from lre_kit.bulk.rows import BulkLineRow
from lre_kit.csv_tables import csv_line
from lre_kit.letters.phases import Phase
from lre_kit.letters.rows import LetterRow
from lre_kit.store.database import Database
from lre_kit.store.inserts import table_of

HEADS = ("line", "outcome", "number", "phase", "reference", "problem")
"""Columns of the file."""

PAGE = 1000
"""Lines read at a time: the memory it takes does not grow."""

_LINE, _LETTER = table_of(BulkLineRow), table_of(LetterRow)


def result_lines(database: Database, bulk_id: str) -> Iterator[str]:
    """Yield the result of a bulk sending line by line, its heads first."""
    yield csv_line(HEADS)
    last = -1
    columns = (_LINE.c.line, _LINE.c.state, _LINE.c.error)
    letter = (_LETTER.c.number, _LETTER.c.phase, _LETTER.c.reference)
    while True:
        query = (
            select(*columns, *letter)
            .join_from(_LINE, _LETTER, _LINE.c.letter_id == _LETTER.c.id, isouter=True)
            .where(_LINE.c.bulk_id == bulk_id, _LINE.c.line > last)
            .order_by(_LINE.c.line)
            .limit(PAGE)
        )
        with database.read() as connection:
            rows = list(connection.execute(query))
        for row in rows:
            phase = Phase(row.phase).value if row.phase else ""
            number, reference = row.number or "", row.reference or ""
            yield csv_line((str(row.line), row.state, number, phase, reference, row.error))
        if len(rows) < PAGE:
            return
        last = rows[-1].line
