"""What a verification answers: passed, failed or indeterminate, check by check, with a reason each.

Sub-indications are the words of ETSI EN 319 102-1.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from lre_kit.clock import now


class Result(StrEnum):
    """The answer of a check or of a whole verification."""

    PASSED = "passed"
    FAILED = "failed"
    INDETERMINATE = "indeterminate"


EXIT_CODES = {Result.PASSED: 0, Result.FAILED: 1, Result.INDETERMINATE: 2}
"""Exit codes of ``lre verify``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check: its name, what it looked at, its answer and why."""

    name: str
    subject: str
    result: Result
    reason: str
    sub_indication: str = ""


@dataclass(slots=True)
class Report:
    """All checks of one verification."""

    checks: list[Check] = field(default_factory=list)
    not_checked: list[str] = field(default_factory=list)
    at: datetime = field(default_factory=now)
    """Instant of the verification: time stamps whose certificate ended before it need a renewal."""

    def passed(self, name: str, subject: str, reason: str) -> None:
        """Add a check that passed."""
        self.checks.append(Check(name=name, subject=subject, result=Result.PASSED, reason=reason))

    def failed(self, name: str, subject: str, reason: str, sub_indication: str) -> None:
        """Add a check that failed."""
        self.checks.append(
            Check(
                name=name, subject=subject, result=Result.FAILED, reason=reason, sub_indication=sub_indication
            )
        )

    def indeterminate(self, name: str, subject: str, reason: str, sub_indication: str) -> None:
        """Add a check that could be answered neither way."""
        self.checks.append(
            Check(
                name=name,
                subject=subject,
                result=Result.INDETERMINATE,
                reason=reason,
                sub_indication=sub_indication,
            )
        )

    @property
    def result(self) -> Result:
        """Failed if any check failed, else indeterminate if any is (or none was made), else passed."""
        results = {check.result for check in self.checks}
        if Result.FAILED in results:
            return Result.FAILED
        return Result.PASSED if results == {Result.PASSED} else Result.INDETERMINATE

    @property
    def exit_code(self) -> int:
        """0 passed, 1 failed, 2 indeterminate."""
        return EXIT_CODES[self.result]

    def to_json(self) -> dict[str, Any]:
        """Return the report for programs."""
        return {
            "result": self.result.value,
            "checks": [
                {
                    "name": check.name,
                    "subject": check.subject,
                    "result": check.result.value,
                    "reason": check.reason,
                    "sub_indication": check.sub_indication,
                }
                for check in self.checks
            ],
            "not_checked": list(self.not_checked),
        }
