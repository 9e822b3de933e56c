"""Which product fits: plain answers to plain questions, and a warning where a choice cannot do what is asked.

Only a qualified service is equivalent to a registered letter (CPCE L. 100), and only a recipient who is a
professional or has consented may be sent one. Paper carried by the post is the post's own product.
"""

from dataclasses import dataclass
from enum import StrEnum

from lre_kit.law.products import Claim, Product


class Caution(StrEnum):
    """Why a product does not do what the sender needs."""

    NOT_EQUIVALENT = "not_equivalent"
    """The law must see a registered letter, and this kind never is one."""
    OFFICE_NOT_QUALIFIED = "office_not_qualified"
    """The kind could be one, but this office is not a qualified service."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What the sender says of the letter."""

    equivalence: bool
    """The law must see it as a registered letter with acknowledgement of receipt."""
    electronic: bool = True
    """The recipient can be reached electronically and may be (a professional, or with consent)."""


def advice(needs: Needs) -> tuple[Product, ...]:
    """Return the products that fit, the best first."""
    if needs.equivalence:
        return (Product.QUALIFIED, Product.HYBRID) if needs.electronic else (Product.HYBRID,)
    return (Product.SIMPLE, Product.OPTIMAL) if needs.electronic else (Product.HYBRID, Product.OPTIMAL)


def caution(product: Product, claim: Claim, needs: Needs) -> Caution | None:
    """Return what the sender must be told before depositing, if anything.

    Args:
        product: The one chosen.
        claim: What a letter of it may claim in this office.
        needs: What the sender said.
    """
    if not needs.equivalence or product is Product.HYBRID or claim is Claim.QUALIFIED:
        return None
    return Caution.OFFICE_NOT_QUALIFIED if product is Product.QUALIFIED else Caution.NOT_EQUIVALENT
