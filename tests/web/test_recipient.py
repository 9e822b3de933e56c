# ruff: noqa: E501 - a table reads better whole
"""The recipient's way, with a person at the other end and with robots."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from lre_kit.letters.phases import Phase
from lre_kit.testing.office import SENDER, SMALL_PDF
from lre_web.testing import ThrowawaySite, send_form


def test_from_notice_to_reading(site: ThrowawaySite) -> None:
    letter = site.letter()
    client = site.client()
    followed = client.get(site.link(letter))
    assert followed.status_code == 303
    assert site.office.links.token(letter.id) not in followed.headers["Location"]
    page = client.get("/lre/r?lang=en").text
    assert "Nothing is decided yet" in page
    assert "Paris time" in page
    assert SENDER.name not in page
    send_form(client, "/lre/r/code")
    assert send_form(client, "/lre/r/identify", code=site.code().lower()).status_code == 303
    accepted = send_form(client, "/lre/r/accept")
    assert accepted.headers["Location"].endswith("/lre/r/letter")
    reading = client.get("/lre/r/letter").text
    assert SENDER.name in reading
    document = client.get("/lre/r/documents/1")
    assert document.data == SMALL_PDF
    assert document.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in document.headers["Content-Security-Policy"]
    site.office.run_until_idle()
    assert client.get("/lre/r/proofs/receipt.pdf").data.startswith(b"%PDF")


def test_refusing_asks_for_the_typed_word_and_hides_the_sender_for_good(site: ThrowawaySite) -> None:
    letter = site.letter()
    client = site.identified(letter)
    assert send_form(client, "/lre/r/refuse").status_code == 422
    assert site.office.reading.by_id(letter.id).phase is Phase.NOTIFIED
    send_form(client, "/lre/r/refuse", confirmation="refuser")
    assert site.office.reading.by_id(letter.id).phase is Phase.REFUSED
    for path in ("/lre/r", "/lre/r/letter", "/lre/r/documents/1"):
        answer = client.get(path)
        assert SENDER.name not in answer.text
        assert SMALL_PDF not in answer.data


def test_robots_change_nothing_and_the_person_can_still_accept(site: ThrowawaySite) -> None:
    """F9.02: twenty GET, HEAD, OPTIONS, prefetches, and every form."""
    letter = site.letter()
    before = site.office.reading.timeline(letter.id)
    robot = site.client()
    for _ in range(20):
        robot.get(site.link(letter), follow_redirects=True)
    robot.head(site.link(letter))
    robot.options(site.link(letter))
    robot.get(site.link(letter), headers={"Purpose": "prefetch", "Sec-Purpose": "prefetch"})
    robot.get(site.link(letter))
    for path, fields in (
        ("code", {}), ("identify", {"code": "0000-0000"}), ("accept", {}), ("refuse", {"confirmation": "REFUSER"}),
    ):  # fmt: skip
        send_form(robot, f"/lre/r/{path}", **fields)
        for method in ("get", "head", "put", "delete", "patch"):
            assert getattr(robot, method)(f"/lre/r/{path}").status_code in {403, 404, 405}
    assert site.office.reading.timeline(letter.id) == before
    send_form(site.identified(letter), "/lre/r/accept")
    assert site.office.reading.by_id(letter.id).phase is Phase.RECEIVED


def test_steps_cannot_be_skipped(site: ThrowawaySite) -> None:
    """F9.14."""
    letter, client = site.letter(), site.client()
    client.get(site.link(letter))
    for path in ("accept", "refuse"):
        assert send_form(client, f"/lre/r/{path}", confirmation="REFUSER").status_code == 403
    assert client.get("/lre/r/letter").status_code == 403
    assert client.get("/lre/r/documents/1").status_code == 403
    assert site.office.reading.by_id(letter.id).phase is Phase.NOTIFIED


def test_an_identification_is_for_one_letter(site: ThrowawaySite) -> None:
    """F9.06."""
    first, second = site.letter(), site.letter()
    client = site.identified(first)
    client.get(site.link(second))
    assert send_form(client, "/lre/r/accept").status_code == 403
    assert site.office.reading.by_id(second.id).phase is Phase.NOTIFIED


def test_an_identification_grows_old(site: ThrowawaySite) -> None:
    """F9.13."""
    letter = site.letter()
    client = site.identified(letter)
    site.clock.advance(timedelta(seconds=site.office.settings.session_ttl_s + 1))
    assert send_form(client, "/lre/r/accept").status_code == 403


def test_a_forged_or_foreign_link_leads_nowhere(site: ThrowawaySite) -> None:
    """F9.01."""
    client = site.client()
    for token in ("x", "..", "InhpZCI.abc", "a" * 500):
        assert client.get(f"/lre/r/{token}").status_code == 404
    assert client.get("/lre/r").status_code == 404


def test_a_link_shows_where_the_letter_stands_and_nothing_of_who_sent_it(site: ThrowawaySite) -> None:
    """F9.01: opened again, by others, by its reader after the end, and for another letter."""
    letter, other = site.letter(), site.letter()
    before = [site.office.reading.timeline(each.id) for each in (letter, other)]
    secrets = (SENDER.name, SENDER.email, "test.pdf", letter.documents[0].name)

    def shown(client: FlaskClient, link: str) -> str:
        page = client.get(link, follow_redirects=True)
        told = page.text + str(page.headers)
        assert [each for each in secrets if each in told] == []
        for path in ("/lre/r/letter", "/lre/r/documents/1", "/lre/r/proofs/receipt.pdf"):
            assert client.get(path).status_code in {403, 404}
        return page.text

    reader, stranger = site.client(), site.client()
    for client in (reader, stranger, reader):
        assert "Nothing is decided yet" in shown(client, f"{site.link(letter)}?lang=en")
        shown(client, site.link(other))
    assert [site.office.reading.timeline(each.id) for each in (letter, other)] == before
    send_form(site.identified(letter), "/lre/r/accept")
    assert SENDER.name not in shown(stranger, site.link(letter))
    site.clock.advance(timedelta(days=17))
    site.office.run_until_idle()
    for link in (site.link(letter), site.link(other)):
        shown(stranger, link)
    assert site.office.reading.by_id(letter.id).phase is Phase.RECEIVED
    assert site.office.reading.by_id(other.id).phase is Phase.UNCLAIMED


def test_after_the_end_the_page_says_so(site: ThrowawaySite) -> None:
    letter = site.letter()
    client = site.identified(letter)
    site.clock.advance(timedelta(days=17))
    assert client.get("/lre/r?lang=en").text.count("not claimed") >= 1
    site.office.run_until_idle()
    assert send_form(client, "/lre/r/accept").status_code in {403, 409}
    assert site.office.reading.by_id(letter.id).phase is Phase.UNCLAIMED


def test_wrong_codes_end_and_say_so_in_one_sentence(site: ThrowawaySite) -> None:
    letter, client = site.letter(), site.client()
    client.get(site.link(letter))
    send_form(client, "/lre/r/code")
    right = site.code()
    texts = set()
    for _ in range(site.office.settings.code_attempts_max):
        answer = send_form(client, "/lre/r/identify", code="00000000")
        assert answer.status_code == 403
        texts.add(answer.text.split("summary")[1][:300])
    assert send_form(client, "/lre/r/identify", code=right).status_code == 403
    assert len(texts) == 1


def test_the_same_code_sent_many_times_at_once_works_once(site: ThrowawaySite) -> None:
    """F9.03."""
    letter = site.letter()
    site.office.identification.send_code(letter.id)
    code = site.code()

    def guess(_: int) -> bool:
        from lre_kit.errors import LreError

        try:
            site.office.identification.check_code(letter.id, code)
        except LreError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(guess, range(16))) == 1


@pytest.mark.parametrize("attack", ["no token", "other browser", "other site", "stale"])
def test_a_form_from_elsewhere_is_refused(site: ThrowawaySite, attack: str) -> None:
    letter = site.letter()
    client = site.identified(letter)
    headers = {}
    if attack == "no token":
        answer = client.post("/lre/r/accept", data={})
    elif attack == "other browser":
        other = site.client()
        other.get(site.link(letter))
        token = other.get("/lre/r").text.split('name="form_token" value="')[1].split('"')[0]
        answer = client.post("/lre/r/accept", data={"form_token": token})
    else:
        token = client.get("/lre/r").text.split('name="form_token" value="')[1].split('"')[0]
        headers = {"Sec-Fetch-Site": "cross-site"} if attack == "other site" else {}
        token = token if attack == "other site" else token[:-2] + "xx"
        answer = client.post("/lre/r/accept", data={"form_token": token}, headers=headers)
    assert answer.status_code == 403
    assert site.office.reading.by_id(letter.id).phase is Phase.NOTIFIED


@pytest.mark.parametrize(("language", "words"), [("fr", "Il vous est envoyé par"), ("en", "It is sent by")])
def test_a_notice_of_a_co_ownership_shows_its_sender_and_any_other_does_not(
    site: ThrowawaySite, language: str, words: str
) -> None:
    for matter in ("ordinary", "co_ownership"):
        letter = site.letter(product="qualified", matter=matter, language=language)
        client = site.client()
        client.get(site.link(letter))
        page = client.get("/lre/r", headers={"Accept-Language": language}).text
        assert (letter.sender.name in page) is (matter == "co_ownership")
        assert (words in page) is (matter == "co_ownership")
        assert letter.sender.email not in page
