"""Finding the faces (web, jobs, console) without importing them: the kernel only knows their doors.

Each face announces its doors as entry points of the group ``lre_kit.faces``.
"""

from importlib.metadata import entry_points
from typing import Any

from lre_kit.errors import MissingExtraError

GROUP = "lre_kit.faces"
"""Entry-point group."""

_EXTRA_OF = {
    "web": "web",
    "serve": "web",
    "mailbox": "web",
    "jobs": "jobs",
    "work": "jobs",
    "console": "tui",
}


def load_face(door: str) -> Any:
    """Return the object behind a face's door, such as ``web`` or ``console``.

    Raises:
        MissingExtraError: The face, or something it needs, is not installed; says how to install it.
    """
    extra = _EXTRA_OF[door]
    mend = f'Run: pip install "lre-kit[{extra}]"'
    found = next(iter(entry_points(group=GROUP, name=door)), None)
    if found is None:
        msg = f"The part of LRE Kit called “{extra}” is not installed."
        raise MissingExtraError(msg, mend=mend)
    try:
        return found.load()
    except ImportError as error:
        msg = f"The part of LRE Kit called “{extra}” lacks a package ({error.name})."
        raise MissingExtraError(msg, mend=mend) from error
