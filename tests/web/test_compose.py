"""Writing a letter: drafts that nothing loses, the last look, the letter's own page with notes and news."""

import re
from datetime import timedelta
from io import BytesIO

import pytest

from lre_kit.clock import PARIS
from lre_kit.errors import NotFoundError
from lre_kit.preparing.drafts import LIFE
from lre_kit.testing.office import SENDER, SMALL_PDF, deposit_sample
from lre_web import Actor
from lre_web.testing import ThrowawaySite, send_form

FORM = "/lre/deposit"
TYPED = {"name": "Zoé <b>", "email": "zoe@example.net", "subject": "Congé", "product": "simple"}


def test_a_draft_is_kept_shown_and_gone_once_its_letter_is_deposited(site: ThrowawaySite) -> None:
    client = site.client()
    kept = send_form(client, "/lre/deposit/draft", FORM, **TYPED)
    assert kept.status_code == 303
    page = client.get(kept.headers["Location"]).text
    assert 'value="Zoé &lt;b&gt;"' in page
    assert "Zoé &lt;b&gt;" in client.get("/lre/drafts").text
    [draft] = site.office.preparing.drafts.of(SENDER.ref)
    # Kept again, it is the same draft.
    send_form(client, "/lre/deposit/draft", FORM, draft=draft.id, **(TYPED | {"subject": "Bail"}))
    [draft] = site.office.preparing.drafts.of(SENDER.ref)
    assert draft.fields["subject"] == "Bail"
    sent = send_form(client, FORM, FORM, draft=draft.id, documents=[(BytesIO(SMALL_PDF), "a.pdf")], **TYPED)
    assert sent.status_code == 303
    assert site.office.preparing.drafts.of(SENDER.ref) == ()


def test_a_draft_is_its_writers_alone(site: ThrowawaySite) -> None:
    """F10.05: another's draft answers like one that is not there."""
    send_form(site.client(), "/lre/deposit/draft", FORM, **TYPED)
    [draft] = site.office.preparing.drafts.of(SENDER.ref)
    site.actor = Actor(ref="eve", name="Eve", email="eve@example.org")
    client = site.client()
    foreign, unknown = (client.get(f"{FORM}?draft={one}") for one in (draft.id, "0" * 32))
    assert (foreign.status_code, foreign.text) == (404, unknown.text)
    send_form(client, f"/lre/drafts/{draft.id}/drop", FORM)
    send_form(client, "/lre/deposit/draft", FORM, draft=draft.id, **(TYPED | {"name": "Eve's"}))
    assert site.office.preparing.drafts.by_id(SENDER.ref, draft.id).fields["name"] == "Zoé <b>"


def test_a_draft_left_alone_goes_and_one_in_use_stays(site: ThrowawaySite) -> None:
    drafts = site.office.preparing.drafts
    left, used = (drafts.keep(SENDER.ref, {"name": name}) for name in ("left", "used"))
    site.clock.advance(LIFE / 2)
    drafts.keep(SENDER.ref, {"name": "used"}, draft_id=used.id)
    site.clock.advance(LIFE / 2 + timedelta(minutes=1))
    site.office.run_until_idle()
    with pytest.raises(NotFoundError):
        drafts.by_id(SENDER.ref, left.id)
    assert drafts.by_id(SENDER.ref, used.id)
    site.clock.advance(LIFE)
    site.office.run_until_idle()
    assert drafts.of(SENDER.ref) == ()


def test_a_form_that_was_open_too_long_comes_back_with_what_was_typed(site: ThrowawaySite) -> None:
    client = site.client()
    token = client.get(FORM).text.split('name="form_token" value="')[1].split('"')[0]
    site.clock.advance(timedelta(hours=13))
    from time import time
    from unittest.mock import patch

    with patch("itsdangerous.timed.time.time", return_value=time() + 13 * 3600):
        answer = client.post(FORM, data={"form_token": token, **TYPED})
    assert answer.status_code == 403
    assert 'value="Congé"' in answer.text
    assert site.office.reading.count() == 0


