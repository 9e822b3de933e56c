"""Answers that operators begin from: Markdown files of the kit, and of the operator's folder before them.

A file ``<name>.<language>.md`` holds one. ``{name}`` and ``{reference}`` are filled in.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lre_kit.errors import NotFoundError

OWN = Path(__file__).parent / "answers"
"""The kit's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerTemplate:
    """One answer to begin from."""

    name: str
    language: str
    text: str

    def filled(self, *, name: str, reference: str) -> str:
        """Return it for one asker."""
        return self.text.replace("{name}", name).replace("{reference}", reference)


class AnswerTemplates:
    """Finds them."""

    def __init__(self, folder: Path | None = None) -> None:
        """Look in `folder` first, then among the kit's own."""
        self._folders = [each for each in (folder, OWN) if each is not None]

    def names(self, language: str) -> Sequence[str]:
        """Return the names of all answers in a language, sorted."""
        suffix = f".{language}.md"
        return sorted(
            {
                path.name.removesuffix(suffix)
                for folder in self._folders
                if folder.is_dir()
                for path in folder.glob(f"*{suffix}")
            }
        )

    def get(self, name: str, language: str) -> AnswerTemplate:
        """Return one.

        Raises:
            NotFoundError: There is none of this name in this language.
        """
        if name in self.names(language):
            for folder in self._folders:
                path = folder / f"{name}.{language}.md"
                if path.is_file():
                    return AnswerTemplate(name=name, language=language, text=path.read_text(encoding="utf-8"))
        msg = f"There is no answer called {name[:60]!r} in this language."
        known = ", ".join(self.names(language)) or "none"
        raise NotFoundError(msg, mend=f"Choose one of: {known}.")
