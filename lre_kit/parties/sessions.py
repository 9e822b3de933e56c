"""Sessions of accounts: which browsers are logged in, and what was shown in them.

The browser holds an opaque token of 256 bits; the office keeps its SHA-256 only. A session ends when
nobody used it for a while, in any case after its longest life, when its owner ends it, and when the
password is reset (ASVS 5 §7.3, §7.4). Its token changes with its privileges (§7.2.4).
"""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlmodel import col

from lre_kit.clock import Clock
from lre_kit.errors import IdentificationError
from lre_kit.identifiers.challenges import Challenges
from lre_kit.identifiers.factor_values import factor_from, factor_values
from lre_kit.law.assurance import Factor, Means
from lre_kit.parties.account_rows import AccountRow, SessionRow
from lre_kit.parties.user_agents import agent_summary
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database
from lre_kit.store.inserts import table_of
from lre_kit.store.unit import UnitOfWork

IDLE = timedelta(minutes=30)
"""How long a session lasts that nobody uses."""

LONGEST = timedelta(hours=12)
"""How long a session lasts at most, used or not."""

FACTORS_MAX = 8
"""Factors kept of one session; the oldest go first."""

PURPOSE = "session"
"""The act that a log-in is for, in the trail of authentications."""

# Means of accounts alone; the others keep their own trail.
_OWN = frozenset({Means.PASSWORD, Means.RECOVERY_CODE})
_SESSION = table_of(SessionRow)
_TOKEN_BYTES = 32
# A session's last use is written at most this often: a page's view should not be a write.
_SEEN_STEP = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One browser that is logged in, or that is on its way to be."""

    id: str
    account_id: str
    party_id: str
    agent: str
    """Browser and system, in general words."""
    factors: tuple[Factor, ...]
    second_due: bool
    """Whether the account's second factor was not shown yet: then nothing may be done but show it."""
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime

    def shown_since(self, instant: datetime) -> bool:
        """Tell whether anything was shown at or after an instant."""
        return any(factor.at >= instant for factor in self.factors)


@dataclass(frozen=True, slots=True)
class Opened:
    """A session with its token, which is handed out this once."""

    session: Session
    token: str

    def __repr__(self) -> str:
        """Say which session, and keep the token to itself."""
        return f"Opened({self.session.id})"


