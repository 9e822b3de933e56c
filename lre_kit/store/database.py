"""The database and its unit of work: rows are queued and leave in one flush.

SQLite and PostgreSQL run from the same code. On SQLite a unit of work takes the write lock at its
first statement (``BEGIN IMMEDIATE``), so what it reads cannot change under it. On PostgreSQL all
that is queued goes in one round trip, and the commit travels with it::

    with database.write() as uow:
        uow.add(LetterRow, id=new_id(), …)
        uow.add(EventRow, …)
        uow.commit()  # nothing was sent before; without this line nothing is kept
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from lre_kit.store.engines import open_engine
from lre_kit.store.faults import OutcomeUnknownError, UniqueViolation, translated
from lre_kit.store.inserts import InsertPlans
from lre_kit.store.unit import UnitOfWork

__all__ = ["Database", "OutcomeUnknownError", "UniqueViolation", "UnitOfWork"]


class Database:
    """One database, its pool of connections and its compiled statements.

    Attributes:
        engine: SQLAlchemy's engine, for migrations and tools.
        kind: ``sqlite`` or ``postgresql``.
    """

    def __init__(self, url: str, *, read_only: bool = False) -> None:
        """Prepare the engine; nothing is opened before the first use.

        Args:
            url: Where it is.
            read_only: Let the database itself refuse every write of these connections.

        Raises:
            ConfigurationError: The URL is not one of SQLite or PostgreSQL.
            MissingExtraError: PostgreSQL's driver is not installed.
        """
        self.engine = open_engine(url, read_only=read_only)
        self.kind = self.engine.dialect.name
        self._plans = InsertPlans(self.engine.dialect)

    @contextmanager
    def write(self) -> Iterator[UnitOfWork]:
        """Give a unit of work that is rolled back unless it commits.

        Raises:
            StoreUnavailableError: The database is locked, read-only, full or gone.
            UniqueViolation: A row is there already.
        """
        uow = UnitOfWork(self.engine, self._plans)
        try:
            with translated():
                yield uow
        finally:
            uow.close()

    @contextmanager
    def read(self, *, snapshot: bool = False) -> Iterator[Connection]:
        """Give a connection for reading.

        Args:
            snapshot: All statements see one state of the database; by default each sees its own.

        Raises:
            StoreUnavailableError: The database is gone or cannot be read.
        """
        with translated(), self.engine.connect() as connection:
            if snapshot:
                _begin_snapshot(connection)
            yield connection

    def close(self) -> None:
        """Let go of all connections."""
        self.engine.dispose()


def _begin_snapshot(connection: Connection) -> None:
    """Make the transaction that starts now see one state of the database throughout."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN")
    else:
        connection.execution_options(isolation_level="REPEATABLE READ")
