"""Whom a letter is addressed to, held against who acts: the same person, or their delegate, by name.

What a person says to be called (in an account, to a host) shows nothing. Where an identity was proofed,
its name counts.
"""

from collections.abc import Callable, Collection
from datetime import datetime

from lre_kit.authority import Authorities
from lre_kit.clock import Clock
from lre_kit.identifiers.gate import Acting
from lre_kit.law.assurance import Category, Factor, Means
from lre_kit.parties.book import PartyBook
from lre_kit.parties.mandates import Scope
from lre_kit.parties.members import MemberRole
from lre_kit.parties.names import NameMatch, PersonName, compare_names
from lre_kit.parties.persons import Party, PartyKind
from lre_kit.parties.proofing import IdentityDesk
from lre_kit.parties.proofing_values import CaseState, CaseView, Proofing
from lre_kit.parties.spellings import same_organisation
from lre_kit.parties.values import Recipient

NEAR = frozenset({NameMatch.SAME, NameMatch.CLOSE})
"""Names that are taken for one person's; anything else is for a human to look at."""

_WAITING = frozenset({CaseState.SUBMITTED, CaseState.CLAIMED})


def _bears_name(party: Party, written: str) -> bool:
    """Tell whether a letter is addressed to a party by its name; nobody acts for another of its address."""
    if party.kind is PartyKind.ORGANISATION:
        return same_organisation(party.name, written)
    return compare_names(PersonName.of_text(written), party.person_name) in NEAR


class Addressed:
    """Holds who acts against whom a letter is addressed to."""

    def __init__(
        self,
        *,
        clock: Clock,
        parties: Callable[[], PartyBook],
        authorities: Callable[[], Authorities],
        identity: Callable[[], IdentityDesk],
        recipient_of: Callable[[str], Recipient],
    ) -> None:
        """Wire it; the services are asked for when they are needed.

        Args:
            clock: The office's clock.
            parties: Who the office knows.
            authorities: Who may act for another.
            identity: The desk of remote identification.
            recipient_of: Returns to whom a letter is addressed.
        """
        self._clock = clock
        self._parties = parties
        self._authorities = authorities
        self._identity = identity
        self._recipient_of = recipient_of

    def acting(self, party_id: str, letter_id: str, *, role: MemberRole = MemberRole.SENDER) -> Acting | None:
        """Return a party as who may decide on a letter now, with nothing shown yet.

        It is the person who reads the address, a delegate with a mandate in force to receive, or a member
        of the organisation whose address it is and whose name the letter bears.

        Args:
            party_id: The party.
            letter_id: The letter.
            role: The role that a member needs: readers look at letters and decide nothing.
        """
        parties, recipient = self._parties(), self._recipient_of(letter_id)
        party, reader = parties.by_id(party_id), parties.reader_of(recipient.email)
        if reader is None:
            return None
        if reader.id == party.id:
            return Acting(party_id=party.id, factors=())
        found = self._authorities().over(party.id, reader.id, role, Scope.RECEIVE)
        if found is None or not _bears_name(reader, recipient.name):
            return None
        return Acting(party_id=party.id, factors=(), delegate=party.name, mandate=found.basis)

    def compared(self, letter_id: str, name: PersonName) -> NameMatch:
        """Return how a name compares with the one a letter is addressed to."""
        return compare_names(PersonName.of_text(self._recipient_of(letter_id).name), name)

    def is_named(self, party_id: str, letter_id: str, *, since: datetime | None = None) -> bool:
        """Tell whether a party is called as a letter is addressed.

        Args:
            party_id: The party.
            letter_id: The letter.
            since: Given, only proofings of cases opened then or later are looked at.
        """
        proofing = self._identity().proofing_of(party_id, self._clock(), since=since)
        name = proofing.name if proofing else self._parties().by_id(party_id).person_name
        return self.compared(letter_id, name) in NEAR

    def is_pending(self, party_id: str, letter_id: str, *, held: Collection[str]) -> bool:
        """Tell whether one of the `held` cases, opened for a letter, waits for its verdict."""
        return any(case.state in _WAITING for case in self._cases(party_id, letter_id, held))

    def visual_factor(self, party_id: str, letter_id: str, *, held: Collection[str]) -> Factor | None:
        """Return what an approved identity case for a letter shows, if one of the `held` was approved.

        The person showed face and document to a random challenge for this very letter: inherence and
        possession, and dynamic. It counts for this letter alone, and only where the case was made:
        whoever merely reads the same mailbox holds none. Who was found to bear another name than the
        addressee shows nothing, unless all who approved stated, with a reason, that it is the addressee.
        """
        for case in self._cases(party_id, letter_id, held):
            proofing = (
                self._identity().proofing_by_case(case.id) if case.state is CaseState.APPROVED else None
            )
            if proofing is not None and (
                self._is_who_it_is_for(party_id, letter_id, proofing)
                or self._identity().stated_addressee(case.id)
            ):
                return Factor(
                    means=Means.VISUAL,
                    categories=(Category.INHERENCE, Category.POSSESSION),
                    dynamic=True,
                    at=self._clock(),
                )
        return None

    def _is_who_it_is_for(self, party_id: str, letter_id: str, proofing: Proofing) -> bool:
        """Tell whether a proofing is of the addressee, or of the delegate to whom the mandate was given."""
        acting = self.acting(party_id, letter_id)
        if acting is not None and acting.delegate is not None:
            own = self._parties().by_id(party_id).person_name
            return compare_names(own, proofing.name) is not NameMatch.DIFFERENT
        return self.compared(letter_id, proofing.name) is not NameMatch.DIFFERENT

    def _cases(self, party_id: str, letter_id: str, held: Collection[str]) -> list[CaseView]:
        if not held:
            return []
        purpose = f"recipient:{letter_id}"
        cases = self._identity().cases_of(party_id)
        return [case for case in cases if case.purpose == purpose and case.id in held]
