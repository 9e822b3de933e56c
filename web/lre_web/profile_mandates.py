"""Mandates of a person: those given, those got, and their ends."""

from dataclasses import dataclass
from datetime import date

from flask import Blueprint, redirect, request, url_for

from lre_kit.clock import PARIS
from lre_kit.errors import InputError, LreError, NotFoundError
from lre_kit.parties.mandates import Mandate, Scope
from lre_kit.parties.persons import Party
from lre_web.profile_holder import check_identified
from lre_web.profile_site import Answer, actor, fresh_required, office, person, person_required, render


class UnknownDelegateError(InputError):
    """Nobody known here reads this address."""

    slug = "unknown-delegate"


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
        people.mandates.grant(
            grantor_id=party.id,
            delegate_id=_delegate(typed.get("email", "")).id,
            scope=[scope for scope in Scope if scope.value in typed.getlist("scope")],
            valid_from=begins,
            valid_until=ends,
            reference=typed.get("reference", ""),
            actor=actor(),
        )
    except LreError as error:
        return _page(error)
    return redirect(url_for(".profile_mandates", done="granted"), 303)


def _delegate(email: str) -> Party:
    """Return who reads an address; wrong ones are counted, so that nobody asks for everybody."""
    people, key = office().people, f"mandate:{person().id}"
    people.throttle.check(key)
    found = people.parties.reader_of(email)
    if found is None:
        people.throttle.failed(key)
        msg = "Nobody known here reads this address."
        raise UnknownDelegateError(msg, mend="Ask them to make an account first, then give the mandate.")
    people.throttle.succeeded(key)
    return found


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
