"""Secrets of identification means at rest: each under a key of its own, wrapped by the office's key.

A stored secret is the name of the office's key, the wrapped key and the encrypted secret::

    length (1 byte) ‖ key name ‖ length (2 bytes, big-endian) ‖ wrapped key ‖ content (see the vault)

Both are bound to the means' id: moved to another means they open nothing.
"""

from lre_kit.errors import IntegrityError
from lre_kit.store.vault import Vault

_NAME, _WRAPPED = 1, 2


class SecretBox:
    """Seals and opens the secrets of identification means."""

    def __init__(self, vault: Vault) -> None:
        """Stand on the office's vault."""
        self._vault = vault

    def seal(self, secret: bytes, identifier_id: str) -> bytes:
        """Return a secret as it may be stored."""
        context, key = _context(identifier_id), self._vault.new_key()
        wrapped = self._vault.wrap(key, letter_id=context)
        sealed = b"".join(self._vault.encrypt(key, [secret], context=context.encode()))
        return _joined(self._vault.key_id, wrapped, sealed)

    def open(self, stored: bytes, identifier_id: str) -> bytes:
        """Return a secret from its stored form.

        Raises:
            WrongKeyError: The office's keys are others, or the secret is another means'.
            IntegrityError: The stored bytes are damaged.
        """
        context = _context(identifier_id)
        _, wrapped, sealed = _split(stored)
        key = self._vault.unwrap(wrapped, letter_id=context)
        return b"".join(self._vault.decrypt(key, [sealed], context=context.encode()))

    def rewrapped(self, stored: bytes, identifier_id: str) -> bytes | None:
        """Return a stored secret with its key wrapped by the office's present key; nothing if it is."""
        name, wrapped, sealed = _split(stored)
        if name == self._vault.key_id:
            return None
        context = _context(identifier_id)
        key = self._vault.unwrap(wrapped, letter_id=context)
        return _joined(self._vault.key_id, self._vault.wrap(key, letter_id=context), sealed)


def _context(identifier_id: str) -> str:
    return f"identifier:{identifier_id}"


def _joined(name: str, wrapped: bytes, sealed: bytes) -> bytes:
    named = name.encode()
    return len(named).to_bytes(_NAME) + named + len(wrapped).to_bytes(_WRAPPED) + wrapped + sealed


def _split(stored: bytes) -> tuple[str, bytes, bytes]:
    name, rest = _taken(stored, _NAME)
    wrapped, sealed = _taken(rest, _WRAPPED)
    return name.decode(errors="replace"), wrapped, sealed


def _taken(stored: bytes, size: int) -> tuple[bytes, bytes]:
    end = size + int.from_bytes(stored[:size])
    if len(stored) < end or len(stored) < size:
        msg = "A stored secret is damaged."
        raise IntegrityError(msg, mend="Restore the database from a backup.")
    return stored[size:end], stored[end:]
