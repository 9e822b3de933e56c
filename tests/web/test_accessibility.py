"""Every page that a host mounts, judged by axe-core: wide and light, and on a telephone in the dark."""

import io
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page

from lre_kit.announcements.values import AnnouncementKind, Place
from lre_kit.consents.values import ConsentRequest
from lre_kit.contacts.values import Card
from lre_kit.law.consents import ConsentState
from lre_kit.law.periods import Words
from lre_kit.law.products import Product
from lre_kit.letters.commands import PaperFile
from lre_kit.letters.paper import PaperWish
from lre_kit.letters.values import Upload
from lre_kit.mailmerge.values import TemplateText
from lre_kit.office import PostOffice
from lre_kit.parties.members import MemberRole
from lre_kit.parties.persons import PartyFacts, PartyKind
from lre_kit.postroom.values import CarrierNews
from lre_kit.preparing.values import Draft
from lre_kit.status.values import NoticeKind, Service
from lre_kit.testing.accessibility import barriers
from lre_kit.testing.office import RECIPIENT, SENDER, SMALL_PDF, record_consent
from lre_kit.testing.parties import ACTOR, BRUMES
from lre_kit.testing.post import deposit_on_paper, posted
from lre_kit.testing.webhooks import Answer, webhook_receiver
from lre_web.testing import ThrowawaySite

SCREENS: dict[str, dict[str, Any]] = {
    "desk": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light", "locale": "fr-FR"},
    "phone": {"viewport": {"width": 360, "height": 740}, "color_scheme": "dark", "locale": "en-GB"},
}
FILES = (
    {"static", *(f"lre.{name}" for name in ("static", "verifier_file"))}
    | {f"lre.{name}" for name in ("bundle", "document", "everything", "own_proof", "paper_file", "proof")}
    | {f"lre.{name}" for name in ("bulk_preview", "bulk_result", "contacts_export", "letter_news")}
    | {"lre.letters_export", "lre.prepared_document", "lre.draft_document"}
    | {"lre.trust_file", "lre.status_json", "lre.security_txt"}
    | {"lre.healthz", "lre.readyz", "lre.metrics", "lre.theme"}
    | {f"lre.consent{name}" for name in ("_own_proof", "s_bundle", "s_export", "s_proof")}
)
"""What is downloaded instead of shown; the verifier has tests of its own."""


@dataclass
class Walk:
    """A browser's way through the site; `seen` are the endpoints whose page was judged."""

    site: ThrowawaySite
    page: Page
    seen: set[str] = field(default_factory=set)
    found: list[str] = field(default_factory=list)

    def go(self, path: str) -> None:
        """Open a page and judge where it leads."""
        self.page.goto(path if path.startswith("http") else f"{self.site.origin}{path}")
        self.judge(path)

    def judge(self, came_by: str = "") -> None:
        """Judge the page as it stands."""
        adapter = self.site.app.url_map.bind("localhost")
        for address in (came_by, self.page.url):
            if address:
                self.seen.add(adapter.match(urlsplit(address).path)[0])
        self.found += [f"{self.page.url}: {barrier}" for barrier in barriers(self.page)]
        if self.page.locator("h1").count() != 1 or self.page.locator("main").count() != 1:
            self.found.append(f"{self.page.url}: not one main part with one heading")


@pytest.fixture(params=SCREENS)
def walk(request: pytest.FixtureRequest, browser: Browser, served: ThrowawaySite) -> Iterator[Walk]:
    context = browser.new_context(reduced_motion="reduce", **SCREENS[request.param])
    yield Walk(served, context.new_page())
    context.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ThrowawaySite]:
    with ThrowawaySite.served(
        tmp_path_factory.mktemp("site") / "office",
        post_provider="spool",
        webhook_http="on",
        webhook_private_hosts="127.0.0.1",
    ) as site:
        yield site


def test_pages_of_a_host_put_nobody_off(walk: Walk, served: ThrowawaySite) -> None:
    """F10.11: every page."""
    office = served.office
    letters = [served.letter().number, _on_paper(office)]
    served.clock.advance(timedelta(days=16))
    office.run_until_idle()
    letters.append(served.letter().number)
    lists = ("", "?q=nothing-like-this", "?q=jean&state=notified", "drafts", "preferences")
    for path in (*lists, "deposit", *(f"letters/{number}" for number in letters)):
        walk.go(f"/lre/{path}")
    _last_look(walk)
    _recipient(walk, served)
    _consents(walk, served)
    _bulk(walk, served)
    _contacts(walk, served)
    _api(walk)
    _webhooks(walk, served)
    _prepared(walk, served)
    _public(walk, served)
    walk.go("/lre/verify")
    walk.go(office.links.proof_url(office.reading.letter(letters[-1]).id, "deposit"))
    rules = [rule for rule in served.app.url_map.iter_rules() if "GET" in (rule.methods or ())]
    pages = {rule.endpoint for rule in rules if not rule.endpoint.startswith("lre_api.")} - FILES
    assert walk.found == []
    assert pages - walk.seen == set(), "a page nobody judged"


