"""The strict ZIP reader: what it reads, and each hostile family with its own reason."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lre_kit.proofs.packing import zip_records
from lre_kit.proofs.packing.zip_names import name_fault, twin_fault
from lre_kit.proofs.packing.zip_records import BadContainerError
from lre_kit.proofs.packing.zip_safe import PIECE_BYTES, read_zip

TEXT = b"Bonjour. " * 40


def one(name: bytes = b"letter.txt", content: bytes = TEXT, **changes: Any) -> dict[str, Any]:
    """Describe an entry; `local_…` and `central_…` changes go into one header only."""
    return {"name": name, "content": content, "method": 0, "flags": 0, **changes}


def crafted(
    *entries: dict[str, Any],
    lead: bytes = b"",
    between: bytes = b"",
    trail: bytes = b"",
    comment: bytes = b"",
    **end: int,
) -> bytes:
    """Return a ZIP written by hand, with whatever lies the entries tell."""
    out, directory = bytearray(lead), bytearray()
    for entry in entries:
        offset = len(out)
        raw = entry["content"]
        packed = raw
        if entry["method"] == 8:
            engine = zlib.compressobj(9, zlib.DEFLATED, -15)
            packed = entry.get("packed_bytes", engine.compress(raw) + engine.flush())
        facts = {
            "name": entry["name"], "needed": 20, "flags": entry["flags"], "method": entry["method"],
            "time": 0, "date": 33, "crc": zlib.crc32(raw), "packed": len(packed), "size": len(raw),
            "extra": b"", "made": 788, "disk": 0, "internal": 0, "external": 0o100644 << 16,
            "comment": b"", "offset": offset,
        }  # fmt: skip
        facts |= {k: v for k, v in entry.items() if k in facts}
        near = facts | {k[6:]: v for k, v in entry.items() if k.startswith("local_")}
        far = facts | {k[8:]: v for k, v in entry.items() if k.startswith("central_")}
        out += struct.pack(
            "<4s5H3L2H", b"PK\3\4", near["needed"], near["flags"], near["method"], near["time"],
            near["date"], near["crc"], near["packed"], near["size"], len(near["name"]), len(near["extra"]),
        ) + near["name"] + near["extra"] + packed + entry.get("behind", b"")  # fmt: skip
        directory += struct.pack(
            "<4s6H3L5H2L", b"PK\1\2", far["made"], far["needed"], far["flags"], far["method"], far["time"],
            far["date"], far["crc"], far["packed"], far["size"], len(far["name"]), len(far["extra"]),
            len(far["comment"]), far["disk"], far["internal"], far["external"], far["offset"],
        ) + far["name"] + far["extra"] + far["comment"]  # fmt: skip
    out += between
    fields = {"disk": 0, "first": 0, "here": len(entries), "count": len(entries), "size": len(directory)}
    fields |= {"begins": len(out), "told": len(comment)} | end
    return bytes(out + directory) + struct.pack("<4s4H2LH", b"PK\5\6", *fields.values()) + comment + trail


def reason(raw: bytes) -> str:
    """Return why a ZIP is refused, when it is opened or at the latest when it is read."""
    with pytest.raises(BadContainerError) as caught, read_zip(raw) as files:
        for name in files.names():
            for _ in files.open(name):
                pass
    assert caught.value.slug == "container-invalid"
    return caught.value.reason


def zipped(method: int, target: Any = None, **contents: bytes) -> bytes:
    """Return a ZIP made by the standard library."""
    made = io.BytesIO()
    with zipfile.ZipFile(target or made, "w", method) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return made.getvalue()


class OnlyForward(io.RawIOBase):
    """A target that cannot be sought in."""

    def __init__(self) -> None:
        self.made = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, raw: Any) -> int:
        self.made += raw
        return len(raw)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_what_the_standard_library_writes_is_read_back(method: int, tmp_path: Path) -> None:
    contents = {"a.txt": TEXT, "empty": b"", "é.txt": Random(1).randbytes(3 * PIECE_BYTES)}
    path = tmp_path / "it.zip"
    path.write_bytes(zipped(method, **contents))
    for source in (path, path.read_bytes()):
        with read_zip(source) as files:
            assert {name: b"".join(files.open(name)) for name in files.names()} == contents


def test_what_is_written_forward_only_is_read_back() -> None:
    target = OnlyForward()
    zipped(zipfile.ZIP_DEFLATED, target, a=TEXT, b=b"x")
    with read_zip(bytes(target.made)) as files:
        assert b"".join(files.open("a")) == TEXT


def test_zip64_is_read_where_all_records_agree_and_refused_where_they_do_not() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive, archive.open("a", "w", force_zip64=True) as file:
        file.write(TEXT)
    raw = made.getvalue()
    assert reason(raw) == "extra-field"  # told before the file only
    wide = struct.pack("<2H2Q", 1, 16, len(TEXT), len(TEXT))
    full = one(extra=wide, size=0xFFFFFFFF, packed=0xFFFFFFFF, needed=45)
    with read_zip(crafted(full)) as files:
        assert b"".join(files.open("letter.txt")) == TEXT
    assert reason(crafted(one(extra=wide))) == "zip64"
    assert reason(crafted(one(size=0xFFFFFFFF, packed=0xFFFFFFFF))) == "zip64"
    other = struct.pack("<2H2Q", 1, 16, len(TEXT), len(TEXT) - 1)
    assert reason(crafted(full | {"local_extra": other})) == "local-mismatch"


def with_end64(raw: bytes, **changes: int) -> bytes:
    """Put ZIP64 end records before a ZIP's end record."""
    *_, count, size, begins, _ = struct.unpack("<4s4H2LH", raw[-22:])
    facts = {"count": count, "size": size, "begins": begins, "place": len(raw) - 22} | changes
    end = struct.pack(
        "<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, facts["count"], facts["count"], facts["size"],
        facts["begins"],
    )  # fmt: skip
    return raw[:-22] + end + struct.pack("<4sLQL", b"PK\6\7", 0, facts["place"], 1) + raw[-22:]


