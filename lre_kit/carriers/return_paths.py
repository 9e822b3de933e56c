"""Return paths: each message's envelope names where its delivery reports go, and which message it was.

A report comes back to ``bounces+<token>@…`` (variable envelope return path). The token names the letter and
the message and carries a MAC: whoever does not know the office's secret cannot report on another letter.
"""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass

_SALT = b"lre-kit.return-path.v1"
_ID_BYTES = 16
_MAC_BYTES = 12
_REMINDER = 0x8000
_TOKEN_CHARS = 48

PRE_NOTICE = 0
"""Stands for the notice's number in the return path of a pre-notice, which is none."""

LOCAL_MAX_CHARS = 64 - 1 - _TOKEN_CHARS
"""Longest local part of the office's own address: mail servers take 64 characters (RFC 5321 §4.5.3.1.1)."""


@dataclass(frozen=True, slots=True)
class Returned:
    """What a return path says: which letter, which notice (or `PRE_NOTICE`), and whether a reminder."""

    letter_id: str
    notice: int
    reminder: bool


class ReturnPaths:
    """Makes and reads the return paths of one office."""

    def __init__(self, secret: bytes, address: str) -> None:
        """Use the office's link secret, and the address that reports go to; empty: the office has none."""
        self._key = hmac.digest(secret, _SALT, "sha256")
        self._local, _, self._domain = address.rpartition("@")

    def address(self, letter_id: str, notice: int, *, reminder: bool = False) -> str | None:
        """Return the envelope's sender for a message about a letter, or nothing if the office has none.

        Args:
            letter_id: The letter.
            notice: Which notice, from 1, or `PRE_NOTICE`; for a reminder, the notice it reminds of.
            reminder: Whether the message is a reminder.
        """
        if not self._domain:
            return None
        number = notice | (_REMINDER if reminder else 0)
        said = bytes.fromhex(letter_id) + number.to_bytes(2, "big")
        token = base64.b32encode(said + self._mac(said)).decode().lower()
        return f"{self._local}+{token}@{self._domain}"

    def read(self, address: str) -> Returned | None:
        """Return what a return path of this office says; nothing for any other address."""
        local, _, _domain = address.strip().strip("<>").rpartition("@")
        token = local.rpartition("+")[2].upper()
        if len(token) != _TOKEN_CHARS:
            return None
        try:
            raw = base64.b32decode(token)
        except binascii.Error:
            return None
        said, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(said)):
            return None
        number = int.from_bytes(said[_ID_BYTES:], "big")
        return Returned(
            letter_id=said[:_ID_BYTES].hex(), notice=number & ~_REMINDER, reminder=bool(number & _REMINDER)
        )

    def _mac(self, said: bytes) -> bytes:
        return hmac.new(self._key, said, hashlib.sha256).digest()[:_MAC_BYTES]
