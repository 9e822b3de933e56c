"""A qualified letter in the browser: from a sender who is known to a recipient who shows who they are."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from lre_kit.clock import iso
from lre_kit.identifiers.means import Kind
from lre_kit.law.assurance import Level
from lre_kit.law.events import ErdsEvent, Reason
from lre_kit.letters.phases import Phase
from lre_kit.letters.values import Letter
from lre_kit.office import PostOffice
from lre_kit.parties.mandates import Scope
from lre_kit.parties.members import MemberRole
from lre_kit.parties.persons import Party
from lre_kit.parties.proofing import DeclaredIdentity, Part, TitleKind, Verdict
from lre_kit.parties.proofing_review import CHECKLIST
from lre_kit.parties.values import Recipient
from lre_kit.proofs.verifying.anchors import Anchors
from lre_kit.proofs.verifying.verify import verify_path
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.courier import MemoryCourier
from lre_kit.testing.identity import card_lines, film, title_picture
from lre_kit.testing.office import deposit_sample, throwaway_office
from lre_kit.testing.parties import BRUMES
from lre_web.frame.people import HELD_COOKIE
from lre_web.standalone import create_app
from lre_web.testing import send_form

JEANNE = Recipient(name="Jeanne Durand", email="jeanne@example.net")
PASSWORD = "quatre poules bleues"
LINK = re.compile(r"https?://[^/\s]+(/account/\S+)")
CODE = re.compile(r"^[0-9A-Z]{4}-[0-9A-Z]{4}\s*$", re.MULTILINE)


class Site:
    """The standalone application with accounts, a letter on its way, and its recipient's browser."""

    def __init__(self, office: PostOffice, clock: MovedClock) -> None:
        self.office, self.clock = office, clock
        self.app = create_app(office)
        self.letter = deposit_sample(office, product="qualified", recipient=JEANNE)
        office.run_until_idle()

    def client(self) -> FlaskClient:
        client = self.app.test_client()
        client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
        return client

    @property
    def mail(self) -> MemoryCourier:
        assert isinstance(self.office.courier, MemoryCourier)
        return self.office.courier

    def follow(self, client: FlaskClient, *, code: bool = True) -> None:
        client.get(f"/r/{self.office.links.token(self.letter.id)}")
        if code:
            send_form(client, "/r/code", "/r")
            found = CODE.search(self.mail.text_of())
            assert found is not None
            send_form(client, "/r/identify", "/r", code=found.group().strip())
            assert client.get("/r").status_code == 200

    def account(self, client: FlaskClient, email: str = JEANNE.email, name: str = JEANNE.name) -> Party:
        send_form(client, "/account/register", "/account/register", name=name, email=email, password=PASSWORD)
        link = LINK.search(self.mail.text_of())
        assert link is not None
        assert send_form(client, link.group(1), link.group(1), password=PASSWORD).status_code == 303
        party = self.office.people.parties.reader_of(email)
        assert party is not None
        return party

    def submit_case(self, party: Party, purpose: str) -> str:
        desk = self.office.people.identity
        case = desk.open_case(
            party_id=party.id, purpose=purpose, language="fr", consent_wording="J'accepte.",
            declared=DeclaredIdentity(given_names="Jeanne", family_name="Durand"),
        )  # fmt: skip
        mine = {"party_id": party.id}
        desk.choose_title(case.id, TitleKind.IDENTITY_CARD, **mine)
        for number, part in enumerate((Part.DOCUMENT_FRONT, Part.DOCUMENT_BACK)):
            desk.add_picture(case.id, part, title_picture(size=(700, 620), seed=number), **mine)
        desk.add_picture(case.id, Part.FACE_VIDEO, film(), **mine)
        desk.type_mrz(case.id, card_lines(), party_id=party.id)
        desk.submit(case.id, party_id=party.id)
        return case.id

    def hold(self, client: FlaskClient, case_id: str) -> None:
        """Let a browser be the one that the case was made in."""
        signer = self.office.links.signer("identity-held")
        client.set_cookie(f"__Host-{HELD_COOKIE}", str(signer.dumps([[case_id, iso(self.clock())]])))

    def decide(self, case_id: str, verdict: Verdict = Verdict.APPROVE) -> None:
        reviews = self.office.people.reviews
        reviews.claim(case_id, "operator")
        reviews.decide(case_id, "operator", verdict, reason="clear", checks=dict.fromkeys(CHECKLIST, True))
        self.office.run_until_idle()

    def now(self) -> Letter:
        return self.office.reading.by_id(self.letter.id)

    def handover(self) -> dict[str, object]:
        """The record of the hand-over."""
        self.office.run_until_idle()
        named = self.office.issuer.exhibits(self.letter.id)
        return next(each.exhibit.record for each in named if each.event.value == "ContentHandover")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    clock = MovedClock()
    with throwaway_office(tmp_path / "office", clock=clock, identity_allow_specimens=True) as office:
        yield Site(office, clock)


