"""The audit's part about letters: journal, evidence and content, one letter after the other.

One ordered pass over the journal with its evidence; nothing is kept but one bit for each record.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import groupby
from typing import Any

from cryptography import x509
from sqlalchemy import Connection, Row, Select, func, select

from lre_kit.clock import from_iso, iso
from lre_kit.consents.rows import ConsentEventRow
from lre_kit.errors import LreError
from lre_kit.law.events import DECISIVE, ErdsEvent, Reason
from lre_kit.letters.rows import DocumentRow, EventRow, LetterRow
from lre_kit.letters.state import Event, LetterState, fold
from lre_kit.letters.values import DocumentInfo
from lre_kit.proofs.auditing.audit_forgotten import Forgotten, is_erasure
from lre_kit.proofs.auditing.audit_log import Leaves
from lre_kit.proofs.auditing.audit_operators import is_operator_act
from lre_kit.proofs.auditing.audit_report import AuditReport
from lre_kit.proofs.forms import merkle
from lre_kit.proofs.keys.chain import ChainError, check_chain
from lre_kit.proofs.rows import EvidenceRow, LogEntryRow
from lre_kit.proofs.sealing.commitment import commitment, compact
from lre_kit.proofs.sealing.seal import SealError, check_seal
from lre_kit.status.watch import is_outage
from lre_kit.store.inserts import table_of

BATCH = 500
"""Rows fetched at a time."""

_LETTER, _EVENT, _EVIDENCE, _ENTRY, _DOCUMENT, _CONSENT_EVENT = (
    table_of(row) for row in (LetterRow, EventRow, EvidenceRow, LogEntryRow, DocumentRow, ConsentEventRow)
)
_PROJECTED = (
    "phase", "version", "notices", "deposited_at", "notified_at", "window_closes_at",
    "proof_due_at", "decided_at", "received_at",
)  # fmt: skip
_SEALED = (
    "number", "sender_name", "sender_email", "recipient_name", "recipient_email", "recipient_capacity",
    "capacity_basis", "product", "claim", "notify_at", "pre_notice_at",
)  # fmt: skip

Progress = Callable[[int, int], None]
"""Told how many records of how many are done."""


def audit_letters(
    connection: Connection,
    leaves: Leaves,
    report: AuditReport,
    *,
    anchors: tuple[x509.Certificate, ...],
    progress: Progress | None,
) -> None:
    """Check every letter against its journal, and every act against its evidence and the log."""
    total = connection.execute(select(func.count()).select_from(_EVENT)).scalar_one()
    placed = bytearray(len(leaves))
    rows = connection.execute(_journal().execution_options(yield_per=BATCH))
    for _, group in groupby(rows, key=lambda row: row.of_id):
        acts = list(group)
        _compare_state(acts, report)
        records = [_audit_act(row, leaves, placed, report, anchors) for row in acts if row.id is not None]
        if records and records[0] is not None:
            _compare_letter(acts[0], records[0], report)
        report.records += len(records)
        if progress is not None:
            progress(report.records, total)
    _audit_apart(connection, leaves, placed, report, anchors)
    for table, query in _orphans().items():
        for row in connection.execute(query):
            report.add(table, row.id, "letter_id", "what it belongs to is gone")
    for index, is_placed in enumerate(placed):
        if not is_placed:
            report.add("evidence", f"log record {index}", "log_index", "the evidence of this record is gone")


def _journal() -> Select[Any]:
    letter = [_LETTER.c[name].label(f"of_{name}") for name in ("id", *_PROJECTED, *_SEALED)]
    return (
        select(
            *letter, *_EVENT.c,
            _EVIDENCE.c.id.label("evidence_id"), _EVIDENCE.c.record, _EVIDENCE.c.protected,
            _EVIDENCE.c.signature, _EVIDENCE.c.salt, _EVIDENCE.c.letter_id.label("evidence_letter_id"),
            _ENTRY.c.log_index, _ENTRY.c.commitment,
        )
        .join_from(_LETTER, _EVENT, _EVENT.c.letter_id == _LETTER.c.id, isouter=True)
        .join(_EVIDENCE, _EVIDENCE.c.event_id == _EVENT.c.id, isouter=True)
        .join(_ENTRY, _ENTRY.c.evidence_id == _EVIDENCE.c.id, isouter=True)
        .order_by(_LETTER.c.id, _EVENT.c.seq)
    )  # fmt: skip


def _audit_apart(
    connection: Connection,
    leaves: Leaves,
    placed: bytearray,
    report: AuditReport,
    anchors: tuple[x509.Certificate, ...],
) -> None:
    """Check the evidence of what is no letter's: its seal, its place, and the journal that tells of it."""
    names = ("record", "protected", "signature", "salt")
    apart = (
        select(
            *(_EVIDENCE.c[name] for name in names), _EVIDENCE.c.id.label("evidence_id"),
            _ENTRY.c.log_index, _ENTRY.c.commitment,
            _CONSENT_EVENT.c.id.label("told_id"), _CONSENT_EVENT.c.name.label("told_name"),
            _CONSENT_EVENT.c.seq.label("told_seq"), _CONSENT_EVENT.c.occurred_at.label("told_at"),
            _CONSENT_EVENT.c.consent_id.label("told_of"), _CONSENT_EVENT.c.details.label("told_details"),
        )
        .join_from(_EVIDENCE, _ENTRY, _ENTRY.c.evidence_id == _EVIDENCE.c.id, isouter=True)
        .join(_CONSENT_EVENT, _CONSENT_EVENT.c.evidence_id == _EVIDENCE.c.id, isouter=True)
        .where(_EVIDENCE.c.event_id.is_(None))
        .order_by(_EVIDENCE.c.id)
        .execution_options(yield_per=BATCH)
    )  # fmt: skip
    forgotten = Forgotten(leaves, placed, report)
    for row in connection.execute(apart):
        if not row.record and row.told_id is None:
            forgotten.empty(row)
            continue
        record = _record_of(row.record)
        report.records += 1
        statement: Mapping[str, Any] | None = None
        if row.told_id is None and (is_operator_act(record) or is_outage(record)):
            pass  # compared line by line with the operators' journal, and with the status
        elif row.told_id is None and is_erasure(record):
            statement = record
        elif row.told_id is None:
            report.add("evidence", row.evidence_id, "event_id", "no journal tells of this act")
        elif _sealed_act(record) != (
            row.told_of, row.told_name, row.told_seq, iso(row.told_at), row.told_details
        ):  # fmt: skip
            report.add("consent_event", row.told_id, "name", "differs from the sealed evidence")
        if row.signature is None or row.protected is None:
            if row.log_index is not None:
                report.add("evidence", row.evidence_id, "signature", "the seal is gone")
            continue
        try:
            seal = check_seal(row.protected, row.record.encode(), row.signature)
            _expect_chain(seal.certificate, seal.others, anchors, seal.claimed_at)
        except (SealError, ChainError) as error:
            report.add("evidence", row.evidence_id, "record/protected/signature", error.problem)
        else:
            if statement is not None:
                forgotten.state(statement)
        whole = compact(row.protected, row.record, row.signature)
        _compare_leaf(row, whole, leaves, placed, report)
    forgotten.conclude()


