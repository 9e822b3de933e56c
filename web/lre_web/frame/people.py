"""Who is at the browser, and what was shown of them: one answer for all pages.

Three ways lead to a person: an account of the office, a login of the host application, and a recipient's
code by e-mail. What was shown stays in the account's session, or in a signed cookie that names one
letter and ends by itself.
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from flask import Response, current_app, g, redirect, url_for
from itsdangerous import BadData
from werkzeug.wrappers import Response as BaseResponse

from lre_kit.clock import from_iso, iso
from lre_kit.errors import NotFoundError
from lre_kit.identifiers.factor_values import factor_from, factor_values
from lre_kit.identifiers.gate import Acting, Proofed
from lre_kit.law.assurance import Category, Factor, Level, Means
from lre_kit.parties.account_values import Account
from lre_kit.parties.emails import key_of
from lre_kit.parties.members import MemberRole
from lre_kit.parties.persons import Party, PartyFacts, PartyKind
from lre_web.account.session import (
    EXTENSION,
    account_site,
    current_account,
    current_session,
    hand_over,
    leave,
)
from lre_web.actor import Actor
from lre_web.frame.cookies import drop_cookie, read_cookie, set_cookie
from lre_web.mounting import mounted

LETTER_COOKIE = "lre_letter"
"""Cookie that remembers which letter a browser looks at: a locator, no authority."""

SHOWN_COOKIE = "lre_identified"
"""Cookie that says, signed and for a while, what was shown in this browser for one letter."""

HELD_COOKIE = "lre_identity_held"
"""Cookie that says, signed, which identity cases this browser made, for letters."""

HELD_LIFE = timedelta(days=16)
"""How long a browser holds a case: a window of fifteen days and the day of its notice."""

_FACTORS_MAX = 6
_HELD_MAX = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What was shown in this browser for one letter."""

    letter_id: str
    mailbox: str
    """Digest of the address whose reader showed it: a corrected one has another."""
    factors: tuple[Factor, ...]


def current_person() -> Party | None:
    """Return which person is logged in, here or at the host; nothing if nobody is.

    Who only typed a code for a letter is its reader and no more (`shown_for_letter`).
    """
    if "lre_person" not in g:
        g.lre_person = _find_person()
    found = g.lre_person
    return found if isinstance(found, Party) else None


def _find_person() -> Party | None:
    people = mounted().office.people
    if has_accounts():
        account = current_account()
        if account is not None:
            return people.parties.by_id(account.party_id)
    elif (actor := mounted().current_actor()) is not None:
        facts = PartyFacts(kind=PartyKind.PERSON, usage_name=actor.name)
        return people.parties.remember(actor.ref, facts)
    return None


def has_accounts() -> bool:
    """Tell whether people log in to the office itself here."""
    return EXTENSION in current_app.extensions


def recipient_party(letter_id: str) -> Party:
    """Return the person who reads a letter's address; called only once a code showed that they do."""
    office = mounted().office
    recipient = office.reading.by_id(letter_id).recipient
    return office.people.parties.for_recipient(email=recipient.email, name=recipient.name)


# --- what was shown -------------------------------------------------------------------------------


def shown_for_letter() -> Shown | None:
    """Return what was shown in this browser for the letter it looks at, as far as it still counts."""
    office = mounted().office
    try:
        letter_id = office.links.read(read_cookie(LETTER_COOKIE))
    except Exception:  # noqa: BLE001 - whatever is wrong with a locator, nothing was shown for it
        return None
    signer = office.links.signer("identified")
    try:
        held, mailbox, values = signer.loads(read_cookie(SHOWN_COOKIE), max_age=None)
        factors = tuple(factor_from(each) for each in values)
    except (BadData, ValueError, TypeError, KeyError):
        return None
    now, life = office.clock(), office.settings.session_ttl_s
    fresh = tuple(f for f in factors if 0 <= (now - f.at).total_seconds() <= life)
    if held != letter_id or not any(f.means is Means.EMAIL_CODE for f in fresh):
        return None
    try:
        email = office.reading.by_id(letter_id).recipient.email
    except NotFoundError:
        return None
    if not hmac.compare_digest(str(mailbox).encode(), office.links.mailbox(letter_id, email).encode()):
        return None
    return Shown(letter_id=letter_id, mailbox=str(mailbox), factors=fresh)


def keep_shown(response: Response, shown: Shown) -> None:
    """Remember in this browser what was shown for a letter by the reader of its address."""
    office = mounted().office
    factors = [factor_values(factor) for factor in shown.factors[-_FACTORS_MAX:]]
    values = [shown.letter_id, shown.mailbox, factors]
    signed = office.links.signer("identified").dumps(values)
    set_cookie(response, SHOWN_COOKIE, str(signed), max_age=office.settings.session_ttl_s)


def add_factor(response: Response, factor: Factor) -> None:
    """Add what was just shown to where it belongs: the account's session, or this letter's cookie."""
    session = current_session() if has_accounts() else None
    if session is not None and not session.second_due:
        hand_over(response, account_site().accounts.sessions.add_factor(session, factor))
        return
    shown = shown_for_letter()
    if shown is not None:
        keep_shown(response, replace(shown, factors=(*shown.factors, factor)))


def held_cases() -> frozenset[str]:
    """Return the identity cases for letters that were made in this browser."""
    office = mounted().office
    try:
        values = office.links.signer("identity-held").loads(read_cookie(HELD_COOKIE))
        held = [(str(case_id), office.clock() - from_iso(at)) for case_id, at in values]
    except (BadData, ValueError, TypeError):
        return frozenset()
    return frozenset(case_id for case_id, age in held if timedelta(0) <= age < HELD_LIFE)


