"""In whose name a person acts: an organisation's by a role, a grantor's by a mandate, and nobody else's.

Asked before a page offers it, and again inside the transaction of the act, with the party's row locked: an
act and the end of a role or mandate wait for each other.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from lre_kit.clock import Clock
from lre_kit.errors import NotFoundError, RequirementError
from lre_kit.parties.book import PartyBook
from lre_kit.parties.emails import addresses_of
from lre_kit.parties.mandates import Mandates, Scope
from lre_kit.parties.members import MemberRole, Members
from lre_kit.parties.persons import Party
from lre_kit.parties.rows import PartyRow
from lre_kit.parties.standing import all_ids, lock_standing, refs_of, standing_ids
from lre_kit.store.database import Database
from lre_kit.store.inserts import table_of
from lre_kit.store.unit import UnitOfWork

_PARTY = table_of(PartyRow)


class NoAuthorityError(NotFoundError):
    """Who acts has no role and no mandate for the party they name; nor is told whether there is one."""

    slug = "no-authority"

    def __init__(self) -> None:
        """Say the one sentence for all of them."""
        super().__init__("You cannot act in this name.", mend="Ask its owner for a role, or for a mandate.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """In whose name a person acts.

    Attributes:
        party: In whose name.
        basis: What stands in evidence: ``member:sender``, or the mandate's reference.
        is_member: Whether it is a role in an organisation.
    """

    party: Party
    basis: str
    is_member: bool


def member_basis(role: MemberRole) -> str:
    """Return how a role stands in evidence."""
    return f"member:{role.value}"


class Authorities:
    """Tells in whose name persons may act, and looks again when they do."""

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock,
        parties: Callable[[], PartyBook],
        members: Callable[[], Members],
        mandates: Callable[[], Mandates],
    ) -> None:
        """Wire it; the services are asked for when they are needed."""
        self._database = database
        self._clock = clock
        self._parties = parties
        self._members = members
        self._mandates = mandates

    def to_send(self, person_id: str) -> list[Authority]:
        """Return in whose names a person may deposit letters now, besides their own."""
        return self._of(person_id, MemberRole.SENDER, Scope.SEND)

    def to_read(self, person_id: str) -> list[Party]:
        """Return the organisations whose letters a person may read."""
        return [each.party for each in self._of(person_id, MemberRole.READER, None)]

    def to_sign(self, person_id: str) -> list[Party]:
        """Return the organisations for which a person may sign letters that others prepared."""
        return [each.party for each in self._of(person_id, MemberRole.SENDER, None)]

    def to_prepare(self, person_id: str) -> list[Party]:
        """Return the organisations for which a person may prepare letters, and send none."""
        able = [each.party for each in self._of(person_id, MemberRole.PREPARER, None)]
        signs = {each.id for each in self.to_sign(person_id)}
        return [party for party in able if party.id not in signs]

    def over(
        self, person_id: str, party_id: str, role: MemberRole, scope: Scope, *, at: datetime | None = None
    ) -> Authority | None:
        """Return by what a person may act for a party, if they may.

        Args:
            person_id: Who acts.
            party_id: For whom.
            role: The role it needs in an organisation.
            scope: The mandate it needs otherwise.
            at: The instant; now, if not given.
        """
        party, person = self._parties().by_id(party_id), self._parties().by_id(person_id)
        held = [each for each in self._members().members(party.id) if each.person_id == person.id]
        able = next((each for each in held if each.role.may(role)), None)
        if able is not None:
            return Authority(party=party, basis=member_basis(able.role), is_member=True)
        mandate = self._mandates().in_force(party.id, person.id, scope, at=at)
        if mandate is None:
            return None
        return Authority(party=party, basis=mandate.reference, is_member=False)

    def expect_to_send(self, person_id: str, party_id: str) -> Authority:
        """Return by what a person may deposit in a party's name.

        Raises:
            NoAuthorityError: They may not, or there is no such party; never which.
        """
        try:
            found = self.over(person_id, party_id, MemberRole.SENDER, Scope.SEND)
        except NotFoundError:
            found = None
        if found is None:
            raise NoAuthorityError
        return found

    def still_sends(self, person_id: str, party_id: str) -> Callable[[UnitOfWork], None]:
        """Return what an act runs inside its transaction: it refuses once the authority has ended.

        An end that comes at the same time waits for the act, or the act for it.
        """

        def check(uow: UnitOfWork) -> None:
            party, person = lock_standing(uow, party_id, person_id)
            role = self._members().present(uow, party).get(person)
            may = role is not None and role.may(MemberRole.SENDER)
            if not may and not self._mandates().holds(uow, party, person, Scope.SEND, at=self._clock()):
                raise NoAuthorityError

        return check

    def acting_on(self, person_id: str, sender_ref: str) -> Callable[[UnitOfWork], None]:
        """Return what an act on a letter that another sent runs inside its transaction, as `still_sends`.

        Args:
            person_id: Who acts.
            sender_ref: The letter's sender, by its party's id or a host's.

        Raises:
            NoAuthorityError: The person may not act in that sender's name: to read is not to act.
        """
        with self._database.read() as connection:
            owner = _party_of(connection, sender_ref)
        if owner is None:
            raise NoAuthorityError
        self.expect_to_send(person_id, owner)
        return self.still_sends(person_id, owner)

    def address_of(self, party: Party) -> str:
        """Return the address under which a party sends: its first verified one.

        Raises:
            RequirementError: It has none, and a deposit must name one (CPCE R. 53-2, 1°).
        """
        with self._database.read() as connection:
            found = addresses_of(connection, party.id)
        if not found:
            msg = "This party has no verified e-mail address, and its letters must name one."
            raise RequirementError(msg, mend="Have an address of the party verified first.")
        return found[0]

    def may_see(self, person_id: str, sender_ref: str, deposited_by: str | None) -> bool:
        """Tell whether a person may see a letter that another sent.

        Members see all letters of their organisation; a delegate sees those that they deposited, while
        the mandate holds.
        """
        with self._database.read() as connection:
            owner = _party_of(connection, sender_ref)
            mine = all_ids(connection, person_id)
        if owner is None:
            return False
        found = self.over(person_id, owner, MemberRole.READER, Scope.SEND)
        return found is not None and (found.is_member or deposited_by in mine)

    def refs(self, party_id: str) -> Collection[str]:
        """Return every name under which a party's letters are kept."""
        with self._database.read() as connection:
            return refs_of(connection, party_id)

    def _of(self, person_id: str, role: MemberRole, scope: Scope | None) -> list[Authority]:
        parties, now = self._parties(), self._clock()
        person = parties.by_id(person_id)
        found = [
            Authority(
                party=parties.by_id(each.organisation_id), basis=member_basis(each.role), is_member=True
            )
            for each in self._members().organisations(person.id)
            if each.role.may(role)
        ]
        known = {each.party.id for each in found}
        if scope is not None:
            for mandate in self._mandates().of(person.id):
                mine = mandate.delegate_id == person.id and scope in mandate.scope and mandate.in_force(now)
                if mine and mandate.grantor_id not in known:
                    known.add(mandate.grantor_id)
                    party = parties.by_id(mandate.grantor_id)
                    found.append(Authority(party=party, basis=mandate.reference, is_member=False))
        return found


def _party_of(connection: Connection, ref: str) -> str | None:
    query = select(_PARTY.c.id).where((_PARTY.c.id == ref) | (_PARTY.c.external_id == ref)).limit(1)
    found = connection.execute(query).scalar()
    return None if found is None else standing_ids(connection, [found])[found]
