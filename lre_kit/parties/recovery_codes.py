"""Recovery codes: ten codes for the day the second factor is lost, each used once (ASVS 5 §6.5.1).

They stand in for the second factor and for nothing else: the password is asked all the same. They open
the account and raise no level of assurance: nobody handed them over against an identity (hence not dynamic).
"""

import hashlib
import hmac
import secrets

from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from sqlalchemy import delete, func, select, update
from sqlmodel import col

from lre_kit.clock import Clock
from lre_kit.errors import IdentificationError
from lre_kit.identifiers.email_code import normalised
from lre_kit.law.assurance import Category, Factor, Means
from lre_kit.letters.numbers import ALPHABET
from lre_kit.parties.account_guesses import SECOND, Guesses
from lre_kit.parties.account_rows import AccountRow, RecoveryCodeRow
from lre_kit.store.database import Database

CODES = 10
"""Codes in a set."""

CODE_CHARS = 12
"""Characters of a code: 60 bits, shown in three groups of four."""

_SALT_BYTES = 16
_SCRYPT_N = 2**14


class RecoveryCodes:
    """Makes and checks accounts' recovery codes."""

    def __init__(self, database: Database, *, clock: Clock, pepper: bytes, guesses: Guesses) -> None:
        """Prepare; `guesses` counts tries."""
        self._database = database
        self._clock = clock
        self._key = hmac.new(pepper, b"lre-kit.recovery-codes.v1", hashlib.sha256).digest()
        self._guesses = guesses

    def make(self, account_id: str) -> tuple[str, ...]:
        """Make a new set and return it: this once only. The codes of the set before die."""
        codes = ["".join(secrets.choice(ALPHABET) for _ in range(CODE_CHARS)) for _ in range(CODES)]
        salt = secrets.token_bytes(_SALT_BYTES)
        hashed = [self._hash(code, salt) for code in codes]
        with self._database.write() as uow:
            uow.serialise(f"recovery-codes:{account_id}")
            uow.execute(delete(RecoveryCodeRow).where(col(RecoveryCodeRow.account_id) == account_id))
            uow.execute(
                update(AccountRow)
                .where(col(AccountRow.id) == account_id)
                .values(codes_salt=salt, codes_made_at=self._clock())
            )
            for number, kept in enumerate(hashed, 1):
                uow.add(RecoveryCodeRow, account_id=account_id, number=number, hashed=kept)
            uow.commit()
        return tuple("-".join((code[:4], code[4:8], code[8:])) for code in codes)

    def left(self, account_id: str) -> int:
        """Return how many codes are left."""
        with self._database.read() as connection:
            return connection.execute(
                select(func.count())
                .select_from(RecoveryCodeRow)
                .where(col(RecoveryCodeRow.account_id) == account_id, col(RecoveryCodeRow.used_at).is_(None))
            ).scalar_one()

    def check(self, account_id: str, typed: str) -> Factor:
        """Use a code up and return what it shows: that somebody holds the sheet.

        Raises:
            IdentificationError: Wrong or used; one sentence for both.
            ThrottledError: Too many tries in a row.
        """
        self._guesses.count((SECOND, account_id))
        with self._database.read() as connection:
            salt = connection.execute(
                select(col(AccountRow.codes_salt)).where(col(AccountRow.id) == account_id)
            ).scalar()
            rows = connection.execute(
                select(col(RecoveryCodeRow.number), col(RecoveryCodeRow.hashed)).where(
                    col(RecoveryCodeRow.account_id) == account_id, col(RecoveryCodeRow.used_at).is_(None)
                )
            ).all()
        # One slow hash serves all ten: they share a salt, and each is random on its own.
        hashed = self._hash(normalised(typed), salt or b"\x00" * _SALT_BYTES)
        fitting = [row.number for row in rows if hmac.compare_digest(row.hashed, hashed)]
        if not fitting or not self._use_up(account_id, fitting[0], hashed):
            msg = "This recovery code is wrong or was already used."
            raise IdentificationError(msg, mend="Check it, or take another one from your list.")
        self._guesses.forget(SECOND, account_id)
        return Factor(
            means=Means.RECOVERY_CODE, categories=(Category.POSSESSION,), dynamic=False, at=self._clock()
        )

    def _use_up(self, account_id: str, number: int, hashed: bytes) -> bool:
        with self._database.write() as uow:
            used = uow.update(
                update(RecoveryCodeRow)
                .where(
                    col(RecoveryCodeRow.account_id) == account_id,
                    col(RecoveryCodeRow.number) == number,
                    # A set made meanwhile has the same numbers.
                    col(RecoveryCodeRow.hashed) == hashed,
                    col(RecoveryCodeRow.used_at).is_(None),
                )
                .values(used_at=self._clock())
            )
            uow.commit()
        return used == 1

    def _hash(self, code: str, salt: bytes) -> bytes:
        peppered = hmac.new(self._key, code.encode("utf-8", "replace"), hashlib.sha256).digest()
        return Scrypt(salt=salt, length=32, n=_SCRYPT_N, r=8, p=1).derive(peppered)
