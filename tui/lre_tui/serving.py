"""The console in a browser: one process per page, each with the operators' entrance before anything else.

It listens on this machine only, unless told otherwise; before it stands whatever speaks TLS. A page of
another origin gets no connection, and nobody gets more of them than the office has operators.
"""

import shlex
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from lre_kit.errors import ConfigurationError, MissingExtraError
from lre_kit.office import PostOffice
from lre_tui.texts import TEXTS, language_of

try:
    import aiohttp_jinja2
    from aiohttp import web
    from textual_serve.server import Server
except ModuleNotFoundError as error:
    msg = f"The console in a browser needs the package {error.name}."
    raise MissingExtraError(msg, mend='Run: pip install "lre-kit[tui-web]"') from error

PAGES = Path(__file__).parent / "pages"
"""The page that holds the console: nothing of it comes from elsewhere."""

CONNECTIONS_MAX = 20
"""Consoles open at once: each is a process of its own."""

_LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class ConsoleServer(Server):
    """Serves the console's command to browsers."""

    def __init__(
        self, command: Sequence[str], *, host: str, port: int, public_url: str, title: str, language: str
    ) -> None:
        """Serve `command` as `public_url`, in a page of that language."""
        super().__init__(
            shlex.join(command),
            host=host,
            port=port,
            title=title,
            public_url=public_url,
            templates_path=PAGES,
        )
        self._open = 0
        words = TEXTS[language]
        self._words = {"language": language, "title": words["title"]}
        self._words |= {name: words[f"page_{name}"] for name in ("begins", "ended", "again", "script")}

    async def _make_app(self) -> web.Application:
        app = await super()._make_app()
        app.middlewares.append(self._guarded)
        aiohttp_jinja2.get_env(app).globals["words"] = self._words
        return app

    async def on_startup(self, app: web.Application) -> None:
        """Say nothing: the command did."""

    @web.middleware
    async def _guarded(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuse other origins and names (rebinding), and too many at once; keep the page to itself."""
        own = urlsplit(self.public_url)
        origin = request.headers.get("Origin")
        is_ours = request.host == own.netloc and origin in {None, f"{own.scheme}://{own.netloc}"}
        if not is_ours or (request.path == "/ws" and origin is None):
            raise web.HTTPForbidden(text="This page is not the console's.")
        if request.path != "/ws":
            response = await handler(request)
            response.headers.update(self._headers(own.netloc))
            return response
        if self._open >= CONNECTIONS_MAX:
            raise web.HTTPServiceUnavailable(text="Too many consoles are open.")
        self._open += 1
        try:
            return await handler(request)
        finally:
            self._open -= 1

    @staticmethod
    def _headers(netloc: str) -> dict[str, str]:
        own = "'self' 'unsafe-inline'"
        return {
            "Content-Security-Policy": (
                f"default-src 'self'; script-src {own}; style-src {own}; img-src 'self' data:; "
                f"connect-src 'self' ws://{netloc} wss://{netloc}; frame-ancestors 'none'"
            ),
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-store",
        }


def serve(
    office: PostOffice,
    *,
    host: str,
    port: int,
    public_url: str | None = None,
    more: Sequence[str] = (),
    language: str | None = None,
    say: Callable[[str], None] = lambda _url: None,
) -> None:
    """Serve the console of an office until it is stopped.

    Args:
        office: The office; each page opens it anew.
        host: Address to listen on.
        port: Port to listen on.
        public_url: Where browsers find it, if TLS stands before it.
        more: Options of ``lre console`` for each page, such as ``--screen letters``.
        language: ``fr`` or ``en``; by default the terminal's.
        say: Told the address it is served at, once it may be.

    Raises:
        ConfigurationError: Operators do not sign in here, or passwords would cross a network in the clear.
    """
    url = (public_url or f"http://{'localhost' if host in _LOCAL else host}:{port}").rstrip("/")
    expect_guarded(office, host=host, url=url)
    program = [sys.executable, "-P", "-c", "from lre_kit.cli.main import main; main()"]
    spoken = language or language_of()
    server = ConsoleServer(
        [*program, "console", "--lang", spoken, *more],
        host=host,
        port=port,
        public_url=url,
        title=office.settings.provider_name,
        language=spoken,
    )
    say(url)
    server.serve()


def expect_guarded(office: PostOffice, *, host: str, url: str) -> None:
    """Refuse to serve a console that anybody could walk into or listen to.

    Raises:
        ConfigurationError: Says what is missing.
    """
    if office.operators.entrance.is_local:
        msg = "In a browser operators sign in, and this office lets the system's user work."
        mend = "Set LRE_OPERATOR_ENTRANCE=accounts and add operators: lre operator add."
        raise ConfigurationError(msg, mend=mend)
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path:
        msg = "The public address of the console cannot be one."
        raise ConfigurationError(
            msg, mend="Give scheme and host alone: --public-url https://console.example.org"
        )
    if host not in _LOCAL and parts.scheme != "https":
        msg = "Passwords would cross the network in the clear."
        mend = "Let something that speaks TLS stand before it, and give --public-url https://…"
        raise ConfigurationError(msg, mend=mend)
