"""Letters in bulk from a template, with a file for each line, on paper, and in an organisation's name."""

import io
import stat
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from lre_kit.authority import NoAuthorityError
from lre_kit.bulk.files import LineFilesError, key_of_file, line_files
from lre_kit.bulk.tables import MissingColumnsError, read_recipients
from lre_kit.bulk.values import BulkReport, BulkState, BulkWish, LineState, MergeWish
from lre_kit.contacts.values import Card
from lre_kit.csv_tables import TableError
from lre_kit.errors import InputError, NotFoundError
from lre_kit.failpoints import FailpointError, arm, disarm
from lre_kit.law.products import Product
from lre_kit.letters.values import Upload
from lre_kit.mailmerge.values import Letterhead, TemplateText
from lre_kit.office import PostOffice
from lre_kit.parties.members import MemberRole
from lre_kit.parties.persons import PartyFacts, PartyKind
from lre_kit.parties.values import Sender
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.courier import MemoryCourier
from lre_kit.testing.office import SENDER, SMALL_PDF, sender_identified, throwaway_office
from lre_kit.testing.parties import ACTOR, BRUMES

pypdf = pytest.importorskip("pypdf")

HEAD = Letterhead(name="Hélène Faÿ")
TEXT = "Chère {nom}, vous devez **{montant}** €."
TEMPLATE = TemplateText(name="Relance", subject="Loyer de {mois}", text=TEXT)
TABLE = "nom,courriel,mois,montant\nAda,ada@example.net,mai,1200\nBob,bob@example.net,juin,950\n"


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def office(tmp_path: Path, clock: MovedClock) -> Iterator[PostOffice]:
    with throwaway_office(tmp_path / "office", clock=clock, post_provider="spool") as opened:
        yield opened
    disarm()


def draft(office: PostOffice, table: str = TABLE, *, merged: bool = True, **more: Any) -> BulkReport:
    product, sender = more.pop("product", Product.SIMPLE), more.pop("sender", SENDER)
    lines = read_recipients(io.BytesIO(table.encode()), limit=1000, product=product)
    merge = MergeWish(template=more.pop("template", TEMPLATE).checked(), head=HEAD) if merged else None
    wish = BulkWish(product=product, merge=merge, title="Spring", subject="Fallback")
    return office.bulk.draft(sender, lines, more.pop("documents", []), wish, **more)


def contents(office: PostOffice) -> dict[str, list[tuple[str, bytes]]]:
    """Return each letter's documents by its recipient's address."""
    found = {}
    for each in office.reading.all_letters(limit=100):
        letter = office.reading.by_id(each.id)
        found[letter.recipient.email or letter.recipient.name] = [
            (info.name, b"".join(office.desk.open_document(letter.id, info.position)[1]))
            for info in letter.documents
        ]
    return found


def said(pdf: bytes) -> str:
    return " ".join(pypdf.PdfReader(io.BytesIO(pdf)).pages[0].extract_text().split())


def test_each_line_gets_the_letter_that_its_columns_make(office: PostOffice) -> None:
    bulk_id = draft(office).bulk_id
    assert bulk_id is not None
    assert office.bulk.by_id(bulk_id).is_merged
    name, looked_at = office.bulk.preview(bulk_id, 2, sender_ref=SENDER.ref)
    assert name == "Relance.pdf"
    assert "Chère Ada, vous devez 1200 €." in said(looked_at)
    for line, ref in ((9, SENDER.ref), (2, "other")):
        with pytest.raises(NotFoundError):
            office.bulk.preview(bulk_id, line, sender_ref=ref)
    with office.database.read() as connection:
        dump = str([list(row) for row in connection.execute(text("SELECT * FROM bulk_line"))])
        dump += str([list(row) for row in connection.execute(text("SELECT * FROM bulk"))])
    assert "1200" not in dump
    assert "vous devez" not in dump
    office.bulk.start(bulk_id, sender_ref=SENDER.ref)
    office.run_until_idle()
    found = contents(office)
    [(name, ada)], [(_, bob)] = found["ada@example.net"], found["bob@example.net"]
    assert name == "Relance.pdf"
    assert ada == looked_at, "what was looked at is what is sent"
    assert "Bob" not in said(ada)
    assert "950" in said(bob)
    assert {each.subject for each in office.reading.all_letters()} == {"Loyer de mai", "Loyer de juin"}
    with office.database.read() as connection:
        assert connection.execute(text("SELECT merge FROM bulk")).scalar() is None


