"""Checks of the way between a host and its sandbox: key, repeated requests, conditions, a letter's whole way.

They show that nothing between the two strips a header or answers in the office's place, and that the
office's jobs are done: what a program that follows the how-to goes by.
"""

import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

from lre_kit.client import shapes
from lre_kit.client.asking import ProblemError
from lre_kit.client.calls import LreClient
from lre_kit.validating.findings import Failed, Finding, Skipped, check

PATIENCE_S = 60.0
"""Longest wait for what the office's jobs do, in seconds."""

PAUSE_S = 0.5
"""Pause between two looks, in seconds."""

WHO: shapes.RecipientAsked = {"name": "Ada Lovelace", "email": "accept@lre.test"}
DOCUMENT = ("validate.txt", b"A letter of lre validate-integration.")

_BETWEEN = "Let whatever stands between your program and the office pass headers and bodies as they are."
_JOBS = "Let the jobs of the sandbox be done: lre serve does them, lre work beside other servers."


class OfficeChecks:
    """Checks with the key of a sandbox."""

    def __init__(
        self, client: LreClient, *, webhook_url: str = "", sleep: Callable[[float], None] = time.sleep
    ) -> None:
        """Ask with `client`; `webhook_url` is the receiver whose endpoint is tested over the office."""
        self._client, self._webhook_url, self._sleep = client, webhook_url, sleep
        self._sandbox = False
        self.number = ""
        """The letter that was deposited."""

    def findings(self) -> Iterator[Finding]:
        """Yield what each check finds, in order."""
        yield check("key", "the key is accepted", self._key)
        yield check("sandbox", "the office is a sandbox", self._is_sandbox)
        yield check("deposit", "a letter is deposited, and asking again gives the same one", self._deposit)
        yield check("idempotency", "the same idempotency key with another request is refused", self._reused)
        yield check("conditions", "If-Match reaches the office", self._stale)
        yield check("strictness", "a field that is not known is refused", self._unknown_field)
        yield check("outcome", "the letter goes its whole way", self._whole_way)
        yield check("proofs", "its proofs are there", self._proofs)
        yield check("events", "the feed tells of it, each event once and in order", self._events)
        if self._webhook_url:
            yield check("endpoint", "the sandbox tells the receiver itself", self._endpoint)

    def _key(self) -> str:
        try:
            told = self._client.key()
        except ProblemError as error:
            if error.http_status == 401:
                raise Failed(error.problem, "Make a key for the sandbox: lre api-key new.") from error
            raise
        return f"{told['kind']} key “{told['name']}”"

    def _is_sandbox(self) -> str:
        try:
            told = self._client.sandbox()
        except ProblemError as error:
            mend = "Never try out where letters are real: make a sandbox with lre sandbox begin."
            raise Failed(error.problem, mend) from error
        self._sandbox = True
        return f"its clock shows {told['at']}"

    def _expect_sandbox(self) -> None:
        if not self._sandbox:
            msg = "nothing is sent where letters may be real"
            raise Skipped(msg)

    def _expect_letter(self) -> None:
        if not self.number:
            msg = "no letter was deposited"
            raise Skipped(msg)

    def _deposit(self) -> str:
        self._expect_sandbox()
        key = self._idempotency_key = str(uuid.uuid4())
        first = self._client.deposit(WHO, [DOCUMENT], idempotency_key=key)["number"]
        self.number = first
        again = self._client.deposit(WHO, [DOCUMENT], idempotency_key=key)["number"]
        if again != first:
            raise Failed("two letters were made of one", f"Idempotency-Key is lost on the way. {_BETWEEN}")
        return f"letter {first}"

    def _reused(self) -> str:
        self._expect_letter()
        return self._problem(
            lambda: self._client.deposit(
                WHO, [DOCUMENT], idempotency_key=self._idempotency_key, subject="another"
            ),
            "idempotency-key-reused",
        )

    def _stale(self) -> str:
        self._expect_letter()
        return self._problem(
            lambda: self._client.withdraw(self.number, etag='"of-another-time"'), "precondition-failed"
        )

    def _unknown_field(self) -> str:
        self._expect_sandbox()
        return self._problem(
            lambda: self._client.deposit(WHO, [DOCUMENT], of_no_release=True), "invalid-request"
        )

    @staticmethod
    def _problem(act: Callable[[], Any], slug: str) -> str:
        try:
            act()
        except ProblemError as error:
            if error.type.endswith(f":{slug}"):
                return slug
            raise Failed(f"{error.http_status}: {error.problem}", _BETWEEN) from error
        raise Failed("it was not refused", _BETWEEN)

    def _whole_way(self) -> str:
        self._expect_letter()
        phase = self._awaited(
            lambda: self._client.letter(self.number)["phase"], lambda found: found == "received"
        )
        if phase != "received":
            raise Failed(f"after {PATIENCE_S:g} s it is still {phase}", _JOBS)
        return str(phase)

    def _proofs(self) -> str:
        self._expect_letter()
        proofs = self._awaited(
            lambda: self._client.proofs(self.number),
            lambda found: any(each["kind"] == "receipt" and each["is_ready"] for each in found),
        )
        ready = [each["kind"] for each in proofs if each["is_ready"]]
        if "receipt" not in ready:
            raise Failed(f"ready: {', '.join(ready) or 'none'}", _JOBS)
        if not self._client.proof(self.number, "receipt").startswith(b"%PDF"):
            raise Failed("the proof of receipt is no PDF", _BETWEEN)
        return ", ".join(ready)

    def _events(self) -> str:
        self._expect_letter()
        found = self._client.events(letter=self.number)["items"]
        sequences = [each["sequence"] for each in found]
        if not found or sequences != sorted(set(sequences)):
            raise Failed(f"sequences {sequences}", _JOBS)
        return f"{len(found)} events"

    def _endpoint(self) -> str:
        self._expect_sandbox()
        mine = [each for each in self._client.webhooks() if each["url"] == self._webhook_url]
        if not mine:
            raise Skipped("the receiver is no endpoint of the sandbox yet (POST /webhooks)")
        if mine[0]["state"] != "active":
            why = mine[0]["disabled_why"] or "disabled"
            raise Failed(f"the endpoint is disabled ({why})", "Mend the receiver, then enable the endpoint.")
        endpoint_id = mine[0]["id"]
        delivery_id = self._client.test_webhook(endpoint_id)["id"]
        made = self._awaited(
            lambda: self._client.delivery(endpoint_id, delivery_id),
            lambda delivery: delivery["state"] != "pending",
        )
        if made["state"] != "delivered":
            tries = [each["status"] or each["failure"] for each in made["attempts"]]
            raise Failed(f"{made['state']}: {tries}", "Let the sandbox reach the receiver, and answer 2xx.")
        return "delivered"

    def _awaited(self, look: Callable[[], Any], is_there: Callable[[Any], bool]) -> Any:
        """Return what is looked for, or what there is once patience is over."""
        deadline = time.monotonic() + PATIENCE_S
        found = look()
        while not is_there(found) and time.monotonic() < deadline:
            self._sleep(PAUSE_S)
            found = look()
        return found
