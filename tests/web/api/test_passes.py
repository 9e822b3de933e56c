"""Qualified letters over the API: a pass stands for what their sender showed on the pages."""

import io
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from lre_kit.integration.values import KeyKind, KeyWish, Scope
from lre_kit.law.assurance import Level
from lre_kit.parties.members import MemberRole
from lre_kit.parties.values import Recipient, Sender
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.office import SMALL_PDF, record_consent, throwaway_office
from lre_kit.testing.parties import ACTOR, BRUMES
from lre_web.api.acting import USES
from lre_web.testing import send_form
from lre_web.testing_profile import EMAIL, NAME, ProfileSite

WHO = {"name": "Jean Dupont", "email": "jean.dupont@example.net"}
GIVEN = re.compile(r'id="given"[^>]* value="([^"]+)"')


class Scene:
    """A sender with an account, a proofed identity, paper codes, and a key of the API."""

    def __init__(self, site: ProfileSite, *, name: str = NAME) -> None:
        self.site, self.office = site, site.office
        self.client, self.party = site.member(EMAIL, name)
        self.sender = Sender(ref=self.party.id, name=name, email=EMAIL)
        record_consent(self.office, Recipient(**WHO), self.sender)

    def proof(self) -> None:
        self.site.clock.advance(timedelta(seconds=1))
        self.site.identify(self.party)

    def show_a_code(self) -> str:
        """Step up with a paper code; return the id of the sheet."""
        people = self.office.people
        actor = {"role": "provider"}
        sheet = people.paper_codes.make_sheet(None, self.party.id, actor=actor, level=Level.SUBSTANTIAL)
        with self.office.database.write() as uow:
            people.register.change(uow, sheet.identifier.id, "deliver", actor=actor)
            uow.commit()
        step = "/account/step?means=paper_codes&next=/api-keys"
        page = self.client.get(step).text
        challenge, number = re.search(r'name="challenge" value="(\w+)"', page), re.search(r"no\. (\d+)", page)
        assert challenge is not None
        assert number is not None
        shown = {"means": "paper_codes", "challenge": challenge[1], "code": sheet.codes[int(number[1]) - 1]}
        assert send_form(self.client, "/account/step", step, **shown).status_code == 303
        return sheet.identifier.id

    def key(self) -> tuple[str, str]:
        """Make a key on the page; return its id and its text."""
        form = {"name": "books", "kind": "live", "days": "30", "scope": ["letters:write", "letters:read"]}
        page = send_form(self.client, "/api-keys", "/api-keys", **form).text
        found = re.search(r"lre_live_[0-9a-f]{12}_[0-9a-f]{64}", page)
        assert found is not None
        return self.office.integration.keys.of(self.party.id)[0].id, found.group()

    def ask_pass(self, key_id: str) -> TestResponse:
        return send_form(self.client, f"/api-keys/{key_id}/pass", "/api-keys")

    def deposit(self, key: str, given: str | None = None, product: str = "qualified") -> TestResponse:
        headers = {"Authorization": f"Bearer {key}"} | ({"LRE-Identification": given} if given else {})
        letter = json.dumps({"recipient": WHO, "product": product, "subject": "Notice"})
        data: dict[str, Any] = {"letter": letter, "documents": (io.BytesIO(SMALL_PDF), "a.pdf")}
        return self.site.app.test_client().post("/api/v1/letters", data=data, headers=headers)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[ProfileSite]:
    clock = MovedClock()
    with throwaway_office(tmp_path / "office", clock=clock, base_url="http://localhost") as office:
        yield ProfileSite.of(office, clock)


@pytest.fixture
def scene(site: ProfileSite) -> Scene:
    made = Scene(site)
    made.proof()
    return made


def given_to(scene: Scene, key_id: str) -> str:
    answer = scene.ask_pass(key_id)
    assert answer.status_code == 201, answer.text
    found = GIVEN.search(answer.text)
    assert found is not None
    assert answer.headers["Cache-Control"] == "no-store"
    return found.group(1)


