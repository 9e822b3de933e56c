"""Persons and organisations for tests."""

from lre_kit.parties.persons import Capacity, PartyFacts, PartyKind

ACTOR = {"role": "operator", "name": "op"}
"""Who acts."""

JEAN = PartyFacts(kind=PartyKind.PERSON, given_names="Jean", family_name="Dupont")
"""A consumer."""

BRUMES = PartyFacts(
    kind=PartyKind.ORGANISATION,
    legal_name="Brumes et Fils SARL",
    registration="732 829 320",
    capacity=Capacity.PROFESSIONAL,
    capacity_basis="RCS Paris",
)
"""A company."""
