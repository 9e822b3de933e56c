"""Challenges: a question put to one person, for one act, in one session; answered at most once.

An answer ends its challenge whatever it is worth, by one conditional statement: answers sent at once
find one challenge open, and one only. What is asked for one act or session never serves another.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update

from lre_kit.clock import Clock
from lre_kit.errors import IdentificationError
from lre_kit.identifiers.rows import AuthenticationRow, ChallengeRow
from lre_kit.law.assurance import Factor, Means
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database, UnitOfWork
from lre_kit.store.inserts import table_of

LIFE = timedelta(minutes=10)
"""How long a challenge may be answered (NIST SP 800-63B-4, out-of-band secrets)."""

KEPT = timedelta(days=30)
"""How long ended challenges are kept, to explain a complaint."""

HANDLE = "handle:"
"""What the purpose of a handle begins with; a question's never does (see the handles)."""

_CHALLENGE = table_of(ChallengeRow)


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """A question put to one person.

    `facts` says what is asked, such as the number of a code; it is left out of repr, since some means
    keep nonces there.
    """

    id: str
    party_id: str | None
    identifier_id: str | None
    means: Means
    purpose: str
    facts: Mapping[str, Any] = field(repr=False)
    expires_at: datetime


class Challenges:
    """Opens and ends challenges, and keeps the trail of factors that were shown."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        """Prepare.

        Args:
            database: Where challenges are kept.
            clock: The office's clock.
        """
        self._database = database
        self._clock = clock

    def open(
        self,
        uow: UnitOfWork,
        *,
        party_id: str | None,
        identifier_id: str | None,
        means: Means,
        purpose: str,
        binding: str,
        facts: Mapping[str, Any] | None = None,
        ttl: timedelta = LIFE,
    ) -> Challenge:
        """Open a challenge.

        Args:
            uow: Transaction to do it in. Whoever names an identifier holds its row locked there
                (`IdentifierRegister.locked`), so that a revocation at the same time ends this too.
            party_id: Who is asked; nothing if not known yet.
            identifier_id: The means asked for, if it is one only.
            means: Its name in evidence.
            purpose: The act, such as ``accept:<letter id>``.
            binding: Id of the session in which the answer must come; kept as a digest.
            facts: What is asked.
            ttl: How long it may be answered.
        """
        if purpose.startswith(HANDLE):
            msg = "a question's purpose is an act"
            raise ValueError(msg)
        now = self._clock()
        opened = Challenge(
            id=new_id(),
            party_id=party_id,
            identifier_id=identifier_id,
            means=means,
            purpose=purpose,
            facts=dict(facts or {}),
            expires_at=now + ttl,
        )
        uow.add(
            ChallengeRow,
            id=opened.id,
            party_id=party_id,
            identifier_id=identifier_id,
            means=means.value,
            purpose=purpose,
            binding=_digest(binding),
            facts=dict(opened.facts),
            attempts=0,
            created_at=now,
            expires_at=opened.expires_at,
        )
        return opened

    def take(self, uow: UnitOfWork, challenge_id: str, *, purpose: str, binding: str) -> Challenge:
        """End a challenge because its answer came, and return it. Commit before judging the answer.

        Args:
            uow: Transaction to do it in.
            challenge_id: Its id.
            purpose: The act; the one it was opened for.
            binding: Id of the session; the one it was opened in.

        Raises:
            IdentificationError: It is unknown, ended, too old, or of another act or session; one sentence
                for all.
        """
        now = self._clock()
        table = _CHALLENGE
        row = (
            uow.execute(
                update(table)
                .where(
                    table.c.id == challenge_id,
                    table.c.purpose == purpose,
                    table.c.binding == _digest(binding),
                    table.c.ended_at.is_(None),
                    table.c.expires_at > now,
                )
                .values(ended_at=now, attempts=table.c.attempts + 1)
                .returning(*[table.c[name] for name in Challenge.__slots__])
            )
            .mappings()
            .first()
        )
        if row is None:
            raise refused()
        return Challenge(**{**row, "means": Means(row["means"])})

    def end_all(self, uow: UnitOfWork, identifier_id: str) -> None:
        """End all that is open with an identifier, the handles it stands behind included."""
        is_open = (_CHALLENGE.c.identifier_id == identifier_id, _CHALLENGE.c.ended_at.is_(None))
        uow.defer(update(_CHALLENGE).where(*is_open).values(ended_at=self._clock()))

    def end_asked(self, uow: UnitOfWork, identifier_id: str) -> None:
        """End the questions that are open with an identifier; its handles stay."""
        is_asked = (
            _CHALLENGE.c.identifier_id == identifier_id,
            _CHALLENGE.c.ended_at.is_(None),
            _CHALLENGE.c.purpose.not_like(f"{HANDLE}%"),
        )
        uow.defer(update(_CHALLENGE).where(*is_asked).values(ended_at=self._clock()))

    def record(
        self,
        uow: UnitOfWork,
        factor: Factor,
        *,
        party_id: str,
        purpose: str,
        facts: Mapping[str, Any] | None = None,
    ) -> str:
        """Keep the trail of a factor that was shown.

        Args:
            uow: Transaction to do it in.
            factor: What was shown.
            party_id: By whom.
            purpose: For which act.
            facts: What it relied on, such as a responder's answer; nothing personal.

        Returns:
            The trail's id.
        """
        trail_id = new_id()
        uow.add(
            AuthenticationRow,
            id=trail_id,
            party_id=party_id,
            purpose=purpose,
            means=factor.means.value,
            categories=[category.value for category in factor.categories],
            dynamic=factor.dynamic,
            identifier_id=factor.identifier_id,
            vouched=factor.vouched.value if factor.vouched else None,
            derogation=factor.derogation,
            at=factor.at,
            facts=None if facts is None else dict(facts),
        )
        return trail_id

    def open_for(self, identifier_id: str) -> int:
        """Return how many challenges are open with an identifier."""
        now = self._clock()
        query = select(_CHALLENGE.c.id).where(
            _CHALLENGE.c.identifier_id == identifier_id,
            _CHALLENGE.c.ended_at.is_(None),
            _CHALLENGE.c.expires_at > now,
        )
        with self._database.read() as connection:
            return len(connection.execute(query).all())

    def sweep(self) -> int:
        """Delete challenges that ended long ago; return how many."""
        with self._database.write() as uow:
            gone = uow.update(delete(_CHALLENGE).where(_CHALLENGE.c.expires_at < self._clock() - KEPT))
            uow.commit()
        return gone


def refused() -> IdentificationError:
    """Return the one error for every answer that does not identify anybody: it tells nothing more."""
    msg = "This answer is wrong, was already used, or came too late."
    return IdentificationError(msg, mend="Check it, then ask to identify yourself again.")


def _digest(binding: str) -> str:
    return hashlib.sha256(b"lre-kit.binding.v1\n" + binding.encode()).hexdigest()
