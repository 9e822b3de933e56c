"""The pages of a person's profile, over a real office on SQLite."""

import html
import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update
from werkzeug.test import TestResponse

from lre_kit.identifiers.identifier_values import Identifier
from lre_kit.identifiers.means import State
from lre_kit.identifiers.order_book import ORDER
from lre_kit.identifiers.order_values import OrderState
from lre_kit.identifiers.rows import PaperCodeRow
from lre_kit.law.derogations import Changes, Delivery, Derogation, Policy, Suspension
from lre_kit.law.periods import Period, Words
from lre_kit.parties.invitations import A_DAY_MAX
from lre_kit.parties.mandates import Scope
from lre_kit.store.inserts import table_of
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.office import throwaway_office
from lre_web.account.session import FRESH
from lre_web.extension import LRE, Actor
from lre_web.profile import pages as profile
from lre_web.profile.pages import _stamp
from lre_web.testing import send_form
from lre_web.testing_profile import EMAIL, PASSWORD, ProfileSite
from lre_web.words.profile import _TEXTS

OTHER = "claude@example.org"
ASKED = re.compile(r"Paper code no\. (\d+)")
FORM = {"name": "Hélène Faÿ", "street": "3 quai Nord", "town": "29200 Brest", "country": "FR"}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[ProfileSite]:
    clock = MovedClock()
    with throwaway_office(tmp_path / "office", clock=clock, base_url="http://localhost") as office:
        yield ProfileSite.of(office, clock)


def place(client: FlaskClient, **fields: Any) -> TestResponse:
    return send_form(client, "/profile/order", "/profile/order", **({"kind": "paper_codes"} | fields))


def test_strangers_are_led_to_the_log_in_page(site: ProfileSite) -> None:
    for path in ("/profile", "/profile/means", "/profile/order", "/profile/mandates", "/profile/address"):
        answer = site.client().get(path)
        assert (answer.status_code, answer.headers["Location"]) == (303, f"/account/login?next={path}")


def test_the_profile_shows_who_one_is_and_hides_pages_that_are_not_mounted(site: ProfileSite) -> None:
    client, party = site.member()
    page = client.get("/profile").text
    assert "Hélène Faÿ" in page
    assert EMAIL in page
    assert "Give my address" in page
    assert "not verified" in page
    assert "Verify my identity" not in page
    assert "/profile/issuers" not in page
    assert "Votre profil" in client.get("/profile?lang=fr").text
    site.sheet(party)
    assert "One means in your hands." in client.get("/profile?lang=en").text


def test_an_address_is_given_confirmed_and_changed_and_its_owner_told(site: ProfileSite) -> None:
    client, party = site.member()
    book = site.office.people.addresses
    wrong = send_form(client, "/profile/address", "/profile/address", **(FORM | {"town": "Brest"}))
    assert wrong.status_code == 422
    assert "This address does not do." in wrong.text
    assert "3 quai Nord" in wrong.text
    assert book.present(party.id) is None
    given = send_form(client, "/profile/address", "/profile/address", **FORM)
    assert given.headers["Location"] == "/profile?done=address"
    kept = book.present(party.id)
    assert kept is not None
    assert kept.address.lines == ("Hélène Faÿ", "3 quai Nord", "29200 BREST")
    assert kept.confirmed_at is not None
    [told] = site.mails()
    assert "postal address of your profile" in told
    send_form(client, "/profile/address", "/profile/address", **FORM)
    assert site.mails() == []
    form = client.get("/profile/address").text
    assert 'value="3 quai Nord"' in form
    assert 'value="29200 BREST"' in form


def test_only_the_address_that_was_shown_is_confirmed(site: ProfileSite) -> None:
    client, party = site.member()
    site.move_in(party, confirmed=False)
    page = client.get("/profile").text
    assert "do you still live there" in page
    stamp = page.split('name="shown" value="')[1].split('"')[0]
    confirm = "/profile/address/confirm"
    site.clock.advance(timedelta(seconds=1))
    site.move_in(party, confirmed=False)
    send_form(client, confirm, "/profile", shown=stamp)
    assert site.office.people.addresses.confirmed([party.id]) == {}
    shown = client.get("/profile").text.split('name="shown" value="')[1].split('"')[0]
    send_form(client, confirm, "/profile", shown=shown)
    assert party.id in site.office.people.addresses.confirmed([party.id])


