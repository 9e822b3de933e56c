"""Any RFC 3161 authority over HTTP (RFC 3161 §3.4), with bounds on time and size."""

import http.client
import secrets
import socket
import ssl
import threading
from base64 import b64encode
from contextlib import suppress
from urllib.parse import urlsplit

from asn1crypto import parser

from lre_kit.errors import ConfigurationError, TimestampRejectedError, TimestampUnavailableError
from lre_kit.proofs.forms import der
from lre_kit.proofs.stamping.timestamp_token import SHA256, TOKEN_MAX_BYTES

NONCE_BITS = 64
"""Length of the nonce that ties an answer to its request."""

_GRANTED = {"granted", "granted_with_mods"}
_PORTS = {"http": 80, "https": 443}
_HEADERS = {"Content-Type": "application/timestamp-query", "Connection": "close"}


class HttpAuthority:
    """Asks one authority by POST; no redirect is followed: elsewhere is not whom the settings name."""

    def __init__(
        self, url: str, *, policy: str | None, timeout_s: float, account: tuple[str, str] | None = None
    ) -> None:
        """Prepare.

        Args:
            url: ``http(s)://…`` of the authority.
            policy: Policy OID to ask for.
            timeout_s: Longest wait to connect, and again from there to the whole answer, in seconds.
            account: User and password for HTTP basic authentication (RFC 7617), sent at once.

        Raises:
            ConfigurationError: Not an HTTP address.
        """
        self._address = _address(url)
        parts = urlsplit(url)
        self._target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._policy = der.oid(policy) if policy else b""
        self._timeout_s = timeout_s
        self._headers = dict(_HEADERS)
        if account:
            self._headers["Authorization"] = "Basic " + b64encode(":".join(account).encode()).decode()

    def stamp(self, digest: bytes) -> bytes:
        """Return the authority's token; nonce and status are checked here, the rest by the caller."""
        nonce = secrets.randbits(NONCE_BITS)
        query = der.sequence(
            der.integer(1),
            der.sequence(der.sequence(SHA256), der.octets(digest)),
            self._policy,
            der.integer(nonce),
            der.boolean(True),
        )
        return _token(self._ask(query), nonce)

    def _ask(self, query: bytes) -> bytes:
        try:
            with self._connected() as link:
                status, body = self._exchange(link, query)
        except (OSError, http.client.HTTPException) as error:
            msg = f"The time-stamping authority does not answer: {error}."
            raise TimestampUnavailableError(msg, mend="Wait, or check LRE_TSA_URL.") from error
        if status != http.HTTPStatus.OK:
            msg = f"The time-stamping authority answers HTTP {status}."
            raise TimestampUnavailableError(msg, mend="Wait, or check LRE_TSA_URL.")
        if len(body) > TOKEN_MAX_BYTES:
            msg = "The time-stamping authority's answer is far too large."
            raise TimestampUnavailableError(msg, mend="Check LRE_TSA_URL.")
        return body

    def _connected(self) -> socket.socket:
        link = socket.create_connection(self._address, self._timeout_s)
        if self._tls is None:
            return link
        # The handshake is left to the exchange, where the time is bounded as a whole.
        return self._tls.wrap_socket(link, server_hostname=self._address[0], do_handshake_on_connect=False)

    def _exchange(self, link: socket.socket, query: bytes) -> tuple[int, bytes]:
        # A socket's time-out begins anew with each byte; the timer ends an answer that drips.
        timer = threading.Timer(self._timeout_s, _hang_up, (link,))
        timer.daemon = True
        timer.start()
        try:
            if isinstance(link, ssl.SSLSocket):
                link.do_handshake()
            connection = http.client.HTTPConnection(*self._address)
            connection.default_port = _PORTS["http" if self._tls is None else "https"]
            connection.sock = link
            connection.request("POST", self._target, query, self._headers)
            with connection.getresponse() as answer:
                body = answer.read(TOKEN_MAX_BYTES + 1)
                if answer.length and len(body) <= TOKEN_MAX_BYTES:
                    raise http.client.IncompleteRead(body, answer.length)
                return answer.status, body
        finally:
            timer.cancel()


def _address(url: str) -> tuple[str, int]:
    """Return host and port of an HTTP address."""
    try:
        parts = urlsplit(url)
        usual = _PORTS[parts.scheme]
        if parts.hostname:
            return parts.hostname, parts.port or usual
    except (ValueError, KeyError):
        pass
    msg = f"LRE_TSA_URL is not an HTTP address: {url}."
    raise ConfigurationError(msg, mend="Give https://…")


def _hang_up(link: socket.socket) -> None:
    with suppress(OSError):
        # Past TLS, whose own farewell would wait for the other side.
        socket.socket.shutdown(link, socket.SHUT_RDWR)


def _token(body: bytes, nonce: int) -> bytes:
    """Return the token of an answer whose status and nonce are right (RFC 3161 §2.4.2)."""
    from asn1crypto import tsp

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
    from asn1crypto import cms

    content = cms.ContentInfo.load(token, strict=True)["content"]
    nonce: int | None = content["encap_content_info"]["content"].parsed["nonce"].native
    return nonce
