"""The headers before each file of a ZIP, compared with its directory (PKWARE APPNOTE 6.3.10).

Readers differ in whom they believe. Here both must say the same, and together with the contents
fill the file: no gap, no overlap, nothing before, between or behind.
"""

import struct
from collections.abc import Sequence
from typing import BinaryIO

from lre_kit.proofs.packing.zip_records import DESCRIBED, Entry, read_at, refuse, wide_sizes

LOCAL = struct.Struct("<4s5H3L2H")
"""Local file header (§4.3.7)."""

_DESCRIPTOR = struct.Struct("<4s3L")


def check_layout(file: BinaryIO, entries: Sequence[Entry], ends: int) -> list[Entry]:
    """Return the entries with their places, once headers and contents were seen to fill the file.

    Args:
        file: The ZIP.
        entries: What its directory says.
        ends: Where the directory begins, in bytes.

    Raises:
        BadContainerError: A header differs from the directory, or something lies where nothing should.
    """
    placed, at = [], 0
    for entry in entries:
        if entry.offset != at:
            what = "overlap" if entry.offset < at else "gap" if at else "leading-data"
            refuse(what, f"{entry.name} does not begin where what precedes it ends")
        begins = _check_local(file, entry, ends)
        at = begins + entry.packed
        if entry.flags & DESCRIBED:
            if at + _DESCRIPTOR.size > ends:
                refuse("overlap", f"{entry.name} leads into the directory")
            told = (b"PK\x07\x08", entry.crc, entry.packed, entry.size)
            if _DESCRIPTOR.unpack(read_at(file, at, _DESCRIPTOR.size)) != told:
                refuse("local-mismatch", f"what follows {entry.name} differs from the directory")
            at += _DESCRIPTOR.size
        if at > ends:
            refuse("overlap", f"{entry.name} leads into the directory")
        placed.append(entry._replace(begins=begins))
    if at != ends:
        refuse("gap" if at else "leading-data", "something lies between the last file and the directory")
    return placed


def _check_local(file: BinaryIO, entry: Entry, ends: int) -> int:
    """Compare an entry with its local header; return where its content begins."""
    if entry.offset + LOCAL.size > ends:
        refuse("overlap", f"{entry.name} leads into the directory")
    mark, needed, flags, method, time, date, crc, packed, size, name_length, extra_length = LOCAL.unpack(
        read_at(file, entry.offset, LOCAL.size)
    )
    begins: int = entry.offset + LOCAL.size + name_length + extra_length
    if mark != b"PK\x03\x04" or begins > ends:
        refuse("local-mismatch", f"there is no header before {entry.name}")
    rest = read_at(file, entry.offset + LOCAL.size, name_length + extra_length)
    name, extra = rest[:name_length], rest[name_length:]
    sizes = wide_sizes(extra, size, packed)[:2]
    # With a descriptor behind the content, the header before it says nothing (§4.4.4, bit 3).
    told = (0, 0, 0) if flags & DESCRIBED else (entry.crc, entry.size, entry.packed)
    same = (needed, flags, method, time, date, name) == (
        entry.needed, entry.flags, entry.method, entry.time, entry.date, entry.raw_name
    )  # fmt: skip
    if not same or (crc, *sizes) != told:
        refuse("local-mismatch", f"the header before {entry.name} differs from the directory")
    if bool(extra) > entry.has_extra:
        refuse("extra-field", f"the header before {entry.name} has fields that the directory has not")
    return begins
