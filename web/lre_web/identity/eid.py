"""Identifying by an electronic identity: to a provider and back, by OpenID Connect.

Coming back is a GET, because the protocol has it so. It decides nothing: it only adds what was shown to
the session or to the letter, in the browser that set out, and for the person it set out for.
"""

from typing import TYPE_CHECKING

from flask import Blueprint, Response, jsonify, make_response, redirect, render_template, request, url_for
from itsdangerous import BadData

from lre_kit.errors import LreError, NotFoundError, RequirementError
from lre_kit.identifiers.eid_opening import BACK_PATH, GOODBYE_PATH
from lre_kit.identifiers.eid_values import EidResult, EidUnavailableError
from lre_kit.law.assurance import Level
from lre_web.account.session import Answer, safe_next
from lre_web.frame.people import add_factor, shown_for_letter
from lre_web.identity.asking import asked_here, home
from lre_web.identity.eid_cookies import Outcome, forget, keep_onward, keep_outcome, onward_kept, outcome_kept
from lre_web.mounting import mounted
from lre_web.recipient.judging import judged
from lre_web.texts import language
from lre_web.words.eid import eid_error, eid_texts

if TYPE_CHECKING:
    from lre_kit.identifiers.eid import ElectronicIdentities
    from lre_kit.identifiers.eid_providers import EidProvider

ASKING_LIFE_S = 3600
"""How long the page that offers the providers may stay open, in seconds."""


def add_pages(blueprint: Blueprint) -> None:
    """Add the pages to a blueprint."""
    blueprint.add_url_rule("/eid", "eid_choose", _choose)
    blueprint.add_url_rule("/eid/keys", "eid_keys", _keys)
    blueprint.add_url_rule("/eid/done", "eid_done", _done)
    blueprint.add_url_rule(BACK_PATH, "eid_back", _back)
    blueprint.add_url_rule(GOODBYE_PATH, "eid_bye", _bye)
    blueprint.add_url_rule("/eid/<slug>", "eid_begin", _begin, methods=["POST"])


def _choose() -> Answer:
    """Offer the providers that reach the level; nobody is asked anything yet."""
    try:
        asked, identities = asked_here(), _identities()
    except LreError as error:
        return _failed(error)
    onward = safe_next(request.args.get("next"))
    signed = mounted().office.links.signer("eid").dumps([asked.purpose, asked.level.value, onward])
    offered = [each for each in identities.providers if each.acrs_for(asked.level)]
    return _page("choose", providers=offered, asked=str(signed), next=onward)


def _begin(slug: str) -> Answer:
    """Send the browser to a provider.

    By a page and not by a redirect: browsers hold redirects of a form against the policy of the page
    that had it (``form-action``), and no page of ours may send a form elsewhere.
    """
    onward = ""
    try:
        asked, identities = asked_here(), _identities()
        purpose, level, onward = _read_asked(request.form.get("for", ""))
        provider = identities.providers.by_slug(slug)
        if purpose != asked.purpose:
            raise _stale()
        url = identities.begin(
            slug, party_id=asked.party_id, purpose=purpose, binding=asked.binding, level=level
        )
    except LreError as error:
        return _failed(error, onward=onward)
    response = make_response(_page("onward", url=url, name=_name(provider)))
    keep_onward(response, onward)
    return response


def _back() -> Answer:
    """Judge what the browser brought back; keep the factor, and decide nothing."""
    onward = onward_kept()
    # Parameters stand once (RFC 6749 §3.1): of two values nobody knows which one was meant.
    once = {name: values[0] for name, values in request.args.lists() if len(values) == 1}
    try:
        asked = asked_here()
        result = _identities().complete(once, binding=asked.binding)
        response = redirect(url_for(".eid_done"), 303)
        assert isinstance(response, Response)
        keep_factor(response, result)
    except LreError as error:
        return _failed(error, onward=onward)
    forget(response)
    outcome = Outcome(
        provider=result.provider, needs_review=result.needs_review, onward=onward, id_token=result.id_token
    )
    keep_outcome(response, outcome)
    return response


def keep_factor(response: Response, result: EidResult) -> None:
    """Add what was shown to where it belongs; nothing while a person has to look at it."""
    if result.factor is not None:
        add_factor(response, result.factor)


def _done() -> Answer:
    """Say what came of it, with a way to log out at the provider too."""
    outcome = outcome_kept()
    if outcome is None:
        return redirect(home(), 303)
    try:
        identities = _identities()
    except LreError as error:
        return _failed(error, onward=outcome.onward)
    provider = identities.providers.get(outcome.provider)
    logout = None
    if provider is not None and outcome.id_token:
        state = mounted().office.links.signer("eid-bye").dumps(outcome.onward)
        try:
            logout = identities.logout_url(provider.slug, outcome.id_token, state=str(state))
        except EidUnavailableError:
            # Going on matters more than the provider's own session, which ends by itself.
            logout = None
    name = _name(provider) if provider is not None else outcome.provider
    return _page("done", name=name, outcome=outcome, onward=outcome.onward or home(), logout=logout)


def _bye() -> Answer:
    """Take the browser in again after a logout at the provider."""
    signer = mounted().office.links.signer("eid-bye")
    try:
        onward = safe_next(str(signer.loads(request.args.get("state", ""), max_age=ASKING_LIFE_S)))
    except BadData:
        onward = ""
    response = redirect(onward or home(), 303)
    assert isinstance(response, Response)
    forget(response)
    return response


def _keys() -> Answer:
    """Publish the office's public keys, for providers that check its signature or encrypt to it."""
    try:
        return jsonify(_identities().providers.published_keys())
    except NotFoundError as error:
        return _failed(error)


def _identities() -> "ElectronicIdentities":
    found = mounted().office.people.electronic_identities
    if found is None:
        words = eid_texts()
        raise NotFoundError(words["not_offered"], mend=words["not_offered_mend"])
    return found


def _read_asked(token: str) -> tuple[str, Level, str]:
    """Return purpose, level and where to go on to, as the page that offered the providers signed them."""
    try:
        purpose, level, onward = mounted().office.links.signer("eid").loads(token, max_age=ASKING_LIFE_S)
        return str(purpose), Level(level), safe_next(onward)
    except (BadData, ValueError, TypeError) as error:
        raise _stale() from error


def _stale() -> RequirementError:
    words = eid_texts()
    return RequirementError(words["stale"], mend=words["stale_mend"])


def _name(provider: "EidProvider") -> str:
    return provider.name[language()]


def _failed(error: LreError, *, onward: str = "") -> Answer:
    """Say what went wrong, with the other ways."""
    shown = shown_for_letter()
    ways = [way for way in judged(shown.letter_id).ways if way.slug != "eid"] if shown is not None else []
    text, can_retry = eid_error(error), not isinstance(error, NotFoundError)
    made = _page("failed", error=error, text=text, ways=ways, next=onward, can_retry=can_retry, home=home())
    return make_response(made, error.status)


def _page(template: str, /, **facts: object) -> str:
    return render_template(f"lre/eid_{template}.html", e=eid_texts(), **facts)
