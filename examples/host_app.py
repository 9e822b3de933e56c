"""A host application that mounts LRE Kit: it brings its own login, the kit brings the letters.

Run it from the repository:  LRE_HOME=host-office lre init && flask --app examples/host_app.py run
"""

from flask import Flask, redirect, session
from werkzeug.wrappers import Response

from lre_kit import PostOffice, Settings
from lre_web import LRE, Actor

USERS = {"alice": Actor(ref="user-1", name="Alice Martin", email="alice@example.org")}


def create_app(office: PostOffice | None = None) -> Flask:
    """Make the application; without an office, open the one the environment describes."""
    app = Flask(__name__)
    app.secret_key = "change-me"
    office = office or PostOffice.open(Settings())
    LRE(app, office=office, current_actor=lambda: USERS.get(session.get("user", "")), url_prefix="/post")

    @app.get("/")
    def home() -> str:
        return '<form method="post" action="/login"><button>Log in as Alice</button></form>'

    @app.post("/login")
    def login() -> Response:
        session["user"] = "alice"
        return redirect("/post/")

    return app