def test_zip64_end_records_must_say_what_the_end_record_says() -> None:
    raw = crafted(one())
    with read_zip(with_end64(raw)) as files:
        assert files.names() == ["letter.txt"]
    with read_zip(with_end64(crafted(one(), count=0xFFFF, here=0xFFFF), count=1)) as files:
        assert files.names() == ["letter.txt"]
    for lie in ({"count": 2}, {"size": 1}, {"begins": 0}, {"place": 3}):
        assert reason(with_end64(raw, **lie)) == "zip64"


BOMB = b"\0" * 1_000_000
HOSTILE: dict[str, tuple[str, Callable[[], bytes]]] = {
    "not a ZIP": ("no-end", lambda: b"%PDF-1.7 and so on, long enough to hold a record"),
    "nothing at all": ("no-end", lambda: b""),
    "cut at its end": ("no-end", lambda: crafted(one())[:-1]),
    "cut at its beginning": ("directory-place", lambda: crafted(one())[1:]),
    "bytes after the end": ("trailing-data", lambda: crafted(one(), trail=b"%PDF")),
    "a comment": ("trailing-data", lambda: crafted(one(), comment=b"hello")),
    "a comment that is not there": ("trailing-data", lambda: crafted(one(), told=5)),
    "bytes before the first file": ("leading-data", lambda: crafted(one(), lead=b"#!/bin/sh\n")),
    "bytes between files and directory": ("gap", lambda: crafted(one(), between=b"hidden")),
    "bytes between two files": ("gap", lambda: crafted(one(behind=b"hidden"), one(b"b"))),
    "bytes before the directory of nothing": ("leading-data", lambda: crafted(lead=b"hidden")),
    "two entries on one content": (
        "overlap", lambda: crafted(one(), one(b"b", central_offset=0)),
    ),
    "a file that reaches into the directory": (
        "overlap", lambda: crafted(one(size=len(TEXT) + 30, packed=len(TEXT) + 30)),
    ),
    "a directory elsewhere": ("directory-place", lambda: crafted(one(), begins=3)),
    "fewer entries than told": ("gap", lambda: crafted(one(), one(b"b"), count=1, here=1)),
    "more entries than told": ("directory-place", lambda: crafted(one(), count=2, here=2)),
    "part of several": ("multi-disk", lambda: crafted(one(), disk=1)),
    "an entry on another disk": ("multi-disk", lambda: crafted(one(disk=1))),
    "counts that differ": ("multi-disk", lambda: crafted(one(), here=2)),
    "far too many entries": ("too-many-entries", lambda: crafted(count=5001, here=5001)),
    "a ZIP64 record that is missing": ("zip64", lambda: crafted(one(), count=0xFFFF, here=0xFFFF)),
    "an entry with a comment": ("comment", lambda: crafted(one(comment=b"hello"))),
    "the same name twice": ("name-duplicate", lambda: crafted(one(), one())),
    "the same name in capitals": ("name-duplicate", lambda: crafted(one(b"a.txt"), one(b"A.TXT"))),
    "the same name, accents apart": (
        "name-duplicate",
        lambda: crafted(one("é".encode(), flags=0x800), one("e\u0301".encode(), flags=0x800)),
    ),
    "a file that is a folder too": ("name-duplicate", lambda: crafted(one(b"a"), one(b"a/b"))),
    "a way up": ("name-traversal", lambda: crafted(one(b"../outside"))),
    "a way up and down": ("name-traversal", lambda: crafted(one(b"a/../../b"))),
    "a doubled slash": ("name-traversal", lambda: crafted(one(b"a//b"))),
    "an absolute path": ("name-absolute", lambda: crafted(one(b"/etc/passwd"))),
    "a backslash": ("name-backslash", lambda: crafted(one(b"a\\b"))),
    "a drive": ("name-drive", lambda: crafted(one(b"C:a"))),
    "a folder": ("name-folder", lambda: crafted(one(b"folder/", b""))),
    "no name": ("name-length", lambda: crafted(one(b""))),
    "an endless name": ("name-length", lambda: crafted(one(b"a" * 1025))),
    "a line break in a name": ("name-hidden", lambda: crafted(one(b"a\nb"))),
    "a zero in a name": ("name-hidden", lambda: crafted(one(b"a.pdf\0.exe"))),
    "a name that runs backwards": (
        "name-hidden", lambda: crafted(one("a\u202efdp.exe".encode(), flags=0x800)),
    ),
    "a name in an old alphabet": ("name-encoding", lambda: crafted(one(b"\x82.txt"))),
    "a name that is not UTF-8": ("name-encoding", lambda: crafted(one(b"\xff.txt", flags=0x800))),
    "encryption": ("encrypted", lambda: crafted(one(flags=1))),
    "strong encryption": ("encrypted", lambda: crafted(one(flags=0x40))),
    "a hidden directory": ("encrypted", lambda: crafted(one(flags=0x2000))),
    "patched data": ("flags", lambda: crafted(one(flags=0x20))),
    "another method": ("method", lambda: crafted(one(method=12))),
    "a later version": ("version", lambda: crafted(one(needed=63))),
    "a symbolic link": ("symlink", lambda: crafted(one(external=0o120777 << 16))),
    "a device": ("not-a-file", lambda: crafted(one(external=0o060666 << 16))),
    "a folder of DOS": ("not-a-file", lambda: crafted(one(external=0x10))),
    "a bomb": ("ratio", lambda: crafted(one(content=BOMB, method=8))),
    "a bomb that understates itself": ("size", lambda: crafted(one(content=BOMB, method=8, size=100_000))),
    "a file that overstates itself": ("size", lambda: crafted(one(method=8, size=len(TEXT) + 1))),
    "stored, of two lengths": ("size", lambda: crafted(one(central_size=3, local_size=3))),
    "a giant": (
        "entry-too-large", lambda: crafted(one(size=256 * 1024**2 + 1, packed=256 * 1024**2 + 1)),
    ),
    "a crowd of large files": (
        "total-too-large",
        lambda: crafted(
            *(one(b"%d" % n, size=255 * 1024**2, packed=255 * 1024**2) for n in range(5))
        ),
    ),
    "another name before the file": ("local-mismatch", lambda: crafted(one(local_name=b"lettre.txt"))),
    "another method before the file": ("local-mismatch", lambda: crafted(one(method=8, local_method=0))),
    "another checksum before the file": ("local-mismatch", lambda: crafted(one(local_crc=1))),
    "another length before the file": ("local-mismatch", lambda: crafted(one(local_size=1))),
    "another stored length before the file": ("local-mismatch", lambda: crafted(one(local_packed=1))),
    "another date before the file": ("local-mismatch", lambda: crafted(one(local_date=34))),
    "other flags before the file": ("local-mismatch", lambda: crafted(one(local_flags=0x800))),
    "encryption told only once": ("local-mismatch", lambda: crafted(one(local_flags=1))),
    "no header before the file": ("leading-data", lambda: crafted(one(central_offset=1))),
    "a field that renames": ("extra-field", lambda: crafted(one(extra=struct.pack("<2HB", 0x7075, 1, 1)))),
    "a field that is cut": ("extra-field", lambda: crafted(one(extra=b"UT\5\0\1"))),
    "a field only before the file": ("extra-field", lambda: crafted(one(local_extra=b"UT\1\0\0"))),
    "a checksum that does not fit": ("checksum", lambda: crafted(one(crc=1))),
    "bytes that do not unpack": ("deflate", lambda: crafted(one(method=8, packed_bytes=b"\xff\xff\xff"))),
    "content that stops early": (
        "deflate", lambda: crafted(one(method=8, packed_bytes=b"\0\4\0\xfb\xffabcd", content=b"abcd")),
    ),
    "bytes behind the packed content": (
        "deflate", lambda: crafted(one(method=8, packed_bytes=b"\1\4\0\xfb\xffabcdX", content=b"abcd")),
    ),
    "no lengths behind a streamed file": ("overlap", lambda: crafted(
        one(flags=8, local_crc=0, local_size=0, local_packed=0)
    )),
    "other lengths behind a streamed file": ("local-mismatch", lambda: crafted(
        one(flags=8, local_crc=0, local_size=0, local_packed=0, behind=b"PK\7\x08" + bytes(12))
    )),
}  # fmt: skip


