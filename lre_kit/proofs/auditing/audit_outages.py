"""The audit's part about outages: what the status says of each against its sealed evidence."""

import json
from typing import Any

from sqlalchemy import Connection, Row, select

from lre_kit.clock import iso
from lre_kit.proofs.auditing.audit_report import AuditReport
from lre_kit.proofs.rows import EvidenceRow
from lre_kit.status.watch import SPAN, URI
from lre_kit.store.inserts import table_of

BATCH = 500
"""Rows fetched at a time."""

_EVIDENCE = table_of(EvidenceRow)


def audit_outages(connection: Connection, report: AuditReport) -> None:
    """Compare every attested outage with its evidence, and find evidence without an outage."""
    attested = (
        select(SPAN, _EVIDENCE.c.record)
        .join_from(SPAN, _EVIDENCE, _EVIDENCE.c.id == SPAN.c.evidence_id)
        .execution_options(yield_per=BATCH)
    )
    for row in connection.execute(attested):
        _compare(row, report)
    untold = (
        select(_EVIDENCE.c.id)
        .join_from(_EVIDENCE, SPAN, SPAN.c.evidence_id == _EVIDENCE.c.id, isouter=True)
        .where(_EVIDENCE.c.event_id.is_(None), SPAN.c.id.is_(None), _EVIDENCE.c.record.contains(f'"{URI}"'))
    )
    for evidence_id in connection.execute(untold).scalars():
        report.add("evidence", evidence_id, "event_id", "no outage tells of this")


def _compare(row: Row[Any], report: AuditReport) -> None:
    told = json.loads(row.record or "{}").get("Extensions", {})
    kept = {
        "id": ("Outage", row.id),
        "service": ("Service", row.service),
        "began_at": ("Began", iso(row.began_at)),
        "ended_at": ("Ended", iso(row.ended_at) if row.ended_at else None),
        "probes": ("Probes", row.probes),
        "failure": ("Failure", row.failure),
    }
    for column, (name, value) in kept.items():
        if told.get(name) != value:
            report.add("status_span", row.id, column, "differs from the sealed evidence")
    if row.state != "down":
        report.add("status_span", row.id, "state", "differs from the sealed evidence")
