"""The page of notifications: what a sender is told of by mail, how often, in which language."""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from lre_kit.errors import InputError
from lre_kit.news.values import CHOICES, LANGUAGES, NewsKind, Pace, Wishes
from lre_web.mounting import mounted
from lre_web.sender.in_name_of import behalf_of, me, send_names
from lre_web.sender.owning import current_actor
from lre_web.words.preferences import preferences_texts

OF_HOUSES = tuple(kind for kind in NewsKind if kind is not NewsKind.TO_SIGN)
"""Kinds that are an organisation's too; who signs is told as a person."""

_Page = str | BaseResponse | tuple[str, int]


def add_pages(blueprint: Blueprint) -> None:
    """Add the page."""
    blueprint.add_url_rule("/preferences", "preferences", _show)
    blueprint.add_url_rule("/preferences", "preferences_keep", _keep, methods=["POST"])


def _owner(chosen: str) -> str:
    """Return whose preferences are looked at: one's own, or a party's in whose name one may send.

    Raises:
        NoAuthorityError: The person may not act for that party.
    """
    actor, behalf = current_actor(), behalf_of(chosen)
    return actor.ref if behalf is None else behalf.authority.party.id


def _show() -> _Page:
    chosen = request.args.get("of", "")
    return _page(chosen, mounted().office.news.desk.wishes(_owner(chosen)))


def _page(chosen: str, wishes: Wishes, error: InputError | None = None) -> _Page:
    kinds = OF_HOUSES if chosen else tuple(NewsKind)
    page = render_template(
        "lre/preferences.html",
        p=preferences_texts(),
        chosen=chosen,
        houses=send_names(),
        choices={kind: CHOICES[kind] for kind in kinds},
        languages=LANGUAGES,
        wishes=wishes,
        error=error,
        done="kept" in request.args,
    )
    return page if error is None else (page, error.status)


def _keep() -> _Page:
    form, chosen = request.form, request.form.get("of", "")
    owner, desk = _owner(chosen), mounted().office.news.desk
    before = desk.wishes(owner)
    try:
        paces = {kind: Pace(form[kind.value]) for kind in NewsKind if kind.value in form}
    except ValueError:
        return _page(
            chosen,
            before,
            InputError("This cannot be chosen for that message.", mend="Choose among what is offered."),
        )
    wishes = Wishes(paces={**before.paces, **paces}, language=form.get("language", ""))
    person = me()
    try:
        desk.choose(owner, wishes)
        if not chosen and person is not None and person.id != owner:
            # Who signs is told as the person that the office knows, not as the host names them.
            desk.choose(person.id, wishes)
    except InputError as error:
        return _page(chosen, before, error)
    return redirect(url_for(".preferences", of=chosen or None, kept=1), 303)