@pytest.mark.parametrize("family", HOSTILE)
def test_each_hostile_family_is_refused_for_its_own_reason(family: str) -> None:
    """F8.11."""
    expected, made = HOSTILE[family]
    assert reason(made()) == expected


def test_a_bomb_is_refused_before_anything_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    """F8.11."""
    monkeypatch.setattr(zlib, "decompressobj", lambda *_: pytest.fail("it was unpacked"))
    assert reason(HOSTILE["a bomb"][1]()) == "ratio"


def test_a_bomb_that_understates_itself_is_cut_off_after_a_piece() -> None:
    content = b"\0" * 30_000_000
    with read_zip(crafted(one(content=content, method=8, size=200_000))) as files:
        got = 0
        with pytest.raises(BadContainerError, match="more than it says"):
            for piece in files.open("letter.txt"):
                got += len(piece)
        assert got <= 200_000


def test_the_last_piece_is_held_back_until_the_checksum_fits() -> None:
    content = b"x" * (3 * PIECE_BYTES)
    with read_zip(crafted(one(content=content, crc=7))) as files:
        got = b""
        with pytest.raises(BadContainerError, match="checksum"):
            for piece in files.open("letter.txt"):
                got += piece
        assert 0 < len(got) < len(content)


def test_two_files_may_be_read_by_turns() -> None:
    first, second = b"a" * (2 * PIECE_BYTES), b"b" * (2 * PIECE_BYTES)
    with read_zip(crafted(one(b"a", first), one(b"b", second))) as files:
        pieces = list(zip(files.open("a"), files.open("b"), strict=True))
    assert b"".join(p for p, _ in pieces) == first
    assert b"".join(p for _, p in pieces) == second


