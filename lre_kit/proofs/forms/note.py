"""Signed notes and checkpoints as C2SP defines them (signed-note, tlog-checkpoint).

A note is text ending in a newline, an empty line, and signature lines
``— <key name> <base64(key id ‖ signature)>``. A checkpoint's text is origin, size and root.
Reading is strict: one byte form only, so that a changed byte is a changed note.
"""

import base64
import binascii
import hashlib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from lre_kit.errors import IntegrityError
from lre_kit.proofs.forms.merkle import HASH_BYTES

ED25519_TYPE = b"\x01"
"""Signature type of Ed25519 keys."""

KEY_ID_BYTES = 4
"""Length of a key id, in bytes."""

SIGNATURES_MAX = 16
"""Signature lines read at most (the specification asks for at least sixteen)."""

_DASH = "— "


class NoteError(IntegrityError):
    """A note is malformed, or its signature is not what it should be."""

    slug = "note-invalid"


def _bad(problem: str) -> NoteError:
    return NoteError(problem, mend="Fetch the checkpoint again from its log.")


def key_id(name: str, public: bytes) -> bytes:
    """Return the id of an Ed25519 key: SHA-256(name ‖ newline ‖ type ‖ key), first four bytes."""
    return hashlib.sha256(name.encode() + b"\n" + ED25519_TYPE + public).digest()[:KEY_ID_BYTES]


def _check_name(name: str) -> None:
    if not name or "+" in name or any(c.isspace() for c in name):
        msg = f"“{name}” cannot be the name of a key."
        raise _bad(msg)


class NoteSigner:
    """Signs notes with an Ed25519 key under a name."""

    def __init__(self, name: str, key: Ed25519PrivateKey) -> None:
        """Keep name and key; the name of a log's key is its origin."""
        _check_name(name)
        self.name = name
        self._key = key
        self._public = key.public_key().public_bytes_raw()

    @property
    def vkey(self) -> str:
        """The verifier's form: ``name+hex(id)+base64(type ‖ key)``."""
        packed = base64.b64encode(ED25519_TYPE + self._public).decode()
        return f"{self.name}+{key_id(self.name, self._public).hex()}+{packed}"

    def sign(self, text: str) -> str:
        """Return the signed note of a text that ends in a newline."""
        if not text.endswith("\n"):
            msg = "The text of a note ends in a newline."
            raise _bad(msg)
        packed = key_id(self.name, self._public) + self._key.sign(text.encode())
        return f"{text}\n{_DASH}{self.name} {base64.b64encode(packed).decode()}\n"


@dataclass(frozen=True, slots=True)
class NoteVerifier:
    """Checks signatures of one key."""

    name: str
    id: bytes
    public: bytes

    @classmethod
    def parse(cls, vkey: str) -> Self:
        """Read a verifier key.

        Raises:
            NoteError: It is malformed, or its id does not belong to it.
        """
        try:
            name, id_hex, packed = vkey.strip().split("+", 2)
            raw = base64.b64decode(packed, validate=True)
        except (ValueError, binascii.Error) as error:
            raise _bad("This is not a verifier key.") from error
        _check_name(name)
        if raw[:1] != ED25519_TYPE or len(raw) != 1 + HASH_BYTES or key_id(name, raw[1:]).hex() != id_hex:
            raise _bad("This verifier key's id does not belong to it, or its type is unknown.")
        return cls(name, bytes.fromhex(id_hex), raw[1:])

    @property
    def vkey(self) -> str:
        """The verifier key in its written form; `parse` reads it back."""
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(ED25519_TYPE + self.public).decode()}"

    def accepts(self, text: str, signature: bytes) -> bool:
        """Tell whether a signature over the text is this key's."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text.encode())
        except InvalidSignature:
            return False
        return True


def open_note(note: str, verifiers: Sequence[NoteVerifier]) -> str:
    """Return the text of a note signed by at least one of the verifiers.

    Signatures of unknown keys are passed over; one of a known key that does not fit refuses the
    whole note.

    Raises:
        NoteError: Malformed, wrongly signed, or signed by none of them.
    """
    text, signatures = split_note(note)
    verified = False
    for name, packed in signatures:
        for verifier in verifiers:
            if (verifier.name, verifier.id) == (name, packed[:KEY_ID_BYTES]):
                if not verifier.accepts(text, packed[KEY_ID_BYTES:]):
                    msg = f"The signature of {name} does not fit the note."
                    raise _bad(msg)
                verified = True
    if not verified:
        raise _bad("No key that is trusted signed this note.")
    return text


def split_note(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """Return a note's text and its signatures, none of them checked: key name, and key id ‖ signature.

    Raises:
        NoteError: It is not a signed note in its one form, or has too many signatures.
    """
    text, separator, block = note.rpartition("\n\n")
    if not separator or not block.endswith("\n") or _has_control(note):
        raise _bad("This is not a signed note.")
    lines = block[:-1].split("\n")
    if len(lines) > SIGNATURES_MAX:
        raise _bad("This note has too many signatures.")
    return f"{text}\n", [_signature(line) for line in lines]


def signature_line(name: str, packed: bytes) -> str:
    """Return the line, with its newline, of a signature: key name, and key id ‖ signature."""
    return f"{_DASH}{name} {base64.b64encode(packed).decode()}\n"


def _signature(line: str) -> tuple[str, bytes]:
    name, _, packed = line.removeprefix(_DASH).partition(" ")
    try:
        raw = base64.b64decode(packed, validate=True)
    except (ValueError, binascii.Error) as error:
        raise _bad("A signature line of the note cannot be read.") from error
    fits = line.startswith(_DASH) and name and base64.b64encode(raw).decode() == packed
    if not fits or len(raw) <= KEY_ID_BYTES:
        raise _bad("A signature line of the note cannot be read.")
    return name, raw


def _has_control(text: str) -> bool:
    return any(c != "\n" and unicodedata.category(c) in {"Cc", "Cs"} for c in text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A log's tree head."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """Return the checkpoint's text, ready to be signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a checkpoint's text.

        Raises:
            NoteError: It is not one; extension lines are refused.
        """
        lines = text.split("\n")
        try:
            origin, size_text, root_text, rest = lines
            made = cls(origin=origin, size=int(size_text), root=base64.b64decode(root_text, validate=True))
        except (ValueError, binascii.Error) as error:
            raise _bad("This is not a checkpoint.") from error
        if rest or not origin or made.size < 0 or len(made.root) != HASH_BYTES or made.text() != text:
            raise _bad("This is not a checkpoint in its one form.")
        return made
