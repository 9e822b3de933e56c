"""The security page of an account: password, second factors, recovery codes, sessions."""

from flask import Blueprint, jsonify, redirect, request, url_for

from lre_kit.errors import IdentificationError, LreError, ThrottledError
from lre_kit.parties.account_values import Account, LogInError
from lre_kit.parties.recovery_codes import CODES
from lre_kit.parties.sessions import Session
from lre_web.account.session import (
    Answer,
    account_required,
    account_site,
    current_account,
    current_session,
    fresh_required,
    hand_over,
    page,
    to_log_in,
    wanted_next,
)
from lre_web.frame.people import gone

_DONE = frozenset({"password", "added", "removed", "ended", "confirmed"})


def add_pages(blueprint: Blueprint) -> None:
    """Add the security pages to a blueprint."""
    both, post = ["GET", "POST"], ["POST"]
    blueprint.add_url_rule("/account", "account", _account)
    blueprint.add_url_rule("/account/again", "account_again", _again, methods=both)
    blueprint.add_url_rule("/account/password", "account_password", _password, methods=both)
    blueprint.add_url_rule("/account/close", "account_close", _close, methods=both)
    blueprint.add_url_rule("/account/codes", "account_codes", _codes, methods=post)
    blueprint.add_url_rule("/account/authenticator", "account_authenticator", _authenticator, methods=post)
    blueprint.add_url_rule("/account/key", "account_key", _key, methods=both)
    blueprint.add_url_rule("/account/key/options", "account_key_options", _key_options, methods=post)
    blueprint.add_url_rule("/account/means/<means_id>/remove", "account_remove", _remove, methods=post)
    blueprint.add_url_rule("/account/sessions/others/end", "account_end_others", _end_others, methods=post)
    blueprint.add_url_rule("/account/sessions/<session_id>/end", "account_end", _end, methods=post)


def _here() -> tuple[Account, Session]:
    """Return who is here and in which session; the pages' guards have made sure of both."""
    account, session = current_account(), current_session()
    assert account is not None
    assert session is not None
    return account, session


def _done(what: str) -> Answer:
    return redirect(url_for(".account", done=what), 303)


@account_required
def _account() -> Answer:
    account, session = _here()
    site = account_site()
    done = request.args.get("done", "")
    return page(
        "security",
        me=account,
        done=done if done in _DONE else "",
        seconds=site.accounts.second_factors(account.id),
        means=site.steps.means(account.party_id),
        offers=site.steps.offers,
        left=site.accounts.codes.left(account.id),
        all=CODES,
        sessions=site.accounts.sessions.list_of(account.id),
        here=session.id,
    )


def _again() -> Answer:
    """Ask for the password once more; the session gets a new token."""
    if current_account() is None:
        return to_log_in()
    account, session = _here()
    onward = wanted_next()
    if request.method == "GET":
        return page("again", next=onward, me=account)
    accounts = account_site().accounts
    try:
        found = accounts.log_in(
            account.email, request.form.get("password", ""), network=request.remote_addr or ""
        )
        opened = accounts.sessions.add_factor(session, found.factor)
    except LogInError as error:
        return page("again", error, next=onward, me=account, wrong=True)
    except LreError as error:
        return page("again", error, next=onward, me=account)
    response = redirect(onward or url_for(".account"), 303)
    hand_over(response, opened)
    return response


@account_required
def _password() -> Answer:
    account, session = _here()
    if request.method == "GET":
        return page("password", me=account)
    typed, accounts = request.form, account_site().accounts
    try:
        accounts.change_password(
            account.id,
            present=typed.get("present", ""),
            new=typed.get("password", ""),
            keep_session=session.id,
            network=request.remote_addr or "",
        )
    except LogInError as error:
        return page("password", error, me=account, wrong=True)
    except LreError as error:
        return page("password", error, me=account)
    found = accounts.log_in(account.email, typed.get("password", ""))
    response = redirect(url_for(".account", done="password"), 303)
    hand_over(response, accounts.sessions.add_factor(session, found.factor))
    return response


@account_required
def _close() -> Answer:
    """Close the account, by its password and a ticked box; who is here is logged out."""
    account, _ = _here()
    if request.method == "GET" or not request.form.get("sure"):
        return page("close", me=account, unsure=request.method == "POST")
    accounts = account_site().accounts
    try:
        accounts.close(
            account.id, password=request.form.get("password", ""), network=request.remote_addr or ""
        )
    except LogInError as error:
        return page("close", error, me=account, wrong=True)
    except LreError as error:
        return page("close", error, me=account)
    return gone("closed")


@fresh_required
def _codes() -> Answer:
    account, _ = _here()
    accounts = account_site().accounts
    codes = accounts.codes.make(account.id)
    accounts.tell_factors_changed(account.id)
    return page("codes", codes=codes)


@fresh_required
def _authenticator() -> Answer:
    account, session = _here()
    site = account_site()
    typed, means_id = request.form, request.form.get("means", "")
    if not means_id:
        return page("authenticator", offer=site.steps.offer_code(account, session))
    try:
        site.steps.add_code(
            session, typed.get("challenge", ""), typed.get("code", ""), network=request.remote_addr or ""
        )
    except (IdentificationError, ThrottledError) as error:
        return page("authenticator", error, offer=site.steps.ask_first_code(account, session, means_id))
    return _added(account, session)


@fresh_required
def _key() -> Answer:
    account, session = _here()
    steps, typed = account_site().steps, request.form
    waits = steps.awaits_key(account.party_id)
    if request.method == "GET":
        return page("key", waits=waits)
    try:
        steps.add_key(
            account,
            session,
            typed.get("challenge", ""),
            typed.get("answer", ""),
            typed.get("label", ""),
            posted_code=typed.get("posted_code", ""),
        )
    except LreError as error:
        return page("key", error, waits=waits)
    return _added(account, session)


@fresh_required
def _new_key_options() -> Answer:
    account, session = _here()
    return jsonify(account_site().steps.ask_new_key(account, session))


def _key_options() -> Answer:
    """Answer what the browser is to ask the key: for the second step, or for a new key."""
    session = current_session()
    if session is None or not session.second_due:
        return _new_key_options()
    return jsonify(account_site().steps.ask_key(session))


def _added(account: Account, session: Session) -> Answer:
    """Say that a second factor was added; a new token stands for this session, and the others end."""
    accounts = account_site().accounts
    accounts.tell_factors_changed(account.id)
    accounts.sessions.end_all(account.id, but=session.id)
    response = redirect(url_for(".account", done="added"), 303)
    hand_over(response, accounts.sessions.renew(session))
    return response


@fresh_required
def _remove(means_id: str) -> Answer:
    account, _ = _here()
    site = account_site()
    site.steps.remove(account, means_id)
    site.accounts.tell_factors_changed(account.id)
    return _done("removed")


@account_required
def _end(session_id: str) -> Answer:
    account, session = _here()
    if session_id != session.id:
        account_site().accounts.sessions.end(session_id, account_id=account.id)
    return _done("ended")


@account_required
def _end_others() -> Answer:
    account, session = _here()
    account_site().accounts.sessions.end_all(account.id, but=session.id)
    return _done("ended")
