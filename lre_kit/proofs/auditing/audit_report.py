"""What an audit answers: findings by table, row and field, and how much was looked at."""

from dataclasses import dataclass, field
from typing import Any


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
        }
