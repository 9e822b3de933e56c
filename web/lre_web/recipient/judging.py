"""Who decides on a letter: the gate's answer for the browser at hand, with words and ways for the page."""

from dataclasses import dataclass
from typing import Any

from flask import current_app, request, url_for

from lre_kit.addressed import NEAR
from lre_kit.identifiers.gate import Acting, NotIdentifiedError
from lre_kit.identifiers.identified import Identified
from lre_kit.law.assurance import Level, Means
from lre_kit.law.refusals import WAY_WORDS, Way
from lre_kit.parties.names import PersonName
from lre_web.frame.people import has_accounts, held_cases, recipient_acting
from lre_web.mounting import mounted
from lre_web.texts import language, texts


@dataclass(frozen=True, slots=True, kw_only=True)
class WayOut:
    """One way to show what is missing."""

    slug: str
    name: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What the page knows of who is there.

    Attributes:
        identified: Who may decide; nothing while something is missing.
        is_known: Something was shown, though it may not be enough.
        missing: What is missing, in the page's language.
        ways: Ways to show it, best first.
        is_pending: An identity proofing for this letter waits for its verdict.
    """

    identified: Identified | None = None
    is_known: bool = False
    missing: str = ""
    ways: tuple[WayOut, ...] = ()
    is_pending: bool = False


def judged(letter_id: str, *, reading: bool = False) -> Judged:
    """Judge who is at the browser; `reading` where the letter was accepted and its content is asked for."""
    acting = recipient_acting(letter_id, reading=reading)
    if acting is None:
        return Judged()
    people = mounted().office.people
    pending = acting.party_id is not None and people.addressed.is_pending(
        acting.party_id, letter_id, held=held_cases()
    )
    required = people.requirements_of(letter_id)
    if not pending and required.recipient_level not in {None, Level.LOW} and not _is_named(acting, letter_id):
        words = texts()
        return Judged(
            is_known=True, missing=words["other_name"], ways=_ways({Way.REMOTE_IDENTIFICATION}, letter_id)
        )
    try:
        found = people.gate.recipient(required, acting, letter_id=letter_id, is_pending=pending)
    except NotIdentifiedError as error:
        refusal = error.refusal
        said = refusal.words
        missing = (said.fr if language() == "fr" else said.en).partition(" Moyens proposés")[0]
        return Judged(
            is_known=True,
            missing=missing.partition(" Ways offered")[0],
            ways=_ways(set(refusal.ways), letter_id),
            is_pending=pending,
        )
    return Judged(identified=found, is_known=True, is_pending=found.is_pending)


def _is_named(acting: Acting, letter_id: str) -> bool:
    """Tell whether who acts is called as the letter is addressed; an operator who looked decided it."""
    office = mounted().office
    if acting.proofed is not None and (told := mounted().current_actor()) is not None:
        said = PersonName.of_text(told.name)
        if office.people.addressed.compared(letter_id, said) not in NEAR:
            return False
    if acting.party_id is None or acting.delegate is not None:
        return True
    if any(factor.means is Means.VISUAL for factor in acting.factors):
        return True
    return office.people.addressed.is_named(acting.party_id, letter_id, since=acting.proofed_since)


def _ways(offered: set[Way], letter_id: str) -> tuple[WayOut, ...]:
    """Return the ways that this application has pages for."""
    found = [(way, _url(way, letter_id)) for way in Way if way in offered]
    fr = language() == "fr"
    return tuple(
        WayOut(slug=way.value, name=WAY_WORDS[way].fr if fr else WAY_WORDS[way].en, url=url)
        for way, url in found
        if url
    )


def _url(way: Way, letter_id: str) -> str:
    onward = url_for(".notice")
    if way is Way.REMOTE_IDENTIFICATION and _has("identity"):
        from lre_web.identity.site import purpose_token

        named: dict[str, Any] = {"for": purpose_token(f"recipient:{letter_id}")}
        return url_for(".identity", **named)
    if way in {Way.SECURITY_KEY, Way.AUTHENTICATOR, Way.PAPER_CODES, Way.PAPER_SEED} and has_accounts():
        return url_for(".step_up", means=way.value, next=onward)
    if way is Way.PASSWORD and has_accounts():
        return url_for(".account_login", next=onward)
    if way is Way.EID and _has("eid_choose"):
        return url_for(".eid_choose", next=onward)
    if way is Way.CERTIFICATE and _has("certificate"):
        return url_for(".certificate", next=onward)
    return ""


def _has(endpoint: str) -> bool:
    return f"{request.blueprint}.{endpoint}" in current_app.view_functions
