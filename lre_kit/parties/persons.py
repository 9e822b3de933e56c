"""Persons and organisations as values: checked when made."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from lre_kit.errors import InputError, InvalidNameError
from lre_kit.parties.characters import has_hidden_characters
from lre_kit.parties.names import PersonName
from lre_kit.parties.spellings import plain
from lre_kit.parties.values import checked_name

BASIS_MAX_CHARS = 200
"""Longest text kept of what a capacity rests on."""


class PartyKind(StrEnum):
    """What a party is."""

    PERSON = "person"
    """A natural person."""
    ORGANISATION = "organisation"
    """A company, an association, an administration."""


class Capacity(StrEnum):
    """In which capacity a party receives letters: it decides whether consent is asked (CPCE L. 100)."""

    CONSUMER = "consumer"
    """Not a professional: must have consented to electronic registered letters."""
    PROFESSIONAL = "professional"
    PUBLIC_BODY = "public_body"


class InvalidRegistrationError(InputError):
    """A registration number does not check."""

    slug = "invalid-registration"


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A person or an organisation as it stands.

    Attributes:
        capacity_basis: What the capacity rests on, such as an entry in a register.
        external_id: The host application's id of it.
        given_names: First names, separated by spaces; empty for somebody with one name.
        family_name: Name of birth.
        usage_name: Name in use, where it differs from the name of birth (nom d'usage).
        registration: SIREN, SIRET, or another country's number.
        version: Counts corrections.
    """

    id: str
    kind: PartyKind
    capacity: Capacity
    capacity_basis: str
    external_id: str | None
    given_names: str
    family_name: str
    usage_name: str
    legal_name: str
    registration: str
    birth_date: date | None
    language: str
    version: int
    merged_into: str | None
    created_at: datetime

    @property
    def name(self) -> str:
        """The name that people read."""
        if self.kind is PartyKind.ORGANISATION:
            return self.legal_name
        return " ".join(part for part in (self.given_names, self.usage_name or self.family_name) if part)

    @property
    def person_name(self) -> PersonName:
        """The name in its parts."""
        return PersonName(given=self.given_names, family=self.family_name, usage=self.usage_name)

    def __repr__(self) -> str:
        """Say which, and nothing of who it is."""
        return f"Party({self.id})"


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyFacts:
    """What is known of a party, in kept form."""

    kind: PartyKind
    capacity: Capacity = Capacity.CONSUMER
    capacity_basis: str = ""
    given_names: str = ""
    family_name: str = ""
    usage_name: str = ""
    legal_name: str = ""
    registration: str = ""
    birth_date: date | None = None
    language: str = "fr"

    def checked(self) -> "PartyFacts":
        """Return the facts in kept form.

        Raises:
            InvalidNameError: There is no name, or one cannot be used.
            InvalidRegistrationError: The number does not check.
            InputError: There is no such capacity, or it rests on nothing that can be kept.
        """
        names = {
            field: checked_name(text, whose="person") if (text := getattr(self, field)).strip() else ""
            for field in ("given_names", "family_name", "usage_name", "legal_name")
        }
        if self.kind is PartyKind.ORGANISATION and not names["legal_name"]:
            raise InvalidNameError("The organisation has no name.", mend="Give its registered name.")
        if self.kind is PartyKind.PERSON and not any(
            names[field] for field in ("given_names", "family_name", "usage_name")
        ):
            raise InvalidNameError("The person has no name.", mend="Give at least one name.")
        capacity, basis = _checked_capacity(self.capacity, self.capacity_basis)
        return PartyFacts(
            kind=self.kind,
            capacity=capacity,
            capacity_basis=basis,
            registration=checked_registration(self.registration),
            birth_date=self.birth_date,
            language="en" if self.language == "en" else "fr",
            **names,
        )

    @property
    def search_key(self) -> str:
        """The words by which the party is found, each after a space."""
        texts = (self.given_names, self.family_name, self.usage_name, self.legal_name, self.registration)
        return "".join(f" {word}" for text in texts for word in plain(text).lower().split())

    def __repr__(self) -> str:
        """Say which kind, and nothing of who it is."""
        return f"PartyFacts({self.kind})"


def _checked_capacity(capacity: str, basis: str) -> tuple[Capacity, str]:
    if capacity not in set(Capacity):
        raise InputError("There is no such capacity.", mend=f"Take one of: {', '.join(Capacity)}.")
    found, text = Capacity(capacity), basis.strip()
    if found is not Capacity.CONSUMER and not text:
        msg = f"Nothing says why this party counts as {found.value.replace('_', ' ')}."
        raise InputError(msg, mend="Say on what basis, such as a register and its number.")
    if len(text) > BASIS_MAX_CHARS or has_hidden_characters(text):
        msg = "The basis of the capacity is too long, or holds invisible characters."
        raise InputError(msg, mend=f"Type it anew, in {BASIS_MAX_CHARS} characters at most.")
    return found, text


def checked_registration(text: str) -> str:
    """Return a registration number in kept form; French ones of 9 or 14 digits must check (Luhn).

    Raises:
        InvalidRegistrationError: A SIREN or SIRET does not check, or the number cannot be one.
    """
    plain = re.sub(r"[\s.]", "", text)
    if not plain:
        return ""
    if not re.fullmatch(r"[0-9A-Za-z/_-]{2,40}", plain):
        msg = "The registration number holds characters that none has."
        raise InvalidRegistrationError(msg, mend="Type it as it stands in the register.")
    if re.fullmatch(r"\d{9}|\d{14}", plain) and not _checks(plain):
        msg = "This SIREN or SIRET does not check: a digit is wrong or two are swapped."
        raise InvalidRegistrationError(
            msg, mend="Compare it with the register, or begin another country's number with its code."
        )
    return plain


def _checks(digits: str) -> bool:
    """Luhn's formula; the digits of La Poste's establishments add up to a multiple of five instead."""
    doubled = [int(d) * 2 if place % 2 else int(d) for place, d in enumerate(reversed(digits))]
    if sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0:
        return True
    return digits.startswith("356000000") and len(digits) == 14 and sum(map(int, digits)) % 5 == 0
