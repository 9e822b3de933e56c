"""Content is erased when its span is over, never earlier and never on hold; proofs verify on."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from lre_kit import failpoints
from lre_kit.errors import InputError, NotFoundError
from lre_kit.failpoints import FailpointError
from lre_kit.identifiers.rows import CodeRow
from lre_kit.law.events import ErdsEvent
from lre_kit.letters import retention
from lre_kit.letters.holds import AlreadyHeldError, NotHeldError
from lre_kit.letters.phases import Phase
from lre_kit.letters.values import Letter
from lre_kit.office import PostOffice
from lre_kit.proofs.auditing.audit import audit_office
from lre_kit.proofs.report import Result
from lre_kit.proofs.verifying.anchors import Anchors
from lre_kit.proofs.verifying.verify import verify_path
from lre_kit.store.content_owner import MARK, ForeignContentError
from lre_kit.store.inserts import table_of
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.office import SMALL_PDF, deposit_sample, identify, throwaway_office

KEPT = timedelta(days=90)


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture(params=["sqlite", "postgresql"])
def office(request: pytest.FixtureRequest, tmp_path: Path, clock: MovedClock) -> Iterator[PostOffice]:
    url = None if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    with throwaway_office(
        tmp_path / "office", clock=clock, database_url=url, retention_content_days=KEPT.days
    ) as opened:
        yield opened


@pytest.fixture(autouse=True)
def disarm() -> Iterator[None]:
    yield
    failpoints.disarm()


def received(office: PostOffice) -> Letter:
    letter = deposit_sample(office)
    office.run_until_idle()
    office.desk.accept(letter.id, identify(office, letter))
    office.run_until_idle()
    return letter


def acts(office: PostOffice, letter: Letter) -> list[ErdsEvent]:
    return [entry.name for entry in office.reading.timeline(letter.id)]


def has_content(office: PostOffice, letter: Letter) -> bool:
    try:
        _, pieces = office.desk.open_document(letter.id, 1)
    except NotFoundError:
        return False
    return b"".join(pieces) == SMALL_PDF


def files(office: PostOffice, letter: Letter) -> list[str]:
    return [key for key, _ in office.blobs.keys(f"letters/{letter.id}/")]


def test_content_goes_when_its_span_is_over_with_an_event_and_proofs_verify_on(
    office: PostOffice, clock: MovedClock, tmp_path: Path
) -> None:
    letter, open_one = received(office), deposit_sample(office)
    clock.advance(KEPT - timedelta(days=1))
    office.run_until_idle()
    assert has_content(office, letter)
    assert files(office, letter)
    clock.advance(timedelta(days=3))
    office.run_until_idle()
    assert not has_content(office, letter)
    assert files(office, letter) == []
    assert acts(office, letter)[-1] is ErdsEvent.CONTENT_ERASURE
    assert office.reading.by_id(letter.id).phase is Phase.RECEIVED, "its state is what it was"
    assert has_content(office, open_one), "its end came later"
    folder = office.issuer.export(letter.id, tmp_path / "letter")
    anchors = Anchors.load(office.settings.home / "trust")
    for product in (folder / "bundle", *sorted((folder / "proofs").glob("*.pdf"))):
        report = verify_path(product, anchors, at=clock())
        assert report.result is Result.PASSED, [c for c in report.checks if c.result is not Result.PASSED]
    with (tmp_path / "letter.asice").open("wb") as target:
        office.issuer.container(letter.id, target=target)
    assert verify_path(tmp_path / "letter.asice", anchors, at=clock()).result is Result.PASSED
    assert audit_office(office).findings == []


def test_a_letter_whose_end_is_young_and_one_without_an_end_keep_their_content(
    office: PostOffice, clock: MovedClock
) -> None:
    """F13.03: nothing goes before its time."""
    unclaimed = deposit_sample(office)
    office.run_until_idle()
    clock.advance(timedelta(days=16))
    office.run_until_idle()
    assert office.reading.by_id(unclaimed.id).phase is Phase.UNCLAIMED
    waiting = deposit_sample(office)
    clock.advance(KEPT - timedelta(days=2))
    assert office.retention.due() == 0
    assert office.retention.purge() == 0
    clock.advance(timedelta(days=5))
    assert office.retention.due() == 1
    assert office.retention.purge() == 1
    assert office.retention.purge() == 0, "twice does nothing twice"
    assert has_content(office, waiting), "nobody was told of it yet"


def test_a_hold_stops_the_purge_until_it_is_released_and_says_who_and_why(
    office: PostOffice, clock: MovedClock
) -> None:
    """F13.03: nothing goes under a hold."""
    letter, other = received(office), received(office)
    office.desk.hold(letter.id, reason="Lawsuit  24/0193", actor="claire")
    with pytest.raises(AlreadyHeldError):
        office.desk.hold(letter.id, reason="Again", actor="claire")
    clock.advance(KEPT + timedelta(days=40))
    office.run_until_idle()
    assert has_content(office, letter)
    assert not has_content(office, other)
    code = table_of(CodeRow)
    with office.database.read() as connection:
        assert set(connection.execute(select(code.c.letter_id)).scalars()) == {letter.id}
    office.desk.release_hold(letter.id, reason="Judged", actor="anne")
    with pytest.raises(NotHeldError):
        office.desk.release_hold(letter.id, reason="Judged", actor="anne")
    (told,) = office.desk.holds.of(letter.id)
    assert (told.reason, told.actor) == ("Lawsuit 24/0193", "claire")
    assert (told.release_reason, told.released_by) == ("Judged", "anne")
    office.desk.hold(letter.id, reason="Appeal", actor="claire")
    assert office.retention.purge() == 0
    office.desk.release_hold(letter.id, reason="Judged again", actor="anne")
    assert office.retention.purge() == 1
    assert len(office.desk.holds.of(letter.id)) == 2


@pytest.mark.parametrize(("reason", "actor"), [("", "a"), ("r", " "), ("r" * 501, "a"), ("r", "a\x00")])
def test_a_hold_without_a_reason_or_a_name_is_refused_and_changes_nothing(
    office: PostOffice, reason: str, actor: str
) -> None:
    letter = deposit_sample(office)
    with pytest.raises(InputError):
        office.desk.hold(letter.id, reason=reason, actor=actor)
    assert office.desk.holds.of(letter.id) == []
    with pytest.raises(NotFoundError):
        office.desk.hold("nobody", reason="r", actor="a")


PLACES = ("erase.locked", "erase.before_commit", "erase.after_commit", "erase.files_removed")


@pytest.mark.parametrize("place", PLACES)
def test_a_purge_that_dies_anywhere_is_finished_by_the_next(
    office: PostOffice, clock: MovedClock, place: str
) -> None:
    """F13.03: nothing goes half."""
    letters = [received(office) for _ in range(2)]
    clock.advance(KEPT + timedelta(days=2))
    failpoints.arm(place, "raise")
    with pytest.raises(FailpointError):
        office.retention.purge()
    failpoints.disarm()
    for letter in letters:
        # Either all of it happened or nothing: no key without its event, no event without its key gone.
        assert has_content(office, letter) is (ErdsEvent.CONTENT_ERASURE not in acts(office, letter))
    office.retention.purge()
    for letter in letters:
        assert acts(office, letter).count(ErdsEvent.CONTENT_ERASURE) == 1
        assert files(office, letter) == []


def test_many_letters_go_in_batches_and_a_batch_on_hold_does_not_end_the_purge(
    office: PostOffice, clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    letters = sorted((received(office) for _ in range(5)), key=lambda each: each.id)
    office.desk.hold(letters[0].id, reason="r", actor="a")
    clock.advance(KEPT + timedelta(days=2))
    assert office.retention.purge() == 4
    assert [has_content(office, each) for each in letters] == [True, False, False, False, False]


def test_a_hold_placed_during_the_purge_is_either_kept_to_or_too_late(
    office: PostOffice, clock: MovedClock
) -> None:
    """F13.03: hold and purge at one instant."""
    letter = received(office)
    clock.advance(KEPT + timedelta(days=2))
    failpoints.arm("erase.locked", "sleep:0.5")
    purge = threading.Thread(target=office.retention.purge)
    purge.start()
    office.desk.hold(letter.id, reason="r", actor="a")
    held_content = has_content(office, letter)
    purge.join()
    failpoints.disarm()
    assert has_content(office, letter) is held_content, "what the hold found is what stays"


def test_the_purge_is_planned_for_an_office_that_never_had_one(office: PostOffice, clock: MovedClock) -> None:
    from lre_kit.store.rows import DutyRow

    duty = table_of(DutyRow)
    with office.database.write() as uow:
        uow.execute(duty.delete().where(duty.c.action == retention.ACTION))
        uow.commit()
    office.retention.plan_missing()
    office.retention.plan_missing()
    with office.database.read() as connection:
        planned = select(duty.c.id).where(duty.c.action == retention.ACTION)
        assert len(connection.execute(planned).all()) == 1


def test_nothing_is_erased_from_a_store_that_is_not_the_offices(
    office: PostOffice, clock: MovedClock
) -> None:
    letter = received(office)
    clock.advance(KEPT + timedelta(days=2))
    mark = b"".join(office.blobs.get(MARK))
    office.blobs.put(MARK, [b"another office"])
    with pytest.raises(ForeignContentError):
        office.retention.purge()
    office.blobs.put(MARK, [mark])
    assert has_content(office, letter)
