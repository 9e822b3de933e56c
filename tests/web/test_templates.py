"""The pages of templates and letterheads, and letters in bulk that are made from them."""

import io
import zipfile

import pypdf
import pytest
from werkzeug.test import TestResponse

from lre_kit.contacts.values import Card
from lre_kit.mailmerge.values import TemplateText
from lre_kit.parties.members import MemberRole
from lre_kit.parties.persons import PartyFacts, PartyKind
from lre_kit.testing.office import SENDER, SMALL_PDF
from lre_kit.testing.parties import ACTOR, BRUMES
from lre_web.extension import Actor
from lre_web.testing import ThrowawaySite, send_form

TEXT = TemplateText(name="Reminder", subject="Rent of {month}", text="Dear {name}, {month} is **due**.")
TABLE = b"name,email,month\nAda,ada@example.net,May\nBob,bob@example.net,June\n"


def sent(site: ThrowawaySite, path: str, page: str = "/lre/templates", **fields: object) -> TestResponse:
    client = site.client()
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    return send_form(client, path, page, **fields)


def shown(site: ThrowawaySite, path: str) -> str:
    return site.client().get(path, headers={"Accept-Language": "en"}).text


def said(pdf: bytes) -> str:
    return " ".join(pypdf.PdfReader(io.BytesIO(pdf)).pages[0].extract_text().split())


def test_a_template_is_written_looked_at_changed_and_removed(site: ThrowawaySite) -> None:
    fields = {"name": "Reminder", "subject": "Rent of {month}", "text": "Dear {name}, <b>{{7*7}}</b>"}
    pdf = sent(site, "/lre/templates/preview", **fields)
    assert pdf.mimetype == "application/pdf"
    assert "Dear {name}, <b>{{7*7}}</b>" in said(pdf.data)
    assert site.office.templates.all(SENDER.ref) == [], "a preview keeps nothing"
    made = sent(site, "/lre/templates", **fields)
    one = made.location.partition("?")[0]
    page = shown(site, one)
    assert "{month}" in page
    assert "&lt;b&gt;{{7*7}}&lt;/b&gt;" in page
    assert sent(site, one, one, **fields, version="1").status_code == 303
    assert sent(site, one, one, **fields, version="1").status_code == 409
    assert 'role="alert"' in sent(site, "/lre/templates", **fields).text, "one name, one template"
    assert 'role="alert"' in sent(site, "/lre/templates/preview", name="x", text="\U00013000").text
    site.actor = Actor(ref="other", name="Other", email="other@example.org")
    for path in (one, f"{one}/remove"):
        assert sent(site, path, **fields).status_code == 404
    site.actor = Actor(ref=SENDER.ref, name=SENDER.name, email=SENDER.email)
    assert sent(site, f"{one}/remove").status_code == 303
    assert "No template" in shown(site, "/lre/templates")


def test_a_letterhead_is_kept_with_its_logo(site: ThrowawaySite) -> None:
    logo = (io.BytesIO(b"GIF89a"), "a.gif")
    bad = sent(site, "/lre/templates/letterhead", head_name="Office", logo=logo)
    assert 'role="alert"' in bad.text
    fields = {"head_name": "Office Faÿ", "lines": "1 rue Haute\n75001 PARIS", "signature": "H. Faÿ"}
    assert sent(site, "/lre/templates/letterhead", **fields).status_code == 303
    pdf = sent(site, "/lre/templates/preview", name="x", text="Hello")
    for word in ("Office Faÿ", "1 rue Haute", "H. Faÿ"):
        assert word in said(pdf.data)


def drafted(site: ThrowawaySite, **fields: object) -> TestResponse:
    files = {"table": (io.BytesIO(TABLE), "t.csv")} if "group" not in fields else {}
    return sent(site, "/lre/bulk", "/lre/bulk", **(files | fields))


def test_a_table_and_a_template_make_letters_that_are_looked_at_and_sent(site: ThrowawaySite) -> None:
    template = site.office.templates.add(SENDER.ref, TEXT)
    made = drafted(site, template=template.id)
    assert made.status_code == 303, made.text
    page = shown(site, made.location)
    assert "Line 2 (PDF)" in page
    pdf = site.client().get(f"{made.location}/lines/3.pdf")
    assert "Dear Bob, June is due." in said(pdf.data)
    assert site.client().get(f"{made.location}/lines/9.pdf").status_code == 404
    assert sent(site, f"{made.location}/start", made.location).status_code == 303
    site.office.run_until_idle()
    assert {each.subject for each in site.office.reading.all_letters()} == {"Rent of May", "Rent of June"}
    assert "(PDF)" not in shown(site, made.location)
    other = site.office.templates.add(SENDER.ref, TemplateText(name="x", subject="", text="{sum}"))
    missing = drafted(site, template=other.id)
    assert missing.status_code in {400, 422}
    assert "{sum}" in missing.text


