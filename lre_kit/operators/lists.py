"""Lists for operators: windows by keyset over duties, consents, means, batches and checkpoints.

Each page is one or two statements, from after the cursor of the page before; nothing loads a table. Rows
are plain mappings; secrets are never among their columns.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from lre_kit.consents.journal import CONSENT
from lre_kit.errors import NotFoundError
from lre_kit.identifiers.order_book import ORDER
from lre_kit.identifiers.rows import IdentifierRow
from lre_kit.integration.rows import ApiKeyRow
from lre_kit.postroom.items import BATCH
from lre_kit.proofs.rows import CheckpointRow
from lre_kit.store.database import Database
from lre_kit.store.inserts import table_of
from lre_kit.store.rows import DutyRow
from lre_kit.webhooks.rows import WebhookEndpointRow

RowValues = Mapping[str, Any]
"""One row's columns by name."""

DUTY, MEANS, CHECKPOINT = (table_of(row) for row in (DutyRow, IdentifierRow, CheckpointRow))

_DUTY_COLUMNS = tuple(
    DUTY.c[name] for name in "id key due_at action subject attempts claimed_until last_error dead_at".split()
)
_CONSENT_COLUMNS = tuple(
    CONSENT.c[name]
    for name in (
        "id sender_name recipient_name recipient_email regime state method asked_at decided_at expires_at"
    ).split()
)
_MEANS_COLUMNS = tuple(
    MEANS.c[name]
    for name in (
        "id serial kind state label level derogation created_at activated_at last_used_at expires_at ended_at"
    ).split()
)
_ORDER_COLUMNS = tuple(
    ORDER.c[name]
    for name in "id kind delivery state cause level derogation reference digest spool_destroyed_at".split()
) + tuple(ORDER.c[name] for name in "created_at ended_at identifier_id".split())
_KEY, _ENDPOINT = table_of(ApiKeyRow), table_of(WebhookEndpointRow)
_KEY_COLUMNS = tuple(
    _KEY.c[name]
    for name in (
        "id prefix owner_name owner_email name kind scopes created_at expires_at revoked_at last_used_at "
        "issuer client_id"
    ).split()
)
_CHECKPOINT_COLUMNS = tuple(
    CHECKPOINT.c[name] for name in "size created_at stamped_at stamp_id attempts last_error".split()
)

_SIZE_DIGITS = 9

DutyCursor = tuple[str, Any, str]
"""Where a page of duties ended: ``dead`` or ``due``, its instant, its id."""


def duties(
    database: Database, *, limit: int, before: DutyCursor | None = None, text: str = ""
) -> list[RowValues]:
    """Return duties: those that were given up first, then by when they are due."""
    found: list[RowValues] = []
    with database.read() as connection:
        if before is None or before[0] == "dead":
            dead = select(*_DUTY_COLUMNS).where(DUTY.c.dead_at.is_not(None), *_in(DUTY, _DUTY_TEXT, text))
            query = _after(dead, DUTY.c.dead_at, DUTY.c.id, before)
            found += map(dict, connection.execute(query.limit(limit)).mappings())
            before = None
        if len(found) < limit:
            due = select(*_DUTY_COLUMNS).where(DUTY.c.dead_at.is_(None), *_in(DUTY, _DUTY_TEXT, text))
            query = _after(due, DUTY.c.due_at, DUTY.c.id, before)
            found += map(dict, connection.execute(query.limit(limit - len(found))).mappings())
    return found


def duty_cursor(row: RowValues) -> DutyCursor:
    """Return the cursor of the page that begins after a duty."""
    is_dead = row["dead_at"] is not None
    return ("dead", row["dead_at"], row["id"]) if is_dead else ("due", row["due_at"], row["id"])


def _after(
    query: Select[Any], at: ColumnElement[Any], key: ColumnElement[Any], before: DutyCursor | None
) -> Select[Any]:
    if before is not None:
        query = query.where(or_(at > before[1], and_(at == before[1], key > before[2])))
    return query.order_by(at, key)


def consents(database: Database, *, limit: int, before: str | None = None, text: str = "") -> list[RowValues]:
    """Return consents of all senders, the newest first."""
    return _newest(database, select(*_CONSENT_COLUMNS), CONSENT, _CONSENT_TEXT, limit, before, text)


def means(database: Database, *, limit: int, before: str | None = None, text: str = "") -> list[RowValues]:
    """Return identification means, the newest first; they name nobody."""
    return _newest(database, select(*_MEANS_COLUMNS), MEANS, _MEANS_TEXT, limit, before, text)


def batches(database: Database, *, limit: int, before: str | None = None, text: str = "") -> list[RowValues]:
    """Return batches of the post room, the newest first."""
    return _newest(database, select(BATCH), BATCH, _BATCH_TEXT, limit, before, text)


def orders(database: Database, *, limit: int, before: str | None = None, text: str = "") -> list[RowValues]:
    """Return orders of identification means, the newest first; they hold no name and no address."""
    return _newest(database, select(*_ORDER_COLUMNS), ORDER, _ORDER_TEXT, limit, before, text)