@given(st.binary(max_size=400))
def test_whatever_bytes_come_are_read_or_refused_never_anything_else(raw: bytes) -> None:
    for tail in (b"", crafted(one()), crafted()[-22:]):
        with suppress(BadContainerError), read_zip(raw + tail) as files:
            for entry in files.entries.values():
                assert sum(map(len, files.open(entry.name))) == entry.size


@given(st.data())
def test_a_byte_changed_in_a_header_never_changes_what_is_read_unseen(data: st.DataObject) -> None:
    raw = crafted(one(), one(b"b.txt", b"second", method=8))
    place = data.draw(st.integers(0, len(raw) - 1))
    bit = data.draw(st.integers(0, 7))
    changed = raw[:place] + bytes([raw[place] ^ 1 << bit]) + raw[place + 1 :]
    try:
        with read_zip(changed) as files:
            found = {name: b"".join(files.open(name)) for name in files.names()}
    except BadContainerError:
        return
    # Only what means nothing for the content may differ: maker, permissions.
    assert found == {"letter.txt": TEXT, "b.txt": b"second"}


@given(st.text(min_size=1, max_size=30))
def test_a_name_that_passes_stays_below_the_folder_it_is_put_in(name: str) -> None:
    if name_fault(name) is None:
        assert (Path("/below") / name).resolve().is_relative_to("/below")
        assert twin_fault([name, name.upper()]) is not None


def test_the_limits_are_those_that_are_written_down() -> None:
    assert zip_records.ENTRIES_MAX == 5000
    assert zip_records.ENTRY_MAX_BYTES == 256 * 1024**2
    assert zip_records.TOTAL_MAX_BYTES == 1024**3
    assert zip_records.RATIO_MAX == 200
