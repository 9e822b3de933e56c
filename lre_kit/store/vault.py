"""Encryption of content: one key per letter, wrapped by the office's key-encryption key.

A stored content is a header and a sequence of AES-256-GCM chunks in the STREAM construction
(Hoang, Reyhanitabar, Rogaway, Vizár, CRYPTO 2015)::

    header = b"LREV" 01 ‖ prefix (7 random bytes)
    nonce  = prefix ‖ counter (4 bytes, big-endian) ‖ 01 for the last chunk, else 00
    chunk  = AES-256-GCM(key, nonce, at most 65 536 bytes, AAD = context ‖ header)

Each chunk is full but the last, which is empty only if the whole content is. Bytes that were cut
off, added, moved or swapped with another context's therefore never decrypt. Erasing a letter's
wrapped key erases its content wherever copies of it lie.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lre_kit.errors import ConfigurationError, IntegrityError, WrongKeyError

KEY_BYTES = 32
"""Length of every key (AES-256)."""

CHUNK_BYTES = 64 * 1024
"""Plain bytes per chunk."""

TAG_BYTES = 16
"""What GCM adds to each chunk."""

MAGIC = b"LREV\x01"
"""First bytes of every stored content: format and version."""

HEADER_BYTES = len(MAGIC) + 7
"""Length of the header."""

CHUNKS_MAX = 2**32
"""Chunks one counter can number: contents of up to 256 TiB."""

_WRAP_VERSION = b"\x01"
_NONCE_BYTES = 12


class Vault:
    """Makes, wraps and uses the keys of letters.

    Attributes:
        key_id: Name of the key-encryption key, kept beside what it wraps.
    """

    def __init__(
        self,
        kek: bytes,
        key_id: str,
        *,
        others: Mapping[str, bytes] | None = None,
        look_again: Callable[[], Mapping[str, bytes]] | None = None,
    ) -> None:
        """Hold the key-encryption keys.

        Args:
            kek: The present one: new keys are wrapped with it.
            key_id: Its name.
            others: Former ones by name: they still unwrap.
            look_again: Returns all key-encryption keys there are by now. Asked when no known one
                opens a letter: another process may have changed the keys meanwhile.

        Raises:
            ConfigurationError: One does not have 32 bytes.
        """
        self._keks = {name: _cipher(key) for name, key in {key_id: kek, **(others or {})}.items()}
        self._kek = self._keks[key_id]
        self._look_again = look_again
        self.key_id = key_id

    def knows(self, key_id: str) -> bool:
        """Answer whether what was wrapped under this name can be unwrapped here."""
        return key_id in self._keks

    def new_key(self) -> bytes:
        """Return a fresh random key for one letter."""
        return os.urandom(KEY_BYTES)

    def wrap(self, key: bytes, *, letter_id: str) -> bytes:
        """Return a letter's key as it may be stored: encrypted, and bound to that letter."""
        nonce = os.urandom(_NONCE_BYTES)
        return _WRAP_VERSION + nonce + self._kek.encrypt(nonce, key, _binding(self.key_id, letter_id))

    def unwrap(self, wrapped: bytes, *, letter_id: str) -> bytes:
        """Return a letter's key from its stored form, whichever key-encryption key it is under.

        Raises:
            WrongKeyError: The office's keys are others, the letter is another, or bytes changed.
        """
        key = self._unwrapped(wrapped, letter_id)
        if key is None and self._look_again is not None:
            found = self._look_again()
            self._keks |= {name: _cipher(kek) for name, kek in found.items() if name not in self._keks}
            key = self._unwrapped(wrapped, letter_id)
        if key is None:
            msg = f"The office's key {self.key_id} does not open this letter."
            raise WrongKeyError(msg, mend="Restore the keys folder that belongs to this database.")
        return key

    def rewrapped(self, wrapped: bytes, *, letter_id: str) -> bytes | None:
        """Return a wrapped key under the present key-encryption key; nothing if it is under it already.

        Raises:
            WrongKeyError: No key of the office opens it.
        """
        nonce, sealed = wrapped[1 : 1 + _NONCE_BYTES], wrapped[1 + _NONCE_BYTES :]
        try:
            self._kek.decrypt(nonce, sealed, _binding(self.key_id, letter_id))
        except (InvalidTag, ValueError):
            return self.wrap(self.unwrap(wrapped, letter_id=letter_id), letter_id=letter_id)
        return None

    def encrypt(self, key: bytes, chunks: Iterable[bytes], *, context: bytes) -> Iterator[bytes]:
        """Encrypt a content of any length as it passes.

        Args:
            key: The letter's key.
            chunks: The plain bytes, cut anyhow.
            context: What the content is, such as its storage key; needed again to decrypt.

        Raises:
            ConfigurationError: The content is longer than the counter can number.
        """
        cipher, prefix = AESGCM(key), os.urandom(7)
        header = MAGIC + prefix
        associated = context + header
        yield header
        for number, (piece, is_last) in enumerate(_pieces(chunks, CHUNK_BYTES)):
            if number >= CHUNKS_MAX:
                msg = "The content is too long to be encrypted."
                raise ConfigurationError(msg, mend="Lower LRE_DOCUMENT_MAX_BYTES.")
            yield cipher.encrypt(_nonce(prefix, number, is_last=is_last), piece, associated)

    def decrypt(self, key: bytes, chunks: Iterable[bytes], *, context: bytes) -> Iterator[bytes]:
        """Decrypt a stored content as it passes; each piece was authenticated before it is given.

        That the content is whole is known only when the iterator ends without an error.

        Raises:
            IntegrityError: Bytes were changed, cut off, added or moved, or key or context is another's.
        """
        cipher, source = AESGCM(key), iter(chunks)
        header, rest = _take(source, HEADER_BYTES)
        if len(header) != HEADER_BYTES or not header.startswith(MAGIC):
            raise _damaged()
        prefix, associated = header[len(MAGIC) :], context + header
        pieces = _pieces(_prepend(rest, source), CHUNK_BYTES + TAG_BYTES)
        for number, (piece, is_last) in enumerate(pieces):
            if number and len(piece) <= TAG_BYTES:
                raise _damaged()
            try:
                plain = cipher.decrypt(_nonce(prefix, number, is_last=is_last), piece, associated)
            except (InvalidTag, OverflowError):
                raise _damaged() from None
            if plain:
                yield plain

    def _unwrapped(self, wrapped: bytes, letter_id: str) -> bytes | None:
        nonce, sealed = wrapped[1 : 1 + _NONCE_BYTES], wrapped[1 + _NONCE_BYTES :]
        if wrapped[:1] != _WRAP_VERSION or len(nonce) != _NONCE_BYTES:
            return None
        for name, kek in self._keks.items():
            try:
                return kek.decrypt(nonce, sealed, _binding(name, letter_id))
            except InvalidTag:
                continue
        return None


