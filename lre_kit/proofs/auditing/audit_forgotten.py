"""The audit's part about letters that were let go of: a sealed statement must name each empty record."""

from collections.abc import Mapping
from typing import Any

from lre_kit.letters.forgetting import URI
from lre_kit.proofs.auditing.audit_log import Leaves
from lre_kit.proofs.auditing.audit_report import AuditReport
from lre_kit.proofs.forms import merkle


def is_erasure(record: Mapping[str, Any]) -> bool:
    """Answer whether a record states that others were let go of."""
    return record.get("ERDSEventId") == URI


class Forgotten:
    """Collects empty records and the statements about them."""

    def __init__(self, leaves: Leaves, placed: bytearray, report: AuditReport) -> None:
        """Compare with the log's leaves, and tell `report`."""
        self._leaves = leaves
        self._placed = placed
        self._report = report
        self._empty: set[str] = set()
        self._stated: set[str] = set()

    def state(self, record: Mapping[str, Any]) -> None:
        """Take a sealed statement in."""
        self._stated.update(record["Extensions"]["Erased"])

    def empty(self, row: Any) -> None:
        """Take an empty record in: the log still holds its commitment."""
        self._empty.add(row.evidence_id)
        if row.log_index is None or not 0 <= row.log_index < len(self._leaves):
            self._report.add("log_entry", row.evidence_id, "log_index", "is not in the log")
        elif merkle.leaf_hash(row.commitment) != self._leaves[row.log_index]:
            problem = f"is not what the log holds at {row.log_index}"
            self._report.add("log_entry", row.evidence_id, "commitment", problem)
        else:
            self._placed[row.log_index] = 1

    def conclude(self) -> None:
        """Tell of records that were emptied without a statement, and of statements whose records are not."""
        for evidence_id in sorted(self._empty - self._stated):
            self._report.add("evidence", evidence_id, "record", "no sealed statement says it was let go of")
        for evidence_id in sorted(self._stated - self._empty):
            self._report.add("evidence", evidence_id, "record", "is not as a sealed statement says")
