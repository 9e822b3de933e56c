"""The sender's page of API keys, and the page that describes the API."""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from lre_kit.errors import LreError, NotFoundError
from lre_kit.identifiers.gate import NotIdentifiedError
from lre_kit.integration.values import KeyInputError, KeyKind, KeyWish, NewKey, Scope
from lre_web.account.session import to_show_again
from lre_web.api.acting import pass_for
from lre_web.frame.people import has_accounts, sender_acting
from lre_web.mounting import API_PREFIX, mounted
from lre_web.sender.owning import current_actor, words_of
from lre_web.words.api import api_texts

DAYS_DIGITS = 4
"""Digits of a key's life that are read."""

_Page = str | BaseResponse | tuple[str, int]


def add_pages(blueprint: Blueprint) -> None:
    """Add the pages to a blueprint."""
    blueprint.add_url_rule("/api-keys", "api_keys", _list)
    blueprint.add_url_rule("/api-keys", "api_keys_new", _new, methods=["POST"])
    blueprint.add_url_rule("/api-keys/<key_id>/revoke", "api_keys_revoke", _revoke, methods=["POST"])
    blueprint.add_url_rule("/api-keys/<key_id>/pass", "api_keys_pass", _pass, methods=["POST"])
    blueprint.add_url_rule("/api", "api_reference", _reference)


def _list() -> _Page:
    return _page()


def _page(error: LreError | None = None, made: NewKey | None = None, given: str = "") -> _Page:
    actor, office = current_actor(), mounted().office
    shown = render_template(
        "lre/api_keys.html",
        k=api_texts(),
        keys=office.integration.keys.of(actor.ref),
        now=office.clock(),
        kinds=list(KeyKind),
        scopes=list(Scope),
        typed=request.form,
        chosen=request.form.getlist("scope") or [scope.value for scope in Scope],
        error=error,
        made=made,
        given=given,
        passes=has_accounts(),
        refusal=words_of(error) if isinstance(error, NotIdentifiedError) else "",
        done="revoked" in request.args,
    )
    if error is not None:
        return shown, error.status
    return (shown, 201) if made is not None or given else shown


def _new() -> _Page:
    actor = current_actor()
    if (onward := to_show_again(url_for(".api_keys"))) is not None:
        return onward
    try:
        made = mounted().office.integration.keys.create(actor.as_sender(), _wish())
    except LreError as error:
        return _page(error)
    return _page(made=made)


def _wish() -> KeyWish:
    form, kinds, scopes = request.form, {one.value for one in KeyKind}, {one.value for one in Scope}
    days = form.get("days", "").strip()
    if (
        form.get("kind", "") not in kinds
        or not (days.isascii() and days.isdigit())
        or len(days) > DAYS_DIGITS
    ):
        msg = "The kind of the key, or its life, cannot be used."
        raise KeyInputError(msg, mend="Choose a kind, and a number of days.")
    return KeyWish(
        name=form.get("name", ""),
        kind=KeyKind(form["kind"]),
        scopes=frozenset(Scope(one) for one in form.getlist("scope") if one in scopes),
        team=tuple(line.strip() for line in form.get("team", "").splitlines() if line.strip()),
        days=int(days),
    )


def _revoke(key_id: str) -> _Page:
    mounted().office.integration.keys.revoke(key_id, owner_ref=current_actor().ref)
    return redirect(url_for(".api_keys", revoked=1), 303)


def _pass(key_id: str) -> _Page:
    """Give a pass for an hour: what was shown in this session counts for a key's qualified letters."""
    actor, office = current_actor(), mounted().office
    if (onward := to_show_again(url_for(".api_keys"))) is not None:
        return onward
    keys = [key for key in office.integration.keys.of(actor.ref) if key.id == key_id]
    if not keys or not keys[0].is_in_force(office.clock()) or not has_accounts():
        raise NotFoundError("There is no such key.", mend="Look in the list of keys.")
    try:
        given = pass_for(keys[0], sender_acting())
    except LreError as error:
        return _page(error)
    return _page(given=given)


def _reference() -> _Page:
    # Late: the routes know the pages' own modules.
    from lre_web.api.mounting import description
    from lre_web.api.reference import prose, sections_of

    office = mounted().office
    told = description(office)
    return render_template(
        "lre/api_reference.html",
        k=api_texts(),
        introduction=[prose(each) for each in told["info"]["description"].split("\n\n")],
        sections=sections_of(told),
        base=f"{office.links.sender_url}{API_PREFIX}",
        file=f"{url_for('.letters').rstrip('/')}{API_PREFIX}/openapi.json",
    )
