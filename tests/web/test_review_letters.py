"""Qualified letters under attack: by who reads the mailbox, by other people's cases, by older proofings."""

import hmac
import re
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from lre_kit.clock import iso
from lre_kit.law.assurance import Level
from lre_kit.law.proofing_methods import ProofingMethod
from lre_kit.letters.phases import Phase
from lre_kit.letters.values import Letter
from lre_kit.office import PostOffice
from lre_kit.parties.mandates import Scope
from lre_kit.parties.persons import Party
from lre_kit.parties.proofing import DeclaredIdentity, Part, TitleKind, Verdict
from lre_kit.parties.proofing_review import CHECKLIST
from lre_kit.parties.proofing_rows import IdentityProofingRow
from lre_kit.parties.values import Recipient
from lre_kit.store.inserts import table_of
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.courier import MemoryCourier
from lre_kit.testing.identity import card_lines, film, title_picture
from lre_kit.testing.office import SENDER, deposit_sample, throwaway_office
from lre_web.frame.people import HELD_COOKIE
from lre_web.standalone import create_app
from lre_web.testing import send_form

JEANNE = Recipient(name="Jeanne Durand", email="jeanne@example.net")
PASSWORD = "quatre poules bleues"
LINK = re.compile(r"https?://[^/\s]+(/account/\S+)")
CODE = re.compile(r"^[0-9A-Z]{4}-[0-9A-Z]{4}\s*$", re.MULTILINE)
WAY = re.compile(r'href="(/identity\?for=[^"]+)"')
AGREED = re.compile(r'name="agreed" value="([^"]+)"')
PURPOSE = re.compile(r'name="for" value="([^"]+)"')
WHO = {"given_names": "Jeanne", "family_name": "Durand", "birth_date": "1980-05-17"}


class Scene:
    """The standalone application, a qualified letter to Jeanne, and whoever comes to it."""

    def __init__(self, office: PostOffice, clock: MovedClock) -> None:
        self.office, self.clock, self.app = office, clock, create_app(office)
        self.letter = deposit_sample(office, product="qualified", recipient=JEANNE)
        office.run_until_idle()

    def client(self) -> FlaskClient:
        client = self.app.test_client()
        client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
        return client

    def mail(self) -> str:
        assert isinstance(self.office.courier, MemoryCourier)
        return self.office.courier.text_of()

    def reader(self, client: FlaskClient | None = None, *, code: bool = True) -> FlaskClient:
        """Return the browser of somebody who reads Jeanne's mailbox."""
        client = client or self.client()
        client.get(f"/r/{self.office.links.token(self.letter.id)}")
        if code:
            send_form(client, "/r/code", "/r")
            found = CODE.search(self.mail())
            assert found is not None
            send_form(client, "/r/identify", "/r", code=found.group().strip())
        return client

    def account(self, client: FlaskClient, email: str, name: str) -> Party:
        send_form(client, "/account/register", "/account/register", name=name, email=email, password=PASSWORD)
        link = LINK.search(self.mail())
        assert link is not None
        assert send_form(client, link.group(1), link.group(1), password=PASSWORD).status_code == 303
        party = self.office.people.parties.reader_of(email)
        assert party is not None
        return party

    def jeanne(self) -> Party:
        return self.office.people.parties.for_recipient(email=JEANNE.email, name=JEANNE.name)

    def case(self, party: Party, purpose: str, name: tuple[str, str] = ("Jeanne", "Durand")) -> str:
        desk = self.office.people.identity
        case = desk.open_case(
            party_id=party.id, purpose=purpose, language="en", consent_wording="I agree.",
            declared=DeclaredIdentity(given_names=name[0], family_name=name[1]),
        )  # fmt: skip
        mine = {"party_id": party.id}
        desk.choose_title(case.id, TitleKind.IDENTITY_CARD, **mine)
        for number, part in enumerate((Part.DOCUMENT_FRONT, Part.DOCUMENT_BACK)):
            desk.add_picture(case.id, part, title_picture(size=(700, 620), seed=number), **mine)
        desk.add_picture(case.id, Part.FACE_VIDEO, film(), **mine)
        desk.type_mrz(case.id, card_lines(), party_id=party.id)
        desk.submit(case.id, party_id=party.id)
        return case.id

    def own_case(self, party: Party | None = None, name: tuple[str, str] = ("Jeanne", "Durand")) -> str:
        return self.case(party or self.jeanne(), f"recipient:{self.letter.id}", name)

    def hold(self, client: FlaskClient, case_id: str) -> None:
        signer = self.office.links.signer("identity-held")
        client.set_cookie(f"__Host-{HELD_COOKIE}", str(signer.dumps([[case_id, iso(self.clock())]])))

    def decide(self, case_id: str, verdict: Verdict = Verdict.APPROVE) -> None:
        reviews = self.office.people.reviews
        reviews.claim(case_id, "operator")
        reviews.decide(case_id, "operator", verdict, reason="clear", checks=dict.fromkeys(CHECKLIST, True))
        self.office.run_until_idle()

    def paper(self, client: FlaskClient, party: Party) -> None:
        """Let somebody who is logged in show a paper code."""
        sheet = self.office.people.paper_codes.make_sheet(None, party.id, actor={}, level=Level.SUBSTANTIAL)
        step = "/account/step?means=paper_codes&next=/r"
        asked = client.get(step).text
        challenge = re.search(r'name="challenge" value="(\w+)"', asked)[1]  # type: ignore[index]
        number = int(re.search(r"Paper code no\. (\d+)", asked)[1])  # type: ignore[index]
        sent = {"means": "paper_codes", "challenge": challenge, "code": sheet.codes[number - 1]}
        assert send_form(client, "/account/step", step, **sent).status_code == 303

    def now(self) -> Letter:
        return self.office.reading.by_id(self.letter.id)

    def discloses(self, client: FlaskClient) -> bool:
        """Tell whether any page shows the content or the sender."""
        pages = ("/r", "/r/letter", "/r/documents/1", "/r/proofs/receipt.pdf")
        answers = [client.get(page) for page in pages]
        shown = any(answer.status_code == 200 for answer in answers[1:])
        return shown or SENDER.name in answers[0].text or self.letter.subject in answers[0].text


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    clock = MovedClock()
    with throwaway_office(tmp_path / "office", clock=clock, identity_allow_specimens=True) as office:
        yield Scene(office, clock)


