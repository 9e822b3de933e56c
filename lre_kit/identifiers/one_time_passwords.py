"""One-time passwords as identification means: a secret sent on paper, or one in the holder's app.

Both show possession of the secret, and come after a first factor of another category. The office keeps
the secret encrypted, since it must compute with it. A time step is accepted at most once, ever; a count
moves only forward: one conditional statement says so, whoever answers at once (RFC 6238 §5.2).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lre_kit.clock import Clock
from lre_kit.errors import IdentificationError
from lre_kit.identifiers.answering import TYPED_MAX, Answering, FirstUse, Refused
from lre_kit.identifiers.challenges import Challenge, Challenges
from lre_kit.identifiers.identifier_values import grouped
from lre_kit.identifiers.means import Kind
from lre_kit.identifiers.one_time_codes import (
    Moving,
    as_base32,
    digits_of,
    matching,
    new_secret,
    provisioning_uri,
)
from lre_kit.identifiers.register import Identifier, IdentifierRegister
from lre_kit.identifiers.throttle import Throttle
from lre_kit.law.assurance import Factor, Level
from lre_kit.store.database import Database, UnitOfWork

_KINDS = (Kind.PAPER_SEED, Kind.AUTHENTICATOR)
_NOBODY = bytes(20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seed:
    """A secret that was made, in plain, this once: to print, or to show to its holder.

    Attributes:
        identifier: The means.
        base32: The secret as apps read it, in groups of four.
        uri: The address for a QR code.
    """

    identifier: Identifier
    base32: str = field(repr=False)
    uri: str = field(repr=False)


class OneTimePasswords:
    """Makes secrets, asks for their codes, and checks them.

    Attributes:
        answering: How its codes are asked for and counted.
    """

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock,
        register: IdentifierRegister,
        challenges: Challenges,
        throttle: Throttle,
        issuer: str,
        first_use: FirstUse | None = None,
        often_refused: Refused | None = None,
    ) -> None:
        """Prepare.

        Args:
            database: Where the means are kept.
            clock: The office's clock; the time steps are its.
            register: Keeps the secrets, encrypted.
            challenges: Open questions.
            throttle: Counts tries.
            issuer: The office's name, for apps.
            first_use: Told of the first use of a secret on paper, inside its transaction.
            often_refused: Told of a means whose codes were refused again and again.
        """
        self._database = database
        self._clock = clock
        self._register = register
        self._issuer = issuer
        self.answering = Answering(
            database,
            clock=clock,
            register=register,
            challenges=challenges,
            throttle=throttle,
            first_use=first_use,
            often_refused=often_refused,
        )

    def make_seed(
        self,
        uow: UnitOfWork | None,
        party_id: str,
        *,
        actor: Mapping[str, Any],
        kind: Kind = Kind.PAPER_SEED,
        proofing_id: str | None = None,
        level: Level | None = None,
        derogation: str | None = None,
        label: str = "One-time passwords",
        by_time: bool = True,
        expires_at: datetime | None = None,
    ) -> Seed:
        """Make a secret; it is returned in plain this once.

        Args:
            uow: Transaction to do it in; nothing for one of its own.
            party_id: Its holder.
            actor: Who makes it.
            kind: Sent on paper; or of its holder's app, which then has to be confirmed
                (`AuthenticatorEnrolment`).
            proofing_id: Identity proofing that it rests on.
            level: Level of that proofing.
            derogation: Id of the derogation it is made under.
            label: Its name for its holder.
            by_time: Whether its codes follow the clock; else a count that the device keeps.
            expires_at: End of its term.
        """
        secret = new_secret()
        told: dict[str, Any] = {
            "party_id": party_id,
            "kind": kind,
            "label": label,
            "actor": actor,
            "proofing_id": proofing_id,
            "level": level,
            "derogation": derogation,
            "facts": {"by_time": by_time, "drift": 0},
            "secret": secret,
            "expires_at": expires_at,
        }
        if uow is not None:
            made = self._register.issue(uow, **told)
        else:
            with self._database.write() as own:
                made = self._register.issue(own, **told)
                own.commit()
        uri = provisioning_uri(secret, by_time=by_time, issuer=self._issuer, account=made.serial)
        return Seed(identifier=made, base32=grouped(as_base32(secret), " "), uri=uri)

    def begin(
        self, identifier_id: str, *, purpose: str, binding: str, party_id: str | None = None
    ) -> Challenge:
        """Ask for a code.

        Args:
            identifier_id: The secret's means.
            purpose: The act, such as ``accept:<letter id>``.
            binding: Id of the session in which the answer must come.
            party_id: Who asks; if given, the means must be theirs.

        Raises:
            RequirementError: The means cannot be used.
        """
        with self._database.write() as uow:
            held = self.answering.lock_usable(uow, identifier_id, _KINDS, party_id)
            opened = self.answering.ask(uow, held, purpose=purpose, binding=binding)
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
        """Use a code up, and return the factor it shows. A paper secret's first use activates it.

        Args:
            challenge_id: Of `begin`; any answer ends it.
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
        try:
            answer = self.answering.take(
                challenge_id, _KINDS, purpose=purpose, binding=binding, first=first, network=network
            )
        except IdentificationError:
            matching(_NOBODY, digits_of(typed[:TYPED_MAX]), range(3))
            raise
        count = self.matching(answer.identifier, typed)
        factor = None
        if count is not None:
            factor = self.answering.accept(answer, purpose, lambda uow, held: self.use_up(uow, held, count))
        if factor is None:
            raise self.answering.wrong(answer)
        return factor

    def matching(self, identifier: Identifier, typed: str) -> int | None:
        """Return the count or time step whose code was typed, if it can still be accepted."""
        secret = self._register.secret(identifier.id)
        counts = _moving(identifier).counts(self._clock())
        return matching(secret, digits_of(typed[:TYPED_MAX]), counts)

    def use_up(self, uow: UnitOfWork, held: Identifier, count: int) -> bool:
        """Accept a count of a locked means; answer whether neither it nor a later one was accepted yet."""
        if not self._register.advance(uow, held.id, to=count + 1):
            return False
        moving = _moving(held)
        drift = moving.drifted(count, self._clock())
        if drift != moving.drift:
            self._register.keep_facts(uow, held, drift=drift)
        return True


def _moving(identifier: Identifier) -> Moving:
    facts = identifier.facts
    return Moving(
        by_time=bool(facts["by_time"]), at_least=identifier.counter, drift=int(facts.get("drift", 0))
    )
