"""Products, claims, levels, regimes, events."""

from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import product as pairs

import pytest

from lre_kit.errors import RequirementError, UnknownProductError
from lre_kit.law.assurance import Category, Level, level_of
from lre_kit.law.events import DECISIVE, STANDARD, ErdsEvent, Reason
from lre_kit.law.products import Claim, Product, claim_for, claim_notice, parse_product, product_name
from lre_kit.law.regimes import FRENCH, STANDING, Regime, Requirements, requirements
from lre_kit.letters.phases import Phase

NOW = datetime(2026, 11, 23, tzinfo=UTC)
FORBIDDEN = ("qualified", "qualifié", "recommandé", "registered", "lre")


def test_there_are_twenty_two_events_and_three_decisive_ones() -> None:
    assert len(STANDARD) == 22
    assert set(ErdsEvent) - STANDARD == {ErdsEvent.CONTENT_ERASURE}
    assert not ErdsEvent.CONTENT_ERASURE.uri.startswith("http://uri.etsi.org"), "it is our own"
    assert {event.code for event in DECISIVE} == {"C.3", "C.4", "C.5"}
    codes = [event.code for event in ErdsEvent if event.code]
    assert len(set(codes)) == len(codes) == 20
    assert ErdsEvent.CONTENT_HANDOVER.uri == "http://uri.etsi.org/19522/Event/ContentHandover"
    assert Reason.REJECTED_BY_RECIPIENT.uri.endswith("EventReason/R_ERDS_MessageRejectedByRecipient")


def test_every_event_and_phase_has_words_in_both_languages() -> None:
    for word in (*ErdsEvent, *Phase):
        assert word.french
        assert word.english


@pytest.mark.parametrize("text", ["simple", " Simple ", "QUALIFIED"])
def test_a_product_is_found_by_name(text: str) -> None:
    assert parse_product(text).value == text.strip().lower()


def test_an_unknown_product_lists_those_there_are() -> None:
    with pytest.raises(UnknownProductError, match="qualified, simple, hybrid, optimal"):
        parse_product("registered")


@pytest.mark.parametrize(("seal", "stamp"), list(pairs([None, "", "FR-TSL-1"], repeat=2)))
def test_only_a_qualified_product_with_both_references_is_qualified(
    seal: str | None, stamp: str | None
) -> None:
    for product in Product:
        claim = claim_for(product, seal_reference=seal, timestamp_reference=stamp)
        qualified = product is Product.QUALIFIED and bool(seal) and bool(stamp)
        assert (claim is Claim.QUALIFIED) == qualified


def test_names_of_letters_that_are_not_qualified_never_say_so() -> None:
    for product, language in pairs(Product, ("fr", "en")):
        name = product_name(product, Claim.NON_QUALIFIED, language).lower()
        assert not any(word in name for word in FORBIDDEN)
    assert "non-qualified" in claim_notice(Claim.NON_QUALIFIED, "en")
    assert "n'est pas" in claim_notice(Claim.NON_QUALIFIED, "fr")


def test_two_codes_on_two_channels_are_one_category() -> None:
    assert level_of([Category.POSSESSION, Category.POSSESSION], dynamic=True) is Level.LOW
    assert level_of([Category.KNOWLEDGE, Category.POSSESSION], dynamic=True) is Level.SUBSTANTIAL
    assert level_of([Category.KNOWLEDGE, Category.POSSESSION], dynamic=False) is Level.LOW


def test_levels_are_ordered() -> None:
    assert Level.HIGH.at_least(Level.SUBSTANTIAL)
    assert Level.LOW.at_least(None)
    assert not Level.LOW.at_least(Level.SUBSTANTIAL)


def test_requirements_read_back_as_kept() -> None:
    for product in Product:
        required = requirements(product, at=NOW)
        assert Requirements.from_json(required.to_json()) == required


def test_no_rule_before_the_french_regime() -> None:
    with pytest.raises(RequirementError, match="2018-12-31"):
        requirements(Product.SIMPLE, at=datetime(2018, 12, 31, 12, tzinfo=UTC))
    # 2019 begins in Paris an hour before it does in UTC.
    assert requirements(Product.SIMPLE, at=datetime(2018, 12, 31, 23, tzinfo=UTC)).regime == FRENCH.id


def test_a_dated_derogation_decides_only_in_its_days() -> None:
    eased = Regime(
        id="TEST-DEROGATION",
        reference="decision 1",
        valid_from=date(2026, 3, 1),
        valid_until=date(2026, 3, 31),
        products={Product.QUALIFIED: replace(FRENCH.products[Product.QUALIFIED], regime="TEST-DEROGATION")},
    )

    def chosen(day: int, month: int) -> str:
        at = datetime(2026, month, day, 12, tzinfo=UTC)
        return requirements(Product.QUALIFIED, at=at, regimes=(*STANDING, eased)).regime

    assert [chosen(28, 2), chosen(1, 3), chosen(31, 3), chosen(1, 4)] == [
        FRENCH.id, eased.id, eased.id, FRENCH.id,
    ]  # fmt: skip
