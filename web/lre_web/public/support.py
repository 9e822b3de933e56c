"""The public pages of the support: who answers when, two ways in, and the form.

Spam meets a field that people never see, a form that may not come back within two seconds, and paces by
network and by address. Whoever writes learns nothing of what else there is: the answer is the same for all.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from itsdangerous import BadData
from werkzeug.wrappers import Response as BaseResponse

from lre_kit.clock import now
from lre_kit.errors import InputError, LreError, ThrottledError
from lre_kit.support.values import Asking, RequestKind, Side, read_reference
from lre_web.mounting import mounted
from lre_web.public.help_pages import today
from lre_web.texts import language
from lre_web.words.help import help_texts

FASTEST_S = 2
"""Seconds a person needs at least for the form."""

LIFE_S = 12 * 3600
"""Life of a form, in seconds."""

TRAP = "website"
"""Field that only programs fill in."""

_FIELDS = ("name", "email", "text", "organisation", "volume", "number")
_WEEK = {
    "fr": "lundi mardi mercredi jeudi vendredi samedi dimanche".split(),
    "en": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split(),
}

Page = str | BaseResponse | tuple[str, int]


def add_pages(blueprint: Blueprint) -> None:
    """Add the pages to a blueprint."""
    rules: tuple[tuple[str, str, Callable[..., Page], str], ...] = (
        ("/contact", "contact", _ways, "GET"),
        ("/contact/sent", "contact_sent", _sent, "GET"),
        ("/contact/<side>", "contact_form", _form, "GET"),
        ("/contact/<side>", "contact_send", _send, "POST"),
    )
    for rule, endpoint, view, method in rules:
        blueprint.add_url_rule(rule, endpoint, view, methods=[method])


def _ways() -> Page:
    office = mounted().office
    articles = office.help.listed(language(), day=today())
    return render_template(
        "lre/contact.html",
        support=office.support.now(),
        hours=office.support.hours,
        week=_WEEK[language()],
        phone=office.settings.support_phone,
        first={
            side: [each for name in (side, "all") for each in articles if each.audience == name][:4]
            for side in ("recipient", "sender")
        },
    )


def _form(side: str) -> Page:
    kind = request.args.get("kind", "")
    return _page(_side(side), {"kind": kind if kind in set(RequestKind) else RequestKind.CONTACT.value})


def _side(side: str) -> Side:
    if side not in set(Side):
        abort(404)
    return Side(side)


def _page(side: Side, typed: Mapping[str, Any], error: LreError | None = None) -> Page:
    office = mounted().office
    page = render_template(
        "lre/contact_form.html",
        side=side,
        kinds=[each.value for each in RequestKind] if side is Side.SENDER else [],
        typed=typed,
        error=error,
        opened=office.links.signer("contact").dumps(side.value),
        trap=TRAP,
        days=office.settings.support_keep_days,
    )
    return page, (error.status if error else 200)


def _send(side: str) -> Page:
    form, h, who = request.form, help_texts(), _side(side)
    typed = {name: form.get(name, "") for name in (*_FIELDS, "kind")}
    if form.get(TRAP):
        return redirect(url_for(".contact_sent"), 303)
    try:
        if not _took_time(form.get("opened", "")):
            raise InputError(h["too_fast"], mend="")
        info = mounted().office.support.receive(_asking(who, typed), remote=request.remote_addr or "")
    except ThrottledError as early:
        return _page(
            Side(side), typed, ThrottledError(h["wait"], mend=early.mend if language() == "en" else "")
        )
    except InputError as error:
        return _page(who, typed, error)
    return redirect(url_for(".contact_sent", reference=info.reference), 303)


def _asking(side: Side, typed: Mapping[str, str]) -> Asking:
    kind = typed["kind"] if side is Side.SENDER and typed["kind"] in set(RequestKind) else "contact"
    return Asking(
        kind=RequestKind(kind),
        side=side,
        language=language(),
        **{name: typed[name] for name in _FIELDS},
    )


def _took_time(opened: str) -> bool:
    try:
        _, made_at = (
            mounted().office.links.signer("contact").loads(opened, max_age=LIFE_S, return_timestamp=True)
        )
    except BadData:
        return False
    return bool(now() - made_at >= timedelta(seconds=FASTEST_S))


def _sent() -> Page:
    reference = read_reference(request.args.get("reference", "")[:20])
    return render_template("lre/contact_sent.html", reference=reference)
