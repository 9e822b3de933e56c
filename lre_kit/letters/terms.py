"""A sender's own terms of a letter: their reference for it, and when its notice leaves."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from lre_kit.clock import PARIS, as_utc, iso, local_text
from lre_kit.errors import InputError
from lre_kit.law.pre_notices import days_before, told_before
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
        pre_notice: When the recipient is told that a letter is coming, as it was asked for; empty: never.
        pre_notice_at: The instant of it.
    """

    reference: str = ""
    notify_at: datetime | None = None
    matter: Matter = Matter.ORDINARY
    pre_notice: str = ""
    pre_notice_at: datetime | None = None

    def to_digest(self) -> list[Any]:
        """Return what makes two requests the same; nothing where nothing is asked."""
        if self == Terms():
            return []
        said = [self.reference, iso(self.notify_at) if self.notify_at else ""]
        if self.pre_notice:
            return [[*said, self.matter.value, self.pre_notice]]
        return [said if self.matter is Matter.ORDINARY else [*said, self.matter.value]]

    def to_details(self) -> dict[str, str]:
        """Return what the deposit's event says of it."""
        said = {"notice_planned_at": self.notify_at, "pre_notice_planned_at": self.pre_notice_at}
        return {name: iso(at) for name, at in said.items() if at is not None}


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
    pre_notice: str = "",
    email: str = "",
) -> Terms:
    """Return terms that can be met.

    Args:
        reference: The sender's own.
        notify_at: When the notice leaves; nothing: at once.
        product: What is sent.
        now: The instant of the deposit.
        matter: What the letter is about.
        pre_notice: ``deposit``, or a number of days before the notice; empty: none.
        email: The recipient's address, which a letter on paper may do without.

    Raises:
        InputError: The reference is too long or no line; the instant is past, too far, or of a letter that
            has no electronic notice; there is no such matter; nobody can be told before.
    """
    about = checked_matter(matter)
    line = checked_reference(reference)
    at = _checked_notice(notify_at, product=product, now=now) if notify_at is not None else None
    wish = pre_notice.strip().lower()
    told_at = _checked_pre_notice(wish, at, product=product, now=now, email=email) if wish else None
    return Terms(reference=line, notify_at=at, matter=about, pre_notice=wish, pre_notice_at=told_at)


def _checked_notice(notify_at: datetime, *, product: Product, now: datetime) -> datetime:
    at = as_utc(notify_at)
    if product is Product.HYBRID:
        msg = "A letter that is printed has no electronic notice to plan."
        raise InputError(msg, mend="Leave the time of the notice empty.")
    if not now < at <= now + NOTIFY_WITHIN:
        msg = f"The notice cannot leave on {local_text(at)}."
        raise InputError(msg, mend=f"Choose a time to come, within {NOTIFY_WITHIN.days} days.")
    return at


def _checked_pre_notice(
    wish: str, notify_at: datetime | None, *, product: Product, now: datetime, email: str
) -> datetime:
    try:
        days = days_before(wish)
    except ValueError as error:
        msg = f"This pre-notice is not known: {error}."
        raise PreNoticeError(msg, mend="Write “deposit” or a number of days, or leave it empty.") from None
    if product is Product.HYBRID:
        if not email:
            msg = "The recipient has no e-mail address, so nobody can be told before the letter comes."
            raise PreNoticeError(msg, mend="Give an address, or ask for no pre-notice.")
        if days is not None:
            msg = "A letter that is printed goes to the post at once: no days come before."
            raise PreNoticeError(msg, mend="Ask for the pre-notice at the deposit.")
        return now
    if notify_at is None:
        msg = "The notice leaves at once, so nobody can be told before it."
        raise PreNoticeError(msg, mend="Plan the notice for later, or ask for no pre-notice.")
    at = now if days is None else told_before(notify_at, days)
    if at < now:
        msg = f"The pre-notice would have had to leave on {local_text(at)}."
        raise PreNoticeError(msg, mend="Ask for fewer days, for the deposit, or for a later notice.")
    return at


class PreNoticeError(InputError):
    """The recipient cannot be told so before the notice; nothing was deposited."""

    slug = "pre-notice"


def read_instant(text: str) -> datetime | None:
    """Return the instant of a text as people type it, in legal time where it names no zone; empty: nothing.

    Raises:
        InputError: It is none.

    Example:
        >>> read_instant("20/03/2026 09:00") == read_instant("2026-03-20T08:00Z")
        True
    """
    typed = text.strip()[:40]
    if not typed:
        return None
    try:
        at = datetime.fromisoformat(_FRENCH.sub(r"\3-\2-\1", typed))
    except ValueError as error:
        msg = f"“{typed}” is no time."
        raise InputError(
            msg, mend="Write it as 2026-03-20T09:00, in legal time, or with its zone."
        ) from error
    return at if at.tzinfo is not None else at.replace(tzinfo=PARIS)


_FRENCH = re.compile(r"^(\d{2})/(\d{2})/(\d{4})\b")
