"""An office whose webhooks may reach the receivers of the tests."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from lre_kit.office import PostOffice
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.office import SENDER, throwaway_office
from lre_kit.testing.webhooks import WebhookReceiver, webhook_receiver
from lre_kit.webhooks.values import Delivery, Endpoint, EndpointWish, NewSecret, Owner

OWNER = Owner(ref=SENDER.ref, name=SENDER.name, email=SENDER.email)


@dataclass
class Hooks:
    """An office, its clock, and one receiver."""

    office: PostOffice
    clock: MovedClock
    receiver: WebhookReceiver

    def add(self, url: str = "", *, owner: Owner = OWNER, types: tuple[str, ...] = ()) -> NewSecret:
        return self.office.webhooks.desk.add(owner, EndpointWish(url=url or self.receiver.url, types=types))

    def deliveries(self, endpoint: Endpoint) -> list[Delivery]:
        """Oldest first."""
        return self.office.webhooks.reading.deliveries(endpoint.id, limit=500)[::-1]

    def endpoint(self, endpoint: Endpoint) -> Endpoint:
        return self.office.webhooks.reading.endpoint(endpoint.id)


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    with webhook_receiver() as held:
        yield held


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def hooks(tmp_path: Path, clock: MovedClock, receiver: WebhookReceiver) -> Iterator[Hooks]:
    with throwaway_office(
        tmp_path / "office", clock=clock, webhook_http="on", webhook_private_hosts="127.0.0.1"
    ) as office:
        yield Hooks(office, clock, receiver)
