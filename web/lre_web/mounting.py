"""One office as mounted in one application, and how its pages find it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from flask import current_app, request

from lre_kit.office import PostOffice
from lre_web.actor import Actor

API_PREFIX = "/api/v1"
"""Where the API hangs below the pages."""

EXTENSION = "lre"
"""Key under which an application keeps its mounted offices."""

USUAL = "lre"
"""Name of a mount that was given none."""

CurrentActor = Callable[[], Actor | None]
"""Asked at each sender's page; nothing means that nobody is logged in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mounted:
    """One office as mounted in one application."""

    office: PostOffice
    current_actor: CurrentActor
    name: str = "lre"
    """Name it is mounted under; its cookies bear it where it is not the usual one."""
    url_prefix: str = ""
    """Where its pages hang."""
    login_url: str | None = None
    """Where the host lets people log in; nothing: a sender's page answers 401 to whoever is not."""
    texts: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)
    """Words of the host's own, by language and name."""
    theme: str = ""
    """Style sheet of the host's own colours; empty: none."""


def mounted() -> Mounted:
    """Return the office of the page that is being made."""
    offices = current_app.extensions[EXTENSION]
    # A page that stands beside ours, as the demonstration's mailbox does, is the first office's.
    found = offices.get(request.blueprint) or next(iter(offices.values()))
    assert isinstance(found, Mounted)
    return found
