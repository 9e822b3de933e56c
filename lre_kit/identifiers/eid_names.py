"""Whether a new electronic identity is clearly a party's: by the names and the day of birth."""

from lre_kit.identifiers.eid_values import EidAttributes, Fits
from lre_kit.parties.book import PartyBook
from lre_kit.parties.names import NameMatch, PersonName, compare_names
from lre_kit.parties.persons import Party, PartyKind

CLEAR = frozenset({NameMatch.SAME, NameMatch.CLOSE})
"""Matches that need no operator's look."""


def fits_party(parties: PartyBook) -> Fits:
    """Return the comparison with the parties of a book, for `ElectronicIdentities`."""
    return lambda party_id, told: is_clearly(parties.by_id(party_id), told)


def is_clearly(party: Party, told: EidAttributes) -> bool:
    """Tell whether attributes are clearly a party's; where they are not, a person looks at it.

    The names are one person's, and no day of birth speaks against it. Attributes without any name show
    nobody, and no organisation logs in.
    """
    if party.kind is not PartyKind.PERSON or not (told.given_names and told.family_name):
        return False
    if party.birth_date and told.birth_date and party.birth_date != told.birth_date:
        return False
    shown = PersonName(given=told.given_names, family=told.family_name, usage=told.preferred_name)
    return compare_names(party.person_name, shown) in CLEAR
