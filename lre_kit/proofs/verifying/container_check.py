"""Checking a container (ETSI EN 319 162-1): its form, its list, the seal over the list, then its files.

A container has one form, the one `container` writes: whatever is changed in it, be it a date in a
header that nobody reads, is seen. The seal's certificate is looked at for the instant its time stamp
proves, never for the one it claims.
"""

import hashlib
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from lre_kit.clock import iso
from lre_kit.errors import TimestampRejectedError
from lre_kit.proofs.keys.chain import ChainError
from lre_kit.proofs.packing.asic_manifest import MANIFEST_MAX_BYTES, parse_manifest
from lre_kit.proofs.packing.container import MANIFEST, MEDIA_TYPE, MIMETYPE, RESERVED, SIGNATURE
from lre_kit.proofs.packing.zip_records import STORED, BadContainerError, Entry
from lre_kit.proofs.packing.zip_safe import SafeZip, read_zip
from lre_kit.proofs.packing.zip_stored import ATTRIBUTES, MADE_BY
from lre_kit.proofs.report import Report
from lre_kit.proofs.sealing.cms_check import SEAL_MAX_BYTES, CadesSeal, open_detached
from lre_kit.proofs.sealing.seal import SealError
from lre_kit.proofs.verifying.bundle_check import check_listed, verify_bundle, verify_content
from lre_kit.proofs.verifying.files import FilesBelow, read_file

if TYPE_CHECKING:
    from lre_kit.proofs.verifying.anchors import Anchors

SUFFIXES = frozenset({".asice", ".sce"})
"""Endings of containers' names (EN 319 162-1 §4.4.2)."""

_FORM, _SEAL, _STAMP = "container", "container seal", "container time stamp"
_OWN = {MIMETYPE, MANIFEST, SIGNATURE}
_NO_CHAIN = "NO_CERTIFICATE_CHAIN_FOUND"


def verify_zip(path: Path, anchors: "Anchors", report: Report) -> None:
    """Check a ZIP into `report`: a container, or a bundle that was zipped as a folder."""
    try:
        with read_zip(path) as files:
            names = files.names()
            if path.suffix.lower() in SUFFIXES or any(n in _OWN or n.startswith(RESERVED) for n in names):
                _verify(files, anchors, report)
                return
            folders = {name.partition("/")[0] for name in names if "/" in name}
            is_whole = len(folders) == 1 and all("/" in name for name in names)
            verify_bundle(FilesBelow(files, f"{folders.pop()}/") if is_whole else files, anchors, report)
    except BadContainerError as error:
        report.failed(_FORM, path.name, f"{error.reason}: {error.problem}", "FORMAT_FAILURE")


def verify_container(path: Path, anchors: "Anchors", report: Report) -> None:
    """Check a container into `report`; never raises for what is wrong with it.

    Args:
        path: The container.
        anchors: Whom to trust.
        report: Where answers go.
    """
    try:
        with read_zip(path) as files:
            _verify(files, anchors, report)
    except BadContainerError as error:
        report.failed(_FORM, path.name, f"{error.reason}: {error.problem}", "FORMAT_FAILURE")


def _verify(files: SafeZip, anchors: "Anchors", report: Report) -> None:
    if fault := _form_fault(files):
        report.failed(_FORM, files.label, fault, "FORMAT_FAILURE")
        return
    report.passed(_FORM, files.label, f"{len(files.entries)} entries in the one form")
    manifest = read_file(files, MANIFEST, at_most=MANIFEST_MAX_BYTES)
    listed = parse_manifest(manifest)
    if listed.signature != SIGNATURE or listed.digests.keys() & _OWN:
        report.failed(
            _FORM, MANIFEST, "the list names a signature that is not the container's", "FORMAT_FAILURE"
        )
        return
    check_listed(files, set(files.names()) - _OWN, listed.digests, report)
    _check_seal(files, manifest, anchors, report)
    verify_content(files, listed.digests, anchors, report)


