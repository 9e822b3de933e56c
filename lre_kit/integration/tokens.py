"""Access tokens of other authorization servers, judged (RFC 9068; RFC 6749 §4.4, RFC 6750).

Rules, in order:

1. A token is a JWS in compact form; its algorithm is one that the operator listed for the issuer whom its
   ``iss`` names, and its key is one that this issuer publishes. Nothing else in its header is heeded: no
   ``jku``, no ``x5u``, no ``jwk``; a header with ``crit`` is refused.
2. ``typ`` is ``at+jwt``: an id token opens nothing.
3. ``aud`` names this office; ``exp`` has not come, ``iat`` and ``nbf`` have.
4. ``client_id``, ``sub`` and ``jti`` are there. A token for a person (``sub`` is not the client) is refused
   unless the operator said that the issuer names its clients otherwise; so is one bound to a key or
   certificate of its holder (``cnf``), for nothing here would check that.
5. ``scope`` opens what the operator's table says, and never more than was entered for the client.

Keys are kept for an hour. A name of a key that nobody knows has them fetched anew, once a minute at most;
while the issuer does not answer, those fetched within a day go on to serve.
"""

import json
import logging
from base64 import urlsafe_b64decode
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Any

from lre_kit.clock import Clock
from lre_kit.errors import UnavailableError
from lre_kit.identifiers.eid_http import get_json, read_object
from lre_kit.identifiers.eid_tokens import LEEWAY_S, PublicKey, names_us, open_token, read_keys
from lre_kit.identifiers.eid_values import EidRefusedError, EidUnavailableError, Reason
from lre_kit.integration.issuers import Issuer
from lre_kit.integration.values import Scope, TokenRefusedError

log = logging.getLogger(__name__)

KEPT = timedelta(hours=1)
"""How long published keys are believed before they are fetched anew."""

STALE = timedelta(days=1)
"""How long they go on to serve while the issuer does not answer."""

PAUSE = timedelta(minutes=1)
"""Shortest time between two fetches for a name of a key that nobody knows."""

TIMEOUT_S = 5.0
"""Longest wait for an issuer, in seconds: a request of the API waits as long."""

NAME_MAX_CHARS = 255
"""Longest name of a client."""

_TYPES = frozenset({"at+jwt", "application/at+jwt"})
_LAST_INSTANT = 253_402_300_799


