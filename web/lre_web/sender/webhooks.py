"""The sender's pages of webhooks: endpoints, what was delivered, test, replay, secrets."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from lre_kit.clock import PARIS
from lre_kit.errors import InputError, LreError
from lre_kit.webhooks.events import TYPES
from lre_kit.webhooks.reading import PAGE
from lre_kit.webhooks.values import DeliveryState, EndpointWish, NewSecret, Owner
from lre_web.account.session import to_show_again
from lre_web.mounting import mounted
from lre_web.sender.owning import current_actor
from lre_web.texts import language
from lre_web.words.webhooks import webhook_texts

_Page = str | BaseResponse | tuple[str, int]

_DONE = frozenset({"tested"})


def add_pages(blueprint: Blueprint) -> None:
    """Add the pages to a blueprint."""
    rules: tuple[tuple[str, str, Callable[..., _Page], str], ...] = (
        ("/webhooks", "webhooks", _list, "GET"),
        ("/webhooks", "webhooks_add", _add, "POST"),
        ("/webhooks/<endpoint_id>", "webhook", _one, "GET"),
        ("/webhooks/<endpoint_id>/test", "webhook_test", _test, "POST"),
        ("/webhooks/<endpoint_id>/replay", "webhook_replay", _replay, "POST"),
        ("/webhooks/<endpoint_id>/rotate", "webhook_rotate", _rotate, "POST"),
        ("/webhooks/<endpoint_id>/disable", "webhook_disable", _disable, "POST"),
        ("/webhooks/<endpoint_id>/enable", "webhook_enable", _enable, "POST"),
        ("/webhooks/<endpoint_id>/remove", "webhook_remove", _remove, "POST"),
    )
    for rule, endpoint, view, method in rules:
        blueprint.add_url_rule(rule, endpoint, view, methods=[method])


def _list() -> _Page:
    return _list_page()


def _list_page(error: LreError | None = None) -> _Page:
    shown = render_template(
        "lre/webhooks.html",
        w=webhook_texts(),
        endpoints=mounted().office.webhooks.reading.of(current_actor().ref),
        types=TYPES,
        typed=request.form,
        chosen=request.form.getlist("type"),
        error=error,
    )
    return (shown, error.status) if error is not None else shown


def _add() -> _Page:
    actor, form = current_actor(), request.form
    if (onward := to_show_again(url_for(".webhooks"))) is not None:
        return onward
    owner = Owner(ref=actor.ref, name=actor.name, email=actor.email, language=language())
    wish = EndpointWish(
        url=form.get("url", "").strip(),
        description=form.get("description", ""),
        types=form.getlist("type"),
    )
    try:
        made = mounted().office.webhooks.desk.add(owner, wish)
    except LreError as error:
        return _list_page(error)
    return _one_page(made.endpoint.id, made=made), 201


def _one(endpoint_id: str) -> _Page:
    return _one_page(endpoint_id)


def _one_page(endpoint_id: str, error: LreError | None = None, made: NewSecret | None = None) -> str:
    reading, ref = mounted().office.webhooks.reading, current_actor().ref
    endpoint = reading.endpoint(endpoint_id, sender_ref=ref)
    states = {each.value: each for each in DeliveryState}
    state = states.get(request.args.get("state", ""))
    before = request.args.get("before", "")[:40]
    found = reading.deliveries(endpoint_id, sender_ref=ref, state=state, before=before, limit=PAGE + 1)
    count = request.args.get("replayed", "")
    return render_template(
        "lre/webhook.html",
        w=webhook_texts(),
        endpoint=endpoint,
        now=mounted().office.clock(),
        deliveries=found[:PAGE],
        more=found[PAGE - 1].id if len(found) > PAGE else None,
        states=list(DeliveryState),
        state=state,
        typed=request.form,
        error=error,
        made=made,
        done=request.args.get("done") if request.args.get("done") in _DONE else None,
        replayed=int(count) if count.isascii() and count.isdigit() and len(count) < 6 else None,
    )


def _acted(endpoint_id: str, act: Callable[[], object], **told: Any) -> _Page:
    """Do what a button asks for, and show the endpoint."""
    try:
        act()
    except LreError as error:
        # Another sender's endpoint is not there: making its page raises the same.
        return _one_page(endpoint_id, error), error.status
    return redirect(url_for(".webhook", endpoint_id=endpoint_id, **told), 303)


def _test(endpoint_id: str) -> _Page:
    desk, ref = mounted().office.webhooks.desk, current_actor().ref
    return _acted(endpoint_id, lambda: desk.test(endpoint_id, sender_ref=ref), done="tested", _anchor="log")


def _remove(endpoint_id: str) -> _Page:
    mounted().office.webhooks.desk.remove(endpoint_id, sender_ref=current_actor().ref)
    return redirect(url_for(".webhooks"), 303)


def _disable(endpoint_id: str) -> _Page:
    desk, ref = mounted().office.webhooks.desk, current_actor().ref
    return _acted(endpoint_id, lambda: desk.disable(endpoint_id, sender_ref=ref))


def _enable(endpoint_id: str) -> _Page:
    desk, ref = mounted().office.webhooks.desk, current_actor().ref
    return _acted(endpoint_id, lambda: desk.enable(endpoint_id, sender_ref=ref))


def _rotate(endpoint_id: str) -> _Page:
    desk, ref = mounted().office.webhooks.desk, current_actor().ref
    if (onward := to_show_again(url_for(".webhook", endpoint_id=endpoint_id))) is not None:
        return onward
    return _one_page(endpoint_id, made=desk.rotate(endpoint_id, sender_ref=ref)), 201


def _replay(endpoint_id: str) -> _Page:
    desk, ref, form = mounted().office.webhooks.desk, current_actor().ref, request.form
    try:
        since, until = _instant(form.get("since", "")), _instant(form.get("until", ""))
        if since is None or (until is not None and until <= since):
            raise _no_period()
        count = desk.replay(
            endpoint_id,
            since=since,
            until=until or mounted().office.clock(),
            only_missed="missed" in form,
            sender_ref=ref,
        )
    except LreError as error:
        return _one_page(endpoint_id, error), error.status
    return redirect(url_for(".webhook", endpoint_id=endpoint_id, replayed=count, _anchor="log"), 303)


def _instant(text: str) -> datetime | None:
    """Return the instant that somebody chose in legal time; nothing if they chose none.

    Raises:
        InputError: It is none.
    """
    if not text.strip():
        return None
    try:
        return datetime.fromisoformat(text.strip()[:40]).replace(tzinfo=PARIS)
    except ValueError:
        raise _no_period() from None


def _no_period() -> InputError:
    words = webhook_texts()
    return InputError(words["bad_time"], mend=words["bad_time_mend"])
