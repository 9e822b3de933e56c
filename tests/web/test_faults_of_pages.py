"""Faults F9 and F10 row by row: links, scanners, forms, headers, strangers. Routes come from the url_map."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from lre_kit.law.assurance import Category, Level
from lre_kit.letters.paper import PaperWish
from lre_kit.letters.phases import Phase
from lre_kit.parties.values import Recipient, Sender
from lre_kit.testing.office import SENDER, deposit_sample, identify
from lre_kit.testing.post import deposit_on_paper
from lre_web import Actor
from lre_web.testing import ThrowawaySite, send_form

SAFE = {"GET", "HEAD", "OPTIONS"}
EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{7*7}}"


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ThrowawaySite]:
    """One site for the tests that change nothing of consequence."""
    site = ThrowawaySite.open(tmp_path_factory.mktemp("busy") / "office", post_provider="spool")
    with site.office:
        yield site


def rules(site: ThrowawaySite) -> list[Rule]:
    return [
        rule
        for rule in site.app.url_map.iter_rules()
        if rule.endpoint.startswith("lre.") and "filename" not in rule.arguments
    ]


def path_of(rule: Rule, **known: str) -> str:
    """Return an address of a rule; what it takes is filled in, by default with something unknown."""
    path = rule.rule
    for name in rule.arguments:
        path = path.replace(f"<{name}>", known.get(name, "00000000")).replace(f"<int:{name}>", "1")
    assert "<" not in path
    return path


class Forms(HTMLParser):
    """The forms and links of a page, as a program without eyes finds them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.forms: list[tuple[str, str, dict[str, str]]] = []
        self.links: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append((found.get("method", "get"), found.get("action", ""), {}))
        elif tag == "a" and found.get("href", "").startswith("/"):
            self.links.append(found["href"])
        elif tag in {"input", "button", "textarea", "select"} and self.forms and found.get("name"):
            if found.get("type") in {"radio", "checkbox"} and "checked" not in found:
                return
            # Empty fields are filled, as form fillers do.
            self.forms[-1][2].setdefault(found["name"], found.get("value") or "x")


def _scan(client: FlaskClient, start: str, *, rounds: int = 3) -> int:
    """Do what mail scanners do: fetch by every verb, follow every link, send every form with its token."""
    seen, sent, waiting = set[str](), 0, [start]
    for _ in range(rounds):
        following: list[str] = []
        for path in waiting:
            if path in seen or path.startswith("/lre/static"):
                continue
            seen.add(path)
            for verb in ("HEAD", "OPTIONS", "GET"):
                client.open(path, method=verb, headers={"Sec-Purpose": "prefetch"})
            page = client.get(path, follow_redirects=True)
            if page.mimetype != "text/html":
                continue
            found = Forms(page.text)
            following += found.links
            for method, action, fields in found.forms:
                client.open(action or path, method=method.upper(), data=fields)
                sent += 1
        waiting = following
    return sent


@pytest.mark.parametrize("kind", ["simple", "qualified", "optimal"])
def test_a_scanner_that_follows_and_sends_everything_decides_nothing(busy: ThrowawaySite, kind: str) -> None:
    """F9.02: no event, no phase, no evidence of reading; the link is as good for the person as before."""
    office = busy.office
    if kind == "optimal":
        letter = deposit_on_paper(office, product="optimal", paper=PaperWish(choice_days=5))
        office.run_until_idle()
    else:
        letter = busy.letter(product=kind)
    before = office.reading.timeline(letter.id)
    phase = office.reading.by_id(letter.id).phase
    assert _scan(busy.client(), busy.link(letter)) > 0
    office.run_until_idle()
    assert [entry.name for entry in office.reading.timeline(letter.id)] == [entry.name for entry in before]
    assert office.reading.by_id(letter.id).phase is phase
    assert office.misdirected.said_at(letter.id) is None
    if kind == "simple":
        person = busy.identified(letter)
        assert send_form(person, "/lre/r/accept").status_code == 303
        assert office.reading.by_id(letter.id).phase is Phase.RECEIVED


