"""Checks of a receiver: a good one passes, and each way of being wrong fails on its own line."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from lre_kit.client.transport import StandardTransport
from lre_kit.errors import ConfigurationError
from lre_kit.testing.webhooks import Answer, Received, WebhookReceiver, webhook_receiver
from lre_kit.validating.findings import Finding, Verdict
from lre_kit.validating.receiver import Receiver
from lre_kit.webhooks.errors import WebhookSignatureError
from lre_kit.webhooks.events import TYPES
from lre_kit.webhooks.signing import secret_text, verify

SECRET = secret_text(b"s" * 32)
REFUSED = Answer(status=401)


def good(received: Received) -> Answer:
    """The sample: signature and time first, then 2xx whatever it says."""
    try:
        verify(SECRET, received.headers, received.body)
    except WebhookSignatureError:
        return REFUSED
    return Answer(status=204)


@contextmanager
def listening(answer: Callable[[Received], Answer]) -> Iterator[WebhookReceiver]:
    with webhook_receiver() as held:
        held.take = answer  # type: ignore[method-assign]
        yield held


def found(answer: Callable[[Received], Answer], secret: str = SECRET) -> dict[str, Finding]:
    with listening(answer) as held:
        receiver = Receiver(held.url, secret, transport=StandardTransport(timeout_s=10))
        return {each.name: each for each in receiver.findings()}


def failures(answer: Callable[[Received], Answer]) -> set[str]:
    lines = found(answer)
    failed = {name for name, each in lines.items() if each.verdict is Verdict.FAILED}
    assert all(lines[name].mend for name in failed)
    return {name.removeprefix("webhook-") for name in failed}


def test_a_good_receiver_passes_every_check() -> None:
    """F12.02."""
    lines = found(good)
    assert {each.verdict for each in lines.values()} == {Verdict.PASSED}
    assert len(lines) == 14


def test_one_that_takes_everything_is_told_so() -> None:
    """F12.02."""
    wrong = failures(lambda _: Answer(status=200))
    assert wrong == {"forged-signature", "changed-body", "unsigned", "stale", "moved-time"}


def lazy(received: Received) -> Answer:
    """Checks the signature, and not the time."""
    try:
        verify(SECRET, received.headers, received.body, tolerance=timedelta(days=1000))
    except WebhookSignatureError:
        return REFUSED
    return Answer()


def one_signature(received: Received) -> Answer:
    """Looks at the first signature only."""
    first = received.headers.get("webhook-signature", "").partition(" ")[0]
    headers = dict(received.headers) | {"webhook-signature": first}
    return good(Received(path=received.path, headers=headers, body=received.body))


def known_types(received: Received) -> Answer:
    """Takes only what it knows."""
    answer = good(received)
    known = {*TYPES, "endpoint.test"}
    return answer if answer is REFUSED or received.type in known else Answer(status=422)


def re_encoding(received: Received) -> Answer:
    """Parses the body, and checks the signature over its own JSON."""
    import json

    try:
        body = json.dumps(received.told).encode()
    except ValueError:
        return REFUSED
    return good(Received(path=received.path, headers=received.headers, body=body))


@pytest.mark.parametrize(
    ("answer", "wrong"),
    [
        (lazy, {"stale"}),
        (one_signature, {"two-signatures"}),
        (known_types, {"unknown-type"}),
        (lambda received: Answer(status=410) if good(received) is REFUSED else Answer(),
         {"forged-signature", "changed-body", "unsigned", "stale", "moved-time"}),
        (lambda received: Answer(status=500) if good(received) is REFUSED else Answer(),
         {"forged-signature", "changed-body", "unsigned", "stale", "moved-time"}),
    ],
    ids=["no look at the time", "one signature", "known types only", "410 to strangers", "500 to strangers"],
)  # fmt: skip
def test_each_way_of_being_wrong_fails_on_its_own_lines(answer: Any, wrong: set[str]) -> None:
    assert failures(answer) == wrong


def test_one_that_signs_over_its_own_json_takes_nothing_genuine() -> None:
    assert {"test", "genuine", "repeated"} <= failures(re_encoding)


def test_one_that_refuses_what_it_knows_or_what_is_behind_is_told_so() -> None:
    seen: dict[str, int] = {}

    def strict(received: Received) -> Answer:
        answer = good(received)
        if answer is REFUSED:
            return answer
        behind = received.told["data"].get("sequence", 0) < max(seen.values(), default=0)
        known = received.id in seen
        seen[received.id] = received.told["data"].get("sequence", 0)
        return Answer(status=409) if known or behind else answer

    assert {"repeated", "out-of-order"} <= failures(strict)


@pytest.mark.parametrize(
    ("status", "words"), [(302, "redirects"), (410, "Gone"), (403, "another secret"), (503, "2xx")]
)
def test_a_failure_says_how_to_mend_it(status: int, words: str) -> None:
    line = found(lambda _: Answer(status=status))["webhook-genuine"]
    assert (line.verdict, line.seen) == (Verdict.FAILED, f"answered {status}")
    assert words in line.mend


def test_nobody_there_is_told() -> None:
    receiver = Receiver("http://127.0.0.1:9/", SECRET, transport=StandardTransport(timeout_s=2))
    line = next(iter(receiver.findings()))
    assert (line.verdict, line.seen) == (Verdict.FAILED, "no answer came")


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_é", "whsec_*"])
def test_a_secret_that_is_none_is_refused(secret: str) -> None:
    with pytest.raises(ConfigurationError):
        Receiver("http://127.0.0.1:9/", secret, transport=StandardTransport())
