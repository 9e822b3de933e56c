"""The desk of bulk sendings: checked before anything is kept, sent line by line, each line once.

A line becomes a letter under an idempotency key of its own, so whoever dies at any place sends no line
twice. The lines' texts are encrypted under the bulk's key, and erased with it at the end.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, select, update

from lre_kit.bulk.rows import BulkLineRow, BulkRow
from lre_kit.bulk.tables import BulkLine, judged
from lre_kit.bulk.values import Bulk, BulkReport, BulkState, BulkWish, LineProblem, LineState
from lre_kit.clock import Clock, from_iso, iso
from lre_kit.csv_tables import SheetLine, TableError
from lre_kit.errors import (
    EmptyDocumentError,
    LreError,
    NotFoundError,
    UnlawfulActError,
)
from lre_kit.failpoints import declare, failpoint
from lre_kit.identifiers.identified import SenderIdentified
from lre_kit.law.assurance import Category, Level
from lre_kit.law.consents import Capacity
from lre_kit.law.products import Product
from lre_kit.letters.desk import Desk
from lre_kit.letters.inspection import Inspection
from lre_kit.letters.intake_rows import checked_subject
from lre_kit.letters.values import Letter, Upload
from lre_kit.parties.values import Recipient, Sender
from lre_kit.settings import Settings
from lre_kit.store.agenda import Duty, cancel, fulfil, plan
from lre_kit.store.blobs import BlobStore
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database, UnitOfWork
from lre_kit.store.inserts import table_of
from lre_kit.store.vault import Vault

SEND = "send_bulk"
"""Action of the duty that sends the next lines."""

DROP = "drop_bulk"
"""Action of the duty that forgets a draft nobody started."""

DRAFT_LIFE = timedelta(days=7)
"""How long a draft waits to be started."""

CHUNK = 50
"""Lines sent by one run of the duty: well within its lease."""

OFFERED = (Product.SIMPLE, Product.QUALIFIED)
"""Products that can be sent in bulk."""

Note = Callable[[UnitOfWork, str], None]
"""Told, inside an act's own transaction, of what it was carried out on."""

declare("bulk.deposited", "bulk.chunk_sent")

_BULK, _LINE = table_of(BulkRow), table_of(BulkLineRow)


