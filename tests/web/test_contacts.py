"""The pages of the address book: entries, groups, tables, twins; each reader sees their own books alone."""

import io

import pytest
from werkzeug.test import TestResponse

from lre_kit.contacts.values import Card
from lre_kit.parties.addresses import PostalAddress
from lre_kit.testing.office import SENDER
from lre_web.extension import Actor
from lre_web.testing import ThrowawaySite, send_form

TABLE = "nom;courriel;adresse;code postal;ville\nAda Lovelace;ada@example.net;12 rue Haute;75001;Paris\n"


def page(site: ThrowawaySite, path: str, language: str = "en") -> str:
    answer = site.client().get(path, headers={"Accept-Language": language})
    assert answer.status_code == 200, answer.text
    return answer.text


def sent(site: ThrowawaySite, path: str, shown: str = "/lre/contacts", **fields: object) -> TestResponse:
    client = site.client()
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    return send_form(client, path, shown, **fields)


def imported(site: ThrowawaySite, table: str = TABLE, **fields: object) -> TestResponse:
    files = {"table": (io.BytesIO(table.encode()), "book.csv")}
    return sent(site, "/lre/contacts/import", "/lre/contacts/import", **(files | fields))


def test_an_entry_is_added_found_changed_written_to_and_removed(site: ThrowawaySite) -> None:
    made = sent(
        site,
        "/lre/contacts",
        name="Ada <b>Lovelace</b>",
        email="ada@example.net",
        postal="Ada Lovelace\n12 rue Haute\n75001 Paris",
        capacity="professional",
        capacity_basis="SIREN 123",
        reference="C-1",
    )
    assert made.status_code == 303
    one = made.location.partition("?")[0]
    assert "Ada &lt;b&gt;Lovelace&lt;/b&gt;" in page(site, "/lre/contacts?q=lovelace&lang=en")
    assert "No entry" in page(site, "/lre/contacts?q=nobody")
    shown = page(site, one)
    assert "75001 PARIS" in shown
    form = page(site, f"/lre/deposit?contact={one.rpartition('/')[2]}")
    assert 'value="ada@example.net"' in form
    assert 'value="SIREN 123"' in form
    fields = {"name": "Ada King", "email": "ada@example.net", "version": "1"}
    assert sent(site, one, one, **fields).status_code == 303
    stale = sent(site, one, one, **fields)
    assert stale.status_code == 409
    assert "changed meanwhile" in stale.text
    bad = sent(site, one, one, **(fields | {"email": "nobody", "version": "2"}))
    assert bad.status_code in {400, 422}
    assert 'value="nobody"' in bad.text
    assert sent(site, f"{one}/remove", one).status_code == 303
    assert site.client().get(one).status_code == 404


def test_a_table_is_taken_in_told_line_by_line_and_given_back(site: ThrowawaySite) -> None:
    assert "Checked, nothing was kept" in imported(site, check="1").text
    assert site.office.contacts.book.count(SENDER.ref) == 0
    bad = imported(site, TABLE + "Bob;nobody;;;\n")
    assert bad.status_code == 422
    assert "Line 3" in bad.text
    assert site.office.contacts.book.count(SENDER.ref) == 0
    assert "New: 1" in imported(site).text
    again = imported(site, TABLE.replace("12 rue", "13 rue")).text
    assert "postal address" in again
    assert "Different: 1" in again
    csv = site.client().get("/lre/contacts/export.csv")
    assert csv.mimetype == "text/csv"
    assert "12 rue Haute" in csv.text
    assert "No table was chosen" in sent(site, "/lre/contacts/import", "/lre/contacts/import").text


def test_a_group_is_made_filled_and_removed(site: ThrowawaySite) -> None:
    made = sent(site, "/lre/contacts/groups", group_name="Tenants")
    assert made.status_code == 303
    group_id = made.location.rpartition("group=")[2]
    imported(site, group=group_id)
    assert "Write to this group" in page(site, made.location)
    taken = sent(site, "/lre/contacts/groups", group_name="tenants")
    assert taken.status_code in {400, 422}
    [ada] = site.office.contacts.book.page(SENDER.ref, limit=2)
    one = f"/lre/contacts/{ada.id}"
    assert "checked" in page(site, one)
    assert sent(site, f"{one}/groups", one).status_code == 303
    assert site.office.contacts.groups.by_id(SENDER.ref, group_id).size == 0
    assert sent(site, f"/lre/contacts/groups/{group_id}/rename", group_name="Owners").status_code == 303
    assert "Owners" in page(site, "/lre/contacts")
    assert sent(site, f"/lre/contacts/groups/{group_id}/remove").status_code == 303
    assert "No group." in page(site, "/lre/contacts")


def test_twins_are_shown_and_one_is_kept_by_hand(site: ThrowawaySite) -> None:
    book = site.office.contacts.book
    book.add(SENDER.ref, Card(name="Ada", email="ada@example.net"))
    where = PostalAddress(lines=("Ada", "75001 PARIS"))
    kept = book.add(SENDER.ref, Card(name="ADA", email="ADA@example.net", postal=where))
    shown = page(site, "/lre/contacts/twins")
    assert "75001 PARIS" in shown
    assert "may be in the book already" in page(site, f"/lre/contacts/{kept.id}")
    [other] = book.twins_of(SENDER.ref, kept)
    fields = {"kept": kept.id, "gone": other.id, "kept_version": "1", "gone_version": "1"}
    assert sent(site, "/lre/contacts/twins", "/lre/contacts/twins", **fields).status_code == 303
    assert [each.id for each in book.page(SENDER.ref, limit=5)] == [kept.id]
    assert sent(site, "/lre/contacts/twins", **fields).status_code == 404


def test_nobody_sees_anothers_book(site: ThrowawaySite) -> None:
    """F10.05"""
    kept = site.office.contacts.book.add(SENDER.ref, Card(name="Ada", email="ada@example.net"))
    group = site.office.contacts.groups.add(SENDER.ref, "Tenants")
    site.actor = Actor(ref="other", name="Other", email="other@example.org")
    client = site.client()
    for path in (
        f"/lre/contacts/{kept.id}",
        f"/lre/contacts?of={SENDER.ref}",
        f"/lre/contacts?group={group.id}",
        f"/lre/contacts/export.csv?of={SENDER.ref}",
        f"/lre/contacts/export.csv?group={group.id}",
        f"/lre/deposit?contact={kept.id}",
    ):
        assert client.get(path).status_code == 404, path
    for path in (f"{kept.id}", f"{kept.id}/remove", f"{kept.id}/groups", f"groups/{group.id}/remove"):
        assert sent(site, f"/lre/contacts/{path}").status_code == 404, path
    site.actor = None
    assert client.get("/lre/contacts").status_code == 401


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_page_speaks_both_languages(site: ThrowawaySite, language: str) -> None:
    kept = site.office.contacts.book.add(SENDER.ref, Card(name="Ada", email="ada@example.net"))
    for path in ("", f"/{kept.id}", "/twins", "/import"):
        assert f'<html lang="{language}">' in page(site, f"/lre/contacts{path}", language)
