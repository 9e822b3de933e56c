"""Events told to the host, in its own process, after the transaction that recorded them is durable.

What is told is at most once and in this process only: a listener that raises is logged and changes
nothing, a process that dies tells nothing. What may not be lost goes by webhooks or the journal itself::

    office.announcer.listen(lambda happened: print(happened.number, happened.name))
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from lre_kit.law.events import ErdsEvent
from lre_kit.law.products import Product
from lre_kit.proofs.sealing.recorder import Recorded
from lre_kit.store.database import UnitOfWork

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """One event of a letter's journal. It names no person: look the letter up for more."""

    event_id: str
    """Id of the event; the webhook of the same event bears it too."""
    letter_id: str
    """Id of the letter."""
    number: str
    """Number of the letter, as people read it."""
    sender_ref: str
    """The host's own reference of the sender."""
    product: Product
    """Product of the letter."""
    seq: int
    """Place in the letter's journal, from 0."""
    name: ErdsEvent
    """What happened (EN 319 522)."""
    occurred_at: datetime
    """When, aware, UTC."""


Listener = Callable[[Happened], None]
"""Told of each event after its commit."""


class Announcer:
    """Tells listeners of the events that this process records."""

    def __init__(self) -> None:
        """Begin with nobody listening."""
        self._listeners: tuple[Listener, ...] = ()

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Tell `listener` of each event from now on; call what is returned to stop that."""
        self._listeners = (*self._listeners, listener)

        def stop() -> None:
            self._listeners = tuple(one for one in self._listeners if one is not listener)

        return stop

    def tell(self, uow: UnitOfWork, recorded: Sequence[Recorded]) -> None:
        """Have the listeners told of events once the transaction that records them is durable."""
        if not self._listeners:
            return
        for letter, seq, event, event_id in recorded:
            happened = Happened(
                event_id=event_id,
                letter_id=letter.id,
                number=letter.number,
                sender_ref=letter.sender.ref,
                product=letter.product,
                seq=seq,
                name=event.name,
                occurred_at=event.occurred_at,
            )
            uow.after_commit(partial(self._announce, happened))

    def _announce(self, happened: Happened) -> None:
        for listener in self._listeners:
            try:
                listener(happened)
            except Exception as error:  # noqa: BLE001 - the event is durable, whatever a host makes of it
                failed = type(error).__name__
                log.warning("a listener failed at %s: %s", happened.name.value, failed)
