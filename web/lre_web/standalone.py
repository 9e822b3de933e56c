"""An application of our own, for ``lre serve`` and the play mode: one sender, no login.

Whoever reaches its sender pages is the sender; a real host application brings its own login.
"""

from flask import Flask

from lre_kit.office import PostOffice
from lre_web.extension import LRE, Actor
from lre_web.mailbox import CatchingServer, add_mailbox


def create_app(office: PostOffice, *, mailbox: CatchingServer | None = None) -> Flask:
    """Return the application.

    Args:
        office: The office to serve.
        mailbox: A catching mail server whose messages get a page at ``/mailbox``.
    """
    app = Flask("lre_web.standalone", static_folder=None)
    you = Actor(ref="standalone", name=office.settings.sender_name, email=office.settings.sender_email)
    LRE(app, office=office, current_actor=lambda: you, url_prefix="")
    if mailbox is not None:
        add_mailbox(app, mailbox)
    return app


def serve(app: Flask, *, host: str, port: int) -> None:
    """Serve an application until interrupted."""
    from waitress import serve as waitress_serve

    waitress_serve(app, host=host, port=port, threads=8, ident=None, max_request_body_size=1 << 31)
