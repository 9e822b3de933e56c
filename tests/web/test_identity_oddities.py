"""People and telephones that are not as forms expect: one name, another alphabet, photos turned, HEIC."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from lre_kit.parties.persons import PartyFacts, PartyKind
from lre_kit.parties.proofing_values import CaseState, Part
from lre_kit.testing.identity import card_lines, film, title_picture
from lre_web.testing_identity import SMALL, ProofingSite

HEIC = Path(__file__).parents[1] / "vectors" / "identity" / "card.heic"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[ProofingSite]:
    made = ProofingSite.open(tmp_path / "office")
    with made.office:
        yield made


def sideways() -> bytes:
    """A photo whose file says: turn me by a quarter."""
    image, out = Image.open(BytesIO(title_picture(size=SMALL, seed=7))), BytesIO()
    turned = image.transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6
    turned.save(out, "JPEG", exif=exif)
    return out.getvalue()


@pytest.mark.parametrize(
    ("given_names", "family_name"), [("", "Suharto"), ("مريم", ""), ("Мария Ивановна", "Иванова")]
)
def test_whoever_has_one_name_or_another_alphabet_goes_through_like_anybody(
    site: ProofingSite, given_names: str, family_name: str
) -> None:
    """F9.15: with a telephone's own pictures, turned as they come."""
    facts = PartyFacts(kind=PartyKind.PERSON, given_names=given_names, family_name=family_name)
    site.person = site.office.people.parties.add(facts)
    names = {"given_names": given_names, "family_name": family_name}
    answer = site.begin(birth_date="", **names)
    assert answer.location.endswith("/front"), answer.text
    case = site.case()
    page = f"/identity/{case.id}"
    # It is a small one, so a hint comes first; it is kept all the same.
    site.upload("front", HEIC.read_bytes(), "IMG_1.HEIC")
    assert site.upload("back", sideways(), "IMG_2.jpg").location.endswith("/face")
    site.upload("face", film(), "film.webm", kind="film")
    lines = card_lines(surname=(family_name if family_name.isascii() else "") or "X", given_names="")
    assert site.send(f"{page}/zone", lines="\n".join(lines)).location.endswith("/check")
    for part in (Part.DOCUMENT_FRONT, Part.DOCUMENT_BACK):
        kept = next(each for each in site.case().parts if each.part is part)
        assert kept.media_type == "image/jpeg"
    assert site.send(f"{page}/check").status_code == 303
    assert site.case().state is CaseState.SUBMITTED
    # The operator reads the names as they were typed, and sees both photos upright.
    shown = site.get(site.claim(site.case())).text
    for name in filter(None, (given_names, family_name)):
        assert name in shown
    picture = site.get(f"/review/{case.id}/picture/document_back").data
    width, height = Image.open(BytesIO(picture)).size
    assert width > height
