"""Acts on many things: a list is frozen, counted, confirmed by its count, and worked through by a job.

What comes into the list later is not touched. Each thing is an act of its own in the journal, carried out as
if its operator had done it alone, so nothing that one act is refused is got by doing many. An act that takes
two takes two here: the second agrees to the frozen list. The job may die at any line and run twice.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import Row, func, select, update

from lre_kit.errors import LreError, NotFoundError, UnlawfulActError
from lre_kit.failpoints import declare, failpoint
from lre_kit.operators import lists
from lre_kit.operators.bulk_values import Bulk, BulkState, Frozen, ItemState
from lre_kit.operators.carrying import Work, label_of
from lre_kit.operators.errors import NotAllowedError, OperatorInputError
from lre_kit.operators.rows import OperatorBulkItemRow, OperatorBulkRow
from lre_kit.operators.rules import IN_BULK, RULES, Act, View, may
from lre_kit.operators.values import OperatorSession, OperatorState, Outcome, checked_reason
from lre_kit.store.agenda import Duty, fulfil, plan
from lre_kit.store.columns import new_id
from lre_kit.store.database import OutcomeUnknownError, UnitOfWork
from lre_kit.store.inserts import table_of

if TYPE_CHECKING:
    from lre_kit.office import PostOffice
    from lre_kit.operators.desk import OperatorDesk

declare("operators.bulk_chunk")

ACTION = "operator_bulk"
"""The duty that works a list through."""

BULK_MAX = 10_000
"""Most things in one list."""

CHUNK = 50
"""Things per run of the duty: far less than a worker's lease."""

PAGE = 500

FILTER_MAX_CHARS = 200

_BULK, _ITEM = table_of(OperatorBulkRow), table_of(OperatorBulkItemRow)


