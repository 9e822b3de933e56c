"""Submitting an identity case: what lacks is named, what cannot count is refused, the rest is flagged."""

from lre_kit.parties.mrz import Mrz
from lre_kit.parties.proofing_acts import Act, Acts
from lre_kit.parties.proofing_cases import document_hash, legal_day, media_rows, mrz_of
from lre_kit.parties.proofing_checks import all_flags
from lre_kit.parties.proofing_errors import IncompleteCaseError, TitleRefusedError
from lre_kit.parties.proofing_timers import CaseTimers
from lre_kit.parties.proofing_values import CaseState, CaseView, ProofingRules
from lre_kit.parties.titles import TitleKind, judge_title


class CaseSubmission:
    """Runs the automatic checks and puts cases into the operators' queue."""

    def __init__(self, *, acts: Acts, timers: CaseTimers, rules: ProofingRules, hash_key: bytes) -> None:
        """Prepare; `hash_key` is for keyed hashes of document numbers."""
        self._acts = acts
        self._timers = timers
        self._rules = rules
        self._hash_key = hash_key

    def submit(self, case_id: str, *, party_id: str) -> CaseView:
        """Submit a case; see `IdentityDesk.submit`."""
        with self._acts.collecting(case_id, party_id=party_id) as act:
            missing = act.view().missing
            mrz = mrz_of(act.facts, at=act.now)
            if missing or mrz is None:
                raise IncompleteCaseError(missing or ("mrz",))
            verdict = judge_title(
                mrz,
                legal_day(act.now),
                declared=TitleKind(act.row.title_kind),
                accept_residence_permit=self._rules.accept_residence_permit,
                allow_specimens=self._rules.allow_specimens,
            )
            if verdict.final:
                act.event("title_refused", reason=verdict.reason.value)
            else:
                self._queue(act, mrz)
            view = act.view()
            act.uow.commit()
        if verdict.final:
            raise TitleRefusedError(verdict)
        return view

    def _queue(self, act: Act, mrz: Mrz) -> None:
        digest = document_hash(self._hash_key, mrz)
        media = [m for m in media_rows(act.uow, act.row.id) if m.replaced_at is None]
        flags = all_flags(
            act.uow, act.row, media, act.facts, mrz=mrz, digest=digest, at=act.now, rules=self._rules
        )
        answer_by = act.now + self._rules.service
        act.save(
            state=CaseState.SUBMITTED.value,
            submitted_at=act.now,
            answer_by=answer_by,
            alarm_at=None,
            document_hash=digest,
            flags=[{"slug": flag.slug, "facts": dict(flag.facts)} for flag in flags],
            again=[],
            reason="",
        )
        act.event("submitted", flags=[flag.slug for flag in flags])
        self._timers.plan_alarm(act.uow, act.row.id, round_=act.row.round, at=answer_by)
