"""Refused answers of means that prove a key: one sentence for people, one reason for logs."""

from enum import StrEnum

from lre_kit.errors import IdentificationError


class AnswerRefusedError(IdentificationError):
    """An answer made with a key is not accepted; `reason` names which check failed."""

    slug = "answer-refused"

    def __init__(self, problem: str, *, mend: str, reason: StrEnum) -> None:
        """Keep the failed check's stable name."""
        super().__init__(problem, mend=mend)
        self.reason = reason
