"""The folder of keys on disk, and its changes, which happen wholly or not at all.

A change of keys is written aside, made durable, and then takes effect by one rename: the folder
``next`` appears. From that instant on its files stand before those of the same name beside it, for
every reader. Only then are they moved to their places; dying in the middle of that changes nothing
for anybody, and the next change, or ``lre init``, finishes it.

Former generations lie in ``old``, named for the instant they ended.
"""

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path

from lre_kit.errors import LreError
from lre_kit.failpoints import declare, failpoint

declare("keys.before_commit", "keys.after_commit", "keys.while_moving", "keys.before_cleanup")

NEXT = "next"
"""Folder of a change that took effect and is not moved to its places yet."""

OLD = "old"
"""Folder of former generations."""

_ASIDE = ".aside"
_LOCK = ".changing"
_REMOVE = "remove"
_STAMP = "%Y-%m-%dT%H%M%SZ"


class KeysBusyError(LreError):
    """Another change of keys is under way."""

    slug = "keys-busy"
    status = 409
    exit_code = 75


def write_secret(path: Path, content: bytes) -> None:
    """Write a new file that only its owner may read, and make its content durable."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class KeyFolder:
    """Reads and changes a folder of keys."""

    def __init__(self, path: Path) -> None:
        """Look at `path`; it is not touched yet."""
        self.path = path

    @property
    def is_unfinished(self) -> bool:
        """Whether a change took effect and its files still await their places."""
        return (self.path / NEXT).is_dir()

    def has(self, name: str) -> bool:
        """Answer whether there is a file of this name."""
        return self._place(name).is_file()

    def read(self, name: str) -> bytes:
        """Return a file as it is in force.

        Raises:
            FileNotFoundError: There is none of this name.
        """
        return self._place(name).read_bytes()

    def old(self, ending: str) -> dict[str, bytes]:
        """Return the former generations of a file such as ``seal.pem`` by name, newest first."""
        found = {
            file.name: file
            for place in (self.path / OLD, self.path / NEXT / OLD)
            for file in place.glob(f"*-{ending}")
        }
        return {name: found[name].read_bytes() for name in sorted(found, reverse=True)}

    def old_name(self, ending: str, at: datetime) -> str:
        """Return a free name, below ``old``, for what ends at an instant."""
        while self.has(name := f"{OLD}/{at.strftime(_STAMP)}-{ending}"):
            at += timedelta(seconds=1)
        return name

    def change(self, files: Mapping[str, bytes], *, remove: Sequence[str] = ()) -> None:
        """Let files take effect together, all or none; the caller holds `changing` and finishes.

        Args:
            files: New contents by name; names below ``old`` may be among them.
            remove: Names of files to destroy once the others are in their places.
        """
        aside = self.path / _ASIDE
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(mode=0o700)
        try:
            (aside / OLD).mkdir(mode=0o700)
            for name, content in files.items():
                write_secret(aside / name, content)
            write_secret(aside / _REMOVE, "\n".join(remove).encode())
            sync_folder(aside / OLD)
            sync_folder(aside)
            failpoint("keys.before_commit")
            with self._locked(exclusive=True):
                aside.rename(self.path / NEXT)
            sync_folder(self.path)
        finally:
            # Whatever stopped it half way: no secret is left behind.
            shutil.rmtree(aside, ignore_errors=True)
        failpoint("keys.after_commit")

    def finish(self) -> bool:
        """Move the files of a change to their places; return whether there was anything to do."""
        coming = self.path / NEXT
        if not coming.is_dir():
            shutil.rmtree(self.path / _ASIDE, ignore_errors=True)
            return False
        with self._locked(exclusive=True):
            (self.path / OLD).mkdir(mode=0o700, exist_ok=True)
            for file in sorted(coming.rglob("*")):
                name = file.relative_to(coming)
                if file.is_file() and str(name) != _REMOVE:
                    file.replace(self.path / name)
                    failpoint("keys.while_moving")
            sync_folder(self.path / OLD)
            sync_folder(self.path)
            failpoint("keys.before_cleanup")
            listed = coming / _REMOVE
            for unwanted in listed.read_text("utf-8").splitlines() if listed.is_file() else ():
                (self.path / unwanted).unlink(missing_ok=True)
            shutil.rmtree(coming)
            sync_folder(self.path)
        return True

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Hold the right to change keys; it goes with the process, however that ends.

        Raises:
            KeysBusyError: Another process holds it.
        """
        import fcntl

        descriptor = os.open(self.path / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(descriptor)
            msg = "Another change of keys is under way."
            raise KeysBusyError(msg, mend="Wait until it ends, then look with: lre keys list") from error
        try:
            yield
        finally:
            os.close(descriptor)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Keep changes from taking effect while several files are read that belong together."""
        with self._locked(exclusive=False):
            yield

    @contextmanager
    def _locked(self, *, exclusive: bool) -> Iterator[None]:
        import fcntl

        descriptor = os.open(self.path, os.O_RDONLY)
        try:
            # Some network file systems lock no folders: a reader there may have to read twice.
            with suppress(OSError):
                fcntl.flock(descriptor, fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH)
            yield
        finally:
            os.close(descriptor)

    def _place(self, name: str) -> Path:
        coming = self.path / NEXT / name
        return coming if coming.is_file() else self.path / name
