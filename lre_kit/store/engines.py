"""Engines for SQLite and PostgreSQL, set up so that a commit is durable and no wait is endless."""

import json
import select as polling
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DisconnectionError

from lre_kit.errors import ConfigurationError
from lre_kit.store.faults import translated

LOCK_WAIT_MS = 5_000
"""How long a statement waits for another's lock, in milliseconds."""

CONNECT_TIMEOUT_S = 5
"""How long to wait for a server or for a free connection of the pool, in seconds."""

POOL_SIZE = 10
"""Connections kept open per process."""

POOL_OVERFLOW = 10
"""Connections opened beyond those under load."""


def open_engine(url: str, *, read_only: bool = False) -> Engine:
    """Return an engine for a URL; nothing is opened before the first use.

    Args:
        url: Where the database is.
        read_only: Let the database itself refuse every write.

    Raises:
        ConfigurationError: The URL is not one of SQLite or PostgreSQL.
        MissingExtraError: PostgreSQL's driver is not installed.
    """
    parsed = parse_url(url)
    with translated():
        opened = _sqlite_engine if parsed.get_backend_name() == "sqlite" else _postgresql_engine
        return opened(parsed, read_only=read_only)


def parse_url(url: str) -> URL:
    """Return a database's URL, read.

    Raises:
        ConfigurationError: It is not one of SQLite or PostgreSQL.
    """
    mend = "Use sqlite:///<file> or postgresql+psycopg://<user>@<host>/<database> in LRE_DATABASE_URL."
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ConfigurationError("The database's URL cannot be read.", mend=mend) from None
    kind = parsed.get_backend_name()
    if kind == "sqlite" and parsed.database not in {None, "", ":memory:"}:
        return parsed
    if kind in {"postgresql", "postgres"}:
        return parsed.set(drivername="postgresql+psycopg")
    raise ConfigurationError("The database's URL names no file and no PostgreSQL server.", mend=mend)


_ONLY_READING = " -c default_transaction_read_only=on"

_dump_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _sqlite_engine(url: URL, *, read_only: bool) -> Engine:
    engine = create_engine(
        url,
        json_serializer=_dump_json,
        hide_parameters=True,  # errors and the engine's own log name no person
        pool_size=POOL_SIZE,
        max_overflow=POOL_OVERFLOW,
        pool_timeout=CONNECT_TIMEOUT_S,
        connect_args={"isolation_level": None, "check_same_thread": False, "timeout": LOCK_WAIT_MS / 1000},
    )

    @event.listens_for(engine, "connect")
    def prepare(driver: Any, _: Any) -> None:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            driver.execute(f"PRAGMA {pragma}")
        if read_only:
            driver.execute("PRAGMA query_only=ON")

    return engine


def _postgresql_engine(url: URL, *, read_only: bool) -> Engine:
    engine = create_engine(
        url,
        isolation_level="AUTOCOMMIT",
        json_serializer=_dump_json,
        hide_parameters=True,  # errors and the engine's own log name no person
        pool_size=POOL_SIZE,
        max_overflow=POOL_OVERFLOW,
        pool_timeout=CONNECT_TIMEOUT_S,
        connect_args={
            "connect_timeout": CONNECT_TIMEOUT_S,
            "options": f"-c lock_timeout={LOCK_WAIT_MS} -c timezone=UTC{_ONLY_READING if read_only else ''}",
        },
    )

    @event.listens_for(engine, "checkout")
    def refuse_stale(driver: Any, _record: Any, _proxy: Any) -> None:
        """Let the pool reconnect when the server hung up meanwhile, without asking the server."""
        if driver.closed or _has_news(driver.fileno()):
            raise DisconnectionError

    return engine


def _has_news(descriptor: int) -> bool:
    """Answer whether an idle connection has something to read: it can only be bad news."""
    poller = polling.poll()
    poller.register(descriptor, polling.POLLIN)
    return bool(poller.poll(0))
