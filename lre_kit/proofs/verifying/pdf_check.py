"""Checking a proof PDF: its seal fits and leads to an anchor, nothing came after it; its exhibits.

After the seal only what prolongs it may follow: revocation data and document time stamps
(ETSI EN 319 142-1 §5.5), the last of which covers the whole file.
"""

import asyncio
import io
import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from asn1crypto import cms as asn1_cms
from asn1crypto import crl, x509
from cryptography import x509 as certificates
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import NameOID

from lre_kit.proofs.keys.chain import load_certificate
from lre_kit.proofs.keys.crl import encoded
from lre_kit.proofs.packing.pdf_seal import Level
from lre_kit.proofs.report import Report
from lre_kit.proofs.sealing.exhibit import ExhibitError, parse_exhibit
from lre_kit.proofs.sealing.seal import SealError, open_seal
from lre_kit.proofs.verifying.time_check import is_ahead

if TYPE_CHECKING:
    from lre_kit.proofs.verifying.anchors import Anchors

# The library reports each doubt with a traceback of its own; our report says what matters.
logging.getLogger("pyhanko").setLevel(logging.CRITICAL)
logging.getLogger("pyhanko_certvalidator").setLevel(logging.CRITICAL)

STREAM_MAX_BYTES = 16 * 1024 * 1024
"""Most bytes that one stream of a PDF may unpack to."""

UNPACKED_MAX_BYTES = 64 * 1024 * 1024
"""Most bytes that all streams of a PDF may unpack to, or twice its own length if that is more."""

ATTACHED_MAX = 256
"""Most files looked at that are attached to a PDF."""

_NO_CHAIN = "NO_CERTIFICATE_CHAIN_FOUND"


def verify_pdf(raw: bytes, subject: str, anchors: "Anchors", report: Report) -> Iterator[tuple[str, bytes]]:
    """Check a proof's own seal into `report`, then yield the exhibits it carries."""
    from pyhanko.pdf_utils.reader import PdfFileReader

    try:
        reader = PdfFileReader(io.BytesIO(raw), decode_limits=_limits())
        seals = list(reader.embedded_regular_signatures)
        stamps = list(reader.embedded_timestamp_signatures)
        attached = list(_attached(reader))
    except Exception:  # noqa: BLE001 - a hostile PDF may break its reader in any way
        report.failed("PDF", subject, "this is not a PDF that can be read", "FORMAT_FAILURE")
        return
    if len(seals) != 1:
        report.failed(
            "PDF seal", subject, f"it has {len(seals)} seals instead of one", "SIGNED_DATA_NOT_FOUND"
        )
        return
    try:
        if not all(_is_in_one_form(raw, signature) for signature in (*seals, *stamps)):
            report.failed("PDF seal", subject, "bytes beside a signature were changed", "FORMAT_FAILURE")
        _check(reader, seals[0], stamps, subject, anchors, report)
    except Exception:  # noqa: BLE001 - as above
        report.failed("PDF seal", subject, "the seal cannot be read", "FORMAT_FAILURE")
    if not attached:
        report.failed("evidence", subject, "no evidence is attached", "SIGNED_DATA_NOT_FOUND")
    _check_maker(seals[0], [exhibit for _, exhibit in attached], subject, report)
    for name, exhibit in attached:
        yield f"{subject}: {name}", exhibit


def _limits() -> Any:
    """Return how much of a hostile PDF may be unpacked: a few times what is sent, never gigabytes."""
    from pyhanko.pdf_utils.decode_limits import DecodeLimits, DocumentDecodeBudget, StreamDecodeLimits

    return DecodeLimits(
        per_stream=StreamDecodeLimits(max_output_size=STREAM_MAX_BYTES),
        document_budget=DocumentDecodeBudget(base_allowance=UNPACKED_MAX_BYTES, max_ratio=2),
    )


