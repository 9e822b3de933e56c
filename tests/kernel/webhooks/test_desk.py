"""The desk of endpoints: secrets shown once and kept encrypted, rotation, replay, tests, limits."""

import base64
import socket
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from lre_kit.errors import NotFoundError, ThrottledError, UnlawfulActError
from lre_kit.parties.values import Sender
from lre_kit.store.vault import Vault
from lre_kit.testing.office import SENDER, deposit_sample
from lre_kit.testing.webhooks import Answer
from lre_kit.webhooks import desk as desk_module
from lre_kit.webhooks.desk import ENDPOINTS_MAX
from lre_kit.webhooks.errors import (
    WebhookAddressError,
    WebhookLimitError,
    WebhookSignatureError,
    WebhookTypeError,
)
from lre_kit.webhooks.events import TYPES
from lre_kit.webhooks.secret_store import OVERLAP, SecretStore
from lre_kit.webhooks.signing import secret_text
from lre_kit.webhooks.values import DeliveryState, DisabledWhy, EndpointState, EndpointWish, Owner

Hooks = Any
OWNER = Owner(ref=SENDER.ref, name=SENDER.name, email=SENDER.email)
STRANGER = {"sender_ref": "somebody-else"}


def desk(hooks: Hooks) -> Any:
    return hooks.office.webhooks.desk


def everything(hooks: Hooks) -> bytes:
    """Return all that the database holds of webhooks and duties."""
    found = b""
    with hooks.office.database.read() as connection:
        for table in ("webhook_endpoint", "webhook_secret", "webhook_delivery", "agenda"):
            for row in connection.execute(text(f"SELECT * FROM {table}")):
                found += repr(tuple(row)).encode() + b"".join(v for v in row if isinstance(v, bytes))
    return found


def test_a_secret_is_shown_once_and_lies_encrypted(hooks: Hooks) -> None:
    made = hooks.add()
    assert made.secret.startswith("whsec_")
    raw = base64.b64decode(made.secret.removeprefix("whsec_"))
    kept = everything(hooks)
    assert raw not in kept
    assert made.secret.encode() not in kept
    assert made.secret not in repr(made)
    assert made.secret not in repr(hooks.endpoint(made.endpoint))


def test_while_it_rotates_both_secrets_are_valid_and_then_only_the_new_one(hooks: Hooks) -> None:
    made = hooks.add(types=("letter.deposited",))
    fresh = desk(hooks).rotate(made.endpoint.id)
    until = fresh.endpoint.former_until
    assert until is not None
    assert timedelta(0) < hooks.clock() + OVERLAP - until < timedelta(minutes=1)
    deposit_sample(hooks.office)
    hooks.office.run_until_idle()
    [got] = hooks.receiver.received
    for key in (made.secret, fresh.secret, made.endpoint.public_key, fresh.endpoint.public_key):
        assert got.checked(key, now=hooks.clock())
    hooks.clock.advance(OVERLAP)
    deposit_sample(hooks.office)
    hooks.office.run_until_idle()
    got = hooks.receiver.received[-1]
    assert got.checked(fresh.secret, now=hooks.clock())
    for key in (made.secret, made.endpoint.public_key):
        with pytest.raises(WebhookSignatureError):
            got.checked(key, now=hooks.clock())
    assert hooks.endpoint(made.endpoint).former_until is None


def test_never_more_than_two_secrets_are_valid(hooks: Hooks) -> None:
    made = hooks.add(types=("letter.deposited",))
    second, third = desk(hooks).rotate(made.endpoint.id), desk(hooks).rotate(made.endpoint.id)
    deposit_sample(hooks.office)
    hooks.office.run_until_idle()
    [got] = hooks.receiver.received
    assert got.headers["webhook-signature"].count("v1,") == 2
    assert got.checked(second.secret, now=hooks.clock()) == got.checked(third.secret, now=hooks.clock())
    with pytest.raises(WebhookSignatureError):
        got.checked(made.secret, now=hooks.clock())


def test_secrets_outlive_a_rotation_of_the_offices_own_key(hooks: Hooks) -> None:
    made = hooks.add()
    office, before = hooks.office, everything(hooks)
    assert office.webhooks.rewrap() == 0, "nothing to do under the same key"
    assert everything(hooks) == before
    vault = Vault(b"n" * 32, "kek-next", others={office.keys.kek_id: office.keys.kek})
    store = SecretStore(office.database, vault, clock=hooks.clock)
    assert (store.rewrap(), store.rewrap()) == (1, 0)
    # The former key is gone for good.
    alone = SecretStore(office.database, Vault(b"n" * 32, "kek-next"), clock=hooks.clock)
    with office.database.read() as connection:
        [signer] = alone.signers(connection, made.endpoint.id)
    assert secret_text(signer.secret) == made.secret