def test_a_group_gets_a_letter_each(site: ThrowawaySite) -> None:
    ada = site.office.contacts.book.add(SENDER.ref, Card(name="Ada", email="ada@example.net"))
    group = site.office.contacts.groups.add(SENDER.ref, "Tenants")
    site.office.contacts.groups.put(SENDER.ref, group.id, [ada.id])
    assert "selected>Tenants" in shown(site, f"/lre/bulk?group={group.id}")
    made = drafted(site, group=group.id, documents=(io.BytesIO(SMALL_PDF), "a.pdf"))
    assert made.status_code == 303, made.text
    assert "Send these 1 letters" in shown(site, made.location)


def test_a_zip_holds_a_file_for_each_line(site: ThrowawaySite) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.pdf", SMALL_PDF)
    table = (io.BytesIO(b"email,document\nada@example.net,a.pdf\nbob@example.net,b.pdf\n"), "t.csv")
    packed.seek(0)
    bad = drafted(site, table=table, files=(packed, "all.zip"))
    assert bad.status_code == 422
    assert "Line 3" in bad.text


def test_one_deposit_goes_to_several_or_to_none(site: ThrowawaySite) -> None:
    def deposited(recipients: str, once: str = "x") -> TestResponse:
        fields = {"recipients": recipients, "documents": (io.BytesIO(SMALL_PDF), "a.pdf"), "once": once}
        return sent(site, "/lre/deposit/several", "/lre/deposit/several", **fields)

    bad = deposited("Ada <ada@example.net>\nnobody\n")
    assert bad.status_code in {400, 422}
    assert "Recipient 2" in bad.text
    assert "Ada &lt;ada@example.net&gt;" in bad.text, "what was typed is still there"
    assert deposited("ada@example.net\nADA <ada@example.net>\nada@example.net").status_code in {400, 422}
    assert site.office.reading.all_letters() == []
    for _ in range(2):
        assert deposited("Ada <ada@example.net>\nbob@example.net\n").status_code == 303
    found = site.office.reading.all_letters()
    assert {each.recipient_name for each in found} == {"Ada", "bob@example.net"}
    assert len(found) == 2


@pytest.fixture
def house(site: ThrowawaySite) -> tuple[str, dict[MemberRole, Actor]]:
    people, seats = site.office.people, {}
    party = people.parties.add(BRUMES)
    people.parties.emails.verify(party.id, "contact@brumes.example", actor=ACTOR)
    for role in MemberRole:
        name = f"{role.value} Roy"
        facts = PartyFacts(kind=PartyKind.PERSON, usage_name=name)
        person = people.parties.remember(f"u-{role.value}", facts)
        people.members.set_role(party.id, person.id, role, actor=ACTOR)
        seats[role] = Actor(ref=f"u-{role.value}", name=name, email=f"{role.value}@example.org")
    return party.id, seats


def test_a_house_shares_its_book_its_templates_and_its_sendings(
    site: ThrowawaySite, house: tuple[str, dict[MemberRole, Actor]]
) -> None:
    owner, seats = house
    site.actor = seats[MemberRole.PREPARER]
    assert (
        sent(site, "/lre/contacts", "/lre/contacts", of=owner, name="Ada", email="a@b.fr").status_code == 303
    )
    template = site.office.templates.add(owner, TEXT)
    made = drafted(site, of=owner, template=template.id)
    assert made.status_code == 303, made.text
    assert "waits until somebody" in shown(site, made.location)
    assert sent(site, f"{made.location}/start", f"/lre/bulk?of={owner}").status_code == 404
    site.actor = seats[MemberRole.READER]
    for path in (made.location, f"/lre/contacts?of={owner}", f"/lre/templates?of={owner}"):
        assert site.client().get(path).status_code == 404, path
    site.actor = seats[MemberRole.SENDER]
    assert "Brumes" in shown(site, made.location)
    assert "Ada" in shown(site, f"/lre/contacts?of={owner}")