def test_every_unsafe_route_refuses_a_form_that_is_not_its_own(busy: ThrowawaySite) -> None:
    """F10.01: no token, another browser's token, another site: 403, with and without cookies."""
    token = re.search(r'name="form_token" value="([^"]+)"', busy.client().get("/lre/deposit").text)
    assert token is not None
    unsafe = [rule for rule in rules(busy) if (rule.methods or set()) - SAFE]
    assert len(unsafe) > 30
    for rule in unsafe:
        path, verbs = path_of(rule), (rule.methods or set()) - SAFE
        for verb in verbs:
            with_cookies = busy.client()
            with_cookies.get("/lre/deposit")
            for client in (busy.client(), with_cookies):
                for fields in ({}, {"form_token": "x"}, {"form_token": token.group(1)}):
                    answer = client.open(path, method=verb, data=fields)
                    assert answer.status_code == 403, (path, fields)
            own = re.search(r'name="form_token" value="([^"]+)"', with_cookies.get("/lre/deposit").text)
            assert own is not None
            for site_of in ("cross-site", "same-site"):
                foreign = with_cookies.open(
                    path, method=verb, data={"form_token": own.group(1)}, headers={"Sec-Fetch-Site": site_of}
                )
                assert foreign.status_code == 403, path


FOR_EVERYBODY = {"lre.status_json"}
"""What is the same for everybody, and may be kept for a while."""


def test_every_page_forbids_frames_sniffing_referrers_and_keeping(busy: ThrowawaySite) -> None:
    """F10.02, F10.06: each route's headers, whatever it answers."""
    letter = busy.letter()
    for rule in rules(busy):
        if "GET" not in (rule.methods or set()):
            continue
        answer = busy.client().get(path_of(rule, number=letter.number))
        policy = answer.headers.get("Content-Security-Policy", "")
        assert "frame-ancestors 'none'" in policy, rule.rule
        assert answer.headers["X-Frame-Options"] == "DENY", rule.rule
        assert answer.headers["X-Content-Type-Options"] == "nosniff", rule.rule
        assert answer.headers["Referrer-Policy"] == "no-referrer", rule.rule
        kept = "public" if rule.endpoint in FOR_EVERYBODY else "no-store"
        assert kept in answer.headers["Cache-Control"], rule.rule
        answer.close()


OPEN_REDIRECTS = (
    "//e.example",
    "/\\e.example",
    "/%09/e.example",
    "https:e.example",
    "https://e.example@x",
    "/\r\nX: y",
    "/。e.example",
)


def test_no_page_leads_away(busy: ThrowawaySite) -> None:
    """F10.03: whatever stands in `next`, in a view's question or in a cursor, redirects stay at home."""
    client = busy.client()
    for evil in OPEN_REDIRECTS:
        for path in ("/lre/", "/lre/deposit", "/lre/verify", "/lre/r", "/lre/consents"):
            for name in ("next", "before", "of", "q", "lang", "draft", "to"):
                answer = client.get(path, query_string={name: evil})
                _stays_home(answer)
        _stays_home(send_form(client, "/lre/views", "/lre/deposit", name="x", query=evil))
        _stays_home(client.post("/lre/deposit/draft", data={"next": evil}))


def _stays_home(answer: TestResponse) -> None:
    place = answer.headers.get("Location", "/")
    assert place.startswith("/"), place
    assert not place.startswith(("//", "/\\")), place
    assert "\r" not in place
    assert "\n" not in place


def test_no_unsafe_act_is_done_by_another_verb(busy: ThrowawaySite) -> None:
    """F10.04: GET and HEAD of what takes forms only, and override headers, are refused or do nothing."""
    letter = deposit_sample(busy.office)
    before = len(busy.office.reading.timeline(letter.id))
    for rule in rules(busy):
        methods = rule.methods or set()
        path = path_of(rule, number=letter.number)
        if not methods & {"GET"}:
            for verb in ("GET", "HEAD", "PUT", "DELETE", "PATCH", "TRACE"):
                answer = busy.client().open(path, method=verb)
                # Another rule of the same address may answer it: as a page, which is no act.
                assert answer.status_code in {
                    303,
                    401,
                    404,
                    405,
                    *(() if verb != "GET" and verb != "HEAD" else (200,)),
                }, path
        for header in ("X-HTTP-Method-Override", "X-Method-Override"):
            busy.client().get(path, headers={header: "POST"}, query_string={"_method": "POST"}).close()
    assert len(busy.office.reading.timeline(letter.id)) == before


def test_a_letter_answers_a_stranger_as_if_it_were_not_there(busy: ThrowawaySite) -> None:
    """F10.05: every route that names an object, by another sender and by nobody at all."""
    letter, mine = busy.letter(), busy.actor
    named = [rule for rule in rules(busy) if "number" in rule.arguments]
    assert len(named) > 6
    try:
        for rule in named:
            known, unknown = (
                path_of(rule, number=n, kind="deposit") for n in (letter.number, "0000-0000-0000-0000")
            )
            busy.actor = Actor(ref="eve", name="Eve", email="eve@example.org")
            for verb in (rule.methods or set()) & {"GET", "POST"}:
                client = busy.client()
                if verb == "GET":
                    ours, theirs = client.get(known), client.get(unknown)
                else:
                    ours, theirs = (
                        send_form(client, each, "/lre/deposit", email="a@b.example", body="x")
                        for each in (known, unknown)
                    )
                assert (ours.status_code, ours.text) == (theirs.status_code, theirs.text), rule.rule
                assert ours.status_code == 404, rule.rule
            busy.actor = None
            if "GET" in (rule.methods or set()):
                assert busy.client().get(known).status_code == 401, rule.rule
    finally:
        busy.actor = mine