def _sealed_act(record: Mapping[str, Any]) -> tuple[Any, ...]:
    extensions = record.get("Extensions", {})
    return (
        record.get("MessageIdentifier"),
        str(record.get("ERDSEventId")).rsplit("/", 1)[-1],
        extensions.get("JournalPosition"),
        record.get("EventTime"),
        extensions.get("EventDetails"),
    )


def _orphans() -> Mapping[str, Select[Any]]:
    """Return queries for rows whose owner is gone, which the journal's pass does not meet."""
    return {
        "event": select(_EVENT.c.id)
        .join_from(_EVENT, _LETTER, _LETTER.c.id == _EVENT.c.letter_id, isouter=True)
        .where(_LETTER.c.id.is_(None)),
        "evidence": select(_EVIDENCE.c.id)
        .join_from(_EVIDENCE, _EVENT, _EVENT.c.id == _EVIDENCE.c.event_id, isouter=True)
        .where(_EVENT.c.id.is_(None), _EVIDENCE.c.event_id.is_not(None)),
    }


def _compare_state(acts: Sequence[Row[Any]], report: AuditReport) -> None:
    first = acts[0]
    try:
        state = fold(_event(row) for row in acts if row.id is not None)
    except (ValueError, KeyError, TypeError):
        report.add("event", first.of_id, "name/details", "the journal cannot be read")
        state = LetterState()
    for column in _PROJECTED:
        if getattr(first, f"of_{column}") != getattr(state, column):
            report.add("letter", first.of_id, column, "differs from the journal")


