"""PostgreSQL databases for tests, lent and emptied: making one takes longer than most tests."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, LiteralString, Self

import psycopg
from psycopg import sql

from lre_kit.testing.services import fresh_database

_SHAPE = """
SELECT md5(string_agg(line, E'\\n' ORDER BY line)) FROM (
  SELECT concat_ws('|', 'relation', c.oid, c.relname, c.relacl, c.reloptions, c.relnatts) AS line
    FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace
  UNION ALL SELECT concat_ws('|', 'column', attrelid, attnum, attname, atttypid, attnotnull, attisdropped)
    FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid WHERE c.relnamespace = 'public'::regnamespace
  UNION ALL SELECT concat_ws('|', 'constraint', oid, conname, convalidated)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
  UNION ALL SELECT concat_ws('|', 'function', oid, proname)
    FROM pg_proc WHERE pronamespace = 'public'::regnamespace
  UNION ALL SELECT concat_ws('|', 'trigger', oid, tgname, tgenabled) FROM pg_trigger
  UNION ALL SELECT concat_ws('|', 'schema', oid, nspname, nspacl)
    FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_t%'
  UNION ALL SELECT concat_ws('|', 'database', datconnlimit, datacl)
    FROM pg_database WHERE datname = current_database()
  UNION ALL SELECT concat_ws('|', 'setting', setconfig) FROM pg_db_role_setting s
    JOIN pg_database d ON d.oid = setdatabase WHERE datname = current_database()
  UNION ALL SELECT concat_ws('|', 'large object', oid) FROM pg_largeobject_metadata
) AS lines
"""
"""A digest of all that a database holds besides rows."""

_OTHERS = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""

_SEQUENCES = """
SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
FROM pg_sequences WHERE last_value IS NOT NULL
"""

ROWS_MAX = 5_000
"""A database that held more rows is dropped: deleted rows still weigh on what comes after."""


class LentDatabases:
    """Databases with the same tables and rows as a template's; one that was changed otherwise is dropped."""

    def __init__(self, server_url: str, *, template: str) -> None:
        """Prepare.

        Args:
            server_url: From `services.postgres`.
            template: Name of the database to copy; it stays as it is.
        """
        self._server_url, self._template = server_url, template
        self._made = ExitStack()
        self._free: list[str] = []
        self._shape: str | None = None
        self._first: dict[str, bytes] = {}

    @contextmanager
    def lend(self) -> Iterator[str]:
        """Give the URL of a database that is as the template."""
        url = self._free.pop() if self._free else self._make()
        yield url
        if self._is_emptied(url):
            self._free.append(url)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Drop all that was made."""
        self._made.close()

    def _make(self) -> str:
        url = self._made.enter_context(fresh_database(self._server_url, template=self._template))
        if self._shape is None:
            with psycopg.connect(url) as connection:
                self._shape = _shape(connection)
                copied = {name: _copied(connection, name) for name in _tables(connection)}
                self._first = {name: content for name, content in copied.items() if content}
        return url

    def _is_emptied(self, url: str) -> bool:
        try:
            with psycopg.connect(url) as connection:
                connection.execute(_OTHERS)
                if _shape(connection) != self._shape or _deleted(connection) > ROWS_MAX:
                    return False
                connection.execute(_SEQUENCES)
                for name, content in self._first.items():
                    with connection.cursor().copy(_of("COPY {} FROM STDIN", name)) as copy:
                        copy.write(content)
        except psycopg.Error:
            return False
        return True


def _shape(connection: psycopg.Connection[Any]) -> str:
    [digest] = connection.execute(_SHAPE).fetchone() or [""]
    return str(digest)


def _tables(connection: psycopg.Connection[Any]) -> list[str]:
    return [n for [n] in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]


def _of(statement: LiteralString, table: str) -> sql.Composed:
    return sql.SQL(statement).format(sql.Identifier(table))


def _deleted(connection: psycopg.Connection[Any]) -> int:
    """Delete all rows in one round trip, in any order of tables; return how many there were."""
    statements = [_of("DELETE FROM {}", name) for name in _tables(connection)]
    connection.execute("SET session_replication_role = replica")
    cursor = connection.execute(sql.SQL("; ").join(statements))
    return sum(result.rowcount for result in cursor.results())


def _copied(connection: psycopg.Connection[Any], table: str) -> bytes:
    with connection.cursor().copy(_of("COPY {} TO STDOUT", table)) as copy:
        return b"".join(bytes(part) for part in copy)
