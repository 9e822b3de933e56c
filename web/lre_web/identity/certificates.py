"""Identifying by a certificate: shown in the TLS handshake that a proxy ended, or by signing a text.

A certificate that nobody has is enrolled on the way. Nothing is decided here: what was shown is added to
the session or to the letter, in the browser that asked for the text, and for the person it was asked for.
"""

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Blueprint, Response, make_response, redirect, render_template, request, send_file, url_for
from itsdangerous import BadData

from lre_kit.errors import LreError, NotFoundError, RequirementError
from lre_kit.identifiers.certificate_checks import CERTIFICATE_MAX_BYTES, read_certificate
from lre_kit.identifiers.certificate_names import certificate_fits
from lre_kit.identifiers.certificate_proxy import read_proxy_headers
from lre_kit.identifiers.certificate_signatures import SIGNATURE_MAX_BYTES
from lre_kit.identifiers.certificate_values import NameCheck, Shown, name_in
from lre_web.account.session import Answer, safe_next
from lre_web.frame.people import add_factor, shown_for_letter
from lre_web.identity.asking import Asked, asked_here, home
from lre_web.mounting import mounted
from lre_web.recipient.judging import judged
from lre_web.texts import language
from lre_web.words.certificate import certificate_error, certificate_texts

if TYPE_CHECKING:
    from lre_kit.identifiers.certificates import Certificates

TEXT_NAME = "identification.txt"
"""Name of the file with the text to sign."""

PAGE_LIFE_S = 3600
"""How long what a page carries to the next one is taken, in seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """A text that waits for its signature, as the page carries it, signed, to the next."""

    challenge_id: str
    text: str
    purpose: str
    onward: str


def add_pages(blueprint: Blueprint) -> None:
    """Add the pages to a blueprint."""
    post = ["POST"]
    blueprint.add_url_rule("/certificate", "certificate", _choose)
    blueprint.add_url_rule("/certificate/shown", "certificate_shown", _shown, methods=post)
    blueprint.add_url_rule("/certificate/sign", "certificate_sign", _sign, methods=post)
    blueprint.add_url_rule("/certificate/text", "certificate_text", _text, methods=post)
    blueprint.add_url_rule("/certificate/signed", "certificate_signed", _signed, methods=post)
    blueprint.add_url_rule("/certificate/done", "certificate_done", _done)


def _choose() -> Answer:
    """Offer both ways; nothing is asked yet."""
    onward = safe_next(request.args.get("next"))
    try:
        certificates = _certificates()
        asked_here()
        pem = _handed_on()
        seen = name_in(read_certificate(pem)).full if pem else ""
    except LreError as error:
        return _failed(error, onward)
    return _page(
        "choose",
        next=onward,
        seen=seen,
        behind_proxy=mounted().office.people.certificate_proxy is not None,
        issuers=certificates.issuers.public(),
    )


def _shown() -> Answer:
    """Take the certificate of this connection's handshake."""
    onward = safe_next(request.form.get("next"))
    try:
        certificates, asked, pem = _certificates(), asked_here(), _handed_on()
        if pem is None:
            words = certificate_texts()
            raise RequirementError(words["not_shown"], mend=words["not_shown_mend"])
        shown = certificates.identify_shown(
            asked.party_id, pem, purpose=asked.purpose, fits=_fits(asked), language=language()
        )
        return _kept(shown, onward)
    except LreError as error:
        return _failed(error, onward)


def _sign() -> Answer:
    """Ask for a signed text."""
    onward = safe_next(request.form.get("next"))
    try:
        certificates, asked = _certificates(), asked_here()
        opened = certificates.begin(asked.party_id, purpose=asked.purpose, binding=asked.binding)
    except LreError as error:
        return _failed(error, onward)
    carried = [opened.challenge_id, opened.text, asked.purpose, onward]
    signed = mounted().office.links.signer("certificate").dumps(carried)
    return _page("sign", text=opened.text, carried=str(signed), next=onward, file=TEXT_NAME)


