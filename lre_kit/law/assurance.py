"""Levels of assurance and the categories of factors that yield them (Reg. (EU) 2015/1502)."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

LEVEL_URI = "http://eidas.europa.eu/LoA/"
"""Prefix of eIDAS level URIs."""


class Level(StrEnum):
    """An eIDAS level of assurance (niveau de garantie); compare with `at_least`."""

    LOW = "low"
    SUBSTANTIAL = "substantial"
    HIGH = "high"

    @property
    def uri(self) -> str:
        """The level's URI."""
        return LEVEL_URI + self.value

    def at_least(self, other: "Level | None") -> bool:
        """Tell whether this level is as high as `other`; nothing asked is always met."""
        return other is None or _ORDER.index(self) >= _ORDER.index(other)


_ORDER = (Level.LOW, Level.SUBSTANTIAL, Level.HIGH)


class Category(StrEnum):
    """A category of authentication factor; two codes on two channels are both possession."""

    KNOWLEDGE = "knowledge"
    POSSESSION = "possession"
    INHERENCE = "inherence"


def level_of(categories: Collection[Category], *, dynamic: bool) -> Level:
    """Return the level an authentication reaches by itself (points 2.2.1 and 2.3.1, substantial).

    Args:
        categories: Those of the factors used; repeats count once.
        dynamic: Whether what is sent changes at each authentication.
    """
    strong = len(set(categories)) >= 2 and dynamic
    return Level.SUBSTANTIAL if strong else Level.LOW


class Means(StrEnum):
    """What somebody authenticates with; the values stand in evidence as ``AuthenticationMethod``."""

    EMAIL_CODE = "e-mail code"
    PASSWORD = "password"  # noqa: S105 - a name
    RECOVERY_CODE = "recovery code"
    PAPER_CODES = "paper codes"
    PAPER_SEED = "paper seed"
    AUTHENTICATOR = "authenticator"
    SECURITY_KEY = "security key"
    CERTIFICATE = "certificate"
    EID = "electronic identity"
    VISUAL = "remote visual identification"
    HOST = "host application"


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """One thing that was shown at an authentication: by which means, of which categories, when.

    `vouched` is the level a means carries by itself because its issuer proved the identity: a notified
    electronic identity or an accepted certificate. Everything else stands on the office's own proofing.
    """

    means: Means
    categories: tuple[Category, ...]
    dynamic: bool
    at: datetime
    identifier_id: str | None = None
    vouched: Level | None = None
    derogation: str | None = None


ADDRESS_CHECKS = frozenset({Means.EMAIL_CODE})
"""Means that show that somebody reads a mailbox, and no more: never one of two factors (OWASP ASVS 6.3.6)."""

FRESHNESS = timedelta(minutes=30)
"""Age up to which a factor counts for an act; the office's session may be set shorter."""


def level_reached(
    factors: Iterable[Factor], *, proofing: Level | None, at: datetime, freshness: timedelta = FRESHNESS
) -> Level:
    """Return the level that an authentication reaches at an instant.

    It is the lower of how strongly the person authenticated (two categories and a dynamic factor give
    substantial, points 2.2.1 and 2.3.1) and of how well the identity was proofed (point 2.1.2). A factor
    whose issuer vouches for the identity stands for both. Factors that are stale, or from the future,
    do not count; with none left the level is low.

    Args:
        factors: What was shown.
        proofing: Level of the identity proofing in force; nothing if there was none.
        at: Instant of the act.
        freshness: Age up to which a factor counts.
    """
    fresh = [
        factor
        for factor in factors
        if timedelta(0) <= at - factor.at <= freshness and factor.means not in ADDRESS_CHECKS
    ]
    strength = level_of(
        {category for factor in fresh for category in factor.categories},
        dynamic=any(factor.dynamic for factor in fresh),
    )
    own = min(strength, proofing or Level.LOW, key=_ORDER.index)
    return max([own, *(factor.vouched for factor in fresh if factor.vouched)], key=_ORDER.index)
