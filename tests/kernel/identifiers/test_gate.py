"""The gate before an act: never open below the level that is asked, and always with words."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lre_kit.identifiers.gate import Acting, Gate, NotIdentifiedError, Proofed
from lre_kit.law.assurance import Category, Factor, Level, Means
from lre_kit.law.products import Product
from lre_kit.law.proofing_methods import ProofingMethod
from lre_kit.law.refusals import Lack, Way
from lre_kit.law.requirements import required_at

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
QUALIFIED = required_at(Product.QUALIFIED, at=NOW)
SIMPLE = required_at(Product.SIMPLE, at=NOW)


def factor(means: Means, *, minutes: int = 1, vouched: Level | None = None) -> Factor:
    categories, dynamic = {
        Means.PASSWORD: ((Category.KNOWLEDGE,), False),
        Means.SECURITY_KEY: ((Category.POSSESSION, Category.KNOWLEDGE), True),
        Means.EID: ((Category.POSSESSION, Category.KNOWLEDGE), True),
    }.get(means, ((Category.POSSESSION,), True))
    at = NOW - timedelta(minutes=minutes)
    return Factor(means=means, categories=categories, dynamic=dynamic, at=at, vouched=vouched)


def gate(proofed: Proofed | None = None) -> Gate:
    return Gate(clock=lambda: NOW, proofing_of=lambda *_: proofed, available=lambda: frozenset(Way))


def proofed(level: Level = Level.SUBSTANTIAL, method: str = Means.VISUAL.value) -> Proofed:
    return Proofed(id="proofing-1", level=level, method=method, at=NOW - timedelta(days=3))


def test_an_email_code_is_enough_for_a_simple_letter_and_not_for_a_qualified_one() -> None:
    acting = Acting(party_id=None, factors=[factor(Means.EMAIL_CODE)])
    found = gate().recipient(SIMPLE, acting, letter_id="l")
    assert (found.level, found.means, found.is_pending) == (Level.LOW, "e-mail code", False)
    with pytest.raises(NotIdentifiedError) as caught:
        gate().recipient(QUALIFIED, acting, letter_id="l")
    assert Lack.PROOFING in caught.value.refusal.lacks
    assert Way.REMOTE_IDENTIFICATION in caught.value.refusal.ways
    assert caught.value.problem


def test_two_codes_on_two_channels_are_one_category() -> None:
    codes = [factor(Means.EMAIL_CODE), factor(Means.AUTHENTICATOR), factor(Means.PAPER_CODES)]
    with pytest.raises(NotIdentifiedError) as caught:
        gate(proofed()).recipient(QUALIFIED, Acting(party_id="p", factors=codes), letter_id="l")
    assert caught.value.refusal.lacks == (Lack.SECOND_CATEGORY,)
    assert Way.PASSWORD in caught.value.refusal.ways


def test_a_password_and_a_code_by_email_are_not_two_factors() -> None:
    factors = [factor(Means.PASSWORD), factor(Means.EMAIL_CODE)]
    with pytest.raises(NotIdentifiedError) as caught:
        gate(proofed()).recipient(QUALIFIED, Acting(party_id="p", factors=factors), letter_id="l")
    assert Lack.SECOND_CATEGORY in caught.value.refusal.lacks


def test_a_proofed_person_with_password_and_paper_code_decides_on_a_qualified_letter() -> None:
    factors = [factor(Means.PASSWORD, minutes=5), factor(Means.PAPER_CODES)]
    found = gate(proofed()).recipient(QUALIFIED, Acting(party_id="p", factors=factors), letter_id="l")
    assert (found.level, found.means) == (Level.SUBSTANTIAL, "password + paper codes")
    assert (found.proofing, found.proofing_method) == ("proofing-1", ProofingMethod.REMOTE_VISUAL)
    assert found.at == NOW - timedelta(minutes=5)


def test_a_sender_proofed_from_afar_is_not_one_of_a_qualified_letter() -> None:
    acting = Acting(party_id="p", factors=[factor(Means.SECURITY_KEY)])
    with pytest.raises(NotIdentifiedError) as caught:
        gate(proofed()).sender(Product.QUALIFIED, acting)
    assert caught.value.refusal.lacks == (Lack.PROOFING_METHOD,)
    met = gate(proofed(method=ProofingMethod.FACE_TO_FACE.value)).sender(Product.QUALIFIED, acting)
    assert met is not None
    assert met.proofing_method == ProofingMethod.FACE_TO_FACE
    eid = Acting(party_id="p", factors=[factor(Means.EID, vouched=Level.SUBSTANTIAL)])
    vouched = gate().sender(Product.QUALIFIED, eid)
    assert vouched is not None
    assert (vouched.level, vouched.proofing_method) == (Level.SUBSTANTIAL, ProofingMethod.EID)


def test_a_simple_letter_asks_nothing_of_its_sender() -> None:
    assert gate().sender(Product.SIMPLE, Acting(party_id=None, factors=[])) is None


def test_an_acceptance_may_wait_for_a_proofing_but_not_for_nobody() -> None:
    waiting = Acting(party_id="p", factors=[factor(Means.EMAIL_CODE)])
    found = gate().recipient(QUALIFIED, waiting, letter_id="l", is_pending=True)
    assert (found.is_pending, found.level) == (True, Level.LOW)
    with pytest.raises(NotIdentifiedError):
        gate().recipient(QUALIFIED, Acting(party_id="p", factors=[]), letter_id="l", is_pending=True)


@given(
    means=st.lists(st.sampled_from(list(Means)), max_size=4),
    minutes=st.integers(-60, 60),
    level=st.none() | st.sampled_from(list(Level)),
    vouched=st.none() | st.sampled_from(list(Level)),
)
def test_the_gate_never_opens_below_the_level(
    means: list[Means], minutes: int, level: Level | None, vouched: Level | None
) -> None:
    factors = [factor(each, minutes=minutes, vouched=vouched) for each in means]
    known = None if level is None else proofed(level)
    try:
        found = gate(known).recipient(QUALIFIED, Acting(party_id="p", factors=factors), letter_id="l")
    except NotIdentifiedError:
        return
    assert found.level.at_least(Level.SUBSTANTIAL)
    assert 0 <= minutes <= 30
    eligible = vouched is not None and vouched.at_least(Level.SUBSTANTIAL)
    assert eligible or (known is not None and known.level.at_least(Level.SUBSTANTIAL))
