"""Templates and letterheads as people see them, and what can be wrong with one."""

import base64
from dataclasses import dataclass, replace
from typing import Any

from lre_kit.errors import InputError, UnlawfulActError
from lre_kit.letters.intake_rows import checked_subject
from lre_kit.mailmerge.text import columns_in
from lre_kit.parties.characters import has_hidden_characters
from lre_kit.parties.values import checked_name

NAME_MAX_CHARS = 100
"""Longest name of a template, in characters."""

TEXT_MAX_CHARS = 20_000
"""Longest text of a template: about eight pages."""

HEAD_LINES_MAX = 6
"""Lines below the name in a letterhead."""

HEAD_LINE_MAX_CHARS = 80

SIGNATURE_MAX_CHARS = 200

LOGO_MAX_BYTES = 200 * 1024
"""Largest logo, in bytes: it travels in every letter."""

_LOGOS = {"png": b"\x89PNG\r\n\x1a\n", "jpg": b"\xff\xd8\xff"}


class TemplateInputError(InputError):
    """A template or a letterhead cannot be kept as it is; nothing was changed."""

    slug = "template-input"


class TemplateChangedError(UnlawfulActError):
    """The template is another than the one that was looked at; nothing was changed."""

    slug = "template-changed"

    def __init__(self) -> None:
        """Say the one sentence."""
        super().__init__("This template was changed meanwhile.", mend="Look at it again, then change it.")


class NotMergeableError(InputError):
    """A letter cannot be made from this template and this line; says which part is to blame."""

    slug = "not-mergeable"


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateText:
    """What a template says.

    Attributes:
        name: What its owner calls it, and the name of the documents made from it.
        subject: The letters' subject; it may name columns.
        text: Their text (`lre_kit.mailmerge.text`).
    """

    name: str
    subject: str
    text: str

    def checked(self) -> "TemplateText":
        """Return it in kept form.

        Raises:
            InputError: It is empty or too long, or holds invisible characters.
        """
        name = " ".join(self.name.split())
        if not name or len(name) > NAME_MAX_CHARS or has_hidden_characters(name):
            msg = "The template has no usable name."
            raise TemplateInputError(msg, mend=f"Give it a name of at most {NAME_MAX_CHARS} characters.")
        text = "\n".join(line.expandtabs(4).rstrip() for line in self.text.splitlines()).strip("\n")
        if not text.strip():
            msg = "The template has no text."
            raise TemplateInputError(msg, mend="Write what the letters say.")
        if len(text) > TEXT_MAX_CHARS:
            msg = f"The template has {len(text)} characters."
            raise TemplateInputError(msg, mend=f"Shorten it to {TEXT_MAX_CHARS}, or send it as a document.")
        if any(has_hidden_characters(line) for line in text.split("\n")):
            msg = "The template holds invisible control characters."
            raise TemplateInputError(msg, mend="Type it again instead of pasting it.")
        return replace(self, name=name, subject=checked_subject(self.subject), text=text)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it names, each once."""
        return tuple(dict.fromkeys((*columns_in(self.subject), *columns_in(self.text))))


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A template as it is kept."""

    id: str
    text: TemplateText
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Letterhead:
    """What stands at the head of a sender's letters, and who signs them.

    Attributes:
        name: The sender's.
        lines: Their address, telephone, register number.
        signature: What stands below the text; lines are kept.
        logo: A small PNG or JPEG picture, if there is one.
    """

    name: str
    lines: tuple[str, ...] = ()
    signature: str = ""
    logo: bytes | None = None

    def checked(self) -> "Letterhead":
        """Return it in kept form.

        Raises:
            InputError: A line is too long, or the logo is no picture that can be set.
        """
        lines = tuple(line for each in self.lines if (line := " ".join(each.split())))
        if len(lines) > HEAD_LINES_MAX or any(
            len(line) > HEAD_LINE_MAX_CHARS or has_hidden_characters(line) for line in lines
        ):
            msg = "The letterhead has too many or too long lines."
            mend = f"Give at most {HEAD_LINES_MAX} lines of {HEAD_LINE_MAX_CHARS} characters."
            raise TemplateInputError(msg, mend=mend)
        signature = "\n".join(" ".join(line.split()) for line in self.signature.splitlines()).strip()
        if len(signature) > SIGNATURE_MAX_CHARS or any(map(has_hidden_characters, signature.split("\n"))):
            msg = "The signature is too long or holds invisible characters."
            raise TemplateInputError(msg, mend=f"Shorten it to {SIGNATURE_MAX_CHARS} characters.")
        if self.logo is not None and (len(self.logo) > LOGO_MAX_BYTES or not self.logo_kind):
            msg = "The logo is no small PNG or JPEG picture."
            raise TemplateInputError(msg, mend=f"Give one of at most {LOGO_MAX_BYTES // 1024} KiB.")
        name = checked_name(self.name, whose="sender")
        return replace(self, name=name, lines=lines, signature=signature)

    @property
    def logo_kind(self) -> str:
        """How the logo's file name ends; nothing if it is none we know."""
        logo = self.logo or b""
        return next((kind for kind, sign in _LOGOS.items() if logo.startswith(sign)), "")

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        logo = base64.b64encode(self.logo).decode() if self.logo else ""
        return {"name": self.name, "lines": list(self.lines), "signature": self.signature, "logo": logo}

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> "Letterhead":
        """Return what `to_json` kept."""
        logo = base64.b64decode(kept["logo"]) if kept["logo"] else None
        return cls(name=kept["name"], lines=tuple(kept["lines"]), signature=kept["signature"], logo=logo)
