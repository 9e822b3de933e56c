"""What host applications say of parties: what of it is new, and what it must not undo.

A host says at each log-in who is there, often no more than a line with a name. Facts it does not say, and
names that were put in their parts meanwhile, stay.
"""

from collections.abc import Mapping
from typing import Any

from lre_kit.errors import InputError
from lre_kit.parties.characters import has_hidden_characters
from lre_kit.parties.names import NameMatch, PersonName, compare_names
from lre_kit.parties.persons import Party, PartyFacts

EXTERNAL_ID_MAX_CHARS = 200
"""Longest id of a host that is kept."""

_NAMES = ("given_names", "family_name", "usage_name")
_OTHERS = ("legal_name", "registration", "birth_date", "capacity", "capacity_basis", "language")


def checked_external_id(text: str) -> str:
    """Return a host's id of a party as it is.

    Raises:
        InputError: It is empty, which would make everybody one, too long, or holds hidden characters.
    """
    if not text.strip() or len(text) > EXTERNAL_ID_MAX_CHARS or has_hidden_characters(text):
        msg = "The host's id of this party is empty, too long, or holds hidden characters."
        raise InputError(
            msg, mend=f"Give each person a stable id of 1 to {EXTERNAL_ID_MAX_CHARS} characters."
        )
    return text


def news_of(known: Party, said: PartyFacts) -> Mapping[str, Any]:
    """Return the fields of a party that change by what a host says.

    A fact left at its default was not said: it takes away no capacity and no language.

    Raises:
        InputError: The host says another kind of party.
    """
    if known.kind is not said.kind:
        msg = f"The host calls a party {said.kind.value} that is known as {known.kind.value}."
        raise InputError(msg, mend="Give it an id of its own.")
    defaults = PartyFacts(kind=said.kind)
    told = {name: getattr(said, name) for name in _OTHERS if getattr(said, name) != getattr(defaults, name)}
    told |= _names_of(known, said)
    return {name: value for name, value in told.items() if getattr(known, name) != value}


def _names_of(known: Party, said: PartyFacts) -> Mapping[str, str]:
    """Return all parts of a name that replaces the known one, or none of them."""
    told = {name: getattr(said, name) for name in _NAMES}
    line = PersonName(given=said.given_names, family=said.family_name, usage=said.usage_name)
    if not any(told.values()) or known.name in line.parts:
        return {}
    if sum(map(bool, told.values())) == 1:
        is_parted = bool(known.given_names and (known.family_name or known.usage_name))
        # A line says less than parts: it replaces them only where it plainly is another name.
        keeps = is_parted and compare_names(known.person_name, line) is not NameMatch.DIFFERENT
        return {} if keeps else told
    is_known = (said.given_names, said.family_name) == (known.given_names, known.family_name)
    return {} if is_known and not said.usage_name else told
