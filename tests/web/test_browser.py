"""The pages in a real browser: with and without scripts, by mouse, by keyboard, wide and narrow.

Every page opened here must stay silent: no console error, no breach of the content policy, no
request to anywhere else.
"""

import re
from collections.abc import Callable
from email.message import EmailMessage
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, Route, expect
from pypdf import PdfWriter

from lre_kit.letters.phases import Phase
from lre_kit.letters.values import Letter, Upload
from lre_kit.parties.values import Recipient
from lre_kit.testing.accessibility import barriers
from lre_kit.testing.office import SENDER
from lre_web.mailbox import CatchingServer
from lre_web.testing import ThrowawaySite

SUBJECT = "Résiliation de bail"
SCRIPTS = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])

Opener = Callable[..., Page]

DROP = """([bytes, name]) => {
  const carried = new DataTransfer();
  carried.items.add(new File([new Uint8Array(bytes)], name, { type: "application/pdf" }));
  return carried;
}"""
OUTLINE = """wanted => {
  const at = document.activeElement;
  return at.matches(wanted) && getComputedStyle(at).outlineStyle;
}"""


def real_pdf() -> bytes:
    writer, out = PdfWriter(), BytesIO()
    writer.add_blank_page(width=595, height=842)
    writer.write(out)
    return out.getvalue()


def real_png() -> bytes:
    out = BytesIO()
    Image.new("RGB", (40, 30), "teal").save(out, "PNG")
    return out.getvalue()


PDF, PNG = real_pdf(), real_png()


def letter_of(served: ThrowawaySite) -> Letter:
    """Deposit a letter with documents a browser can show; its notice has left."""
    documents = [Upload(name="bail.pdf", stream=BytesIO(PDF)), Upload(name="plan.png", stream=BytesIO(PNG))]
    return served.letter(subject=SUBJECT, documents=documents)


def phase(served: ThrowawaySite, letter: Letter) -> Phase:
    return served.office.reading.by_id(letter.id).phase


def fill_deposit(page: Page) -> None:
    page.fill("#name", "Jean Dupont")
    page.fill("#email", "jean.dupont@example.net")
    page.fill("#subject", SUBJECT)


def as_file(name: str, content: bytes = PDF) -> Any:
    return {"name": name, "mimeType": "application/pdf", "buffer": content}


def identify(page: Page, served: ThrowawaySite) -> None:
    page.get_by_role("button", name="Send me a code").click()
    page.get_by_label("Code received by e-mail").fill(served.code())
    page.get_by_role("button", name="Check the code").click()
    expect(page.get_by_text("You are identified for this sending.")).to_be_visible()


def test_a_sender_drops_and_chooses_files_and_sees_the_upload_and_the_letter(
    opened: Opener, served: ThrowawaySite
) -> None:
    page = opened("/lre/")
    page.get_by_role("main").get_by_role("link", name="Deposit a letter").first.click()
    fill_deposit(page)
    with page.expect_file_chooser() as chooser:
        page.locator("#documents").click()
    chooser.value.set_files([as_file("chosen.pdf")])
    expect(page.locator("#kept-documents")).to_contain_text("chosen.pdf")
    carried = page.evaluate_handle(DROP, [list(PDF), "dropped.pdf"])
    page.dispatch_event("#drop", "drop", {"dataTransfer": carried})
    kept = page.locator("#kept-documents label")
    expect(kept).to_have_text([re.compile("chosen.pdf"), re.compile("dropped.pdf")])

    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/deposit", hold)
    expect(page.get_by_role("progressbar")).to_be_hidden()
    page.locator("#send").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    expect(page.locator("#status")).to_have_text("Uploading…")
    expect(page.locator("#send")).to_be_disabled()
    held[0].continue_()

    expect(page.get_by_role("heading", level=1)).to_have_text(SUBJECT)
    for name in ("chosen.pdf", "dropped.pdf"):
        expect(page.get_by_text(name).first).to_be_visible()
    expect(page.locator(".timeline li:not(.ahead) strong")).to_have_text(["Deposit accepted"])
    served.office.run_until_idle()
    page.reload()
    happened = page.locator(".timeline li:not(.ahead) strong")
    expect(happened).to_have_text(["Deposit accepted", "Recipient notified"])
    with page.expect_download() as download:
        page.get_by_role("link", name="Proof of deposit (PDF)").click()
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF")


