"""The recipient's way: notice, code, decision, reading.

Following the link (GET) decides nothing and proves nothing: robots follow links too. Before
acceptance these pages are made from `NoticeView` alone, which holds no word of the sender's.
"""

import io
from collections.abc import Callable
from functools import wraps
from urllib.parse import quote

from flask import Blueprint, Response, g, redirect, render_template, request, send_file, url_for
from itsdangerous import BadData
from werkzeug.wrappers import Response as BaseResponse

from lre_kit.clock import from_iso, iso
from lre_kit.errors import IdentificationError, InputError, RequirementError, UnlawfulActError
from lre_kit.identifiers.email_code import MEANS, Identified
from lre_kit.law.assurance import Category, Level
from lre_kit.letters.lifecycle import Phase
from lre_kit.letters.values import NoticeView
from lre_web.extension import mounted
from lre_web.security import set_cookie
from lre_web.texts import REFUSE_WORDS, texts

LETTER_COOKIE = "lre_letter"
"""Cookie that remembers which letter a browser looks at: a locator, no authority."""

IDENTIFIED_COOKIE = "lre_identified"
"""Cookie that says, signed and for a while, that a code was typed here for this letter."""

DISCLOSED = frozenset({Phase.RECEIVED})
"""Phases in which content and sender may be shown."""

Page = str | Response | BaseResponse | tuple[str, int]


def add_pages(blueprint: Blueprint) -> None:
    """Add the recipient's pages to a blueprint."""
    rules: tuple[tuple[str, str, Callable[..., Page], str], ...] = (
        ("/r/<token>", "follow", _follow, "GET"),
        ("/r", "notice", _notice, "GET"),
        ("/r/code", "code", _send_code, "POST"),
        ("/r/identify", "identify", _identify, "POST"),
        ("/r/accept", "accept", _accept, "POST"),
        ("/r/refuse", "refuse", _refuse, "POST"),
        ("/r/letter", "reading", _reading, "GET"),
        ("/r/documents/<int:position>", "document", _document, "GET"),
        ("/r/proofs/receipt.pdf", "own_proof", _own_proof, "GET"),
    )
    for rule, endpoint, view, method in rules:
        blueprint.add_url_rule(rule, endpoint, view, methods=[method])


def _with_letter(view: Callable[..., Page]) -> Callable[..., Page]:
    """Give the view what its browser's letter may show now, or the page that asks for the link."""

    @wraps(view)
    def wrapped(**arguments: object) -> Page:
        office = mounted().office
        token = request.cookies.get(LETTER_COOKIE, "")
        if not token:
            return render_template("lre/no_letter.html"), 404
        g.letter_id = office.links.read(token)
        return view(office.reading.before_acceptance(g.letter_id), **arguments)

    return wrapped


def _follow(token: str) -> Page:
    """Exchange the link for a cookie at once, so that the address shows and leaks nothing."""
    mounted().office.links.read(token)
    response = redirect(url_for(".notice"), 303)
    assert isinstance(response, Response)
    set_cookie(response, LETTER_COOKIE, token, max_age=None)
    return response


@_with_letter
def _notice(view: NoticeView) -> Page:
    if view.phase in DISCLOSED and _identified() is not None:
        return redirect(url_for(".reading"), 303)
    return _page(view, sent="sent" in request.args)


def _page(view: NoticeView, *, error: Exception | None = None, sent: bool = False, status: int = 200) -> Page:
    page = render_template(
        "lre/notice.html", view=view, identified=_identified(), error=error, sent=sent, open=_is_open(view)
    )
    return page, status


def _is_open(view: NoticeView) -> bool:
    in_time = view.window_closes_at is not None and mounted().office.clock() < view.window_closes_at
    return view.phase is Phase.NOTIFIED and in_time


@_with_letter
def _send_code(view: NoticeView) -> Page:
    if _is_open(view) or view.phase in DISCLOSED:
        mounted().office.identification.send_code(view.letter_id)
    return redirect(url_for(".notice", sent=1, _anchor="step-1"), 303)


