"""Stepping up: a person who is logged in shows one more thing, for an act that asks for more.

Paper codes are asked by number; whoever leaves is asked for the same number again. What was shown goes
into the session and counts for as long as the rules let it.
"""

from collections.abc import Sequence

from flask import Blueprint, jsonify, redirect, request, url_for

from lre_kit.errors import LreError
from lre_kit.identifiers.identifier_values import Identifier
from lre_kit.identifiers.means import UNUSED, Kind, State
from lre_kit.law.assurance import Category, Factor
from lre_kit.parties.sessions import Session
from lre_web.account.session import (
    Answer,
    account_required,
    account_site,
    current_session,
    hand_over,
    page,
    wanted_next,
)
from lre_web.frame.cookies import read_cookie
from lre_web.frame.people import LETTER_COOKIE
from lre_web.mounting import mounted

PAPER = {Kind.PAPER_CODES.value: Kind.PAPER_CODES, Kind.PAPER_SEED.value: Kind.PAPER_SEED}
"""Means on paper, by the name that addresses carry."""


def add_pages(blueprint: Blueprint) -> None:
    """Add the page to a blueprint."""
    blueprint.add_url_rule("/account/step", "step_up", _step, methods=["GET", "POST"])
    blueprint.add_url_rule("/account/step/key", "step_key_options", _key_options, methods=["POST"])


@account_required
def _step() -> Answer:
    session, means = current_session(), request.values.get("means", "")
    assert session is not None
    if request.method == "GET":
        return _asked(session, means)
    try:
        factor = _answered(session, means)
        opened = account_site().accounts.sessions.add_factor(session, factor)
    except LreError as error:
        return _asked(session, means, error)
    response = redirect(wanted_next() or url_for(".letters"), 303)
    hand_over(response, opened)
    return response


@account_required
def _key_options() -> Answer:
    """Answer what the browser is to ask a key of who is logged in."""
    session = current_session()
    assert session is not None
    return jsonify(account_site().steps.ask_key(session))


def _asked(session: Session, means: str, error: LreError | None = None) -> Answer:
    """Return the page that asks; after a wrong code, for the same number again."""
    held = _held(session.party_id, PAPER[means]) if means in PAPER else []
    asked = None
    if held and means == Kind.PAPER_CODES.value:
        try:
            asked = mounted().office.people.paper_codes.begin(
                held[0].id, purpose=_purpose(), binding=session.id, party_id=session.party_id
            )
        except LreError as refused:
            error = error or refused
    return page(
        "step",
        error,
        means=means,
        held=held,
        asked=asked,
        ways=account_site().steps.ways(session.party_id),
        number=_letter_number(),
        next=wanted_next(),
    )


def _answered(session: Session, means: str) -> Factor:
    typed, steps, network = request.form, account_site().steps, request.remote_addr or ""
    if means == Kind.SECURITY_KEY.value:
        return steps.check_key(session, typed.get("challenge", ""), typed.get("answer", ""))
    if means not in PAPER:
        return steps.check_code(session, typed.get("code", ""), network=network)
    people, purpose = mounted().office.people, _purpose()
    known = [factor for factor in session.factors if Category.KNOWLEDGE in factor.categories]
    first = known[-1] if known else None
    if means == Kind.PAPER_CODES.value:
        return people.paper_codes.complete(
            typed.get("challenge", ""),
            typed.get("code", ""),
            purpose=purpose,
            binding=session.id,
            first=first,
            network=network,
        )
    asked = people.one_time_passwords.begin(
        typed.get("sheet", ""), purpose=purpose, binding=session.id, party_id=session.party_id
    )
    return people.one_time_passwords.complete(
        asked.id, typed.get("code", ""), purpose=purpose, binding=session.id, first=first, network=network
    )


def _held(party_id: str, kind: Kind) -> Sequence[Identifier]:
    """Return the means of a kind that a person can use now, the newest first; a delivered one counts."""
    office = mounted().office
    usable = {State.ACTIVE, *UNUSED}
    found = [
        each
        for each in office.people.register.of(party_id)
        if each.kind is kind and each.state in usable and not each.is_over(office.clock())
    ]
    return found[::-1]


def _purpose() -> str:
    number = _letter_number()
    return f"letter:{number}" if number else "session"


def _letter_number() -> str:
    """Return the number of the letter this browser looks at, for the page to name the act."""
    office = mounted().office
    try:
        letter_id = office.links.read(read_cookie(LETTER_COOKIE))
        return office.reading.before_acceptance(letter_id).number
    except LreError:
        return ""
