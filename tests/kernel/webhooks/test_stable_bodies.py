"""Bodies of webhooks stay what they were under one version: receivers outlive releases of the office."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from lre_kit.law.events import ErdsEvent
from lre_kit.webhooks.events import API_VERSION, TEST, TYPES, Told, body_of_test, letter_body

FOLDER = Path(__file__).resolve().parents[2] / "vectors" / "webhooks"
STORED = [
    (path.stem, body)
    for path in sorted(FOLDER.glob("*.json"))
    for body in json.loads(path.read_text(encoding="utf-8"))["bodies"]
]
IDS = [f"{version}-{body['type']}" for version, body in STORED]


def made_again(stored: dict[str, Any]) -> bytes:
    """Make the body anew from what an older one says."""
    at, data = datetime.fromisoformat(stored["timestamp"]), stored["data"]
    if stored["type"] == TEST:
        return body_of_test(data["endpoint"], at)
    told = Told(
        type=stored["type"],
        at=at,
        number=data["letter"],
        sequence=data["sequence"],
        event=ErdsEvent(data["event"]),
        reasons=data["reasons"],
        phase=data["phase"],
        product=data["product"],
        reference=data["reference"],
    )
    return letter_body(told, is_replay=stored.get("replay", False))


@pytest.mark.parametrize(("version", "stored"), STORED, ids=IDS)
def test_an_old_body_made_anew_says_the_same(version: str, stored: dict[str, Any]) -> None:
    """F12.06: a replay by a newer release is what the older one sent; what is new may be added to it."""
    fresh = json.loads(made_again(stored))
    if version == API_VERSION:
        assert fresh == stored
    else:
        assert stored["data"].items() <= fresh["data"].items(), "a receiver finds all that it knew"


@pytest.mark.parametrize(("version", "stored"), STORED, ids=IDS)
def test_what_was_told_once_is_told_still(version: str, stored: dict[str, Any]) -> None:
    """F12.06: no type and no event of an older release is gone."""
    assert stored["type"] in {*TYPES, TEST}
    assert stored["api_version"] == version


def test_the_present_version_has_bodies_here() -> None:
    """F12.06: whoever changes the version adds its bodies, and leaves the older ones."""
    assert API_VERSION in {version for version, _ in STORED}