class BulkDesk:
    """Takes bulk sendings and sends them."""

    def __init__(
        self,
        database: Database,
        *,
        settings: Settings,
        clock: Clock,
        blobs: BlobStore,
        vault: Vault,
        desk: Desk,
    ) -> None:
        """Work on `database` by the office's `clock`; letters are deposited at `desk`."""
        self._database = database
        self._settings = settings
        self._clock = clock
        self._blobs = blobs
        self._vault = vault
        self._desk = desk

    @property
    def actions(self) -> Mapping[str, Any]:
        """The duties by action, for the office's runner."""
        return {SEND: self.send, DROP: self.drop}

    def check(self, table: Iterable[SheetLine], wish: BulkWish) -> tuple[list[BulkLine], BulkReport]:
        """Judge every line as a deposit would; nothing is kept.

        Raises:
            InputError: The table or the wish cannot be used at all.
        """
        if wish.product not in OFFERED:
            msg = f"{wish.product.value.capitalize()} letters are not sent in bulk."
            raise TableError(msg, mend=f"Choose one of: {', '.join(OFFERED)}.")
        subject, now = checked_subject(wish.subject), self._clock()
        good: list[BulkLine] = []
        problems: list[LineProblem] = []
        seen: set[str] = set()
        for line in table:
            found = judged(
                line, subject=subject, language=wish.language, product=wish.product, now=now, seen=seen
            )
            if isinstance(found, BulkLine):
                good.append(found)
            else:
                problems.append(LineProblem(line=line.number, error=found))
        if not good and not problems:
            msg = "The table names no recipient."
            raise TableError(msg, mend="Write one recipient a line, below the names of the columns.")
        return good, BulkReport(lines=len(good) + len(problems), problems=tuple(problems))

    def draft(
        self,
        sender: Sender,
        table: Iterable[SheetLine],
        documents: Sequence[Upload],
        wish: BulkWish,
        *,
        note: Note | None = None,
    ) -> BulkReport:
        """Check a table and its documents, and keep them as a draft if nothing is wrong.

        Args:
            sender: Who will send it.
            table: The recipients, as read.
            documents: What each of them gets.
            wish: What all letters have in common.
            note: Told, inside the transaction, of the draft that is kept.

        Raises:
            InputError: The table, the wish or a document cannot be used at all; nothing is kept.
        """
        sender = sender.checked()
        title = checked_subject(wish.title)
        lines, report = self.check(table, wish)
        if report.problems:
            return report
        if not documents:
            msg = "The letters have no document."
            raise EmptyDocumentError(msg, mend="Add at least one document.")
        bulk_id, key, now = new_id(), self._vault.new_key(), self._clock()
        try:
            names = [self._keep(bulk_id, key, place, each) for place, each in enumerate(documents, start=1)]
            with self._database.write() as uow:
                uow.add(
                    BulkRow,
                    id=bulk_id,
                    sender_ref=sender.ref,
                    sender_name=sender.name,
                    sender_email=sender.email,
                    title=title,
                    product=wish.product.value,
                    subject=wish.subject,
                    language=wish.language,
                    state=BulkState.DRAFT.value,
                    lines=len(lines),
                    documents=names,
                    wrapped_key=self._vault.wrap(key, letter_id=bulk_id),
                    round=0,
                    created_at=now,
                )
                uow.flush()
                uow.add_all(
                    BulkLineRow,
                    [
                        {
                            "bulk_id": bulk_id,
                            "line": each.line,
                            "state": LineState.WAITING.value,
                            "sealed": self._seal(key, bulk_id, each),
                            "error": "",
                        }
                        for each in lines
                    ],
                )
                plan(uow, key=f"{DROP}:{bulk_id}", due_at=now + DRAFT_LIFE, action=DROP, subject=bulk_id)
                _note(note, uow, bulk_id)
                uow.commit()
        except LreError:
            self._discard(bulk_id, len(documents))
            raise
        return replace(report, bulk_id=bulk_id)

    def start(
        self,
        bulk_id: str,
        *,
        sender_ref: str,
        identified: SenderIdentified | None = None,
        note: Note | None = None,
    ) -> Bulk:
        """Begin to send a draft, or go on with one that was paused.

        Args:
            bulk_id: Which.
            sender_ref: Whose it is.
            identified: How the sender is identified now; it counts for all letters of it.
            note: Told of it inside the transaction.

        Raises:
            NotFoundError: There is none, or it is another's.
            UnlawfulActError: It has ended, or runs already.
        """
        with self._database.write() as uow:
            row = self._locked(uow, bulk_id, sender_ref)
            if row.state not in {BulkState.DRAFT, BulkState.PAUSED}:
                raise _unlawful(row.state)
            values: dict[str, Any] = {"state": BulkState.RUNNING.value, "round": row.round + 1}
            if identified is not None:
                values["identified"] = _kept(identified)
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
        self._discard(bulk_id, len(row.documents))
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

    # --- duties -----------------------------------------------------------------------------------

    def send(self, duty: Duty) -> None:
        """Send the next lines, and plan the next run; it may run twice, or die at any line."""
        bulk_id = duty.subject
        with self._database.read() as connection:
            row = connection.execute(select(_BULK).where(_BULK.c.id == bulk_id)).one()
            waiting = (_LINE.c.bulk_id == bulk_id, _LINE.c.state == LineState.WAITING.value)
            query = select(_LINE).where(*waiting).order_by(_LINE.c.line).limit(CHUNK)
            lines = list(connection.execute(query)) if row.state == BulkState.RUNNING else []
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
            self._discard(bulk_id, len(row.documents))

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
            self._discard(duty.subject, len(row.documents))

    def _sent(self, row: Row[Any], lines: Sequence[Row[Any]]) -> list[tuple[int, dict[str, Any]]]:
        """Deposit some lines; one that cannot be sent is told, and the next goes on."""
        if not lines:
            return []
        key = self._vault.unwrap(row.wrapped_key, letter_id=row.id)
        documents = [self._document(row.id, key, place) for place in range(1, len(row.documents) + 1)]
        sender = Sender(ref=row.sender_ref, name=row.sender_name, email=row.sender_email)
        identified = _of_kept(row.identified) if row.identified else None
        requests = [
            self._request(row, line.line, json.loads(self._unseal(key, row.id, line)), documents)
            | {"sender": sender, "identified": identified}
            for line in lines
        ]
        made = self._desk.deposit_many(requests)
        failpoint("bulk.deposited")
        return [(line.line, _values(one)) for line, one in zip(lines, made, strict=True)]

    @staticmethod
    def _request(
        row: Row[Any], line: int, told: Mapping[str, str], documents: Sequence[bytes]
    ) -> dict[str, Any]:
        """Return what is asked of the letters' desk for a line."""
        return {
            "recipient": Recipient(
                name=told["name"],
                email=told["email"],
                capacity=Capacity(told["capacity"]),
                capacity_basis=told["capacity_basis"],
            ),
            "product": row.product,
            "subject": told["subject"],
            "reference": told["reference"],
            "documents": [
                Upload(name=name, stream=[content])
                for name, content in zip(row.documents, documents, strict=True)
            ],
            "language": told["language"],
            "idempotency_key": f"bulk:{row.id}:{line}",
        }

    # --- keeping ----------------------------------------------------------------------------------

    def _keep(self, bulk_id: str, key: bytes, place: int, upload: Upload) -> str:
        """Keep a document encrypted, once it was looked at; return its name."""
        inspection = Inspection(upload.name, max_bytes=self._settings.document_max_bytes)
        where = _place(bulk_id, place)
        sealed = self._vault.encrypt(key, inspection.passing(upload.chunks()), context=where.encode())
        self._blobs.put(where, sealed)
        inspection.conclude()
        return inspection.name

    def _document(self, bulk_id: str, key: bytes, place: int) -> bytes:
        where = _place(bulk_id, place)
        return b"".join(self._vault.decrypt(key, self._blobs.get(where), context=where.encode()))

    def _seal(self, key: bytes, bulk_id: str, line: BulkLine) -> bytes:
        plain = json.dumps(line.to_json(), ensure_ascii=False).encode()
        return b"".join(self._vault.encrypt(key, [plain], context=_context(bulk_id, line.line)))

    def _unseal(self, key: bytes, bulk_id: str, line: Row[Any]) -> bytes:
        return b"".join(self._vault.decrypt(key, [line.sealed], context=_context(bulk_id, line.line)))

    def _end(self, uow: UnitOfWork, bulk_id: str, state: BulkState) -> None:
        """End it: what waits is stopped, and what was kept of the recipients is erased with its key."""
        waiting = (_LINE.c.bulk_id == bulk_id, _LINE.c.state == LineState.WAITING.value)
        if state is not BulkState.DONE:
            uow.execute(update(_LINE).where(*waiting).values(state=LineState.STOPPED.value))
        uow.execute(update(_LINE).where(_LINE.c.bulk_id == bulk_id).values(sealed=None))
        values = {"state": state.value, "wrapped_key": None, "ended_at": self._clock()}
        uow.execute(update(_BULK).where(_BULK.c.id == bulk_id).values(**values))

    def _discard(self, bulk_id: str, count: int) -> None:
        for place in range(1, count + 1):
            with suppress(NotFoundError):
                self._blobs.delete(_place(bulk_id, place))

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


