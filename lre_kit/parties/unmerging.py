"""Undoing a merge: what came from a party goes back to it, by the ids that the history names.

What either did since stays where it is: new means, letters and proofings are the kept party's. Roles,
mandates and addresses that the merge itself ended stand again. Sessions of accounts that go back end:
whoever is logged in logs in anew, as the party they are now.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, or_, select, update

from lre_kit.parties.merging import MOVED, SIDES
from lre_kit.parties.rows import MandateRow, MembershipRow, PartyAddressRow, PartyEmailRow
from lre_kit.store.inserts import table_of
from lre_kit.store.unit import UnitOfWork

_EMAIL, _ADDRESS, _MANDATE, _MEMBERSHIP = (
    table_of(row) for row in (PartyEmailRow, PartyAddressRow, MandateRow, MembershipRow)
)
_BY_ID = ("accounts", "means", "orders", "cases", "proofings")
_WITH_OPEN_KEY = ("orders", "cases")


@dataclass(frozen=True, slots=True, kw_only=True)
class Undoing:
    """One merge on its way back; both parties must be locked.

    Attributes:
        kept_id: The party that has stood for both.
        merged_id: The party that stands again.
        moved: What the merge's history says was moved.
        merged_at: When it was.
        at: Now.
    """

    uow: UnitOfWork
    kept_id: str
    merged_id: str
    moved: Mapping[str, Any]
    merged_at: datetime
    at: datetime

    def run(self) -> Mapping[str, int]:
        """Give everything back; return how many rows of each kind went."""
        for name in _WITH_OPEN_KEY:
            self._open_keys(MOVED[name], self._ids(name))
        back = {name: self._back(name, MOVED[name], "party_id") for name in _BY_ID}
        back["addresses"] = self._back("addresses", _ADDRESS, "party_id")
        for name, (table, column) in SIDES.items():
            back[name] = self._back(name, table, column)
        back["emails"] = self._back("emails", _EMAIL, "party_id")
        # What the merge ended carries its very instant.
        self._stand_again(_ADDRESS, _ADDRESS.c.party_id == self.merged_id, "valid_until")
        concerned = or_(self._either(_MEMBERSHIP, "organisation_id"), self._either(_MEMBERSHIP, "person_id"))
        self._stand_again(_MEMBERSHIP, concerned, "valid_until")
        between = and_(self._either(_MANDATE, "grantor_id"), self._either(_MANDATE, "delegate_id"))
        self._stand_again(_MANDATE, between, "revoked_at")
        self._confirmations()
        self._follow()
        return back

    def _ids(self, name: str) -> Collection[str]:
        found = self.moved.get(name, ())
        return found if isinstance(found, list) else ()

    def _either(self, table: Table, column: str) -> ColumnElement[bool]:
        return table.c[column].in_((self.kept_id, self.merged_id))

    def _back(self, name: str, table: Table, column: str) -> int:
        mine = (table.c.id.in_(self._ids(name)), table.c[column] == self.kept_id)
        return self.uow.update(update(table).where(*mine).values({column: self.merged_id}))

    def _stand_again(self, table: Table, concerned: ColumnElement[bool], column: str) -> None:
        ended = update(table).where(concerned, table.c[column] == self.merged_at)
        self.uow.execute(ended.values({column: None}))

    def _open_keys(self, table: Table, ids: Collection[str]) -> None:
        is_open = (table.c.id.in_(ids), table.c.open_key.startswith(f"{self.kept_id}:"))
        for row in self.uow.execute(select(table.c.id, table.c.open_key).where(*is_open)).all():
            fresh = f"{self.merged_id}:{row.open_key.removeprefix(self.kept_id + ':')}"
            self.uow.execute(update(table).where(table.c.id == row.id).values(open_key=fresh))

    def _confirmations(self) -> None:
        """Give confirmations of addresses back: one that both had stayed with both, its confirmation went."""
        mine = _EMAIL.c.party_id == self.merged_id
        lost = (mine, _EMAIL.c.verified_key.is_(None), _EMAIL.c.verified_at.is_not(None))
        for row in self.uow.execute(
            select(_EMAIL.c.id, _EMAIL.c.key, _EMAIL.c.verified_at).where(*lost)
        ).all():
            theirs = (_EMAIL.c.party_id == self.kept_id, _EMAIL.c.key == row.key)
            given = update(_EMAIL).where(*theirs, _EMAIL.c.verified_at == row.verified_at)
            if self.uow.update(given.values(verified_key=None, verified_at=None)):
                self.uow.execute(update(_EMAIL).where(_EMAIL.c.id == row.id).values(verified_key=row.key))
        confirmed = select(_EMAIL.c.id, _EMAIL.c.is_primary).where(mine, _EMAIL.c.verified_key.is_not(None))
        first = self.uow.execute(confirmed.order_by(_EMAIL.c.is_primary.desc(), _EMAIL.c.id)).first()
        if first is not None and not first.is_primary:
            self.uow.execute(update(_EMAIL).where(_EMAIL.c.id == first.id).values(is_primary=True))

    def _follow(self) -> None:
        """Let what hangs on accounts and means go with them; open sessions and questions end."""
        sessions, questions, shown = (MOVED[name] for name in ("sessions", "questions", "authentications"))
        hanging = (
            (sessions, sessions.c.account_id.in_(self._ids("accounts"))),
            (questions, questions.c.identifier_id.in_(self._ids("means"))),
            (shown, shown.c.identifier_id.in_(self._ids("means"))),
        )
        for table, theirs in hanging:
            self.uow.execute(update(table).where(theirs).values(party_id=self.merged_id))
        for table, theirs in hanging[:2]:
            self.uow.execute(update(table).where(theirs, table.c.ended_at.is_(None)).values(ended_at=self.at))