def test_means_are_listed_with_their_history_and_low_sheets_warned_of(site: ProfileSite) -> None:
    client, party = site.member()
    sheet = site.sheet(party)
    page = client.get("/profile/means").text
    assert sheet.serial in page
    assert "first use" in page
    assert "Order a new sheet" not in page
    for left, said in (
        (10, "10 codes are left"),
        (5, "Only 5 codes"),
        (1, "Only one code"),
        (0, "All codes"),
    ):
        _use_up_to(site, sheet, left)
        page = client.get("/profile/means").text
        assert said in page
        assert "/profile/order?kind=paper_codes" in page


def _use_up_to(site: ProfileSite, sheet: Identifier, left: int) -> None:
    table = table_of(PaperCodeRow)
    with site.office.database.write() as uow:
        used = (table.c.identifier_id == sheet.id, table.c.number > left)
        uow.execute(update(table).where(*used).values(used_at=site.clock()))
        uow.commit()


def test_a_means_is_suspended_and_brought_back_by_its_holder(site: ProfileSite) -> None:
    client, party = site.member()
    sheet = site.sheet(party)
    act = f"/profile/means/{sheet.id}"
    for name, state in (("suspend", State.SUSPENDED), ("resume", State.ACTIVE)):
        assert client.get(f"{act}/{name}").status_code == 405
        assert send_form(client, f"{act}/{name}", "/profile/means").status_code == 303
        assert site.means(sheet).state is state
        assert sheet.serial[-4:] in site.mails()[-1]
    again = send_form(client, f"{act}/resume", "/profile/means")
    assert again.status_code == 409
    assert "Nothing was changed." in again.text


def test_what_the_office_suspended_its_holder_does_not_bring_back(site: ProfileSite) -> None:
    client, party = site.member()
    sheet = site.sheet(party)
    with site.office.database.write() as uow:
        site.office.people.register.change(uow, sheet.id, "suspend", actor={"role": "operator"})
        uow.commit()
    assert "Suspended by the office" in client.get("/profile/means").text
    send_form(client, f"/profile/means/{sheet.id}/resume", "/profile/means")
    assert site.means(sheet).state is State.SUSPENDED


def test_a_lost_means_is_revoked_after_its_consequences_were_shown(site: ProfileSite) -> None:
    client, party = site.member()
    lost, kept = site.sheet(party), site.sheet(party)
    path = f"/profile/means/{lost.id}/lost"
    page = client.get(path).text
    assert "revoked at once, and for ever" in page
    assert "one other means" in page
    assert site.means(lost).state is State.ACTIVE
    answer = send_form(client, path, path)
    assert answer.headers["Location"] == "/profile/order?done=revoked&kind=paper_codes"
    assert (site.means(lost).state, site.means(kept).state) == (State.REVOKED, State.ACTIVE)
    assert "is revoked" in site.mails()[-1]
    assert client.get(path).status_code == 303
    assert send_form(client, path, "/profile/means").status_code == 303
    assert site.mails() == []


def test_nobody_touches_the_means_orders_or_mandates_of_another(site: ProfileSite) -> None:
    _, owner = site.member()
    site.move_in(owner)
    sheet = site.sheet(owner)
    order = site.office.people.ordering.orders.order(owner.id, "paper_codes", actor={"role": "holder"})
    client, _ = site.member(OTHER, "Claude")
    for act in ("lost", "suspend", "resume"):
        path = f"/profile/means/{sheet.id}/{act}"
        assert send_form(client, path, "/profile/mandates").status_code == 404
    assert client.get(f"/profile/orders/{order.id}").status_code == 404
    assert send_form(client, f"/profile/orders/{order.id}/cancel", "/profile/order").status_code == 404
    assert site.means(sheet).state is State.ACTIVE
    assert site.order_of(owner).is_open


