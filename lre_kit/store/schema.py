"""The database's tables: which version they have, and bringing them to this version's.

Migrations are Alembic's, shipped with the package. Alembic itself is loaded only to run them, since
an office looks at its version each time it opens.
"""

from importlib import import_module
from pathlib import Path
from typing import Any

from sqlalchemy import MetaData, Select, column, select, table
from sqlmodel import SQLModel

from lre_kit.errors import NotInitialisedError, StoreUnavailableError
from lre_kit.store.database import Database

HEAD = "0085"
"""Revision this version of the code works with: the newest under ``migrations/versions``."""

ROW_MODULES = (
    "lre_kit.store.rows",
    "lre_kit.letters.rows",
    "lre_kit.letters.retention_rows",
    "lre_kit.letters.finding_rows",
    "lre_kit.letters.own_rows",
    "lre_kit.proofs.rows",
    "lre_kit.parties.rows",
    "lre_kit.parties.account_rows",
    "lre_kit.parties.proofing_rows",
    "lre_kit.parties.invitation_rows",
    "lre_kit.identifiers.rows",
    "lre_kit.identifiers.order_rows",
    "lre_kit.postroom.rows",
    "lre_kit.consents.rows",
    "lre_kit.carriers.rows",
    "lre_kit.bulk.rows",
    "lre_kit.webhooks.rows",
    "lre_kit.operators.rows",
    "lre_kit.integration.rows",
    "lre_kit.preparing.rows",
    "lre_kit.support.rows",
    "lre_kit.contacts.rows",
    "lre_kit.sandbox.rows",
    "lre_kit.status.rows",
    "lre_kit.announcements.rows",
    "lre_kit.mailmerge.rows",
    "lre_kit.news.rows",
)
"""Every module that declares tables."""

MIGRATIONS = Path(__file__).parent / "migrations"
"""Where Alembic finds its environment."""


def metadata() -> MetaData:
    """Return the tables as the row classes declare them."""
    for name in ROW_MODULES:
        import_module(name)
    return SQLModel.metadata


def head() -> str:
    """Return the revision this version of the code works with."""
    return HEAD


def current(database: Database) -> str | None:
    """Return the revision a database has, or nothing if it has no tables of ours.

    Raises:
        StoreUnavailableError: It does not answer.
    """
    file = database.engine.url.database
    if database.kind == "sqlite" and not Path(file or "").exists():
        return None
    version: Select[Any] = select(column("version_num")).select_from(table("alembic_version"))
    try:
        with database.read() as connection:
            found: str | None = connection.execute(version).scalar()
    except NotInitialisedError:
        return None
    return found


def is_current(database: Database) -> bool:
    """Answer whether a database has the tables this version of the code works with."""
    return current(database) == HEAD


def upgrade(database: Database) -> None:
    """Bring a database's tables to this version, all or nothing; doing it again changes nothing.

    Several processes may try at once: they go one after the other.

    Raises:
        StoreUnavailableError: The database is locked, read-only, full or gone.
    """
    for last in (False, False, True):
        try:
            _upgrade(database)
        except StoreUnavailableError:
            # Whoever upgrades now may hold SQLite's one lock for longer than one wait.
            if last or database.kind != "sqlite":
                raise
        else:
            return


def _upgrade(database: Database) -> None:
    from alembic import command
    from alembic.config import Config

    metadata()
    with database.write() as uow:
        uow.serialise("lre-kit schema")
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        config.attributes["connection"] = uow.connection
        command.upgrade(config, "head")
        uow.commit()
