"""Names of every script on proofs and pages: drawn where a font is, spelled where none is, never lost."""

import subprocess
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lre_kit import typesetting
from lre_kit.letters.values import Letter
from lre_kit.office import PostOffice
from lre_kit.parties.values import Recipient, Sender
from lre_kit.postroom.address_page import text_pages
from lre_kit.testing.office import deposit_sample, throwaway_office
from lre_kit.typesetting import SPELLED, add_font_folder

pytest.importorskip("pyhanko")
pypdf = pytest.importorskip("pypdf")

pytestmark = pytest.mark.needs("pdftotext", "pdffonts", "pdftoppm")

FONTS = Path(__file__).parents[2] / "vectors" / "fonts"
NAMES = ("王小明", "田中太郎", "김철수", "陳小明")
NOBODY_DRAWS = "\U00018b00\U00018b01"
"""Khitan small script, of which no usual system has a font."""


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget fonts of other tests, and which characters had none."""
    monkeypatch.setattr(typesetting, "_folders", {})
    monkeypatch.setattr(typesetting, "_undrawn", set())


@pytest.fixture
def office(tmp_path: Path) -> Iterator[PostOffice]:
    with throwaway_office(tmp_path / "office", font_folder=FONTS) as opened:
        yield opened


def proof(office: PostOffice, tmp_path: Path, **who: str) -> tuple[Letter, Path]:
    letter = deposit_sample(
        office,
        sender=Sender(ref="s", name=who.get("sender", "Zoé"), email="s@example.org"),
        recipient=Recipient(name=who["name"], email="r@example.net"),
    )
    office.run_until_idle()
    made = tmp_path / "proof.pdf"
    made.write_bytes(office.issuer.make(letter.id, "deposit"))
    return letter, made


def text_of(path: Path) -> str:
    done = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, check=True)
    return done.stdout.decode()


def spelled(name: str) -> str:
    return "".join(f"[U+{ord(each):04X}]" for each in name)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_a_font_draws_is_on_the_proof_and_can_be_copied_from_it(
    office: PostOffice, tmp_path: Path, name: str
) -> None:
    add_font_folder(FONTS)
    _, made = proof(office, tmp_path, name=name)
    text = text_of(made)
    assert name in text
    assert "[U+" not in text
    fonts = subprocess.run(["pdffonts", str(made)], capture_output=True, check=True).stdout.decode()
    [cjk] = [line for line in fonts.splitlines() if "NotoSansCJK" in line]
    assert cjk.split()[-5:-2] == ["yes", "yes", "yes"], "embedded, a subset, with its Unicode"


@pytest.mark.parametrize(("name", "whole"), [("محمد علي", False), ("דוד לוי", False), ("Ωμέγα Ђорђе", True)])
def test_names_written_from_the_right_are_drawn_where_a_font_is(
    office: PostOffice, tmp_path: Path, name: str, whole: bool
) -> None:
    _, made = proof(office, tmp_path, name=name)
    text = text_of(made)
    letters = {each for each in name if not each.isspace()}
    if "[U+" in text:
        assert all(each in text or spelled(each) in text for each in letters)
    else:
        assert name in text if whole else letters <= set(text)


def test_what_no_font_draws_is_spelled_and_said_and_the_evidence_has_it_as_it_was(
    office: PostOffice, tmp_path: Path
) -> None:
    name = f"Ada {NOBODY_DRAWS}"
    letter, made = proof(office, tmp_path, name=name, sender=f"{NOBODY_DRAWS[0]} SA")
    text = " ".join(text_of(made).split())
    assert f"Ada {spelled(NOBODY_DRAWS)}" in text
    assert f"{spelled(NOBODY_DRAWS[0])} SA" in text
    assert SPELLED.fr in text
    attached = pypdf.PdfReader(BytesIO(made.read_bytes())).attachments
    assert any(name in raw.decode() for files in attached.values() for raw in files)
    assert office.reading.by_id(letter.id).recipient.name == name
    english = tmp_path / "en.pdf"
    english.write_bytes(office.issuer.make(letter.id, "deposit", "en"))
    assert SPELLED.en in " ".join(text_of(english).split())


def test_a_folder_of_fonts_that_is_named_later_counts_from_then_on(tmp_path: Path) -> None:
    name = NAMES[0]
    made = tmp_path / "text.pdf"
    made.write_bytes(text_pages(f"{name}\n{NOBODY_DRAWS}"))
    if spelled(name) not in text_of(made):
        pytest.skip("this system has a font for it")
    add_font_folder(FONTS)
    made.write_bytes(text_pages(f"{name}\n{NOBODY_DRAWS}"))
    text = text_of(made)
    assert name in text
    assert spelled(NOBODY_DRAWS) in text
    assert SPELLED.en in " ".join(text.split())


def test_a_page_that_is_drawn_is_not_blank(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    add_font_folder(FONTS)
    made = tmp_path / "text.pdf"
    made.write_bytes(text_pages(NAMES[0]))
    subprocess.run(["pdftoppm", "-r", "72", "-png", str(made), str(tmp_path / "page")], check=True)
    [page] = tmp_path.glob("page*.png")
    with image.open(page) as opened:
        dark = sum(opened.convert("L").histogram()[:128])
    assert dark > 20


_ANY = st.text(
    st.characters(exclude_categories=("C", "Z", "M")) | st.sampled_from("ܐअไ😀👩한ア王"),
    min_size=1,
    max_size=6,
)


@settings(max_examples=25, deadline=None)
@given(_ANY)
def test_no_character_stops_a_page(text: str) -> None:
    made: Any = pypdf.PdfReader(BytesIO(text_pages(f"A {text} Z")))
    assert made.pages