def test_what_a_template_lacks_is_told_for_the_table_or_by_line(office: PostOffice) -> None:
    with pytest.raises(MissingColumnsError, match=r"\{mois\}"):
        draft(office, "nom,courriel,montant\nAda,ada@example.net,3\n")
    report = draft(office, TABLE + "Eve,eve@example.net,mai,\nZoé,zoe@example.net,mai,𓀀\n")
    assert [each.line for each in report.problems] == [4, 5]
    assert "montant" in str(report.problems[0].error)
    assert report.bulk_id is None
    assert [key for key, _ in office.blobs.keys("bulk/")] == []


@pytest.mark.parametrize("place", ["bulk.deposited", "bulk.chunk_sent", "deposit.after_commit"])
def test_whoever_dies_sends_no_merged_line_twice(office: PostOffice, clock: MovedClock, place: str) -> None:
    """F1.03."""
    bulk_id = draft(office).bulk_id
    assert bulk_id is not None
    office.bulk.start(bulk_id, sender_ref=SENDER.ref)
    arm(place, "raise")
    for duty in office.agenda.claim(limit=10, lease=timedelta(minutes=5)):
        if duty.action == "send_bulk":
            with pytest.raises(FailpointError):
                office.bulk.send(duty)
    disarm()
    # The next day: a letter that were made anew would bear the day of the start all the same.
    clock.advance(timedelta(days=1))
    office.run_until_idle()
    assert office.bulk.by_id(bulk_id).counts == {LineState.SENT: 2}
    assert len(office.reading.all_letters()) == 2


def packed(**entries: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name.replace("_", "."), content)
    return out.getvalue()


OWN = "email,document\nada@example.net,A.pdf\nbob@example.net,b.pdf\n"


@pytest.mark.parametrize("zipped", [True, False])
def test_a_line_gets_the_file_it_names_and_no_other(office: PostOffice, *, zipped: bool) -> None:
    other = SMALL_PDF.replace(b"/Catalog", b"/Catalog/X 1")
    parts = {"a_pdf": SMALL_PDF, "B_pdf": other}
    files = (
        [Upload(name="all.zip", stream=io.BytesIO(packed(**parts)))]
        if zipped
        else [Upload(name=name.replace("_", "."), stream=io.BytesIO(raw)) for name, raw in parts.items()]
    )
    common = [Upload(name="common.txt", stream=io.BytesIO(b"for all"))]
    report = draft(office, OWN, merged=False, files=files, documents=common)
    assert report.bulk_id is not None, report.problems
    office.bulk.start(report.bulk_id, sender_ref=SENDER.ref)
    office.run_until_idle()
    assert contents(office) == {
        "ada@example.net": [("a.pdf", SMALL_PDF), ("common.txt", b"for all")],
        "bob@example.net": [("B.pdf", other), ("common.txt", b"for all")],
    }
    assert [key for key, _ in office.blobs.keys("bulk/")] == []


