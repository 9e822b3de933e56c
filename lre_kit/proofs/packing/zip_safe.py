"""Reading hostile ZIP files: form first, then contents in pieces, each to the last byte.

What its directory may say is in `zip_records`, what its headers in `zip_layout`, what its files may be
called in `zip_names`.
"""

import io
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from lre_kit.proofs.packing.zip_layout import check_layout
from lre_kit.proofs.packing.zip_records import (
    STORED,
    BadContainerError,
    Entry,
    read_at,
    read_directory,
    refuse,
)

PIECE_BYTES = 64 * 1024
"""Length of the pieces contents come in, in bytes."""


class SafeZip:
    """A ZIP whose form stood every check; contents are checked as they are read."""

    def __init__(self, file: BinaryIO, entries: Sequence[Entry], label: str) -> None:
        """Keep the open file and what its directory says; use `read_zip`."""
        self._file = file
        self.label = label
        """What reports call it."""
        self.entries = {entry.name: entry for entry in entries}
        """Entries by name, in the file's order."""

    def names(self) -> list[str]:
        """Return the names of all files, in the file's order."""
        return list(self.entries)

    def open(self, name: str) -> Iterator[bytes]:
        """Yield a file's content in pieces; the last comes only once length and checksum fit.

        Raises:
            FileNotFoundError: There is no such file.
            BadContainerError: ``deflate``, ``size`` or ``checksum``.
        """
        entry = self.entries.get(name)
        if entry is None:
            raise FileNotFoundError(name)
        size = crc = 0
        waiting = b""
        for piece in self._stored(entry) if entry.method == STORED else self._inflated(entry):
            if not piece:
                continue
            if waiting:
                yield waiting
            waiting = piece
            size += len(piece)
            crc = zlib.crc32(piece, crc)
            if size > entry.size:
                refuse("size", f"{name} unpacks to more than it says")
        if size != entry.size:
            refuse("size", f"{name} unpacks to less than it says")
        if crc != entry.crc:
            refuse("checksum", f"{name} does not fit its checksum")
        if waiting:
            yield waiting

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _stored(self, entry: Entry) -> Iterator[bytes]:
        for start in range(0, entry.packed, PIECE_BYTES):
            # Sought anew each time: two files may be read by turns.
            yield read_at(self._file, entry.begins + start, min(PIECE_BYTES, entry.packed - start))

    def _inflated(self, entry: Entry) -> Iterator[bytes]:
        engine = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            for packed in self._stored(entry):
                left = packed
                if engine.eof:
                    refuse("deflate", f"{entry.name} has bytes behind its content")
                while left:
                    yield engine.decompress(left, PIECE_BYTES)
                    left = engine.unconsumed_tail
            yield engine.flush()
        except zlib.error as error:
            msg = f"The container is refused: {entry.name} cannot be unpacked."
            raise BadContainerError(msg, reason="deflate") from error
        if not engine.eof or engine.unused_data:
            refuse("deflate", f"{entry.name} does not end where its content ends")


def read_zip(raw: bytes | Path) -> SafeZip:
    """Open a ZIP after checking all of its form; nothing is unpacked yet.

    Args:
        raw: Its bytes, or its place on disk.

    Raises:
        BadContainerError: It is not in a form we read; `reason` says which rule it breaks.
        OSError: The file cannot be read.
    """
    label = "container" if isinstance(raw, bytes) else raw.name
    file: BinaryIO = io.BytesIO(raw) if isinstance(raw, bytes) else raw.open("rb")
    try:
        entries, ends = read_directory(file)
        return SafeZip(file, check_layout(file, entries, ends), label)
    except BaseException:
        file.close()
        raise