def test_a_code_by_email_is_not_enough_and_the_page_says_what_is(site: Site) -> None:
    client = site.client()
    site.follow(client)
    page = client.get("/r").text
    assert "Your identity has not been verified yet" in page
    assert "Remote identification" in page
    assert "Accept" not in re.sub(r"<head>.*?</head>", "", page, flags=re.DOTALL).replace("Acceptance", "")
    for act in ("accept", "refuse"):
        assert send_form(client, f"/r/{act}", "/r", confirmation="REFUSE").status_code == 403
    assert site.now().phase is Phase.NOTIFIED
    french = client.get("/r?lang=fr").text
    assert "Votre identité n&#39;a pas encore été vérifiée" in french


def test_a_recipient_who_is_identified_from_afar_accepts_meanwhile_and_reads_after_the_verdict(
    site: Site, tmp_path: Path
) -> None:
    """F16.03, F16.06: the page of the wait tells dates, and what they mean for the letter."""
    client = site.client()
    site.follow(client)
    party = site.office.people.parties.reader_of(JEANNE.email)
    assert party is not None
    case = site.submit_case(party, f"recipient:{site.letter.id}")
    site.hold(client, case)
    assert "being checked" in client.get("/r").text
    waiting = client.get(f"/identity/{case}?lang=en").text
    assert "Answer promised by" in waiting
    assert "can be accepted or refused until" in waiting
    assert send_form(client, "/r/accept", "/r").status_code == 303
    assert "You accepted the letter in time" in client.get(f"/identity/{case}").text
    accepted = site.now()
    assert accepted.phase is Phase.ACCEPTED_PENDING_IDENTIFICATION
    assert "content is handed over as soon as it is confirmed" in client.get("/r").text
    assert client.get("/r/letter").status_code == 403
    assert client.get("/r/documents/1").status_code == 403
    site.clock.advance(timedelta(minutes=3))
    site.decide(case)
    assert "Votre identité est vérifiée" in site.mail.text_of()
    assert "Hélène" not in site.mail.text_of(), "the sender stays out of it"
    received = site.now()
    assert (received.phase, received.decided_at) == (Phase.RECEIVED, accepted.decided_at)
    assert client.get("/r/letter").status_code == 200
    record = site.handover()
    details = record["RecipientDetails"][0]["AssuranceLevelsDetails"]  # type: ignore[index]
    assert details["GlobalAssuranceLevel"] == {"URI": Level.SUBSTANTIAL.uri}
    assert details["AuthenticationDetails"]["AuthenticationMethod"] == "remote visual identification"
    assert record["Extensions"]["Actor"]["proofing"]  # type: ignore[index]
    assert "F7H64P3R9" not in json.dumps(record), "no document number"
    site.office.issuer.export(site.letter.id, tmp_path / "out")
    site.office.keys.write_trust(tmp_path / "trust")
    assert verify_path(tmp_path / "out" / "bundle", Anchors.load(tmp_path / "trust")).exit_code == 0


def test_a_refused_identity_leaves_the_content_closed(site: Site) -> None:
    client = site.client()
    site.follow(client)
    party = site.office.people.parties.reader_of(JEANNE.email)
    assert party is not None
    case = site.submit_case(party, f"recipient:{site.letter.id}")
    site.hold(client, case)
    send_form(client, "/r/accept", "/r")
    site.decide(case, Verdict.REFUSE)
    assert site.now().phase is Phase.ACCEPTED_PENDING_IDENTIFICATION
    assert client.get("/r/letter").status_code == 403


