"""The pages of remote visual identification: consent, who, document, face, zone, check, and the wait.

Every step works by sending files, without scripts. With scripts, `static/identity.js` opens the camera.
Nothing here decides anything: operators do (`lre_web.identity.review`).
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec

from flask import Blueprint, redirect, render_template, request, url_for

from lre_kit.errors import LreError, NotFoundError, StoreUnavailableError
from lre_kit.parties.proofing import IncompleteCaseError
from lre_kit.parties.proofing_values import CaseState, CaseView
from lre_web.frame.people import held_cases
from lre_web.identity import capture as identity_capture
from lre_web.identity import means_review
from lre_web.identity import phone as identity_phone
from lre_web.identity import provider as identity_provider
from lre_web.identity import review as identity_review
from lre_web.identity import who as identity_who
from lre_web.identity.site import (
    Answer,
    IdentitySite,
    identity_site,
    is_phone,
    letter_of,
    party_of,
    person_for,
    purpose_token,
    read_purpose,
    remember_site,
    with_headers,
)
from lre_web.identity.steps import next_step, place_of
from lre_web.identity.words import consent_wording, span_words, spans
from lre_web.mounting import mounted
from lre_web.texts import language
from lre_web.words.identity import CONSENT_VERSION, identity_texts
from lre_web.words.identity_errors import IdentityFormError, identity_error

__all__ = ["identity_pages"]

_P = ParamSpec("_P")


def identity_pages(site: IdentitySite | None = None) -> Callable[[Blueprint], None]:
    """Return what adds the identification pages, and the operators' pages, to a blueprint.

    Example:
        >>> LRE(app, office=office, pages=[identity_pages()])   # doctest: +SKIP
    """

    def add_pages(blueprint: Blueprint) -> None:
        remember_site(blueprint, site or IdentitySite())
        rules: tuple[tuple[str, str, Callable[..., Answer], str], ...] = (
            ("/identity", "identity", _begin, "GET"),
            ("/identity", "identity_agree", _agree, "POST"),
            ("/identity/<case_id>", "identity_case", _case, "GET"),
            ("/identity/<case_id>/check", "identity_check", _check, "GET"),
            ("/identity/<case_id>/check", "identity_submit", _submit, "POST"),
            ("/identity/<case_id>/withdraw", "identity_withdraw", _withdraw, "POST"),
            (*identity_provider.HAND_OVER, identity_provider.hand_over, "POST"),
            *identity_who.RULES,
            *identity_capture.RULES,
            *identity_phone.RULES,
        )
        for rule, endpoint, view, method in rules:
            blueprint.add_url_rule(rule, endpoint, _answered(view), methods=[method])
        path, endpoint = identity_provider.CALLBACK
        blueprint.add_url_rule(path, endpoint, identity_provider.callback, methods=["POST"])
        for operators in (identity_review, means_review):
            operators.add_pages(blueprint, answered=_answered)

        @blueprint.context_processor
        def words() -> dict[str, Any]:
            return {
                "i": identity_texts(),
                "identity_problem": identity_error,
                "span_words": span_words,
                "certified": identity_provider.provider_name(),
            }

    return add_pages


def _answered(view: Callable[_P, Answer]) -> Callable[_P, Answer]:
    """Turn what goes wrong into a page with words of its own, and keep capture's headers."""

    @wraps(view)
    def wrapped(*args: _P.args, **kwargs: _P.kwargs) -> Answer:
        try:
            return view(*args, **kwargs)
        except StoreUnavailableError:
            raise
        except LreError as error:
            made = render_template("lre/identity_error.html", error=error)
            return with_headers((made, error.status))

    return wrapped


