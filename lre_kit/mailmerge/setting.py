"""Setting merged letters as PDF: PDF/A-3 and PDF/UA-1, tagged; the same input gives the same bytes.

What people wrote goes to the typesetter as data, never as its source. One `Setter` serves many lines: what
they have in common is read once, and fonts are looked for once a process.
"""

import json
import tempfile
from collections.abc import Mapping
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from lre_kit.clock import PARIS
from lre_kit.identifiers.sheet_words import day_text
from lre_kit.letters.inspection import kept_name
from lre_kit.mailmerge.text import Block, Kind, Runs, filled, read_line, read_text
from lre_kit.mailmerge.values import Letterhead, NotMergeableError, TemplateText
from lre_kit.parties.values import Recipient
from lre_kit.typesetting import fonts

STANDARDS: list[Any] = ["a-3a", "ua-1"]
"""PDF/A-3 level A (ISO 19005-3: tagged, fonts embedded) and PDF/UA-1 (ISO 14289-1)."""

_UNTITLED = {"fr": "Lettre", "en": "Letter"}


class Setter:
    """Makes the letters of one template under one letterhead; use it as a context."""

    def __init__(self, template: TemplateText, head: Letterhead, *, at: datetime) -> None:
        """Read the template.

        Args:
            template: What the letters say.
            head: Who sends them.
            at: Which day stands on them, by legal time.
        """
        self._template = template
        self._head = head
        self._day = at.astimezone(PARIS).date()
        self._blocks = read_text(template.text)
        self._subject = read_line(template.subject)
        self._scratch: tempfile.TemporaryDirectory[str] | None = None
        self._compiler: Any = None
        self._logo = ""

    def __enter__(self) -> Self:
        """Open the typesetter on a folder of its own."""
        import typst

        self._scratch = tempfile.TemporaryDirectory()
        folder = Path(self._scratch.name)
        source = (files("lre_kit.mailmerge") / "templates" / "letter.typ").read_bytes()
        (folder / "letter.typ").write_bytes(source)
        if self._head.logo:
            self._logo = f"logo.{self._head.logo_kind}"
            (folder / self._logo).write_bytes(self._head.logo)
        self._compiler = typst.Compiler(str(folder / "letter.typ"), root=str(folder), font_paths=fonts())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove the folder."""
        if self._scratch is not None:
            self._scratch.cleanup()
        self._compiler = self._scratch = None

    @property
    def file_name(self) -> str:
        """What the documents are called."""
        return kept_name(f"{self._template.name}.pdf")

    def subject(self, values: Mapping[str, str]) -> str:
        """Return a letter's subject."""
        return " ".join(filled(self._subject, values).split())

    def pdf(self, recipient: Recipient, values: Mapping[str, str], *, language: str) -> bytes:
        """Return a letter.

        Args:
            recipient: Whom it is addressed to.
            values: What the line says, by column (`lre_kit.mailmerge.text.key_of_column`).
            language: ``fr`` or ``en``: of its date and of how words are parted.

        Raises:
            NotMergeableError: It holds characters that no font here has, or the logo cannot be read.
        """
        import typst

        day = self._day
        known = {"date": day_text(day.year, day.month, day.day, language), **values}
        address = recipient.postal.printed if recipient.postal is not None else (recipient.name,)
        data = {
            "language": language,
            "title": self.subject(known) or _UNTITLED[language],
            "sender": {"name": self._head.name, "lines": list(self._head.lines)},
            "logo": self._logo,
            "date": [day.year, day.month, day.day],
            "dated": day_text(day.year, day.month, day.day, language),
            "recipient": list(address),
            "blocks": [_plain(block, known) for block in self._blocks],
            "signature": self._head.signature,
        }
        try:
            made: bytes = self._compiler.compile(
                sys_inputs={"data": json.dumps(data, ensure_ascii=False)}, pdf_standards=STANDARDS
            )
        except typst.TypstError as error:
            msg = "This letter cannot be set: a character has no font here, or the logo is damaged."
            raise NotMergeableError(
                msg, mend="Look for emoji and rare scripts; try without the logo."
            ) from error
        return made


def _plain(block: Block, values: Mapping[str, str]) -> list[Any]:
    items = [_runs(item, values) for item in block.items]
    return [block.kind.value, items[0] if block.kind in {Kind.PARAGRAPH, Kind.HEADING} else items]


def _runs(runs: Runs, values: Mapping[str, str]) -> list[list[Any]]:
    return [[run.style.value, filled(run.parts, values)] for run in runs]
