# ruff: noqa: E501 - tables of cases read better a line each
"""Vectors of everything that is not a single evidence file: proofs of logging, XML, PDF, containers, bundles."""

import dataclasses
import hashlib
import json
import random
import zipfile
from collections.abc import Iterator, Mapping
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import rfc8785
from conformance_kit import BOTH, COMMAND_LINE, Kit, Made
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer

from lre_kit.proofs.forms.note import split_note
from lre_kit.proofs.keys.keys import Keys
from lre_kit.proofs.packing.asic_manifest import manifest_xml, parse_manifest
from lre_kit.proofs.packing.container import MANIFEST, MEDIA_TYPE, MIMETYPE, SIGNATURE
from lre_kit.proofs.packing.tlog_proof import HEADER, TlogProof, proof_of
from lre_kit.proofs.sealing.exhibit import parse_exhibit
from lre_kit.proofs.stamping.tsa import BuiltinAuthority
from lre_kit.testing.containers import contents, resealed, rewritten, with_token
from lre_kit.testing.xml_attacks import ATTACKS


def add_proofs_of_logging(kit: Kit, made: Made) -> None:
    """Proofs of inclusion in one file (C2SP tlog-proof), with the record beside them."""
    name = list(made.exhibits)[2]
    exhibit = parse_exhibit(made.exhibits[name])
    (kit.folder / "good/record.jws").write_bytes(exhibit.compact.encode())
    beside, proof = "good/record.jws", proof_of(exhibit)
    raw = proof.to_bytes()
    base = kit.base("record.tlog-proof", raw)

    def add(wrong: str, content: bytes, **more: Any) -> None:
        kit.add("tlog-proof", wrong, content, name="p.tlog-proof", base=base, **({"beside": beside} | more))

    add("", raw)
    add("no record beside it", raw, beside="")
    add("no anchors", raw, trust="")
    add("the key of another log", raw, trust="strangers-trust")
    cases: dict[str, TlogProof] = {
        "the next index": dataclasses.replace(proof, index=proof.index + 1),
        "an index beyond the tree": dataclasses.replace(proof, index=10**9),
        "a path too short": dataclasses.replace(proof, path=proof.path[1:]),
        "a path too long": dataclasses.replace(proof, path=(*proof.path, bytes(32))),
        "a path in another order": dataclasses.replace(proof, path=(*proof.path[::-1], bytes(32))),
        "another salt": dataclasses.replace(proof, extra=bytes(32)),
        "no salt": dataclasses.replace(proof, extra=None),
        "an empty salt": dataclasses.replace(proof, extra=b""),
        "another size in the checkpoint": dataclasses.replace(proof, checkpoint=proof.checkpoint.replace("\n", "\n1", 1)),
        "a checkpoint without signature": dataclasses.replace(proof, checkpoint=split_note(proof.checkpoint)[0] + "\n"),
    }  # fmt: skip
    for wrong, case in cases.items():
        add(wrong, case.to_bytes())
    for wrong, text in {
        "nothing": "", "a header alone": HEADER, "another version": raw.decode().replace("@v1", "@v2", 1),
        "carriage returns": raw.decode().replace("\n", "\r\n"), "a leading zero": raw.decode().replace("index ", "index 0", 1),
        "a negative index": raw.decode().replace("index ", "index -", 1), "a blank at the end": raw.decode() + " ",
        "Arabic digits": raw.decode().replace(f"index {proof.index}", "index ٢", 1), "cut short": raw.decode()[:-30],
        "far too long a path": raw.decode().replace("\n\n", "\n" + f"{'A' * 43}=\n" * 64 + "\n", 1),
    }.items():  # fmt: skip
        add(wrong, text.encode())
    for place in range(3, len(raw), len(raw) // 12):
        add(f"byte {place} with a bit flipped", raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :])


