"""The recipient's way: notice, code, decision, reading.

Following the link (GET) decides nothing and proves nothing: robots follow links too. Before
acceptance these pages are made from `NoticeView` alone, which holds no word of the sender's.
"""

import io
from collections.abc import Callable
from functools import wraps
from urllib.parse import quote

from flask import Blueprint, Response, g, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response as BaseResponse

from lre_kit.errors import IdentificationError, InputError, RequirementError, UnlawfulActError
from lre_kit.identifiers.identified import Identified
from lre_kit.letters.phases import Phase
from lre_kit.letters.values import NoticeView
from lre_kit.observing.context import bind
from lre_web.frame.cookies import read_cookie, set_cookie
from lre_web.frame.people import LETTER_COOKIE, Shown, email_factor, keep_shown
from lre_web.mounting import mounted
from lre_web.recipient.choice import choice_page, choose, has_choice_page
from lre_web.recipient.judging import judged
from lre_web.texts import REFUSE_WORDS, texts

DISCLOSED = frozenset({Phase.RECEIVED})
"""Phases in which content and sender may be shown."""

WAITING = frozenset({Phase.ACCEPTED_PENDING_IDENTIFICATION})
"""Phases in which the recipient may identify themselves, and nothing is shown yet."""

Page = str | Response | BaseResponse | tuple[str, int]


def add_pages(blueprint: Blueprint) -> None:
    """Add the recipient's pages to a blueprint."""
    rules: tuple[tuple[str, str, Callable[..., Page], str], ...] = (
        ("/r/<token>", "follow", _follow, "GET"),
        ("/r", "notice", _notice, "GET"),
        ("/r/code", "code", _send_code, "POST"),
        ("/r/identify", "identify", _identify, "POST"),
        ("/r/choose", "choose", _choose, "POST"),
        ("/r/accept", "accept", _accept, "POST"),
        ("/r/refuse", "refuse", _refuse, "POST"),
        ("/r/letter", "reading", _reading, "GET"),
        ("/r/documents/<int:position>", "document", _document, "GET"),
        ("/r/proofs/receipt.pdf", "own_proof", _own_proof, "GET"),
    )
    for rule, endpoint, view, method in rules:
        blueprint.add_url_rule(rule, endpoint, view, methods=[method])


def with_letter(view: Callable[..., Page]) -> Callable[..., Page]:
    """Give the view what its browser's letter may show now, or the page that asks for the link."""

    @wraps(view)
    def wrapped(**arguments: object) -> Page:
        office = mounted().office
        token = read_cookie(LETTER_COOKIE)
        if not token:
            return render_template("lre/no_letter.html"), 404
        g.letter_id = office.links.read(token)
        bind(letter_id=g.letter_id)
        return view(office.reading.before_acceptance(g.letter_id), **arguments)

    return wrapped


def _follow(token: str) -> Page:
    """Exchange the link for a cookie at once, so that the address shows and leaks nothing."""
    mounted().office.links.read(token)
    response = redirect(url_for(".notice"), 303)
    assert isinstance(response, Response)
    set_cookie(response, LETTER_COOKIE, token, max_age=None)
    return response


@with_letter
def _notice(view: NoticeView) -> Page:
    found = judged(view.letter_id, reading=view.phase in DISCLOSED)
    if view.phase in DISCLOSED and found.identified is not None and not found.is_pending:
        return redirect(url_for(".reading"), 303)
    return _page(view, sent="sent" in request.args)


def _page(view: NoticeView, *, error: Exception | None = None, sent: bool = False, status: int = 200) -> Page:
    if has_choice_page(view):
        return choice_page(view, error=error, status=status)
    page = render_template(
        "lre/notice.html",
        view=view,
        judged=judged(view.letter_id, reading=view.phase in DISCLOSED),
        error=error,
        sent=sent,
        open=_is_open(view),
    )
    return page, status


def _is_open(view: NoticeView) -> bool:
    in_time = view.window_closes_at is not None and mounted().office.clock() < view.window_closes_at
    return view.phase is Phase.NOTIFIED and in_time


@with_letter
def _send_code(view: NoticeView) -> Page:
    if _is_open(view) or view.phase in DISCLOSED | WAITING:
        mounted().office.identification.send_code(view.letter_id)
    return redirect(url_for(".notice", sent=1, _anchor="step-1"), 303)


