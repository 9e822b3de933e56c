"""What the pages of remote visual identification work with, and who may see which case.

A case is its person's alone. A telephone that took a case over by a one-time link holds that case and
nothing else, for a while.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Blueprint, Response, abort, current_app, request
from itsdangerous import BadData
from werkzeug.wrappers import Response as BaseResponse

from lre_kit.clock import from_iso, iso
from lre_kit.errors import NotFoundError
from lre_kit.letters.values import NoticeView
from lre_kit.parties.persons import Party
from lre_kit.parties.proofing import IdentityDesk
from lre_kit.parties.proofing_review import ReviewDesk
from lre_kit.parties.proofing_values import CaseView
from lre_kit.people import People
from lre_web.account.session import account_site
from lre_web.frame.cookies import read_cookie, set_cookie
from lre_web.frame.people import (
    current_person,
    has_accounts,
    held_cases,
    recipient_acting,
    recipient_party,
    shown_for_letter,
)
from lre_web.mounting import mounted

EXTENSION = "lre_identity"
"""Key under which an application keeps the identity sites of its mounted offices, by blueprint name."""

PHONE_COOKIE = "lre_identity_phone"
"""Cookie of a telephone that took over one case."""

PHONE_LIFE = timedelta(hours=1)
"""How long a telephone holds a case that it took over."""

PURPOSE_LIFE_S = 24 * 3600
"""Life of an address that says what an identification is for, in seconds."""

Answer = str | Response | BaseResponse | tuple[str, int]
"""What a page answers."""


def nobody() -> None:
    """Say that nobody is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentitySite:
    """What the identity pages of one mounted office work with.

    Attributes:
        person: Says which person is at the browser.
        operator: Says which operator is, by a stable name; without one the operators' pages do not exist.
        other_ways: Address of a page with ways to identify that need no camera; empty if there is none.
    """

    person: Callable[[], Party | None] = current_person
    operator: Callable[[], str | None] = nobody
    other_ways: str = ""

    @property
    def people(self) -> People:
        """The office's services about people."""
        return mounted().office.people

    @property
    def desk(self) -> IdentityDesk:
        """Takes what persons hand in."""
        return self.people.identity

    @property
    def reviews(self) -> ReviewDesk:
        """Lets operators decide."""
        return self.people.reviews

    @property
    def now(self) -> datetime:
        """The office's time."""
        return mounted().office.clock()


def remember_site(blueprint: Blueprint, site: IdentitySite) -> None:
    """Keep a site under its blueprint's name in the application that registers it."""
    blueprint.record(lambda state: state.app.extensions.setdefault(EXTENSION, {}).update({state.name: site}))


def identity_site() -> IdentitySite:
    """Return what the identity pages of this office work with."""
    found = current_app.extensions[EXTENSION][request.blueprint]
    assert isinstance(found, IdentitySite)
    return found


def person() -> Party:
    """Return who is at the browser, or ask them to log in (401, which the host may turn into its page)."""
    found = identity_site().person()
    if found is None:
        abort(401)
    return found


def person_for(purpose: str) -> tuple[Party, bool]:
    """Return who identifies themselves for a purpose, and whether only a code by e-mail shows them.

    For a letter it is its recipient, once their code was typed, or their delegate. A recipient with an
    account logs in to it first: what is proofed here becomes the account's.

    Raises:
        NotFoundError: The letter is neither theirs nor their grantor's.
    """
    kind, _, letter_id = purpose.partition(":")
    if kind != "recipient" or identity_site().person is not current_person:
        return person(), False
    shown = shown_for_letter()
    if shown is None or shown.letter_id != letter_id:
        found = person()
        if recipient_acting(letter_id) is None:
            msg = "This link does not lead to an identification."
            raise NotFoundError(msg, mend="Go back to the letter and begin from there.")
        return found, False
    party, logged_in = recipient_party(letter_id), current_person() if has_accounts() else None
    if logged_in is not None and logged_in.id == party.id:
        return party, False
    if logged_in is not None and (acting := recipient_acting(letter_id)) is not None and acting.delegate:
        return logged_in, False
    if has_accounts() and account_site().accounts.of_party(party.id):
        abort(401)
    return party, True


def party_of(case_id: str) -> str:
    """Return whose case this browser may work on; the desk refuses it if it is another's.

    Who reads a letter's mailbox works on the cases that were begun in their own browser, and on no other.
    """
    at_phone = _phone_party(case_id)
    if at_phone is not None:
        return at_phone
    shown = shown_for_letter() if case_id in held_cases() else None
    if shown is not None:
        party = recipient_party(shown.letter_id)
        if any(case.id == case_id for case in identity_site().desk.cases_of(party.id)):
            return party.id
    return person().id


def letter_of(case: CaseView) -> NoticeView | None:
    """Return the letter that a case is about, as its recipient may see it; nothing for any other case."""
    kind, _, letter_id = case.purpose.partition(":")
    return mounted().office.reading.before_acceptance(letter_id) if kind == "recipient" else None


def is_phone(case_id: str) -> bool:
    """Tell whether this browser is a telephone that took the case over."""
    return _phone_party(case_id) is not None


def hold_on_phone(response: Response, *, case_id: str, party_id: str) -> None:
    """Let this browser work on one case for a while."""
    signed = (
        mounted().office.links.signer("identity-phone").dumps([case_id, party_id, iso(identity_site().now)])
    )
    set_cookie(response, PHONE_COOKIE, str(signed), max_age=int(PHONE_LIFE.total_seconds()))


def _phone_party(case_id: str) -> str | None:
    signer = mounted().office.links.signer("identity-phone")
    try:
        held, party_id, at = signer.loads(read_cookie(PHONE_COOKIE))
        age = identity_site().now - from_iso(at)
    except (BadData, ValueError, TypeError):
        return None
    if held != case_id or not timedelta(0) <= age < PHONE_LIFE:
        return None
    return str(party_id)


def purpose_token(purpose: str) -> str:
    """Return a signed token that names what an identification is for (`IdentityDesk.open_case`).

    Only this office makes one, so that nobody opens a case for another person's letter.
    """
    return str(mounted().office.links.signer("identity-purpose").dumps(purpose))


def read_purpose(token: str) -> str:
    """Return the purpose of a token; without one, identification as a sender.

    Raises:
        NotFoundError: The token was not made by this office, or is too old.
    """
    if not token:
        return "sender"
    try:
        found = mounted().office.links.signer("identity-purpose").loads(token, max_age=PURPOSE_LIFE_S)
    except BadData as error:
        msg = "This link does not lead to an identification."
        raise NotFoundError(msg, mend="Go back to the letter and begin from there.") from error
    return str(found)


def with_headers(answer: Answer, *, camera: bool = False) -> Response:
    """Return an answer with the headers that capture and pictures need.

    Pages with a camera may ask for it and for the microphone (the challenge has digits to say), and
    may play what was just filmed (``blob:``). The blueprint's own headers fill in the rest.
    """
    response = current_app.make_response(answer)
    sources: Sequence[str] = ("'self'", "blob:") if camera else ("'self'",)
    shown = " ".join(sources)
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'self'; script-src 'self'; img-src {shown} data:; "
        f"media-src {shown}; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    if camera:
        response.headers["Permissions-Policy"] = "camera=(self), geolocation=(), microphone=(self)"
    return response