def test_a_deposit_works_without_scripts(opened: Opener) -> None:
    page = opened("/lre/deposit", scripts=False, expected=("422",))
    fill_deposit(page)
    page.set_input_files("#documents", [as_file("a.pdf", b"not one")])
    page.locator("#send").click()
    expect(page.get_by_role("alert")).to_contain_text("is not a PDF")
    expect(page.locator("#subject")).to_have_value(SUBJECT)
    page.set_input_files("#documents", [as_file("a.pdf")])
    page.locator("#send").click()
    expect(page.locator(".timeline li:not(.ahead) strong")).to_have_text(["Deposit accepted"])


def test_what_is_wrong_with_a_deposit_is_said_in_the_pages_language_and_nothing_is_lost(
    opened: Opener, served: ThrowawaySite
) -> None:
    page = opened("/lre/deposit", locale="fr-FR", expected=("422", "ERR_FAILED"))
    before = served.office.reading.count()
    fill_deposit(page)
    send = page.locator("#send")

    page.set_input_files("#documents", [as_file("a.pdf", b"not one")])
    expect(page.get_by_role("alert")).to_contain_text("« a.pdf » : Ce document n'est pas un PDF")
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.locator("form")).to_have_count(1)
    expect(page.locator("#kept-documents label")).to_have_count(0)

    page.set_input_files("#documents", [as_file("large.pdf", PDF + b"x" * 3_000_000)])
    expect(page.get_by_role("alert")).to_contain_text("dépassent la taille admise")

    page.set_input_files("#documents", [as_file("a.pdf")])
    expect(page.locator("#kept-documents label")).to_contain_text(["a.pdf"])
    page.route("**/deposit", lambda route: route.abort())
    send.click()
    expect(page.get_by_role("alert")).to_contain_text("La connexion a été coupée")
    assert served.office.reading.count() == before

    page.unroute("**/deposit")
    send.click()
    expect(page.locator(".timeline li:not(.ahead) strong")).to_have_text(["Dépôt accepté"])
    assert served.office.reading.count() == before + 1


@SCRIPTS
def test_a_recipient_accepts_reads_and_keeps_the_proof(
    opened: Opener, served: ThrowawaySite, scripts: bool
) -> None:
    """F10.10."""
    letter = letter_of(served)
    page = opened(served.noticed_link(letter), scripts=scripts, expected=("403",))
    expect(page.get_by_role("heading", level=1)).to_have_text("A letter is waiting for you")
    for _ in range(2):
        assert not any(word in page.content() for word in (SENDER.name, SENDER.email, SUBJECT, "bail.pdf"))
        page.reload()
    page.get_by_role("button", name="Send me a code").click()
    page.get_by_label("Code received by e-mail").wait_for()
    sent = len(served.courier.messages)
    page.reload()
    page.get_by_label("Code received by e-mail").fill("0000-0000")
    assert len(served.courier.messages) == sent
    page.get_by_role("button", name="Check the code").click()
    expect(page.get_by_role("alert")).to_contain_text("This code is wrong")
    page.get_by_role("link", name="Check it, or ask for a new code.").click()
    expect(page.locator("#code")).to_be_focused()
    page.keyboard.type(served.code().lower())
    page.get_by_role("button", name="Check the code").click()
    expect(page.get_by_role("heading", name="2. Decide")).to_be_visible()
    assert SENDER.name not in page.content()
    page.get_by_role("button", name="Accept the letter").click()

    expect(page.get_by_role("heading", level=1)).to_have_text(SUBJECT)
    expect(page.get_by_text(SENDER.email)).to_be_visible()
    assert phase(served, letter) is Phase.RECEIVED
    with page.expect_download() as download:
        page.get_by_role("link", name="Download (bail.pdf)").click()
    assert (download.value.suggested_filename, Path(download.value.path()).read_bytes()) == ("bail.pdf", PDF)
    served.office.run_until_idle()
    page.reload()
    with page.expect_download() as download:
        page.get_by_role("link", name="Your proof of receipt (PDF)").click()
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF")
    with page.expect_response("**/documents/1?show=1") as response:
        page.get_by_role("link", name="Read here (bail.pdf)").click()
    assert response.value.headers["content-disposition"].startswith("inline")
    page.wait_for_url("**/documents/1?show=1")
    page.goto(f"{served.origin}/lre/r/letter")
    page.get_by_role("link", name="Read here (plan.png)").click()
    page.wait_for_url("**/documents/2?show=1")
    assert page.evaluate("document.images[0].naturalWidth") == 40


