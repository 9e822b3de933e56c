"""Which identity titles count, and until when."""

from datetime import date

import pytest

from lre_kit.parties.mrz import check_digit, read_mrz
from lre_kit.parties.titles import TitleKind, TitleReason, judge_title, kind_of, valid_until

AT = date(2026, 3, 1)


def card(*, code="ID", issuer="FRA", number="AB12CD34E", expiry="320101", birth="800101"):
    one = f"{code}{issuer}{number}{check_digit(number)}".ljust(30, "<")
    two = f"{birth}{check_digit(birth)}F{expiry}{check_digit(expiry)}{issuer}".ljust(29, "<")
    two += str(check_digit(one[5:30] + two[:7] + two[8:15] + two[18:29]))
    return read_mrz((one, two, "DURAND<<JEANNE".ljust(30, "<")), at=AT)


def old_card(issued, birth="650101"):
    one = "IDFRADURAND".ljust(30, "<") + "692101"
    number = issued + "69210" + "123"
    two = number + str(check_digit(number)) + "JEANNE".ljust(14, "<") + birth + str(check_digit(birth)) + "F"
    return read_mrz((one, two + str(check_digit(one + two))), at=AT)


def test_a_card_in_date_counts():
    verdict = judge_title(card(), AT)
    assert verdict.ok
    assert verdict.valid_until == date(2032, 1, 1)


def test_an_expired_title_is_refused_for_good_from_the_day_after_its_last():
    """F16.04."""
    assert judge_title(card(expiry="260301"), AT).ok
    verdict = judge_title(card(expiry="260228"), AT)
    assert (verdict.reason, verdict.final) == (TitleReason.EXPIRED, True)


def test_a_driving_licence_is_refused_by_name_in_both_languages():
    verdict = judge_title(TitleKind.DRIVING_LICENCE, AT)
    assert (verdict.ok, verdict.reason, verdict.final) == (False, TitleReason.DRIVING_LICENCE, True)
    assert "permis de conduire" in verdict.fr
    assert "driving licence" in verdict.en
    assert judge_title(card(code="D1"), AT).reason is TitleReason.DRIVING_LICENCE


def test_a_residence_permit_counts_where_the_office_accepts_it():
    permit = card(code="IR")
    assert kind_of(permit) is TitleKind.RESIDENCE_PERMIT
    assert judge_title(permit, AT).ok
    assert judge_title(permit, AT, accept_residence_permit=False).reason is TitleReason.RESIDENCE_PERMIT
    assert not judge_title(TitleKind.RESIDENCE_PERMIT, AT, accept_residence_permit=False).ok


def test_another_kind_than_announced_is_said():
    assert judge_title(card(), AT, declared=TitleKind.PASSPORT).reason is TitleReason.OTHER_KIND
    assert judge_title(card(), AT, declared=TitleKind.IDENTITY_CARD).ok


@pytest.mark.parametrize("facts", [{"issuer": "UTO"}, {"issuer": "XXX"}, {"number": "X4RTBPFW4"}])
def test_specimens_are_refused_unless_a_sandbox_allows_them(facts):
    """F16.04."""
    assert judge_title(card(**facts), AT).reason is TitleReason.SPECIMEN
    assert judge_title(card(**facts), AT, allow_specimens=True).ok


def test_a_zone_that_does_not_read_well_is_never_ok():
    broken = read_mrz(("IDFRAAB12CD34E0".ljust(30, "<"), card().lines[1], card().lines[2]), at=AT)
    assert judge_title(broken, AT).reason is TitleReason.UNREADABLE


@pytest.mark.parametrize(
    ("issued", "birth", "until"),
    [
        ("0312", "650101", date(2013, 12, 31)),
        ("0401", "650101", date(2019, 1, 31)),
        ("1312", "650101", date(2028, 12, 31)),
        ("1401", "650101", date(2024, 1, 31)),
        ("1206", "000101", date(2022, 6, 30)),
        ("1206", "940701", date(2022, 6, 30)),
        ("1206", "940601", date(2027, 6, 30)),
    ],
)
def test_the_old_french_card_counts_ten_years_and_fifteen_for_adults_of_the_extended_years(
    issued, birth, until
):
    title = old_card(issued, birth)
    assert title.ok, title.failed
    assert valid_until(title) == until
    assert judge_title(title, AT).ok is (until >= AT)