@_with_letter
def _identify(view: NoticeView) -> Page:
    office = mounted().office
    try:
        identified = office.identification.check_code(view.letter_id, request.form.get("code", ""))
    except IdentificationError as error:
        return _page(view, error=error, sent=True, status=error.status)
    response = redirect(url_for(".notice", _anchor="step-2"), 303)
    assert isinstance(response, Response)
    signed = office.links.signer("identified").dumps([identified.letter_id, iso(identified.at)])
    set_cookie(response, IDENTIFIED_COOKIE, str(signed), max_age=office.settings.session_ttl_s)
    return response


def _identified() -> Identified | None:
    """Return the identification this browser holds for its letter, if it is still fresh."""
    office = mounted().office
    try:
        letter_id, at = office.links.signer("identified").loads(request.cookies.get(IDENTIFIED_COOKIE, ""))
        instant = from_iso(at)
    except (BadData, ValueError, TypeError):
        return None
    age_s = (office.clock() - instant).total_seconds()
    if letter_id != g.letter_id or not 0 <= age_s <= office.settings.session_ttl_s:
        return None
    return Identified(
        letter_id=letter_id, means=MEANS, level=Level.LOW, categories=(Category.POSSESSION,), at=instant
    )


def _expect_identified() -> Identified:
    identified = _identified()
    if identified is None:
        words = texts()
        raise RequirementError(words["identify_first"], mend=words["identify_first_mend"])
    return identified


@_with_letter
def _accept(view: NoticeView) -> Page:
    try:
        mounted().office.desk.accept(view.letter_id, _expect_identified())
    except UnlawfulActError as error:
        return _page(_fresh(view), error=error, status=error.status)
    return redirect(url_for(".reading"), 303)


@_with_letter
def _refuse(view: NoticeView) -> Page:
    typed = request.form.get("confirmation", "").strip().upper()
    identified = _expect_identified()
    if typed not in REFUSE_WORDS:
        words = texts()
        error = InputError(words["refuse_typed"], mend=words["refuse_typed_mend"])
        return _page(view, error=error, status=error.status)
    try:
        mounted().office.desk.refuse(view.letter_id, identified)
    except UnlawfulActError as unlawful:
        return _page(_fresh(view), error=unlawful, status=unlawful.status)
    return redirect(url_for(".notice"), 303)


def _fresh(view: NoticeView) -> NoticeView:
    return mounted().office.reading.before_acceptance(view.letter_id)


@_with_letter
def _reading(view: NoticeView) -> Page:
    _expect_disclosed(view)
    office = mounted().office
    letter, proofs = office.reading.by_id(view.letter_id), office.issuer.available(view.letter_id)
    is_ready = any(proof.kind == "receipt" and proof.is_ready for proof in proofs)
    return render_template("lre/reading.html", letter=letter, proof_is_ready=is_ready)


@_with_letter
def _document(view: NoticeView, position: int) -> Page:
    _expect_disclosed(view)
    info, pieces = mounted().office.desk.open_document(view.letter_id, position)
    inline = request.args.get("show") is not None and info.media_type in {
        "application/pdf",
        "image/png",
        "image/jpeg",
    }
    disposition = "inline" if inline else "attachment"
    response = Response(pieces, mimetype=info.media_type)
    response.headers["Content-Length"] = str(info.size_bytes)
    # RFC 6266 / RFC 8187: the plain name is neutral, the starred one is as the sender wrote it.
    response.headers["Content-Disposition"] = (
        f"{disposition}; filename=\"document-{position}\"; filename*=UTF-8''{quote(info.name, safe='')}"
    )
    # Browsers centre an image shown by itself with styles of their own; the sandbox runs no script.
    styles = "style-src 'unsafe-inline'; " if inline else ""
    response.headers["Content-Security-Policy"] = (
        f"sandbox; default-src 'none'; {styles}frame-ancestors 'none'"
    )
    return response


@_with_letter
def _own_proof(view: NoticeView) -> Page:
    _expect_disclosed(view)
    pdf = mounted().office.issuer.make(view.letter_id, "receipt")
    return send_file(
        io.BytesIO(pdf),
        mimetype="application/pdf",
        download_name=f"{view.number}-receipt.pdf",
        as_attachment=True,
    )


def _expect_disclosed(view: NoticeView) -> None:
    _expect_identified()
    if view.phase not in DISCLOSED:
        words = texts()
        raise RequirementError(words["accept_first"], mend=words["accept_first_mend"])
