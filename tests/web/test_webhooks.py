"""The sender's pages of webhooks."""

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from lre_kit.clock import PARIS
from lre_kit.testing.webhooks import Answer, WebhookReceiver, webhook_receiver
from lre_kit.webhooks.events import TEST, TYPES
from lre_kit.webhooks.values import DeliveryState, DisabledWhy, EndpointState, Failure
from lre_web.extension import Actor
from lre_web.testing import ThrowawaySite, send_form
from lre_web.words.webhooks import _TEXTS

LIST = "/lre/webhooks"


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    with webhook_receiver() as held:
        yield held


@pytest.fixture
def site(tmp_path: Path) -> Iterator[ThrowawaySite]:
    opened = ThrowawaySite.open(tmp_path / "office", webhook_http="on", webhook_private_hosts="127.0.0.1")
    with opened.office:
        yield opened


def page(site: ThrowawaySite, path: str, language: str = "en") -> str:
    answer = site.client().get(path, headers={"Accept-Language": language})
    assert answer.status_code == 200, answer.text
    return unescape(answer.text)


def added(site: ThrowawaySite, url: str, **fields: object) -> tuple[str, str]:
    """Add an endpoint by the form; return its page's path and its secret."""
    answer = send_form(site.client(), LIST, LIST, **({"url": url} | fields))
    assert (answer.status_code, answer.headers["Cache-Control"]) == (201, "no-store"), answer.text
    found = re.search(r"whsec_[A-Za-z0-9+/=]{44}", answer.text)
    assert found is not None
    [endpoint] = site.office.webhooks.reading.every()
    return f"{LIST}/{endpoint.id}", found.group()


def act(site: ThrowawaySite, one: str, name: str, **fields: object) -> TestResponse:
    return send_form(site.client(), f"{one}/{name}", one, **fields)


def test_an_endpoint_is_added_tested_and_its_log_is_shown(
    site: ThrowawaySite, receiver: WebhookReceiver
) -> None:
    one, secret = added(site, receiver.url, description="books", type=["letter.deposited"])
    assert secret not in page(site, one)
    assert "books" in page(site, LIST)
    assert act(site, one, "test").status_code == 303
    assert receiver.received == [], "no page connects to anybody: a worker does"
    site.office.run_until_idle()
    assert receiver.received[0].checked(secret, now=site.clock())
    assert "answered 204" in page(site, one)
    letter = site.letter()
    shown = page(site, one)
    assert letter.number in shown
    assert "Letter deposited" in shown
    assert "Lettre déposée" in page(site, one, "fr")
    assert letter.number not in page(site, f"{one}?state=failed")
    assert "Nothing was sent yet" in page(site, f"{one}?before=0")


def test_failures_are_told_in_words_and_a_second_test_at_once_is_refused(
    site: ThrowawaySite, receiver: WebhookReceiver
) -> None:
    receiver.otherwise = Answer(status=301)
    one, _ = added(site, receiver.url)
    site.letter()
    site.office.run_until_idle()
    shown = page(site, one)
    assert "answered 301" in shown
    assert "next try" in shown
    assert "waits for the event before it" in shown
    act(site, one, "test")
    again = act(site, one, "test")
    assert again.status_code == 429
    assert 'role="alert"' in again.text


def test_a_secret_is_rotated_and_shown_once(site: ThrowawaySite, receiver: WebhookReceiver) -> None:
    one, secret = added(site, receiver.url)
    answer = act(site, one, "rotate")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (201, "no-store")
    found = re.search(r"whsec_[A-Za-z0-9+/=]{44}", answer.text)
    assert found is not None
    assert found.group() not in {secret, ""}
    assert "Former secret valid until" in page(site, one)
    assert found.group() not in page(site, one)


