"""Prepared letters in the pages: a preparer fills the deposit form, a sender signs, others see nothing."""

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from lre_kit.parties.members import MemberRole
from lre_kit.parties.persons import Party
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.office import SMALL_PDF, throwaway_office
from lre_kit.testing.parties import ACTOR, BRUMES
from lre_web.testing import send_form
from lre_web.testing_profile import ProfileSite

CONTACT = "contact@brumes.example"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[ProfileSite]:
    clock = MovedClock()
    with throwaway_office(tmp_path / "office", clock=clock, base_url="http://localhost") as office:
        yield ProfileSite.of(office, clock)


@pytest.fixture
def house(site: ProfileSite) -> Party:
    people = site.office.people
    party = people.parties.add(BRUMES)
    people.parties.emails.verify(party.id, CONTACT, actor=ACTOR)
    return party


def seated(site: ProfileSite, house: Party, name: str, role: MemberRole | None) -> FlaskClient:
    client, party = site.member(f"{name}@example.org", f"{name.title()} Roy")
    site.office.people.members.set_role(house.id, party.id, role, actor=ACTOR)
    return client


def fill(client: FlaskClient, value: str, **changes: str) -> TestResponse:
    token = re.search(r'name="form_token" value="([^"]+)"', client.get("/deposit").text)
    assert token is not None
    typed = {"name": "Jeanne Durand", "email": "jeanne@example.net", "product": "simple", "subject": "Objet"}
    files = {"documents": (BytesIO(SMALL_PDF), "a.pdf")}
    data = {"form_token": token.group(1), "for": value, **typed, **changes, **files}
    return client.post("/deposit", data=data, headers={"Origin": "http://localhost"})


def test_a_preparer_prepares_and_a_sender_signs(site: ProfileSite, house: Party) -> None:
    preparer = seated(site, house, "paul", MemberRole.PREPARER)
    sender = seated(site, house, "sacha", MemberRole.SENDER)
    form = preparer.get("/deposit").text
    assert f'value="prepare:{house.id}"' in form
    assert f'value="{house.id}"' not in form
    made = fill(preparer, f"prepare:{house.id}")
    assert made.status_code == 303, made.text
    page = made.headers["Location"]
    assert site.office.reading.all_letters() == []
    own = preparer.get(page).text
    assert "jeanne@example.net" in own
    assert "/sign" not in own
    assert "Prepared letters" in sender.get("/").text
    assert page in sender.get("/prepared").text
    assert preparer.get(f"{page}/documents/1").data == SMALL_PDF
    seen = sender.get(page)
    assert "Paul Roy" in seen.text
    signed = send_form(sender, f"{page}/sign", page)
    assert signed.status_code == 303, signed.text
    letter = site.office.reading.letter(signed.headers["Location"].rpartition("/")[2])
    assert (letter.sender.name, letter.sender.email) == (house.name, CONTACT)
    after = preparer.get(page).text
    assert "jeanne" not in after
    assert letter.number in after
    assert preparer.get(f"{page}/documents/1").status_code == 404
    again = sender.post(f"{page}/sign", headers={"Origin": "http://localhost"})
    assert again.status_code in {400, 403, 409}
    assert len(site.office.reading.all_letters()) == 1


def test_a_preparer_prepares_one_deposit_for_several_and_one_signature_sends_them(
    site: ProfileSite, house: Party
) -> None:
    preparer = seated(site, house, "paul", MemberRole.PREPARER)
    sender = seated(site, house, "sacha", MemberRole.SENDER)
    form = "/deposit/several"
    asked = {"for": f"prepare:{house.id}", "subject": "Objet", "product": "simple"}
    twice = send_form(
        preparer, form, form, **asked, recipients="a@b.example\na@b.example",
        documents=[(BytesIO(SMALL_PDF), "a.pdf")],
    )  # fmt: skip
    assert twice.status_code == 422
    made = send_form(
        preparer, form, form, **asked, recipients="Ada <ada@example.net>\nBob <bob@example.net>",
        documents=[(BytesIO(SMALL_PDF), "a.pdf")],
    )  # fmt: skip
    assert made.status_code == 303, made.text
    page = made.headers["Location"]
    assert "bob@example.net" in sender.get(page).text
    assert "2, one for each, under one signature" in sender.get(f"{page}?lang=en").text
    assert site.office.reading.all_letters() == []
    assert send_form(sender, f"{page}/sign", page).status_code == 303
    assert sorted(each.recipient_name for each in site.office.reading.all_letters()) == ["Ada", "Bob"]


def test_a_sender_sends_it_back_with_a_reason(site: ProfileSite, house: Party) -> None:
    preparer = seated(site, house, "paul", MemberRole.PREPARER)
    sender = seated(site, house, "sacha", MemberRole.SENDER)
    page = fill(preparer, f"prepare:{house.id}").headers["Location"]
    refused = send_form(sender, f"{page}/decline", page, reason=" ")
    assert refused.status_code == 422
    assert "needs a reason" in refused.text
    assert send_form(sender, f"{page}/decline", page, reason="<b>Wrong annex").status_code == 303
    told = preparer.get(page).text
    assert "&lt;b&gt;Wrong annex" in told
    assert site.office.reading.all_letters() == []


def test_its_preparer_takes_it_back(site: ProfileSite, house: Party) -> None:
    preparer = seated(site, house, "paul", MemberRole.PREPARER)
    page = fill(preparer, f"prepare:{house.id}").headers["Location"]
    assert send_form(preparer, f"{page}/withdraw", page).status_code == 303
    assert "Taken back" in preparer.get(page).text


@pytest.mark.parametrize("role", [None, MemberRole.READER])
def test_others_see_and_prepare_nothing(site: ProfileSite, house: Party, role: MemberRole | None) -> None:
    preparer = seated(site, house, "paul", MemberRole.PREPARER)
    other = seated(site, house, "remi", role)
    page = fill(preparer, f"prepare:{house.id}").headers["Location"]
    for path in (page, f"{page}/documents/1"):
        assert other.get(path).status_code == 404
    assert page not in other.get("/prepared").text
    assert fill(other, f"prepare:{house.id}").status_code == 404
    for act in ("sign", "decline", "withdraw"):
        assert send_form(other, f"{page}/{act}", "/deposit", reason="x").status_code == 404
    assert "Waits for a signature" in preparer.get(page).text


def test_a_preparer_cannot_deposit_in_its_name(site: ProfileSite, house: Party) -> None:
    preparer = seated(site, house, "paul", MemberRole.PREPARER)
    assert fill(preparer, house.id).status_code == 404
    refused = fill(preparer, f"prepare:{house.id}", email="nobody")
    assert refused.status_code == 422
    assert 'value="Jeanne Durand"' in refused.text
    assert site.office.reading.all_letters() == []
