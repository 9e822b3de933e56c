"""The audit's part about operators: their journal against the sealed evidence of each act."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, or_, select

from lre_kit.clock import iso
from lre_kit.operators.journal import ACT, URI
from lre_kit.operators.values import Outcome
from lre_kit.proofs.auditing.audit_report import AuditReport
from lre_kit.proofs.rows import EvidenceRow
from lre_kit.store.inserts import table_of

BATCH = 500
"""Rows fetched at a time."""

UNCOVERED: Mapping[str, frozenset[str]] = {"operator_act": frozenset({"label"})}
"""A label repeats the subject for people."""

_BEGIN = table_of(EvidenceRow).alias("begin_evidence")
_END = table_of(EvidenceRow).alias("end_evidence")


def is_operator_act(record: Mapping[str, Any]) -> bool:
    """Answer whether a record is of an act of an operator."""
    return str(record.get("ERDSEventId")).startswith(URI)


def audit_operators(connection: Connection, report: AuditReport) -> None:
    """Compare every line of the operators' journal with its evidence, and find evidence without a line."""
    lines = (
        select(ACT, _BEGIN.c.record.label("begin_record"), _END.c.record.label("end_record"))
        .join_from(ACT, _BEGIN, _BEGIN.c.id == ACT.c.evidence_id, isouter=True)
        .join(_END, _END.c.id == ACT.c.end_evidence_id, isouter=True)
        .order_by(ACT.c.id)
        .execution_options(yield_per=BATCH)
    )
    for row in connection.execute(lines):
        _compare(row, report)
    untold = (
        select(_BEGIN.c.id)
        .join_from(
            _BEGIN, ACT, or_(ACT.c.evidence_id == _BEGIN.c.id, ACT.c.end_evidence_id == _BEGIN.c.id),
            isouter=True,
        )
        .where(_BEGIN.c.event_id.is_(None), ACT.c.id.is_(None), _BEGIN.c.record.contains(f'"{URI}'))
    )  # fmt: skip
    for evidence_id in connection.execute(untold).scalars():
        report.add("evidence", evidence_id, "event_id", "no journal tells of this act")


def _compare(row: Row[Any], report: AuditReport) -> None:
    begin, end = _told(row.begin_record), _told(row.end_record)
    last = end or begin
    expected = {
        "id": begin.get("Act"),
        "act": begin.get("act"),
        "subject": begin.get("Subject"),
        "operator": begin.get("Operator"),
        "second": begin.get("Second", ""),
        "reason": begin.get("Reason"),
        "at": begin.get("at"),
        "outcome": last.get("Outcome"),
        "error": last.get("Error", ""),
        "ended_at": last.get("at") if last.get("Outcome") != Outcome.BEGUN.value else None,
    }
    kept = row._asdict()
    kept |= {name: iso(kept[name]) if kept[name] else None for name in ("at", "ended_at")}
    for column, value in expected.items():
        if kept[column] != value:
            report.add("operator_act", row.id, column, "differs from the sealed evidence")
    if row.end_evidence_id is not None and (end.get("Act") != row.id or end.get("act") != begin.get("act")):
        report.add("operator_act", row.id, "end_evidence_id", "is the evidence of another act")


def _told(record: str | None) -> dict[str, Any]:
    try:
        found = json.loads(record) if record else {}
    except ValueError:
        return {}
    if not is_operator_act(found):
        return {}
    name, at = str(found["ERDSEventId"]).removeprefix(URI), found.get("EventTime")
    return {**found.get("Extensions", {}), "act": name, "at": at}