def _event(row: Row[Any]) -> Event:
    return Event(
        name=ErdsEvent(row.name),
        occurred_at=row.occurred_at,
        reasons=tuple(Reason(reason) for reason in row.reasons),
        details=row.details,
    )


def _audit_act(
    row: Row[Any],
    leaves: Leaves,
    placed: bytearray,
    report: AuditReport,
    anchors: tuple[x509.Certificate, ...],
) -> Mapping[str, Any] | None:
    """Check one act; return its record, whether or not its seal holds."""
    if row.evidence_id is None:
        report.add("evidence", row.id, "event_id", "this event has no evidence")
        return None
    if row.evidence_letter_id != row.letter_id:
        report.add("evidence", row.evidence_id, "letter_id", "names another letter than its event")
    record = _record_of(row.record)
    if row.signature is None or row.protected is None:
        if row.log_index is not None:
            report.add("evidence", row.evidence_id, "signature", "the seal is gone")
        return record
    try:
        seal = check_seal(row.protected, row.record.encode(), row.signature)
        _expect_chain(seal.certificate, seal.others, anchors, seal.claimed_at)
    except (SealError, ChainError) as error:
        report.add("evidence", row.evidence_id, "record/protected/signature", error.problem)
    else:
        _compare_event(row, record, report)
    _compare_leaf(row, compact(row.protected, row.record, row.signature), leaves, placed, report)
    return record


@lru_cache(maxsize=1024)
def _expect_chain(
    certificate: x509.Certificate,
    others: tuple[x509.Certificate, ...],
    anchors: tuple[x509.Certificate, ...],
    at: datetime,
) -> None:
    """Check a chain, once for all records of one second."""
    check_chain(certificate, others=others, anchors=anchors, at=at)


def _compare_event(row: Row[Any], record: Mapping[str, Any], report: AuditReport) -> None:
    extensions = record["Extensions"]
    reasons = [reason["Code"] for reason in record.get("EventReasons", {}).get("EventReason", [])]
    name = record["ERDSEventId"].rsplit("/", 1)[-1]
    expected = {
        "name": name,
        "seq": extensions["JournalPosition"],
        "actor": extensions["Actor"],
        "details": extensions["EventDetails"],
        "exclusive": "decision" if name in DECISIVE else None,
    }
    for column, value in expected.items():
        if getattr(row, column) != value:
            report.add("event", row.id, column, "differs from the sealed evidence")
    if row.occurred_at != from_iso(record["EventTime"]):
        report.add("event", row.id, "occurred_at", "differs from the sealed evidence")
    if [_reason_uri(code) for code in row.reasons] != reasons:
        report.add("event", row.id, "reasons", "differs from the sealed evidence")


def _reason_uri(name: str) -> str:
    try:
        return Reason(name).uri
    except ValueError:
        return name


def _compare_leaf(row: Any, whole: str, leaves: Leaves, placed: bytearray, report: AuditReport) -> None:
    expected = commitment(row.salt, whole)
    if row.commitment != expected:
        report.add("log_entry", row.evidence_id, "commitment", "is not that of the sealed evidence")
    if row.log_index is None:
        return
    if not 0 <= row.log_index < len(leaves):
        report.add("log_entry", row.evidence_id, "log_index", "is beyond the end of the log")
        return
    placed[row.log_index] = 1
    if merkle.leaf_hash(expected) != leaves[row.log_index]:
        problem = f"is not what the log holds at {row.log_index}"
        report.add("evidence", row.evidence_id, "record/salt", problem)


