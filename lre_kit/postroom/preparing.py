"""Preparing a posting: number, print-ready file, a place in the open batch.

The number and the posting's row come first, in a transaction of their own, so that a process that dies while
it prints finds them again; the file is then made and kept; the last transaction puts it into the batch.
"""

from datetime import datetime

from sqlalchemy import select, update

from lre_kit.clock import Clock
from lre_kit.failpoints import declare, failpoint
from lre_kit.law.paper import Mark, PrintOptions
from lre_kit.law.products import Product
from lre_kit.letters.numbers import new_number
from lre_kit.letters.paper import address_of, options_of
from lre_kit.letters.phases import CAME_BACK, Phase
from lre_kit.letters.reading import read_letter, state_of
from lre_kit.letters.rows import LetterPostRow
from lre_kit.letters.state import LetterState
from lre_kit.letters.values import Letter
from lre_kit.parties.addresses import PostalAddress
from lre_kit.postroom.contents import Contents
from lre_kit.postroom.items import BATCH, ITEM, change_item, count_items, item_by_id
from lre_kit.postroom.numbers import take_number
from lre_kit.postroom.printing import PrintFile, plan_print, print_file
from lre_kit.postroom.rows import PostBatchRow, PostItemRow
from lre_kit.postroom.values import BatchState, ItemState, PostItem
from lre_kit.settings import Settings
from lre_kit.store.agenda import Duty, fulfil, plan
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database, UnitOfWork
from lre_kit.store.inserts import table_of

CLOSE = "post_close"
"""Name of the duty that closes a batch at the office's hour."""

_OPEN = "open"
_POST = table_of(LetterPostRow)

declare("post.numbered", "post.printed", "post.before_batch")


class Preparing:
    """Prepares postings."""

    def __init__(self, database: Database, *, clock: Clock, settings: Settings, contents: Contents) -> None:
        """Work by the office's clock and settings."""
        self._database = database
        self._clock = clock
        self._settings = settings
        self._contents = contents

    def prepare(self, duty: Duty) -> None:
        """Print the letter that a duty names and put it into the open batch, if it still goes by post."""
        attempt = int(duty.payload.get("attempt", 1))
        with self._database.write() as uow:
            letter = read_letter(uow.connection, duty.subject, lock=True)
            item = self._begun(uow, letter, attempt)
            if item is None or item.state is not ItemState.PREPARING:
                fulfil(uow, duty)
                uow.commit()
                return
            uow.commit()
        failpoint("post.numbered")
        made = self.printed(letter, item.address, item.options, item_number=item.item_number, name=item.name)
        place = f"post/{letter.id}/{item.attempt}-print"
        self._contents.put(letter.id, place, made.pdf)
        failpoint("post.printed")
        with self._database.write() as uow:
            read_letter(uow.connection, letter.id, lock=True)
            state = state_of(uow.connection, letter.id)
            fulfil(uow, duty)
            if goes_by_post(letter, state, attempt):
                into_batch(uow, item.id, self._clock(), self._settings)
                change_item(
                    uow,
                    item.id,
                    sheets=made.plan.sheets,
                    pages=made.plan.pages,
                    envelope=made.plan.envelope.name,
                    print_key=place,
                    print_digest=made.digest_hex,
                    print_bytes=len(made.pdf),
                )
            else:
                change_item(uow, item.id, state=ItemState.CANCELLED.value)
            failpoint("post.before_batch")
            uow.commit()

    def printed(
        self,
        letter: Letter,
        address: PostalAddress,
        options: PrintOptions,
        *,
        item_number: str | None,
        name: str,
    ) -> PrintFile:
        """Return the print-ready file of a letter."""
        documents = self._contents.documents(letter.id, len(letter.documents))
        return print_file(
            documents,
            plan=plan_print(documents, options),
            options=options,
            letter=letter,
            address=address.printed,
            return_address=self._settings.post_return_lines,
            provider=self._settings.provider_name,
            item_number=item_number or "",
            mark=Mark(self._settings.post_mark),
            name=name,
        )

    def _begun(self, uow: UnitOfWork, letter: Letter, attempt: int) -> PostItem | None:
        """Return the posting, made now with its number if there was none; nothing if it is not needed."""
        query = select(ITEM.c.id).where(ITEM.c.letter_id == letter.id, ITEM.c.attempt == attempt)
        found = uow.execute(query).first()
        if found is not None:
            return item_by_id(uow.connection, found.id)
        if not goes_by_post(letter, state_of(uow.connection, letter.id), attempt):
            return None
        kept = uow.execute(select(_POST).where(_POST.c.letter_id == letter.id)).one()
        item_id = new_id()
        uow.add(
            PostItemRow,
            id=item_id,
            letter_id=letter.id,
            attempt=attempt,
            state=ItemState.PREPARING.value,
            address=address_of(kept.address).to_json(),
            options={"colour": options_of(kept.options).colour, "duplex": options_of(kept.options).duplex},
            item_number=take_number(uow),
            created_at=self._clock(),
        )
        return item_by_id(uow.connection, item_id)


def goes_by_post(letter: Letter, state: LetterState, attempt: int) -> bool:
    """Tell whether a letter waits to be handed to the carrier for the so-many-th time."""
    waits = {Phase.PAPER_CHOSEN, Phase.RELAY_FAILED}
    if letter.product is Product.HYBRID:
        waits.add(Phase.DEPOSITED)
    return state.phase in waits or (attempt > 1 and state.phase in CAME_BACK)


def into_batch(uow: UnitOfWork, item_id: str, now: datetime, settings: Settings) -> None:
    """Put a posting into the open batch; a full one is left as it is and another one opened."""
    uow.serialise("post batch")
    row = uow.execute(select(BATCH.c.id).where(BATCH.c.open_key == _OPEN)).first()
    if row is not None and count_items(uow.connection, row.id) >= settings.post_batch_max:
        # It is full: it waits for its closing under its number, and takes nothing more.
        uow.execute(update(BATCH).where(BATCH.c.id == row.id).values(open_key=None))
        row = None
    batch_id = row.id if row is not None else _opened(uow, now, settings)
    change_item(uow, item_id, state=ItemState.BATCHED.value, batch_id=batch_id, position=None)


def _opened(uow: UnitOfWork, now: datetime, settings: Settings) -> str:
    batch_id, number = new_id(), f"{now:%Y%m%d}-{new_number()[:9]}"
    uow.add(
        PostBatchRow,
        id=batch_id,
        number=number,
        state=BatchState.OPEN.value,
        open_key=_OPEN,
        opened_at=now,
    )
    uow.flush()
    if (due_at := settings.post_closes_after(now)) is not None:
        plan(uow, key=f"{CLOSE}:{number}", due_at=due_at, action=CLOSE, subject=number)
    return batch_id
