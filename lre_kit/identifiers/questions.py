"""Questions put to means that prove a key: opened for a party, an act and a session, answered once."""

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, TypeVar

from lre_kit.errors import IdentificationError
from lre_kit.identifiers.challenges import Challenge, Challenges
from lre_kit.identifiers.refusals import AnswerRefusedError
from lre_kit.identifiers.throttle import Throttle, network_key
from lre_kit.law.assurance import Means
from lre_kit.store.database import Database

log = logging.getLogger(__name__)

_Result = TypeVar("_Result")


class Questions:
    """Opens questions of one means, ends them, and counts refused answers."""

    def __init__(
        self,
        database: Database,
        means: Means,
        *,
        challenges: Challenges,
        throttle: Throttle,
        ttl: timedelta,
    ) -> None:
        """Stand on open challenges and the throttle; a question may be answered for `ttl`."""
        self._database = database
        self._means = means
        self._challenges = challenges
        self._throttle = throttle
        self._ttl = ttl

    def ask(self, party_id: str | None, *, purpose: str, binding: str, facts: Mapping[str, Any]) -> Challenge:
        """Open a question; any fitting means of the party may answer it, of anybody where none is named."""
        with self._database.write() as uow:
            opened = self._challenges.open(
                uow,
                party_id=party_id,
                identifier_id=None,
                means=self._means,
                purpose=purpose,
                binding=binding,
                facts=dict(facts),
                ttl=self._ttl,
            )
            uow.commit()
        return opened

    def answered(
        self,
        challenge_id: str,
        *,
        purpose: str,
        binding: str,
        judge: Callable[[Challenge], _Result],
        network: str = "",
    ) -> _Result:
        """End a question, then judge its answer: whatever comes of it, it cannot be answered again.

        Refusals are counted by party *and* session, so that no stranger locks a party out. Where nobody was
        asked, what it is bound to may be of the answerer's own choice: those are counted by network.

        Args:
            challenge_id: Of `ask`.
            purpose: The act it was asked for.
            binding: What the answer must come with.
            judge: Judges the answer.
            network: Address the answer comes from; counts only where nobody was asked.

        Raises:
            IdentificationError: The question is used, too old, or for another act or session.
            AnswerRefusedError: As `judge` does; logged with its reason.
            ThrottledError: Too many answers were refused.
        """
        with self._database.write() as uow:
            challenge = self._challenges.take(uow, challenge_id, purpose=purpose, binding=binding)
            uow.commit()
        if challenge.means != self._means:
            msg = "This answer is to another question."
            raise IdentificationError(msg, mend="Try again from the start.")
        key = f"{self._means}:{challenge.party_id}:{binding}"
        if challenge.party_id is None:
            key = network_key(network)
        self._throttle.check(key)
        try:
            result = judge(challenge)
        except AnswerRefusedError as error:
            log.warning("%s refused: %s (challenge %s)", self._means, error.reason, challenge.id)
            self._throttle.failed(key)
            raise
        self._throttle.succeeded(key)
        return result


def owner_of(challenge: Challenge) -> str:
    """Return the id of the party that was asked."""
    if challenge.party_id is None:
        msg = "This question was put to nobody."
        raise IdentificationError(msg, mend="Try again from the start.")
    return challenge.party_id