def test_it_is_disabled_enabled_and_what_it_missed_is_replayed(
    site: ThrowawaySite, receiver: WebhookReceiver
) -> None:
    one, _ = added(site, receiver.url)
    assert act(site, one, "disable").status_code == 303
    assert "disabled on request" in page(site, one)
    begun = site.clock().astimezone(PARIS) - timedelta(minutes=2)
    site.letter()
    span = {"since": f"{begun:%Y-%m-%dT%H:%M}", "missed": "on"}
    assert act(site, one, "replay", **span).status_code == 409
    assert act(site, one, "enable").status_code == 303
    answer = act(site, one, "replay", **span)
    assert answer.status_code == 303
    assert "Events sent again: 2." in page(site, answer.location)
    site.office.run_until_idle()
    assert [got.told["replay"] for got in receiver.received] == [True, True]
    assert "(replayed)" in page(site, one)


@pytest.mark.parametrize(
    "span",
    [{}, {"since": "soon"}, {"since": "2026-11-24T10:00", "until": "2026-11-24T10:00"}, {"until": "x"}],
)
def test_a_period_that_is_none_says_so(
    site: ThrowawaySite, receiver: WebhookReceiver, span: dict[str, str]
) -> None:
    one, _ = added(site, receiver.url)
    answer = act(site, one, "replay", **span)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


@pytest.mark.parametrize(
    "fields",
    [
        {"url": ""},
        {"url": "https://169.254.169.254/latest/meta-data"},
        {"url": "https://localhost/"},
        {"url": "javascript:alert(1)"},
        {"type": ["letter.lost"]},
        {"description": "x" * 201},
    ],
)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_what_cannot_be_added_says_why_and_keeps_what_was_typed(
    site: ThrowawaySite, receiver: WebhookReceiver, fields: dict[str, object], language: str
) -> None:
    client = site.client()
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = language
    answer = send_form(client, LIST, LIST, **({"url": receiver.url, "description": "mine <b>"} | fields))
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert "<b>" not in answer.text
    if "description" not in fields:
        assert "mine &lt;b&gt;" in answer.text
    assert site.office.webhooks.reading.every() == []


def test_nobody_sees_or_touches_another_ones_endpoint(site: ThrowawaySite, receiver: WebhookReceiver) -> None:
    one, _ = added(site, receiver.url, description="secret project")
    site.actor = Actor(ref="other", name="Other", email="other@example.org")
    assert "secret project" not in page(site, LIST)
    assert site.client().get(one).status_code == 404
    for name in ("test", "rotate", "disable", "enable", "replay"):
        answer = send_form(site.client(), f"{one}/{name}", LIST, since="2026-01-01T00:00")
        assert answer.status_code == 404, name
    [endpoint] = site.office.webhooks.reading.every()
    assert (endpoint.state, endpoint.former_until) == (EndpointState.ACTIVE, None)
    site.actor = None
    assert site.client().get(LIST).status_code == 401


def test_a_form_without_its_token_does_nothing(site: ThrowawaySite, receiver: WebhookReceiver) -> None:
    one, _ = added(site, receiver.url)
    for path in (LIST, f"{one}/disable", f"{one}/rotate", f"{one}/test"):
        assert site.client().post(path, data={"url": receiver.url}).status_code == 403
        assert site.client().get(f"{one}/disable").status_code == 405
    assert site.office.webhooks.reading.every()[0].state is EndpointState.ACTIVE


def test_every_word_that_a_page_may_ask_for_is_there() -> None:
    for french, english in _TEXTS.values():
        assert french
        assert english
    needed = {f"e_{each}" for each in (*TYPES, TEST)} | {f"s_{each.value}" for each in DeliveryState}
    needed |= {f"why_{each.value}" for each in DisabledWhy} | {each.value for each in EndpointState}
    needed |= {f"f_{each.value}" for each in Failure if each not in {Failure.NONE, Failure.STATUS}}
    assert needed <= set(_TEXTS)
    assert not set(_TEXTS) & set(dir(dict)), "a page would show the method instead"


def test_an_endpoint_is_removed_from_its_page(site: ThrowawaySite, receiver: WebhookReceiver) -> None:
    one, _ = added(site, receiver.url)
    answer = act(site, one, "remove")
    assert (answer.status_code, answer.location) == (303, LIST)
    assert site.office.webhooks.reading.every() == []
    assert site.client().get(one).status_code == 404
