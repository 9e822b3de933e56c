"""What really came out of the printer: marks read back by a machine, prints held against deposits."""

import random
import subprocess
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from lre_kit.errors import InputError
from lre_kit.law.paper import PrintOptions
from lre_kit.letters.commands import PaperFile
from lre_kit.letters.paper import PaperWish
from lre_kit.letters.values import Upload
from lre_kit.office import PostOffice
from lre_kit.postroom.values import PostItem
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.office import throwaway_office
from lre_kit.testing.post import deposit_on_paper, posted
from lre_kit.testing.printable import printable_pdf

zxingcpp = pytest.importorskip("zxingcpp")
image = pytest.importorskip("PIL.Image")
operations = pytest.importorskip("PIL.ImageOps")

pytestmark = pytest.mark.needs("pdftoppm")

SCAN_DPI = 200


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostOffice]:
    with throwaway_office(
        tmp_path_factory.mktemp("o"), clock=MovedClock(), post_provider="spool", post_mark="datamatrix"
    ) as made:
        made.post.numbers.add("RK", "FR", 100, 199)
        yield made


@pytest.fixture(scope="module")
def item(office: PostOffice) -> PostItem:
    document = Upload(name="a.pdf", stream=BytesIO(printable_pdf(3, text="Résiliation du bail")))
    letter = deposit_on_paper(
        office, documents=[document], paper=PaperWish(options=PrintOptions(duplex=True))
    )
    return posted(office, letter)


@pytest.fixture(scope="module")
def print_ready(office: PostOffice, item: PostItem) -> bytes:
    return office.post.contents.get(item.letter_id, item.print_key)


@pytest.fixture(scope="module")
def sides(print_ready: bytes, tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """The sides as a scanner sees them: grey, askew by a fifth of a degree, with grain."""
    folder = tmp_path_factory.mktemp("scan")
    (folder / "print.pdf").write_bytes(print_ready)
    subprocess.run(
        ["pdftoppm", "-r", str(SCAN_DPI), "-gray", "-png", folder / "print.pdf", folder / "side"], check=True
    )
    return [_scanned(path) for path in sorted(folder.glob("side-*.png"))]


def _scanned(path: Path) -> Any:
    picture = image.open(path).convert("L")
    askew = picture.rotate(0.2, resample=image.Resampling.BICUBIC, fillcolor=255)
    grain = random.Random(path.name)
    noise = image.frombytes("L", (64, 64), grain.randbytes(64 * 64)).resize(askew.size)
    return image.blend(askew, noise, 0.04)


def jpeg(picture: Any) -> bytes:
    made = BytesIO()
    picture.save(made, "JPEG", quality=70, dpi=(SCAN_DPI, SCAN_DPI))
    return made.getvalue()


def taken(office: PostOffice, item: PostItem, content: bytes, name: str, *, page: int = 1) -> str:
    upload = Upload(name=name, stream=BytesIO(content))
    return office.post.files.take(item, PaperFile.PRINTED, upload, page=page).comparison


def test_each_sheet_bears_a_mark_that_a_reader_reads(item: PostItem, sides: list[Any]) -> None:
    assert len(sides) == 2 * item.sheets
    read = [[code.text for code in zxingcpp.read_barcodes(side)] for side in sides]
    posting = read[0][0].partition("/")[0]
    assert read[::2] == [[f"{posting}/{sheet}/{item.sheets}"] for sheet in range(1, item.sheets + 1)]
    assert read[1::2] == [[]] * item.sheets, "a machine reads the front of each sheet, once"
    assert posting
    assert item.id.upper().find(posting) >= 0 or len(posting) <= 12


def test_a_scan_of_what_was_printed_shows_the_pages_that_were_handed_over(
    office: PostOffice, item: PostItem, sides: list[Any]
) -> None:
    for page, side in enumerate(sides[:2], 1):
        assert taken(office, item, jpeg(side), f"side-{page}.jpg", page=page) == "same_pages"


def test_all_sides_in_one_scanned_pdf_are_compared_one_by_one(
    office: PostOffice, item: PostItem, sides: list[Any]
) -> None:
    made = BytesIO()
    sides[0].save(made, "PDF", save_all=True, append_images=sides[1:], resolution=SCAN_DPI)
    assert taken(office, item, made.getvalue(), "all.pdf") == "same_pages"
    short = BytesIO()
    sides[0].save(short, "PDF", save_all=True, append_images=sides[1:-1], resolution=SCAN_DPI)
    assert taken(office, item, short.getvalue(), "short.pdf") == "different", "a side is missing"


def test_what_shows_something_else_is_told_and_kept(
    office: PostOffice, item: PostItem, sides: list[Any]
) -> None:
    assert taken(office, item, jpeg(sides[2]), "swapped.jpg", page=1) == "different"
    assert taken(office, item, jpeg(operations.invert(sides[0])), "negative.jpg", page=1) == "different"
    covered = sides[0].copy()
    covered.paste(0, (500, 350, 900, 600))
    assert taken(office, item, jpeg(covered), "covered.jpg", page=1) == "different"
    assert taken(office, item, jpeg(sides[3]), "beyond.jpg", page=9) == "different"
    (leg,) = office.post.legs(item.letter_id)
    verdicts = [one.comparison for one in leg.files]
    assert verdicts.count("different") >= 4
    office.run_until_idle()
    told = [
        each.exhibit.record["Extensions"]["EventDetails"] for each in office.issuer.exhibits(item.letter_id)
    ]
    assert "different" in [details.get("comparison") for details in told], "the evidence says so too"


def test_the_very_file_is_identical_and_a_broken_one_is_refused(
    office: PostOffice, item: PostItem, print_ready: bytes
) -> None:
    assert taken(office, item, print_ready, "print.pdf") == "identical"
    before = len(office.post.legs(item.letter_id)[0].files)
    for content, name in ((b"%PDF-1.7\nbroken", "broken.pdf"), (b"plain words", "note.txt")):
        with pytest.raises(InputError):
            taken(office, item, content, name)
    assert len(office.post.legs(item.letter_id)[0].files) == before
