"""Asking witnesses to cosign the log's checkpoints (C2SP tlog-witness, ``add-checkpoint``).

A witness remembers the largest tree head it saw of this log and cosigns only what is consistent with
it. So whoever holds a cosigned checkpoint knows that the log did not show the witness another one. No
witness can hold the log up: one that does not answer is left alone for a while.
"""

import base64
import logging
import re
from collections.abc import Sequence
from http import HTTPStatus

from sqlalchemy import Connection, func, select

from lre_kit.clock import Clock
from lre_kit.errors import LreError, UnavailableError
from lre_kit.proofs.forms.note import NoteError
from lre_kit.proofs.log.cosignature import Cosignature, Witness, read_cosignatures, with_lines
from lre_kit.proofs.log.log import Log
from lre_kit.proofs.log.stamped import StampedCheckpoint, newest_stamped
from lre_kit.proofs.publication.http_peer import Answer, HttpPeer
from lre_kit.proofs.publication.log_policy import NamedWitness
from lre_kit.proofs.publication.resting import Rests
from lre_kit.proofs.rows import CosignatureRow
from lre_kit.store.database import Database
from lre_kit.store.inserts import table_of

log_ = logging.getLogger(__name__)

ANSWER_MAX_BYTES = 16 * 1024
"""Longest answer of a witness read, in bytes."""

SIZE_TYPE = "text/x.tlog.size"
"""Content type of the answer that says which size a witness holds."""

TRIES = 2
"""Times a checkpoint is submitted: again once the witness has said which size it holds."""

_SIZE = re.compile(rb"(0|[1-9][0-9]{0,18})\n")

_COSIGNATURE = table_of(CosignatureRow)


class WitnessRefusedError(UnavailableError):
    """A witness answers, and does not cosign."""

    slug = "witness-refused"


class Witnesses:
    """The witnesses of one office's log; any number of processes may ask them."""

    def __init__(
        self,
        database: Database,
        log: Log,
        *,
        witnesses: Sequence[NamedWitness],
        clock: Clock,
        timeout_s: float,
    ) -> None:
        """Prepare to ask those that have an address.

        Args:
            database: The office's.
            log: Its log.
            witnesses: Whom to ask; those without an address are passed over.
            clock: The office's clock, for the rests of those that failed.
            timeout_s: Longest wait for each answer, in seconds.
        """
        self._database = database
        self._log = log
        self._witnesses = [each for each in witnesses if each.url is not None]
        self._clock = clock
        self._timeout_s = timeout_s
        self._rests = Rests()

    def cosign_newest(self) -> int:
        """Get the newest stamped checkpoint cosigned by those who have not; return how many did.

        A failure is logged and not raised.
        """
        if not self._witnesses:
            return 0
        with self._database.read() as connection:
            newest = newest_stamped(connection)
            held = self._held_sizes(connection)
        if newest is None:
            return 0
        count = 0
        for each in self._witnesses:
            old = held.get(each.witness.vkey, 0)
            if old >= newest.size or self._rests.is_resting(each.name, self._clock()):
                continue
            try:
                self._keep(newest, self.ask(each, newest, old=old))
            except LreError as error:
                rest = self._rests.failed(each.name, self._clock())
                log_.warning("witness %s did not cosign, rests %s: %s", each.name, rest, error.problem)
            else:
                self._rests.worked(each.name)
                count += 1
        return count

    def ask(self, each: NamedWitness, newest: StampedCheckpoint, *, old: int) -> Cosignature:
        """Submit a checkpoint to one witness and return its checked cosignature.

        Args:
            each: The witness; it has an address.
            newest: The checkpoint.
            old: Size of the checkpoint it is thought to hold; 0 if none is known.

        Raises:
            PeerUnavailableError: It does not answer.
            WitnessRefusedError: It does not cosign.
            NoteError: What it answers is not its cosignature.
        """
        assert each.url is not None
        with HttpPeer(each.url, timeout_s=self._timeout_s) as peer:
            for _ in range(TRIES):
                answer = peer.ask(
                    "POST", "add-checkpoint", body=self._request(newest, old), limit=ANSWER_MAX_BYTES
                )
                if answer.status == HTTPStatus.OK and len(answer.body) <= ANSWER_MAX_BYTES:
                    return _cosignature(answer.body, newest.note, each.witness)
                old = _held_size(answer, newest.size, tried=old)
        msg = "It names another size each time."
        raise WitnessRefusedError(msg, mend="Ask its operator.")

    def _request(self, newest: StampedCheckpoint, old: int) -> bytes:
        path: list[bytes] = []
        if old:
            with self._database.read() as connection:
                path = self._log.consistency(connection, old, newest.size)
        lines = "".join(f"{base64.b64encode(step).decode()}\n" for step in path)
        return f"old {old}\n{lines}\n{newest.note}".encode()

    def _held_sizes(self, connection: Connection) -> dict[str, int]:
        size = func.max(_COSIGNATURE.c.checkpoint_size)
        query = select(_COSIGNATURE.c.witness, size).group_by(_COSIGNATURE.c.witness)
        return {row[0]: row[1] for row in connection.execute(query)}

    def _keep(self, newest: StampedCheckpoint, cosignature: Cosignature) -> None:
        with self._database.write() as uow:
            uow.add_missing(
                CosignatureRow,
                checkpoint_size=newest.size,
                witness=cosignature.witness.vkey,
                line=cosignature.line,
                cosigned_at=cosignature.at,
            )
            uow.commit()


def _cosignature(body: bytes, note: str, witness: Witness) -> Cosignature:
    try:
        found = read_cosignatures(with_lines(note, [body.decode()]), [witness])
    except UnicodeDecodeError as error:
        msg = "The witness's answer is not text."
        raise NoteError(msg, mend="Ask its operator.") from error
    if not found:
        msg = "The witness's answer holds no cosignature of the key that is configured."
        raise WitnessRefusedError(msg, mend="Compare its key in LRE_LOG_WITNESSES with the published one.")
    return found[0]


def _held_size(answer: Answer, size: int, *, tried: int) -> int:
    """Return the size a witness says it holds, for another try.

    Raises:
        WitnessRefusedError: It refuses for another reason, or holds what cannot be gone on from.
    """
    found = _SIZE.fullmatch(answer.body)
    of_type = answer.headers.get("content-type", "").partition(";")[0].strip() == SIZE_TYPE
    if answer.status != HTTPStatus.CONFLICT or not of_type or found is None:
        msg = f"It answers HTTP {answer.status}."
        raise WitnessRefusedError(msg, mend="Check that it knows this log's origin and key.")
    held = int(found[1])
    if held > size:
        msg = f"It has seen a checkpoint of {held} entries; ours has {size}."
        raise WitnessRefusedError(msg, mend="If a backup was restored, restore a newer one.")
    if held == tried:
        msg = f"It has seen another checkpoint of {held} entries."
        raise WitnessRefusedError(msg, mend="Run: lre log audit. The log may have forked.")
    return held