def waiting(site: Site, client: FlaskClient) -> str:
    """Accept by who waits for a verdict; return the case."""
    site.follow(client)
    party = site.office.people.parties.reader_of(JEANNE.email)
    assert party is not None
    case = site.submit_case(party, f"recipient:{site.letter.id}")
    site.hold(client, case)
    send_form(client, "/r/accept", "/r")
    assert site.now().phase is Phase.ACCEPTED_PENDING_IDENTIFICATION
    return case


def test_an_acceptance_without_identification_ends_with_a_proof_of_its_own(site: Site) -> None:
    """F16.03."""
    client = site.client()
    case = waiting(site, client)
    assert "If it is not confirmed before" in client.get("/r").text
    site.decide(case, Verdict.REFUSE)
    site.clock.advance(timedelta(days=15))
    site.office.run_until_idle()
    assert site.now().phase is Phase.ACCEPTED_PENDING_IDENTIFICATION
    site.clock.advance(timedelta(days=1, hours=1))
    site.office.run_until_idle()
    assert site.now().phase is Phase.NOT_IDENTIFIED
    assert "your identity was not confirmed in time" in client.get("/r").text
    assert client.get("/r/letter").status_code == 403
    [last] = site.office.reading.timeline(site.letter.id)[-1:]
    assert last.name is ErdsEvent.CONTENT_CONSIGNMENT_FAILURE
    assert last.reasons == (Reason.RECIPIENT_NOT_IDENTIFIED,)
    assert site.office.issuer.make(site.letter.id, "not_identified").startswith(b"%PDF")


def test_a_verdict_that_comes_too_late_hands_nothing_over(site: Site) -> None:
    """F16.03."""
    case = waiting(site, site.client())
    site.clock.advance(timedelta(days=17))
    site.decide(case)
    assert site.now().phase is Phase.NOT_IDENTIFIED


def test_who_waits_for_a_verdict_may_receive_by_another_means(site: Site) -> None:
    client = site.client()
    party = site.account(client)
    site.decide(site.submit_case(party, "sender"))
    people = site.office.people
    people.parties.correct(
        party.id, actor={"role": "operator"}, reason="proofed", given_names="Jeanne",
        family_name="Durand", usage_name="",
    )  # fmt: skip
    sheet = people.paper_codes.make_sheet(None, party.id, actor={"role": "provider"}, level=Level.SUBSTANTIAL)
    with site.office.database.write() as uow:
        people.register.change(uow, sheet.identifier.id, "deliver", actor={"role": "provider"})
        uow.commit()
    site.decide(waiting(site, client), Verdict.REFUSE)
    step = "/account/step?means=paper_codes&next=/r"
    asked = client.get(step).text
    challenge = re.search(r'name="challenge" value="(\w+)"', asked)[1]  # type: ignore[index]
    number = int(re.search(r"Paper code no\. (\d+)", asked)[1])  # type: ignore[index]
    right = {"means": "paper_codes", "challenge": challenge, "code": sheet.codes[number - 1], "next": "/r"}
    assert send_form(client, "/account/step", step, **right).status_code == 303
    assert site.now().phase is Phase.ACCEPTED_PENDING_IDENTIFICATION, "showing is not receiving"
    assert "Receive the content" in client.get("/r").text
    assert send_form(client, "/r/accept", "/r").headers["Location"].endswith("/r/letter")
    assert site.now().phase is Phase.RECEIVED


