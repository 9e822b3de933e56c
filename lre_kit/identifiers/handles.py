"""Handles: what a host application keeps after a person identified, to act for them within the hour.

A handle is a bearer token, so it is bound as tightly as a code: to one party, one act and a number of
uses. It is kept as a digest, and dies with the means that stands behind it. It vouches for the factor
that was shown, at the instant it was shown: how old a factor may be, the act's own rule says.
"""

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select, update

from lre_kit.clock import Clock, from_iso, iso
from lre_kit.errors import InputError
from lre_kit.identifiers.challenges import HANDLE, refused
from lre_kit.identifiers.means import State
from lre_kit.identifiers.rows import ChallengeRow, IdentifierRow
from lre_kit.law.assurance import Category, Factor, Level, Means
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database, UnitOfWork
from lre_kit.store.inserts import table_of

HANDLE_LIFE = timedelta(hours=1)
"""How long a handle lives."""

USES_MAX = 1000
"""Most uses one handle may be given: the letters of one batch."""

_TOKEN_BYTES = 32
_CHALLENGE = table_of(ChallengeRow)
_IDENTIFIER = table_of(IdentifierRow)


@dataclass(frozen=True, slots=True, kw_only=True)
class Handle:
    """A handle as it is given out, this once."""

    token: str = field(repr=False)
    expires_at: datetime
    uses: int


class Handles:
    """Gives handles out, and takes them back use by use."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        """Prepare.

        Args:
            database: Where their digests are kept.
            clock: The office's clock.
        """
        self._database = database
        self._clock = clock

    def give(
        self,
        uow: UnitOfWork,
        factor: Factor,
        *,
        party_id: str,
        purpose: str,
        uses: int = 1,
        ttl: timedelta = HANDLE_LIFE,
    ) -> Handle:
        """Give a handle for a factor that was just shown.

        Args:
            uow: Transaction to do it in.
            factor: What was shown.
            party_id: By whom.
            purpose: The act it serves, such as ``deposit``.
            uses: How often.
            ttl: How long; an hour at most.

        Raises:
            InputError: So many uses, or so long a life, are not given.
        """
        if not 1 <= uses <= USES_MAX or not timedelta(0) < ttl <= HANDLE_LIFE:
            msg = "A handle cannot be given for so many uses or so long."
            raise InputError(msg, mend=f"Ask for 1 to {USES_MAX} uses within an hour.")
        now, token = self._clock(), secrets.token_urlsafe(_TOKEN_BYTES)
        uow.add(
            ChallengeRow,
            id=new_id(),
            party_id=party_id,
            identifier_id=factor.identifier_id,
            means=factor.means.value,
            purpose=HANDLE + purpose,
            binding=_digest(token),
            facts={
                "uses": uses,
                "at": iso(factor.at),
                "categories": [category.value for category in factor.categories],
                "dynamic": factor.dynamic,
                "vouched": factor.vouched.value if factor.vouched else None,
                "derogation": factor.derogation,
            },
            attempts=0,
            created_at=now,
            expires_at=now + ttl,
        )
        return Handle(token=token, expires_at=now + ttl, uses=uses)

    def spend(self, token: str, *, party_id: str, purpose: str) -> Factor:
        """Use a handle once, and return the factor behind it.

        Args:
            token: As `give` returned it.
            party_id: For whom; the one it was given for.
            purpose: The act; the one it was given for.

        Raises:
            IdentificationError: It is unknown, used up, too old, of another party or act, or its means
                was ended; one sentence for all.
        """
        now, table = self._clock(), _CHALLENGE
        usable = select(_IDENTIFIER.c.id).where(
            _IDENTIFIER.c.state == State.ACTIVE.value,
            _IDENTIFIER.c.expires_at.is_(None) | (_IDENTIFIER.c.expires_at > now),
        )
        is_open = (
            table.c.binding == _digest(token),
            table.c.party_id == party_id,
            table.c.purpose == HANDLE + purpose,
            table.c.ended_at.is_(None),
            table.c.expires_at > now,
            table.c.attempts < table.c.facts["uses"].as_integer(),
            table.c.identifier_id.is_(None) | table.c.identifier_id.in_(usable),
        )
        with self._database.write() as uow:
            statement = update(table).where(*is_open).values(attempts=table.c.attempts + 1)
            row = uow.execute(
                statement.returning(table.c.means, table.c.identifier_id, table.c.facts)
            ).first()
            uow.commit()
        if row is None:
            raise refused()
        facts = row.facts
        return Factor(
            means=Means(row.means),
            categories=tuple(Category(each) for each in facts["categories"]),
            dynamic=facts["dynamic"],
            at=from_iso(facts["at"]),
            identifier_id=row.identifier_id,
            vouched=Level(facts["vouched"]) if facts["vouched"] else None,
            derogation=facts["derogation"],
        )


def _digest(token: str) -> str:
    return hashlib.sha256(b"lre-kit.handle.v1\n" + token.encode()).hexdigest()
