"""Paper codes inside a registered letter, under a derogation: from the order to what replaces them."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from pypdf import PdfReader

from lre_kit.clock import iso
from lre_kit.consents.by_order import ConsentByOrder
from lre_kit.errors import NotFoundError
from lre_kit.identifiers.derogation_mail import Contact
from lre_kit.identifiers.means import State
from lre_kit.identifiers.order_values import Order, OrderState, Proofed
from lre_kit.law.assurance import Level
from lre_kit.letters.phases import Phase
from lre_kit.office import PostOffice
from lre_kit.parties.addresses import PostalAddress
from lre_kit.parties.persons import Party
from lre_kit.parties.proofing import DeclaredIdentity, Part, TitleKind, Verdict
from lre_kit.parties.proofing_review import CHECKLIST
from lre_kit.sheet_letters import SENDER_REF, SheetLetters
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.courier import MemoryCourier
from lre_kit.testing.identity import card_lines, film, title_picture
from lre_kit.testing.office import SMALL_PDF, throwaway_office
from lre_web.frame.people import HELD_COOKIE
from lre_web.standalone import create_app
from lre_web.testing import send_form

EMAIL, NAME, PASSWORD = "jeanne@example.net", "Jeanne Durand", "quatre poules bleues"
LINK = re.compile(r"https?://[^/\s]+(/account/\S+)")
CODE = re.compile(r"^[0-9A-Z]{4}-[0-9A-Z]{4}\s*$", re.MULTILINE)
DEROGATION = """
[[derogation]]
id = "TEST-DEROGATION"
reference = "Decision of a test"
valid_from = {first}
valid_until = {last}
time_zone = "Europe/Paris"
approved_by = "nobody"
pages = ["order"]
title = {{ fr = "Dérogation", en = "Derogation" }}
notice = {{ fr = "Par lettre.", en = "By letter." }}

