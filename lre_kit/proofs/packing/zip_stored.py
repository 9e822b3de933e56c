"""Writing ZIP files of one form: everything stored, headers alike, no field that is not needed.

Proofs are signatures and digests, which hardly shrink; what is stored can be found in the file by any
reader, and the same contents and instant give the same bytes whatever the compressor.
"""

import hashlib
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import BinaryIO

from lre_kit.clock import as_utc
from lre_kit.proofs.packing.zip_names import folded, name_fault, twin_fault
from lre_kit.proofs.packing.zip_records import ENTRIES_MAX, ENTRY_MAX_BYTES, TOTAL_MAX_BYTES, refuse

MADE_BY = 3 << 8 | zipfile.DEFAULT_VERSION
"""Maker's system (Unix, for the attributes) and version, in every header."""

ATTRIBUTES = (0, (stat.S_IFREG | 0o644) << 16)
"""Internal and external attributes of every entry: a plain file that everybody may read."""

_YEARS = (1980, 2107)


class StoredZip:
    """A ZIP being written: add files, then leave the context."""

    def __init__(self, archive: zipfile.ZipFile, at: datetime) -> None:
        """Write into an open archive; `at` becomes the date of every file."""
        self._archive = archive
        self._seen: set[str] = set()
        self._total = 0
        moment = as_utc(at)
        year = min(max(moment.year, _YEARS[0]), _YEARS[1])
        self._date = (year, moment.month, moment.day, moment.hour, moment.minute, moment.second)

    def add(self, name: str, pieces: Iterable[bytes]) -> str:
        """Add a file, its content passing through once; return its SHA-256 in hexadecimal.

        Raises:
            BadContainerError: The name is there already or not one for a file, or there is too much.
        """
        if fault := name_fault(name):
            refuse(*fault)
        if folded(name) in self._seen:
            refuse("name-duplicate", f"{name} is there twice")
        self._seen.add(folded(name))
        if len(self._seen) > ENTRIES_MAX:
            refuse("too-many-entries", f"it has more than {ENTRIES_MAX} entries")
        info = zipfile.ZipInfo(name, self._date)
        info.create_system = MADE_BY >> 8
        info.external_attr = ATTRIBUTES[1]
        digest, size = hashlib.sha256(), 0
        with self._archive.open(info, "w") as file:
            for piece in pieces:
                size += len(piece)
                if size > ENTRY_MAX_BYTES:
                    refuse("entry-too-large", f"{name} is larger than any file of a container")
                self._total += len(piece)
                if self._total > TOTAL_MAX_BYTES:
                    refuse("total-too-large", "its files together are larger than any container's")
                digest.update(piece)
                file.write(piece)
        return digest.hexdigest()


def write_zip(target: BinaryIO, fill: Callable[[StoredZip], None], *, at: datetime) -> None:
    """Write a ZIP of the files that `fill` adds.

    Args:
        target: Where it goes. What cannot be sought in is filled at the end, from a temporary file:
            the lengths of streamed files must stand before them, or stream readers refuse them.
        fill: Adds the files.
        at: Date of every file; ZIP keeps it in steps of two seconds.
    """
    if not target.seekable():
        with tempfile.TemporaryFile() as scratch:
            write_zip(scratch, fill, at=at)
            scratch.seek(0)
            shutil.copyfileobj(scratch, target)
        return
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED, allowZip64=False) as archive:
        fill(StoredZip(archive, at))
        if fault := twin_fault(archive.namelist()):
            refuse(*fault)
