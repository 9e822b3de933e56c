"""Requests to the office as values: what is asked, by whom, and what was said since."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from lre_kit.errors import InputError
from lre_kit.parties.characters import has_hidden_characters
from lre_kit.parties.values import checked_address, checked_name
from lre_kit.support.errors import RequestError

TEXT_MAX_CHARS = 5000
"""Longest text of a request."""

ANSWER_MAX_CHARS = 20_000
"""Longest answer, and longest reply that is kept."""

ALPHABET = "ACDEFGHJKLMNPQRTUVWXY34679"
"""Letters of references: none that is taken for another (no B8, I1, O0, S5, Z2)."""

REFERENCE_CHARS = 8


class RequestKind(StrEnum):
    """What is asked for."""

    CONTACT = "contact"
    QUOTE = "quote"
    API_ACCESS = "api-access"


class Side(StrEnum):
    """Who asks: their ways are separate, and so are the answers."""

    SENDER = "sender"
    RECIPIENT = "recipient"


class RequestState(StrEnum):
    """Where a request is."""

    OPEN = "open"
    """It waits for the office."""
    ANSWERED = "answered"
    """It waits for who asked."""
    CLOSED = "closed"


class Direction(StrEnum):
    """Where a message of a request goes."""

    IN = "in"
    OUT = "out"
    NOTE = "note"
    """From one operator to the next; it never leaves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """What somebody asks.

    Attributes:
        kind: What for.
        side: Who they are to the office.
        name: Their name.
        email: Where the answer goes.
        text: What they say.
        organisation: For whom, for a quote or access to the API.
        volume: Letters a year, in their words, for a quote.
        number: The letter it is about, as they typed it; it opens nothing.
        language: ``fr`` or ``en``.
    """

    kind: RequestKind
    side: Side
    name: str = field(repr=False)
    email: str = field(repr=False)
    text: str = field(repr=False)
    organisation: str = field(default="", repr=False)
    volume: str = field(default="", repr=False)
    number: str = field(default="", repr=False)
    language: str = "fr"

    def checked(self) -> "Asking":
        """Return it with outer spaces removed.

        Raises:
            InputError: Something in it cannot be used.
        """
        return Asking(
            kind=self.kind,
            side=self.side,
            name=checked_name(self.name, whose="asker"),
            email=checked_address(self.email, whose="asker"),
            text=checked_text(self.text, TEXT_MAX_CHARS),
            organisation=_line(self.organisation, 200),
            volume=_line(self.volume, 100),
            number=_line(self.number, 60),
            language="fr" if self.language == "fr" else "en",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestInfo:
    """A request as lists show it: nothing of who asks or what."""

    id: str
    reference: str
    """What mail and people call it: ``K7RW-P3XA``."""
    kind: RequestKind
    side: Side
    state: RequestState
    language: str
    assigned_to: str
    """Name of the operator whose it is; empty: nobody's."""
    made_at: datetime
    changed_at: datetime
    messages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One message of a request."""

    id: str
    direction: Direction
    at: datetime
    by: str
    """Operator who wrote it; empty for who asked."""
    sent_at: datetime | None
    """When a mail server took it, for what goes out."""
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request opened by an operator."""

    info: RequestInfo
    asking: Asking = field(repr=False)
    said: tuple[Said, ...] = field(repr=False)


def checked_text(text: str, longest: int) -> str:
    """Return a text of several lines as it may be kept.

    Raises:
        RequestError: Empty, too long, or with hidden characters.
    """
    plain = "\n".join(line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    plain = plain.strip("\n ")
    if not plain:
        raise RequestError("The message is empty.", mend="Say what it is about.")
    if len(plain) > longest:
        msg = f"The message has {len(plain)} characters."
        raise RequestError(msg, mend=f"Shorten it to {longest}.")
    if has_hidden_characters(plain.replace("\n", " ").replace("\t", " ")):
        msg = "The message holds invisible control characters."
        raise RequestError(msg, mend="Type it instead of pasting it.")
    return plain


def new_reference() -> str:
    """Return a fresh reference; it is nothing that one could count up."""
    drawn = "".join(secrets.choice(ALPHABET) for _ in range(REFERENCE_CHARS))
    return f"{drawn[:4]}-{drawn[4:]}"


def read_reference(text: str) -> str | None:
    """Return a reference somebody typed in its kept form, or nothing when it cannot be one."""
    plain = "".join(text.split()).replace("-", "").upper()
    if len(plain) != REFERENCE_CHARS or any(letter not in ALPHABET for letter in plain):
        return None
    return f"{plain[:4]}-{plain[4:]}"


def _line(text: str, longest: int) -> str:
    line = " ".join(text.split())
    if len(line) > longest or has_hidden_characters(line):
        raise InputError("A field is too long, or holds hidden characters.", mend=f"At most {longest} each.")
    return line
