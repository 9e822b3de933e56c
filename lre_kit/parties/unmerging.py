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

from lre_kit.errors import UnlawfulActError
from lre_kit.parties.merging import MOVED, SIDES
from lre_kit.parties.persons import Party
from lre_kit.parties.rows import MandateRow, MembershipRow, PartyAddressRow, PartyEmailRow
from lre_kit.store.inserts import table_of
from lre_kit.store.unit import UnitOfWork

_EMAIL, _ADDRESS, _MANDATE, _MEMBERSHIP = (
    table_of(row) for row in (PartyEmailRow, PartyAddressRow, MandateRow, MembershipRow)
)
_BY_ID = ("accounts", "means", "orders", "cases", "proofings")
_WITH_OPEN_KEY = ("orders", "cases")


def host_id_moved(after: Mapping[str, Any], kept: Party, merged: Party, *, told: bool | None) -> bool:
    """Return whether the host's id that the kept party bears came with the merged one.

    Args:
        after: What the merge's history says.
        kept: The party that stands for both.
        merged: The party that is to stand again.
        told: What whoever undoes it says, where the history says nothing.

    Raises:
        UnlawfulActError: Neither says it, and there is an id that may be of either.
    """
    if "external_id" in after:
        return bool(after["external_id"])
    # An id that stayed with the merged party says that the kept one had its own.
    if kept.external_id is None or merged.external_id is not None:
        return False
    if told is None:
        msg = "The history of this merge does not tell of which of the two the host's id is."
        mend = "See in the host application whose it is, then say so: --host-id merged, or --host-id kept."
        raise UnlawfulActError(msg, mend=mend)
    return told


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
        for name in SIDES:
            back[name] = self._side_back(name)
        back["emails"] = self._back("emails", _EMAIL, "party_id")
        # What the merge ended carries its very instant.
        self._stand_again(_ADDRESS, _ADDRESS.c.party_id == self.merged_id, "valid_until")
        concerned = or_(self._either(_MEMBERSHIP, "organisation_id"), self._either(_MEMBERSHIP, "person_id"))
        self._stand_again(_MEMBERSHIP, concerned, "valid_until")
        if self._sides_told:
            between = and_(self._either(_MANDATE, "grantor_id"), self._either(_MANDATE, "delegate_id"))
            self._stand_again(_MANDATE, between, "revoked_at")
        self._confirmations()
        self._follow()
        return back

    @property
    def _sides_told(self) -> bool:
        """Whether the history tells the sides apart; in those of earlier versions one list held both."""
        return "mandates_given" in self.moved

    def _side_back(self, name: str) -> int:
        """Give back one side of what names two parties.

        Where one list holds both sides, the side that moved is the one that names the kept party now: rows
        of that party's own are in no such list. What names it twice was between the two; which of them gave
        it is not told, so it stays, and stays ended.
        """
        table, column = SIDES[name]
        if self._sides_told:
            return self._back(name, table, column)
        (other,) = (side for of, side in SIDES.values() if of is table and side != column)
        listed = self._ids("memberships" if table is _MEMBERSHIP else "mandates")
        return self._give_back(table, column, table.c.id.in_(listed), table.c[other] != self.kept_id)

    def _ids(self, name: str) -> Collection[str]:
        found = self.moved.get(name, ())
        return found if isinstance(found, list) else ()

    def _either(self, table: Table, column: str) -> ColumnElement[bool]:
        return table.c[column].in_((self.kept_id, self.merged_id))

    def _back(self, name: str, table: Table, column: str) -> int:
        return self._give_back(table, column, table.c.id.in_(self._ids(name)))

    def _give_back(self, table: Table, column: str, *theirs: ColumnElement[bool]) -> int:
        mine = (*theirs, table.c[column] == self.kept_id)
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
