"""What the post room asks of others: a provider that prints and posts, a carrier that tells.

Whoever writes a provider lets it pass `lre_kit.testing.print_contract.PrintProviderContract`.
"""

from collections.abc import Sequence
from typing import Protocol

from lre_kit.postroom.values import CarrierNews, HandOverReceipt, PrintBatch


class PrintProvider(Protocol):
    """Takes batches: a folder, a server, an API."""

    @property
    def name(self) -> str:
        """Its name in evidence, such as ``spool``."""
        ...

    def hand_over(self, batch: PrintBatch) -> HandOverReceipt:
        """Take a batch, whole or not at all.

        Called again with the same number and the same manifest it takes nothing twice, and answers the same.

        Raises:
            BatchConflictError: It holds another batch under this number.
            PrintProviderError: It does not answer, or not as agreed; nothing is known to be taken.
        """
        ...


class Tracker(Protocol):
    """Tells what became of an item."""

    def news(self, item_number: str) -> Sequence[CarrierNews]:
        """Return all that the carrier says of an item, oldest first; nothing if it does not know it.

        Raises:
            TrackingError: It does not answer, or not as agreed.
        """
        ...
