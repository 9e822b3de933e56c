"""The public page that verifies proofs: anyone may drop a file, or follow a proof's own link.

A dropped file is checked with the office's own trust anchors and thrown away. A link, which only
the proof carries, answers what the proof says itself: number, kind, date, digest of its evidence.
A number alone answers nothing, and the same nothing whether there is such a letter or not.
"""

import hashlib
import io
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from threading import BoundedSemaphore
from typing import Literal

from flask import Blueprint, Response, render_template, request, send_file
from werkzeug.datastructures import FileStorage
from werkzeug.utils import secure_filename
from werkzeug.wrappers import Response as BaseResponse

from lre_kit.errors import InputError, LreError, NotFoundError, ThrottledError
from lre_kit.office import PostOffice
from lre_kit.parties.account_guesses import network_of
from lre_kit.proofs.report import Check, Report, Result
from lre_kit.proofs.verifying.report_words import check_name, translated
from lre_kit.proofs.verifying.verifier import verifier_html
from lre_kit.proofs.verifying.verify import Anchors, verify_path
from lre_web.mounting import mounted
from lre_web.texts import language, texts

SUFFIXES = (".json", ".pdf", ".xml", ".zip", ".asice", ".sce")
"""Endings of the files that can be verified; what a file is, its content says."""

NAME_MAX = 80
"""Longest file name shown, in characters."""

HEAD_BYTES = 64
"""Bytes looked at to tell what a file is."""

_BEGINNINGS = ((b"%PDF-", ".pdf"), (b"<", ".xml"), (b"{", ".json"))

AT_ONCE = 2
"""Files verified at the same time in one process: it is work that strangers ask for."""

_places = BoundedSemaphore(AT_ONCE)

