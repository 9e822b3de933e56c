"""Consents over the API."""

import json
from typing import Any

from lre_kit.integration.values import KeyKind
from lre_kit.parties.values import Sender
from lre_kit.testing.office import record_consent
from lre_web.testing import ThrowawaySite

OTHER = Sender(ref="another", name="Another", email="another@example.org")
ADA = {"name": "Ada", "email": "ada@example.net"}


def test_a_consent_is_asked_for_given_and_its_withdrawal_noted(site: ThrowawaySite, api: Any) -> None:
    asked = api.post("/consents", json=ADA)
    assert (asked.status_code, asked.get_json()["state"]) == (201, "asked")
    again = api.post("/consents", json=ADA)
    assert (again.status_code, again.get_json()["type"]) == (409, "urn:lre-kit:problem:consent-already-asked")
    site.office.run_until_idle()
    assert "ada@example.net" in site.courier.messages[-1]["To"]
    given = record_consent(site.office)
    site.office.run_until_idle()
    where = f"/consents/{given.id}"
    assert api.get(f"{where}/proof").data.startswith(b"%PDF")
    assert [act["act"] for act in api.get(f"{where}/history").get_json()["items"]] == [
        "ConsentAsked",
        "ConsentGiven",
    ]
    done = api.post(f"{where}/withdraw", json={"reason": "A letter of 3 May"})
    assert (done.status_code, done.get_json()["state"]) == (200, "withdrawn")
    event = site.office.consents.register.history(given.id)[-1]
    assert (event.actor["means"], event.details["reason"]) == ("api_key", "A letter of 3 May")


def test_the_register_is_searched_in_pages(api: Any) -> None:
    for place in range(5):
        who = {"name": f"Ada {place}", "email": f"ada{place}@example.net"}
        assert api.post("/consents", json=who).status_code == 201
    first = api.get("/consents?limit=3").get_json()
    second = api.get(f"/consents?limit=3&cursor={first['next']}").get_json()
    names = [each["recipient_name"] for each in first["items"] + second["items"]]
    assert names == [f"Ada {place}" for place in (4, 3, 2, 1, 0)]
    assert second["next"] is None
    assert len(api.get("/consents?q=ada3&state=asked&regime=CPCE_L100").get_json()["items"]) == 1
    assert api.get("/consents?state=given").get_json()["items"] == []


def test_nobody_finds_another_senders_consent(site: ThrowawaySite, programs: Any) -> None:
    held, stranger = record_consent(site.office), programs(owner=OTHER)
    answers = [stranger.get(f"/consents/{held.id}{rest}") for rest in ("", "/history", "/proof", "/bundle")]
    answers += [
        stranger.post(f"/consents/{held.id}/withdraw", json={"reason": "x"}),
        stranger.get("/consents/x"),
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({json.dumps(answer.get_json()) for answer in answers}) == 1
    assert stranger.get("/consents").get_json()["items"] == []


def test_a_lost_answer_is_given_again_and_nobody_asked_twice(site: ThrowawaySite, api: Any) -> None:
    headers = {"Idempotency-Key": "k"}
    first, second = (api.post("/consents", json=ADA, headers=headers) for _ in range(2))
    assert (second.status_code, first.data) == (201, second.data)
    site.office.run_until_idle()
    assert len(site.courier.messages) == 1


def test_team_and_test_keys_ask_nobody_else(programs: Any) -> None:
    assert programs(kind=KeyKind.TEST).post("/consents", json=ADA).status_code == 403
    team = programs(kind=KeyKind.TEAM, team=("bob@example.net",))
    assert team.post("/consents", json=ADA).status_code == 403
    assert team.post("/consents", json=ADA | {"email": "bob@example.net"}).status_code == 201
