"""The page where somebody answers a request for consent, or takes their consent back.

Following the link (GET) decides nothing. Before a code by e-mail was typed the page shows who asks and
what it means; who is asked is shown only to whoever reads the mailbox.
"""

import io
from collections.abc import Callable
from functools import wraps

from flask import Blueprint, Response, g, redirect, render_template, request, send_file, url_for
from itsdangerous import BadData
from werkzeug.wrappers import Response as BaseResponse

from lre_kit.clock import from_iso, iso
from lre_kit.consents.desk import FRESH
from lre_kit.consents.proof import PROVED
from lre_kit.consents.values import Answerer, ConsentInfo
from lre_kit.consents.wordings import by_id, newest
from lre_kit.errors import LreError, RequirementError
from lre_kit.identifiers.email_code import MEANS
from lre_kit.law.consents import RULES, ConsentState
from lre_web.frame.cookies import read_cookie, set_cookie
from lre_web.mounting import mounted
from lre_web.texts import language
from lre_web.words.consents import consent_texts

LINK_COOKIE = "lre_consent"
"""Cookie that holds the request whose link was followed."""

SHOWN_COOKIE = "lre_consent_shown"
"""Signed cookie that says for which consent a code was typed, and when."""

_Page = str | Response | BaseResponse | tuple[str, int]
_WAITING = frozenset({ConsentState.ASKED, ConsentState.LATER})


def add_pages(blueprint: Blueprint) -> None:
    """Add the pages of whoever is asked for a consent."""
    rules: tuple[tuple[str, str, Callable[..., _Page], str], ...] = (
        ("/c/<token>", "consent_follow", _follow, "GET"),
        ("/consent", "consent", _show, "GET"),
        ("/consent/code", "consent_code", _send_code, "POST"),
        ("/consent/identify", "consent_identify", _identify, "POST"),
        ("/consent/answer", "consent_answer", _answer, "POST"),
        ("/consent/proof.pdf", "consent_own_proof", _proof, "GET"),
    )
    for rule, endpoint, view, method in rules:
        blueprint.add_url_rule(rule, endpoint, view, methods=[method])


def _with_consent(view: Callable[..., _Page]) -> Callable[..., _Page]:
    """Give the view the consent whose link was followed in this browser."""

    @wraps(view)
    def wrapped() -> _Page:
        consents = mounted().office.consents
        token = read_cookie(LINK_COOKIE)
        if not token:
            return render_template("lre/consent_none.html", c=consent_texts()), 404
        consent_id, g.consent_round = consents.links.read(token)
        return view(consents.register.by_id(consent_id))

    return wrapped


def _follow(token: str) -> _Page:
    """Exchange the link for a cookie at once, so that the address shows and leaks nothing."""
    mounted().office.consents.links.read(token)
    response = redirect(url_for(".consent"), 303)
    assert isinstance(response, Response)
    set_cookie(response, LINK_COOKIE, token, max_age=None)
    return response


@_with_consent
def _show(info: ConsentInfo) -> _Page:
    return _page(info, sent="sent" in request.args)


def _page(info: ConsentInfo, *, error: LreError | None = None, sent: bool = False) -> _Page:
    office = mounted().office
    policy = office.consents.journal.policy(info.regime)
    is_open = g.consent_round == info.round and info.standing.is_open(office.clock(), policy)
    counts = info.standing.counts_at(office.clock())
    decided = info.state in {ConsentState.REFUSED, ConsentState.WITHDRAWN}
    wording = by_id(info.wording) if counts else newest(info.regime)
    page = render_template(
        "lre/consent.html",
        c=consent_texts(),
        info=info,
        wording=wording.text(language()),
        presumed=RULES[info.regime].presumed,
        reference=RULES[info.regime].reference,
        answerer=_answerer(info),
        counts=counts,
        waiting=is_open and info.state in _WAITING,
        may_give=is_open and not counts,
        stale=not is_open and not counts and not decided,
        error=error,
        sent=sent,
        has_proof=any(
            event.name in {act.value for act in PROVED} for event in office.consents.register.history(info.id)
        ),
    )
    return (page, error.status) if error is not None else page


def _answerer(info: ConsentInfo) -> Answerer | None:
    """Return who typed a code for this consent in this browser, while that counts."""
    office = mounted().office
    try:
        consent_id, at = office.links.signer("consent-shown").loads(read_cookie(SHOWN_COOKIE))
        shown_at = from_iso(at)
    except (BadData, ValueError, TypeError):
        return None
    if consent_id != info.id or office.clock() - shown_at > FRESH:
        return None
    return Answerer(consent_id=info.id, means=MEANS, at=shown_at)


@_with_consent
def _send_code(info: ConsentInfo) -> _Page:
    mounted().office.consents.codes.send_code(info.id)
    return redirect(url_for(".consent", sent=1, _anchor="step"), 303)


@_with_consent
def _identify(info: ConsentInfo) -> _Page:
    office = mounted().office
    try:
        answerer = office.consents.check_code(info.id, request.form.get("code", ""))
    except RequirementError as error:
        return _page(info, error=error, sent=True)
    response = redirect(url_for(".consent", _anchor="step"), 303)
    assert isinstance(response, Response)
    signed = office.links.signer("consent-shown").dumps([info.id, iso(answerer.at)])
    set_cookie(response, SHOWN_COOKIE, str(signed), max_age=int(FRESH.total_seconds()))
    return response


@_with_consent
def _answer(info: ConsentInfo) -> _Page:
    desk, words = mounted().office.consents.desk, consent_texts()
    chosen, answerer = request.form.get("answer", ""), _answerer(info)
    try:
        if chosen == "later":
            desk.later(info.id)
        elif answerer is None:
            raise RequirementError(words["code_first"], mend=words["code_first_mend"])
        elif chosen == "withdraw":
            desk.withdraw(answerer)
        elif request.form.get("round") != str(info.round):
            raise RequirementError(words["stale_form"], mend=words["stale_form_mend"])
        elif chosen == "give":
            stated = " ".join(request.form.get("name", "").split())
            desk.give(answerer, stated_name=stated, language=language())
        elif chosen == "refuse":
            desk.refuse(answerer)
    except LreError as error:
        return _page(mounted().office.consents.register.by_id(info.id), error=error)
    return redirect(url_for(".consent", _anchor="main"), 303)


@_with_consent
def _proof(info: ConsentInfo) -> _Page:
    words = consent_texts()
    if _answerer(info) is None:
        raise RequirementError(words["code_first"], mend=words["code_first_mend"])
    pdf = mounted().office.consents.proofs.pdf(info.id, language())
    return send_file(
        io.BytesIO(pdf), mimetype="application/pdf", download_name="consent.pdf", as_attachment=True
    )
