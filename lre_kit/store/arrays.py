"""Many rows in one statement on PostgreSQL: each column travels as one array, and ``unnest`` makes rows.

A statement per row costs the server and the driver more than the row itself; ``COPY`` would be as fast, but
can neither leave out rows that are there already nor share a round trip with other statements.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Boolean, Date, Integer, LargeBinary, String, Table
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeEngine
from sqlmodel.sql.sqltypes import AutoString

from lre_kit.clock import as_utc
from lre_kit.store.columns import UtcDateTime, escaped

_ALIKE = frozenset({str, int, datetime})
"""Types whose equal values are written alike; what is nested may be equal and not the same (1 and true)."""

ROWS_MAX = 500
"""Rows that travel in one statement: about a megabyte of evidence, less than the server sorts in memory."""

Dump = Callable[[Any], str]
"""Writes one value as PostgreSQL reads it."""

Default = Callable[[], Any]


class ArrayInsert:
    """Inserts many rows of one table.

    Attributes:
        sql: The statement, with one parameter per column.
    """

    def __init__(
        self, table: Table, *, dialect: Dialect, defaults: Mapping[str, Default], skip_existing: bool
    ) -> None:
        """Prepare the statement; with `skip_existing`, rows that are there already are left as they are."""
        kinds = [_kind(column.type, dialect) for column in table.columns]
        quote = dialect.identifier_preparer.quote
        names = ", ".join(quote(column.name) for column in table.columns)
        arrays = ", ".join(f"%s::{kind}[]" for kind, _ in kinds)
        skip = " ON CONFLICT DO NOTHING" if skip_existing else ""
        # Names and types are those of our own tables.
        self.sql = f"INSERT INTO {quote(table.name)} ({names}) SELECT * FROM unnest({arrays}){skip}"  # noqa: S608
        self._columns = [
            (column.name, defaults[column.name], dump)
            for column, (_, dump) in zip(table.columns, kinds, strict=True)
        ]

    def bind(self, rows: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
        """Return the columns of some rows as array literals."""
        return tuple(
            _literal([row[name] if name in row else default() for row in rows], dump)
            for name, default, dump in self._columns
        )


def _literal(values: Sequence[Any], dump: Dump) -> str:
    """Write an array (PostgreSQL manual, 8.15.6: every value quoted, quotes and backslashes escaped)."""
    first, count = values[0], len(values)
    alike = type(first) in _ALIKE and values.count(first) == count
    if alike or all(value is first for value in values):
        # Rows that are written together have much in common.
        return "{" + ",".join([_element(first, dump)] * count) + "}"
    return "{" + ",".join([_element(value, dump) for value in values]) + "}"


def _element(value: Any, dump: Dump) -> str:
    return "NULL" if value is None else f'"{dump(value)}"'


def _instant(value: Any) -> str:
    return as_utc(value).isoformat()


def _bytes(value: bytes) -> str:
    return "\\\\x" + value.hex()


def _truth(value: bool) -> str:
    return "t" if value else "f"


def _day(value: Any) -> str:
    return str(value.isoformat())


def _kind(column_type: TypeEngine[Any], dialect: Dialect) -> tuple[str, Dump]:
    """Return an element type, and how to write values; it has no length: a cast would cut what is longer."""
    if isinstance(column_type, JSON):
        serialise = dialect._json_serializer  # noqa: SLF001 - as the engine was told
        assert serialise is not None
        return "json", lambda value: escaped(serialise(value))
    # What SQLModel declares for a text only tells databases its length; an instant is checked by its type.
    bare = column_type.impl_instance if isinstance(column_type, AutoString) else column_type
    for known, kind, dump in _KINDS:
        if isinstance(bare, known):
            return kind, dump
    msg = f"no array is made of {column_type!r}"
    raise TypeError(msg)


_KINDS: tuple[tuple[type[TypeEngine[Any]], str, Dump], ...] = (
    (UtcDateTime, "timestamptz", _instant),
    (Integer, "bigint", str),
    (String, "text", escaped),
    (LargeBinary, "bytea", _bytes),
    (Boolean, "boolean", _truth),
    (Date, "date", _day),
)
