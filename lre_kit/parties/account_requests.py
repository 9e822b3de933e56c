"""E-mailed links: signed, for one purpose, used once, for a while.

The link carries a signed id and nothing else; what it stands for lies in the database. Whoever reads
the database cannot make a link, for the key is not in it.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from itsdangerous import BadData
from sqlalchemy import delete, or_, select, update
from sqlmodel import col

from lre_kit.clock import Clock
from lre_kit.parties.account_rows import AccountRequestRow
from lre_kit.parties.account_values import DeadLinkError
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database
from lre_kit.store.inserts import table_of
from lre_kit.store.signing import lasting
from lre_kit.store.unit import UnitOfWork

CONFIRM = "confirm"
"""Purpose: confirm the e-mail address of a new account."""

RESET = "reset"
"""Purpose: set a new password."""

ADD = "add"
"""Purpose: confirm a further e-mail address of an account."""

LIVES: Mapping[str, timedelta] = {
    CONFIRM: timedelta(hours=24),
    RESET: timedelta(hours=1),
    ADD: timedelta(hours=24),
}
"""How long a link works, by purpose."""

ATTEMPTS_MAX = 5
"""Tries at one link before it dies."""

_KEPT_AFTER = timedelta(days=7)
_REQUEST = table_of(AccountRequestRow)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRequest:
    """What a link stands for."""

    id: str
    email_key: str
    account_id: str | None
    facts: Mapping[str, Any]

    def __repr__(self) -> str:
        """Say which one; the facts hold a hashed password."""
        return f"AccountRequest({self.id})"


class AccountRequests:
    """Makes, reads and uses up what e-mailed links stand for."""

    def __init__(self, database: Database, *, clock: Clock, pepper: bytes) -> None:
        """Prepare."""
        self._database = database
        self._clock = clock
        self._signer = lasting(
            hmac.new(pepper, b"lre-kit.account-links.v1", hashlib.sha256).digest(), salt="lre-kit.account.v1"
        )

    def make(
        self,
        uow: UnitOfWork,
        purpose: str,
        *,
        email_key: str,
        account_id: str | None,
        facts: Mapping[str, Any],
    ) -> str:
        """Keep a request and return the token its link carries; those long over are swept out."""
        now = self._clock()
        request_id = new_id()
        uow.defer(delete(AccountRequestRow).where(col(AccountRequestRow.expires_at) < now - _KEPT_AFTER))
        uow.add(
            AccountRequestRow,
            id=request_id,
            purpose=purpose,
            email_key=email_key,
            account_id=account_id,
            facts=dict(facts),
            created_at=now,
            expires_at=now + LIVES[purpose],
        )
        return str(self._signer.dumps([purpose, request_id]))

    def look(self, purpose: str, token: str) -> AccountRequest:
        """Return what a link stands for, and leave it as it is.

        Raises:
            DeadLinkError: It is not valid, was used, or is too old.
        """
        with self._database.read() as connection:
            row = connection.execute(select(_REQUEST).where(*self._alive(purpose, token))).first()
        if row is None:
            raise DeadLinkError
        return _request(row)

    def attempt(self, purpose: str, token: str) -> AccountRequest:
        """Return what a link stands for and count a try at it, before the try is judged.

        Raises:
            DeadLinkError: It is not valid, was used, is too old, or was tried too often.
        """
        with self._database.write() as uow:
            row = uow.execute(
                update(_REQUEST)
                .where(*self._alive(purpose, token))
                .values(attempts=_REQUEST.c.attempts + 1)
                .returning(*_REQUEST.c)
            ).first()
            uow.commit()
        if row is None:
            raise DeadLinkError
        return _request(row)

    def use_up(self, uow: UnitOfWork, request: AccountRequest) -> None:
        """Use a request up inside an act; the account's or address's others of its purpose die with it.

        Raises:
            DeadLinkError: It was used meanwhile.
        """
        now = self._clock()
        mine = [col(AccountRequestRow.id) == request.id, col(AccountRequestRow.used_at).is_(None)]
        if uow.update(update(AccountRequestRow).where(*mine).values(used_at=now)) != 1:
            raise DeadLinkError
        uow.execute(
            update(AccountRequestRow)
            .where(
                col(AccountRequestRow.email_key) == request.email_key,
                col(AccountRequestRow.used_at).is_(None),
            )
            .values(used_at=now, facts={})
        )
        uow.execute(update(AccountRequestRow).where(col(AccountRequestRow.id) == request.id).values(facts={}))

    def end_of(self, uow: UnitOfWork, account_id: str, *, email_key: str) -> None:
        """Let every link of an account that still works die, inside the act that closes the account."""
        theirs = or_(
            col(AccountRequestRow.account_id) == account_id, col(AccountRequestRow.email_key) == email_key
        )
        uow.execute(
            update(AccountRequestRow)
            .where(theirs, col(AccountRequestRow.used_at).is_(None))
            .values(used_at=self._clock(), facts={})
        )

    def _alive(self, purpose: str, token: str) -> tuple[Any, ...]:
        try:
            named, request_id = self._signer.loads(token)
        except (BadData, ValueError, TypeError):
            raise DeadLinkError from None
        if named != purpose:
            raise DeadLinkError
        return (
            _REQUEST.c.id == str(request_id),
            _REQUEST.c.purpose == purpose,
            _REQUEST.c.used_at.is_(None),
            _REQUEST.c.expires_at > self._clock(),
            _REQUEST.c.attempts < ATTEMPTS_MAX,
        )


def _request(row: Any) -> AccountRequest:
    return AccountRequest(
        id=row.id, email_key=row.email_key, account_id=row.account_id, facts=dict(row.facts)
    )