def test_changes_ask_for_the_password_once_more_after_a_while(site: ProfileSite) -> None:
    """F9.13."""
    client, party = site.member()
    sheet = site.sheet(party)
    site.clock.advance(FRESH + timedelta(minutes=1))
    assert client.get("/profile/means").status_code == 200
    wanted = {
        f"/profile/means/{sheet.id}/suspend": "/profile/means",
        "/profile/order": "/profile/order",
        "/profile/mandates": "/profile/mandates",
        "/profile/address/confirm": "/profile/address",
    }
    for path, onward in wanted.items():
        answer = send_form(client, path, "/profile/means", kind="paper_codes")
        assert answer.headers["Location"] == f"/account/again?next={onward}"
    assert site.means(sheet).state is State.ACTIVE
    again = send_form(client, "/account/again", "/account/again?next=/profile/means", password=PASSWORD)
    assert again.status_code == 303
    send_form(client, f"/profile/means/{sheet.id}/suspend", "/profile/means")
    assert site.means(sheet).state is State.SUSPENDED


def test_an_order_is_placed_followed_and_cancelled(site: ProfileSite) -> None:
    client, party = site.member()
    assert "First confirm your postal address" in client.get("/profile/order").text
    refused = place(client)
    assert refused.status_code == 422
    site.move_in(party)
    page = client.get("/profile/order?kind=paper_seed").text
    assert 'value="paper_seed" required checked' in page
    assert "security_key" not in page
    answer = place(client)
    order = site.order_of(party)
    assert answer.headers["Location"] == f"/profile/orders/{order.id}?done=ordered"
    assert "is ordered in your name" in site.mails()[-1]
    state = client.get(f"/profile/orders/{order.id}").text
    assert 'aria-current="step"' in state
    assert "12 rue des Lilas" in state
    assert place(client).status_code == 409
    site.proof(party)
    site.office.run_until_idle()
    assert site.order_of(party).state is OrderState.DELIVERING
    site.office.people.ordering.orders.tracked(order.id, "1A 000", actor={"role": "operator"})
    state = client.get(f"/profile/orders/{order.id}").text
    assert "1A 000" in state
    assert "Lost or left elsewhere" in state
    send_form(client, f"/profile/orders/{order.id}/cancel", f"/profile/orders/{order.id}")
    assert site.order_of(party).state is OrderState.CANCELLED
    [made] = site.office.people.register.of(party.id)
    assert made.state is State.REVOKED
    cancelled = client.get(f"/profile/orders/{order.id}").text
    assert "Order again" in cancelled
    assert "aria-current" not in cancelled.split("<main")[1]


def test_every_state_of_an_order_has_words(site: ProfileSite) -> None:
    for state in OrderState:
        assert f"order_{state.value}" in _TEXTS
        assert f"next_{state.value}" in _TEXTS
    for delivery in Delivery:
        assert f"delivery_{delivery.value}" in _TEXTS


def test_what_is_suspended_says_so_and_derogations_are_announced(site: ProfileSite) -> None:
    today = site.clock().date()
    period = Period(valid_from=today - timedelta(days=2), valid_until=today + timedelta(days=2))
    words = Words(fr="Pas de feuilles cette semaine.", en="No sheets this week.")
    notice = Words(fr="Tout est plus simple.", en="All is easier.")
    suspension = Suspension(id="NO-SHEETS", kinds=frozenset({"paper_codes"}), period=period, message=words)
    derogation = Derogation(
        id="FR-TEST",
        reference="a decision",
        period=period,
        title=Words(fr="Dérogation d'essai", en="A derogation for a while"),
        notice=notice,
        changes=Changes(),
    )
    policy = Policy(derogations=(derogation,), suspensions=(suspension,))
    people = site.office.people
    people.__dict__["policy"] = policy
    people.__dict__.pop("ordering", None)
    client, party = site.member()
    site.move_in(party)
    page = client.get("/profile/order").text
    assert "No sheets this week." in page
    assert "A derogation for a while" in page
    assert "All is easier." in page
    assert "disabled" in page
    refused = place(client)
    assert refused.status_code == 409
    assert "Pas de feuilles cette semaine." in client.get("/profile/order?lang=fr").text


