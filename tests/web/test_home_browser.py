"""A sender's home and drafts in a real browser, on a desk and on a telephone: keys, views, documents."""

import re
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect
from pypdf import PdfWriter

from lre_kit.letters.phases import Phase
from lre_kit.parties.values import Recipient
from lre_kit.testing.accessibility import barriers
from lre_kit.testing.office import SENDER, deposit_sample
from lre_web.testing import ThrowawaySite

Opener = Callable[..., Page]

SIZES = pytest.mark.parametrize(
    "device",
    [
        pytest.param({"viewport": {"width": 1280, "height": 800}}, id="desk"),
        pytest.param(
            {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}, id="telephone"
        ),
    ],
)


def pdf(name: str) -> Any:
    writer, out = PdfWriter(), BytesIO()
    writer.add_blank_page(width=595, height=842)
    writer.write(out)
    return {"name": name, "mimeType": "application/pdf", "buffer": out.getvalue()}


def letters(served: ThrowawaySite, *names: str) -> None:
    for name in names:
        served.letter(recipient=Recipient(name=name, email=f"{name.casefold()}@example.net"), subject=name)


@SIZES
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_draft_begun_at_the_desk_is_finished_elsewhere_with_its_documents(
    opened: Opener, served: ThrowawaySite, device: dict[str, Any], *, scripts: bool
) -> None:
    subject = f"Congé {device['viewport']['width']} {scripts}"
    desk = opened("/lre/deposit", scripts=scripts)
    desk.fill("#name", "Zoé Martin")
    desk.fill("#email", "zoe@example.net")
    desk.fill("#subject", subject)
    desk.set_input_files("#documents", [pdf("congé.pdf"), pdf("annexe.pdf")])
    if not scripts:
        desk.locator("#draft-keep").click()
    expect(desk.locator("#kept-documents label")).to_have_count(2)
    assert not scripts or barriers(desk) == []

    other = opened("/lre/drafts", scripts=scripts, **device)
    other.get_by_role("link", name=re.compile(re.escape(subject))).click()
    expect(other.locator("#subject")).to_have_value(subject)
    expect(other.locator("#kept-documents label")).to_contain_text(["congé.pdf", "annexe.pdf"])
    other.locator("#kept-documents").get_by_label("annexe.pdf").uncheck()
    other.locator("#send").click()
    expect(other.get_by_role("heading", level=1)).to_have_text(subject)
    expect(other.get_by_text("congé.pdf").first).to_be_visible()
    expect(other.get_by_text("annexe.pdf")).to_have_count(0)
    assert subject not in {one.fields.get("subject") for one in served.office.preparing.drafts.of(SENDER.ref)}


def test_what_is_being_kept_does_not_leave_twice(opened: Opener, served: ThrowawaySite) -> None:
    """Whoever sends while documents are under way waits for them; nothing is sent two times."""
    page = opened("/lre/deposit")
    page.fill("#name", "Léa Petit")
    page.fill("#email", "lea@example.net")
    page.fill("#subject", "Une fois")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/deposit/draft", hold)
    page.set_input_files("#documents", [pdf("une-fois.pdf")])
    expect(page.locator("#send")).to_be_disabled()
    expect(page.locator("#status")).to_have_text("Your documents are being kept…")
    held[0].continue_()
    page.locator("#send").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Une fois")
    [letter] = [
        one for one in served.office.reading.letters(SENDER.ref, limit=50) if one.subject == "Une fois"
    ]
    assert [one.name for one in served.office.reading.letter(letter.number).documents] == ["une-fois.pdf"]


def test_the_list_is_worked_by_keys_alone(opened: Opener, served: ThrowawaySite) -> None:
    letters(served, "Anna", "Bruno", "Carla")
    page = opened("/lre/")
    key = page.keyboard
    rows = page.locator(".rows > li > a")
    key.press("j")
    expect(rows.nth(0)).to_be_focused()
    key.press("j")
    expect(rows.nth(1)).to_be_focused()
    key.press("x")
    expect(page.locator(".rows > li").nth(1).get_by_role("checkbox")).to_be_checked()
    key.press("k")
    expect(rows.nth(0)).to_be_focused()
    key.press("/")
    expect(page.locator("#q")).to_be_focused()
    key.type("jkx n?")
    expect(page.locator("#q")).to_have_value("jkx n?")
    key.press("Tab")
    key.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert barriers(page) == []
    page.get_by_role("dialog").get_by_role("checkbox").uncheck()
    key.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    # Single keys can be turned off, and stay off (WCAG 2.1.4); the list of them still opens.
    page.reload()
    key.press("j")
    expect(rows.nth(0)).not_to_be_focused()
    key.press("n")
    expect(page).to_have_url(f"{served.origin}/lre/")
    key.press("?")
    page.get_by_role("dialog").get_by_role("checkbox").check()
    key.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    key.press("n")
    expect(page).to_have_url(re.compile("/lre/deposit$"))


@SIZES
def test_a_view_is_kept_used_and_dropped(
    opened: Opener, served: ThrowawaySite, device: dict[str, Any]
) -> None:
    name = f"Dora {device['viewport']['width']}"
    letters(served, "Dora", "Emil")
    page = opened("/lre/", **device)
    page.fill("#q", "dora")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator(".rows")).not_to_contain_text("Emil")
    page.get_by_text("Keep this view", exact=True).first.click()
    page.fill("#view-name", name)
    page.locator("form[action$='/views'] button").click()
    page.goto(f"{served.origin}/lre/")
    expect(page.locator(".rows")).to_contain_text("Emil")
    page.get_by_role("link", name=name).click()
    expect(page.locator(".rows")).to_contain_text("Dora")
    expect(page.locator(".rows")).not_to_contain_text("Emil")
    assert barriers(page) == []
    page.locator(".chip", has_text=name).get_by_role("button").click()
    expect(page.get_by_role("link", name=name)).to_have_count(0)


@SIZES
def test_ticked_letters_give_their_proofs_and_are_taken_back_together(
    opened: Opener, served: ThrowawaySite, device: dict[str, Any]
) -> None:
    names = [f"{name}{device['viewport']['width']}" for name in ("Fanny", "Gaston", "Hugo")]
    at = served.clock().replace(microsecond=0)
    for name in names:
        recipient = Recipient(name=name, email=f"{name.casefold()}@example.net")
        deposit_sample(served.office, recipient=recipient, subject=name, notify_at=at + timedelta(days=3))
    served.office.run_until_idle()
    page = opened("/lre/", **device)
    for name in names[:2]:
        page.locator(".rows > li", has_text=name).get_by_role("checkbox").check()
    with page.expect_download() as download:
        page.locator("button[value=proofs]").click()
    assert download.value.suggested_filename.endswith(".zip")
    page.locator("button[value=withdraw]").click()
    for name in names[:2]:
        expect(page.get_by_role("main")).to_contain_text(name)
    expect(page.get_by_role("main")).not_to_contain_text(names[2])
    assert barriers(page) == []
    page.get_by_role("main").locator("form button").last.click()
    expect(page.get_by_role("status").first).to_be_visible()
    phases = {one.subject: one.phase for one in served.office.reading.letters(SENDER.ref, limit=50)}
    assert [phases[name] for name in names] == [Phase.WITHDRAWN, Phase.WITHDRAWN, Phase.DEPOSITED]
