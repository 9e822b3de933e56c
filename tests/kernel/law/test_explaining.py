"""What happens on which date, by which rule: in order, in both languages, at the rule's own instants."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from lre_kit.law.deadlines import proof_due_at, window_closes_at
from lre_kit.law.explaining import explain
from lre_kit.law.products import Product
from lre_kit.law.regimes import Matter, requirements

INSTANTS = st.datetimes(datetime(2025, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))


@given(INSTANTS, st.sampled_from([Product.SIMPLE, Product.QUALIFIED]))
def test_dates_are_those_of_the_rules_in_order(sent: datetime, product: Product) -> None:
    notified, first, closes, proof = explain(requirements(product, at=sent), notified_at=sent)
    assert notified.at == sent
    assert closes.at == window_closes_at(sent)
    assert proof.at == proof_due_at(closes.at)
    assert notified.at < first.at < closes.at < proof.at
    assert first.at - notified.at <= timedelta(hours=25)
    assert {each.rule for each in (notified, first, closes, proof)} == {"CPCE R. 53-3"}


def test_the_window_that_a_letter_keeps_is_the_one_explained() -> None:
    sent = datetime(2026, 3, 20, 13, 30, tzinfo=UTC)
    kept = window_closes_at(sent) + timedelta(days=1)
    found = explain(requirements(Product.SIMPLE, at=sent), notified_at=sent, closes_at=kept)
    assert [each.at for each in found if each.name == "closes"] == [kept]


def test_a_co_ownership_has_its_own_days_and_text_and_paper_has_none() -> None:
    sent = datetime(2026, 3, 20, 13, 30, tzinfo=UTC)
    found = explain(requirements(Product.QUALIFIED, at=sent, matter=Matter.CO_OWNERSHIP), notified_at=sent)
    assert found[2].at == window_closes_at(sent, days=21)
    assert found[2].rule.startswith("loi n° 65-557")
    assert "21" in found[1].words.fr
    assert explain(requirements(Product.HYBRID, at=sent), notified_at=sent) == ()