def _check_maker(seal: Any, exhibits: Sequence[bytes], subject: str, report: Report) -> None:
    """Check that evidence of one letter is attached, and that who sealed it sealed the PDF.

    An outside authority issues certificates to many: one of them could put true evidence under words
    of its own.
    """
    name = "PDF seal"
    found = []
    numbers = set()
    try:
        own = load_certificate(seal.signer_cert.dump())
        for raw in exhibits:
            exhibit = parse_exhibit(raw)
            found.append(open_seal(exhibit.compact).certificate)
            numbers.add(str(exhibit.record.get("MessageIdentifier")))
    except (ExhibitError, SealError, ValueError):
        # Each has its own check, which says so.
        return
    if len(numbers) > 1:
        report.failed("evidence", subject, "it carries no evidence of one letter", "SIG_CONSTRAINTS_FAILURE")
    for other in found:
        if not _is_same(own.subject, other.subject):
            both = (
                f"sealed by {own.subject.rfc4514_string()}, its evidence by {other.subject.rfc4514_string()}"
            )
            report.indeterminate(name, subject, both, "SIG_CONSTRAINTS_FAILURE")
            return


def _is_same(one: certificates.Name, other: certificates.Name) -> bool:
    """Answer whether two names are of one organisation: by its registered number, else its name."""
    for kind in (
        NameOID.ORGANIZATION_IDENTIFIER,
        NameOID.ORGANIZATION_NAME,
        NameOID.COMMON_NAME,
    ):
        mine, others = one.get_attributes_for_oid(kind), other.get_attributes_for_oid(kind)
        if mine and others:
            return [each.value for each in mine] == [each.value for each in others]
    return False


def _check(  # noqa: PLR0917 - the parts of one PDF
    reader: Any, seal: Any, stamps: Sequence[Any], subject: str, anchors: "Anchors", report: Report
) -> None:
    from pyhanko.sign.diff_analysis import ModificationLevel
    from pyhanko.sign.validation import validate_pdf_signature

    name = "PDF seal"
    if not (anchors.any_seal and anchors.any_timestamp):
        report.indeterminate(name, subject, "no authority is trusted", _NO_CHAIN)
        return
    moment = _gen_time(seal)
    at = moment or report.at
    status = _apart(
        validate_pdf_signature,
        seal,
        signer_validation_context=_context(reader, anchors.seal_at(at), moment, anchors.lists),
        ts_validation_context=_context(reader, anchors.timestamp_at(at), moment, anchors.lists),
    )
    stamp = status.timestamp_validity
    if not (status.intact and status.valid):
        report.failed(name, subject, "the document was changed after sealing", "HASH_FAILURE")
    elif not _covers(stamps[-1] if stamps else seal) or status.modification_level not in {
        ModificationLevel.NONE,
        ModificationLevel.LTA_UPDATES,
    }:
        what = _addition(status.diff_result, after=moment)
        report.failed(name, subject, f"something was added after sealing{what}", "SIG_CONSTRAINTS_FAILURE")
    elif status.revoked:
        report.indeterminate(name, subject, "its certificate was revoked", "REVOKED")
    elif not status.trusted:
        report.indeterminate(name, subject, "its maker is not trusted", _NO_CHAIN)
    elif moment is None or stamp is None or not (stamp.valid and stamp.intact):
        report.failed(name, subject, "its time stamp does not fit", "SIG_CRYPTO_FAILURE")
    elif not stamp.trusted:
        report.indeterminate(name, subject, "the maker of its time stamp is not trusted", _NO_CHAIN)
    elif is_ahead(moment, name, subject, report):
        return
    elif _check_stamps(reader, stamps, subject, anchors, report):
        level = Level.B_LTA if stamps and _has_lists(reader) else Level.B_T
        report.passed(name, subject, f"{level.value}, stamped {moment:%Y-%m-%d %H:%M:%S}Z, whole file")


def _check_stamps(
    reader: Any, stamps: Sequence[Any], subject: str, anchors: "Anchors", report: Report
) -> bool:
    """Check the document time stamps; report and answer no at the first that does not pass."""
    from pyhanko.sign.validation import validate_pdf_timestamp

    for stamp in stamps:
        moment = _own_time(stamp)
        context = _context(reader, anchors.timestamp_at(moment), moment, anchors.lists)
        status = _apart(validate_pdf_timestamp, stamp, context)
        name = "PDF time stamp"
        if not (status.intact and status.valid):
            report.failed(name, subject, "a document time stamp does not fit", "SIG_CRYPTO_FAILURE")
            return False
        if not status.trusted:
            report.indeterminate(
                name, subject, "the maker of a document time stamp is not trusted", _NO_CHAIN
            )
            return False
        if is_ahead(moment, name, subject, report):
            return False
        report.passed(name, subject, f"the whole document existed on {moment:%Y-%m-%d %H:%M:%S}Z")
    return True


