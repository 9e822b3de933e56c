"""The rules of consent, for any order of acts."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lre_kit.errors import UnlawfulActError
from lre_kit.law.consents import (
    RULES,
    Capacity,
    ConsentAct,
    ConsentPolicy,
    ConsentRegime,
    ConsentState,
    Standing,
    allows,
    decide,
    is_free_mail,
    looks_personal,
)

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
POLICY = ConsentPolicy(
    request_days=20, reminder_days=(3, 7), ask_again_days=10, valid_days=100, renewal_days=5
)
REGIMES = st.sampled_from(list(ConsentRegime))
STEPS = st.lists(st.tuples(st.sampled_from(list(ConsentAct)), st.integers(0, 60)), max_size=25)


def lived(
    steps: list[tuple[ConsentAct, int]], regime: ConsentRegime
) -> list[tuple[ConsentAct, datetime, Standing]]:
    standing, at, told = Standing(), START, []
    for act, days in steps:
        at += timedelta(days=days)
        try:
            standing = decide(act, standing, at, regime, POLICY)
        except UnlawfulActError:
            continue
        told.append((act, at, standing))
    return told


@given(STEPS, REGIMES)
def test_only_a_yes_that_nothing_ended_counts(
    steps: list[tuple[ConsentAct, int]], regime: ConsentRegime
) -> None:
    told = lived(steps, regime)
    if not told:
        return
    _, at, standing = told[-1]
    yes = [when for act, when, _ in told if act is ConsentAct.GIVEN]
    against = [
        when for act, when, _ in told if act in {ConsentAct.WITHDRAWN, ConsentAct.REFUSED, ConsentAct.EXPIRED}
    ]
    if standing.counts_at(at):
        assert yes
        assert at < yes[-1] + timedelta(days=100)
        assert all(end <= yes[-1] for end in against)
    assert not standing.counts_at(at + timedelta(days=1000))


@given(STEPS, REGIMES, st.sampled_from(list(Capacity)))
def test_who_said_no_is_never_written_to_unless_exempt(
    steps: list[tuple[ConsentAct, int]], regime: ConsentRegime, capacity: Capacity
) -> None:
    for _, at, standing in lived(steps, regime):
        if standing.state in {ConsentState.REFUSED, ConsentState.WITHDRAWN}:
            assert allows(regime, capacity, standing, at) == (capacity in RULES[regime].exempt)


@given(STEPS)
def test_silence_is_no_consent_except_where_electronic_is_the_rule(
    steps: list[tuple[ConsentAct, int]],
) -> None:
    assert not allows(ConsentRegime.CPCE_L100, Capacity.CONSUMER, Standing(), START)
    assert not allows(ConsentRegime.CRPA_L112_15, Capacity.CONSUMER, Standing(), START)
    assert allows(ConsentRegime.COPRO_42_1, Capacity.CONSUMER, Standing(), START)
    silent = [
        (act, days) for act, days in steps if act in {ConsentAct.ASKED, ConsentAct.LATER, ConsentAct.EXPIRED}
    ]
    for _, at, standing in lived(silent, ConsentRegime.CPCE_L100):
        assert not allows(ConsentRegime.CPCE_L100, Capacity.CONSUMER, standing, at)


@given(STEPS, REGIMES)
def test_nobody_is_asked_again_shortly_after_a_no(
    steps: list[tuple[ConsentAct, int]], regime: ConsentRegime
) -> None:
    before: tuple[datetime, Standing] | None = None
    for act, at, standing in lived(steps, regime):
        against = {ConsentState.REFUSED, ConsentState.WITHDRAWN}
        if act is ConsentAct.ASKED and before and before[1].state in against:
            assert before[1].decided_at is not None
            assert at >= before[1].decided_at + timedelta(days=10)
        before = (at, standing)


@given(st.integers(0, 99))
def test_a_consent_counts_from_its_instant_until_its_end_which_is_excluded(days: int) -> None:
    given_at = START
    standing = decide(ConsentAct.GIVEN, Standing(), given_at, ConsentRegime.CPCE_L100, POLICY)
    assert not standing.counts_at(given_at - timedelta(microseconds=1))
    assert standing.counts_at(given_at + timedelta(days=days))
    assert not standing.counts_at(given_at + timedelta(days=100))


def test_asking_for_a_renewal_takes_nothing_away() -> None:
    standing = decide(ConsentAct.GIVEN, Standing(), START, ConsentRegime.CPCE_L100, POLICY)
    with pytest.raises(UnlawfulActError, match="consented already"):
        decide(ConsentAct.ASKED, standing, START + timedelta(days=94), ConsentRegime.CPCE_L100, POLICY)
    renewing = decide(ConsentAct.ASKED, standing, START + timedelta(days=96), ConsentRegime.CPCE_L100, POLICY)
    assert renewing.counts_at(START + timedelta(days=96))


def test_a_free_mailbox_of_a_professional_is_only_warned_of() -> None:
    assert is_free_mail("Someone@GMAIL.com")
    assert not is_free_mail("someone@gmail.com.example")
    assert looks_personal(Capacity.PROFESSIONAL, "x@orange.fr")
    assert not looks_personal(Capacity.CONSUMER, "x@orange.fr")


@pytest.mark.parametrize(
    "wrong",
    [{"request_days": 0}, {"reminder_days": (7, 3)}, {"reminder_days": (70,)}, {"valid_days": 10}],
)
def test_a_policy_that_cannot_be_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"must|short"):
        ConsentPolicy(**wrong)  # type: ignore[arg-type]
