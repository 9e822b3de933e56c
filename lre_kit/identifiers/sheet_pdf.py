"""Printed sheets: paper codes, or a secret for an app, as an A4 letter for a window envelope.

The page is made in memory: nothing with a code on it touches the disk here. It names the holder and the
sheet's serial, and never an e-mail address: who finds the sheet does not learn which account it opens.
The same input gives the same bytes; pages are tagged and fonts embedded (PDF/A-2a and PDF/UA-1).
"""

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from lre_kit.clock import PARIS
from lre_kit.errors import InputError
from lre_kit.identifiers.identifier_values import Identifier
from lre_kit.identifiers.one_time_passwords import Seed
from lre_kit.identifiers.paper_codes import Sheet
from lre_kit.identifiers.sheet_words import HOW, TITLES, WORDS, day_text, set_in_type
from lre_kit.typesetting import SPELLED, Page, drawn, fonts

STANDARDS: list[Any] = ["a-2a", "ua-1"]
"""PDF/A-2 level A (ISO 19005-2: tagged, fonts embedded) and PDF/UA-1 (ISO 14289-1)."""

LINES_MAX = 7
"""Lines of an address: the name and six of NF Z 10-011."""

LINE_CHARS_MAX = 60
"""Characters that fit on a line of the window."""

_GROUPS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Letterhead:
    """What a sheet says besides its secrets.

    Args:
        provider: The office's name.
        address: The holder's name and postal address, as lines.
        revoke_url: Where a lost sheet is blocked; it must work without logging in by the sheet.
        language: ``fr`` or ``en``.

    Raises:
        InputError: A line is too long, cannot be printed, or holds an e-mail address.
    """

    provider: str
    address: Sequence[str]
    revoke_url: str
    language: str = "fr"

    def __post_init__(self) -> None:
        """Check what will be printed."""
        if not 1 <= len(self.address) <= LINES_MAX:
            raise _unprintable()
        for line in self.address:
            if not line.strip() or len(line) > LINE_CHARS_MAX or not line.isprintable() or "@" in line:
                raise _unprintable()


def render_codes(sheet: Sheet, head: Letterhead) -> bytes:
    """Return a sheet of paper codes as PDF; see that it is destroyed once it is printed.

    Args:
        sheet: It, with its codes in plain.
        head: The rest of the page.
    """
    codes = [[str(number), code] for number, code in enumerate(sheet.codes, start=1)]
    return _render(sheet.identifier, head, "codes", {"codes": codes})


def render_seed(seed: Seed, head: Letterhead) -> bytes:
    """Return a secret for an app as PDF, as QR code and in groups to type.

    Args:
        seed: It, in plain.
        head: The rest of the page.
    """
    groups = seed.base32.split(" ")
    lines = [" ".join(groups[at : at + _GROUPS]) for at in range(0, len(groups), _GROUPS)]
    secret = {"codes": [], "secret": lines, "qr": _qr_code(seed.uri)}
    return _render(seed.identifier, head, "seed", secret)


def render_key(identifier: Identifier, code: str, head: Letterhead) -> bytes:
    """Return the letter that goes with a posted security key as PDF.

    Args:
        identifier: The means.
        code: The code that takes the key into use, in plain.
        head: The rest of the page.
    """
    return _render(identifier, head, "key", {"codes": [["", code]]})


def _render(identifier: Identifier, head: Letterhead, sheet: str, secrets: dict[str, Any]) -> bytes:
    import typst

    language = head.language
    title, lead = (set_in_type(text, language) for text in TITLES[language][sheet])
    words = {name: set_in_type(text, language) for name, text in WORDS[language].items()}
    if not identifier.facts.get("by_time", True):
        words["form"] = words["form_counted"]
    day = identifier.created_at.astimezone(PARIS)
    data = {
        "language": language,
        "title": title,
        "lead": lead,
        "provider": head.provider,
        "serial": identifier.serial,
        "address": list(head.address),
        "date": [day.year, day.month, day.day],
        "made": day_text(day.year, day.month, day.day, language),
        "words": words,
        "how": [set_in_type(line, language).format(provider=head.provider) for line in HOW[language][sheet]],
        "url": head.revoke_url,
        "shown_url": _shown(head.revoke_url),
    } | secrets
    template = (files("lre_kit.identifiers") / "templates" / "sheet.typ").read_bytes()

    def made(page: Page) -> bytes:
        pdf: bytes = typst.compile(
            template, sys_inputs={"data": json.dumps(page)}, pdf_standards=STANDARDS, font_paths=fonts()
        )
        return pdf

    def saying(page: dict[str, Any]) -> None:
        page["how"] = [*page["how"], SPELLED.fr if language == "fr" else SPELLED.en]

    return drawn(data, made, saying=saying)


def _qr_code(uri: str) -> str:
    import segno

    made = io.BytesIO()
    segno.make(uri, error="m", micro=False).save(made, kind="svg", border=4, dark="#000000")
    return made.getvalue().decode()


def _shown(url: str) -> str:
    """Return an address as people type it."""
    parts = urlsplit(url)
    return (parts.netloc + parts.path).rstrip("/")


def _unprintable() -> InputError:
    msg = "This address cannot be printed in the window of an envelope."
    return InputError(msg, mend=f"Give 1 to {LINES_MAX} short lines, with no e-mail address in them.")
