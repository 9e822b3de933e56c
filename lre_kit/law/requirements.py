"""What is required of a role at an instant, with derogations applied, and what is missing for it.

Two questions are kept apart. *Proofing* asks who the person is, once: at which level and by which
method (CPCE R. 53-1; eIDAS art. 24(1)). *Authentication* asks whether it is that person now: two
categories of factors and a dynamic one (Reg. (EU) 2015/1502, points 2.2.1 and 2.3.1).
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from lre_kit.law.assurance import ADDRESS_CHECKS, Category, Factor, Level, Means, level_reached
from lre_kit.law.derogations import SHIPPED, Policy
from lre_kit.law.products import Product
from lre_kit.law.proofing_methods import ANY_METHOD, VOUCHING_METHODS, ProofingMethod, method_named
from lre_kit.law.refusals import Lack, Refusal, Way
from lre_kit.law.regimes import STANDING, Matter, Regime, Requirements, requirements


class Role(StrEnum):
    """Who is identified: the one who deposits or the one who is addressed."""

    SENDER = "sender"
    RECIPIENT = "recipient"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleRequirements:
    """What one role must show for one product at an instant."""

    level: Level | None
    """Level the identification must reach; none where nobody is identified."""
    proofing_level: Level | None
    """Level of the initial proofing; none where none is asked."""
    proofing_methods: frozenset[ProofingMethod]
    """Methods of proofing accepted."""
    two_categories: bool
    """Whether factors of two categories are asked (point 2.2.1)."""
    dynamic: bool
    """Whether a dynamic factor is asked (point 2.3.1)."""
    freshness: timedelta
    """Age up to which a factor counts."""
    proofing_years: int
    """Years for which a proofing counts."""
    derogation: str | None
    """Id of the derogation that eased this role, if one did."""
    in_force: frozenset[str]
    """Ids of all derogations that hold: means issued under any other one do not count."""
    reference: str
    """The texts: regime, and derogation if one eases it."""


def required_at(
    product: Product,
    *,
    at: datetime,
    regimes: Sequence[Regime] = STANDING,
    policy: Policy = SHIPPED,
    not_after_seen: datetime | None = None,
    matter: Matter = Matter.ORDINARY,
) -> Requirements:
    """Return what a letter deposited at an instant must meet, with derogations applied.

    Raises:
        RequirementError: No regime was in force then for this product.
    """
    required = requirements(product, at=at, regimes=regimes, matter=matter)
    for derogation in policy.in_force(at, product=product, not_after_seen=not_after_seen):
        changes = derogation.changes
        eased = replace(
            required,
            sender_level=_lower(required.sender_level, changes.sender_level),
            sender_proofing_level=_lower(required.sender_proofing_level, changes.sender_proofing_level),
            sender_proofing_methods=required.sender_proofing_methods | changes.sender_proofing_methods,
        )
        if eased != required:
            required = replace(eased, derogation=derogation.id)
    return required


def for_role(
    product: Product,
    role: Role,
    at: datetime,
    regimes: Sequence[Regime] = STANDING,
    derogations: Policy = SHIPPED,
    *,
    not_after_seen: datetime | None = None,
) -> RoleRequirements:
    """Return what a role must show at an instant.

    Args:
        product: The letter's product.
        role: Sender or recipient.
        at: Instant of the act.
        regimes: Those the office knows.
        derogations: The derogations the office knows.
        not_after_seen: Latest instant the office ever saw; a derogation that ended before it stays ended.

    Raises:
        RequirementError: No regime was in force then for this product.
    """
    required = required_at(product, at=at, regimes=regimes, policy=derogations, not_after_seen=not_after_seen)
    held = derogations.in_force(at, product=product, not_after_seen=not_after_seen)
    return of_letter(required, role, regimes=regimes, policy=derogations, in_force=[one.id for one in held])


def of_letter(
    required: Requirements,
    role: Role,
    *,
    in_force: Iterable[str],
    regimes: Sequence[Regime] = STANDING,
    policy: Policy = SHIPPED,
) -> RoleRequirements:
    """Return what a role must show by requirements frozen into a letter.

    Args:
        required: The letter's.
        role: Sender or recipient.
        in_force: Ids of the derogations that hold now, whatever held at the deposit.
        regimes: For the reference.
        policy: For the reference.
    """
    sender = role is Role.SENDER
    level = required.sender_level if sender else required.recipient_level
    strong = level is not None and level.at_least(Level.SUBSTANTIAL)
    eased = policy.by_id(required.derogation) if sender and required.derogation else None
    texts = [regime.reference for regime in regimes if regime.id == required.regime]
    if eased:
        texts.append(eased.reference)
    return RoleRequirements(
        level=level,
        proofing_level=required.sender_proofing_level if sender else required.recipient_proofing_level,
        proofing_methods=(
            required.sender_proofing_methods if sender else required.recipient_proofing_methods
        ),
        two_categories=strong,
        dynamic=strong,
        freshness=timedelta(seconds=required.freshness_s),
        proofing_years=required.proofing_years,
        derogation=required.derogation if sender else None,
        in_force=frozenset(in_force),
        reference="; ".join(texts) or required.regime,
    )


def missing(
    required: RoleRequirements,
    *,
    proofing: Level | None,
    factors: Iterable[Factor],
    at: datetime,
    available: Collection[str],
    method: str | None = None,
    proofed_at: datetime | None = None,
) -> Refusal | None:
    """Return what is missing for an act, or nothing if all is there.

    Args:
        required: What the role must show.
        proofing: Level of the person's proofing in force; none if there was none.
        factors: What was shown at this authentication.
        at: Instant of the act.
        available: Ways the office offers (`Way`, kinds of means included), suspended ones left out.
        method: How the identity was proofed. Unknown, it does where every method is accepted.
        proofed_at: When; unknown, its age is not judged.
    """
    if required.level is None:
        return None
    strong = required.two_categories or required.dynamic
    shown = [
        f
        for f in factors
        if (f.derogation is None or f.derogation in required.in_force)
        and not (strong and f.means in ADDRESS_CHECKS)
    ]
    lawful = [_as_accepted(factor, required) for factor in shown]
    lacks = _proofing_lacks(required, proofing=proofing, method=method, proofed_at=proofed_at, at=at)
    own = None if lacks else proofing
    fresh = [factor for factor in lawful if timedelta(0) <= at - factor.at <= required.freshness]
    if any(f.vouched and _vouches(f.vouched, required) for f in fresh):
        return None
    reached = level_reached(
        [replace(factor, vouched=None) for factor in fresh],
        proofing=own or (None if required.proofing_level else Level.HIGH),
        at=at,
        freshness=required.freshness,
    )
    lacks += _strength_lacks(required, fresh=fresh, lawful=lawful, at=at)
    if not lacks and not reached.at_least(required.level):
        lacks = [Lack.LEVEL]
    if not lacks:
        return None
    return Refusal(
        lacks=tuple(lacks),
        ways=_ways(lacks, required, fresh=fresh, available=available),
        reached=reached,
        asked=required.level,
    )


def _lower(asked: Level | None, eased: Level | None) -> Level | None:
    """A derogation only ever eases: it never asks more than the regime does."""
    return eased if asked and eased and asked.at_least(eased) else asked


def _as_accepted(factor: Factor, required: RoleRequirements) -> Factor:
    """Return a factor without its issuer's word, where that way of proofing is not accepted."""
    if factor.vouched and VOUCHING_METHODS.get(factor.means) not in required.proofing_methods:
        return replace(factor, vouched=None)
    return factor


