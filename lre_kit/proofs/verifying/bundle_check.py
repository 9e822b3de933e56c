"""Checking a letter's whole story: all its evidence, its documents and its proofs, one beside the other.

The same for a folder, a zipped folder and a signed container: they only differ in how their files
are listed, and by whom.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from lre_kit.clock import from_iso
from lre_kit.proofs.packing.bundle import MANIFEST, BundleError, read_manifest
from lre_kit.proofs.report import Report
from lre_kit.proofs.sealing.exhibit import EXHIBIT_MAX_BYTES, Exhibit, parse_exhibit
from lre_kit.proofs.verifying.files import Files, digest_of, read_file
from lre_kit.proofs.verifying.records import ENDS, event_of, within

if TYPE_CHECKING:
    from lre_kit.proofs.verifying.anchors import Anchors

MANIFEST_MAX_BYTES = 4 * 1024 * 1024
"""Largest list of files read, in bytes."""

EVIDENCE_MAX = 512
"""Most evidence files looked at: each takes time, and strangers send them."""

_KNOWN = re.compile(
    r"evidence/[^/]+\.(json|xml)|proofs/[^/]+\.pdf|documents/.+|(log|certificates|revocation)/[^/]+",
    re.DOTALL,
)

_MORE = "whether more happened later (the last act here is not the end of a letter)"


def verify_bundle(files: Files, anchors: "Anchors", report: Report) -> None:
    """Check files against their own list, then as `verify_content`."""
    try:
        listed = read_manifest(read_file(files, MANIFEST, at_most=MANIFEST_MAX_BYTES))
    except BundleError as error:
        report.failed("manifest", files.label, error.problem, "FORMAT_FAILURE")
        return
    check_listed(files, set(files.names()) - {MANIFEST}, listed, report)
    verify_content(files, listed, anchors, report)


def check_listed(files: Files, present: Collection[str], listed: dict[str, str], report: Report) -> None:
    """Check that files are those listed, all of them and unchanged.

    Args:
        files: The files.
        present: Names that should be listed.
        listed: SHA-256 in hexadecimal by name.
        report: Where answers go.
    """
    faults = [(name, "this file is not listed", "FORMAT_FAILURE") for name in set(present) - listed.keys()]
    for name, digest_hex in listed.items():
        if name not in present:
            faults.append((name, "this file is missing", "SIGNED_DATA_NOT_FOUND"))
        elif digest_of(files, name) != digest_hex:
            faults.append((name, "this file was changed", "HASH_FAILURE"))
    for name, why, sub_indication in sorted(faults):
        report.failed("manifest", name, why, sub_indication)
    if not faults:
        report.passed("manifest", files.label, f"{len(listed)} files, all as listed")


def verify_content(files: Files, listed: Iterable[str], anchors: "Anchors", report: Report) -> None:
    """Check evidence, story, documents and proofs among the files that are listed."""
    from lre_kit.proofs.verifying.acts_check import check_names, check_proofs
    from lre_kit.proofs.verifying.exhibit_check import verify_exhibit
    from lre_kit.proofs.verifying.parts_check import check_parts, say_looked_at, with_lists
    from lre_kit.proofs.verifying.xml_check import check_twins, verify_xml

    there = sorted(set(listed) & set(files.names()))
    for name in there:
        if not _KNOWN.fullmatch(name):
            # Nobody would check it, and it would lie among what was checked.
            report.failed("manifest", name, "no file of a letter is called so", "FORMAT_FAILURE")
    if sum(name.startswith("evidence/") for name in there) > EVIDENCE_MAX:
        report.failed("story", files.label, "far more acts than a letter has", "FORMAT_FAILURE")
        return
    anchors = with_lists(files, there, anchors, report)
    found: dict[str, dict[str, dict[str, Any]]] = {".json": {}, ".xml": {}}
    exhibits: dict[str, Exhibit] = {}
    for name in there:
        if name.startswith("evidence/"):
            raw = read_file(files, name, at_most=EXHIBIT_MAX_BYTES)
            stem, suffix = (name.removesuffix(".xml"), ".xml") if name.endswith(".xml") else (name, ".json")
            verify = verify_xml if suffix == ".xml" else verify_exhibit
            if (record := verify(raw, name, anchors, report)) is not None:
                stem = stem.removesuffix(".json")
                found[suffix][stem] = record
                if suffix == ".json":
                    exhibits[stem.removeprefix("evidence/")] = parse_exhibit(raw)
    check_parts(files, there, exhibits, report)
    known = list(found[".json"].values())
    if known:
        say_looked_at(anchors, max(from_iso(record["EventTime"]) for record in known), report)
    _check_story(known, report)
    check_names(found[".json"], report)
    check_twins(found[".xml"], found[".json"], report)
    _check_documents(files, there, known, report)
    check_proofs(files, there, {each.compact for each in exhibits.values()}, anchors, report)


def _check_story(records: Sequence[dict[str, Any]], report: Report) -> None:
    """Check that the records tell of one letter, from its deposit, without a gap."""
    numbers = {str(within(record, "MessageIdentifier")) for record in records}
    places = [within(record, "Extensions", "JournalPosition") for record in records]
    subject = ", ".join(sorted(numbers))
    if len(numbers) != 1:
        report.failed("story", subject or "bundle", "the evidence is not of one letter", "FORMAT_FAILURE")
    elif sorted(map(str, places)) != sorted(map(str, range(len(places)))):
        report.failed("story", subject, "an act of the letter is missing or doubled", "SIGNED_DATA_NOT_FOUND")
    else:
        report.passed("story", subject, f"{len(records)} acts, from the deposit, without a gap")
    if not {event_of(record) for record in records} & ENDS:
        report.not_checked.append(_MORE)


def _check_documents(
    files: Files, there: Iterable[str], records: Sequence[dict[str, Any]], report: Report
) -> None:
    documents = [name for name in there if name.startswith("documents/")]
    if not documents:
        report.not_checked.append("documents (the bundle holds none; their digests stand in the evidence)")
    listed = [within(record, "UserContentInfo", "PartsInfo", "PartInfo") for record in records]
    parts = {
        str(within(part, "DigestValue"))
        for parts_info in listed
        if isinstance(parts_info, list)
        for part in parts_info
    }
    for name in documents:
        if digest_of(files, name) in parts:
            report.passed("document", name, "the one that was deposited")
        else:
            report.failed("document", name, "not a document the evidence names", "HASH_FAILURE")
