"""An application of our own, for ``lre serve`` and the play mode.

With accounts people register and log in here, and each is a sender. Without them (``LRE_ACCOUNTS=off``,
the play mode) there is one sender and no login: whoever reaches its pages is the sender. A real host
application brings its own login.
"""

from flask import Flask, request
from werkzeug.exceptions import Unauthorized
from werkzeug.wrappers import Response

from lre_kit.office import PostOffice
from lre_kit.parties.account_values import REVIEWER
from lre_web.account import pages as account
from lre_web.account import stepping
from lre_web.account.opening import open_account_site
from lre_web.account.session import EXTENSION, current_account, to_log_in
from lre_web.actor import Actor
from lre_web.extension import LRE
from lre_web.identity import certificates, eid
from lre_web.identity.pages import identity_pages
from lre_web.identity.site import IdentitySite
from lre_web.mailbox import CatchingServer, add_mailbox
from lre_web.profile import pages as profile


def create_app(office: PostOffice, *, mailbox: CatchingServer | None = None) -> Flask:
    """Return the application.

    Args:
        office: The office to serve.
        mailbox: A catching mail server whose messages get a page at ``/mailbox``.
    """
    app = Flask("lre_web.standalone", static_folder=None)
    if office.settings.accounts == "on":
        app.extensions[EXTENSION] = open_account_site(office)
        site = IdentitySite(operator=_reviewer)
        own = (account, stepping, profile, eid, certificates)
        pages = [*(each.add_pages for each in own), identity_pages(site)]
        LRE(app, office=office, current_actor=_account_actor, url_prefix="", pages=pages)
        app.register_error_handler(Unauthorized, _log_in_first)
    else:
        you = Actor(ref="standalone", name=office.settings.sender_name, email=office.settings.sender_email)
        LRE(
            app,
            office=office,
            current_actor=lambda: you,
            url_prefix="",
            pages=[identity_pages(), eid.add_pages, certificates.add_pages],
        )
    if mailbox is not None:
        add_mailbox(app, mailbox)
    return app


def _reviewer() -> str | None:
    """Return who judges identity cases here: an account with the reviewer's role, by its person."""
    found = current_account()
    return found.party_id if found is not None and found.role == REVIEWER else None


def _account_actor() -> Actor | None:
    found = current_account()
    return Actor(ref=found.party_id, name=found.name, email=found.email) if found else None


def _log_in_first(error: Unauthorized) -> Response | Unauthorized:
    """Lead whoever is not logged in to the log-in page, and back afterwards."""
    return to_log_in() if request.blueprint else error


def serve(app: Flask, *, host: str, port: int) -> None:
    """Serve an application until interrupted."""
    from waitress import serve as waitress_serve

    waitress_serve(app, host=host, port=port, threads=8, ident=None, max_request_body_size=1 << 31)
