"""What browsers are asked when a security key is to be made or used."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, options_to_json_dict
from webauthn.helpers.structs import (
    AuthenticatorTransport,
    PublicKeyCredentialCreationOptions,
    PublicKeyCredentialDescriptor,
    PublicKeyCredentialRequestOptions,
)

from lre_kit.identifiers.challenges import Challenge

CEREMONY_LIFE = timedelta(minutes=5)
"""How long a challenge may be answered: long enough to fetch a key and set a PIN."""

CEREMONY_MILLISECONDS = round(CEREMONY_LIFE.total_seconds() * 1000)
"""The same, as browsers want it."""

CHALLENGE_BYTES = 32
"""Length of a challenge; sixteen would do (WebAuthn Level 3 §13.4.3)."""


class KeyOwner(Protocol):
    """Whose key is registered; a party is one."""

    @property
    def id(self) -> str:
        """The party's id."""

    @property
    def name(self) -> str:
        """Its name, which the browser shows to its owner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceremony:
    """What the browser is asked: `options` go to ``navigator.credentials`` as ``publicKey``, as JSON."""

    challenge_id: str
    options: Mapping[str, Any]
    expires_at: datetime

    @classmethod
    def of(
        cls,
        opened: Challenge,
        options: PublicKeyCredentialCreationOptions | PublicKeyCredentialRequestOptions,
    ) -> "Ceremony":
        """Return an open question in the form for browsers."""
        return cls(
            challenge_id=opened.id, options=options_to_json_dict(options), expires_at=opened.expires_at
        )


def kept_challenge(challenge: bytes) -> Mapping[str, str]:
    """Return what is kept of a challenge until it is answered."""
    return {"challenge": bytes_to_base64url(challenge)}


def handle_of(party_id: str) -> bytes:
    """Return the handle that a key keeps for its owner: an opaque id, nothing personal (§14.6.1)."""
    return party_id.encode()


def descriptor_of(facts: Mapping[str, Any]) -> PublicKeyCredentialDescriptor:
    """Return what names a registered key to browsers."""
    known = {each.value: each for each in AuthenticatorTransport}
    transports = [known[each] for each in facts.get("transports", ()) if each in known]
    return PublicKeyCredentialDescriptor(
        id=base64url_to_bytes(facts["credential_id"]), transports=transports or None
    )
