"""The sender's pages, the extension's manners, and the headers of all of them."""

import gc
import io
import zipfile
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from lre_kit.errors import ConfigurationError
from lre_kit.testing.office import SMALL_PDF
from lre_web import LRE, Actor
from lre_web.testing import ThrowawaySite, send_form
from lre_web.texts import LANGUAGES, catalogue

FIELDS = {"name": "Jean Dupont", "email": "jean@example.net", "subject": "Bail", "language": "fr"}


def deposit(client: FlaskClient, *files: tuple[str, bytes], **fields: str) -> TestResponse:
    documents = [(io.BytesIO(content), name) for name, content in files]
    return send_form(client, "/lre/deposit", "/lre/deposit", documents=documents, **(FIELDS | fields))


def test_a_deposit_leads_to_its_page_with_timeline_and_proofs(site: ThrowawaySite) -> None:
    client = site.client()
    answer = deposit(client, ("bail.pdf", SMALL_PDF), ("note.txt", "Été".encode()))
    assert answer.status_code == 303
    site.office.run_until_idle()
    page = client.get(answer.headers["Location"] + "?lang=en").text
    for words in ("Deposit accepted", "Recipient notified", "bail.pdf", "note.txt", "Proof of deposit"):
        assert words in page
    assert "Bail" in client.get("/lre/").text
    number = answer.headers["Location"].rsplit("/", 1)[1]
    proof = client.get(f"/lre/letters/{number}/proofs/deposit.pdf")
    assert proof.data.startswith(b"%PDF")
    bundle = zipfile.ZipFile(io.BytesIO(client.get(f"/lre/letters/{number}/bundle.zip").data))
    assert "bundle/manifest.json" in bundle.namelist()
    assert client.get(f"/lre/letters/{number}/proofs/receipt.pdf").status_code == 404


@pytest.mark.parametrize(
    ("files", "fields", "status"),
    [
        ([], {}, 422),
        ([("a.pdf", b"")], {}, 422),
        ([("a.pdf", b"not one")], {}, 422),
        ([("a.exe", b"MZ\x00")], {}, 415),
        ([("a.pdf", SMALL_PDF)], {"email": "jean@"}, 422),
        ([("a.pdf", SMALL_PDF)], {"name": ""}, 422),
        ([("a.pdf", SMALL_PDF)], {"product": "registered"}, 422),
    ],
)
def test_bad_input_comes_back_with_the_form_filled_in(
    site: ThrowawaySite, files: list[tuple[str, bytes]], fields: dict[str, str], status: int
) -> None:
    answer = deposit(site.client(), *files, **fields)
    assert answer.status_code == status
    assert 'role="alert"' in answer.text
    assert f'value="{(FIELDS | fields)["subject"]}"' in answer.text
    assert site.office.reading.count() == 0


def test_the_same_form_sent_twice_deposits_once(site: ThrowawaySite) -> None:
    client = site.client()
    once = client.get("/lre/deposit").text.split('name="once" value="')[1].split('"')[0]
    places = {deposit(client, ("a.pdf", SMALL_PDF), once=once).headers["Location"] for _ in range(3)}
    assert len(places) == 1
    assert site.office.reading.count() == 1


# Werkzeug leaves the half-read upload's temporary file to the collector when it refuses the rest.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_form_above_the_limit_is_refused_before_it_is_read(tmp_path: Path) -> None:
    site = ThrowawaySite.open(tmp_path / "o", letter_max_bytes=1_000_000)
    with site.office:
        answer = deposit(site.client(), ("a.pdf", b"%PDF-" + b"x" * 4_000_000))
        assert answer.status_code == 413
        del answer
        gc.collect()


def test_another_sender_sees_nothing(site: ThrowawaySite) -> None:
    letter = site.letter()
    site.actor = Actor(ref="somebody-else", name="Eve", email="eve@example.org")
    client = site.client()
    unknown = client.get("/lre/letters/0000-0000-0000-0000")
    for path in ("", "/proofs/deposit.pdf", "/bundle.zip"):
        answer = client.get(f"/lre/letters/{letter.number}{path}")
        assert (answer.status_code, answer.text) == (404, unknown.text)
    assert letter.number not in client.get("/lre/").text


def test_nobody_logged_in_is_asked_to(site: ThrowawaySite) -> None:
    letter = site.letter()
    site.actor = None
    for path in ("/lre/", "/lre/deposit", f"/lre/letters/{letter.number}"):
        assert site.client().get(path).status_code == 401


def test_long_lists_are_paged(site: ThrowawaySite) -> None:
    from lre_kit.testing.office import deposit_sample

    numbers = {deposit_sample(site.office).number for _ in range(30)}
    client = site.client()
    first = client.get("/lre/?lang=en").text
    more = first.split('href="/lre/?before=')[1].split('"')[0]
    second = client.get(f"/lre/?before={more}").text
    shown = [{n for n in numbers if n in page} for page in (first, second)]
    assert [len(page) for page in shown] == [25, 5]
    assert client.get("/lre/?before=junk~x").status_code == 200


def test_hostile_names_are_text_everywhere(site: ThrowawaySite) -> None:
    from lre_kit.parties.values import Recipient

    evil = "<script>alert(1)</script>\"'{{7*7}}"
    letter = site.letter(recipient=Recipient(name=evil, email="a@example.net"), subject=evil)
    client = site.client()
    client.get(site.link(letter))
    for path in ("/lre/", f"/lre/letters/{letter.number}", "/lre/r"):
        text = client.get(path).text
        assert "<script>alert" not in text
        assert "49" not in text.split("</title>")[0]


