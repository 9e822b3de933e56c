"""Who somebody says to be and which title they will show: with the consent given just before."""

from collections.abc import Callable
from datetime import date

from flask import Response, redirect, render_template, request, url_for
from itsdangerous import BadData

from lre_kit.errors import LreError, UnlawfulActError
from lre_kit.parties.persons import Party
from lre_kit.parties.proofing_values import CaseView, DeclaredIdentity
from lre_kit.parties.titles import TitleKind
from lre_web.frame.people import held_cases, hold_case
from lre_web.identity.site import PURPOSE_LIFE_S, Answer, identity_site, party_of, person, person_for
from lre_web.identity.steps import place_of, step_after
from lre_web.identity.words import consent_wording
from lre_web.mounting import mounted
from lre_web.words.identity import CONSENT_VERSION
from lre_web.words.identity_errors import IdentityFormError

_BORN_SINCE = date(1880, 1, 1)


def _agreed() -> tuple[Party, bool, str, str] | None:
    """Return who agreed, whether only a code shows them, purpose and language."""
    sent = request.values.get("agreed", "")
    try:
        signer = mounted().office.links.signer("identity-consent")
        party_id, purpose, version, spoken = signer.loads(sent, max_age=PURPOSE_LIFE_S)
    except (BadData, ValueError, TypeError):
        person()
        return None
    party, is_reader = person_for(purpose)
    return (party, is_reader, purpose, spoken) if (party_id, version) == (party.id, CONSENT_VERSION) else None


def _who() -> Answer:
    agreed = _agreed()
    if agreed is None:
        return redirect(url_for(".identity"), 303)
    party = agreed[0]
    declared = {
        "given_names": party.given_names,
        "family_name": party.family_name,
        # Alone it is a whole name in one line, whose order nobody knows.
        "usage_name": party.usage_name if party.family_name else "",
        "birth_date": party.birth_date.isoformat() if party.birth_date else "",
    }
    return _who_page(declared)


def _who_page(
    declared: dict[str, str], *, case: CaseView | None = None, error: LreError | None = None
) -> Answer:
    site = identity_site()
    titles = [
        kind
        for kind in TitleKind
        if kind is not TitleKind.RESIDENCE_PERMIT or site.desk.rules.accept_residence_permit
    ]
    made = render_template(
        "lre/identity_who.html",
        declared=declared,
        case=case,
        chosen=request.form.get("title") or (case.title_kind.value if case and case.title_kind else ""),
        titles=titles,
        error=error,
        agreed=request.values.get("agreed", ""),
        place=place_of("who", case),
    )
    return (made, error.status) if error else made


def _typed() -> DeclaredIdentity:
    birth = request.form.get("birth_date", "").strip()
    try:
        born = date.fromisoformat(birth) if birth else None
    except ValueError:
        born = date.max
    if born is not None and not _BORN_SINCE <= born <= identity_site().now.date():
        raise IdentityFormError("birth-date")
    return DeclaredIdentity(
        given_names=request.form.get("given_names", ""),
        family_name=request.form.get("family_name", ""),
        usage_name=request.form.get("usage_name", ""),
        birth_date=born,
    )


def _title() -> TitleKind:
    try:
        return TitleKind(request.form.get("title", ""))
    except ValueError as error:
        raise IdentityFormError("title-missing") from error


def _open() -> Answer:
    agreed = _agreed()
    if agreed is None:
        return redirect(url_for(".identity"), 303)
    party, is_reader, purpose, spoken = agreed
    try:
        if is_reader:
            _leave_others_alone(party.id, purpose)
        return _take_who(party.id, purpose=purpose, spoken=spoken)
    except LreError as error:
        return _who_page(request.form.to_dict(), error=error)


def _leave_others_alone(party_id: str, purpose: str) -> None:
    """End what another reader of the mailbox began for the same letter; what waits for a verdict goes on."""
    desk = identity_site().desk
    for case in desk.cases_of(party_id):
        if case.purpose == purpose and case.state.is_open and case.id not in held_cases():
            if not case.state.is_collecting:
                msg = "An identification for this letter is being checked already."
                raise UnlawfulActError(msg, mend="Go on where it was begun, or wait for the verdict.")
            desk.withdraw(case.id, party_id=party_id)


def _who_again(case_id: str) -> Answer:
    case = identity_site().desk.view(case_id, party_id=party_of(case_id))
    if not case.state.is_collecting or case.declared is None:
        return redirect(url_for(".identity_case", case_id=case_id), 303)
    known = case.declared
    declared = {
        "given_names": known.given_names,
        "family_name": known.family_name,
        "usage_name": known.usage_name,
        "birth_date": known.birth_date.isoformat() if known.birth_date else "",
    }
    return _who_page(declared, case=case)


def _declare(case_id: str) -> Answer:
    party_id = party_of(case_id)
    case = identity_site().desk.view(case_id, party_id=party_id)
    if not case.state.is_collecting:
        return redirect(url_for(".identity_case", case_id=case_id), 303)
    try:
        return _take_who(party_id, purpose=case.purpose, spoken=case.language)
    except LreError as error:
        return _who_page(request.form.to_dict(), case=case, error=error)


def _take_who(party_id: str, *, purpose: str, spoken: str) -> Answer:
    """Open the case, or say anew who somebody is, and take the choice of the title."""
    desk, chosen, typed = identity_site().desk, _title(), _typed()
    wording = consent_wording(mounted().office.settings.provider_name, desk.rules, spoken)
    case = desk.open_case(
        party_id=party_id,
        purpose=purpose,
        declared=typed,
        consent_wording=f"[{CONSENT_VERSION}] {wording}",
        language=spoken,
    )
    onward = url_for(".identity_case", case_id=case.id)
    if case.state.is_collecting:
        case = desk.choose_title(case.id, chosen, party_id=party_id)
        onward = url_for(f".identity_{step_after('who', case)}", case_id=case.id)
    response = redirect(onward, 303)
    assert isinstance(response, Response)
    hold_case(response, case.id)
    return response


RULES: tuple[tuple[str, str, Callable[..., Answer], str], ...] = (
    ("/identity/who", "identity_who", _who, "GET"),
    ("/identity/who", "identity_open", _open, "POST"),
    ("/identity/<case_id>/who", "identity_who_again", _who_again, "GET"),
    ("/identity/<case_id>/who", "identity_declare", _declare, "POST"),
)
"""Address, endpoint, view and method of each page."""
