"""Parties that were merged: who stands for them now, and how acts on one party wait for each other."""

from collections.abc import Collection, Mapping

from sqlalchemy import Connection, bindparam, select

from lre_kit.errors import NotFoundError
from lre_kit.parties.rows import PartyRow
from lre_kit.store.inserts import table_of
from lre_kit.store.unit import UnitOfWork

_PARTY = table_of(PartyRow)


def unknown_party() -> NotFoundError:
    """Return the error for a party that is not there."""
    return NotFoundError("There is no such party.", mend="Look it up by name or number.")


def standing_id(connection: Connection, party_id: str) -> str:
    """Return the party that stands for a party: itself, or the one it was merged into in the end."""
    return standing_ids(connection, [party_id])[party_id]


def standing_ids(connection: Connection, party_ids: Collection[str]) -> Mapping[str, str]:
    """Return for each of these parties the one that stands for it; unknown ones stand for themselves."""
    found, looked_at = {each: each for each in party_ids}, set(party_ids)
    while looked_at:
        query = select(_PARTY.c.id, _PARTY.c.merged_into).where(
            _PARTY.c.id.in_(looked_at), _PARTY.c.merged_into.is_not(None)
        )
        onward = {row.id: row.merged_into for row in connection.execute(query)}
        found = {each: onward.get(standing, standing) for each, standing in found.items()}
        looked_at = set(onward.values())
    return found


def lock_standing(uow: UnitOfWork, *party_ids: str) -> tuple[str, ...]:
    """Lock the parties that stand for these until the unit of work ends; return their ids in the same order.

    Rows are locked in the order of their ids, so that two acts on the same parties never wait for each
    other in a circle.

    Raises:
        NotFoundError: One is not there.
    """
    while True:
        standing = standing_ids(uow.connection, party_ids)
        found = tuple(standing[party_id] for party_id in party_ids)
        query = select(_PARTY.c.id, _PARTY.c.merged_into).where(_PARTY.c.id.in_(found))
        rows = uow.execute(query.order_by(_PARTY.c.id).with_for_update()).all()
        if len(rows) != len(set(found)):
            raise unknown_party()
        if all(row.merged_into is None for row in rows):
            return found


def all_ids(connection: Connection, party_id: str) -> tuple[str, ...]:
    """Return every id under which a party is known: its own first, then those merged into it.

    Rooms that keep a party's id look for what is theirs under all of them.
    """
    standing = standing_id(connection, party_id)
    known, newest = [standing], [standing]
    while newest:
        query = select(_PARTY.c.id).where(_PARTY.c.merged_into.in_(newest)).order_by(_PARTY.c.id)
        newest = list(connection.execute(query).scalars())
        known += newest
    return tuple(known)


# Asked for at each page of a sender, so made once: making it costs more than running it.
_CALLED = select(_PARTY.c.id).where(
    (_PARTY.c.id == bindparam("ref")) | (_PARTY.c.external_id == bindparam("ref"))
)


def refs_of(connection: Connection, ref: str) -> tuple[str, ...]:
    """Return every name under which letters of a sender may be kept: ids, and ids of the host.

    Args:
        connection: Where to look.
        ref: A party's id or a host's id of it; one that is nobody's stands for itself.
    """
    found = [row.id for row in connection.execute(_CALLED, {"ref": ref})]
    if not found:
        return (ref,)
    ids = {each for party_id in found for each in all_ids(connection, party_id)}
    hosts = select(_PARTY.c.external_id).where(_PARTY.c.id.in_(ids), _PARTY.c.external_id.is_not(None))
    return tuple(dict.fromkeys((ref, *sorted(ids), *connection.execute(hosts).scalars())))
