"""In whose name the person at the browser deposits and reads letters, besides their own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from lre_kit.authority import Authority, NoAuthorityError
from lre_kit.identifiers.gate import Acting
from lre_kit.letters.desk import Guard
from lre_kit.letters.values import Letter
from lre_kit.parties.persons import Party
from lre_kit.parties.values import Sender
from lre_kit.store.unit import UnitOfWork
from lre_web.account.session import current_account
from lre_web.mounting import mounted


@dataclass(frozen=True, slots=True, kw_only=True)
class Behalf:
    """A person who deposits in another party's name.

    Attributes:
        person: Who is at the browser.
        authority: In whose name, and by what.
        check: What the deposit runs in its own transaction.
    """

    person: Party
    authority: Authority
    check: Callable[[UnitOfWork], None]

    def acting(self, acting: Acting) -> Acting:
        """Return who acts, with what evidence says of it."""
        return replace(acting, delegate=self.person.name, mandate=self.authority.basis)

    def sender(self) -> Sender:
        """Return the sender of the letter.

        Raises:
            RequirementError: The party has no verified e-mail address.
        """
        party = self.authority.party
        address = mounted().office.people.authorities.address_of(party)
        return Sender(ref=party.id, name=party.name, email=address)


def me() -> Party | None:
    """Return who is at the browser, if the office knows them; nothing is written."""
    from lre_web.frame.people import has_accounts

    parties = mounted().office.people.parties
    if has_accounts():
        account = current_account()
        return parties.by_id(account.party_id) if account is not None else None
    actor = mounted().current_actor()
    return parties.by_external_id(actor.ref) if actor is not None else None


def send_names() -> Mapping[str, str]:
    """Return in whose names the person may deposit, by the party's id."""
    person = me()
    if person is None:
        return {}
    found = mounted().office.people.authorities.to_send(person.id)
    return {each.party.id: each.party.name for each in found}


def read_names() -> Mapping[str, str]:
    """Return whose letters the person may read, by the organisation's id."""
    return names_read_by(me())


def names_read_by(person: Party | None) -> Mapping[str, str]:
    """Return the same of somebody who was looked up already."""
    if person is None:
        return {}
    return {each.id: each.name for each in mounted().office.people.authorities.to_read(person.id)}


def behalf_of(chosen: str) -> Behalf | None:
    """Return in whose name a deposit is made, as the form says; nothing if in one's own.

    Raises:
        NoAuthorityError: The person may not act for that party, or there is none.
    """
    if not chosen:
        return None
    person, authorities = me(), mounted().office.people.authorities
    if person is None:
        raise NoAuthorityError
    found = authorities.expect_to_send(person.id, chosen)
    return Behalf(person=person, authority=found, check=authorities.still_sends(person.id, found.party.id))


def may_see(letter: Letter) -> bool:
    """Tell whether the person may see a letter that was sent in another's name."""
    person, office = me(), mounted().office
    if person is None:
        return False
    depositor = office.reading.depositor(letter.id)
    return office.people.authorities.may_see(person.id, letter.sender.ref, depositor)


def guard_of(letter: Letter, ref: str) -> Guard | None:
    """Return what an act on a letter asks again inside its transaction; nothing if it is one's own.

    Args:
        letter: A letter that the person may see.
        ref: The person, as `current_actor` names them.

    Raises:
        NoAuthorityError: They may see it, and no more.
    """
    authorities = mounted().office.people.authorities
    if letter.sender.ref in authorities.refs(ref):
        return None
    person = me()
    if person is None:
        raise NoAuthorityError
    still = authorities.acting_on(person.id, letter.sender.ref)

    def guard(uow: UnitOfWork, found: Letter) -> None:
        del found
        still(uow)

    return guard
