"""Asking La Poste's “Suivi” v2, or what has its shape, for news of an item.

``GET <url>/idships/<number>?lang=fr_FR`` with header ``X-Okapi-Key``. An answer may be a 404 with a body.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from lre_kit.clock import PARIS
from lre_kit.postroom.errors import TrackingError
from lre_kit.postroom.values import CarrierNews
from lre_kit.proofs.publication.http_peer import HttpPeer, PeerUnavailableError

ANSWER_MAX_BYTES = 256 * 1024
"""Longest answer read."""

SOURCE = "suivi"
"""Table its codes are read by."""


class SuiviTracker:
    """Asks one address."""

    def __init__(self, url: str, *, key: str, timeout_s: float) -> None:
        """Ask below `url` with an API key; an answer may take `timeout_s` seconds."""
        self._url = url
        self._key = key
        self._timeout_s = timeout_s

    def news(self, item_number: str) -> Sequence[CarrierNews]:
        """Return what the carrier says of an item; see `Tracker.news`."""
        path = f"idships/{quote(item_number, safe='')}?lang=fr_FR"
        headers = {"X-Okapi-Key": self._key, "Accept": "application/json"}
        try:
            with HttpPeer(self._url, timeout_s=self._timeout_s) as peer:
                answer = peer.ask("GET", path, limit=ANSWER_MAX_BYTES, headers=headers)
        except PeerUnavailableError as error:
            raise _failed("does not answer") from error
        if answer.status == 404:
            return ()
        if answer.status != 200 or len(answer.body) > ANSWER_MAX_BYTES:
            raise _failed(f"answers {answer.status}")
        try:
            return _read(json.loads(answer.body), item_number)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise _failed("answers in another form than agreed") from error


def _read(told: dict[str, Any], item_number: str) -> Sequence[CarrierNews]:
    shipment = told.get("shipment") or {}
    if shipment and shipment["idShip"] != item_number:
        raise ValueError(item_number)
    found = [
        CarrierNews(
            source=SOURCE,
            raw_code=str(event["code"]),
            label=str(event.get("label", "")),
            happened_at=_instant(event.get("date")),
        )
        for event in shipment.get("event") or ()
    ]
    return tuple(reversed(found))


def _instant(text: str | None) -> datetime | None:
    if not text:
        return None
    at = datetime.fromisoformat(text)
    return at if at.tzinfo is not None else at.replace(tzinfo=PARIS)


def _failed(why: str) -> TrackingError:
    return TrackingError(f"The carrier's tracking {why}.", mend="Check LRE_POST_TRACKING_URL and its key.")
