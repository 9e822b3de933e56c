"""Content that no letter names is removed after a day, and nothing else ever is."""

from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest

from lre_kit.errors import StoreUnavailableError
from lre_kit.letters.leftovers import ACTION, EVERY, GRACE, Leftovers
from lre_kit.letters.values import Upload
from lre_kit.office import PostOffice
from lre_kit.settings import Settings
from lre_kit.setup import prepare
from lre_kit.store.content_owner import MARK, ForeignContentError
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.office import SMALL_PDF, deposit_sample, throwaway_office


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def office(tmp_path: Path, clock: MovedClock) -> Iterator[PostOffice]:
    with throwaway_office(tmp_path / "office", clock=clock) as opened:
        yield opened


def content(office: PostOffice) -> set[str]:
    return {key for key, _ in office.blobs.keys("letters/")}


def die_before_the_commit(office: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise StoreUnavailableError("The database does not answer.", mend="Wait.")

    with monkeypatch.context() as broken:
        broken.setattr("lre_kit.store.unit.UnitOfWork.commit", refuse)
        broken.setattr(office.blobs, "delete", lambda _: None)
        with pytest.raises(StoreUnavailableError):
            deposit_sample(office)


def test_a_deposit_that_died_leaves_nothing_after_a_day(
    office: PostOffice, clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F7.05."""
    letter = deposit_sample(
        office, documents=[Upload(name=f"{n}.pdf", stream=BytesIO(SMALL_PDF)) for n in "ab"]
    )
    kept = content(office)
    die_before_the_commit(office, monkeypatch)
    assert len(content(office) - kept) == 1
    sweeper = Leftovers(office.database, office.blobs, clock=clock)
    clock.advance(GRACE - timedelta(minutes=1))
    assert sweeper.sweep() == 0, "it may still be on its way"
    clock.advance(timedelta(minutes=2))
    assert sweeper.sweep() == 1
    assert content(office) == kept
    for position in (1, 2):
        _, pieces = office.desk.open_document(letter.id, position)
        assert b"".join(pieces) == SMALL_PDF
    assert sweeper.sweep() == 0


def test_the_agenda_sweeps_every_day(
    office: PostOffice, clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        die_before_the_commit(office, monkeypatch)
        clock.advance(EVERY + GRACE)
        office.run_until_idle()
        assert content(office) == set()
    with office.database.read() as connection:
        planned = connection.exec_driver_sql(
            f"SELECT count(*) FROM agenda WHERE action = '{ACTION}'"
        ).scalar()
    assert planned == 1


def test_an_office_removes_nothing_from_the_store_of_another(
    office: PostOffice, clock: MovedClock, tmp_path: Path
) -> None:
    """F7.05."""
    deposit_sample(office)
    kept = content(office)
    other = {"home": tmp_path / "other", "base_url": "https://other.example"}
    with pytest.raises(ForeignContentError, match="not marked as this office's"):
        list(prepare(Settings.model_validate(other | {"blob_url": office.settings.blobs}), clock=clock))
    with throwaway_office(tmp_path / "third", clock=clock) as third:
        deposit_sample(third)
        clock.advance(GRACE + timedelta(days=1))
        with pytest.raises(ForeignContentError):
            Leftovers(third.database, office.blobs, clock=clock).sweep()
    assert content(office) == kept


def test_content_that_nobody_marked_is_claimed_by_the_office_whose_letters_it_holds(
    office: PostOffice, clock: MovedClock, tmp_path: Path
) -> None:
    deposit_sample(office)
    office.blobs.delete(MARK)
    stranger = Settings.model_validate({"home": tmp_path / "other", "blob_url": office.settings.blobs})
    with pytest.raises(ForeignContentError, match="this office has none"):
        list(prepare(stranger, clock=clock))
    sweeper = Leftovers(office.database, office.blobs, clock=clock)
    with pytest.raises(ForeignContentError):
        sweeper.sweep()
    list(prepare(office.settings, clock=clock))
    assert sweeper.sweep() == 0
