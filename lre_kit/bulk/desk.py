"""The desk of bulk sendings: started, paused, stopped, and sent line by line, each line once.

A line becomes a letter under an idempotency key of its own, so whoever dies at any place sends no line
twice. The lines' texts are encrypted under the bulk's key, and erased with it at the end. What is judged and
kept before is in `lre_kit.bulk.drafting`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, select, update

from lre_kit.authority import Authorities
from lre_kit.bulk.drafting import DRAFT_LIFE, DROP, OFFERED, Drafting, Note
from lre_kit.bulk.keeping import Keeping
from lre_kit.bulk.making import Still, kept_identified, making, once, wish_of
from lre_kit.bulk.rows import BulkLineRow, BulkRow
from lre_kit.bulk.tables import kept_line
from lre_kit.bulk.values import Bulk, BulkState, BulkWish, LineProblem, LineState
from lre_kit.clock import Clock
from lre_kit.errors import LreError, NotFoundError, UnlawfulActError
from lre_kit.failpoints import declare, failpoint
from lre_kit.identifiers.identified import SenderIdentified
from lre_kit.law.products import Product
from lre_kit.letters.desk import Desk
from lre_kit.letters.rows import LetterRow
from lre_kit.letters.values import Letter
from lre_kit.parties.mandates import Scope
from lre_kit.parties.members import MemberRole
from lre_kit.parties.values import Sender
from lre_kit.settings import Settings
from lre_kit.store.agenda import Duty, cancel, fulfil, plan
from lre_kit.store.blobs import BlobStore
from lre_kit.store.database import Database, UnitOfWork
from lre_kit.store.inserts import table_of
from lre_kit.store.vault import Vault

__all__ = ["CHUNK", "DRAFT_LIFE", "DROP", "OFFERED", "SEND", "BulkDesk", "Note"]

SEND = "send_bulk"
"""Action of the duty that sends the next lines."""

CHUNK = 50
"""Lines sent by one run of the duty: well within its lease."""

declare("bulk.deposited", "bulk.chunk_sent")

_BULK, _LINE, _LETTER = table_of(BulkRow), table_of(BulkLineRow), table_of(LetterRow)


class BulkDesk:
    """Takes bulk sendings and sends them.

    Attributes:
        check, draft: Judging and keeping (`lre_kit.bulk.drafting.Drafting`).
    """

    def __init__(
        self,
        database: Database,
        *,
        settings: Settings,
        clock: Clock,
        blobs: BlobStore,
        vault: Vault,
        desk: Desk,
        authorities: Callable[[], Authorities],
    ) -> None:
        """Work on `database` by the office's `clock`; letters are deposited at `desk`."""
        self._database = database
        self._clock = clock
        self._vault = vault
        self._desk = desk
        self._authorities = authorities
        self._keeping = Keeping(settings=settings, blobs=blobs, vault=vault)
        drafting = Drafting(
            database,
            settings=settings,
            clock=clock,
            vault=vault,
            keeping=self._keeping,
            check_deposit=desk.check_deposit,
            refused_deposits=desk.refused_deposits,
        )
        self._refused = drafting.refused
        self.check = drafting.check
        self.draft = drafting.draft

    @property
    def actions(self) -> Mapping[str, Any]:
        """The duties by action, for the office's runner."""
        return {SEND: self.send, DROP: self.drop}

    def start(
        self,
        bulk_id: str,
        *,
        sender_ref: str,
        identified: SenderIdentified | None = None,
        person_id: str | None = None,
        note: Note | None = None,
    ) -> Bulk:
        """Begin to send a draft, or go on with one that was paused.

        Args:
            bulk_id: Which.
            sender_ref: Whose it is.
            identified: How the sender is identified now; it counts for all letters of it.
            person_id: Who starts it in another party's name; each letter looks whether they still may.
            note: Told of it inside the transaction.

        Raises:
            NotFoundError: There is none, or it is another's; or who starts it may not.
            UnlawfulActError: It has ended, or runs already.
        """
        with self._database.write() as uow:
            row = self._locked(uow, bulk_id, sender_ref)
            if row.state not in {BulkState.DRAFT, BulkState.PAUSED}:
                raise _unlawful(row.state)
            if person_id is not None:
                self._authorities().still_sends(person_id, sender_ref)(uow)
            values: dict[str, Any] = {
                "state": BulkState.RUNNING.value,
                "round": row.round + 1,
                "acting_person": person_id,
                "started_at": row.started_at or self._clock(),
            }
            if identified is not None:
                values["identified"] = kept_identified(identified)
            uow.execute(update(_BULK).where(_BULK.c.id == bulk_id).values(**values))
            cancel(uow, f"{DROP}:{bulk_id}")
            self._plan(uow, bulk_id, row.round + 1)
            _note(note, uow, bulk_id)
            uow.commit()
        return self.by_id(bulk_id, sender_ref=sender_ref)

    def pause(self, bulk_id: str, *, sender_ref: str, note: Note | None = None) -> Bulk:
        """Send no further line until it is started again; errors as for `start`."""
        with self._database.write() as uow:
            row = self._locked(uow, bulk_id, sender_ref)
            if row.state != BulkState.RUNNING:
                raise _unlawful(row.state)
            uow.execute(update(_BULK).where(_BULK.c.id == bulk_id).values(state=BulkState.PAUSED.value))
            _note(note, uow, bulk_id)
            uow.commit()
        return self.by_id(bulk_id, sender_ref=sender_ref)

    def stop(self, bulk_id: str, *, sender_ref: str, note: Note | None = None) -> Bulk:
        """Send no further line, for ever; what was sent is sent. Errors as for `start`."""
        with self._database.write() as uow:
            row = self._locked(uow, bulk_id, sender_ref)
            if BulkState(row.state).has_ended:
                raise _unlawful(row.state)
            cancel(uow, f"{DROP}:{bulk_id}")
            self._end(uow, bulk_id, BulkState.STOPPED)
            _note(note, uow, bulk_id)
            uow.commit()
        self._keeping.discard(bulk_id, _count(row))
        return self.by_id(bulk_id, sender_ref=sender_ref)

    def by_id(self, bulk_id: str, *, sender_ref: str | None = None) -> Bulk:
        """Return a bulk sending; with `sender_ref`, only if it is that sender's.

        Raises:
            NotFoundError: There is none, or it is another's.
        """
        with self._database.read() as connection:
            row = connection.execute(select(_BULK).where(_BULK.c.id == bulk_id)).first()
            if row is None or (sender_ref is not None and row.sender_ref != sender_ref):
                raise _not_there()
            return _bulk(row, _counts(connection, [bulk_id]).get(bulk_id, {}))

    def owner(self, bulk_id: str) -> str:
        """Return whose a bulk sending is.

        Raises:
            NotFoundError: There is none.
        """
        with self._database.read() as connection:
            found: str | None = connection.scalar(select(_BULK.c.sender_ref).where(_BULK.c.id == bulk_id))
        if found is None:
            raise _not_there()
        return found

    def of(self, sender_ref: str, *, limit: int = 50, before: str | None = None) -> list[Bulk]:
        """Return a sender's bulk sendings, the newest first, from after the one with the id `before`."""
        query = select(_BULK).where(_BULK.c.sender_ref == sender_ref).order_by(_BULK.c.id.desc()).limit(limit)
        if before is not None:
            query = query.where(_BULK.c.id < before)
        with self._database.read() as connection:
            rows = list(connection.execute(query))
            counts = _counts(connection, [row.id for row in rows])
        return [_bulk(row, counts.get(row.id, {})) for row in rows]

    def preview(self, bulk_id: str, line: int, *, sender_ref: str) -> tuple[str, bytes]:
        """Return the name and the bytes of the letter that a template makes for a line.

        Raises:
            NotFoundError: There is no such line, no template, or it is another's.
            NotMergeableError: The letter cannot be made.
        """
        with self._database.read() as connection:
            row = connection.execute(select(_BULK).where(_BULK.c.id == bulk_id)).first()
            if row is None or row.sender_ref != sender_ref or row.merge is None or row.wrapped_key is None:
                raise _not_there()
            mine = (_LINE.c.bulk_id == bulk_id, _LINE.c.line == line)
            found = connection.execute(select(_LINE).where(*mine)).first()
        if found is None or found.sealed is None:
            raise _not_there()
        key = self._vault.unwrap(row.wrapped_key, letter_id=row.id)
        with making(self._keeping, row, key, at=self._clock()) as made:
            return made.merged(found)

    def refused(self, bulk_id: str, *, sender_ref: str) -> list[LineProblem]:
        """Return the waiting lines that would be refused if they were sent now, with what a deposit says.

        Raises:
            NotFoundError: There is none, or it is another's.
        """
        with self._database.read() as connection:
            row = connection.execute(select(_BULK).where(_BULK.c.id == bulk_id)).first()
            if row is None or row.sender_ref != sender_ref:
                raise _not_there()
            waiting = (_LINE.c.bulk_id == bulk_id, _LINE.c.state == LineState.WAITING.value)
            lines = list(connection.execute(select(_LINE).where(*waiting).order_by(_LINE.c.line)))
        if row.wrapped_key is None:
            return []
        key = self._vault.unwrap(row.wrapped_key, letter_id=row.id)
        told = [
            kept_line(each.line, self._keeping.line(key, row.id, each.line, each.sealed)) for each in lines
        ]
        sender = Sender(ref=row.sender_ref, name=row.sender_name, email=row.sender_email)
        wish = BulkWish(product=Product(row.product), subject=row.subject, paper=wish_of(row.paper))
        return self._refused(sender, told, wish)

    def first_lines(self, bulk_id: str, *, limit: int = 3) -> list[int]:
        """Return the numbers of the first lines, for looking at their letters."""
        query = select(_LINE.c.line).where(_LINE.c.bulk_id == bulk_id).order_by(_LINE.c.line).limit(limit)
        with self._database.read() as connection:
            return list(connection.scalars(query))

    # --- duties -----------------------------------------------------------------------------------

    def send(self, duty: Duty) -> None:
        """Send the next lines, and plan the next run; it may run twice, or die at any line."""
        bulk_id = duty.subject
        with self._database.read() as connection:
            row = connection.execute(select(_BULK).where(_BULK.c.id == bulk_id)).one()
            waiting = (_LINE.c.bulk_id == bulk_id, _LINE.c.state == LineState.WAITING.value)
            query = select(_LINE).where(*waiting).order_by(_LINE.c.line).limit(CHUNK)
            lines = list(connection.execute(query)) if row.state == BulkState.RUNNING else []
        if not self._may_go_on(row):
            self._wait(duty)
            return
        outcomes = self._sent(row, lines)
        failpoint("bulk.chunk_sent")
        with self._database.write() as uow:
            now = self._locked(uow, bulk_id, None)
            fulfil(uow, duty)
            for line, values in outcomes:
                place = (_LINE.c.bulk_id == bulk_id, _LINE.c.line == line)
                uow.defer(update(_LINE).where(*place).values(**values))
            ended = now.state == BulkState.RUNNING and len(lines) < CHUNK
            if ended:
                self._end(uow, bulk_id, BulkState.DONE)
            elif now.state == BulkState.RUNNING and now.round == row.round:
                uow.execute(update(_BULK).where(_BULK.c.id == bulk_id).values(round=row.round + 1))
                self._plan(uow, bulk_id, row.round + 1)
            uow.commit()
        if ended:
            self._keeping.discard(bulk_id, _count(row))

    def drop(self, duty: Duty) -> None:
        """Forget a draft that nobody started in time."""
        with self._database.write() as uow:
            row = self._locked(uow, duty.subject, None)
            fulfil(uow, duty)
            is_draft = row.state == BulkState.DRAFT
            if is_draft:
                self._end(uow, duty.subject, BulkState.DROPPED)
            uow.commit()
        if is_draft:
            self._keeping.discard(duty.subject, _count(row))

    def _may_go_on(self, row: Row[Any]) -> bool:
        """Tell whether who started it in another's name may still send in it."""
        if row.acting_person is None:
            return True
        role, scope = MemberRole.SENDER, Scope.SEND
        return self._authorities().over(row.acting_person, row.sender_ref, role, scope) is not None

    def _wait(self, duty: Duty) -> None:
        """Pause it until somebody starts it who may: no line fails for that."""
        with self._database.write() as uow:
            row = self._locked(uow, duty.subject, None)
            fulfil(uow, duty)
            if row.state == BulkState.RUNNING:
                uow.execute(update(_BULK).where(_BULK.c.id == row.id).values(state=BulkState.PAUSED.value))
            uow.commit()

    def _sent(self, row: Row[Any], lines: Sequence[Row[Any]]) -> list[tuple[int, dict[str, Any]]]:
        """Deposit some lines; one that cannot be sent is told, and the next goes on."""
        if not lines:
            return []
        key = self._vault.unwrap(row.wrapped_key, letter_id=row.id)
        found: dict[int, Letter | LreError | str] = {}
        # A merged letter is made anew at each try: those that were sent are looked up, not compared.
        found |= self._sent_before(row, lines) if row.merge is not None else {}
        with making(self._keeping, row, key, at=self._clock(), still=self._still(row)) as made:
            asked = {line.line: made.request(line) for line in lines if line.line not in found}
            found |= {line: one for line, one in asked.items() if isinstance(one, LreError)}
            requests = {line: one for line, one in asked.items() if not isinstance(one, LreError)}
            answers = self._desk.deposit_many(list(requests.values()))
        found |= dict(zip(requests, answers, strict=True))
        failpoint("bulk.deposited")
        return [(line.line, _values(found[line.line])) for line in lines]

    def _still(self, row: Row[Any]) -> Still | None:
        if row.acting_person is None:
            return None
        return self._authorities().still_sends(row.acting_person, row.sender_ref)

    def _sent_before(self, row: Row[Any], lines: Sequence[Row[Any]]) -> dict[int, Letter | LreError | str]:
        """Return the letters that lines became when somebody died before it was noted."""
        keys = {once(row.id, line.line): line.line for line in lines}
        query = select(_LETTER.c.idempotency_key, _LETTER.c.id).where(
            _LETTER.c.sender_ref == row.sender_ref, _LETTER.c.idempotency_key.in_(list(keys))
        )
        with self._database.read() as connection:
            return {keys[each.idempotency_key]: each.id for each in connection.execute(query)}

    # --- keeping ----------------------------------------------------------------------------------

    def _end(self, uow: UnitOfWork, bulk_id: str, state: BulkState) -> None:
        """End it: what waits is stopped, and what was kept of the recipients is erased with its key."""
        waiting = (_LINE.c.bulk_id == bulk_id, _LINE.c.state == LineState.WAITING.value)
        if state is not BulkState.DONE:
            uow.execute(update(_LINE).where(*waiting).values(state=LineState.STOPPED.value))
        uow.execute(update(_LINE).where(_LINE.c.bulk_id == bulk_id).values(sealed=None))
        values = {"state": state.value, "wrapped_key": None, "merge": None, "ended_at": self._clock()}
        uow.execute(update(_BULK).where(_BULK.c.id == bulk_id).values(**values))

    def _plan(self, uow: UnitOfWork, bulk_id: str, number: int) -> None:
        plan(uow, key=f"{SEND}:{bulk_id}:{number}", due_at=self._clock(), action=SEND, subject=bulk_id)

    @staticmethod
    def _locked(uow: UnitOfWork, bulk_id: str, sender_ref: str | None) -> Row[Any]:
        row = uow.execute(select(_BULK).where(_BULK.c.id == bulk_id).with_for_update()).first()
        if row is None or (sender_ref is not None and row.sender_ref != sender_ref):
            raise _not_there()
        found: Row[Any] = row
        return found


