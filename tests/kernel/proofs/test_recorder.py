"""Evidence recorded while the seal is away: it waits visibly, and is sealed when the seal is back."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from lre_kit.doctor import examine
from lre_kit.errors import LreError, SealUnavailableError
from lre_kit.letters.phases import Phase
from lre_kit.office import PostOffice
from lre_kit.proofs.packing.issue import EvidencePendingError
from lre_kit.proofs.sealing.recorder import Recorder
from lre_kit.proofs.sealing.seal import Seal, Sealed
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.office import deposit_sample, identify, throwaway_office


class SealAway:
    """A seal whose token was pulled out; it can be put back."""

    def __init__(self, seal: Seal) -> None:
        self.seal = seal
        self.away = False

    def sign(self, payload: bytes, *, at: object) -> Sealed:
        if self.away:
            raise SealUnavailableError("The token is out.", mend="Put it back.")
        return self.seal.sign(payload, at=at)  # type: ignore[arg-type]  # passed on as it came


@pytest.fixture
def sealed_office(tmp_path: Path, clock: MovedClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[PostOffice]:
    made: list[SealAway] = []
    begin = Recorder.__init__

    def wrapped(self: Recorder, *, seal: Seal, **others: object) -> None:
        made.append(SealAway(seal))
        begin(self, seal=made[-1], **others)  # type: ignore[arg-type]  # passed on as they came

    monkeypatch.setattr(Recorder, "__init__", wrapped)
    with throwaway_office(tmp_path / "office", clock=clock) as office:
        monkeypatch.setattr(office, "seal_away", made[-1], raising=False)
        yield office


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


def seal_of(office: PostOffice) -> SealAway:
    found = vars(office)["seal_away"]
    assert isinstance(found, SealAway)
    return found


def test_no_new_letter_is_taken_without_a_seal(sealed_office: PostOffice) -> None:
    """F4.06."""
    seal_of(sealed_office).away = True
    with pytest.raises(SealUnavailableError) as refused:
        deposit_sample(sealed_office)
    assert refused.value.mend
    assert sealed_office.reading.count() == 0


def test_an_act_of_the_recipient_is_kept_and_sealed_later(
    sealed_office: PostOffice, clock: MovedClock
) -> None:
    """F4.06: it waits, the doctor shows it, and no proof is given out."""
    office, seal = sealed_office, seal_of(sealed_office)
    letter = deposit_sample(office)
    office.run_until_idle()
    identified = identify(office, letter)
    seal.away = True
    accepted_at = clock()
    assert office.desk.accept(letter.id, identified).phase is Phase.RECEIVED
    office.run_until_idle()
    assert office.sequencer.waiting().unsealed == 3
    assert [entry.evidence for entry in office.reading.timeline(letter.id)][2:] == ["recorded"] * 3
    with pytest.raises(EvidencePendingError, match="waits"):
        office.issuer.make(letter.id, "receipt")
    clock.advance(timedelta(hours=1))
    evidence = next(f for f in examine(office.settings, clock=clock) if f.name == "evidence")
    assert not evidence.well
    assert "3 await their seal" in evidence.found

    seal.away = False
    office.run_until_idle()
    assert office.sequencer.waiting().unsealed == 0
    timeline = office.reading.timeline(letter.id)
    assert {entry.evidence for entry in timeline} == {"stamped"}
    assert timeline[2].at - accepted_at < timedelta(minutes=1), "the act keeps its own time"
    assert office.issuer.make(letter.id, "receipt").startswith(b"%PDF")


def test_sealing_twice_enters_the_log_once(sealed_office: PostOffice, clock: MovedClock) -> None:
    office, seal = sealed_office, seal_of(sealed_office)
    letter = deposit_sample(office)
    seal.away = True
    office.run_until_idle()
    seal.away = False
    recorder = Recorder(seal=seal, settings=office.settings)
    assert recorder.seal_waiting(office.database, clock) == 1
    assert recorder.seal_waiting(office.database, clock) == 0
    office.run_until_idle()
    assert {entry.evidence for entry in office.reading.timeline(letter.id)} == {"stamped"}


def test_a_seal_that_stays_away_raises_nothing(sealed_office: PostOffice, clock: MovedClock) -> None:
    office, seal = sealed_office, seal_of(sealed_office)
    deposit_sample(office)
    seal.away = True
    office.run_until_idle()
    assert Recorder(seal=seal, settings=office.settings).seal_waiting(office.database, clock) == 0
    assert issubclass(SealUnavailableError, LreError)