@with_letter
def _identify(view: NoticeView) -> Page:
    office = mounted().office
    try:
        identified = office.identification.check_code(view.letter_id, request.form.get("code", ""))
    except IdentificationError as error:
        return _page(view, error=error, sent=True, status=error.status)
    response = redirect(url_for(".notice", _anchor="step-2"), 303)
    assert isinstance(response, Response)
    # The address as it was before the code was judged: one that is corrected meanwhile has another reader.
    mailbox = office.links.mailbox(view.letter_id, view.recipient_email)
    shown = Shown(letter_id=view.letter_id, mailbox=mailbox, factors=(email_factor(identified.at),))
    keep_shown(response, shown)
    return response


def _expect_identified(view: NoticeView, *, pending: bool = False) -> Identified:
    """Return who is there; who waits for a verdict only where that is enough: to accept."""
    found = judged(view.letter_id, reading=view.phase in DISCLOSED)
    if found.identified is not None and (pending or not found.is_pending):
        return found.identified
    words = texts()
    if found.identified is not None:
        raise RequirementError(words["identity_pending"], mend=words["identity_pending_mend"])
    if found.is_known:
        raise RequirementError(found.missing, mend=words["stronger_mend"])
    raise RequirementError(words["identify_first"], mend=words["identify_first_mend"])


def _expect_the_same(view: NoticeView) -> None:
    """Refuse a form whose page showed another letter: its browser has opened a second one meanwhile."""
    if request.form.get("letter", view.number) != view.number:
        words = texts()
        raise InputError(words["other_letter"], mend=words["other_letter_mend"])


@with_letter
def _choose(view: NoticeView) -> Page:
    _expect_the_same(view)
    return choose(view)


@with_letter
def _accept(view: NoticeView) -> Page:
    _expect_the_same(view)
    try:
        desk, email = mounted().office.desk, view.recipient_email
        if view.phase in WAITING:
            # Accepted already: whoever waited for a verdict shows another means instead.
            letter = desk.confirm_identification(view.letter_id, _expect_identified(view), email=email)
        else:
            letter = desk.accept(view.letter_id, _expect_identified(view, pending=True), email=email)
    except UnlawfulActError as error:
        return _page(_fresh(view), error=error, status=error.status)
    return redirect(url_for(".reading" if letter.phase in DISCLOSED else ".notice"), 303)


@with_letter
def _refuse(view: NoticeView) -> Page:
    _expect_the_same(view)
    typed = request.form.get("confirmation", "").strip().upper()
    identified = _expect_identified(view)
    if typed not in REFUSE_WORDS:
        words = texts()
        error = InputError(words["refuse_typed"], mend=words["refuse_typed_mend"])
        return _page(view, error=error, status=error.status)
    try:
        mounted().office.desk.refuse(view.letter_id, identified, email=view.recipient_email)
    except UnlawfulActError as unlawful:
        return _page(_fresh(view), error=unlawful, status=unlawful.status)
    return redirect(url_for(".notice"), 303)


def _fresh(view: NoticeView) -> NoticeView:
    return mounted().office.reading.before_acceptance(view.letter_id)


@with_letter
def _reading(view: NoticeView) -> Page:
    expect_disclosed(view)
    office = mounted().office
    letter, proofs = office.reading.by_id(view.letter_id), office.issuer.available(view.letter_id)
    is_ready = any(proof.kind == "receipt" and proof.is_ready for proof in proofs)
    return render_template("lre/reading.html", letter=letter, proof_is_ready=is_ready)


@with_letter
def _document(view: NoticeView, position: int) -> Page:
    expect_disclosed(view)
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


@with_letter
def _own_proof(view: NoticeView) -> Page:
    expect_disclosed(view)
    pdf = mounted().office.issuer.make(view.letter_id, "receipt")
    return send_file(
        io.BytesIO(pdf),
        mimetype="application/pdf",
        download_name=f"{view.number}-receipt.pdf",
        as_attachment=True,
    )


def expect_disclosed(view: NoticeView) -> None:
    """Refuse whoever may not see the content: not identified, or before acceptance.

    Raises:
        RequirementError: It says what is missing.
    """
    _expect_identified(view)
    if view.phase not in DISCLOSED:
        words = texts()
        raise RequirementError(words["accept_first"], mend=words["accept_first_mend"])
