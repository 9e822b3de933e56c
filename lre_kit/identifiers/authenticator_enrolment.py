"""Enrolling an authenticator app: it counts once its first code showed that it has the secret.

The secret is shown once, to its holder, in a session; the app's first code must come in the same one.
"""

from dataclasses import dataclass
from typing import Any

from lre_kit.errors import UnlawfulActError
from lre_kit.identifiers.answering import Answer, Answering
from lre_kit.identifiers.challenges import Challenge, Challenges
from lre_kit.identifiers.means import Kind, State
from lre_kit.identifiers.one_time_passwords import OneTimePasswords, Seed
from lre_kit.identifiers.register import Identifier, IdentifierRegister
from lre_kit.identifiers.throttle import Throttle
from lre_kit.store.database import Database

ENROLMENT = "enrol an authenticator"
"""Purpose of the challenge that confirms a new authenticator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """An authenticator that waits for its first code."""

    seed: Seed
    challenge_id: str


class AuthenticatorEnrolment:
    """Enrols authenticator apps."""

    def __init__(
        self,
        database: Database,
        *,
        register: IdentifierRegister,
        challenges: Challenges,
        throttle: Throttle,
        passwords: OneTimePasswords,
    ) -> None:
        """Prepare.

        Args:
            database: Where the means are kept.
            register: The means.
            challenges: Open questions.
            throttle: Counts tries.
            passwords: Makes secrets and checks codes.
        """
        self._database = database
        self._register = register
        self._challenges = challenges
        self._throttle = throttle
        self._passwords = passwords
        self._answering: Answering = passwords.answering

    def enrol(self, party_id: str, *, binding: str, label: str, **told: Any) -> Enrolment:
        """Make a secret for its holder's app; it counts from its first code on (`confirm`).

        Args:
            party_id: The holder, who is logged in.
            binding: Id of the session in which the first code must come.
            label: The holder's name for the app.
            **told: As for `OneTimePasswords.make_seed`: ``proofing_id``, ``level``, ``derogation``,
                ``by_time``, ``expires_at``.
        """
        with self._database.write() as uow:
            seed = self._passwords.make_seed(
                uow, party_id, actor=_holder(party_id), kind=Kind.AUTHENTICATOR, label=label, **told
            )
            asked = self._answering.ask(uow, seed.identifier, purpose=ENROLMENT, binding=binding)
            uow.commit()
        return Enrolment(seed=seed, challenge_id=asked.id)

    def ask_again(self, identifier_id: str, *, party_id: str, binding: str) -> Challenge:
        """Ask once more for the first code of an authenticator, after a wrong one.

        Raises:
            UnlawfulActError: It is not this party's, or waits for no first code.
        """
        with self._database.write() as uow:
            held = self._register.locked(uow, identifier_id)
            if not _waits(held) or held.party_id != party_id:
                msg = "This authenticator waits for no first code."
                raise UnlawfulActError(msg, mend="Enrol it anew.")
            asked = self._answering.ask(uow, held, purpose=ENROLMENT, binding=binding)
            uow.commit()
        return asked

    def confirm(
        self, challenge_id: str, typed: str, *, binding: str, network: str | None = None
    ) -> Identifier:
        """Activate an authenticator by its first code: its app has the secret, and the right time.

        Args:
            challenge_id: Of `enrol` or `ask_again`; any answer ends it.
            typed: The app's code.
            binding: Id of the session.
            network: Address the answer came from.

        Raises:
            IdentificationError: The code is wrong; `ask_again` allows another try.
            ThrottledError: Too many wrong answers came.
        """
        with self._database.write() as uow:
            challenge = self._challenges.take(uow, challenge_id, purpose=ENROLMENT, binding=binding)
            uow.commit()
        answer = self._answering.counted(challenge, network=network)
        count = self._passwords.matching(answer.identifier, typed)
        if count is None or not self._activated(answer, count):
            raise self._answering.wrong(answer)
        return self._register.by_id(answer.identifier.id)

    def _activated(self, answer: Answer, count: int) -> bool:
        with self._database.write() as uow:
            held = self._register.locked(uow, answer.identifier.id)
            if not _waits(held) or not self._passwords.use_up(uow, held, count):
                return False
            actor = _holder(held.party_id)
            self._register.change(uow, held.id, "activate", actor=actor, reason="first code")
            self._throttle.succeeded(*answer.keys, uow=uow)
            uow.commit()
        return True


def _waits(held: Identifier) -> bool:
    return held.kind is Kind.AUTHENTICATOR and held.state is State.ISSUED


def _holder(party_id: str) -> dict[str, str]:
    return {"role": "holder", "party_id": party_id}
