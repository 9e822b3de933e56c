"""Who deposits over the API: whoever holds the key, and with a pass, whoever identified for it.

A key shows that a program is the sender's, and no more. A letter that asks for an identified sender is
deposited with a pass: the sender shows on the pages what the act asks for, and gets handles for an hour,
one for each thing they showed, bound to one key and to a number of uses. How old what was shown may be,
and whether it still counts, the gate judges at each act, as on the pages.
"""

from dataclasses import replace

from flask import current_app, request

from lre_kit.identifiers.challenges import refused
from lre_kit.identifiers.gate import Acting
from lre_kit.identifiers.identified import SenderIdentified
from lre_kit.integration.values import ApiKey
from lre_kit.law.products import Product
from lre_web.account.session import EXTENSION, account_site
from lre_web.actor import Actor
from lre_web.api.declaring import Call
from lre_web.frame.people import account_acting
from lre_web.mounting import mounted
from lre_web.sender.owning import expect_own_name

HEADER = "LRE-Identification"
"""Header that carries a pass."""

USES = 100
"""Letters or bulk sendings that one pass serves."""

FACTORS_MAX = 6
"""Handles in a pass that are looked at."""


def pass_for(key: ApiKey, acting: Acting) -> str:
    """Return a pass for a key, from what its owner has just shown.

    Raises:
        NotIdentifiedError: What was shown is not enough for a qualified letter.
    """
    office = mounted().office
    office.people.gate.sender(Product.QUALIFIED, acting)
    assert acting.party_id is not None
    with office.database.write() as uow:
        given = [
            office.people.handles.give(
                uow, factor, party_id=acting.party_id, purpose=_purpose(key), uses=USES
            )
            for factor in acting.factors[-FACTORS_MAX:]
        ]
        uow.commit()
    return ".".join(handle.token for handle in given)


def identified_sender(call: Call, product: Product) -> SenderIdentified | None:
    """Return how the gate judges who deposits; nothing where nobody was shown and nothing is asked.

    Raises:
        IdentificationError: The pass is not one of this key, or is used up or too old.
        NotIdentifiedError: The product asks for more than was shown.
        RequirementError: The account bears another name than the identity that was proofed.
    """
    acting = _acting(call)
    identified = call.office.people.gate.sender(product, acting)
    if product not in {Product.SIMPLE, Product.HYBRID}:
        owner = call.owner
        expect_own_name(Actor(ref=owner.ref, name=owner.name, email=owner.email), acting)
    return identified


def _acting(call: Call) -> Acting:
    shown = request.headers.get(HEADER)
    if shown is None:
        return Acting(party_id=None, factors=())
    party_id, people = call.owner.ref, call.office.people
    account = account_site().accounts.of_party(party_id) if EXTENSION in current_app.extensions else None
    tokens = shown.split(".")
    if account is None or len(tokens) > FACTORS_MAX:
        raise refused()
    factors = [people.handles.spend(token, party_id=party_id, purpose=_purpose(call.key)) for token in tokens]
    return account_acting(Acting(party_id=party_id, factors=()), factors, account)


def acting_of(call: Call, *, delegate: str, mandate: str) -> Acting:
    """Return who acts for another by what their pass shows, with what evidence says of it.

    Raises:
        IdentificationError: The pass is not one of this key, or is used up or too old.
    """
    return replace(_acting(call), delegate=delegate, mandate=mandate)


def _purpose(key: ApiKey) -> str:
    return f"api:{key.id}"