def _vouches(vouched: Level, required: RoleRequirements) -> bool:
    return vouched.at_least(required.level) and vouched.at_least(required.proofing_level)


def _proofing_lacks(
    required: RoleRequirements,
    *,
    proofing: Level | None,
    method: str | None,
    proofed_at: datetime | None,
    at: datetime,
) -> list[Lack]:
    if required.proofing_level is None:
        return []
    if proofing is None or not proofing.at_least(required.proofing_level):
        return [Lack.PROOFING]
    is_any = method is None and required.proofing_methods >= ANY_METHOD
    if not is_any and method_named(method) not in required.proofing_methods:
        return [Lack.PROOFING_METHOD]
    if proofed_at is not None and not proofed_at <= at < _years_later(proofed_at, required.proofing_years):
        return [Lack.PROOFING_AGE]
    return []


def _strength_lacks(
    required: RoleRequirements, *, fresh: Sequence[Factor], lawful: Sequence[Factor], at: datetime
) -> list[Lack]:
    lacks = _strength(required, fresh)
    past = [factor for factor in lawful if factor.at <= at]
    # What was shown earlier would do: the person need not find another means, only use it again.
    return [Lack.FRESHNESS] if lacks and past and not _strength(required, past) else lacks


def _strength(required: RoleRequirements, factors: Sequence[Factor]) -> list[Lack]:
    if not factors:
        return [Lack.FACTOR]
    categories: set[Category] = {category for factor in factors for category in factor.categories}
    lacks = []
    if required.two_categories and len(categories) < 2:
        lacks.append(Lack.SECOND_CATEGORY)
    if required.dynamic and not any(factor.dynamic for factor in factors):
        lacks.append(Lack.DYNAMIC)
    return lacks


def _ways(
    lacks: Collection[Lack],
    required: RoleRequirements,
    *,
    fresh: Sequence[Factor],
    available: Collection[str],
) -> tuple[Way, ...]:
    strong = required.two_categories or required.dynamic
    used = {factor.means for factor in fresh}
    found: set[Way] = set()
    if _PROOFING_LACKS & set(lacks):
        found |= {way for way, method in _WAY_METHODS.items() if method in required.proofing_methods}
    if set(lacks) - _PROOFING_LACKS:
        found |= {way for way, method in _VOUCHING_WAYS.items() if method in required.proofing_methods}
    if {Lack.FACTOR, Lack.FRESHNESS, Lack.SECOND_CATEGORY, Lack.DYNAMIC} & set(lacks):
        found |= _STRONG_WAYS if strong else {*_STRONG_WAYS, Way.EMAIL_CODE}
        if Means.PASSWORD not in used and Lack.SECOND_CATEGORY in lacks:
            found.add(Way.PASSWORD)
    return tuple(way for way in Way if way in found and way.value in available)


def _years_later(instant: datetime, years: int) -> datetime:
    """Return the instant some years later; 29 February becomes 1 March where there is none."""
    try:
        return instant.replace(year=instant.year + years)
    except ValueError:
        return instant.replace(year=instant.year + years, month=3, day=1)


_PROOFING_LACKS = frozenset({Lack.PROOFING, Lack.PROOFING_METHOD, Lack.PROOFING_AGE})

_VOUCHING_WAYS = {Way.EID: ProofingMethod.EID, Way.CERTIFICATE: ProofingMethod.CERTIFICATE}

_WAY_METHODS = {
    **_VOUCHING_WAYS,
    Way.REMOTE_IDENTIFICATION: ProofingMethod.REMOTE_VISUAL,
    Way.FACE_TO_FACE: ProofingMethod.FACE_TO_FACE,
}

_STRONG_WAYS = frozenset({Way.SECURITY_KEY, Way.AUTHENTICATOR, Way.PAPER_CODES, Way.PAPER_SEED})