def test_confirming_the_address_lets_a_waiting_order_go_on(site: ProfileSite) -> None:
    client, party = site.member()
    site.move_in(party)
    place(client)
    with site.office.database.write() as uow:
        uow.execute(update(ORDER).values(address=None))
        uow.commit()
    site.move_in(party, confirmed=False)
    site.proof(party)
    site.office.run_until_idle()
    assert site.order_of(party).waits_for_address
    assert "An order waits for a confirmed address." in client.get("/profile").text
    shown = client.get("/profile").text.split('name="shown" value="')[1].split('"')[0]
    send_form(client, "/profile/address/confirm", "/profile", shown=shown)
    site.office.run_until_idle()
    assert site.order_of(party).state is OrderState.DELIVERING


def take(client: FlaskClient, what: str = "take") -> TestResponse:
    """Answer the only invitation that waits."""
    page = "/profile/organisations"
    found = re.search(r'name="invitation" value="(\w+)"', client.get(page).text)
    assert found is not None
    return send_form(client, f"{page}/{what}", page, invitation=found.group(1))


def test_mandates_are_taken_up_by_whoever_reads_the_address_and_ended_by_either(site: ProfileSite) -> None:
    client, party = site.member()
    theirs, delegate = site.member(OTHER, "Claude")
    site.identify(party)
    give: dict[str, Any] = {"email": OTHER, "scope": ["receive"], "from": site.clock().date().isoformat()}
    give["reference"] = "signed"
    path = "/profile/mandates"
    mandates = site.office.people.mandates
    assert send_form(client, path, path, **give).headers["Location"] == "/profile/mandates?done=offered"
    assert not mandates.in_force(party.id, delegate.id, Scope.RECEIVE)
    assert take(theirs).headers["Location"] == "/profile/organisations?done=taken"
    assert mandates.in_force(party.id, delegate.id, Scope.RECEIVE)
    assert not mandates.in_force(party.id, delegate.id, Scope.SEND)
    assert "Claude" in client.get(path).text
    assert "Hélène Faÿ" in theirs.get(path).text
    wrongs: list[dict[str, Any]] = [
        {"email": EMAIL},
        {"email": "nobody"},
        {"scope": []},
        {"reference": " "},
        {"until": "1999-01-01"},
        {"from": "yesterday"},
    ]
    for wrong in wrongs:
        assert send_form(client, path, path, **(give | wrong)).status_code == 422
    [mandate] = mandates.of(party.id)
    assert send_form(theirs, f"{path}/{mandate.id}/end", path).status_code == 303
    assert mandates.by_id(mandate.id).revoked_at is not None
    send_form(client, path, path, **(give | {"until": "2099-12-31", "scope": ["receive", "send"]}))
    take(theirs)
    [_, second] = mandates.of(party.id)
    assert second.valid_until == date(2099, 12, 31)
    stranger, _ = site.member("third@example.org", "Third")
    assert send_form(stranger, f"{path}/{second.id}/end", path).status_code == 404
    assert send_form(client, f"{path}/{second.id}/end", path).status_code == 303


def test_nobody_is_told_who_reads_an_address_by_offering_a_mandate(site: ProfileSite) -> None:
    client, party = site.member()
    site.member(OTHER, "Claude")
    site.identify(party)
    path, give = "/profile/mandates", {"scope": ["receive"], "from": "", "reference": "signed"}
    site.mails()
    answers, pages, mails = [], [], []
    for address in (OTHER, "nobody1@example.org"):
        answer = send_form(client, path, path, **(give | {"email": address}))
        answers.append((answer.status_code, answer.headers["Location"]))
        page = client.get(path).text
        pages.append(re.sub(r"[0-9a-f]{32}|value=\"[^\"]*\"", "", page).replace(address, "…"))
        mails.append([text.replace(address, "…").count("Hélène") for text in site.mails()])
        withdraw = re.search(r"/profile/mandates/(\w+)/withdraw", page)
        assert withdraw is not None
        assert send_form(client, withdraw.group(0), path).status_code == 303
    assert answers[0] == answers[1]
    assert pages[0] == pages[1]
    assert mails[0] == mails[1] == [1]
    assert site.office.people.mandates.of(party.id) == []