def _cipher(kek: bytes) -> AESGCM:
    if len(kek) != KEY_BYTES:
        msg = f"The content key of the office has {len(kek)} bytes, not {KEY_BYTES}."
        raise ConfigurationError(msg, mend="Restore the keys folder from its backup.")
    return AESGCM(kek)


def _binding(key_id: str, letter_id: str) -> bytes:
    return f"lre-key/1\n{key_id}\n{letter_id}".encode()


def _nonce(prefix: bytes, number: int, *, is_last: bool) -> bytes:
    return prefix + number.to_bytes(4, "big") + (b"\x01" if is_last else b"\x00")


def _pieces(chunks: Iterable[bytes], size: int) -> Iterator[tuple[bytes | memoryview, bool]]:
    """Cut a stream into pieces of `size`, the last one shorter or equal, and say which is the last."""
    held = b""
    for chunk in chunks:
        held = held + chunk if held else bytes(chunk)
        if len(held) > size:
            view, start = memoryview(held), 0
            while len(held) - start > size:
                yield view[start : start + size], False
                start += size
            held = held[start:]
    yield held, True


def _take(source: Iterator[bytes], size: int) -> tuple[bytes, bytes]:
    held = b""
    while len(held) < size and (chunk := next(source, None)) is not None:
        held += chunk
    return held[:size], held[size:]


def _prepend(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _damaged() -> IntegrityError:
    return IntegrityError("The stored content is damaged or incomplete.", mend="Restore it from a backup.")