@SCRIPTS
def test_a_recipient_refuses_by_typing_the_word(opened: Opener, served: ThrowawaySite, scripts: bool) -> None:
    """F10.10."""
    letter = letter_of(served)
    page = opened(served.noticed_link(letter), scripts=scripts, expected=("422",))
    identify(page, served)
    page.get_by_role("button", name="Refuse the letter").click()
    expect(page.get_by_role("alert")).to_contain_text("The refusal is not confirmed.")
    assert phase(served, letter) is Phase.NOTIFIED
    page.get_by_label("To confirm, type REFUSE").fill("refuse")
    page.get_by_role("button", name="Refuse the letter").click()
    expect(page.get_by_text("You refused this sending on")).to_be_visible()
    assert phase(served, letter) is Phase.REFUSED
    assert not any(word in page.content() for word in (SENDER.name, SUBJECT))


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until `selector` has the focus, visibly."""
    for _ in range(30):
        page.keyboard.press("Tab")
        outline = page.evaluate(OUTLINE, selector)
        if outline:
            assert outline == "solid"
            return
    pytest.fail(f"Tab never reaches {selector}")


def test_a_recipient_accepts_by_keyboard_alone(opened: Opener, served: ThrowawaySite) -> None:
    """F10.11."""
    letter = letter_of(served)
    page = opened(served.noticed_link(letter))
    tab_to(page, "a.skip")
    page.keyboard.press("Enter")
    tab_to(page, "form[action$='/r/code'] button")
    page.keyboard.press("Enter")
    expect(page.locator("#code")).to_be_visible()
    tab_to(page, "#code")
    page.keyboard.type(served.code())
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="2. Decide")).to_be_visible()
    tab_to(page, "form[action$='/r/accept'] button")
    page.keyboard.press("Space")
    expect(page.get_by_role("heading", level=1)).to_have_text(SUBJECT)
    tab_to(page, "a[href$='/documents/1?show=1']")
    assert phase(served, letter) is Phase.RECEIVED


def test_a_chosen_language_lasts_from_page_to_page(opened: Opener, served: ThrowawaySite) -> None:
    page = opened(served.noticed_link(letter_of(served)), locale="en-GB", expected=("403",))
    page.get_by_role("button", name="Send me a code").click()
    page.fill("#code", "0000-0000")
    page.get_by_role("button", name="Check the code").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_role("link", name="Français").click()
    expect(page.get_by_label("Code reçu par courriel")).to_be_visible()
    page.goto(f"{served.origin}/lre/deposit")
    expect(page.get_by_role("heading", level=1)).to_have_text("Déposer une lettre")


@pytest.mark.parametrize("locale", ["fr-FR", "en-GB"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_fits_a_narrow_screen_and_can_be_read(
    opened: Opener, served: ThrowawaySite, locale: str, scheme: str
) -> None:
    """F10.11: 320 pixels are 1280 at four times the size; both languages."""
    long = "x" * 120
    documents = [Upload(name=f"{long}.pdf", stream=BytesIO(PDF))]
    recipient = Recipient(name=long, email="a@example.net")
    letter = served.letter(recipient=recipient, subject=long, documents=documents)
    page = opened(
        served.noticed_link(letter),
        locale=locale, color_scheme=scheme, viewport={"width": 320, "height": 640}, expected=("404",),
    )  # fmt: skip

    def check() -> None:
        page.wait_for_load_state()
        assert barriers(page) == [], page.url
        assert page.evaluate("document.documentElement.lang") == locale[:2]
        assert page.locator("h1").count() == page.locator("main").count() == 1

    check()
    page.locator("form[action$='/r/code'] button").click()
    page.wait_for_selector("#code")
    check()
    page.fill("#code", served.code())
    page.keyboard.press("Enter")
    page.wait_for_selector("#step-2")
    check()
    page.locator("form[action$='/r/accept'] button").click()
    page.wait_for_selector(".cards")
    check()
    for path in ("", "deposit", f"letters/{letter.number}", "letters/none", "../mailbox"):
        page.goto(f"{served.origin}/lre/{path}")
        if path == "deposit":
            page.set_input_files("#documents", [as_file(f"{long}.pdf")])
            expect(page.locator("#kept-documents label")).to_have_count(1)
        check()


def test_the_demonstration_mailbox_shows_new_messages_by_itself(
    opened: Opener, served: ThrowawaySite, mailbox: CatchingServer
) -> None:
    page = opened("/mailbox", expected=("404",))
    message = EmailMessage()
    message["To"], message["Subject"] = "jean@example.net", "A letter is waiting"
    message.set_content(f"See {served.origin}/lre/r")
    mailbox.messages.append(message)
    page.get_by_role("link", name=f"{served.origin}/lre/r").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Open the link in your notice")
