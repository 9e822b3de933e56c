"""Requests that may come twice: what was answered is kept, and given again.

Who sends an idempotency key may ask again after a broken connection and gets the answer of the first
time. A request is claimed before it is carried out; while the claim holds, the same request is told to
wait. The same key with another request is refused, and that is looked at first. A claim whose process
died ends by itself, and the next request completes the work: acts on letters note in their own
transaction that they were done, and a deposit finds its letter by the key it was written with.

What is refused leaves no trace, since it changed nothing: mended, it may be sent under the same key.
"""

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, delete, select, update

from lre_kit.clock import Clock
from lre_kit.errors import LreError
from lre_kit.integration.rows import ApiAnswerRow
from lre_kit.store.agenda import Duty, LeaseLostError, fulfil, plan
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database, UnitOfWork
from lre_kit.store.inserts import table_of

KEPT = timedelta(days=1)
"""How long answers are kept."""

CLAIM = timedelta(minutes=2)
"""How long a request may take before another with its key goes on in its place."""

PURGE = "purge_answers"
"""Action of the duty that forgets old answers."""

EVERY = timedelta(hours=6)
"""Span between two purges."""

_ANSWER = table_of(ApiAnswerRow)


class IdempotencyReusedError(LreError):
    """An idempotency key came back with another request; nothing was done."""

    slug = "idempotency-key-reused"
    status = 422
    exit_code = 65

    def __init__(self) -> None:
        """Say it."""
        super().__init__(
            "This idempotency key was used for another request.", mend="Use a fresh key for each request."
        )


class InProgressError(LreError):
    """A request with this idempotency key is being carried out at this moment."""

    slug = "idempotency-in-progress"
    status = 409

    def __init__(self) -> None:
        """Say it."""
        super().__init__(
            "The same request is being carried out at this moment.", mend="Ask again in a few seconds."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """An answer given before."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A request that is being carried out by us.

    Attributes:
        subject: What it was carried out on already, where only its answer is missing.
    """

    id: str
    token: str
    subject: str = ""


class Answers:
    """Claims requests, keeps answers, forgets them in time."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        """Work on `database` by the office's `clock`."""
        self._database = database
        self._clock = clock

    def begin(self, caller: str, key: str, fingerprint: str) -> Kept | Claim:
        """Claim a request, or return what was answered to it before.

        Args:
            caller: Who asks: an idempotency key is theirs alone.
            key: The idempotency key.
            fingerprint: Digest of all that makes two requests the same.

        Raises:
            IdempotencyReusedError: The key belongs to another request.
            InProgressError: Somebody carries it out at this moment.
        """
        place = hashlib.sha256(f"{caller}\n{key}".encode()).hexdigest()
        now, token = self._clock(), new_id()
        with self._database.write() as uow:
            old = (_ANSWER.c.id == place, _ANSWER.c.created_at < now - KEPT)
            uow.execute(delete(_ANSWER).where(*old))
            uow.add_missing(
                ApiAnswerRow,
                id=place,
                fingerprint=fingerprint,
                claim=token,
                claimed_until=now + CLAIM,
                created_at=now,
            )
            row = uow.execute(select(_ANSWER).where(_ANSWER.c.id == place).with_for_update()).one()
            if row.fingerprint != fingerprint:
                raise IdempotencyReusedError
            if row.status is not None:
                return Kept(status=row.status, headers=row.headers or {}, body=row.body or b"")
            if row.claim != token:
                if row.claimed_until > now:
                    raise InProgressError
                taken = {"claim": token, "claimed_until": now + CLAIM}
                uow.execute(update(_ANSWER).where(_ANSWER.c.id == place).values(**taken))
            uow.commit()
        return Claim(id=place, token=token, subject=row.subject)

    def done(self, uow: UnitOfWork, claim: Claim, subject: str) -> None:
        """Note, in the act's own transaction, that it was carried out.

        Raises:
            LeaseLostError: Another carries the request out by now; roll back.
        """
        statement = update(_ANSWER).where(*_ours(claim)).values(subject=subject)
        if uow.update(statement) != 1:
            msg = "Another took this request over."
            raise LeaseLostError(msg, mend="Ask again with the same idempotency key.")

    def keep(self, claim: Claim, answer: Kept) -> None:
        """Keep what was answered."""
        values = {"status": answer.status, "headers": answer.headers, "body": answer.body}
        with self._database.write() as uow:
            uow.execute(update(_ANSWER).where(*_ours(claim)).values(**values))
            uow.commit()

    def drop(self, claim: Claim) -> None:
        """Let go of a request that was refused: it changed nothing, and may come again in another form."""
        with self._database.write() as uow:
            uow.execute(delete(_ANSWER).where(*_ours(claim), _ANSWER.c.subject == ""))
            uow.commit()

    def release(self, claim: Claim) -> None:
        """Let go of a request that failed for want of something: the next one with its key goes on."""
        with self._database.write() as uow:
            uow.execute(update(_ANSWER).where(*_ours(claim)).values(claimed_until=self._clock()))
            uow.commit()

    def purge(self) -> int:
        """Forget answers that are old enough; return how many."""
        with self._database.write() as uow:
            gone = uow.update(delete(_ANSWER).where(_ANSWER.c.created_at < self._clock() - KEPT))
            uow.commit()
        return gone

    def fulfil(self, duty: Duty) -> None:
        """Purge, and plan the next time."""
        self.purge()
        with self._database.write() as uow:
            fulfil(uow, duty)
            self.plan(uow)
            uow.commit()

    def plan(self, uow: UnitOfWork) -> None:
        """Put the next purge on the agenda; it is there once only."""
        plan(uow, key=PURGE, due_at=self._clock() + EVERY, action=PURGE, subject="api")


def _ours(claim: Claim) -> tuple[ColumnElement[bool], ...]:
    return (_ANSWER.c.id == claim.id, _ANSWER.c.claim == claim.token)
