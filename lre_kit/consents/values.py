"""What goes in and out of the consents: requests, consents as they stand, their journal."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from lre_kit.errors import InputError
from lre_kit.law.consents import ConsentRegime, ConsentState, Standing
from lre_kit.parties.emails import key_of
from lre_kit.parties.values import checked_address, checked_name

_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")


class Channel(StrEnum):
    """How a request travels."""

    EMAIL = "email"
    SMS = "sms"


class ConsentInputError(InputError):
    """A request for consent, or a consent from paper, cannot be used; nothing was changed."""

    slug = "consent-input"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRequest:
    """Whom to ask, and how."""

    name: str = field(repr=False)
    email: str = field(repr=False)
    regime: ConsentRegime = ConsentRegime.CPCE_L100
    language: str = "fr"
    phone: str | None = field(default=None, repr=False)
    """Number in the form of E.164; the request then goes there by SMS."""

    @property
    def key(self) -> str:
        """What the spellings of the mailbox share."""
        return key_of(self.email)

    @property
    def channel(self) -> Channel:
        """How the request travels."""
        return Channel.SMS if self.phone else Channel.EMAIL

    def checked(self) -> "ConsentRequest":
        """Return the request in kept form, or raise what is wrong.

        Raises:
            InputError: Name, address, language or number cannot be used.
        """
        phone = re.sub(r"[\s.()-]", "", self.phone) if self.phone else None
        if phone and not _PHONE.fullmatch(phone):
            msg = "The telephone number is not in its international form."
            raise ConsentInputError(msg, mend="Write it like +33612345678, or leave it out.")
        if self.language not in {"fr", "en"}:
            msg = "The language of the request is not known."
            raise ConsentInputError(msg, mend="Choose fr or en.")
        return replace(
            self,
            name=checked_name(self.name, whose="recipient"),
            email=checked_address(self.email, whose="recipient"),
            phone=phone or None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentInfo:
    """A consent as it stands."""

    id: str
    sender_ref: str
    sender_name: str
    sender_email: str = field(repr=False)
    recipient_name: str = field(repr=False)
    recipient_email: str = field(repr=False)
    regime: ConsentRegime
    state: ConsentState
    language: str
    channel: Channel
    phone: str | None = field(repr=False)
    round: int
    """Which request this is, from 1; links of earlier ones are stale."""
    version: int
    """How many acts its journal has."""
    asked_at: datetime | None
    decided_at: datetime | None
    expires_at: datetime | None
    method: str
    """How it was given: ``e-mail code``, ``paper``…"""
    wording: str
    wording_digest: str

    @property
    def standing(self) -> Standing:
        """Return it as the rules see it."""
        return Standing(
            state=self.state, asked_at=self.asked_at, decided_at=self.decided_at, expires_at=self.expires_at
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentEvent:
    """One act of a consent's journal."""

    seq: int
    name: str
    occurred_at: datetime
    actor: Mapping[str, Any]
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answerer:
    """Who answers a request: whoever reads the mailbox, as a code showed."""

    consent_id: str
    means: str
    at: datetime
    """When it was shown."""
