"""An identity provider that can be told to lie: for tests of what is refused. It runs in this process."""

import json
import secrets
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from contextlib import suppress
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from joserfc import jwe, jwt
from joserfc.jwk import ECKey, RSAKey

from lre_kit.clock import Clock, now
from lre_kit.identifiers.eid_provider_values import EidProvider
from lre_kit.law.assurance import Level

CLIENT_ID, CLIENT_SECRET = "office", "s3cret:of the office"
"""How the office names itself."""

LEVELS = {"eidas1": Level.LOW, "eidas2": Level.SUBSTANTIAL, "eidas3": Level.HIGH}
"""What its acr values are worth."""

Claims = dict[str, Any]


class ForgingProvider:
    """The provider as a context manager; it is honest until one of its attributes is changed.

    Attributes:
        key: Signs tokens; its public part is published unless `published` says otherwise.
        algorithm: Of signatures.
        person: Claims about who logs in.
        changes: Claims of the id token that are put instead; `None` leaves one out, and what can be
            called is called with the present instant.
        sign: Makes the token from its claims, instead of `signed`.
        answer: Status, content type and body of the token's answer, from the honest one.
        told: Content type and body of attributes, instead of the person's claims.
        published: Body of the published keys.
        metadata: Metadata that are put instead; `None` leaves one out.
        delay_s: How long every answer takes, in seconds.
        asked: Paths that were asked, in order.
        posted: Forms that were posted, in order.
    """

    def __init__(self, *, clock: Clock = now) -> None:
        """Listen on a free local port."""
        self._clock = clock
        self._codes: dict[str, dict[str, str]] = {}
        self._tokens: dict[str, Claims] = {}
        self.key: ECKey | RSAKey = ECKey.generate_key("P-256", {"kid": "k1"}, private=True)
        self.algorithm = "ES256"
        self.person: Claims = {
            "sub": "ada-1815",
            "given_name": "Ada",
            "family_name": "Lovelace",
            "birthdate": "1815-12-10",
            "email": "ada@example.org",
        }
        self.acr = "eidas2"
        self.changes: Claims = {}
        self.sign: Callable[[Claims], str] = self.signed
        self.answer: Callable[[Claims], tuple[int, str, bytes]] = _json
        self.told: tuple[str, bytes] | None = None
        self.published: bytes | None = None
        self.metadata: Claims = {}
        self.delay_s = 0.0
        self.asked: list[str] = []
        self.posted: list[Mapping[str, str]] = []
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._reply(provider.get(self.path, self.headers.get("Authorization", "")))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                form = {name: values[0] for name, values in parse_qs(body).items()}
                self._reply(provider.post(self.path, form))

            def _reply(self, reply: tuple[int, str, bytes]) -> None:
                status, kind, content = reply
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(content)))
                if status // 100 == 3:
                    self.send_header("Location", content.decode())
                with suppress(OSError):
                    # Whoever asked may have gone already.
                    self.end_headers()
                    self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
                del format, args

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def issuer(self) -> str:
        """Its name, below which it is asked."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def provider(self, **changed: Any) -> EidProvider:
        """Return what the office's list says of it."""
        told: dict[str, Any] = {
            "slug": "test",
            "name": {"fr": "Essai", "en": "Test"},
            "issuer": self.issuer,
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "levels": LEVELS,
            "algorithms": frozenset({"ES256", "RS256", "PS256"}),
        }
        return EidProvider(**(told | changed))

    def visit(self, url: str) -> dict[str, str]:
        """Log in as a browser would that was sent here, and return what it brings back."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked
        return {"code": code, "state": asked["state"], "iss": self.issuer}

    def claims(self, asked: Mapping[str, str]) -> Claims:
        """Return the claims of an id token, changed as was told."""
        instant = int(self._clock().timestamp())
        honest = {
            "iss": self.issuer,
            "sub": self.person["sub"],
            "aud": CLIENT_ID,
            "iat": instant,
            "exp": instant + 60,
            "auth_time": instant,
            "nonce": asked["nonce"],
            "acr": self.acr,
        }
        found = (honest | self.changes).items()
        told = {name: value(instant) if callable(value) else value for name, value in found}
        return {name: value for name, value in told.items() if value is not None}

    def signed(self, claims: Claims) -> str:
        """Return claims signed with its key, as it should be."""
        header = {"alg": self.algorithm, "kid": self.key.kid}
        return jwt.encode(header, claims, self.key, algorithms=[self.algorithm])

    def encrypted(self, claims: Claims, key: ECKey | RSAKey, alg: str, enc: str = "A256GCM") -> str:
        """Return signed claims, encrypted to a public key."""
        inside = self.signed(claims)
        return jwe.encrypt_compact({"alg": alg, "enc": enc, "cty": "JWT"}, inside, key, algorithms=[alg, enc])

    def get(self, path: str, authorization: str) -> tuple[int, str, bytes]:
        """Answer a request without a body."""
        self.asked.append(path)
        time.sleep(self.delay_s)
        if path == "/.well-known/openid-configuration":
            honest = {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/auth",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/jwks",
                "userinfo_endpoint": f"{self.issuer}/me",
                "end_session_endpoint": f"{self.issuer}/end?from=office",
                "authorization_response_iss_parameter_supported": True,
            }
            return _json({k: v for k, v in (honest | self.metadata).items() if v is not None})
        if path == "/jwks":
            honest_keys = {"keys": [self.key.as_dict(private=False)]}
            return _json(honest_keys) if self.published is None else (200, "application/json", self.published)
        if path == "/me" and authorization.removeprefix("Bearer ") in self._tokens:
            return (200, *self.told) if self.told is not None else _json(self.person)
        return 404, "text/plain", b""

    def post(self, path: str, form: Mapping[str, str]) -> tuple[int, str, bytes]:
        """Answer a posted form."""
        self.asked.append(path)
        self.posted.append(form)
        time.sleep(self.delay_s)
        asked = self._codes.pop(form.get("code", ""), None)
        verifier, none = _challenge(form.get("code_verifier", "")), _challenge("")
        if path != "/token" or asked is None or asked.get("code_challenge", none) != verifier:
            return _json({"error": "invalid_grant"}, 400)
        if form.get("client_secret") != CLIENT_SECRET:
            return _json({"error": "invalid_client"}, 401)
        access_token = secrets.token_urlsafe(16)
        self._tokens[access_token] = dict(self.person)
        token = self.sign(self.claims(asked))
        return self.answer({"id_token": token, "access_token": access_token, "token_type": "Bearer"})

    def __enter__(self) -> Self:
        """Answer from now on."""
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()


def _challenge(verifier: str) -> str:
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _json(found: Claims, status: int = 200) -> tuple[int, str, bytes]:
    return status, "application/json", json.dumps(found).encode()


def ago(seconds: float) -> Callable[[float], float]:
    """Return what makes an instant so long before the present one; later if negative."""
    return lambda instant: instant - seconds
