# ruff: noqa: E501 - a table reads better whole
"""Deadlines: the worked examples, on hosts in other zones, and properties over the calendar."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lre_kit.clock import PARIS
from lre_kit.law.deadlines import WINDOW_DAYS, last_day, proof_due_at, retention_ends_at, window_closes_at

EXAMPLES = [
    ("2026-01-12T10:30+01:00", "2026-01-27", "2026-01-28T00:00+01:00", "2026-01-27T23:00Z", "2026-01-29T00:00+01:00"),
    ("2026-03-20T14:30+01:00", "2026-04-04", "2026-04-05T00:00+02:00", "2026-04-04T22:00Z", "2026-04-06T00:00+02:00"),
    ("2026-10-20T23:59:59+02:00", "2026-11-04", "2026-11-05T00:00+01:00", "2026-11-04T23:00Z", "2026-11-06T00:00+01:00"),
    ("2026-06-30T22:30Z", "2026-07-16", "2026-07-17T00:00+02:00", "2026-07-16T22:00Z", "2026-07-18T00:00+02:00"),
    ("2026-10-09T09:00+02:00", "2026-10-24", "2026-10-25T00:00+02:00", "2026-10-24T22:00Z", "2026-10-26T00:00+01:00"),
    ("2026-03-13T18:00+01:00", "2026-03-28", "2026-03-29T00:00+01:00", "2026-03-28T23:00Z", "2026-03-30T00:00+02:00"),
    ("2027-12-20T08:00+01:00", "2028-01-04", "2028-01-05T00:00+01:00", "2028-01-04T23:00Z", "2028-01-06T00:00+01:00"),
    ("2028-02-14T12:00+01:00", "2028-02-29", "2028-03-01T00:00+01:00", "2028-02-29T23:00Z", "2028-03-02T00:00+01:00"),
    ("2026-04-16T09:00+02:00", "2026-05-01", "2026-05-02T00:00+02:00", "2026-05-01T22:00Z", "2026-05-03T00:00+02:00"),
    ("2026-10-25T02:30+02:00", "2026-11-09", "2026-11-10T00:00+01:00", "2026-11-09T23:00Z", "2026-11-11T00:00+01:00"),
    ("2026-10-25T02:30+01:00", "2026-11-09", "2026-11-10T00:00+01:00", "2026-11-09T23:00Z", "2026-11-11T00:00+01:00"),
]  # fmt: skip
"""Sent; last day; end of the window (local and UTC); proof due before."""


@pytest.fixture(params=["UTC", "Pacific/Kiritimati", "America/St_Johns", "Europe/Paris"])
def host_zone(request: pytest.FixtureRequest) -> Iterator[str]:
    before = os.environ.get("TZ")
    os.environ["TZ"] = request.param
    time.tzset()
    yield request.param
    os.environ.pop("TZ") if before is None else os.environ.update(TZ=before)
    time.tzset()


@pytest.mark.parametrize(("sent", "day", "closes", "closes_utc", "due"), EXAMPLES)
def test_the_worked_examples_hold_on_any_host(
    host_zone: str, sent: str, day: str, closes: str, closes_utc: str, due: str
) -> None:
    """F6.03."""
    del host_zone
    sent_at = datetime.fromisoformat(sent)
    closes_at = window_closes_at(sent_at)
    assert last_day(sent_at).isoformat() == day
    assert closes_at == datetime.fromisoformat(closes) == datetime.fromisoformat(closes_utc)
    assert closes_at.astimezone(PARIS).isoformat(timespec="minutes") == closes
    assert proof_due_at(closes_at) == datetime.fromisoformat(due)


def test_both_folds_of_the_repeated_hour_give_the_same_window() -> None:
    """F6.03."""
    folds = [datetime(2026, 10, 25, 2, 30, tzinfo=PARIS, fold=fold) for fold in (0, 1)]
    assert len({window_closes_at(at) for at in folds}) == 1


INSTANTS = st.datetimes(datetime(2019, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC))


@given(INSTANTS)
def test_a_window_ends_at_a_paris_midnight_sixteen_days_on(sent_at: datetime) -> None:
    closes = window_closes_at(sent_at).astimezone(PARIS)
    assert (closes.hour, closes.minute, closes.second) == (0, 0, 0)
    assert (closes.date() - sent_at.astimezone(PARIS).date()).days == WINDOW_DAYS + 1
    assert timedelta(days=15) - timedelta(hours=1) <= closes - sent_at <= timedelta(days=16, hours=1)


@given(INSTANTS, st.timedeltas(timedelta(0), timedelta(days=400)))
def test_a_later_notice_never_closes_earlier(sent_at: datetime, later: timedelta) -> None:
    assert window_closes_at(sent_at) <= window_closes_at(sent_at + later)


@given(INSTANTS)
def test_the_proof_is_due_one_legal_day_after_the_end(sent_at: datetime) -> None:
    closes_at = window_closes_at(sent_at)
    assert timedelta(hours=23) <= proof_due_at(closes_at) - closes_at <= timedelta(hours=25)


@pytest.mark.parametrize(
    ("issued", "until"),
    [
        ("2026-01-28T12:00+01:00", "2027-01-29T00:00+01:00"),
        ("2028-02-29T12:00+01:00", "2029-03-01T00:00+01:00"),
    ],
)
def test_a_year_of_keeping_is_a_whole_year(issued: str, until: str) -> None:
    assert retention_ends_at(datetime.fromisoformat(issued)) == datetime.fromisoformat(until)


@given(INSTANTS, st.integers(1, 30))
def test_nothing_may_be_deleted_before_its_years_are_over(issued_at: datetime, years: int) -> None:
    assert retention_ends_at(issued_at, years=years) - issued_at >= timedelta(days=365 * years)


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        window_closes_at(datetime(2026, 1, 1))


def test_the_examples_hold_in_a_process_started_in_another_zone() -> None:
    """F6.03."""
    script = (
        "from datetime import datetime\n"
        "from lre_kit.law.deadlines import window_closes_at\n"
        "print(window_closes_at(datetime.fromisoformat('2026-06-30T22:30+00:00')).isoformat())\n"
    )
    for zone in ("Pacific/Kiritimati", "America/St_Johns"):
        done = subprocess.run(
            [sys.executable, "-P", "-c", script], env=os.environ | {"TZ": zone}, capture_output=True, text=True, check=True
        )  # fmt: skip
        assert done.stdout.strip() == "2026-07-16T22:00:00+00:00"