def test_a_person_with_an_account_and_paper_codes_decides_at_once(site: Site) -> None:
    client = site.client()
    party = site.account(client)
    site.decide(site.submit_case(party, "sender"))
    people = site.office.people
    sheet = people.paper_codes.make_sheet(None, party.id, actor={"role": "provider"}, level=Level.SUBSTANTIAL)
    with site.office.database.write() as uow:
        people.register.change(uow, sheet.identifier.id, "deliver", actor={"role": "provider"})
        uow.commit()
    people.parties.correct(
        party.id, actor={"role": "operator"}, reason="proofed", given_names="Jeanne",
        family_name="Durand", usage_name="",
    )  # fmt: skip
    site.follow(client)
    page = client.get("/r").text
    assert "Paper codes" in page
    step = "/account/step?means=paper_codes&next=/r"
    asked = client.get(step).text
    number = int(re.search(r"Paper code no\. (\d+)", asked)[1])  # type: ignore[index]
    assert site.letter.number in asked, "the page says what the code is for"
    challenge = re.search(r'name="challenge" value="(\w+)"', asked)[1]  # type: ignore[index]
    wrong = send_form(
        client, "/account/step", step, means="paper_codes", challenge=challenge, code="0000-0000", next="/r"
    )
    assert f"Paper code no. {number}" in wrong.text, "the same number again"
    challenge = re.search(r'name="challenge" value="(\w+)"', wrong.text)[1]  # type: ignore[index]
    right = {"means": "paper_codes", "challenge": challenge, "code": sheet.codes[number - 1], "next": "/r"}
    assert send_form(client, "/account/step", step, **right).status_code == 303
    assert people.register.by_id(sheet.identifier.id).state == "active"
    assert send_form(client, "/r/accept", "/r").status_code == 303
    assert site.now().phase is Phase.RECEIVED
    details = site.handover()["RecipientDetails"][0]["AssuranceLevelsDetails"]  # type: ignore[index]
    assert details["AuthenticationDetails"]["AuthenticationMethod"] == "e-mail code + password + paper codes"


def test_a_means_that_is_revoked_between_showing_and_deciding_counts_no_more(site: Site) -> None:
    """F9.07, F9.13."""
    client = site.client()
    party = site.account(client)
    site.decide(site.submit_case(party, "sender"))
    people = site.office.people
    sheet = people.paper_codes.make_sheet(None, party.id, actor={}, level=Level.SUBSTANTIAL)
    site.follow(client)
    step = "/account/step?means=paper_codes&next=/r"
    asked = client.get(step).text
    challenge = re.search(r'name="challenge" value="(\w+)"', asked)[1]  # type: ignore[index]
    number = int(re.search(r"Paper code no\. (\d+)", asked)[1])  # type: ignore[index]
    send_form(
        client, "/account/step", step, means="paper_codes", challenge=challenge, code=sheet.codes[number - 1]
    )
    assert people.register.by_id(sheet.identifier.id).kind is Kind.PAPER_CODES
    with site.office.database.write() as uow:
        people.register.change(uow, sheet.identifier.id, "revoke", actor={}, reason="lost")
        uow.commit()
    assert send_form(client, "/r/accept", "/r").status_code == 403
    assert site.now().phase is Phase.NOTIFIED


def test_somebody_elses_account_decides_nothing_without_a_mandate(site: Site) -> None:
    client = site.client()
    site.account(client, "eve@example.net", "Eve Martin")
    site.follow(client, code=False)
    assert "Send me a code" in client.get("/r").text
    assert send_form(client, "/r/accept", "/r").status_code == 403


def test_a_delegate_with_a_mandate_receives_and_stands_in_the_evidence(site: Site) -> None:
    client, people = site.client(), site.office.people
    delegate = site.account(client, "eve@example.net", "Eve Martin")
    site.decide(site.submit_case(delegate, "sender"))
    recipient = people.parties.for_recipient(email=JEANNE.email, name=JEANNE.name)
    sheet = people.paper_codes.make_sheet(None, delegate.id, actor={}, level=Level.SUBSTANTIAL)
    today = site.clock().date()
    mandate = people.mandates.grant(
        grantor_id=recipient.id, delegate_id=delegate.id, scope={Scope.RECEIVE}, actor={},
        valid_from=today, valid_until=today + timedelta(days=9), reference="Acte 12",
    )  # fmt: skip
    site.follow(client, code=False)
    step = "/account/step?means=paper_codes&next=/r"
    asked = client.get(step).text
    challenge = re.search(r'name="challenge" value="(\w+)"', asked)[1]  # type: ignore[index]
    number = int(re.search(r"Paper code no\. (\d+)", asked)[1])  # type: ignore[index]
    fields = {"means": "paper_codes", "challenge": challenge, "code": sheet.codes[number - 1]}
    send_form(client, "/account/step", step, **fields)
    assert send_form(client, "/r/accept", "/r").status_code == 303
    record = site.handover()
    assert record["RecipientsDelegateDetails"] == [
        {"Identity": {"Name": "Eve Martin"}, "DelegatingRecipients": [1]}
    ]
    assert record["Extensions"]["Actor"]["mandate"] == "Acte 12"  # type: ignore[index]
    people.mandates.revoke(mandate.id, actor={}, reason="over")
    assert client.get("/r/letter").status_code == 403