def add_xml(kit: Kit, made: Made) -> None:
    """XML evidence: what a seal over XML has been broken by elsewhere, and every element."""
    for name, content in made.xml.items():
        kit.add("xml", "", content, name="e.xml", base=kit.base(name, content))
    name = list(made.xml)[2]
    raw, base = made.xml[name], f"good/{name}"
    for wrong, attack in ATTACKS.items():
        content = attack(raw)
        if wrong != "far too large":
            kit.add("xml", wrong, content, name="e.xml", base=base)
    for place in range(60, len(raw), len(raw) // 40):
        flip = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
        kit.add("xml", f"byte {place} with a bit flipped", flip, name="e.xml", base=base)
    kit.add("xml", "no anchors", raw, name="e.xml", base=base, trust="")
    kit.add(
        "xml",
        "the anchors of another office of the same name",
        raw,
        name="e.xml",
        base=base,
        trust="strangers-trust",
    )


def add_pdfs(kit: Kit, made: Made) -> None:
    """PDF proofs: what was added or changed after the seal, by kind of object."""
    for name, content in made.pdfs.items():
        if name.endswith(("receipt.pdf", "refusal.pdf", "non-claim.pdf")):
            kit.add("pdf", "", content, name="p.pdf", base=kit.base(name, content))
    name = next(name for name in made.pdfs if name.endswith("receipt.pdf"))
    raw, base = made.pdfs[name], f"good/{name}"
    marks = {
        "the header": b"%PDF-", "the catalogue": b"/Catalog", "a page": b"/Type /Page", "a stream": b"stream\n",
        "a font": b"/FontFile", "the structure": b"/StructTreeRoot", "an attachment": b"/EmbeddedFile",
        "the metadata": b"<?xpacket", "the byte range": b"/ByteRange", "the seal": b"/Contents <", "the long-term store": b"/DSS",
        "the cross-reference table": b"startxref", "the end": b"%%EOF",
    }  # fmt: skip
    for what, mark in marks.items():
        place = raw.find(mark)
        if place >= 0:
            at = place + len(mark) + 9 if mark in {b"/Contents <", b"stream\n"} else place + 2
            kit.add(
                "pdf",
                f"{what} with a bit flipped",
                raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :],
                name="p.pdf",
                base=base,
            )
    writer: Any = IncrementalPdfFileWriter(BytesIO(raw))
    writer.root["/Changed"] = writer.root["/Lang"]
    writer.update_root()
    grown = BytesIO()
    writer.write(grown)
    kit.add("pdf", "a later update", grown.getvalue(), name="p.pdf", base=base)
    anew, copied = BytesIO(), copy_into_new_writer(PdfFileReader(BytesIO(raw)))  # type: ignore[no-untyped-call]
    copied.write(anew)
    kit.add("pdf", "written anew by another program", anew.getvalue(), name="p.pdf")
    for wrong, content in {
        "a blank at the end": raw + b" ", "a line at the end": raw + b"\n%%EOF\n", "cut short": raw[:-200], "the first half": raw[: len(raw) // 2],
        "nothing": b"", "something else": b"%PDF-1.7\n%%EOF\n", "two proofs in one": raw + raw,
    }.items():  # fmt: skip
        if len(content) < 2 * len(raw):
            kit.add("pdf", wrong, content, name="p.pdf", base=base)
    kit.add("pdf", "no anchors", raw, name="p.pdf", base=base, trust="")
    kit.add(
        "pdf",
        "the anchors of another office of the same name",
        raw,
        name="p.pdf",
        base=base,
        trust="strangers-trust",
    )
    chance = random.Random(20260112)
    for place in sorted(chance.sample(range(len(raw)), 12)):
        kit.add(
            "pdf",
            f"byte {place} with a bit flipped",
            raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :],
            name="p.pdf",
            base=base,
        )


