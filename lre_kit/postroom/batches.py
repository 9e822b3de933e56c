"""Closing a batch and handing it over.

A batch is handed over at most once: the provider takes it under its number, and answers a second call with
the same manifest as it did the first. Whoever dies between the provider's answer and the commit does both
again.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import bindparam, update

from lre_kit.clock import Clock
from lre_kit.errors import UnlawfulActError
from lre_kit.failpoints import declare, failpoint
from lre_kit.law.item_numbers import kept_item_number
from lre_kit.law.paper import LOST_AFTER
from lre_kit.letters import commands
from lre_kit.letters.desk import Desk
from lre_kit.letters.phases import Phase
from lre_kit.letters.state import LetterState
from lre_kit.postroom.contents import Contents
from lre_kit.postroom.errors import BatchStateError
from lre_kit.postroom.items import (
    BATCH,
    ITEM,
    batch_by_number,
    change_item,
    item_by_id,
    items_where,
    phases_of,
)
from lre_kit.postroom.manifest import digest_of, file_name, manifest_csv, manifest_json
from lre_kit.postroom.ports import PrintProvider
from lre_kit.postroom.preparing import into_batch
from lre_kit.postroom.values import (
    BatchState,
    HandOverReceipt,
    ItemState,
    PostBatch,
    PostItem,
    PrintBatch,
    PrintItem,
)
from lre_kit.settings import Settings
from lre_kit.store.agenda import Duty, fulfil, plan
from lre_kit.store.blobs import BlobStore
from lre_kit.store.database import Database, UnitOfWork

HAND_OVER, TRACK, RECONCILE = "post_hand_over", "post_track", "post_reconcile"
"""Names of the duties that hand a batch over, ask for news of a posting, and look for what is missing."""

declare("post.before_close", "post.before_hand_over", "post.handed_over", "post.half_recorded")

Actor = Mapping[str, Any]


class Batches:
    """Closes batches and hands them over."""

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock,
        settings: Settings,
        blobs: BlobStore,
        contents: Contents,
        desk: Desk,
    ) -> None:
        """Work by the office's clock and settings."""
        self._database = database
        self._clock = clock
        self._settings = settings
        self._blobs = blobs
        self._contents = contents
        self._desk = desk

    def close(self, number: str, *, duty: Duty | None = None) -> PostBatch:
        """Close a batch: its postings get their places, its manifest is made, its handing over is planned.

        Raises:
            NotFoundError: There is no such batch.
            BatchStateError: It is empty.
        """
        with self._database.write() as uow:
            uow.serialise("post batch")
            batch = batch_by_number(uow.connection, number, lock=True)
            if batch.state is BatchState.OPEN:
                self._close(uow, batch)
            if duty is not None:
                fulfil(uow, duty)
            failpoint("post.before_close")
            uow.commit()
        with self._database.read() as connection:
            return batch_by_number(connection, number)

    def _close(self, uow: UnitOfWork, batch: PostBatch) -> None:
        now = self._clock()
        kept = self._settled(uow, batch)
        if not kept:
            msg = f"Batch {batch.number} is empty."
            raise BatchStateError(msg, mend="Close it once a letter is in it.")
        digest = self._keep_manifest(uow, batch, kept, now)
        closed = {"state": BatchState.CLOSED.value, "open_key": None, "closed_at": now}
        uow.execute(
            update(BATCH)
            .where(BATCH.c.id == batch.id)
            .values(**closed, items=len(kept), manifest_digest=digest)
        )
        plan(uow, key=f"{HAND_OVER}:{batch.number}", due_at=now, action=HAND_OVER, subject=batch.number)

    def _settled(self, uow: UnitOfWork, batch: PostBatch) -> list[PostItem]:
        """Give the batch's postings their places; those whose letters were withdrawn are cancelled."""
        items = items_where(uow.connection, ITEM.c.batch_id == batch.id, ITEM.c.state == ItemState.BATCHED)
        phases = phases_of(uow.connection, [item.letter_id for item in items])
        gone = [item for item in items if phases.get(item.letter_id) == Phase.WITHDRAWN]
        for item in gone:
            change_item(uow, item.id, state=ItemState.CANCELLED.value, batch_id=None, position=None)
        stay = sorted((item for item in items if item not in gone), key=lambda item: item.id)
        places = [{"b_id": item.id, "b_place": place} for place, item in enumerate(stay, 1)]
        if places:
            giving = update(ITEM).where(ITEM.c.id == bindparam("b_id")).values(position=bindparam("b_place"))
            uow.execute(giving, places)
        return items_where(uow.connection, ITEM.c.batch_id == batch.id, ITEM.c.state == ItemState.BATCHED)

    def _keep_manifest(self, uow: UnitOfWork, batch: PostBatch, items: list[PostItem], at: datetime) -> str:
        del uow
        told = manifest_json(batch.number, at, items)
        self._blobs.put(_place(batch.number, "json"), [told])
        self._blobs.put(_place(batch.number, "csv"), [manifest_csv(items)])
        return digest_of(told)

    def manifest(self, number: str, kind: str = "json") -> bytes:
        """Return a closed batch's manifest, as ``json`` or ``csv``.

        Raises:
            NotFoundError: There is none.
        """
        return b"".join(self._blobs.get(_place(number, kind)))

    def hand_over(self, number: str, provider: PrintProvider, *, duty: Duty | None = None) -> PostBatch:
        """Hand a closed batch to the provider, and record what it took in each letter's journal (F.1, F.2).

        Raises:
            NotFoundError: There is no such batch.
            BatchStateError: It is still open.
            PrintProviderError: The provider did not take it; nothing was recorded.
        """
        batch, items = self._ready(number)
        if batch.state is BatchState.CLOSED:
            failpoint("post.before_hand_over")
            receipt = provider.hand_over(self._parcel(batch, items))
            failpoint("post.handed_over")
            for item in items:
                if item.state is ItemState.BATCHED:
                    self._record(batch, item, provider.name, receipt)
                    failpoint("post.half_recorded")
        with self._database.write() as uow:
            if batch.state is BatchState.CLOSED:
                self._finish(uow, batch, provider.name, receipt)
            if duty is not None:
                fulfil(uow, duty)
            uow.commit()
        with self._database.read() as connection:
            return batch_by_number(connection, number)

    def _ready(self, number: str) -> tuple[PostBatch, list[PostItem]]:
        with self._database.write() as uow:
            batch = batch_by_number(uow.connection, number, lock=True)
            if batch.state is BatchState.OPEN:
                msg = f"Batch {number} is still open."
                raise BatchStateError(msg, mend=f"Close it first: lre post close {number}.")
            placed = (ITEM.c.batch_id == batch.id, ITEM.c.position.is_not(None))
            items = items_where(uow.connection, *placed)
            if batch.state is BatchState.CLOSED and all(i.state is ItemState.BATCHED for i in items):
                withdrawn = phases_of(uow.connection, [item.letter_id for item in items]).values()
                if Phase.WITHDRAWN in withdrawn:
                    # Nothing left yet: the manifest is made anew without what was withdrawn meanwhile.
                    items = self._settled(uow, batch)
                    digest = self._keep_manifest(uow, batch, items, batch.closed_at or self._clock())
                    values = {"items": len(items), "manifest_digest": digest}
                    uow.execute(update(BATCH).where(BATCH.c.id == batch.id).values(**values))
            uow.commit()
        with self._database.read() as connection:
            return batch_by_number(connection, number), items

    def _parcel(self, batch: PostBatch, items: list[PostItem]) -> PrintBatch:
        told = self.manifest(batch.number)
        return PrintBatch(
            number=batch.number,
            manifest_json=told,
            manifest_csv=self.manifest(batch.number, "csv"),
            manifest_digest=digest_of(told),
            items=[
                PrintItem(
                    id=item.id,
                    file_name=file_name(item),
                    sha256=item.print_digest,
                    size_bytes=item.print_bytes,
                    item_number=item.item_number or "",
                    open=partial(self._contents.get, item.letter_id, item.print_key),
                )
                for item in items
            ],
        )

    def _record(self, batch: PostBatch, item: PostItem, provider: str, receipt: HandOverReceipt) -> None:
        """Record one posting as taken or not, in its letter's own transaction."""
        now, why = self._clock(), receipt.rejected.get(item.id)
        number = item.item_number or kept_item_number(receipt.numbers.get(item.id, ""))

        def choose(_: LetterState) -> commands.Command:
            if why is not None:
                return commands.FailRelay(detail=why[:200])
            return commands.RelayToPost(
                item_number=number or "",
                attempt=item.attempt,
                batch=batch.number,
                provider=provider,
                print_digest=item.print_digest,
                reprint=item.reprints > 0 and item.handed_over_at is not None,
            )

        def also(uow: UnitOfWork, _: LetterState) -> None:
            if why is not None:
                change_item(uow, item.id, state=ItemState.REJECTED.value, error=why[:200])
                return
            taken = {"state": ItemState.HANDED_OVER.value, "item_number": number, "handed_over_at": now}
            change_item(uow, item.id, **taken, error="")
            if number and self._settings.post_tracking_url:
                due_at = now + self._settings.post_tracking_every
                plan(uow, key=f"{TRACK}:{item.id}:1", due_at=due_at, action=TRACK, subject=item.id)

        try:
            self._desk.paper_act(item.letter_id, choose, also=also)
        except UnlawfulActError as error:
            # Withdrawn while the provider was being asked: what was handed over is told as such.
            with self._database.write() as uow:
                change_item(uow, item.id, state=ItemState.REJECTED.value, error=error.problem[:200])
                uow.commit()

    def _finish(self, uow: UnitOfWork, batch: PostBatch, provider: str, receipt: HandOverReceipt) -> None:
        now = self._clock()
        done = {"state": BatchState.HANDED_OVER.value, "handed_over_at": now, "provider": provider}
        uow.execute(
            update(BATCH).where(BATCH.c.id == batch.id).values(**done, reference=receipt.reference[:100])
        )
        key = f"{RECONCILE}:{batch.number}"
        plan(uow, key=key, due_at=now + LOST_AFTER, action=RECONCILE, subject=batch.number)

    def reprint(self, item_id: str) -> None:
        """Put a posting into the open batch again: its print was spoiled, or the provider did not take it.

        The file and the carrier's number stay the same.

        Raises:
            BatchStateError: It is not where it can be printed again, or the carrier already had news of it.
        """
        with self._database.write() as uow:
            item = item_by_id(uow.connection, item_id)
            again = {ItemState.REJECTED, ItemState.HANDED_OVER}
            if item.state not in again or item.outcome is not None or item.status is not None:
                msg = "This posting cannot be printed again: it waits in a batch, or the carrier has it."
                raise BatchStateError(msg, mend="Look at it with: lre post reconcile.")
            into_batch(uow, item.id, self._clock(), self._settings)
            change_item(uow, item.id, reprints=item.reprints + 1)
            uow.commit()


def _place(number: str, kind: str) -> str:
    return f"post/batches/{number}.{kind}"
