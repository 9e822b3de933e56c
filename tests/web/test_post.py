"""The pages of letters on paper: deposit, preview, tracking, the recipient's choice."""

import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from lre_kit.law.paper import PrintOptions
from lre_kit.letters.commands import PaperFile
from lre_kit.letters.paper import PaperWish
from lre_kit.letters.phases import Phase
from lre_kit.letters.values import Upload
from lre_kit.postroom.values import CarrierNews
from lre_kit.testing.office import SENDER
from lre_kit.testing.post import ON_PAPER, deposit_on_paper, posted
from lre_kit.testing.printable import printable_pdf, unprintable_pdfs
from lre_web.testing import ThrowawaySite, send_form

FIELDS = {
    "name": "Jean Dupont",
    "email": "jean@example.net",
    "subject": "Bail",
    "language": "fr",
    "product": "hybrid",
    "postal": "M JEAN DUPONT\n12 rue des Lilas\n75002 Paris",
    "country": "FR",
    "duplex": "1",
}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[ThrowawaySite]:
    made = ThrowawaySite.open(tmp_path / "o", post_provider="spool")
    with made.office:
        yield made


def deposit(
    client: FlaskClient, path: str = "/lre/deposit", *, pdf: bytes = b"", **fields: str
) -> TestResponse:
    documents = [(io.BytesIO(pdf or printable_pdf(2)), "lettre.pdf")]
    return send_form(client, path, "/lre/deposit", documents=documents, **(FIELDS | fields))


def test_a_letter_on_paper_is_deposited_and_followed_on_its_page(site: ThrowawaySite) -> None:
    client = site.client()
    answer = deposit(client)
    assert answer.status_code == 303
    letter = site.office.reading.letter(answer.headers["Location"].rsplit("/", 1)[1])
    item = posted(site.office, letter)
    site.office.post.tracking.take(item, CarrierNews(source="suivi", raw_code="ET1", label="<b>tri</b>"))
    scan = Upload(name="ar.png", stream=io.BytesIO(b"\x89PNG\r\n\x1a\n" + b"x" * 40))
    file = site.office.post.files.take(item, PaperFile.ACKNOWLEDGEMENT, scan)
    page = client.get(answer.headers["Location"]).text
    for words in ("Sur papier", "12 rue des Lilas", "75002 PARIS", "ET1", "&lt;b&gt;tri", file.digest_hex):
        assert words in page
    got = client.get(f"/lre/letters/{letter.number}/paper/{file.id}")
    assert got.data.startswith(b"\x89PNG")
    site.actor = None
    assert client.get(f"/lre/letters/{letter.number}/paper/{file.id}").status_code == 401


def test_the_preview_shows_the_print_and_deposits_nothing(site: ThrowawaySite) -> None:
    client = site.client()
    answer = deposit(client, "/lre/deposit/preview")
    assert answer.mimetype == "application/pdf"
    assert answer.data.startswith(b"%PDF")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert site.office.reading.count() == 0
    assert deposit(client, "/lre/deposit/preview", postal="").status_code == 422


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"postal": ""}, "adresse postale"),
        ({"postal": "M DUPONT\nParis"}, "adresse postale"),
        ({"product": "optimal", "choice_days": "40"}, "hors des bornes"),
        ({"product": "optimal", "choice_days": "-1"}, "de 1 à 15 jours"),
        ({"product": "optimal", "email": ""}, "adresse électronique"),
    ],
)
def test_what_is_missing_is_said_in_the_language_of_the_page(
    site: ThrowawaySite, fields: dict[str, str], words: str
) -> None:
    answer = deposit(site.client(), **fields)
    assert answer.status_code == 422
    assert words in answer.text
    assert site.office.reading.count() == 0


def test_a_document_that_cannot_be_printed_is_named_with_its_reason(site: ThrowawaySite) -> None:
    answer = deposit(site.client(), pdf=unprintable_pdfs()["not embedded"])
    assert answer.status_code == 422
    assert "lettre.pdf" in answer.text
    assert "polices" in answer.text


def test_whoever_needs_a_registered_letter_is_warned_before_a_simple_one(site: ThrowawaySite) -> None:
    client = site.client()
    answer = deposit(client, product="simple", needs="yes")
    assert answer.status_code == 422
    assert "une lettre recommandée" in answer.text
    assert deposit(client, product="simple", needs="yes", understood="1").status_code == 303
    assert deposit(client, product="hybrid", needs="yes").status_code == 303


