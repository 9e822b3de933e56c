"""Bulk sendings over the API."""

import csv
import io
import json
from datetime import timedelta
from typing import Any

import pytest
from werkzeug.test import TestResponse

from lre_kit.failpoints import arm, disarm
from lre_kit.integration.values import KeyKind
from lre_kit.parties.values import Recipient, Sender
from lre_kit.testing.office import SMALL_PDF, record_consent
from lre_web.testing import ThrowawaySite

OTHER = Sender(ref="another", name="Another", email="another@example.org")
TABLE = b"email,name,reference\na@example.net,Ada,1\nb@example.net,Bob,2\n"


def sent(api: Any, raw: bytes = TABLE, path: str = "/bulk", key: str = "", **wish: Any) -> TestResponse:
    data: dict[str, Any] = {
        "bulk": json.dumps({"title": "Spring"} | wish),
        "table": (io.BytesIO(raw), "t.csv"),
    }
    if path == "/bulk":
        data["documents"] = (io.BytesIO(SMALL_PDF), "a.pdf")
    answer: TestResponse = api.post(path, data=data, headers={"Idempotency-Key": key} if key else {})
    return answer


def test_a_table_is_checked_prepared_sent_and_told(site: ThrowawaySite, api: Any) -> None:
    assert sent(api, path="/bulk/check").get_json() == {"lines": 2, "wrong": 0, "problems": []}
    assert site.office.bulk.of("host-user-1") == []
    made = sent(api)
    assert (made.status_code, made.get_json()["state"]) == (201, "draft")
    where = f"/bulk/{made.get_json()['id']}"
    site.office.run_until_idle()
    assert site.office.reading.all_letters() == [], "nothing leaves before it is started"
    for act, state in (("start", "running"), ("pause", "paused"), ("resume", "running")):
        assert api.post(f"{where}/{act}").get_json()["state"] == state
    site.office.run_until_idle()
    told = api.get(where).get_json()
    assert (told["state"], told["counts"]["sent"]) == ("done", 2)
    rows = list(csv.DictReader(io.StringIO(api.get(f"{where}/result").text)))
    assert [row["outcome"] for row in rows] == ["sent", "sent"]
    assert api.post(f"{where}/stop").status_code == 409
    assert [each["id"] for each in api.get("/bulk").get_json()["items"]] == [told["id"]]


def test_lines_that_cannot_be_sent_are_told_and_nothing_is_kept(site: ThrowawaySite, api: Any) -> None:
    answer = sent(api, TABLE + b"nobody,Eve,3\n")
    told = answer.get_json()
    assert (answer.status_code, told["type"]) == (422, "urn:lre-kit:problem:bulk-lines")
    assert [each["pointer"] for each in told["errors"]] == ["/table/4"]
    assert site.office.bulk.of("host-user-1") == []


def test_a_group_of_the_address_book_is_written_to_like_a_table(site: ThrowawaySite, api: Any) -> None:
    entries = [{"name": name, "email": f"{name}@example.net"} for name in ("ada", "bob")]
    ids = [api.post("/contacts", json=each).get_json()["id"] for each in entries]
    group = api.post("/contact-groups", json={"name": "Tenants"}).get_json()["id"]
    api.post(f"/contact-groups/{group}/members", json={"put": ids})

    def asked(path: str, **files: Any) -> TestResponse:
        data = {"bulk": json.dumps({"group": group}), **files}
        answer: TestResponse = api.post(path, data=data) if files else api.post(path, json={"group": group})
        return answer

    assert asked("/bulk/check").get_json() == {"lines": 2, "wrong": 0, "problems": []}
    made = asked("/bulk", documents=(io.BytesIO(SMALL_PDF), "a.pdf"))
    assert made.status_code == 201, made.text
    api.post(f"/bulk/{made.get_json()['id']}/start")
    site.office.run_until_idle()
    assert sorted(each.recipient_name for each in site.office.reading.all_letters()) == ["ada", "bob"]
    both = asked("/bulk/check", table=(io.BytesIO(TABLE), "t.csv"))
    assert both.status_code == 422
    assert "one of the two" in both.get_json()["detail"]
    assert api.post("/bulk/check", json={}).status_code == 422
    unknown = api.post("/bulk/check", json={"group": "0" * 32})
    assert unknown.status_code == 404


