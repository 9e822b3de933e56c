"""The offline verifier: no database, no network, no office; only files and trust anchors.

Each form of proof has its own check (`exhibit_check`, `bundle_check`, `container_check`, `pdf_check`,
`xml_check`, `tlog_proof_check`); here the form is told and the report begun.
"""

from datetime import datetime
from pathlib import Path

from lre_kit.clock import now
from lre_kit.proofs.report import Report
from lre_kit.proofs.sealing.exhibit import EXHIBIT_MAX_BYTES
from lre_kit.proofs.verifying.anchors import Anchors
from lre_kit.proofs.verifying.exhibit_check import verify_exhibit
from lre_kit.proofs.verifying.parts_check import NOT_LOOKED_AT

__all__ = ["Anchors", "verify_exhibit", "verify_path"]

PDF_MAX_BYTES = 64 * 1024 * 1024
"""Largest proof PDF read, in bytes; real ones are below one megabyte."""

_ZIP_SUFFIXES = {".asice", ".sce", ".zip"}

_QUALIFIED = "whether the provider is qualified (no trusted list is among the trust anchors)"
_CONSISTENCY = "consistency with other checkpoints of the log (compare with one you hold)"


def verify_path(path: Path, anchors: Anchors, *, at: datetime | None = None) -> Report:
    """Verify a bundle folder (or ``.zip``), a container (``.asice``), an exhibit or a proof (``.pdf``).

    Never raises for what is wrong with the proof: that is the report's to say.

    Args:
        path: The proof.
        anchors: Whom to trust.
        at: Instant of the verification, by default now: a time stamp whose certificate ended before it
            and that was not renewed proves nothing any more.
    """
    absent = ((NOT_LOOKED_AT, anchors.lists), (_QUALIFIED, anchors.trusted), (_CONSISTENCY, ()))
    report = Report(not_checked=[words for words, given in absent if not given], at=at or now())
    report.not_checked += anchors.said_of_lists(report.at)
    if path.is_dir():
        from lre_kit.proofs.verifying.bundle_check import verify_bundle
        from lre_kit.proofs.verifying.files import FolderFiles

        verify_bundle(FolderFiles(path), anchors, report)
    elif path.suffix.lower() in _ZIP_SUFFIXES or _begins_as_zip(path):
        from lre_kit.proofs.verifying.container_check import verify_zip

        verify_zip(path, anchors, report)
    elif path.suffix.lower() == ".pdf":
        from lre_kit.proofs.verifying.pdf_check import verify_pdf

        content = _read(path, report, at_most=PDF_MAX_BYTES)
        for name, raw in verify_pdf(content, path.name, anchors, report) if content is not None else ():
            verify_exhibit(raw, name, anchors, report)
    elif path.suffix.lower() == ".tlog-proof":
        _verify_tlog_proof(path, anchors, report)
    elif path.suffix.lower() == ".xml":
        from lre_kit.proofs.sealing.evidence_xml import XML_MAX_BYTES
        from lre_kit.proofs.verifying.xml_check import verify_xml

        content = _read(path, report, at_most=XML_MAX_BYTES)
        if content is not None:
            verify_xml(content, path.name, anchors, report, is_alone=True)
    else:
        content = _read(path, report, at_most=EXHIBIT_MAX_BYTES)
        if content is not None:
            verify_exhibit(content, path.name, anchors, report)
        report.not_checked.append("documents (none lie beside a single evidence file)")
    return report


def _verify_tlog_proof(path: Path, anchors: Anchors, report: Report) -> None:
    """Verify a proof of logging, with the record that lies beside it (``.jws``) if one does."""
    from lre_kit.proofs.verifying.tlog_proof_check import verify_tlog_proof

    record = path.with_suffix(".jws")
    leaf_data = _read(record, report, at_most=EXHIBIT_MAX_BYTES) if record.is_file() else None
    content = _read(path, report, at_most=EXHIBIT_MAX_BYTES)
    if content is not None:
        verify_tlog_proof(content, leaf_data, anchors, report, path.name)


def _read(path: Path, report: Report, *, at_most: int) -> bytes | None:
    """Return a file's bytes, or nothing, reported, when it is larger than any proof."""
    with path.open("rb") as file:
        content = file.read(at_most + 1)
    if len(content) > at_most:
        report.failed("format", path.name, "this file is far larger than any proof", "FORMAT_FAILURE")
        return None
    return content


def _begins_as_zip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) in {b"PK\x03\x04", b"PK\x05\x06"}