def test_a_replay_tells_a_span_again_marked_and_with_the_same_ids(hooks: Hooks) -> None:
    made = hooks.add()
    begun = hooks.clock()
    deposit_sample(hooks.office)
    hooks.office.run_until_idle()
    hooks.clock.advance(timedelta(hours=1))
    noon = hooks.clock()
    deposit_sample(hooks.office)
    hooks.office.run_until_idle()
    first = hooks.receiver.received[:]
    hooks.receiver.received.clear()
    assert desk(hooks).replay(made.endpoint.id, since=begun, until=noon) == 2
    hooks.office.run_until_idle()
    again = hooks.receiver.received
    assert [got.id for got in again] == [got.id for got in first[:2]]
    assert all(
        got.told["replay"] is True and "replay" not in old.told
        for got, old in zip(again, first, strict=False)
    )
    assert [dict(got.told, replay=None) for got in again] == [
        dict(old.told, replay=None) for old in first[:2]
    ]
    shown = hooks.deliveries(made.endpoint)
    assert [each.is_replay for each in shown] == [False] * 4 + [True] * 2


def test_what_was_missed_while_it_was_disabled_is_replayed_in_order(hooks: Hooks) -> None:
    made = hooks.add()
    begun = hooks.clock()
    deposit_sample(hooks.office)
    hooks.office.run_until_idle()
    desk(hooks).disable(made.endpoint.id)
    letter = deposit_sample(hooks.office)
    hooks.office.run_until_idle()
    assert len(hooks.receiver.received) == 2
    span = {"since": begun, "until": hooks.clock() + timedelta(seconds=1), "only_missed": True}
    with pytest.raises(UnlawfulActError):
        desk(hooks).replay(made.endpoint.id, **span)
    desk(hooks).enable(made.endpoint.id)
    assert desk(hooks).replay(made.endpoint.id, **span) == 2
    hooks.office.run_until_idle()
    told = [(got.told["data"]["letter"], got.type) for got in hooks.receiver.received[2:]]
    assert told == [(letter.number, "letter.deposited"), (letter.number, "letter.notified")]
    assert desk(hooks).replay(made.endpoint.id, **span) == 0


def test_a_replay_tells_nothing_of_other_senders_and_only_what_was_asked_for(hooks: Hooks) -> None:
    made = hooks.add(types=("letter.notified",))
    begun = hooks.clock()
    deposit_sample(hooks.office, sender=Sender(ref="somebody-else", name="Eve", email="eve@example.org"))
    deposit_sample(hooks.office)
    hooks.office.run_until_idle()
    until = hooks.clock() + timedelta(seconds=1)
    assert desk(hooks).replay(made.endpoint.id, since=begun, until=until) == 1


