"""The book of accounts: who they are, their roles, and which second factors they have."""

from collections.abc import Iterable
from typing import Any, Protocol

from sqlalchemy import select, update
from sqlmodel import col

from lre_kit.errors import NotFoundError
from lre_kit.parties.account_rows import AccountRow
from lre_kit.parties.account_values import ROLES, Account, UnknownRoleError, email_key
from lre_kit.parties.sessions import Sessions
from lre_kit.parties.standing import all_ids
from lre_kit.store.database import Database
from lre_kit.store.inserts import table_of

SECOND_KINDS = frozenset({"authenticator", "security_key"})
"""Kinds of identification means that serve as an account's second factor."""

_ACCOUNT = table_of(AccountRow)


class SecondFactors(Protocol):
    """Knows the identification means of parties: `IdentifierRegister` does."""

    def of(self, party_id: str, /) -> Iterable[Any]:
        """Return a party's means, each with `kind` and `state`."""
        ...


class AccountBook:
    """Reads accounts and gives roles: all that needs neither passwords nor mail.

    Attributes:
        sessions: The sessions of these accounts.
    """

    def __init__(
        self, database: Database, *, sessions: Sessions, factors: SecondFactors | None = None
    ) -> None:
        """Prepare; without `factors` no account has a second one."""
        self._database = database
        self._factors = factors
        self.sessions = sessions

    def by_id(self, account_id: str) -> Account:
        """Return an account.

        Raises:
            NotFoundError: There is none.
        """
        return _account(self._known(account_id))

    def by_key(self, key: str) -> Account | None:
        """Return the account of an address in the form of `email_key`, or nothing."""
        row = self._row(_ACCOUNT.c.email_key == key)
        return _account(row) if row else None

    def by_email(self, email: str) -> Account | None:
        """Return the account of an address, or nothing."""
        return self.by_key(email_key(email))

    def of_party(self, party_id: str) -> Account | None:
        """Return the first account of a party, or nothing."""
        return next(iter(self.all_of(party_id)), None)

    def all_of(self, party_id: str) -> list[Account]:
        """Return the open accounts that log in as a party, oldest first."""
        with self._database.read() as connection:
            mine = _ACCOUNT.c.party_id.in_(all_ids(connection, party_id))
            query = select(_ACCOUNT).where(mine, _ACCOUNT.c.closed_at.is_(None)).order_by(_ACCOUNT.c.id)
            return [_account(row) for row in connection.execute(query)]

    def all(self) -> list[Account]:
        """Return all open accounts, oldest first."""
        with self._database.read() as connection:
            query = select(_ACCOUNT).where(_ACCOUNT.c.closed_at.is_(None)).order_by(_ACCOUNT.c.id)
            return [_account(row) for row in connection.execute(query)]

    def set_role(self, email: str, role: str) -> Account:
        """Give an account a role, or take it away with an empty one; its sessions end, for rights changed.

        Raises:
            UnknownRoleError: There is no such role.
            NotFoundError: There is no such account.
        """
        if role not in ROLES:
            msg = f"There is no role “{role}”."
            raise UnknownRoleError(msg, mend=f"Take one of: {', '.join(name or '(none)' for name in ROLES)}.")
        account = self.by_email(email)
        if account is None:
            raise _no_account()
        with self._database.write() as uow:
            uow.execute(update(AccountRow).where(col(AccountRow.id) == account.id).values(role=role))
            self.sessions.end_all(account.id, uow=uow)
            uow.commit()
        return self.by_id(account.id)

    def present_as(self, account_id: str, *, name: str, language: str) -> Account:
        """Call an account's person by another name, and write to them in another language."""
        with self._database.write() as uow:
            values = {"name": name, "language": language}
            uow.execute(update(AccountRow).where(col(AccountRow.id) == account_id).values(**values))
            uow.commit()
        return self.by_id(account_id)

    def was_closed(self, party_id: str) -> bool:
        """Tell whether a party had accounts of which none is open any more."""
        with self._database.read() as connection:
            mine = _ACCOUNT.c.party_id.in_(all_ids(connection, party_id))
            ends = [row.closed_at for row in connection.execute(select(_ACCOUNT.c.closed_at).where(mine))]
        return bool(ends) and None not in ends

    def second_factors(self, account_id: str) -> tuple[Any, ...]:
        """Return the account's active second factors: authenticators and security keys."""
        if self._factors is None:
            return ()
        found = self._factors.of(self.by_id(account_id).party_id)
        return tuple(one for one in found if one.kind in SECOND_KINDS and one.state == "active")

    def _password_hash(self, account_id: str) -> str | None:
        """Return what is kept of an account's password; nothing if there is no such account."""
        row = self._row(_ACCOUNT.c.id == account_id)
        return str(row.password_hash) if row else None

    def _is_open(self, account_id: str) -> bool:
        return self._row((_ACCOUNT.c.id == account_id) & _ACCOUNT.c.closed_at.is_(None)) is not None

    def _known(self, account_id: str) -> Any:
        row = self._row(_ACCOUNT.c.id == account_id)
        if row is None:
            raise _no_account()
        return row

    def _row(self, which: Any) -> Any:
        with self._database.read() as connection:
            return connection.execute(select(_ACCOUNT).where(which)).first()


def _no_account() -> NotFoundError:
    return NotFoundError("There is no such account.", mend="List them with: lre accounts list.")


def _account(row: Any) -> Account:
    return Account(
        id=row.id,
        party_id=row.party_id,
        email=row.email,
        name=row.name,
        language=row.language,
        role=row.role,
        password_set_at=row.password_set_at,
        password_mailed_at=row.password_mailed_at,
        codes_made_at=row.codes_made_at,
        created_at=row.created_at,
    )
