"""Pings for load balancers and orchestrators, and the host's own colours as a style sheet.

``/healthz``: this process answers. ``/readyz``: the office may be given work; 503 if not, with which of its
needs is not well and how long things have waited. Neither names a person, and both are cheap.
"""

from flask import Blueprint, Response, abort, json

from lre_web.frame.sides import is_senders_host
from lre_web.mounting import mounted


def add_pages(blueprint: Blueprint) -> None:
    """Add the pings and the theme to a blueprint."""
    blueprint.add_url_rule("/healthz", "healthz", _alive)
    blueprint.add_url_rule("/readyz", "readyz", _ready)
    blueprint.add_url_rule("/theme.css", "theme", _theme)


def _alive() -> Response:
    return _answer({"status": "alive"}, 200)


def _ready() -> Response:
    found = mounted().office.health.readiness()
    checks = {
        check.name: {
            "well": check.is_well,
            **({"found": check.found} if check.found else {}),
            **({"oldest_waits_s": round(check.age_s, 1)} if check.age_s is not None else {}),
        }
        for check in found.checks
    }
    status = "ready" if found.is_ready else "not ready"
    return _answer({"status": status, "checks": checks}, 200 if found.is_ready else 503)


def _answer(told: dict[str, object], status: int) -> Response:
    return Response(json.dumps(told), status=status, mimetype="application/json")


def _theme() -> Response:
    sheet = mounted().theme
    if not sheet or not is_senders_host():
        abort(404)
    return Response(sheet, mimetype="text/css", headers={"Cache-Control": "public, max-age=3600"})