def test_names_are_text_on_every_page_they_come_to(site: ThrowawaySite) -> None:
    """F10.08: recipient, subject, reference, note, view, draft, search; braces in them stay literal."""
    letter = deposit_sample(
        site.office,
        recipient=Recipient(name=EVIL[:200], email="x@example.net"),
        subject=EVIL[:200],
        reference=EVIL[:100],
    )
    site.office.run_until_idle()
    client, page = site.client(), f"/lre/letters/{letter.number}"
    send_form(client, f"{page}/notes", page, body=EVIL)
    send_form(client, "/lre/views", "/lre/deposit", name=EVIL[:60], query="q=x")
    send_form(client, "/lre/deposit/draft", "/lre/deposit", name=EVIL, subject=EVIL)
    send_form(
        client,
        "/lre/deposit/look",
        "/lre/deposit",
        name=EVIL,
        subject=EVIL,
        product="simple",
        email="a@b.example",
    )
    shown = [
        client.get(path).text for path in ("/lre/", page, "/lre/drafts", f"/lre/deposit?to={letter.number}")
    ]
    shown.append(
        client.get("/lre/", query_string={"q": EVIL, "since": EVIL, "state": EVIL, "product": EVIL}).text
    )
    shown.append(
        send_form(client, "/lre/deposit/look", "/lre/deposit", name=EVIL, subject=EVIL, product="simple").text
    )
    for text in shown:
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert "{{7*7}}" in text or "&#34;" in text or "49" not in text
    reader = site.identified(letter)
    send_form(reader, "/lre/r/accept")
    for path in ("/lre/r/letter", "/lre/r/past"):
        assert "<script>alert" not in reader.get(path).text


def test_a_file_name_leads_nowhere_when_everything_is_unpacked(site: ThrowawaySite, tmp_path: Path) -> None:
    """F11.06: the one file for the recipient holds plain names below its own folders."""
    import io
    import zipfile

    from lre_kit.letters.values import Upload
    from lre_kit.testing.office import SMALL_PDF

    names = ("../../up.pdf", "..\\..\\up.pdf", "/etc/passwd.pdf", "C:evil.pdf", "a" * 180 + ".pdf")
    uploads = [Upload(name=name, stream=io.BytesIO(SMALL_PDF)) for name in names]
    letter = site.letter(documents=uploads, reference="INTERNAL-REF")
    reader = site.identified(letter)
    assert reader.get("/lre/r/everything.zip").status_code == 403
    send_form(reader, "/lre/r/accept")
    site.office.run_until_idle()
    answer = reader.get("/lre/r/everything.zip")
    archive = zipfile.ZipFile(io.BytesIO(answer.data))
    answer.close()
    for name in archive.namelist():
        assert re.fullmatch(r"(documents|proofs)/[^/\\:]+", name), name
        assert not name.split("/")[1].startswith("."), name
    assert sum(name.startswith("documents/") for name in archive.namelist()) == len(names)
    inner = zipfile.ZipFile(io.BytesIO(archive.read(f"proofs/{letter.number}-bundle.zip")))
    assert all(b"INTERNAL-REF" not in inner.read(name) for name in inner.namelist())


def test_other_letters_are_shown_to_the_mailboxs_reader_alone(site: ThrowawaySite) -> None:
    """Without a code nothing is listed; a waiting letter keeps its sender; opening one asks a code anew."""
    waiting, here = site.letter(product="qualified"), site.letter()
    strange = site.letter(recipient=Recipient(name="Eve", email="eve@example.org"))
    client = site.client()
    client.get(site.link(here))
    assert client.get("/lre/r/past").status_code == 303
    reader = site.identified(here)
    page = reader.get("/lre/r/past?lang=en").text
    assert waiting.number in page
    assert strange.number not in page
    assert SENDER.name not in page
    assert send_form(reader, "/lre/r/past", "/lre/r/past", number=strange.number).status_code == 404
    assert send_form(reader, "/lre/r/past", "/lre/r/past", number=waiting.number).status_code == 303
    turned = reader.get("/lre/r?lang=en").text
    assert waiting.number in turned
    assert 'action="/lre/r/code"' in turned


