"""This version's tables without running its migrations each time: made once per process, then copied."""

import tempfile
from functools import cache
from pathlib import Path

from lre_kit.store import schema
from lre_kit.store.database import Database
from lre_kit.store.engines import parse_url


@cache
def migrated_file() -> bytes:
    """Return the content of a SQLite file that has the tables and no rows."""
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "office.db"
        database = Database(f"sqlite:///{path}")
        schema.upgrade(database)
        database.close()
        return path.read_bytes()


def lay_tables(url: str) -> None:
    """Put the tables where a SQLite file is not there yet; any other database is left as it is."""
    parsed = parse_url(url)
    path = Path(parsed.database or "")
    if parsed.get_backend_name() == "sqlite" and not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(migrated_file())
