"""The directory of a ZIP (PKWARE APPNOTE 6.3.10), read strictly; bounds are checked before contents.

Whether the headers before each file say the same is checked in `zip_layout`.
"""

import io
import struct
from typing import BinaryIO, NamedTuple, NoReturn

from lre_kit.errors import IntegrityError
from lre_kit.proofs.packing.zip_names import name_fault, twin_fault

ENTRIES_MAX = 5000
"""Most entries read."""

ENTRY_MAX_BYTES = 256 * 1024 * 1024
"""Largest entry, packed or unpacked, in bytes."""

TOTAL_MAX_BYTES = 1024 * 1024 * 1024
"""Largest sum of all entries, in bytes."""

RATIO_MAX = 200
"""Most that an entry may grow by unpacking; text rarely grows by more than 20."""

STORED, DEFLATED = 0, 8
"""The two methods read (§4.4.5)."""

END = struct.Struct("<4s4H2LH")
"""End of central directory record (§4.3.16)."""
CENTRAL = struct.Struct("<4s6H3L5H2L")
"""Central directory header (§4.3.12)."""

_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR64 = struct.Struct("<4sLQL")
_END64_REST = _END64.size - 12
_FULL_16, _FULL_32 = 0xFFFF, 0xFFFFFFFF
DESCRIBED = 0x0008
"""Flag: checksum and lengths follow the content instead of preceding it (§4.4.4, bit 3)."""

_ENCRYPTED, _LEVEL, _UTF8 = 0x2041, 0x0006, 0x0800
# Times and owners as Info-ZIP keeps them. What renames a file (0x7075) is not among them.
_ZIP64, _HARMLESS = 0x0001, {0x5455, 0x7875}
_VERSION_MAX = 45
_DIRECTORY_MAX_BYTES = 8 * 1024 * 1024
_FILE_TYPE, _REGULAR, _SYMLINK, _DOS_FOLDER = 0o170000, 0o100000, 0o120000, 0x10


class BadContainerError(IntegrityError):
    """A ZIP is not one we read; `reason` is a stable name for why, such as ``name-duplicate``."""

    slug = "container-invalid"

    def __init__(self, problem: str, *, reason: str) -> None:
        """Keep the refusal's stable name."""
        super().__init__(problem, mend="Ask the provider for the file again.")
        self.reason = reason


def refuse(reason: str, problem: str) -> NoReturn:
    """Refuse a ZIP, for a reason with a stable name."""
    raise BadContainerError(f"The container is refused: {problem}.", reason=reason)


class Entry(NamedTuple):
    """One file of a ZIP, as its directory tells of it."""

    name: str
    raw_name: bytes
    made_by: int
    """Maker's version and system (§4.4.2)."""
    needed: int
    flags: int
    method: int
    time: int
    date: int
    crc: int
    packed: int
    """Length as stored, in bytes."""
    size: int
    """Length unpacked, in bytes."""
    has_extra: bool
    """The directory has extra fields for it."""
    attributes: tuple[int, int]
    """Internal and external attributes (§4.4.14, §4.4.15)."""
    offset: int
    """Where its local header begins."""
    begins: int = 0
    """Where its content begins; 0 until its local header was read."""


def read_directory(file: BinaryIO) -> tuple[list[Entry], int]:
    """Return the directory's entries in its order, and where it begins.

    Raises:
        BadContainerError: It breaks a rule.
    """
    begins, ends, count = _find_directory(file)
    entries = _read_entries(read_at(file, begins, ends - begins), count)
    if fault := twin_fault(entry.name for entry in entries):
        refuse(*fault)
    if sum(max(entry.size, entry.packed) for entry in entries) > TOTAL_MAX_BYTES:
        refuse("total-too-large", "its files together are larger than any container's")
    return entries, begins


def read_at(file: BinaryIO, at: int, length: int) -> bytes:
    """Return exactly `length` bytes from a place in a file."""
    file.seek(at)
    found = file.read(length)
    if len(found) != length:
        refuse("no-end", "it was cut while it was read")
    return found


def _find_directory(file: BinaryIO) -> tuple[int, int, int]:
    """Return where the central directory begins and ends, and its number of entries."""
    length = file.seek(0, io.SEEK_END)
    ends = length - END.size
    if ends < 0 or read_at(file, ends, 4) != b"PK\x05\x06":
        window = min(length, END.size + _FULL_16)
        found = read_at(file, length - window, window).rfind(b"PK\x05\x06")
        if 0 <= found <= window - END.size:
            refuse("trailing-data", "something follows its end")
        refuse("no-end", "it has no end record: it is not a ZIP, or was cut")
    _, disk, first_disk, here, count, size, begins, comment = END.unpack(read_at(file, ends, END.size))
    if disk or first_disk or here != count:
        refuse("multi-disk", "it is one part of several")
    if comment:
        refuse("trailing-data", "a comment should follow its end")
    locator = ends - _LOCATOR64.size
    if locator >= 0 and read_at(file, locator, 4) == b"PK\x06\x07":
        ends, count, size, begins = _find_end64(file, locator, (count, size, begins))
    elif count == _FULL_16 or _FULL_32 in {size, begins}:
        refuse("zip64", "it points to a ZIP64 record that is not there")
    if count > ENTRIES_MAX or size > _DIRECTORY_MAX_BYTES:
        refuse("too-many-entries", f"it has more than {ENTRIES_MAX} entries")
    if begins + size != ends:
        refuse("directory-place", "its directory is not where its end record says")
    return begins, ends, count


