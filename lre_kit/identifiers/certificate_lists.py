"""Keeping issuers' revocation lists fresh: fetched from where the operator says, kept if they are good.

Nothing is fetched while somebody waits: a timer calls `renew_lists`, and checks read the files. The
addresses stand in the operator's list of issuers; those of lists in people's certificates are never followed.
"""

import http.client
import logging
import secrets
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from lre_kit.errors import UnavailableError
from lre_kit.identifiers.certificate_checks import signed_by
from lre_kit.identifiers.certificate_issuers import AcceptedIssuer, IssuerList
from lre_kit.proofs.keys.crl import is_current, read_lists

log = logging.getLogger(__name__)

LIST_MAX_BYTES = 32 * 1024 * 1024
"""Largest list fetched, in bytes; those of large public issuers have some megabytes."""

FETCH_SECONDS = 60
"""Longest time a fetch may take as a whole."""

_CHUNK = 64 * 1024


class Outcome(StrEnum):
    """What became of one list."""

    RENEWED = "renewed"
    UNCHANGED = "unchanged"
    UNAVAILABLE = "unavailable"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """One list that was asked for, and what became of it."""

    issuer_id: str
    file: str
    outcome: Outcome


class RevocationListUnavailableError(UnavailableError):
    """An issuer's revocation list cannot be fetched."""

    slug = "revocation-list-unavailable"


def renew_lists(
    issuers: IssuerList, *, at: datetime, fetch: Callable[[str], bytes] | None = None
) -> list[Renewal]:
    """Fetch all lists that have an address, and replace the files of those that are good and newer.

    It may run at any time and twice at once: a file is replaced whole.

    Args:
        issuers: Whose lists.
        at: Now.
        fetch: Returns what stands at an address, raising `UnavailableError`; by default over HTTP.
    """
    return [
        Renewal(issuer_id=issuer.id, file=path.name, outcome=_renew(issuer, path, url, at, fetch or download))
        for issuer in issuers
        for path, url in issuer.list_urls.items()
    ]


def _renew(
    issuer: AcceptedIssuer, path: Path, url: str, at: datetime, fetch: Callable[[str], bytes]
) -> Outcome:
    try:
        fresh = _read(fetch(url))
    except UnavailableError:
        log.warning("revocation list of issuer %s cannot be fetched", issuer.id)
        return Outcome.UNAVAILABLE
    former = next(iter(read_lists(path)), None)
    if fresh is None or not _is_good(fresh, former, issuer, at):
        log.warning("revocation list of issuer %s is not one to rely on; the former is kept", issuer.id)
        return Outcome.REFUSED
    if fresh == former:
        return Outcome.UNCHANGED
    beside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    beside.write_bytes(fresh.public_bytes(Encoding.DER))
    beside.replace(path)
    return Outcome.RENEWED


def _is_good(
    fresh: x509.CertificateRevocationList,
    former: x509.CertificateRevocationList | None,
    issuer: AcceptedIssuer,
    at: datetime,
) -> bool:
    # An old list that is played back would bring revoked certificates to life.
    is_older = former is not None and fresh.last_update_utc < former.last_update_utc
    is_own = any(signed_by(fresh, each) for each in (*issuer.anchors, *issuer.others))
    return is_own and not is_older and is_current(fresh, at)


def _read(raw: bytes) -> x509.CertificateRevocationList | None:
    load = x509.load_pem_x509_crl if raw.startswith(b"-----") else x509.load_der_x509_crl
    try:
        return load(raw)
    except ValueError:
        return None


def download(url: str) -> bytes:
    """Return what stands at an address, with bounds on time and size; no redirect is followed.

    Raises:
        RevocationListUnavailableError: No good answer.
    """
    parts = urlsplit(url)
    if parts.scheme == "https":
        link: http.client.HTTPConnection = http.client.HTTPSConnection(
            parts.netloc, timeout=FETCH_SECONDS, context=ssl.create_default_context()
        )
    else:
        link = http.client.HTTPConnection(parts.netloc, timeout=FETCH_SECONDS)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        link.request("GET", target, headers={"Accept": "application/pkix-crl"})
        answer = link.getresponse()
        if answer.status != http.HTTPStatus.OK:
            raise _unavailable(f"its server answers HTTP {answer.status}")
        return b"".join(_chunks(answer))
    except (OSError, http.client.HTTPException) as error:
        raise _unavailable("its server does not answer") from error
    finally:
        link.close()


def _chunks(answer: http.client.HTTPResponse) -> Iterator[bytes]:
    deadline, size = time.monotonic() + FETCH_SECONDS, 0
    while chunk := answer.read1(_CHUNK):
        size += len(chunk)
        if size > LIST_MAX_BYTES:
            raise _unavailable("it is far too large")
        if time.monotonic() > deadline:
            raise _unavailable("it comes too slowly")
        yield chunk


def _unavailable(why: str) -> RevocationListUnavailableError:
    return RevocationListUnavailableError(
        f"A revocation list cannot be fetched: {why}.",
        mend="Wait, or check its address in the list of issuers.",
    )
