"""The profile of a person: names, addresses, level of identity; and the mounting of its pages."""

from flask import Blueprint, redirect, request, url_for

from lre_kit.carriers.holder_mail import Told
from lre_kit.clock import iso
from lre_kit.errors import LreError
from lre_kit.identifiers.means import FINAL
from lre_kit.parties.addresses import KeptAddress, PostalAddress
from lre_kit.parties.emails import addresses_of
from lre_kit.store.unit import UnitOfWork
from lre_web.profile import consents as profile_consents
from lre_web.profile import lost as profile_lost
from lre_web.profile import mandates as profile_mandates
from lre_web.profile import means as profile_means
from lre_web.profile import order as profile_order
from lre_web.profile import organisations as profile_organisations
from lre_web.profile import own as profile_self
from lre_web.profile.holder import check_holder
from lre_web.profile.site import (
    Answer,
    actor,
    context,
    fresh_required,
    has_page,
    office,
    person,
    person_required,
    render,
)
from lre_web.words.profile import countries

FIELDS = ("name", "inside", "building", "street", "place", "town")
"""Lines of an address from the name down (AFNOR NF Z10-011)."""


def add_pages(blueprint: Blueprint) -> None:
    """Add the pages of the profile to a blueprint."""
    both = ["GET", "POST"]
    blueprint.add_url_rule("/profile", "profile", _profile)
    blueprint.add_url_rule("/profile/address", "profile_address", _address, methods=both)
    blueprint.add_url_rule("/profile/address/confirm", "profile_address_confirm", _confirm, methods=["POST"])
    profile_means.add_pages(blueprint)
    profile_order.add_pages(blueprint)
    profile_lost.add_pages(blueprint)
    profile_mandates.add_pages(blueprint)
    profile_organisations.add_pages(blueprint)
    profile_self.add_pages(blueprint)
    profile_consents.add_pages(blueprint)
    blueprint.context_processor(context)


@person_required
def _profile() -> Answer:
    return _profile_page()


def _profile_page(error: LreError | None = None) -> Answer:
    people, party = office().people, person()
    with office().database.read() as connection:
        emails = addresses_of(connection, party.id)
    kept = people.addresses.present(party.id)
    orders = people.ordering.orders.book.open_of(party.id)
    return render(
        "overview",
        error,
        party=party,
        emails=emails,
        kept=kept,
        shown=_stamp(kept),
        country=countries().get(kept.address.country, kept.address.country) if kept else "",
        proofing=people.proofing_of(party.id),
        usable=sum(one.state not in FINAL for one in people.register.of(party.id)),
        orders=orders,
        waits=any(order.waits_for_address for order in orders),
        issuers=people.certificates is not None,
        identity=has_page("identity"),
    )


def _stamp(kept: KeptAddress | None) -> str:
    """Return what tells one kept address from the next."""
    return iso(kept.valid_from) if kept else ""


@fresh_required
def _address() -> Answer:
    people, party = office().people, person()
    kept = people.addresses.present(party.id)
    if request.method == "GET":
        return render("address", values=_values(kept, party.name), countries=countries())
    given = PostalAddress(
        lines=tuple(request.form.get(field, "") for field in FIELDS),
        country=request.form.get("country", "FR"),
    )
    try:
        check_holder()
        checked = given.checked()
        is_new = kept is None or kept.address != checked

        def also(uow: UnitOfWork) -> None:
            people.ordering.orders.address_confirmed(uow, party.id, checked.to_json())
            if is_new:
                people.holder_notices.plan(uow, party.id, Told.ADDRESS)

        people.addresses.set_address(party.id, checked, actor=actor(), confirmed=True, also=also)
    except LreError as error:
        return render("address", error, values=request.form, countries=countries())
    return redirect(url_for(".profile", done="address"), 303)


def _values(kept: KeptAddress | None, name: str) -> dict[str, str]:
    """Return a kept address by field: the name first, the town last, the street before it."""
    if kept is None:
        return {"name": name, "country": "FR"}
    lines = list(kept.address.lines)
    values = {"name": lines[0], "town": lines[-1], "country": kept.address.country}
    between = lines[1:-1]
    places = {1: ("street",), 2: ("inside", "street"), 3: ("inside", "building", "street")}
    return values | dict(zip(places.get(len(between), FIELDS[1:-1]), between, strict=False))


@fresh_required
def _confirm() -> Answer:
    """Confirm the address that was shown; another one that came meanwhile is shown first."""
    people, party = office().people, person()
    kept = people.addresses.present(party.id)
    if kept is None or request.form.get("shown", "") != _stamp(kept):
        return redirect(url_for(".profile"), 303)
    address = kept.address.to_json()
    try:
        check_holder()
        # Orders that waited for an address go on; a daily duty would find them too.
        people.addresses.confirm(
            party.id,
            actor=actor(),
            shown=kept,
            also=lambda uow: people.ordering.orders.address_confirmed(uow, party.id, address),
        )
    except LreError as error:
        return _profile_page(error)
    return redirect(url_for(".profile", done="address"), 303)
