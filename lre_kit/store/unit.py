"""The unit of work: rows are queued and leave in one flush, with the commit if it can be."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any

from sqlalchemy import Connection, CursorResult, Engine, Executable, text
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.dml import Delete, Insert, Update
from sqlmodel import SQLModel

from lre_kit.store.faults import translated
from lre_kit.store.inserts import InsertPlans

Values = Mapping[str, Any]
"""One row's columns by name."""

_Change = Insert | Update | Delete

_Inserts = dict[tuple[type[SQLModel], bool], list[Values]]


class UnitOfWork:
    """One transaction: what is added is queued, and is sent before the next statement or at commit.

    Its own ``BEGIN`` and ``COMMIT`` go to the driver with the rows, because psycopg waits for an
    answer after those it sends by itself.
    """

    def __init__(self, engine: Engine, plans: InsertPlans) -> None:
        """Begin nothing yet; `Database.write` makes units of work."""
        self._engine = engine
        self._plans = plans
        self._pipelined = engine.dialect.name == "postgresql"
        self._queue: list[_Inserts | tuple[_Change, Values | None]] = []
        self._connection: Connection | None = None
        self._ahead: AbstractContextManager[Any] | None = None
        self._begun = False
        self._failed = False
        self._done = False
        self._afterwards: list[Callable[[], None]] = []

    def add(self, row_class: type[SQLModel], **values: Any) -> None:
        """Queue one row; columns left out take the row class's defaults."""
        self._inserts(row_class, skip_existing=False).append(values)

    def add_all(self, row_class: type[SQLModel], rows: Iterable[Values]) -> None:
        """Queue many rows of one class."""
        self._inserts(row_class, skip_existing=False).extend(rows)

    def add_missing(self, row_class: type[SQLModel], **values: Any) -> None:
        """Queue one row that is left out if a unique column says it is there already."""
        self._inserts(row_class, skip_existing=True).append(values)

    def defer(self, statement: Insert | Update | Delete, parameters: Values | None = None) -> None:
        """Queue a change whose result nobody needs; it keeps its place among what was queued.

        Args:
            statement: The change.
            parameters: Its parameters. Making and compiling a statement costs more than running it: one that
                is run often is made once, as a constant, and comes with parameters.
        """
        self._queue.append((statement, parameters))

    def after_commit(self, act: Callable[[], None]) -> None:
        """Call `act` once the whole is durable, and only then; it may raise nothing."""
        self._afterwards.append(act)

    def execute(
        self, statement: Executable, parameters: Values | list[dict[str, Any]] | None = None
    ) -> CursorResult[Any]:
        """Send what is queued, then run a statement and return its result."""
        connection = self.connection
        with self._watched():
            return connection.execute(statement, parameters)

    def update(self, statement: Update | Delete) -> int:
        """Send what is queued, then run a change and return how many rows it met."""
        return self.execute(statement).rowcount

    def serialise(self, name: str) -> None:
        """Let only one unit of work of this name go on at a time, until this one ends.

        On SQLite every unit of work is alone by itself.
        """
        connection = self.connection
        if self._pipelined:
            lock = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")
            with self._watched():
                connection.execute(lock, {"name": name})

    @property
    def dialect(self) -> Dialect:
        """Which kind of database it speaks with."""
        return self._engine.dialect

    @property
    def connection(self) -> Connection:
        """The connection inside the transaction, with all that was queued already sent."""
        self.flush()
        connection = self._open()
        if self._ahead is not None:
            with self._watched(), self._one_round_trip(connection):
                pass
        if not self._begun:
            with self._watched():
                self._begin(connection)
        return connection

    def flush(self) -> None:
        """Send what is queued."""
        if self._queue:
            connection = self._open()
            with self._watched(), self._one_round_trip(connection):
                self._begin(connection)
                self._send(connection)

    def send_ahead(self) -> None:
        """Let the server begin with what is queued, without waiting for its answer.

        What fails of it is told at the next statement or at commit, and nothing is kept then. On SQLite
        all stays queued.
        """
        if self._pipelined and self._queue:
            connection = self._open()
            with self._watched():
                if self._ahead is None:
                    self._ahead = _driver(connection).pipeline()
                    self._ahead.__enter__()
                self._begin(connection)
                self._send(connection)

    def commit(self) -> None:
        """Send what is queued and make the whole durable; the unit of work is then over.

        Raises:
            OutcomeUnknownError: The connection broke: what was written may be kept.
        """
        if self._failed:
            msg = "a statement of this unit of work failed"
            raise RuntimeError(msg)
        if self._queue or self._begun:  # what was sent ahead has begun it
            connection = self._open()
            with self._watched(committing=True), self._one_round_trip(connection):
                self._begin(connection)
                self._send(connection)
                answer = _driver(connection).execute("COMMIT")
            if getattr(answer, "statusmessage", "COMMIT") != "COMMIT":
                msg = "the database rolled this unit of work back, for a statement of it had failed"
                raise RuntimeError(msg)
        self.close()
        for act in self._afterwards:
            act()

    def close(self) -> None:
        """Give the connection back; what was not committed is undone."""
        connection, self._connection = self._connection, None
        self._queue.clear()
        self._done = True
        if connection is None:
            return
        try:
            # The pool knows nothing of a transaction that it did not begin.
            if not connection.invalidated:
                if self._ahead is not None:
                    with suppress(Exception), self._one_round_trip(connection):
                        pass
                _driver(connection).rollback()
        except Exception:  # noqa: BLE001 - whatever it says, the connection is of no more use
            connection.invalidate()
        connection.close()

    def _inserts(self, row_class: type[SQLModel], *, skip_existing: bool) -> list[Values]:
        if not self._queue or not isinstance(self._queue[-1], dict):
            self._queue.append({})
        last = self._queue[-1]
        assert isinstance(last, dict)
        return last.setdefault((row_class, skip_existing), [])

    def _open(self) -> Connection:
        if self._done:
            msg = "this unit of work is over"
            raise RuntimeError(msg)
        if self._connection is None:
            with translated():
                self._connection = self._engine.connect()
        return self._connection

    def _begin(self, connection: Connection) -> None:
        if not self._begun:
            _driver(connection).execute("BEGIN" if self._pipelined else "BEGIN IMMEDIATE")
            self._begun = True

    @contextmanager
    def _watched(self, *, committing: bool = False) -> Iterator[None]:
        try:
            with translated(committing=committing):
                yield
        except BaseException:
            self._failed = True
            raise

    @contextmanager
    def _one_round_trip(self, connection: Connection) -> Iterator[None]:
        """Send what is executed inside without waiting for answers; errors come at the end.

        After an error psycopg would also log that the rest was skipped: that is known, so it is told of none.
        """
        if not self._pipelined:
            yield
            return
        pipeline, self._ahead = self._ahead, None
        if pipeline is None:
            pipeline = _driver(connection).pipeline()
            pipeline.__enter__()
        try:
            yield
        except BaseException:
            with suppress(Exception):
                pipeline.__exit__(None, None, None)
            raise
        pipeline.__exit__(None, None, None)

    def _send(self, connection: Connection) -> None:
        queue, self._queue = self._queue, []
        for step in queue:
            if isinstance(step, dict):
                for row_class, skip_existing in sorted(step, key=lambda key: self._plans.rank(key[0])):
                    self._insert(connection, row_class, step[row_class, skip_existing], skip_existing)
            else:
                self._change(connection, *step)

    def _change(self, connection: Connection, statement: _Change, parameters: Values | None) -> None:
        if parameters is None:
            connection.execute(statement)
            return
        plan = self._plans.change(statement)
        _driver(connection).cursor().execute(plan.sql, plan.bind(parameters))

    def _insert(
        self, connection: Connection, row_class: type[SQLModel], rows: list[Values], skip_existing: bool
    ) -> None:
        plan = self._plans.plan(row_class, skip_existing=skip_existing)
        plan.run(_driver(connection).cursor(), rows)


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection
