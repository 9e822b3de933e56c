"""Any RFC 3161 authority over HTTP (RFC 3161 §3.4), with bounds on time and size."""

import http.client
import secrets
import urllib.error
import urllib.request
from urllib.parse import urlsplit

from asn1crypto import cms, parser, tsp

from lre_kit.errors import ConfigurationError, TimestampRejectedError, TimestampUnavailableError
from lre_kit.proofs import der
from lre_kit.proofs.timestamp import SHA256_OID, TOKEN_MAX_BYTES

NONCE_BITS = 64
"""Length of the nonce that ties an answer to its request."""

_GRANTED = {"granted", "granted_with_mods"}


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """An authority that sends us elsewhere is not the one configured."""

    def redirect_request(self, *_: object, **__: object) -> None:
        return None


class HttpAuthority:
    """Asks one authority by POST."""

    def __init__(self, url: str, *, policy: str | None, timeout_s: float) -> None:
        """Prepare.

        Args:
            url: ``http(s)://…`` of the authority.
            policy: Policy OID to ask for.
            timeout_s: Longest wait, in seconds.

        Raises:
            ConfigurationError: Not an HTTP address.
        """
        if urlsplit(url).scheme not in {"http", "https"}:
            msg = f"LRE_TSA_URL is not an HTTP address: {url}."
            raise ConfigurationError(msg, mend="Give https://…")
        self._url = url
        self._policy = der.oid(policy) if policy else b""
        self._timeout_s = timeout_s
        self._opener = urllib.request.build_opener(_NoRedirect)

    def stamp(self, digest: bytes) -> bytes:
        """Return the authority's token; nonce and status are checked here, the rest by the caller."""
        nonce = secrets.randbits(NONCE_BITS)
        query = der.sequence(
            der.integer(1),
            der.sequence(der.sequence(der.oid(SHA256_OID)), der.octets(digest)),
            self._policy,
            der.integer(nonce),
            der.boolean(True),
        )
        return _token(self._ask(query), nonce)

    def _ask(self, query: bytes) -> bytes:
        request = urllib.request.Request(  # noqa: S310 - the scheme was checked
            self._url, data=query, headers={"Content-Type": "application/timestamp-query"}
        )
        try:
            with self._opener.open(request, timeout=self._timeout_s) as answer:
                body = bytes(answer.read(TOKEN_MAX_BYTES + 1))
        except (OSError, urllib.error.URLError, http.client.HTTPException) as error:
            msg = f"The time-stamping authority does not answer: {error}."
            raise TimestampUnavailableError(msg, mend="Wait, or check LRE_TSA_URL.") from error
        if len(body) > TOKEN_MAX_BYTES:
            msg = "The time-stamping authority's answer is far too large."
            raise TimestampUnavailableError(msg, mend="Check LRE_TSA_URL.")
        return body


def _token(body: bytes, nonce: int) -> bytes:
    """Return the token of an answer whose status and nonce are right (RFC 3161 §2.4.2)."""
    try:
        outer = parser.parse(body, strict=True)[4]
        status_length = sum(len(part) for part in parser.parse(outer)[3:6])
        status = tsp.PKIStatusInfo.load(outer[:status_length])["status"].native
        token = bytes(outer[status_length:])
        answered = _nonce(token) if status in _GRANTED else None
    except (ValueError, TypeError, KeyError) as error:
        msg = "The time-stamping authority's answer is not one of RFC 3161."
        raise TimestampUnavailableError(msg, mend="Check LRE_TSA_URL.") from error
    if status not in _GRANTED:
        msg = f"The time-stamping authority refused: {status}."
        raise TimestampRejectedError(msg, mend="Check the policy asked for (LRE_TSA_POLICY).", check="status")
    if answered != nonce:
        msg = "The time stamp answers another request."
        raise TimestampRejectedError(
            msg, mend="Ask again; if it stays so, change the authority.", check="nonce"
        )
    return token


def _nonce(token: bytes) -> int | None:
    content = cms.ContentInfo.load(token, strict=True)["content"]
    nonce: int | None = content["encap_content_info"]["content"].parsed["nonce"].native
    return nonce