def test_a_code_for_one_letter_names_no_sender_of_a_qualified_one_that_was_received(
    site: ThrowawaySite,
) -> None:
    """A mailbox's reader showed less than its recipient did: the name stays where it was disclosed."""
    other = Sender(ref="other", name="Cabinet Discret", email="discret@example.org")
    known = Sender(ref="known", name="Maison Ouverte", email="ouverte@example.org")
    qualified = site.letter(product="qualified", sender=other)
    plain, here = site.letter(sender=known), site.letter()
    strong = replace(
        identify(site.office, qualified),
        level=Level.SUBSTANTIAL,
        categories=(Category.KNOWLEDGE, Category.POSSESSION),
    )
    site.office.desk.accept(qualified.id, strong)
    site.office.desk.accept(plain.id, identify(site.office, plain))
    page = site.identified(here).get("/lre/r/past?lang=en").text
    assert qualified.number in page
    assert other.name not in page
    assert known.name in page


def test_not_for_me_stops_reminders_and_tells_the_sender_nothing(site: ThrowawaySite) -> None:
    letter = site.letter()
    client = site.client()
    client.get(site.link(letter))
    assert (
        send_form(
            client, "/lre/r/not-for-me", "/lre/r/not-for-me", begins="xxxx", letter=letter.number
        ).status_code
        == 422
    )
    assert site.office.misdirected.said_at(letter.id) is None
    said = send_form(
        client,
        "/lre/r/not-for-me",
        "/lre/r/not-for-me",
        begins=letter.number[:4].lower(),
        letter=letter.number,
    )
    assert said.status_code == 303
    assert site.office.misdirected.said_at(letter.id) is not None
    assert "taken down" in client.get("/lre/r/not-for-me?lang=en").text
    sent = len(site.courier.messages)
    before = site.client().get(f"/lre/letters/{letter.number}").text
    site.clock.advance(timedelta(days=14))
    site.office.run_until_idle()
    assert len(site.courier.messages) == sent, "a reminder left"
    assert "not for" not in before.lower()
    site.clock.advance(timedelta(days=3))
    site.office.run_until_idle()
    assert site.office.reading.by_id(letter.id).phase is Phase.UNCLAIMED


def test_who_read_the_address_before_its_correction_can_do_nothing_more(site: ThrowawaySite) -> None:
    """A code, a link and a word of the wrong mailbox's reader count for nothing once it is corrected."""
    office, letter = site.office, site.letter()
    begins, said = letter.number[:4], "/lre/r/not-for-me"
    wrong, guessing = site.identified(letter), site.client()
    guessing.get(site.link(letter))
    assert send_form(wrong, said, said, begins=begins, letter=letter.number).status_code == 303
    send_form(guessing, "/lre/r/code")
    code = site.code()
    office.desk.correct_address(letter.id, "right@example.org", actor={"role": "sender"})
    assert office.misdirected.said_at(letter.id) is None, "the new reader said nothing"
    hers = site.letter(recipient=Recipient(name="Right", email="right@example.org"))
    for act in ("accept", "refuse"):
        assert send_form(wrong, f"/lre/r/{act}", confirmation="REFUSER").status_code == 403
    assert send_form(guessing, "/lre/r/identify", code=code).status_code == 403
    assert wrong.get("/lre/r/past").status_code == 303
    assert hers.number not in wrong.get("/lre/r/past", follow_redirects=True).text
    office.run_until_idle()
    for client in (wrong, guessing):
        assert send_form(client, said, said, begins=begins, letter=letter.number).status_code == 422
    assert office.misdirected.said_at(letter.id) is None
    assert office.reading.by_id(letter.id).phase is Phase.NOTIFIED
    right = site.client()
    right.get(site.link(office.reading.by_id(letter.id)))
    assert send_form(right, said, said, begins=begins, letter=letter.number).status_code == 303
    right = site.identified(office.reading.by_id(letter.id))
    assert hers.number in right.get("/lre/r/past").text
    assert send_form(right, "/lre/r/accept").status_code == 303
    assert office.reading.by_id(letter.id).phase is Phase.RECEIVED


def test_an_address_that_is_corrected_while_somebody_accepts_refuses_them(site: ThrowawaySite) -> None:
    from lre_kit.errors import RequirementError

    office, letter = site.office, site.letter()
    identified = identify(office, letter)
    office.desk.correct_address(letter.id, "right@example.org", actor={"role": "sender"})
    with pytest.raises(RequirementError, match="corrected meanwhile"):
        office.desk.accept(letter.id, identified, email=letter.recipient.email)
    assert office.reading.by_id(letter.id).phase is Phase.NOTIFIED
