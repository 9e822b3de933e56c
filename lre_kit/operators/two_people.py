"""Acts that take two: proposed by one operator, agreed to or declined by another.

One of a kind waits per subject. Agreeing is a conditional update: of two who agree at once one is first, and
nobody agrees to what they proposed themselves.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, select, update

from lre_kit.clock import Clock
from lre_kit.errors import NotFoundError, UnlawfulActError
from lre_kit.operators.errors import OvertakenError, SecondPersonError
from lre_kit.operators.rows import TwoPeopleRow
from lre_kit.operators.rules import RULES, Act
from lre_kit.operators.values import Proposal, ProposalState
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database, UniqueViolation
from lre_kit.store.inserts import table_of
from lre_kit.store.unit import UnitOfWork

WAITS = timedelta(days=7)
"""How long a proposal waits for a second operator."""

_TWO = table_of(TwoPeopleRow)
_COLUMNS = tuple(_TWO.c[name] for name in Proposal.__slots__)


class AlreadyProposedError(UnlawfulActError):
    """The same act on the same subject waits for a second operator already."""

    slug = "operator-already-proposed"


class TwoPeople:
    """Keeps proposals; the desk judges roles and carries out."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        """Work on `database`."""
        self._database = database
        self._clock = clock

    def propose(
        self,
        uow: UnitOfWork,
        act: Act,
        *,
        subject: str,
        label: str,
        facts: Mapping[str, Any],
        reason: str,
        operator: str,
    ) -> str:
        """Write a proposal, and return its id; one that ran out makes way.

        Raises:
            AlreadyProposedError: One is open.
        """
        now, key = self._clock(), f"{act.value}:{subject}"
        over = (_TWO.c.open_key == key, _TWO.c.expires_at <= now)
        uow.execute(update(_TWO).where(*over).values(open_key=None))
        proposal_id = new_id()
        try:
            uow.add(
                TwoPeopleRow,
                id=proposal_id,
                act=act.value,
                subject=subject,
                label=label,
                facts=dict(facts),
                reason=reason,
                proposed_by=operator,
                proposed_at=now,
                expires_at=now + WAITS,
                state=ProposalState.OPEN.value,
                open_key=key,
                decided_by="",
                decided_at=None,
                decision_reason="",
            )
            uow.flush()
        except UniqueViolation:
            msg = f"It is proposed already: {RULES[act].english}."
            raise AlreadyProposedError(msg, mend="A second operator agrees or declines.") from None
        return proposal_id

    def settle(
        self, uow: UnitOfWork, proposal_id: str, *, operator: str, state: ProposalState, reason: str
    ) -> None:
        """Agree to a proposal, or decline it; whoever proposed it may decline it, that takes it back.

        Raises:
            NotFoundError: There is none.
            SecondPersonError: Who agrees proposed it.
            OvertakenError: Another settled it before.
            UnlawfulActError: It has run out.
        """
        now = self._clock()
        lawful = [_TWO.c.id == proposal_id, _TWO.c.state == ProposalState.OPEN.value, _TWO.c.expires_at > now]
        if state is ProposalState.AGREED:
            lawful.append(_TWO.c.proposed_by != operator)
        values = {"state": state.value, "open_key": None, "decided_by": operator, "decided_at": now}
        # What was proposed may be personal; once it is settled it is of no more use here.
        done = update(_TWO).where(*lawful).values(**values, decision_reason=reason, facts={})
        if uow.update(done) == 1:
            return
        found = _proposal(uow.execute(select(*_COLUMNS).where(_TWO.c.id == proposal_id)).first())
        if found.state is not ProposalState.OPEN and found.decided_at is not None:
            raise OvertakenError(act=found.act, name=found.decided_by, at=found.decided_at)
        if found.is_open(now):
            raise SecondPersonError
        msg = "This proposal has run out."
        raise UnlawfulActError(msg, mend="Propose it again.")

    def by_id(self, proposal_id: str) -> Proposal:
        """Return a proposal.

        Raises:
            NotFoundError: There is none.
        """
        with self._database.read() as connection:
            return _proposal(connection.execute(select(*_COLUMNS).where(_TWO.c.id == proposal_id)).first())

    def waiting(self, *, limit: int = 200) -> list[Proposal]:
        """Return what waits for a second operator, the oldest first."""
        is_open = (_TWO.c.state == ProposalState.OPEN.value, _TWO.c.expires_at > self._clock())
        query = select(*_COLUMNS).where(*is_open).order_by(_TWO.c.id).limit(limit)
        with self._database.read() as connection:
            return [_proposal(row) for row in connection.execute(query)]


def _proposal(row: Row[Any] | None) -> Proposal:
    if row is None:
        msg = "There is no such proposal."
        raise NotFoundError(msg, mend="Look at what waits for a second operator.")
    return Proposal(**row._asdict() | {"act": Act(row.act), "state": ProposalState(row.state)})