def _public(walk: Walk, served: ThrowawaySite) -> None:
    office = served.office
    words = Words(fr="Une **annonce**.", en="An **announcement**.")
    shown = office.announcements.publish(AnnouncementKind.MEASURE, [Place.ALL], words, by="anne")
    if not office.status.reading.page(limit=1):
        office.status.watch.probe_now()
        office.status.notices.announce(NoticeKind.INCIDENT, [Service.MAIL], words, words, by="anne")
    for path in (
        "help",
        "help?q=refus",
        "help/deadlines",
        "status",
        "contact",
        "contact/sender",
        "contact/recipient",
        "contact/sent?reference=K7RW-P3XA",
        "trust",
        "authenticity",
    ):
        walk.go(f"/lre/{path}")
    walk.page.fill("#reference", "K7RW-P3XA-94TD-HQMC")
    walk.page.click("main form button")
    walk.judge()
    office.announcements.end(shown)


def test_what_puts_people_off_is_found(browser: Browser) -> None:
    """F10.11."""
    page = browser.new_page(viewport={"width": 320, "height": 600})
    page.set_content(
        "<!doctype html><html lang=en><title>x</title><main><h1>x</h1><input><img src='data:,'>"
        "<p style='color:#aaa'>faint</p><p style='width:400px'>wide</p></main></html>"
    )
    found = {each.partition(":")[0] for each in barriers(page)}
    assert found >= {"label", "image-alt", "color-contrast", "reflow"}
    page.close()


def _last_look(walk: Walk) -> None:
    walk.page.goto(f"{walk.site.origin}/lre/deposit")
    walk.page.fill("#name", "Zoé Martin")
    walk.page.locator("input[value=qualified]").check()
    with walk.page.context.expect_page() as opened:
        walk.page.locator("#look").click()
    opened.value.wait_for_load_state()
    walk.found += [f"last look: {barrier}" for barrier in barriers(opened.value)]
    opened.value.close()
    walk.go("/lre/drafts")


def _on_paper(office: PostOffice) -> str:
    letter = deposit_on_paper(office, product="hybrid")
    item = posted(office, letter)
    office.post.tracking.take(item, CarrierNews(source="suivi", raw_code="ET1", label="En route"))
    scan = Upload(name="ar.png", stream=io.BytesIO(b"\x89PNG\r\n\x1a\n" + b"x" * 40))
    office.post.files.take(item, PaperFile.ACKNOWLEDGEMENT, scan)
    return letter.number


def _recipient(walk: Walk, site: ThrowawaySite) -> None:
    page = walk.page
    chosen = deposit_on_paper(site.office, product="optimal", paper=PaperWish(choice_days=5))
    site.office.run_until_idle()
    walk.go(site.noticed_link(chosen))
    walk.go(site.noticed_link(site.letter()))
    page.locator("form[action$='/r/code'] button").click()
    page.wait_for_selector("#code")
    walk.judge()
    walk.go("/lre/r/not-for-me")
    walk.go("/lre/accessibility")
    walk.go("/lre/r?sent=1")
    page.fill("#code", "AAAA-AAAA")
    page.keyboard.press("Enter")
    page.wait_for_selector("[role=alert]")
    walk.found += [f"wrong code: {barrier}" for barrier in barriers(page)]
    page.fill("#code", site.code())
    page.keyboard.press("Enter")
    page.wait_for_selector("#step-2")
    walk.judge()
    walk.go("/lre/r/past")
    walk.go("/lre/r")
    page.locator("form[action$='/r/accept'] button").click()
    page.wait_for_selector(".cards")
    walk.judge()


def _bulk(walk: Walk, site: ThrowawaySite) -> None:
    page = walk.page
    for table in (b"email,name\na@example.net,Ada\n=x,Eve\n", b"email,name\na@example.net,Ada\n"):
        walk.go("/lre/bulk")
        page.set_input_files("#table", {"name": "t.csv", "mimeType": "text/csv", "buffer": table})
        page.set_input_files(
            "#documents", {"name": "a.pdf", "mimeType": "application/pdf", "buffer": SMALL_PDF}
        )
        page.locator("form[action$='/bulk'] button[type=submit]").click()
        page.wait_for_load_state()
        walk.judge()
    page.locator("form[action$='/start'] button").click()
    page.wait_for_load_state()
    walk.judge()
    site.office.run_until_idle()
    walk.go("/lre/bulk")


