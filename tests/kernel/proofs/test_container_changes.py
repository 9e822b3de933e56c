"""Whatever is changed in a container is seen, and each change for its own reason."""

import hashlib
import random
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from lre_kit.clock import now
from lre_kit.proofs.packing.asic_manifest import manifest_xml, parse_manifest
from lre_kit.proofs.packing.container import MANIFEST, MEDIA_TYPE, MIMETYPE, SIGNATURE
from lre_kit.proofs.report import Report, Result
from lre_kit.proofs.stamping.tsa import BuiltinAuthority
from lre_kit.proofs.verifying.container_check import verify_container
from lre_kit.proofs.verifying.files import Files
from lre_kit.proofs.verifying.verify import Anchors, verify_path
from lre_kit.testing.containers import (
    Sealed,
    contents,
    faults,
    resealed,
    rewritten,
    seal_letters,
    with_token,
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Sealed:
    return seal_letters(tmp_path_factory.mktemp("container"))


EVIDENCE = "evidence/01-SubmissionAcceptance.json"


def with_digest(manifest: bytes, name: str, content: bytes) -> bytes:
    listed = parse_manifest(manifest).digests
    return manifest_xml(SIGNATURE, listed | {name: hashlib.sha256(content).hexdigest()})


Change = Callable[[dict[str, bytes], Sealed], dict[str, bytes]]
LISTED, SEALED = "manifest", "container seal"
CHANGES: dict[str, tuple[Change, tuple[str, str, str]]] = {
    "a file that is not on the list": (
        lambda files, _: files | {"evidence/99-Extra.json": b"{}"},
        (LISTED, "evidence/99-Extra.json", "FORMAT_FAILURE"),
    ),
    "a file that is missing": (
        lambda files, _: {n: c for n, c in files.items() if n != EVIDENCE},
        (LISTED, EVIDENCE, "SIGNED_DATA_NOT_FOUND"),
    ),
    "a file that was changed": (
        lambda files, _: files | {EVIDENCE: files[EVIDENCE] + b" "},
        (LISTED, EVIDENCE, "HASH_FAILURE"),
    ),
    "a file and the list that were changed": (
        lambda files, _: files
        | {"documents/01-letter.pdf": b"%PDF-", MANIFEST: with_digest(
            files[MANIFEST], "documents/01-letter.pdf", b"%PDF-"
        )},
        (SEALED, SIGNATURE, "HASH_FAILURE"),
    ),
    "a list with a space more": (
        lambda files, _: files | {MANIFEST: files[MANIFEST].replace(b"/>\n", b" />\n", 1)},
        (SEALED, SIGNATURE, "HASH_FAILURE"),
    ),
    "the seal of another letter": (
        lambda files, made: files | {SIGNATURE: contents(made.folder / "other.asice")[SIGNATURE]},
        (SEALED, SIGNATURE, "HASH_FAILURE"),
    ),
    "list and seal of another letter": (
        lambda files, made: files
        | {n: contents(made.folder / "other.asice")[n] for n in (MANIFEST, SIGNATURE)},
        (LISTED, EVIDENCE, "HASH_FAILURE"),
    ),
    "a time stamp over something else": (
        lambda files, made: with_token(files, BuiltinAuthority(made.keys, now).stamp(bytes(32))),
        ("container time stamp", SIGNATURE, "HASH_FAILURE"),
    ),
    "no seal at all": (
        lambda files, _: {n: c for n, c in files.items() if n != SIGNATURE},
        ("container", "letter.asice", "FORMAT_FAILURE"),
    ),
    "a seal that is junk": (
        lambda files, _: files | {SIGNATURE: b"0" * 100}, (SEALED, SIGNATURE, "FORMAT_FAILURE"),
    ),
    "a seal with a byte behind it": (
        lambda files, _: files | {SIGNATURE: files[SIGNATURE] + b"\0"},
        (SEALED, SIGNATURE, "FORMAT_FAILURE"),
    ),
    "a second seal": (
        lambda files, _: files | {"META-INF/signature2.p7s": files[SIGNATURE]},
        ("container", "letter.asice", "FORMAT_FAILURE"),
    ),
    "no media type": (
        lambda files, _: {n: c for n, c in files.items() if n != MIMETYPE},
        ("container", "letter.asice", "FORMAT_FAILURE"),
    ),
    "the media type not first": (
        lambda files, _: {n: c for n, c in files.items() if n != MIMETYPE} | {MIMETYPE: MEDIA_TYPE},
        ("container", "letter.asice", "FORMAT_FAILURE"),
    ),
    "a media type with a newline": (
        lambda files, _: files | {MIMETYPE: MEDIA_TYPE + b"\n"},
        ("container", "letter.asice", "FORMAT_FAILURE"),
    ),
    "the media type of something else": (
        lambda files, _: files | {MIMETYPE: b"application/epub+zip"},
        ("container", "letter.asice", "FORMAT_FAILURE"),
    ),
    "a name that differs by case only": (
        # Written one by one: the writer itself would refuse.
        lambda files, _: files | {"META-INF/asicmanifest.xml ": b""},
        ("container", "letter.asice", "FORMAT_FAILURE"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_each_change_fails_for_its_own_reason(made: Sealed, tmp_path: Path, change: str) -> None:
    """F8.11."""
    made_of, expected = CHANGES[change]
    path = rewritten(tmp_path / "letter.asice", made_of(contents(made.container), made))
    report = verify_path(path, made.anchors)
    assert report.result is Result.FAILED
    assert expected in faults(report)


def test_rewriting_alone_changes_nothing_that_is_checked(made: Sealed, tmp_path: Path) -> None:
    path = rewritten(tmp_path / "letter.asice", contents(made.container))
    assert verify_path(path, made.anchors).result is Result.PASSED


def test_a_seal_whose_time_stamp_was_taken_out_never_passes(made: Sealed, tmp_path: Path) -> None:
    files = with_token(contents(made.container), None)
    report = verify_path(rewritten(tmp_path / "letter.asice", files), made.anchors)
    assert faults(report) == {("container time stamp", SIGNATURE, "NO_POE")}
    assert report.result is Result.INDETERMINATE


def test_evidence_left_out_before_sealing_is_a_gap_in_the_story(made: Sealed, tmp_path: Path) -> None:
    twin = EVIDENCE.replace(".json", ".xml")
    for left_out, expected in (
        ({EVIDENCE, twin}, set()),
        ({EVIDENCE}, {("twin", "HASH_FAILURE")}),
    ):
        files = {n: c for n, c in contents(made.container).items() if n not in left_out}
        report = verify_path(resealed(tmp_path / "l.asice", files, made.keys), made.anchors)
        assert {(name, indication) for name, _, indication in faults(report)} == expected | {
            ("story", "SIGNED_DATA_NOT_FOUND"), ("part", "HASH_FAILURE"),
        }  # fmt: skip


def test_a_container_under_any_name_is_checked_as_one(made: Sealed, tmp_path: Path) -> None:
    for name in ("l.sce", "l.zip", "l.ASICE", "l"):
        shutil.copy(made.container, tmp_path / name)
        checks = verify_path(tmp_path / name, made.anchors).checks
        assert "container seal" in {check.name for check in checks}


def test_a_bundle_does_not_pass_under_a_containers_name(made: Sealed, tmp_path: Path) -> None:
    assert verify_path(made.folder / "letter.zip", made.anchors).result is Result.PASSED
    shutil.copy(made.folder / "letter.zip", tmp_path / "l.asice")
    assert verify_path(tmp_path / "l.asice", made.anchors).result is Result.FAILED


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_container_that_a_tool_packed_again_is_refused_for_its_form(
    made: Sealed, tmp_path: Path, method: int
) -> None:
    path = tmp_path / "l.asice"
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in contents(made.container).items():
            archive.writestr(name, content)
    report = verify_path(path, made.anchors)
    assert faults(report) == {("container", "l.asice", "FORMAT_FAILURE")}


def test_a_zip_that_is_hostile_is_a_report_and_never_an_exception(made: Sealed, tmp_path: Path) -> None:
    """F8.11."""
    raw = made.container.read_bytes()
    path = tmp_path / "l.asice"
    for hostile in (b"", b"PK\x03\x04", raw[:-1], raw + b"\0", raw[: len(raw) // 2], b"\0" + raw, raw * 2):
        path.write_bytes(hostile)
        for check in (verify_path(path, made.anchors), reported(path, made.anchors)):
            assert check.result is Result.FAILED


def reported(path: Path, anchors: Anchors) -> Report:
    report = Report()
    verify_container(path, anchors, report)
    return report


def test_one_bit_changed_anywhere_never_passes(made: Sealed, tmp_path: Path) -> None:
    # Headers and the container's own files are sampled densely, the long contents thinly.
    raw = made.container.read_bytes()
    anchors = made.anchors
    chance = random.Random(20260302)
    with zipfile.ZipFile(made.container) as archive:
        heads = [info.header_offset + n for info in archive.infolist() for n in range(4, 30)]
        begins = archive.start_dir
        own = archive.getinfo(MANIFEST).header_offset
    places = [
        *chance.sample(heads, 12),
        *chance.sample(range(begins, len(raw)), 20),
        *chance.sample(range(own, begins), 20),
        *chance.sample(range(len(raw)), 10),
        0, 30, 38, 68, len(raw) - 1, len(raw) - 22,
    ]  # fmt: skip
    path = tmp_path / "l.asice"
    for place in places:
        changed = bytearray(raw)
        changed[place] ^= 1 << chance.randrange(8)
        path.write_bytes(changed)
        report = verify_path(path, anchors)
        assert (report.result is Result.PASSED, place) == (False, place)
    path.write_bytes(raw)
    assert verify_path(path, anchors).result is Result.PASSED


def test_what_is_read_is_the_same_kind_of_thing_wherever_it_lies(made: Sealed) -> None:
    from lre_kit.proofs.packing.zip_safe import read_zip

    with read_zip(made.container) as archive:
        files: Files = archive
        assert MIMETYPE in files.names()
        assert files.label == "letter.asice"


def test_verifying_a_container_loads_no_database(made: Sealed) -> None:
    script = (
        "import sys, socket\n"
        "def no(*a, **k): raise RuntimeError('network')\n"
        "socket.socket.connect = no\n"
        "from pathlib import Path\n"
        "from lre_kit.proofs.verifying.verify import Anchors, verify_path\n"
        f"anchors = Anchors.load(Path({str(made.folder / 'trust')!r}))\n"
        f"r = verify_path(Path({str(made.container)!r}), anchors)\n"
        "assert r.exit_code == 0, r.checks\n"
        "print(sorted({'sqlalchemy', 'sqlmodel', 'flask'} & sys.modules.keys()))\n"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", script], capture_output=True, check=True, text=True, timeout=120
    )
    assert done.stdout.strip() == "[]"
