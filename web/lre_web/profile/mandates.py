"""Mandates of a person: those given, those got, and their ends."""

from dataclasses import dataclass
from datetime import date

from flask import Blueprint, redirect, request, url_for

from lre_kit.clock import PARIS
from lre_kit.errors import InputError, LreError, NotFoundError
from lre_kit.parties.emails import addresses_of, key_of
from lre_kit.parties.invitations import InvitedTo
from lre_kit.parties.mandates import Mandate, Scope
from lre_kit.parties.persons import Party
from lre_web.profile.holder import check_identified
from lre_web.profile.site import Answer, actor, fresh_required, office, person, person_required, render


class MandateDayError(InputError):
    """A day of the mandate is none."""

    slug = "mandate-day"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A mandate as its page shows it."""

    mandate: Mandate
    other: Party
    state: str
    """``in_force``, ``ahead`` or ``over``."""


def add_pages(blueprint: Blueprint) -> None:
    """Add the pages of mandates to a blueprint."""
    blueprint.add_url_rule("/profile/mandates", "profile_mandates", _mandates)
    blueprint.add_url_rule("/profile/mandates", "profile_mandates_give", _give, methods=["POST"])
    blueprint.add_url_rule(
        "/profile/mandates/<mandate_id>/end", "profile_mandates_end", _end, methods=["POST"]
    )
    blueprint.add_url_rule(
        "/profile/mandates/<invitation_id>/withdraw", "profile_mandates_withdraw", _withdraw, methods=["POST"]
    )


@person_required
def _mandates() -> Answer:
    return _page()


def _page(error: LreError | None = None) -> Answer:
    people, party = office().people, person()
    found = people.mandates.of(party.id)
    return render(
        "mandates",
        error,
        given=[_shown(one, one.delegate_id) for one in reversed(found) if one.grantor_id == party.id],
        got=[_shown(one, one.grantor_id) for one in reversed(found) if one.delegate_id == party.id],
        offered=[each for each in people.invitations.of(party.id) if each.kind is InvitedTo.MANDATE],
        today=_today().isoformat(),
        scopes=list(Scope),
    )


def _today() -> date:
    return office().clock().astimezone(PARIS).date()


def _shown(mandate: Mandate, other_id: str) -> Shown:
    now = office().clock()
    is_over = mandate.revoked_at is not None or (
        mandate.valid_until is not None and mandate.valid_until < _today()
    )
    state = "over" if is_over else "in_force" if mandate.in_force(now) else "ahead"
    return Shown(mandate=mandate, other=office().people.parties.by_id(other_id), state=state)


@fresh_required
def _give() -> Answer:
    people, party, typed = office().people, person(), request.form
    try:
        check_identified()
        begins, ends = _day(typed.get("from", "")) or _today(), _day(typed.get("until", ""))
        address = typed.get("email", "")
        _expect_another(address)
        people.invitations.to_mandate(
            party.id,
            address,
            scope=[scope for scope in Scope if scope.value in typed.getlist("scope")],
            valid_from=begins,
            valid_until=ends,
            reference=typed.get("reference", ""),
            actor=actor(),
        )
    except LreError as error:
        return _page(error)
    return redirect(url_for(".profile_mandates", done="offered"), 303)


def _expect_another(address: str) -> None:
    """Refuse a mandate for oneself; whether anybody else reads an address here is told to nobody."""
    with office().database.read() as connection:
        mine = {key_of(each) for each in addresses_of(connection, person().id)}
    if key_of(address) in mine:
        raise InputError("Nobody is their own delegate.", mend="Name somebody else.")


@fresh_required
def _withdraw(invitation_id: str) -> Answer:
    """Take back a mandate that was offered and not yet accepted."""
    try:
        office().people.invitations.withdraw(invitation_id, person().id)
    except LreError as error:
        return _page(error)
    return redirect(url_for(".profile_mandates", done="withdrawn"), 303)


def _day(text: str) -> date | None:
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        msg = "A day of the mandate is none."
        raise MandateDayError(msg, mend="Write days like 2026-01-31.") from error


@fresh_required
def _end(mandate_id: str) -> Answer:
    """End a mandate: who gave it ends it, and who got it may lay it down."""
    people, party = office().people, person()
    found = people.mandates.by_id(mandate_id)
    if party.id not in {found.grantor_id, found.delegate_id}:
        raise NotFoundError("There is no such mandate.", mend="Look at your list of mandates.")
    who = "its grantor" if party.id == found.grantor_id else "its delegate"
    people.mandates.revoke(mandate_id, actor=actor(), reason=f"ended by {who}")
    return redirect(url_for(".profile_mandates", done="ended"), 303)
