"""Asking an issuer's responder whether a certificate was revoked (OCSP, RFC 6960), bounded in time and size.

Whom to ask is what the operator's list of issuers says, or what the accepted issuer wrote into the
certificate. The latter is followed only after the chain was checked, and to public addresses only.
"""

import logging
import secrets
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID

from lre_kit.errors import LreError
from lre_kit.identifiers.certificate_issuers import OCSP_OF_CERTIFICATE, OCSP_OFF
from lre_kit.identifiers.certificate_status import (
    Standing,
    Status,
    UnreliableAnswerError,
    digest_of,
    standing_of,
)
from lre_kit.proofs.keys.chain import is_issuer
from lre_kit.proofs.publication.http_peer import HttpPeer
from lre_kit.webhooks.addresses import AddressGuard

log = logging.getLogger(__name__)

TIMEOUT_S = 5.0
"""Longest wait for a responder as a whole, in seconds: somebody waits for the answer."""

ANSWER_MAX_BYTES = 64 * 1024
"""Longest answer, in bytes; usual ones have some two thousand."""

_NONCE_BYTES = 32
_HEADERS = {
    "Content-Type": "application/ocsp-request",
    "Accept": "application/ocsp-response",
    "Connection": "close",
}


class Responders:
    """Asks responders; what goes wrong on the way is `Standing.UNREACHABLE`, never an error."""

    def __init__(self, *, timeout_s: float = TIMEOUT_S) -> None:
        """Wait so long for each answer, in seconds."""
        self._timeout_s = timeout_s
        self._guard = AddressGuard(plain_http=True)

    def ask(
        self,
        certificate: x509.Certificate,
        uppers: Sequence[x509.Certificate],
        told: str,
        at: datetime,
        lists: Sequence[x509.CertificateRevocationList] = (),
    ) -> Status | None:
        """Ask how a certificate stands; see `lre_kit.identifiers.certificate_status.AskStatus`."""
        if told == OCSP_OFF:
            return None
        url = responder_of(certificate) if told == OCSP_OF_CERTIFICATE else told
        issuer = next((each for each in uppers if is_issuer(each, certificate)), None)
        if not url or issuer is None:
            return None
        asked = question(certificate, issuer)
        try:
            raw = self._exchange(url, asked, is_vetted=told != OCSP_OF_CERTIFICATE)
            standing, of = standing_of(raw, asked=asked, issuer=issuer, at=at, lists=lists)
        except UnreliableAnswerError as error:
            log.warning("the answer of responder %s does not count: %s", urlsplit(url).hostname, error)
        except (LreError, ValueError) as error:
            log.warning("responder %s was not reached (%s)", urlsplit(url).hostname, type(error).__name__)
        else:
            return Status(standing=standing, source=url, at=of, digest=digest_of(raw))
        return Status(standing=Standing.UNREACHABLE, source=url, at=at)

    def _exchange(self, url: str, asked: ocsp.OCSPRequest, *, is_vetted: bool) -> bytes:
        parts = urlsplit(url)
        path = parts.path.lstrip("/") + (f"?{parts.query}" if parts.query else "")
        if is_vetted:
            places: tuple[str | None, ...] = (None,)
        else:
            target = self._guard.target(url)
            places = self._guard.addresses(target, timeout_s=self._timeout_s)
        with HttpPeer(
            f"{parts.scheme}://{parts.netloc}", timeout_s=self._timeout_s, connect_to=places[0]
        ) as peer:
            answer = peer.ask(
                "POST", path, limit=ANSWER_MAX_BYTES, body=asked.public_bytes(Encoding.DER), headers=_HEADERS
            )
        if answer.status != 200 or len(answer.body) > ANSWER_MAX_BYTES:
            raise UnreliableAnswerError(f"HTTP {answer.status}, {len(answer.body)} bytes")
        return answer.body


def responder_of(certificate: x509.Certificate) -> str:
    """Return the responder that an issuer names in a certificate, the first of http; empty if none."""
    with suppress(x509.ExtensionNotFound):
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
        for each in access:
            place = each.access_location
            if each.access_method == AuthorityInformationAccessOID.OCSP and isinstance(
                place, x509.UniformResourceIdentifier
            ):
                with suppress(ValueError):
                    if urlsplit(place.value).scheme in {"http", "https"}:
                        return place.value
    return ""


def question(certificate: x509.Certificate, issuer: x509.Certificate) -> ocsp.OCSPRequest:
    """Return what is asked of a certificate, with a nonce."""
    # SHA-1 only finds the certificate in the responder's books, many of which know nothing else (RFC 5019).
    named = hashes.SHA1()  # noqa: S303
    builder = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, named)
    nonce = x509.OCSPNonce(secrets.token_bytes(_NONCE_BYTES))
    return builder.add_extension(nonce, critical=False).build()