@pytest.mark.parametrize("role", [MemberRole.SENDER, MemberRole.READER])
def test_a_member_receives_for_an_organisation_if_the_role_suffices(site: Site, role: MemberRole) -> None:
    client, people = site.client(), site.office.people
    house = people.parties.add(BRUMES)
    people.parties.emails.verify(house.id, "contact@brumes.example", actor={"role": "operator"})
    site.letter = deposit_sample(
        site.office,
        product="qualified",
        recipient=Recipient(name="Brumes et Fils", email="contact@brumes.example"),
    )
    site.office.run_until_idle()
    member = site.account(client, "sacha@example.org", "Sacha Roy")
    site.decide(site.submit_case(member, "sender"))
    people.members.set_role(house.id, member.id, role, actor={"role": "operator"})
    sheet = people.paper_codes.make_sheet(None, member.id, actor={}, level=Level.SUBSTANTIAL)
    site.follow(client, code=False)
    assert site.letter.sender.name not in client.get("/r").text
    step = "/account/step?means=paper_codes&next=/r"
    asked = client.get(step).text
    challenge = re.search(r'name="challenge" value="(\w+)"', asked)[1]  # type: ignore[index]
    number = int(re.search(r"Paper code no\. (\d+)", asked)[1])  # type: ignore[index]
    fields = {"means": "paper_codes", "challenge": challenge, "code": sheet.codes[number - 1]}
    send_form(client, "/account/step", step, **fields)
    answer = send_form(client, "/r/accept", "/r")
    if role is MemberRole.READER:
        assert answer.status_code == 403
        assert site.now().phase is Phase.NOTIFIED
        return
    assert answer.status_code == 303
    record = site.handover()
    assert record["RecipientsDelegateDetails"] == [
        {"Identity": {"Name": "Sacha Roy"}, "DelegatingRecipients": [1]}
    ]
    assert record["Extensions"]["Actor"]["mandate"] == "member:sender"  # type: ignore[index]
    assert site.letter.sender.name in client.get("/r/letter").text


def test_a_sender_who_is_not_identified_is_told_what_is_missing(site: Site) -> None:
    from io import BytesIO

    client = site.client()
    site.account(client, "paul@example.net", "Paul Petit")
    fields = {
        "product": "qualified", "name": "X Y", "email": "x@example.net",
        "documents": (BytesIO(b"%PDF-1.7\n%%EOF\n"), "a.pdf"),
    }  # fmt: skip
    answer = send_form(client, "/deposit", "/deposit", **fields)
    assert answer.status_code == 403
    assert "Your identity has not been verified yet" in answer.text
    assert 'value="qualified" checked' in answer.text


def test_a_person_who_bears_another_name_receives_once_an_operator_stated_that_it_is_they(site: Site) -> None:
    """F9.15."""
    people, letter = site.office.people, site.letter
    other = deposit_sample(
        site.office, product="qualified", recipient=Recipient(name="Sophie Martin", email=JEANNE.email)
    )
    site.office.run_until_idle()
    party = people.parties.for_recipient(email=JEANNE.email, name=JEANNE.name)
    for stated in (False, True):
        case = site.submit_case(party, f"recipient:{other.id}")
        checks = dict.fromkeys(CHECKLIST, True) | {"addressee": stated}
        people.reviews.claim(case, "operator")
        people.reviews.decide(case, "operator", Verdict.APPROVE, reason="seen", checks=checks)
        found = people.addressed.visual_factor(party.id, other.id, held=(case,))
        assert (found is not None) is stated
        assert people.addressed.visual_factor(party.id, letter.id, held=(case,)) is None
