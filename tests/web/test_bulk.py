"""The pages for letters in bulk."""

import io
import re
from typing import Any

import pytest
from werkzeug.test import TestResponse

from lre_kit.testing.office import SMALL_PDF
from lre_web.extension import Actor
from lre_web.testing import ThrowawaySite, send_form

TABLE = b"email,name,reference\na@example.net,Ada,1\nb@example.net,Bob,2\n"


def sent(site: ThrowawaySite, raw: bytes = TABLE, **fields: Any) -> TestResponse:
    client = site.client()
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    files = {
        "table": (io.BytesIO(raw), "recipients.csv"),
        "documents": (io.BytesIO(SMALL_PDF), "a.pdf"),
    }
    return send_form(client, "/lre/bulk", "/lre/bulk", **({"title": "Spring"} | files | fields))


def page(site: ThrowawaySite, path: str, language: str = "en") -> str:
    return site.client().get(path, headers={"Accept-Language": language}).text


def act(site: ThrowawaySite, one: str, name: str) -> TestResponse:
    return send_form(site.client(), f"{one}/{name}", one)


def test_a_table_is_checked_confirmed_and_sent(site: ThrowawaySite) -> None:
    answer = sent(site)
    assert answer.status_code == 303, answer.text
    one = answer.location
    shown = page(site, one)
    assert "Send these 2 letters" in shown
    assert "Spring" in shown
    site.office.run_until_idle()
    assert site.office.reading.all_letters() == [], "nothing leaves before it is confirmed"
    assert act(site, one, "start").status_code == 303
    assert "Under way" in page(site, one)
    site.office.run_until_idle()
    assert "Finished" in page(site, one)
    assert len(site.office.reading.all_letters()) == 2
    result = site.client().get(f"{one}/result.csv")
    assert result.mimetype == "text/csv"
    assert result.text.count(",sent,") == 2
    assert "Terminé" in page(site, "/lre/bulk", "fr")


def test_every_bad_line_is_told_and_nothing_is_kept(site: ThrowawaySite) -> None:
    answer = sent(site, TABLE + b"<b>x</b>,Eve\n")
    assert answer.status_code == 422
    assert "Line 4" in answer.text
    assert "<b>x</b>" not in answer.text
    assert site.office.bulk.of(site.actor.ref if site.actor else "") == []


@pytest.mark.parametrize(
    "fields",
    [
        {"table": (io.BytesIO(b""), "")},
        {"encoding": "latin-9"},
        {"product": "nothing"},
        {"documents": (io.BytesIO(b"MZ"), "a.exe")},
    ],
)
def test_a_form_that_lacks_something_says_what(site: ThrowawaySite, fields: dict[str, Any]) -> None:
    answer = sent(site, **fields)
    assert 400 <= answer.status_code < 500
    assert 'role="alert"' in answer.text


def test_somebody_else_finds_nothing(site: ThrowawaySite) -> None:
    one = sent(site).location
    site.actor = Actor(ref="other", name="Other", email="other@example.org")
    assert site.client().get(one).status_code == 404
    assert site.client().get(f"{one}/result.csv").status_code == 404
    for name in ("start", "pause", "stop"):
        assert send_form(site.client(), f"{one}/{name}", "/lre/bulk").status_code == 404
    assert "Spring" not in page(site, "/lre/bulk")
    site.actor = None
    assert site.client().get("/lre/bulk").status_code == 401


def test_it_is_paused_resumed_and_stopped(site: ThrowawaySite) -> None:
    one = sent(site).location
    act(site, one, "start")
    assert act(site, one, "pause").status_code == 303
    assert "Go on" in page(site, one)
    site.office.run_until_idle()
    assert site.office.reading.all_letters() == []
    act(site, one, "start")
    act(site, one, "stop")
    site.office.run_until_idle()
    assert site.office.reading.all_letters() == []
    assert "Stopped" in page(site, one)
    assert send_form(site.client(), f"{one}/start", "/lre/bulk").status_code == 409


def test_qualified_letters_ask_for_the_senders_identity_when_they_are_sent(site: ThrowawaySite) -> None:
    one = sent(site, product="qualified").location
    answer = act(site, one, "start")
    assert answer.status_code == 403
    assert re.search(r'role="alert"', answer.text)
    site.office.run_until_idle()
    assert site.office.reading.all_letters() == []
