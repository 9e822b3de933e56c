"""How typed codes are asked for and answered, whatever they are: paper codes and one-time passwords.

A code shows possession only, and comes after a first factor of another category: nobody without it gets
so far as to be counted, so no stranger locks a means. An answer is taken in three steps, each durable
before the next: its challenge ends, the try is counted, and then it is judged.
"""

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from lre_kit.clock import Clock
from lre_kit.errors import IdentificationError, RequirementError
from lre_kit.identifiers.challenges import Challenge, Challenges, refused
from lre_kit.identifiers.means import NATURES, UNUSED, Kind, State
from lre_kit.identifiers.register import Identifier, IdentifierRegister
from lre_kit.identifiers.throttle import FAILURES_MAX, USUAL, Throttle, network_key
from lre_kit.law.assurance import FRESHNESS, Category, Factor
from lre_kit.store.database import Database, UnitOfWork

log = logging.getLogger(__name__)

TYPED_MAX = 64
"""Characters of a typed answer that are looked at."""

FirstUse = Callable[[UnitOfWork, str], None]
"""Told, inside the transaction, of the identifier that is used for the first time."""

Refused = Callable[[Identifier], None]
"""Told of a means whose answers were refused so often that further ones have to wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer that was taken and counted, and is yet to be judged."""

    challenge: Challenge
    identifier: Identifier
    keys: tuple[str, ...]


class Answering:
    """Asks for codes, counts answers, and records the factors they show."""

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock,
        register: IdentifierRegister,
        challenges: Challenges,
        throttle: Throttle,
        first_use: FirstUse | None = None,
        often_refused: Refused | None = None,
    ) -> None:
        """Stand on the register, challenges and throttle.

        Args:
            database: Where they are kept.
            clock: The office's clock.
            register: The means.
            challenges: Open questions.
            throttle: Counts tries at the means, the account and the network.
            first_use: Told of first uses, such as to end the order of the means.
            often_refused: Told once when delays begin, and once when no answer is taken any more.
        """
        self._database = database
        self._clock = clock
        self._register = register
        self._challenges = challenges
        self._throttle = throttle
        self._first_use = first_use
        self._often_refused = often_refused

    def ask(
        self,
        uow: UnitOfWork,
        identifier: Identifier,
        *,
        purpose: str,
        binding: str,
        facts: Mapping[str, Any] | None = None,
    ) -> Challenge:
        """Open a challenge for a means whose row the unit of work holds locked."""
        return self._challenges.open(
            uow,
            party_id=identifier.party_id,
            identifier_id=identifier.id,
            means=NATURES[identifier.kind].means,
            purpose=purpose,
            binding=binding,
            facts=facts,
        )

    def lock_usable(
        self, uow: UnitOfWork, identifier_id: str, kinds: Collection[Kind], party_id: str | None
    ) -> Identifier:
        """Return a means, locked, that its holder can use now, if only for the first time.

        Args:
            uow: Transaction that holds the lock.
            identifier_id: The means.
            kinds: What it may be.
            party_id: Who has to hold it; not looked at if nothing.

        Raises:
            RequirementError: It cannot be used.
        """
        found = self._register.locked(uow, identifier_id)
        is_own = party_id is None or found.party_id == party_id
        if found.kind not in kinds or not is_own or not self._can_be_used(found):
            msg = "This identification means cannot be used."
            raise RequirementError(msg, mend="Use another one, or order a new one.")
        return found

    def take(
        self,
        challenge_id: str,
        kinds: Collection[Kind],
        *,
        purpose: str,
        binding: str,
        first: Factor | None,
        network: str | None,
    ) -> Answer:
        """End the challenge that an answer came to, and count the try.

        Args:
            challenge_id: The challenge.
            kinds: Kinds of means it may be of.
            purpose: The act.
            binding: Id of the session.
            first: Factor of another category that was shown before.
            network: Address the answer came from.

        Raises:
            RequirementError: There is no such first factor; nothing was counted or ended.
            IdentificationError: The challenge does not take this answer.
            ThrottledError: Too many wrong answers came.
        """
        self.expect_first(first)
        with self._database.write() as uow:
            challenge = self._challenges.take(uow, challenge_id, purpose=purpose, binding=binding)
            uow.commit()
        if challenge.means not in {NATURES[kind].means for kind in kinds}:
            raise refused()
        return self.counted(challenge, network=network)

    def counted(self, challenge: Challenge, *, network: str | None) -> Answer:
        """Count the try at an answer whose challenge was ended, before it is judged.

        Raises:
            IdentificationError: The challenge was for no means in particular.
            ThrottledError: Too many wrong answers came.
        """
        if challenge.identifier_id is None:
            raise refused()
        identifier = self._register.by_id(challenge.identifier_id)
        keys = (f"identifier:{identifier.id}", f"account:{identifier.party_id}", network_key(network))
        self._throttle.check(*keys)
        return Answer(challenge=challenge, identifier=identifier, keys=keys)

    def expect_first(self, first: Factor | None) -> None:
        """Refuse whoever has not shown a factor of another category before.

        Raises:
            RequirementError: There is none, or it is stale.
        """
        now = self._clock()
        is_fresh = first is not None and now - FRESHNESS <= first.at <= now
        if first is None or not is_fresh or not set(first.categories) - {Category.POSSESSION}:
            msg = "A code is asked only after another factor, such as a password, was shown."
            raise RequirementError(msg, mend="Log in with your password first.")

    def wrong(self, answer: Answer) -> IdentificationError:
        """Count an answer as wrong, and return the error that says so, and no more than that."""
        log.warning("%s refused (challenge %s)", answer.challenge.means.value, answer.challenge.id)
        self._throttle.failed(*answer.keys)
        if self._often_refused is not None:
            failures = self._throttle.failures(answer.keys[0])
            if failures in {USUAL.free, FAILURES_MAX}:
                self._often_refused(answer.identifier)
        return refused()

    def accept(
        self, answer: Answer, purpose: str, use_up: Callable[[UnitOfWork, Identifier], bool]
    ) -> Factor | None:
        """Record the factor that a right answer shows, in the transaction that uses the code up.

        The means is locked and its state read anew: what was revoked since is dead.

        Args:
            answer: It was judged right.
            purpose: The act.
            use_up: Uses the code up, and answers whether it was still unused.

        Returns:
            The factor; nothing if the means cannot be used any more or the code was used already.
        """
        identifier_id = answer.identifier.id
        with self._database.write() as uow:
            if answer.identifier.state in UNUSED and self._first_use is not None:
                # Orders come before means everywhere: two that lock both never wait for each other.
                self._first_use(uow, identifier_id)
            held = self._register.locked(uow, identifier_id)
            if not self._can_be_used(held) or not use_up(uow, held):
                return None
            holder = {"role": "holder", "party_id": held.party_id}
            if held.state in UNUSED:
                self._register.change(uow, held.id, "activate", actor=holder, reason="first use")
            nature = NATURES[held.kind]
            factor = Factor(
                means=nature.means,
                categories=nature.categories,
                dynamic=nature.dynamic,
                at=self._clock(),
                identifier_id=held.id,
                derogation=held.derogation,
            )
            self._register.used(uow, held.id)
            self._challenges.record(uow, factor, party_id=held.party_id, purpose=purpose)
            self._throttle.succeeded(*answer.keys, uow=uow)
            uow.commit()
        return factor

    def _can_be_used(self, identifier: Identifier) -> bool:
        is_over = identifier.is_over(self._clock())
        may_begin = identifier.state in UNUSED and NATURES[identifier.kind].is_paper
        return not is_over and (identifier.state is State.ACTIVE or may_begin)
