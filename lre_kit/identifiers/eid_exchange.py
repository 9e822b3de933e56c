"""The conversation with one identity provider: where it is, its keys, the code's exchange, attributes."""

import logging
import re
from base64 import b64encode
from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import quote

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from lre_kit.clock import Clock
from lre_kit.identifiers.eid_http import TIMEOUT_S, ask, checked_url, get_json, is_loopback, read_object
from lre_kit.identifiers.eid_provider_values import EidProvider, Endpoints, Userinfo
from lre_kit.identifiers.eid_tokens import PublicKey, names_us, open_token, read_keys, subject_of
from lre_kit.identifiers.eid_values import EidAttributes, EidRefusedError, EidUnavailableError, Reason
from lre_kit.parties.characters import has_hidden_characters
from lre_kit.store.columns import new_id

log = logging.getLogger(__name__)

KEPT = timedelta(hours=1)
"""How long a provider's addresses and keys are believed before they are fetched anew."""

ATTRIBUTE_CHARS_MAX = 300
"""Longest attribute that is taken over."""

ASSERTION_LIFE_S = 60
"""Life of what the office signs to name itself, in seconds (RFC 7523)."""

_DISCOVERED = {
    "authorization": "authorization_endpoint",
    "token": "token_endpoint",
    "jwks": "jwks_uri",
    "userinfo": "userinfo_endpoint",
    "logout": "end_session_endpoint",
}
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_BEARER = re.compile(r"[A-Za-z0-9._~+/=-]{1,8192}")
_ERROR_WORD = re.compile(r"[a-z_]{1,60}")
_KEY_ALGORITHMS = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}


