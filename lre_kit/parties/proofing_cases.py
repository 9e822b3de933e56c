"""Reading and writing the rows of identity cases; used by the desks, not by faces."""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

import rfc8785
from sqlalchemy import Connection, Row, func, select

from lre_kit.clock import PARIS
from lre_kit.errors import NotFoundError
from lre_kit.parties.mrz import Mrz, MrzError, read_mrz
from lre_kit.parties.proofing_rows import (
    IdentityCaseEventRow,
    IdentityCaseRow,
    IdentityMediaRow,
    IdentityProofingRow,
    IdentityVerdictRow,
)
from lre_kit.parties.proofing_rules import missing_of
from lre_kit.parties.proofing_values import CaseState, CaseView, DeclaredIdentity, Part, PartView
from lre_kit.parties.standing import standing_ids
from lre_kit.parties.titles import TitleKind
from lre_kit.store.columns import new_id
from lre_kit.store.database import UnitOfWork
from lre_kit.store.inserts import table_of

CASE, MEDIA = table_of(IdentityCaseRow), table_of(IdentityMediaRow)
VERDICT, PROOFING = table_of(IdentityVerdictRow), table_of(IdentityProofingRow)
EVENT = table_of(IdentityCaseEventRow)


def case_lock(case_id: str) -> str:
    """Return the name under which acts on a case go one after the other."""
    return f"identity:{case_id}"


def legal_day(at: datetime) -> date:
    """Return the day of an instant where titles are judged: in France."""
    return at.astimezone(PARIS).date()


def missing_case() -> NotFoundError:
    """Return the error for a case that is not there, or not the asker's."""
    return NotFoundError("There is no such identity case.", mend="Check the address, or begin a new case.")


def case_row(source: Connection | UnitOfWork, case_id: str, *, party_id: str | None = None) -> Row[Any]:
    """Return a case's row.

    Raises:
        NotFoundError: There is none, or it is another party's.
    """
    row = source.execute(select(CASE).where(CASE.c.id == case_id)).first()
    if row is None or (party_id is not None and not _is_of(source, row, party_id)):
        raise missing_case()
    return row


def _is_of(source: Connection | UnitOfWork, row: Row[Any], party_id: str) -> bool:
    """Tell whether a case is a party's, under whichever of its ids it is asked for."""
    connection = source.connection if isinstance(source, UnitOfWork) else source
    found = standing_ids(connection, (row.party_id, party_id))
    return hmac.compare_digest(found[row.party_id], found[party_id])


def media_rows(source: Connection | UnitOfWork, case_id: str) -> list[Row[Any]]:
    """Return all pictures a case ever had, oldest first."""
    query = select(MEDIA).where(MEDIA.c.case_id == case_id).order_by(MEDIA.c.added_at, MEDIA.c.id)
    return list(source.execute(query))


def verdict_rows(source: Connection | UnitOfWork, case_id: str) -> list[Row[Any]]:
    """Return all verdicts of a case, oldest first."""
    query = select(VERDICT).where(VERDICT.c.case_id == case_id).order_by(VERDICT.c.at, VERDICT.c.id)
    return list(source.execute(query))


