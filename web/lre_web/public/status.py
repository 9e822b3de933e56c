"""The public page of the status, made from the same facts as its twin for programs."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, jsonify, render_template
from werkzeug.wrappers import Response as BaseResponse

from lre_kit.status.touching import Explained, explained
from lre_kit.status.values import Service
from lre_web.mounting import mounted
from lre_web.texts import language

FRESH_S = 30
"""Seconds for which a program may keep the twin."""

Page = str | BaseResponse


def add_pages(blueprint: Blueprint) -> None:
    """Add the pages to a blueprint."""
    blueprint.add_url_rule("/status", "status", _status)
    blueprint.add_url_rule("/status.json", "status_json", _json)
    blueprint.context_processor(lambda: {"explained_dates": _explained})


def _explained(letter_id: str) -> Explained:
    office = mounted().office
    return explained(office, office.reading.by_id(letter_id))


def _status() -> Page:
    office = mounted().office
    told = office.status.published()
    return render_template(
        "lre/status.html",
        told=told,
        bars={each["service"]: runs(each["days"]) for each in told["services"]},
        down={each["service"]: sum(day["down_s"] for day in each["days"]) for each in told["services"]},
        names={service.value: service.words.in_language(language()) for service in Service},
        instant=datetime.fromisoformat,
        now=office.clock(),
    )


def _json() -> Response:
    response = jsonify(mounted().office.status.published())
    response.headers["Cache-Control"] = f"public, max-age={FRESH_S}"
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def runs(days: Sequence[Mapping[str, Any]]) -> list[tuple[int, int, str]]:
    """Return days of the same state in a row as (first, how many, state): a bar of few parts."""
    found: list[tuple[int, int, str]] = []
    for place, day in enumerate(days):
        state = day["worst"] or "unknown"
        if found and found[-1][2] == state:
            first, length, _ = found[-1]
            found[-1] = (first, length + 1, state)
        else:
            found.append((place, 1, state))
    return found
