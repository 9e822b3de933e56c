"""The office's file of derogations, and an office wired by it."""

import json
import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from lre_kit.errors import ConfigurationError
from lre_kit.identifiers.derogation_files import FILE_NAME, read_derogations
from lre_kit.identifiers.ordering import Ordering
from lre_kit.law.derogation_text import derogation_values
from lre_kit.law.derogations import COVID_2020, SHIPPED, Delivery
from lre_kit.store.database import Database
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.orders import OrderOffice

GUIDE = Path(__file__).parents[3] / "docs" / "how-to" / "derogations.md"
LOCKDOWN = datetime(2020, 4, 15, 9, tzinfo=UTC)


def test_the_guides_example_can_be_read(tmp_path: Path) -> None:
    found = re.search(r"```toml\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    assert found is not None
    (tmp_path / FILE_NAME).write_text(found.group(1))
    policy = read_derogations(tmp_path / FILE_NAME)
    assert [one.id for one in policy.derogations] == ["FR-2020-COVID"]
    assert policy.derogations[0].changes == COVID_2020.changes
    assert [one.id for one in policy.suspensions] == ["STRIKE-2026"]


def test_json_does_as_well_and_no_file_adds_nothing(tmp_path: Path) -> None:
    assert read_derogations(tmp_path / FILE_NAME) is SHIPPED
    file = tmp_path / "derogations.json"
    file.write_text(
        json.dumps({"derogation": [derogation_values(COVID_2020) | {"valid_until": "2020-07-10"}]})
    )
    assert read_derogations(file).derogations[0].valid_until == date(2020, 7, 10)
    file.write_text("{")
    with pytest.raises(ConfigurationError, match="is no JSON"):
        read_derogations(file)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_derogations(tmp_path)


def test_an_office_without_a_way_to_deposit_delivers_by_post_only(database: Database, tmp_path: Path) -> None:
    doubles = OrderOffice(database=database, clock=MovedClock(lambda: LOCKDOWN), folder=tmp_path)
    ordering = Ordering(
        database,
        clock=doubles.clock,
        home=tmp_path,
        register=doubles.register,
        addresses=doubles.people,
        proofings=doubles.people,
        makers={"paper_codes": doubles.make},
        tell=doubles.told.append,
    ).opened()
    assert ordering.orders.may_order("paper_codes", "alice").deliveries == {Delivery.POST}
    assert not ordering.orders.may_order("paper_seed", "alice").allowed
    assert doubles.agenda.next_due(COVID_2020.id) == datetime(2020, 8, 31, 22, tzinfo=UTC)
    assert {"make_identifier", "end_derogation", "address_needed"} <= set(ordering.actions)