[derogation.changes]
products = ["qualified"]
sender_level = "substantial"
sender_proofing_level = "substantial"
sender_proofing_methods = ["remote_visual"]
deliveries = ["letter"]
suspended_kinds = ["security_key"]
"""


class Scene:
    """The standalone application under a derogation, and Jeanne's browser."""

    def __init__(self, office: PostOffice, clock: MovedClock) -> None:
        self.office, self.clock, self.app = office, clock, create_app(office)
        self.client = self.app.test_client()
        self.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
        page = "/account/register"
        send_form(self.client, page, page, name=NAME, email=EMAIL, password=PASSWORD)
        link = LINK.search(self.mail())
        assert link is not None
        send_form(self.client, link[1], link[1], password=PASSWORD)
        found = office.people.parties.reader_of(EMAIL)
        assert found is not None
        self.party: Party = found

    def mail(self) -> str:
        assert isinstance(self.office.courier, MemoryCourier)
        return self.office.courier.text_of()

    def order(self) -> Order:
        """Order codes by letter, as the profile's page does, and let a proofing from afar approve it."""
        page = "/profile/order"
        assert "registered letter" in self.client.get(page).text
        sent = send_form(self.client, page, page, kind="paper_codes", delivery="letter")
        assert sent.status_code == 303, sent.text
        proofed = Proofed(id="p" * 32, level=Level.SUBSTANTIAL, method="remote_visual", at=self.clock())
        with self.office.database.write() as uow:
            self.office.people.ordering.orders.proofing_decided(uow, self.party.id, proofed)
            uow.commit()
        self.office.run_until_idle()
        return self.latest()

    def latest(self) -> Order:
        return self.office.people.ordering.orders.book.of(self.party.id)[0]

    def follow(self, number: str) -> str:
        """Open the letter's link and type the code; return the letter's id."""
        letter = self.office.reading.letter(number, sender_ref=SENDER_REF)
        self.client.get(f"/r/{self.office.links.token(letter.id)}")
        send_form(self.client, "/r/code", "/r")
        found = CODE.search(self.mail())
        assert found is not None
        send_form(self.client, "/r/identify", "/r", code=found[0].strip())
        return letter.id

    def identify(self, letter_id: str) -> None:
        """Identify from afar for the letter, in this browser; an operator approves."""
        desk, mine = self.office.people.identity, {"party_id": self.party.id}
        case = desk.open_case(
            **mine, purpose=f"recipient:{letter_id}", language="en", consent_wording="I agree.",
            declared=DeclaredIdentity(given_names="Jeanne", family_name="Durand"),
        )  # fmt: skip
        desk.choose_title(case.id, TitleKind.IDENTITY_CARD, **mine)
        for number, part in enumerate((Part.DOCUMENT_FRONT, Part.DOCUMENT_BACK)):
            desk.add_picture(case.id, part, title_picture(size=(700, 620), seed=number), **mine)
        desk.add_picture(case.id, Part.FACE_VIDEO, film(), **mine)
        desk.type_mrz(case.id, card_lines(), **mine)
        desk.submit(case.id, **mine)
        signer = self.office.links.signer("identity-held")
        self.client.set_cookie(f"__Host-{HELD_COOKIE}", str(signer.dumps([[case.id, iso(self.clock())]])))
        reviews, checks = self.office.people.reviews, dict.fromkeys(CHECKLIST, True)
        reviews.claim(case.id, "operator")
        reviews.decide(case.id, "operator", Verdict.APPROVE, reason="clear", checks=checks)
        self.office.run_until_idle()

    def use(self, client: FlaskClient, words: str) -> None:
        """Show a code of the sheet in the session, as a step."""
        step = "/account/step?means=paper_codes&next=/profile"
        asked = client.get(step).text
        challenge = re.search(r'name="challenge" value="(\w+)"', asked)
        number = re.search(r"Paper code no\. (\d+)", asked)
        assert challenge is not None
        assert number is not None
        code = re.search(rf"(?<!\d){number[1]}\s+([0-9A-Z]{{4}}-[0-9A-Z]{{4}})\b", words)
        assert code is not None
        fields = {"means": "paper_codes", "challenge": challenge[1], "code": code[1]}
        assert send_form(client, "/account/step", step, **fields).status_code == 303


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    clock = MovedClock()
    today = clock().date()
    with throwaway_office(tmp_path / "office", clock=clock) as plain:
        home = plain.settings.home
    days = {"first": today - timedelta(days=5), "last": today + timedelta(days=20)}
    (home / "derogations.toml").write_text(DEROGATION.format(**days), encoding="utf-8")
    with throwaway_office(home, clock=clock, identity_allow_specimens=True) as office:
        yield Scene(office, clock)


def test_codes_in_a_letter_from_the_order_to_their_replacement(scene: Scene) -> None:
    office, spool = scene.office, scene.office.people.ordering.spool
    order = scene.order()
    assert (order.state, order.derogation) == (OrderState.DELIVERING, "TEST-DEROGATION")
    assert order.reference is not None
    assert order.spool_destroyed_at is not None
    assert list(spool.folder.iterdir()) == []

    letter_id = scene.follow(order.reference)
    assert "/r/accept" not in scene.client.get("/r").text
    scene.identify(letter_id)
    assert send_form(scene.client, "/r/accept", "/r").status_code == 303
    assert office.reading.by_id(letter_id).phase is Phase.RECEIVED
    sheet = scene.client.get("/r/documents/1").data
    words = "\n".join(page.extract_text() for page in PdfReader(BytesIO(sheet)).pages)
    assert NAME in words
    for path in office.settings.home.rglob("*"):
        assert not path.is_file() or sheet[:2000] not in path.read_bytes()

    [means] = office.people.register.of(scene.party.id)
    assert means.state is State.ISSUED
    scene.use(scene.client, words)
    assert office.people.register.by_id(means.id).state is State.ACTIVE
    assert scene.latest().state is OrderState.ACTIVE

    home = PostalAddress(lines=(NAME, "12 rue des Lilas", "1000 BRUXELLES"), country="BE")
    office.people.addresses.set_address(scene.party.id, home, actor={"role": "holder"}, confirmed=True)
    scene.clock.advance(timedelta(days=22))
    office.run_until_idle()
    old, new = office.people.register.of(scene.party.id)
    assert (old.state, old.replaced_by) == (State.REVOKED, new.id)
    assert (new.state, new.derogation) == (State.ISSUED, None)
    posted = scene.latest()
    assert (posted.delivery.value, posted.state) == ("post", OrderState.DELIVERING)
    manifest = json.loads(spool.manifest(posted.id).read_text(encoding="utf-8"))
    assert manifest["label"] == [NAME, "12 rue des Lilas", "1000 BRUXELLES", "BELGIQUE"]
    assert spool.shown(posted.id).exists()


