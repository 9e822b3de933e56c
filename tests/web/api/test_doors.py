"""Who may come in, and what every request keeps to: keys, pace, forms, methods, repeated requests."""

import io
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from lre_kit.failpoints import arm, disarm
from lre_kit.integration.answers import Claim
from lre_kit.integration.values import KeyWish
from lre_kit.letters.phases import Phase
from lre_kit.parties.values import Sender
from lre_kit.testing.office import SENDER
from lre_web.testing import ThrowawaySite


def slug(answer: TestResponse) -> str:
    assert answer.mimetype == "application/problem+json"
    told = answer.get_json()
    assert told["status"] == answer.status_code
    assert told["title"]
    assert told["detail"]
    assert told["mend"]
    return str(told["type"]).removeprefix("urn:lre-kit:problem:")


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer x",
        "Basic eDp5",
        "Bearer lre_live_000000000000_" + "0" * 64,
        "Bearer lre_é_x_y",
    ],
)
def test_without_a_key_in_force_nothing_opens(site: ThrowawaySite, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    answer = site.app.test_client().get("/lre/api/v1/letters", headers=headers)
    assert (answer.status_code, slug(answer)) == (401, "api-key-refused")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_key_ends_when_it_is_revoked_or_expires(site: ThrowawaySite, api: Any, programs: Any) -> None:
    other = programs()
    site.office.integration.keys.revoke(api.key.split("_")[2])
    answer = api.get("/letters")
    assert (answer.status_code, "revoked" in answer.get_json()["detail"]) == (401, True)
    assert other.get("/letters").status_code == 200
    site.clock.advance(timedelta(days=366))
    assert other.get("/letters").status_code == 401


def test_a_key_never_travels_in_the_address(api: Any) -> None:
    key, api.key = api.key, "none"
    assert api.get(f"/letters?access_token={key}").status_code == 401


def test_a_key_with_a_changed_sign_opens_nothing(api: Any) -> None:
    api.key = api.key[:-1] + ("0" if api.key[-1] != "0" else "1")
    assert api.get("/letters").status_code == 401


def test_another_kinds_word_opens_nothing(api: Any) -> None:
    api.key = api.key.replace("lre_live_", "lre_test_")
    assert api.get("/letters").status_code == 401


def test_a_login_in_the_browser_opens_nothing(site: ThrowawaySite) -> None:
    assert site.actor is not None
    assert site.client().get("/lre/api/v1/letters").status_code == 401


def test_the_pace_is_told_and_kept(site: ThrowawaySite, api: Any, programs: Any) -> None:
    keys = site.office.integration.keys
    keys._per_minute = 3
    for left in (2, 1, 0):
        answer = api.get("/letters")
        assert answer.status_code == 200
        assert answer.headers["RateLimit"].startswith(f'"key";r={left};t=')
        assert answer.headers["RateLimit-Policy"] == '"key";q=3;w=60'
    over = api.get("/letters")
    assert (over.status_code, slug(over)) == (429, "rate-limited")
    assert 1 <= int(over.headers["Retry-After"]) <= 60
    assert programs().get("/letters").status_code == 200, "another key has its own minute"
    site.clock.advance(timedelta(seconds=61))
    assert api.get("/letters").status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status", "name"),
    [
        ("GET", "/nothing", 404, "no-such-route"),
        ("GET", "/", 404, "no-such-route"),
        ("DELETE", "/letters", 405, "method-not-allowed"),
        ("PUT", "/letters/AAAA/withdraw", 405, "method-not-allowed"),
        ("POST", "/openapi.json", 405, "method-not-allowed"),
    ],
)
def test_what_is_not_there_is_a_problem_too(api: Any, method: str, path: str, status: int, name: str) -> None:
    answer = api.ask(method, path)
    assert (answer.status_code, slug(answer)) == (status, name)
    if status == 405:
        assert "GET" in answer.headers["Allow"] or "POST" in answer.headers["Allow"]


@pytest.mark.parametrize(
    ("more", "status", "name"),
    [
        ({"data": b"x", "content_type": "text/plain"}, 415, "unsupported-media-type"),
        ({}, 415, "unsupported-media-type"),
        ({"data": b"{", "content_type": "application/json"}, 400, "malformed-request"),
        ({"data": b'{"a": NaN}', "content_type": "application/json"}, 400, "malformed-request"),
        ({"data": b"[" * 100_000, "content_type": "application/json"}, 400, "malformed-request"),
        ({"data": b"\xff\xfe", "content_type": "application/json"}, 400, "malformed-request"),
        (
            {"data": b" " * 13_000_000, "content_type": "application/json"},
            413,
            "body-too-large",
        ),
        ({"data": {"letter": "{}"}, "content_type": "multipart/form-data"}, 422, "invalid-request"),
        ({"data": {"lettre": "{}", "documents": (io.BytesIO(b"x"), "a")}}, 422, "invalid-request"),
        ({"data": {"letter": "{}", "files": (io.BytesIO(b"x"), "a")}}, 422, "invalid-request"),
        ({"data": {"letter": "{", "documents": (io.BytesIO(b"x"), "a")}}, 400, "malformed-request"),
    ],
)
def test_a_body_that_cannot_be_read_is_a_problem(api: Any, more: Any, status: int, name: str) -> None:
    answer = api.post("/letters", **more)
    assert (answer.status_code, slug(answer)) == (status, name)


