"""Killed at every named place of the post room; numbers and batches under race."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lre_kit.errors import LreError
from lre_kit.failpoints import REGISTRY
from lre_kit.law.events import ErdsEvent
from lre_kit.law.item_numbers import is_s10
from lre_kit.letters.phases import Phase
from lre_kit.office import PostOffice
from lre_kit.postroom.items import batches
from lre_kit.postroom.numbers import ItemNumbers, take_number
from lre_kit.postroom.values import BatchState
from lre_kit.settings import Settings
from lre_kit.store.database import Database
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.courier import MemoryCourier
from lre_kit.testing.forking import ForkingPython
from lre_kit.testing.office import throwaway_office
from lre_kit.testing.post import deposit_on_paper
from lre_kit.testing.print_server import TOKEN, print_server

pytestmark = pytest.mark.timeout(600)

DRIVER = """
import sys
from datetime import timedelta
from pathlib import Path
from lre_kit.failpoints import arm_from_environment
from lre_kit.office import LEASE, PostOffice
from lre_kit.postroom.items import batches
from lre_kit.postroom.values import BatchState
from lre_kit.settings import Settings
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.courier import MemoryCourier
home, url, waited = sys.argv[1:]
clock = MovedClock()
clock.advance(int(waited) * (LEASE + timedelta(seconds=1)))
settings = Settings(home=Path(home), base_url="https://notices.example", post_provider="http", post_url=url,
                    post_token="print-token")
office = PostOffice.open(settings, clock=clock, courier=MemoryCourier())
arm_from_environment()
office.run_until_idle()
for batch in batches(office.database):
    if batch.state is BatchState.OPEN:
        office.post.batches.close(batch.number)
office.run_until_idle()
"""

PLACES = sorted(name for name in REGISTRY if name.startswith("post.") and name != "post.file_kept")


@pytest.mark.parametrize("place", PLACES)
def test_killed_anywhere_a_letter_is_handed_over_exactly_once(
    tmp_path: Path, place: str, forking: ForkingPython
) -> None:
    """F1.01: F12.08: one order, one item, whoever dies."""

    def drive(waited: int, failpoints: str = "") -> int:
        told = {"LRE_FAILPOINTS": failpoints}
        return forking.run(DRIVER, str(tmp_path), server.url, str(waited), environment=told)

    with print_server() as server:
        post = {"post_provider": "http", "post_url": server.url, "post_token": TOKEN}
        with throwaway_office(tmp_path, clock=MovedClock(), **post) as office:
            office.post.numbers.add("RK", "FR", 100, 199)
            letters = [deposit_on_paper(office) for _ in range(2)]
        assert drive(0, f"{place}=kill") == -9
        assert drive(1) == 0, forking.complaints
        assert drive(2) == 0, forking.complaints
        settings = Settings(home=tmp_path, base_url="https://notices.example", **post)  # type: ignore[arg-type]
        with PostOffice.open(settings, clock=MovedClock(), courier=MemoryCourier()) as office:
            for letter in letters:
                assert office.reading.by_id(letter.id).phase is Phase.RELAYED
                names = [entry.name for entry in office.reading.timeline(letter.id)]
                assert names.count(ErdsEvent.RELAY_TO_NON_ERDS) == 1
                (leg,) = office.post.legs(letter.id)
                assert is_s10(leg.item.item_number or "")
            assert {batch.state for batch in batches(office.database)} == {BatchState.HANDED_OVER}
        sent = [content for files in server.files.values() for content in files.values()]
        assert len(sent) == len(set(sent)) == 2
        assert list(server.submitted) == list(server.files)


def test_numbers_are_given_once_under_race(database: Database) -> None:
    ItemNumbers(database, clock=MovedClock()).add("RK", "FR", 0, 59)

    def taking(_: int) -> list[str | None]:
        found = []
        for _ in range(10):
            with database.write() as uow:
                found.append(take_number(uow))
                uow.commit()
        return found

    with ThreadPoolExecutor(6) as pool:
        numbers = [number for each in pool.map(taking, range(6)) for number in each]
    assert len(set(numbers)) == 60
    assert all(number and is_s10(number) for number in numbers)
    with database.write() as uow, pytest.raises(LreError, match="used up"):
        take_number(uow)


def test_ranges_that_meet_are_refused(database: Database) -> None:
    numbers = ItemNumbers(database, clock=MovedClock())
    numbers.add("RK", "FR", 100, 199)
    for first, last in ((199, 250), (0, 100), (120, 130), (300, 200), (0, 100_000_000)):
        with pytest.raises(LreError):
            numbers.add("rk", "fr", first, last)
    numbers.add("RK", "FR", 200, 299)
    numbers.add("RL", "FR", 100, 199)
    assert [one.left for one in numbers.ranges()] == [100, 100, 100]


def test_what_the_provider_rejects_is_recorded_and_can_be_printed_again(tmp_path: Path) -> None:
    with print_server() as server:
        post = {"post_provider": "http", "post_url": server.url, "post_token": TOKEN}
        with throwaway_office(tmp_path, clock=MovedClock(), **post) as office:
            taken, refused = deposit_on_paper(office), deposit_on_paper(office)
            office.run_until_idle()
            (bad,) = office.post.legs(refused.id)
            (good,) = office.post.legs(taken.id)
            server.rejected = {bad.item.id: "page 2 is blurred"}
            server.numbers = {good.item.id: "1A02345678901"}
            (batch,) = batches(office.database)
            office.post.batches.close(batch.number)
            office.run_until_idle()
            assert office.reading.by_id(refused.id).phase is Phase.RELAY_FAILED
            (good,) = office.post.legs(taken.id)
            assert good.item.item_number == "1A02345678901"
            assert [item.id for item in office.post.reconciling.report().rejected] == [bad.item.id]
            server.rejected, server.numbers = {}, {}
            office.post.batches.reprint(bad.item.id)
            again = next(b for b in batches(office.database) if b.state is BatchState.OPEN)
            office.post.batches.close(again.number)
            office.run_until_idle()
            assert office.reading.by_id(refused.id).phase is Phase.RELAYED