def test_who_waits_for_a_verdict_reads_nothing_of_a_letter_that_was_received_already(scene: Scene) -> None:
    jeanne = scene.reader()
    first = scene.own_case()
    scene.hold(jeanne, first)
    send_form(jeanne, "/r/accept", "/r")
    scene.decide(first)
    assert scene.now().phase is Phase.RECEIVED
    assert scene.discloses(jeanne)
    thief = scene.reader()
    scene.hold(thief, scene.own_case())
    assert not scene.discloses(thief)


def test_what_an_identification_showed_counts_only_where_it_was_made(scene: Scene) -> None:
    jeanne, thief = scene.reader(), scene.reader()
    case = scene.own_case()
    scene.hold(jeanne, case)
    scene.decide(case)
    for act in ("accept", "refuse"):
        assert send_form(thief, f"/r/{act}", "/r", confirmation="REFUSE").status_code == 403
    assert send_form(jeanne, "/r/accept", "/r").status_code == 303
    assert scene.now().phase is Phase.RECEIVED
    assert not scene.discloses(thief)
    scene.clock.advance(timedelta(days=17))
    assert not scene.discloses(scene.reader(jeanne)), "and no longer than the letter can be decided"


def test_a_case_of_one_letter_shows_nothing_for_another(scene: Scene) -> None:
    client = scene.reader()
    case = scene.own_case()
    scene.hold(client, case)
    scene.decide(case)
    scene.letter = deposit_sample(scene.office, product="qualified", recipient=JEANNE)
    scene.office.run_until_idle()
    scene.reader(client)
    assert send_form(client, "/r/accept", "/r").status_code == 403
    assert scene.now().phase is Phase.NOTIFIED


def test_who_is_pending_does_not_refuse(scene: Scene) -> None:
    client = scene.reader()
    scene.hold(client, scene.own_case())
    assert send_form(client, "/r/refuse", "/r", confirmation="REFUSE").status_code == 403
    assert scene.now().phase is Phase.NOTIFIED


