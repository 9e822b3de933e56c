"""The review desk: operators look at identity cases and decide them.

A case is held by one operator at a time, under a lease. Every look at a picture is on record. A verdict
is never changed; where the office asks for two pairs of eyes, two operators must agree.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import Row, and_, func, or_, select, update

from lre_kit.clock import Clock
from lre_kit.errors import AlreadyDecidedError, NotFoundError
from lre_kit.law.assurance import Level
from lre_kit.parties.proofing_cases import (
    CASE,
    VERDICT,
    add_event,
    case_lock,
    case_row,
    media_rows,
    mrz_of,
    verdict_rows,
    view_of,
)
from lre_kit.parties.proofing_errors import CaseTakenError, NotYourCaseError, OwnCaseError, VerdictError
from lre_kit.parties.proofing_images import CaseImages, media_of
from lre_kit.parties.proofing_results import WAITING
from lre_kit.parties.proofing_review_values import (
    PastVerdict,
    QueueEntry,
    ReviewView,
    history_of,
    queue_entry,
    title_fields,
)
from lre_kit.parties.proofing_rules import CHECKLIST, checklist_for, level_max
from lre_kit.parties.proofing_timers import CaseTimers
from lre_kit.parties.proofing_values import CaseState, CaseView, Flag, Part, ProofingRules, Verdict
from lre_kit.parties.proofing_verdicts import OnDecided, Verdicts, checked_decision
from lre_kit.parties.standing import standing_ids
from lre_kit.store.blobs import BlobStore
from lre_kit.store.database import Database, UnitOfWork
from lre_kit.store.vault import Vault

__all__ = [
    "CHECKLIST",
    "CaseTakenError",
    "NotYourCaseError",
    "OnDecided",
    "OwnCaseError",
    "PastVerdict",
    "QueueEntry",
    "ReviewDesk",
    "ReviewView",
    "VerdictError",
]

QUEUE_MAX = 200
"""Longest page of the queue."""


class ReviewDesk:
    """Queue, claims and verdicts."""

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock,
        blobs: BlobStore,
        vault: Vault,
        rules: ProofingRules | None = None,
        on_decided: Iterable[OnDecided] = (),
    ) -> None:
        """Work on the cases of `database`; `on_decided` run in the transaction of each verdict that holds."""
        self._database = database
        self._clock = clock
        self.rules = rules or ProofingRules()
        self._images = CaseImages(database, clock=clock, blobs=blobs, vault=vault)
        timers = CaseTimers(database, clock=clock, images=self._images)
        self.verdicts = Verdicts(images=self._images, timers=timers, rules=self.rules, on_decided=on_decided)

    def queue(
        self, *, limit: int = 50, after: str | None = None, mine: str | None = None
    ) -> list[QueueEntry]:
        """Return waiting cases, oldest first.

        Args:
            limit: Most to return, up to `QUEUE_MAX`.
            after: Id of the last case of the page before; if it went back to its person meanwhile, the
                first page is given again.
            mine: Only those that this operator holds.
        """
        now = self._clock()
        given = (
            select(func.count())
            .where(VERDICT.c.case_id == CASE.c.id, VERDICT.c.round == CASE.c.round)
            .scalar_subquery()
        )
        query = select(CASE, given.label("given")).where(CASE.c.state.in_(WAITING), CASE.c.provider.is_(None))
        if mine is not None:
            query = query.where(CASE.c.claimed_by == mine, CASE.c.claimed_until > now)
        with self._database.read(snapshot=True) as connection:
            last = case_row(connection, after) if after is not None else None
            if last is not None and last.submitted_at is not None:
                later = and_(CASE.c.submitted_at == last.submitted_at, CASE.c.id > last.id)
                query = query.where(or_(CASE.c.submitted_at > last.submitted_at, later))
            page = query.order_by(CASE.c.submitted_at, CASE.c.id).limit(max(1, min(limit, QUEUE_MAX)))
            return [queue_entry(row, verdicts=row.given, now=now) for row in connection.execute(page)]

    def claim(self, case_id: str, operator: str) -> ReviewView:
        """Take a case for the lease; of two operators who try at once, one gets it.

        Raises:
            CaseTakenError: Another holds it, or it no longer waits.
            OwnCaseError: It is the operator's own, or they judged it in this round already.
        """
        now = self._clock()
        with self._database.write() as uow:
            uow.serialise(case_lock(case_id))
            row = case_row(uow, case_id)
            self._check_impartial(uow, row, operator)
            free = or_(
                CASE.c.state == CaseState.SUBMITTED.value,
                CASE.c.claimed_until <= now,
                CASE.c.claimed_by == operator,
            )
            taken = uow.update(
                update(CASE)
                .where(CASE.c.id == case_id, CASE.c.state.in_(WAITING), CASE.c.provider.is_(None), free)
                .values(
                    state=CaseState.CLAIMED.value, claimed_by=operator, claimed_until=now + self.rules.lease
                )
            )
            if taken != 1:
                msg = "This case is held by another operator, or no longer waits."
                raise CaseTakenError(msg, mend="Take the next one.")
            add_event(uow, case_id, "claimed", actor=operator, at=now)
            view = self._view(uow, case_row(uow, case_id))
            uow.commit()
        return view

    def open(self, case_id: str, operator: str) -> ReviewView:
        """Return a case this operator holds.

        Raises:
            NotYourCaseError: They do not hold it, or hold it no more.
        """
        with self._database.read(snapshot=True) as connection:
            row = case_row(connection, case_id)
            self._check_held(row, operator)
            return self._view(connection, row)

    def release(self, case_id: str, operator: str) -> None:
        """Give a case back to the queue.

        Raises:
            NotYourCaseError: They do not hold it, or hold it no more.
        """
        now = self._clock()
        with self._database.write() as uow:
            uow.serialise(case_lock(case_id))
            self._check_held(case_row(uow, case_id), operator)
            freed = {"state": CaseState.SUBMITTED.value, "claimed_by": None, "claimed_until": None}
            uow.execute(update(CASE).where(CASE.c.id == case_id).values(**freed))
            add_event(uow, case_id, "released", actor=operator, at=now)
            uow.commit()

    def picture(self, case_id: str, part: Part, operator: str) -> tuple[str, bytes]:
        """Return media type and bytes; only for the operator who holds the case, and on record.

        Raises:
            NotYourCaseError: They do not hold it, or hold it no more.
            NotFoundError: The case has no such picture.
            ErasedError: It was erased.
        """
        with self._database.write() as uow:
            uow.serialise(case_lock(case_id))
            row = case_row(uow, case_id)
            self._check_held(row, operator)
            media = media_of(media_rows(uow, case_id)).get(part)
            if media is None:
                msg = "This case has no such picture."
                raise NotFoundError(msg, mend="Look at the parts it has.")
            # On record before anything is shown.
            add_event(
                uow, case_id, "picture_seen", actor=operator, at=self._clock(), facts={"part": part.value}
            )
            uow.commit()
        return media.media_type, self._images.get(row, part, media.blob_key)

    def decide(
        self,
        case_id: str,
        operator: str,
        verdict: Verdict,
        *,
        reason: str = "",
        checks: Mapping[str, bool] | None = None,
        level: Level | None = None,
        again: Collection[Part] = (),
    ) -> CaseView:
        """Decide a case this operator holds.

        Args:
            case_id: The case.
            operator: Who decides.
            verdict: Approve, refuse, or ask for something to be made again.
            reason: Words for the person; required unless approving.
            checks: Every key of `ReviewView.checklist`, all true, to approve.
            level: Level the proofing reaches; by default the highest that the case can.
            again: Parts to be made again; empty means all.

        Raises:
            AlreadyDecidedError: A verdict holds and is not changed.
            NotYourCaseError: They do not hold it, or hold it no more.
            VerdictError: Something the verdict needs is missing.
        """
        now = self._clock()
        with self._database.write() as uow:
            uow.serialise(case_lock(case_id))
            row = case_row(uow, case_id)
            if row.ended_at is not None:
                msg = "This identity case was decided, or ended, before."
                raise AlreadyDecidedError(msg, mend="A verdict is not changed; a new case can be opened.")
            self._check_held(row, operator)
            parts = tuple(media_of(media_rows(uow, case_id)))
            decision = checked_decision(
                row,
                parts,
                operator=operator,
                verdict=verdict,
                reason=reason,
                checks=checks or {},
                level=level,
                again=again,
                at=now,
                rules=self.rules,
            )
            view = self.verdicts.give(uow, row, decision)
            uow.commit()
        return view

    def _check_held(self, row: Row[Any], operator: str) -> None:
        held = row.state == CaseState.CLAIMED.value and row.claimed_by == operator
        if not held or row.claimed_until <= self._clock():
            msg = "You do not hold this case, or no longer."
            raise NotYourCaseError(msg, mend="Take it again, if it still waits.")

    @staticmethod
    def _check_impartial(uow: UnitOfWork, row: Row[Any], operator: str) -> None:
        judged = select(VERDICT.c.operator).where(VERDICT.c.case_id == row.id, VERDICT.c.round == row.round)
        concerned = [row.party_id, *uow.execute(judged).scalars()]
        # Whoever was known as two parties is one operator all the same.
        standing = standing_ids(uow.connection, [operator, *concerned])
        if standing[operator] in {standing[each] for each in concerned}:
            msg = "You cannot judge this case: it is yours, or you judged it already."
            raise OwnCaseError(msg, mend="Leave it to another operator.")

    def _view(self, source: Any, row: Row[Any]) -> ReviewView:
        media = media_rows(source, row.id)
        facts = self._images.unseal(row.id, row.wrapped_key, row.sealed)
        mrz = mrz_of(facts, at=row.submitted_at or row.opened_at)
        parts = tuple(media_of(media))
        return ReviewView(
            case=view_of(row, media, facts),
            title=title_fields(mrz),
            mrz_lines=mrz.lines if mrz else (),
            flags=tuple(Flag(slug=flag["slug"], facts=flag["facts"]) for flag in row.flags),
            checklist=checklist_for(parts),
            level_max=level_max(parts, self.rules),
            history=history_of(verdict_rows(source, row.id), row),
            claimed_until=row.claimed_until,
        )
