"""A Django project in one file that mounts LRE Kit; who is logged in is read from Django's session.

Run it from the repository:

    LRE_HOME=host-office lre init && gunicorn --chdir examples "django_app:create_app()"
"""

from importlib import import_module
from typing import Any

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import get_token
from django.urls import path
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.wrappers import Request

from lre_kit import PostOffice, Settings
from lre_web import Actor
from lre_web.wsgi import wsgi_app

USERS = {"alice": Actor(ref="user-1", name="Alice Martin", email="alice@example.org")}


def home(request: HttpRequest) -> HttpResponse:
    """Offer to log in."""
    token = f'<input type="hidden" name="csrfmiddlewaretoken" value="{get_token(request)}">'
    return HttpResponse(f'<form method="post" action="/login">{token}<button>Log in as Alice</button></form>')


def login(request: HttpRequest) -> HttpResponse:
    """Log in; a real project has Django's own users and pages for it."""
    if request.method == "POST":
        request.session["user"] = "alice"
    return HttpResponseRedirect("/post/")


urlpatterns = [path("", home), path("login", login)]


def who_is_logged_in(environ: dict[str, Any]) -> Actor | None:
    """Read Django's session from the request; with Django's own users, ask `get_user` in the same way."""
    key = Request(environ).cookies.get(settings.SESSION_COOKIE_NAME)
    session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    return USERS.get(session.get("user", ""))


def create_app(office: PostOffice | None = None) -> Any:
    """Make the application; without an office, open the one the environment describes."""
    if not settings.configured:
        settings.configure(
            SECRET_KEY="change-me",
            ALLOWED_HOSTS=["127.0.0.1", "localhost"],
            ROOT_URLCONF=__name__,
            SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
            MIDDLEWARE=[
                "django.contrib.sessions.middleware.SessionMiddleware",
                "django.middleware.csrf.CsrfViewMiddleware",
            ],
        )
        django.setup()
    office = office or PostOffice.open(Settings())
    pages = wsgi_app(office, current_actor=who_is_logged_in, login_url="/")
    return DispatcherMiddleware(get_wsgi_application(), {"/post": pages})