class Sessions:
    """Opens, finds and ends sessions."""

    def __init__(
        self, database: Database, *, clock: Clock, idle: timedelta = IDLE, longest: timedelta = LONGEST
    ) -> None:
        """Prepare; `idle` and `longest` bound a session's life."""
        self._database = database
        self._clock = clock
        self._idle = idle
        self._longest = longest
        self._challenges = Challenges(database, clock=clock)

    def open(
        self,
        *,
        account_id: str,
        party_id: str,
        factor: Factor,
        user_agent: str = "",
        second_due: bool = False,
    ) -> Opened:
        """Open a session for somebody who showed a factor.

        Args:
            account_id: Who.
            party_id: The account's party.
            factor: What was shown.
            user_agent: The browser's own words; only a general summary is kept.
            second_due: The account's second factor has to be shown before anything else.

        Raises:
            IdentificationError: The account is closed, or its password was changed after this factor.
        """
        now = self._clock()
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        values: dict[str, Any] = {
            "id": new_id(),
            "account_id": account_id,
            "party_id": party_id,
            "agent": agent_summary(user_agent),
            "factors": [factor_values(factor)],
            "second_due": second_due,
            "created_at": now,
            "last_seen_at": now,
            "expires_at": now + self._longest,
        }
        with self._database.write() as uow:
            # The row stays locked: a reset at the same time comes before, and refuses, or after, and ends.
            found = uow.execute(
                select(col(AccountRow.password_set_at), col(AccountRow.closed_at))
                .where(col(AccountRow.id) == account_id)
                .with_for_update(read=True)
            ).first()
            if found is None or found.closed_at is not None or factor.at < found.password_set_at:
                raise _ended()
            self._trail(uow, factor, party_id)
            uow.add(SessionRow, token_hash=_hashed(token), ended_at=None, **values)
            uow.commit()
        return Opened(_session(values), token)

    def touch(self, token: str, *, note: bool = True) -> Session | None:
        """Return the session a browser holds the token of, and note its use; nothing if it ended.

        Args:
            token: What the browser holds.
            note: Whether somebody uses it; not so where a page asks by itself, or no idle one would end.
        """
        now = self._clock()
        with self._database.read() as connection:
            row = (
                connection.execute(select(_SESSION).where(col(SessionRow.token_hash) == _hashed(token)))
                .mappings()
                .first()
            )
        if row is None or not self._is_open(row, now):
            return None
        if note and now - row["last_seen_at"] >= _SEEN_STEP:
            with self._database.write() as uow:
                uow.defer(
                    update(SessionRow)
                    .where(col(SessionRow.id) == row["id"], col(SessionRow.ended_at).is_(None))
                    .values(last_seen_at=now)
                )
                uow.commit()
        return _session(row)

    def add_factor(self, session: Session, factor: Factor, *, second: bool = False) -> Opened:
        """Add a factor that was shown in a session; the old token is worth nothing from then on.

        Args:
            session: The session as `touch` returned it.
            factor: What was shown.
            second: The factor is the account's second one, so nothing is due any more.

        Raises:
            IdentificationError: The session has ended meanwhile.
        """
        return self._renewed(session, (factor,), second=second)

    def renew(self, session: Session) -> Opened:
        """Give a session a new token because its rights changed; see `add_factor`."""
        return self._renewed(session, (), second=False)

    def _renewed(self, session: Session, shown: tuple[Factor, ...], *, second: bool) -> Opened:
        now = self._clock()
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        with self._database.write() as uow:
            uow.serialise(f"session:{session.id}")
            row = uow.execute(_by_id(session.id)).mappings().first()
            if row is None or not self._is_open(row, now):
                raise _ended()
            for factor in shown:
                self._trail(uow, factor, row["party_id"])
            changes = {
                "factors": [*row["factors"], *map(factor_values, shown)][-FACTORS_MAX:],
                "second_due": row["second_due"] and not second,
                "last_seen_at": now,
            }
            uow.execute(
                update(SessionRow)
                .where(col(SessionRow.id) == session.id)
                .values(token_hash=_hashed(token), **changes)
            )
            uow.commit()
        return Opened(_session({**row, **changes}), token)

    def list_of(self, account_id: str) -> list[Session]:
        """Return an account's open sessions, last used first."""
        now = self._clock()
        with self._database.read() as connection:
            rows = connection.execute(
                select(_SESSION)
                .where(col(SessionRow.account_id) == account_id, col(SessionRow.ended_at).is_(None))
                .order_by(col(SessionRow.last_seen_at).desc(), col(SessionRow.id).desc())
            ).mappings()
            return [_session(row) for row in rows if self._is_open(row, now)]

    def end(self, session_id: str, *, account_id: str) -> bool:
        """End one of an account's sessions; tell whether it was open."""
        with self._database.write() as uow:
            ended = self._end(uow, account_id, col(SessionRow.id) == session_id)
            uow.commit()
        return ended == 1

    def end_all(self, account_id: str, *, but: str | None = None, uow: UnitOfWork | None = None) -> int:
        """End an account's sessions, but for the one named; return how many ended.

        Args:
            account_id: Whose.
            but: Id of the session that goes on.
            uow: The act this belongs to; by default it is an act of its own.
        """
        others = col(SessionRow.id) != (but or "")
        if uow is not None:
            return self._end(uow, account_id, others)
        with self._database.write() as own:
            ended = self._end(own, account_id, others)
            own.commit()
            return ended

    def _end(self, uow: UnitOfWork, account_id: str, which: Any) -> int:
        return uow.update(
            update(SessionRow)
            .where(col(SessionRow.account_id) == account_id, col(SessionRow.ended_at).is_(None), which)
            .values(ended_at=self._clock())
        )

    def _trail(self, uow: UnitOfWork, factor: Factor, party_id: str) -> None:
        if factor.means in _OWN:
            self._challenges.record(uow, factor, party_id=party_id, purpose=PURPOSE)

    def _is_open(self, row: Mapping[Any, Any], now: datetime) -> bool:
        return row["ended_at"] is None and now < min(row["expires_at"], row["last_seen_at"] + self._idle)


def _ended() -> IdentificationError:
    return IdentificationError("This session has ended.", mend="Log in again.")


def _by_id(session_id: str) -> Any:
    return select(_SESSION).where(col(SessionRow.id) == session_id)


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _session(row: Mapping[Any, Any]) -> Session:
    return Session(
        id=row["id"],
        account_id=row["account_id"],
        party_id=row["party_id"],
        agent=row["agent"],
        factors=tuple(factor_from(plain) for plain in row["factors"]),
        second_due=row["second_due"],
        created_at=row["created_at"],
        last_seen_at=row["last_seen_at"],
        expires_at=row["expires_at"],
    )
