"""Addresses that script what a recipient does: read here and nowhere else.

``accept@lre.test`` accepts at once, ``refuse+3d@lre.test`` refuses three days after the notice. After the
outcome come tags: a delay (a number and ``s``, ``m``, ``h`` or ``d``) anywhere among them, and any others,
which only make addresses differ. The domain belongs to nobody and never will (RFC 6761 §6.2).
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

DOMAIN = "lre.test"
"""Domain of the addresses."""

DELAY_MAX = timedelta(days=400)
"""Longest delay that is read; a longer one is this."""

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_DELAY = re.compile(r"([0-9]{1,6})([smhd])")


class ScriptedOutcome(StrEnum):
    """What the recipient of an address does."""

    ACCEPT = "accept"
    REFUSE = "refuse"
    IGNORE = "ignore"
    """Nothing, so that the window ends unclaimed."""
    BOUNCE = "bounce"
    """No such mailbox: refused by the mail server at once, or reported after the delay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """What an address asks for."""

    outcome: ScriptedOutcome
    delay: timedelta


def scripted(address: str) -> Script | None:
    """Return what an address asks for; nothing for one that scripts nothing."""
    local, _, domain = address.strip().lower().rpartition("@")
    name, *tags = local.split("+")
    if domain != DOMAIN or name not in set(ScriptedOutcome):
        return None
    delays = [found for tag in tags if (found := parse_span(tag)) is not None]
    return Script(outcome=ScriptedOutcome(name), delay=min(sum(delays, timedelta()), DELAY_MAX))


def parse_span(text: str) -> timedelta | None:
    """Return the span that a number and a unit name, such as ``15d``; nothing if they name none."""
    found = _DELAY.fullmatch(text)
    return timedelta(**{_UNITS[found[2]]: int(found[1])}) if found else None
