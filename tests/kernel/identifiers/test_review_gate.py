"""The gate under attack: who waits for a verdict is worth no more than what counts lawfully."""

from datetime import UTC, datetime, timedelta

from lre_kit.identifiers.gate import Acting, Gate, Proofed
from lre_kit.law.assurance import Category, Factor, Level, Means
from lre_kit.law.products import Product
from lre_kit.law.refusals import Way
from lre_kit.law.requirements import required_at

NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
STRONG = (
    Factor(means=Means.PASSWORD, categories=(Category.KNOWLEDGE,), dynamic=False, at=NOW),
    Factor(means=Means.PAPER_CODES, categories=(Category.POSSESSION,), dynamic=True, at=NOW),
)


def test_a_proofing_that_is_too_old_gives_no_level_while_a_new_one_is_pending() -> None:
    old = Proofed(
        id="p", level=Level.SUBSTANTIAL, method=Means.VISUAL.value, at=NOW - timedelta(days=365 * 20)
    )
    gate = Gate(clock=lambda: NOW, proofing_of=lambda *_: old, available=lambda: frozenset(Way))
    required = required_at(Product.QUALIFIED, at=NOW)
    acting = Acting(party_id="jeanne", factors=STRONG)
    found = gate.recipient(required, acting, letter_id="letter", is_pending=True)
    assert found.is_pending
    assert not found.level.at_least(Level.SUBSTANTIAL)


def test_a_means_of_a_derogation_that_ended_gives_no_level_while_a_proofing_is_pending() -> None:
    proofed = Proofed(id="p", level=Level.SUBSTANTIAL, method=Means.VISUAL.value, at=NOW)
    gate = Gate(clock=lambda: NOW, proofing_of=lambda *_: proofed, available=lambda: frozenset(Way))
    eased = Factor(
        means=Means.PAPER_CODES, categories=(Category.POSSESSION,), dynamic=True, at=NOW, derogation="over"
    )
    acting = Acting(party_id="jeanne", factors=(STRONG[0], eased))
    required = required_at(Product.QUALIFIED, at=NOW)
    found = gate.recipient(required, acting, letter_id="letter", is_pending=True)
    assert not found.level.at_least(Level.SUBSTANTIAL)


def test_a_proofing_from_before_the_account_does_not_count_for_it() -> None:
    asked: list[datetime | None] = []

    def proofing_of(_: str, since: datetime | None) -> Proofed | None:
        asked.append(since)
        return None

    gate = Gate(clock=lambda: NOW, proofing_of=proofing_of, available=lambda: frozenset(Way))
    required = required_at(Product.SIMPLE, at=NOW)
    gate.recipient(required, Acting(party_id="jeanne", factors=STRONG, proofed_since=NOW), letter_id="letter")
    assert asked == [NOW]
