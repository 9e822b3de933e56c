"""Asking an identity provider over HTTP: bounded in time and size, encrypted, and never sent elsewhere."""

import json
import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from lre_kit.errors import ConfigurationError
from lre_kit.identifiers.eid_values import EidUnavailableError
from lre_kit.proofs.publication.http_peer import Answer, HttpPeer, PeerUnavailableError

log = logging.getLogger(__name__)

ANSWER_MAX_BYTES = 128 * 1024
"""Longest answer of a provider, in bytes: metadata, keys, tokens and attributes are far shorter."""

TIMEOUT_S = 10.0
"""Longest wait for one answer, in seconds."""

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def checked_url(value: Any, *, loopback: bool) -> str:
    """Return an address that may be asked: https, without user or fragment.

    Args:
        value: The address.
        loopback: Whether plain http on this machine is accepted too, for providers under test.

    Raises:
        ValueError: It is no such address.
    """
    if isinstance(value, str) and value.isascii() and not any(c.isspace() or c < " " for c in value):
        parts = urlsplit(value)
        is_plain = parts.scheme == "http" and loopback and parts.hostname in _LOOPBACK
        is_bare = not (parts.fragment or parts.username is not None or parts.password is not None)
        if (parts.scheme == "https" or is_plain) and parts.hostname and is_bare and parts.port != 0:
            return value
    msg = f"{value!r:.100} is no https address"
    raise ValueError(msg)


def is_loopback(url: str) -> bool:
    """Tell whether an address is plain http on this machine."""
    parts = urlsplit(url)
    return parts.scheme == "http" and parts.hostname in _LOOPBACK


def ask(
    url: str,
    *,
    form: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    timeout_s: float = TIMEOUT_S,
) -> Answer:
    """Ask once; no redirect is followed.

    Args:
        url: The whole address.
        form: What to post; nothing to get.
        headers: More headers.
        timeout_s: Longest wait, in seconds.

    Raises:
        EidUnavailableError: No answer in time, or one that is too long.
    """
    parts = urlsplit(url)
    path = parts.path.lstrip("/") + (f"?{parts.query}" if parts.query else "")
    sent = {"Accept": "application/json", "Connection": "close", **(headers or {})}
    body = None
    if form is not None:
        body = urlencode(form).encode()
        sent["Content-Type"] = "application/x-www-form-urlencoded"
    try:
        with HttpPeer(f"{parts.scheme}://{parts.netloc}", timeout_s=timeout_s) as peer:
            method = "GET" if body is None else "POST"
            answer = peer.ask(method, path, limit=ANSWER_MAX_BYTES, body=body, headers=sent)
    except (PeerUnavailableError, ConfigurationError) as error:
        log.warning("identity provider %s: no answer (%s)", parts.hostname, type(error.__cause__).__name__)
        raise EidUnavailableError from error
    if len(answer.body) > ANSWER_MAX_BYTES:
        log.warning("identity provider %s: the answer is too long", parts.hostname)
        raise EidUnavailableError
    return answer


def get_json(url: str, *, timeout_s: float = TIMEOUT_S) -> dict[str, Any]:
    """Return the JSON object at an address.

    Raises:
        EidUnavailableError: There is none.
    """
    answer = ask(url, timeout_s=timeout_s)
    try:
        if answer.status == 200:
            return read_object(answer.body)
    except ValueError:
        pass
    log.warning("identity provider %s: %s, no JSON object", urlsplit(url).hostname, answer.status)
    raise EidUnavailableError


def read_object(raw: bytes) -> dict[str, Any]:
    """Read a JSON object strictly: UTF-8, no name twice, no number that is none.

    Raises:
        ValueError: It is not one.
    """
    try:
        found = json.loads(raw.decode(), object_pairs_hook=_once, parse_constant=_no_number)
    except RecursionError as error:
        msg = "nested too deeply"
        raise ValueError(msg) from error
    if not isinstance(found, dict):
        msg = "no object"
        raise ValueError(msg)  # noqa: TRY004 - one kind of error for every form that is not one
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        msg = "a name stands twice"
        raise ValueError(msg)
    return found


def _no_number(name: str) -> float:
    msg = f"{name} is no number"
    raise ValueError(msg)
