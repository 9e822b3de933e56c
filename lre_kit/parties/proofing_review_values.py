"""What operators see of identity cases."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from lre_kit.law.assurance import Level
from lre_kit.parties.mrz import Mrz
from lre_kit.parties.proofing_values import CaseState, CaseView, Flag, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueEntry:
    """A waiting case in the operators' list; no personal datum."""

    case_id: str
    purpose_kind: str
    """``recipient``, ``sender`` or ``order``."""
    submitted_at: datetime
    answer_by: datetime
    overdue: bool
    claimed_by: str | None
    claimed_until: datetime | None
    flag_count: int
    verdicts_so_far: int
    """Verdicts given in the present round."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastVerdict:
    """A verdict given in a case."""

    operator: str
    verdict: Verdict
    reason: str
    checks: Mapping[str, bool]
    level: Level | None
    round: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewView:
    """All an operator sees of a case.

    Attributes:
        title: What the machine-readable zone says, by field name; empty once it was erased.
        mrz_lines: As read or typed.
        flags: What the automatic checks found.
        checklist: Keys that must be ticked to approve this case.
        level_max: Highest level this case can reach.
        history: Verdicts given before. Those of the present round stay hidden until it is decided, so
            that a second operator judges alone.
    """

    case: CaseView
    title: Mapping[str, str]
    mrz_lines: tuple[str, ...]
    flags: tuple[Flag, ...]
    checklist: tuple[str, ...]
    level_max: Level
    history: tuple[PastVerdict, ...]
    claimed_until: datetime | None

    def __repr__(self) -> str:
        """Say nothing of the person."""
        return f"ReviewView({self.case.id})"


def queue_entry(row: Row[Any], *, verdicts: int, now: datetime) -> QueueEntry:
    """Return a waiting case as a line of the list; a claim that ran out is none."""
    held = row.claimed_until is not None and row.claimed_until > now
    return QueueEntry(
        case_id=row.id,
        purpose_kind=row.purpose.partition(":")[0],
        submitted_at=row.submitted_at,
        answer_by=row.answer_by,
        overdue=row.answer_by <= now,
        claimed_by=row.claimed_by if held else None,
        claimed_until=row.claimed_until if held else None,
        flag_count=len(row.flags),
        verdicts_so_far=verdicts,
    )


def history_of(verdicts: Iterable[Row[Any]], row: Row[Any]) -> tuple[PastVerdict, ...]:
    """Return the verdicts an operator may see: all of a case that ended, else those of former rounds."""
    is_open = CaseState(row.state).is_open
    return tuple(
        PastVerdict(
            operator=v.operator,
            verdict=Verdict(v.verdict),
            reason=v.reason,
            checks=v.checks,
            level=Level(v.level) if v.level else None,
            round=v.round,
            at=v.at,
        )
        for v in verdicts
        if not is_open or v.round < row.round
    )


def title_fields(mrz: Mrz | None) -> dict[str, str]:
    """Return what a zone says, by field name, as text."""
    if mrz is None:
        return {}
    dates = {"birth": mrz.birth, "expiry": mrz.expiry, "issued": mrz.issued}
    return {
        "format": mrz.format.value,
        "issuer": mrz.issuer,
        "number": mrz.number,
        "surname": mrz.surname,
        "given_names": mrz.given_names,
        "sex": mrz.sex,
        "nationality": mrz.nationality,
        **{name: day.isoformat() for name, day in dates.items() if day is not None},
    }
