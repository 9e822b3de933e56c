"""Turning what database drivers raise into what the kit promises: a problem and how to mend it.

Facts are read from SQLite's error names and PostgreSQL's SQLSTATE (Appendix A of its manual), never
from translated message texts, except SQLite's list of columns, which it gives nowhere else.
"""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, NoSuchModuleError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.schema import Table, UniqueConstraint
from sqlmodel import SQLModel

from lre_kit.errors import (
    InputError,
    IntegrityError,
    LreError,
    MissingExtraError,
    NotInitialisedError,
    StoreUnavailableError,
)


class UniqueViolation(LreError):  # noqa: N818 - the word the databases use
    """A row is there already; `constraint` is named the same on every database."""

    slug = "conflict"
    status = 409

    def __init__(self, constraint: str) -> None:
        """Keep the constraint's name, such as ``uq_event_seq`` or ``letter_number_key``."""
        super().__init__(f"A row breaks {constraint}: it is there already.", mend="Read what is there first.")
        self.constraint = constraint


class OutcomeUnknownError(StoreUnavailableError):
    """The connection broke while a commit was under way: it may or may not have happened."""

    slug = "outcome-unknown"


LOCKED = ("Another process holds the database for too long.", "Try again in a few seconds.")
READ_ONLY = ("The database is read-only.", "Make its file and folder writable, or use the primary server.")
FULL = ("The database's disk is full.", "Free space; nothing was written.")
UNREADABLE = ("The database's disk does not answer.", "Check the disk; run lre doctor.")
CLOSED = (
    "The database cannot be opened.",
    "Check LRE_DATABASE_URL and that its folder exists; run: lre init.",
)
GONE = ("The database does not answer.", "Check that the server runs; then try again.")
BUSY = ("The database has no connection to spare.", "Try again in a few seconds, or allow more connections.")
FORBIDDEN = ("The database refuses this user.", "Check user, password and rights in LRE_DATABASE_URL.")
UNKNOWN_OUTCOME = (
    "The database went away while it was saving; it may have saved.",
    "Look before you repeat, or repeat with the same idempotency key.",
)

_SQLITE: tuple[tuple[str, tuple[str, str]], ...] = (
    ("SQLITE_BUSY", LOCKED),
    ("SQLITE_LOCKED", LOCKED),
    ("SQLITE_READONLY", READ_ONLY),
    ("SQLITE_FULL", FULL),
    ("SQLITE_IOERR", UNREADABLE),
    ("SQLITE_CANTOPEN", CLOSED),
)
_POSTGRESQL: tuple[tuple[str, tuple[str, str]], ...] = (
    ("55P03", LOCKED),
    ("40", LOCKED),
    ("25006", READ_ONLY),
    ("53100", FULL),
    ("53", BUSY),
    ("58", UNREADABLE),
    ("3D", CLOSED),
    ("28", FORBIDDEN),
    ("42501", FORBIDDEN),
    ("57", GONE),
    ("08", GONE),
)
_SQLITE_UNIQUE = re.compile(r"UNIQUE constraint failed: (.+)$")


@contextmanager
def translated(*, committing: bool = False) -> Iterator[None]:
    """Raise the kit's own errors in place of the drivers'; programming mistakes pass as they are.

    Args:
        committing: A commit is under way, so a lost connection leaves its outcome unknown.
    """
    try:
        yield
    except LreError:
        raise
    except Exception as error:
        promised = translate(error, committing=committing)
        if promised is None:
            raise
        raise promised from error


def translate(error: Exception, *, committing: bool = False) -> LreError | None:
    """Return the promised error for a driver's, or nothing if it is not the database's fault."""
    if isinstance(error, PoolTimeoutError):
        return _unavailable(BUSY)
    if isinstance(error, NoSuchModuleError) or getattr(error, "name", None) == "psycopg":
        msg = "The driver of this database is not installed."
        return MissingExtraError(msg, mend="Run: pip install 'lre-kit[postgres]'.")
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, sqlite3.Error):
        return _from_sqlite(cause)
    if type(cause).__module__.startswith("psycopg"):
        return _from_postgresql(cause, committing=committing)
    return None


def _unavailable(words: tuple[str, str]) -> StoreUnavailableError:
    return StoreUnavailableError(words[0], mend=words[1])


def _no_tables() -> NotInitialisedError:
    return NotInitialisedError("The database has no tables of this office.", mend="Run: lre init.")


def _from_sqlite(error: sqlite3.Error) -> LreError | None:
    name = getattr(error, "sqlite_errorname", "")
    if name in {"SQLITE_CORRUPT", "SQLITE_NOTADB"}:
        return IntegrityError("The database file is damaged.", mend="Restore it from a backup.")
    if name == "SQLITE_ERROR" and str(error).startswith("no such table"):
        return _no_tables()
    if found := _SQLITE_UNIQUE.search(str(error)):
        return UniqueViolation(_constraint_of(found[1]))
    return next((_unavailable(words) for prefix, words in _SQLITE if name.startswith(prefix)), None)


def _from_postgresql(error: BaseException | None, *, committing: bool) -> LreError | None:
    state = getattr(error, "sqlstate", None)
    if state == "23505":
        return UniqueViolation(str(getattr(getattr(error, "diag", None), "constraint_name", "")))
    if state == "42P01":
        return _no_tables()
    lost = state is None and type(error).__name__ in {"OperationalError", "ConnectionTimeout"}
    if committing and (lost or str(state).startswith(("57P", "08"))):
        return OutcomeUnknownError(UNKNOWN_OUTCOME[0], mend=UNKNOWN_OUTCOME[1])
    if lost:
        return _unavailable(GONE)
    if state is None and type(error).__name__ == "DataError":
        # Refused by the driver before anything was sent: PostgreSQL's text holds no NUL.
        msg = "Something typed holds a character that cannot be kept."
        return InputError(msg, mend="Type it again without control characters.")
    return next((_unavailable(words) for prefix, words in _POSTGRESQL if str(state).startswith(prefix)), None)


def _constraint_of(columns: str) -> str:
    """Return the name PostgreSQL would give, from SQLite's ``table.a, table.b``."""
    pairs = [column.split(".", 1) for column in columns.split(", ")]
    name, names = pairs[0][0], [pair[-1] for pair in pairs]
    table: Table | None = SQLModel.metadata.tables.get(name)
    if table is None:
        return f"{name}_{'_'.join(names)}_key"
    if set(names) == {column.name for column in table.primary_key}:
        return f"{name}_pkey"
    named = (
        str(constraint.name)
        for constraint in table.constraints
        if isinstance(constraint, UniqueConstraint)
        and constraint.name
        and set(names) == {column.name for column in constraint.columns}
    )
    return next(named, f"{name}_{'_'.join(names)}_key")
