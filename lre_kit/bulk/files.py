"""The files that single lines of a table name: uploaded one by one, or in a ZIP that is read within bounds.

Names are only compared: nothing here is ever unpacked to a disk, and a ZIP that plays with paths is refused.
"""

import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

from lre_kit.errors import InputError
from lre_kit.letters.inspection import kept_name
from lre_kit.letters.values import READ_BYTES, Upload
from lre_kit.proofs.packing.zip_names import name_fault

UNPACKED_MAX_BYTES = 2 * 1024**3
"""Most bytes that all files of a ZIP may unpack to."""

RATIO_MAX = 200
"""Most bytes that one byte of a ZIP may unpack to: PDF barely shrinks."""

_ZIP = b"PK\x03\x04"
_LEFT_ALONE = ("__MACOSX/", ".DS_Store", "Thumbs.db")


class LineFilesError(InputError):
    """The files that lines name cannot be used as they came."""

    slug = "line-files"


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFile:
    """One file, not yet read."""

    name: str
    source: Upload | tuple[zipfile.ZipFile, zipfile.ZipInfo]

    def upload(self) -> Upload:
        """Return it as a document that is read once."""
        if isinstance(self.source, Upload):
            return self.source
        return Upload(name=self.name, stream=_pieces(*self.source))


@contextmanager
def line_files(uploads: Sequence[Upload], *, limit: int) -> Iterator[dict[str, LineFile]]:
    """Yield the files by what their names are compared by.

    Args:
        uploads: As they came; a ZIP counts as the files in it.
        limit: Most files.

    Raises:
        LineFilesError: Two bear one name, there are too many, or a ZIP cannot be trusted.
    """
    found: dict[str, LineFile] = {}
    opened: list[zipfile.ZipFile] = []
    try:
        for upload in uploads:
            for each in _files(upload, opened, limit):
                if (key := key_of_file(each.name)) in found:
                    msg = f"Two files are called “{each.name[:80]}”."
                    raise LineFilesError(msg, mend="Give each a name of its own.")
                found[key] = each
            if len(found) > limit:
                msg = f"There are more than {limit} files."
                raise LineFilesError(msg, mend="Cut the table into several, each with its files.")
        yield found
    finally:
        for archive in opened:
            archive.close()


def key_of_file(name: str) -> str:
    """Return what the spellings of one file's name share: no folders, no case, accents in one form."""
    return unicodedata.normalize("NFC", kept_name(name.strip())).casefold()


def expect_all_named(files: Sequence[str], named: set[str]) -> None:
    """Refuse files that no line names: somebody would miss their letter.

    Raises:
        LineFilesError: There are some.
    """
    left = [name for name in files if name not in named]
    if left:
        some = ", ".join(f"“{name[:60]}”" for name in left[:5])
        msg = f"{len(left)} files are named by no line: {some}."
        raise LineFilesError(msg, mend="Name each in the column “document”, or leave it out.")


def _files(upload: Upload, opened: list[zipfile.ZipFile], limit: int) -> Iterator[LineFile]:
    stream: Any = upload.stream
    if not hasattr(stream, "seek"):
        yield LineFile(name=kept_name(upload.name), source=upload)
        return
    is_zip = stream.read(len(_ZIP)) == _ZIP
    stream.seek(0)
    if not is_zip:
        yield LineFile(name=kept_name(upload.name), source=upload)
        return
    try:
        archive = zipfile.ZipFile(stream)
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        msg = "The ZIP cannot be read."
        raise LineFilesError(msg, mend="Make it again, or upload the files one by one.") from error
    opened.append(archive)
    entries = [entry for entry in archive.infolist() if not _is_left_alone(entry)]
    if len(entries) > limit:
        msg = f"The ZIP holds more than {limit} files."
        raise LineFilesError(msg, mend="Cut the table into several, each with its files.")
    size = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    if size > UNPACKED_MAX_BYTES or size > RATIO_MAX * max(packed, 1):
        msg = "The ZIP unpacks to far more than its files could be."
        raise LineFilesError(msg, mend="Upload fewer files at once.")
    for entry in entries:
        _expect_plain(entry)
        yield LineFile(name=kept_name(entry.filename), source=(archive, entry))


def _is_left_alone(entry: zipfile.ZipInfo) -> bool:
    base = entry.filename.rpartition("/")[2]
    return entry.is_dir() or entry.filename.startswith(_LEFT_ALONE[0]) or base in _LEFT_ALONE[1:]


def _expect_plain(entry: zipfile.ZipInfo) -> None:
    """Refuse an entry that is no plain file under a plain name.

    Raises:
        LineFilesError: It is not.
    """
    # What the directory says, before the library made a path of this system of it.
    fault = name_fault(entry.orig_filename)
    if fault is not None:
        msg = f"The ZIP holds a name that is refused ({fault[0]})."
        raise LineFilesError(msg, mend="Make it again from plain files.")
    if stat.S_ISLNK(entry.external_attr >> 16):
        msg = f"“{entry.filename[:80]}” in the ZIP is a link, not a file."
        raise LineFilesError(msg, mend="Put the file itself into it.")
    if entry.flag_bits & 0x1:
        msg = f"“{entry.filename[:80]}” in the ZIP is locked by a password."
        raise LineFilesError(msg, mend="Make the ZIP without a password.")


def _pieces(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    try:
        with archive.open(entry) as file:
            content: IO[bytes] = file
            while piece := content.read(READ_BYTES):
                yield piece
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
        msg = f"“{entry.filename[:80]}” in the ZIP is damaged."
        raise LineFilesError(msg, mend="Make the ZIP again.") from error
