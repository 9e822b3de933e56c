"""Asking for a consent, answering on a phone without scripts, depositing, withdrawing."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from lre_kit.consents.values import ConsentRequest
from lre_kit.law.consents import ConsentState
from lre_kit.testing.office import SENDER
from lre_web.testing import ThrowawaySite

Opener = Callable[..., Page]
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


def link(served: ThrowawaySite) -> str:
    found = re.search(r"https?://\S+/c/\S+", served.courier.text_of())
    assert found is not None
    return found.group()


def code(served: ThrowawaySite) -> str:
    found = re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}", served.courier.text_of())
    assert found is not None
    return found.group()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_recipient_consents_on_a_phone_and_takes_it_back_by_the_same_link(
    opened: Opener, served: ThrowawaySite, scripts: bool
) -> None:
    email = f"phone{scripts}@example.net"
    sender_page = opened("/lre/consents", scripts=scripts)
    sender_page.get_by_text("Ask for a consent").click()
    sender_page.get_by_label("Recipient's name").fill("Jean Dupont")
    sender_page.get_by_label("E-mail address", exact=True).fill(email)
    sender_page.get_by_label("Language of the request").select_option("en")
    sender_page.get_by_role("button", name="Send the request").click()
    expect(sender_page.get_by_text("The request has left.")).to_be_visible()
    served.office.run_until_idle()
    url = link(served)

    page = opened(url, scripts=scripts, **PHONE)
    expect(page).to_have_url(re.compile("/lre/consent$"))
    expect(page.get_by_text(SENDER.name).first).to_be_visible()
    assert email not in page.content()
    page.get_by_role("button", name="Send me a code").click()
    page.get_by_label("Code received by e-mail").fill(code(served))
    page.get_by_role("button", name="Check the code").click()
    expect(page.get_by_text(email)).to_be_visible()
    page.get_by_label("Your name").fill("Jean-Marie Dupont")
    page.get_by_role("button", name="I agree").click()
    expect(page.get_by_text("You gave your consent")).to_be_visible()
    wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    assert not wide
    [info] = served.office.consents.register.about([email])
    assert info.state is ConsentState.GIVEN
    assert info.recipient_name == "Jean Dupont"

    page.goto(url)
    page.get_by_role("button", name="Withdraw my consent").click()
    expect(page.get_by_text("You withdrew your consent")).to_be_visible()
    sender_page.goto(f"{served.origin}/lre/consents/{info.id}")
    expect(sender_page.get_by_text("Jean-Marie Dupont")).to_be_visible()


def test_opening_a_link_decides_nothing_and_a_stale_one_says_so(
    opened: Opener, served: ThrowawaySite
) -> None:
    info = served.office.consents.desk.ask(
        SENDER, ConsentRequest(name="Ada", email="stale@example.net", language="en")
    )
    page = opened(f"/lre/c/{served.office.consents.links.token(info.id, info.round)}")
    expect(page.get_by_role("heading", name="Your consent")).to_be_visible()
    assert served.office.consents.register.by_id(info.id).state is ConsentState.ASKED
    old = opened(f"/lre/c/{served.office.consents.links.token(info.id, info.round + 1)}")
    expect(old.get_by_role("heading", name="This link is out of date")).to_be_visible()
    opened("/lre/c/forged", expected=("404",))


def test_a_sheet_is_imported_with_a_report_and_the_register_is_exported(
    opened: Opener, served: ThrowawaySite
) -> None:
    page = opened("/lre/consents/import")
    page.get_by_label("CSV file").set_input_files(
        {
            "name": "list.csv",
            "mimeType": "text/csv",
            "buffer": b"email,name\nsheet@example.net,=1+1\nnope,X\n",
        }
    )
    page.get_by_role("button", name="Send the requests").click()
    expect(page.get_by_text("1 lines done, 1 not.")).to_be_visible()
    expect(page.get_by_text("Line 3")).to_be_visible()
    page.goto(f"{served.origin}/lre/consents?q=sheet&state=asked")
    expect(page.get_by_text("sheet@example.net")).to_be_visible()
    export = served.client().get("/lre/consents/export.csv?q=sheet")
    assert "sheet@example.net,'=1+1," in export.text