def add_containers(kit: Kit, made: Made, strangers: Keys, scratch: Path) -> None:
    """ASiC-E containers: files, list, seal, time stamp, and the ZIP around them."""
    # Written again as its twins are, so that each differs from it in its fault alone.
    raw = rewritten(scratch / "c.asice", contents(made.container)).read_bytes()
    base = kit.base("received.asice", raw)
    kit.add("container", "", raw, name="c.asice", base=base)
    files, others = contents(made.container), contents(made.other_container)
    evidence = next(name for name in files if name.endswith("01-SubmissionAcceptance.json"))
    digests = parse_manifest(files[MANIFEST]).digests
    relisted = manifest_xml(SIGNATURE, digests | {evidence: hashlib.sha256(b"{}").hexdigest()})
    variants: dict[str, dict[str, bytes]] = {
        "a file that is not on the list": files | {"evidence/99-Extra.json": b"{}"},
        "a file that is missing": {n: c for n, c in files.items() if n != evidence},
        "a file that was changed": files | {evidence: files[evidence] + b" "},
        "a file and the list that were changed": files | {evidence: b"{}", MANIFEST: relisted},
        "a list with a space more": files | {MANIFEST: files[MANIFEST].replace(b"/>\n", b" />\n", 1)},
        "the seal of another letter": files | {SIGNATURE: others[SIGNATURE]},
        "list and seal of another letter": files | {n: others[n] for n in (MANIFEST, SIGNATURE)},
        "a time stamp over something else": with_token(files, BuiltinAuthority(made.keys, lambda: kit.at).stamp(bytes(32))),
        "no time stamp": with_token(files, None),
        "no seal at all": {n: c for n, c in files.items() if n != SIGNATURE},
        "a seal that is junk": files | {SIGNATURE: b"0" * 100},
        "a seal with a byte behind it": files | {SIGNATURE: files[SIGNATURE] + b"\0"},
        "a second seal": files | {"META-INF/signature2.p7s": files[SIGNATURE]},
        "no media type": {n: c for n, c in files.items() if n != MIMETYPE},
        "the media type not first": {n: c for n, c in files.items() if n != MIMETYPE} | {MIMETYPE: MEDIA_TYPE},
        "a media type with a newline": files | {MIMETYPE: MEDIA_TYPE + b"\n"},
        "the media type of something else": files | {MIMETYPE: b"application/epub+zip"},
    }  # fmt: skip
    for wrong, changed_files in variants.items():
        path = rewritten(scratch / "c.asice", changed_files)
        kit.add("container", wrong, path.read_bytes(), name="c.asice", base=base)
    sealed_anew = resealed(scratch / "c.asice", files, strangers, at=kit.at).read_bytes()
    kit.add(
        "container", "sealed by another authority of the same names", sealed_anew, name="c.asice", base=base
    )
    gap = {
        n: c
        for n, c in files.items()
        if not n.endswith(("01-SubmissionAcceptance.json", "01-SubmissionAcceptance.xml"))
    }
    content = resealed(scratch / "c.asice", gap, made.keys, at=kit.at).read_bytes()
    kit.add("container", "an act left out before sealing", content, name="c.asice", base=base)
    late = made.keys.tsa_certificate.not_valid_after_utc + timedelta(days=1)
    kit.add(
        "container",
        "verified after the time stamp's certificate ended",
        raw,
        name="c.asice",
        base=base,
        at=late,
    )
    kit.add("container", "no anchors", raw, name="c.asice", base=base, trust="")
    for wrong, content in {
        "nothing": b"", "a header alone": b"PK\x03\x04", "cut short": raw[:-1], "a byte behind": raw + b"\0", "a byte before": b"\0" + raw,
        "the first half": raw[: len(raw) // 2],
    }.items():  # fmt: skip
        kit.add("container", wrong, content, name="c.asice", base=base)
    for wrong, content in _hostile_zips(files):
        kit.add("container", wrong, content, name="c.asice")
    chance = random.Random(20260302)
    for place in sorted({0, 30, 38, 68, len(raw) - 22, len(raw) - 1, *chance.sample(range(len(raw)), 10)}):
        flip = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
        kit.add("container", f"byte {place} with a bit flipped", flip, name="c.asice", base=base)


def _hostile_zips(files: Mapping[str, bytes]) -> Iterator[tuple[str, bytes]]:
    """Archives made to harm whoever unpacks them; small ones."""
    few = {MIMETYPE: files[MIMETYPE], MANIFEST: files[MANIFEST], SIGNATURE: files[SIGNATURE]}
    names = {
        "a name that climbs out": "../../up.json", "an absolute name": "/etc/passwd", "a drive": "C:evil.json",
        "a backslash": "evidence\\x.json", "a control character in a name": "evi\x1bdence.json", "a name ending in a dot": "evidence.",
        "a device name": "evidence/NUL", "text turned round in a name": "evidence/\u202ejson.exe",
    }  # fmt: skip
    for wrong, name in names.items():
        yield wrong, _packed(few | {name: b"{}"})
    yield "a bomb", _packed(few | {"bomb.json": bytes(300_000_000)}, method=zipfile.ZIP_DEFLATED)
    double = BytesIO()
    with zipfile.ZipFile(double, "w") as archive:
        for name, content in few.items():
            archive.writestr(name, content)
        import warnings

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            archive.writestr(MANIFEST, b"<other/>")
    yield "a name twice", double.getvalue()


def _packed(files: Mapping[str, bytes], *, method: int = zipfile.ZIP_STORED) -> bytes:
    target = BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 12, 0, 0, 0)), content, method)
    return target.getvalue()


