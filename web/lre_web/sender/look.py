"""The last look before a deposit: summary, the recipient's consent, what they will see; nothing is sent."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from flask import Blueprint, render_template, request

from lre_kit.authority import NoAuthorityError
from lre_kit.carriers.notices import MailIdentity, notice_message
from lre_kit.clock import PARIS
from lre_kit.consents.values import ConsentInfo
from lre_kit.errors import InputError, RequirementError
from lre_kit.identifiers.gate import Acting, NotIdentifiedError
from lre_kit.law.consents import Capacity, ConsentState
from lre_kit.law.deadlines import window_closes_at
from lre_kit.law.products import Product, parse_product
from lre_kit.law.requirements import required_at
from lre_kit.letters.phases import Phase
from lre_kit.letters.terms import checked_terms
from lre_kit.letters.values import NoticeView
from lre_kit.parties.values import Sender
from lre_web.actor import Actor
from lre_web.frame.people import sender_acting
from lre_web.mounting import mounted
from lre_web.sender.deposit import deposit_form, notify_time
from lre_web.sender.in_name_of import behalf_of
from lre_web.sender.owning import current_actor, words_of
from lre_web.sender.prepared import PREFIX, house_of
from lre_web.words.compose import compose_texts

NUMBER = "····-····-····-····"
"""Stands for the number, which is given at the deposit."""


def add_pages(blueprint: Blueprint) -> None:
    """Add the page."""
    blueprint.add_url_rule("/deposit/look", "deposit_look", _look, methods=["POST"])


def _look() -> str | tuple[str, int]:
    actor, typed, office = current_actor(), request.form, mounted().office
    try:
        product = parse_product(typed.get("product", Product.SIMPLE.value))
        leaves = notify_time(typed.get("notify_at", ""))
        sender, acting = _named(actor, typed.get("for", ""))
    except (InputError, RequirementError, NoAuthorityError) as error:
        return deposit_form(typed, error), error.status
    now = office.clock()
    try:
        early = _told_before(typed, product, leaves, now)
    except InputError as error:
        return deposit_form(typed, error), error.status
    view = _imagined(typed, product, sender.name, leaves or now)
    identified, missing = _identified(product, acting) if acting is not None else (None, "")
    consent, state = _consent(typed, view, product, sender.ref)
    return render_template(
        "lre/deposit_look.html",
        w=compose_texts(),
        typed=typed,
        view=view,
        sender=sender,
        is_signed=acting is None,
        leaves=leaves,
        early=early,
        identified=identified,
        missing=missing,
        consent=consent,
        # The page that asks for consent asks in one's own name only.
        may_ask=sender.ref == actor.ref and state in {None, ConsentState.LATER},
        mail=_mail(view) if product is not Product.HYBRID else None,
        capacity=typed.get("capacity", "consumer"),
        strong=required_at(product, at=now).recipient_level is not None and product is Product.QUALIFIED,
    )


def _told_before(
    typed: Mapping[str, str], product: Product, leaves: datetime | None, now: datetime
) -> datetime | None:
    """Return when the recipient is told that it is coming, if that was asked for.

    Raises:
        InputError: They cannot be told so.
    """
    wish = typed.get("pre_notice", "")
    if not wish:
        return None
    email = typed.get("email", "").strip()
    return checked_terms("", leaves, product=product, now=now, pre_notice=wish, email=email).pre_notice_at


def _named(actor: Actor, chosen: str) -> tuple[Sender, Acting | None]:
    """Return in whose name the letter will be, and who deposits it; nobody yet, if somebody signs later.

    Raises:
        NoAuthorityError: Who is here may not act in that name.
        RequirementError: That party has no verified e-mail address.
    """
    if chosen.startswith(PREFIX):
        house = house_of(chosen)
        email = mounted().office.people.authorities.address_of(house)
        return Sender(ref=house.id, name=house.name, email=email), None
    behalf, acting = behalf_of(chosen), sender_acting()
    if behalf is None:
        return actor.as_sender(), acting
    return behalf.sender(), behalf.acting(acting)


def _imagined(typed: Mapping[str, str], product: Product, sender: str, leaves: datetime) -> NoticeView:
    """Return what the recipient would be shown before acceptance, if the notice left then."""
    office = mounted().office
    required = required_at(product, at=office.clock())
    days = required.choice_days or required.window_days
    closes = window_closes_at(leaves, days=days, zone=PARIS) if days is not None else None
    return NoticeView(
        letter_id="",
        number=NUMBER,
        product=product,
        claim=office.intake.claim(product),
        phase=Phase.NOTIFIED,
        language="en" if typed.get("language") == "en" else "fr",
        recipient_name=" ".join(typed.get("name", "").split())[:200] or "…",
        recipient_email=typed.get("email", "")[:254],
        documents_count=1,
        notified_at=leaves,
        window_closes_at=closes,
        decided_at=None,
        sender_name="" if required.sender_hidden else sender,
    )


def _identified(product: Product, acting: Acting) -> tuple[bool | None, str]:
    """Return whether the sender is identified enough (nothing: it is not asked), and what is missing."""
    try:
        found = mounted().office.people.gate.sender(product, acting)
    except NotIdentifiedError as error:
        return False, words_of(error)
    return (None if found is None else True), ""


def _consent(
    typed: Mapping[str, str], view: NoticeView, product: Product, ref: str
) -> tuple[str, ConsentState | None]:
    """Return where the recipient's consent stands, as the name of its words, and its state."""
    office, now = mounted().office, mounted().office.clock()
    if (
        not required_at(product, at=now).consent_required
        or typed.get("capacity", Capacity.CONSUMER) != Capacity.CONSUMER
    ):
        return "not_needed", ConsentState.GIVEN
    held: list[ConsentInfo] = [
        one for one in office.consents.register.about([view.recipient_email]) if one.sender_ref == ref
    ]
    if any(one.standing.counts_at(now) for one in held):
        return "counts", ConsentState.GIVEN
    if any(one.state is ConsentState.ASKED for one in held):
        return "asked", ConsentState.ASKED
    return "none", None


def _mail(view: NoticeView) -> Mapping[str, Any]:
    settings = mounted().office.settings
    identity = MailIdentity(provider_name=settings.provider_name, mail_from=settings.mail_from)
    link = f"{mounted().office.links.base_url}/r/…"
    # Its address is no part of what is shown, and may not be one yet.
    shown = replace(view, recipient_email="recipient@lre.invalid")
    message = notice_message(
        shown,
        identity=identity,
        url=link,
        closes_at=view.window_closes_at,
        message_id="<preview@lre.invalid>",
    )
    body = message.get_body(("plain",))
    return {"subject": message["Subject"], "body": body.get_content() if body is not None else ""}
