"""Databases that tests lend to one another are as if they were fresh."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from lre_kit.testing.databases import ROWS_MAX, LentDatabases
from lre_kit.testing.office import deposit_sample, throwaway_office
from lre_kit.testing.services import fresh_database


@pytest.fixture
def lent(postgres_server: str) -> Iterator[LentDatabases]:
    with fresh_database(postgres_server) as template:
        with psycopg.connect(template) as connection:
            connection.execute("CREATE TABLE kind (name text PRIMARY KEY)")
            connection.execute("INSERT INTO kind VALUES ('letter')")
            connection.execute("CREATE TABLE thing (id serial, kind text NOT NULL REFERENCES kind)")
        with LentDatabases(postgres_server, template=template.rpartition("/")[2]) as databases:
            yield databases


def run(url: str, *statements: str) -> None:
    with psycopg.connect(url) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def test_the_next_one_finds_the_rows_of_the_template_and_counts_from_one(lent: LentDatabases) -> None:
    with lent.lend() as first:
        run(first, "INSERT INTO thing (kind) VALUES ('letter'), ('letter')", "INSERT INTO kind VALUES ('x')")
        run(first, "UPDATE kind SET name = 'y' WHERE name = 'x'")
    with lent.lend() as second, psycopg.connect(second) as connection:
        assert second == first
        assert connection.execute("SELECT name FROM kind").fetchall() == [("letter",)]
        assert connection.execute("SELECT count(*) FROM thing").fetchone() == (0,)
        assert connection.execute("INSERT INTO thing (kind) VALUES ('letter') RETURNING id").fetchone() == (
            1,
        )


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE thing ADD COLUMN more int",
        "CREATE INDEX extra ON thing (kind)",
        "DROP TABLE thing",
        "GRANT SELECT ON thing TO PUBLIC",
        "CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE SCHEMA other",
        "SELECT lo_create(0)",
        f"INSERT INTO thing (kind) SELECT 'letter' FROM generate_series(0, {ROWS_MAX})",
    ],
)
def test_what_was_changed_in_another_way_is_not_lent_again(lent: LentDatabases, change: str) -> None:
    with lent.lend() as first:
        run(first, change)
    with lent.lend() as second:
        assert second != first


def test_two_at_once_are_two_and_whoever_is_still_connected_is_sent_away(lent: LentDatabases) -> None:
    with lent.lend() as first:
        left_open = psycopg.connect(first)
        left_open.execute("LOCK TABLE thing")
        with lent.lend() as second:
            assert second != first
    with lent.lend() as third:
        assert third in {first, second}
    with pytest.raises(psycopg.OperationalError):
        left_open.execute("SELECT 1")


def test_an_office_leaves_nothing_to_the_next(
    tmp_path: Path, postgres_server: str, postgres_template: str
) -> None:
    with LentDatabases(postgres_server, template=postgres_template) as databases:
        seen: list[str] = []
        for name in "ab":
            with databases.lend() as url, throwaway_office(tmp_path / name, database_url=url) as office:
                deposit_sample(office)
                office.run_until_idle()
                seen.append(url)
        assert seen == [url] * 2
