"""A real OpenID Connect provider for tests: the Node program ``oidc-provider``, and a browser of sorts.

The program comes from npm, see `lre_kit.testing.npm`.
"""

import json
import re
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from http.client import HTTPMessage
from http.cookiejar import CookieJar
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

from lre_kit.testing import npm
from lre_kit.testing.private_servers import START_TIMEOUT_S, STOP_TIMEOUT_S, MissingServiceError

PACKAGE = "oidc-provider@8.8.1"
"""What is installed: the last line that runs on the Node 18 of Debian 12, and on later ones."""

PEOPLE: Mapping[str, Mapping[str, Any]] = {
    "ada": {
        "given_name": "Ada",
        "family_name": "Lovelace",
        "birthdate": "1815-12-10",
        "preferred_username": "King",
        "email": "ada@example.org",
    },
    "bob": {"given_name": "Bob", "family_name": "Hatter", "birthdate": "1865-11-01"},
}
"""Who can log in, by subject."""

ACR_VALUES = ("eidas1", "eidas2", "eidas3")
"""Levels the provider knows."""

_SERVER = Path(__file__).with_name("oidc_server.mjs")
_HOPS_MAX = 12


class OidcServer:
    """The provider as a context manager, on a free local port."""

    def __init__(self, clients: Sequence[Mapping[str, Any]]) -> None:
        """Know these clients (OpenID Connect Dynamic Client Registration §2)."""
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            self._port: int = listener.getsockname()[1]
        self._told = {
            "port": self._port,
            "clients": list(clients),
            "people": PEOPLE,
            "acr_values": ACR_VALUES,
        }
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def issuer(self) -> str:
        """Its name, below which it is asked."""
        return f"http://127.0.0.1:{self._port}"

    def __enter__(self) -> Self:
        """Start, and wait until it answers.

        Raises:
            MissingServiceError: It cannot be installed or does not start.
        """
        command = ["node", str(_SERVER), str(npm.installed(PACKAGE)), json.dumps(self._told)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self._stop()
                msg = "oidc-provider does not start here; it needs Node 18 or later"
                raise MissingServiceError(msg)
            time.sleep(0.1)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self._stop()

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(
                f"{self.issuer}/.well-known/openid-configuration", timeout=3
            ) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class Browser:
    """Follows redirects with cookies, and says at a login who logs in."""

    def __init__(self) -> None:
        """Begin without cookies."""
        self._opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(CookieJar()), _NoRedirect()
        )

    def visit(
        self,
        url: str,
        *,
        home: str,
        person: str = "ada",
        acr: str | None = None,
        login_age_s: int = 0,
        cancel: bool = False,
        form: Mapping[str, str] | None = None,
    ) -> dict[str, str]:
        """Go somewhere and on, until sent back home; return the parameters of that last address.

        Args:
            url: Where to begin.
            home: What the last address begins with; it is not asked.
            person: Who logs in, if asked.
            acr: How.
            login_age_s: How long ago, in seconds.
            cancel: Whether to cancel instead.
            form: What to post at first.

        Raises:
            LookupError: The way ends elsewhere; the text says where.
        """
        headers = {"x-person": person, "x-login-age": str(login_age_s)}
        headers |= {"x-acr": acr} if acr else {}
        headers |= {"x-cancel": "1"} if cancel else {}
        for _ in range(_HOPS_MAX):
            if url.startswith(home):
                return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
            status, location, text = self._ask(url, headers, form)
            form = None
            if 300 <= status < 400:
                url = urljoin(url, location)
                continue
            action = re.search(r'<form[^>]* action="([^"]+)"', text)
            if action is None:
                break
            # A page that asks whether to log out: yes.
            fields = re.findall(r'<input[^>]* name="([^"]+)"[^>]* value="([^"]*)"', text)
            url, form = urljoin(url, action[1]), {**dict(fields), "logout": "yes"}
        msg = f"not sent home, but to {urlsplit(url).path}"
        raise LookupError(msg)

    def _ask(
        self, url: str, headers: Mapping[str, str], form: Mapping[str, str] | None
    ) -> tuple[int, str, str]:
        body = urlencode(form).encode() if form is not None else None
        request = urllib.request.Request(url, data=body, headers=dict(headers))
        try:
            with self._opener.open(request, timeout=30) as answer:
                return answer.status, answer.headers.get("Location", ""), answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers.get("Location", ""), error.read().decode()


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(  # noqa: PLR0917 - the parent's parameters
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> None:
        """Leave redirects to whoever asks."""
        del req, fp, code, msg, headers, newurl
