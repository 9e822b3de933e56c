"""Whether a new certificate is clearly a party's: by the names that it and the party bear."""

from lre_kit.identifiers.certificate_values import CertificateName, NameCheck
from lre_kit.parties.book import PartyBook
from lre_kit.parties.names import NameMatch, PersonName, compare_names
from lre_kit.parties.persons import Party, PartyKind

CLEAR = frozenset({NameMatch.SAME, NameMatch.CLOSE})
"""Matches that need no operator's look."""


def certificate_fits(parties: PartyBook, party_id: str) -> NameCheck:
    """Return the comparison with a party, for `Certificates`."""
    return lambda told: is_clearly(parties.by_id(party_id), told)


def is_clearly(party: Party, told: CertificateName) -> bool:
    """Tell whether a certificate's names are clearly a party's; where they are not, a person looks.

    Given and family names must both be there (EN 319 412-2 §4.2.4): one line of text, or a pseudonym, is
    no name that a machine could compare for good. No organisation is identified by a person's certificate.
    """
    if party.kind is not PartyKind.PERSON or told.pseudonym or not (told.given_names and told.family_name):
        return False
    shown = PersonName(given=told.given_names, family=told.family_name)
    return compare_names(party.person_name, shown) in CLEAR
