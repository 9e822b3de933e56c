"""Cosignatures of witnesses on checkpoints (C2SP tlog-cosignature, ``cosignature/v1``).

A witness signs, with Ed25519, a header, its time and the whole text of the checkpoint: as of then,
no larger tree head of this log was shown to it, and this one is consistent with all before it.
"""

import base64
import binascii
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from lre_kit.proofs.forms.merkle import HASH_BYTES
from lre_kit.proofs.forms.note import KEY_ID_BYTES, NoteError, signature_line, split_note

COSIGNATURE_TYPE = b"\x04"
"""Signature type of time-stamped Ed25519 cosignatures."""

TIMESTAMP_BYTES = 8
"""Length of the time in a cosignature, in bytes."""

SIGNATURE_BYTES = 64
"""Length of the Ed25519 signature in a cosignature, in bytes."""

VKEY_MAX_CHARS = 300
"""Longest verifier key read."""

_LATEST = 253_402_300_799  # the last second of the year 9999, which is as far as instants go here


def _bad(problem: str) -> NoteError:
    return NoteError(problem, mend="Ask the witness for its verifier key, or for its cosignature, again.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cosignature:
    """A cosignature that was checked."""

    witness: "Witness"
    at: datetime
    """When the witness says it signed, to the second."""
    line: str
    """Its signature line, with the newline."""


@dataclass(frozen=True, slots=True)
class Witness:
    """Whom a cosignature is checked against: key name and Ed25519 public key."""

    name: str
    public: bytes

    @classmethod
    def parse(cls, vkey: str) -> Self:
        """Read a verifier key of type 4.

        Raises:
            NoteError: It is malformed, of another type, or its id does not belong to it.
        """
        try:
            name, _, packed = vkey.split("+", 2)
            raw = base64.b64decode(packed, validate=True)
        except (ValueError, binascii.Error) as error:
            raise _bad("This is not a verifier key of a witness.") from error
        made = cls(name, raw[1:])
        of_type = raw[:1] == COSIGNATURE_TYPE and len(made.public) == HASH_BYTES
        is_named = name and not any(c.isspace() for c in name) and len(vkey) <= VKEY_MAX_CHARS
        if not is_named or not of_type or made.vkey != vkey:
            raise _bad("This is not a witness's verifier key: its id or its type is another.")
        return made

    @property
    def id(self) -> bytes:
        """Key id: SHA-256(name ‖ newline ‖ type ‖ key), first four bytes."""
        material = self.name.encode() + b"\n" + COSIGNATURE_TYPE + self.public
        return hashlib.sha256(material).digest()[:KEY_ID_BYTES]

    @property
    def vkey(self) -> str:
        """The verifier's form: ``name+hex(id)+base64(type ‖ key)``."""
        packed = base64.b64encode(COSIGNATURE_TYPE + self.public).decode()
        return f"{self.name}+{self.id.hex()}+{packed}"

    def check(self, text: str, packed: bytes) -> Cosignature:
        """Return the cosignature in a signature of this key: key id ‖ time ‖ Ed25519 signature.

        Args:
            text: Text of the checkpoint, without signatures.
            packed: The signature as its line has it.

        Raises:
            NoteError: It is not this key's over this text.
        """
        start = KEY_ID_BYTES + TIMESTAMP_BYTES
        seconds = int.from_bytes(packed[KEY_ID_BYTES:start], "big")
        fits = len(packed) == start + SIGNATURE_BYTES and packed[:KEY_ID_BYTES] == self.id
        try:
            if not fits or seconds > _LATEST:
                raise InvalidSignature
            key = Ed25519PublicKey.from_public_bytes(self.public)
            key.verify(packed[start:], _message(text, seconds))
        except (InvalidSignature, ValueError) as error:
            msg = f"The cosignature of {self.name} does not fit the checkpoint."
            raise _bad(msg) from error
        return Cosignature(
            witness=self,
            at=datetime.fromtimestamp(seconds, UTC),
            line=signature_line(self.name, packed),
        )


class Cosigner:
    """Makes cosignatures: a witness's side."""

    def __init__(self, name: str, key: Ed25519PrivateKey) -> None:
        """Keep name and key."""
        self.witness = Witness(name, key.public_key().public_bytes_raw())
        self._key = key

    def cosign(self, text: str, *, at: datetime) -> str:
        """Return the signature line for a checkpoint's text."""
        seconds = int(at.timestamp())
        signature = self._key.sign(_message(text, seconds))
        packed = self.witness.id + seconds.to_bytes(TIMESTAMP_BYTES, "big") + signature
        return signature_line(self.witness.name, packed)


def read_cosignatures(note: str, witnesses: Iterable[Witness]) -> list[Cosignature]:
    """Return the cosignatures of known witnesses on a note, one for each witness that signed.

    Signatures of other keys are passed over.

    Raises:
        NoteError: The note is malformed, or a known witness's cosignature does not fit.
    """
    text, signatures = split_note(note)
    known = {(witness.name, witness.id): witness for witness in witnesses}
    found: dict[bytes, Cosignature] = {}
    for name, packed in signatures:
        witness = known.get((name, packed[:KEY_ID_BYTES]))
        if witness is not None:
            found.setdefault(witness.public, witness.check(text, packed))
    return list(found.values())


def with_lines(note: str, lines: Sequence[str]) -> str:
    """Return a note with more signature lines behind those it has."""
    return note + "".join(lines)


def _message(text: str, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()
