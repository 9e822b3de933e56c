"""A matter with rules of its own: another regime as data, and nothing else changes."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from lre_kit.errors import InputError, RequirementError
from lre_kit.law.products import Product
from lre_kit.law.regimes import STANDING, Matter, requirements
from lre_kit.letters.phases import Phase
from lre_kit.letters.values import Upload
from lre_kit.office import PostOffice
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.courier import MemoryCourier
from lre_kit.testing.office import RECIPIENT, SENDER, SMALL_PDF, sender_identified, throwaway_office

NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock(lambda: NOW)


@pytest.fixture
def office(tmp_path: Path, clock: MovedClock) -> Iterator[PostOffice]:
    with throwaway_office(tmp_path / "office", clock=clock) as opened:
        yield opened


def deposit(office: PostOffice, **changes: Any) -> Any:
    asked: dict[str, Any] = {
        "sender": SENDER,
        "recipient": RECIPIENT,
        "product": "qualified",
        "subject": "Convocation",
        "documents": [Upload(name="a.pdf", stream=BytesIO(SMALL_PDF))],
        "identified": sender_identified(office),
        "matter": "co_ownership",
    }
    return office.desk.deposit(**(asked | changes))


def test_an_ordinary_letter_is_ruled_as_before() -> None:
    for product in Product:
        found = requirements(product, at=NOW)
        assert found.regime == "FR-CPCE-2019"
        assert found.window_days in {15, None}


def test_rules_of_a_matter_stand_in_for_no_other() -> None:
    found = requirements(Product.QUALIFIED, at=NOW, matter=Matter.CO_OWNERSHIP)
    assert (found.regime, found.window_days, found.sender_hidden) == ("FR-COPRO-2024", 21, False)
    with pytest.raises(RequirementError, match="not sent as simple letters"):
        requirements(Product.SIMPLE, at=NOW, matter=Matter.CO_OWNERSHIP)
    with pytest.raises(RequirementError, match="No rule was in force"):
        requirements(Product.QUALIFIED, at=datetime(2024, 1, 1, tzinfo=UTC), matter=Matter.CO_OWNERSHIP)
    assert len({regime.id for regime in STANDING}) == len(STANDING)


def test_a_notice_of_a_co_ownership_shows_its_sender_and_waits_twenty_one_days(
    office: PostOffice, clock: MovedClock
) -> None:
    letter = deposit(office)
    office.run_until_idle()
    view = office.reading.before_acceptance(letter.id)
    assert view.sender_name == SENDER.name
    assert isinstance(office.courier, MemoryCourier)
    assert f"Il vous est envoyé par {SENDER.name}." in office.courier.text_of()
    now = office.reading.by_id(letter.id)
    assert now.window_closes_at == datetime(2026, 3, 31, 22, tzinfo=UTC), "over the change of clocks"
    clock.advance(timedelta(days=20))
    office.run_until_idle()
    assert office.reading.by_id(letter.id).phase is Phase.NOTIFIED
    clock.advance(timedelta(days=2))
    office.run_until_idle()
    assert office.reading.by_id(letter.id).phase is Phase.UNCLAIMED


def test_no_consent_is_asked_but_who_asked_for_post_gets_none(office: PostOffice) -> None:
    deposit(office)
    ordinary = {"matter": "ordinary"}
    with pytest.raises(RequirementError):
        deposit(office, **ordinary)


def test_what_is_no_matter_is_refused_and_leaves_nothing(office: PostOffice) -> None:
    for wrong in ({"matter": "marriage"}, {"product": "simple"}):
        with pytest.raises((InputError, RequirementError)):
            deposit(office, **wrong)
    assert office.reading.all_letters() == []
    assert list(office.blobs.keys("letters/")) == []
