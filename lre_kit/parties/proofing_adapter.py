"""The certified provider that an office's settings name, over HTTP: told of a case, it says where to go.

The office announces a case by a signed request, in the form of `lre_kit.parties.proofing_callbacks`::

    POST <address>
    LRE-Key-Id: <id>
    LRE-Timestamp: …
    LRE-Signature: hmac-sha256=…

    {"case": "…", "language": "fr", "return_to": "https://…", "callback": "https://…"}

and is answered by ``{"url": "https://…"}``, where the person is sent. No name, no title and no picture
leaves the office: the provider proofs whoever comes, and the office compares.
"""

import base64
import binascii
import hashlib
import hmac
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from lre_kit.clock import Clock
from lre_kit.errors import ConfigurationError, LreError, UnavailableError
from lre_kit.identifiers.eid_http import checked_url, read_object
from lre_kit.identifiers.links import Links
from lre_kit.law.assurance import Means
from lre_kit.law.proofing_methods import ProofingMethod
from lre_kit.parties.proofing_callbacks import (
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
    Ed25519Verifier,
    HmacVerifier,
    Verifier,
)
from lre_kit.parties.proofing_values import CaseView
from lre_kit.proofs.publication.http_peer import HttpPeer
from lre_kit.settings import Settings

log = logging.getLogger(__name__)

CALLBACK_PATH = "/identity/provider"
"""Where the provider's messages come in, below the office's address."""

KEY_HEADER = "LRE-Key-Id"
"""Header that names the office to the provider."""

TIMEOUT_S = 10.0
"""Longest wait for the provider, in seconds."""

ANSWER_MAX_BYTES = 16 * 1024
"""Longest answer of the provider."""

NAME_MAX_CHARS = 40
_PUBLIC_KEY_BYTES = 32


class ProviderUnavailableError(UnavailableError):
    """The identity provider cannot be reached, or does not answer as agreed."""

    slug = "identity-provider-unavailable"


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpProvider:
    """A provider that takes cases over HTTP (`lre_kit.parties.proofing_provider.ProofingProvider`).

    Attributes:
        name: Of the provider; people read it, and it stands in evidence.
        url: Where cases are announced.
        key_id: How it knows the office.
        secret: Signs what the office says.
        verifier: Checks what the provider says.
        links: The office's addresses.
        clock: The office's clock.
    """

    name: str
    url: str
    key_id: str
    secret: bytes = field(repr=False)
    verifier: Verifier
    links: Links
    clock: Clock
    timeout_s: float = TIMEOUT_S

    def start(self, case: CaseView) -> str:
        """Announce a case and return where the person is to go; may be done again.

        Raises:
            ProviderUnavailableError: No answer, or not the agreed one.
        """
        # Recipients come back to their own host name: the sender's would tell who writes.
        is_recipient = case.purpose.startswith("recipient:")
        site = self.links.base_url if is_recipient else self.links.sender_url
        told = {
            "case": case.id,
            "language": case.language,
            "return_to": f"{site}/identity/{case.id}",
            "callback": self.links.base_url + CALLBACK_PATH,
        }
        try:
            return self._announced(json.dumps(told).encode())
        except (LreError, ValueError, KeyError) as error:
            log.warning("identity provider %s: no useful answer (%s)", self.name, type(error).__name__)
            msg = "The identity provider does not answer at present."
            raise ProviderUnavailableError(msg, mend="Try again later, or identify another way.") from error

    def _announced(self, body: bytes) -> str:
        stamp = str(int(self.clock().timestamp()))
        mac = hmac.new(self.secret, stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "Connection": "close",
            KEY_HEADER: self.key_id,
            TIMESTAMP_HEADER: stamp,
            SIGNATURE_HEADER: f"hmac-sha256={mac}",
        }
        parts = urlsplit(self.url)
        path = parts.path.lstrip("/") + (f"?{parts.query}" if parts.query else "")
        with HttpPeer(f"{parts.scheme}://{parts.netloc}", timeout_s=self.timeout_s) as peer:
            answer = peer.ask("POST", path, limit=ANSWER_MAX_BYTES, body=body, headers=headers)
        if answer.status not in {200, 201} or len(answer.body) > ANSWER_MAX_BYTES:
            msg = f"HTTP {answer.status}"
            raise ValueError(msg)
        # Where a browser is sent to has to be encrypted, whatever the tests' providers do.
        return checked_url(read_object(answer.body)["url"], loopback=False)


def provider_of(settings: Settings, *, links: Links, clock: Clock) -> HttpProvider | None:
    """Return the provider that the settings name; nothing where they name none.

    Raises:
        ConfigurationError: They cannot work.
    """
    if not settings.identity_provider_url:
        return None
    secret = settings.identity_provider_secret
    key = secret.get_secret_value().encode() if secret else b""
    name = settings.identity_provider_name.strip()
    return _configured(
        lambda: HttpProvider(
            name=_name(name),
            url=checked_url(settings.identity_provider_url, loopback=True),
            key_id=_name(settings.identity_provider_key_id or name),
            secret=HmacVerifier(key).secret,
            verifier=_verifier(settings.identity_provider_public_key, key),
            links=links,
            clock=clock,
        )
    )


def method_of(settings: Settings) -> str:
    """Return the method that the provider's proofings count as, in the words of evidence."""
    method = ProofingMethod(settings.identity_provider_method)
    return Means.VISUAL.value if method is ProofingMethod.REMOTE_VISUAL else method.value


def _configured(make: Callable[[], HttpProvider]) -> HttpProvider:
    try:
        return make()
    except ValueError as error:
        msg = f"The settings of the identity provider cannot be used: {error}."
        raise ConfigurationError(msg, mend="Mend LRE_IDENTITY_PROVIDER_…, or empty its URL.") from error


def _name(text: str) -> str:
    if not 0 < len(text) <= NAME_MAX_CHARS or not text.isprintable():
        msg = f"its name or key id is empty, or longer than {NAME_MAX_CHARS} characters"
        raise ValueError(msg)
    return text


def _verifier(public_key: str, secret: bytes) -> Verifier:
    if not public_key:
        return HmacVerifier(secret)
    try:
        raw = base64.b64decode(public_key, validate=True)
    except binascii.Error:
        raw = b""
    if len(raw) != _PUBLIC_KEY_BYTES:
        msg = "its public key is not an Ed25519 key of 32 bytes in base64"
        raise ValueError(msg)
    return Ed25519Verifier(raw)
