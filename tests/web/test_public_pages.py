"""The public pages: help, status, contact, documents of trust, messages checked; without scripts."""

import hashlib
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from freezegun import freeze_time
from playwright.sync_api import Page

from lre_kit.announcements.values import AnnouncementKind, Place
from lre_kit.clock import now
from lre_kit.errors import MailUnavailableError
from lre_kit.law.periods import Words
from lre_kit.letters.numbers import new_number
from lre_kit.proofs.keys import revocation
from lre_kit.status.touching import explained
from lre_kit.support.values import RequestKind, Side
from lre_kit.testing.courier import MemoryCourier
from lre_web.public.trust import HELD
from lre_web.testing import ThrowawaySite


def field(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None
    return found[1]


def ask(site: ThrowawaySite, side: str = "recipient", *, wait: float = 3, **typed: str) -> Any:
    client = site.client()
    page = client.get(f"/lre/contact/{side}").get_data(as_text=True)
    told = {"name": "Zoé", "email": "zoe@example.net", "text": "Bonjour"} | typed
    told |= {"form_token": field(page, "form_token"), "opened": field(page, "opened")}
    with freeze_time(now() + timedelta(seconds=wait)):
        return client.post(f"/lre/contact/{side}", data=told)


def test_a_request_comes_in_by_the_form_and_spam_does_not(site: ThrowawaySite) -> None:
    desk = site.office.support.desk
    answer = ask(site, "sender", kind="quote", volume="5000")
    assert answer.status_code == 303
    (info,) = desk.page(limit=9)
    assert (info.kind, info.side) == (RequestKind.QUOTE, Side.SENDER)
    assert info.reference in answer.location
    trapped = ask(site, website="https://spam.example")
    assert trapped.status_code == 303, "whoever fills in the trap learns nothing of it"
    quick = ask(site, wait=0)
    assert quick.status_code == 422
    assert "Bonjour" in quick.get_data(as_text=True), "nothing typed is lost"
    bad = ask(site, email="nobody")
    assert bad.status_code == 422
    assert ask(site, kind="quote").status_code == 303
    assert [each.kind for each in desk.page(limit=9)] == [RequestKind.CONTACT, RequestKind.QUOTE]
    for _ in range(3):
        ask(site)
    waits = ask(site)
    assert waits.status_code == 429
    assert "Bonjour" in waits.get_data(as_text=True)


def test_a_typed_reference_tells_whether_a_message_is_ours_and_nothing_of_people(site: ThrowawaySite) -> None:
    letter = site.letter()
    courier = site.office.courier
    assert isinstance(courier, MemoryCourier)
    notice = next(m for m in courier.messages if letter.number in str(m["Subject"]))
    body = notice.get_body(("plain",))
    assert body is not None
    found = re.search(r"(?<=message : )[A-Z3-9-]{19}|(?<=message: )[A-Z3-9-]{19}", body.get_content())
    assert found is not None
    client = site.client()

    def check(reference: str, email: str = "") -> str:
        page = client.get("/lre/authenticity?lang=en").get_data(as_text=True)
        told = {"reference": reference, "email": email, "form_token": field(page, "form_token")}
        return client.post("/lre/authenticity", data=told).get_data(as_text=True)

    ours = check(found[0].lower())
    assert "This message is ours." in ours
    assert "the notice of a letter that waits" in ours
    assert "meant for the address you typed" in check(found[0], letter.recipient.email)
    copied = check(found[0], "victim@example.com")
    assert "Careful" in copied
    assert "This message is ours." not in copied
    for answer in (ours, copied):
        assert letter.sender.name not in answer
        assert letter.recipient.email not in answer
        assert letter.number not in answer
    assert "We sent no message" in check("K7RW-P3XA-94TD-HQMC")
    known, unknown = check(letter.number), check(other := new_number())
    assert "looks like the number" in known
    assert tokenless(known, letter.number) == tokenless(unknown, other)


def tokenless(page: str, typed: str) -> str:
    return re.sub(r'name="form_token" value="[^"]*"', "", page).replace(typed, "")


def test_documents_of_trust_are_what_their_digests_say(site: ThrowawaySite, tmp_path: Path) -> None:
    site.letter()
    site.office.run_until_idle()
    client = site.client()
    page = client.get("/lre/trust").get_data(as_text=True)
    listed = re.findall(r'href="(/lre/trust/([^"]+))".*?SHA-256 ([0-9a-f]{64})', page, re.DOTALL)
    names = {name for _, name, _ in listed}
    assert names >= {"seal-ca.pem", "tsa-ca.pem", "log.vkey", "checkpoint.txt", "lre-verifier.fr.html"}
    assert any(name.endswith(".crl") for name in names)
    for address, name, digest in listed:
        answer = client.get(address)
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert hashlib.sha256(answer.data).hexdigest() == digest, name
    # Once what is held is made anew, the office's own lists are still the same.
    site.clock.advance(HELD + timedelta(minutes=1))
    again = client.get("/lre/trust").get_data(as_text=True)
    assert [digest for _, name, digest in listed if name.endswith(".crl")] == [
        digest
        for name, digest in re.findall(
            r'href="/lre/trust/([^"]+)".*?SHA-256 ([0-9a-f]{64})', again, re.DOTALL
        )
        if name.endswith(".crl")
    ]
    assert client.get("/lre/trust/seal.key").status_code == 404
    assert client.get("/lre/trust/..%2f..%2fkeys%2fseal.key").status_code == 404


def test_what_is_not_there_costs_no_signature(site: ThrowawaySite, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []
    real = revocation.make_list
    monkeypatch.setattr(revocation, "make_list", lambda *args, **more: made.append(1) or real(*args, **more))
    client = site.client()
    for number in range(3):
        assert client.get(f"/lre/trust/nothing-{number}").status_code == 404
        assert client.get("/lre/trust").status_code == 200
    assert len(made) <= 2


def test_the_status_its_twin_and_security_txt_are_public_and_cheap(site: ThrowawaySite) -> None:
    client = site.client()
    assert client.get("/lre/status.json").get_json()["state"] == "unknown"
    site.office.status.watch.probe_now()
    site.office.status._held = None
    twin = client.get("/lre/status.json")
    assert twin.get_json()["state"] == "up"
    assert "max-age=30" in twin.headers["Cache-Control"]
    assert "Set-Cookie" not in twin.headers
    page = client.get("/lre/status?lang=en").get_data(as_text=True)
    assert "Everything works." in page
    assert len(page) < 60_000
    text = client.get("/lre/.well-known/security.txt").get_data(as_text=True)
    fields = dict(line.split(": ", 1) for line in text.splitlines())
    assert fields["Contact"].endswith("/contact")
    assert {"Expires", "Canonical", "Preferred-Languages"} <= set(fields)


def test_an_announcement_shows_where_it_should_and_goes(site: ThrowawaySite) -> None:
    words = Words(fr="Grève **demain** <b>x</b>", en="Strike")
    made = site.office.announcements.publish(AnnouncementKind.INFO, [Place.DEPOSIT], words, by="anne")
    client = site.client()
    page = client.get("/lre/deposit?lang=fr").get_data(as_text=True)
    assert "Grève <strong>demain</strong>" in page
    assert "<b>x</b>" not in page
    assert "Grève" not in client.get("/lre/help").get_data(as_text=True)
    site.office.announcements.end(made)
    assert "Grève" not in client.get("/lre/deposit").get_data(as_text=True)


@pytest.mark.parametrize("options", [{"viewport": {"width": 390, "height": 800}}, {}])
def test_help_leads_from_a_question_to_an_answer_and_to_the_form_without_scripts(
    opened: Callable[..., Page], served: ThrowawaySite, options: dict[str, Any]
) -> None:
    page = opened("/lre/help", scripts=False, **options)
    page.fill("#q", "may I read from abroad")
    page.keyboard.press("Enter")
    page.click("main .cards a >> nth=0")
    assert page.locator("h1").inner_text() == "May I read my letter from abroad?"
    page.click("text=Write to us")
    page.click("text=Write about a letter you received")
    assert not page.locator("#website").is_visible() or page.locator("#website").bounding_box()["x"] < 0
    page.fill("#name", "Ann Lee")
    page.fill("#email", f"ann{len(options)}@example.org")
    page.fill("#text", "I cannot open it.")
    page.wait_for_timeout(2200)
    page.click("main form button")
    assert page.locator("h1").inner_text() == "Your request has arrived"
    reference = page.locator("dd").inner_text()
    request = served.office.support.desk.show(served.office.support.desk.by_reference(reference).id)
    assert request.asking.text == "I cannot open it."


def test_a_letters_page_explains_its_dates_and_quotes_the_outages_that_touched_them(
    site: ThrowawaySite, monkeypatch: pytest.MonkeyPatch
) -> None:
    office, clock = site.office, site.clock
    letter = site.letter()
    office.run_until_idle()
    ping = office.courier.ping

    def down() -> str:
        raise MailUnavailableError("It does not answer.", mend="Wait.")

    closes_at = office.reading.by_id(letter.id).window_closes_at
    for works in (True, False, False, True):
        monkeypatch.setattr(office.courier, "ping", ping if works else down)
        office.status.watch.probe_now()
        clock.advance(timedelta(minutes=1))
    told = explained(office, office.reading.by_id(letter.id))
    assert [dated.name for dated in told.dates] == ["notified", "first-day", "closes", "proof"]
    assert told.dates[2].at == closes_at
    (outage,) = told.outages
    client = site.client()
    page = client.get(f"/lre/letters/{letter.number}?lang=en").get_data(as_text=True)
    assert outage.evidence_id is not None
    assert outage.evidence_id in page
    assert "is not moved by it" in page
    notice = client.get(site.link(letter), follow_redirects=True).get_data(as_text=True)
    assert outage.evidence_id in notice
    assert letter.sender.name not in notice
    assert office.reading.by_id(letter.id).window_closes_at == closes_at
