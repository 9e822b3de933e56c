"""What a person changes of themselves: e-mail addresses, name, capacity, language; each with its history.

Where a host application logs people in, all this is the host's to say, and the page is not there.
"""

from typing import Any

from flask import Blueprint, abort, redirect, request, url_for

from lre_kit.addressed import NEAR
from lre_kit.errors import InputError, LreError, RequirementError
from lre_kit.parties.account_values import Account, DeadLinkError
from lre_kit.parties.names import PersonName, compare_names
from lre_kit.parties.persons import Capacity
from lre_web.account.session import account_site, current_account
from lre_web.profile.holder import check_holder
from lre_web.profile.site import (
    Answer,
    actor,
    fresh_required,
    has_page,
    office,
    person,
    person_required,
    render,
)

_LANGUAGES = ("fr", "en")


class NameProofedError(RequirementError):
    """The identity was verified under another name: it is verified anew before the name changes."""

    slug = "name-proofed"


class ReasonMissingError(InputError):
    """A name is corrected for a reason, which stays in the history."""

    slug = "reason-missing"


def add_pages(blueprint: Blueprint) -> None:
    """Add the pages to a blueprint."""
    add = blueprint.add_url_rule
    add("/profile/self", "profile_self", _self)
    for what, view in (
        ("name", _name),
        ("capacity", _capacity),
        ("language", _language),
        ("add", _add),
        ("main", _main),
        ("remove", _remove),
    ):
        add(f"/profile/self/{what}", f"profile_self_{what}", view, methods=["POST"])
    add("/profile/emails/confirm/<token>", "profile_self_email", _confirm, methods=["GET", "POST"])


def _account() -> Account:
    """Return the account of who is here; where a host logs people in there are no such pages."""
    found = current_account() if has_page("account_login") else None
    if found is None:
        abort(404)
    return found


@person_required
def _self() -> Answer:
    return _page()


def _page(error: LreError | None = None) -> Answer:
    account, party = _account(), person()
    return render(
        "self",
        error,
        party=party,
        emails=office().people.parties.emails.of(party.id),
        login=account.email,
        capacities=list(Capacity),
        languages=_LANGUAGES,
        spoken=account.language,
    )


def _done(what: str) -> Answer:
    return redirect(url_for(".profile_self", done=what), 303)


@fresh_required
def _name() -> Answer:
    account, party, typed = _account(), person(), request.form
    parts = {name: typed.get(name, "").strip() for name in ("given_names", "family_name", "usage_name")}
    reason = typed.get("reason", "").strip()
    try:
        check_holder()
        if not reason:
            raise ReasonMissingError("Nothing says why the name changes.", mend="Give the reason.")
        _expect_proofed_name(
            PersonName(given=parts["given_names"], family=parts["family_name"], usage=parts["usage_name"])
        )
        told: dict[str, Any] = {"actor": actor(), "reason": reason, **parts}
        changed = office().people.parties.correct(party.id, **told)
        account_site().accounts.present_as(account.id, name=changed.name, language=account.language)
    except LreError as error:
        return _page(error)
    return _done("named")


def _expect_proofed_name(wanted: PersonName) -> None:
    proofing = office().people.identity.proofing_of(person().id, office().clock())
    if proofing is not None and compare_names(wanted, proofing.name) not in NEAR:
        msg = "The identity was verified under another name."
        raise NameProofedError(msg, mend="Have it verified under the new name, by an operator.")


@fresh_required
def _capacity() -> Answer:
    party, typed = person(), request.form
    _account()
    try:
        office().people.parties.correct(
            party.id,
            actor=actor(),
            reason="said by the person",
            capacity=typed.get("capacity", ""),
            capacity_basis=typed.get("basis", ""),
        )
    except LreError as error:
        return _page(error)
    return _done("capacity")


@person_required
def _language() -> Answer:
    account, chosen = _account(), request.form.get("language", "")
    if chosen in _LANGUAGES:
        reason = "language of the account"
        office().people.parties.correct(person().id, actor=actor(), reason=reason, language=chosen)
        account_site().accounts.present_as(account.id, name=account.name, language=chosen)
    return _done("spoken")


@fresh_required
def _add() -> Answer:
    account, email = _account(), request.form.get("email", "")
    try:
        check_holder()
        account_site().accounts.addresses.ask(account, email, network=request.remote_addr or "")
    except LreError as error:
        return _page(error)
    return _done("asked")


@fresh_required
def _confirm(token: str) -> Answer:
    account, addresses = _account(), account_site().accounts.addresses
    try:
        address = addresses.look(account, token)
        if request.method == "GET":
            return render("email", address=address)
        check_holder()
        addresses.confirm(account, token, actor=actor())
    except DeadLinkError as error:
        return _page(error)
    except LreError as error:
        return render("email", error, address=address)
    return _done("email")


@fresh_required
def _main() -> Answer:
    _account()
    try:
        check_holder()
        office().people.parties.emails.choose(person().id, request.form.get("email", ""), actor=actor())
    except LreError as error:
        return _page(error)
    return _done("main")


@fresh_required
def _remove() -> Answer:
    account = _account()
    try:
        check_holder()
        account_site().accounts.addresses.remove(account, request.form.get("email", ""), actor=actor())
    except LreError as error:
        return _page(error)
    return _done("removed")
