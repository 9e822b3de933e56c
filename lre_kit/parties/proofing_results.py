"""What was proofed, and how long people wait: questions anybody in the office may ask."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, or_, select

from lre_kit.law.assurance import Level
from lre_kit.parties.names import PersonName
from lre_kit.parties.proofing_cases import CASE, PROOFING, VERDICT
from lre_kit.parties.proofing_rows import IdentityProofingRow
from lre_kit.parties.proofing_rules import ADDRESSEE
from lre_kit.parties.proofing_values import CaseState, Proofing, ProofingRules, QueueStatus, Verdict
from lre_kit.parties.standing import all_ids
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database, UnitOfWork

WAITING = (CaseState.SUBMITTED.value, CaseState.CLAIMED.value)
"""States in which a case waits for a verdict."""


_FOUND = select(PROOFING, CASE.c.opened_at).join(CASE, CASE.c.id == PROOFING.c.case_id)


def proofing_of(
    database: Database, party_id: str, at: datetime, *, since: datetime | None = None
) -> Proofing | None:
    """Return the strongest proofing of a party that counts at an instant; of equal ones the latest.

    Args:
        database: Where proofings are kept.
        party_id: The party.
        at: The instant.
        since: Given, only proofings of cases that were opened then or later.
    """
    query = _FOUND.where(
        PROOFING.c.at <= at,
        PROOFING.c.valid_until > at,
        or_(PROOFING.c.ended_at.is_(None), PROOFING.c.ended_at > at),
    )
    if since is not None:
        query = query.where(CASE.c.opened_at >= since)
    with database.read() as connection:
        mine = query.where(PROOFING.c.party_id.in_(all_ids(connection, party_id)))
        found = [_proofing(row) for row in connection.execute(mine)]
    order = list(Level)
    return max(found, key=lambda proofing: (order.index(proofing.level), proofing.at), default=None)


def proofing_by_case(database: Database, case_id: str) -> Proofing | None:
    """Return the proofing that a case led to, if it did."""
    with database.read() as connection:
        row = connection.execute(_FOUND.where(PROOFING.c.case_id == case_id)).first()
    return _proofing(row) if row else None


def stated_addressee(database: Database, case_id: str) -> bool:
    """Tell whether all who approved a case stated that this is the addressee though the names differ.

    With a second pair of eyes both must have: what one of them saw does not count for the other.
    """
    query = select(VERDICT.c.checks).join(CASE, CASE.c.id == VERDICT.c.case_id)
    approving = (VERDICT.c.round == CASE.c.round, VERDICT.c.verdict == Verdict.APPROVE.value)
    with database.read() as connection:
        found = list(connection.execute(query.where(CASE.c.id == case_id, *approving)).scalars())
    return bool(found) and all(checks.get(ADDRESSEE) is True for checks in found)


def queue_status(database: Database, *, now: datetime, rules: ProofingRules) -> QueueStatus:
    """Tell how long people wait; cases at a certified provider are its own business."""
    waiting = (CASE.c.state.in_(WAITING), CASE.c.provider.is_(None))
    late = select(func.count()).select_from(CASE).where(*waiting, CASE.c.answer_by <= now)
    rounds = (
        select(VERDICT.c.case_id)
        .join(CASE, (CASE.c.id == VERDICT.c.case_id) & (CASE.c.round == VERDICT.c.round))
        .where(*waiting)
        .group_by(VERDICT.c.case_id)
        .having(func.count() >= 2)
    )
    with database.read(snapshot=True) as connection:
        count, oldest = connection.execute(
            select(func.count(), func.min(CASE.c.submitted_at)).where(*waiting)
        ).one()
        overdue = connection.execute(late).scalar_one()
        disputed = connection.execute(select(func.count()).select_from(rounds.subquery())).scalar_one()
    return QueueStatus(
        waiting=count, oldest_submitted_at=oldest, overdue=overdue, disputed=disputed, service=rules.service
    )


def keep_proofing(
    uow: UnitOfWork,
    case: Row[Any],
    *,
    level: Level,
    method: str,
    names: Mapping[str, Any],
    title: Mapping[str, Any],
    operators: list[str],
    evidence_digest: str,
    at: datetime,
    rules: ProofingRules,
) -> str:
    """Keep the result of a case and return its id.

    Args:
        uow: The transaction of the verdict.
        case: The case.
        level: Level it reached.
        method: How, as it stands in evidence.
        names: ``given_names``, ``family_name``, ``usage_name``, ``birth_date``.
        title: ``title_kind``, ``title_issuer``, ``title_expiry``, ``document_last4``, ``document_hash``.
        operators: Who judged.
        evidence_digest: SHA-256 of the file.
        at: The instant of the verdict.
        rules: The office's settings.
    """
    until = at + rules.proofing_life
    if rules.derogation and rules.derogation_until is not None:
        until = min(until, rules.derogation_until)
    proofing_id = new_id()
    uow.add(
        IdentityProofingRow,
        id=proofing_id,
        party_id=case.party_id,
        case_id=case.id,
        level=level.value,
        method=method,
        **names,
        **title,
        operators=operators,
        evidence_digest=evidence_digest,
        derogation=rules.derogation,
        at=at,
        valid_until=until,
    )
    return proofing_id


def _proofing(row: Row[Any]) -> Proofing:
    return Proofing(
        id=row.id,
        party_id=row.party_id,
        level=Level(row.level),
        method=row.method,
        at=row.at,
        valid_until=row.valid_until,
        derogation=row.derogation,
        evidence_digest=row.evidence_digest,
        case_id=row.case_id,
        began_at=row.opened_at,
        name=PersonName(given=row.given_names, family=row.family_name, usage=row.usage_name),
    )
