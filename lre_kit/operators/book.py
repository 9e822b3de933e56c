"""The book of operators: added, given roles, disabled, given new secrets; each with who and why.

Whoever may run ``lre operator`` holds the office's keys anyway: these acts are of the system's user, and
stand in the journal like all others. A change of rights ends the sessions of whom it is about.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, Row, select, update

from lre_kit.clock import Clock
from lre_kit.errors import NotFoundError, WrongKeyError
from lre_kit.identifiers.identifier_values import grouped
from lre_kit.identifiers.one_time_codes import as_base32, new_secret, provisioning_uri
from lre_kit.operators.errors import OperatorInputError
from lre_kit.operators.journal import OperatorJournal
from lre_kit.operators.paces import OPERATOR_PACE
from lre_kit.operators.rows import OperatorRow, OperatorSessionRow
from lre_kit.operators.rules import Role
from lre_kit.operators.values import (
    Enrolment,
    Operator,
    OperatorState,
    Outcome,
    checked_operator_name,
    checked_reason,
    checked_roles,
)
from lre_kit.parties.account_guesses import Guesses
from lre_kit.parties.passwords import Passwords
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database, UniqueViolation, UnitOfWork
from lre_kit.store.inserts import table_of

FIRST_PASSWORD_BYTES = 15
"""Randomness of a first password: 120 bits, 24 characters of Base32."""

_NONCE_BYTES = 12

OPERATOR = table_of(OperatorRow)
SESSION = table_of(OperatorSessionRow)


class OperatorBook:
    """Keeps the accounts of operators."""

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock,
        pepper: bytes,
        issuer: str,
        journal: OperatorJournal,
        guesses: Guesses,
        passwords: Passwords,
    ) -> None:
        """Work on `database`; `issuer` is the office's name in apps."""
        self._database = database
        self._clock = clock
        self._key = hmac.new(pepper, b"lre-kit.operator-codes.v1", hashlib.sha256).digest()
        self._issuer = issuer
        self._journal = journal
        self._guesses = guesses
        self._passwords = passwords

    def all(self) -> list[Operator]:
        """Return all operators by name, also those who are disabled."""
        with self._database.read() as connection:
            return [
                operator_of(row) for row in connection.execute(select(OPERATOR).order_by(OPERATOR.c.name))
            ]

    def by_name(self, name: str) -> Operator:
        """Return an operator.

        Raises:
            NotFoundError: There is none of this name.
        """
        with self._database.read() as connection:
            return operator_of(_row(connection, checked_operator_name(name)))

    def add(self, name: str, roles: Iterable[str], *, by: str, reason: str = "") -> Enrolment:
        """Add an operator; their first password and the secret of their codes are returned this once.

        Raises:
            OperatorInputError: The name is taken or cannot be one, or a role is not known.
        """
        kept, held = checked_operator_name(name), checked_roles(roles)
        operator_id, password, secret = new_id(), _first_password(), new_secret()
        made = {"name": kept, "roles": [role.value for role in held], "state": OperatorState.ENABLED.value}
        try:
            with self._database.write() as uow:
                self._tell(uow, "operator.add", kept, by, checked_reason(reason, is_asked=False), roles=held)
                uow.add(
                    OperatorRow,
                    id=operator_id,
                    **made,
                    **self._secrets(operator_id, password, secret),
                    created_at=self._clock(),
                    last_sign_in_at=None,
                )
                uow.commit()
        except UniqueViolation:
            msg = f"There is an operator called {kept} already."
            raise OperatorInputError(msg, mend="Take another name, or: lre operator reset.") from None
        return self._enrolment(self.by_name(kept), password, secret)

    def set_roles(self, name: str, roles: Iterable[str], *, by: str, reason: str) -> Operator:
        """Give an operator these roles and no others; their sessions end.

        Raises:
            NotFoundError: There is none of this name.
            OperatorInputError: A role is not known, or no reason is given.
        """
        held = checked_roles(roles)
        return self._change(
            "operator.role", name, {"roles": [role.value for role in held]}, by=by, reason=reason, roles=held
        )

    def disable(self, name: str, *, by: str, reason: str) -> Operator:
        """Let an operator sign in no more; their sessions end. What they did stays in the journal.

        Raises:
            NotFoundError: There is none of this name.
            OperatorInputError: No reason is given.
        """
        return self._change(
            "operator.disable", name, {"state": OperatorState.DISABLED.value}, by=by, reason=reason
        )

    def reset(self, name: str, *, by: str, reason: str) -> Enrolment:
        """Give an operator a first password and a secret anew, and enable them; their sessions end.

        Raises:
            NotFoundError: There is none of this name.
            OperatorInputError: No reason is given.
        """
        found = self.by_name(name)
        password, secret = _first_password(), new_secret()
        values = self._secrets(found.id, password, secret) | {"state": OperatorState.ENABLED.value}
        changed = self._change("operator.reset", name, values, by=by, reason=reason)
        return self._enrolment(changed, password, secret)

    def _change(
        self,
        act: str,
        name: str,
        values: dict[str, Any],
        *,
        by: str,
        reason: str,
        roles: Iterable[Role] = (),
    ) -> Operator:
        kept, why, now = checked_operator_name(name), checked_reason(reason), self._clock()
        with self._database.write() as uow:
            row = _row(uow.connection, kept, lock=True)
            self._tell(uow, act, kept, by, why, roles=roles)
            uow.defer(update(OPERATOR).where(OPERATOR.c.id == row.id).values(**values))
            of_theirs = (SESSION.c.operator_id == row.id, SESSION.c.ended_at.is_(None))
            uow.defer(update(SESSION).where(*of_theirs).values(ended_at=now))
            self._guesses.forget(OPERATOR_PACE, kept, uow=uow)
            uow.commit()
        return self.by_name(kept)

    def _tell(
        self, uow: UnitOfWork, act: str, name: str, by: str, reason: str, *, roles: Iterable[Role] = ()
    ) -> None:
        told = {"roles": [role.value for role in roles]} if roles else None
        self._journal.begin(
            uow, act, subject=f"operator:{name}", label=name, operator=f"system:{by}"[:100], reason=reason,
            at=self._clock(), told=told, outcome=Outcome.DONE,
        )  # fmt: skip

    # -- secrets ---------------------------------------------------------------------------------------

    def _secrets(self, operator_id: str, password: str, secret: bytes) -> dict[str, Any]:
        return {
            "password_hash": self._passwords.hash(password),
            "password_is_first": True,
            "secret": self._sealed(secret, operator_id),
            "next_step": 0,
        }

    def _sealed(self, secret: bytes, operator_id: str) -> bytes:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + AESGCM(self._key).encrypt(nonce, secret, operator_id.encode())

    def secret_of(self, row: Row[Any]) -> bytes:
        """Return the secret of an operator's codes.

        Raises:
            WrongKeyError: The office's keys are others, or the row was changed.
        """
        nonce, sealed = row.secret[:_NONCE_BYTES], row.secret[_NONCE_BYTES:]
        try:
            return AESGCM(self._key).decrypt(nonce, sealed, row.id.encode())
        except InvalidTag:
            msg = "The secret of this operator's codes cannot be opened."
            raise WrongKeyError(msg, mend="Give them a new one: lre operator reset.") from None

    def _enrolment(self, operator: Operator, password: str, secret: bytes) -> Enrolment:
        uri = provisioning_uri(secret, by_time=True, issuer=self._issuer, account=operator.name)
        return Enrolment(
            operator=operator, password=password, secret=grouped(as_base32(secret), " "), uri=uri
        )


def operator_of(row: Row[Any]) -> Operator:
    """Return the value of an operator's row."""
    return Operator(
        id=row.id,
        name=row.name,
        roles=tuple(Role(role) for role in row.roles),
        state=OperatorState(row.state),
        created_at=row.created_at,
        last_sign_in_at=row.last_sign_in_at,
    )


def _row(connection: Connection, name: str, *, lock: bool = False) -> Row[Any]:
    query = select(OPERATOR).where(OPERATOR.c.name == name)
    found = connection.execute(query.with_for_update() if lock else query).first()
    if found is None:
        raise NotFoundError("There is no such operator.", mend="List them with: lre operator list.")
    return found


def _first_password() -> str:
    text = base64.b32encode(secrets.token_bytes(FIRST_PASSWORD_BYTES)).decode().lower()
    return "-".join(text[at : at + 6] for at in range(0, len(text), 6))
