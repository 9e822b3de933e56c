"""Delivery reports taken in: each by itself, each once, and only a sure failure changes a letter.

A report counts for the letter that its return path names, and for the notice that it names: one of an
address that was corrected since, of a letter that has its end, or of a mere reminder, is kept and changes
nothing. One whose return path is not the office's own is counted and not believed.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select

from lre_kit.carriers.delivery_reports import DeliveryReport, ReportKind, read_report
from lre_kit.carriers.return_paths import PRE_NOTICE, Returned, ReturnPaths
from lre_kit.carriers.rows import MailReportRow
from lre_kit.clock import Clock
from lre_kit.errors import NotFoundError
from lre_kit.failpoints import declare, failpoint
from lre_kit.law.pre_notices import PreNoticeState
from lre_kit.letters import commands
from lre_kit.letters.desk import Desk
from lre_kit.letters.notice_failure import plan_telling_of_pre_notice
from lre_kit.letters.phases import Phase
from lre_kit.letters.pre_notices import settle_pre_notice, was_corrected_since
from lre_kit.letters.reading import Reading, read_letter
from lre_kit.letters.state import LetterState
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database, UniqueViolation, UnitOfWork
from lre_kit.store.inserts import table_of

declare("bounce.read", "bounce.taken")

_REPORT = table_of(MailReportRow)
_ABOUT_DELIVERY = frozenset({ReportKind.FAILED, ReportKind.DELAYED, ReportKind.DELIVERED, ReportKind.RELAYED})


class Outcome(StrEnum):
    """What a report led to."""

    NOTICE_FAILED = "notice_failed"
    """The letter's notice failed (C.2), and its sender is told."""
    PRE_NOTICE_FAILED = "pre_notice_failed"
    """Word that the letter is coming did not arrive: its sender is told, and the letter is as it was."""
    NOTED = "noted"
    """It says nothing that changes the letter."""
    LATE = "late"
    """The notice failed, but the letter has its end, its window is over, or its address was corrected."""
    FOREIGN = "foreign"
    """It came to no return path of this office: anybody may have written it."""
    UNREADABLE = "unreadable"
    """What it says of the delivery is not clear; an operator may look at it."""
    KNOWN = "known"
    """It was taken before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenReport:
    """A report that was taken in."""

    outcome: Outcome
    kind: ReportKind
    letter_id: str | None
    status: str
    words: str
    received_at: datetime


class Bounces:
    """Takes delivery reports in."""

    def __init__(
        self, database: Database, *, clock: Clock, paths: ReturnPaths, desk: Desk, reading: Reading
    ) -> None:
        """Work on `database` by the office's `clock`; `paths` reads return paths."""
        self._database = database
        self._clock = clock
        self._paths = paths
        self._desk = desk
        self._reading = reading

    def take(self, raw: bytes, *, to: str = "") -> TakenReport:
        """Take a message of the mailbox of reports in; the same one again changes nothing.

        Args:
            raw: The message, as it arrived.
            to: The envelope's recipient, if the mail server told it.

        Raises:
            StoreUnavailableError: The database does not answer; the message should be given again.
        """
        report, digest = read_report(raw, to=to), hashlib.sha256(raw).hexdigest()
        returned = self._returned(report)
        failpoint("bounce.read")
        if self._is_known(digest):
            return self._answer(report, Outcome.KNOWN, returned)
        try:
            if returned is None:
                outcome = Outcome.FOREIGN
                if report.kind is ReportKind.UNREADABLE:
                    outcome = Outcome.UNREADABLE
                with self._database.write() as uow:
                    self._keep(uow, report, digest, outcome, None)
                    uow.commit()
            else:
                outcome = self._about(report, digest, returned)
        except UniqueViolation:
            # Another process takes the same message at this moment.
            return self._answer(report, Outcome.KNOWN, returned)
        failpoint("bounce.taken")
        return self._answer(report, outcome, returned)

    def newest(self, *, limit: int = 100, letter_id: str | None = None) -> list[TakenReport]:
        """Return reports, the newest first.

        Args:
            limit: Most that are returned.
            letter_id: Only those about this letter; by default all.
        """
        query = select(_REPORT).order_by(_REPORT.c.received_at.desc(), _REPORT.c.id.desc()).limit(limit)
        if letter_id is not None:
            query = query.where(_REPORT.c.letter_id == letter_id)
        with self._database.read() as connection:
            return [
                TakenReport(
                    outcome=Outcome(row.outcome),
                    kind=ReportKind(row.kind),
                    letter_id=row.letter_id,
                    status=row.status,
                    words=row.words,
                    received_at=row.received_at,
                )
                for row in connection.execute(query)
            ]

    def _returned(self, report: DeliveryReport) -> Returned | None:
        found = next((path for path in self._paths_of(report)), None)
        if found is None:
            return None
        try:
            self._reading.by_id(found.letter_id)
        except NotFoundError:
            return None
        return found

    def _paths_of(self, report: DeliveryReport) -> Iterator[Returned]:
        for address in report.addresses:
            if (found := self._paths.read(address)) is not None:
                yield found

    def _about(self, report: DeliveryReport, digest: str, returned: Returned) -> Outcome:
        """Keep a report about a letter, and let its notice fail if the report is sure and in time."""
        found = Outcome.NOTED
        if report.kind is ReportKind.UNREADABLE:
            found = Outcome.UNREADABLE

        def choose(state: LetterState) -> commands.Command | None:
            nonlocal found
            if report.kind is not ReportKind.FAILED or returned.reminder:
                return None
            if returned.notice == PRE_NOTICE:
                found = Outcome.PRE_NOTICE_FAILED if state.phase is Phase.DEPOSITED else Outcome.LATE
                return None
            if not self._is_in_time(state, returned):
                found = Outcome.LATE
                return None
            found = Outcome.NOTICE_FAILED
            return commands.FailNotification(detail=f"{report.status} {report.words}".strip())

        def keeping(uow: UnitOfWork, _: LetterState) -> None:
            nonlocal found
            if found is Outcome.PRE_NOTICE_FAILED:
                letter = read_letter(uow.connection, returned.letter_id)
                found = Outcome.LATE if was_corrected_since(uow, letter) else found
            self._keep(uow, report, digest, found, returned)
            if found is Outcome.PRE_NOTICE_FAILED:
                letter_id, at = returned.letter_id, self._clock()
                settle_pre_notice(uow, letter_id, PreNoticeState.FAILED, at=at)
                answer = f"{report.status} {report.words}".strip()
                plan_telling_of_pre_notice(uow, letter_id, answer=answer, at=at)

        self._desk.paper_act(returned.letter_id, choose, also=keeping)
        return found

    def _is_in_time(self, state: LetterState, returned: Returned) -> bool:
        open_now = state.phase in {Phase.NOTIFIED, Phase.CHOOSING} and state.notices == returned.notice
        return open_now and (state.window_closes_at is None or self._clock() < state.window_closes_at)

    def _is_known(self, digest: str) -> bool:
        with self._database.read() as connection:
            return connection.scalar(select(_REPORT.c.id).where(_REPORT.c.digest == digest)) is not None

    def _keep(
        self, uow: UnitOfWork, report: DeliveryReport, digest: str, outcome: Outcome, about: Returned | None
    ) -> None:
        said = about is not None and report.kind in _ABOUT_DELIVERY
        uow.add(
            MailReportRow,
            id=new_id(),
            digest=digest,
            kind=report.kind.value,
            outcome=outcome.value,
            letter_id=about.letter_id if about else None,
            notice=about.notice if about else None,
            status=report.status if said else "",
            words=report.words if said else "",
            received_at=self._clock(),
        )

    def _answer(self, report: DeliveryReport, outcome: Outcome, about: Returned | None) -> TakenReport:
        return TakenReport(
            outcome=outcome,
            kind=report.kind,
            letter_id=about.letter_id if about else None,
            status=report.status,
            words=report.words,
            received_at=self._clock(),
        )
