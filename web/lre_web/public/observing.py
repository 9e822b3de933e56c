"""What is seen of requests: an id on each line of the log, a line for each request, counts, a span.

Addresses of pages hold locators, so neither the log nor the metrics nor a span gets them: a request is called
by its endpoint's name.
"""

import hmac
import logging
import re
import secrets
import time
from contextlib import ExitStack

from flask import Blueprint, Response, abort, current_app, g, request

from lre_kit.observing.context import binding
from lre_kit.observing.metrics import OfficeMetrics, count_request, exposition
from lre_kit.observing.tracing import span
from lre_web.mounting import Mounted, mounted

log = logging.getLogger("lre_web.requests")

REQUEST_ID = "X-Request-ID"
"""Header in which a proxy names the request, and in which we name it back."""

METRICS = "lre_metrics"
"""Key under which an application keeps what its offices' databases tell."""

_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


def observe(blueprint: Blueprint) -> None:
    """Watch the requests of a blueprint; called before its other guards."""
    blueprint.before_request(_begin)
    blueprint.after_request(_answered)
    blueprint.teardown_request(_end)


def add_pages(blueprint: Blueprint) -> None:
    """Add the page that Prometheus reads; without `Settings.metrics_token` there is none."""
    blueprint.add_url_rule("/metrics", "metrics", _metrics)


def _begin() -> None:
    asked = request.headers.get(REQUEST_ID, "")
    g.lre_request_id = asked if _ID.fullmatch(asked) else secrets.token_hex(12)
    g.lre_begun_at = time.perf_counter()
    g.lre_around = stack = ExitStack()
    stack.enter_context(binding(request_id=g.lre_request_id))
    stack.enter_context(span(f"{request.method} {_endpoint()}", request_id=g.lre_request_id))


def _answered(response: Response) -> Response:
    if "lre_begun_at" not in g:
        return response
    seconds = time.perf_counter() - g.lre_begun_at
    response.headers[REQUEST_ID] = g.lre_request_id
    here, endpoint = mounted(), _endpoint()
    if log.isEnabledFor(logging.INFO) and not endpoint.endswith(("static", "healthz", "readyz", "metrics")):
        facts = {
            "method": request.method,
            "endpoint": endpoint,
            "status": response.status_code,
            "ms": round(seconds * 1000, 1),
        }
        log.info("request", extra=facts)
    if here.office.settings.metrics_token is not None:
        count_request(
            mount=here.name,
            endpoint=endpoint,
            method=request.method,
            status=response.status_code,
            seconds=seconds,
        )
    return response


def _end(error: BaseException | None) -> None:
    stack = g.pop("lre_around", None)
    if stack is not None:
        stack.__exit__(type(error) if error else None, error, error.__traceback__ if error else None)


def _endpoint() -> str:
    return request.endpoint or "none"


def _metrics() -> Response:
    here = mounted()
    token = here.office.settings.metrics_token
    if token is None:
        abort(404)
    word, _, sent = request.headers.get("Authorization", "").partition(" ")
    if word.lower() != "bearer" or not hmac.compare_digest(sent.encode(), token.get_secret_value().encode()):
        abort(Response("", 401, {"WWW-Authenticate": "Bearer"}))
    body, media = exposition(_told(here))
    return Response(body, content_type=media)


def _told(here: Mounted) -> OfficeMetrics:
    kept = current_app.extensions.setdefault(METRICS, {})
    found = kept.setdefault(here.name, None) or OfficeMetrics(here.office)
    kept[here.name] = found
    assert isinstance(found, OfficeMetrics)
    return found