def _values(made: Letter | LreError) -> dict[str, Any]:
    """Return what a line becomes by what its deposit gave."""
    if isinstance(made, LreError):
        words = f"{made.slug}: {made.problem} {made.mend}"[:500]
        return {"state": LineState.FAILED.value, "error": words}
    return {"state": LineState.SENT.value, "letter_id": made.id}


def _place(bulk_id: str, place: int) -> str:
    return f"bulk/{bulk_id}/{place}"


def _context(bulk_id: str, line: int) -> bytes:
    return f"bulk/{bulk_id}/line/{line}".encode()


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
    )


def _kept(identified: SenderIdentified) -> dict[str, Any]:
    plain = asdict(identified)
    levels = {"level": identified.level.value, "categories": [each.value for each in identified.categories]}
    return plain | levels | {"at": iso(identified.at)}


def _of_kept(kept: Mapping[str, Any]) -> SenderIdentified:
    categories = tuple(Category(each) for each in kept["categories"])
    read = {"level": Level(kept["level"]), "categories": categories, "at": from_iso(kept["at"])}
    return SenderIdentified(**{**kept, **read})


def _unlawful(state: str) -> UnlawfulActError:
    msg = f"This bulk sending is {state}."
    return UnlawfulActError(msg, mend="Look at it again; what has ended is sent anew from its table.")


def _not_there() -> NotFoundError:
    return NotFoundError("There is no such bulk sending.", mend="Look in the list of them.")