def test_every_page_has_the_headers(site: ThrowawaySite) -> None:
    letter, client = site.letter(), site.client()
    client.get(site.link(letter))
    for path in ("/lre/", "/lre/deposit", f"/lre/letters/{letter.number}", "/lre/r", "/lre/r/x"):
        headers = client.get(path).headers
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"


def test_the_hosts_own_pages_are_left_alone(site: ThrowawaySite) -> None:
    @site.app.get("/own")
    def own() -> str:
        return "own"

    assert "Content-Security-Policy" not in site.client().get("/own").headers


def test_every_unsafe_route_wants_its_form_token(site: ThrowawaySite) -> None:
    client = site.client()
    routes = [r for r in site.app.url_map.iter_rules() if "POST" in (r.methods or set())]
    assert len(routes) >= 5
    for route in routes:
        # The API takes no cookie, so no form of another site can speak for anybody: it asks for a key.
        wanted = {401, 404} if route.endpoint.startswith("lre_api.") else {403}
        assert client.post(str(route)).status_code in wanted


def test_cookies_are_unreadable_to_scripts_and_stay_home(site: ThrowawaySite) -> None:
    client = site.client()
    answers = [client.get(site.link(site.letter())), client.get("/lre/deposit")]
    for answer in answers:
        for cookie in answer.headers.getlist("Set-Cookie"):
            assert "HttpOnly" in cookie
            assert "SameSite=Lax" in cookie
            assert "Secure" in cookie


def test_an_error_for_a_program_is_a_problem_document(site: ThrowawaySite) -> None:
    answer = site.client().get("/lre/letters/none", headers={"Accept": "application/json"})
    assert answer.content_type == "application/problem+json"
    assert answer.json is not None
    assert answer.json["type"] == "urn:lre-kit:problem:not-found"


def test_an_office_is_mounted_once_per_name_and_two_may_live_side_by_side(
    site: ThrowawaySite, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError, match="already"):
        LRE(site.app, office=site.office)
    with pytest.raises(ConfigurationError, match="no office"):
        LRE(Flask("empty"))
    other = ThrowawaySite.open(tmp_path / "second")
    with other.office:
        app = Flask("two")
        LRE(app, office=site.office, current_actor=lambda: site.actor, url_prefix="/one")
        LRE(app, office=other.office, current_actor=lambda: site.actor, url_prefix="/two", name="second")
        letter = site.letter()
        client = app.test_client()
        assert letter.number in client.get("/one/").text
        assert letter.number not in client.get("/two/").text


def test_every_word_is_there_in_both_languages() -> None:
    for language in LANGUAGES:
        assert all(catalogue(language).values())
    same = {name for name, text in catalogue("fr").items() if text == catalogue("en")[name]}
    assert same == {"documents", "menu"}


def test_a_host_may_replace_a_template(site: ThrowawaySite, tmp_path: Path) -> None:
    (tmp_path / "lre").mkdir()
    (tmp_path / "lre" / "no_letter.html").write_text("ours")
    app = Flask("host", template_folder=str(tmp_path))
    LRE(app, office=site.office)
    assert app.test_client().get("/lre/r").text == "ours"


def test_a_sender_corrects_the_address_and_takes_back_what_has_not_left(site: ThrowawaySite) -> None:
    client = site.client()
    number = deposit(client, ("a.pdf", SMALL_PDF)).headers["Location"].rsplit("/", 1)[1]
    page = f"/lre/letters/{number}?lang=en"
    assert "Take the letter back" in client.get(page).text
    wrong = send_form(client, f"/lre/letters/{number}/address?lang=en", page, email="jean@")
    assert wrong.status_code == 422
    assert 'value="jean@"' in wrong.text
    site.office.run_until_idle()
    assert "Take the letter back" not in client.get(page).text
    late = send_form(client, f"/lre/letters/{number}/withdraw?lang=en", page)
    assert late.status_code == 409
    assert "There is a problem" in late.text or "summary" in late.text
    good = send_form(client, f"/lre/letters/{number}/address", page, email="j.dupont@example.com")
    assert good.headers["Location"].endswith("done=address")
    assert "A notice is on its way" in client.get(f"{page}&done=address").text
    site.office.run_until_idle()
    assert "j.dupont@example.com" in client.get(page).text
    other = deposit(client, ("b.pdf", SMALL_PDF)).headers["Location"].rsplit("/", 1)[1]
    done = send_form(client, f"/lre/letters/{other}/withdraw", f"/lre/letters/{other}")
    assert done.status_code == 303
    site.office.run_until_idle()
    assert "La lettre est retirée." in client.get(done.headers["Location"] + "&lang=fr").text


def test_nobody_acts_on_the_letter_of_another_sender(site: ThrowawaySite) -> None:
    number = deposit(site.client(), ("a.pdf", SMALL_PDF)).headers["Location"].rsplit("/", 1)[1]
    site.actor = Actor(ref="another", name="Another", email="another@example.org")
    for act in ("address", "withdraw"):
        answer = send_form(site.client(), f"/lre/letters/{number}/{act}", "/lre/deposit", email="a@b.example")
        assert answer.status_code == 404
