"""Keys of the API: made, listed, revoked, and judged at each request.

A key reads ``lre_<kind>_<prefix>_<secret>``. The prefix finds it; of the secret (256 random bits) the
database holds a digest under the office's pepper, so that neither a copy of the database nor a look at
its rows gives a key away.

Requests are counted within their minute, in shares: a process takes some from the database at once, by one
statement, and serves them without another write. Two processes never let more through than one would; what
a process took and did not serve is the most that a minute loses. Whether a key still stands is looked at in
the database at each request.

A row may name a client of another authorization server instead of holding a secret: then that client's
access tokens stand for the key, with its owner, kind, pace and end (`lre_kit.integration.tokens`).
"""

import hashlib
import hmac
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, case, literal, or_, select, update

from lre_kit.clock import Clock
from lre_kit.errors import NotFoundError
from lre_kit.integration.rows import ApiKeyRow
from lre_kit.integration.values import (
    Admitted,
    ApiKey,
    KeyInputError,
    KeyKind,
    KeyRefusedError,
    KeyWish,
    NewKey,
    Rate,
    RateLimitedError,
    Scope,
    TokenRefusedError,
)
from lre_kit.letters.several import RecipientsError
from lre_kit.parties.characters import has_hidden_characters
from lre_kit.parties.emails import key_of
from lre_kit.parties.values import Sender, checked_address
from lre_kit.store.columns import UtcDateTime, new_id
from lre_kit.store.database import Database
from lre_kit.store.inserts import table_of
from lre_kit.store.unit import UnitOfWork

if TYPE_CHECKING:
    from lre_kit.integration.tokens import AccessTokens

WINDOW = timedelta(minutes=1)
"""Span in which requests are counted."""

NAME_MAX_CHARS = 100
"""Longest name of a key."""

DAYS_MAX = 3 * 365
"""Longest life of a key that expires, in days."""

KEYS_MAX = 50
"""Keys in force that one owner may have."""

TEAM_MAX = 50
"""Mailboxes that a key for a team may name."""

CLIENT_MAX_CHARS = 255
"""Longest name of a client, and of its issuer."""

TOKEN_DOTS = 2
"""Dots in an access token; a key has none."""

SHARES = 50
"""Shares of a minute's requests: a process takes one of them at once."""

TAKEN_MAX = 10_000
"""Keys of which a process holds shares at once; more, and it begins anew."""

_SECRET_BYTES = 32
_PREFIX_BYTES = 6
_KEY = table_of(ApiKeyRow)


@dataclass(slots=True)
class _Taken:
    """What a process took of a key's minute, and has not served yet."""

    window_at: datetime
    left: int
    count: int
    process: int
    """Its number: what one took before it was split serves no other."""