def test_a_mandate_is_given_by_people_who_were_identified_only(site: ProfileSite) -> None:
    client, party = site.member()
    _, delegate = site.member(OTHER, "Claude")
    give = {"email": OTHER, "scope": ["receive"], "from": "", "reference": "signed"}
    refused = send_form(client, "/profile/mandates", "/profile/mandates", **give)
    assert refused.status_code == 403
    assert "have your identity verified first" in refused.text
    assert not site.office.people.mandates.in_force(party.id, delegate.id, Scope.RECEIVE)


def test_who_sets_a_new_password_by_e_mail_gets_neither_mandate_nor_address_nor_order(
    site: ProfileSite,
) -> None:
    _, party = site.member()
    _, delegate = site.member(OTHER, "Claude")
    site.move_in(party)
    site.identify(party)
    site.clock.advance(timedelta(days=3))
    thief, people = site.forget_password(), site.office.people
    kept = people.addresses.present(party.id)
    give = {"email": OTHER, "scope": ["receive"], "from": "", "reference": "signed"}
    assert kept is not None
    for path, page, fields in (
        ("/profile/mandates", "/profile/mandates", give),
        ("/profile/address", "/profile/address", FORM),
        ("/profile/address/confirm", "/profile", {"shown": _stamp(kept)}),
        ("/profile/order", "/profile/order", {"kind": "paper_codes"}),
    ):
        refused = send_form(thief, path, page, **fields)
        assert refused.status_code == 403, path
        assert "Your password was set anew by e-mail" in refused.text
    assert not people.mandates.in_force(party.id, delegate.id, Scope.RECEIVE)
    assert people.addresses.present(party.id) == kept
    assert people.ordering.orders.book.of(party.id) == []
    site.identify(party)
    assert send_form(thief, "/profile/mandates", "/profile/mandates", **give).status_code == 303


def test_a_means_from_before_a_new_password_shows_who_its_holder_is(site: ProfileSite) -> None:
    _, party = site.member()
    site.move_in(party)
    site.identify(party)
    with site.office.database.write() as uow:
        made = site.office.people.paper_codes.make_sheet(uow, party_id=party.id, actor={"role": "provider"})
        site.office.people.register.change(uow, made.identifier.id, "deliver", actor={"role": "provider"})
        uow.commit()
    codes = made.codes
    site.clock.advance(timedelta(days=3))
    client = site.forget_password()
    refused = place(client)
    assert refused.status_code == 403
    page = "/account/step?means=paper_codes&next=/profile/order"
    assert page in html.unescape(refused.text)
    asked = client.get(page)
    number, challenge = ASKED.search(asked.text), re.search(r'name="challenge" value="([^"]+)"', asked.text)
    assert number is not None
    assert challenge is not None
    shown = {
        "next": "/profile/order",
        "means": "paper_codes",
        "challenge": challenge.group(1),
        "code": codes[int(number.group(1)) - 1],
    }
    assert send_form(client, "/account/step", page, **shown).status_code == 303
    assert place(client).status_code == 303


def test_nobody_sends_mail_to_everybody_by_offering_mandates(site: ProfileSite) -> None:
    client, party = site.member()
    site.identify(party)
    path = "/profile/mandates"
    for tried in range(A_DAY_MAX + 1):
        fields = {"email": f"{tried}@example.org", "scope": ["receive"], "reference": "x", "from": ""}
        answer = send_form(client, path, path, **fields)
    assert answer.status_code == 429
    assert "Wait a few minutes." in answer.text


def test_a_host_application_has_profiles_too_and_strangers_are_refused(tmp_path: Path) -> None:
    actor: list[Actor | None] = [None]
    with throwaway_office(tmp_path / "office", accounts="off") as office:
        app = Flask("host")
        LRE(app, office=office, current_actor=lambda: actor[0], pages=[profile.add_pages])
        client = app.test_client()
        assert client.get("/lre/profile").status_code == 401
        actor[0] = Actor(ref="7", name="Ada Roy", email="ada@example.org")
        assert "Ada Roy" in client.get("/lre/profile").text
        assert client.get("/lre/profile/means").status_code == 200
        answer = send_form(client, "/lre/profile/address", "/lre/profile/address", **FORM)
        assert answer.status_code == 303
        assert client.get("/lre/profile/issuers").status_code == 404


def test_all_words_are_there_in_both_languages() -> None:
    for name, (french, english) in _TEXTS.items():
        assert french.strip()
        assert english.strip()
        assert french.count("{") == english.count("{"), name


