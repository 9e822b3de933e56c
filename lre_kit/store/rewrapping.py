"""Locking anew what tables hold under the office's key-encryption key, after that key rotated.

Rows do not say which key-encryption key they are locked with, so each is opened by the present one to see
whether it needs anything. What a row's key opens is not touched, and a key that was destroyed stays so.
"""

import logging
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table, select, update

from lre_kit.errors import WrongKeyError
from lre_kit.store.database import Database
from lre_kit.store.vault import Vault

log = logging.getLogger(__name__)

BATCH = 500
"""Rows per transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Locked:
    """A table whose rows hold a wrapped key each.

    Attributes:
        table: The table, with `id`, `wrapped_key` and, where it tells which key locks it, `key_id`.
        bound_by: The column whose value the wrapped key is bound to.
    """

    table: Table
    bound_by: str = "id"


def rewrap(database: Database, vault: Vault, locked: Locked) -> int:
    """Lock the keys of a table anew that need it; return how many were.

    It may run twice, or die at any line. Once it returns zero, this table needs former keys no more.
    """
    table, done, last = locked.table, 0, ""
    query = select(table.c.id, table.c.wrapped_key, table.c[locked.bound_by].label("bound"))
    while True:
        following = query.where(table.c.wrapped_key.is_not(None), table.c.id > last)
        with database.read() as connection:
            rows = connection.execute(following.order_by(table.c.id).limit(BATCH)).all()
        if not rows:
            return done
        last = rows[-1].id
        changes = [(row, fresh) for row in rows if (fresh := _fresh(vault, table, row)) is not None]
        with database.write() as uow:
            for row, fresh in changes:
                # The condition on the former bytes keeps a key destroyed that is destroyed meanwhile.
                unchanged = (table.c.id == row.id, table.c.wrapped_key == row.wrapped_key)
                values: dict[str, Any] = {"wrapped_key": fresh}
                if "key_id" in table.c:
                    values["key_id"] = vault.key_id
                done += uow.update(update(table).where(*unchanged).values(values))
            uow.commit()


def _fresh(vault: Vault, table: Table, row: Any) -> bytes | None:
    """Return a row's key wrapped anew; nothing where it needs it not, or no key of the office opens it."""
    try:
        return vault.rewrapped(row.wrapped_key, letter_id=row.bound)
    except WrongKeyError:
        log.exception("%s %s is locked with a key this office does not have", table.name, row.id)
        return None
