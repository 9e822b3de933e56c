"""Who is logged in to the standalone application: the session's cookie, and what pages ask of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import wraps
from typing import Any, ParamSpec
from urllib.parse import urlsplit

from flask import Response, current_app, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from lre_kit.clock import Clock
from lre_kit.errors import LreError
from lre_kit.parties.account_values import Account, LoggedIn
from lre_kit.parties.accounts import Accounts
from lre_kit.parties.sessions import Opened, Session
from lre_web.account.factors import SecondSteps
from lre_web.frame.cookies import drop_cookie, read_cookie, set_cookie
from lre_web.words.account import account_error

EXTENSION = "lre_accounts"
"""Key under which an application keeps what its account pages work with."""

FRESH = timedelta(minutes=15)
"""How long ago something must have been shown for a change of the account's security (ASVS 5 §7.5.1)."""

Answer = str | Response | BaseResponse | tuple[str, int]
"""What a page answers."""

_P = ParamSpec("_P")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSite:
    """What the account pages work with."""

    accounts: Accounts
    steps: SecondSteps
    clock: Clock


def account_site() -> AccountSite:
    """Return what the account pages of this application work with."""
    found = current_app.extensions[EXTENSION]
    assert isinstance(found, AccountSite)
    return found


_BY_THEMSELVES = frozenset({"letter_news", "identity_progress"})
"""What open pages ask for with nobody at the browser: it keeps no session awake."""

_BY_ITSELF = "LRE-By-Itself"
"""Header of what a script asks for with nobody at the browser. Whoever sends it only ends sooner."""

SESSION_COOKIE = "lre_session"
"""Cookie that holds the session's token."""


def current_session() -> Session | None:
    """Return this browser's session, whether or not its second step is due; nothing if there is none."""
    if "lre_session" not in g:
        token = read_cookie(SESSION_COOKIE)
        endpoint = (request.endpoint or "").rpartition(".")[2]
        note = endpoint not in _BY_THEMSELVES and _BY_ITSELF not in request.headers
        g.lre_session = account_site().accounts.sessions.touch(token, note=note) if token else None
    session = g.lre_session
    return session if isinstance(session, Session) else None


def current_account() -> Account | None:
    """Return who is fully logged in; nothing if nobody is, or if the second step is due."""
    session = current_session()
    if session is None or session.second_due:
        return None
    if "lre_account" not in g:
        g.lre_account = account_site().accounts.by_id(session.account_id)
    account = g.lre_account
    return account if isinstance(account, Account) else None


def safe_next(text: str | None) -> str:
    """Return where to go after logging in: a path of this site, or nothing (no open redirect)."""
    if not text or not text.startswith("/") or text[1:2] in {"/", "\\"} or not text.isprintable():
        return ""
    parts = urlsplit(text)
    return text if not parts.scheme and not parts.netloc and "\\" not in text else ""


def wanted_next() -> str:
    """Return where this request wants to go on to, from its form or its address."""
    return safe_next(request.form.get("next") or request.args.get("next"))


def to_log_in() -> BaseResponse:
    """Send the browser to the log-in page (or to its second step), and back here afterwards."""
    session = current_session()
    page = ".account_second" if session is not None and session.second_due else ".account_login"
    here = request.full_path.rstrip("?") if request.method == "GET" else ""
    return redirect(url_for(page, next=safe_next(request.script_root + here) or None), 303)


def to_show_again(here: str) -> BaseResponse | None:
    """Return where somebody goes first who showed nothing lately, before a secret that outlives the session.

    Where a host application logs people in, how fresh that is stands in the host's hands.

    Args:
        here: The page to come back to, as ``url_for`` gives it.
    """
    if EXTENSION not in current_app.extensions:
        return None
    session = current_session()
    if session is None or session.second_due:
        return to_log_in()
    if session.shown_since(account_site().clock() - FRESH):
        return None
    return redirect(url_for(".account_again", next=here), 303)


def account_required(page: Callable[_P, Answer]) -> Callable[_P, Answer]:
    """Let only people in who are fully logged in."""

    @wraps(page)
    def guarded(*args: _P.args, **kwargs: _P.kwargs) -> Answer:
        return page(*args, **kwargs) if current_account() is not None else to_log_in()

    return guarded


def fresh_required(page: Callable[_P, Answer]) -> Callable[_P, Answer]:
    """Let only people in who showed something lately; the others type their password again."""

    @wraps(page)
    def guarded(*args: _P.args, **kwargs: _P.kwargs) -> Answer:
        session = current_session()
        if session is None or session.second_due:
            return to_log_in()
        if not session.shown_since(account_site().clock() - FRESH):
            here = request.path if request.method == "GET" else url_for(".account")
            return redirect(url_for(".account_again", next=request.script_root + here), 303)
        return page(*args, **kwargs)

    return guarded


def page(name: str, error: LreError | None = None, **facts: Any) -> Answer:
    """Return an account page, with what went wrong above its form."""
    text = account_error(error) if error is not None else None
    made = render_template(f"lre/account_{name}.html", error=text, typed=request.form, **facts)
    return (made, error.status) if error is not None else made


def enter(logged_in: LoggedIn, onward: str) -> BaseResponse:
    """Open a session with a new token, whatever the browser held before, and go on."""
    sessions = account_site().accounts.sessions
    before = current_session()
    if before is not None:
        sessions.end(before.id, account_id=before.account_id)
    opened = sessions.open(
        account_id=logged_in.account.id,
        party_id=logged_in.account.party_id,
        factor=logged_in.factor,
        user_agent=request.headers.get("User-Agent", ""),
        second_due=logged_in.second_due,
    )
    if logged_in.second_due:
        onward = url_for(".account_second", next=onward or None)
    response = redirect(onward or url_for(".letters"), 303)
    hand_over(response, opened)
    return response


def hand_over(response: BaseResponse, opened: Opened) -> None:
    """Give the browser its session's token; the cookie ends with the browser, the session by itself."""
    assert isinstance(response, Response)
    set_cookie(response, SESSION_COOKIE, opened.token, max_age=None)
    g.pop("lre_session", None)


def leave(response: BaseResponse) -> BaseResponse:
    """End this browser's session and take its cookie back."""
    session = current_session()
    if session is not None:
        account_site().accounts.sessions.end(session.id, account_id=session.account_id)
    drop_cookie(response, SESSION_COOKIE)
    g.pop("lre_session", None)
    return response
