"""What is required, by product and date. Law is data with dates: a derogation is a row, not an ``if``."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from lre_kit.errors import RequirementError
from lre_kit.law.assurance import FRESHNESS, Level
from lre_kit.law.products import Product
from lre_kit.law.proofing_methods import ANY_METHOD, IN_PERSON_OR_EQUAL, ProofingMethod


class Matter(StrEnum):
    """What a letter is about, where the law has rules of its own for it."""

    ORDINARY = "ordinary"
    CO_OWNERSHIP = "co_ownership"
    """Notices and summonses of a co-ownership (loi n° 65-557, art. 42-1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirements:
    """What one letter must meet; frozen into it at deposit."""

    regime: str
    """Id of the regime it was deposited under."""
    product: Product
    sender_level: Level | None
    """Level the sender must be identified at."""
    recipient_level: Level | None
    """Level the recipient must be identified at before a decision."""
    consent_required: bool
    """Whether a non-professional recipient must have consented (CPCE L. 100)."""
    sender_hidden: bool
    """Whether the sender stays unknown until acceptance (CPCE R. 53-3)."""
    window_days: int | None
    """Days to accept or refuse, from the day after the notice; none where there is no window."""
    proof_days: int
    """Days after the window within which refusal or non-claim must be proved."""
    retention_years: int
    """Years proofs are kept at least."""
    time_zone: str
    """Zone of the legal days."""
    sender_proofing_level: Level | None = None
    """Level of the sender's initial identity proofing (CPCE R. 53-1); none where none is asked."""
    sender_proofing_methods: frozenset[ProofingMethod] = ANY_METHOD
    """Methods of proofing accepted for senders."""
    recipient_proofing_level: Level | None = None
    """Level of the recipient's initial identity proofing (Reg. 2015/1502, point 2.1)."""
    recipient_proofing_methods: frozenset[ProofingMethod] = ANY_METHOD
    """Methods of proofing accepted for recipients."""
    freshness_s: int = int(FRESHNESS.total_seconds())
    """Seconds for which an authentication counts for an act."""
    proofing_years: int = 5
    """Years for which a proofing counts, from its day."""
    pending_days: int | None = 15
    """Days for which an acceptance waits for the recipient's identification, from the day after it; none
    without an end. The texts are silent: an acceptance in time counts, and the hand-over waits."""
    consent_regime: str = "CPCE_L100"
    """Text that a consent answers to, where one is required (`lre_kit.law.consents.ConsentRegime`)."""
    derogation: str | None = None
    """Id of the derogation that eased the above, if one did."""
    choice_days: int | None = None
    """Days to choose between electronic and paper, from the day after the notice; none without a choice."""
    electronic_as: Product | None = None
    """The kind a letter with a choice goes on as when electronic is chosen."""

    def to_json(self) -> dict[str, Any]:
        """Return plain values for keeping."""
        methods = {name: sorted(getattr(self, name)) for name in _METHOD_FIELDS}
        return asdict(self) | methods

    @classmethod
    def from_json(cls, kept: Mapping[str, Any] | str) -> "Requirements":
        """Return what `to_json` kept, as values or as a text.

        Fields that letters of older versions lack take their defaults.
        """
        return _requirements(kept if isinstance(kept, str) else json.dumps(dict(kept)))


_LEVEL_FIELDS = ("sender_level", "recipient_level", "sender_proofing_level", "recipient_proofing_level")
_METHOD_FIELDS = ("sender_proofing_methods", "recipient_proofing_methods")


@lru_cache(maxsize=256)
def _requirements(text: str) -> Requirements:
    """Return what a text says; letters of one regime, of which there are many, share one value."""
    kept = json.loads(text)
    levels = {name: Level(kept[name]) if kept[name] else None for name in _LEVEL_FIELDS if name in kept}
    methods = {name: frozenset(map(ProofingMethod, kept[name])) for name in _METHOD_FIELDS if name in kept}
    goes_on = kept.get("electronic_as")
    products = {
        "product": Product(kept["product"]),
        "electronic_as": Product(goes_on) if goes_on else None,
    }
    return Requirements(**{**kept, **products, **levels, **methods})


@dataclass(frozen=True, slots=True, kw_only=True)
class Regime:
    """Requirements in force between two dates, with the text they come from."""

    id: str
    reference: str
    """The text: article, decree, decision."""
    valid_from: date
    """First day in force."""
    valid_until: date | None = None
    """Last day in force, included; none while it stands."""
    time_zone: str = "Europe/Paris"
    matter: Matter = Matter.ORDINARY
    """What it is about: the rules of one matter never stand in for another's."""
    products: Mapping[Product, Requirements]

    def in_force(self, at: datetime) -> bool:
        """Tell whether the regime is in force at an instant, by its own legal days."""
        day = at.astimezone(ZoneInfo(self.time_zone)).date()
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)


