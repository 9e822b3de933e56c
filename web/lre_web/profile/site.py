"""What the pages of a profile share: who is there, how fresh they are, and how pages are made."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec

from flask import Response, current_app, redirect, render_template, request, url_for
from werkzeug.exceptions import Unauthorized
from werkzeug.wrappers import Response as BaseResponse

from lre_kit.errors import LreError, NotFoundError, RequirementError
from lre_kit.identifiers.identifier_values import Identifier
from lre_kit.identifiers.means import UNUSED, Kind, State
from lre_kit.identifiers.order_values import Order, UnknownOrderError
from lre_kit.office import PostOffice
from lre_kit.parties.persons import Party
from lre_web.account.session import FRESH, account_site, current_session, to_log_in
from lre_web.mounting import mounted
from lre_web.words.profile import day_text, profile_error, profile_texts

Answer = str | Response | BaseResponse | tuple[str, int]
"""What a page answers."""

STEPPED = (Kind.SECURITY_KEY, Kind.PAPER_CODES, Kind.PAPER_SEED, Kind.AUTHENTICATOR)
"""Means that somebody who is logged in can show on a page, the strongest first."""

_P = ParamSpec("_P")
_DONE = frozenset(
    {"address", "suspended", "resumed", "revoked", "ordered", "cancelled", "granted", "ended", "reported"}
    | {"invited", "role", "left", "withdrawn", "taken", "declined", "offered"}
    | {"email", "asked", "named", "capacity", "removed", "main", "spoken"}
)


def office() -> PostOffice:
    """Return the office of this page."""
    return mounted().office


def _person() -> Party | None:
    # Late, so that an application without these pages never loads who people are.
    from lre_web.frame.people import current_person

    return current_person()


def person() -> Party:
    """Return who is here.

    Raises:
        Unauthorized: Nobody is; where people log in to the office itself, they are led to the log-in page.
    """
    found = _person()
    if found is None:
        raise Unauthorized
    return found


def is_logged_in() -> bool:
    """Tell whether somebody is here."""
    return _person() is not None


def person_required(page: Callable[_P, Answer]) -> Callable[_P, Answer]:
    """Let only people in who are logged in."""

    @wraps(page)
    def guarded(*args: _P.args, **kwargs: _P.kwargs) -> Answer:
        if _person() is None:
            if has_page("account_login"):
                return to_log_in()
            raise Unauthorized
        return page(*args, **kwargs)

    return guarded


def fresh_required(page: Callable[_P, Answer]) -> Callable[_P, Answer]:
    """Let only people in who showed something lately: whoever changes these things could become them.

    Where a host application logs people in, how fresh that is stands in the host's hands.
    """

    @wraps(page)
    def guarded(*args: _P.args, **kwargs: _P.kwargs) -> Answer:
        if has_page("account_again"):
            session = current_session()
            if session is None or session.second_due:
                return to_log_in()
            if not session.shown_since(account_site().clock() - FRESH):
                here = request.path if request.method == "GET" else _page_of_form()
                return redirect(url_for(".account_again", next=request.script_root + here), 303)
        return page(*args, **kwargs)

    return person_required(guarded)


def _page_of_form() -> str:
    """Return the page that shows the form which was sent, without the host's root."""
    if "profile_organisations" in (request.endpoint or "") and (request.view_args or {}):
        one = url_for(".profile_organisations_one", **(request.view_args or {}))
        return one.removeprefix(request.script_root)
    for name in ("order", "means", "mandates", "address", "consents", "organisations", "self"):
        if f".profile_{name}" in (request.endpoint or ""):
            return url_for(f".profile_{name}").removeprefix(request.script_root)
    return url_for(".profile").removeprefix(request.script_root)


def has_page(name: str) -> bool:
    """Tell whether a page of this name is mounted beside these."""
    return f"{request.blueprint}.{name}" in current_app.view_functions


def render(name: str, error: LreError | None = None, **facts: Any) -> Answer:
    """Return a page of the profile, with what went wrong above its form."""
    done = request.args.get("done", "")
    made = render_template(
        f"lre/profile_{name}.html",
        error=profile_error(error) if error is not None else None,
        ways=_ways() if isinstance(error, RequirementError) else [],
        typed=request.form,
        done=done if done in _DONE else "",
        **facts,
    )
    return (made, error.status) if error is not None else made


def _ways() -> list[tuple[str, str]]:
    """Return where who is here can show more of themselves: the name of the words, and the page."""
    onward = request.script_root + _page_of_form()
    now, usable = office().clock(), {State.ACTIVE, *UNUSED}
    means = office().people.register.of(person().id)
    held = {one.kind for one in means if one.state in usable and not one.is_over(now)}
    found: list[tuple[str, str]] = []
    if has_page("step_up"):
        kinds = [kind for kind in STEPPED if kind in held]
        found = [(f"kind_{kind.value}", url_for(".step_up", means=kind.value, next=onward)) for kind in kinds]
    if has_page("certificate") and Kind.CERTIFICATE in held:
        found.append(("kind_certificate", url_for(".certificate", next=onward)))
    if has_page("identity"):
        found.append(("identity_again", url_for(".identity")))
    return found


def context() -> dict[str, Any]:
    """Return what every template may use."""
    return {
        "f": profile_texts(),
        "day": day_text,
        "has_page": has_page,
        "logged_in": is_logged_in,
    }


def my_means(means_id: str) -> Identifier:
    """Return a means of who is here.

    Raises:
        NotFoundError: There is none of this id, or it is another person's.
    """
    found = office().people.register.by_id(means_id)
    if found.party_id != person().id:
        raise NotFoundError("There is no such identification means.", mend="Look at your list of means.")
    return found


def my_order(order_id: str) -> Order:
    """Return an order of who is here.

    Raises:
        UnknownOrderError: There is none of this id, or it is another person's.
    """
    found = office().people.ordering.orders.book.by_id(order_id)
    if found.party_id != person().id:
        raise UnknownOrderError("There is no such order.", mend="Look at the list of your orders.")
    return found


def actor() -> dict[str, str]:
    """Return who acts, as it stands in histories."""
    return {"role": "holder", "party": person().id}
