"""Whose pages these are: who is here, which letters they may see, and which they may change."""

from urllib.parse import quote

from flask import (
    abort,
    redirect,
    request,
)

from lre_kit.addressed import NEAR
from lre_kit.authority import NoAuthorityError
from lre_kit.errors import NotFoundError, RequirementError
from lre_kit.identifiers.gate import Acting, NotIdentifiedError
from lre_kit.letters.desk import Guard
from lre_kit.letters.numbers import parse_number
from lre_kit.letters.reading import not_found
from lre_kit.letters.values import Letter
from lre_kit.parties.names import PersonName, compare_names
from lre_web.actor import Actor
from lre_web.frame.people import has_accounts
from lre_web.mounting import mounted
from lre_web.sender.in_name_of import guard_of, may_see
from lre_web.texts import language, texts


def current_actor() -> Actor:
    """Return who is logged in."""
    actor = mounted().current_actor()
    if actor is None:
        if (login := mounted().login_url) is not None and request.method == "GET":
            here = request.script_root + request.full_path.rstrip("?")
            abort(redirect(f"{login}{'&' if '?' in login else '?'}next={quote(here, safe='/')}", 303))
        abort(401)
    return actor


def own(number: str) -> Letter:
    """Return a letter of who is here.

    Raises:
        NotFoundError: There is none of this number, or it is another sender's.
    """
    kept = parse_number(number)
    if kept is None:
        raise not_found()
    ref, reading = current_actor().ref, mounted().office.reading
    try:
        return reading.letter(kept, sender_ref=ref)
    except NotFoundError:
        letter = reading.letter(kept)
        if not may_see(letter):
            raise
        return letter


def own_to_act(number: str) -> tuple[Letter, Guard | None]:
    """Return a letter that who is here may change, and what its act asks again under the letter's lock.

    Raises:
        NotFoundError: There is none that they may see.
        NoAuthorityError: They may see it, and no more: a reader's role changes nothing.
    """
    letter = own(number)
    return letter, guard_of(letter, current_actor().ref)


def may_act(letter: Letter) -> bool:
    """Tell whether who is here may change a letter that they see."""
    try:
        guard_of(letter, current_actor().ref)
    except NoAuthorityError:
        return False
    return True


def expect_own_name(actor: Actor, acting: Acting) -> None:
    """Refuse a sender whose account bears another name than the proofed one: it goes on the letter."""
    people, since = mounted().office.people, acting.proofed_since
    if not has_accounts() or acting.party_id is None:
        return
    proofing = people.identity.proofing_of(acting.party_id, mounted().office.clock(), since=since)
    if proofing and compare_names(PersonName.of_text(actor.name), proofing.name) not in NEAR:
        words = texts()
        raise RequirementError(words["sender_name"], mend=words["sender_name_mend"])


def words_of(error: NotIdentifiedError) -> str:
    """Return what is missing to know who acts, in the page's language."""
    words = error.refusal.words
    return words.fr if language() == "fr" else words.en