_FRENCH_ID = "FR-CPCE-2019"

_QUALIFIED = Requirements(
    regime=_FRENCH_ID,
    product=Product.QUALIFIED,
    sender_level=Level.SUBSTANTIAL,
    recipient_level=Level.SUBSTANTIAL,
    consent_required=True,
    sender_hidden=True,
    window_days=15,
    proof_days=1,
    retention_years=1,
    time_zone="Europe/Paris",
    sender_proofing_level=Level.SUBSTANTIAL,
    sender_proofing_methods=IN_PERSON_OR_EQUAL,
    recipient_proofing_level=Level.SUBSTANTIAL,
)

# What the letters that are not qualified ask: nobody's identity is proofed.
_UNPROOFED = replace(
    _QUALIFIED,
    sender_level=None,
    sender_proofing_level=None,
    sender_proofing_methods=ANY_METHOD,
    recipient_proofing_level=None,
)

FRENCH = Regime(
    id=_FRENCH_ID,
    reference="CPCE L. 100, R. 53 to R. 53-4 (décret 2018-347)",
    valid_from=date(2019, 1, 1),
    products={
        Product.QUALIFIED: _QUALIFIED,
        Product.SIMPLE: replace(
            _UNPROOFED,
            product=Product.SIMPLE,
            recipient_level=Level.LOW,
            consent_required=False,
        ),
        # On paper the sender stands on the envelope and the post keeps the item fifteen days.
        Product.HYBRID: replace(
            _UNPROOFED,
            product=Product.HYBRID,
            recipient_level=None,
            consent_required=False,
            sender_hidden=False,
            window_days=None,
        ),
        Product.OPTIMAL: replace(
            _UNPROOFED,
            product=Product.OPTIMAL,
            recipient_level=Level.LOW,
            consent_required=False,
        ),
    },
)
"""The standing French regime, in force since 1 January 2019."""

CO_OWNERSHIP = Regime(
    id="FR-COPRO-2024",
    reference="loi n° 65-557 art. 42-1 (loi n° 2024-322); décret n° 67-223 arts 64 to 64-9",
    valid_from=date(2024, 4, 11),
    matter=Matter.CO_OWNERSHIP,
    products={
        # Electronic is the rule, who summons is known, and the time is that of a summons.
        Product.QUALIFIED: replace(
            _QUALIFIED,
            regime="FR-COPRO-2024",
            sender_hidden=False,
            window_days=21,
            consent_regime="COPRO_42_1",
        ),
    },
)
"""Notices of a co-ownership: twenty-one days, the sender shown; dates and days are for counsel to confirm."""

STANDING: tuple[Regime, ...] = (FRENCH, CO_OWNERSHIP)
"""Regimes known to the kit; where several of a matter are in force, the one that began last decides."""


def requirements(
    product: Product,
    *,
    at: datetime,
    regimes: Sequence[Regime] = STANDING,
    matter: Matter = Matter.ORDINARY,
) -> Requirements:
    """Return what a letter of this product deposited at this instant must meet.

    Args:
        product: What is sent.
        at: The instant of the deposit.
        regimes: Those the office knows.
        matter: What the letter is about.

    Raises:
        RequirementError: No regime was in force then for this product and matter.
    """
    of_matter = [regime for regime in regimes if regime.matter is matter and regime.in_force(at)]
    found = [regime for regime in of_matter if product in regime.products]
    if not found and of_matter:
        known = ", ".join(sorted({each.value for regime in of_matter for each in regime.products}))
        msg = f"Letters of this matter are not sent as {product.value} letters."
        raise RequirementError(msg, mend=f"Choose one of: {known}.")
    if not found:
        msg = f"No rule was in force for {product.value} letters on {at:%Y-%m-%d}."
        raise RequirementError(msg, mend="Check the machine's clock and the regimes configured.")
    return max(found, key=lambda regime: regime.valid_from).products[product]
