"""Numbers of postal items: UPU S10 identifiers with their check digit, and domestic ones taken as they are.

``AA NNNNNNNN C CC``: service, serial, check digit, country (UPU standard S10). French domestic numbers do not
have this form and their check rule is not public: of those only charset and length are judged.
"""

import re

WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)
"""Weights of the serial's digits (UPU S10)."""

SERIAL_MAX = 99_999_999
"""Largest serial."""

_S10 = re.compile(r"([A-Z]{2})([0-9]{8})([0-9])([A-Z]{2})")
_OPAQUE = re.compile(r"[0-9A-Z]{8,20}")
_SERVICE = re.compile(r"[A-Z]{2}")


def check_digit(serial: int) -> int:
    """Return the check digit of a serial of eight digits.

    Example:
        >>> check_digit(12345678), check_digit(8), check_digit(15)
        (5, 0, 5)
    """
    if not 0 <= serial <= SERIAL_MAX:
        msg = f"a serial has eight digits: {serial}"
        raise ValueError(msg)
    total = sum(weight * int(digit) for weight, digit in zip(WEIGHTS, f"{serial:08}", strict=True))
    digit = 11 - total % 11
    return {10: 0, 11: 5}.get(digit, digit)


def s10(service: str, serial: int, country: str) -> str:
    """Return an S10 identifier.

    Args:
        service: Two letters; ``R`` and another one for registered letters.
        serial: Up to eight digits.
        country: ISO 3166-1 alpha-2 code of the country of origin.

    Example:
        >>> s10("RB", 12345678, "GB")
        'RB123456785GB'
    """
    if not _SERVICE.fullmatch(service) or not _SERVICE.fullmatch(country):
        msg = "service and country have two capital letters each"
        raise ValueError(msg)
    return f"{service}{serial:08}{check_digit(serial)}{country}"


def is_s10(number: str, countries: frozenset[str] | None = None) -> bool:
    """Tell whether a number is an S10 identifier with a right check digit, of one of `countries` if given."""
    found = _S10.fullmatch(number)
    if found is None:
        return False
    _, serial, digit, country = found.groups()
    return int(digit) == check_digit(int(serial)) and (countries is None or country in countries)


def looks_like_s10(number: str) -> bool:
    """Tell whether a number has the form of S10, whatever its check digit."""
    return _S10.fullmatch(number) is not None


def kept_item_number(text: str, countries: frozenset[str] | None = None) -> str | None:
    """Return a typed number in kept form: capitals without spaces; nothing if it cannot be one.

    What has the form of S10 must have its check digit; anything else is taken as an opaque domestic number.
    """
    number = re.sub(r"[\s.-]+", "", text).upper()
    if looks_like_s10(number):
        return number if is_s10(number, countries) else None
    return number if _OPAQUE.fullmatch(number) else None
