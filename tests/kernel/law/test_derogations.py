"""Derogations and suspensions: their legal days, their words, and their files."""

import json
import tomllib
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lre_kit.errors import ConfigurationError
from lre_kit.law.derogation_text import (
    derogation_from,
    derogation_values,
    parse_day,
    policy_from,
    suspension_from,
    suspension_values,
)
from lre_kit.law.derogations import COVID_2020, SHIPPED, Delivery, Page, Policy, Suspension
from lre_kit.law.periods import Period, Words

PARIS = ZoneInfo("Europe/Paris")
INSIDE = datetime(2020, 6, 1, tzinfo=UTC)

POST_STRIKE = Suspension(
    id="STRIKE",
    kinds=frozenset({"paper_codes"}),
    period=Period(valid_from=date(2026, 1, 5), valid_until=date(2026, 1, 9)),
    message=Words(fr="La poste est en grève.", en="The post is on strike."),
)


def test_the_shipped_dates_are_marked_as_unverified() -> None:
    assert (COVID_2020.valid_from, COVID_2020.valid_until) == (date(2020, 3, 17), date(2020, 9, 30))
    assert "dates unverified" in COVID_2020.note


def test_the_days_are_paris_days_and_the_last_one_is_included() -> None:
    first = datetime(2020, 3, 17, tzinfo=PARIS)
    end = datetime(2020, 10, 1, tzinfo=PARIS)
    tick = timedelta(microseconds=1)
    assert not COVID_2020.in_force(first - tick)
    assert COVID_2020.in_force(first)
    assert COVID_2020.in_force(end - tick)
    assert not COVID_2020.in_force(end)
    assert COVID_2020.ends_at == datetime(2020, 9, 30, 22, tzinfo=UTC)


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kathmandu"])
def test_where_the_asker_stands_does_not_matter(zone: str) -> None:
    end = COVID_2020.ends_at.astimezone(ZoneInfo(zone))
    assert not COVID_2020.in_force(end)
    assert COVID_2020.in_force(end - timedelta(seconds=1))


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2020, 12, 31), timezones=st.just(UTC)),
    st.datetimes(datetime(2020, 1, 1), datetime(2020, 12, 31), timezones=st.just(UTC)),
)
def test_after_an_end_was_seen_no_clock_brings_it_back(at: datetime, seen: datetime) -> None:
    if seen >= COVID_2020.ends_at:
        assert not COVID_2020.in_force(at, not_after_seen=seen)
    else:
        assert COVID_2020.in_force(at, not_after_seen=seen) == COVID_2020.in_force(at)


def test_security_keys_cannot_be_ordered_meanwhile_and_the_page_says_why() -> None:
    message = SHIPPED.suspended("security_key", INSIDE)
    assert message is not None
    assert "clés de sécurité" in message.fr
    assert SHIPPED.suspended("paper_codes", INSIDE) is None
    assert SHIPPED.suspended("security_key", COVID_2020.ends_at) is None


def test_a_kind_can_be_suspended_without_any_derogation() -> None:
    policy = Policy(suspensions=(POST_STRIKE,))
    assert policy.suspended("paper_codes", datetime(2026, 1, 9, 22, 59, tzinfo=UTC)) == POST_STRIKE.message
    assert policy.suspended("paper_codes", datetime(2026, 1, 9, 23, tzinfo=UTC)) is None


def test_delivery_inside_a_letter_is_allowed_by_the_derogation_alone() -> None:
    assert SHIPPED.deliveries(INSIDE) == {Delivery.POST, Delivery.LETTER}
    assert SHIPPED.deliveries(COVID_2020.ends_at) == {Delivery.POST}


def test_pages_announce_what_touches_them() -> None:
    policy = Policy(suspensions=(POST_STRIKE,))
    (found,) = policy.announcements(INSIDE, [Page.DEPOSIT])
    assert (found.id, found.until) == ("FR-2020-COVID", date(2020, 9, 30))
    strike = datetime(2026, 1, 6, tzinfo=UTC)
    assert [each.id for each in policy.announcements(strike, [Page.ORDER])] == ["STRIKE"]
    assert policy.announcements(strike, [Page.DEPOSIT]) == []
    assert policy.announcements(INSIDE, []) == []


def test_values_read_back_through_json() -> None:
    kept = json.loads(json.dumps(derogation_values(COVID_2020)))
    assert derogation_from(kept) == COVID_2020
    assert suspension_from(json.loads(json.dumps(suspension_values(POST_STRIKE)))) == POST_STRIKE


def test_a_file_corrects_the_shipped_dates() -> None:
    text = """
        [[derogation]]
        id = "FR-2020-COVID"
        reference = "ANSSI decision"
        valid_from = 2020-03-24
        valid_until = "2020-07-10"
        approved_by = "The director"
        title = { fr = "Dérogation", en = "Derogation" }
        notice = { fr = "Avis", en = "Notice" }
        changes = { sender_level = "substantial", sender_proofing_methods = ["remote_visual"] }
    """
    (corrected,) = policy_from(tomllib.loads(text)).derogations
    assert (corrected.valid_from, corrected.valid_until) == (date(2020, 3, 24), date(2020, 7, 10))
    assert corrected.pages == frozenset(Page)


def changed(**values: Any) -> dict[str, Any]:
    return {**derogation_values(COVID_2020), **values}


@pytest.mark.parametrize(
    ("kept", "words"),
    [
        (changed(valid_until="2020-02-31"), "is not a day"),
        (changed(valid_until="2020-03-01"), "before it begins"),
        (changed(time_zone="Europe/Lutetia"), "no time zone"),
        (changed(reference=" "), "names no decision"),
        (changed(id="../x"), "cannot be an id"),
        (changed(pages=["attic"]), "does not exist"),
        (changed(pages="order"), "no list"),
        (changed(note=3), "no text"),
        (changed(title={"fr": "x"}), "lacks en"),
        (changed(title={"fr": "x", "en": " "}), "Words are missing"),
        (changed(changes=[]), "no table"),
        (changed(changes={"recipient_level": "low"}), "nobody reads"),
        (changed(surprise=1), "nobody reads"),
        ({"id": "X"}, "lacks reference"),
    ],
)
def test_what_cannot_be_read_is_named(kept: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        derogation_from(kept)


def test_a_policy_refuses_twins_and_nonsense() -> None:
    with pytest.raises(ConfigurationError, match="given twice"):
        Policy(derogations=(COVID_2020, COVID_2020))
    with pytest.raises(ConfigurationError, match="no list of tables"):
        policy_from({"derogation": {"id": "X"}})
    with pytest.raises(ConfigurationError, match="nobody reads"):
        policy_from({"derogations": []})
    with pytest.raises(ConfigurationError, match="names no kind"):
        suspension_from({**suspension_values(POST_STRIKE), "kinds": []})
    with pytest.raises(ConfigurationError, match="2020-09-30"):
        parse_day("30/09/2020")
