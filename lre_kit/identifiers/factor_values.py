"""Factors as plain values, for sessions and signed cookies."""

from collections.abc import Mapping
from typing import Any

from lre_kit.clock import from_iso, iso
from lre_kit.law.assurance import Category, Factor, Level, Means


def factor_values(factor: Factor) -> dict[str, Any]:
    """Return a factor as plain values."""
    return {
        "means": factor.means.value,
        "categories": [category.value for category in factor.categories],
        "dynamic": factor.dynamic,
        "at": iso(factor.at),
        "identifier_id": factor.identifier_id,
        "vouched": factor.vouched.value if factor.vouched else None,
        "derogation": factor.derogation,
    }


def factor_from(values: Mapping[str, Any]) -> Factor:
    """Return the factor that `factor_values` wrote.

    Raises:
        KeyError: A value is missing.
        ValueError: A value is none of its kind.
    """
    return Factor(
        means=Means(values["means"]),
        categories=tuple(Category(name) for name in values["categories"]),
        dynamic=values["dynamic"],
        at=from_iso(values["at"]),
        identifier_id=values["identifier_id"],
        vouched=Level(values["vouched"]) if values["vouched"] else None,
        derogation=values["derogation"],
    )
