"""A security key in software: for tests, never for real use.

It makes keys and answers as a FIDO2 authenticator behind a browser does (Web Authentication Level 3
§6 and §7), and it can be told to misbehave in each way a relying party has to notice.
"""

import base64
import hashlib
import json
import secrets
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

_UP, _UV, _BE, _BS, _AT = 0x01, 0x04, 0x08, 0x10, 0x40


def base64url(raw: bytes) -> str:
    """Return bytes as base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    """Return the bytes of base64url text without padding."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass(slots=True)
class Passkey:
    """One credential of the authenticator: its key, whose it is, how often it was used."""

    credential_id: bytes
    user_handle: bytes
    key: ec.EllipticCurvePrivateKey = field(repr=False)
    count: int


class SoftwareAuthenticator:
    """A security key and the browser before it; attributes may be changed to misbehave.

    Attributes:
        origin: What the browser says the page's origin is.
        verifies: Whether the person's PIN or finger is checked.
        present: Whether the person touches the key.
        counts: Whether it counts its signatures; synced passkeys do not.
        synced: Whether its passkeys may be copied to other devices.
        maker: Who attests to its model, if anybody does: its key and certificate (DER).
        extra: Members that are added to the client data, such as ``topOrigin``.
    """

    def __init__(self, origin: str, *, aaguid: bytes = bytes(16), id_bytes: int = 32) -> None:
        """Begin with no passkey."""
        self.origin = origin
        self.aaguid = aaguid
        self.id_bytes = id_bytes
        self.verifies = True
        self.present = True
        self.counts = True
        self.synced = False
        self.maker: tuple[ec.EllipticCurvePrivateKey, bytes] | None = None
        self.extra: dict[str, Any] = {}
        self.passkeys: list[Passkey] = []

    def create(self, options: Mapping[str, Any], *, rp_id: str | None = None) -> str:
        """Answer ``navigator.credentials.create()`` as JSON.

        Raises:
            LookupError: One of the excluded credentials is here already (InvalidStateError in browsers).
        """
        excluded = {from_base64url(each["id"]) for each in options.get("excludeCredentials", ())}
        if excluded & {passkey.credential_id for passkey in self.passkeys}:
            msg = "excluded"
            raise LookupError(msg)
        key = ec.generate_private_key(ec.SECP256R1())
        handle = from_base64url(options["user"]["id"])
        passkey = Passkey(secrets.token_bytes(self.id_bytes), handle, key, 0)
        self.passkeys.append(passkey)
        attested = self.aaguid + struct.pack(">H", self.id_bytes) + passkey.credential_id + _cose(key)
        data = self._data(rp_id or options["rp"]["id"], passkey, attested)
        client_data = self._client_data("webauthn.create", options["challenge"])
        response = {
            "clientDataJSON": base64url(client_data),
            "attestationObject": base64url(self._attestation(data, client_data)),
            "transports": ["usb"],
        }
        return self._answer(passkey, response)

    def get(
        self, options: Mapping[str, Any], *, rp_id: str | None = None, passkey: Passkey | None = None
    ) -> str:
        """Answer ``navigator.credentials.get()`` as JSON.

        Raises:
            LookupError: None of the allowed credentials is here.
        """
        allowed = {from_base64url(each["id"]) for each in options.get("allowCredentials", ())}
        used = passkey or next((each for each in self.passkeys if each.credential_id in allowed), None)
        if used is None:
            msg = "no passkey here"
            raise LookupError(msg)
        data = self._data(rp_id or options["rpId"], used)
        client_data = self._client_data("webauthn.get", options["challenge"])
        signature = used.key.sign(data + hashlib.sha256(client_data).digest(), ec.ECDSA(hashes.SHA256()))
        response = {
            "clientDataJSON": base64url(client_data),
            "authenticatorData": base64url(data),
            "signature": base64url(signature),
            "userHandle": base64url(used.user_handle),
        }
        return self._answer(used, response)

    def _attestation(self, data: bytes, client_data: bytes) -> bytes:
        """Return an attestation object: none, or the packed form (§8.2) by the maker."""
        if self.maker is None:
            return _map({"fmt": _text("none"), "attStmt": _map({}), "authData": _bytes(data)})
        key, certificate = self.maker
        signature = key.sign(data + hashlib.sha256(client_data).digest(), ec.ECDSA(hashes.SHA256()))
        chain = b"\x81" + _bytes(certificate)
        statement = _map({"alg": b"\x26", "sig": _bytes(signature), "x5c": chain})
        return _map({"fmt": _text("packed"), "attStmt": statement, "authData": _bytes(data)})

    def _client_data(self, kind: str, challenge: str) -> bytes:
        told = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(told | self.extra).encode()

    def _data(self, rp_id: str, passkey: Passkey, attested: bytes = b"") -> bytes:
        passkey.count += 1 if self.counts else 0
        flags = (_UP if self.present else 0) | (_UV if self.verifies else 0)
        flags |= (_BE | _BS if self.synced else 0) | (_AT if attested else 0)
        return hashlib.sha256(rp_id.encode()).digest() + struct.pack(">BI", flags, passkey.count) + attested

    @staticmethod
    def _answer(passkey: Passkey, response: Mapping[str, Any]) -> str:
        name = base64url(passkey.credential_id)
        return json.dumps(
            {
                "id": name,
                "rawId": name,
                "type": "public-key",
                "authenticatorAttachment": "cross-platform",
                "clientExtensionResults": {},
                "response": response,
            }
        )


def _cose(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return an ES256 public key in COSE form (RFC 9053 §7.1): kty 2, alg -7, crv 1, x, y."""
    point = key.public_key().public_numbers()
    x, y = (_bytes(number.to_bytes(32, "big")) for number in (point.x, point.y))
    return b"\xa5\x01\x02\x03\x26\x20\x01\x21" + x + b"\x22" + y


def _head(major: int, length: int) -> bytes:
    """Return the head of a CBOR item (RFC 8949 §3)."""
    if length < 24:
        return bytes([major << 5 | length])
    if length < 256:
        return bytes([major << 5 | 24, length])
    return bytes([major << 5 | 25]) + struct.pack(">H", length)


def _text(text: str) -> bytes:
    return _head(3, len(text)) + text.encode()


def _bytes(raw: bytes) -> bytes:
    return _head(2, len(raw)) + raw


def _map(items: Mapping[str, bytes]) -> bytes:
    return _head(5, len(items)) + b"".join(_text(name) + value for name, value in items.items())
