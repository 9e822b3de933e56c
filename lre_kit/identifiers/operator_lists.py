"""Lists of means and orders for operators; they hold no name and no address."""

from sqlalchemy import Connection, func, select

from lre_kit.identifiers.identifier_values import Identifier
from lre_kit.identifiers.means import Kind, State
from lre_kit.identifiers.order_book import ORDER, order_of
from lre_kit.identifiers.order_values import Order, OrderState
from lre_kit.identifiers.rows import IdentifierRow
from lre_kit.store.database import Database
from lre_kit.store.inserts import table_of

_IDENTIFIER = table_of(IdentifierRow)
_TO_COMPARE = (
    _IDENTIFIER.c.kind.in_((Kind.CERTIFICATE.value, Kind.EID.value)),
    _IDENTIFIER.c.state == State.ISSUED.value,
)


def newest_means(database: Database, *, limit: int, party_id: str | None = None) -> list[Identifier]:
    """Return identification means, the newest first.

    Args:
        database: Where they are kept.
        limit: Most that are returned.
        party_id: Only this holder's; by default everybody's.
    """
    query = select(*[_IDENTIFIER.c[name] for name in Identifier.__slots__])
    if party_id is not None:
        query = query.where(_IDENTIFIER.c.party_id == party_id)
    query = query.order_by(_IDENTIFIER.c.created_at.desc(), _IDENTIFIER.c.id.desc()).limit(limit)
    with database.read() as connection:
        return [Identifier.of_row(row) for row in connection.execute(query).mappings()]


def count_to_compare(connection: Connection) -> int:
    """Return how many means `means_to_compare` goes through."""
    query = select(func.count()).select_from(_IDENTIFIER).where(*_TO_COMPARE)
    return int(connection.execute(query).scalar_one())


def means_to_compare(database: Database, *, limit: int) -> list[Identifier]:
    """Return certificates and electronic identities that wait because their names were not clear.

    Args:
        database: Where they are kept.
        limit: Most that are returned, the oldest first.
    """
    query = select(*[_IDENTIFIER.c[name] for name in Identifier.__slots__]).where(*_TO_COMPARE)
    query = query.order_by(_IDENTIFIER.c.created_at, _IDENTIFIER.c.id).limit(limit)
    with database.read() as connection:
        return [Identifier.of_row(row) for row in connection.execute(query).mappings()]


def newest_orders(database: Database, *, limit: int, state: OrderState | None = None) -> list[Order]:
    """Return orders, the newest first.

    Args:
        database: Where they are kept.
        limit: Most that are returned.
        state: Only those that stand here; by default all.
    """
    query = select(*[ORDER.c[name] for name in Order.__slots__])
    if state is not None:
        query = query.where(ORDER.c.state == state.value)
    query = query.order_by(ORDER.c.created_at.desc(), ORDER.c.id.desc()).limit(limit)
    with database.read() as connection:
        return [order_of(row) for row in connection.execute(query)]


def open_order_of(database: Database, identifier_id: str) -> str | None:
    """Return the open order that a means was made for, if there is one."""
    query = select(ORDER.c.id).where(ORDER.c.identifier_id == identifier_id, ORDER.c.open_key.is_not(None))
    with database.read() as connection:
        found: str | None = connection.execute(query).scalar()
    return found