Page = str | Response | BaseResponse | tuple[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the office says of a proof to who holds its link; nothing of parties or content."""

    number: str
    kind: str
    at: datetime
    identifier: str
    """The evidence's identifier, as the proof prints it, or nothing while it still waits."""
    digest_hex: str
    """SHA-256 of the sealed record (compact JWS), or nothing while it still waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The checks of one subject, and the answer they give together."""

    subject: str
    result: Result
    checks: tuple[Check, ...]


def add_pages(blueprint: Blueprint) -> None:
    """Add the public pages to a blueprint."""
    rules: tuple[tuple[str, str, Callable[..., Page], str], ...] = (
        ("/verify", "verify", _form, "GET"),
        ("/verify", "verify_send", _verify, "POST"),
        ("/verify/lre-verifier.html", "verifier_file", _verifier_file, "GET"),
        ("/verify/<token>", "verify_link", _follow, "GET"),
    )
    for rule, endpoint, view, method in rules:
        blueprint.add_url_rule(rule, endpoint, view, methods=[method])


def _page(
    *,
    report: Report | None = None,
    known: Known | None = None,
    error: LreError | None = None,
    status: int = 200,
) -> Page:
    page = render_template(
        "lre/verify.html",
        report=report,
        groups=list(_groups(report)) if report else [],
        unchecked=[_spoken(line) for line in report.not_checked] if report else [],
        spoken=_spoken,
        check_name=check_name,
        known=known,
        error=error,
        accepted=",".join(SUFFIXES),
    )
    return page, status


def _form() -> Page:
    return _page()


# --- files --------------------------------------------------------------------------------------


def _verify() -> Page:
    words = texts()
    file = request.files.get("proof")
    if file is None or not file.filename:
        missing = InputError(words["verify_no_file"], mend=words["verify_no_file_mend"])
        return _page(error=missing, status=missing.status)
    return _page(report=check_upload(mounted().office, file))


def check_upload(office: PostOffice, file: FileStorage) -> Report:
    """Check a file that somebody handed in, with the office's own trust anchors.

    Raises:
        ThrottledError: Too many come at once, or from one place.
    """
    words = texts()
    _count_visitor()
    if not _places.acquire(blocking=False):
        raise ThrottledError(words["verify_busy"], mend=words["verify_busy_mend"])
    try:
        return _checked(office, file)
    finally:
        _places.release()


def _count_visitor() -> None:
    """Count one file for the network it comes from; many at once from one place have to wait."""
    network = network_of(request.remote_addr or "")
    if not network:
        return
    try:
        mounted().office.people.throttle.check(f"verify:{network}")
    except ThrottledError as early:
        words = texts()
        raise ThrottledError(words["verify_often"], mend=words["verify_often_mend"]) from early


def _checked(office: PostOffice, file: FileStorage) -> Report:
    """Check a file in a folder of its own that nobody else may read and that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="lre-verify-") as scratch, _trust(office) as trust:
        head = file.stream.read(HEAD_BYTES)
        file.stream.seek(0)
        place = Path(scratch) / _name(file.filename or "", head)
        file.save(place)
        return verify_path(place, Anchors.load(trust), at=office.clock())


def _name(sent: str, head: bytes) -> str:
    """Return a plain file name that resembles the one a browser sent, and its content's ending."""
    safe = Path(secure_filename(sent) or "proof")
    said = safe.suffix.lower() if safe.suffix.lower() in SUFFIXES else ".json"
    suffix = next((ending for begins, ending in _BEGINNINGS if head.lstrip().startswith(begins)), said)
    return f"{safe.stem[:NAME_MAX]}{suffix}"


@contextmanager
def _trust(office: PostOffice) -> Iterator[Path]:
    """Yield the folder of anchors that the office publishes, made anew if it is not there."""
    published = office.settings.home / "trust"
    if published.is_dir():
        yield published
        return
    with tempfile.TemporaryDirectory(prefix="lre-trust-") as scratch:
        office.keys.write_trust(Path(scratch))
        yield Path(scratch)


def _groups(report: Report) -> Iterator[Group]:
    """Yield the checks by what they looked at, in the order of the report."""
    subjects: dict[str, list[Check]] = {}
    for check in report.checks:
        subjects.setdefault(check.subject, []).append(check)
    for subject, checks in subjects.items():
        yield Group(subject=subject, result=Report(checks=checks).result, checks=tuple(checks))


def _spoken(line: str) -> tuple[str, str]:
    """Return a sentence of a report in the page's language if it is known, and the language it is in."""
    found = translated(line) if language() == "fr" else None
    return (found, "fr") if found else (line, "en")


def _verifier_file() -> Page:
    with _trust(mounted().office) as trust:
        chosen: Literal["fr", "en"] = "fr" if language() == "fr" else "en"
        page = verifier_html(trust, chosen)
    # As a file to keep, never as a page of this site: its own policy belongs to it.
    return send_file(
        io.BytesIO(page), mimetype="text/html", download_name="lre-verifier.html", as_attachment=True
    )


# --- links --------------------------------------------------------------------------------------


def _follow(token: str) -> Page:
    """Answer a proof's link; a number, a guess or a link of another office all get the same page."""
    try:
        known = _known(mounted().office, token)
    except NotFoundError:
        words = texts()
        unknown = NotFoundError(words["verify_unknown"], mend=words["verify_unknown_mend"])
        return _page(error=unknown, status=unknown.status)
    return _page(known=known)


def _known(office: PostOffice, token: str) -> Known:
    letter_id, kind = office.links.read_proof(token)
    letter = office.reading.by_id(letter_id)
    found = [info for info in office.issuer.available(letter_id) if info.kind == kind]
    if not found:
        msg = "This letter has no such proof."
        raise NotFoundError(msg, mend="Its timeline shows which proofs there are.")
    known = Known(number=letter.number, kind=kind, at=found[0].at, identifier="", digest_hex="")
    sealed = [n.exhibit for n in office.issuer.exhibits(letter_id) if n.event is found[0].event]
    if not sealed:
        return known
    return replace(
        known,
        identifier=str(sealed[0].record["EvidenceIdentifier"]),
        digest_hex=hashlib.sha256(sealed[0].compact.encode("ascii")).hexdigest(),
    )
