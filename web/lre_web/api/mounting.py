"""The API's blueprint: every declared route, and an answer as a problem for everything else."""

import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from flask import Blueprint, Response, g, json, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound, RequestEntityTooLarge
from werkzeug.routing import Map, Rule

from lre_kit.errors import LreError
from lre_kit.integration.values import Rate
from lre_kit.office import PostOffice
from lre_web.api import (
    bulk,
    consents,
    contacts,
    events,
    law,
    letterhead,
    letters,
    people,
    prepared,
    proofs,
    sandbox,
    status,
    templates,
    uploads,
    verifying,
    webhooks,
    whoami,
)
from lre_web.api.declaring import Route
from lre_web.api.openapi import document_of
from lre_web.api.problems import (
    BodyTooLargeError,
    MalformedError,
    NoSuchRouteError,
    WrongMethodError,
    problem_response,
)
from lre_web.api.serving import serve
from lre_web.frame.sides import expect_own_side
from lre_web.mounting import API_PREFIX, mounted
from lre_web.public.observing import observe

log = logging.getLogger(__name__)

_ROOMS: tuple[Any, ...] = (
    letterhead,
    letters,
    uploads,
    proofs,
    consents,
    contacts,
    templates,
    bulk,
    prepared,
    events,
    webhooks,
    people,
    law,
    verifying,
    sandbox,
    whoami,
    status,
)

ROUTES: tuple[Route, ...] = tuple(route for room in _ROOMS for route in room.ROUTES)
"""Every route of the API."""

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

_PATHS = Map([Rule(route.path, methods=[route.method], endpoint=route.name) for route in ROUTES])
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def api_blueprint(name: str) -> Blueprint:
    """Return the API as a blueprint of its own."""
    blueprint = Blueprint(name, __name__)
    for route in ROUTES:
        view: Callable[..., Response] = partial(serve, route)
        blueprint.add_url_rule(route.path, route.name, view, methods=[route.method])
    blueprint.add_url_rule("/openapi.json", "openapi", _description)
    for path in ("/", "/<path:rest>"):
        blueprint.add_url_rule(path, "nothing", _nothing, methods=METHODS)
    observe(blueprint)
    blueprint.before_request(expect_own_side)
    blueprint.after_request(_protect)
    blueprint.register_error_handler(LreError, problem_response)
    blueprint.register_error_handler(RequestEntityTooLarge, _too_large)
    blueprint.register_error_handler(HTTPException, _http_error)
    blueprint.register_error_handler(Exception, _unexpected)
    return blueprint


def description(office: PostOffice) -> dict[str, Any]:
    """Return the description of an office's API."""
    server, provider = office.links.sender_url + API_PREFIX, office.settings.provider_name
    return document_of(ROUTES, server=server, provider=provider, issuers=office.integration.issuers)


def _description() -> Response:
    return Response(json.dumps(description(mounted().office)), content_type="application/json")


def _nothing(rest: str = "") -> Response:
    """Say whether there is nothing at an address, or nothing by this method."""
    adapter = _PATHS.bind("api")
    try:
        adapter.match(f"/{rest}", method=request.method)
    except MethodNotAllowed as error:
        raise WrongMethodError(sorted(error.valid_methods or ())) from None
    except (NotFound, HTTPException):
        pass
    if rest == "openapi.json":
        raise WrongMethodError(("GET", "HEAD"))
    msg = "There is nothing at this address."
    raise NoSuchRouteError(msg, mend="See the description of the API at openapi.json.")


def _protect(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    uploads.describe_tus(response, mounted().office)
    rate = g.get("lre_api_rate")
    if isinstance(rate, Rate):
        response.headers["RateLimit-Policy"] = f'"key";q={rate.limit};w=60'
        response.headers["RateLimit"] = f'"key";r={rate.remaining};t={rate.reset_s}'
    return response


def _too_large(error: HTTPException) -> Response:
    del error
    msg = "The body of this request is too large."
    return problem_response(BodyTooLargeError(msg, mend="Send fewer or smaller documents, and as a form."))


def _http_error(error: HTTPException) -> Response:
    other = MalformedError("The request cannot be read.", mend="See openapi.json.")
    return problem_response(other, status=error.code)


def _unexpected(error: Exception) -> Response:
    # What it was about stays in the trace: its words may name people.
    log.error("a request of the API failed", exc_info=error)
    msg = "Something went wrong here."
    return problem_response(LreError(msg, mend="Try again; if it stays so, tell the operator."))