def test_a_letter_whose_notice_is_all_that_is_read_gives_no_code(scene: Scene) -> None:
    order = scene.order()
    assert order.reference is not None
    scene.follow(order.reference)
    assert send_form(scene.client, "/r/accept", "/r").status_code == 403
    assert scene.client.get("/r/documents/1").status_code != 200


def test_a_received_letter_ends_the_delivery(scene: Scene) -> None:
    order = scene.order()
    assert order.reference is not None
    scene.identify(scene.follow(order.reference))
    assert scene.latest().state is OrderState.DELIVERING
    send_form(scene.client, "/r/accept", "/r")
    scene.clock.advance(timedelta(days=1))
    scene.office.run_until_idle()
    assert scene.latest().state is OrderState.DELIVERED
    [means] = scene.office.people.register.of(scene.party.id)
    assert means.state is State.DELIVERED


@pytest.mark.parametrize("end", ["refused", "unclaimed"])
def test_a_means_whose_letter_reached_nobody_is_revoked_and_can_be_ordered_anew(
    scene: Scene, end: str
) -> None:
    office, order = scene.office, scene.order()
    assert order.reference is not None
    if end == "refused":
        letter_id = scene.follow(order.reference)
        scene.identify(letter_id)
        send_form(scene.client, "/r/refuse", "/r", confirmation="REFUSER")
        assert office.reading.by_id(letter_id).phase is Phase.REFUSED
        scene.clock.advance(timedelta(days=1))
    else:
        scene.clock.advance(timedelta(days=1))
        office.run_until_idle()
        assert scene.latest().state is OrderState.DELIVERING, "the letter is still under way"
        scene.clock.advance(timedelta(days=16))
        office.run_until_idle()
        scene.clock.advance(timedelta(days=1))
    office.run_until_idle()
    assert scene.latest().state is OrderState.CANCELLED
    [means] = office.people.register.of(scene.party.id)
    assert means.state is State.REVOKED
    assert f"…{means.serial[-4:]} is revoked" in scene.mail()
    assert office.people.ordering.orders.may_order("paper_codes", scene.party.id).allowed


def test_a_sheet_that_is_handed_over_twice_is_in_one_letter(scene: Scene) -> None:
    office = scene.office
    deposit = SheetLetters(
        office.desk.deposit,
        clock=office.clock,
        provider_name="Office",
        mail_from="office@example.org",
        contact=lambda _: Contact(name=NAME, email=EMAIL, language="en"),
        consent=ConsentByOrder(office.consents.desk, office.consents.register, clock=office.clock),
    )
    told = {"party_id": scene.party.id, "pdf": SMALL_PDF, "idempotency_key": "identifier-order:1"}
    number = deposit(**told)
    scene.clock.advance(timedelta(minutes=7))
    assert deposit(**told) == number
    assert [each.number for each in office.reading.letters(SENDER_REF, limit=10)] == [number]


def test_a_holder_without_a_mailbox_gets_no_letter(scene: Scene) -> None:
    deposit = SheetLetters(
        scene.office.desk.deposit,
        clock=scene.office.clock,
        provider_name="Office",
        mail_from="office@example.org",
        contact=lambda _: None,
        consent=lambda *_: None,
    )
    with pytest.raises(NotFoundError):
        deposit(party_id=scene.party.id, pdf=SMALL_PDF, idempotency_key="identifier-order:1")


def test_without_the_derogation_a_letter_is_not_offered(tmp_path: Path) -> None:
    clock = MovedClock()
    with throwaway_office(tmp_path / "office", clock=clock) as office:
        scene = Scene(office, clock)
        page = "/profile/order"
        sent = send_form(scene.client, page, page, kind="paper_codes", delivery="letter")
        assert sent.status_code == 422
        assert office.people.ordering.orders.book.of(scene.party.id) == []
