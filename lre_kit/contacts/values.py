"""Entries of an address book as people see them, and what can be wrong with one."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from lre_kit.errors import InputError, LreError, UnlawfulActError
from lre_kit.law.consents import Capacity
from lre_kit.letters.terms import checked_reference
from lre_kit.parties.addresses import PostalAddress
from lre_kit.parties.characters import has_hidden_characters
from lre_kit.parties.spellings import plain
from lre_kit.parties.values import Recipient

GROUP_NAME_MAX_CHARS = 100
"""Longest name of a group, in characters."""

LANGUAGES = ("fr", "en")


class ContactInputError(InputError):
    """An entry or a group cannot be kept as it is; nothing was changed."""

    slug = "contact-input"


class ContactChangedError(UnlawfulActError):
    """The entry is another than the one that was looked at; nothing was changed."""

    slug = "contact-changed"

    def __init__(self) -> None:
        """Say the one sentence."""
        super().__init__("This entry was changed meanwhile.", mend="Look at it again, then change it.")


class ConsentShown(StrEnum):
    """What an address book says of an entry's consent to receive electronically (CPCE L. 100)."""

    NOT_NEEDED = "not_needed"
    """They are no consumer, or have no e-mail address here."""
    NEVER_ASKED = "never_asked"
    ASKED = "asked"
    GIVEN = "given"
    REFUSED = "refused"
    ENDED = "ended"
    """It was withdrawn, or its time is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What an entry says."""

    name: str
    email: str = ""
    postal: PostalAddress | None = None
    capacity: Capacity = Capacity.CONSUMER
    capacity_basis: str = ""
    language: str = "fr"
    """Of what is sent to them."""
    reference: str = ""
    """The sender's own, such as a customer's number; no recipient sees it."""

    def checked(self) -> "Card":
        """Return it in kept form; addresses stay as they were typed.

        Raises:
            InputError: Something in it cannot be used.
        """
        recipient = self.to_recipient().checked()
        if self.language not in LANGUAGES:
            msg = "The language of this entry is not spoken here."
            raise ContactInputError(msg, mend="Choose fr or en.")
        return replace(
            self,
            name=recipient.name,
            email=recipient.email,
            postal=recipient.postal,
            capacity_basis=recipient.capacity_basis,
            reference=checked_reference(self.reference),
        )

    def to_recipient(self) -> Recipient:
        """Return whom a letter to this entry is addressed to."""
        return Recipient(
            name=self.name,
            email=self.email,
            postal=self.postal,
            capacity=self.capacity,
            capacity_basis=self.capacity_basis,
        )

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "name": self.name,
            "email": self.email,
            "postal": self.postal.to_json() if self.postal is not None else None,
            "capacity": self.capacity.value,
            "capacity_basis": self.capacity_basis,
            "language": self.language,
            "reference": self.reference,
        }

    def differences(self, other: "Card") -> tuple[str, ...]:
        """Name the fields in which another says something else; what the other leaves empty says nothing."""
        mine, theirs = self.to_json(), other.to_json()
        empty = (None, "")
        return tuple(name for name, value in theirs.items() if value not in empty and value != mine[name])

    def __repr__(self) -> str:
        """Say nothing of the person."""
        return "Card(…)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """An entry as it is kept."""

    id: str
    card: Card
    version: int
    changed_at: datetime

    @property
    def key(self) -> str:
        """What its name is sorted by."""
        return name_key(self.card.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactGroup:
    """A sending group."""

    id: str
    name: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A line that says something else than the book does of the same person.

    Attributes:
        line: Of the table.
        contact_id: The entry.
        fields: In which fields.
    """

    line: int
    contact_id: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What a table of entries held.

    Attributes:
        lines: Lines of it, empty ones left out.
        added: Entries that were added, or would be.
        same: Lines that say what the book says already.
        differing: Lines that say something else; they changed nothing unless that was asked for.
        problems: What is wrong with a line, by its number; where there is one, nothing was kept.
    """

    lines: int
    added: int
    same: int
    differing: tuple[Difference, ...]
    problems: Mapping[int, LreError]


def name_key(name: str) -> str:
    """Return what the spellings of one name share: no case, no accents, no punctuation."""
    return plain(name) or name.casefold()


def checked_group_name(text: str) -> str:
    """Return a group's name as one line.

    Raises:
        ContactInputError: It is empty, too long, or holds invisible characters.
    """
    name = " ".join(text.split())
    if not name or len(name) > GROUP_NAME_MAX_CHARS or has_hidden_characters(name):
        msg = "The group has no usable name."
        raise ContactInputError(msg, mend=f"Give it a name of at most {GROUP_NAME_MAX_CHARS} characters.")
    return name
