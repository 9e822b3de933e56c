"""How the client's requests travel: over httpx where that is installed, else over the standard library."""

import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlsplit

from lre_kit.errors import ConfigurationError, UnavailableError

TIMEOUT_S = 30.0
"""Seconds to wait for each answer."""


class OfficeUnreachableError(UnavailableError):
    """No answer of an office's API came: what was asked for may have been done."""

    slug = "office-unreachable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """One request, ready to leave; its key stands in the headers, so no repr shows those."""

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """One answer; names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class Transport(Protocol):
    """Carries requests; it follows no redirect, so that a key goes nowhere else."""

    def send(self, asking: Asking) -> Answered:
        """Send a request and return its answer, whatever its status.

        Raises:
            OfficeUnreachableError: No answer came.
        """

    def close(self) -> None:
        """Let go of connections."""


class StandardTransport:
    """The standard library's: a connection for each request."""

    def __init__(self, *, timeout_s: float = TIMEOUT_S) -> None:
        """Prepare; certificates are checked against the system's roots."""
        self._timeout_s = timeout_s
        https = urllib.request.HTTPSHandler(context=ssl.create_default_context())
        self._opener = urllib.request.build_opener(https, _NoRedirects())

    def send(self, asking: Asking) -> Answered:
        """Send a request and return its answer."""
        request = urllib.request.Request(  # noqa: S310 - the client took an http(s) address only
            asking.url, data=asking.body, headers=dict(asking.headers), method=asking.method
        )
        try:
            with self._opener.open(request, timeout=self._timeout_s) as answer:
                return _read(answer.status, answer)
        except urllib.error.HTTPError as error:
            with error:
                return _read(error.code, error)
        except OSError as error:
            raise _unreachable() from error

    def close(self) -> None:
        """Nothing is kept open."""


class HttpxTransport:
    """httpx: connections are kept and used again."""

    def __init__(self, client: Any = None, *, timeout_s: float = TIMEOUT_S) -> None:
        """Use an `httpx.Client` of the caller's, or one of our own."""
        import httpx

        self._errors = httpx.HTTPError
        self._client = client or httpx.Client(timeout=timeout_s, follow_redirects=False)

    def send(self, asking: Asking) -> Answered:
        """Send a request and return its answer."""
        try:
            answer = self._client.request(
                asking.method,
                asking.url,
                headers=dict(asking.headers),
                content=asking.body,
                follow_redirects=False,
            )
        except self._errors as error:
            raise _unreachable() from error
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return Answered(status=answer.status_code, headers=headers, body=answer.content)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def expect_private(address: str, what: str) -> None:
    """Refuse an address to which a secret would travel in the clear; this machine's own is well.

    Raises:
        ConfigurationError: It does not begin with https.
    """
    parts = urlsplit(address)
    if parts.scheme != "https" and parts.hostname not in {"127.0.0.1", "localhost", "::1"}:
        msg = f"The {what}'s address does not begin with https://."
        raise ConfigurationError(msg, mend="A key must not travel in the clear: give an https address.")


def usual_transport() -> Transport:
    """Return httpx where it is installed (``lre-kit[client]``), else the standard library."""
    try:
        return HttpxTransport()
    except ImportError:
        return StandardTransport()


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: the key would travel to wherever it leads."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Take a redirect for the answer that it is."""


def _read(status: int, answer: Any) -> Answered:
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return Answered(status=status, headers=headers, body=answer.read())


def _unreachable() -> OfficeUnreachableError:
    msg = "The office's API does not answer."
    return OfficeUnreachableError(msg, mend="Check its address and your network, and try again.")
