"""What every page of the blueprint keeps to: form tokens, headers, errors as pages.

Only our own responses are touched; the host's stay as they are.
"""

import hmac
import secrets
from collections.abc import Callable
from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    g,
    jsonify,
    make_response,
    render_template,
    request,
)
from itsdangerous import BadData
from werkzeug.exceptions import HTTPException, InternalServerError, RequestEntityTooLarge

from lre_kit.errors import LreError, ThrottledError, UnavailableError
from lre_kit.parties.proofing_callbacks import SIGNATURE_HEADER
from lre_web.frame.cookies import read_cookie, set_cookie
from lre_web.frame.sides import expect_own_side, is_senders_host
from lre_web.mounting import mounted
from lre_web.public.observing import observe
from lre_web.texts import LANGUAGE_COOKIE, LANGUAGES, language, texts

COOKIE = "lre_form"
"""Cookie that ties form tokens to a browser."""

FORM_LIFE_S = 12 * 3600
"""Life of a form token, in seconds."""

FIELD = "form_token"
"""Name of the hidden field."""

_SAFE = {"GET", "HEAD", "OPTIONS"}
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}
_RETRY_AFTER_S = 30
_COMES_BACK: dict[str, Callable[[LreError], str]] = {}


def comes_back(endpoint: str, page: Callable[[LreError], str]) -> None:
    """Let a form whose token is too old come back as `page` makes it, with all that was typed."""
    _COMES_BACK[endpoint] = page


def guard(blueprint: Blueprint, *, limit_bytes: int) -> None:
    """Put the guards on a blueprint."""
    observe(blueprint)

    @blueprint.before_request
    def check_form() -> None:
        expect_own_side()
        request.max_content_length = limit_bytes
        if request.method not in _SAFE and not _is_signed_call():
            _check_form()

    @blueprint.after_request
    def protect(response: Response) -> Response:
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        if response.headers["Cache-Control"] == "no-cache":
            # What files are answered with by default: a shared cache may keep those.
            response.headers["Cache-Control"] = "no-store"
        if request.endpoint and request.endpoint.endswith(".static"):
            response.headers["Cache-Control"] = "public, max-age=3600"
        if browser := g.get("lre_browser_fresh"):
            set_cookie(response, COOKIE, browser, max_age=FORM_LIFE_S)
        if response.mimetype == "text/html" and (chosen := request.args.get("lang")) in LANGUAGES:
            set_cookie(response, LANGUAGE_COOKIE, chosen, max_age=None)
        return response

    @blueprint.context_processor
    def words() -> dict[str, Any]:
        return {
            "t": texts(),
            "lang": language(),
            "form_token": form_token,
            "provider": _provider(),
            "has_theme": has_theme,
        }

    blueprint.register_error_handler(LreError, _error_page)
    blueprint.register_error_handler(RequestEntityTooLarge, _too_large)
    blueprint.register_error_handler(InternalServerError, _unforeseen)


def signed_call(view: Callable[[], Response]) -> Callable[[], Response]:
    """Mark a view that takes signed messages of programs, and checks who signed them itself.

    Only requests with the signature's header get past the form's token: no form can send that.
    """
    view.takes_signed_calls = True  # type: ignore[attr-defined]
    return view


def _is_signed_call() -> bool:
    view = current_app.view_functions.get(request.endpoint or "")
    return getattr(view, "takes_signed_calls", False) and SIGNATURE_HEADER in request.headers


def has_theme() -> bool:
    """Tell whether this page shows the host's own colours."""
    return bool(mounted().theme) and is_senders_host()


def form_token() -> str:
    """Return the token that a form of this page must send back."""
    signer = mounted().office.links.signer("form")
    return str(signer.dumps(browser_name()))


def browser_name() -> str:
    """Return the random name of this browser, made when it has none."""
    known = read_cookie(COOKIE) or g.get("lre_browser_fresh")
    if not known:
        known = g.lre_browser_fresh = secrets.token_urlsafe(16)
    return str(known)


def _check_form() -> None:
    if request.headers.get("Sec-Fetch-Site") not in {None, "same-origin", "none"}:
        abort(403)
    sent = request.form.get(FIELD) or request.headers.get("X-Form-Token") or ""
    try:
        named = mounted().office.links.signer("form").loads(sent, max_age=FORM_LIFE_S)
    except BadData:
        named = ""
    if not hmac.compare_digest(str(named).encode(), read_cookie(COOKIE).encode()) or not named:
        raise _StaleFormError(texts()["stale_form"], mend=texts()["stale_form_mend"])


class _StaleFormError(LreError):
    """A form came without its page's token, or with one that is too old or another browser's.

    Mend it by opening the page again and sending its form.
    """

    slug = "stale-form"
    status = 403


def _provider() -> str:
    return mounted().office.settings.provider_name


def _error_page(error: LreError) -> Response:
    # A page about what does not answer, or about nobody knows what, asks for nothing more.
    g.lre_unavailable = isinstance(error, UnavailableError | _UnforeseenError)
    back = _COMES_BACK.get((request.endpoint or "").rpartition(".")[2])
    if isinstance(error, _StaleFormError) and back is not None:
        # Nothing was done, and nothing typed is lost: the form comes back with a fresh token.
        return make_response(back(error), error.status)
    if request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json":
        response = jsonify(
            type=f"urn:lre-kit:problem:{error.slug}",
            title=error.problem,
            detail=error.mend,
            status=error.status,
        )
        response.content_type = "application/problem+json"
    else:
        response = make_response(render_template("lre/error.html", error=error))
    response.status_code = error.status
    if isinstance(error, UnavailableError | ThrottledError):
        response.headers["Retry-After"] = str(_RETRY_AFTER_S)
    return response


def _too_large(error: HTTPException) -> Response:
    del error
    words = texts()
    return _error_page(_TooLargeError(words["too_large"], mend=words["too_large_mend"]))


def _unforeseen(error: HTTPException) -> Response:
    """Answer what nobody foresaw: Flask has logged it, and its words stay out of the page."""
    del error
    words = texts()
    return _error_page(_UnforeseenError(words["unforeseen"], mend=words["unforeseen_mend"]))


class _UnforeseenError(LreError):
    """Something failed that nobody foresaw; what was asked for is done wholly or not at all."""

    slug = "unforeseen"
    status = 500


class _TooLargeError(LreError):
    """What was sent is larger than a letter may be; nothing of it was kept."""

    slug = "document-too-large"
    status = 413
