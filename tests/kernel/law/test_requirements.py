"""What a role must show, what is missing, and which ways are offered."""

from datetime import UTC, datetime, timedelta
from itertools import product as pairs
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lre_kit.law.assurance import FRESHNESS, Category, Factor, Level, Means
from lre_kit.law.derogations import SHIPPED, Policy
from lre_kit.law.products import Product
from lre_kit.law.proofing_methods import ANY_METHOD, IN_PERSON_OR_EQUAL, ProofingMethod
from lre_kit.law.refusals import LACK_WORDS, WAY_WORDS, Lack, Way
from lre_kit.law.regimes import Requirements, requirements
from lre_kit.law.requirements import Role, RoleRequirements, for_role, missing, of_letter, required_at

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
LOCKDOWN = datetime(2020, 4, 15, 9, tzinfo=UTC)
EVERY_WAY = frozenset(way.value for way in Way)

levels = st.sampled_from([None, *Level])
factors = st.builds(
    Factor,
    means=st.sampled_from(Means),
    categories=st.lists(st.sampled_from(Category), min_size=1, max_size=2).map(tuple),
    dynamic=st.booleans(),
    at=st.timedeltas(min_value=-timedelta(hours=2), max_value=timedelta(minutes=1)).map(NOW.__add__),
    vouched=levels,
    derogation=st.sampled_from([None, "FR-2020-COVID"]),
)
roles = st.builds(for_role, st.sampled_from(Product), st.sampled_from(Role), st.just(NOW))


def password(at: datetime = NOW) -> Factor:
    return Factor(means=Means.PASSWORD, categories=(Category.KNOWLEDGE,), dynamic=False, at=at)


def paper_code(at: datetime = NOW, derogation: str | None = None) -> Factor:
    return Factor(
        means=Means.PAPER_CODES,
        categories=(Category.POSSESSION,),
        dynamic=True,
        at=at,
        derogation=derogation,
    )


def security_key(at: datetime = NOW) -> Factor:
    both = (Category.POSSESSION, Category.KNOWLEDGE)
    return Factor(means=Means.SECURITY_KEY, categories=both, dynamic=True, at=at)


def sender() -> RoleRequirements:
    return for_role(Product.QUALIFIED, Role.SENDER, NOW)


def recipient() -> RoleRequirements:
    return for_role(Product.QUALIFIED, Role.RECIPIENT, NOW)


def test_the_sender_of_a_qualified_letter_is_proofed_in_presence_or_by_what_equals_it() -> None:
    required = sender()
    assert (required.level, required.proofing_level) == (Level.SUBSTANTIAL, Level.SUBSTANTIAL)
    assert required.proofing_methods == IN_PERSON_OR_EQUAL
    assert ProofingMethod.REMOTE_VISUAL not in required.proofing_methods
    assert required.two_categories
    assert required.dynamic
    assert required.freshness == FRESHNESS
    assert required.derogation is None
    assert "R. 53" in required.reference


def test_the_recipient_of_a_qualified_letter_may_be_identified_remotely() -> None:
    assert recipient().level is Level.SUBSTANTIAL
    assert ProofingMethod.REMOTE_VISUAL in recipient().proofing_methods


def test_a_letter_that_is_not_qualified_asks_no_proofing() -> None:
    for kind, role in pairs((Product.SIMPLE, Product.HYBRID, Product.OPTIMAL), Role):
        required = for_role(kind, role, NOW)
        assert required.proofing_level is None
        assert not required.two_categories


def test_who_is_not_identified_lacks_nothing() -> None:
    required = for_role(Product.SIMPLE, Role.SENDER, NOW)
    assert missing(required, proofing=None, factors=[], at=NOW, available=[]) is None


def test_an_email_code_does_for_the_recipient_of_a_simple_letter_and_nothing_does_not() -> None:
    required = for_role(Product.SIMPLE, Role.RECIPIENT, NOW)
    code = Factor(means=Means.EMAIL_CODE, categories=(Category.POSSESSION,), dynamic=True, at=NOW)
    assert missing(required, proofing=None, factors=[code], at=NOW, available=[]) is None
    refusal = missing(required, proofing=None, factors=[], at=NOW, available=EVERY_WAY)
    assert refusal is not None
    assert refusal.lacks == (Lack.FACTOR,)
    assert Way.EMAIL_CODE in refusal.ways


