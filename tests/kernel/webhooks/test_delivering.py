"""Webhooks over real HTTP: told once the act is kept, in order, again until taken or given up."""

import json
import signal
from datetime import timedelta
from typing import Any

import pytest

from lre_kit.failpoints import FailpointError, arm, disarm
from lre_kit.letters.values import Letter
from lre_kit.office import LEASE
from lre_kit.parties.values import Sender
from lre_kit.testing.courier import MemoryCourier
from lre_kit.testing.forking import ForkingPython
from lre_kit.testing.office import RECIPIENT, SENDER, deposit_sample, identify
from lre_kit.testing.webhooks import Answer
from lre_kit.webhooks.events import API_VERSION, BODY_MAX_BYTES
from lre_kit.webhooks.timetable import JITTER, WAITS
from lre_kit.webhooks.values import DeliveryState, DisabledWhy, EndpointState, Failure

Hooks = Any

LIFE = [
    "letter.deposited",
    "letter.notified",
    "letter.accepted",
    "letter.content_available",
    "letter.received",
]


def live(hooks: Hooks, **changes: Any) -> Letter:
    """Let a letter live from its deposit to its hand-over."""
    letter = deposit_sample(hooks.office, **changes)
    hooks.office.run_until_idle()
    letter = hooks.office.desk.accept(letter.id, identify(hooks.office, letter))
    hooks.office.run_until_idle()
    return letter


def refuse(hooks: Hooks, **answer: Any) -> None:
    hooks.receiver.otherwise = Answer(**({"status": 500} | answer))


def step(hooks: Hooks, by: timedelta) -> int:
    """Move the clock, do what is due, and return how many requests came."""
    before = len(hooks.receiver.received)
    hooks.clock.advance(by)
    hooks.office.run_until_idle()
    return len(hooks.receiver.received) - before


def test_every_act_of_a_letter_is_told_signed_thin_and_in_order(hooks: Hooks) -> None:
    made = hooks.add()
    letter = live(hooks, reference="24/0193")
    assert hooks.receiver.types == LIFE
    timeline = hooks.office.reading.timeline(letter.id)
    for place, got in enumerate(hooks.receiver.received):
        assert got.checked(made.secret, now=hooks.clock()) == got.id
        assert got.checked(made.endpoint.public_key, now=hooks.clock()) == got.id
        assert len(got.body) < BODY_MAX_BYTES
        assert set(got.told) == {"type", "timestamp", "api_version", "data"}
        assert got.told["api_version"] == API_VERSION
        data = got.told["data"]
        assert (data["letter"], data["sequence"], data["reference"]) == (letter.number, place, "24/0193")
        assert data["event"] == timeline[place].name.value
        assert got.headers["content-type"] == "application/json"
    assert len({got.id for got in hooks.receiver.received}) == len(LIFE)
    phases = [got.told["data"]["phase"] for got in hooks.receiver.received]
    assert phases == ["deposited", "notified", "accepted", "accepted", "received"]
    assert {each.state for each in hooks.deliveries(made.endpoint)} == {DeliveryState.DELIVERED}
    assert hooks.endpoint(made.endpoint).last_success_at is not None


def test_no_name_address_or_subject_travels(hooks: Hooks) -> None:
    hooks.add()
    live(hooks)
    sent = b"".join(got.body + json.dumps(dict(got.headers)).encode() for got in hooks.receiver.received)
    for secret in (*SENDER.name.split(), SENDER.email, *RECIPIENT.name.split(), RECIPIENT.email, "bail"):
        assert secret.encode() not in sent
        assert json.dumps(secret).encode()[1:-1] not in sent


def test_only_the_sender_of_a_letter_is_told_and_only_what_they_asked_for(hooks: Hooks) -> None:
    hooks.add(types=("letter.received", "letter.refused"))
    live(hooks, sender=Sender(ref="somebody-else", name="Eve", email="eve@example.org"))
    assert hooks.receiver.received == []
    live(hooks)
    assert hooks.receiver.types == ["letter.received"]


def test_an_act_that_is_undone_is_told_to_nobody(hooks: Hooks) -> None:
    made = hooks.add()
    arm("deposit.before_commit", "raise")
    try:
        with pytest.raises(FailpointError):
            deposit_sample(hooks.office)
    finally:
        disarm()
    hooks.office.run_until_idle()
    assert hooks.deliveries(made.endpoint) == []
    assert hooks.receiver.received == []


