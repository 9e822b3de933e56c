"""The audit: the whole log recomputed against journal, evidence, content and checkpoints.

It reads and reports, and changes nothing. What it finds is named by table, row and field. It knows
how far the log is anchored: the newest stamped checkpoint is also kept outside the database, so a
cut tail, or a log that is gone altogether, shows. Whoever holds both the database and the seal key
can still forge everything after the last stamp; the time stamps and a checkpoint held elsewhere
are what tells then.
"""

from collections.abc import Mapping

from lre_kit.office import PostOffice
from lre_kit.proofs.auditing import audit_operators, audit_outages, audit_renewals
from lre_kit.proofs.auditing.audit_cosignatures import audit_cosignatures
from lre_kit.proofs.auditing.audit_letters import Progress, audit_contents, audit_letters
from lre_kit.proofs.auditing.audit_log import audit_anchor, audit_checkpoints, read_leaves
from lre_kit.proofs.auditing.audit_report import AuditReport, Finding
from lre_kit.proofs.keys.authorities_file import timestamp_anchors
from lre_kit.proofs.log.rollback import NEWEST

__all__ = ["UNCOVERED", "AuditReport", "Finding", "audit_office"]

UNCOVERED: Mapping[str, frozenset[str]] = {
    "letter": frozenset(
        {
            "language",
            "sender_ref",
            "deposited_by",
            "subject",
            "reference",
            "key_id",
            "idempotency_key",
            "request_digest",
            "requirements",
            "pre_notice_state",
            "pre_notice_settled_at",
        }
    ),
    "event": frozenset({"id", "letter_id"}),
    "evidence": frozenset({"id", "recorded_at"}),
    "log_entry": frozenset({"evidence_id", "recorded_at"}),
    "document": frozenset({"id"}),
    "log_checkpoint": frozenset({"created_at", "stamped_at", "attempts", "last_error"}),
    **audit_renewals.UNCOVERED,
    **audit_operators.UNCOVERED,
}
"""Columns whose change the audit cannot see: conveniences that no evidence speaks of, and ids that
only tie rows together (a changed one shows as a missing row)."""


def audit_office(
    office: PostOffice, *, content: bool = True, progress: Progress | None = None
) -> AuditReport:
    """Audit an office, in constant memory but for 33 bytes a record.

    Args:
        office: The office, opened.
        content: Also read and compare every stored document.
        progress: Told now and then how many records of how many are done.
    """
    report = AuditReport()
    verifiers = office.keys.log_verifiers
    anchors = timestamp_anchors(office.settings, office.keys)
    with office.database.read(snapshot=True) as connection:
        leaves = read_leaves(connection, report)
        seal_anchors = office.keys.seal_anchors
        audit_letters(connection, leaves, report, anchors=seal_anchors, progress=progress)
        audit_operators.audit_operators(connection, report)
        audit_outages.audit_outages(connection, report)
        audit_checkpoints(connection, verifiers, leaves, report, anchors=anchors, now=office.clock())
        audit_cosignatures(connection, report)
        audit_renewals.audit_renewals(connection, anchors, report, now=office.clock())
        if content:
            audit_contents(connection, office.desk.open_document, report)
    audit_anchor(office.settings.home / "checkpoints" / NEWEST, verifiers, leaves, report)
    return report
