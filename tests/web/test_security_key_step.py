"""Stepping up by a security key, and what happens to one that was copied; codes refused again and again."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from pypdf import PdfReader
from werkzeug.test import TestResponse

pytest.importorskip("webauthn")

from lre_kit.identifiers.means import Kind, State
from lre_kit.identifiers.order_values import OrderState
from lre_kit.identifiers.throttle import USUAL
from lre_kit.law.assurance import Level, Means
from lre_kit.parties.persons import Party
from lre_kit.testing.authenticator import SoftwareAuthenticator
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.office import throwaway_office
from lre_web.account.session import EXTENSION
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
    """F9.11."""
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
    assert "answered as if it had been copied" in told
    assert held.serial not in told
    assert "Suspended by the office" in client.get("/profile/means").text


def test_a_stranger_gets_no_question_for_a_key(site: ProfileSite, device: SoftwareAuthenticator) -> None:
    """F9.05, F9.08."""
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
    assert "Several wrong codes in a row" in told
    [held] = site.office.people.register.of(party.id)
    assert held.serial not in told


# --- a key that the office posts ----------------------------------------------------------------------


@pytest.fixture
def stocked(tmp_path: Path) -> Iterator[ProfileSite]:
    clock = MovedClock()
    settings = {"base_url": ORIGIN, "security_keys_posted": "on"}
    with throwaway_office(tmp_path / "office", clock=clock, **settings) as office:
        yield ProfileSite.of(office, clock)


def posted(site: ProfileSite, client: FlaskClient, party: Party) -> str:
    """Order a key, let its letter be made, and return the code in it."""
    site.move_in(party)
    assert "security_key" in client.get("/profile/order").text
    page = "/profile/order"
    assert send_form(client, page, page, kind="security_key", delivery="post").status_code == 303
    site.proof(party)
    site.mails()
    spool = site.office.people.ordering.spool
    letter = spool.shown(site.order_of(party).id)
    words = "\n".join(each.extract_text() for each in PdfReader(letter).pages)
    found = re.search(r"(?<![-\w])([0-9A-Z]{4}-[0-9A-Z]{4})(?![-\w])", words)
    assert found is not None, words
    return found[1]


def register(client: FlaskClient, device: SoftwareAuthenticator, code: str) -> TestResponse:
    asked = options(client, "/account/key", "/account/key/options")
    fields = {"challenge": asked["challenge"], "answer": device.create(asked["options"]), "label": "Key"}
    return send_form(client, "/account/key", "/account/key", **fields, posted_code=code)


def test_a_posted_key_is_taken_into_use_by_its_holder_with_the_code_of_its_letter(
    stocked: ProfileSite, device: SoftwareAuthenticator
) -> None:
    client, party = stocked.member()
    code = posted(stocked, client, party)
    order = stocked.order_of(party)
    orders = stocked.office.people.ordering.orders
    orders.destroy_spool(order.id, actor={"role": "operator"})
    orders.tracked(order.id, "1A00123456789", actor={"role": "operator"})
    orders.delivered(order.id, actor={"role": "operator"})
    [means] = stocked.office.people.register.of(party.id)
    assert (means.kind, means.state) == (Kind.SECURITY_KEY, State.DELIVERED)
    assert "Code of the letter" in client.get("/account/key").text
    assert register(client, device, "0000-0000").status_code == 403
    assert stocked.means(means).state is State.DELIVERED
    assert register(client, device, code.lower()).status_code == 303
    [means] = stocked.office.people.register.of(party.id)
    assert (means.state, means.level, means.label) == (State.ACTIVE, Level.SUBSTANTIAL, "Key")
    assert stocked.order_of(party).state is OrderState.ACTIVE
    assert step(client, device).status_code == 303
    assert "Code of the letter" not in client.get("/account/key").text


def test_a_key_of_ones_own_is_not_the_posted_one(stocked: ProfileSite, device: SoftwareAuthenticator) -> None:
    client, party = stocked.member()
    posted(stocked, client, party)
    assert register(client, device, "").status_code == 303
    found = {means.state: means for means in stocked.office.people.register.of(party.id)}
    assert set(found) == {State.ISSUED, State.ACTIVE}
    assert found[State.ACTIVE].level is None
    assert stocked.order_of(party).state is OrderState.DELIVERING


def test_the_code_of_another_persons_letter_opens_nothing(
    stocked: ProfileSite, device: SoftwareAuthenticator
) -> None:
    client, party = stocked.member()
    code = posted(stocked, client, party)
    other, someone = stocked.member("bob@example.org", "Bob Byron")
    assert register(other, device, code).status_code == 403
    assert stocked.office.people.register.of(someone.id) == []


def test_a_posted_key_that_was_reported_lost_is_not_taken_into_use(
    stocked: ProfileSite, device: SoftwareAuthenticator
) -> None:
    client, party = stocked.member()
    code = posted(stocked, client, party)
    [means] = stocked.office.people.register.of(party.id)
    stocked.office.people.ordering.orders.report_lost(means.id, actor={"role": "holder"})
    assert register(client, device, code).status_code == 403
    assert stocked.means(means).state is State.REVOKED


def test_codes_of_a_letter_are_not_guessed(stocked: ProfileSite, device: SoftwareAuthenticator) -> None:
    client, party = stocked.member()
    code = posted(stocked, client, party)
    found = [register(client, device, "0000-0000").status_code for _ in range(6)]
    assert found[-1] == 429
    assert register(client, device, code).status_code == 429