def _begin() -> Answer:
    """Say what will happen; an identification that is under way is gone on with."""
    token = request.args.get("for", "")
    purpose = read_purpose(token)
    party, is_reader = person_for(purpose)
    mine = [case for case in identity_site().desk.cases_of(party.id) if case.purpose == purpose]
    for case in mine:
        if (not is_reader or case.id in held_cases()) and (
            case.state.is_open or case.state is CaseState.APPROVED
        ):
            if case.state.is_open or "again" not in request.args:
                return redirect(url_for(".identity_case", case_id=case.id), 303)
            break
    return _consent_page(token)


def _consent_page(token: str, error: LreError | None = None) -> Answer:
    desk, provider = identity_site().desk, mounted().office.settings.provider_name
    made = render_template(
        "lre/identity_consent.html",
        error=error,
        token=token,
        version=CONSENT_VERSION,
        wording=consent_wording(provider, desk.rules),
        spans=spans(desk.rules),
        other_ways=identity_site().other_ways,
        place=place_of("consent", None),
    )
    return (made, error.status) if error else made


def _agree() -> Answer:
    """Take the consent along, signed, until the case is opened with it."""
    token = request.form.get("for", "")
    purpose = read_purpose(token)
    party, _ = person_for(purpose)
    if request.form.get("agree") != CONSENT_VERSION:
        return _consent_page(token, IdentityFormError("consent-missing"))
    signer = mounted().office.links.signer("identity-consent")
    agreed = str(signer.dumps([party.id, purpose, CONSENT_VERSION, language()]))
    return redirect(url_for(".identity_who", agreed=agreed), 303)


def _case(case_id: str) -> Answer:
    """Go on where the case stands, or tell how it ended."""
    site = identity_site()
    case = site.desk.view(case_id, party_id=party_of(case_id))
    now = site.now
    late = case.state.is_collecting and case.expires_at <= now
    if case.state is CaseState.COLLECTING and not late:
        step = next_step(case)
        page = "identity_who_again" if step == "who" else f"identity_{step}"
        return redirect(url_for(f".{page}", case_id=case_id), 303)
    step = next_step(case) if case.state is CaseState.ASKED_AGAIN else ""
    queue = site.desk.queue_status() if case.state.is_open else None
    proofing = site.desk.proofing_of(case.party_id, now) if case.state is CaseState.APPROVED else None
    again: dict[str, Any] = {"for": purpose_token(case.purpose), "again": 1}
    return render_template(
        "lre/identity_state.html",
        case=case,
        state="expired" if late else case.state.value,
        next=f".identity_{'who_again' if step == 'who' else step}",
        queue=queue,
        now=now,
        proofing=proofing,
        letter=letter_of(case) if case.state.is_open else None,
        phone=is_phone(case_id),
        other_ways=site.other_ways,
        begin=url_for(".identity", **again),
    )


def _check(case_id: str) -> Answer:
    case = identity_site().desk.view(case_id, party_id=party_of(case_id))
    if not case.state.is_collecting:
        return redirect(url_for(".identity_case", case_id=case_id), 303)
    return _check_page(case)


def _check_page(case: CaseView, error: LreError | None = None) -> Answer:
    made = render_template("lre/identity_check.html", case=case, error=error, place=place_of("check", case))
    return (made, error.status) if error else made


def _submit(case_id: str) -> Answer:
    desk, party_id = identity_site().desk, party_of(case_id)
    try:
        desk.submit(case_id, party_id=party_id)
    except NotFoundError:
        raise
    except LreError as error:
        case = desk.view(case_id, party_id=party_id)
        if not case.state.is_collecting and not isinstance(error, IncompleteCaseError):
            # Sent twice, or from two devices: where it stands is the answer.
            return redirect(url_for(".identity_case", case_id=case_id), 303)
        return _check_page(case, error)
    return redirect(url_for(".identity_case", case_id=case_id), 303)


def _withdraw(case_id: str) -> Answer:
    desk, party_id = identity_site().desk, party_of(case_id)
    if desk.view(case_id, party_id=party_id).state.is_open:
        desk.withdraw(case_id, party_id=party_id)
    return redirect(url_for(".identity_case", case_id=case_id), 303)
