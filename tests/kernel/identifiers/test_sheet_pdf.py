"""Printed sheets: read back as a holder and a reading machine would."""

import io
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pypdf
import pytest

from lre_kit.clock import now
from lre_kit.errors import InputError
from lre_kit.identifiers.challenges import Challenges
from lre_kit.identifiers.identifier_values import Identifier, grouped
from lre_kit.identifiers.means import Kind, State
from lre_kit.identifiers.one_time_codes import as_base32, provisioning_uri
from lre_kit.identifiers.one_time_passwords import OneTimePasswords, Seed
from lre_kit.identifiers.paper_codes import PaperCodes, Sheet
from lre_kit.identifiers.register import IdentifierRegister
from lre_kit.identifiers.sheet_maker import SheetMaker
from lre_kit.identifiers.sheet_pdf import Letterhead, render_codes, render_seed
from lre_kit.identifiers.throttle import Throttle
from lre_kit.law.assurance import Level
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database
from lre_kit.store.vault import Vault

HOLDER = ("Madame Héloïse Grégoire", "17 bis rue de l'Abbé", "75006 PARIS", "FRANCE")
SECRET = bytes(range(20))
SERIAL = "7K3M-9QXA-2PVD"
URI = provisioning_uri(SECRET, by_time=True, issuer="Bureau", account=SERIAL)


def head(language: str, **changed: Any) -> Letterhead:
    told: dict[str, Any] = {
        "provider": "Bureau d'essai",
        "address": HOLDER,
        "revoke_url": "https://post.example/block",
    }
    return Letterhead(**{**told, "language": language, **changed})


def identifier(kind: Kind) -> Identifier:
    return Identifier(
        id=new_id(),
        serial=SERIAL,
        party_id=new_id(),
        kind=kind,
        state=State.ISSUED,
        label="",
        proofing_id=None,
        level=None,
        derogation=None,
        facts={"by_time": True},
        counter=0,
        created_at=datetime(2026, 2, 28, 23, 30, tzinfo=UTC),
        activated_at=None,
        last_used_at=None,
        expires_at=None,
        ended_at=None,
        replaced_by=None,
    )


def sheet(count: int = 40) -> Sheet:
    codes = tuple(grouped(f"{number:08d}"[::-1]) for number in range(1, count + 1))
    return Sheet(identifier=identifier(Kind.PAPER_CODES), codes=codes)


def seed() -> Seed:
    return Seed(identifier=identifier(Kind.PAPER_SEED), base32=grouped(as_base32(SECRET), " "), uri=URI)


def read(pdf: bytes) -> Any:
    return pypdf.PdfReader(io.BytesIO(pdf))


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in read(pdf).pages).replace("\u2019", "'")


@pytest.mark.parametrize(
    ("language", "title", "day", "warning"),
    [
        ("fr", "Vos codes d'identification", "1er mars 2026", "Ne donnez jamais un code par téléphone"),
        ("en", "Your identification codes", "1 March 2026", "Never give a code on the phone"),
    ],
)
def test_a_sheet_of_codes_fits_on_a_page_with_all_that_is_needed(
    language: str, title: str, day: str, warning: str
) -> None:
    made = sheet()
    pdf = render_codes(made, head(language))
    text = text_of(pdf)
    assert len(read(pdf).pages) == 1
    for wanted in (title, day, warning, SERIAL, *HOLDER, *made.codes, "post.example/block"):
        assert wanted in text
    assert "@" not in text


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_sheet_is_tagged_and_says_its_language(language: str) -> None:
    for pdf in (render_codes(sheet(), head(language)), render_seed(seed(), head(language))):
        root = read(pdf).trailer["/Root"]
        assert root["/MarkInfo"]["/Marked"]
        assert str(root["/Lang"]).startswith(language)
        assert "/StructTreeRoot" in root
        metadata = root["/Metadata"].get_object().get_data().decode()
        assert "pdfuaid:part" in metadata
        assert SERIAL not in metadata