def test_the_verdict_on_somebody_elses_case_hands_nothing_over(scene: Scene) -> None:
    jeanne = scene.reader()
    scene.hold(jeanne, scene.own_case())
    send_form(jeanne, "/r/accept", "/r")
    eve = scene.account(scene.client(), "eve@example.net", "Eve Martin")
    scene.decide(scene.own_case(eve, ("Jeanne", "Durand")))
    assert scene.now().phase is Phase.ACCEPTED_PENDING_IDENTIFICATION


def test_a_mandate_that_ended_before_the_verdict_hands_nothing_over(scene: Scene) -> None:
    client, people = scene.client(), scene.office.people
    eve, today = scene.account(client, "eve@example.net", "Jeanne Durand"), scene.clock().date()
    mandate = people.mandates.grant(
        grantor_id=scene.jeanne().id, delegate_id=eve.id, scope={Scope.RECEIVE}, actor={},
        valid_from=today, valid_until=None, reference="Acte 12",
    )  # fmt: skip
    scene.reader(client, code=False)
    case = scene.own_case(eve)
    scene.hold(client, case)
    assert send_form(client, "/r/accept", "/r").status_code == 303
    assert scene.now().phase is Phase.ACCEPTED_PENDING_IDENTIFICATION
    people.mandates.revoke(mandate.id, actor={}, reason="over")
    scene.decide(case)
    assert scene.now().phase is Phase.ACCEPTED_PENDING_IDENTIFICATION


def test_an_account_that_calls_itself_as_the_addressee_but_was_proofed_otherwise_is_refused(
    scene: Scene,
) -> None:
    client = scene.client()
    eve = scene.account(client, JEANNE.email, JEANNE.name)
    scene.decide(scene.case(eve, "sender", ("Eve", "Martin")))
    scene.paper(client, eve)
    scene.reader(client)
    assert "another name" in client.get("/r").text
    assert send_form(client, "/r/accept", "/r").status_code == 403
    assert scene.now().phase is Phase.NOTIFIED


def test_who_was_found_to_be_somebody_else_does_not_receive_for_the_addressee(scene: Scene) -> None:
    client = scene.reader()
    case = scene.own_case(name=("Eve", "Martin"))
    scene.hold(client, case)
    send_form(client, "/r/accept", "/r")
    scene.decide(case)
    assert scene.now().phase is not Phase.RECEIVED
    assert not scene.discloses(client)


def test_an_account_made_later_inherits_no_proofing_of_the_mailboxs_other_reader(scene: Scene) -> None:
    jeanne = scene.reader()
    case = scene.own_case()
    scene.hold(jeanne, case)
    scene.decide(case)
    scene.clock.advance(timedelta(days=1))
    thief = scene.client()
    party = scene.account(thief, JEANNE.email, JEANNE.name)
    assert party.id == scene.jeanne().id
    scene.paper(thief, party)
    scene.reader(thief)
    assert send_form(thief, "/r/accept", "/r").status_code == 403
    sent = {
        "product": "qualified", "name": "X Y", "email": "x@example.net",
        "documents": (BytesIO(b"%PDF-1.7\n%%EOF\n"), "a.pdf"),
    }  # fmt: skip
    answer = send_form(thief, "/deposit", "/deposit", **sent)
    assert answer.status_code == 403
    assert "has not been verified yet" in answer.text
    assert scene.now().phase is Phase.NOTIFIED


def test_who_reads_the_mailbox_of_a_proofed_person_adds_no_means_that_acts_for_them(scene: Scene) -> None:
    jeanne = scene.client()
    party = scene.account(jeanne, JEANNE.email, JEANNE.name)
    scene.decide(scene.case(party, "sender"))
    scene.clock.advance(timedelta(days=2))
    thief = scene.client()
    send_form(thief, "/account/forgot", "/account/forgot", email=JEANNE.email)
    link = LINK.search(scene.mail())
    assert link is not None
    send_form(thief, link.group(1), link.group(1), password="cinq poules vertes")
    add_authenticator(thief, scene)
    scene.reader(thief)
    assert send_form(thief, "/r/accept", "/r").status_code == 403
    assert scene.now().phase is Phase.NOTIFIED
    assert "Remote identification" in thief.get("/r").text, "who is the person is identified again"
    scene.clock.advance(timedelta(minutes=1))
    scene.decide(scene.case(party, "sender"))
    assert send_form(thief, "/r/accept", "/r").status_code == 303
    assert scene.now().phase is Phase.RECEIVED