def optimal(site: ThrowawaySite, **changes: object) -> FlaskClient:
    wish = PaperWish(options=PrintOptions(), choice_days=3)
    letter = deposit_on_paper(site.office, product="optimal", paper=wish, **changes)
    site.office.run_until_idle()
    client = site.client()
    client.get(site.link(letter))
    return client


def test_the_choice_page_names_both_ways_and_hides_the_sender(site: ThrowawaySite) -> None:
    client = optimal(site)
    page = client.get("/lre/r").text
    for words in ("Le recevoir ici", "Le recevoir sur papier", "par la poste"):
        assert words in page
    assert SENDER.name not in page
    assert "LILAS" not in page
    assert "Ce qui se passe, et quand" in page
    assert "CPCE" in page
    (letter,) = site.office.reading.letters(SENDER.ref)
    assert letter.phase is Phase.CHOOSING


def test_choosing_electronic_opens_a_window_of_its_own(site: ThrowawaySite) -> None:
    client = optimal(site)
    assert send_form(client, "/lre/r/choose", way="electronic").status_code == 303
    (summary,) = site.office.reading.letters(SENDER.ref)
    assert summary.phase is Phase.NOTIFIED
    send_form(client, "/lre/r/code")
    send_form(client, "/lre/r/identify", code=site.code())
    send_form(client, "/lre/r/accept")
    assert site.office.reading.by_id(summary.id).phase is Phase.RECEIVED
    site.clock.advance(timedelta(days=30))
    site.office.run_until_idle()
    assert site.office.reading.by_id(summary.id).phase is Phase.RECEIVED


def test_choosing_paper_sends_it_to_the_post_room_and_closes_the_electronic_way(site: ThrowawaySite) -> None:
    client = optimal(site)
    assert send_form(client, "/lre/r/choose", way="paper").status_code == 303
    (summary,) = site.office.reading.letters(SENDER.ref)
    assert summary.phase is Phase.PAPER_CHOSEN
    assert "sur papier, par la poste" in client.get("/lre/r").text
    again = send_form(client, "/lre/r/choose", page="/lre/deposit", way="electronic")
    assert again.status_code == 409
    item = posted(site.office, site.office.reading.by_id(summary.id))
    site.office.post.tracking.take(item, CarrierNews(source="maileva", raw_code="LP22"))
    assert site.office.reading.by_id(summary.id).phase is Phase.REFUSED_ON_PAPER
    details = [
        e.exhibit.record["Extensions"]["EventDetails"] for e in site.office.issuer.exhibits(summary.id)
    ]
    assert {"choice": "paper", "chosen_by": "recipient"} in details


def test_no_answer_in_time_sends_paper(site: ThrowawaySite) -> None:
    optimal(site)
    site.clock.advance(timedelta(days=3))
    site.office.run_until_idle()
    (summary,) = site.office.reading.letters(SENDER.ref)
    assert summary.phase is Phase.CHOOSING
    site.clock.advance(timedelta(days=1, hours=1))
    site.office.run_until_idle()
    assert site.office.reading.by_id(summary.id).phase is Phase.PAPER_CHOSEN
    details = [
        e.exhibit.record["Extensions"]["EventDetails"] for e in site.office.issuer.exhibits(summary.id)
    ]
    assert {"choice": "paper", "chosen_by": "clock"} in details


def test_whoever_cannot_be_told_gets_paper(site: ThrowawaySite) -> None:
    letter = deposit_on_paper(site.office, product="optimal", recipient=ON_PAPER)
    site.office.desk.notice_failed(letter.id, words="550 no such user")
    assert site.office.reading.by_id(letter.id).phase is Phase.NOTIFICATION_FAILED
    site.clock.advance(timedelta(days=7))
    duties = [duty for duty in site.office.agenda.claim(limit=50, lease=timedelta(minutes=1)) if duty.payload]
    for duty in duties:
        if duty.action == "close_window":
            site.office.duties.run(duty)
    assert site.office.reading.by_id(letter.id).phase is Phase.PAPER_CHOSEN
