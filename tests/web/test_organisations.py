"""Organisations in the pages: owners look after members, senders deposit, readers read, others do not."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from lre_kit.authority import NoAuthorityError
from lre_kit.letters.reading import Reading
from lre_kit.parties.mandates import Scope
from lre_kit.parties.members import MemberRole
from lre_kit.parties.persons import Party
from lre_kit.parties.sessions import IDLE
from lre_kit.parties.values import Recipient, Sender
from lre_kit.proofs.rows import EvidenceRow
from lre_kit.store.inserts import table_of
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.office import SMALL_PDF, deposit_sample, record_consent, throwaway_office
from lre_kit.testing.parties import ACTOR, BRUMES
from lre_web.testing import send_form
from lre_web.testing_profile import ProfileSite

PAGE = "/profile/organisations"
OWNER, SENDER, READER, STRANGER = (f"{name}@example.org" for name in ("olga", "sacha", "remi", "eve"))
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


def seated(site: ProfileSite, house: Party, email: str, role: MemberRole) -> tuple[FlaskClient, Party]:
    client, party = site.member(email, email.partition("@")[0].title() + " Roy")
    site.office.people.members.set_role(house.id, party.id, role, actor=ACTOR)
    return client, party


def deposit(client: FlaskClient, name_of: str) -> TestResponse:
    page = client.get("/deposit").text
    token = re.search(r'name="form_token" value="([^"]+)"', page)
    assert token is not None
    return client.post(
        "/deposit",
        data={
            "form_token": token.group(1),
            "once": token.group(1)[-40:],
            "for": name_of,
            "name": "Jeanne Durand",
            "email": "jeanne@example.net",
            "product": "simple",
            "documents": (BytesIO(SMALL_PDF), "a.pdf"),
        },
        headers={"Origin": "http://localhost"},
    )


def reading(site: ProfileSite) -> Reading:
    return site.office.reading


def test_an_owner_invites_changes_and_ends_members(site: ProfileSite, house: Party) -> None:
    owner, _ = seated(site, house, OWNER, MemberRole.OWNER)
    member, party = site.member(SENDER, "Sacha Roy")
    one = f"{PAGE}/{house.id}"
    shown = owner.get(one).text
    assert "732829320" in shown
    assert "RCS Paris" in shown
    assert "professional" in shown
    assert member.get(one).status_code == 404
    invited = send_form(owner, f"{one}/invite", one, email=SENDER, role="sender")
    assert invited.headers["Location"] == f"{one}?done=invited"
    assert any("Brumes" in text and "/profile/organisations" in text for text in site.mails())
    members = site.office.people.members
    assert not members.may(party.id, house.id, MemberRole.READER)
    found = re.search(r'name="invitation" value="(\w+)"', member.get(PAGE).text)
    assert found is not None
    stranger, _ = site.member(STRANGER, "Eve Roy")
    send_form(stranger, f"{PAGE}/take", "/profile/mandates", invitation=found.group(1))
    assert [each.person_id == party.id for each in members.members(house.id)] == [False]
    assert (
        send_form(member, f"{PAGE}/take", "/profile/mandates", invitation=found.group(1)).status_code == 303
    )
    assert members.may(party.id, house.id, MemberRole.SENDER)
    again = send_form(member, f"{PAGE}/take", "/profile/mandates", invitation=found.group(1))
    assert again.status_code == 404
    for role in ("owner", "none"):
        refused = send_form(member, f"{one}/role", one, person=party.id, role=role)
        assert (refused.status_code == 303) is (role == "none")
    assert not members.may(party.id, house.id, MemberRole.READER)
    assert member.get(one).status_code == 404


def test_the_last_owner_stays_and_only_owners_change_others(site: ProfileSite, house: Party) -> None:
    owner, olga = seated(site, house, OWNER, MemberRole.OWNER)
    reader, remi = seated(site, house, READER, MemberRole.READER)
    one = f"{PAGE}/{house.id}"
    assert send_form(owner, f"{one}/role", one, person=olga.id, role="none").status_code == 409
    assert send_form(reader, f"{one}/role", one, person=olga.id, role="none").status_code == 409
    assert send_form(reader, f"{one}/invite", one, email=STRANGER, role="owner").status_code == 404
    assert send_form(owner, f"{one}/role", one, person=remi.id, role="sender").status_code == 303
    assert site.office.people.members.may(remi.id, house.id, MemberRole.SENDER)
    assert "Remi Roy" in owner.get(one).text


def test_an_invitation_of_somebody_who_owns_no_more_gives_nothing(site: ProfileSite, house: Party) -> None:
    owner, olga = seated(site, house, OWNER, MemberRole.OWNER)
    _, other = seated(site, house, SENDER, MemberRole.OWNER)
    member, party = site.member(STRANGER, "Eve Roy")
    one, members = f"{PAGE}/{house.id}", site.office.people.members
    send_form(owner, f"{one}/invite", one, email=STRANGER, role="owner")
    members.set_role(house.id, olga.id, None, actor=ACTOR, by=other.id)
    found = re.search(r'name="invitation" value="(\w+)"', member.get(PAGE).text)
    assert found is not None
    assert (
        send_form(member, f"{PAGE}/take", "/profile/mandates", invitation=found.group(1)).status_code == 404
    )
    assert not members.may(party.id, house.id, MemberRole.READER)


def test_a_sender_deposits_in_its_name_and_stands_in_the_evidence(site: ProfileSite, house: Party) -> None:
    sender, sacha = seated(site, house, SENDER, MemberRole.SENDER)
    assert "Brumes et Fils SARL" in sender.get("/deposit").text
    made = deposit(sender, house.id)
    assert made.status_code == 303, made.text
    number = made.headers["Location"].rpartition("/")[2]
    letter = reading(site).letter(number)
    assert (letter.sender.name, letter.sender.email) == ("Brumes et Fils SARL", CONTACT)
    record = evidence(site, letter.id)
    assert record["SenderDelegateDetails"]["Identity"]["Name"] == "Sacha Roy"
    assert record["Extensions"]["Actor"]["mandate"] == "member:sender"
    assert sender.get(f"/letters/{number}").status_code == 200
    reader, _ = seated(site, house, READER, MemberRole.READER)
    assert reader.get(f"/letters/{number}").status_code == 200
    assert number in reader.get(f"/?of={house.id}").text
    stranger, _ = site.member(STRANGER, "Eve Roy")
    assert stranger.get(f"/letters/{number}").status_code == 404
    assert stranger.get(f"/letters/{number}/bundle.zip").status_code == 404
    assert stranger.get(f"/?of={house.id}").status_code == 404
    site.office.people.members.set_role(house.id, sacha.id, None, actor=ACTOR)
    # Who left sees nothing any more, not even what they deposited: it is the organisation's.
    assert sender.get(f"/letters/{number}").status_code == 404


@pytest.mark.parametrize("role", [MemberRole.READER, MemberRole.PREPARER])
def test_who_may_only_see_its_letters_changes_none_of_them(
    site: ProfileSite, house: Party, role: MemberRole
) -> None:
    sender, sacha = seated(site, house, SENDER, MemberRole.SENDER)
    place = deposit(sender, house.id).headers["Location"]
    number = place.rpartition("/")[2]
    reader, _ = seated(site, house, READER, role)
    shown = reader.get(place).text
    acts: dict[str, dict[str, str]] = {
        "address": {"email": "mine@example.net"},
        "withdraw": {},
        "readdress": {"postal": "Ailleurs"},
        "notes": {"body": "Mine."},
    }
    for act, typed in acts.items():
        assert f"{place}/{act}" not in shown
        assert send_form(reader, f"{place}/{act}", "/deposit", **typed).status_code == 404
    confirmed = send_form(reader, "/letters/acts", "/deposit", act="withdraw", number=number).text
    frozen = re.search(r'name="frozen" value="([^"]+)"', confirmed)
    if frozen is not None:
        send_form(reader, "/letters/withdraw", "/deposit", frozen=frozen.group(1))
    kept = reading(site).letter(number)
    assert (kept.recipient.email, kept.phase.value) == ("jeanne@example.net", "deposited")
    assert site.office.shelf.notes(kept.id) == ()
    # Who holds the role acts, until it ends: looked at again inside the act.
    assert f"{place}/address" in sender.get(place).text
    right = send_form(sender, f"{place}/address", "/deposit", email="right@example.net")
    assert right.status_code == 303, right.text
    assert reading(site).letter(number).recipient.email == "right@example.net"
    site.office.people.members.set_role(house.id, sacha.id, MemberRole.READER, actor=ACTOR)
    assert send_form(sender, f"{place}/withdraw", "/deposit").status_code == 404
    site.office.people.members.set_role(house.id, sacha.id, MemberRole.SENDER, actor=ACTOR)
    assert send_form(sender, f"{place}/withdraw", "/deposit").status_code == 303


def test_a_role_that_ends_under_way_refuses_the_act_on_the_letter(site: ProfileSite, house: Party) -> None:
    sender, sacha = seated(site, house, SENDER, MemberRole.SENDER)
    number = deposit(sender, house.id).headers["Location"].rpartition("/")[2]
    people, letter = site.office.people, reading(site).letter(number)
    still = people.authorities.acting_on(sacha.id, letter.sender.ref)
    people.members.set_role(house.id, sacha.id, MemberRole.READER, actor=ACTOR)
    with pytest.raises(NoAuthorityError):
        site.office.desk.withdraw(letter.id, actor=ACTOR, guard=lambda uow, _: still(uow))
    assert reading(site).letter(number).phase.value == "deposited"


def test_an_open_letter_that_asks_for_news_keeps_no_idle_session_awake(
    site: ProfileSite, house: Party
) -> None:
    """F9.13."""
    sender, _ = seated(site, house, SENDER, MemberRole.SENDER)
    place, step = deposit(sender, house.id).headers["Location"], IDLE / 2 - timedelta(seconds=1)
    for _ in range(2):
        site.clock.advance(step)
        assert sender.get(f"{place}/news").status_code == 200
    assert sender.get(place).status_code == 200, "within the time it goes on, and reading counts"
    for _ in range(3):
        site.clock.advance(step)
        answer = sender.get(f"{place}/news")
    assert answer.status_code == 401
    assert sender.get(place).status_code == 401


def test_the_last_look_shows_in_whose_name_the_letter_will_be(site: ProfileSite, house: Party) -> None:
    typed = {"name": "Jeanne Durand", "email": "jeanne@example.net"}
    sender, sacha = seated(site, house, SENDER, MemberRole.SENDER)

    def look(client: FlaskClient, **more: str) -> TestResponse:
        return send_form(client, "/deposit/look", "/deposit?lang=en", **(typed | more))

    people = site.office.people
    record_consent(site.office, Recipient(**typed), Sender(ref=sacha.id, name="Sacha Roy", email=SENDER))
    own = look(sender, product="simple").text
    assert "Sacha Roy" in own.partition("<main")[2]
    theirs = look(sender, product="simple", **{"for": house.id}).text.partition("<main")[2]
    assert house.name in theirs
    assert CONTACT in theirs
    assert "Sacha Roy" not in theirs
    # A consent to oneself is none to the organisation, and cannot be asked for here.
    qualified = look(sender, product="qualified", **{"for": house.id}).text
    assert "missing: without it" in qualified
    assert "/consents/ask" not in qualified
    preparer, _ = seated(site, house, READER, MemberRole.PREPARER)
    prepared = look(preparer, product="simple", **{"for": f"prepare:{house.id}"}).text.partition("<main")[2]
    assert CONTACT in prepared
    assert "whoever signs" in prepared
    stranger, _ = site.member(STRANGER, "Eve Roy")
    for named in (house.id, f"prepare:{house.id}"):
        refused = look(stranger, **{"for": named})
        assert (refused.status_code, "cannot act in this name" in refused.text) == (404, True)
    people.members.set_role(house.id, sacha.id, MemberRole.READER, actor=ACTOR)
    assert look(sender, **{"for": house.id}).status_code == 404


def evidence(site: ProfileSite, letter_id: str) -> Any:
    table = table_of(EvidenceRow)
    with site.office.database.read() as connection:
        found = connection.execute(select(table.c.record).where(table.c.letter_id == letter_id)).scalars()
        return json.loads(next(iter(found)))


@pytest.mark.parametrize("role", [None, MemberRole.READER])
def test_no_path_lets_who_is_no_sender_act_in_its_name(
    site: ProfileSite, house: Party, role: MemberRole | None
) -> None:
    client, party = site.member(READER, "Remi Roy")
    site.office.people.members.set_role(house.id, party.id, role, actor=ACTOR)
    assert "Brumes" not in client.get("/deposit").text
    for named in (house.id, "f" * 32, "nobody"):
        refused = deposit(client, named)
        assert refused.status_code == 404
        assert "cannot act in this name" in refused.text
    assert reading(site).all_letters() == []


def test_a_role_that_ends_while_the_letter_is_on_its_way_in_refuses_it(
    site: ProfileSite, house: Party
) -> None:
    _, sacha = seated(site, house, SENDER, MemberRole.SENDER)
    people = site.office.people
    check = people.authorities.still_sends(sacha.id, house.id)
    deposit_sample(site.office, authority=check)
    people.members.set_role(house.id, sacha.id, MemberRole.READER, actor=ACTOR)
    with pytest.raises(NoAuthorityError):
        deposit_sample(site.office, authority=check)
    assert len(reading(site).all_letters()) == 1


def test_a_mandate_to_send_lets_a_delegate_deposit_and_see_that_letter_only(site: ProfileSite) -> None:
    grantor, party = site.member(OWNER, "Olga Roy")
    delegate, sacha = site.member(SENDER, "Sacha Roy")
    own = deposit(grantor, "").headers["Location"]
    today = site.clock().date()
    mandate = site.office.people.mandates.grant(
        grantor_id=party.id, delegate_id=sacha.id, scope={Scope.SEND}, valid_from=today,
        valid_until=None, reference="Acte 12", actor=ACTOR,
    )  # fmt: skip
    made = deposit(delegate, party.id).headers["Location"]
    letter = reading(site).letter(made.rpartition("/")[2])
    assert (letter.sender.name, letter.sender.email) == ("Olga Roy", OWNER)
    record = evidence(site, letter.id)
    assert record["SenderDelegateDetails"]["Identity"]["Name"] == "Sacha Roy"
    assert record["Extensions"]["Actor"]["mandate"] == "Acte 12"
    assert [client.get(made).status_code for client in (grantor, delegate)] == [200, 200]
    assert delegate.get(own).status_code == 404
    site.office.people.mandates.revoke(mandate.id, actor=ACTOR, reason="over")
    assert delegate.get(made).status_code == 404
    assert deposit(delegate, party.id).status_code == 404


@pytest.mark.parametrize(
    ("written", "role", "decides"),
    [
        ("Brumes et Fils SARL", MemberRole.SENDER, True),
        ("BRUMES ET FILS", MemberRole.OWNER, True),
        ("Brumes et Fils SARL", MemberRole.READER, False),
        ("Brumes et Fils SARL", None, False),
        ("Jean Dupont", MemberRole.OWNER, False),
        ("Brumes", MemberRole.OWNER, False),
    ],
)
def test_a_letter_to_an_organisation_is_received_by_a_member_with_the_role(
    site: ProfileSite, house: Party, written: str, role: MemberRole | None, decides: bool
) -> None:
    people = site.office.people
    letter = deposit_sample(site.office, recipient=Recipient(name=written, email=CONTACT))
    _, party = site.member(SENDER, "Sacha Roy")
    people.members.set_role(house.id, party.id, role, actor=ACTOR)
    found = people.addressed.acting(party.id, letter.id)
    assert (found is not None) is decides
    if found is not None:
        assert (found.delegate, found.mandate) == ("Sacha Roy", f"member:{role}")
    may_read = people.addressed.acting(party.id, letter.id, role=MemberRole.READER)
    assert (may_read is not None) is (role is not None and written.lower().startswith("brumes et fils"))
