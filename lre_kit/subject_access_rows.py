"""Facts from rows: named columns of a table as plain values."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, select

Facts = dict[str, Any]
"""Facts by name."""


def fact_rows(
    connection: Connection, table: Table, names: str, where: ColumnElement[bool], order: str
) -> list[Facts]:
    """Return named columns of some rows of a table, in the order of one of its columns."""
    query = select(*(table.c[name] for name in names.split())).where(where).order_by(table.c[order])
    return [row._asdict() for row in connection.execute(query)]


def grouped(rows: Sequence[Facts], by: str) -> Mapping[str, list[Facts]]:
    """Return rows by one of their columns, which they lose; who acted is told by role alone."""
    groups: dict[str, list[Facts]] = {}
    for row in rows:
        kept = {name: value for name, value in row.items() if name != by}
        if isinstance(kept.get("actor"), dict):
            kept["actor"] = str(kept["actor"].get("role", ""))
        groups.setdefault(row[by], []).append(kept)
    return groups