def add_authenticator(client: FlaskClient, scene: Scene) -> None:
    """Add a code application to the account that is logged in, and show a code of it."""
    page = send_form(client, "/account/authenticator", "/account").text
    means = re.search(r'name="means" value="(\w+)"', page)[1]  # type: ignore[index]
    challenge = re.search(r'name="challenge" value="(\w+)"', page)[1]  # type: ignore[index]
    seed = scene.office.people.register.secret(means)
    sent = {"means": means, "challenge": challenge, "code": code_now(seed, scene)}
    assert send_form(client, "/account/authenticator", "/account", **sent).status_code == 303
    scene.clock.advance(timedelta(seconds=60))
    step = "/account/step?means=authenticator"
    shown = send_form(client, "/account/step", step, means="authenticator", code=code_now(seed, scene))
    assert shown.status_code == 303


def code_now(seed: bytes, scene: Scene) -> str:
    """Return the code that an application shows now (RFC 6238)."""
    return code_at(seed, int(scene.clock().timestamp()) // 30)


def code_at(seed: bytes, counter: int) -> str:
    """Return the code of a counter (RFC 4226 §5.3)."""
    digest = hmac.new(seed, counter.to_bytes(8, "big"), "sha1").digest()
    place = digest[-1] & 15
    return f"{(int.from_bytes(digest[place : place + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06}"


def test_a_recipient_whose_mailbox_has_an_account_logs_in_to_be_identified(scene: Scene) -> None:
    scene.account(scene.client(), JEANNE.email, JEANNE.name)
    jeanne = scene.reader()
    way = WAY.search(jeanne.get("/r").text)
    assert way is not None
    assert "/account/login" in jeanne.get(way.group(1)).location


def test_a_readers_case_is_shown_in_the_browser_that_began_it_alone(scene: Scene) -> None:
    jeanne, thief = scene.reader(), scene.reader()
    begun = begin(jeanne)
    assert jeanne.get(f"{begun}/who").status_code == 200
    assert thief.get(f"{begun}/who").status_code == 303, "asked to log in"
    assert send_form(thief, f"{begun}/withdraw", "/account/login").status_code == 303
    assert scene.office.people.identity.cases_of(scene.jeanne().id)[0].state.is_open
    way = WAY.search(thief.get("/r").text)
    assert way is not None
    consent = thief.get(way.group(1))
    assert consent.status_code == 200, "not led to the case of the other"
    assert begun not in consent.text


def test_an_address_that_names_anothers_letter_opens_no_case(scene: Scene) -> None:
    jeanne = scene.reader()
    way = WAY.search(jeanne.get("/r").text)
    assert way is not None
    eve = scene.client()
    scene.account(eve, "eve@example.net", "Eve Martin")
    assert eve.get(way.group(1)).status_code == 404
    eve.get(f"/r/{scene.office.links.token(scene.letter.id)}")
    assert eve.get(way.group(1)).status_code == 404


def test_a_form_of_one_letter_decides_nothing_on_another_that_was_opened_meanwhile(scene: Scene) -> None:
    client = scene.reader()
    case = scene.own_case()
    scene.hold(client, case)
    scene.decide(case)
    for act in ("accept", "refuse"):
        answer = send_form(client, f"/r/{act}", "/r", letter="AAAA-AAAA-AAAA-AAAA", confirmation="REFUSE")
        assert answer.status_code == 422
    assert f'name="letter" value="{scene.letter.number}"' in client.get("/r").text
    assert scene.now().phase is Phase.NOTIFIED


def test_a_recipient_whose_place_somebody_took_is_identified_and_reads_after_all(scene: Scene) -> None:
    thief = scene.reader()
    taken = scene.own_case()
    scene.hold(thief, taken)
    send_form(thief, "/r/accept", "/r")
    scene.decide(taken, Verdict.REFUSE)
    assert scene.now().phase is Phase.ACCEPTED_PENDING_IDENTIFICATION
    jeanne = scene.reader()
    assert WAY.search(jeanne.get("/r").text), "the page says how to be identified"
    case = scene.own_case()
    scene.hold(jeanne, case)
    scene.decide(case)
    assert scene.now().phase is Phase.RECEIVED
    assert scene.discloses(jeanne)
    assert not scene.discloses(thief)


def test_a_sender_deposits_under_no_other_name_than_the_one_that_was_proofed(scene: Scene) -> None:
    client = scene.client()
    eve = scene.account(client, "eve@example.net", "Claire Dubois")
    scene.decide(scene.case(eve, "sender"))
    face_to_face = {"method": ProofingMethod.FACE_TO_FACE.value}
    with scene.office.database.write() as uow:
        uow.execute(update(table_of(IdentityProofingRow)).values(**face_to_face))
        uow.commit()
    scene.paper(client, eve)
    sent = {
        "product": "qualified", "name": "X Y", "email": "x@example.net", "subject": "Notice",
        "documents": (BytesIO(b"%PDF-1.7\n%%EOF\n"), "a.pdf"),
    }  # fmt: skip
    answer = send_form(client, "/deposit", "/deposit", **sent)
    assert answer.status_code == 403
    assert "another name" in answer.text


def test_logging_out_takes_along_what_was_shown_for_a_letter(scene: Scene) -> None:
    client = scene.client()
    scene.account(client, JEANNE.email, JEANNE.name)
    scene.reader(client)
    assert "Send me a code" not in client.get("/r").text
    send_form(client, "/account/logout", "/account")
    assert "Send me a code" in client.get("/r").text


def begin(client: FlaskClient) -> str:
    """Open a case from the letter's page; return its address."""
    way = WAY.search(client.get("/r").text)
    assert way is not None
    token = PURPOSE.search(client.get(way.group(1)).text)
    assert token is not None
    sent = {"agree": "identity-consent-1", "for": token.group(1)}
    who = send_form(client, "/identity", way.group(1), **sent).location
    agreed = AGREED.search(client.get(who).text)
    assert agreed is not None
    facts = WHO | {"title": "identity_card", "agreed": agreed.group(1)}
    opened = send_form(client, "/identity/who", who, **facts)
    assert opened.status_code == 303
    return opened.location.rpartition("/")[0]


STEPS = ("code", "case", "refuse case", "other case", "accept", "refuse", "hour", "account", "log out")


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(steps=st.lists(st.sampled_from(STEPS), max_size=6))
def test_whatever_a_reader_of_the_mailbox_tries_nothing_is_shown_below_the_level(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str]
) -> None:
    clock, folder = MovedClock(), tmp_path_factory.mktemp("steps") / "office"
    with throwaway_office(folder, clock=clock, identity_allow_specimens=True) as office:
        scene, registered = Scene(office, clock), False
        client = scene.reader(code=False)
        for step in steps:
            open_cases = [c for c in office.people.identity.cases_of(scene.jeanne().id) if c.state.is_open]
            match step:
                case "code":
                    if scene.now().phase is Phase.NOTIFIED:
                        scene.reader(client)
                case "case" if not open_cases:
                    scene.hold(client, scene.own_case())
                case "refuse case" if open_cases:
                    scene.decide(open_cases[0].id, Verdict.REFUSE)
                case "other case" if not open_cases:
                    scene.decide(scene.own_case())
                case "accept" | "refuse":
                    send_form(client, f"/r/{step}", "/r", confirmation="REFUSE")
                case "hour":
                    clock.advance(timedelta(hours=1))
                case "account" if not registered:
                    scene.account(client, JEANNE.email, JEANNE.name)
                    registered = True
                case "log out" if registered:
                    send_form(client, "/account/logout", "/account")
            assert not scene.discloses(client)
            assert scene.now().phase in {Phase.NOTIFIED, Phase.ACCEPTED_PENDING_IDENTIFICATION}
