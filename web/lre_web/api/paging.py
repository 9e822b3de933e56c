"""Cursors of lists, and the ids that addresses hold."""

import base64
import binascii
import re
from collections.abc import Callable
from datetime import datetime

from lre_kit.clock import from_iso, iso
from lre_kit.errors import NotFoundError
from lre_web.api.problems import FieldProblem, InvalidRequestError

ID_DIGITS = 32
"""Hexadecimal digits of most ids."""

_ID = re.compile(r"[0-9a-f]+")


def written_cursor(at: datetime, identity: str) -> str:
    """Return where a page ended, for the next one; callers do not look into it."""
    return base64.urlsafe_b64encode(f"{iso(at)}~{identity}".encode()).decode().rstrip("=")


def read_cursor(text: str | None) -> tuple[datetime, str] | None:
    """Return where the page before ended; nothing if there was none.

    Raises:
        InvalidRequestError: It is none of ours.
    """
    if text is None:
        return None
    try:
        plain = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode("ascii")
        at, _, identity = plain.partition("~")
        found = from_iso(at)
    except (binascii.Error, ValueError, OverflowError):
        raise bad_cursor() from None
    if not _ID.fullmatch(identity) or found.tzinfo is None:
        raise bad_cursor()
    return found, identity


def expect_id(text: str, missing: Callable[[], NotFoundError], *, digits: int = ID_DIGITS) -> str:
    """Return an id out of an address.

    Args:
        text: As it was given.
        missing: Makes the error.
        digits: How many hexadecimal digits an id of this kind has.

    Raises:
        NotFoundError: It can be none, so there is nothing of this id.
    """
    if len(text) != digits or not _ID.fullmatch(text):
        raise missing()
    return text


def bad_cursor() -> InvalidRequestError:
    """Return the answer to a cursor that is none of ours."""
    wrong = FieldProblem(pointer="cursor", detail="It is not what “next” of a page said.")
    return InvalidRequestError("The cursor cannot be used.", mend="Begin without one.", errors=[wrong])