@given(roles, levels, st.lists(factors, max_size=4), st.sampled_from([None, *ProofingMethod]))
def test_nobody_is_let_through_below_the_level(
    required: RoleRequirements, proofing: Level | None, shown: list[Factor], method: str | None
) -> None:
    refusal = missing(required, proofing=proofing, factors=shown, at=NOW, available=EVERY_WAY, method=method)
    if refusal is not None or required.level is None:
        return
    fresh = [f for f in shown if timedelta(0) <= NOW - f.at <= FRESHNESS and f.derogation is None]
    assert fresh
    if any(f.vouched and f.vouched.at_least(required.level) for f in fresh):
        return
    assert required.proofing_level is None or (proofing and proofing.at_least(required.proofing_level))
    if required.level.at_least(Level.SUBSTANTIAL):
        assert len({category for f in fresh for category in f.categories}) >= 2
        assert any(f.dynamic for f in fresh)


@given(roles, levels, st.lists(factors, max_size=4))
def test_showing_more_never_hurts(
    required: RoleRequirements, proofing: Level | None, shown: list[Factor]
) -> None:
    def lacks(some: list[Factor]) -> bool:
        return missing(required, proofing=proofing, factors=some, at=NOW, available=[]) is not None

    assert not lacks([*shown, security_key()]) or lacks(shown)


@given(st.lists(st.sampled_from([Means.EMAIL_CODE, Means.PAPER_CODES, Means.AUTHENTICATOR]), max_size=5))
def test_codes_on_any_number_of_channels_are_one_category(channels: list[Means]) -> None:
    shown = [
        Factor(means=means, categories=(Category.POSSESSION,), dynamic=True, at=NOW) for means in channels
    ]
    refusal = missing(
        recipient(), proofing=Level.HIGH, factors=shown, at=NOW, available=EVERY_WAY, method="face_to_face"
    )
    assert refusal is not None
    # A code by e-mail only shows that a mailbox is read: it is no factor at all here.
    counted = [means for means in channels if means is not Means.EMAIL_CODE]
    assert refusal.lacks == ((Lack.SECOND_CATEGORY,) if counted else (Lack.FACTOR,))


def test_a_password_and_a_paper_code_do_once_the_identity_is_proofed() -> None:
    shown = [password(), paper_code()]
    proofed: dict[str, Any] = {
        "proofing": Level.SUBSTANTIAL,
        "factors": shown,
        "at": NOW,
        "available": EVERY_WAY,
    }
    assert missing(sender(), **proofed, method="face_to_face") is None
    assert missing(recipient(), **proofed, method="remote_visual") is None
    unproofed = missing(sender(), **proofed | {"proofing": None})
    assert unproofed is not None
    assert unproofed.lacks == (Lack.PROOFING,)
    assert unproofed.ways == (Way.EID, Way.CERTIFICATE, Way.FACE_TO_FACE)


@pytest.mark.parametrize("method", ["remote_visual", "tea leaves", None])
def test_a_sender_proofed_in_another_way_is_told_so(method: str | None) -> None:
    shown = [security_key()]
    refusal = missing(
        sender(), proofing=Level.HIGH, factors=shown, at=NOW, available=EVERY_WAY, method=method
    )
    assert refusal is not None
    assert refusal.lacks == (Lack.PROOFING_METHOD,)
    assert Way.REMOTE_IDENTIFICATION not in refusal.ways


def test_an_issuer_who_vouches_stands_for_proofing_and_strength() -> None:
    eid = Factor(
        means=Means.EID,
        categories=(Category.POSSESSION, Category.KNOWLEDGE),
        dynamic=True,
        at=NOW,
        vouched=Level.SUBSTANTIAL,
    )
    assert missing(sender(), proofing=None, factors=[eid], at=NOW, available=[]) is None
    hosted = Factor(
        means=Means.HOST, categories=(Category.KNOWLEDGE,), dynamic=True, at=NOW, vouched=Level.HIGH
    )
    assert missing(sender(), proofing=None, factors=[hosted], at=NOW, available=[]) is not None


def test_what_was_shown_too_long_ago_is_asked_again_and_nothing_else() -> None:
    shown = [security_key(NOW - FRESHNESS - timedelta(seconds=1))]
    refusal = missing(sender(), proofing=Level.HIGH, factors=shown, at=NOW, available=EVERY_WAY, method="eid")
    assert refusal is not None
    assert refusal.lacks == (Lack.FRESHNESS,)
    assert Way.SECURITY_KEY in refusal.ways
    edge = [security_key(NOW - FRESHNESS)]
    assert missing(sender(), proofing=Level.HIGH, factors=edge, at=NOW, available=[], method="eid") is None


