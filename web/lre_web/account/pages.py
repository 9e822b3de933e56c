"""The account pages before the door: register, confirm, log in, second step, forgotten password."""

from typing import Any

from flask import Blueprint, jsonify, redirect, request, url_for
from werkzeug.local import LocalProxy

from lre_kit.errors import LreError, ThrottledError
from lre_kit.parties.account_guesses import network_of
from lre_kit.parties.account_requests import CONFIRM, RESET
from lre_kit.parties.account_values import DeadLinkError, LoggedIn, LogInError
from lre_web.account import security as account_security
from lre_web.account.session import (
    Answer,
    account_site,
    current_account,
    current_session,
    enter,
    hand_over,
    page,
    to_log_in,
    wanted_next,
)
from lre_web.frame.people import gone
from lre_web.frame.security import browser_name
from lre_web.mounting import mounted
from lre_web.texts import language
from lre_web.words.account import account_texts


def add_pages(blueprint: Blueprint) -> None:
    """Add the account pages to a blueprint."""
    both = ["GET", "POST"]
    blueprint.add_url_rule("/account/register", "account_register", _register, methods=both)
    blueprint.add_url_rule("/account/sent", "account_sent", _sent)
    blueprint.add_url_rule("/account/confirm/<token>", "account_confirm", _confirm, methods=both)
    blueprint.add_url_rule("/account/login", "account_login", _log_in, methods=both)
    blueprint.add_url_rule("/account/login/key", "account_login_key", _log_in_by_key, methods=["POST"])
    blueprint.add_url_rule(
        "/account/login/key/options", "account_login_key_options", _log_in_key_options, methods=["POST"]
    )
    blueprint.add_url_rule("/account/second", "account_second", _second, methods=both)
    blueprint.add_url_rule("/account/logout", "account_logout", _log_out, methods=["POST"])
    blueprint.add_url_rule("/account/forgot", "account_forgot", _forgot, methods=both)
    blueprint.add_url_rule("/account/reset/<token>", "account_reset", _reset, methods=both)
    account_security.add_pages(blueprint)

    @blueprint.context_processor
    def words() -> dict[str, Any]:
        return {
            "a": account_texts(),
            "account": LocalProxy(current_account),
            "passkeys": LocalProxy(lambda: account_site().steps.logs_in),
        }


def _network() -> str:
    return request.remote_addr or ""


def _register() -> Answer:
    if request.method == "GET":
        return page("register")
    typed = request.form
    try:
        account_site().accounts.register(
            typed.get("email", ""),
            typed.get("password", ""),
            typed.get("name", ""),
            language(),
            network=_network(),
        )
    except LreError as error:
        return page("register", error)
    return redirect(url_for(".account_sent"), 303)


def _sent() -> Answer:
    return page("sent")


def _confirm(token: str) -> Answer:
    accounts = account_site().accounts
    try:
        address = accounts.look_at_link(CONFIRM, token)
        if request.method == "GET":
            return page("confirm", address=address)
        found = accounts.confirm(token, request.form.get("password", ""))
    except DeadLinkError as error:
        return page("dead_link", error)
    except LogInError as error:
        return page("confirm", error, address=address)
    return enter(found, url_for(".account", done="confirmed"))


def _log_in() -> Answer:
    onward = wanted_next()
    if request.method == "GET":
        if current_account() is not None:
            return redirect(onward or url_for(".letters"), 303)
        return page("login", next=onward, out="out" in request.args, closed="closed" in request.args)
    typed = request.form
    try:
        found = account_site().accounts.log_in(
            typed.get("email", ""), typed.get("password", ""), network=_network()
        )
    except LreError as error:
        return page("login", error, next=onward)
    return enter(found, onward)


def _log_in_key_options() -> Answer:
    """Answer what the browser is to ask a passkey; it names nobody, so it is paced by network."""
    if network := network_of(_network()):
        mounted().office.people.throttle.check(f"passkey:{network}")
    return jsonify(account_site().steps.ask_passkey(browser_name()))


def _log_in_by_key() -> Answer:
    """Log in by a passkey alone: it is possessed, and checks its owner itself."""
    site, typed, onward = account_site(), request.form, wanted_next()
    try:
        party_id, factor = site.steps.check_passkey(
            browser_name(), typed.get("challenge", ""), typed.get("answer", ""), network=_network()
        )
        account = site.accounts.of_party(party_id)
        if account is None:
            raise LogInError
        return enter(LoggedIn(account=account, factor=factor, second_due=False), onward)
    except LogInError as error:
        return page("login", error, next=onward, no_account=True)
    except LreError as error:
        return page("login", error, next=onward)


def _second() -> Answer:
    """Ask for the second factor: a code, a key, or a recovery code."""
    session, site, onward = current_session(), account_site(), wanted_next()
    if session is None or not session.second_due:
        return redirect(onward or url_for(".letters"), 303) if session is not None else to_log_in()
    facts: dict[str, Any] = {"next": onward, "ways": site.steps.ways(session.party_id)}
    if request.method == "GET":
        return page("second", **facts)
    way, typed = request.form.get("way"), request.form
    try:
        if way == "recovery":
            factor = site.accounts.codes.check(session.account_id, typed.get("recovery", ""))
        elif way == "key":
            factor = site.steps.check_key(session, typed.get("challenge", ""), typed.get("answer", ""))
        else:
            factor = site.steps.check_code(session, typed.get("code", ""), network=_network())
        opened = site.accounts.sessions.add_factor(session, factor, second=True)
    except ThrottledError as error:
        return page("second", error, **facts)
    except LreError as error:
        return page("second", error, way=way, **facts)
    response = redirect(onward or url_for(".letters"), 303)
    hand_over(response, opened)
    if way == "recovery":
        site.accounts.tell_factors_changed(session.account_id)
    return response


def _log_out() -> Answer:
    return gone("out")


def _forgot() -> Answer:
    if request.method == "GET":
        return page("forgot")
    try:
        account_site().accounts.forgot(request.form.get("email", ""), language=language(), network=_network())
    except LreError as error:
        return page("forgot", error)
    return redirect(url_for(".account_sent"), 303)


def _reset(token: str) -> Answer:
    accounts = account_site().accounts
    try:
        address = accounts.look_at_link(RESET, token)
        if request.method == "GET":
            return page("reset", address=address)
        found = accounts.reset(token, request.form.get("password", ""))
    except DeadLinkError as error:
        return page("dead_link", error)
    except LreError as error:
        return page("reset", error, address=address)
    return enter(found, url_for(".account", done="password"))