def test_a_form_beyond_the_limit_is_refused(tmp_path: Path) -> None:
    site = ThrowawaySite.open(tmp_path / "small", letter_max_bytes=1000)
    with site.office:
        key = site.office.integration.keys.create(SENDER, KeyWish(name="a")).text
        part = b'--b\r\nContent-Disposition: form-data; name="documents"; filename="a.pdf"\r\n\r\n'
        answer = site.app.test_client().post(
            "/lre/api/v1/letters",
            data=part + b"x" * 2_000_000 + b"\r\n--b--\r\n",
            content_type="multipart/form-data; boundary=b",
            headers={"Authorization": f"Bearer {key}"},
        )
        assert (answer.status_code, slug(answer)) == (413, "body-too-large")
        assert site.office.reading.all_letters() == []


def test_problems_are_told_in_the_callers_language(api: Any) -> None:
    api.headers["Accept-Language"] = "fr"
    answer = api.get("/letters/AAAA")
    assert answer.headers["Content-Language"] == "fr"
    assert "n'existe pas" in answer.get_json()["detail"]


def test_answers_are_for_nobody_else(api: Any) -> None:
    headers = api.get("/letters").headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "Set-Cookie" not in headers


# --- repeated requests ------------------------------------------------------------------------


def test_the_same_request_twice_is_done_once(site: ThrowawaySite, api: Any) -> None:
    first, second = api.deposit(again="key-1"), api.deposit(again="key-1")
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.data == second.data
    assert first.headers["ETag"] == second.headers["ETag"]
    assert second.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert len(site.office.reading.all_letters()) == 1


def test_the_same_key_with_another_request_is_refused(site: ThrowawaySite, api: Any) -> None:
    api.deposit(again="key-1")
    for other in (
        api.deposit(again="key-1", subject="Other"),
        api.deposit(again="key-1", files=(b"%PDF-1.4 other %%EOF",)),
        api.post("/letters", json={"recipient": {"name": "A"}}, headers={"Idempotency-Key": "key-1"}),
    ):
        assert (other.status_code, slug(other)) == (422, "idempotency-key-reused")
    assert len(site.office.reading.all_letters()) == 1


def test_another_callers_key_is_another_key(site: ThrowawaySite, api: Any, programs: Any) -> None:
    api.deposit(again="key-1")
    stranger = programs(owner=Sender(ref="x", name="X", email="x@example.org"))
    answer = stranger.deposit(again="key-1")
    assert (answer.status_code, "Idempotency-Replayed" in answer.headers) == (201, False)


def test_a_refused_request_may_come_again_mended(api: Any) -> None:
    assert api.deposit(again="key-1", recipient={"name": "A", "email": "a@"}).status_code == 422
    assert api.deposit(again="key-1", recipient={"name": "A", "email": "a@example.net"}).status_code == 201


@pytest.fixture
def dying() -> Iterator[None]:
    """Lets requests die after the act and before their answer is kept, as a killed process does."""
    arm("api.acted", "raise")
    yield
    disarm()


def test_while_one_is_under_way_the_other_waits_and_then_gets_its_answer(
    site: ThrowawaySite, api: Any, dying: None
) -> None:
    assert slug(api.deposit(again="key-1")) == "error"
    disarm()
    other = api.deposit(again="key-1", subject="Other")
    assert slug(other) == "idempotency-key-reused", "looked at before whether one is under way"
    waiting = api.deposit(again="key-1")
    assert (waiting.status_code, slug(waiting)) == (409, "idempotency-in-progress")
    assert waiting.headers["Retry-After"]
    site.clock.advance(timedelta(minutes=3))
    done = api.deposit(again="key-1")
    assert done.status_code == 201
    assert len(site.office.reading.all_letters()) == 1, "the letter itself remembers its key"


@pytest.mark.parametrize(("act", "body"), [("withdraw", None), ("address", {"email": "new@example.net"})])
def test_an_act_whose_answer_was_lost_is_not_done_again(
    site: ThrowawaySite, api: Any, dying: None, act: str, body: Any
) -> None:
    disarm()
    number = api.deposited()
    headers = {"Idempotency-Key": "key-2"}
    arm("api.acted", "raise")
    assert api.post(f"/letters/{number}/{act}", json=body, headers=headers).status_code == 500
    disarm()
    read = api.get(f"/letters/{number}")
    site.clock.advance(timedelta(minutes=3))
    again = api.post(f"/letters/{number}/{act}", json=body, headers=headers)
    assert (again.status_code, again.data) == (200, read.data)
    anew = api.post(f"/letters/{number}/{act}", json=body)
    assert anew.status_code >= 400, "without the key it is another act, which is not lawful any more"


