"""Renewing time stamps before their certificate ends: one token for all that one certificate stamped.

The duty ``restamp`` is planned with the first token of a certificate and is due some time before the
certificate's end. It may die at any line and run again: the tree is gathered tile by tile, the token
is fetched outside any transaction, and it is kept together with the end of the duty.
"""

import logging
from datetime import datetime, timedelta

from sqlalchemy import update

from lre_kit.clock import Clock, from_iso
from lre_kit.errors import LreError
from lre_kit.failpoints import declare, failpoint
from lre_kit.proofs.log import renewal_store as store
from lre_kit.proofs.log.sequencer import stamp_name
from lre_kit.proofs.stamping.renewal import stamped_digest
from lre_kit.proofs.stamping.timestamp import TimestampAuthority, TimestampInfo, read_token
from lre_kit.proofs.stamping.timestamp_authorities import members
from lre_kit.store.agenda import Duty, fulfil
from lre_kit.store.database import Database, UnitOfWork
from lre_kit.store.inserts import table_of
from lre_kit.store.rows import DutyRow

log = logging.getLogger(__name__)

declare("restamp.gathered", "restamp.stamped", "restamp.before_commit")

RETRY_MIN = timedelta(hours=6)
"""Shortest wait while no authority has a certificate that lasts longer."""

_DUTY = table_of(DutyRow)


class RenewalTooEarlyError(LreError):
    """No authority has a certificate yet that lasts longer than the one that ends."""

    slug = "renewal-too-early"
    status = 503


class Restamper:
    """Carries out the duty ``restamp``."""

    def __init__(
        self, database: Database, *, clock: Clock, authority: TimestampAuthority, margin: timedelta
    ) -> None:
        """Wire the restamper.

        Args:
            database: Where checkpoints and renewals are.
            clock: The office's clock.
            authority: Who gives tokens; if it has several members, each may be asked.
            margin: How long before a certificate's end its tokens are renewed.
        """
        self._database = database
        self._clock = clock
        self._authority = authority
        self._margin = margin

    def renew(self, duty: Duty) -> None:
        """Renew all that the duty's certificate stamped, and fulfil the duty.

        Raises:
            RenewalTooEarlyError: No authority has a certificate that lasts longer; see `retry_at`.
            TimestampUnavailableError: No authority answers.
            LeaseLostError: Another worker has the duty by now.
        """
        renewal_id = self._gathered(duty.subject)
        failpoint("restamp.gathered")
        with self._database.write() as uow:
            size, root = store.build(uow, renewal_id, duty.subject)
            uow.commit()
        ends_at = from_iso(duty.payload["ends_at"])
        token, info = self._token(stamped_digest(size, root), ends_at) if size else (b"", None)
        failpoint("restamp.stamped")
        with self._database.write() as uow:
            if store.leaves_any(uow, duty.subject):
                msg = "More was stamped by this certificate meanwhile."
                raise RenewalTooEarlyError(msg, mend="It is tried again by itself.")
            fulfil(uow, duty)
            if info is None:
                store.drop_empty(uow, renewal_id)
            else:
                self._keep(uow, renewal_id, size=size, root=root, token=token, info=info)
            failpoint("restamp.before_commit")
            uow.commit()
        if info is not None and info.gen_time > ends_at:
            log.error("%d checkpoints were renewed only after their certificate's end, %s", size, ends_at)

    def retry_at(self, duty: Duty) -> datetime:
        """Return when to look again for an authority whose certificate lasts longer."""
        now = self._clock()
        return now + max(RETRY_MIN, (from_iso(duty.payload["ends_at"]) - now) / store.SPREAD)

    def bring_forward(self) -> int:
        """Make every planned renewal due now, as when an algorithm weakens; return how many."""
        statement = (
            update(_DUTY)
            .where(_DUTY.c.action == "restamp", _DUTY.c.dead_at.is_(None))
            .values(due_at=self._clock())
        )
        with self._database.write() as uow:
            changed = uow.update(statement)
            uow.commit()
        return changed

    def _gathered(self, authority: str) -> str:
        """Return the id of the open renewal, with all checkpoints of the certificate in its tree."""
        with self._database.write() as uow:
            renewal_id = store.open_renewal(uow, authority, now=self._clock())
            uow.commit()
        for first in (True, False):
            after: int | None = -1
            while after is not None:
                with self._database.write() as uow:
                    after = store.gather(uow, renewal_id, authority, after=after, first=first)
                    uow.commit()
        return renewal_id

    def _token(self, digest: bytes, ends_at: datetime) -> tuple[bytes, TimestampInfo]:
        """Return a token by a certificate that lasts longer than the one that ends."""
        refused: LreError = RenewalTooEarlyError(
            f"No authority has a certificate yet that lasts beyond {ends_at:%Y-%m-%d}.",
            mend="Renew the time-stamp certificate, or set another authority.",
        )
        for member in members(self._authority):
            try:
                token = member.stamp(digest)
                info = read_token(token, digest)
            except LreError as error:
                log.warning("a renewal awaits its time stamp: %s", error.slug)
                refused = error
            else:
                if info.certificate.not_valid_after_utc > ends_at:
                    return token, info
        raise refused

    def _keep(
        self,
        uow: UnitOfWork,
        renewal_id: str,
        *,
        size: int,
        root: bytes,
        token: bytes,
        info: TimestampInfo,
    ) -> None:
        now = self._clock()
        kept = store.settle(
            uow, renewal_id, size=size, root=root, token=token, stamp_id=stamp_name(info), now=now
        )
        if not kept:
            msg = "The checkpoints to renew changed while the time stamp was fetched."
            raise RenewalTooEarlyError(msg, mend="It is tried again by itself.")
        store.plan_renewal(uow, info, now=now, margin=self._margin)
