"""Checking sealed XML evidence (XAdES): alone, or beside the JSON evidence of the same act."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lre_kit.clock import from_iso, iso
from lre_kit.proofs.keys.chain import ChainError
from lre_kit.proofs.report import Report
from lre_kit.proofs.sealing.evidence_xml import XmlEvidenceError
from lre_kit.proofs.sealing.seal import SealError
from lre_kit.proofs.sealing.xades import open_xml
from lre_kit.proofs.verifying.time_check import is_ahead

if TYPE_CHECKING:
    from lre_kit.proofs.verifying.anchors import Anchors

_CLAIMED = "the time of XML seals (only claimed; the JSON evidence carries log and time stamp)"


def verify_xml(
    raw: bytes, subject: str, anchors: "Anchors", report: Report, *, is_alone: bool = False
) -> dict[str, Any] | None:
    """Verify sealed XML evidence into `report`; return its record if its seal fits.

    Args:
        raw: The XML.
        subject: What it is called.
        anchors: Whom to trust.
        report: Where answers go.
        is_alone: No evidence lies beside it whose time stamp tells when it was sealed. Its certificate must
            then be good at the time of the verification (EN 319 102-1 §5.3: no proof of existence).
    """
    try:
        seal = open_xml(raw)
        happened_at = from_iso(seal.record["EventTime"])
        event = str(seal.record["ERDSEventId"]).rsplit("/", 1)[-1]
    except XmlEvidenceError as error:
        report.failed("format", subject, error.problem, "FORMAT_FAILURE")
        return None
    except SealError as error:
        report.failed("seal", subject, error.problem, error.sub_indication)
        return None
    except (KeyError, ValueError, TypeError):
        report.failed("format", subject, "it cannot be read", "FORMAT_FAILURE")
        return None
    report.passed("format", subject, f"{event} at {iso(happened_at)}")
    if _CLAIMED not in report.not_checked:
        report.not_checked.append(_CLAIMED)
    if not anchors.any_seal:
        report.indeterminate("seal", subject, "no authority is trusted", "NO_CERTIFICATE_CHAIN_FOUND")
        return seal.record
    if is_alone and is_ahead(seal.claimed_at, "seal", subject, report):
        return seal.record
    try:
        for at in {seal.claimed_at, report.at if is_alone else seal.claimed_at}:
            anchors.check_seal(seal.certificate, seal.others, at)
    except ChainError as error:
        report.indeterminate("seal", subject, error.problem, error.sub_indication)
        return seal.record
    report.passed("seal", subject, f"sealed by {seal.certificate.subject.rfc4514_string()}")
    return seal.record


def check_twins(
    twins: Mapping[str, dict[str, Any]], records: Mapping[str, dict[str, Any]], report: Report
) -> None:
    """Check that XML evidence says what the JSON evidence of the same name says.

    Args:
        twins: Records from XML, by file name without suffix.
        records: Records from JSON, likewise.
        report: Where answers go.
    """
    for name, record in sorted(twins.items()):
        subject = f"{name}.xml"
        if records.get(name) == record:
            report.passed("twin", subject, "says what the JSON evidence says")
        else:
            report.failed("twin", subject, "differs from the JSON evidence", "HASH_FAILURE")