def test_it_is_tried_again_at_the_hours_of_the_timetable_then_given_up(hooks: Hooks) -> None:
    """F12.01: a receiver that is down is tried at exact times."""
    made = hooks.add(types=("letter.deposited",))
    refuse(hooks)
    deposit_sample(hooks.office)
    assert step(hooks, timedelta(0)) == 1
    for wait in WAITS[1:]:
        assert step(hooks, wait - timedelta(seconds=1)) == 0, wait
        assert step(hooks, wait * JITTER + timedelta(seconds=2)) == 1, wait
    assert step(hooks, timedelta(days=9)) == 0
    [delivery] = hooks.deliveries(made.endpoint)
    assert (delivery.state, len(delivery.attempts)) == (DeliveryState.FAILED, len(WAITS))
    assert {(each.status, each.failure) for each in delivery.attempts} == {(500, Failure.STATUS)}
    ids = {(got.id, got.body) for got in hooks.receiver.received}
    assert len(ids) == 1, "the same id and the same body at every try"
    assert len({got.headers["webhook-timestamp"] for got in hooks.receiver.received}) == len(WAITS)
    assert all(got.checked(made.secret, tolerance=timedelta(days=99), now=hooks.clock())
               for got in hooks.receiver.received)  # fmt: skip


def test_an_endpoint_that_took_nothing_for_three_days_is_disabled_and_its_owner_is_written_to(
    hooks: Hooks,
) -> None:
    made = hooks.add()
    refuse(hooks)
    deposit_sample(hooks.office)
    for wait in WAITS:
        step(hooks, wait * (1 + JITTER) + timedelta(seconds=1))
    endpoint = hooks.endpoint(made.endpoint)
    assert (endpoint.state, endpoint.disabled_why) == (EndpointState.DISABLED, DisabledWhy.FAILING)
    states = [each.state for each in hooks.deliveries(made.endpoint)]
    assert states[0] is DeliveryState.FAILED
    assert set(states[1:]) == {DeliveryState.CANCELLED}
    courier = hooks.office.courier
    assert isinstance(courier, MemoryCourier)
    [mail] = [each for each in courier.messages if "127.0.0.1" in str(each["Subject"])]
    assert mail["To"] is not None
    assert SENDER.email in str(mail["To"])
    before = len(hooks.receiver.received)
    deposit_sample(hooks.office)
    assert step(hooks, timedelta(days=1)) == 0
    assert len(hooks.receiver.received) == before


def test_one_event_that_is_never_taken_does_not_disable_an_endpoint_that_takes_others(hooks: Hooks) -> None:
    made = hooks.add(types=("letter.deposited",))
    hooks.receiver.answers = [Answer(status=400)] * len(WAITS)
    deposit_sample(hooks.office)
    for wait in WAITS[:-1]:
        step(hooks, wait * (1 + JITTER) + timedelta(seconds=1))
    hooks.receiver.answers, last = [], hooks.receiver.answers
    deposit_sample(hooks.office)
    assert step(hooks, timedelta(0)) == 1
    hooks.receiver.answers = last
    assert step(hooks, WAITS[-1] * (1 + JITTER)) == 1
    states = [each.state for each in hooks.deliveries(made.endpoint)]
    assert states == [DeliveryState.FAILED, DeliveryState.DELIVERED]
    assert hooks.endpoint(made.endpoint).state is EndpointState.ACTIVE


def test_gone_disables_at_once(hooks: Hooks) -> None:
    """F12.01: 410."""
    made = hooks.add()
    refuse(hooks, status=410)
    live(hooks)
    assert len(hooks.receiver.received) == 1
    assert hooks.endpoint(made.endpoint).disabled_why is DisabledWhy.GONE


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_a_failure_and_nobody_goes_there(hooks: Hooks, status: int) -> None:
    """F12.01, F12.03: 3xx."""
    made = hooks.add(types=("letter.deposited",))
    refuse(hooks, status=status, headers={"Location": hooks.receiver.url + "/elsewhere"})
    deposit_sample(hooks.office)
    assert step(hooks, timedelta(0)) == 1
    assert [got.path for got in hooks.receiver.received] == ["/hook"]
    assert hooks.deliveries(made.endpoint)[0].attempts[0].status == status


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_retry_after_is_honoured(hooks: Hooks, form: str) -> None:
    """F12.01: 429 and 503 with Retry-After."""
    hooks.add(types=("letter.deposited",))
    asked = hooks.clock() + timedelta(hours=1)
    text = "3600" if form == "seconds" else f"{asked:%a, %d %b %Y %H:%M:%S} GMT"
    hooks.receiver.answers = [Answer(status=429, headers={"Retry-After": text})]
    deposit_sample(hooks.office)
    assert step(hooks, timedelta(0)) == 1
    assert step(hooks, timedelta(minutes=59)) == 0
    assert step(hooks, timedelta(minutes=1, seconds=1)) == 1


