"""Calls about what happens: the feed of events, and webhooks."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, cast

from lre_kit.client import shapes
from lre_kit.client.asking import place
from lre_kit.client.base import Calls, plain, read


class HookCalls(Calls):
    """Events asked for, and endpoints that are told of them."""

    def events(
        self, cursor: str | None = None, *, letter: str | None = None, limit: int = 100
    ) -> shapes.EventPage:
        """Return what happened after `cursor`, the oldest first; keep its ``next`` for the next time."""
        query = {"cursor": cursor, "letter": letter, "limit": limit}
        return cast("shapes.EventPage", self._get("/events", query))

    def add_webhook(
        self, url: str, *, types: Iterable[str] = (), description: str = "", language: str = "fr"
    ) -> shapes.EndpointTold:
        """Add an endpoint; its ``secret`` stands in this answer only."""
        told = {"url": url, "types": list(types), "description": description, "language": language}
        return cast("shapes.EndpointTold", self._post("/webhooks", told=told))

    def webhooks(self) -> list[shapes.EndpointTold]:
        """Return your endpoints, the oldest first."""
        return cast("shapes.EndpointList", self._get("/webhooks"))["items"]

    def webhook(self, endpoint_id: str) -> shapes.EndpointTold:
        """Return an endpoint as it stands."""
        return cast("shapes.EndpointTold", self._get(place("webhooks", endpoint_id)))

    def change_webhook(
        self, endpoint_id: str, *, types: Iterable[str] | None = None, description: str | None = None
    ) -> shapes.EndpointTold:
        """Give an endpoint another description, or other types of events from now on."""
        told = {"types": list(types) if types is not None else None, "description": description}
        answered = self._asker.ask("PATCH", place("webhooks", endpoint_id), told=told)
        return cast("shapes.EndpointTold", read(answered))

    def remove_webhook(self, endpoint_id: str) -> None:
        """Remove an endpoint for ever, with its secrets and its log."""
        self._asker.ask("DELETE", place("webhooks", endpoint_id))

    def rotate_webhook_secret(self, endpoint_id: str) -> shapes.EndpointTold:
        """Make a fresh secret, which stands in this answer only; the one before signs on for a day."""
        return cast("shapes.EndpointTold", self._post(place("webhooks", endpoint_id, "rotate")))

    def disable_webhook(self, endpoint_id: str) -> shapes.EndpointTold:
        """Tell an endpoint nothing more; what waits is cancelled."""
        return cast("shapes.EndpointTold", self._post(place("webhooks", endpoint_id, "disable")))

    def enable_webhook(self, endpoint_id: str) -> shapes.EndpointTold:
        """Tell a disabled endpoint of events again, from now on."""
        return cast("shapes.EndpointTold", self._post(place("webhooks", endpoint_id, "enable")))

    def test_webhook(self, endpoint_id: str) -> shapes.DeliveryTold:
        """Send a test event; `delivery` says what came of it."""
        return cast("shapes.DeliveryTold", self._post(place("webhooks", endpoint_id, "test")))

    def replay_webhook(
        self, endpoint_id: str, since: datetime, until: datetime | None = None, *, only_missed: bool = False
    ) -> int:
        """Tell an endpoint again what happened in a span of time; return how many events."""
        told = plain({"since": since, "until": until, "only_missed": only_missed})
        path = place("webhooks", endpoint_id, "replay")
        return cast("shapes.ReplayTold", self._post(path, told=told))["events"]

    def deliveries(self, endpoint_id: str, **which: Any) -> Iterator[shapes.DeliveryTold]:
        """Yield what was told an endpoint, the newest first; `which`: state, limit (of a page)."""
        found = self._pages(place("webhooks", endpoint_id, "deliveries"), which)
        return cast("Iterator[shapes.DeliveryTold]", found)

    def delivery(self, endpoint_id: str, delivery_id: str) -> shapes.DeliveryTold:
        """Return one delivery with its tries."""
        path = place("webhooks", endpoint_id, "deliveries", delivery_id)
        return cast("shapes.DeliveryTold", self._get(path))
