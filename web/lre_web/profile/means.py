"""A person's identification means: their state and history, suspension, and the report that one is lost."""

from dataclasses import dataclass

from flask import Blueprint, redirect, request, url_for

from lre_kit.carriers.holder_mail import Told
from lre_kit.errors import LreError, UnlawfulActError
from lre_kit.identifiers.identifier_values import Identifier, IdentifierEvent
from lre_kit.identifiers.means import FINAL, UNUSED, Kind, State
from lre_kit.identifiers.order_values import Offer
from lre_kit.identifiers.paper_codes import Remaining
from lre_web.profile.site import (
    Answer,
    actor,
    fresh_required,
    has_page,
    my_means,
    office,
    person,
    person_required,
    render,
)

_OWN_ROLES = frozenset({"holder", "reporter"})
"""Who may have suspended a means for its holder to resume it; what an operator suspended, one resumes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One means as its page shows it."""

    means: Identifier
    history: list[IdentifierEvent]
    left: Remaining | None
    can_suspend: bool
    can_resume: bool

    @property
    def has_ended(self) -> bool:
        """Whether it will never identify anybody again."""
        return self.means.state in FINAL


def add_pages(blueprint: Blueprint) -> None:
    """Add the pages of means to a blueprint."""
    post = ["POST"]
    blueprint.add_url_rule("/profile/means", "profile_means", _means)
    blueprint.add_url_rule(
        "/profile/means/<means_id>/lost", "profile_means_lost", _lost, methods=["GET", *post]
    )
    blueprint.add_url_rule(
        "/profile/means/<means_id>/suspend", "profile_means_suspend", _suspend, methods=post
    )
    blueprint.add_url_rule("/profile/means/<means_id>/resume", "profile_means_resume", _resume, methods=post)


@person_required
def _means() -> Answer:
    return _means_page()


def _means_page(error: LreError | None = None) -> Answer:
    people = office().people
    found = [_card(one) for one in people.register.of(person().id) if not _never_counted(one)]
    orders = people.ordering.orders.book.open_of(person().id)
    return render(
        "means",
        error,
        cards=[card for card in reversed(found) if not card.has_ended],
        ended=[card for card in reversed(found) if card.has_ended],
        ordered={order.kind for order in orders},
        orders=orders,
        certificates=people.certificates is not None and has_page("certificate"),
    )


def _never_counted(one: Identifier) -> bool:
    """Tell whether it is an application whose first code was never typed."""
    return one.kind is Kind.AUTHENTICATOR and one.activated_at is None


def _card(one: Identifier) -> Card:
    people, now = office().people, office().clock()
    history = people.register.history(one.id)
    is_sheet = one.kind is Kind.PAPER_CODES and one.state not in FINAL
    return Card(
        means=one,
        history=history,
        left=people.paper_codes.remaining(one.id) if is_sheet else None,
        can_suspend=one.is_usable(now) or (one.state in UNUSED and not one.is_over(now)),
        can_resume=one.state is State.SUSPENDED and _was_suspended_by_holder(history),
    )


def _was_suspended_by_holder(history: list[IdentifierEvent]) -> bool:
    last = next((event for event in reversed(history) if event.name == "suspend"), None)
    return last is not None and last.actor.get("role") in _OWN_ROLES


@fresh_required
def _lost(means_id: str) -> Answer:
    """Say what a report does, then do it: the means is revoked at once."""
    one = my_means(means_id)
    orders = office().people.ordering.orders
    if request.method == "GET":
        if one.state in FINAL:
            return redirect(url_for(".profile_means"), 303)
        return render("means_lost", card=_card(one), others=_others(one))
    if one.state not in FINAL:
        notices = office().people.holder_notices
        offer: Offer = orders.report_lost(
            one.id,
            actor=actor(),
            also=lambda uow: notices.plan(uow, one.party_id, Told.REVOKED, serial=one.serial),
        )
    else:
        offer = orders.may_order(one.kind.value, one.party_id)
    wanted = one.kind.value if offer.allowed else None
    return redirect(url_for(".profile_order", done="revoked", kind=wanted), 303)


def _others(lost: Identifier) -> int:
    """Return how many means still identify somebody once one is lost."""
    now = office().clock()
    return sum(one.id != lost.id and one.is_usable(now) for one in office().people.register.of(lost.party_id))


@fresh_required
def _suspend(means_id: str) -> Answer:
    return _changed(my_means(means_id), "suspend", Told.SUSPENDED)


@fresh_required
def _resume(means_id: str) -> Answer:
    return _changed(my_means(means_id), "resume", Told.RESUMED)


def _changed(one: Identifier, act: str, told: Told) -> Answer:
    kit, people = office(), office().people
    try:
        with kit.database.write() as uow:
            people.register.locked(uow, one.id)
            if act == "resume" and not _was_suspended_by_holder(people.register.history(one.id)):
                msg = "The office suspended this means."
                raise UnlawfulActError(msg, mend="Ask the office to bring it back into use.")
            people.register.change(uow, one.id, act, actor=actor(), reason="by its holder")
            people.holder_notices.plan(uow, one.party_id, told, serial=one.serial)
            uow.commit()
    except UnlawfulActError as error:
        return _means_page(error)
    return redirect(url_for(".profile_means", done=told.value), 303)
