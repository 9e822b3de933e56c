"""Making two parties one: what the second had goes to the first, and nothing stands there twice.

All rooms keep a party by its id alone, so a merge moves the rows of every room in its own transaction: an
account logs in as the party that stands, a means identifies it, a proofing counts for it. Journals and
evidence stay as they were written; letters keep the sender they were deposited by, and are found under
every id that their sender has (`lre_kit.parties.standing.refs_of`).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Table, select, update

from lre_kit.identifiers.order_rows import OrderRow
from lre_kit.identifiers.rows import AuthenticationRow, ChallengeRow, IdentifierRow
from lre_kit.parties.account_rows import AccountRow, SessionRow
from lre_kit.parties.emails import move_emails
from lre_kit.parties.members import MemberRole
from lre_kit.parties.proofing_rows import IdentityCaseRow, IdentityProofingRow
from lre_kit.parties.rows import MandateRow, MembershipRow, PartyAddressRow
from lre_kit.store.inserts import table_of
from lre_kit.store.unit import UnitOfWork

_ADDRESS, _MANDATE = table_of(PartyAddressRow), table_of(MandateRow)
_MEMBERSHIP = table_of(MembershipRow)

MOVED = {
    "accounts": table_of(AccountRow),
    "sessions": table_of(SessionRow),
    "means": table_of(IdentifierRow),
    "questions": table_of(ChallengeRow),
    "authentications": table_of(AuthenticationRow),
    "orders": table_of(OrderRow),
    "cases": table_of(IdentityCaseRow),
    "proofings": table_of(IdentityProofingRow),
}
"""Tables of other rooms whose rows belong to the party in their column ``party_id``, by what they hold."""

SIDES = {
    "members": (_MEMBERSHIP, "organisation_id"),
    "memberships": (_MEMBERSHIP, "person_id"),
    "mandates_given": (_MANDATE, "grantor_id"),
    "mandates": (_MANDATE, "delegate_id"),
}
"""Tables that name two parties, by what the side is to the party; each side is told apart in the history."""

_WITH_OPEN_KEY = ("orders", "cases")
# Rows of these are told apart by number only: a history does not name each log-in.
_COUNTED = frozenset({"sessions", "questions", "authentications"})


def move_everything(uow: UnitOfWork, from_id: str, to_id: str, *, at: datetime) -> Mapping[str, Any]:
    """Give all rows of a party to another; both must be locked.

    Of two roles in one organisation the stronger stays, of two present postal addresses that of the party
    that is kept. A mandate between the two ends, for nobody is their own delegate.

    Returns:
        The ids of the rows that were moved, for the history.
    """
    moved: dict[str, Any] = {"emails": move_emails(uow, from_id, to_id)}
    ended = update(_ADDRESS).where(_ADDRESS.c.party_id == from_id, _ADDRESS.c.valid_until.is_(None))
    present = select(_ADDRESS.c.id).where(_ADDRESS.c.party_id == to_id, _ADDRESS.c.valid_until.is_(None))
    if uow.execute(present).first() is not None:
        uow.execute(ended.values(valid_until=at))
    moved["addresses"] = _move(uow, _ADDRESS, "party_id", from_id, to_id)
    for name, (table, column) in SIDES.items():
        moved[name] = _move(uow, table, column, from_id, to_id)
    _end_weaker_roles(uow, to_id, at)
    own = (_MANDATE.c.grantor_id == to_id, _MANDATE.c.delegate_id == to_id, _MANDATE.c.revoked_at.is_(None))
    uow.execute(update(_MANDATE).where(*own).values(revoked_at=at))
    for name in _WITH_OPEN_KEY:
        _move_open_keys(uow, MOVED[name], from_id, to_id)
    for name, table in MOVED.items():
        if name in _COUNTED:
            mine = update(table).where(table.c.party_id == from_id).values(party_id=to_id)
            moved[name] = uow.update(mine)
        else:
            moved[name] = _move(uow, table, "party_id", from_id, to_id)
    return moved


def _move_open_keys(uow: UnitOfWork, table: Table, from_id: str, to_id: str) -> None:
    """Let what is open hold its place under the other party, unless that has one of the kind open already."""
    query = select(table.c.id, table.c.open_key).where(
        table.c.party_id.in_((from_id, to_id)), table.c.open_key.is_not(None)
    )
    held = {row.open_key: row.id for row in uow.execute(query)}
    for key, row_id in held.items():
        fresh = f"{to_id}:{key.removeprefix(from_id + ':')}"
        if key.startswith(f"{from_id}:") and fresh not in held:
            uow.execute(update(table).where(table.c.id == row_id).values(open_key=fresh))


def _move(uow: UnitOfWork, table: Table, column: str, from_id: str, to_id: str) -> list[str]:
    found = list(uow.execute(select(table.c.id).where(table.c[column] == from_id)).scalars())
    uow.execute(update(table).where(table.c[column] == from_id).values({column: to_id}))
    return found


def _end_weaker_roles(uow: UnitOfWork, party_id: str, at: datetime) -> None:
    """Leave one present role for each person in each organisation."""
    concerned = (_MEMBERSHIP.c.organisation_id == party_id) | (_MEMBERSHIP.c.person_id == party_id)
    query = select(_MEMBERSHIP).where(concerned, _MEMBERSHIP.c.valid_until.is_(None))
    best: dict[tuple[str, str], tuple[str, MemberRole]] = {}
    weaker = []
    for row in uow.execute(query.order_by(_MEMBERSHIP.c.id)):
        pair, role = (row.organisation_id, row.person_id), MemberRole(row.role)
        if pair not in best:
            best[pair] = (row.id, role)
        elif best[pair][1].may(role):
            weaker.append(row.id)
        else:
            weaker.append(best[pair][0])
            best[pair] = (row.id, role)
    if weaker:
        uow.execute(update(_MEMBERSHIP).where(_MEMBERSHIP.c.id.in_(weaker)).values(valid_until=at))
