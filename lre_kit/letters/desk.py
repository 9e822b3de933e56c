"""The desk: the acts of a letter. Each is one transaction that writes everything or nothing.

An act is decided inside its write, under a lock on the letter: the journal is read, the pure
lifecycle decides, and event, evidence, projection and duties go in together. Two acts at once are
thus decided one after the other, and the second sees the first.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, update

from lre_kit.clock import Clock
from lre_kit.errors import InvalidAddressError, RequirementError
from lre_kit.failpoints import declare, failpoint
from lre_kit.identifiers.identified import Identified
from lre_kit.identifiers.rows import CodeRow
from lre_kit.law.events import DECISIVE, ErdsEvent
from lre_kit.law.products import Product
from lre_kit.law.reminders import reminder_times
from lre_kit.letters import commands
from lre_kit.letters.closing import closing
from lre_kit.letters.effects import PROVIDER, plan_after, project
from lre_kit.letters.finding_rows import LetterWordRow, words_rows
from lre_kit.letters.holds import Holds
from lre_kit.letters.intake import Intake
from lre_kit.letters.lifecycle import decide
from lre_kit.letters.notice_duty import Correction, hold_back_notice, plan_notice
from lre_kit.letters.own_rows import MisdirectedRow
from lre_kit.letters.phases import Phase
from lre_kit.letters.pre_notices import expect_pre_notice_not_leaving, leave_out_pre_notice
from lre_kit.letters.reading import read_letter, state_of
from lre_kit.letters.reminders import plan_reminders, stop_reminders
from lre_kit.letters.rows import LetterRow
from lre_kit.letters.state import Event, LetterState, evolve
from lre_kit.letters.values import Letter
from lre_kit.observing.context import binding
from lre_kit.parties.values import checked_address
from lre_kit.postroom.holding import expect_not_leaving
from lre_kit.proofs.sealing.recorder import Recorder
from lre_kit.store.agenda import Duty, fulfil
from lre_kit.store.database import Database, UnitOfWork
from lre_kit.store.inserts import table_of

declare("act.locked", "act.decided", "act.before_commit", "act.after_commit")

Decision = Callable[[LetterState], commands.Command | None]
"""Chooses the command from the state found under the lock; nothing means: leave it as it is."""

Also = Callable[[UnitOfWork, LetterState], None]
"""Writes more in the act's own transaction, given the state after it."""

First = Callable[[UnitOfWork, Letter, LetterState], None]
"""Looks and writes under the letter's lock, before anything is decided."""

Guard = Callable[[UnitOfWork, Letter], None]
"""Looks at the letter under its lock, before the act; what it raises refuses the act."""

_LETTER, _WORD = table_of(LetterRow), table_of(LetterWordRow)
_MISDIRECTED, _CODE = table_of(MisdirectedRow), table_of(CodeRow)