def _apart(act: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """Run what starts an event loop of its own, on another thread if this one has a loop already."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return act(*arguments, **named)
    with ThreadPoolExecutor(1) as other:
        return other.submit(act, *arguments, **named).result()


def _is_in_one_form(raw: bytes, signature: Any) -> bool:
    """Answer whether a signature is written as it is when made: capital letters, filled up with zeros.

    Its own bytes are the only ones of the file that no signature covers (ISO 32000-1 §12.8.1).
    """
    first, length, second, _ = (int(number) for number in signature.byte_range)
    found = bytes(signature.pkcs7_content)
    encoded_length = len(asn1_cms.ContentInfo.load(found).dump())
    written = found[:encoded_length].hex().upper().encode() + b"0" * (2 * (len(found) - encoded_length))
    return first == 0 and raw[length:second] == b"<" + written + b">"


def _covers(signature: Any) -> bool:
    from pyhanko.sign.validation.status import SignatureCoverageLevel

    return bool(signature.evaluate_signature_coverage() == SignatureCoverageLevel.ENTIRE_FILE)


def _addition(found: Any, *, after: datetime | None) -> str:
    """Return what is known of an addition, for the report's reason."""
    words = str(found) if isinstance(found, Exception) else ""
    since = f" (after {after:%Y-%m-%d %H:%M:%S}Z)" if after else ""
    return since + (f": {words[:160]}" if words else "")


def _has_lists(reader: Any) -> bool:
    return "/DSS" in reader.root and "/CRLs" in reader.root["/DSS"]


def _gen_time(signature: Any) -> datetime | None:
    """Return the instant of the seal's own time stamp, or nothing when it has none."""
    for attribute in signature.signer_info["unsigned_attrs"]:
        if attribute["type"].native == "signature_time_stamp_token":
            return _token_time(attribute["values"][0]["content"])
    return None


def _own_time(stamp: Any) -> datetime:
    """Return the instant of a document time stamp."""
    return _token_time(stamp.signed_data)


def _token_time(signed_data: Any) -> datetime:
    found = signed_data["encap_content_info"]["content"].parsed["gen_time"].native
    if not isinstance(found, datetime):
        msg = "a time stamp without its time"
        raise TypeError(msg)
    return found


def _context(
    reader: Any,
    anchors: Sequence[certificates.Certificate],
    moment: datetime | None,
    lists: Sequence[certificates.CertificateRevocationList],
) -> Any:
    """Return whom to trust at an instant, with the revocation lists of the file and of the verifier."""
    from pyhanko.sign.validation.dss import DocumentSecurityStore
    from pyhanko_certvalidator import ValidationContext

    arguments: dict[str, Any] = {
        "trust_roots": [x509.Certificate.load(c.public_bytes(serialization.Encoding.DER)) for c in anchors],
        "moment": moment,
        "crls": [crl.CertificateList.load(raw) for raw in encoded(lists)],
        "allow_fetching": False,
        "revocation_mode": "soft-fail",
    }
    if "/DSS" not in reader.root:
        return ValidationContext(**arguments)
    return DocumentSecurityStore.read_dss(reader).as_validation_context(
        arguments | {"revocation_mode": "require" if _has_lists(reader) else "soft-fail"}
    )


def _attached(reader: Any) -> Iterator[tuple[str, bytes]]:
    """Yield the names and bytes of associated files (ISO 32000-2 §14.13)."""
    for reference in islice(reader.root.get("/AF", []), ATTACHED_MAX):
        spec = reference.get_object() if hasattr(reference, "get_object") else reference
        name = str(spec.get("/UF") or spec["/F"])
        if name.endswith(".json"):
            yield name, bytes(spec["/EF"]["/F"].data)