def test_all_fonts_are_embedded() -> None:
    for page in read(render_codes(sheet(), head("fr"))).pages:
        for font in page["/Resources"]["/Font"].values():
            descriptor = font["/DescendantFonts"][0]["/FontDescriptor"]
            assert {"/FontFile2", "/FontFile3"} & set(descriptor)


def test_the_same_sheet_gives_the_same_bytes() -> None:
    made, letterhead = sheet(3), head("fr")
    assert render_codes(made, letterhead) == render_codes(made, letterhead)


def test_a_hundred_codes_go_on_two_pages() -> None:
    made = sheet(100)
    pdf = render_codes(made, head("en"))
    assert len(read(pdf).pages) == 2
    text = text_of(pdf)
    assert all(code in text for code in made.codes)


@pytest.mark.needs("pdftoppm")
@pytest.mark.parametrize("language", ["fr", "en"])
def test_an_app_reads_the_secret_from_the_printed_sheet(language: str, tmp_path: Path) -> None:
    zxing = pytest.importorskip("zxingcpp")
    image = pytest.importorskip("PIL.Image")
    pdf = render_seed(seed(), head(language))
    (tmp_path / "seed.pdf").write_bytes(pdf)
    subprocess.run(
        ["pdftoppm", "-r", "150", "-png", "-singlefile", str(tmp_path / "seed.pdf"), str(tmp_path / "seed")],
        check=True,
    )
    found = zxing.read_barcodes(image.open(tmp_path / "seed.png"))
    assert [each.text for each in found] == [URI]
    typed = "".join(text_of(pdf).split())
    assert as_base32(SECRET) in typed
    assert "@" not in text_of(pdf)


@pytest.mark.needs("pdftotext")
def test_the_address_stands_in_the_window_and_no_code_does(tmp_path: Path) -> None:
    (tmp_path / "sheet.pdf").write_bytes(render_codes(sheet(), head("fr")))
    # The window of a DL or C5 envelope, with the play a folded sheet has: points from the top left.
    window = ["-x", "270", "-y", "110", "-W", "300", "-H", "135"]
    shown = subprocess.run(
        ["pdftotext", "-r", "72", *window, str(tmp_path / "sheet.pdf"), "-"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert [line for line in shown.splitlines() if line.strip("\f ")] == list(HOLDER)


@pytest.mark.parametrize(
    "address",
    [(), ("",), ("Ada", "ada@example.org"), ("x" * 61,), ("Ada\nLovelace",), ("Ada",) * 8],
)
def test_what_cannot_stand_in_the_window_is_refused(address: tuple[str, ...]) -> None:
    with pytest.raises(InputError):
        head("fr", address=address)


@pytest.mark.parametrize("kind", [Kind.PAPER_CODES, Kind.PAPER_SEED])
def test_an_ordered_sheet_is_made_with_its_means(database: Database, kind: Kind) -> None:
    vault = Vault(bytes(range(32)), "kek")
    register = IdentifierRegister(database, clock=now, vault=vault)
    shared: dict[str, Any] = {
        "clock": now,
        "register": register,
        "challenges": Challenges(database, clock=now),
        "throttle": Throttle(database, clock=now, pepper=b"p" * 32),
    }
    make = SheetMaker(
        codes=PaperCodes(database, pepper=b"q" * 32, **shared),
        passwords=OneTimePasswords(database, issuer="Bureau", **shared),
        letterhead=lambda _: head("fr"),
    )
    told: dict[str, Any] = {"party_id": new_id(), "proofing_id": "p1", "level": Level.SUBSTANTIAL}
    told |= {"derogation": "d1", "actor": {"kind": "order", "id": "o1"}}
    with database.write() as uow:
        made = make(uow, kind=kind, **told)
        with pytest.raises(InputError):
            make(uow, kind=Kind.EID, **told)
        uow.commit()
    kept = register.by_id(made.identifier_id)
    assert (kept.kind, kept.state, kept.level, kept.derogation) == (
        kind,
        State.ISSUED,
        Level.SUBSTANTIAL,
        "d1",
    )
    assert kept.serial in text_of(made.pdf)
