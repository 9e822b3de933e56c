"""A FastAPI application that mounts LRE Kit; who is logged in is read from Starlette's session.

Run it from the repository:

    LRE_HOME=host-office lre init && uvicorn --app-dir examples --factory fastapi_app:create_app
"""

from typing import Any

from a2wsgi import WSGIMiddleware
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.middleware.sessions import SessionMiddleware

from lre_kit import PostOffice, Settings
from lre_web import Actor
from lre_web.wsgi import wsgi_app

USERS = {"alice": Actor(ref="user-1", name="Alice Martin", email="alice@example.org")}


def who_is_logged_in(environ: dict[str, Any]) -> Actor | None:
    """Read Starlette's session, which the middleware around the whole application has opened."""
    session = environ["asgi.scope"].get("session", {})
    return USERS.get(session.get("user", ""))


def create_app(office: PostOffice | None = None) -> FastAPI:
    """Make the application; without an office, open the one the environment describes."""
    app = FastAPI()
    app.add_middleware(SessionMiddleware, secret_key="change-me", same_site="lax")

    @app.get("/")
    def home() -> HTMLResponse:
        return HTMLResponse('<form method="post" action="/login"><button>Log in as Alice</button></form>')

    @app.post("/login")
    def login(request: Request) -> RedirectResponse:
        request.session["user"] = "alice"
        return RedirectResponse("/post/", status_code=303)

    office = office or PostOffice.open(Settings())
    pages: Any = wsgi_app(office, current_actor=who_is_logged_in, login_url="/")
    mounted: Any = WSGIMiddleware(pages, workers=10)
    app.mount("/post", mounted)
    return app
