"""Paper codes: a sheet of numbered codes, each for one identification (NIST SP 800-63B-4, look-up secrets).

The office asks for one number. Whoever does not answer is asked for the same number again, so nobody
harvests a sheet by asking and walking away. Only slow, salted, peppered hashes of the codes are kept.
A sheet is possession: with a password before it, it makes two categories and is dynamic
(Reg. (EU) 2015/1502, points 2.2.1 and 2.3.1, substantial).
"""

import hashlib
import hmac
import logging
import secrets
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from argon2 import Parameters
from argon2.low_level import ARGON2_VERSION, Type, hash_secret_raw
from sqlalchemy import func, select, update

from lre_kit.clock import Clock
from lre_kit.errors import IdentificationError, InputError, RequirementError
from lre_kit.identifiers.answering import TYPED_MAX, Answering, FirstUse, Refused
from lre_kit.identifiers.challenges import Challenge, Challenges
from lre_kit.identifiers.email_code import normalised
from lre_kit.identifiers.identifier_values import grouped
from lre_kit.identifiers.means import Kind
from lre_kit.identifiers.register import Identifier, IdentifierRegister
from lre_kit.identifiers.rows import IdentifierRow, PaperCodeRow
from lre_kit.identifiers.throttle import Throttle
from lre_kit.law.assurance import Factor, Level
from lre_kit.letters.numbers import ALPHABET
from lre_kit.store.database import Database, UnitOfWork
from lre_kit.store.inserts import table_of

log = logging.getLogger(__name__)

CODES = 40
"""Codes on a usual sheet."""

CODES_MAX = 100
"""Codes that fit on a sheet of paper."""

CODE_CHARS = 8
"""Characters of a code: 40 bits, in two groups of four."""

REORDER_AT = 10
"""Codes left at which a new sheet should be ordered."""

WARN_AT = 5
"""Codes left at which the holder is warned."""

_SALT_BYTES = 16

COST = Parameters(
    type=Type.ID,
    version=ARGON2_VERSION,
    salt_len=_SALT_BYTES,
    hash_len=32,
    time_cost=3,
    memory_cost=12 * 1024,
    parallelism=1,
)
"""What the hash of a code costs: some 20 ms, and 12 MiB."""

