"""The operators' pages for means whose names were not clear: the list, and both names side by side.

Certificates and electronic identities that do not plainly bear their holder's name wait here. Who is not
an operator finds no such pages (404); nobody accepts a means of their own.
"""

from collections.abc import Callable

from flask import Blueprint, abort, redirect, render_template, request, url_for

from lre_kit.errors import LreError, NotFoundError, UnlawfulActError
from lre_kit.identifiers.identifier_values import Identifier
from lre_kit.identifiers.means import State
from lre_kit.identifiers.operating import COMPARED
from lre_kit.identifiers.operator_lists import means_to_compare
from lre_web.identity.site import Answer, identity_site, with_headers
from lre_web.mounting import mounted
from lre_web.words.identity_errors import IdentityFormError
from lre_web.words.identity_review import review_texts

LIST_MAX = 100
"""Means on the page: the oldest; the next ones follow as these are decided."""

REASON_MAX_CHARS = 1000
"""Longest reason."""

_ACTS = {"accept": "activate", "refuse": "revoke"}


def add_pages(
    blueprint: Blueprint, *, answered: Callable[[Callable[..., Answer]], Callable[..., Answer]]
) -> None:
    """Add the pages; `answered` wraps each view."""
    rules: tuple[tuple[str, str, Callable[..., Answer], str], ...] = (
        ("/review/means", "review_means", _list, "GET"),
        ("/review/means/<serial>", "review_one_means", _one, "GET"),
        ("/review/means/<serial>", "review_means_decide", _decide, "POST"),
    )
    for rule, endpoint, view, method in rules:
        blueprint.add_url_rule(rule, endpoint, answered(view), methods=[method])


def _operator() -> str:
    found = identity_site().operator()
    if not found:
        abort(404)
    return found


def _list() -> Answer:
    _operator()
    return _list_page()


def _list_page(error: LreError | None = None) -> Answer:
    made = render_template(
        "lre/means_queue.html",
        waiting=means_to_compare(mounted().office.database, limit=LIST_MAX),
        done=review_texts().get(f"means_done_{request.args.get('done', '')}"),
        error=error,
    )
    return (made, error.status) if error else made


def _one(serial: str) -> Answer:
    _operator()
    return _page(_waiting(serial))


def _page(means: Identifier, error: LreError | None = None) -> Answer:
    compared = mounted().office.people.means_desk.compare(means.id)
    made = render_template(
        "lre/means_review.html",
        means=means,
        parts=[
            (part, compared.told.get(part, ""), compared.known.get(part, ""))
            for part in dict.fromkeys([*compared.known, *compared.told])
        ],
        typed=request.form,
        reason_max=REASON_MAX_CHARS,
        error=error,
    )
    return with_headers((made, error.status if error else 200))


def _decide(serial: str) -> Answer:
    operator, means = _operator(), _waiting(serial)
    verdict, reason = request.form.get("verdict", ""), request.form.get("reason", "").strip()
    if verdict not in _ACTS:
        abort(400)
    if not reason or len(reason) > REASON_MAX_CHARS:
        return _page(means, IdentityFormError("verdict-long" if reason else "verdict-reason"))
    try:
        mounted().office.people.means_desk.act(means.id, _ACTS[verdict], operator=operator, reason=reason)
    except UnlawfulActError as error:
        # Somebody was faster.
        return _list_page(error)
    except LreError as error:
        return _page(means, error)
    return redirect(url_for(".review_means", done=verdict), 303)


def _waiting(serial: str) -> Identifier:
    """Return a means that waits to be compared.

    Raises:
        NotFoundError: There is none with this serial, or it waits no more.
    """
    found = mounted().office.people.register.by_serial(serial)
    if found is None or found.kind not in COMPARED or found.state is not State.ISSUED:
        msg = "No means with this serial waits for its names to be compared."
        raise NotFoundError(msg, mend="Go back to the list.")
    return found
