"""What comes next for a letter, and by which rule; and the sign that its page is out of date."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from lre_kit.law.deadlines import retention_ends_at
from lre_kit.law.pre_notices import PreNoticeState
from lre_kit.law.products import Claim
from lre_kit.letters.lifecycle import waits_until
from lre_kit.letters.phases import FINAL, Phase
from lre_kit.letters.values import Letter, TimelineEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class NextDate:
    """A date that lies ahead.

    Attributes:
        at: When.
        what: Name of its words.
        rule: Name of the words of the rule that gives it.
        days: The number the rule counts with, where it does.
    """

    at: datetime
    what: str
    rule: str
    days: int | None = None


def next_dates(letter: Letter, now: datetime) -> list[NextDate]:
    """Return what lies ahead of a letter, the soonest first.

    Example:
        >>> next_dates(letter, office.clock())[0].what                          # doctest: +SKIP
        'window'
    """
    asked, found = letter.requirements, list[NextDate]()
    by_law = letter.claim is not Claim.NON_QUALIFIED
    early = letter.pre_notice
    if early and early.state is PreNoticeState.PLANNED and not letter.phase.is_final:
        found.append(NextDate(at=early.planned_at, what="pre_notice", rule="pre_notice"))
    if letter.notify_at and not letter.notices and letter.phase is Phase.DEPOSITED:
        found.append(NextDate(at=letter.notify_at, what="notice", rule="planned"))
    if letter.window_closes_at and not letter.decided_at:
        if letter.phase is Phase.CHOOSING:
            days = asked.choice_days
            found.append(NextDate(at=letter.window_closes_at, what="choice", rule="choice", days=days))
        elif letter.phase is Phase.NOTIFIED:
            rule = "window_law" if by_law else "window"
            days = asked.window_days
            found.append(NextDate(at=letter.window_closes_at, what="window", rule=rule, days=days))
            if letter.proof_due_at:
                rule, days = "proof_law" if by_law else "proof", asked.proof_days
                found.append(NextDate(at=letter.proof_due_at, what="proof", rule=rule, days=days))
    if letter.phase is Phase.ACCEPTED_PENDING_IDENTIFICATION and letter.decided_at is not None:
        waits = waits_until(asked, letter.decided_at)
        if waits is not None:
            found.append(NextDate(at=waits, what="identified", rule="identified", days=asked.pending_days))
    if letter.phase in FINAL and letter.decided_at is not None:
        kept = retention_ends_at(letter.decided_at, years=asked.retention_years)
        found.append(NextDate(at=kept, what="kept", rule="kept", days=asked.retention_years))
    return sorted((one for one in found if one.at > now), key=lambda one: one.at)


def sign_of(letter: Letter, timeline: Sequence[TimelineEntry]) -> str:
    """Return what changes whenever the letter's page would: its version, and where its evidence stands."""
    early = letter.pre_notice.state.value[:2] if letter.pre_notice else ""
    return f"{letter.version}{early}-{''.join(entry.evidence[0:2] for entry in timeline)}"


def told_after(letter: Letter, timeline: Sequence[TimelineEntry]) -> int | None:
    """Return the place of the act after which a pre-notice was settled; nothing if none was."""
    early = letter.pre_notice
    if early is None or early.settled_at is None:
        return None
    return max(0, sum(entry.at <= early.settled_at for entry in timeline) - 1)


def is_settled(letter: Letter, timeline: Sequence[TimelineEntry]) -> bool:
    """Tell whether nothing will change any more: the letter has its end, and all evidence is stamped."""
    return letter.phase in FINAL and all(entry.evidence == "stamped" for entry in timeline)
