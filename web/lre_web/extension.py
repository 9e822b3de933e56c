"""The extension: mounts one office in one application, under any prefix, and leaves nothing global."""

from collections.abc import Callable, Mapping, Sequence

from flask import Blueprint, Flask

from lre_kit.errors import ConfigurationError
from lre_kit.office import PostOffice
from lre_web.actor import Actor, HostIdentification
from lre_web.api.mounting import api_blueprint
from lre_web.frame.filters import add_filters
from lre_web.frame.flask_commands import add_commands
from lre_web.frame.menu import add_menu
from lre_web.frame.security import guard
from lre_web.mounting import API_PREFIX, EXTENSION, CurrentActor, Mounted, mounted
from lre_web.overrides import checked_texts, theme_sheet
from lre_web.public import mounting as public
from lre_web.recipient import mounting as recipient
from lre_web.sender import mounting as sender
from lre_web.signals import forward
from lre_web.translations import merged, read_translations

__all__ = ["API_PREFIX", "EXTENSION", "LRE", "Actor", "HostIdentification", "Mounted", "mounted"]


class LRE:
    """Mounts LRE Kit in a Flask application.

    Args:
        app: The application, if it is there already; else call `init_app` later.
        office: The office to mount.
        current_actor: Says who is logged in.
        url_prefix: Where the pages hang. ``LRE_BASE_URL`` must name the same place, with the
            host name under which recipients reach it.
        pages: Adds further pages to the blueprint before it is mounted, each in its turn.
        name: Blueprint name; another one lets a second office live in the same application.
        login_url: Where the host lets people log in; who is not is led there from a sender's page, with
            ``next``. Without it they get 401.
        texts: Words of the host's own, by language and name (`lre_web.texts`).
        theme: Colours of the host's own, by custom property (`lre_web.overrides.THEME`). On a neutral host
            name they are not shown.

    Example:
        >>> lre = LRE(app, office=office, current_actor=who_is_logged_in)   # doctest: +SKIP
    """

    def __init__(
        self,
        app: Flask | None = None,
        *,
        office: PostOffice | None = None,
        current_actor: CurrentActor | None = None,
        url_prefix: str = "/lre",
        pages: Sequence[Callable[[Blueprint], None]] = (),
        name: str = "lre",
        login_url: str | None = None,
        texts: Mapping[str, Mapping[str, str]] | None = None,
        theme: Mapping[str, str] | None = None,
    ) -> None:
        """Keep the arguments; mount at once if `app` is given.

        Raises:
            ConfigurationError: Prefix, words or colours cannot be used.
        """
        self._office = office
        self._current_actor = current_actor
        self._url_prefix = _checked_prefix(url_prefix)
        self._pages = pages
        self._name = name
        self._login_url = login_url
        self._texts = dict(texts or {})
        checked_texts(self._texts)
        self._theme = theme_sheet(theme or {})
        if app is not None:
            self.init_app(app)

    def init_app(
        self, app: Flask, *, office: PostOffice | None = None, current_actor: CurrentActor | None = None
    ) -> None:
        """Mount the office in `app`.

        Raises:
            ConfigurationError: No office was given, or this name is mounted already.
        """
        office = office or self._office
        if office is None:
            msg = "LRE was given no office to mount."
            raise ConfigurationError(msg, mend="Pass office=PostOffice.open(…).")
        mounts = app.extensions.setdefault(EXTENSION, {})
        if self._name in mounts:
            msg = f"An office is mounted as “{self._name}” already."
            raise ConfigurationError(msg, mend="Mount each once, or give another name=….")
        found = Mounted(
            office=office,
            current_actor=current_actor or self._current_actor or (lambda: None),
            name=self._name,
            url_prefix=self._url_prefix,
            login_url=self._login_url,
            texts=checked_texts(merged(read_translations(office.settings.translations), self._texts)),
            theme=self._theme,
        )
        api_name = f"{self._name}_api"
        mounts[self._name] = mounts[api_name] = found
        # Streams beyond this are refused before they are read; forms add a little to the documents.
        limit = office.settings.letter_max_bytes + 1024 * 1024
        blueprint = _blueprint(self._name, limit)
        for add_pages in self._pages:
            add_pages(blueprint)
        app.register_blueprint(blueprint, url_prefix=self._url_prefix or None)
        app.register_blueprint(api_blueprint(api_name), url_prefix=f"{self._url_prefix}{API_PREFIX}")
        forward(app, found)
        add_commands(app, found)


def _checked_prefix(prefix: str) -> str:
    """Return a prefix as Flask wants it: empty, or with a slash before and none after."""
    kept = "/" + prefix.strip("/") if prefix.strip("/") else ""
    if any(sign in kept for sign in "<>?#\\ ") or "//" in kept:
        msg = "The prefix of the pages is no path."
        raise ConfigurationError(msg, mend='Give one such as url_prefix="/post".')
    return kept


def _blueprint(name: str, limit_bytes: int) -> Blueprint:
    blueprint = Blueprint(
        name, "lre_web", template_folder="templates", static_folder="static", static_url_path="/static"
    )
    guard(blueprint, limit_bytes=limit_bytes)
    add_filters(blueprint)
    add_menu(blueprint)
    for room in (sender, recipient, public):
        room.add_pages(blueprint)
    return blueprint
