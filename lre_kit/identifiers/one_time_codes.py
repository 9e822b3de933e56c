"""One-time codes as pure rules: HOTP (RFC 4226) and TOTP (RFC 6238), in the form that apps understand.

SHA-1, 30 seconds, six digits and a Base32 secret are what every authenticator app does; SHA-1 is sound
inside HMAC. A secret has 160 bits (RFC 4226 §4, R6).
"""

import base64
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyotp

from lre_kit.errors import InputError

SECRET_BYTES = 20
"""Length of a fresh secret: 160 bits."""

SECRET_BYTES_MIN = 16
"""Shortest secret that is taken: 128 bits (RFC 4226 §4, R6)."""

STEP_SECONDS = 30
"""Length of a time step."""

DIGITS = 6
"""Digits of a code."""

WINDOW = 1
"""Steps before and after the expected one that are taken (RFC 6238 §5.2)."""

DRIFT_MAX = 2
"""Steps a device's clock may be known to be off; beyond it the device has to be set right."""

LOOK_AHEAD = 5
"""Counts ahead of the expected one that are taken (RFC 4226 §7.4)."""


def new_secret() -> bytes:
    """Return a fresh secret."""
    return secrets.token_bytes(SECRET_BYTES)


def as_base32(secret: bytes) -> str:
    """Return a secret as apps read it: Base32 without padding.

    Raises:
        InputError: It is shorter than 128 bits.
    """
    if len(secret) < SECRET_BYTES_MIN:
        msg = "A secret of a one-time code is too short."
        raise InputError(msg, mend=f"Use {SECRET_BYTES} random bytes.")
    return base64.b32encode(secret).decode().rstrip("=")


def code_at(secret: bytes, count: int, *, digits: int = DIGITS, digest: Any = None) -> str:
    """Return the code of a count, or of a time step (RFC 4226 §5.3).

    Args:
        secret: Shared secret.
        count: Counter value or number of the time step.
        digits: Length of the code.
        digest: Hash function as `hashlib` has it; SHA-1 if nothing.
    """
    given = {} if digest is None else {"digest": digest}
    return pyotp.OTP(as_base32(secret), digits=digits, **given).generate_otp(count)


def step_at(at: datetime) -> int:
    """Return the number of the time step an instant lies in (RFC 6238 §4.2, T0 = 0)."""
    return int(at.timestamp()) // STEP_SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Moving:
    """Where a device stands: by time, or by its own count.

    Attributes:
        by_time: Whether the code follows the clock (TOTP); else a count (HOTP).
        at_least: Least count that is still taken: one beyond the last accepted one.
        drift: Steps by which the device's clock was found to be off.
    """

    by_time: bool
    at_least: int
    drift: int = 0

    def counts(self, at: datetime) -> range:
        """Return the counts whose codes are taken at an instant, none of them accepted before."""
        if not self.by_time:
            return range(self.at_least, self.at_least + 1 + LOOK_AHEAD)
        expected = step_at(at) + max(-DRIFT_MAX, min(DRIFT_MAX, self.drift))
        return range(max(expected - WINDOW, self.at_least), expected + WINDOW + 1)

    def drifted(self, count: int, at: datetime) -> int:
        """Return how far off the device's clock is known to be once a count was accepted."""
        if not self.by_time:
            return 0
        return max(-DRIFT_MAX, min(DRIFT_MAX, count - step_at(at)))


def matching(secret: bytes, typed: str, counts: Iterable[int]) -> int | None:
    """Return the count whose code was typed, or nothing.

    All are computed and compared in constant time: how long it takes tells nothing of which one fits.
    """
    found: int | None = None
    for count in counts:
        if hmac.compare_digest(code_at(secret, count).encode(), typed.encode()) and found is None:
            found = count
    return found


def digits_of(typed: str) -> str:
    """Return the ASCII digits of what somebody typed; groups and blanks are not meant."""
    return "".join(char for char in typed if char in "0123456789")


def provisioning_uri(secret: bytes, *, by_time: bool, issuer: str, account: str, count: int = 0) -> str:
    """Return the ``otpauth:`` address that apps read from a QR code.

    Args:
        secret: Shared secret; the address holds it, so it is shown once and logged nowhere.
        by_time: Whether the code follows the clock.
        issuer: The office's name.
        account: What the app shows below it; the means' serial, since it must not say who logs in.
        count: Next count of a counted code.
    """
    text = as_base32(secret)
    if by_time:
        return pyotp.TOTP(text).provisioning_uri(name=account, issuer_name=issuer)
    return pyotp.HOTP(text).provisioning_uri(name=account, issuer_name=issuer, initial_count=count)