def test_who_took_over_wins_and_the_first_writes_nothing(
    site: ThrowawaySite, api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = api.deposited()
    answers = site.office.integration.answers
    begin = answers.begin

    def slow(caller: str, key: str, fingerprint: str) -> Any:
        mine = begin(caller, key, fingerprint)
        assert isinstance(mine, Claim)
        site.clock.advance(timedelta(minutes=3))
        assert isinstance(begin(caller, key, fingerprint), Claim)
        return mine

    monkeypatch.setattr(answers, "begin", slow)
    late = api.post(f"/letters/{number}/withdraw", headers={"Idempotency-Key": "key-3"})
    assert (late.status_code, slug(late)) == (409, "lease-lost")
    assert site.office.reading.letter(number).phase is Phase.DEPOSITED


def test_kept_answers_are_forgotten_in_time(site: ThrowawaySite, api: Any) -> None:
    api.deposit(again="key-1")
    site.clock.advance(timedelta(hours=7))
    site.office.run_until_idle()
    assert api.deposit(again="key-1").headers.get("Idempotency-Replayed") == "true"
    site.clock.advance(timedelta(hours=20))
    site.office.run_until_idle()
    assert site.office.integration.answers.purge() == 0, "the duty did it"
    again = api.deposit(again="key-1")
    assert (again.status_code, "Idempotency-Replayed" in again.headers) == (201, False)
    assert len(site.office.reading.all_letters()) == 1, "and still nothing is sent twice"


@pytest.mark.parametrize("key", ["", "a b", "é", "x" * 201])
def test_an_idempotency_key_that_cannot_be_one_is_refused(api: Any, key: str) -> None:
    answer = (
        api.deposit(again="ok")
        if key is None
        else api.post("/letters", headers={"Idempotency-Key": key}, json={})
    )
    assert (answer.status_code, slug(answer)) == (400, "malformed-request")


def test_a_secret_stands_nowhere(site: ThrowawaySite, api: Any) -> None:
    secret = api.key.split("_")[3]
    with site.office.database.read() as connection:
        told = json.dumps(
            [list(map(str, row)) for row in connection.exec_driver_sql("SELECT * FROM api_key")]
        )
    assert secret not in told
    assert secret not in repr(site.office.integration.keys.of(site.actor.ref if site.actor else ""))


@pytest.mark.parametrize(
    ("accept", "path", "status"),
    [
        ("application/json", "/letters", 200),
        ("*/*", "/letters", 200),
        ("application/*;q=0.1", "/letters", 200),
        ("text/html, application/xhtml+xml, */*;q=0.8", "/letters", 200),
        ("", "/letters", 200),
        ("text/html", "/letters", 406),
        ("application/json;q=0", "/letters", 406),
        ("application/xml", "/letters", 406),
        ("text/html", "/key", 406),
        ("text/html", "/nothing", 404),
    ],
)
def test_what_is_not_accepted_is_not_sent(api: Any, accept: str, path: str, status: int) -> None:
    answer = api.get(path, headers={"Accept": accept})
    assert answer.status_code == status
    if status == 406:
        assert slug(answer) == "not-acceptable"
        assert "application/json" in answer.get_json()["mend"]


def test_an_act_whose_answer_is_not_accepted_is_not_done(site: ThrowawaySite, api: Any) -> None:
    body = {
        "recipient": {"name": "Ada", "email": "ada@example.net"},
        "documents": [{"name": "a.txt", "content": "aGVsbG8="}],
    }
    assert api.post("/letters", json=body, headers={"Accept": "text/html"}).status_code == 406
    assert api.get("/letters").get_json()["items"] == []
    number = api.deposited()
    container = f"/letters/{number}/container"
    assert api.get(container, headers={"Accept": "application/pdf"}).status_code == 406
    assert api.get(container, headers={"Accept": "application/vnd.etsi.asic-e+zip"}).status_code == 200
    assert api.get(f"/letters/{number}/documents/1", headers={"Accept": "application/pdf"}).status_code == 200
    del site


def test_how_the_office_is_can_be_asked(site: ThrowawaySite, api: Any) -> None:
    told = api.get("/status").get_json()
    assert told["state"] == "unknown", "nobody looked yet"
    assert told["versions"]["api"] == "v1"
    site.office.status.watch.probe_now()
    site.office.status._held = None
    told = api.get("/status").get_json()
    assert told["state"] != "unknown"
    assert {each["service"] for each in told["services"]} >= {"database"}
    assert told["outages"] == []