def _find_end64(file: BinaryIO, at: int, old: tuple[int, int, int]) -> tuple[int, int, int, int]:
    """Return end, count, size and begin of the directory from ZIP64 records (§4.3.14, §4.3.15)."""
    _, disk, ends, disks = _LOCATOR64.unpack(read_at(file, at, _LOCATOR64.size))
    if disk or disks != 1 or ends + _END64.size != at:
        refuse("zip64", "its ZIP64 records do not follow each other")
    mark, rest, _, needed, disk, first_disk, here, count, size, begins = _END64.unpack(
        read_at(file, ends, _END64.size)
    )
    pairs = zip(old, (count, size, begins), (_FULL_16, _FULL_32, _FULL_32), strict=True)
    agrees = all(told in {meant, full} for told, meant, full in pairs)
    known = mark == b"PK\x06\x06" and rest == _END64_REST and needed <= _VERSION_MAX
    if not known or disk or first_disk or here != count or not agrees:
        refuse("zip64", "its ZIP64 record and its end record do not say the same")
    return ends, count, size, begins


def _read_entries(raw: bytes, count: int) -> list[Entry]:
    entries, at = [], 0
    for _ in range(count):
        head = raw[at : at + CENTRAL.size]
        if len(head) != CENTRAL.size or not head.startswith(b"PK\x01\x02"):
            refuse("directory-place", "its directory has fewer entries than it says")
        fields = CENTRAL.unpack(head)
        lengths = fields[10:13]
        at += CENTRAL.size
        name, extra, comment = (
            raw[at + sum(lengths[:n]) : at + sum(lengths[: n + 1])] for n in range(len(lengths))
        )
        at += sum(lengths)
        if at > len(raw):
            refuse("directory-place", "an entry leads out of its directory")
        if comment or fields[13]:
            refuse("multi-disk" if fields[13] else "comment", "an entry carries a comment or lies elsewhere")
        entries.append(_entry(fields, name, extra))
    if at != len(raw):
        refuse("gap", "something lies in its directory that is no entry")
    return entries


def _entry(fields: tuple[int, ...], raw_name: bytes, extra: bytes) -> Entry:
    made_by, needed, flags, method, time, date, crc = fields[1:8]
    wide = wide_sizes(extra, fields[9], fields[8], fields[16])
    entry = Entry(
        name=_name(raw_name, flags),
        raw_name=raw_name,
        made_by=made_by,
        needed=needed,
        flags=flags,
        method=method,
        time=time,
        date=date,
        crc=crc,
        packed=wide[1],
        size=wide[0],
        has_extra=bool(extra),
        attributes=(fields[14], fields[15]),
        offset=wide[2],
    )
    _check_kind(entry)
    _check_size(entry)
    return entry


def _name(raw: bytes, flags: int) -> str:
    try:
        name = raw.decode("utf-8" if flags & _UTF8 else "ascii")
    except UnicodeDecodeError as error:
        msg = "The container is refused: a name is neither ASCII nor marked as UTF-8."
        raise BadContainerError(msg, reason="name-encoding") from error
    if fault := name_fault(name):
        refuse(*fault)
    return name


def _check_kind(entry: Entry) -> None:
    name = entry.name
    if entry.flags & _ENCRYPTED:
        refuse("encrypted", f"{name} is encrypted")
    if entry.method not in {STORED, DEFLATED}:
        refuse("method", f"{name} is packed by a method other than deflate")
    if entry.flags & ~(DESCRIBED | _UTF8 | (_LEVEL if entry.method == DEFLATED else 0)):
        refuse("flags", f"{name} has flags that are not known")
    if entry.needed > _VERSION_MAX:
        refuse("version", f"{name} needs a later version of the format")
    kind = (entry.attributes[1] >> 16) & _FILE_TYPE
    if kind == _SYMLINK:
        refuse("symlink", f"{name} is a symbolic link")
    if kind not in {0, _REGULAR} or entry.attributes[1] & _DOS_FOLDER:
        refuse("not-a-file", f"{name} is not a plain file")


def _check_size(entry: Entry) -> None:
    if max(entry.size, entry.packed) > ENTRY_MAX_BYTES:
        refuse("entry-too-large", f"{entry.name} is larger than any file of a container")
    if entry.method == STORED and entry.size != entry.packed:
        refuse("size", f"{entry.name} is stored, yet of two lengths")
    if entry.size > RATIO_MAX * entry.packed:
        refuse("ratio", f"{entry.name} grows by more than {RATIO_MAX} when unpacked")


def wide_sizes(extra: bytes, size: int, packed: int, offset: int = 0) -> tuple[int, int, int]:
    """Return size, packed size and offset, from the ZIP64 field where they are full (§4.5.3).

    Args:
        extra: A header's extra fields.
        size: Length unpacked, as the header has it.
        packed: Length as stored, likewise.
        offset: Where the local header begins, likewise.

    Raises:
        BadContainerError: A field is missing, not asked for, or not known.
    """
    found = _extra_fields(extra)
    wanted = [value == _FULL_32 for value in (size, packed, offset)]
    wide = found.get(_ZIP64, b"")
    if len(wide) != 8 * sum(wanted) or (_ZIP64 in found) != any(wanted):
        refuse("zip64", "an entry's ZIP64 field is missing, or not asked for")
    values = iter(struct.unpack(f"<{sum(wanted)}Q", wide))
    first, second, third = (
        next(values) if is_wide else value
        for is_wide, value in zip(wanted, (size, packed, offset), strict=True)
    )
    return first, second, third


def _extra_fields(raw: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    while raw:
        if len(raw) < 4:
            refuse("extra-field", "an entry's extra fields cannot be read")
        kind, length = struct.unpack("<2H", raw[:4])
        body, raw = raw[4 : 4 + length], raw[4 + length :]
        if len(body) != length or kind in found or kind not in {_ZIP64, *_HARMLESS}:
            refuse("extra-field", "an entry has an extra field that is not known")
        found[kind] = body
    return found
