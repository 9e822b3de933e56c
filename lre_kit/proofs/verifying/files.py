"""The files of a bundle, wherever they lie: a folder, a zipped folder or a signed container."""

import hashlib
import os
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Protocol

PIECE_BYTES = 64 * 1024
"""Length of the pieces contents come in, in bytes."""

DEPTH_MAX = 8
"""Folders looked into, one in the other: a bundle has one level."""


class Files(Protocol):
    """Files by relative name, wherever they lie."""

    label: str
    """What reports call them together."""

    def names(self) -> Collection[str]:
        """Return all names."""

    def open(self, name: str) -> Iterator[bytes]:
        """Yield a file's content in pieces.

        Raises:
            OSError: It is not there, or cannot be read.
        """


class FolderFiles:
    """The files below a folder."""

    def __init__(self, folder: Path) -> None:
        """Look below `folder`."""
        self._folder = folder
        self.label = folder.name

    def names(self) -> Collection[str]:
        """Return the names of all that is not a folder, and of folders that are links or far too deep."""
        found: set[str] = set()
        waiting = [""]
        while waiting:
            below = waiting.pop()
            try:
                entries = list(os.scandir(self._folder / below))
            except OSError:
                # A folder that cannot be looked into is not listed either: the report will say so.
                found.add(below)
                continue
            for entry in entries:
                name = below + entry.name
                if entry.is_dir(follow_symlinks=False) and name.count("/") < DEPTH_MAX:
                    waiting.append(f"{name}/")
                else:
                    found.add(name)
        return found

    def open(self, name: str) -> Iterator[bytes]:
        """Yield a file's content in pieces."""
        path = self._folder / name
        if path.is_symlink() or not path.is_file():
            # A pipe would wait for ever; a link leads out of the folder, whose files alone are the proof.
            raise FileNotFoundError(name)
        with path.open("rb") as file:
            while piece := file.read(PIECE_BYTES):
                yield piece


class FilesBelow:
    """The files of others that lie below one folder."""

    def __init__(self, inner: Files, folder: str) -> None:
        """Show what `inner` has below `folder`, which ends in a slash."""
        self._inner = inner
        self._folder = folder
        self.label = inner.label

    def names(self) -> Collection[str]:
        """Return the names of all files, as seen from the folder."""
        return [n.removeprefix(self._folder) for n in self._inner.names() if n.startswith(self._folder)]

    def open(self, name: str) -> Iterator[bytes]:
        """Yield a file's content in pieces."""
        return self._inner.open(self._folder + name)


def digest_of(files: Files, name: str) -> str:
    """Return a file's SHA-256 in hexadecimal; nothing that is one when it cannot be read."""
    digest = hashlib.sha256()
    try:
        for piece in files.open(name):
            digest.update(piece)
    except OSError:
        return ""
    return digest.hexdigest()


def read_file(files: Files, name: str, *, at_most: int) -> bytes:
    """Return a file's content, cut one byte above `at_most` so that its reader sees it is too long."""
    content = bytearray()
    try:
        for piece in files.open(name):
            content += piece
            if len(content) > at_most:
                break
    except OSError:
        return b""
    return bytes(content[: at_most + 1])
