"""The extension: mounts one office in one application, under any prefix, and leaves nothing global."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Flask, current_app

from lre_kit.errors import ConfigurationError
from lre_kit.law.assurance import Category, Level
from lre_kit.office import PostOffice
from lre_kit.parties.values import Sender

API_PREFIX = "/api/v1"
"""Where the API hangs below the pages."""

EXTENSION = "lre"
"""Key under which an application keeps its mounted offices."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostIdentification:
    """What a host application vouches for of who is logged in to it.

    Attributes:
        at: When the person last authenticated there.
        categories: Categories of the factors they showed.
        dynamic: Whether one of them changes at each authentication.
        proofing: Level of the host's own identity proofing, if it did one.
        proofing_method: How (`lre_kit.law.proofing_methods.ProofingMethod`).
        proofed_at: When.
        reference: The host's reference of that proofing; it stands in evidence.
    """

    at: datetime
    categories: tuple[Category, ...]
    dynamic: bool
    proofing: Level | None = None
    proofing_method: str = ""
    proofed_at: datetime | None = None
    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who is logged in to the host application, as the host says."""

    ref: str
    """The host's stable id of the person or organisation."""
    name: str
    email: str
    identification: HostIdentification | None = None
    """How the host identified them and what it vouches for; nothing: the office asks by itself."""

    def as_sender(self) -> Sender:
        """Return the actor as a sender."""
        return Sender(ref=self.ref, name=self.name, email=self.email)


CurrentActor = Callable[[], Actor | None]
"""Asked at each sender's page; nothing means that nobody is logged in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mounted:
    """One office as mounted in one application."""

    office: PostOffice
    current_actor: CurrentActor


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
    ) -> None:
        """Keep the arguments; mount at once if `app` is given."""
        self._office = office
        self._current_actor = current_actor
        self._url_prefix = url_prefix
        self._pages = pages
        self._name = name
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
        mounted = app.extensions.setdefault(EXTENSION, {})
        if self._name in mounted:
            msg = f"An office is mounted as “{self._name}” already."
            raise ConfigurationError(msg, mend="Mount each once, or give another name=….")
        found = Mounted(office=office, current_actor=current_actor or self._current_actor or (lambda: None))
        api_name = f"{self._name}_api"
        mounted[self._name] = mounted[api_name] = found
        # Streams beyond this are refused before they are read; forms add a little to the documents.
        limit = office.settings.letter_max_bytes + 1024 * 1024
        blueprint = _blueprint(self._name, limit)
        for add_pages in self._pages:
            add_pages(blueprint)
        app.register_blueprint(blueprint, url_prefix=self._url_prefix or None)
        app.register_blueprint(_api(api_name), url_prefix=f"{self._url_prefix}{API_PREFIX}")


def mounted() -> Mounted:
    """Return the office of the page that is being made."""
    from flask import request

    found = current_app.extensions[EXTENSION][request.blueprint]
    assert isinstance(found, Mounted)
    return found


def _api(name: str) -> Blueprint:
    # Late: the routes know the pages' own modules, which know this one.
    from lre_web.api.mounting import api_blueprint

    return api_blueprint(name)


def _blueprint(name: str, limit_bytes: int) -> Blueprint:
    from lre_web import (
        api_keys,
        bulk,
        consents,
        contacts,
        letter_templates,
        prepared,
        recipient,
        sender,
        sender_acts,
        verification,
    )
    from lre_web import webhooks as webhook_pages
    from lre_web.filters import add_filters
    from lre_web.menu import add_menu
    from lre_web.security import guard

    blueprint = Blueprint(
        name, "lre_web", template_folder="templates", static_folder="static", static_url_path="/static"
    )
    guard(blueprint, limit_bytes=limit_bytes)
    add_filters(blueprint)
    add_menu(blueprint)
    sender.add_pages(blueprint)
    sender_acts.add_pages(blueprint)
    recipient.add_pages(blueprint)
    consents.add_pages(blueprint)
    bulk.add_pages(blueprint)
    contacts.add_pages(blueprint)
    letter_templates.add_pages(blueprint)
    prepared.add_pages(blueprint)
    api_keys.add_pages(blueprint)
    webhook_pages.add_pages(blueprint)
    verification.add_pages(blueprint)
    return blueprint
