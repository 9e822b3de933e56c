"""Insert statements compiled once per table: rows go to the driver as plain values.

Building and compiling a statement costs far more than running it, and a unit of work runs the same
few over and over. Values still pass through the column types of the tables, and missing ones take
the defaults of the row classes.
"""

from collections.abc import Callable, Mapping, Sequence
from types import NoneType
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.dml import Delete, Insert, Update
from sqlmodel import SQLModel

from lre_kit.store.arrays import ROWS_MAX, ArrayInsert

FEW_ROWS = 16
"""Up to here rows go one by one, in statements that the server has planned before."""

_CONSTANT = (str, int, NoneType)
"""Kinds of defaults that nobody can change."""

Parameters = tuple[Any, ...] | dict[str, Any]
"""One row in the driver's own form."""


def table_of(row_class: type[SQLModel]) -> Table:
    """Return the table a row class declares (SQLModel does not type it)."""
    table: Table = row_class.__table__  # type: ignore[attr-defined]
    return table


class InsertPlan:
    """How to insert rows of one class on one kind of database.

    Attributes:
        sql: The statement in the driver's parameter style.
    """

    def __init__(self, row_class: type[SQLModel], *, dialect: Dialect, skip_existing: bool) -> None:
        """Compile the statement; with `skip_existing`, rows that are there already are left as they are."""
        table = table_of(row_class)
        module = postgresql if dialect.name == "postgresql" else sqlite
        statement = module.insert(table).inline()
        if skip_existing:
            statement = statement.on_conflict_do_nothing()
        names = [column.name for column in table.columns]
        compiled = statement.compile(dialect=dialect, column_keys=names)
        self.sql = str(compiled)
        defaults = {name: _default(row_class, name) for name in names}
        self._row_class = row_class
        self._positions = compiled.positiontup if compiled.positional else None
        self._columns = tuple(
            (
                column.name,
                defaults[column.name],
                column.type.dialect_impl(dialect).bind_processor(dialect),
            )
            for column in table.columns
        )
        self._names = frozenset(names)
        self._arrays = (
            ArrayInsert(table, dialect=dialect, defaults=defaults, skip_existing=skip_existing)
            if dialect.name == "postgresql"
            else None
        )

    def bind(self, values: Mapping[str, Any]) -> Parameters:
        """Return one row as the driver wants it.

        Raises:
            TypeError: A value is missing that has no default, or belongs to no column.
        """
        self._expect_known(values)
        row: dict[str, Any] = {}
        for name, default, process in self._columns:
            value = values[name] if name in values else default()
            row[name] = value if process is None else process(value)
        if self._positions is None:
            return row
        return tuple([row[name] for name in self._positions])

    def run(self, cursor: Any, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert rows, in as few statements as the database allows.

        Raises:
            TypeError: As `bind`.
        """
        if len(rows) <= FEW_ROWS:
            for row in rows:
                cursor.execute(self.sql, self.bind(row))
        elif self._arrays is None:
            cursor.executemany(self.sql, [self.bind(row) for row in rows])
        else:
            for row in rows:
                self._expect_known(row)
            for start in range(0, len(rows), ROWS_MAX):
                cursor.execute(self._arrays.sql, self._arrays.bind(rows[start : start + ROWS_MAX]))

    def _expect_known(self, values: Mapping[str, Any]) -> None:
        if not self._names.issuperset(values):
            msg = f"{self._row_class.__name__} has no {', '.join(sorted(values.keys() - self._names))}"
            raise TypeError(msg)


class ChangePlan:
    """How to run one statement with named parameters on one kind of database.

    Attributes:
        sql: The statement in the driver's parameter style.
    """

    def __init__(self, statement: Insert | Update | Delete, *, dialect: Dialect) -> None:
        """Compile the statement; its literal values are kept as the driver wants them."""
        compiled = statement.compile(dialect=dialect)
        self.sql = str(compiled)
        self._positions = compiled.positiontup if compiled.positional else None
        self._processors = {
            name: process
            for name, bound in compiled.binds.items()
            if (process := bound.type.dialect_impl(dialect).bind_processor(dialect)) is not None
        }
        literals = compiled.construct_params(_check=False)
        self._literals = {name: self._process(name, value) for name, value in literals.items()}

    def bind(self, values: Mapping[str, Any]) -> Parameters:
        """Return the parameters as the driver wants them."""
        row = self._literals | {name: self._process(name, value) for name, value in values.items()}
        return row if self._positions is None else tuple([row[name] for name in self._positions])

    def _process(self, name: str, value: Any) -> Any:
        process = self._processors.get(name)
        return value if process is None else process(value)


class InsertPlans:
    """The plans of one database, each compiled at its first use."""

    def __init__(self, dialect: Dialect) -> None:
        """Compile for `dialect`."""
        self._dialect = dialect
        self._plans: dict[tuple[type[SQLModel], bool], InsertPlan] = {}
        self._ranks: dict[str, int] = {}
        self._changes: dict[Insert | Update | Delete, ChangePlan] = {}

    def plan(self, row_class: type[SQLModel], *, skip_existing: bool) -> InsertPlan:
        """Return the compiled insert of a row class."""
        key = (row_class, skip_existing)
        plan = self._plans.get(key)
        if plan is None:
            plan = InsertPlan(row_class, dialect=self._dialect, skip_existing=skip_existing)
            self._plans[key] = plan
        return plan

    def change(self, statement: Insert | Update | Delete) -> ChangePlan:
        """Return the compiled form of a statement that is made once and run often."""
        plan = self._changes.get(statement)
        if plan is None:
            plan = self._changes[statement] = ChangePlan(statement, dialect=self._dialect)
        return plan

    def rank(self, row_class: type[SQLModel]) -> int:
        """Return a table's place in the order in which foreign keys allow inserts."""
        name = table_of(row_class).name
        if name not in self._ranks:
            self._ranks = {table.name: rank for rank, table in enumerate(SQLModel.metadata.sorted_tables)}
        return self._ranks[name]


def _default(row_class: type[SQLModel], name: str) -> Callable[[], Any]:
    field = row_class.model_fields[name]
    if not field.is_required():
        if isinstance(field.default, _CONSTANT):
            constant = field.default
            return lambda: constant
        return lambda: field.get_default(call_default_factory=True)

    def missing() -> Any:
        msg = f"{row_class.__name__} needs {name}"
        raise TypeError(msg)

    return missing