def _form_fault(files: SafeZip) -> str:
    """Return what in a container is not as it is written, or nothing."""
    names = files.names()
    if not names or names[0] != MIMETYPE:
        return "its first entry is not its media type"
    if b"".join(files.open(MIMETYPE)) != MEDIA_TYPE:
        return "its media type is that of something else"
    if missing := _OWN - set(names):
        return f"{min(missing)} is missing"
    if strange := [n for n in names if n.startswith(RESERVED) and n not in _OWN]:
        return f"{strange[0]} is not one of its own files"
    if bent := [entry.name for entry in files.entries.values() if not _is_plain(entry)]:
        return f"the headers of {bent[0]} are not in their one form"
    return ""


def _is_plain(entry: Entry) -> bool:
    """Answer whether an entry is written as `zip_stored` writes them."""
    return (
        entry.method == STORED
        and entry.flags == (0 if entry.name.isascii() else 0x0800)
        and entry.made_by == MADE_BY
        and entry.needed == MADE_BY & 0xFF
        and entry.attributes == ATTRIBUTES
        and not entry.has_extra
    )


def _check_seal(files: SafeZip, manifest: bytes, anchors: "Anchors", report: Report) -> None:
    try:
        seal = open_detached(read_file(files, SIGNATURE, at_most=SEAL_MAX_BYTES), manifest)
    except SealError as error:
        report.failed(_SEAL, SIGNATURE, error.problem, error.sub_indication)
        return
    stamped_at = _check_stamp(seal, anchors, report)
    if not anchors.any_seal:
        report.indeterminate(_SEAL, SIGNATURE, "no authority is trusted", _NO_CHAIN)
        return
    try:
        anchors.check_seal(seal.certificate, seal.others, stamped_at or report.at)
    except ChainError as error:
        report.indeterminate(_SEAL, SIGNATURE, error.problem, error.sub_indication)
        return
    report.passed(_SEAL, SIGNATURE, f"sealed by {seal.certificate.subject.rfc4514_string()}")


def _check_stamp(seal: CadesSeal, anchors: "Anchors", report: Report) -> datetime | None:
    """Return the instant that the seal's time stamp proves, if it does."""
    from lre_kit.proofs.verifying.time_check import CLOCK_TOLERANCE, is_ahead

    if seal.token is None:
        report.indeterminate(_STAMP, SIGNATURE, "the seal has no time stamp", "NO_POE")
        return None
    if not anchors.any_timestamp:
        report.indeterminate(_STAMP, SIGNATURE, "no authority is trusted", _NO_CHAIN)
        return None
    digest = hashlib.sha256(seal.signature).digest()
    try:
        info = anchors.check_token(seal.token, digest)
    except TimestampRejectedError as error:
        if error.check == "chain":
            report.indeterminate(_STAMP, SIGNATURE, error.problem, _NO_CHAIN)
        else:
            sub_indication = "HASH_FAILURE" if error.check == "imprint" else "SIG_CRYPTO_FAILURE"
            report.failed(_STAMP, SIGNATURE, f"{error.check}: {error.problem}", sub_indication)
        return None
    ended = info.certificate.not_valid_after_utc
    if seal.claimed_at > info.gen_time + CLOCK_TOLERANCE:
        why = "the seal claims to be later than its time stamp"
        report.failed(_STAMP, SIGNATURE, why, "TIMESTAMP_ORDER_FAILURE")
    elif is_ahead(info.gen_time, _STAMP, SIGNATURE, report):
        return None
    elif ended < report.at:
        # The evidence inside may have been renewed; the container itself is written anew at each export.
        why = f"the certificate of {info.authority} ended on {ended:%Y-%m-%d}: ask for a fresh container"
        report.indeterminate(_STAMP, SIGNATURE, why, "OUT_OF_BOUNDS_NO_POE")
    else:
        report.passed(_STAMP, SIGNATURE, f"existed on {iso(info.gen_time)}, says {info.authority}")
    return info.gen_time