def test_files_and_lines_that_do_not_meet_are_told(office: PostOffice) -> None:
    def told(table: str, **parts: bytes) -> list[int]:
        files = [Upload(name="all.zip", stream=io.BytesIO(packed(**parts)))] if parts else []
        return [each.line for each in draft(office, table, merged=False, files=files).problems]

    assert told(OWN, a_pdf=SMALL_PDF) == [3]
    assert told(OWN) == [2, 3], "files are named, and none came"
    assert told("email,document\nada@example.net,\n", a_pdf=SMALL_PDF) == [2]
    assert told(OWN, a_pdf=SMALL_PDF, b_pdf=b"no pdf") == [3]
    with pytest.raises(LineFilesError, match="no line"):
        told(OWN, a_pdf=SMALL_PDF, b_pdf=SMALL_PDF, c_pdf=SMALL_PDF)
    assert [key for key, _ in office.blobs.keys("bulk/")] == []


def entry(name: str, *, link: bool = False) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        info = zipfile.ZipInfo(name)
        info.external_attr = ((stat.S_IFLNK if link else stat.S_IFREG) | 0o644) << 16
        archive.writestr(info, SMALL_PDF)
    return out.getvalue()


@pytest.mark.parametrize(
    "raw",
    [
        entry("../a.pdf"), entry("/a.pdf"), entry("C:/a.pdf"), entry("x\\..\\a.pdf"), entry("a\u202e.pdf"),
        entry("x/../../a.pdf"), entry("n" * 2000 + ".pdf"), entry("a.pdf", link=True), b"PK\x03\x04nonsense",
        packed(a_pdf=b"\0" * 3_000_000)[:1000], packed(a_pdf=SMALL_PDF, A_PDF=SMALL_PDF),
    ],
)  # fmt: skip
def test_a_zip_that_plays_games_is_refused(raw: bytes) -> None:
    """F11.06"""
    with (
        pytest.raises(LineFilesError),
        line_files([Upload(name="x.zip", stream=io.BytesIO(raw))], limit=10),
    ):
        pass


def test_a_zip_is_read_within_bounds() -> None:
    """F11.01, F11.03: too many files, and a bomb."""
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.pdf", b"\0" * 20_000_000)
    for raw, limit in ((bomb.getvalue(), 10), (packed(a_pdf=b"x", b_pdf=b"y"), 1)):
        with (
            pytest.raises(LineFilesError),
            line_files([Upload(name="x.zip", stream=io.BytesIO(raw))], limit=limit),
        ):
            pass
    kept = packed(a_pdf=b"x")
    with line_files([Upload(name="x.zip", stream=io.BytesIO(kept))], limit=10) as found:
        assert list(found) == [key_of_file("sub/A.PDF")]


POSTAL = (
    "nom,adresse,code postal,ville,mois,montant\n"
    "Ada,12 rue Haute,75001,Paris,mai,3\n"
    "Bob,1 rue X,69001,Lyon,juin,4\n"
)


def test_letters_in_bulk_go_by_post_without_an_email_address(office: PostOffice) -> None:
    pytest.importorskip("pikepdf")
    report = draft(office, POSTAL, product=Product.HYBRID)
    assert report.bulk_id is not None, report.problems
    office.bulk.start(report.bulk_id, sender_ref=SENDER.ref, identified=sender_identified(office))
    office.run_until_idle()
    assert office.bulk.by_id(report.bulk_id).counts == {LineState.SENT: 2}
    assert sorted(contents(office)) == ["Ada", "Bob"]
    letters = [office.reading.by_id(each.id) for each in office.reading.all_letters()]
    addresses = [each.recipient.postal for each in letters]
    assert sorted(each.lines[-1] for each in addresses if each) == ["69001 LYON", "75001 PARIS"]


def test_addresses_that_fail_the_norm_are_told_by_line(office: PostOffice) -> None:
    long = "x" * 39
    bad = f"Eve,rue sans ville,,,mai,3\nMax,,7500,Paris,mai,3\nZoé,{long},75001,Paris,mai,3\nÉva,,,,mai,3\n"
    report = draft(office, POSTAL + bad, product=Product.HYBRID)
    assert [each.line for each in report.problems] == [4, 5, 6, 7]
    assert "no postal address" in str(report.problems[-1].error)
    with pytest.raises(TableError, match="name"):
        draft(office, "email\na@example.net\n", product=Product.HYBRID)