def test_a_check_tells_missing_consents_line_by_line_in_the_words_of_the_deposit(
    site: ThrowawaySite, api: Any
) -> None:
    record_consent(site.office, Recipient(name="Ada", email="a@example.net"))
    told = sent(api, path="/bulk/check", product="qualified").get_json()
    assert (told["lines"], told["wrong"]) == (2, 1)
    [line] = told["problems"]
    assert (line["line"], line["type"]) == (3, "urn:lre-kit:problem:consent-missing")
    made = sent(api, product="qualified")
    assert (made.status_code, made.get_json()["lines"]) == (201, 2), "the other may still consent"


def test_nobody_finds_another_senders_sending(api: Any, programs: Any) -> None:
    where = f"/bulk/{sent(api).get_json()['id']}"
    stranger = programs(owner=OTHER)
    answers = [stranger.get(where), stranger.get(f"{where}/result"), stranger.get("/bulk/x")]
    answers += [stranger.post(f"{where}/{act}") for act in ("start", "pause", "resume", "stop")]
    assert {answer.status_code for answer in answers} == {404}
    assert api.get(where).get_json()["state"] == "draft"


def test_a_qualified_sending_is_prepared_and_asks_for_its_sender(api: Any) -> None:
    made = sent(api, product="qualified")
    assert made.status_code == 201
    refused = api.post(f"/bulk/{made.get_json()['id']}/start")
    assert (refused.status_code, refused.get_json()["type"]) == (403, "urn:lre-kit:problem:not-identified")


@pytest.mark.parametrize("act", ["draft", "start", "stop"])
def test_what_was_done_is_not_done_again(site: ThrowawaySite, api: Any, act: str) -> None:
    where = "" if act == "draft" else f"/bulk/{sent(api).get_json()['id']}"

    def ask() -> TestResponse:
        again: TestResponse = (
            api.post(f"{where}/{act}", headers={"Idempotency-Key": "k"}) if where else sent(api, key="k")
        )
        return again

    arm("api.acted", "raise")
    try:
        assert ask().status_code == 500
    finally:
        disarm()
    site.clock.advance(timedelta(minutes=3))
    assert ask().status_code in {200, 201}
    assert len(site.office.bulk.of("host-user-1")) == 1


def test_team_and_test_keys_send_to_nobody_else(site: ThrowawaySite, programs: Any) -> None:
    team = programs(kind=KeyKind.TEAM, team=("a@example.net", "b@example.net"))
    assert sent(team).status_code == 201
    stranger = TABLE + b"c@example.net,Eve,3\n"
    assert sent(team, stranger).get_json()["type"] == "urn:lre-kit:problem:api-key-kind"
    assert len(site.office.bulk.of("host-user-1")) == 1
    tester = programs(kind=KeyKind.TEST)
    assert sent(tester, stranger, path="/bulk/check").status_code == 200
    assert sent(tester).status_code == 403


def test_a_team_key_starts_no_sending_that_was_prepared_elsewhere(
    site: ThrowawaySite, api: Any, programs: Any
) -> None:
    where = f"/bulk/{sent(api).get_json()['id']}"
    team = programs(kind=KeyKind.TEAM, team=("colleague@example.net",))
    assert team.post(f"{where}/start").get_json()["type"] == "urn:lre-kit:problem:api-key-kind"
    assert api.post(f"{where}/start").status_code == 200
    assert api.post(f"{where}/pause").status_code == 200
    assert team.post(f"{where}/resume").get_json()["type"] == "urn:lre-kit:problem:api-key-kind"
    site.office.run_until_idle()
    assert site.office.reading.all_letters() == []


def test_one_table_only(api: Any) -> None:
    twice = [(io.BytesIO(TABLE), "t.csv"), (io.BytesIO(TABLE), "u.csv")]
    answer = api.post("/bulk/check", data={"bulk": "{}", "table": twice})
    assert answer.status_code == 422
