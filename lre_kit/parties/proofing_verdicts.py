"""Deciding identity cases: what a verdict needs, when it holds, and what it leaves behind."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, update

from lre_kit.law.assurance import Level, Means
from lre_kit.parties.proofing_acts import current_view
from lre_kit.parties.proofing_cases import (
    CASE,
    MEDIA,
    add_event,
    evidence_digest,
    media_rows,
    mrz_of,
    verdict_rows,
)
from lre_kit.parties.proofing_errors import VerdictError
from lre_kit.parties.proofing_images import CaseImages
from lre_kit.parties.proofing_results import keep_proofing
from lre_kit.parties.proofing_rows import IdentityVerdictRow
from lre_kit.parties.proofing_rules import ADDRESSEE, BLOCKING_FLAGS, checklist_for, level_max, new_challenge
from lre_kit.parties.proofing_timers import CaseTimers
from lre_kit.parties.proofing_values import CaseState, CaseView, Part, ProofingRules, Verdict
from lre_kit.store.columns import new_id
from lre_kit.store.database import UnitOfWork

REASON_MAX_CHARS = 1000
"""Longest reason."""

OnDecided = Callable[[UnitOfWork, CaseView, Verdict], None]
"""Called in the transaction of each verdict that holds: approved, refused, or asked again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One operator's verdict, checked against what the case allows."""

    operator: str
    verdict: Verdict
    reason: str
    checks: Mapping[str, bool]
    level: Level | None
    again: tuple[Part, ...]
    at: datetime


def checked_decision(
    row: Row[Any],
    parts: Collection[Part],
    *,
    operator: str,
    verdict: Verdict,
    reason: str,
    checks: Mapping[str, bool],
    level: Level | None,
    again: Collection[Part],
    at: datetime,
    rules: ProofingRules,
) -> Decision:
    """Return a verdict that may be given.

    Raises:
        VerdictError: A check is not ticked, the reason is missing, or the level is out of reach.
    """
    words = reason.strip()
    if len(words) > REASON_MAX_CHARS:
        msg = f"The reason has {len(words)} characters."
        raise VerdictError(msg, mend=f"Shorten it to {REASON_MAX_CHARS}.")
    if verdict is not Verdict.APPROVE:
        if not words:
            msg = "This verdict needs a reason."
            raise VerdictError(msg, mend="Tell the person what was wrong.")
        level = None
    else:
        level = _reachable(row, parts, checks, level, rules)
        if checks.get(ADDRESSEE) and not words:
            msg = "That this is the addressee though the names differ needs a reason."
            raise VerdictError(msg, mend="Say what shows it, such as a marriage certificate.")
    return Decision(
        operator=operator,
        verdict=verdict,
        reason=words,
        checks={
            key: bool(value)
            for key, value in checks.items()
            if key in checklist_for((Part.FACE_VIDEO,))
            or (key == ADDRESSEE and verdict is Verdict.APPROVE and row.purpose.startswith("recipient:"))
        },
        level=level,
        again=tuple(again),
        at=at,
    )


def _reachable(
    row: Row[Any],
    parts: Collection[Part],
    checks: Mapping[str, bool],
    level: Level | None,
    rules: ProofingRules,
) -> Level:
    if not parts:
        msg = "Nothing was handed in that could be judged."
        raise VerdictError(msg, mend="Ask for it, or refuse.")
    missing = tuple(key for key in checklist_for(parts) if checks.get(key) is not True)
    if missing:
        msg = f"To approve, every check must hold: {', '.join(missing)}."
        raise VerdictError(msg, mend="Check it, or refuse, or ask again.", missing=missing)
    if any(flag["slug"] in BLOCKING_FLAGS for flag in row.flags):
        msg = "This title cannot be approved: it is a specimen."
        raise VerdictError(msg, mend="Refuse the case, or ask for another title.")
    most = level_max(parts, rules)
    if level is not None and not most.at_least(level):
        msg = f"This case can reach the level {most.value} at most."
        raise VerdictError(msg, mend="Choose that level, or ask for a film.")
    return level or most


