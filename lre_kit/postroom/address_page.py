"""The address page: the recipient's address where every window shows it, and what the letter is.

Texts of people are data to the template. Text documents become pages here too.
"""

import json
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from lre_kit.carriers.notices import legal_time_text
from lre_kit.clock import PARIS
from lre_kit.law.paper import Envelope, line_pitch
from lre_kit.letters.values import Letter
from lre_kit.typesetting import SPELLED, Page, drawn, fonts

STANDARDS: list[Any] = ["a-2b"]
"""PDF/A-2 level B (ISO 19005-2): fonts are embedded, and no character is without one."""

WORDS: Mapping[str, Mapping[str, str]] = {
    "fr": {
        "title": "Lettre imprimée et confiée à la poste",
        "sender": "Expéditeur",
        "number": "Numéro de l'envoi",
        "item": "Numéro postal",
        "deposited": "Déposée le",
        "content": "Contenu",
        "pages": "{documents} document(s), {pages} page(s), {sheets} feuille(s)",
        "printed": "Ce courrier est l'impression des documents que l'expéditeur a déposés. {provider} "
        "en garde l'empreinte et peut prouver ce qui a été imprimé.",
    },
    "en": {
        "title": "Letter printed and handed to the post",
        "sender": "Sender",
        "number": "Sending number",
        "item": "Item number",
        "deposited": "Deposited on",
        "content": "Content",
        "pages": "{documents} document(s), {pages} page(s), {sheets} sheet(s)",
        "printed": "This letter is the print of the documents that its sender deposited. {provider} "
        "keeps their digests and can prove what was printed.",
    },
}
"""Words of the page, by language. They promise no effect in law."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """What stands on the address page."""

    letter: Letter
    address: tuple[str, ...]
    return_address: tuple[str, ...]
    provider: str
    item_number: str
    envelope: Envelope
    pages: int
    sheets: int


def address_page(cover: Cover) -> bytes:
    """Return the address page as PDF."""
    letter, words = cover.letter, WORDS[cover.letter.language]
    area = cover.envelope.safe_area
    day = letter.deposited_at.astimezone(PARIS)
    pitch = line_pitch(len(cover.address), area)
    rows = [
        [words["sender"], letter.sender.name],
        [words["number"], letter.number],
        *([[words["item"], cover.item_number]] if cover.item_number else []),
        [words["deposited"], legal_time_text(letter.deposited_at, letter.language)],
        [
            words["content"],
            words["pages"].format(documents=len(letter.documents), pages=cover.pages, sheets=cover.sheets),
        ],
    ]
    data = {
        "language": letter.language,
        "title": words["title"],
        "date": [day.year, day.month, day.day],
        "address": list(cover.address),
        "return": list(cover.return_address),
        "area": asdict(area),
        "pitch": pitch,
        "size": 11 if pitch >= 3.9 else 9,
        "rows": rows,
        "lines": [words["printed"].format(provider=cover.provider)],
    }

    def saying(page: dict[str, Any]) -> None:
        page["lines"] = [*page["lines"], SPELLED.fr if letter.language == "fr" else SPELLED.en]

    return _compiled("address.typ", data, saying=saying)


def text_pages(text: str) -> bytes:
    """Return a plain text as pages."""

    def saying(page: dict[str, Any]) -> None:
        page["lines"] = [*page["lines"], "", SPELLED.fr, SPELLED.en]

    return _compiled("text.typ", {"lines": text.replace("\t", "    ").splitlines() or [""]}, saying=saying)


def _compiled(template: str, data: Page, *, saying: Callable[[dict[str, Any]], None]) -> bytes:
    import typst

    source = files("lre_kit.postroom") / "templates" / template
    with tempfile.TemporaryDirectory() as scratch, as_file(source) as path:
        folder = Path(scratch)
        shutil.copy(path, folder / template)

        def made(page: Page) -> bytes:
            (folder / "data.json").write_text(json.dumps(page), encoding="utf-8")
            pdf: Sequence[int] | bytes = typst.compile(
                str(folder / template), pdf_standards=STANDARDS, font_paths=fonts()
            )
            return bytes(pdf)

        return drawn(data, made, saying=saying)
