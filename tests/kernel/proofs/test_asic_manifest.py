"""The list of files in a container: one form, nothing but files and SHA-256, no tricks of XML."""

import base64
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lre_kit.proofs.packing.asic_manifest import manifest_xml, parse_manifest
from lre_kit.proofs.packing.container import SIGNATURE
from lre_kit.proofs.packing.zip_names import name_fault, twin_fault
from lre_kit.proofs.packing.zip_records import BadContainerError

FILES = {
    "evidence/01-SubmissionAcceptance.json": "11" * 32,
    "evidence/02-NotificationForAcceptance.json": "22" * 32,
    "proofs/proof-of-deposit.pdf": "33" * 32,
    "documents/01-Été & Cie #1.txt": "44" * 32,
}
RAW = manifest_xml(SIGNATURE, FILES)

MANIFESTS: dict[str, Callable[[bytes], bytes]] = {
    "a DTD": lambda raw: raw.replace(b"?>\n", b'?>\n<!DOCTYPE a [<!ENTITY b "c">]>\n', 1),
    "a file from outside": lambda raw: raw.replace(
        b"?>\n", b'?>\n<!DOCTYPE a SYSTEM "file:///etc/passwd">\n', 1
    ),
    "a comment": lambda raw: raw.replace(b"</asic:ASiCManifest>", b"<!-- --></asic:ASiCManifest>"),
    "an instruction": lambda raw: raw.replace(b"?>\n", b"?>\n<?run this?>\n", 1),
    "another digest": lambda raw: raw.replace(b"xmlenc#sha256", b"xmlenc#sha512", 1),
    "a weak digest": lambda raw: raw.replace(
        b"http://www.w3.org/2001/04/xmlenc#sha256", b"http://www.w3.org/2000/09/xmldsig#sha1", 1
    ),
    "a file twice": lambda raw: raw.replace(
        b"</asic:ASiCManifest>",
        raw[raw.index(b"<asic:DataObjectReference") : raw.index(b"</asic:DataObjectReference>")]
        + b"</asic:DataObjectReference></asic:ASiCManifest>",
    ),
    "a way up": lambda raw: raw.replace(b'URI="evidence/', b'URI="evidence/../', 1),
    "another form of a name": lambda raw: raw.replace(b'URI="evidence', b'URI="%65vidence', 1),
    "another namespace": lambda raw: raw.replace(b"02918/v1.2.1#", b"2918/v1.1.1#"),
    "an element more": lambda raw: raw.replace(b"</asic:ASiCManifest>", b"<x/></asic:ASiCManifest>"),
    "an attribute more": lambda raw: raw.replace(b'MimeType="application/pdf"', b'Rootfile="true"'),
    "words between": lambda raw: raw.replace(b"</asic:ASiCManifest>", b"words</asic:ASiCManifest>"),
    "a digest cut short": lambda raw: raw.replace(b"=</ds:DigestValue>", b"</ds:DigestValue>", 1),
    "no files": lambda raw: manifest_xml(SIGNATURE, {}),
    "no signature": lambda raw: raw.replace(raw.splitlines()[2], b""),
    "a digest in no file": lambda raw: raw.replace(
        b"</asic:ASiCManifest>",
        b"<ds:DigestValue>" + base64.b64encode(bytes(32)) + b"</ds:DigestValue></asic:ASiCManifest>",
    ),
    "an end that is missing": lambda raw: raw[:-10],
    "nothing": lambda raw: b"",
    "far too much": lambda raw: raw + b" " * (4 * 1024 * 1024),
}  # fmt: skip


@pytest.mark.parametrize("attack", MANIFESTS)
def test_a_list_that_says_more_or_less_than_it_may_is_refused(attack: str) -> None:
    changed = MANIFESTS[attack](RAW)
    assert changed != RAW
    with pytest.raises(BadContainerError) as caught:
        parse_manifest(changed)
    assert caught.value.reason == "manifest"


@given(st.dictionaries(st.text(min_size=1, max_size=40), st.binary(min_size=32, max_size=32), min_size=1))
def test_what_is_written_is_read_back_whatever_the_files_are_called(files: dict[str, bytes]) -> None:
    fitting = {n: d.hex() for n, d in files.items() if name_fault(n) is None}
    assume(fitting and twin_fault(fitting) is None)
    read = parse_manifest(manifest_xml(SIGNATURE, fitting))
    assert (read.signature, read.digests) == (SIGNATURE, fitting)


@given(st.integers(0, len(RAW) - 1), st.integers(0, 7))
def test_one_bit_changed_is_read_or_refused_never_anything_else(place: int, bit: int) -> None:
    with suppress(BadContainerError):
        assert parse_manifest(RAW[:place] + bytes([RAW[place] ^ 1 << bit]) + RAW[place + 1 :]).digests