class Exchange:
    """Asks one provider; its addresses and keys are kept for an hour."""

    def __init__(self, provider: EidProvider, *, clock: Clock, timeout_s: float = TIMEOUT_S) -> None:
        """Prepare; nothing is asked yet."""
        self.provider = provider
        self._clock = clock
        self._timeout_s = timeout_s
        self._endpoints: tuple[datetime, Endpoints] | None = None
        self._keys: tuple[datetime, Collection[PublicKey]] | None = None

    def endpoints(self) -> Endpoints:
        """Return where the provider is asked: pinned, or as it publishes it (OpenID Connect Discovery §4).

        Raises:
            EidUnavailableError: It does not say it, or calls itself otherwise.
        """
        if self.provider.endpoints is not None:
            return self.provider.endpoints
        now = self._clock()
        if self._endpoints is None or not timedelta(0) <= now - self._endpoints[0] < KEPT:
            self._endpoints = now, self._discovered()
        return self._endpoints[1]

    def fetch_keys(self) -> Collection[PublicKey]:
        """Fetch the provider's keys anew.

        Raises:
            EidUnavailableError: It does not publish any.
        """
        found = read_keys(get_json(self.endpoints().jwks, timeout_s=self._timeout_s))
        if not found:
            raise self._unusable("no usable key is published")
        self._keys = self._clock(), found
        return found

    def kept_keys(self) -> Collection[PublicKey] | None:
        """Return the provider's keys as they were fetched within the hour; nothing if they were not."""
        if self._keys is None or not timedelta(0) <= self._clock() - self._keys[0] < KEPT:
            return None
        return self._keys[1]

    def exchange(self, code: str, *, verifier: str | None, redirect_uri: str) -> tuple[str, str]:
        """Exchange a code for an id token and an access token (RFC 6749 §4.1.3, RFC 7636 §4.5).

        Raises:
            EidRefusedError: The provider does not take the code.
            EidUnavailableError: It does not answer, or not as OAuth has it.
        """
        endpoints, provider = self.endpoints(), self.provider
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "client_id": provider.client_id,
        }
        if verifier is not None:
            form["code_verifier"] = verifier
        headers = self._names_us(form)
        answer = ask(endpoints.token, form=form, headers=headers, timeout_s=self._timeout_s)
        found = self._object(answer.body)
        if answer.status != 200:
            word = found.get("error")
            shown = word if isinstance(word, str) and _ERROR_WORD.fullmatch(word) else "no word"
            log.warning("identity provider %s: code not taken (%s, %s)", provider.slug, answer.status, shown)
            if answer.status == 400 and word == "invalid_grant":
                raise EidRefusedError(Reason.CODE)
            raise EidUnavailableError
        id_token, access_token = found.get("id_token"), found.get("access_token")
        if (
            not isinstance(id_token, str)
            or not isinstance(access_token, str)
            or not _BEARER.fullmatch(access_token)
            or str(found.get("token_type")).lower() != "bearer"
        ):
            raise EidRefusedError(Reason.RESPONSE)
        return id_token, access_token

    def userinfo(self, access_token: str, subject: str, keys: "AnswerKeys") -> Mapping[str, Any]:
        """Return what the provider tells besides the id token (OpenID Connect Core §5.3).

        Nothing where the list says not to ask.

        Raises:
            EidRefusedError: It is about somebody else, or not signed as it should be.
            EidUnavailableError: It does not answer.
        """
        provider, url = self.provider, self.endpoints().userinfo
        if provider.userinfo is Userinfo.NONE:
            return {}
        if url is None:
            raise self._unusable("it has no address for attributes")
        is_signed = provider.userinfo is Userinfo.SIGNED
        headers = {"Authorization": f"Bearer {access_token}"}
        if is_signed:
            headers["Accept"] = "application/jwt"
        answer = ask(url, headers=headers, timeout_s=self._timeout_s)
        if answer.status != 200:
            raise self._unusable(f"userinfo answers {answer.status}")
        kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != ("application/jwt" if is_signed else "application/json"):
            raise EidRefusedError(Reason.USERINFO)
        if is_signed:
            token = answer.body.decode("ascii", "replace").strip()
            claims, _, _ = open_token(token, provider, keys, may_be_plain=True)
            if claims.get("iss") != provider.issuer or not names_us(claims, provider.client_id):
                raise EidRefusedError(Reason.USERINFO)
        else:
            claims = self._object(answer.body)
        if subject_of(claims) != subject:
            raise EidRefusedError(Reason.USERINFO)
        return claims

    def attributes(self, claims: Mapping[str, Any]) -> EidAttributes:
        """Return the attributes that claims tell; what is no plain text is passed over."""
        told = {name: _plain(claims.get(claim)) for name, claim in self.provider.attributes.items()}
        born = told.pop("birth_date", "")
        return EidAttributes(**told, birth_date=_day(born))

    def _discovered(self) -> Endpoints:
        issuer = self.provider.issuer
        found = get_json(f"{issuer.rstrip('/')}/.well-known/openid-configuration", timeout_s=self._timeout_s)
        if found.get("issuer") != issuer:
            raise self._unusable("it calls itself otherwise")
        try:
            urls: dict[str, Any] = {
                ours: checked_url(found[theirs], loopback=is_loopback(issuer))
                for ours, theirs in _DISCOVERED.items()
                if theirs in found
            }
            return Endpoints(
                **urls, names_itself=found.get("authorization_response_iss_parameter_supported") is True
            )
        except (ValueError, TypeError) as error:
            raise self._unusable("its metadata lack an address") from error

    def _names_us(self, form: dict[str, str]) -> dict[str, str]:
        """Add to a form, or return as headers, what shows the provider that the office asks."""
        provider = self.provider
        if provider.client_key is not None:
            form |= {
                "client_assertion_type": _ASSERTION,
                "client_assertion": self._assertion(provider.client_key),
            }
        elif provider.basic:
            pair = ":".join(
                quote(each, safe="") for each in (provider.client_id, provider.client_secret or "")
            )
            return {"Authorization": f"Basic {b64encode(pair.encode()).decode()}"}
        else:
            form["client_secret"] = provider.client_secret or ""
        return {}

    def _assertion(self, key: ECKey | RSAKey) -> str:
        now = int(self._clock().timestamp())
        claims = {
            "iss": self.provider.client_id,
            "sub": self.provider.client_id,
            # The issuer and nothing else: an address could be another's that was fed to the office.
            "aud": self.provider.issuer,
            "jti": new_id(),
            "iat": now,
            "exp": now + ASSERTION_LIFE_S,
        }
        algorithm = _KEY_ALGORITHMS[key.curve_name] if isinstance(key, ECKey) else "PS256"
        return jwt.encode({"alg": algorithm, "kid": key.thumbprint()}, claims, key, algorithms=[algorithm])

    def _object(self, raw: bytes) -> dict[str, Any]:
        try:
            return read_object(raw)
        except ValueError as error:
            raise self._unusable("no JSON object") from error

    def _unusable(self, why: str) -> EidUnavailableError:
        log.warning("identity provider %s: %s", self.provider.slug, why)
        return EidUnavailableError()


class AnswerKeys:
    """The provider's keys while one answer is checked: fetched anew once at most."""

    def __init__(self, exchange: Exchange) -> None:
        """Use what the exchange keeps, as long as it fits."""
        self._exchange = exchange
        self._is_fresh = False

    def held(self) -> Collection[PublicKey]:
        """Return the keys, fetching them if none are kept."""
        kept = self._exchange.kept_keys()
        if kept is None:
            self._is_fresh = True
            kept = self._exchange.fetch_keys()
        return kept

    def renewed(self) -> Collection[PublicKey] | None:
        """Fetch the keys anew, once."""
        if self._is_fresh:
            return None
        self._is_fresh = True
        return self._exchange.fetch_keys()


def _plain(value: Any) -> str:
    if not isinstance(value, str) or len(value) > ATTRIBUTE_CHARS_MAX or has_hidden_characters(value):
        return ""
    return value.strip()


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None
