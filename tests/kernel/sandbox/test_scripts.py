"""Addresses that script what a recipient does."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lre_kit.parties.values import checked_address
from lre_kit.sandbox.scripts import DELAY_MAX, DOMAIN, ScriptedOutcome, parse_span, scripted


@given(
    st.sampled_from(ScriptedOutcome),
    st.lists(st.tuples(st.integers(0, 300), st.sampled_from("smhd")), max_size=2),
    st.lists(st.from_regex("[a-z][a-z-]{0,5}", fullmatch=True), max_size=2),
)
def test_outcome_and_delay_are_read_whatever_other_tags_there_are(
    outcome: ScriptedOutcome, delays: list[tuple[int, str]], others: list[str]
) -> None:
    units = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
    tags = [f"{number}{unit}" for number, unit in delays] + others
    address = "+".join([outcome.value, *tags]) + f"@{DOMAIN}"
    if len(address.partition("@")[0]) <= 64:
        assert checked_address(address, whose="recipient") == address
    found = scripted(address.upper())
    assert found is not None
    wanted = sum((timedelta(**{units[unit]: number}) for number, unit in delays), timedelta())
    assert (found.outcome, found.delay) == (outcome, min(wanted, DELAY_MAX))


@pytest.mark.parametrize(
    "address", ["accept@example.net", "accept@sub.lre.test", "accepts@lre.test", "@lre.test", "", "accept"]
)
def test_any_other_address_scripts_nothing(address: str) -> None:
    assert scripted(address) is None


@pytest.mark.parametrize("text", ["", "d", "1", "1w", "-1d", "1.5d", "1234567d", "１d"])
def test_what_is_no_span_is_none(text: str) -> None:
    assert parse_span(text) is None
