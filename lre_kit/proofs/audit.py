"""The audit: the whole log recomputed against journal, evidence, content and checkpoints.

It reads and reports, and changes nothing. What it finds is named by table, row and field. It knows
how far the log is anchored: the newest stamped checkpoint is also kept outside the database, so a
cut tail, or a log that is gone altogether, shows. Whoever holds both the database and the seal key
can still forge everything after the last stamp; the time stamps and a checkpoint held elsewhere
are what tells then.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Row, select

from lre_kit.clock import iso
from lre_kit.errors import LreError, TimestampRejectedError
from lre_kit.law.events import Reason
from lre_kit.letters.reading import documents_of, state_of
from lre_kit.letters.rows import DocumentRow, EventRow, LetterRow
from lre_kit.office import PostOffice
from lre_kit.proofs import merkle
from lre_kit.proofs.chain import ChainError, check_chain
from lre_kit.proofs.commitment import commitment, compact
from lre_kit.proofs.log import WIDTH, split_tile
from lre_kit.proofs.note import Checkpoint, NoteError, NoteVerifier, open_note
from lre_kit.proofs.rows import CheckpointRow, EvidenceRow, LogEntryRow, TileRow
from lre_kit.proofs.seal import SealError, open_seal
from lre_kit.proofs.sequencer import stamp_name
from lre_kit.proofs.timestamp import check_token
from lre_kit.store.inserts import table_of

_LETTER, _EVENT, _EVIDENCE = table_of(LetterRow), table_of(EventRow), table_of(EvidenceRow)
_DOCUMENT, _TILE, _CHECKPOINT = table_of(DocumentRow), table_of(TileRow), table_of(CheckpointRow)
_ENTRY = table_of(LogEntryRow)

UNCOVERED: Mapping[str, frozenset[str]] = {
    "letter": frozenset(
        {"language", "sender_ref", "subject", "key_id", "idempotency_key", "request_digest", "requirements"}
    ),
    "event": frozenset({"id", "letter_id"}),
    "evidence": frozenset({"id", "recorded_at"}),
    "log_entry": frozenset({"evidence_id", "recorded_at"}),
    "document": frozenset({"id"}),
    "log_checkpoint": frozenset({"created_at", "stamped_at", "attempts", "last_error"}),
}
"""Columns whose change the audit cannot see: conveniences that no evidence speaks of, and ids that
only tie rows together (a changed one shows as a missing row)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that is not as it was: where, and what is wrong."""

    table: str
    row_id: str
    field: str
    problem: str


@dataclass(slots=True)
class AuditReport:
    """All findings, and how much was looked at."""

    findings: list[Finding] = field(default_factory=list)
    records: int = 0
    log_size: int = 0
    anchored_size: int = 0
    """Size of the newest checkpoint kept outside the database."""

    def add(self, table: str, row_id: object, column: str, problem: str) -> None:
        """Add a finding."""
        self.findings.append(Finding(table=table, row_id=str(row_id), field=column, problem=problem))

    @property
    def exit_code(self) -> int:
        """0 when nothing was found, else 1."""
        return 1 if self.findings else 0

    @property
    def summary(self) -> str:
        """One sentence."""
        state = f"{len(self.findings)} findings" if self.findings else "nothing found"
        return (
            f"{self.records} records, log of {self.log_size}, anchored up to {self.anchored_size} "
            f"outside the database: {state}."
        )

    def to_json(self) -> dict[str, Any]:
        """Return the report for programs."""
        return {
            "findings": [
                {"table": f.table, "row": f.row_id, "field": f.field, "problem": f.problem}
                for f in self.findings
            ],
            "records": self.records,
            "log_size": self.log_size,
            "anchored_size": self.anchored_size,
            "uncovered": {table: sorted(names) for table, names in UNCOVERED.items()},
        }


def audit_office(office: PostOffice, *, content: bool = True) -> AuditReport:
    """Audit an office.

    Args:
        office: The office, opened.
        content: Also read and compare every stored document.
    """
    report = AuditReport()
    verifier = NoteVerifier.parse(office.signer.vkey)
    with office.database.read(snapshot=True) as connection:
        leaves = _leaves(connection, report)
        _records(connection, office, leaves, report)
        _checkpoints(connection, office, verifier, leaves, report)
        _letters(connection, report)
        if content:
            _contents(connection, office, report)
    _anchor(office, verifier, leaves, report)
    return report


def _leaves(connection: Connection, report: AuditReport) -> list[bytes]:
    """Return all leaf hashes, having checked that the tiles above follow from them."""
    levels: dict[int, list[bytes]] = {}
    for row in connection.execute(select(_TILE).order_by(_TILE.c.level, _TILE.c.position)):
        held = levels.setdefault(row.level, [])
        if row.position * WIDTH != len(held):
            report.add("log_tile", f"{row.level}/{row.position}", "position", "a tile before it is missing")
        held.extend(split_tile(row.hashes))
    for level, hashes in levels.items():
        above = [
            merkle.root(hashes[i : i + WIDTH]) for i in range(0, len(hashes) - len(hashes) % WIDTH, WIDTH)
        ]
        if above != levels.get(level + 1, []):
            report.add("log_tile", level + 1, "hashes", "does not follow from the tiles below")
    leaves = levels.get(0, [])
    report.log_size = len(leaves)
    return leaves


def _records(
    connection: Connection, office: PostOffice, leaves: Sequence[bytes], report: AuditReport
) -> None:
    query = (
        select(_EVENT, _EVIDENCE.c.id.label("evidence_id"), _EVIDENCE.c.record, _EVIDENCE.c.protected,
               _EVIDENCE.c.signature, _EVIDENCE.c.salt, _ENTRY.c.log_index, _ENTRY.c.commitment,
               _EVIDENCE.c.letter_id.label("evidence_letter_id"))
        .join_from(_EVENT, _EVIDENCE, _EVIDENCE.c.event_id == _EVENT.c.id, isouter=True)
        .join(_ENTRY, _ENTRY.c.evidence_id == _EVIDENCE.c.id, isouter=True)
        .order_by(_EVENT.c.letter_id, _EVENT.c.seq)
    )  # fmt: skip
    placed: set[int] = set()
    for row in connection.execute(query.execution_options(yield_per=500)):
        report.records += 1
        if row.evidence_id is None:
            report.add("evidence", row.id, "event_id", "this event has no evidence")
            continue
        if row.evidence_letter_id != row.letter_id:
            report.add("evidence", row.evidence_id, "letter_id", "names another letter than its event")
        record = _sealed_record(row, office, report)
        if record is not None:
            _compare_event(row, record, report)
        if row.log_index is not None:
            placed.add(row.log_index)
        if row.signature is not None and row.protected is not None:
            _compare_leaf(row, leaves, report)
    for missing in sorted(set(range(len(leaves))) - placed):
        report.add("evidence", f"log record {missing}", "log_index", "the evidence of this record is gone")


def _sealed_record(row: Row[Any], office: PostOffice, report: AuditReport) -> dict[str, Any] | None:
    if row.signature is None or row.protected is None:
        if row.log_index is not None:
            report.add("evidence", row.evidence_id, "signature", "the seal is gone")
        return None
    try:
        seal = open_seal(compact(row.protected, row.record, row.signature))
        check_chain(
            seal.certificate, others=seal.others, anchors=office.keys.seal_chain[-1:], at=seal.claimed_at
        )
    except (SealError, ChainError) as error:
        report.add("evidence", row.evidence_id, "record/protected/signature", error.problem)
        return None
    return dict(_record_of(seal.payload.decode()))


def _compare_event(row: Row[Any], record: Mapping[str, Any], report: AuditReport) -> None:
    extensions = record["Extensions"]
    reasons = [reason["Code"] for reason in record.get("EventReasons", {}).get("EventReason", [])]
    expected = {
        "name": record["ERDSEventId"].rsplit("/", 1)[-1],
        "seq": extensions["JournalPosition"],
        "actor": extensions["Actor"],
        "details": extensions["EventDetails"],
    }
    for column, value in expected.items():
        if getattr(row, column) != value:
            report.add("event", row.id, column, "differs from the sealed evidence")
    if iso(row.occurred_at) != record["EventTime"]:
        report.add("event", row.id, "occurred_at", "differs from the sealed evidence")
    if [_reason_uri(name) for name in row.reasons] != reasons:
        report.add("event", row.id, "reasons", "differs from the sealed evidence")
    decisive = expected["name"] in {
        "ConsignmentAcceptance",
        "ConsignmentRejection",
        "AcceptanceRejectionExpiry",
    }
    if row.exclusive != ("decision" if decisive else None):
        report.add("event", row.id, "exclusive", "does not fit the event")


def _reason_uri(name: str) -> str:
    try:
        return Reason(name).uri
    except ValueError:
        return name


def _compare_leaf(row: Row[Any], leaves: Sequence[bytes], report: AuditReport) -> None:
    expected = commitment(row.salt, compact(row.protected, row.record, row.signature))
    if row.commitment != expected:
        report.add("log_entry", row.evidence_id, "commitment", "is not that of the sealed evidence")
    if row.log_index is None:
        return
    if not 0 <= row.log_index < len(leaves):
        report.add("log_entry", row.evidence_id, "log_index", "is beyond the end of the log")
    elif merkle.leaf_hash(expected) != leaves[row.log_index]:
        report.add(
            "evidence", row.evidence_id, "record/salt", f"is not what the log holds at {row.log_index}"
        )


def _checkpoints(
    connection: Connection,
    office: PostOffice,
    verifier: NoteVerifier,
    leaves: Sequence[bytes],
    report: AuditReport,
) -> None:
    anchors = _timestamp_anchors(office)
    newest = 0
    for row in connection.execute(select(_CHECKPOINT).order_by(_CHECKPOINT.c.size)):
        newest = row.size
        _compare_head(row.note, verifier, leaves, report, row_id=row.size)
        head = _head(row.note, verifier)
        if head is not None and (head.size, head.root) != (row.size, row.root):
            report.add("log_checkpoint", row.size, "root", "differs from the signed checkpoint")
        if row.token is not None:
            try:
                info = check_token(row.token, sha256(row.note.encode()).digest(), anchors=anchors)
            except TimestampRejectedError as error:
                report.add("log_checkpoint", row.size, "token", f"{error.check}: {error.problem}")
            else:
                if row.stamp_id != stamp_name(info):
                    report.add("log_checkpoint", row.size, "stamp_id", "is not that of the token")
    if newest != len(leaves):
        report.add("log_checkpoint", newest, "size", f"the log holds {len(leaves)} records, not {newest}")


def _timestamp_anchors(office: PostOffice) -> Sequence[Any]:
    if office.settings.tsa_anchor_file is None:
        return office.keys.tsa_chain[-1:]
    from cryptography import x509

    return x509.load_pem_x509_certificates(office.settings.tsa_anchor_file.read_bytes())


def _head(note: str, verifier: NoteVerifier) -> Checkpoint | None:
    try:
        return Checkpoint.parse(open_note(note, [verifier]))
    except NoteError:
        return None


def _compare_head(
    note: str, verifier: NoteVerifier, leaves: Sequence[bytes], report: AuditReport, *, row_id: object
) -> None:
    head = _head(note, verifier)
    if head is None:
        report.add("log_checkpoint", row_id, "note", "its signature does not fit")
    elif head.size > len(leaves):
        report.add(
            "log_checkpoint", row_id, "size",
            f"the log was cut: it holds {len(leaves)} records, {head.size} were signed",
        )  # fmt: skip
    elif merkle.root(leaves[: head.size]) != head.root:
        report.add("log_checkpoint", row_id, "root", f"the first {head.size} records are not those signed")


def _anchor(office: PostOffice, verifier: NoteVerifier, leaves: Sequence[bytes], report: AuditReport) -> None:
    """Compare with the newest stamped checkpoint that is kept outside the database."""
    place = office.settings.home / "checkpoints" / "latest.txt"
    if not place.exists():
        if leaves:
            report.add("log_checkpoint", place, "note", "there is no copy outside the database yet")
        return
    note = place.read_text(encoding="utf-8")
    head = _head(note, verifier)
    report.anchored_size = head.size if head else 0
    _compare_head(note, verifier, leaves, report, row_id=place)


def _letters(connection: Connection, report: AuditReport) -> None:
    for row in connection.execute(select(_LETTER).order_by(_LETTER.c.id)):
        state = state_of(connection, row.id)
        for column in (
            "phase", "version", "notices", "deposited_at", "notified_at", "window_closes_at",
            "proof_due_at", "decided_at", "received_at",
        ):  # fmt: skip
            if getattr(row, column) != getattr(state, column):
                report.add("letter", row.id, column, "differs from the journal")
        first = connection.execute(_first_record(row.id)).first()
        if first is not None:
            _compare_letter(row, _record_of(first.record), report)


def _first_record(letter_id: str) -> Any:
    return (
        select(_EVIDENCE.c.record)
        .join_from(_EVIDENCE, _EVENT, _EVENT.c.id == _EVIDENCE.c.event_id)
        .where(_EVENT.c.letter_id == letter_id, _EVENT.c.seq == 0)
    )


def _record_of(text: str) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _compare_letter(row: Row[Any], record: Mapping[str, Any], report: AuditReport) -> None:
    if "Extensions" not in record:
        return
    sender, recipient = record["SenderDetails"]["Identity"], record["RecipientDetails"][0]["Identity"]
    expected = {
        "number": record["MessageIdentifier"],
        "sender_name": sender["Name"],
        "sender_email": sender["Email"],
        "recipient_name": recipient["Name"],
        "recipient_email": recipient["Email"],
        "product": record["Extensions"]["Product"],
        "claim": record["Extensions"]["Claim"],
    }
    for column, value in expected.items():
        if getattr(row, column) != value:
            report.add("letter", row.id, column, "differs from the sealed evidence")


def _contents(connection: Connection, office: PostOffice, report: AuditReport) -> None:
    for letter in connection.execute(select(_LETTER.c.id, _LETTER.c.wrapped_key).order_by(_LETTER.c.id)):
        if letter.wrapped_key is None:
            continue
        first = connection.execute(_first_record(letter.id)).first()
        parts = list(_parts(first.record)) if first else []
        documents = documents_of(connection, letter.id)
        if first and [_part(document) for document in documents] != parts:
            report.add("document", letter.id, "name/media_type/digest_hex", "differ from the sealed evidence")
        for document in documents:
            try:
                _, pieces = office.desk.open_document(letter.id, document.position)
                size = sum(len(piece) for piece in pieces)
            except LreError as error:
                report.add("document", f"{letter.id}/{document.position}", "blob_key", error.problem)
                continue
            if size != document.size_bytes:
                report.add(
                    "document", f"{letter.id}/{document.position}", "size_bytes", "is not the size stored"
                )


def _parts(record: str) -> Iterator[tuple[str, str, str]]:
    found = _record_of(record).get("UserContentInfo", {}).get("PartsInfo", {}).get("PartInfo", [])
    for part in found:
        yield part["Identifier"], part["ContentType"], part["DigestValue"]


def _part(document: Any) -> tuple[str, str, str]:
    return f"{document.position}-{document.name}", document.media_type, document.digest_hex