class ApiKeys:
    """Makes and judges keys of the API."""

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock,
        pepper: bytes,
        per_minute: int,
        tokens: "AccessTokens | None" = None,
    ) -> None:
        """Prepare.

        Args:
            database: Where keys are kept.
            clock: The office's clock.
            pepper: Secret kept outside the database; secrets are digested with it.
            per_minute: Requests that one key may make within a minute.
            tokens: What judges access tokens, where any are accepted.
        """
        self._database = database
        self._clock = clock
        self._pepper = hmac.new(pepper, b"lre-kit.api-key.v1", hashlib.sha256).digest()
        self._per_minute = per_minute
        self._tokens = tokens
        self._share = max(1, per_minute // SHARES)
        self._taken: dict[str, _Taken] = {}
        self._lock = Lock()

    def create(self, owner: Sender, wish: KeyWish) -> NewKey:
        """Make a key; its text is returned this once and kept nowhere.

        Raises:
            InputError: The wish cannot be met; it says why.
        """
        owner, wish, now = owner.checked(), _checked(wish), self._clock()
        prefix, secret = secrets.token_hex(_PREFIX_BYTES), secrets.token_hex(_SECRET_BYTES)
        key = ApiKey(
            id=new_id(),
            prefix=prefix,
            owner=owner,
            name=wish.name,
            kind=wish.kind,
            scopes=wish.scopes,
            team=wish.team,
            created_at=now,
            expires_at=now + timedelta(days=wish.days) if wish.days is not None else None,
            revoked_at=None,
            last_used_at=None,
            client=wish.client,
        )
        issuer, client_id = wish.client or (None, None)
        with self._database.write() as uow:
            if wish.client is not None:
                self._expect_free_client(uow, wish.client, now)
            uow.serialise(f"api-keys:{owner.ref}")
            mine = select(_KEY.c.revoked_at, _KEY.c.expires_at).where(_KEY.c.owner_ref == owner.ref)
            living = [row for row in uow.execute(mine) if _lives(row, now)]
            if len(living) >= KEYS_MAX:
                msg = f"There are {len(living)} keys in force already."
                raise KeyInputError(msg, mend="Revoke one that is no longer used.")
            uow.add(
                ApiKeyRow,
                id=key.id,
                prefix=prefix,
                # Of a client's row no secret is right: no digest is empty.
                secret_digest=self._digest(secret) if wish.client is None else "",
                issuer=issuer,
                client_id=client_id,
                owner_ref=owner.ref,
                owner_name=owner.name,
                owner_email=owner.email,
                name=key.name,
                kind=key.kind.value,
                scopes=sorted(scope.value for scope in key.scopes),
                team=list(key.team),
                created_at=now,
                expires_at=key.expires_at,
            )
            uow.commit()
        text = f"lre_{key.kind.value}_{prefix}_{secret}" if wish.client is None else ""
        return NewKey(key=key, text=text)

    def of(self, owner_ref: str) -> list[ApiKey]:
        """Return an owner's keys, the newest first, those that are over too."""
        return self._listed(_KEY.c.owner_ref == owner_ref)

    def all(self) -> list[ApiKey]:
        """Return everybody's keys, for the operator."""
        return self._listed()

    def revoke(self, key_id: str, *, owner_ref: str | None = None) -> ApiKey:
        """End a key at once; one that is over stays as it is.

        Args:
            key_id: Its id or its prefix.
            owner_ref: Only if it is this owner's.

        Raises:
            NotFoundError: There is none, or it is another's.
        """
        found = self._listed(or_(_KEY.c.id == key_id, _KEY.c.prefix == key_id))
        if not found or (owner_ref is not None and found[0].owner.ref != owner_ref):
            raise NotFoundError("There is no such key.", mend="Look in the list of keys.")
        with self._database.write() as uow:
            living = (_KEY.c.id == found[0].id, _KEY.c.revoked_at.is_(None))
            uow.execute(update(_KEY).where(*living).values(revoked_at=self._clock()))
            uow.commit()
        return self._listed(_KEY.c.id == found[0].id)[0]

    def revoke_all(self, uow: UnitOfWork, owner_refs: Sequence[str]) -> None:
        """End every key of these owners, inside an act."""
        living = (_KEY.c.owner_ref.in_(owner_refs), _KEY.c.revoked_at.is_(None))
        uow.execute(update(_KEY).where(*living).values(revoked_at=self._clock()))

    def admit(self, text: str) -> Admitted:
        """Judge the key or access token of a request, note its use, and count it.

        Raises:
            KeyRefusedError: It is none of ours, wrong, expired or revoked.
            RateLimitedError: Its minute is used up.
            UnavailableError: The issuer of a token does not answer.
        """
        if self._tokens is not None and text.count(".") >= TOKEN_DOTS:
            return self._admit_token(self._tokens, text)
        marks = text.split("_")
        prefix, secret = (marks[2], marks[3]) if len(marks) == 4 else ("", "")
        with self._database.read() as connection:
            row = connection.execute(select(_KEY).where(_KEY.c.prefix == prefix)).first()
        # A key that is not there costs the same comparison as one that is.
        kept = row.secret_digest if row is not None else "0" * 64
        is_right = hmac.compare_digest(kept, self._digest(secret))
        if row is None or not is_right or marks[:2] != ["lre", row.kind]:
            raise KeyRefusedError
        return self._used(_key(row))

    def _admit_token(self, tokens: "AccessTokens", text: str) -> Admitted:
        granted = tokens.checked(text)
        mine = (_KEY.c.issuer == granted.issuer, _KEY.c.client_id == granted.client_id)
        found = self._listed(*mine)
        if not found:
            msg = "No sender of this office is entered for the client of this access token."
            raise TokenRefusedError(msg)
        living = [key for key in found if key.is_in_force(self._clock())]
        key = (living or found)[0]
        # The token may open less than was entered for its client, and never more.
        return self._used(replace(key, scopes=key.scopes & granted.scopes))

    def _expect_free_client(self, uow: UnitOfWork, client: tuple[str, str], now: datetime) -> None:
        """Refuse a second row in force for one client: each of its tokens acts for one sender."""
        issuer, client_id = client
        uow.serialise(f"api-client:{issuer}:{client_id}")
        same = select(_KEY.c.revoked_at, _KEY.c.expires_at).where(
            _KEY.c.issuer == issuer, _KEY.c.client_id == client_id
        )
        if any(_lives(row, now) for row in uow.execute(same)):
            msg = "This client has a sender already."
            raise KeyInputError(msg, mend="Revoke what is entered for it first.")

    def count_letters(self, key: ApiKey, letters: int) -> Rate | None:
        """Count a request that deposits several letters as one for each; nothing for a single one.

        Raises:
            KeyRefusedError: The key ended.
            RecipientsError: No minute is long enough for so many; nothing was counted.
            RateLimitedError: They are more than its minute has left; those counted so far stay counted.
        """
        if letters > self._per_minute:
            msg = f"{letters} letters are more than a key may deposit within a minute ({self._per_minute})."
            raise RecipientsError(msg, mend="Send them in several requests, or in bulk.")
        rate = None
        for _ in range(letters - 1):
            rate = self._used(key).rate
        return rate

    def _used(self, key: ApiKey) -> Admitted:
        now = self._clock()
        if key.is_in_force(now) and (rate := self._served(key.id, now)) is not None:
            return Admitted(key=key, rate=rate)
        return Admitted(key=key, rate=self._take(key, now))

    def _served(self, key_id: str, now: datetime) -> Rate | None:
        """Serve a request out of what this process took; nothing if that is used up or of another minute."""
        with self._lock:
            taken = self._taken.get(key_id)
            if taken is None or not taken.left or taken.process != os.getpid():
                return None
            left_s = (taken.window_at + WINDOW - now).total_seconds()
            if not 0 < left_s <= WINDOW.total_seconds():
                return None
            taken.left -= 1
            remaining = max(0, self._per_minute - taken.count + taken.left)
        return Rate(limit=self._per_minute, remaining=remaining, reset_s=max(1, round(left_s)))

    def _take(self, key: ApiKey, now: datetime) -> Rate:
        """Take a share of the minute, and serve a request out of it.

        Raises:
            KeyRefusedError: The key ended.
            RateLimitedError: The minute is used up.
        """
        share = self._share
        is_over = or_(_KEY.c.window_at.is_(None), _KEY.c.window_at <= now - WINDOW)
        living = (
            _KEY.c.id == key.id,
            _KEY.c.revoked_at.is_(None),
            or_(_KEY.c.expires_at.is_(None), _KEY.c.expires_at > now),
        )
        counting = (
            update(_KEY)
            .where(*living)
            .values(
                last_used_at=now,
                window_at=case((is_over, literal(now, UtcDateTime())), else_=_KEY.c.window_at),
                window_count=case((is_over, share), else_=_KEY.c.window_count + share),
            )
            .returning(_KEY.c.window_at, _KEY.c.window_count)
        )
        with self._database.write() as uow:
            counted = uow.execute(counting).first()
            uow.commit()
        if counted is None:
            what = "was revoked" if key.revoked_at is not None else "has expired or was revoked"
            raise KeyRefusedError(f"This key {what}.", mend="Make a new key, and use that.")
        # What lies beyond the minute's end is nobody's.
        got = share - max(0, counted.window_count - self._per_minute)
        reset_s = max(1, round((counted.window_at + WINDOW - now).total_seconds()))
        if got <= 0:
            raise RateLimitedError(Rate(limit=self._per_minute, remaining=0, reset_s=reset_s))
        count = min(counted.window_count, self._per_minute)
        with self._lock:
            if len(self._taken) >= TAKEN_MAX:
                self._taken.clear()
            held, process = self._taken.get(key.id), os.getpid()
            if held is not None and held.process == process and held.window_at == counted.window_at:
                # Another thread took a share at the same time: both are served.
                got, count = got + held.left, max(count, held.count)
            fresh = _Taken(window_at=counted.window_at, left=got - 1, count=count, process=process)
            self._taken[key.id] = fresh
        return Rate(limit=self._per_minute, remaining=self._per_minute - count + got - 1, reset_s=reset_s)

    def _listed(self, *conditions: Any) -> list[ApiKey]:
        query = select(_KEY).where(*conditions).order_by(_KEY.c.id.desc())
        with self._database.read() as connection:
            return [_key(row) for row in connection.execute(query)]

    def _digest(self, secret: str) -> str:
        return hmac.new(self._pepper, secret.encode("utf-8", "replace"), hashlib.sha256).hexdigest()


def may_write_to(key: ApiKey, email: str) -> bool:
    """Tell whether letters and requests of a key may go to a mailbox."""
    if key.kind is not KeyKind.TEAM:
        return True
    return bool(email) and key_of(email) in {key_of(each) for each in (key.owner.email, *key.team)}


def _lives(row: Row[Any], now: datetime) -> bool:
    return row.revoked_at is None and (row.expires_at is None or row.expires_at > now)


def _checked(wish: KeyWish) -> KeyWish:
    name = " ".join(wish.name.split())
    team = tuple(checked_address(each, whose="team's") for each in wish.team if each.strip())
    rules: Sequence[tuple[bool, str, str]] = (
        (not name, "The key has no name.", "Say what it is for, such as the program that uses it."),
        (
            len(name) > NAME_MAX_CHARS or has_hidden_characters(name),
            "The name of the key is too long or holds invisible control characters.",
            f"Type a line of at most {NAME_MAX_CHARS} characters.",
        ),
        (not wish.scopes, "The key opens nothing.", "Choose at least one scope."),
        (
            wish.days is not None and not 1 <= wish.days <= DAYS_MAX,
            "The key cannot expire then.",
            f"Choose between 1 and {DAYS_MAX} days.",
        ),
        (
            bool(team) and wish.kind is not KeyKind.TEAM,
            "Mailboxes are named with a key that is not for a team.",
            "Choose the kind “team”, or leave the mailboxes out.",
        ),
        (len(team) > TEAM_MAX, "Too many mailboxes are named.", f"Name at most {TEAM_MAX}."),
        (
            wish.client is not None and not all(0 < len(each) <= CLIENT_MAX_CHARS for each in wish.client),
            "The client of the key has no name, or too long a one.",
            f"Type its name as its issuer has it, {CLIENT_MAX_CHARS} characters at most.",
        ),
    )
    for is_wrong, problem, mend in rules:
        if is_wrong:
            raise KeyInputError(problem, mend=mend)
    return replace(wish, name=name, team=team)


def _key(row: Row[Any]) -> ApiKey:
    return ApiKey(
        id=row.id,
        prefix=row.prefix,
        owner=Sender(ref=row.owner_ref, name=row.owner_name, email=row.owner_email),
        name=row.name,
        kind=KeyKind(row.kind),
        scopes=frozenset(scope for scope in Scope if scope.value in row.scopes),
        team=tuple(row.team),
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        last_used_at=row.last_used_at,
        client=(row.issuer, row.client_id) if row.issuer is not None else None,
    )