def hold_case(response: Response, case_id: str) -> None:
    """Remember in this browser that an identity case was made in it: what it shows counts only here."""
    office = mounted().office
    now = iso(office.clock())
    others = sorted(held_cases() - {case_id})[: _HELD_MAX - 1]
    signed = office.links.signer("identity-held").dumps([[each, now] for each in (*others, case_id)])
    set_cookie(response, HELD_COOKIE, str(signed), max_age=int(HELD_LIFE.total_seconds()))


# --- who acts -------------------------------------------------------------------------------------


def sender_acting() -> Acting:
    """Return who deposits, by account or by the host's login."""
    people = mounted().office.people
    if has_accounts():
        session = current_session()
        if session is None or session.second_due:
            return Acting(party_id=None, factors=())
        party = people.parties.by_id(session.party_id)
        return account_acting(Acting(party_id=party.id, factors=()), session.factors, current_account())
    actor = mounted().current_actor()
    if actor is None or actor.identification is None:
        return Acting(party_id=None, factors=())
    person = current_person()
    return _host_acting(actor, person.id if person else None)


def recipient_acting(letter_id: str, *, reading: bool = False) -> Acting | None:
    """Return who decides on a letter: its recipient, or who acts for them; nothing if nothing was shown.

    Args:
        letter_id: The letter.
        reading: Only its content is asked for, after acceptance: members with the reader's role may too.
    """
    people = mounted().office.people
    shown = shown_for_letter()
    session = current_session() if has_accounts() else None
    logged_in = session if session is not None and not session.second_due else None
    if shown is None or shown.letter_id != letter_id:
        return _delegate_acting(letter_id, reading) if logged_in is not None else _host_recipient(letter_id)
    factors: list[Factor] = list(shown.factors)
    required = people.requirements_of(letter_id)
    if required.recipient_level is None or required.recipient_level is Level.LOW:
        return Acting(party_id=None, factors=factors)
    if logged_in is not None and (delegate := _delegate_acting(letter_id, reading)) is not None:
        return replace(delegate, factors=[*people.living(factors), *delegate.factors])
    party = recipient_party(letter_id)
    if (visual := people.addressed.visual_factor(party.id, letter_id, held=held_cases())) is not None:
        return Acting(party_id=party.id, factors=people.living([*factors, visual]))
    acting = Acting(party_id=party.id, factors=people.living(factors))
    if logged_in is not None and people.parties.by_id(logged_in.party_id).id == party.id:
        return account_acting(acting, logged_in.factors, current_account())
    if (vouched := _host_recipient(letter_id)) is not None:
        return replace(vouched, party_id=party.id, factors=[*acting.factors, *vouched.factors])
    return acting


def _host_recipient(letter_id: str) -> Acting | None:
    """Return the recipient as the host vouches for them: who is logged in there under the letter's address.

    What it vouches for is judged like everything else that is shown: level, categories, freshness.
    """
    if has_accounts() or (actor := mounted().current_actor()) is None or actor.identification is None:
        return None
    office = mounted().office
    if key_of(actor.email) != key_of(office.reading.by_id(letter_id).recipient.email):
        return None
    party = office.people.parties.by_external_id(actor.ref)
    return _host_acting(actor, party.id if party else None)


def account_acting(acting: Acting, shown: Sequence[Factor], account: Account | None) -> Acting:
    """Add what was shown by an account's holder, and say since when a proofing counts for it.

    Not one from before the account: that may be of another reader of its mailbox. Nor one from before a
    means that its holder added by themselves: whoever sets a new password by e-mail could add one too.
    Such a means counts once its holder is identified again; one the office issued on a proofing counts.
    """
    people = mounted().office.people
    assert acting.party_id is not None
    since = account.created_at if account is not None else None
    factors = people.living(shown)
    added = {id(each): made for each in factors if (made := people.added_at(each)) is not None}
    proofing = people.identity.proofing_of(acting.party_id, mounted().office.clock(), since=since)
    young = {key: made for key, made in added.items() if proofing is not None and made > proofing.began_at}
    others = [each for each in factors if id(each) not in young]
    if young and any(each.identifier_id for each in others):
        factors = others
    elif young:
        since = max(young.values())
    return replace(acting, factors=[*acting.factors, *factors], proofed_since=since)


def _delegate_acting(letter_id: str, reading: bool = False) -> Acting | None:
    """Return who is logged in, if the recipient gave them a mandate to receive, or a role in its house."""
    people, session = mounted().office.people, current_session()
    assert session is not None
    role = MemberRole.READER if reading else MemberRole.SENDER
    found = people.addressed.acting(session.party_id, letter_id, role=role)
    if found is None or found.delegate is None:
        return None
    return account_acting(found, session.factors, current_account())


def _host_acting(actor: Actor, party_id: str | None) -> Acting:
    told = actor.identification
    assert told is not None
    factor = Factor(means=Means.HOST, categories=told.categories, dynamic=told.dynamic, at=told.at)
    proofed: Proofed | None = None
    if told.proofing is not None:
        proofed = Proofed(
            id=told.reference or "host",
            level=told.proofing,
            method=told.proofing_method,
            at=told.proofed_at or told.at,
        )
    return Acting(party_id=party_id, factors=[factor], proofed=proofed)


def email_factor(at: Any) -> Factor:
    """Return what a code by e-mail shows."""
    return Factor(means=Means.EMAIL_CODE, categories=(Category.POSSESSION,), dynamic=True, at=at)


def gone(why: str) -> BaseResponse:
    """End the session of this browser, forget what was shown in it, and lead to the log-in page."""
    query: dict[str, Any] = {why: 1}
    response = leave(redirect(url_for(".account_login", **query), 303))
    for name in (SHOWN_COOKIE, HELD_COOKIE):
        drop_cookie(response, name)
    return response