class IssuerUnavailableError(UnavailableError):
    """The issuer of an access token does not tell its keys now; come back later."""

    slug = "token-issuer-unavailable"

    def __init__(self) -> None:
        """Say it."""
        super().__init__(
            "The issuer of this access token does not answer, so it cannot be checked.",
            mend="Try again in a minute, or use a key of the API.",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """What a token that was accepted says."""

    issuer: str
    client_id: str
    scopes: frozenset[Scope]


class PublishedKeys:
    """The keys of one issuer, kept and renewed; safe among threads."""

    def __init__(self, issuer: Issuer, *, clock: Clock) -> None:
        """Prepare; nothing is fetched yet."""
        self._place = issuer.jwks
        self._slug = issuer.slug
        self._clock = clock
        self._lock = Lock()
        self._keys: Sequence[PublicKey] = ()
        self._fetched_at: datetime | None = None
        self._tried_at: datetime | None = None

    def held(self) -> Collection[PublicKey]:
        """Return them as they were fetched within the hour, or within the day if nothing answers.

        Raises:
            IssuerUnavailableError: There are none that may still serve.
        """
        with self._lock:
            if not self._is_within(self._fetched_at, KEPT) and not self._is_within(self._tried_at, PAUSE):
                self._fetch()
            if not self._is_within(self._fetched_at, STALE):
                raise IssuerUnavailableError
            return self._keys

    def renewed(self) -> Collection[PublicKey] | None:
        """Return them fetched anew; nothing if they were a moment ago."""
        with self._lock:
            if self._is_within(self._tried_at, PAUSE):
                return None
            self._fetch()
            return self._keys

    def _is_within(self, at: datetime | None, span: timedelta) -> bool:
        return at is not None and timedelta(0) <= self._clock() - at < span

    def _fetch(self) -> None:
        self._tried_at = now = self._clock()
        try:
            found = read_keys(
                read_object(self._place.read_bytes())
                if isinstance(self._place, Path)
                else get_json(self._place, timeout_s=TIMEOUT_S)
            )
        except (EidUnavailableError, OSError, ValueError):
            found = []
        if not found:
            log.warning("issuer %s publishes no usable key now", self._slug)
            return
        self._keys, self._fetched_at = found, now


class AccessTokens:
    """Judges access tokens of the issuers that an operator named."""

    def __init__(self, issuers: Sequence[Issuer], *, clock: Clock) -> None:
        """Accept tokens of these issuers."""
        self._clock = clock
        self._issuers = {each.issuer: (each, PublishedKeys(each, clock=clock)) for each in issuers}

    def checked(self, token: str) -> Granted:
        """Return what a token grants.

        Raises:
            TokenRefusedError: It is not one of an issuer that is accepted here, or does not serve here now.
            IssuerUnavailableError: Its signature cannot be checked now.
        """
        try:
            return self._checked(token)
        except EidRefusedError as error:
            log.info("an access token is refused: %s", error.reason)
            # Before its signature holds, a token is told nothing more.
            raise TokenRefusedError from None

    def _checked(self, token: str) -> Granted:
        issuer, keys = self._issuers.get(_issuer_of(token), (None, None))
        if issuer is None or keys is None:
            raise EidRefusedError(Reason.TOKEN_ISSUER)
        claims, signed, _ = open_token(token, issuer, keys)
        if str(_part(signed, 0).get("typ", "")).lower() not in _TYPES:
            raise _refused("is not of the type at+jwt (RFC 9068)")
        if claims.get("iss") != issuer.issuer:
            raise EidRefusedError(Reason.TOKEN_ISSUER)
        if not names_us(claims, issuer.audience):
            raise _refused(f"is not for this office: its audience is not {issuer.audience}")
        self._check_times(claims)
        if "cnf" in claims:
            raise _refused("is bound to a key of its holder, which is not checked here")
        client_id, subject = (_name(claims, each) for each in ("client_id", "sub"))
        _name(claims, "jti")
        if subject != client_id and not issuer.is_subject_free:
            raise _refused("is about a person, and not about a client")
        return Granted(issuer=issuer.issuer, client_id=client_id, scopes=_scopes(claims, issuer))

    def _check_times(self, claims: Mapping[str, Any]) -> None:
        now = self._clock().timestamp()
        if _instant(claims, "exp") <= now:
            raise _refused("has expired")
        if max(_instant(claims, each) for each in ("iat", "nbf") if each in claims or each == "iat") > (
            now + LEEWAY_S
        ):
            raise _refused("is not valid yet")


def _issuer_of(token: str) -> str:
    """Return whom a token names, unchecked: that chooses which keys it is held against."""
    named = _part(token, 1).get("iss")
    return named if isinstance(named, str) else ""


def _part(token: str, place: int) -> Mapping[str, Any]:
    try:
        raw = token.split(".")[place]
        return read_object(urlsafe_b64decode(raw + "=" * (-len(raw) % 4)))
    except (ValueError, IndexError, json.JSONDecodeError) as error:
        raise EidRefusedError(Reason.FORM) from error


def _name(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= NAME_MAX_CHARS or not value.isprintable():
        raise _refused(f"lacks {name}")
    return value


def _instant(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _LAST_INSTANT:
        raise _refused(f"lacks {name}")
    return value


def _scopes(claims: Mapping[str, Any], issuer: Issuer) -> frozenset[Scope]:
    told = claims.get("scope", "")
    if not isinstance(told, str):
        raise _refused("has a scope that is no text")
    return frozenset[Scope]().union(*(issuer.scopes.get(each, ()) for each in told.split(" ")))


def _refused(why: str) -> TokenRefusedError:
    return TokenRefusedError(f"This access token {why}.")