def _prepared(walk: Walk, site: ThrowawaySite) -> None:
    people, page = site.office.people, walk.page
    facts = PartyFacts(kind=PartyKind.PERSON, usage_name=SENDER.name)
    person, house = people.parties.remember(SENDER.ref, facts), people.parties.add(BRUMES)
    people.members.set_role(house.id, person.id, MemberRole.OWNER, actor=ACTOR)
    draft = Draft(recipient=RECIPIENT, product=Product.SIMPLE, subject="Mise en demeure")
    made = site.office.preparing.tray.prepare(
        house.id, person.id, draft, [Upload(name="a.pdf", stream=io.BytesIO(SMALL_PDF))]
    )
    for path in ("prepared", f"prepared/{made.id}", ""):
        walk.go(f"/lre/{path}")
    walk.go(f"/lre/prepared/{made.id}")
    page.locator("details").evaluate("element => element.open = true")
    page.locator("#reason").evaluate("field => field.required = false")
    for reason in ("", "Wrong annex"):
        page.fill("#reason", reason)
        page.locator("form[action$='/decline'] button").click()
        page.wait_for_load_state()
        walk.found += [f"sent back: {barrier}" for barrier in barriers(page)]
    walk.go("/lre/prepared")


def _contacts(walk: Walk, site: ThrowawaySite) -> None:
    book, groups = site.office.contacts.book, site.office.contacts.groups
    kept = book.add(SENDER.ref, Card(name="Ada Lovelace", email="ada@example.net", reference="C-1"))
    book.add(SENDER.ref, Card(name="ADA LOVELACE", email="ada@work.example"))
    group = groups.all(SENDER.ref)[0] if groups.all(SENDER.ref) else groups.add(SENDER.ref, "Tenants")
    groups.put(SENDER.ref, group.id, [kept.id])
    for path in ("", f"?group={group.id}", f"/{kept.id}", "/twins", "/import"):
        walk.go(f"/lre/contacts{path}")
    table = {
        "name": "t.csv",
        "mimeType": "text/csv",
        "buffer": b"name,email\nEve,nobody\nBob,b@example.net\n",
    }
    walk.page.set_input_files("#table", table)  # type: ignore[arg-type]
    walk.page.click("main form button:not(.quiet)")
    walk.judge()
    kept = site.office.templates.all(SENDER.ref)
    text = TemplateText(name="Reminder", subject="Rent of {month}", text="Dear {name}")
    template = kept[0] if kept else site.office.templates.add(SENDER.ref, text)
    walk.go("/lre/templates")
    walk.go(f"/lre/deposit/several?group={group.id}")
    walk.go(f"/lre/templates/{template.id}")


def _api(walk: Walk) -> None:
    for path in ("api-keys", "api"):
        walk.go(f"/lre/{path}")
    for name in ("", "a program"):
        walk.go("/lre/api-keys")
        walk.page.locator("#name").evaluate("field => field.required = false")
        walk.page.fill("#name", name)
        walk.page.locator("form[action$='/api-keys'] button").click()
        walk.page.wait_for_load_state()
        walk.judge()


def _webhooks(walk: Walk, site: ThrowawaySite) -> None:
    page, desk = walk.page, site.office.webhooks.desk
    walk.go("/lre/webhooks")
    with webhook_receiver() as receiver:
        for url in ("https://localhost/", receiver.url):
            walk.go("/lre/webhooks")
            page.fill("#url", url)
            page.locator("form[action$='/webhooks'] button").click()
            page.wait_for_load_state()
            walk.judge()
        assert page.locator("#made").input_value().startswith("whsec_")
        one = site.office.webhooks.reading.of(SENDER.ref)[-1]
        receiver.answers = [Answer(status=500)]
        site.letter()
        walk.go(f"/lre/webhooks/{one.id}")
        page.locator("form[action$='/test'] button").click()
        page.wait_for_load_state()
        site.office.run_until_idle()
        walk.go(f"/lre/webhooks/{one.id}")
        page.locator("details").first.click()
        walk.judge()
        desk.disable(one.id)
        walk.go(f"/lre/webhooks/{one.id}")


def _consents(walk: Walk, site: ThrowawaySite) -> None:
    desk, register = site.office.consents.desk, site.office.consents.register
    asked = desk.ask(SENDER, ConsentRequest(name="Ada", email=f"{secrets.token_hex(4)}@example.net"))
    held = record_consent(site.office, RECIPIENT, SENDER)
    assert register.by_id(held.id).state is ConsentState.GIVEN
    for path in ("", "/import", f"/{asked.id}", f"/{held.id}"):
        walk.go(f"/lre/consents{path}")
    walk.go(f"/lre/c/{site.office.consents.links.token(asked.id, asked.round)}")
    walk.page.locator("form[action$='/code'] button, main form button").first.click()
    walk.page.wait_for_load_state()
    walk.found += [f"consent: {barrier}" for barrier in barriers(walk.page)]