def _compare_letter(row: Row[Any], record: Mapping[str, Any], report: AuditReport) -> None:
    if "Extensions" not in record:
        return
    sender, recipient = record["SenderDetails"]["Identity"], record["RecipientDetails"][0]["Identity"]
    said = record["Extensions"].get("EventDetails", {})
    planned, told = said.get("notice_planned_at"), said.get("pre_notice_planned_at")
    expected = {
        "notify_at": from_iso(planned) if planned else None,
        "pre_notice_at": from_iso(told) if told else None,
        "recipient_capacity": said.get("recipient_capacity", "consumer"),
        "capacity_basis": said.get("capacity_basis", ""),
        "number": record["MessageIdentifier"],
        "sender_name": sender["Name"],
        "sender_email": sender["Email"],
        "recipient_name": recipient["Name"],
        "recipient_email": recipient["Email"],
        "product": record["Extensions"]["Product"],
        "claim": record["Extensions"]["Claim"],
    }
    for column, value in expected.items():
        if getattr(row, f"of_{column}") != value:
            report.add("letter", row.of_id, column, "differs from the sealed evidence")


def _record_of(text: str) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


# --- content ----------------------------------------------------------------------------------

OpenDocument = Callable[[str, int], tuple[DocumentInfo, Iterator[bytes]]]


def audit_contents(connection: Connection, open_document: OpenDocument, report: AuditReport) -> None:
    """Read every stored document and compare it with what the deposit's evidence says of it."""
    deposits = (
        select(_LETTER.c.id, _LETTER.c.wrapped_key, _EVIDENCE.c.record)
        .join_from(_LETTER, _EVENT, (_EVENT.c.letter_id == _LETTER.c.id) & (_EVENT.c.seq == 0), isouter=True)
        .join(_EVIDENCE, _EVIDENCE.c.event_id == _EVENT.c.id, isouter=True)
        .order_by(_LETTER.c.id)
        .execution_options(yield_per=BATCH)
    )
    for letters in connection.execute(deposits).partitions():
        known = _documents(connection, [letter.id for letter in letters])
        for letter in letters:
            documents = known.get(letter.id, [])
            if letter.record is not None and [_part(d) for d in documents] != list(_parts(letter.record)):
                problem = "differ from the sealed evidence"
                report.add("document", letter.id, "name/media_type/digest_hex", problem)
            if letter.wrapped_key is not None:
                for document in documents:
                    _read(document, open_document, report)


def _documents(connection: Connection, letter_ids: Sequence[str]) -> Mapping[str, list[Row[Any]]]:
    query = (
        select(_DOCUMENT)
        .where(_DOCUMENT.c.letter_id.in_(letter_ids))
        .order_by(_DOCUMENT.c.letter_id, _DOCUMENT.c.position)
    )
    rows = connection.execute(query)
    return {letter_id: list(group) for letter_id, group in groupby(rows, key=lambda row: row.letter_id)}


def _read(document: Row[Any], open_document: OpenDocument, report: AuditReport) -> None:
    name = f"{document.letter_id}/{document.position}"
    try:
        _, pieces = open_document(document.letter_id, document.position)
        size = sum(len(piece) for piece in pieces)
    except LreError as error:
        report.add("document", name, "blob_key", error.problem)
        return
    if size != document.size_bytes:
        report.add("document", name, "size_bytes", "is not the size stored")


def _parts(record: str) -> Iterator[tuple[str, str, str]]:
    found = _record_of(record).get("UserContentInfo", {}).get("PartsInfo", {}).get("PartInfo", [])
    for part in found:
        yield part["Identifier"], part["ContentType"], part["DigestValue"]


def _part(document: Any) -> tuple[str, str, str]:
    return f"{document.position}-{document.name}", document.media_type, document.digest_hex
