"""The operators' desk: the one way by which operators act, whatever screen or command asks.

Session, role, reason and the second person are judged here; then the act is written down as begun, carried
out by the kernel's own service, and written down again with what became of it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lre_kit.errors import LreError, UnlawfulActError
from lre_kit.failpoints import declare, failpoint
from lre_kit.operators.carrying import Work, carry_out, expect_possible, kind_of, label_of, told_of
from lre_kit.operators.entrance import Entrance
from lre_kit.operators.errors import NotAllowedError, NotForYouError, OvertakenError
from lre_kit.operators.journal import OperatorJournal, last_done
from lre_kit.operators.rules import RULES, Act, View, may, may_see
from lre_kit.operators.two_people import TwoPeople
from lre_kit.operators.values import OperatorSession, Outcome, Proposal, ProposalState, checked_reason
from lre_kit.store.database import OutcomeUnknownError, UnitOfWork

if TYPE_CHECKING:
    from lre_kit.office import PostOffice

declare("operators.begun", "operators.carried_out")

ALONE = "alone"
"""Stands for the second person in an office where operators work alone (`operator_entrance` is local)."""


BULK = "bulk:"
"""Begins the subject of an act on many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acted:
    """What came of asking for an act: it was done, or waits for a second operator.

    Attributes:
        answer: What the kernel's service answered.
        proposal: What waits, if it takes two.
    """

    answer: Any = field(default=None, repr=False)
    proposal: Proposal | None = None