class Verdicts:
    """Writes verdicts down and carries out those that hold."""

    def __init__(
        self,
        *,
        images: CaseImages,
        timers: CaseTimers,
        rules: ProofingRules,
        on_decided: Iterable[OnDecided] = (),
    ) -> None:
        """Prepare; `on_decided` run in the transaction of each verdict that holds."""
        self._images = images
        self._timers = timers
        self._rules = rules
        self.on_decided = list(on_decided)

    def give(self, uow: UnitOfWork, row: Row[Any], decision: Decision) -> CaseView:
        """Give a verdict in a transaction that holds the case's lock; return the case as it then stands."""
        uow.add(
            IdentityVerdictRow,
            id=new_id(),
            case_id=row.id,
            round=row.round,
            operator=decision.operator,
            verdict=decision.verdict.value,
            reason=decision.reason,
            checks=dict(decision.checks),
            level=decision.level.value if decision.level else None,
            at=decision.at,
        )
        add_event(
            uow,
            row.id,
            "verdict",
            actor=decision.operator,
            at=decision.at,
            facts={"verdict": decision.verdict.value, "round": row.round},
        )
        if decision.verdict is Verdict.ASK_AGAIN:
            return self._ask_again(uow, row, decision)
        given = [v for v in verdict_rows(uow, row.id) if v.round == row.round]
        agreeing = [v for v in given if v.verdict == decision.verdict.value]
        if self._rules.two_reviewers and len(agreeing) < 2:
            return self._wait_for_another(uow, row, disputed=len(given) > 1, at=decision.at)
        return self._end(uow, row, decision, agreeing)

    def _wait_for_another(self, uow: UnitOfWork, row: Row[Any], *, disputed: bool, at: datetime) -> CaseView:
        self._set(uow, row, state=CaseState.SUBMITTED.value)
        add_event(uow, row.id, "disputed" if disputed else "second_pair", actor="office", at=at)
        return current_view(uow, self._images, row.id)

    def _ask_again(self, uow: UnitOfWork, row: Row[Any], decision: Decision) -> CaseView:
        """Open a new round: what must be made again is taken away, with a new challenge if it is the face."""
        again = decision.again or tuple(Part)
        faces = any(part.is_face for part in again)
        if faces:
            again = tuple({*again, Part.FACE_VIDEO, Part.FACE_PHOTO})
        expires_at = decision.at + self._rules.case_life
        uow.execute(
            update(MEDIA)
            .where(MEDIA.c.case_id == row.id, MEDIA.c.part.in_(again), MEDIA.c.replaced_at.is_(None))
            .values(replaced_at=decision.at)
        )
        values: dict[str, Any] = {}
        facts = self._images.unseal(row.id, row.wrapped_key, row.sealed)
        kept = {m.part for m in media_rows(uow, row.id) if m.replaced_at is None}
        if facts and not kept & {Part.DOCUMENT_FRONT, Part.DOCUMENT_BACK}:
            # No side of the title stays: another may come, and its zone is read anew.
            facts |= {"mrz_read": None, "mrz_typed": None}
            values["sealed"] = self._images.seal(row.id, row.wrapped_key, facts)
        if faces:
            values["challenge"] = list(new_challenge())
        self._set(
            uow,
            row,
            state=CaseState.ASKED_AGAIN.value,
            again=sorted(decision.again or tuple(Part)),
            reason=decision.reason,
            round=row.round + 1,
            expires_at=expires_at,
            submitted_at=None,
            answer_by=None,
            **values,
        )
        self._timers.stop_alarm(uow, row.id, round_=row.round)
        self._timers.plan_expiry(uow, row.id, round_=row.round + 1, at=expires_at)
        view = current_view(uow, self._images, row.id)
        for hook in self.on_decided:
            hook(uow, view, Verdict.ASK_AGAIN)
        return view

    def _end(
        self, uow: UnitOfWork, row: Row[Any], decision: Decision, agreeing: Collection[Row[Any]]
    ) -> CaseView:
        approved = decision.verdict is Verdict.APPROVE
        if approved:
            self._keep(uow, row, decision, agreeing)
        state = CaseState.APPROVED if approved else CaseState.REFUSED
        # Why somebody was approved is the operators' to read; the person is told why they were refused.
        told = "" if approved else decision.reason
        self._set(uow, row, state=state.value, open_key=None, ended_at=decision.at, reason=told)
        self._timers.stop_alarm(uow, row.id, round_=row.round)
        self._images.plan_erasure(uow, row.id, ended_at=decision.at, rules=self._rules)
        add_event(uow, row.id, state.value, actor="office", at=decision.at)
        view = current_view(uow, self._images, row.id)
        for hook in self.on_decided:
            hook(uow, view, decision.verdict)
        return view

    def _keep(
        self, uow: UnitOfWork, row: Row[Any], decision: Decision, agreeing: Collection[Row[Any]]
    ) -> None:
        facts = self._images.unseal(row.id, row.wrapped_key, row.sealed) or {}
        mrz = mrz_of(facts, at=decision.at)
        assert mrz is not None  # a case without a zone cannot be submitted
        birth = facts["birth_date"] or (mrz.birth.isoformat() if mrz.birth else None)
        levels = [Level(v.level) for v in agreeing]
        keep_proofing(
            uow,
            row,
            level=min(levels, key=list(Level).index),
            method=Means.VISUAL.value,
            names={
                "given_names": facts["given_names"],
                "family_name": facts["family_name"],
                "usage_name": facts["usage_name"],
                "birth_date": datetime.fromisoformat(birth).date() if birth else None,
            },
            title={
                "title_kind": row.title_kind,
                "title_issuer": mrz.issuer,
                "title_expiry": mrz.expiry,
                "document_last4": mrz.number[-4:],
                "document_hash": row.document_hash,
            },
            operators=[v.operator for v in agreeing],
            evidence_digest=evidence_digest(media_rows(uow, row.id), verdict_rows(uow, row.id), row.flags),
            at=decision.at,
            rules=self._rules,
        )

    @staticmethod
    def _set(uow: UnitOfWork, row: Row[Any], **values: Any) -> None:
        uow.execute(
            update(CASE).where(CASE.c.id == row.id).values(claimed_by=None, claimed_until=None, **values)
        )
