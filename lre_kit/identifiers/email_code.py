"""One-time codes by e-mail: they show that somebody reads the recipient's mailbox, and no more.

One factor (possession) at level low: enough for the simple letter, never for a qualified one
(OWASP ASVS 6.3.6). A code is bound to one letter, lives ten minutes, works once, and is kept only
as a slow salted hash with a pepper that is not in the database. Every guess is counted by one
conditional statement before it is compared, so parallel guesses cannot slip through.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from sqlalchemy import func, select, update
from sqlmodel import SQLModel

from lre_kit.clock import Clock
from lre_kit.errors import IdentificationError, ThrottledError
from lre_kit.identifiers.identified import Identified
from lre_kit.identifiers.rows import CodeRow
from lre_kit.law.assurance import Category, Level
from lre_kit.letters.numbers import ALPHABET
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database
from lre_kit.store.inserts import table_of

CODE_CHARS = 8
"""Characters of a code: 40 bits, shown in two groups of four."""

CODES_MAX = 5
"""Codes sent for one letter within `CODES_SPAN`."""

CODES_SPAN = timedelta(hours=1)
"""Span over which codes are counted."""

MEANS = "e-mail code"
"""Name of this means in evidence."""

_SCRYPT_N = 2**14
_SALT_BYTES = 16


class EmailCodes:
    """Issues and checks e-mailed codes."""

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock,
        pepper: bytes,
        ttl: timedelta,
        attempts_max: int,
        deliver: Callable[[str, str, str], None],
        codes: type[SQLModel] = CodeRow,
        bound_to: str = "letter_id",
    ) -> None:
        """Prepare.

        Args:
            database: Where codes are kept, hashed.
            clock: The office's clock.
            pepper: Secret kept outside the database.
            ttl: Life of a code.
            attempts_max: Guesses at one code before it dies.
            deliver: Called with (letter id, code, code id) to send the code.
            codes: Rows they are kept in.
            bound_to: Column of these rows that names what a code is bound to.
        """
        self._codes = table_of(codes)
        self._rows = codes
        self._bound_to = bound_to
        self._database = database
        self._clock = clock
        self._pepper = pepper
        self._ttl = ttl
        self._attempts_max = attempts_max
        self._deliver = deliver

    def send_code(self, letter_id: str) -> None:
        """Send a fresh code to the letter's recipient; earlier codes of the letter die.

        Raises:
            ThrottledError: `CODES_MAX` codes were sent within `CODES_SPAN`.
            MailUnavailableError: The code could not be handed to a mail server.
        """
        now = self._clock()
        code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_CHARS))
        salt = secrets.token_bytes(_SALT_BYTES)
        code_id = new_id()
        with self._database.write() as uow:
            uow.serialise(f"codes:{letter_id}")
            recent = uow.execute(
                select(func.count())
                .select_from(self._codes)
                .where(
                    self._codes.c[self._bound_to] == letter_id, self._codes.c.created_at > now - CODES_SPAN
                )
            ).scalar_one()
            if recent >= CODES_MAX:
                msg = "Too many codes were asked for this sending."
                raise ThrottledError(msg, mend="Wait an hour, then ask for a new code.")
            uow.execute(
                update(self._codes)
                .where(self._codes.c[self._bound_to] == letter_id, self._codes.c.expires_at > now)
                .values(expires_at=now)
            )
            uow.add(
                self._rows,
                **{self._bound_to: letter_id},
                id=code_id,
                salt=salt,
                hashed=self._hash(code, salt),
                created_at=now,
                expires_at=now + self._ttl,
            )
            uow.commit()
        self._deliver(letter_id, f"{code[:4]}-{code[4:]}", code_id)

    def check_code(self, letter_id: str, typed: str) -> Identified:
        """Use a code up and return who was shown to be there.

        Raises:
            IdentificationError: Wrong, used, expired or over-tried; one sentence for all.
        """
        now = self.use(letter_id, typed)
        return Identified(
            letter_id=letter_id, means=MEANS, level=Level.LOW, categories=(Category.POSSESSION,), at=now
        )

    def use(self, subject: str, typed: str) -> datetime:
        """Use up a code that is bound to a subject and return when; it shows who reads the mailbox.

        Raises:
            IdentificationError: Wrong, used, expired or over-tried; one sentence for all.
        """
        now = self._clock()
        code, codes = normalised(typed), self._codes
        with self._database.write() as uow:
            row = uow.execute(
                update(codes)
                .where(
                    codes.c[self._bound_to] == subject,
                    codes.c.used_at.is_(None),
                    codes.c.expires_at > now,
                    codes.c.attempts < self._attempts_max,
                )
                .values(attempts=codes.c.attempts + 1)
                .returning(codes.c.id, codes.c.salt, codes.c.hashed)
            ).first()
            uow.commit()
        # The guess is counted and committed before it is judged: a crash cannot give it back.
        salt, hashed = (row.salt, row.hashed) if row else (b"\x00" * _SALT_BYTES, b"")
        fits = hmac.compare_digest(self._hash(code, salt), hashed)
        if row is None or not fits or not self._use_up(row.id, now):
            msg = "This code is wrong, was already used, or is too old."
            raise IdentificationError(msg, mend="Check it, or ask for a new code.")
        return now

    def _use_up(self, code_id: str, now: datetime) -> bool:
        with self._database.write() as uow:
            used = uow.execute(
                update(self._codes)
                .where(self._codes.c.id == code_id, self._codes.c.used_at.is_(None))
                .values(used_at=now)
            )
            uow.commit()
        return used.rowcount == 1

    def _hash(self, code: str, salt: bytes) -> bytes:
        peppered = hmac.new(self._pepper, code.encode(), hashlib.sha256).digest()
        return Scrypt(salt=salt, length=32, n=_SCRYPT_N, r=8, p=1).derive(peppered)


def normalised(typed: str) -> str:
    """Return a typed code without separators, in capitals, look-alikes read as meant."""
    plain = "".join(c for c in typed.upper() if c.isalnum())
    return plain.translate(str.maketrans("ILO", "110"))
