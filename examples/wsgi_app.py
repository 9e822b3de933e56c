"""A plain WSGI application that mounts LRE Kit below itself; any WSGI server runs it.

Run it from the repository:

    LRE_HOME=host-office lre init && gunicorn --chdir examples "wsgi_app:create_app()"
"""

from collections.abc import Iterable
from typing import Any

from itsdangerous import BadData, URLSafeSerializer
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.wrappers import Request, Response

from lre_kit import PostOffice, Settings
from lre_web import Actor
from lre_web.wsgi import wsgi_app

USERS = {"alice": Actor(ref="user-1", name="Alice Martin", email="alice@example.org")}
SIGNER = URLSafeSerializer("change-me", salt="session")


def who_is_logged_in(environ: dict[str, Any]) -> Actor | None:
    """Read the host's own session from the request."""
    try:
        return USERS.get(str(SIGNER.loads(Request(environ).cookies.get("host_session", ""))))
    except BadData:
        return None


def own_pages(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """The host's own application: a page with a button, and the log-in behind it."""
    request = Request(environ)
    if request.path == "/login" and request.method == "POST":
        response = Response(status=303, headers={"Location": "/post/"})
        response.set_cookie("host_session", str(SIGNER.dumps("alice")), httponly=True, samesite="Lax")
    else:
        form = '<form method="post" action="/login"><button>Log in as Alice</button></form>'
        response = Response(form, mimetype="text/html")
    return response(environ, start_response)


def create_app(office: PostOffice | None = None) -> Any:
    """Make the application; without an office, open the one the environment describes."""
    office = office or PostOffice.open(Settings())
    pages = wsgi_app(office, current_actor=who_is_logged_in, login_url="/")
    return DispatcherMiddleware(own_pages, {"/post": pages})