class Desk:
    """Takes deposits and carries out every later act."""

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock,
        recorder: Recorder,
        intake: Intake,
        reminders: tuple[int, ...] = (),
        may_act: Callable[[], None] = lambda: None,
    ) -> None:
        """Wire the desk to its store, clock, evidence recorder and intake.

        Args:
            database: Where letters are.
            clock: The office's clock.
            recorder: Makes evidence of each act.
            intake: Takes deposits.
            reminders: When to remind, as in the law.
            may_act: Raises while nothing may be done to any letter.
        """
        self._may_act = may_act
        self._reminders = reminders
        self._database = database
        self._clock = clock
        self._recorder = recorder
        self.deposit = intake.deposit
        self.deposit_many = intake.deposit_many
        self.deposit_all = intake.deposit_all
        self.check_deposit = intake.check
        self.refused_deposits = intake.refused
        self.open_document = intake.open_document
        self.holds = Holds(database, clock=clock)
        self.hold = self.holds.hold
        self.release_hold = self.holds.release

    def notified(
        self, letter_id: str, *, duty: Duty | None = None, corrector: Mapping[str, Any] | None = None
    ) -> Letter:
        """Record that the notice left (C.1): the window opens, its closing goes on the agenda.

        Args:
            letter_id: The letter.
            duty: What is fulfilled thereby.
            corrector: Who corrected the address it went to: another window opens, whether or not one was.
        """
        email = self._address(letter_id) if corrector is not None else ""

        def choose(state: LetterState) -> commands.Command | None:
            if corrector is not None:
                return commands.CorrectAddress(email=email) if self._may_correct(state) else None
            return None if state.decided_at or state.phase is None or _is_open(state) else commands.Notify()

        return self._act(letter_id, (choose,), actor=corrector or PROVIDER, duty=duty)

    def notice_failed(
        self, letter_id: str, *, words: str, duty: Duty | None = None, corrected: bool = False
    ) -> Letter:
        """Record that the recipient's server refuses the notice (C.2); `words` are the server's.

        One to a corrected address ends the window of the address before it: nobody reads that any more.
        """

        def choose(state: LetterState) -> commands.Command | None:
            if corrected:
                failed = commands.FailNotification(detail=words)
                return failed if self._may_correct(state) else None
            return None if state.decided_at or _is_open(state) else commands.FailNotification(detail=words)

        return self._act(letter_id, (choose,), actor=PROVIDER, duty=duty)

    def correct_address(
        self, letter_id: str, email: str, *, actor: Mapping[str, Any], guard: Guard | None = None
    ) -> Letter:
        """Correct the recipient's address: a new notice goes to it, and opens a new window when it leaves.

        Until then the window of the old address, if one is open, goes on; codes already go to the new one,
        and the codes and words of who read the old one end.

        Raises:
            InvalidAddressError: It cannot be an address, or is the present one.
            AlreadyDecidedError: The letter has its end, or the window is over.
            UnlawfulActError: The letter takes another way (paper).
            NoticeLeavingError: A notice or a pre-notice is leaving at this moment.
        """
        email = checked_address(email, whose="recipient")

        def planning(uow: UnitOfWork, letter: Letter, state: LetterState) -> None:
            now = self._clock()
            if guard is not None:
                guard(uow, letter)
            if email == letter.recipient.email:
                msg = "This is the address that the letter has."
                raise InvalidAddressError(msg, mend="Give the corrected one.")
            decide(state, commands.CorrectAddress(email=email), letter.requirements, now)
            hold_back_notice(uow, letter_id, number=state.notices + 1, at=now)
            expect_pre_notice_not_leaving(uow, letter, at=now)
            uow.execute(update(_LETTER).where(_LETTER.c.id == letter_id).values(recipient_email=email))
            # What the reader of the address before said or was sent counts for nobody any more.
            uow.execute(delete(_MISDIRECTED).where(_MISDIRECTED.c.letter_id == letter_id))
            uow.execute(
                update(_CODE)
                .where(_CODE.c.letter_id == letter_id, _CODE.c.expires_at > now)
                .values(expires_at=now)
            )
            uow.execute(delete(_WORD).where(_WORD.c.letter_id == letter_id))
            corrected = replace(letter, recipient=replace(letter.recipient, email=email))
            uow.add_all(LetterWordRow, words_rows(corrected))
            uow.flush()
            # A first notice that was planned for later still leaves then.
            at = max(now, letter.notify_at) if letter.notify_at and not state.notices else now
            correction = Correction(actor=actor, at=now)
            plan_notice(uow, letter_id, number=state.notices + 1, at=at, correction=correction)

        return self._act(letter_id, (), actor=actor, first=planning)

    def withdraw(self, letter_id: str, *, actor: Mapping[str, Any], guard: Guard | None = None) -> Letter:
        """Take a letter back whose notice has not left (A.2 with reason WithdrawnBySender).

        Raises:
            NoticeLeavingError: The notice is leaving at this moment, or may have left.
            UnlawfulActError: The recipient was told already.
        """

        def holding_back(uow: UnitOfWork, letter: Letter, state: LetterState) -> None:
            if guard is not None:
                guard(uow, letter)
            hold_back_notice(uow, letter.id, number=state.notices + 1, at=self._clock())
            leave_out_pre_notice(uow, letter, at=self._clock())
            if letter.product is Product.HYBRID:
                expect_not_leaving(uow, letter.id)

        return self._act(letter_id, (lambda _: commands.Withdraw(),), actor=actor, first=holding_back)

    def _address(self, letter_id: str) -> str:
        with self._database.read() as connection:
            return read_letter(connection, letter_id).recipient.email

    def _may_correct(self, state: LetterState) -> bool:
        closes_at = state.window_closes_at
        is_over = _is_open(state) and closes_at is not None and self._clock() >= closes_at
        return not (state.decided_at or state.phase is None or is_over)

    def accept(self, letter_id: str, identified: Identified, *, email: str | None = None) -> Letter:
        """Accept as the identified recipient: C.3, then content is consigned and handed over.

        Args:
            letter_id: The letter.
            identified: Who accepts.
            email: The letter's address when they were identified; corrected meanwhile, it refuses the act.

        Raises:
            AlreadyDecidedError: The letter has its end, or the window is over.
            RequirementError: The identification is not strong enough, or is of another letter or address.
        """
        actor = _recipient(letter_id, identified)

        def accepting(_: LetterState) -> commands.Command:
            return commands.Accept(
                level=identified.level,
                categories=identified.categories,
                proofing_pending=identified.is_pending,
            )

        def handing_over(state: LetterState) -> commands.Command | None:
            return commands.HandOver() if state.identified else None

        first = _still_at(email)
        return self._act(letter_id, (accepting, handing_over), actor=actor, first=first)

    def confirm_identification(
        self, letter_id: str, identified: Identified, *, email: str | None = None
    ) -> Letter:
        """Confirm the identification that was pending at acceptance; the content is then handed over.

        A letter that does not wait for it is left as it is; `email` as for `accept`.

        Raises:
            RequirementError: The identification is not strong enough, or is of another letter or address.
        """

        def confirming(state: LetterState) -> commands.Command | None:
            if state.phase is not Phase.ACCEPTED_PENDING_IDENTIFICATION:
                return None
            return commands.ConfirmIdentification(level=identified.level)

        def handing_over(state: LetterState) -> commands.Command | None:
            return commands.HandOver() if state.phase is Phase.ACCEPTED and state.identified else None

        actor, first = _recipient(letter_id, identified), _still_at(email)
        return self._act(letter_id, (confirming, handing_over), actor=actor, first=first)

    def end_waiting(self, letter_id: str, *, duty: Duty | None = None) -> Letter:
        """Record that an accepted letter is not handed over, for want of identification (D.2).

        Before the end of that time, or where the identification came, nothing is changed.
        """
        now = self._clock()

        def ending(state: LetterState) -> commands.Command | None:
            is_over = state.waits_until is not None and now >= state.waits_until
            return commands.EndWaiting() if is_over else None

        return self._act(letter_id, (ending,), actor=PROVIDER, duty=duty)

    def refuse(self, letter_id: str, identified: Identified, *, email: str | None = None) -> Letter:
        """Refuse as the identified recipient (C.4); `email` and errors as for `accept`."""
        actor, first = _recipient(letter_id, identified), _still_at(email)
        refusing = commands.Refuse(level=identified.level)
        return self._act(letter_id, (lambda _: refusing,), actor=actor, first=first)

    def expire(self, letter_id: str, *, duty: Duty | None = None) -> Letter:
        """Record non-claim (C.5) if the window is over and nothing was decided; else change nothing."""
        now, to_paper = self._clock(), duty is not None and bool(duty.payload.get("to_paper"))

        def choose(state: LetterState) -> commands.Command | None:
            return closing(state, now=now, to_paper=to_paper)

        return self._act(letter_id, (choose,), actor=PROVIDER, duty=duty)

    def choose(self, letter_id: str, *, paper: bool) -> Letter:
        """Record the choice of the recipient of a letter with a choice: its time is evidence.

        Whoever holds the recipient's link may choose: nothing is disclosed by it, and electronic still asks
        for identification, as paper does at the door.

        Raises:
            UnlawfulActError: There is nothing to choose, or not any more.
        """
        command = commands.ChoosePaper() if paper else commands.ChooseElectronic()
        return self._act(letter_id, (lambda _: command,), actor={"role": "recipient", "means": "link"})

    def paper_act(
        self,
        letter_id: str,
        *decisions: Decision,
        actor: Mapping[str, Any] = PROVIDER,
        duty: Duty | None = None,
        also: Also | None = None,
    ) -> Letter:
        """Carry out acts of the paper leg, with what the post room writes beside them.

        Raises:
            UnlawfulActError: The letter's state does not allow it; nothing was changed.
        """
        return self._act(letter_id, decisions, actor=actor, duty=duty, also=also)

    def _act(
        self,
        letter_id: str,
        decisions: tuple[Decision, ...],
        *,
        actor: Mapping[str, Any],
        duty: Duty | None = None,
        first: First | None = None,
        also: Also | None = None,
    ) -> Letter:
        self._may_act()
        with binding(letter_id=letter_id), self._database.write() as uow:
            letter = read_letter(uow.connection, letter_id, lock=True)
            state = before = state_of(uow.connection, letter_id)
            failpoint("act.locked")
            if first is not None:
                first(uow, letter, state)
            now = self._clock()
            for choose in decisions:
                command = choose(state)
                if command is None:
                    continue
                for event in decide(state, command, letter.requirements, now):
                    self._recorder.record(uow, letter=letter, seq=state.version, event=event, actor=actor)
                    state = evolve(state, event)
                    plan_after(uow, letter, event, state)
                    self._plan_reminders(uow, letter, event, state)
            failpoint("act.decided")
            if state.version != before.version:
                project(uow, {letter_id: (before, state)})
            if also is not None:
                also(uow, state)
            if duty is not None:
                fulfil(uow, duty)
            failpoint("act.before_commit")
            uow.commit()
        failpoint("act.after_commit")
        with self._database.read() as connection:
            return read_letter(connection, letter_id)

    def _plan_reminders(self, uow: UnitOfWork, letter: Letter, event: Event, state: LetterState) -> None:
        """Fix when the recipient is reminded as the notice leaves; whoever decided is not reminded."""
        if event.name is ErdsEvent.NOTIFICATION_FOR_ACCEPTANCE and state.window_closes_at is not None:
            zone = ZoneInfo(letter.requirements.time_zone)
            times = reminder_times(event.occurred_at, state.window_closes_at, plan=self._reminders, zone=zone)
            plan_reminders(uow, letter.id, notice=state.notices, times=times)
        elif event.name in DECISIVE:
            stop_reminders(uow, letter.id)


def _still_at(email: str | None) -> First:
    def expect(_: UnitOfWork, letter: Letter, __: LetterState) -> None:
        if email is not None and letter.recipient.email != email:
            msg = "The letter's address was corrected meanwhile."
            raise RequirementError(msg, mend="Open the link in the newest notice, and identify again.")

    return expect


def _is_open(state: LetterState) -> bool:
    return state.phase in {Phase.NOTIFIED, Phase.CHOOSING}


def _recipient(letter_id: str, identified: Identified) -> Mapping[str, Any]:
    if identified.letter_id != letter_id:
        msg = "This identification was made for another letter."
        raise RequirementError(msg, mend="Identify again for this one.")
    return identified.to_actor("recipient")
