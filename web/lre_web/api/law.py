"""What the rules ask at an instant, and which days they lead to: products, requirements, deadlines."""

from datetime import date, datetime, timedelta

from pydantic import AwareDatetime, Field

from lre_kit.clock import PARIS, as_utc
from lre_kit.errors import NotFoundError, RequirementError
from lre_kit.identifiers.derogation_files import policy_of
from lre_kit.identifiers.high_water import latest_seen
from lre_kit.integration.values import Scope
from lre_kit.law.assurance import Level
from lre_kit.law.deadlines import WINDOW_DAYS, proof_due_at, retention_ends_at, window_closes_at
from lre_kit.law.products import Claim, Product, product_name
from lre_kit.law.proofing_methods import ProofingMethod
from lre_kit.law.requirements import Role, RoleRequirements, for_role, required_at
from lre_kit.letters.paper import ON_PAPER
from lre_kit.letters.values import Letter
from lre_web.api.declaring import Asked, Call, Result, Route, Told
from lre_web.api.letters import own

YEARS_MAX = 10
"""How far from now an instant may lie that is asked about, in years."""


class AtAsked(Asked):
    """For when it is asked."""

    at: AwareDatetime | None = None
    """The instant; by default now."""


class DeadlinesAsked(Asked):
    """A notice that leaves, or would leave."""

    sent_at: AwareDatetime | None = None
    """When it leaves; by default now."""
    days: int = Field(default=WINDOW_DAYS, ge=1, le=60)
    """Days of the window, from the day after it."""


class RoleTold(Told):
    """What somebody must show."""

    level: Level | None
    """Level of the identification; nothing where nobody is identified."""
    proofing_level: Level | None
    """Level of the identity proofing before it; nothing where none is asked."""
    proofing_methods: list[ProofingMethod]
    """Ways of proofing that are accepted."""
    two_categories: bool
    """Whether factors of two categories are asked."""
    freshness_s: int
    """Seconds for which what was shown counts."""
    derogation: str | None
    """Derogation that eases it now."""
    reference: str
    """The texts."""


class ProductTold(Told):
    """A product, and what it asks now."""

    product: Product
    """Its name in this API."""
    name_fr: str
    """What people read, in French."""
    name_en: str
    """What people read, in English."""
    claim: Claim
    """What its letters may claim to be."""
    is_offered: bool
    """Whether this office takes such letters: paper needs a post room."""
    consent_required: bool
    """Whether a consumer must have consented before."""
    sender_hidden: bool
    """Whether the sender stays unknown until acceptance."""
    window_days: int | None
    """Days to accept or refuse; nothing where there is no window."""
    choice_days: int | None
    """Days to choose between electronic and paper; nothing without a choice."""
    sender: RoleTold
    """What the sender must show."""
    recipient: RoleTold
    """What the recipient must show."""


class ProductsTold(Told):
    """All products at an instant."""

    at: datetime
    """The instant (UTC)."""
    items: list[ProductTold]
    """The products."""


class DeadlinesTold(Told):
    """The days that follow from a notice; days are those of legal time (Europe/Paris)."""

    sent_at: datetime | None
    """When the notice left; nothing: it did not yet."""
    first_day: date | None
    """First day of the window: the day after."""
    last_day: date | None
    """Last whole day on which the letter can be accepted or refused."""
    closes_at: datetime | None
    """Exclusive end of the window (UTC): the midnight after that day."""
    proof_due_at: datetime | None
    """Before this, refusal or non-claim must be proved."""
    kept_until: datetime | None
    """Until then proofs of now may not be deleted."""
    rule: str
    """How it is counted, in a sentence."""
    is_over: bool
    """Whether the window is over."""
    left_s: int | None
    """Seconds that are left of it."""


_RULE = (
    "{days} calendar days in legal time (Europe/Paris) from the day after the notice left; Saturdays, "
    "Sundays and holidays count, and nothing is extended (CPCE R. 53-3)."
)


def _products(call: Call) -> Result:
    at = as_utc(call.query.at or call.office.clock())
    if abs(at - call.office.clock()) > timedelta(days=366 * YEARS_MAX):
        msg = "No rule is known for that instant."
        raise RequirementError(msg, mend=f"Ask for one within {YEARS_MAX} years.")
    return Result(body=ProductsTold(at=at, items=[_product(call, each, at) for each in Product]))


