"""Public pages of trust: documents to download, the reference of a message checked, security.txt."""

import hashlib
import io
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock
from weakref import WeakKeyDictionary

from flask import Blueprint, Response, abort, render_template, request, send_file
from werkzeug.wrappers import Response as BaseResponse

from lre_kit.carriers.references import Issued
from lre_kit.clock import iso
from lre_kit.errors import LreError, ThrottledError
from lre_kit.letters.numbers import parse_number
from lre_kit.office import PostOffice
from lre_kit.parties.account_guesses import network_of
from lre_kit.proofs.keys.trust_folder import write_trust_folder
from lre_kit.proofs.log.stamped import newest_stamped
from lre_kit.proofs.verifying.verifier import verifier_html
from lre_web.mounting import mounted
from lre_web.texts import LANGUAGES
from lre_web.words.help import help_texts

POLICY_MAX_BYTES = 30_000_000
"""Largest document of the operator's folder that is offered."""

HELD = timedelta(minutes=5)
"""How long the files that verifiers need are held once they are made."""

_HELD: WeakKeyDictionary[PostOffice, tuple[datetime, "Sequence[Offered]"]] = WeakKeyDictionary()
_HOLDING = Lock()

Page = str | BaseResponse | Response | tuple[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """One file that is offered.

    Attributes:
        name: Its name, and the end of its address.
        what: Name of the words that say what it is.
    """

    name: str
    what: str
    content: bytes

    @property
    def digest_hex(self) -> str:
        """Its SHA-256."""
        return hashlib.sha256(self.content).hexdigest()


def add_pages(blueprint: Blueprint) -> None:
    """Add the pages to a blueprint."""
    rules: tuple[tuple[str, str, Callable[..., Page], str], ...] = (
        ("/trust", "trust", _trust, "GET"),
        ("/trust/<name>", "trust_file", _file, "GET"),
        ("/authenticity", "authenticity", _ask, "GET"),
        ("/authenticity", "authenticity_check", _check, "POST"),
        ("/.well-known/security.txt", "security_txt", _security_txt, "GET"),
    )
    for rule, endpoint, view, method in rules:
        blueprint.add_url_rule(rule, endpoint, view, methods=[method])


# --- documents -------------------------------------------------------------------------------------------


def _trust() -> Page:
    office = mounted().office
    return render_template("lre/trust.html", files=_anchors(office), policies=_policies(office))


def _file(name: str) -> Page:
    office = mounted().office
    found = _policy(office, name)
    if found is None:
        found = next((each for each in _anchors(office) if each.name == name), None)
    if found is None:
        abort(404)
    # As a file to keep, never as a page of this site.
    return send_file(
        io.BytesIO(found.content),
        mimetype="application/octet-stream",
        download_name=found.name,
        as_attachment=True,
    )


def _anchors(office: PostOffice) -> Sequence[Offered]:
    """Return the files that verifiers need: made from the office's keys, and held for a while.

    Whichever process of a site is asked, a list of revocations is the same all day.
    """
    with _HOLDING:
        now, held = office.clock(), _HELD.get(office)
        if held is None or not timedelta(0) <= now - held[0] < HELD:
            held = _HELD[office] = (now, _made_anchors(office))
    return held[1]


def _made_anchors(office: PostOffice) -> Sequence[Offered]:
    with tempfile.TemporaryDirectory(prefix="lre-trust-") as scratch:
        folder = Path(scratch)
        write_trust_folder(
            folder, office.settings, office.keys, office.clock, revocations=office.issuer.revocations
        )
        contents = {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}
        offered = [Offered(name=name, what=_what(name), content=one) for name, one in contents.items()]
        for chosen in LANGUAGES:
            page = verifier_html(folder, "fr" if chosen == "fr" else "en")
            offered.append(Offered(name=f"lre-verifier.{chosen}.html", what="t_verifier", content=page))
    with office.database.read() as connection:
        newest = newest_stamped(connection)
    if newest is not None:
        note = newest.cosigned.encode()
        offered.append(Offered(name="checkpoint.txt", what="t_checkpoint", content=note))
    return offered


def _what(name: str) -> str:
    beginnings = {"seal-ca": "t_seal", "tsa-ca": "t_tsa", "log": "t_log"}
    if name.endswith(".crl") or name.startswith("crl"):
        return "t_crl"
    return next((what for begins, what in beginnings.items() if name.startswith(begins)), "t_other")


def _policies(office: PostOffice) -> Sequence[Offered]:
    return [Offered(name=path.name, what="t_policy", content=path.read_bytes()) for path in _papers(office)]


def _policy(office: PostOffice, name: str) -> Offered | None:
    found = next((path for path in _papers(office) if path.name == name), None)
    if found is None:
        return None
    return Offered(name=found.name, what="t_policy", content=found.read_bytes())


def _papers(office: PostOffice) -> Sequence[Path]:
    folder = office.settings.policies_folder
    if folder is None or not folder.is_dir():
        return []
    return [
        path
        for path in sorted(folder.iterdir())
        if path.is_file()
        and not path.is_symlink()
        and not path.name.startswith(".")
        and path.stat().st_size <= POLICY_MAX_BYTES
    ]


# --- authenticity ----------------------------------------------------------------------------------------


def _ask() -> Page:
    return render_template("lre/authenticity.html", typed={}, answer=None)


def _check() -> Page:
    office, h = mounted().office, help_texts()
    typed = {
        "reference": request.form.get("reference", "")[:100],
        "email": request.form.get("email", "")[:320],
    }
    network = network_of(request.remote_addr or "")
    try:
        if network:
            office.people.throttle.check(f"authentic:{network}")
        answer = _answer(office, typed)
    except ThrottledError as early:
        error: LreError = ThrottledError(h["wait"], mend=early.mend)
        page = render_template("lre/authenticity.html", typed=typed, answer=None, error=error)
        return page, error.status
    return render_template("lre/authenticity.html", typed=typed, answer=answer)


def _answer(office: PostOffice, typed: Mapping[str, str]) -> Issued | str:
    found = office.outgoing.references.read(typed["reference"], email=typed["email"])
    if found is not None:
        return found
    # Only its form is looked at: whether there is such a letter is nobody's to learn here.
    return "number_typed" if parse_number(typed["reference"]) else "not_ours"


# --- security.txt ----------------------------------------------------------------------------------------

EXPIRES = timedelta(days=180)
"""How long what is said there may be relied upon (RFC 9116 §2.5.5: less than a year)."""


def _security_txt() -> Response:
    office = mounted().office
    base = office.links.base_url
    contact = office.settings.security_contact or f"{base}/contact"
    lines = [
        f"Contact: {contact}",
        f"Expires: {iso(office.clock() + EXPIRES)[:19]}Z",
        "Preferred-Languages: fr, en",
        f"Canonical: {base}/.well-known/security.txt",
        f"Policy: {base}/help/is-this-mail-genuine",
    ]
    return Response("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
