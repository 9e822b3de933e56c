"""The profile of a person: names, addresses, level of identity; and the mounting of its pages."""

from flask import Blueprint, redirect, request, url_for

from lre_kit.carriers.holder_mail import Told
from lre_kit.clock import iso
from lre_kit.errors import LreError
from lre_kit.identifiers.means import FINAL
from lre_kit.parties.addresses import KeptAddress, PostalAddress
from lre_kit.parties.emails import addresses_of
from lre_web import profile_consents, profile_lost, profile_mandates, profile_means, profile_order
from lre_web.profile_holder import check_holder
from lre_web.profile_site import (
    Answer,
    actor,
    context,
    fresh_required,
    has_page,
    office,
    person,
    person_required,
    render,
    tell,
)
from lre_web.texts_profile import countries

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
        people.addresses.set_address(party.id, checked, actor=actor(), confirmed=True)
    except LreError as error:
        return render("address", error, values=request.form, countries=countries())
    _release_orders(party.id, checked)
    if kept is None or kept.address != checked:
        tell(Told.ADDRESS)
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
    try:
        check_holder()
        people.addresses.confirm(party.id, actor=actor(), shown=kept)
    except LreError as error:
        return _profile_page(error)
    _release_orders(party.id, kept.address)
    return redirect(url_for(".profile", done="address"), 303)


def _release_orders(party_id: str, address: PostalAddress) -> None:
    """Let orders go on that waited for an address; a daily duty would find it too."""
    with office().database.write() as uow:
        office().people.ordering.orders.address_confirmed(uow, party_id, address.to_json())
        uow.commit()
