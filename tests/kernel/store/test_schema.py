"""Migrations make exactly the tables the row classes declare, on both databases."""

import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from lre_kit.errors import StoreUnavailableError
from lre_kit.store import schema
from lre_kit.store.database import Database


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    sqlite = f"sqlite:///{tmp_path / 'empty.db'}"
    url = sqlite if request.param == "sqlite" else request.getfixturevalue("empty_postgres_url")
    database = Database(url)
    yield database
    database.close()


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
@pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based index")
def test_the_migrated_tables_are_the_declared_ones(database: Database) -> None:
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, schema.metadata()) == []


def test_partial_indexes_stay_partial(database: Database) -> None:
    with database.read() as connection:
        inspector = inspect(connection)
        for table, index, column in (
            ("agenda", "ix_agenda_due", "dead_at"),
            ("evidence", "ix_evidence_unsealed", "signature"),
            ("log_entry", "ix_log_entry_waiting", "log_index"),
        ):
            (found,) = (entry for entry in inspector.get_indexes(table) if entry["name"] == index)
            condition = str(found["dialect_options"][f"{database.kind}_where"])
            assert condition.strip("()") == f"{column} IS NULL"


def test_the_code_names_the_newest_migration_and_there_is_one_line_of_them() -> None:
    config = Config()
    config.set_main_option("script_location", str(schema.MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [schema.head()]


def test_an_empty_database_becomes_current_once(empty: Database) -> None:
    assert schema.current(empty) is None
    assert not schema.is_current(empty)
    schema.upgrade(empty)
    schema.upgrade(empty)
    assert schema.current(empty) == schema.head()
    assert schema.is_current(empty)


def test_looking_at_a_missing_sqlite_file_does_not_make_it(tmp_path: Path) -> None:
    assert schema.current(Database(f"sqlite:///{tmp_path / 'none.db'}")) is None
    assert list(tmp_path.iterdir()) == []


def test_several_processes_may_upgrade_at_once(empty: Database) -> None:
    """F1.05: three upgrades from one barrier."""
    url = empty.engine.url.render_as_string(hide_password=False)
    errors: list[BaseException] = []
    barrier = threading.Barrier(3)

    def upgrade() -> None:
        database = Database(url)
        barrier.wait()
        try:
            schema.upgrade(database)
        except BaseException as error:
            errors.append(error)
        database.close()

    threads = [threading.Thread(target=upgrade) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert schema.is_current(empty)


def test_an_upgrade_that_fails_leaves_nothing_behind(
    empty: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F1.05: the upgrade can be run again."""

    def failing(*_: object, **__: object) -> None:
        raise OSError("power cut")

    monkeypatch.setattr("alembic.operations.Operations.create_index", failing)
    with pytest.raises(OSError, match="power cut"):
        schema.upgrade(empty)
    with empty.read() as connection:
        assert inspect(connection).get_table_names() == []
    monkeypatch.undo()
    schema.upgrade(empty)
    assert schema.is_current(empty)


def test_a_server_that_is_not_there_is_not_an_empty_database(postgres_server: str) -> None:
    absent = Database(urlsplit(postgres_server)._replace(path="/never_made").geturl())
    with pytest.raises(StoreUnavailableError):
        schema.current(absent)
