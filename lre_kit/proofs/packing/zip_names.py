"""Which names a file in a ZIP may have: those that every system unpacks to the same place.

Not on the list: whether a name is fit for a particular disk. Nothing here is ever unpacked to one.
"""

import re
import unicodedata
from collections.abc import Iterable

NAME_MAX_BYTES = 1024
"""Longest name, in bytes of UTF-8."""

Fault = tuple[str, str]
"""A refusal's stable name, and what is wrong."""

_DRIVE = re.compile(r"[A-Za-z]:")
_HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def name_fault(name: str) -> Fault | None:
    """Return why a name is not one for a file, or nothing."""
    if not name or len(name.encode("utf-8", "surrogatepass")) > NAME_MAX_BYTES:
        return "name-length", "an entry's name is empty or longer than any"
    if any(unicodedata.category(c) in _HIDDEN for c in name):
        return "name-hidden", "an entry's name holds control characters, or others that cannot be seen"
    if "\\" in name:
        return "name-backslash", f"{name} holds a backslash, which some systems take for a folder"
    if name.startswith("/"):
        return "name-absolute", f"{name} is an absolute path"
    if _DRIVE.match(name):
        return "name-drive", f"{name} begins with a drive letter"
    if name.endswith("/"):
        return "name-folder", f"{name} is a folder: only files are read"
    if {".", "..", ""} & set(name.split("/")):
        return "name-traversal", f"{name} leads through other folders than it shows"
    return None


def twin_fault(names: Iterable[str]) -> Fault | None:
    """Return why names do not stand beside each other, or nothing.

    Names that differ only by case or by how accents are written are one file on many systems, and
    none is a file and a folder at once.
    """
    seen: set[str] = set()
    folders: set[str] = set()
    for name in names:
        key = folded(name)
        if key in seen:
            return "name-duplicate", f"{name} is there twice"
        seen.add(key)
        parts = key.split("/")
        folders.update("/".join(parts[:end]) for end in range(1, len(parts)))
    if both := seen & folders:
        return "name-duplicate", f"{min(both)} is a file and a folder"
    return None


def folded(name: str) -> str:
    """Return what names that many systems take for the same have in common."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKD", name).casefold())
