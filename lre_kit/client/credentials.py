"""Access tokens for the API (OAuth 2.0, client credentials): fetched when needed, and renewed."""

import json
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from urllib.parse import quote, urlencode

from lre_kit.client.transport import Answered, Asking, Transport, expect_private
from lre_kit.errors import LreError

EARLY_S = 30.0
"""How long before its end a token is renewed, in seconds: clocks differ, and requests take time."""

LIFE_S = 60.0
"""Life of a token whose issuer says none, in seconds (RFC 6749 §5.1 only recommends it)."""


class TokenRefusedError(LreError):
    """The authorization server gives no access token.

    Attributes:
        reason: Its word for why (RFC 6749 §5.2), such as ``invalid_client``.
    """

    slug = "no-access-token"
    status = 502

    def __init__(self, answered: Answered) -> None:
        """Read the answer; no more of it is shown than its word."""
        told = _told(answered)
        self.reason = str(told.get("error") or "")[:60]
        said = f": {self.reason}" if self.reason.isidentifier() else ""
        super().__init__(
            f"The authorization server gives no access token ({answered.status}{said}).",
            mend="Check the client's name and secret, its scopes, and what it may ask tokens for.",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientCredentials:
    """How a program gets access tokens (RFC 6749 §4.4).

    Attributes:
        token_url: The token endpoint of the authorization server.
        client_id: The program's name there.
        client_secret: Its secret.
        scope: What the tokens shall open, such as ``letters:read letters:write``.
        resource: For what (RFC 8707): the audience that the office expects.
        more: More parameters, where a server has its own, such as ``audience``.
        is_posted: Whether the secret goes into the form instead of a header.
    """

    token_url: str
    client_id: str
    client_secret: str = field(repr=False)
    scope: str = ""
    resource: str = ""
    more: Mapping[str, str] = field(default_factory=dict)
    is_posted: bool = False

    def asking(self) -> Asking:
        """Return the request for a token."""
        form = {"grant_type": "client_credentials", "scope": self.scope, "resource": self.resource}
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        if self.is_posted:
            form |= {"client_id": self.client_id, "client_secret": self.client_secret}
        else:
            pair = f"{quote(self.client_id, safe='')}:{quote(self.client_secret, safe='')}"
            headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        sent = {name: value for name, value in {**form, **self.more}.items() if value}
        return Asking(method="POST", url=self.token_url, headers=headers, body=urlencode(sent).encode())


class Tokens:
    """Holds a program's present token; safe among threads."""

    def __init__(
        self,
        credentials: ClientCredentials,
        transport: Transport,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare; nothing is fetched before the first request.

        Raises:
            ConfigurationError: The secret would travel in the clear.
        """
        expect_private(credentials.token_url, "token endpoint")
        self._credentials = credentials
        self._transport = transport
        self._clock = clock
        self._lock = Lock()
        self._token, self._until = "", 0.0

    def current(self, *, refused: str | None = None) -> str:
        """Return a token that is in force.

        Args:
            refused: A token that the office refused: it is not returned again.

        Raises:
            TokenRefusedError: The authorization server gives none.
            OfficeUnreachableError: It does not answer.
        """
        with self._lock:
            if not self._token or self._token == refused or self._clock() >= self._until:
                self._fetch()
            return self._token

    def _fetch(self) -> None:
        answered = self._transport.send(self._credentials.asking())
        told = _told(answered)
        token, life = told.get("access_token"), told.get("expires_in", LIFE_S)
        is_bearer = str(told.get("token_type")).lower() == "bearer"
        if answered.status != 200 or not isinstance(token, str) or not token or not is_bearer:
            raise TokenRefusedError(answered)
        life_s = float(life) if isinstance(life, int | float) else LIFE_S
        # A token of a short life is used for half of it at least.
        self._token, self._until = token, self._clock() + max(life_s - EARLY_S, life_s / 2)


def _told(answered: Answered) -> Mapping[str, object]:
    try:
        told = json.loads(answered.body)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