class BulkDesk:
    """Freezes, starts, works through, reports."""

    def __init__(self, office: "PostOffice", desk: "OperatorDesk") -> None:
        """Act through `desk`."""
        self._office = office
        self._desk = desk
        self._database = office.database

    def freeze(self, session: OperatorSession, act: Act, *, text: str = "") -> Frozen:
        """Return the ids of all that a filter finds now.

        Raises:
            NotSignedInError: The session is over.
            NotForYouError: No role of the operator's allows the list.
            OperatorInputError: The act is not done to many, or the list is too long or empty.
        """
        view = _view_of(act)
        self._desk.expect_view(session, view)
        subjects: list[str] = []
        for page in self._pages(view, text):
            subjects += page
            if len(subjects) > BULK_MAX:
                msg = f"More than {BULK_MAX} lines fit."
                raise OperatorInputError(msg, mend="Filter more narrowly, and do it in parts.")
        if not subjects:
            raise OperatorInputError("No line fits.", mend="Filter in another way.")
        return Frozen(act=act, text=text, subjects=tuple(subjects))

    def _pages(self, view: View, text: str) -> Iterator[list[str]]:
        database, before = self._database, cast("Any", None)
        while True:
            found: list[tuple[str, Any]]
            if view is View.LETTERS:
                letters = self._office.reading.all_letters(limit=PAGE, before=before, text=text)
                found = [(letter.id, (letter.deposited_at, letter.id)) for letter in letters]
            elif view is View.AGENDA:
                duties = lists.duties(database, limit=PAGE, before=before, text=text)
                found = [(row["key"], lists.duty_cursor(row)) for row in duties]
            else:
                look = lists.means if view is View.IDENTIFIERS else lists.consents
                rows = look(database, limit=PAGE, before=before, text=text)
                found = [(row["id"], row["id"]) for row in rows]
            yield [subject for subject, _ in found]
            if len(found) < PAGE:
                return
            before = found[-1][1]

    def start(
        self,
        session: OperatorSession,
        frozen: Frozen,
        *,
        typed_count: str,
        reason: str = "",
        facts: Mapping[str, Any] | None = None,
    ) -> Bulk:
        """Start an act on a frozen list, or propose it where it takes two.

        Args:
            session: Who acts.
            frozen: The list.
            typed_count: Its count as the operator typed it to confirm.
            reason: Why.
            facts: What the act needs besides.

        Raises:
            NotSignedInError: The session is over.
            NotAllowedError: No role of the operator's allows it.
            OperatorInputError: The count typed is not the list's, or no reason is given.
        """
        act, bulk_id = frozen.act, new_id()
        label = f"{frozen.count} × {_view_of(act).value}"
        present = self._desk.expect_allowed(session, act, f"bulk:{bulk_id}", label)
        if "".join(typed_count.split()) != str(frozen.count):
            msg = f"The list has {frozen.count} lines; another number was typed."
            raise OperatorInputError(msg, mend="Type the count to confirm; nothing was changed.")
        why = checked_reason(reason, is_asked=RULES[act].asks_reason)
        takes_two = RULES[act].takes_two and not present.is_local
        with self._database.write() as uow:
            uow.add(
                OperatorBulkRow,
                id=bulk_id,
                act=act.value,
                view=_view_of(act).value,
                filter_text=frozen.text[:FILTER_MAX_CHARS],
                total=frozen.count,
                digest=frozen.digest,
                facts=dict(facts or {}),
                reason=why,
                operator=present.name,
                is_local=present.is_local,
                second="",
                state=BulkState.PROPOSED.value,
                round=0,
                act_id=None,
                at=self._office.clock(),
                ended_at=None,
            )
            uow.flush()
            pending = {"bulk_id": bulk_id, "state": ItemState.PENDING.value, "error": ""}
            lines = enumerate(frozen.subjects)
            uow.add_all(
                OperatorBulkItemRow, ({**pending, "place": at, "subject": each} for at, each in lines)
            )
            uow.flush()
            if takes_two:
                self._desk.propose(uow, act, f"bulk:{bulk_id}", label, reason=why, operator=present.name)
            else:
                alone = RULES[act].takes_two
                self._begin(uow, bulk_id, second=self._desk.alone if alone else "")
            uow.commit()
        return self.by_id(bulk_id)

    def agreed(self, bulk_id: str, *, second: str, settle: Callable[[UnitOfWork], None]) -> Bulk:
        """Start what a second operator agreed to."""
        with self._database.write() as uow:
            settle(uow)
            self._begin(uow, bulk_id, second=second)
            uow.commit()
        return self.by_id(bulk_id)

    def declined(self, uow: UnitOfWork, bulk_id: str) -> None:
        """Close what a second operator declined."""
        ended = {"state": BulkState.DECLINED.value, "ended_at": self._office.clock(), "filter_text": ""}
        uow.defer(update(_BULK).where(_BULK.c.id == bulk_id).values(**ended))

    def _begin(self, uow: UnitOfWork, bulk_id: str, *, second: str) -> None:
        row = uow.execute(select(_BULK).where(_BULK.c.id == bulk_id)).one()
        act_id = self._office.operators.journal.begin(
            uow, row.act, subject=f"bulk:{bulk_id}", label=f"{row.total} × {row.view}", operator=row.operator,
            second=second, reason=row.reason, at=self._office.clock(),
            told={"Count": row.total, "Digest": row.digest},
        )  # fmt: skip
        running = {"state": BulkState.RUNNING.value, "second": second, "act_id": act_id}
        uow.defer(update(_BULK).where(_BULK.c.id == bulk_id).values(**running))
        self._plan(uow, bulk_id, 0)

    def _plan(self, uow: UnitOfWork, bulk_id: str, number: int) -> None:
        key = f"{ACTION}:{bulk_id}:{number}"
        plan(uow, key=key, due_at=self._office.clock(), action=ACTION, subject=bulk_id)

    # --- the job ----------------------------------------------------------------------------------

    def run(self, duty: Duty) -> None:
        """Work through the next things, and plan the next run; it may run twice, or die at any line."""
        with self._database.read() as connection:
            bulk = connection.execute(select(_BULK).where(_BULK.c.id == duty.subject)).one()
            open_states = (ItemState.PENDING.value, ItemState.BEGUN.value)
            theirs = (_ITEM.c.bulk_id == bulk.id, _ITEM.c.state.in_(open_states))
            items = connection.execute(
                select(_ITEM).where(*theirs).order_by(_ITEM.c.place).limit(CHUNK)
            ).all()
        for item in items:
            self._carry(bulk, item)
        failpoint("operators.bulk_chunk")
        is_over = len(items) < CHUNK
        with self._database.write() as uow:
            fulfil(uow, duty)
            if is_over:
                self._end(uow, bulk)
            else:
                moved = update(_BULK).where(_BULK.c.id == bulk.id, _BULK.c.round == bulk.round)
                uow.execute(moved.values(round=bulk.round + 1))
                self._plan(uow, bulk.id, bulk.round + 1)
            uow.commit()

    def _end(self, uow: UnitOfWork, bulk: Row[Any]) -> None:
        now = self._office.clock()
        mine = (_BULK.c.id == bulk.id, _BULK.c.state == BulkState.RUNNING.value)
        ended = {"state": BulkState.DONE.value, "ended_at": now, "filter_text": "", "facts": {}}
        if uow.update(update(_BULK).where(*mine).values(**ended)) != 1:
            return
        counted = _counts(uow, [bulk.id]).get(bulk.id, {})
        told = {state.capitalize(): counted.get(state, 0) for state in ("done", "skipped", "failed")}
        self._office.operators.journal.end(uow, bulk.act_id, Outcome.DONE, at=now, told=told)

    def _carry(self, bulk: Row[Any], item: Row[Any]) -> None:
        act, was_begun = Act(bulk.act), item.state == ItemState.BEGUN
        work = Work(
            office=self._office, act=act, subject_id=item.subject, operator=bulk.operator,
            reason=bulk.reason, facts=bulk.facts,
        )  # fmt: skip

        def mark(state: ItemState, error: str = "") -> Callable[[UnitOfWork], None]:
            place = (_ITEM.c.bulk_id == bulk.id, _ITEM.c.place == item.place)
            change = update(_ITEM).where(*place).values(state=state.value, error=error[:60])
            return lambda uow: uow.defer(change)

        try:
            self._expect_still(bulk, act)
            self._desk.carry_out(
                work, label_of(self._office, act, item.subject), second=bulk.second,
                first=mark(ItemState.BEGUN), last=mark(ItemState.DONE),
            )  # fmt: skip
        except OutcomeUnknownError:
            raise
        except (UnlawfulActError, NotFoundError) as error:
            # Begun before a worker died and refused now: it may have been done then; its own story says.
            self._mark(mark(ItemState.SKIPPED, "begun-before" if was_begun else error.slug))
        except LreError as error:
            self._mark(mark(ItemState.FAILED, error.slug))

    def _mark(self, change: Callable[[UnitOfWork], None]) -> None:
        with self._database.write() as uow:
            change(uow)
            uow.commit()

    def _expect_still(self, bulk: Row[Any], act: Act) -> None:
        """Refuse what its operator may do no more: rights withdrawn meanwhile count for what is left."""
        if bulk.is_local:
            return
        operator = self._office.operators.book.by_name(bulk.operator)
        if operator.state is not OperatorState.ENABLED or not may(operator.roles, act):
            raise NotAllowedError(act)

    # --- reading ----------------------------------------------------------------------------------

    def by_id(self, bulk_id: str) -> Bulk:
        """Return an act on many.

        Raises:
            NotFoundError: There is none.
        """
        found = self._read(_BULK.c.id == bulk_id, limit=1)
        if not found:
            raise NotFoundError("There is no such act on many.", mend="Look at the list of them.")
        return found[0]

    def page(self, *, limit: int, before: str | None = None) -> list[Bulk]:
        """Return acts on many, the newest first."""
        return self._read(*([_BULK.c.id < before] if before else []), limit=limit)

    def count(self) -> int:
        """Return how many acts on many there are."""
        with self._database.read() as connection:
            return int(connection.execute(select(func.count()).select_from(_BULK)).scalar_one())

    def not_done(self, bulk_id: str, *, limit: int = 200) -> list[tuple[str, ItemState, str]]:
        """Return what was skipped or failed: subject, what became of it, slug of why."""
        states = (ItemState.SKIPPED.value, ItemState.FAILED.value)
        query = (
            select(_ITEM.c.subject, _ITEM.c.state, _ITEM.c.error)
            .where(_ITEM.c.bulk_id == bulk_id, _ITEM.c.state.in_(states))
            .order_by(_ITEM.c.place)
            .limit(limit)
        )
        with self._database.read() as connection:
            return [(row.subject, ItemState(row.state), row.error) for row in connection.execute(query)]

    def _read(self, *conditions: Any, limit: int) -> list[Bulk]:
        query = select(_BULK).where(*conditions).order_by(_BULK.c.id.desc()).limit(limit)
        with self._database.read() as connection:
            rows = connection.execute(query).all()
            counted = _counts(connection, [row.id for row in rows])
        return [_bulk(row, counted.get(row.id, {})) for row in rows]


def _view_of(act: Act) -> View:
    if act not in IN_BULK:
        msg = "This act is done to one thing at a time."
        raise OperatorInputError(msg, mend="Do it line by line.")
    return View(IN_BULK[act])


def _counts(connection: Any, ids: Sequence[str]) -> dict[str, dict[str, int]]:
    query = (
        select(_ITEM.c.bulk_id, _ITEM.c.state, func.count())
        .where(_ITEM.c.bulk_id.in_(ids))
        .group_by(_ITEM.c.bulk_id, _ITEM.c.state)
    )
    found: dict[str, dict[str, int]] = {}
    for bulk_id, state, count in connection.execute(query):
        found.setdefault(bulk_id, {})[state] = count
    return found


def _bulk(row: Row[Any], counted: Mapping[str, int]) -> Bulk:
    kept = {name: getattr(row, name) for name in Bulk.__slots__ if name in row._fields}
    settled = {state: counted.get(state, 0) for state in ("done", "skipped", "failed")}
    kept |= {"act": Act(row.act), "state": BulkState(row.state), "count": row.total}
    return Bulk(**{**kept, **settled})
