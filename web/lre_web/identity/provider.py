"""Being identified by a certified provider: out to it, back, and the signed messages it sends.

Coming back decides nothing: the page of the case says where it stands. The provider's verdict comes by a
message that it signs (`lre_kit.parties.proofing_provider`); it has no cookie and no form of ours.
"""

import logging

from flask import Response, jsonify, redirect, render_template, request, url_for
from werkzeug.exceptions import RequestEntityTooLarge

from lre_kit.errors import LreError, NotFoundError, UnavailableError
from lre_kit.parties.proofing_adapter import CALLBACK_PATH
from lre_kit.parties.proofing_callbacks import BODY_MAX_BYTES, CallbackFormError
from lre_kit.parties.proofing_provider import ProviderDesk
from lre_web.frame.security import signed_call
from lre_web.identity.site import Answer, identity_site, is_phone, letter_of, party_of
from lre_web.mounting import mounted

log = logging.getLogger(__name__)

HAND_OVER = ("/identity/<case_id>/provider", "identity_hand_over")
"""Path and name of the form that sends a person to the provider."""

CALLBACK = (CALLBACK_PATH, "identity_callback")
"""Path and name of the door for the provider's messages."""


def provider_name() -> str:
    """Return the name of the provider that people may choose; empty where there is none."""
    settings = mounted().office.settings
    return settings.identity_provider_name.strip() if settings.identity_provider_url else ""


def hand_over(case_id: str) -> Answer:
    """Hand a case over, and send the browser to the provider.

    By a page and not by a redirect: no form of ours may lead elsewhere (``form-action``).
    """
    desk, site, party_id = _desk(), identity_site(), party_of(case_id)
    if is_phone(case_id):
        # What the provider calls back to is the browser that set out; the telephone only takes pictures.
        return redirect(url_for(".identity_case", case_id=case_id), 303)
    try:
        url = desk.start(case_id, party_id=party_id)
    except UnavailableError as error:
        case = site.desk.view(case_id, party_id=party_id)
        made = render_template(
            "lre/identity_provider_down.html",
            case=case,
            letter=letter_of(case),
            other_ways=site.other_ways,
        )
        return made, error.status
    return render_template("lre/identity_onward.html", case_id=case_id, url=url)


@signed_call
def callback() -> Response:
    """Take a message of the provider: signed, fresh, once; answered for a program."""
    request.max_content_length = BODY_MAX_BYTES
    try:
        outcome = _desk().receive_callback(_body(), dict(request.headers))
    except LreError as error:
        log.warning("a message of the identity provider was not taken: %s", error.slug)
        said = jsonify(error=error.slug, problem=error.problem, mend=error.mend)
        said.status_code = error.status
        return said
    return jsonify(case=outcome.case_id, state=outcome.state.value, repeated=outcome.repeated)


def _body() -> bytes:
    try:
        return request.get_data(cache=False)
    except RequestEntityTooLarge:
        msg = "This message is too large."
        raise CallbackFormError(msg, mend=f"Send at most {BODY_MAX_BYTES} bytes.") from None


def _desk() -> ProviderDesk:
    desk = mounted().office.people.provider_desk
    if desk is None:
        msg = "No identity provider is set up here."
        raise NotFoundError(msg, mend="Identify another way.")
    return desk
