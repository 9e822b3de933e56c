"""The audit's part about cosignatures: each must be its witness's, on its checkpoint, of its time."""

from typing import Protocol

from sqlalchemy import Connection, select

from lre_kit.proofs.forms.note import NoteError
from lre_kit.proofs.log.cosignature import Witness, read_cosignatures, with_lines
from lre_kit.proofs.rows import CheckpointRow, CosignatureRow
from lre_kit.store.inserts import table_of

_CHECKPOINT, _COSIGNATURE = table_of(CheckpointRow), table_of(CosignatureRow)


class Findings(Protocol):
    """Where findings go: the audit's report."""

    def add(self, table: str, row_id: object, column: str, problem: str) -> None:
        """Add a finding."""


def audit_cosignatures(connection: Connection, report: Findings) -> None:
    """Check every cosignature with the key it is kept under."""
    query = (
        select(_COSIGNATURE, _CHECKPOINT.c.note)
        .join_from(
            _COSIGNATURE, _CHECKPOINT, _CHECKPOINT.c.size == _COSIGNATURE.c.checkpoint_size, isouter=True
        )
        .order_by(_COSIGNATURE.c.checkpoint_size, _COSIGNATURE.c.witness)
    )
    for row in connection.execute(query.execution_options(yield_per=500)):
        row_id = f"{row.checkpoint_size}/{row.witness}"
        if row.note is None:
            report.add("log_cosignature", row_id, "checkpoint_size", "there is no such checkpoint")
            continue
        try:
            found = read_cosignatures(with_lines(row.note, [row.line]), [Witness.parse(row.witness)])
        except NoteError as error:
            report.add("log_cosignature", row_id, "line/witness", error.problem)
            continue
        if [each.line for each in found] != [row.line]:
            report.add("log_cosignature", row_id, "line/witness", "is not one cosignature of this witness")
        elif found[0].at != row.cosigned_at:
            report.add("log_cosignature", row_id, "cosigned_at", "is not the time that was signed")
