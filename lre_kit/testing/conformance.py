"""The conformance kit: files to verify, what is wrong with each, and the answer that is right.

A kit is a folder: ``index.json``, the files it names, and folders of trust anchors. A vector is a whole
file, or another one with some bytes replaced (the last edit first), so that what was changed can be read
in the index. Any verifier in any language can be held against it; see ``docs/reference/conformance.md``.
"""

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from lre_kit.clock import from_iso
from lre_kit.errors import IntegrityError

INDEX = "index.json"
"""Name of the list of vectors."""

WINDOW_BYTES = 32
"""Shortest stretch that two files are said to have in common."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """Bytes replaced in a file: `remove` bytes from `at` on give way to `insert`."""

    at: int
    remove: int
    insert: bytes

    def of(self, content: bytes) -> bytes:
        """Return a file after this edit."""
        return content[: self.at] + self.insert + content[self.at + self.remove :]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vector:
    """One file to verify, and the right answer."""

    id: str
    family: str
    wrong: str
    """What is wrong with it, in words; empty for a good one."""
    name: str
    """File name to verify it under."""
    trust: str
    """Folder of trust anchors in the kit; empty for none."""
    at: datetime
    """Instant of the verification."""
    judges: tuple[str, ...]
    """Who can judge it: ``command line``, ``browser``."""
    result: str
    """Passed, failed or indeterminate."""
    faults: tuple[tuple[str, str, str], ...]
    """Name, result and sub-indication of each check that does not pass."""
    sha256: str
    file: Path
    """The file, or the file that `edits` change."""
    edits: tuple[Edit, ...]
    beside: Path | None
    """A file that must lie beside it under the same name, with its own suffix."""

    @property
    def content(self) -> bytes:
        """The bytes to verify.

        Raises:
            IntegrityError: They are not those the index names.
        """
        made = self.file.read_bytes()
        for edit in reversed(self.edits):
            made = edit.of(made)
        if hashlib.sha256(made).hexdigest() != self.sha256:
            msg = f"Vector {self.id} is not what the index says."
            raise IntegrityError(msg, mend="Take the kit again, byte for byte (no line endings changed).")
        return made

    def placed(self, folder: Path) -> Path:
        """Write the vector, and what must lie beside it, into a folder of its own; return its place."""
        place = folder / self.id
        place.mkdir()
        (place / self.name).write_bytes(self.content)
        if self.beside is not None:
            (place / self.name).with_suffix(self.beside.suffix).write_bytes(self.beside.read_bytes())
        return place / self.name


def read_kit(folder: Path) -> Iterator[Vector]:
    """Yield the vectors of a kit in the order of its index."""
    for entry in json.loads((folder / INDEX).read_text("utf-8"))["vectors"]:
        yield _vector(folder, entry)


def _vector(folder: Path, entry: Mapping[str, Any]) -> Vector:
    return Vector(
        id=entry["id"],
        family=entry["family"],
        wrong=entry["wrong"],
        name=entry["name"],
        trust=entry["trust"],
        at=from_iso(entry["at"]),
        judges=tuple(entry["judges"]),
        result=entry["result"],
        faults=tuple((name, result, sub) for name, result, sub in entry["faults"]),
        sha256=entry["sha256"],
        file=folder / entry["file"],
        edits=tuple(
            Edit(at=at, remove=remove, insert=base64.b64decode(insert))
            for at, remove, insert in entry.get("edits", ())
        ),
        beside=folder / entry["beside"] if entry.get("beside") else None,
    )


def edits_between(base: bytes, wanted: bytes) -> tuple[Edit, ...]:
    """Return the edits that make `wanted` of `base`, in the order of the base, none of them overlapping."""
    places: dict[bytes, list[int]] = {}
    for at in range(len(base) - WINDOW_BYTES, -1, -1):
        places.setdefault(base[at : at + WINDOW_BYTES], []).append(at)
    edits: list[Edit] = []
    here = kept = there = 0
    while there <= len(wanted) - WINDOW_BYTES:
        found = places.get(wanted[there : there + WINDOW_BYTES], [])
        while found and found[-1] < here:
            found.pop()
        if not found:
            there += 1
            continue
        start = found[-1]
        if start > here or there > kept:
            edits.append(Edit(at=here, remove=start - here, insert=wanted[kept:there]))
        length = _common(base[start:], wanted[there:])
        here, there = start + length, there + length
        kept = there
    if here < len(base) or kept < len(wanted):
        edits.append(Edit(at=here, remove=len(base) - here, insert=wanted[kept:]))
    return tuple(edits)


def _common(left: bytes, right: bytes) -> int:
    """Return how many bytes two contents begin with alike."""
    low, high = 0, min(len(left), len(right))
    while low < high:
        middle = (low + high + 1) // 2
        if left[:middle] == right[:middle]:
            low = middle
        else:
            high = middle - 1
    return low