def test_a_proofing_counts_five_years() -> None:
    done: dict[str, Any] = {
        "proofing": Level.HIGH,
        "factors": [security_key()],
        "available": EVERY_WAY,
        "method": "eid",
    }
    assert missing(sender(), **done, at=NOW, proofed_at=datetime(2021, 11, 23, 10, tzinfo=UTC)) is None
    old = missing(sender(), **done, at=NOW, proofed_at=datetime(2021, 11, 23, 9, tzinfo=UTC))
    assert old is not None
    assert old.lacks == (Lack.PROOFING_AGE,)
    leap = missing(sender(), **done, at=NOW, proofed_at=datetime(2024, 2, 29, tzinfo=UTC))
    assert leap is None


def test_only_ways_the_office_offers_are_named_and_the_words_exist_in_both_languages() -> None:
    refusal = missing(
        recipient(),
        proofing=None,
        factors=[],
        at=NOW,
        available=["paper_codes", "remote_identification"],
    )
    assert refusal is not None
    assert refusal.ways == (Way.REMOTE_IDENTIFICATION, Way.PAPER_CODES)
    assert "identification à distance, codes papier et mot de passe" in refusal.words.fr
    assert "remote identification, paper codes and password" in refusal.words.in_language("en")
    nothing = missing(recipient(), proofing=None, factors=[], at=NOW, available=[])
    assert nothing is not None
    assert "No way is offered" in nothing.words.en
    assert set(LACK_WORDS) == set(Lack)
    assert set(WAY_WORDS) == set(Way)


def test_under_the_derogation_a_sender_may_be_proofed_remotely() -> None:
    eased = for_role(Product.QUALIFIED, Role.SENDER, LOCKDOWN)
    assert eased.derogation == "FR-2020-COVID"
    assert eased.proofing_methods == ANY_METHOD
    assert "ANSSI" in eased.reference
    untouched = for_role(Product.QUALIFIED, Role.RECIPIENT, LOCKDOWN)
    assert untouched.derogation is None
    simple = for_role(Product.SIMPLE, Role.SENDER, LOCKDOWN)
    assert simple.derogation is None


def test_a_means_issued_under_a_derogation_counts_only_while_it_holds() -> None:
    shown: dict[str, Any] = {"proofing": Level.SUBSTANTIAL, "available": EVERY_WAY, "method": "remote_visual"}
    during = for_role(Product.QUALIFIED, Role.SENDER, LOCKDOWN)
    sheet = [password(LOCKDOWN), paper_code(LOCKDOWN, "FR-2020-COVID")]
    assert missing(during, **shown, factors=sheet, at=LOCKDOWN) is None
    after = missing(
        recipient(), **shown, factors=[password(), paper_code(derogation="FR-2020-COVID")], at=NOW
    )
    assert after is not None
    assert after.lacks == (Lack.SECOND_CATEGORY, Lack.DYNAMIC)


def test_a_clock_set_back_brings_no_derogation_back() -> None:
    seen = datetime(2020, 10, 1, tzinfo=UTC)
    required = for_role(Product.QUALIFIED, Role.SENDER, LOCKDOWN, not_after_seen=seen)
    assert required.derogation is None
    assert required.in_force == frozenset()


def test_requirements_frozen_into_a_letter_keep_their_derogation_and_old_ones_still_load() -> None:
    frozen = required_at(Product.QUALIFIED, at=LOCKDOWN)
    assert Requirements.from_json(frozen.to_json()) == frozen
    kept = frozen.to_json()
    before = {
        "regime", "product", "sender_level", "recipient_level", "consent_required", "sender_hidden",
        "window_days", "proof_days", "retention_years", "time_zone",
    }  # fmt: skip
    old = Requirements.from_json({name: value for name, value in kept.items() if name in before})
    assert old.derogation is None
    assert old.sender_proofing_level is None
    required = of_letter(frozen, Role.SENDER, in_force=[])
    assert required.derogation == "FR-2020-COVID"
    assert required.in_force == frozenset()


@given(
    st.sampled_from(Product),
    st.datetimes(datetime(2019, 1, 2), datetime(2030, 1, 1), timezones=st.just(UTC)),
)
def test_a_derogation_never_asks_more_than_the_regime(kind: Product, at: datetime) -> None:
    standing = requirements(kind, at=at)
    eased = required_at(kind, at=at, policy=SHIPPED)
    assert required_at(kind, at=at, policy=Policy(derogations=())) == standing
    assert standing.sender_proofing_methods <= eased.sender_proofing_methods
    if standing.sender_level:
        assert standing.sender_level.at_least(eased.sender_level)
    assert eased.recipient_proofing_methods == standing.recipient_proofing_methods
