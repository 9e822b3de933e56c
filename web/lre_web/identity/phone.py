"""Going on with an identification on a telephone: a code to scan, good once and for ten minutes.

The address alone does nothing (GET); whoever follows it takes the case over by a button (POST), and
then holds this one case for an hour.
"""

import hmac
from collections.abc import Callable
from datetime import timedelta

import segno
from flask import Response, jsonify, redirect, render_template, url_for
from itsdangerous import BadData

from lre_kit.errors import IdentificationError, NotFoundError
from lre_kit.law.assurance import Means
from lre_web.frame.people import hold_case
from lre_web.identity.site import Answer, hold_on_phone, identity_site, party_of
from lre_web.mounting import mounted
from lre_web.words.identity import identity_texts

LIFE = timedelta(minutes=10)
"""How long a code may be scanned."""


def _offer(case_id: str) -> Answer:
    """Show a new code; asked for by a button, since each is kept."""
    site, party_id = identity_site(), party_of(case_id)
    if not site.desk.view(case_id, party_id=party_id).state.is_collecting:
        return redirect(url_for(".identity_case", case_id=case_id), 303)
    with mounted().office.database.write() as uow:
        opened = site.people.challenges.open(
            uow,
            party_id=party_id,
            identifier_id=None,
            means=Means.VISUAL,
            purpose=_purpose(case_id),
            binding=case_id,
            ttl=LIFE,
        )
        uow.commit()
    links = mounted().office.links
    token = links.signer("identity-handover").dumps([case_id, party_id, opened.id])
    address = f"{links.base_url}/identity/phone/{token}"
    # White behind the code: a telephone reads it in a dark page too.
    picture = segno.make(address, micro=False).svg_data_uri(border=4, light="#ffffff", scale=4)
    return render_template("lre/identity_phone.html", case_id=case_id, picture=picture)


def _arrive(token: str) -> Answer:
    """Ask, and take nothing over yet."""
    _read(token)
    return render_template("lre/identity_phone_take.html", dead=False)


def _take(token: str) -> Answer:
    """Take the case over on this device; each code works once."""
    case_id, party_id, challenge_id = _read(token)
    site = identity_site()
    try:
        with mounted().office.database.write() as uow:
            taken = site.people.challenges.take(uow, challenge_id, purpose=_purpose(case_id), binding=case_id)
            uow.commit()
    except IdentificationError as error:
        return render_template("lre/identity_phone_take.html", dead=True), error.status
    assert taken.party_id is not None
    if not hmac.compare_digest(taken.party_id, party_id):
        return render_template("lre/identity_phone_take.html", dead=True), 403
    response = redirect(url_for(".identity_case", case_id=case_id), 303)
    assert isinstance(response, Response)
    hold_on_phone(response, case_id=case_id, party_id=party_id)
    hold_case(response, case_id)
    return response


def _read(token: str) -> tuple[str, str, str]:
    """Return case, party and challenge of a code's address."""
    try:
        case_id, party_id, challenge_id = mounted().office.links.signer("identity-handover").loads(token)
    except (BadData, ValueError, TypeError) as error:
        msg = "This code does not lead to an identification."
        raise NotFoundError(msg, mend="Show a new one on the other device.") from error
    return str(case_id), str(party_id), str(challenge_id)


def _purpose(case_id: str) -> str:
    return f"identity-handover:{case_id}"


def _progress(case_id: str) -> Answer:
    """Tell the waiting page what has come, without a personal datum."""
    case = identity_site().desk.view(case_id, party_id=party_of(case_id))
    words = identity_texts()
    names = {
        "document_front": "there_front",
        "document_back": "there_back",
        "face_video": "there_face_video",
        "face_photo": "there_face_photo",
    }
    received = [words[names[part.part.value]] for part in case.parts]
    return jsonify(collecting=case.state.is_collecting, received=received)


RULES: tuple[tuple[str, str, Callable[..., Answer], str], ...] = (
    ("/identity/phone/<token>", "identity_phone_arrive", _arrive, "GET"),
    ("/identity/phone/<token>", "identity_phone_take", _take, "POST"),
    ("/identity/<case_id>/phone", "identity_phone", _offer, "POST"),
    ("/identity/<case_id>/progress", "identity_progress", _progress, "GET"),
)
"""Address, endpoint, view and method of each page."""
