"""The profile's public pages: anybody blocks a means by its serial; accepted issuers are listed."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from lre_kit.carriers.mail import MailAnswer, MailOutcome
from lre_kit.identifiers.means import State
from lre_kit.identifiers.throttle import network_key
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.office import throwaway_office
from lre_kit.testing.person_authority import PersonAuthority
from lre_web.testing import send_form
from lre_web.testing_profile import ProfileSite

PATH = "/profile/lost"
NETWORK = "203.0.113.7"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[ProfileSite]:
    clock = MovedClock()
    with throwaway_office(tmp_path / "office", clock=clock, base_url="http://localhost") as office:
        yield ProfileSite.of(office, clock)


def stranger(site: ProfileSite) -> FlaskClient:
    client = site.client()
    client.environ_base["REMOTE_ADDR"] = NETWORK
    return client


def test_anybody_suspends_a_means_by_its_serial_and_its_holder_is_told_once(site: ProfileSite) -> None:
    mine, party = site.member()
    sheet = site.sheet(party)
    client = stranger(site)
    assert client.get(PATH, query_string={"serial": sheet.serial}).status_code == 200
    assert site.means(sheet).state is State.ACTIVE
    for typed in (sheet.serial, sheet.serial.lower().replace("-", " ")):
        assert send_form(client, PATH, PATH, serial=typed).headers["Location"] == f"{PATH}?done=reported"
        assert site.means(sheet).state is State.SUSPENDED
    [told] = site.mails()
    assert "is suspended" in told
    assert sheet.serial not in told
    history = site.office.people.register.history(sheet.id)
    assert history[-1].actor == {"role": "reporter"}
    assert send_form(mine, f"/profile/means/{sheet.id}/resume", "/profile/means").status_code == 303
    assert site.means(sheet).state is State.ACTIVE


def test_the_answer_is_the_same_whatever_the_serial_is(site: ProfileSite) -> None:
    _, party = site.member()
    revoked, unused = site.sheet(party), site.sheet(party, state=State.DELIVERED)
    with site.office.database.write() as uow:
        site.office.people.register.change(uow, revoked.id, "revoke", actor={"role": "holder"})
        uow.commit()
    serials = (site.sheet(party).serial, revoked.serial, unused.serial, "7K3M-9QXA-2PVD")
    client = stranger(site)
    answers = [send_form(client, PATH, PATH, serial=serial) for serial in serials]
    assert len({(each.status_code, each.text, each.headers["Location"]) for each in answers}) == 1
    network = site.office.people.throttle.failures(network_key(NETWORK))
    assert network == len(serials)


def test_a_means_that_was_never_used_is_suspended_and_brought_back_unused(site: ProfileSite) -> None:
    holder, party = site.member()
    sheet = site.sheet(party, state=State.DELIVERED)
    client = stranger(site)
    for _ in range(3):
        send_form(client, PATH, PATH, serial=sheet.serial)
    assert site.means(sheet).state is State.SUSPENDED
    [told] = site.mails()
    assert "is suspended" in told
    send_form(holder, f"/profile/means/{sheet.id}/resume", "/profile/means")
    assert site.means(sheet).state is State.DELIVERED


@pytest.mark.parametrize("typed", ["", "7K3M", "é" * 12, "7K3M-9QXA-2PVD-0000", "0" * 70])
def test_what_is_no_serial_is_said_so_and_counted_nowhere(site: ProfileSite, typed: str) -> None:
    answer = send_form(stranger(site), PATH, PATH, serial=typed)
    assert answer.status_code == 422
    assert "not a serial number" in answer.text
    assert site.office.people.throttle.failures(network_key(NETWORK)) == 0


def test_a_network_that_asks_too_often_waits_and_then_changes_nothing(site: ProfileSite) -> None:
    _, party = site.member()
    sheet = site.sheet(party)
    client = stranger(site)
    for _ in range(31):
        answer = send_form(client, PATH, PATH, serial="7K3M-9QXA-2PVD")
    assert answer.status_code == 429
    assert send_form(client, PATH, PATH, serial=sheet.serial).status_code == 429
    assert site.means(sheet).state is State.ACTIVE
    site.clock.advance(timedelta(hours=2))
    assert send_form(client, PATH, PATH, serial=sheet.serial).status_code == 303
    assert site.means(sheet).state is State.SUSPENDED


def test_accepted_issuers_are_public_where_there_are_some(site: ProfileSite, tmp_path: Path) -> None:
    assert site.client().get("/profile/issuers").status_code == 404
    clock = MovedClock()
    authority = PersonAuthority(tmp_path / "issuers", clock())
    with throwaway_office(tmp_path / "other", clock=clock, certificate_issuers=authority.folder) as office:
        client = ProfileSite.of(office, clock).client()
        page = client.get("/profile/issuers").text
        assert "Example CA" in page
        assert "substantial" in page
        assert 'href="https://ca.example/"' in page
        assert "AC Exemple" in client.get("/profile/issuers?lang=fr").text


def test_a_message_that_cannot_leave_is_sent_later(site: ProfileSite) -> None:
    _, party = site.member()
    sheet = site.sheet(party)
    site.courier.answers.append(MailAnswer(MailOutcome.UNKNOWN, code=None))
    send_form(stranger(site), PATH, PATH, serial=sheet.serial)
    assert site.mails() == []
    assert site.means(sheet).state is State.SUSPENDED
    site.clock.advance(timedelta(hours=1))
    [_] = site.mails()
    assert site.courier.messages[-1]["Auto-Submitted"] == "auto-generated"
