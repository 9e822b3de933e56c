"""Webhooks and the feed of events over the API."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from lre_kit.failpoints import arm, disarm
from lre_kit.integration.rows import ApiAnswerRow
from lre_kit.integration.values import Scope
from lre_kit.parties.values import Sender
from lre_kit.store.inserts import table_of
from lre_kit.testing.webhooks import WebhookReceiver, webhook_receiver
from lre_kit.webhooks.rows import (
    WebhookAttemptRow,
    WebhookDeliveryRow,
    WebhookEndpointRow,
    WebhookSecretRow,
)
from lre_web.testing import ThrowawaySite

OTHER = Sender(ref="other", name="Other", email="other@example.net")
AGAIN = {"Idempotency-Key": "once"}


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    with webhook_receiver() as held:
        yield held


def added(api: Any, receiver: WebhookReceiver, **more: Any) -> Any:
    answer = api.post("/webhooks", json={"url": receiver.url} | more)
    assert answer.status_code == 201, answer.text
    return answer.get_json()


def test_an_endpoint_is_told_and_its_log_is_read(
    site: ThrowawaySite, api: Any, receiver: WebhookReceiver
) -> None:
    made = added(api, receiver, types=["letter.deposited"], description=" my  books ")
    assert (made["description"], made["types"], made["state"]) == ("my books", ["letter.deposited"], "active")
    number = api.deposited()
    site.office.run_until_idle()
    [told] = receiver.received
    told.checked(made["secret"], now=site.clock())
    assert told.told["data"]["letter"] == number
    page = api.get(f"/webhooks/{made['id']}/deliveries").get_json()
    [delivery] = page["items"]
    assert (delivery["letter"], delivery["state"], delivery["message_id"]) == (number, "delivered", told.id)
    assert delivery["attempts"][0]["status"] == 204
    assert api.get(f"/webhooks/{made['id']}/deliveries/{delivery['id']}").get_json() == delivery
    assert page["next"] is None


def test_the_secret_is_shown_once_and_kept_nowhere_in_the_clear(
    site: ThrowawaySite, api: Any, receiver: WebhookReceiver
) -> None:
    """F12.04, F13.05: not even among the answers that are kept for who asks again."""
    body = {"url": receiver.url}
    first = api.post("/webhooks", json=body, headers=AGAIN)
    again = api.post("/webhooks", json=body, headers=AGAIN)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (again.status_code, again.get_json()["id"]) == (201, first.get_json()["id"])
    assert again.get_json()["secret"] is None
    secret = first.get_json()["secret"]
    assert api.get("/webhooks").get_json()["items"][0]["secret"] is None
    rotated = api.post(f"/webhooks/{first.get_json()['id']}/rotate", headers={"Idempotency-Key": "turn"})
    assert rotated.get_json()["secret"] not in {None, secret}
    assert rotated.get_json()["former_until"] is not None
    with site.office.database.read() as connection:
        kept = b"".join(connection.scalars(select(table_of(ApiAnswerRow).c.body)))
    assert b"whsec_" not in kept
    api.post(f"/webhooks/{first.get_json()['id']}/test")
    site.office.run_until_idle()
    # In the overlap both secrets sign.
    receiver.received[-1].checked(secret, now=site.clock())
    receiver.received[-1].checked(rotated.get_json()["secret"], now=site.clock())


def test_an_endpoint_whose_answer_was_lost_is_there_once(
    site: ThrowawaySite, api: Any, receiver: WebhookReceiver
) -> None:
    arm("api.acted", "raise")
    try:
        assert api.post("/webhooks", json={"url": receiver.url}, headers=AGAIN).status_code >= 500
    finally:
        disarm()
    site.clock.advance(timedelta(minutes=3))
    answer = api.post("/webhooks", json={"url": receiver.url}, headers=AGAIN)
    assert (answer.status_code, answer.get_json()["secret"]) == (201, None)
    assert len(api.get("/webhooks").get_json()["items"]) == 1


def test_it_is_changed_disabled_enabled_and_replayed(
    site: ThrowawaySite, api: Any, receiver: WebhookReceiver
) -> None:
    one = f"/webhooks/{added(api, receiver)['id']}"
    assert api.patch(one, json={"types": ["letter.notified"]}).get_json()["types"] == ["letter.notified"]
    assert api.patch(one, json={"description": "b"}).get_json()["types"] == ["letter.notified"]
    assert api.patch(one, json={"types": ["letter.eaten"]}).status_code == 422
    assert api.post(f"{one}/disable").get_json()["disabled_why"] == "owner"
    number = api.deposited()
    site.office.run_until_idle()
    assert receiver.received == []
    since = {"since": (site.clock() - timedelta(hours=1)).isoformat()}
    assert api.post(f"{one}/replay", json=since).status_code == 409
    assert api.post(f"{one}/enable").get_json()["state"] == "active"
    told = api.post(f"{one}/replay", json=since, headers=AGAIN).get_json()
    assert told == {"events": 1}
    assert api.post(f"{one}/replay", json=since, headers=AGAIN).get_json() == told
    site.office.run_until_idle()
    assert [each.told["data"]["letter"] for each in receiver.received] == [number]
    assert receiver.received[0].told["replay"] is True


def test_a_removed_endpoint_is_gone_and_a_little_later_so_are_its_rows(
    site: ThrowawaySite, api: Any, receiver: WebhookReceiver
) -> None:
    made = added(api, receiver)
    api.deposited()
    assert api.delete(f"/webhooks/{made['id']}").get_json() == {"id": made["id"]}
    assert api.get(f"/webhooks/{made['id']}").status_code == 404
    assert api.get("/webhooks").get_json()["items"] == []
    api.deposited()
    site.office.run_until_idle()
    assert receiver.received == []
    site.clock.advance(timedelta(hours=2))
    site.office.run_until_idle()
    with site.office.database.read() as connection:
        for row in (WebhookEndpointRow, WebhookSecretRow, WebhookDeliveryRow, WebhookAttemptRow):
            assert connection.scalar(select(func.count()).select_from(table_of(row))) == 0


def test_ten_endpoints_are_enough_and_a_removed_one_makes_room(api: Any, receiver: WebhookReceiver) -> None:
    ids = [added(api, receiver)["id"] for _ in range(10)]
    assert api.post("/webhooks", json={"url": receiver.url}).status_code == 422
    api.delete(f"/webhooks/{ids[0]}")
    added(api, receiver)


@pytest.mark.parametrize("url", ["http://169.254.169.254/", "http://[::1]/", "ftp://a.example/", "", "x"])
def test_an_address_that_no_webhook_may_reach_is_refused(api: Any, url: str) -> None:
    """F12.03."""
    answer = api.post("/webhooks", json={"url": url})
    assert (answer.status_code, answer.get_json()["type"]) == (422, "urn:lre-kit:problem:webhook-address")


def test_another_senders_endpoint_is_not_there(api: Any, programs: Any, receiver: WebhookReceiver) -> None:
    """F10.05."""
    one, other = f"/webhooks/{added(api, receiver)['id']}", programs(owner=OTHER)
    answers = [other.get(one), other.delete(one), other.patch(one, json={}), other.get(f"{one}/deliveries")]
    answers += [other.post(f"{one}/{act}") for act in ("test", "rotate", "disable", "enable")]
    answers.append(other.post(f"{one}/replay", json={"since": "2026-01-01T00:00:00Z"}))
    assert {answer.status_code for answer in answers} == {404}
    assert other.get("/webhooks").get_json()["items"] == []


def test_reading_them_needs_one_scope_and_changing_them_another(programs: Any) -> None:
    reader = programs(scopes=frozenset({Scope.WEBHOOKS_READ}))
    assert reader.get("/webhooks").status_code == 200
    assert reader.post("/webhooks", json={"url": "https://a.example/"}).status_code == 403
    assert programs(scopes=frozenset({Scope.LETTERS_READ})).get("/webhooks").status_code == 403


# --- the feed -------------------------------------------------------------------------------------


def test_the_feed_gives_each_event_once_in_order_and_goes_on_later(
    site: ThrowawaySite, api: Any, receiver: WebhookReceiver
) -> None:
    assert api.get("/events").get_json() == {"items": [], "next": None, "is_last": True}
    added(api, receiver)
    numbers = [api.deposited() for _ in range(3)]
    site.office.run_until_idle()
    seen: list[Any] = []
    page = api.get("/events?limit=2").get_json()
    while True:
        seen += page["items"]
        if page["is_last"]:
            break
        page = api.get(f"/events?limit=2&cursor={page['next']}").get_json()
    assert {each["letter"] for each in seen} == set(numbers)
    assert len({each["id"] for each in seen}) == len(seen) == 6
    assert {each["id"] for each in seen} == {each.id for each in receiver.received}
    empty = api.get(f"/events?cursor={page['next']}").get_json()
    assert (empty["items"], empty["next"]) == ([], page["next"])
    site.clock.advance(timedelta(days=17))
    site.office.run_until_idle()
    later = api.get(f"/events?cursor={page['next']}").get_json()
    assert {each["type"] for each in later["items"]} == {"letter.unclaimed"}
    [one] = [each for each in seen if each["letter"] == numbers[0] and each["sequence"] == 0]
    assert (one["type"], one["code"]) == ("letter.deposited", "A.1")


def test_the_feed_tells_of_ones_own_letters_and_of_one_if_asked(
    site: ThrowawaySite, api: Any, programs: Any
) -> None:
    number, _ = api.deposited(), api.deposited()
    site.office.run_until_idle()
    other = programs(owner=OTHER)
    assert other.get("/events").get_json()["items"] == []
    assert other.get(f"/events?letter={number}").get_json()["items"] == []
    assert {each["letter"] for each in api.get(f"/events?letter={number}").get_json()["items"]} == {number}


@pytest.mark.parametrize("cursor", ["x", "bG9nfng", "bG9nfi0x", "w6k", "a" * 200])
def test_a_cursor_that_is_none_of_ours_is_refused(api: Any, cursor: str) -> None:
    assert api.get(f"/events?cursor={cursor}").status_code == 422


def test_what_can_be_no_id_is_of_no_webhook(api: Any) -> None:
    """A NUL is refused by PostgreSQL's driver; it never comes as far."""
    for path in ("/webhooks/a%00b", "/webhooks/0000000g", "/webhooks/00000000/deliveries/%00"):
        assert api.get(path).status_code == 404, path
    assert api.post("/webhooks/a%00b/disable").status_code == 404
