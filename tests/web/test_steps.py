"""No order of acts, no header and no robot gets further than a person who goes the way (F9)."""

import re
from itertools import permutations
from typing import Any

import pytest
from playwright.sync_api import Browser, Error

from lre_kit.letters.phases import Phase
from lre_web.testing import ThrowawaySite, send_form

ACTS = ("ask", "identify", "accept", "refuse", "read")


def test_no_order_of_acts_leads_past_a_step(site: ThrowawaySite) -> None:
    """F9.14: every order of the five acts, against what each may do (P2, P3)."""
    for order in permutations(ACTS):
        letter, client = site.letter(), site.client()
        client.get(site.link(letter))
        asked = shown = False
        phase = Phase.NOTIFIED
        for act in order:
            code = site.code() if asked and act == "identify" else "0000-0000"
            if act == "read":
                status = client.get("/lre/r/documents/1").status_code
            else:
                path = {"ask": "code"}.get(act, act)
                sent = send_form(client, f"/lre/r/{path}", code=code, confirmation="REFUSER")
                status = sent.status_code
            ended = phase is not Phase.NOTIFIED
            if act == "ask":
                asked = asked or status == 303
            elif act == "identify":
                shown = shown or (asked and status == 303)
            elif act == "read":
                assert (status == 200) is (shown and phase is Phase.RECEIVED), order
            else:
                done = Phase.RECEIVED if act == "accept" else Phase.REFUSED
                if shown and not ended:
                    assert status == 303, order
                    phase = done
                elif phase is not done:
                    assert status in {403, 409}, order
            assert site.office.reading.by_id(letter.id).phase is phase, order


HEADERS: list[dict[str, Any]] = [
    {"Host": "evil.example"},
    {"Host": "localhost", "X-Forwarded-Host": "evil.example"},
    {"X-Forwarded-Server": "evil.example", "Forwarded": "host=evil.example;proto=http"},
    {
        "X-Original-URL": "http://evil.example/",
        "X-Rewrite-URL": "/evil.example",
        "Referer": "http://evil.example/",
    },
    {
        "X-Forwarded-Prefix": "//evil.example",
        "X-Host": "evil.example",
        "X-HTTP-Host-Override": "evil.example",
    },
]


@pytest.mark.parametrize("headers", HEADERS)
def test_no_header_puts_a_foreign_host_into_a_mail_or_a_page(
    site: ThrowawaySite, headers: dict[str, str]
) -> None:
    """F9.09: links are made from the settings only."""
    letter, client = site.letter(), site.client()
    page = client.get(site.link(letter), headers=headers, follow_redirects=False)
    assert "evil.example" not in page.headers.get("Location", "").replace("http://evil.example/lre/", "/lre/")
    token = re.search(r'name="form_token" value="([^"]+)"', client.get("/lre/r", headers=headers).text)
    assert token is not None
    client.post("/lre/r/code", data={"form_token": token.group(1)}, headers=headers)
    send_form(client, "/lre/deposit", name="X Y", email="x@example.net")
    for path in ("/lre/r", "/lre/", "/lre/deposit", "/lre/verify"):
        assert "evil.example" not in client.get(path, headers=headers).text
    for place in range(len(site.courier.messages)):
        assert "evil.example" not in site.courier.messages[place].as_string()


def test_a_robot_with_a_browser_clicks_and_sends_everything_and_decides_nothing(
    browser: Browser, served: ThrowawaySite
) -> None:
    """F9.02: every link and every form with its token, by a browser that runs scripts."""
    letter = served.letter(product="simple")
    before = served.office.reading.timeline(letter.id)
    page = browser.new_page()
    start = served.noticed_link(letter)
    seen: set[str] = set()
    waiting = [start]
    while waiting and len(seen) < 30:
        address = waiting.pop()
        if address in seen or not address.startswith(served.origin) or "/mailbox" in address:
            continue
        seen.add(address)
        try:
            page.goto(address, wait_until="load")
        except Error as error:
            assert "Download is starting" in error.message  # noqa: PT017 - what else goes wrong is a failure
            continue
        waiting += page.eval_on_selector_all("a[href]", "all => all.map(each => each.href)")
        for place in range(page.locator("form").count()):
            page.goto(address)
            form = page.locator("form").nth(place)
            if form.count() == 0 or form.locator("input[type=file]").count():
                continue
            for field in form.locator(
                "input:not([type=hidden]):not([type=checkbox]):not([type=radio])"
            ).all():
                if field.is_visible():
                    field.fill("REFUSER")
            button = form.locator("button").first
            if button.count() and button.is_visible():
                button.click()
                page.wait_for_load_state()
                seen.add(page.url)
    page.close()
    assert len(seen) > 2
    assert served.office.reading.timeline(letter.id) == before
    assert served.office.reading.by_id(letter.id).phase is Phase.NOTIFIED
    send_form(served.identified(letter), "/lre/r/accept")
    assert served.office.reading.by_id(letter.id).phase is Phase.RECEIVED


def test_whatever_is_wrong_with_a_code_the_page_is_the_same(site: ThrowawaySite) -> None:
    """F9.08: the bodies differ in nothing but tokens and times."""
    letter = site.letter()

    def answer(code: str, *, ask: bool = True) -> tuple[int, str]:
        client = site.client()
        client.get(site.link(letter))
        if ask:
            send_form(client, "/lre/r/code")
        told = send_form(client, "/lre/r/identify", code=code)
        return told.status_code, re.sub(r'value="[^"]*"', "", told.text)

    client = site.client()
    client.get(site.link(letter))
    send_form(client, "/lre/r/code")
    used = site.code()
    send_form(client, "/lre/r/identify", code=used)
    assert len({answer(code) for code in (used, "0000-0000", "ZZZZ-ZZZZ", "abc")}) == 1
