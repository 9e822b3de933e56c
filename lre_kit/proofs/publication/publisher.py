"""The office's publisher: what has been stamped is published and cosigned, and nothing waits for it."""

import logging

from lre_kit.clock import Clock
from lre_kit.errors import LreError
from lre_kit.proofs.log.log import Log
from lre_kit.proofs.log.stamped import newest_mark
from lre_kit.proofs.publication.public_target import PublicTarget
from lre_kit.proofs.publication.publish import publish
from lre_kit.proofs.publication.resting import Rests
from lre_kit.proofs.publication.witness import Witnesses
from lre_kit.store.database import Database

log_ = logging.getLogger(__name__)

_TARGET = "target"


class Publisher:
    """Publishes one office's log; run it as often as you like."""

    def __init__(
        self,
        database: Database,
        log: Log,
        *,
        target: PublicTarget | None,
        witnesses: Witnesses,
        clock: Clock,
    ) -> None:
        """Wire the publisher.

        Args:
            database: The office's.
            log: Its log.
            target: Where to publish, or nothing: then checkpoints are only cosigned.
            witnesses: Whom to ask for cosignatures.
            clock: The office's clock, for the rest after a failure.
        """
        self._database = database
        self._log = log
        self.target = target
        self._witnesses = witnesses
        self._clock = clock
        self._done: tuple[int, int] | None = None
        self._rests = Rests()

    def run_once(self) -> int:
        """Publish what is new, ask for cosignatures, publish these; return how much was done.

        Nothing new costs one query. A target that fails is left alone for a while; the failure is
        logged and not raised.

        Raises:
            StoreUnavailableError: The database does not answer.
        """
        files = self._publish()
        cosigned = self._witnesses.cosign_newest()
        return files + cosigned + (self._publish() if cosigned else 0)

    def _publish(self) -> int:
        if self.target is None or self._rests.is_resting(_TARGET, self._clock()):
            return 0
        with self._database.read() as connection:
            mark = newest_mark(connection)
        if mark == self._done:
            return 0
        try:
            done = publish(self._database, self._log, self.target)
        except LreError as error:
            rest = self._rests.failed(_TARGET, self._clock())
            log_.error("the log is not published, next try in %s: %s", rest, error.problem)  # noqa: TRY400 - no trace: the sentence says it
            return 0
        self._rests.worked(_TARGET)
        if not done.is_busy:
            self._done = mark
        return done.files
