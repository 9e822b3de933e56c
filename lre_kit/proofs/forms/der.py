"""A compact DER writer (ITU-T X.690): just what time-stamp tokens need, built from bytes.

Object trees cost milliseconds; here a token costs about as much as its signature. Reading is left
to libraries.
"""

from datetime import datetime

from lre_kit.clock import as_utc

_SHORT_LENGTH = 0x80


def tlv(tag: int, *contents: bytes) -> bytes:
    """Return tag, length and contents."""
    body = b"".join(contents)
    length = len(body)
    if length < _SHORT_LENGTH:
        return bytes((tag, length)) + body
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, _SHORT_LENGTH | len(octets))) + octets + body


def sequence(*contents: bytes) -> bytes:
    """Return a SEQUENCE."""
    return tlv(0x30, *contents)


def set_of(*contents: bytes) -> bytes:
    """Return a SET OF, its elements in DER order."""
    return tlv(0x31, *sorted(contents))


def integer(value: int) -> bytes:
    """Return an INTEGER that is not negative."""
    return tlv(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def octets(value: bytes) -> bytes:
    """Return an OCTET STRING."""
    return tlv(0x04, value)


def boolean(value: bool) -> bytes:
    """Return a BOOLEAN."""
    return tlv(0x01, b"\xff" if value else b"\x00")


def oid(dotted: str) -> bytes:
    """Return an OBJECT IDENTIFIER from its dotted form."""
    first, second, *rest = (int(part) for part in dotted.split("."))
    out = bytearray()
    for arc in (first * 40 + second, *rest):
        groups = [arc & 0x7F]
        while arc := arc >> 7:
            groups.append(0x80 | arc & 0x7F)
        out += bytes(reversed(groups))
    return tlv(0x06, bytes(out))


def generalized_time(instant: datetime) -> bytes:
    """Return a GeneralizedTime in UTC with the fraction that is there, no trailing zero (RFC 3161 §2.4.2)."""
    utc = as_utc(instant)
    fraction = f".{utc.microsecond:06}".rstrip("0").rstrip(".")
    return tlv(0x18, f"{utc:%Y%m%d%H%M%S}{fraction}Z".encode())