def api_keys(database: Database, *, limit: int, before: str | None = None, text: str = "") -> list[RowValues]:
    """Return keys of the API, the newest first, without what they are checked by."""
    return _newest(database, select(*_KEY_COLUMNS), _KEY, _KEY_TEXT, limit, before, text)


def api_key(database: Database, key_id: str) -> RowValues:
    """Return one key of the API.

    Raises:
        NotFoundError: There is none.
    """
    return _one(database, select(*_KEY_COLUMNS).where(_KEY.c.id == key_id))


def endpoints(
    database: Database, *, limit: int, before: str | None = None, text: str = ""
) -> list[RowValues]:
    """Return endpoints of webhooks, by their ids: they are few and have no order of their own."""
    query = select(_ENDPOINT).where(*_in(_ENDPOINT, _ENDPOINT_TEXT, text))
    if before is not None:
        query = query.where(_ENDPOINT.c.id > before)
    with database.read() as connection:
        rows = connection.execute(query.order_by(_ENDPOINT.c.id).limit(limit)).mappings()
        return [dict(row) for row in rows]


def checkpoints(
    database: Database, *, limit: int, before: int | None = None, text: str = ""
) -> list[RowValues]:
    """Return checkpoints of the log, the newest first; a number as filter asks for those of that size on."""
    query = select(*_CHECKPOINT_COLUMNS).where(*_from_size(text))
    if before is not None:
        query = query.where(CHECKPOINT.c.size < before)
    with database.read() as connection:
        rows = connection.execute(query.order_by(CHECKPOINT.c.size.desc()).limit(limit)).mappings()
        return [dict(row) for row in rows]


def count_checkpoints(database: Database, text: str = "") -> int:
    """Return how many checkpoints `checkpoints` goes through."""
    query = select(func.count()).select_from(CHECKPOINT).where(*_from_size(text))
    with database.read() as connection:
        return int(connection.execute(query).scalar_one())


def _from_size(text: str) -> list[ColumnElement[bool]]:
    digits = "".join(char for char in text if char in "0123456789")[:_SIZE_DIGITS]
    return [CHECKPOINT.c.size >= int(digits)] if digits else []


def checkpoint(database: Database, size: int) -> RowValues:
    """Return one checkpoint, with its root and its note.

    Raises:
        NotFoundError: There is none of this size.
    """
    columns = (*_CHECKPOINT_COLUMNS, CHECKPOINT.c.root, CHECKPOINT.c.note)
    return _one(database, select(*columns).where(CHECKPOINT.c.size == size))


def duty(database: Database, key: str) -> RowValues:
    """Return one duty.

    Raises:
        NotFoundError: It is done by now, or never was.
    """
    return _one(database, select(*_DUTY_COLUMNS).where(DUTY.c.key == key))


def _one(database: Database, query: Select[Any]) -> RowValues:
    with database.read() as connection:
        row = connection.execute(query).mappings().first()
    if row is None:
        raise NotFoundError("This is not there any more.", mend="Look at the list again.")
    return dict(row)


def count(database: Database, what: str, text: str = "") -> int:
    """Return how many rows a list goes through: of duties, consents and so on, as it is filtered."""
    table, names = _COUNTED[what]
    query = select(func.count()).select_from(table).where(*_in(table, names, text))
    with database.read() as connection:
        return int(connection.execute(query).scalar_one())


_DUTY_TEXT = ("action", "subject", "key", "last_error")
_CONSENT_TEXT = ("sender_name", "recipient_name", "recipient_email", "state")
_MEANS_TEXT = ("serial", "kind", "state", "label", "derogation")
_BATCH_TEXT = ("number", "state", "provider", "reference")
_ORDER_TEXT = ("id", "kind", "state", "cause", "reference")
_KEY_TEXT = ("prefix", "owner_name", "owner_email", "name", "kind")
_ENDPOINT_TEXT = ("id", "owner_name", "owner_email", "url", "description", "state")
_COUNTED: Mapping[str, tuple[Any, Sequence[str]]] = {
    "duties": (DUTY, _DUTY_TEXT),
    "consents": (CONSENT, _CONSENT_TEXT),
    "means": (MEANS, _MEANS_TEXT),
    "batches": (BATCH, _BATCH_TEXT),
    "orders": (ORDER, _ORDER_TEXT),
    "api-keys": (_KEY, _KEY_TEXT),
    "endpoints": (_ENDPOINT, _ENDPOINT_TEXT),
}


def _newest(  # noqa: PLR0917 - the parts of one query
    database: Database,
    query: Select[Any],
    table: Any,
    names: Sequence[str],
    limit: int,
    before: str | None,
    text: str,
) -> list[RowValues]:
    query = query.where(*_in(table, names, text))
    if before is not None:
        query = query.where(table.c.id < before)
    with database.read() as connection:
        rows = connection.execute(query.order_by(table.c.id.desc()).limit(limit)).mappings()
        return [dict(row) for row in rows]


def _in(table: Any, names: Sequence[str], text: str) -> list[ColumnElement[bool]]:
    if not text or not names:
        return []
    return [or_(*(table.c[name].icontains(text, autoescape=True) for name in names))]
