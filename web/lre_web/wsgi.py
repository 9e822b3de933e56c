"""The pages as a plain WSGI application, for hosts that are not made with Flask.

Mount it with what the host has: ``werkzeug``'s ``DispatcherMiddleware``, a server's script name, Django
behind the same dispatcher, or an ASGI framework through ``a2wsgi``. Who is logged in is read from the
request's WSGI environment, where the host put it. ::

    pages = wsgi_app(office, current_actor=lambda environ: USERS.get(environ.get("REMOTE_USER")))
    application = DispatcherMiddleware(own_application, {"/post": pages})
"""

from collections.abc import Callable, Sequence
from typing import Any

from flask import Blueprint, Flask, request

from lre_kit.office import PostOffice
from lre_web.actor import Actor
from lre_web.extension import LRE

ActorOf = Callable[[dict[str, Any]], Actor | None]
"""Reads from a WSGI environment who is logged in to the host."""


def wsgi_app(
    office: PostOffice,
    *,
    current_actor: ActorOf,
    pages: Sequence[Callable[[Blueprint], None]] = (),
    **options: Any,
) -> Flask:
    """Return the pages as an application that hangs wherever it is mounted.

    Args:
        office: The office to serve.
        current_actor: Says who is logged in.
        pages: Further pages, as for `LRE`.
        options: More of what `LRE` takes: ``login_url``, ``texts``, ``theme``, ``name``.
    """
    app = Flask("lre_web.wsgi", static_folder=None)

    def actor() -> Actor | None:
        return current_actor(request.environ)

    LRE(app, office=office, current_actor=actor, url_prefix="", pages=pages, **options)
    return app