def test_what_cannot_be_printed_is_told_before_anything_is_kept(office: PostOffice) -> None:
    pytest.importorskip("pikepdf")
    documents = [Upload(name="broken.pdf", stream=io.BytesIO(SMALL_PDF))]
    report = draft(office, POSTAL, product=Product.HYBRID, merged=False, documents=documents)
    assert [each.line for each in report.problems] == [2]
    assert [key for key, _ in office.blobs.keys("bulk/")] == []


def test_a_preparers_sending_waits_for_who_may_send_it_and_stops_with_their_role(
    office: PostOffice, clock: MovedClock
) -> None:
    people = office.people
    house = people.parties.add(BRUMES)
    seats = {}
    for role in (MemberRole.OWNER, MemberRole.SENDER, MemberRole.PREPARER):
        person = people.parties.add(PartyFacts(kind=PartyKind.PERSON, usage_name=f"{role.value} Roy"))
        people.parties.emails.verify(person.id, f"{role.value}@example.org", actor=ACTOR)
        people.members.set_role(house.id, person.id, role, actor=ACTOR)
        seats[role] = person
    sender = Sender(ref=house.id, name=house.name, email="contact@brumes.example")
    table = TABLE + "".join(f"P{n},p{n}@example.net,mai,{n}\n" for n in range(60))
    preparer, signer = seats[MemberRole.PREPARER].id, seats[MemberRole.SENDER].id
    bulk_id = draft(office, table, sender=sender, prepared_by=preparer).bulk_id
    assert bulk_id is not None
    assert office.bulk.by_id(bulk_id).prepared_by == preparer
    with pytest.raises(NoAuthorityError):
        office.bulk.start(bulk_id, sender_ref=house.id, person_id=preparer)
    clock.advance(timedelta(days=1))
    office.run_until_idle()
    assert isinstance(office.courier, MemoryCourier)
    assert "62" in office.courier.messages[-1]["Subject"], "whoever may sign is told how many letters wait"
    identified = sender_identified(office)
    office.bulk.start(bulk_id, sender_ref=house.id, person_id=signer, identified=identified)
    claimed = office.agenda.claim(limit=50, lease=timedelta(minutes=5))
    [duty] = [each for each in claimed if each.action == "send_bulk"]
    office.bulk.send(duty)
    assert len(office.reading.all_letters(limit=200)) == 50
    people.members.set_role(house.id, signer, None, actor=ACTOR)
    clock.advance(timedelta(minutes=6))
    office.run_until_idle()
    bulk = office.bulk.by_id(bulk_id)
    assert bulk.state is BulkState.PAUSED
    assert (bulk.counts[LineState.SENT], bulk.counts[LineState.WAITING]) == (50, 12)
    letter = office.reading.by_id(office.reading.all_letters(limit=1)[0].id)
    assert letter.sender.name == house.name


def test_a_group_is_a_table(office: PostOffice) -> None:
    ada = office.contacts.book.add(SENDER.ref, Card(name="Ada", email="ada@example.net", reference="C-1"))
    group = office.contacts.groups.add(SENDER.ref, "Tenants")
    office.contacts.groups.put(SENDER.ref, group.id, [ada.id])
    lines = office.contacts.sheets.table_of_group(SENDER.ref, group.id)
    template = TemplateText(name="x", subject="", text="Dear {name}, your file {reference}").checked()
    wish = BulkWish(merge=MergeWish(template=template, head=HEAD))
    report = office.bulk.draft(SENDER, lines, [], wish)
    assert report.bulk_id is not None, report.problems
    _, made = office.bulk.preview(report.bulk_id, 1, sender_ref=SENDER.ref)
    assert "Dear Ada, your file C-1" in said(made)
    with pytest.raises(InputError):
        office.bulk.draft(SENDER, [], [], wish)