def add_event(
    uow: UnitOfWork,
    case_id: str,
    name: str,
    *,
    actor: str,
    at: datetime,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Write an act into a case's history, in a transaction that holds its lock."""
    last = uow.execute(select(func.max(EVENT.c.seq)).where(EVENT.c.case_id == case_id)).scalar_one()
    uow.add(
        IdentityCaseEventRow,
        id=new_id(),
        case_id=case_id,
        seq=(last or 0) + 1,
        name=name,
        actor=actor,
        facts=dict(facts or {}),
        at=at,
    )


def facts_of(declared: DeclaredIdentity) -> dict[str, Any]:
    """Return the personal facts a case begins with."""
    return {
        "given_names": declared.given_names,
        "family_name": declared.family_name,
        "usage_name": declared.usage_name,
        "birth_date": declared.birth_date.isoformat() if declared.birth_date else None,
        "mrz_read": None,
        "mrz_typed": None,
    }


def declared_of(facts: Mapping[str, Any]) -> DeclaredIdentity:
    """Return who the person said to be."""
    birth = facts["birth_date"]
    return DeclaredIdentity(
        given_names=facts["given_names"],
        family_name=facts["family_name"],
        usage_name=facts["usage_name"],
        birth_date=date.fromisoformat(birth) if birth else None,
    )


def mrz_of(facts: Mapping[str, Any] | None, *, at: datetime) -> Mrz | None:
    """Return the zone of a case: what was typed goes before what was read in a picture."""
    lines = facts and (facts["mrz_typed"] or facts["mrz_read"])
    if not lines:
        return None
    try:
        return read_mrz(lines, at=legal_day(at))
    except MrzError:
        return None


def document_hash(hash_key: bytes, mrz: Mrz) -> str:
    """Return the keyed hash under which the same title is known again."""
    return number_hash(hash_key, mrz.issuer, mrz.number)


def number_hash(hash_key: bytes, issuer: str, number: str) -> str:
    """Return the keyed hash of a document number (RFC 2104, SHA-256): it tells nothing without the key."""
    named = f"document/1\n{issuer}\n{number}".encode()
    return hmac.new(hash_key, named, hashlib.sha256).hexdigest()


def view_of(row: Row[Any], media: Iterable[Row[Any]], facts: Mapping[str, Any] | None) -> CaseView:
    """Return a case as the person sees it."""
    present = sorted((m for m in media if m.replaced_at is None), key=lambda m: m.part)
    title = TitleKind(row.title_kind) if row.title_kind else None
    mrz_known = bool(facts and (facts["mrz_typed"] or facts["mrz_read"]))
    state = CaseState(row.state)
    parts = [Part(m.part) for m in present]
    return CaseView(
        id=row.id,
        party_id=row.party_id,
        purpose=row.purpose,
        state=state,
        language=row.language,
        declared=declared_of(facts) if facts else None,
        title_kind=title,
        mrz_known=mrz_known,
        challenge=tuple(row.challenge) if state.is_open else (),
        parts=tuple(
            PartView(
                part=Part(m.part),
                media_type=m.media_type,
                size=m.size,
                hints=tuple(m.hints),
                added_at=m.added_at,
            )
            for m in present
        ),
        missing=missing_of(title, parts, mrz_known=mrz_known) if state.is_collecting else (),
        again=tuple(Part(part) for part in row.again),
        opened_at=row.opened_at,
        expires_at=row.expires_at,
        submitted_at=row.submitted_at,
        answer_by=row.answer_by,
        decided_at=row.ended_at if state in {CaseState.APPROVED, CaseState.REFUSED} else None,
        reason=row.reason,
        images_erased=row.erased_at is not None,
        mrz_lines=tuple((facts["mrz_typed"] or facts["mrz_read"] or ()) if facts else ()),
        handed_to=row.provider or "",
    )


def evidence_digest(
    media: Iterable[Row[Any]], verdicts: Iterable[Row[Any]], flags: Iterable[Mapping[str, Any]]
) -> str:
    """Return the SHA-256, hexadecimal, of the file a verdict rests on, in canonical JSON (RFC 8785).

    It covers every picture ever handed in (also those replaced), the automatic checks' flags, and every
    verdict with its checklist.
    """
    file: dict[str, Any] = {
        "media": [
            {"part": m.part, "round": m.round, "sha256": m.digest, "replaced": m.replaced_at is not None}
            for m in media
        ],
        "flags": list(flags),
        "verdicts": [
            {
                "round": v.round,
                "operator": v.operator,
                "verdict": v.verdict,
                "reason": v.reason,
                "checks": v.checks,
                "level": v.level,
                "at": v.at.isoformat(),
            }
            for v in verdicts
        ],
    }
    return hashlib.sha256(rfc8785.dumps(file)).hexdigest()
