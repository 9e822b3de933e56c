"""Stepping up by a security key, and what happens to one that was copied; codes refused again and again."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

pytest.importorskip("webauthn")

from lre_kit.identifiers.means import Kind, State
from lre_kit.identifiers.throttle import USUAL
from lre_kit.law.assurance import Means
from lre_kit.parties.persons import Party
from lre_kit.testing.authenticator import SoftwareAuthenticator
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.office import throwaway_office
from lre_web.account_session import EXTENSION
from lre_web.testing import send_form
from lre_web.testing_profile import ProfileSite

ORIGIN = "http://localhost"
TOKEN = re.compile(r'name="form_token" value="([^"]+)"')
CHALLENGE = re.compile(r'name="challenge" value="([^"]+)"')


@pytest.fixture
def site(tmp_path: Path) -> Iterator[ProfileSite]:
    clock = MovedClock()
    with throwaway_office(tmp_path / "office", clock=clock, base_url=ORIGIN) as office:
        yield ProfileSite.of(office, clock)


@pytest.fixture
def device() -> SoftwareAuthenticator:
    return SoftwareAuthenticator(ORIGIN)


def options(client: FlaskClient, page: str, address: str) -> dict[str, object]:
    token = TOKEN.search(client.get(page).text)
    assert token is not None
    answer = client.post(address, headers={"X-Form-Token": token[1], "Accept": "application/json"})
    assert answer.status_code == 200, answer.text
    found = answer.get_json()
    assert isinstance(found, dict)
    return found


def add(client: FlaskClient, device: SoftwareAuthenticator) -> None:
    asked = options(client, "/account/key", "/account/key/options")
    answer = device.create(asked["options"])
    sent = send_form(
        client, "/account/key", "/account/key", challenge=asked["challenge"], answer=answer, label="Key"
    )
    assert sent.status_code == 303


def step(client: FlaskClient, device: SoftwareAuthenticator) -> TestResponse:
    page = "/account/step?means=security_key&next=/profile"
    assert "/account/step/key" in client.get(page).text
    asked = options(client, page, "/account/step/key")
    return send_form(
        client,
        "/account/step",
        page,
        means="security_key",
        challenge=asked["challenge"],
        answer=device.get(asked["options"]),
        next="/profile",
    )


def test_who_is_logged_in_steps_up_by_a_security_key(
    site: ProfileSite, device: SoftwareAuthenticator
) -> None:
    client, party = site.member()
    add(client, device)
    answer = step(client, device)
    assert (answer.status_code, answer.location) == (303, "/profile")
    sessions = site.app.extensions[EXTENSION].accounts.sessions
    cookie = client.get_cookie("lre_session")
    assert cookie is not None
    found = sessions.touch(cookie.value)
    assert Means.SECURITY_KEY in {factor.means for factor in found.factors}
    [held] = site.office.people.register.of(party.id)
    assert (held.kind, held.counter > 0) == (Kind.SECURITY_KEY, True)


def test_a_copied_key_is_suspended_said_so_and_told_by_mail(
    site: ProfileSite, device: SoftwareAuthenticator
) -> None:
    client, party = site.member()
    add(client, device)
    step(client, device)
    site.mails()
    device.passkeys[0].count -= 2
    answer = step(client, device)
    assert answer.status_code == 403
    assert "There may be a copy of this security key" in answer.text
    assert "data-key" not in answer.text
    [held] = site.office.people.register.of(party.id)
    assert held.state is State.SUSPENDED
    [told] = site.mails()
    assert "a répondu comme si elle avait été copiée" in told
    assert held.serial not in told
    assert "Suspended by the office" in client.get("/profile/means").text


def test_a_stranger_gets_no_question_for_a_key(site: ProfileSite, device: SoftwareAuthenticator) -> None:
    client, _ = site.member()
    add(client, device)
    stranger = site.client()
    token = TOKEN.search(stranger.get("/account/login").text)
    assert token is not None
    answer = stranger.post("/account/step/key", headers={"X-Form-Token": token[1]})
    assert (answer.status_code, "/account/login" in answer.location) == (303, True)


def wrong_codes(client: FlaskClient, kind: str, count: int) -> list[int]:
    page, found = f"/account/step?means={kind}&next=/profile", []
    for _ in range(count):
        text = client.get(page).text
        challenge = CHALLENGE.search(text)
        sheet = re.search(r'name="sheet" value="([^"]+)"', text)
        fields = {"means": kind, "code": "0000-0000" if kind == "paper_codes" else "000000"}
        if challenge:
            fields["challenge"] = challenge[1]
        if sheet:
            fields["sheet"] = sheet[1]
        found.append(send_form(client, "/account/step", page, **fields).status_code)
    return found


def seed(site: ProfileSite, party: Party) -> None:
    people = site.office.people
    with site.office.database.write() as uow:
        made = people.one_time_passwords.make_seed(uow, party.id, actor={"role": "provider"})
        for act in ("deliver", "activate"):
            people.register.change(uow, made.identifier.id, act, actor={"role": "provider"})
        uow.commit()


@pytest.mark.parametrize("kind", ["paper_codes", "paper_seed"])
def test_the_owner_is_told_once_when_codes_are_refused_again_and_again(site: ProfileSite, kind: str) -> None:
    client, party = site.member()
    site.sheet(party) if kind == "paper_codes" else seed(site, party)
    site.mails()
    wrong_codes(client, kind, USUAL.free - 1)
    assert site.mails() == []
    wrong_codes(client, kind, 3)
    [told] = site.mails()
    assert "Plusieurs codes faux de suite" in told
    [held] = site.office.people.register.of(party.id)
    assert held.serial not in told
