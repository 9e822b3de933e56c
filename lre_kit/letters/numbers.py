"""Sending numbers: unique, random, and saying nothing about the sender (CPCE R. 53-2, 3°).

Fifteen random characters (75 bits) and one check character of Crockford's alphabet, in four
groups: ``7K3M-9QXA-2PVD-ZC04``. The check character is Luhn's, modulo 32: it catches every
single wrong character and most swaps of neighbours.
"""

import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O or U."""

_RANDOM_CHARS = 15
_GROUP_CHARS = 4
_LOOKALIKES = str.maketrans("ILO", "110")


def _check_character(body: str) -> str:
    total = 0
    for place, char in enumerate(reversed(body)):
        doubled = ALPHABET.index(char) * (2 if place % 2 == 0 else 1)
        total += doubled // len(ALPHABET) + doubled % len(ALPHABET)
    return ALPHABET[-total % len(ALPHABET)]


def new_number() -> str:
    """Return a fresh sending number."""
    bits = secrets.randbits(5 * _RANDOM_CHARS)
    body = "".join(ALPHABET[(bits >> 5 * place) & 31] for place in range(_RANDOM_CHARS))
    return _grouped(body + _check_character(body))


def parse_number(text: str) -> str | None:
    """Return the number somebody typed, in kept form, or nothing when it cannot be one."""
    plain = text.upper().replace("-", "").replace(" ", "").translate(_LOOKALIKES)
    if len(plain) != _RANDOM_CHARS + 1 or any(c not in ALPHABET for c in plain):
        return None
    return _grouped(plain) if _check_character(plain[:-1]) == plain[-1] else None


def _grouped(plain: str) -> str:
    return "-".join(plain[i : i + _GROUP_CHARS] for i in range(0, len(plain), _GROUP_CHARS))