def test_who_may_send_signs_for_a_prepared_letter_with_a_pass_and_nobody_without(
    scene: Scene, site: ProfileSite
) -> None:
    people, scopes = site.office.people, frozenset(Scope)
    house = people.parties.add(BRUMES)
    people.parties.emails.verify(house.id, "office@acme.example", actor=ACTOR)
    people.members.set_role(house.id, scene.party.id, MemberRole.SENDER, actor=ACTOR)
    scene.show_a_code()
    made = site.office.integration.keys.create(scene.sender, KeyWish(name="desk", scopes=scopes))
    headers = {"Authorization": f"Bearer {made.text}"}
    given = headers | {"LRE-Identification": given_to(scene, made.key.id)}
    client = site.app.test_client()
    letter = {"recipient": WHO, "subject": "Notice", "organisation": house.id}
    data = {"letter": json.dumps(letter), "documents": (io.BytesIO(SMALL_PDF), "a.pdf")}
    prepared = client.post("/api/v1/prepared", data=data, headers=headers).get_json()
    assert client.get("/api/v1/prepared", headers=headers).get_json()["waiting"][0]["id"] == prepared["id"]
    refused = client.post(f"/api/v1/prepared/{prepared['id']}/sign", headers=headers)
    assert refused.status_code == 403
    team = site.office.integration.keys.create(
        scene.sender, KeyWish(name="team", kind=KeyKind.TEAM, team=("a@example.net",), scopes=scopes)
    )
    fenced = {"Authorization": f"Bearer {team.text}", "LRE-Identification": given_to(scene, team.key.id)}
    beyond = client.post(f"/api/v1/prepared/{prepared['id']}/sign", headers=fenced)
    assert (beyond.status_code, slug(beyond)) == (403, "api-key-kind"), "whoever prepared it, it is fenced"
    assert site.office.reading.all_letters() == []
    signed = client.post(f"/api/v1/prepared/{prepared['id']}/sign", headers=given)
    assert (signed.status_code, signed.get_json()["state"]) == (200, "sent"), signed.text
    sent = site.office.reading.letter(signed.get_json()["letter"])
    assert (sent.sender.ref, sent.sender.email) == (house.id, "office@acme.example")
    assert client.post(f"/api/v1/prepared/{prepared['id']}/sign", headers=given).status_code == 409


def slug(answer: TestResponse) -> str:
    return str(answer.get_json()["type"]).removeprefix("urn:lre-kit:problem:")


def test_with_a_pass_a_qualified_letter_is_deposited_and_its_evidence_says_how(scene: Scene) -> None:
    key_id, key = scene.key()
    scene.show_a_code()
    assert slug(scene.deposit(key)) == "not-identified", "a key alone shows no person"
    given = given_to(scene, key_id)
    answer = scene.deposit(key, given)
    assert answer.status_code == 201, answer.text
    letter = scene.office.reading.letter(answer.get_json()["number"], sender_ref=scene.party.id)
    assert scene.office.reading.depositor(letter.id) == scene.party.id
    scene.office.run_until_idle()
    deposit = scene.office.issuer.exhibits(letter.id)[0].exhibit.record
    assert "password + paper codes" in json.dumps(deposit)
    with scene.office.database.read() as connection:
        kept = json.dumps(
            [list(map(str, r)) for r in connection.exec_driver_sql("SELECT * FROM identifier_challenge")]
        )
    assert not [token for token in given.split(".") if token in kept]


def test_who_has_not_shown_enough_gets_no_pass_and_is_told_what_is_missing(scene: Scene) -> None:
    key_id, _ = scene.key()
    answer = scene.ask_pass(key_id)
    assert answer.status_code == 403
    assert 'role="alert"' in answer.text
    assert GIVEN.search(answer.text) is None


def test_a_pass_serves_one_key_an_hour_and_so_many_times(scene: Scene) -> None:
    key_id, key = scene.key()
    _, other = scene.key()
    scene.show_a_code()
    given = given_to(scene, key_id)
    assert slug(scene.deposit(other, given)) == "identification-failed"
    assert slug(scene.deposit(key, "_" + given)) == "identification-failed"
    assert slug(scene.deposit(key, "x." * 50)) == "identification-failed"
    assert scene.deposit(key, given, product="simple").status_code == 201
    for _ in range(USES - 1):
        for token in given.split("."):
            scene.office.people.handles.spend(token, party_id=scene.party.id, purpose=f"api:{key_id}")
    assert slug(scene.deposit(key, given)) == "identification-failed"
    again = given_to(scene, key_id)
    scene.site.clock.advance(timedelta(minutes=61))
    assert scene.deposit(key, again).status_code == 403