def add_bundles(kit: Kit, made: Made) -> None:
    """Bundles of proofs as ZIP files."""
    files = contents(made.bundle)
    raw = _packed(files)
    base = kit.base("received.zip", raw)
    kit.add("bundle", "", raw, name="b.zip", base=base)
    manifest = next(name for name in files if name.endswith("manifest.json"))
    listed = json.loads(files[manifest])
    inner = manifest.removesuffix("manifest.json")
    documents = [name for name in listed if name.startswith("documents/")]
    evidence = [name for name in listed if name.startswith("evidence/") and name.endswith(".json")]

    def relisted(**changes: str) -> bytes:
        return rfc8785.dumps({k: v for k, v in (listed | changes).items() if v})

    cases = {
        "a document changed": files | {inner + documents[0]: b"%PDF another"},
        "a document missing": {n: c for n, c in files.items() if n != inner + documents[0]},
        "an act missing": {n: c for n, c in files.items() if n != inner + evidence[2]},
        "an act taken off the list too": {n: c for n, c in files.items() if n != inner + evidence[1]}
        | {manifest: relisted(**{evidence[1]: ""})},
        "an act emptied": files | {inner + evidence[-1]: b"{}"},
        "two acts swapped": files | {inner + evidence[0]: files[inner + evidence[1]], inner + evidence[1]: files[inner + evidence[0]]},
        "a file more": files | {inner + "more.txt": b"more"},
        "a list that climbs out": files | {manifest: b'{"../up": "00"}'},
        "a list that is a list": files | {manifest: b"[]"},
        "no list": {n: c for n, c in files.items() if n != manifest},
    }  # fmt: skip
    for wrong, case in cases.items():
        kit.add("bundle", wrong, _packed(case), name="b.zip", base=base)


def add_clocks(kit: Kit) -> None:
    """Verify good files before their time stamps were made: one of two clocks must be wrong."""
    wrong, before = "a time stamp later than the verification", kit.at - timedelta(days=60)
    for base, name, judges in (
        ("good/received-01-SubmissionAcceptance.json", "e.json", BOTH),
        ("good/received-05-ContentHandover.json", "e.json", BOTH),
        ("good/received-proof-of-receipt.pdf", "p.pdf", COMMAND_LINE),
        ("good/received.asice", "c.asice", COMMAND_LINE),
        ("good/received.zip", "b.zip", COMMAND_LINE),
    ):
        kit.add("clock", wrong, kit.bases[base], name=name, base=base, judges=judges, at=before)
