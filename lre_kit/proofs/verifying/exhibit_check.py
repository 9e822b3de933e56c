"""Checking one act's evidence: its place in the log, its time stamp, its seal.

The proven time is the token's; the event's own time may not be later. Where the token was renewed,
each step of that chain is followed.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from cryptography import x509

from lre_kit.clock import from_iso, iso
from lre_kit.errors import LreError, TimestampRejectedError
from lre_kit.proofs.forms.merkle import leaf_hash, verify_inclusion
from lre_kit.proofs.forms.note import Checkpoint, NoteError, open_note
from lre_kit.proofs.keys.chain import ChainError
from lre_kit.proofs.report import Report
from lre_kit.proofs.sealing.commitment import commitment
from lre_kit.proofs.sealing.exhibit import Exhibit, ExhibitError, parse_exhibit
from lre_kit.proofs.sealing.seal import SealError, open_seal
from lre_kit.proofs.stamping import timestamp_token
from lre_kit.proofs.stamping.timestamp import TimestampInfo
from lre_kit.proofs.verifying.anchors import Anchors
from lre_kit.proofs.verifying.renewal_check import check_renewals
from lre_kit.proofs.verifying.time_check import CLOCK_TOLERANCE, is_ahead
from lre_kit.proofs.verifying.trusted_list import Service


def verify_exhibit(raw: bytes, subject: str, anchors: Anchors, report: Report) -> dict[str, Any] | None:
    """Verify one exhibit into `report`; return its record if it could be read."""
    try:
        exhibit = parse_exhibit(raw)
        record = exhibit.record
        happened_at = from_iso(record["EventTime"])
        event = str(record["ERDSEventId"].rsplit("/", 1)[-1])
    except (ExhibitError, ValueError, KeyError, TypeError, AttributeError) as error:
        report.failed("format", subject, _why(error), "FORMAT_FAILURE")
        return None
    report.passed("format", subject, f"{event} at {iso(happened_at)}")
    _check_log(exhibit, subject, anchors, report)
    stamped = _check_stamp(exhibit, subject, anchors, report, happened_at)
    _check_seal(exhibit, subject, anchors, report, stamped.gen_time if stamped else happened_at)
    return record


def _check_log(exhibit: Exhibit, subject: str, anchors: Anchors, report: Report) -> None:
    name = "checkpoint"
    if not anchors.log:
        report.indeterminate(name, subject, "no key of the log is trusted", "SIGNED_DATA_NOT_FOUND")
        return
    try:
        head = Checkpoint.parse(open_note(exhibit.checkpoint, anchors.log))
    except NoteError as error:
        report.failed(name, subject, _why(error), "SIG_CRYPTO_FAILURE")
        return
    report.passed(name, subject, f"signed by {head.origin}, size {head.size}")
    leaf = leaf_hash(commitment(exhibit.salt, exhibit.compact))
    included = head.size == exhibit.size and verify_inclusion(
        leaf=leaf, index=exhibit.index, size=head.size, path=exhibit.path, root=head.root
    )
    if included:
        report.passed("log inclusion", subject, f"record {exhibit.index} of {head.size}")
    else:
        report.failed("log inclusion", subject, "the record is not where it says", "HASH_FAILURE")


def _check_stamp(
    exhibit: Exhibit, subject: str, anchors: Anchors, report: Report, happened_at: datetime
) -> TimestampInfo | None:
    name = "time stamp"
    if not anchors.any_timestamp:
        report.indeterminate(name, subject, "no authority is trusted", "NO_CERTIFICATE_CHAIN_FOUND")
        return None
    digest = hashlib.sha256(exhibit.checkpoint.encode()).digest()
    try:
        info = anchors.check_token(exhibit.token, digest)
    except TimestampRejectedError as error:
        if error.check == "chain":
            report.indeterminate(name, subject, _why(error), "NO_CERTIFICATE_CHAIN_FOUND")
        else:
            report.failed(name, subject, f"{error.check}: {_why(error)}", "SIG_CRYPTO_FAILURE")
        return None
    if happened_at > info.gen_time + CLOCK_TOLERANCE:
        report.failed(
            name, subject, "the event claims to be later than its time stamp", "TIMESTAMP_ORDER_FAILURE"
        )
        return None
    if is_ahead(info.gen_time, name, subject, report):
        return None
    report.passed(name, subject, f"existed on {iso(info.gen_time)}, says {info.authority}")
    if anchors.trusted:
        others = timestamp_token.read(exhibit.token).certificates
        _say_qualified(Service.TIMESTAMP, info.certificate, others, info.gen_time, subject, anchors, report)
    check_renewals(
        exhibit.checkpoint,
        (exhibit.token, info),
        exhibit.renewals,
        subject=subject,
        anchors=anchors,
        report=report,
    )
    return info


def _check_seal(exhibit: Exhibit, subject: str, anchors: Anchors, report: Report, at: datetime) -> None:
    try:
        seal = open_seal(exhibit.compact)
    except SealError as error:
        report.failed("seal", subject, _why(error), error.sub_indication)
        return
    if not anchors.any_seal:
        report.indeterminate("seal", subject, "no authority is trusted", "NO_CERTIFICATE_CHAIN_FOUND")
        return
    try:
        anchors.check_seal(seal.certificate, seal.others, at)
    except ChainError as error:
        report.indeterminate("seal", subject, _why(error), error.sub_indication)
        return
    report.passed("seal", subject, f"sealed by {seal.certificate.subject.rfc4514_string()}")
    if anchors.trusted:
        _say_qualified(Service.SEAL, seal.certificate, seal.others, at, subject, anchors, report)


def _say_qualified(  # noqa: PLR0917 - who, when, and where to say it
    kind: Service,
    certificate: x509.Certificate,
    others: Sequence[x509.Certificate],
    at: datetime,
    subject: str,
    anchors: Anchors,
    report: Report,
) -> None:
    """Say by which trusted list somebody was a qualified service; that nobody says so is no failure."""
    found = anchors.qualified(kind, certificate, others, at)
    what = {Service.SEAL: "seal", Service.TIMESTAMP: "time stamp"}[kind]
    if found is not None:
        by = f"the trusted list of {found.territory}, no. {found.number}"
        report.passed("trusted list", subject, f"{what}: a qualified service on {iso(at)}, says {by}")
        return
    line = f"whether the {what} is qualified (no trusted list given says that it was on {iso(at)})"
    if line not in report.not_checked:
        report.not_checked.append(line)


def _why(error: Exception) -> str:
    return error.problem if isinstance(error, LreError) else "it cannot be read"
