"""Column types and ids shared by every table."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from sqlalchemy import ARRAY, ColumnElement, DateTime, String, any_, cast, literal
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator
from uuid_utils import uuid7

from lre_kit.clock import as_utc


class UtcDateTime(TypeDecorator[datetime]):
    """An instant: refuses naive values on the way in, answers aware UTC on the way out.

    SQLite forgets time zones, so the value is stored there as naive UTC.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware instant into what the database keeps."""
        if value is None:
            return None
        utc = as_utc(value)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Turn what the database kept into an aware instant."""
        if value is None:
            return None
        if not isinstance(value, datetime):
            msg = f"not an instant: {value!r}"
            raise TypeError(msg)
        zone = value.tzinfo
        if zone is UTC:
            return value
        return value.replace(tzinfo=UTC) if zone is None else value.astimezone(UTC)


class HasDialect(Protocol):
    """A connection, an engine or a unit of work."""

    @property
    def dialect(self) -> Dialect:
        """Which kind of database it speaks with."""


def among(database: HasDialect, column: ColumnElement[str], values: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition that a text column holds one of many values.

    PostgreSQL takes them as one array: a list of a hundred parameters would be parsed anew each time.
    """
    if database.dialect.name == "postgresql":
        return column == any_(cast(literal(array_text(values), String), ARRAY(String)))
    return column.in_(values)


def array_text(values: Iterable[str]) -> str:
    """Write texts as one array of PostgreSQL."""
    return "{" + ",".join([f'"{escaped(value)}"' for value in values]) + "}"


def escaped(text: str) -> str:
    """Return a text as it stands between quotes in an array of PostgreSQL (manual, 8.15.6)."""
    return text.replace("\\", "\\\\").replace('"', '\\"')


def new_id() -> str:
    """Return a fresh time-ordered id: UUIDv7 (RFC 9562 §5.7) as 32 hexadecimal digits."""
    return uuid7().hex
