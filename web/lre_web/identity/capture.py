"""The steps at which something is handed in: both sides of the document, the face, the lines of the zone."""

from collections.abc import Callable
from typing import BinaryIO, Literal, cast

from flask import redirect, render_template, request, url_for

from lre_kit.errors import LreError, NotFoundError
from lre_kit.parties.mrz import MrzError
from lre_kit.parties.pictures import PICTURE_MAX_BYTES, VIDEO_MAX_BYTES
from lre_kit.parties.proofing_values import CaseView, Part
from lre_web.identity.site import Answer, identity_site, is_phone, party_of, with_headers
from lre_web.identity.steps import PARTS, hints_of, place_of, step_after, steps_of
from lre_web.identity.words import camera_words, challenge_words
from lre_web.words.identity_errors import IdentityFormError

Step = Literal["front", "back", "face"]

FILM_MAX_S = 15
"""Longest film, in seconds."""


def _shown(step: Step) -> Callable[..., Answer]:
    def show(case_id: str) -> Answer:
        case = _open_case(case_id)
        return _page(step, case) if case is not None else _elsewhere(case_id)

    return show


def _sent(step: Step) -> Callable[..., Answer]:
    def take(case_id: str) -> Answer:
        try:
            return _take(step, case_id)
        finally:
            for file in request.files.values():
                file.close()

    return take


def _take(step: Step, case_id: str) -> Answer:
    """Hand the file on to the desk, which reads no more of it than it may."""
    desk, party_id = identity_site().desk, party_of(case_id)
    case = _open_case(case_id)
    if case is None:
        return _elsewhere(case_id)
    try:
        found = request.files.get("picture")
        if found is None or not found.filename:
            raise IdentityFormError("file-missing")
        report = desk.add_picture(case_id, _part(step), cast("BinaryIO", found.stream), party_id=party_id)
    except NotFoundError:
        raise
    except LreError as error:
        return _page(step, case, error)
    if report.hints:
        return redirect(url_for(f".identity_{step}", case_id=case_id), 303)
    case = desk.view(case_id, party_id=party_id)
    return redirect(url_for(f".identity_{step_after(step, case)}", case_id=case_id), 303)


def _part(step: Step) -> Part:
    photo = step == "face" and request.form.get("kind") == "photo"
    return PARTS[step][1 if photo else 0]


def _open_case(case_id: str) -> CaseView | None:
    """Return the case if it still collects."""
    case = identity_site().desk.view(case_id, party_id=party_of(case_id))
    return case if case.state.is_collecting and case.expires_at > identity_site().now else None


def _elsewhere(case_id: str) -> Answer:
    return redirect(url_for(".identity_case", case_id=case_id), 303)


def _page(step: Step, case: CaseView, error: LreError | None = None) -> Answer:
    if case.title_kind is None:
        return redirect(url_for(".identity_who_again", case_id=case.id), 303)
    if step not in steps_of(case):
        return _elsewhere(case.id)
    template = "identity_face" if step == "face" else "identity_document"
    onward = step_after(step, case)
    made = render_template(
        f"lre/{template}.html",
        step=step,
        case=case,
        error=error,
        hints=hints_of(case, step),
        onward=url_for(f".identity_{'who_again' if onward == 'who' else onward}", case_id=case.id),
        place=place_of(step, case),
        challenge=challenge_words(case.challenge),
        words=camera_words(),
        film_max_s=FILM_MAX_S,
        max_bytes=VIDEO_MAX_BYTES if step == "face" else PICTURE_MAX_BYTES,
        phone=is_phone(case.id),
    )
    return with_headers((made, error.status if error else 200), camera=True)


def _zone(case_id: str) -> Answer:
    case = _open_case(case_id)
    return _zone_page(case) if case is not None else _elsewhere(case_id)


def _zone_page(case: CaseView, error: LreError | None = None) -> Answer:
    if case.title_kind is None:
        return redirect(url_for(".identity_who_again", case_id=case.id), 303)
    picture = "back" if "back" in steps_of(case) else "front"
    onward = step_after("zone", case)
    made = render_template(
        "lre/identity_zone.html",
        case=case,
        error=error,
        typed=request.form.get("lines", ""),
        insist=isinstance(error, MrzError) and bool(error.field),
        picture=url_for(f".identity_{picture}", case_id=case.id),
        onward=url_for(f".identity_{'who_again' if onward == 'who' else onward}", case_id=case.id),
        place=place_of("zone", case),
    )
    return (made, error.status) if error else made


def _type_zone(case_id: str) -> Answer:
    desk, party_id = identity_site().desk, party_of(case_id)
    case = _open_case(case_id)
    if case is None:
        return _elsewhere(case_id)
    lines = request.form.get("lines", "").splitlines()
    try:
        case = desk.type_mrz(case_id, lines, party_id=party_id, as_printed="as_printed" in request.form)
    except NotFoundError:
        raise
    except LreError as error:
        return _zone_page(case, error)
    return redirect(url_for(f".identity_{step_after('zone', case)}", case_id=case_id), 303)


RULES: tuple[tuple[str, str, Callable[..., Answer], str], ...] = (
    ("/identity/<case_id>/front", "identity_front", _shown("front"), "GET"),
    ("/identity/<case_id>/front", "identity_front_sent", _sent("front"), "POST"),
    ("/identity/<case_id>/back", "identity_back", _shown("back"), "GET"),
    ("/identity/<case_id>/back", "identity_back_sent", _sent("back"), "POST"),
    ("/identity/<case_id>/face", "identity_face", _shown("face"), "GET"),
    ("/identity/<case_id>/face", "identity_face_sent", _sent("face"), "POST"),
    ("/identity/<case_id>/zone", "identity_zone", _zone, "GET"),
    ("/identity/<case_id>/zone", "identity_zone_typed", _type_zone, "POST"),
)
"""Address, endpoint, view and method of each page."""