def _text() -> Answer:
    """Hand the text over as a file, byte for byte."""
    try:
        signing = _carried()
    except LreError as error:
        return _failed(error)
    return send_file(
        io.BytesIO(signing.text.encode()), mimetype="text/plain", download_name=TEXT_NAME, as_attachment=True
    )


def _signed() -> Answer:
    """Judge a signature; whatever comes of it, the text cannot be signed again."""
    onward = ""
    try:
        signing = _carried()
        onward = signing.onward
        certificates, asked = _certificates(), asked_here()
        if signing.purpose != asked.purpose:
            raise _stale()
        shown = certificates.identify(
            signing.challenge_id,
            _file("signature", SIGNATURE_MAX_BYTES) or b"",
            _file("certificate", CERTIFICATE_MAX_BYTES),
            purpose=asked.purpose,
            binding=asked.binding,
            fits=_fits(asked),
            language=language(),
        )
        return _kept(shown, onward)
    except LreError as error:
        return _failed(error, onward)


def _kept(shown: Shown, onward: str) -> Response:
    """Add what was shown to where it belongs, and say so on a page of its own."""
    carried = [shown.factor is None, shown.is_new, onward]
    signed = mounted().office.links.signer("certificate-done").dumps(carried)
    response = redirect(url_for(".certificate_done", about=str(signed)), 303)
    assert isinstance(response, Response)
    if shown.factor is not None:
        add_factor(response, shown.factor)
    return response


def _done() -> Answer:
    """Say what came of it."""
    signer, about = mounted().office.links.signer("certificate-done"), request.args.get("about", "")
    try:
        needs_review, is_new, onward = signer.loads(about, max_age=PAGE_LIFE_S)
    except (BadData, ValueError, TypeError):
        return redirect(home(), 303)
    onward = safe_next(str(onward)) or home()
    return _page("done", needs_review=needs_review, is_new=is_new, onward=onward, about=about)


def _certificates() -> "Certificates":
    found = mounted().office.people.certificates
    if found is None:
        words = certificate_texts()
        raise NotFoundError(words["not_offered"], mend=words["not_offered_mend"])
    return found


def _handed_on() -> str | None:
    """Return the certificate that a trusted proxy saw in this connection, or nothing."""
    proxy = mounted().office.people.certificate_proxy
    if proxy is None:
        return None
    # The connection's own other end: a host's middleware may have put a client's claim in its place.
    before = request.environ.get("werkzeug.proxy_fix.orig", {})
    remote = before.get("REMOTE_ADDR") or request.environ.get("REMOTE_ADDR") or ""
    return read_proxy_headers(request.headers.items(), remote=str(remote), settings=proxy)


def _carried() -> Signing:
    signer = mounted().office.links.signer("certificate")
    try:
        challenge_id, text, purpose, onward = signer.loads(
            request.form.get("carried", ""), max_age=PAGE_LIFE_S
        )
        return Signing(
            challenge_id=str(challenge_id), text=str(text), purpose=str(purpose), onward=safe_next(onward)
        )
    except (BadData, ValueError, TypeError) as error:
        raise _stale() from error


def _file(field: str, limit: int) -> bytes | None:
    """Return an uploaded file, cut off just beyond what would be read; nothing if none was chosen."""
    given = request.files.get(field)
    return given.stream.read(limit + 1) or None if given is not None else None


def _fits(asked: Asked) -> NameCheck:
    return certificate_fits(mounted().office.people.parties, asked.party_id)


def _stale() -> RequirementError:
    words = certificate_texts()
    return RequirementError(words["stale"], mend=words["stale_mend"])


def _failed(error: LreError, onward: str = "") -> Answer:
    """Say what went wrong, with the other ways."""
    shown = shown_for_letter()
    ways = judged(shown.letter_id).ways if shown is not None else ()
    made = _page(
        "failed",
        error=error,
        text=certificate_error(error),
        ways=[way for way in ways if way.slug != "certificate"],
        next=onward,
        can_retry=not isinstance(error, NotFoundError),
        home=home(),
    )
    return make_response(made, error.status)


def _page(template: str, /, **facts: object) -> str:
    return render_template(f"lre/certificate_{template}.html", c=certificate_texts(), **facts)
