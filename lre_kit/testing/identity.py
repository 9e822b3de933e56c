"""Identity titles that belong to nobody: zones, drawn cards, faces and films for tests and sandboxes.

What is drawn says so: no picture made here could be taken for a real title.
"""

from datetime import date
from io import BytesIO
from typing import TYPE_CHECKING

from lre_kit.parties.mrz import check_digit
from lre_kit.parties.persons import PartyFacts, PartyKind
from lre_kit.parties.proofing_values import DeclaredIdentity, Part
from lre_kit.parties.titles import TitleKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL import ImageFont

    from lre_kit.office import PostOffice

_MONOSPACE = ("DejaVuSansMono.ttf", "LiberationMono-Regular.ttf", "Courier New.ttf", "cour.ttf")


def card_lines(
    *,
    surname: str = "DURAND",
    given_names: str = "JEANNE",
    number: str = "F7H64P3R9",
    birth: date = date(1980, 5, 17),
    expiry: date = date(2034, 6, 1),
    issuer: str = "FRA",
    code: str = "ID",
    sex: str = "F",
) -> tuple[str, str, str]:
    """Return the zone of a card (TD1) with check digits that fit; numbers up to nine characters."""
    field = number.ljust(9, "<")
    born, ends = f"{birth:%y%m%d}", f"{expiry:%y%m%d}"
    one = f"{code.ljust(2, '<')}{issuer.ljust(3, '<')}{field}{check_digit(field)}".ljust(30, "<")
    two = f"{born}{check_digit(born)}{sex}{ends}{check_digit(ends)}{issuer.ljust(3, '<')}".ljust(29, "<")
    two += str(check_digit(one[5:30] + two[:7] + two[8:15] + two[18:29]))
    names = f"{surname}<<{given_names}".replace(" ", "<")[:30].ljust(30, "<")
    return one, two, names


def passport_lines(
    *,
    surname: str = "DURAND",
    given_names: str = "JEANNE",
    number: str = "20AB34567",
    birth: date = date(1980, 5, 17),
    expiry: date = date(2034, 6, 1),
    issuer: str = "FRA",
    sex: str = "F",
) -> tuple[str, str]:
    """Return the zone of a passport (TD3) with check digits that fit."""
    field = number.ljust(9, "<")
    born, ends = f"{birth:%y%m%d}", f"{expiry:%y%m%d}"
    names = f"{surname}<<{given_names}".replace(" ", "<")[:39].ljust(39, "<")
    two = f"{field}{check_digit(field)}{issuer.ljust(3, '<')}{born}{check_digit(born)}{sex}{ends}"
    two += f"{check_digit(ends)}{'<' * 14}0"
    two += str(check_digit(two[:10] + two[13:20] + two[21:43]))
    return f"P<{issuer.ljust(3, '<')}{names}", two


def title_picture(
    lines: "Sequence[str]" = (), *, size: tuple[int, int] = (1400, 900), shade: int = 235, seed: int = 0
) -> bytes:
    """Draw a title with a zone at the bottom, as JPEG; `seed` makes otherwise equal pictures differ."""
    from PIL import Image, ImageDraw

    image = Image.new("RGB", size, (shade, shade, min(255, shade + 8)))
    draw = ImageDraw.Draw(image)
    heading = _font(size[0] // 30)
    draw.text((size[0] // 20, size[1] // 20), "SPECIMEN - TEST - SPECIMEN", font=heading, fill=(40, 40, 90))
    box = (size[0] // 20, size[1] // 6, size[0] // 4, size[1] // 2)
    draw.rectangle(box, fill=(180, 170, 160))
    for rule in range(40):
        draw.line((box[2] + 20, box[1] + rule * 8, size[0] - 40, box[1] + rule * 8 + 3), fill=(120, 130, 150))
    draw.point([(n % size[0], n // size[0]) for n in range(seed)], fill=(0, 0, 0))
    if lines:
        points = int((size[0] - size[0] // 10) / max(map(len, lines)) / 0.602)
        letters, step = _font(points), int(points * 1.45)
        top = size[1] - size[1] // 20 - step * len(lines)
        for number, line in enumerate(lines):
            draw.text((size[0] // 20, top + number * step), line, font=letters, fill=(10, 10, 10))
    out = BytesIO()
    image.save(out, "JPEG", quality=92)
    return out.getvalue()


def film(kind: str = "webm", *, seed: int = 0) -> bytes:
    """Return bytes with the container magic of a film; nothing can be seen in it."""
    start = (
        b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm"
        if kind == "webm"
        else b"\x00\x00\x00\x18ftypmp42"
    )
    return start + seed.to_bytes(8, "big") + bytes(4096)


def submit_case(
    office: "PostOffice",
    *,
    purpose: str = "sender",
    seed: int = 0,
    name: str = "Durand",
    party_id: str | None = None,
) -> str:
    """Let a person, by default a new one, hand in pictures and a film; return the id of their case."""
    people = office.people
    party_id = party_id or people.parties.add(PartyFacts(kind=PartyKind.PERSON, family_name=name)).id
    mine = {"party_id": party_id}
    case = people.identity.open_case(
        party_id=party_id, purpose=purpose, language="fr", consent_wording="Oui.",
        declared=DeclaredIdentity(given_names="Jeanne", family_name=name),
    )  # fmt: skip
    people.identity.choose_title(case.id, TitleKind.IDENTITY_CARD, **mine)
    for number, part in enumerate((Part.DOCUMENT_FRONT, Part.DOCUMENT_BACK)):
        picture = title_picture(size=(700, 620), seed=2 * seed + number)
        people.identity.add_picture(case.id, part, picture, **mine)
    people.identity.add_picture(case.id, Part.FACE_VIDEO, film(seed=seed), **mine)
    people.identity.type_mrz(case.id, card_lines(), party_id=party_id)
    people.identity.submit(case.id, **mine)
    return case.id


def _font(points: int) -> "ImageFont.FreeTypeFont | ImageFont.ImageFont":
    from PIL import ImageFont

    for name in _MONOSPACE:
        try:
            return ImageFont.truetype(name, points)
        except OSError:
            continue
    return ImageFont.load_default(points)