def test_the_last_look_shows_what_the_recipient_will_see_and_hides_the_sender(site: ThrowawaySite) -> None:
    client = site.client()
    page = send_form(
        client, "/lre/deposit/look", f"{FORM}?lang=en", **(TYPED | {"product": "qualified"})
    ).text
    before, after = page.split("3. The page, after acceptance")
    assert SENDER.name not in before
    assert SENDER.name in after
    assert "Congé" in after
    assert "missing: without it" in page
    assert "consents/ask" in page
    assert site.office.reading.count() == 0
    simple = send_form(client, "/lre/deposit/look", FORM, **TYPED).text
    assert "consents/ask" not in simple


def test_a_pre_notice_is_chosen_looked_at_and_told_beside_the_acts(site: ThrowawaySite) -> None:
    client = site.client()
    at = (site.clock() + timedelta(days=10)).astimezone(PARIS)
    asked = TYPED | {"notify_at": f"{at:%Y-%m-%dT%H:%M}", "pre_notice": "3"}
    look = send_form(client, "/lre/deposit/look", f"{FORM}?lang=en", **asked).text
    assert "a message without a link" in look
    too_late = send_form(client, "/lre/deposit/look", FORM, **(asked | {"pre_notice": "14"}))
    assert (too_late.status_code, "would have had to leave" in too_late.text) == (422, True)
    refused = send_form(
        client, FORM, FORM, documents=[(BytesIO(SMALL_PDF), "a.pdf")], **(asked | {"notify_at": ""})
    )
    assert (refused.status_code, site.office.reading.count()) == (422, 0)
    assert '<option value="3" selected>' in refused.text, "what was chosen stays chosen"
    sent = send_form(client, FORM, FORM, documents=[(BytesIO(SMALL_PDF), "a.pdf")], **asked)
    assert sent.status_code == 303
    page = client.get(f"{sent.headers['Location']}?lang=en").text
    assert "The recipient is told that it comes (pre-notice)" in page
    site.clock.advance(timedelta(days=8))
    site.office.run_until_idle()
    page = client.get(f"{sent.headers['Location']}?lang=en").text
    assert "The recipient was told that it comes (pre-notice)" in page
    assert "no time runs from it, and no proof is made of it" in page
    assert page.count('class="beside"') == 1


def test_notes_are_the_senders_alone_and_go_with_a_click(site: ThrowawaySite) -> None:
    letter = site.letter()
    client, page = site.client(), f"/lre/letters/{letter.number}"
    send_form(client, f"{page}/notes", page, body="Call <them>\nback")
    shown = client.get(page).text
    assert "Call &lt;them&gt;\nback" in shown
    assert send_form(client, f"{page}/notes", page, body="  ").status_code == 422
    reader = site.identified(letter)
    send_form(reader, "/lre/r/accept")
    assert "Call" not in reader.get("/lre/r/letter").text
    dropping = re.search(r'action="([^"]+/notes/\w+/drop)"', shown)
    assert dropping is not None
    send_form(client, dropping.group(1), page)
    assert "Call" not in client.get(page).text


def test_news_of_a_letter_end_at_once_and_stop_when_nothing_more_can_come(site: ThrowawaySite) -> None:
    letter = deposit_sample(site.office)
    client, place = site.client(), f"/lre/letters/{letter.number}/news"
    first = client.get(place)
    assert first.mimetype == "text/event-stream"
    assert "retry: " in first.text
    site.office.run_until_idle()
    second = client.get(place)
    assert second.text != first.text
    site.clock.advance(timedelta(days=17))
    site.office.run_until_idle()
    last = client.get(place)
    sign = last.text.split("id: ")[1].split("\n")[0]
    assert client.get(place, headers={"Last-Event-ID": sign}).status_code == 204
    page = client.get(f"/lre/letters/{letter.number}?lang=en").text
    assert sign in page
    assert "Proofs kept at least until" in page