def test_a_pass_dies_with_the_means_that_was_shown(scene: Scene) -> None:
    key_id, key = scene.key()
    means = scene.show_a_code()
    given = given_to(scene, key_id)
    with scene.office.database.write() as uow:
        scene.office.people.register.change(uow, means, "revoke", actor={}, reason="lost")
        uow.commit()
    assert scene.deposit(key, given).status_code == 403


def test_nobody_gets_a_pass_for_another_ones_key_or_one_that_is_over(scene: Scene, site: ProfileSite) -> None:
    key_id, _ = scene.key()
    scene.show_a_code()
    other, _ = site.member("other@example.org", "Other Person")
    assert send_form(other, f"/api-keys/{key_id}/pass", "/api-keys").status_code == 404
    scene.office.integration.keys.revoke(key_id)
    assert scene.ask_pass(key_id).status_code == 404


def test_a_name_that_was_not_proofed_stands_on_no_letter(scene: Scene) -> None:
    key_id, key = scene.key()
    scene.show_a_code()
    given = given_to(scene, key_id)
    book, account = scene.office.people, scene.site.app.extensions["lre_accounts"].accounts
    found = account.of_party(scene.party.id)
    account.present_as(found.id, name="Claire Dubois", language="en")
    assert book.parties.by_id(scene.party.id).name == NAME
    assert slug(scene.deposit(key, given)) == "requirement-missing"


def test_a_member_deposits_in_the_name_of_an_organisation_with_a_pass(
    scene: Scene, site: ProfileSite
) -> None:
    people = site.office.people
    house = people.parties.add(BRUMES)
    people.parties.emails.verify(house.id, "office@acme.example", actor=ACTOR)
    people.members.set_role(house.id, scene.party.id, MemberRole.SENDER, actor=ACTOR)
    scene.show_a_code()
    made = site.office.integration.keys.create(scene.sender, KeyWish(name="desk"))
    headers = {"Authorization": f"Bearer {made.text}"}
    given = headers | {"LRE-Identification": given_to(scene, made.key.id)}
    client = site.app.test_client()
    letter = {
        "recipient": WHO,
        "subject": "Notice",
        "in_name_of": house.id,
        "documents": [{"name": "a.txt", "content": "aGVsbG8="}],
    }
    refused = client.post("/api/v1/letters", json=letter, headers=headers)
    assert refused.status_code == 403, "a key alone does not say who acts"
    told = client.post("/api/v1/letters", json=letter, headers=given)
    assert told.status_code == 201, told.text
    number = told.get_json()["number"]
    assert told.get_json()["sender"]["email"] == "office@acme.example"
    # It is the organisation's, and its member's to see; evidence says by what they acted.
    assert client.get(f"/api/v1/letters/{number}", headers=headers).status_code == 200
    mine = client.get("/api/v1/letters", headers=headers).get_json()["items"]
    theirs = client.get(f"/api/v1/letters?organisation={house.id}", headers=headers).get_json()["items"]
    assert ([each["number"] for each in mine], [each["number"] for each in theirs]) == ([], [number])
    withdrawn = client.post(f"/api/v1/letters/{number}/withdraw", headers=headers)
    assert withdrawn.status_code == 200, withdrawn.text
    site.office.run_until_idle()
    letter_id = site.office.reading.letter(number).id
    record = site.office.issuer.exhibits(letter_id)[0].exhibit.record
    assert "member:sender" in json.dumps(record)
    people.members.set_role(house.id, scene.party.id, None, actor=ACTOR)
    again = client.post("/api/v1/letters", json=letter, headers=given)
    assert (again.status_code, again.get_json()["type"]) == (404, "urn:lre-kit:problem:no-authority")
    assert client.get(f"/api/v1/letters/{number}", headers=headers).status_code == 404
    denied = client.get(f"/api/v1/letters?organisation={house.id}", headers=headers)
    assert denied.status_code == 404


@pytest.mark.parametrize("name", ["", "x", "0" * 32])
def test_nobody_deposits_in_a_name_that_is_not_theirs_to_use(
    scene: Scene, site: ProfileSite, name: str
) -> None:
    made = site.office.integration.keys.create(scene.sender, KeyWish(name="desk"))
    letter = {
        "recipient": WHO,
        "in_name_of": name,
        "documents": [{"name": "a.txt", "content": "aGVsbG8="}],
    }
    headers = {"Authorization": f"Bearer {made.text}"}
    told = site.app.test_client().post("/api/v1/letters", json=letter, headers=headers)
    assert (told.status_code, told.get_json()["type"]) == (404, "urn:lre-kit:problem:no-authority")