def test_a_replay_that_is_too_long_is_refused_and_changes_nothing(
    hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = hooks.add()
    deposit_sample(hooks.office)
    hooks.office.run_until_idle()
    monkeypatch.setattr(desk_module, "REPLAY_MAX", 1)
    with pytest.raises(WebhookLimitError):
        desk(hooks).replay(
            made.endpoint.id, since=hooks.clock() - timedelta(days=1), until=hooks.clock() + timedelta(days=1)
        )
    assert len(hooks.deliveries(made.endpoint)) == 2


def test_a_test_is_one_try_on_the_same_way_even_of_a_disabled_endpoint(hooks: Hooks) -> None:
    made = hooks.add()
    desk(hooks).disable(made.endpoint.id)
    hooks.receiver.answers = [Answer(status=500)]
    delivery_id = desk(hooks).test(made.endpoint.id)
    with pytest.raises(ThrottledError):
        desk(hooks).test(made.endpoint.id)
    hooks.office.run_until_idle()
    hooks.clock.advance(timedelta(days=1))
    hooks.office.run_until_idle()
    [got] = hooks.receiver.received
    assert got.checked(made.secret, now=hooks.clock(), tolerance=timedelta(days=2))
    assert (got.type, got.told["data"]) == ("endpoint.test", {"endpoint": made.endpoint.id})
    [delivery] = hooks.deliveries(made.endpoint)
    assert (delivery.id, delivery.state, delivery.letter_number) == (delivery_id, DeliveryState.FAILED, None)
    assert hooks.endpoint(made.endpoint).disabled_why is DisabledWhy.OWNER
    desk(hooks).test(made.endpoint.id)
    hooks.office.run_until_idle()
    assert hooks.deliveries(made.endpoint)[-1].state is DeliveryState.DELIVERED


def test_one_dead_endpoint_does_not_hold_a_good_one_up(hooks: Hooks) -> None:
    """F12.07: and while it rests, nothing more is sent to it."""
    dead = hooks.add(f"http://127.0.0.1:{free_port()}/")
    good = hooks.add()
    for _ in range(3):
        deposit_sample(hooks.office)
    hooks.office.run_until_idle()
    assert {each.state for each in hooks.deliveries(good.endpoint)} == {DeliveryState.DELIVERED}
    tried = [each for each in hooks.deliveries(dead.endpoint) if each.attempts]
    assert len(tried) == 1, "while it does not answer, nothing more is sent to it"
    assert hooks.endpoint(dead.endpoint).resting_until is not None


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_an_endpoint_of_another_sender_is_not_there(hooks: Hooks) -> None:
    made = hooks.add()
    span = {"since": hooks.clock(), "until": hooks.clock()}
    acts = [
        lambda: desk(hooks).rotate(made.endpoint.id, **STRANGER),
        lambda: desk(hooks).disable(made.endpoint.id, **STRANGER),
        lambda: desk(hooks).enable(made.endpoint.id, **STRANGER),
        lambda: desk(hooks).test(made.endpoint.id, **STRANGER),
        lambda: desk(hooks).replay(made.endpoint.id, **span, **STRANGER),
        lambda: hooks.office.webhooks.reading.endpoint(made.endpoint.id, **STRANGER),
        lambda: hooks.office.webhooks.reading.deliveries(made.endpoint.id, **STRANGER),
        lambda: desk(hooks).rotate("00000000"),
    ]
    before = everything(hooks)
    for act in acts:
        with pytest.raises(NotFoundError):
            act()
    assert everything(hooks) == before
    assert hooks.office.webhooks.reading.of("somebody-else") == []
    assert [each.id for each in hooks.office.webhooks.reading.every()] == [made.endpoint.id]


@pytest.mark.parametrize(
    ("wish", "error"),
    [
        ({"url": "http://169.254.169.254/latest"}, WebhookAddressError),
        ({"url": "https://127.0.0.2/"}, WebhookAddressError),
        ({"types": ("letter.lost",)}, WebhookTypeError),
        ({"description": "x" * 201}, WebhookLimitError),
    ],
)
def test_a_wish_that_cannot_be_met_is_refused_and_nothing_is_kept(
    hooks: Hooks, wish: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        desk(hooks).add(OWNER, EndpointWish(**({"url": hooks.receiver.url} | wish)))
    assert hooks.office.webhooks.reading.every() == []


def test_a_sender_has_no_more_endpoints_than_one_may_have(hooks: Hooks) -> None:
    for _ in range(ENDPOINTS_MAX):
        hooks.add()
    with pytest.raises(WebhookLimitError):
        hooks.add()
    hooks.add(owner=Owner(ref="somebody-else", name="Eve", email="eve@example.org"))


def test_all_types_is_the_same_as_none(hooks: Hooks) -> None:
    assert hooks.add(types=TYPES).endpoint.types == ()
    assert hooks.add(types=("letter.received", "letter.deposited")).endpoint.types == (
        "letter.deposited", "letter.received",
    )  # fmt: skip


def test_what_was_delivered_long_ago_is_forgotten_and_what_waits_is_not(hooks: Hooks) -> None:
    made = hooks.add(types=("letter.deposited",))
    deposit_sample(hooks.office)
    hooks.office.run_until_idle()
    hooks.clock.advance(timedelta(days=29))
    hooks.office.run_until_idle()
    [first] = hooks.deliveries(made.endpoint)
    hooks.receiver.otherwise = Answer(status=500)
    deposit_sample(hooks.office)
    hooks.office.run_until_idle()
    hooks.clock.advance(timedelta(days=2))
    hooks.office.run_until_idle()
    [kept] = hooks.deliveries(made.endpoint)
    assert (kept.state, kept.id != first.id) == (DeliveryState.PENDING, True)
    assert hooks.office.webhooks.reading.pending()[0] == 1
    assert hooks.endpoint(made.endpoint).state is EndpointState.ACTIVE
