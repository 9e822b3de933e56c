"""The letter with a choice: told electronically, and carried electronically or on paper.

The time to choose is the sender's to set, within bounds; when it ends without an answer, paper goes. If
electronic is chosen, the letter goes on by the rules of the kind it was deposited as. It never claims more
than that it is a letter with a choice.
"""

from dataclasses import replace

from lre_kit.law.products import Product
from lre_kit.law.regimes import Requirements

CHOICE_DAYS_MIN = 1
"""Fewest days to choose, from the day after the notice."""

CHOICE_DAYS_MAX = 15
"""Most days to choose."""

CHOICE_DAYS = 5
"""Days to choose when the sender sets none."""

ELECTRONIC_KINDS = (Product.SIMPLE, Product.QUALIFIED)
"""Kinds such a letter may go on as."""


def with_choice(electronic: Requirements, *, choice_days: int | None) -> Requirements:
    """Return what a letter with a choice must meet, from what its electronic kind asks.

    Args:
        electronic: The requirements of the kind it goes on as.
        choice_days: Days to choose; by default `CHOICE_DAYS`.

    Raises:
        ValueError: Outside the bounds, or not a kind it can go on as.
    """
    days = CHOICE_DAYS if choice_days is None else choice_days
    if not CHOICE_DAYS_MIN <= days <= CHOICE_DAYS_MAX:
        msg = f"the time to choose lies between {CHOICE_DAYS_MIN} and {CHOICE_DAYS_MAX} days"
        raise ValueError(msg)
    if electronic.product not in ELECTRONIC_KINDS:
        msg = f"a letter with a choice cannot go on as {electronic.product.value}"
        raise ValueError(msg)
    return replace(electronic, product=Product.OPTIMAL, choice_days=days, electronic_as=electronic.product)
