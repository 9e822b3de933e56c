"""The four products, what each is called, and what a letter may claim to be.

Nothing claims more than it is: without trust-list references for seal and time stamp, the words
"qualified", "LRE" and "recommandé" appear only in the notice that says this is a non-qualified
service (CPCE L. 100 and L. 101; eIDAS art. 44).
"""

from enum import StrEnum

from lre_kit.errors import UnknownProductError


class Product(StrEnum):
    """What is sent."""

    QUALIFIED = "qualified"
    """Strong identification, sender hidden until acceptance, fifteen-day window (eIDAS art. 44)."""
    SIMPLE = "simple"
    """Lower assurance, no legal equivalence."""
    HYBRID = "hybrid"
    """Printed and carried by a postman (CPCE L. 100)."""
    OPTIMAL = "optimal"
    """The recipient chooses electronic or paper."""


class Claim(StrEnum):
    """What a letter may say of itself."""

    NON_QUALIFIED = "non_qualified"
    QUALIFIED = "qualified"


def parse_product(text: str) -> Product:
    """Return the product of this name.

    Raises:
        UnknownProductError: There is none; the message lists those there are.
    """
    try:
        return Product(text.strip().lower())
    except ValueError:
        msg = f"There is no product called “{text[:40]}”."
        raise UnknownProductError(msg, mend=f"Choose one of: {', '.join(Product)}.") from None


def claim_for(product: Product, *, seal_reference: str | None, timestamp_reference: str | None) -> Claim:
    """Return what a letter of this product may claim, given its trust-list references."""
    proven = bool(seal_reference and timestamp_reference)
    return Claim.QUALIFIED if product is Product.QUALIFIED and proven else Claim.NON_QUALIFIED


def claim_notice(claim: Claim, language: str) -> str:
    """Return the sentence that says in words what the service is."""
    return _NOTICES[claim][language]


def product_name(product: Product, claim: Claim, language: str) -> str:
    """Return what people read as the product's name; it never says more than `claim` allows."""
    if claim is Claim.QUALIFIED:
        return {"fr": "Lettre recommandée électronique", "en": "Qualified electronic registered letter"}[
            language
        ]
    return _NAMES[product][language]


_NOTICES = {
    Claim.NON_QUALIFIED: {
        "fr": (
            "Ce service d'envoi n'est pas un service d'envoi recommandé électronique qualifié : "
            "il ne produit pas les effets d'une lettre recommandée."
        ),
        "en": (
            "This is a non-qualified electronic delivery service: "
            "it does not have the legal effect of a registered letter."
        ),
    },
    Claim.QUALIFIED: {
        "fr": (
            "Service d'envoi recommandé électronique qualifié "
            "au sens de l'article 44 du règlement (UE) n° 910/2014."
        ),
        "en": (
            "Qualified electronic registered delivery service "
            "within Article 44 of Regulation (EU) No 910/2014."
        ),
    },
}

_NAMES = {
    Product.QUALIFIED: {
        "fr": "Lettre électronique à identification forte",
        "en": "Strongly identified letter",
    },
    Product.SIMPLE: {"fr": "Lettre électronique suivie", "en": "Tracked electronic letter"},
    Product.HYBRID: {"fr": "Lettre imprimée et distribuée", "en": "Printed and delivered letter"},
    Product.OPTIMAL: {"fr": "Lettre au choix du destinataire", "en": "Recipient's choice letter"},
}
