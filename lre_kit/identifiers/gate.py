"""The gate before an act: what was shown is held against what the rules ask, and the answer has words.

Neither the pages nor the API judge by themselves: they hand in the factors that were shown, and get
either what the act needs (`Identified`, `SenderIdentified`) or what is missing and the ways to get it.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lre_kit.clock import Clock
from lre_kit.errors import RequirementError
from lre_kit.identifiers.identified import Identified, SenderIdentified
from lre_kit.law.assurance import ADDRESS_CHECKS, Factor, Level, Means, level_reached
from lre_kit.law.derogations import SHIPPED, Policy
from lre_kit.law.products import Product
from lre_kit.law.proofing_methods import VOUCHING_METHODS, ProofingMethod
from lre_kit.law.refusals import Lack, Refusal
from lre_kit.law.regimes import STANDING, Regime, Requirements
from lre_kit.law.requirements import Role, RoleRequirements, for_role, missing, of_letter

METHOD_OF = {Means.VISUAL.value: ProofingMethod.REMOTE_VISUAL}
"""Methods of proofing by the name under which proofings are kept."""


class NotIdentifiedError(RequirementError):
    """Something is missing to know who acts; `refusal` says what, and which ways there are."""

    slug = "not-identified"

    def __init__(self, refusal: Refusal) -> None:
        """Keep the refusal; its English words are the error's."""
        words = refusal.words.en
        problem, _, mend = words.partition(" Ways offered:")
        super().__init__(problem, mend=f"Ways offered:{mend}" if mend else "Ask the provider for help.")
        self.refusal = refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Proofed:
    """A person's identity proofing in force."""

    id: str
    level: Level
    method: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Acting:
    """Who acts and what was shown of them.

    Attributes:
        party_id: The person at the browser; nothing where only an address was checked.
        factors: What was shown, each with its time.
        delegate: Their name, where they act for another by a mandate.
        mandate: Reference of that mandate.
        proofed: The proofing the host application vouches for, where it does; else the office's own counts.
        proofed_since: Given, only the office's own proofings of cases opened then or later count: an
            earlier one may be of another person who read the same mailbox.
    """

    party_id: str | None
    factors: Sequence[Factor]
    delegate: str | None = None
    mandate: str | None = None
    proofed: Proofed | None = None
    proofed_since: datetime | None = None


class Gate:
    """Judges who acts."""

    def __init__(
        self,
        *,
        clock: Clock,
        proofing_of: Callable[[str, datetime | None], Proofed | None],
        available: Callable[[], Collection[str]],
        policy: Policy = SHIPPED,
        regimes: Sequence[Regime] = STANDING,
        latest: Callable[[], datetime | None] = lambda: None,
    ) -> None:
        """Wire the gate.

        Args:
            clock: The office's clock.
            proofing_of: Finds a party's proofing in force, of a case opened at an instant or later.
            available: Names the ways the office offers now (`lre_kit.law.refusals.Way`).
            policy: Derogations and suspensions.
            regimes: Those the office knows.
            latest: Tells the latest instant the office ever saw.
        """
        self._clock = clock
        self._proofing_of = proofing_of
        self._available = available
        self._policy = policy
        self._regimes = regimes
        self._latest = latest

    def recipient(
        self, required: Requirements, acting: Acting, *, letter_id: str, is_pending: bool = False
    ) -> Identified:
        """Return who decides on a letter.

        Args:
            required: What was frozen into the letter at its deposit.
            acting: Who is there.
            letter_id: The letter.
            is_pending: Whether an identity proofing for this letter waits for its verdict: the person may
                then accept, and the content waits.

        Raises:
            NotIdentifiedError: Something is missing.
        """
        in_force = self._policy.in_force(self._clock(), product=required.product, not_after_seen=self._seen())
        role = of_letter(
            required,
            Role.RECIPIENT,
            in_force=[derogation.id for derogation in in_force],
            regimes=self._regimes,
            policy=self._policy,
        )
        shown, refusal = self._judged(role, acting)
        if shown is None or (refusal is not None and not is_pending):
            raise NotIdentifiedError(refusal or _nobody(role))
        return Identified(letter_id=letter_id, is_pending=refusal is not None, **shown)

    def sender(self, product: Product, acting: Acting) -> SenderIdentified | None:
        """Return who deposits; nothing where nobody was shown and nothing is asked.

        Raises:
            NotIdentifiedError: Something is missing.
            RequirementError: No rule was in force for this product.
        """
        role = for_role(
            product,
            Role.SENDER,
            self._clock(),
            self._regimes,
            self._policy,
            not_after_seen=self._seen(),
        )
        shown, refusal = self._judged(role, acting)
        if refusal is not None:
            raise NotIdentifiedError(refusal)
        return None if shown is None else SenderIdentified(party_id=acting.party_id or "", **shown)

    def _seen(self) -> datetime | None:
        # Only a derogation in force can have ended already, by a later clock: else nobody is asked.
        return self._latest() if self._policy.in_force(self._clock()) else None

    def _judged(self, role: RoleRequirements, acting: Acting) -> tuple[dict[str, Any] | None, Refusal | None]:
        """Return what evidence says of who is there, and what is missing."""
        now = self._clock()
        own = self._proofing_of(acting.party_id, acting.proofed_since) if acting.party_id else None
        proofed = own if own is not None else acting.proofed
        method = METHOD_OF.get(proofed.method, proofed.method) if proofed else None
        refusal = missing(
            role,
            proofing=proofed.level if proofed else None,
            factors=acting.factors,
            at=now,
            available=self._available(),
            method=method,
            proofed_at=proofed.at if proofed else None,
        )
        fresh = [factor for factor in acting.factors if _is_fresh(factor, role, now)]
        if not fresh:
            return None, refusal
        vouching = [factor for factor in fresh if factor.vouched and factor.vouched.at_least(role.level)]
        if vouching and method is None:
            method = VOUCHING_METHODS.get(vouching[0].means)
        level = proofed.level if proofed else None
        counted = [factor for factor in fresh if factor.means not in ADDRESS_CHECKS] or fresh
        return {
            "means": " + ".join(dict.fromkeys(factor.means.value for factor in fresh)),
            # Short of what is asked, only what counts lawfully is claimed: a level refused for the way or
            # the age of its proofing, or for a derogation that ended, opens nothing.
            "level": refusal.reached
            if refusal
            else level_reached(fresh, proofing=level, at=now, freshness=role.freshness),
            "categories": tuple(dict.fromkeys(c for factor in counted for c in factor.categories)),
            "at": min(factor.at for factor in fresh),
            "proofing": proofed.id if proofed else None,
            "proofing_method": str(method) if method else None,
            "derogation": role.derogation,
            "delegate": acting.delegate,
            "mandate": acting.mandate,
        }, refusal


def _nobody(role: RoleRequirements) -> Refusal:
    return Refusal(lacks=(Lack.FACTOR,), ways=(), reached=Level.LOW, asked=role.level)


def _is_fresh(factor: Factor, role: RoleRequirements, now: datetime) -> bool:
    age = now - factor.at
    return age.total_seconds() >= 0 and age <= role.freshness
