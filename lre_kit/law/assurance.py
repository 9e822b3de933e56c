"""Levels of assurance and the categories of factors that yield them (Reg. (EU) 2015/1502)."""

from collections.abc import Collection
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