def _note(note: Note | None, uow: UnitOfWork, bulk_id: str) -> None:
    if note is not None:
        note(uow, bulk_id)


def _values(made: Letter | LreError | str) -> dict[str, Any]:
    """Return what a line becomes by what its deposit gave: a letter, its id, or an error."""
    if isinstance(made, LreError):
        words = f"{made.slug}: {made.problem} {made.mend}"[:500]
        return {"state": LineState.FAILED.value, "error": words}
    letter_id = made if isinstance(made, str) else made.id
    return {"state": LineState.SENT.value, "letter_id": letter_id}


def _count(row: Row[Any]) -> int:
    return len(row.documents) + len(row.files or ())


def _counts(connection: Connection, ids: Sequence[str]) -> dict[str, dict[LineState, int]]:
    query = (
        select(_LINE.c.bulk_id, _LINE.c.state, func.count())
        .where(_LINE.c.bulk_id.in_(ids))
        .group_by(_LINE.c.bulk_id, _LINE.c.state)
    )
    found: dict[str, dict[LineState, int]] = {}
    for bulk_id, state, count in connection.execute(query):
        found.setdefault(bulk_id, {})[LineState(state)] = count
    return found


def _bulk(row: Row[Any], counts: Mapping[LineState, int]) -> Bulk:
    return Bulk(
        id=row.id,
        title=row.title,
        product=Product(row.product),
        state=BulkState(row.state),
        created_at=row.created_at,
        ended_at=row.ended_at,
        lines=row.lines,
        counts=counts,
        sender_ref=row.sender_ref,
        is_merged=row.merge is not None,
        prepared_by=row.prepared_by,
        electronic=wish.electronic if (wish := wish_of(row.paper)) is not None else None,
    )


def _unlawful(state: str) -> UnlawfulActError:
    msg = f"This bulk sending is {state}."
    return UnlawfulActError(msg, mend="Look at it again; what has ended is sent anew from its table.")


def _not_there() -> NotFoundError:
    return NotFoundError("There is no such bulk sending.", mend="Look in the list of them.")