_KINDS = (Kind.PAPER_CODES,)
_IDENTIFIER = table_of(IdentifierRow)
_CODE = table_of(PaperCodeRow)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A sheet that was made: its means, and its codes in plain, this once, for printing."""

    identifier: Identifier
    codes: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Remaining:
    """How many codes of a sheet are unused."""

    left: int

    @property
    def should_reorder(self) -> bool:
        """Whether a new sheet should be ordered now, so that it comes in time."""
        return self.left <= REORDER_AT

    @property
    def should_warn(self) -> bool:
        """Whether the holder should be warned."""
        return self.left <= WARN_AT


class PaperCodes:
    """Makes sheets, asks for their codes, and checks them."""

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock,
        register: IdentifierRegister,
        challenges: Challenges,
        throttle: Throttle,
        pepper: bytes,
        first_use: FirstUse | None = None,
        often_refused: Refused | None = None,
        used_again: Refused | None = None,
    ) -> None:
        """Prepare.

        Args:
            database: Where the codes' hashes are kept.
            clock: The office's clock.
            register: Where the sheets are entered.
            challenges: Open questions.
            throttle: Counts tries.
            pepper: Secret kept outside the database.
            first_use: Told of the first use of a sheet, inside its transaction.
            often_refused: Told of a means whose codes were refused again and again.
            used_again: Told of a sheet of which a code that had been used was answered with again.
        """
        self._database = database
        self._clock = clock
        self._register = register
        self._challenges = challenges
        self._used_again = used_again
        self._key = hmac.new(pepper, b"lre-kit.paper-codes.v1", hashlib.sha256).digest()
        self._answering = Answering(
            database,
            clock=clock,
            register=register,
            challenges=challenges,
            throttle=throttle,
            first_use=first_use,
            often_refused=often_refused,
        )

    def make_sheet(
        self,
        uow: UnitOfWork | None,
        party_id: str,
        *,
        actor: Mapping[str, Any],
        count: int = CODES,
        proofing_id: str | None = None,
        level: Level | None = None,
        derogation: str | None = None,
        label: str = "Paper codes",
        expires_at: datetime | None = None,
    ) -> Sheet:
        """Make a sheet; its codes are returned this once and can never be read again.

        Args:
            uow: Transaction to do it in; nothing for one of its own.
            party_id: Its holder.
            actor: Who makes it.
            count: How many codes.
            proofing_id: Identity proofing that it rests on.
            level: Level of that proofing.
            derogation: Id of the derogation it is made under.
            label: Its name for its holder.
            expires_at: End of its term.

        Raises:
            InputError: So many codes do not fit on a sheet.
        """
        if not 1 <= count <= CODES_MAX:
            msg = f"A sheet cannot have {count} codes."
            raise InputError(msg, mend=f"Ask for 1 to {CODES_MAX}.")
        codes = tuple("".join(secrets.choice(ALPHABET) for _ in range(CODE_CHARS)) for _ in range(count))
        salts = [secrets.token_bytes(_SALT_BYTES) for _ in codes]
        # Hashing lets other threads run: two processors need half the time.
        with ThreadPoolExecutor(max_workers=4) as pool:
            hashes = list(pool.map(self._hash, codes, salts))
        told: dict[str, Any] = {
            "party_id": party_id,
            "kind": Kind.PAPER_CODES,
            "label": label,
            "actor": actor,
            "proofing_id": proofing_id,
            "level": level,
            "derogation": derogation,
            "facts": {"count": count},
            "expires_at": expires_at,
        }
        rows = [
            {"number": number, "salt": salt, "hashed": hashed}
            for number, (salt, hashed) in enumerate(zip(salts, hashes, strict=True), start=1)
        ]
        if uow is not None:
            made = self._enter(uow, told, rows)
        else:
            with self._database.write() as own:
                made = self._enter(own, told, rows)
                own.commit()
        return Sheet(identifier=made, codes=tuple(grouped(code) for code in codes))

    def begin(
        self, identifier_id: str, *, purpose: str, binding: str, party_id: str | None = None
    ) -> Challenge:
        """Ask for a numbered code: its number is ``facts["number"]``; as long as it is unused, the same.

        Args:
            identifier_id: The sheet.
            purpose: The act, such as ``accept:<letter id>``; show it beside the number.
            binding: Id of the session in which the answer must come.
            party_id: Who asks; if given, the sheet must be theirs.

        Raises:
            RequirementError: The sheet cannot be used, or all its codes are used.
        """
        with self._database.write() as uow:
            sheet = self._answering.lock_usable(uow, identifier_id, _KINDS, party_id)
            unused = self._unused(uow, identifier_id)
            if not unused:
                msg = "All codes of this sheet are used."
                raise RequirementError(msg, mend="Order a new sheet, or use another means.")
            number = sheet.counter
            if number not in unused:
                number = secrets.choice(unused)
                uow.defer(update(_IDENTIFIER).where(_IDENTIFIER.c.id == identifier_id).values(counter=number))
            facts = {"number": number, "left": len(unused)}
            opened = self._answering.ask(uow, sheet, purpose=purpose, binding=binding, facts=facts)
            uow.commit()
        return opened

    def complete(
        self,
        challenge_id: str,
        typed: str,
        *,
        purpose: str,
        binding: str,
        first: Factor | None,
        network: str | None = None,
    ) -> Factor:
        """Use a code up, and return the factor it shows. A sheet's first use activates it.

        Args:
            challenge_id: Of `begin`; a wrong answer ends it, and `begin` asks for the same number again.
            typed: What was typed.
            purpose: The act; the one that `begin` was asked for.
            binding: Id of the session.
            first: Factor of another category that the same person showed before in this session.
            network: Address the answer came from.

        Raises:
            RequirementError: No first factor was shown; nothing was counted.
            IdentificationError: The answer identifies nobody; one sentence for all reasons.
            ThrottledError: Too many wrong answers came.
        """
        code = normalised(typed[:TYPED_MAX])
        try:
            answer = self._answering.take(
                challenge_id,
                _KINDS,
                purpose=purpose,
                binding=binding,
                first=first,
                network=network,
            )
        except IdentificationError:
            # As long as for a challenge that is open: the time taken tells nothing.
            self._hash(code, bytes(_SALT_BYTES))
            raise
        number = int(answer.challenge.facts["number"])
        kept = self._kept(answer.identifier.id, number)
        salt, hashed = (kept.salt, kept.hashed) if kept else (bytes(_SALT_BYTES), b"")
        fits = hmac.compare_digest(self._hash(code, salt), hashed)
        factor = (
            self._answering.accept(
                answer, purpose, lambda uow, held: self._use_up(uow, held.id, number, code)
            )
            if fits
            else None
        )
        if factor is None:
            self._look_for_use(answer.identifier, code)
            raise self._answering.wrong(answer)
        return factor

    def remaining(self, identifier_id: str) -> Remaining:
        """Return how many codes of a sheet are unused."""
        unused = (_CODE.c.identifier_id == identifier_id, _CODE.c.used_at.is_(None))
        with self._database.read() as connection:
            left = connection.execute(select(func.count()).select_from(_CODE).where(*unused)).scalar()
        return Remaining(left=left or 0)

    def _enter(self, uow: UnitOfWork, told: dict[str, Any], rows: list[dict[str, Any]]) -> Identifier:
        made = self._register.issue(uow, **told)
        uow.add_all(PaperCodeRow, [{"identifier_id": made.id, **row} for row in rows])
        return made

    def _unused(self, uow: UnitOfWork, identifier_id: str) -> list[int]:
        unused = (_CODE.c.identifier_id == identifier_id, _CODE.c.used_at.is_(None))
        return list(uow.execute(select(_CODE.c.number).where(*unused)).scalars())

    def _kept(self, identifier_id: str, number: int) -> Any:
        is_it = (_CODE.c.identifier_id == identifier_id, _CODE.c.number == number)
        with self._database.read() as connection:
            return connection.execute(select(_CODE.c.salt, _CODE.c.hashed).where(*is_it)).first()

    def _use_up(self, uow: UnitOfWork, identifier_id: str, number: int, code: str) -> bool:
        is_unused = (
            _CODE.c.identifier_id == identifier_id,
            _CODE.c.number == number,
            _CODE.c.used_at.is_(None),
        )
        values = {"used_at": self._clock(), "used_mark": self._mark(identifier_id, code)}
        if uow.update(update(_CODE).where(*is_unused).values(**values)) != 1:
            return False
        # Whatever else asks for this number can only be answered wrongly now.
        self._challenges.end_asked(uow, identifier_id)
        return True

    def _look_for_use(self, sheet: Identifier, code: str) -> None:
        """Tell the holder if a refused code is one that was used: perhaps somebody read the sheet."""
        is_used = (_CODE.c.identifier_id == sheet.id, _CODE.c.used_mark == self._mark(sheet.id, code))
        with self._database.read() as connection:
            number = connection.execute(select(_CODE.c.number).where(*is_used)).scalar()
        if number is not None:
            log.warning("code %d of sheet %s was sent again after its use", number, sheet.id)
            if self._used_again is not None:
                self._used_again(sheet)

    def _mark(self, identifier_id: str, code: str) -> bytes:
        """Return by what a used code is known again: it opens nothing any more, so a fast digest does."""
        return hmac.new(self._key, f"used\n{identifier_id}\n{code}".encode(), hashlib.sha256).digest()

    def _hash(self, code: str, salt: bytes) -> bytes:
        """Return a code's hash: Argon2id (RFC 9106) over a digest keyed by the pepper."""
        peppered = hmac.new(self._key, code.encode(), hashlib.sha256).digest()
        return hash_secret_raw(
            peppered,
            salt,
            time_cost=COST.time_cost,
            memory_cost=COST.memory_cost,
            parallelism=COST.parallelism,
            hash_len=COST.hash_len,
            type=COST.type,
        )
