"""Checking a proof PDF: its seal covers the whole file, fits, and leads to an anchor; its exhibits."""

import io
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from asn1crypto import x509
from cryptography.hazmat.primitives import serialization

from lre_kit.proofs.report import Report

if TYPE_CHECKING:
    from lre_kit.proofs.verify import Anchors

# The library reports each doubt with a traceback of its own; our report says what matters.
logging.getLogger("pyhanko").setLevel(logging.CRITICAL)
logging.getLogger("pyhanko_certvalidator").setLevel(logging.CRITICAL)


def verify_pdf(path: Path, anchors: "Anchors", report: Report) -> Iterator[tuple[str, bytes]]:
    """Check a proof's own seal into `report`, then yield the exhibits it carries."""
    from pyhanko.pdf_utils.reader import PdfFileReader

    subject = path.name
    try:
        reader = PdfFileReader(io.BytesIO(path.read_bytes()))
        signatures = list(reader.embedded_regular_signatures)
        attached = list(_attached(reader))
    except Exception:  # noqa: BLE001 - a hostile PDF may break its reader in any way
        report.failed("PDF", subject, "this is not a PDF that can be read", "FORMAT_FAILURE")
        return
    if len(signatures) != 1:
        report.failed(
            "PDF seal", subject, f"it has {len(signatures)} seals instead of one", "SIGNED_DATA_NOT_FOUND"
        )
        return
    _check(signatures[0], subject, anchors, report)
    if not attached:
        report.failed("evidence", subject, "no evidence is attached", "SIGNED_DATA_NOT_FOUND")
    for name, raw in attached:
        yield f"{subject}: {name}", raw


def _check(signature: Any, subject: str, anchors: "Anchors", report: Report) -> None:
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko.sign.validation.status import SignatureCoverageLevel

    if not anchors.seal or not anchors.timestamp:
        report.indeterminate("PDF seal", subject, "no authority is trusted", "NO_CERTIFICATE_CHAIN_FOUND")
        return
    try:
        moment = _gen_time(signature)
        status = validate_pdf_signature(
            signature,
            signer_validation_context=_context(anchors.seal, moment),
            ts_validation_context=_context(anchors.timestamp, moment),
        )
    except Exception:  # noqa: BLE001 - as above
        report.failed("PDF seal", subject, "the seal cannot be read", "FORMAT_FAILURE")
        return
    whole = status.coverage == SignatureCoverageLevel.ENTIRE_FILE
    if not (status.intact and status.valid):
        report.failed("PDF seal", subject, "the document was changed after sealing", "HASH_FAILURE")
    elif not whole:
        report.failed("PDF seal", subject, "something was added after sealing", "SIG_CONSTRAINTS_FAILURE")
    elif not status.trusted:
        report.indeterminate("PDF seal", subject, "its maker is not trusted", "NO_CERTIFICATE_CHAIN_FOUND")
    elif moment is None or status.timestamp_validity is None or not status.timestamp_validity.valid:
        report.failed("PDF seal", subject, "its time stamp does not fit", "SIG_CRYPTO_FAILURE")
    else:
        report.passed("PDF seal", subject, f"PAdES B-T, stamped {moment:%Y-%m-%d %H:%M:%S}Z, whole file")


def _gen_time(signature: Any) -> Any:
    """Return the instant of the seal's own time stamp, or nothing when it has none."""
    for attribute in signature.signer_info["unsigned_attrs"]:
        if attribute["type"].native == "signature_time_stamp_token":
            token = attribute["values"][0]["content"]
            return token["encap_content_info"]["content"].parsed["gen_time"].native
    return None


def _context(anchors: Any, moment: Any) -> Any:
    from pyhanko_certvalidator import ValidationContext

    roots = [x509.Certificate.load(c.public_bytes(serialization.Encoding.DER)) for c in anchors]
    return ValidationContext(
        trust_roots=roots, moment=moment, allow_fetching=False, revocation_mode="soft-fail"
    )


def _attached(reader: Any) -> Iterator[tuple[str, bytes]]:
    """Yield the names and bytes of associated files (ISO 32000-2 §14.13)."""
    for reference in reader.root.get("/AF", []):
        spec = reference.get_object() if hasattr(reference, "get_object") else reference
        name = str(spec.get("/UF") or spec["/F"])
        if name.endswith(".json"):
            yield name, bytes(spec["/EF"]["/F"].data)
