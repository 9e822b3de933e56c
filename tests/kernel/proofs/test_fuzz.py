"""Whatever is handed to the verifier, it answers; and what was changed never passes."""

import random
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from lre_kit.errors import LreError
from lre_kit.proofs.report import Report, Result
from lre_kit.proofs.verifying.anchors import Anchors
from lre_kit.proofs.verifying.verify import verify_path
from lre_kit.testing.office import deposit_sample, identify, throwaway_office

SUFFIXES = [".json", ".pdf", ".xml", ".asice", ".zip", ".tlog-proof", ""]
BOMBS = [
    b"",
    b"\x00" * 4096,
    b"[" * 200_000,
    b'{"a":' * 50_000,
    b"%PDF-1.7\n" + b"1 0 obj\n" * 2000,
    b"%PDF-1.7\ntrailer<</Root 1 0 R/Prev 9>>\nstartxref\n9\n%%EOF",
    b"PK\x03\x04" + b"\xff" * 300,
    b"PK\x05\x06" + b"\x00" * 18,
    b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><l>&b;</l>',
    b"\xef\xbb\xbf{}",
]


class Shelf:
    """One accepted letter in every form, and whom to trust."""

    def __init__(self, folder: Path) -> None:
        with throwaway_office(folder / "office") as office:
            letter = deposit_sample(office)
            office.run_until_idle()
            office.desk.accept(letter.id, identify(office, letter))
            office.run_until_idle()
            made = office.issuer.export(letter.id, folder / "letter")
            office.keys.write_trust(folder / "trust")
            self.container = folder / "letter.asice"
            with self.container.open("wb") as target:
                office.issuer.container(letter.id, target=target)
        self.evidence = min((made / "evidence").glob("*.json"))
        self.pdf = made / "proofs" / "proof-of-receipt.pdf"
        self.bundle = made / "bundle"
        self.anchors = Anchors.load(folder / "trust")
        self.scratch = folder / "scratch"
        self.scratch.mkdir()

    def report(self, raw: bytes, suffix: str) -> Report:
        path = self.scratch / f"proof{suffix}"
        path.write_bytes(raw)
        return verify_path(path, self.anchors)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return Shelf(tmp_path_factory.mktemp("fuzz"))


def wild(suffix: str) -> Callable[..., None]:
    """Return the property for files of one suffix."""

    @settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(raw=st.binary(max_size=400) | st.text(max_size=200).map(str.encode))
    def holds(shelf: Shelf, raw: bytes) -> None:
        assert shelf.report(raw, suffix).result is not Result.PASSED

    for bomb in BOMBS:
        holds = example(raw=bomb)(holds)
    return holds


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_any_bytes_get_an_answer_and_never_a_pass(shelf: Shelf, suffix: str) -> None:
    wild(suffix)(shelf=shelf)


@st.composite
def changes(draw: st.DrawFn) -> Callable[[bytes], bytes]:
    """Draw a change: flipped bits, bytes cut out, doubled, moved, or a strange tail."""
    kind = draw(st.sampled_from(["flip", "cut", "double", "move", "truncate", "tail", "zeros"]))
    at, length = draw(st.floats(0, 0.999)), draw(st.integers(1, 64))
    bit = draw(st.integers(0, 7))

    def change(raw: bytes) -> bytes:
        place = int(at * len(raw))
        piece = raw[place : place + length]
        match kind:
            case "flip":
                return raw[:place] + bytes([raw[place] ^ 1 << bit]) + raw[place + 1 :]
            case "cut":
                return raw[:place] + raw[place + length :]
            case "double":
                return raw[:place] + piece + raw[place:]
            case "move":
                return piece + raw[:place] + raw[place + length :]
            case "truncate":
                return raw[:place]
            case "tail":
                return raw + piece
            case _:
                return raw[:place] + bytes(len(piece)) + raw[place + length :]

    return change


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(change=changes())
def test_changed_evidence_never_passes(shelf: Shelf, change: Callable[[bytes], bytes]) -> None:
    raw = shelf.evidence.read_bytes()
    changed = change(raw)
    if changed != raw:
        assert shelf.report(changed, ".json").result is not Result.PASSED


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(change=changes())
def test_a_changed_proof_never_passes(shelf: Shelf, change: Callable[[bytes], bytes]) -> None:
    raw = shelf.pdf.read_bytes()
    changed = change(raw)
    if changed != raw:
        assert shelf.report(changed, ".pdf").result is not Result.PASSED


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(change=changes())
def test_a_changed_container_never_passes(shelf: Shelf, change: Callable[[bytes], bytes]) -> None:
    raw = shelf.container.read_bytes()
    changed = change(raw)
    if changed != raw:
        assert shelf.report(changed, ".asice").result is not Result.PASSED


def regions(raw: bytes) -> Iterator[tuple[str, int]]:
    """Yield one place in each kind of part that a sealed PDF is made of."""
    kinds = {
        "header": rb"%PDF",
        "object": rb"\d+ 0 obj",
        "page": rb"/Type\s*/Page\b",
        "catalogue": rb"/Type\s*/Catalog",
        "font": rb"/Type\s*/Font\b",
        "attachment": rb"/Type\s*/Filespec",
        "embedded file": rb"/Type\s*/EmbeddedFile",
        "structure": rb"/StructTreeRoot",
        "metadata": rb"<pdfaid|pdfaid:part",
        "output intent": rb"/GTS_PDFA1",
        "stream": rb"stream\r?\n",
        "cross-reference": rb"startxref",
        "trailer": rb"/Root",
        "signature": rb"/ETSI.CAdES.detached",
        "byte range": rb"/ByteRange",
        "time stamp": rb"/ETSI.RFC3161",
        "security store": rb"/DSS|/CRLs",
        "end": rb"%%EOF",
    }
    for kind, pattern in kinds.items():
        for found in list(re.finditer(pattern, raw))[:2]:
            yield kind, found.start() + 1


def test_a_flipped_bit_in_every_kind_of_part_of_a_pdf_never_passes(shelf: Shelf) -> None:
    """F8.10."""
    raw = shelf.pdf.read_bytes()
    seen = set()
    for kind, place in regions(raw):
        seen.add(kind)
        changed = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
        assert shelf.report(changed, ".pdf").result is not Result.PASSED, (kind, place)
    assert {"byte range", "signature", "time stamp", "attachment", "stream"} <= seen


def test_files_in_a_bundle_exchanged_removed_or_doubled_never_pass(shelf: Shelf, tmp_path: Path) -> None:
    chance = random.Random(53)
    files = sorted(p.relative_to(shelf.bundle) for p in shelf.bundle.rglob("*") if p.is_file())
    for number in range(16):
        copy = tmp_path / str(number)
        shutil.copytree(shelf.bundle, copy)
        one, other = chance.sample(files, 2)
        match number % 4:
            case 0:
                (copy / one).unlink()
            case 1:
                first, second = (copy / one).read_bytes(), (copy / other).read_bytes()
                (copy / one).write_bytes(second)
                (copy / other).write_bytes(first)
            case 2:
                shutil.copy(copy / one, copy / one.with_name("00-copy" + one.suffix))
            case _:
                (copy / one).unlink()
                (copy / one).mkdir()
        try:
            answer = verify_path(copy, shelf.anchors).result
        except LreError as error:
            pytest.fail(f"{number}: {error}")
        assert answer is not Result.PASSED, (number, one, other)