@pytest.mark.parametrize("text", ["soon", "-5", "", "9" * 30, "Wed, 99 Foo 2026 00:00:00 GMT"])
def test_a_retry_after_that_is_none_changes_nothing(hooks: Hooks, text: str) -> None:
    hooks.add(types=("letter.deposited",))
    hooks.receiver.answers = [Answer(status=503, headers={"Retry-After": text})]
    deposit_sample(hooks.office)
    assert step(hooks, timedelta(0)) == 1
    assert step(hooks, timedelta(seconds=6)) == 1


def test_later_events_of_a_letter_wait_for_earlier_ones_and_other_letters_do_not(hooks: Hooks) -> None:
    """F12.05: in order within a letter, and no further."""
    made = hooks.add()
    hooks.receiver.answers = [Answer(status=500)]
    first = deposit_sample(hooks.office)
    hooks.office.run_until_idle()
    second = deposit_sample(hooks.office)
    hooks.office.run_until_idle()
    waiting = [each for each in hooks.deliveries(made.endpoint) if each.state is DeliveryState.PENDING]
    assert [(each.letter_number, each.sequence) for each in waiting] == [(first.number, 0), (first.number, 1)]
    assert waiting[1].next_at is None, "it waits for the one before it"
    assert [got.told["data"]["letter"] for got in hooks.receiver.received] == [
        first.number, second.number, second.number,
    ]  # fmt: skip
    step(hooks, timedelta(seconds=6))
    order = [(got.told["data"]["letter"], got.told["data"]["sequence"]) for got in hooks.receiver.received]
    assert [seq for number, seq in order if number == first.number] == [0, 0, 1]


def test_an_event_that_is_given_up_lets_the_next_go(hooks: Hooks) -> None:
    """F12.05: order under failure."""
    made = hooks.add()
    hooks.receiver.answers = [Answer(status=400)] * (len(WAITS) - 1)
    letter = deposit_sample(hooks.office)
    for wait in WAITS[:-1]:
        step(hooks, wait * (1 + JITTER) + timedelta(seconds=1))
    # Something else gets through, so the endpoint stays active.
    hooks.office.webhooks.desk.test(made.endpoint.id)
    hooks.office.run_until_idle()
    hooks.receiver.answers = [Answer(status=400)]
    step(hooks, WAITS[-1] * (1 + JITTER))
    told = [got for got in hooks.receiver.received if got.type != "endpoint.test"]
    assert told[-1].type == "letter.notified"
    assert told[-1].told["data"]["letter"] == letter.number


def test_a_duty_that_was_taken_over_writes_nothing(hooks: Hooks) -> None:
    made = hooks.add(types=("letter.deposited",))
    deposit_sample(hooks.office)
    late = hooks.office.agenda.claim(limit=100, lease=LEASE)
    step(hooks, LEASE + timedelta(seconds=1))
    for duty in late:
        assert hooks.office.duties.run(duty) is False
    [delivery] = hooks.deliveries(made.endpoint)
    assert len(delivery.attempts) == 1


KILLED = """
import sys
from pathlib import Path
from lre_kit.failpoints import arm_from_environment
from lre_kit.office import PostOffice
from lre_kit.settings import Settings
from lre_kit.testing.courier import MemoryCourier
settings = Settings(home=Path(sys.argv[1]), base_url="https://notices.example")
office = PostOffice.open(settings, courier=MemoryCourier())
arm_from_environment()
office.run_until_idle()
"""


@pytest.mark.parametrize("place", ["webhook.before_send", "webhook.after_send", "webhook.before_commit"])
def test_a_worker_killed_in_the_middle_loses_nothing_and_the_id_stays(
    hooks: Hooks, place: str, forking: ForkingPython
) -> None:
    made = hooks.add(types=("letter.deposited",))
    deposit_sample(hooks.office)
    environment = {
        "LRE_FAILPOINTS": f"{place}=kill",
        "LRE_WEBHOOK_HTTP": "on",
        "LRE_WEBHOOK_PRIVATE_HOSTS": "127.0.0.1",
    }
    home = str(hooks.office.settings.home)
    assert forking.run(KILLED, home, environment=environment) == -signal.SIGKILL, forking.complaints
    told = 0 if place == "webhook.before_send" else 1
    assert len(hooks.receiver.received) == told
    step(hooks, LEASE + timedelta(seconds=1))
    assert len(hooks.receiver.received) == told + 1
    assert len({(got.id, got.body) for got in hooks.receiver.received}) == 1
    [delivery] = hooks.deliveries(made.endpoint)
    assert (delivery.state, len(delivery.attempts)) == (DeliveryState.DELIVERED, 1)
