"""The entrance: name, password and code let an operator in; every act asks again whether they still are.

A guess is counted before it is judged, and the same work is done for names that do not exist. A code is
used at most once. A session ends when it is locked, after its hours, and when its operator's rights change.
"""

import hashlib
import secrets
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, select, update

from lre_kit.clock import Clock
from lre_kit.errors import ConfigurationError
from lre_kit.identifiers.one_time_codes import Moving, digits_of, matching
from lre_kit.operators.book import OPERATOR, SESSION, OperatorBook
from lre_kit.operators.errors import NewPasswordDueError, NotSignedInError, OperatorInputError, SignInError
from lre_kit.operators.paces import OPERATOR_PACE
from lre_kit.operators.rows import OperatorSessionRow
from lre_kit.operators.rules import Role
from lre_kit.operators.values import OperatorSession, OperatorState, checked_operator_name
from lre_kit.parties.account_guesses import Guesses
from lre_kit.parties.characters import has_hidden_characters
from lre_kit.parties.passwords import Passwords, check_new
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database

TOKEN_BYTES = 32
"""Length of a session's token."""

TYPED_MAX = 60
"""Longest code that is looked at."""

NAME_MAX_CHARS = 100
"""Longest name of a local operator, in characters."""

_NOBODY = bytes(20)


class Entrance:
    """Lets operators in and out."""

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock,
        book: OperatorBook,
        guesses: Guesses,
        passwords: Passwords,
        is_local: bool,
        longest: timedelta,
    ) -> None:
        """Guard it.

        Args:
            database: Where sessions are kept.
            clock: The office's clock; the codes' time steps are its.
            book: Whose operators.
            guesses: Counts tries.
            passwords: Checks passwords.
            is_local: Whether whoever opens the office's files works in it.
            longest: Longest session.
        """
        self._database = database
        self._clock = clock
        self._book = book
        self._guesses = guesses
        self._passwords = passwords
        self.is_local = is_local
        self._longest = longest

    def local(self, name: str) -> OperatorSession:
        """Return the session of whoever opened the office's files, where the settings let them work.

        Raises:
            ConfigurationError: The settings ask for accounts.
            OperatorInputError: The name is empty, too long or holds hidden characters.
        """
        if not self.is_local:
            msg = "In this office operators sign in."
            raise ConfigurationError(msg, mend="Sign in with name, password and code.")
        called = " ".join(name.split())
        if not called or len(called) > NAME_MAX_CHARS or has_hidden_characters(called):
            msg = "This cannot be an operator's name."
            raise OperatorInputError(msg, mend="Give a plain name with --operator.")
        return OperatorSession(name=called, roles=tuple(Role), is_local=True)

    def sign_in(
        self, name: str, password: str, code: str, *, new_password: str | None = None
    ) -> OperatorSession:
        """Let an operator in.

        Args:
            name: As typed.
            password: As typed.
            code: Of their app, as typed.
            new_password: One of their own, where theirs is still the first one; else it takes the place of
                the present one too.

        Raises:
            SignInError: They do not belong together; never which.
            NewPasswordDueError: They do, but the password is the first one; the code was not used up.
            PasswordRefusedError: The new password may not be used; the code was not used up.
            ThrottledError: Too many tries under this name.
        """
        try:
            kept = checked_operator_name(name)
        except OperatorInputError:
            kept = name.strip().lower()[:NAME_MAX_CHARS]
        self._guesses.count((OPERATOR_PACE, kept))
        with self._database.read() as connection:
            row = connection.execute(select(OPERATOR).where(OPERATOR.c.name == kept)).first()
        is_right = self._passwords.fits(row.password_hash if row is not None else None, password)
        step = self._step(row, code)
        if row is None or not is_right or step is None or row.state != OperatorState.ENABLED.value:
            raise SignInError
        if new_password is None and row.password_is_first:
            raise NewPasswordDueError
        changes: dict[str, Any] = {}
        if new_password is not None:
            check_new(new_password, own=(kept,))
            changes = {"password_hash": self._passwords.hash(new_password), "password_is_first": False}
        return self._open(row, step, changes)

    def _step(self, row: Row[Any] | None, code: str) -> int | None:
        """Return the time step whose code was typed, if it was not used; the same work for nobody."""
        secret = self._book.secret_of(row) if row is not None else _NOBODY
        at_least = row.next_step if row is not None else 0
        counts = Moving(by_time=True, at_least=0).counts(self._clock())
        found = matching(secret, digits_of(code[:TYPED_MAX]), counts)
        return found if row is not None and found is not None and found >= at_least else None

    def _open(self, row: Row[Any], step: int, changes: dict[str, Any]) -> OperatorSession:
        token, now = secrets.token_urlsafe(TOKEN_BYTES), self._clock()
        unused = (
            OPERATOR.c.id == row.id,
            OPERATOR.c.next_step <= step,
            OPERATOR.c.state == OperatorState.ENABLED.value,
            OPERATOR.c.password_hash == row.password_hash,
        )
        values = {"next_step": step + 1, "last_sign_in_at": now, **changes}
        with self._database.write() as uow:
            if uow.update(update(OPERATOR).where(*unused).values(**values)) != 1:
                raise SignInError
            self._guesses.forget(OPERATOR_PACE, row.name, uow=uow)
            uow.add(
                OperatorSessionRow,
                id=new_id(),
                token_hash=_digest(token),
                operator_id=row.id,
                created_at=now,
                expires_at=now + self._longest,
                ended_at=None,
            )
            uow.commit()
        return OperatorSession(
            name=row.name, roles=tuple(Role(role) for role in row.roles), is_local=False, token=token
        )

    def check(self, session: OperatorSession) -> OperatorSession:
        """Return a session with the roles its operator has now.

        Raises:
            NotSignedInError: It is over, or its operator may not work any more.
        """
        if session.is_local:
            if not self.is_local:
                raise NotSignedInError
            return session
        query = (
            select(OPERATOR.c.name, OPERATOR.c.roles)
            .join_from(SESSION, OPERATOR, SESSION.c.operator_id == OPERATOR.c.id)
            .where(
                SESSION.c.token_hash == _digest(session.token),
                SESSION.c.ended_at.is_(None),
                SESSION.c.expires_at > self._clock(),
                OPERATOR.c.state == OperatorState.ENABLED.value,
            )
        )
        with self._database.read() as connection:
            row = connection.execute(query).first()
        if row is None:
            raise NotSignedInError
        roles = tuple(Role(role) for role in row.roles)
        return OperatorSession(name=row.name, roles=roles, is_local=False, token=session.token)

    def end(self, session: OperatorSession) -> None:
        """End a session: locked, or left. One that is over stays so."""
        if session.is_local:
            return
        mine = (SESSION.c.token_hash == _digest(session.token), SESSION.c.ended_at.is_(None))
        with self._database.write() as uow:
            uow.defer(update(SESSION).where(*mine).values(ended_at=self._clock()))
            uow.commit()


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
