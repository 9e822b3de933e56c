"""Whole letters are let go of when the span of their proofs is over; the log and others' proofs stand."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import func, select, update

from lre_kit.errors import NotFoundError
from lre_kit.failpoints import REGISTRY, FailpointError, arm, disarm
from lre_kit.letters.rows import LetterRow
from lre_kit.letters.values import Letter
from lre_kit.office import PostOffice
from lre_kit.proofs.auditing.audit import audit_office
from lre_kit.proofs.report import Result
from lre_kit.proofs.rows import EvidenceRow, LogEntryRow
from lre_kit.proofs.verifying.anchors import Anchors
from lre_kit.proofs.verifying.verify import verify_path
from lre_kit.settings import Settings
from lre_kit.store.inserts import table_of
from lre_kit.store.schema import metadata
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.office import deposit_sample, identify, throwaway_office

KEPT = timedelta(days=3 * 366)
_EVIDENCE, _ENTRY, _LETTER = table_of(EvidenceRow), table_of(LogEntryRow), table_of(LetterRow)


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture(params=["sqlite", "postgresql"])
def office(request: pytest.FixtureRequest, tmp_path: Path, clock: MovedClock) -> Iterator[PostOffice]:
    url = None if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    with throwaway_office(
        tmp_path / "office", clock=clock, database_url=url, retention_proofs_days=KEPT.days, reminders=""
    ) as opened:
        yield opened
    disarm()


def received(office: PostOffice, **changes: Any) -> Letter:
    letter = deposit_sample(office, **changes)
    office.run_until_idle()
    office.desk.accept(letter.id, identify(office, letter))
    office.run_until_idle()
    return letter


def pass_over(office: PostOffice, clock: MovedClock) -> None:
    """Let content and then proofs come to their end, day by day as far as duties mind."""
    for span in (timedelta(days=367), KEPT, timedelta(days=1)):
        clock.advance(span)
        office.run_until_idle()


def everything(office: PostOffice) -> str:
    """Return all that the database holds, as text."""
    with office.database.read() as connection:
        return "\n".join(
            str(tuple(row)) for table in metadata().sorted_tables for row in connection.execute(select(table))
        )


def test_nothing_of_the_letter_is_left_and_the_audit_knows_why(
    office: PostOffice, clock: MovedClock, tmp_path: Path
) -> None:
    letter = received(office, subject="Congé du bail", reference="D-12")
    bundle = tmp_path / "bundle.zip"
    bundle.write_bytes(office.issuer.bundle_zip(letter.id))
    office.issuer.make(letter.id, "receipt")
    assert list(office.blobs.keys(f"proofs/{letter.id}/"))
    with office.database.read() as connection:
        before = connection.execute(select(func.count()).select_from(_ENTRY)).scalar_one()
    pass_over(office, clock)
    with pytest.raises(NotFoundError):
        office.reading.by_id(letter.id)
    left = everything(office)
    for secret in ("Dupont", "jean.dupont", "Congé du bail", "D-12", "Faÿ", "helene", letter.id):
        assert secret not in left, secret
    assert [key for key, _ in office.blobs.keys("") if letter.id in key] == []
    with office.database.read() as connection:
        rows = connection.execute(select(_EVIDENCE.c.record, _EVIDENCE.c.salt)).all()
        assert connection.execute(select(func.count()).select_from(_ENTRY)).scalar_one() > before
    assert {bytes(row.salt) for row in rows if not row.record} == {b""}
    statements = [json.loads(row.record) for row in rows if "evidence-erasure" in row.record]
    [statement] = statements
    assert statement["MessageIdentifier"] == letter.number
    assert len(statement["Extensions"]["Erased"]) == sum(not row.record for row in rows)
    assert audit_office(office).findings == []
    anchors = Anchors.load(office.settings.home / "trust")
    assert verify_path(bundle, anchors, at=letter.deposited_at + timedelta(days=1)).result is Result.PASSED


def test_a_letter_on_hold_or_without_an_end_or_too_young_stays(office: PostOffice, clock: MovedClock) -> None:
    held, young_at = received(office), timedelta(days=500)
    office.desk.hold(held.id, reason="Lawsuit", actor="claire")
    for span in (timedelta(days=367), KEPT - young_at):
        clock.advance(span)
        office.run_until_idle()
    young = received(office)
    clock.advance(young_at)
    office.run_until_idle()
    assert office.reading.by_id(held.id).number == held.number
    assert office.reading.by_id(young.id).number == young.number
    assert office.forgetting.due() == 0
    office.desk.release_hold(held.id, reason="Judged", actor="anne")
    clock.advance(timedelta(days=1))
    office.run_until_idle()
    clock.advance(timedelta(days=1))
    office.run_until_idle()
    with pytest.raises(NotFoundError):
        office.reading.by_id(held.id)
    assert audit_office(office).findings == []


@pytest.mark.parametrize("place", sorted(name for name in REGISTRY if name.startswith("forget.")))
def test_one_that_breaks_off_is_let_go_of_once(office: PostOffice, clock: MovedClock, place: str) -> None:
    letter = received(office)
    clock.advance(timedelta(days=367))
    office.run_until_idle()
    clock.advance(KEPT)
    arm(place, "raise")
    with pytest.raises(FailpointError):
        office.forgetting.run()
    disarm()
    office.run_until_idle()
    clock.advance(timedelta(days=2))
    office.run_until_idle()
    assert audit_office(office).findings == []
    assert [key for key, _ in office.blobs.keys("") if letter.id in key] == []


def test_a_record_that_somebody_empties_is_found(office: PostOffice, clock: MovedClock) -> None:
    letter = received(office)
    with office.database.write() as uow:
        mine = _EVIDENCE.c.letter_id == letter.id
        emptied = {"record": "", "protected": "", "signature": "", "salt": b"", "event_id": None}
        uow.execute(update(_EVIDENCE).where(mine).values(**emptied, letter_id=None))
        uow.commit()
    problems = {finding.problem for finding in audit_office(office).findings}
    assert "no sealed statement says it was let go of" in problems


def test_an_office_that_sets_no_span_lets_nothing_go(tmp_path: Path, clock: MovedClock) -> None:
    with throwaway_office(tmp_path / "office", clock=clock) as office:
        letter = received(office)
        pass_over(office, clock)
        assert office.forgetting.run() == 0
        assert office.reading.by_id(letter.id).number == letter.number


def test_no_span_is_shorter_than_the_laws_year() -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate({"retention_proofs_days": 365})