def _product(call: Call, product: Product, at: datetime) -> ProductTold:
    office = call.office
    policy, seen = policy_of(office.settings), latest_seen(office.database)
    asked = required_at(product, at=at, policy=policy, not_after_seen=seen)
    roles = {role: for_role(product, role, at, derogations=policy, not_after_seen=seen) for role in Role}
    claim = office.intake.claim(product)
    return ProductTold(
        product=product,
        name_fr=product_name(product, claim, "fr"),
        name_en=product_name(product, claim, "en"),
        claim=claim,
        is_offered=product not in ON_PAPER or office.settings.post_provider != "off",
        consent_required=asked.consent_required,
        sender_hidden=asked.sender_hidden,
        window_days=asked.window_days,
        choice_days=asked.choice_days,
        sender=_role(roles[Role.SENDER]),
        recipient=_role(roles[Role.RECIPIENT]),
    )


def _role(role: RoleRequirements) -> RoleTold:
    return RoleTold(
        level=role.level,
        proofing_level=role.proofing_level,
        proofing_methods=sorted(role.proofing_methods),
        two_categories=role.two_categories,
        freshness_s=int(role.freshness.total_seconds()),
        derogation=role.derogation,
        reference=role.reference,
    )


def _deadlines(call: Call) -> Result:
    asked: DeadlinesAsked = call.query
    now = call.office.clock()
    sent_at = as_utc(asked.sent_at or now)
    if abs(sent_at - now) > timedelta(days=366 * YEARS_MAX):
        msg = "That day is too far away."
        raise RequirementError(msg, mend=f"Ask for one within {YEARS_MAX} years.")
    closes = window_closes_at(sent_at, days=asked.days)
    return Result(body=_told(sent_at, closes, proof_due_at(closes), days=asked.days, now=now))


def _of_letter(call: Call) -> Result:
    letter: Letter = own(call)
    days = letter.requirements.window_days
    told = _told(
        letter.notified_at,
        letter.window_closes_at if letter.notified_at is not None else None,
        letter.proof_due_at,
        days=days or 0,
        now=call.office.clock(),
    )
    rule = told.rule if days is not None else "This letter has no window."
    years = letter.requirements.retention_years
    kept = retention_ends_at(letter.decided_at or letter.deposited_at, years=years)
    return Result(body=told.model_copy(update={"rule": rule, "kept_until": kept}))


def _told(
    sent_at: datetime | None, closes: datetime | None, due: datetime | None, *, days: int, now: datetime
) -> DeadlinesTold:
    last = (closes.astimezone(PARIS) - datetime.resolution).date() if closes is not None else None
    return DeadlinesTold(
        sent_at=sent_at,
        first_day=sent_at.astimezone(PARIS).date() + timedelta(days=1) if sent_at is not None else None,
        last_day=last,
        closes_at=closes,
        proof_due_at=due,
        kept_until=retention_ends_at(now),
        rule=_RULE.format(days=days),
        is_over=closes is not None and now >= closes,
        left_s=max(0, int((closes - now).total_seconds())) if closes is not None else None,
    )


ROUTES = (
    Route(
        method="GET", path="/products", name="listProducts", tag="Rules", scope=None,
        summary="Read what each product asks of sender and recipient, now or at an instant",
        handler=_products, query=AtAsked, answer=ProductsTold, errors=(RequirementError,),
    ),
    Route(
        method="GET", path="/deadlines", name="explainDeadlines", tag="Rules", scope=None,
        summary="Read which days follow from a notice that leaves at an instant", handler=_deadlines,
        query=DeadlinesAsked, answer=DeadlinesTold, errors=(RequirementError,),
    ),
    Route(
        method="GET", path="/letters/<number>/deadlines", name="readDeadlines", tag="Rules",
        scope=Scope.LETTERS_READ, summary="Read which days a letter's notice led to, and why",
        handler=_of_letter, answer=DeadlinesTold, errors=(NotFoundError,),
    ),
)  # fmt: skip
"""The routes of rules and days."""
