"""Refusing deposits that could not be proved (the office stops rather than promise too much)."""

from collections.abc import Callable
from datetime import datetime, timedelta

from lre_kit.clock import Clock
from lre_kit.errors import EvidenceBacklogError
from lre_kit.proofs.log.sequencer import Sequencer
from lre_kit.settings import Settings

LOOK_AGAIN = timedelta(seconds=1)
"""How long one look at the waiting evidence is believed."""


class LateEvidence:
    """Watches the age of the oldest evidence that waits for seal, place or stamp."""

    def __init__(
        self,
        sequencer: Sequencer,
        *,
        settings: Settings,
        clock: Clock,
        may_act: Callable[[], None] = lambda: None,
    ) -> None:
        """Watch what `sequencer` has still to do; what `may_act` raises refuses a deposit too."""
        self._may_act = may_act
        self._sequencer = sequencer
        self._limit = timedelta(seconds=settings.evidence_stop_s)
        self._clock = clock
        self._looked_at: datetime | None = None
        self._oldest_at: datetime | None = None

    def refuse(self) -> None:
        """Raise if evidence has waited longer than ``evidence_stop_s``.

        Raises:
            EvidenceBacklogError: No deposit is taken until it has caught up.
        """
        self._may_act()
        now = self._clock()
        if self._looked_at is None or not timedelta(0) <= now - self._looked_at < LOOK_AGAIN:
            self._oldest_at = self._sequencer.waiting().oldest_at
            self._looked_at = now
        if self._oldest_at is not None and now - self._oldest_at > self._limit:
            minutes = int((now - self._oldest_at).total_seconds() // 60)
            msg = f"Evidence of earlier acts has waited for its seal or time stamp for {minutes} minutes."
            raise EvidenceBacklogError(
                msg, mend="Run lre doctor, mend what it shows; deposits then open by themselves."
            )
