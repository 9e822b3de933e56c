"""A sender's own terms of a letter: their reference for it, and when its notice leaves."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from lre_kit.clock import as_utc, iso, local_text
from lre_kit.errors import InputError
from lre_kit.law.products import Product
from lre_kit.law.regimes import Matter
from lre_kit.parties.characters import has_hidden_characters

REFERENCE_MAX_CHARS = 100
"""Longest reference kept."""

NOTIFY_WITHIN = timedelta(days=90)
"""How far ahead a notice may be planned: consents, addresses and identifications grow old."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """A sender's own terms.

    Attributes:
        reference: Their own reference, such as a file's number; no recipient ever sees it.
        notify_at: When the notice leaves; nothing: at once. The deposit is made and proved now either way.
        matter: What the letter is about, where the law has rules of its own for it.
    """

    reference: str = ""
    notify_at: datetime | None = None
    matter: Matter = Matter.ORDINARY

    def to_digest(self) -> list[Any]:
        """Return what makes two requests the same; nothing where nothing is asked."""
        if self == Terms():
            return []
        said = [self.reference, iso(self.notify_at) if self.notify_at else ""]
        return [said if self.matter is Matter.ORDINARY else [*said, self.matter.value]]

    def to_details(self) -> dict[str, str]:
        """Return what the deposit's event says of it."""
        return {"notice_planned_at": iso(self.notify_at)} if self.notify_at else {}


def checked_matter(matter: Matter | str) -> Matter:
    """Return the matter of a name.

    Raises:
        InputError: There is none.
    """
    try:
        return Matter(matter)
    except ValueError:
        msg = f"There is no matter called “{matter[:40]}”."
        raise InputError(msg, mend=f"Choose one of: {', '.join(Matter)}.") from None


def checked_reference(reference: str) -> str:
    """Return a sender's own reference as one line.

    Raises:
        InputError: It is too long, or holds invisible characters.
    """
    line = " ".join(reference.split())
    if len(line) > REFERENCE_MAX_CHARS or has_hidden_characters(line):
        msg = "The reference is too long or holds invisible control characters."
        raise InputError(msg, mend=f"Type a line of at most {REFERENCE_MAX_CHARS} characters.")
    return line


def checked_terms(
    reference: str,
    notify_at: datetime | None,
    *,
    product: Product,
    now: datetime,
    matter: Matter | str = Matter.ORDINARY,
) -> Terms:
    """Return terms that can be met.

    Raises:
        InputError: The reference is too long or no line; the instant is past, too far, or of a letter that
            has no electronic notice; there is no such matter.
    """
    about = checked_matter(matter)
    line = checked_reference(reference)
    if notify_at is None:
        return Terms(reference=line, matter=about)
    at = as_utc(notify_at)
    if product is Product.HYBRID:
        msg = "A letter that is printed has no electronic notice to plan."
        raise InputError(msg, mend="Leave the time of the notice empty.")
    if not now < at <= now + NOTIFY_WITHIN:
        msg = f"The notice cannot leave on {local_text(at)}."
        raise InputError(msg, mend=f"Choose a time to come, within {NOTIFY_WITHIN.days} days.")
    return Terms(reference=line, notify_at=at, matter=about)