class OperatorDesk:
    """Judges, writes down, carries out."""

    alone = ALONE

    def __init__(
        self, office: "PostOffice", *, entrance: Entrance, journal: OperatorJournal, two_people: TwoPeople
    ) -> None:
        """Act on an office."""
        self._office = office
        self._entrance = entrance
        self._journal = journal
        self._two = two_people

    def expect_view(self, session: OperatorSession, view: View) -> OperatorSession:
        """Return a session with its present roles, if they may look at something.

        Raises:
            NotSignedInError: The session is over.
            NotForYouError: No role of the operator's allows it.
        """
        present = self._entrance.check(session)
        if not may_see(present.roles, view):
            raise NotForYouError(view)
        return present

    def act(
        self,
        session: OperatorSession,
        act: Act,
        subject_id: str,
        *,
        reason: str = "",
        facts: Mapping[str, Any] | None = None,
    ) -> Acted:
        """Carry an act out, or propose it where it takes two.

        Args:
            session: Who acts.
            act: What is done.
            subject_id: To what: the id of a letter, consent, case or means, the key of a duty, the number
                of a batch or item; ``log``.
            reason: Why.
            facts: What the act needs besides.

        Raises:
            NotSignedInError: The session is over.
            NotAllowedError: No role of the operator's allows it; the try stands in the journal.
            OvertakenError: Another operator was quicker.
            LreError: As the kernel's service says.
        """
        label = label_of(self._office, act, subject_id)
        present = self.expect_allowed(session, act, subject_id, label)
        why = checked_reason(reason, is_asked=RULES[act].asks_reason)
        work = Work(
            office=self._office,
            act=act,
            subject_id=subject_id,
            operator=present.name,
            reason=why,
            facts=facts or {},
        )
        if not RULES[act].takes_two:
            return Acted(answer=self.carry_out(work, label))
        if present.is_local:
            return Acted(answer=self.carry_out(work, label, second=ALONE))
        with self._telling_who(work):
            expect_possible(work)
        with self._office.database.write() as uow:
            proposal_id = self.propose(
                uow, act, _subject(work), label, facts=work.facts, reason=why, operator=present.name
            )
            uow.commit()
        return Acted(proposal=self._two.by_id(proposal_id))

    def propose(
        self,
        uow: UnitOfWork,
        act: Act,
        subject: str,
        label: str,
        *,
        reason: str,
        operator: str,
        facts: Mapping[str, Any] | None = None,
    ) -> str:
        """Queue a proposal and its line in the journal, and return its id.

        Raises:
            AlreadyProposedError: The same waits already.
        """
        proposal_id = self._two.propose(
            uow, act, subject=subject, label=label, facts=facts or {}, reason=reason, operator=operator
        )
        self._journal.begin(
            uow, f"{act.value}.propose", subject=subject, label=label, operator=operator, reason=reason,
            at=self._office.clock(), outcome=Outcome.DONE,
        )  # fmt: skip
        return proposal_id

    def agree(self, session: OperatorSession, proposal_id: str, *, reason: str = "") -> Acted:
        """Agree to what another operator proposed, and carry it out.

        Raises:
            NotSignedInError: The session is over.
            NotAllowedError: No role of the operator's allows the act.
            SecondPersonError: They proposed it themselves.
            OvertakenError: Another settled it before.
            LreError: As the kernel's service says; the proposal is then settled, and can be made anew.
        """
        present = self._entrance.check(session)
        found = self._two.by_id(proposal_id)
        subject_id = found.subject.partition(":")[2]
        self._expect_role(present, found.act, subject_id, found.label)
        why = checked_reason(reason, is_asked=False)
        work = Work(
            office=self._office,
            act=found.act,
            subject_id=subject_id,
            operator=found.proposed_by,
            reason=found.reason,
            facts=found.facts,
        )

        def settle(uow: Any) -> None:
            self._two.settle(uow, proposal_id, operator=present.name, state=ProposalState.AGREED, reason=why)

        if found.subject.startswith(BULK):
            bulk = self._office.operators.bulk
            return Acted(answer=bulk.agreed(subject_id, second=present.name, settle=settle))
        return Acted(answer=self.carry_out(work, found.label, second=present.name, first=settle))

    def decline(self, session: OperatorSession, proposal_id: str, *, reason: str) -> None:
        """Decline what another proposed, or take back what one proposed oneself.

        Raises:
            NotSignedInError: The session is over.
            NotAllowedError: No role of the operator's allows the act.
            OvertakenError: Another settled it before.
        """
        present = self._entrance.check(session)
        found = self._two.by_id(proposal_id)
        self._expect_role(present, found.act, found.subject.partition(":")[2], found.label)
        why = checked_reason(reason)
        with self._office.database.write() as uow:
            self._two.settle(
                uow, proposal_id, operator=present.name, state=ProposalState.DECLINED, reason=why
            )
            self._journal.begin(
                uow, f"{found.act.value}.decline", subject=found.subject, label=found.label,
                operator=present.name, reason=why, at=self._office.clock(), outcome=Outcome.DONE,
            )  # fmt: skip
            if found.subject.startswith(BULK):
                self._office.operators.bulk.declined(uow, found.subject.removeprefix(BULK))
            uow.commit()

    def expect_allowed(
        self, session: OperatorSession, act: Act, subject_id: str, label: str
    ) -> OperatorSession:
        """Return a session with its present roles, if they allow an act; a refusal stands in the journal.

        Raises:
            NotSignedInError: The session is over.
            NotAllowedError: No role of the operator's allows it.
        """
        present = self._entrance.check(session)
        self._expect_role(present, act, subject_id, label)
        return present

    def _expect_role(self, session: OperatorSession, act: Act, subject_id: str, label: str) -> None:
        if may(session.roles, act):
            return
        with self._office.database.write() as uow:
            self._journal.begin(
                uow, act.value, subject=f"{kind_of(act)}:{subject_id}"[:160], label=label,
                operator=session.name, reason="", at=self._office.clock(), outcome=Outcome.REFUSED,
                error=NotAllowedError.slug,
            )  # fmt: skip
            uow.commit()
        raise NotAllowedError(act)

    def carry_out(
        self,
        work: Work,
        label: str,
        *,
        second: str = "",
        first: Callable[[UnitOfWork], None] | None = None,
        last: Callable[[UnitOfWork], None] | None = None,
    ) -> Any:
        """Write down an act that was judged, carry it out, and write down what became of it.

        Args:
            work: The act.
            label: Its subject's name for people.
            second: Who agreed.
            first: Joins the transaction that writes it down as begun.
            last: Joins the one that writes it down as done.

        Raises:
            LreError: As the kernel's service says.
        """
        database, clock = self._office.database, self._office.clock
        told = told_of(work)
        with database.write() as uow:
            if first is not None:
                first(uow)
            act_id = self._journal.begin(
                uow, work.act.value, subject=_subject(work), label=label, operator=work.operator,
                second=second, reason=work.reason, at=clock(), told=told,
            )  # fmt: skip
            uow.commit()
        failpoint("operators.begun")
        try:
            with self._telling_who(work):
                answer = carry_out(work)
        except OutcomeUnknownError:
            # It may have been done: the journal goes on saying that it was begun.
            raise
        except LreError as error:
            self._end(act_id, Outcome.REFUSED, error=error.slug)
            raise
        failpoint("operators.carried_out")
        self._end(act_id, Outcome.DONE, also=last)
        return answer

    def _end(
        self,
        act_id: str,
        outcome: Outcome,
        *,
        error: str = "",
        also: Callable[[UnitOfWork], None] | None = None,
    ) -> None:
        with self._office.database.write() as uow:
            if also is not None:
                also(uow)
            self._journal.end(uow, act_id, outcome, at=self._office.clock(), error=error)
            uow.commit()

    def _telling_who(self, work: Work) -> "_TellingWho":
        return _TellingWho(self._office, work)


class _TellingWho:
    """Where an act comes too late because another operator was quicker, says who and when."""

    def __init__(self, office: "PostOffice", work: Work) -> None:
        self._office = office
        self._work = work

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if not isinstance(error, UnlawfulActError):
            return
        with self._office.database.read() as connection:
            last = last_done(connection, _subject(self._work))
        if last is not None and last.act == self._work.act:
            raise OvertakenError(act=self._work.act, name=last.operator, at=last.at) from error


def _subject(work: Work) -> str:
    return f"{kind_of(work.act)}:{work.subject_id}"[:160]