SELF = "/profile/self"


def test_an_address_is_added_by_its_link_made_the_main_one_and_removed(site: ProfileSite) -> None:
    client, party = site.member()
    emails = site.office.people.parties.emails
    asked = send_form(client, f"{SELF}/add", SELF, email="second@example.org")
    assert asked.headers["Location"] == f"{SELF}?done=asked"
    link = re.search(r"http://localhost(/profile/emails/confirm/\S+)", site.courier.text_of())
    assert link is not None
    stranger, _ = site.member(OTHER, "Claude")
    assert stranger.get(link.group(1)).status_code == 404
    assert "second@example.org" in client.get(link.group(1)).text
    assert [one.address for one in emails.of(party.id)] == [EMAIL]
    done = send_form(client, link.group(1), link.group(1))
    assert done.headers["Location"] == f"{SELF}?done=email"
    assert site.office.people.parties.reader_of("second@example.org") == party
    assert client.get(link.group(1)).status_code == 404
    assert send_form(client, f"{SELF}/main", SELF, email="second@example.org").status_code == 303
    assert emails.of(party.id)[0].address == "second@example.org"
    assert send_form(client, f"{SELF}/remove", SELF, email=EMAIL).status_code == 404
    assert send_form(client, f"{SELF}/remove", SELF, email="second@example.org").status_code == 303
    assert [(one.address, one.is_primary) for one in emails.of(party.id)] == [(EMAIL, True)]
    assert {"verify_email", "choose_email", "remove_email"} <= {
        change.name for change in site.office.people.parties.history(party.id)
    }


def test_asking_for_an_address_tells_nothing_of_who_reads_it(site: ProfileSite) -> None:
    client, party = site.member()
    site.member(OTHER, "Claude")
    answers = []
    for address in (OTHER, "nobody@example.org"):
        answer = send_form(client, f"{SELF}/add", SELF, email=address)
        answers.append((answer.status_code, answer.headers["Location"]))
    assert answers[0] == answers[1]
    mails = [message for message in site.courier.messages if message["To"] and OTHER in str(message["To"])]
    link = re.search(r"http://localhost(/profile/emails/confirm/\S+)", site.courier.text_of(-2))
    assert mails
    assert link is not None
    taken = send_form(client, link.group(1), link.group(1))
    assert taken.status_code == 409
    assert "merge the two" in taken.text
    assert len(site.office.people.parties.emails.of(party.id)) == 1


def test_a_name_is_corrected_for_a_reason_and_not_away_from_the_proofed_one(site: ProfileSite) -> None:
    client, party = site.member()
    book = site.office.people.parties
    name = {"given_names": "Hélène", "family_name": "Fay", "usage_name": ""}
    assert send_form(client, f"{SELF}/name", SELF, **name, reason=" ").status_code == 422
    assert send_form(client, f"{SELF}/name", SELF, **name, reason="typing error").status_code == 303
    assert book.by_id(party.id).name == "Hélène Fay"
    last = book.history(party.id)[-1]
    assert (last.reason, last.before["usage_name"]) == ("typing error", "Hélène Faÿ")
    site.identify(party)
    other = {"given_names": "Claude", "family_name": "Roux", "usage_name": "", "reason": "I like it"}
    refused = send_form(client, f"{SELF}/name", SELF, **other)
    assert refused.status_code == 403
    assert "verified under another name" in refused.text
    assert book.by_id(party.id).name == "Hélène Fay"


def test_capacity_rests_on_something_and_language_follows_for_messages_too(site: ProfileSite) -> None:
    client, party = site.member()
    book = site.office.people.parties
    assert book.by_id(party.id).language == "en"
    unfounded = send_form(client, f"{SELF}/capacity", SELF, capacity="professional", basis=" ")
    assert unfounded.status_code == 422
    assert (
        send_form(client, f"{SELF}/capacity", SELF, capacity="professional", basis="RCS").status_code == 303
    )
    assert book.by_id(party.id).capacity_basis == "RCS"
    assert send_form(client, f"{SELF}/language", SELF, language="fr").status_code == 303
    assert book.by_id(party.id).language == "fr"
