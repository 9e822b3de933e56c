"""Orders of identification means: choosing one, and how far an order has come."""

from dataclasses import dataclass

from flask import Blueprint, redirect, request, url_for

from lre_kit.carriers.holder_mail import Told
from lre_kit.errors import LreError
from lre_kit.identifiers.high_water import latest_seen
from lre_kit.identifiers.order_rules import NOT_ORDERED, ORDERABLE
from lre_kit.identifiers.order_values import ENDED, Offer, Order, OrderRefusedError, OrderState
from lre_kit.law.derogations import Announcement, Delivery, Page
from lre_web.profile.holder import check_holder
from lre_web.profile.site import (
    Answer,
    actor,
    fresh_required,
    has_page,
    my_order,
    office,
    person,
    person_required,
    render,
)
from lre_web.words.profile import countries

STEPS = (*(state for state in OrderState if state not in ENDED), OrderState.ACTIVE)
"""Steps of an order that goes well, in their sequence."""

_SHOWN = ("paper_codes", "paper_seed", "security_key")


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """One step of an order: whether it lies behind, is present or lies ahead."""

    state: OrderState
    place: str


def add_pages(blueprint: Blueprint) -> None:
    """Add the pages of orders to a blueprint."""
    blueprint.add_url_rule("/profile/order", "profile_order", _order)
    blueprint.add_url_rule("/profile/order", "profile_order_send", _send, methods=["POST"])
    blueprint.add_url_rule("/profile/orders/<order_id>", "profile_order_state", _state)
    blueprint.add_url_rule(
        "/profile/orders/<order_id>/cancel", "profile_order_cancel", _cancel, methods=["POST"]
    )


@person_required
def _order() -> Answer:
    return _order_page()


def _order_page(error: LreError | None = None) -> Answer:
    people, party = office().people, person()
    orders = people.ordering.orders
    offers = [orders.may_order(kind, party.id) for kind in _SHOWN]
    kept = people.addresses.present(party.id)
    return render(
        "order",
        error,
        announcements=announcements(),
        offers=[offer for offer in offers if _is_told(offer)],
        can_order=any(offer.allowed for offer in offers),
        deliveries=[each for each in Delivery if any(each in offer.deliveries for offer in offers)],
        wanted=request.values.get("kind", ""),
        kept=kept,
        country=countries().get(kept.address.country, kept.address.country) if kept else "",
        proofing=people.proofing_of(party.id),
        past=orders.book.of(party.id)[:10],
        identity=has_page("identity"),
    )


def _is_told(offer: Offer) -> bool:
    """Leave out what the office never makes; what is suspended says so."""
    return offer.message is not NOT_ORDERED


def announcements() -> list[Announcement]:
    """Return what has to be said of derogations where means are ordered."""
    kit = office()
    seen = latest_seen(kit.database)
    return kit.people.policy.announcements(kit.clock(), {Page.ORDER}, not_after_seen=seen)


@fresh_required
def _send() -> Answer:
    orders, typed = office().people.ordering.orders, request.form
    kind, delivery = typed.get("kind", ""), typed.get("delivery", Delivery.POST.value)
    try:
        check_holder()
        if kind not in ORDERABLE or delivery not in set(Delivery):
            msg = "No means was chosen."
            raise OrderRefusedError(msg, mend="Choose the means and how it is delivered.")
        holder, notices = person().id, office().people.holder_notices
        made = orders.order(
            holder,
            kind,
            Delivery(delivery),
            actor=actor(),
            also=lambda uow: notices.plan(uow, holder, Told.ORDERED),
        )
    except LreError as error:
        return _order_page(error)
    return redirect(url_for(".profile_order_state", order_id=made.id, done="ordered"), 303)


@person_required
def _state(order_id: str) -> Answer:
    return _state_page(my_order(order_id))


def _state_page(order: Order, error: LreError | None = None) -> Answer:
    people = office().people
    made = people.register.by_id(order.identifier_id) if order.identifier_id else None
    country = str((order.address or {}).get("country", ""))
    history = people.ordering.orders.book.history(order.id)
    return render(
        "order_state",
        error,
        order=order,
        steps=_steps(order),
        history=history,
        made=made,
        country=countries().get(country, country),
        refused=next((event.reason for event in reversed(history) if event.name == "refuse"), ""),
        identity=has_page("identity"),
    )


def _steps(order: Order) -> list[Passed]:
    """Return the steps with their places; an order that ended otherwise shows none as present."""
    if order.state not in STEPS:
        return []
    present = STEPS.index(order.state)
    words = {-1: "behind", 0: "present", 1: "ahead"}
    return [
        Passed(state=state, place=words[(place > present) - (place < present)])
        for place, state in enumerate(STEPS)
    ]


@fresh_required
def _cancel(order_id: str) -> Answer:
    order = my_order(order_id)
    if order.is_open:
        try:
            office().people.ordering.orders.cancel(order.id, actor=actor(), reason="cancelled by its holder")
        except LreError as error:
            return _state_page(my_order(order_id), error)
    return redirect(url_for(".profile_order_state", order_id=order.id, done="cancelled"), 303)
