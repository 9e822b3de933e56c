"""The room of webhooks: its desk, its reading and its duties, wired from the office's parts."""

import time
from collections.abc import Callable, Mapping
from datetime import timedelta

from lre_kit.carriers.mail import Courier
from lre_kit.carriers.notices import MailIdentity
from lre_kit.clock import Clock
from lre_kit.identifiers.links import Links
from lre_kit.settings import Settings
from lre_kit.store.agenda import Agenda, Duty
from lre_kit.store.database import Database
from lre_kit.store.vault import Vault
from lre_kit.webhooks import upkeep
from lre_kit.webhooks.addresses import AddressGuard
from lre_kit.webhooks.delivering import Delivering
from lre_kit.webhooks.desk import WebhookDesk
from lre_kit.webhooks.ending import ERASE, TELL_OWNER, Erasing
from lre_kit.webhooks.feed import EventFeed
from lre_kit.webhooks.outbox import DELIVER, delivery_key
from lre_kit.webhooks.owner_mail import OwnerMail
from lre_kit.webhooks.reading import WebhookReading
from lre_kit.webhooks.secret_store import SecretStore
from lre_kit.webhooks.sending import TIMEOUT_S, WebhookPost
from lre_kit.webhooks.values import Delivery, DeliveryState


class Webhooks:
    """Tells endpoints what happens to letters.

    Attributes:
        desk: Endpoints added, tested, rotated, replayed, disabled.
        reading: Endpoints, and what was delivered to them.
        feed: What happened, for who asks instead of being told.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        database: Database,
        clock: Clock,
        vault: Vault,
        courier: Courier,
        links: Links,
        identity: MailIdentity,
    ) -> None:
        """Wire it.

        Raises:
            ConfigurationError: A setting of webhooks cannot work.
        """
        guard = AddressGuard(plain_http=settings.webhook_http == "on", listed=settings.webhook_private_hosts)
        secrets = SecretStore(database, vault, clock=clock)
        self.rewrap = secrets.rewrap
        self._agenda = Agenda(database, clock)
        self.feed = EventFeed(database)
        self.reading = WebhookReading(database, secrets)
        self.desk = WebhookDesk(database, clock=clock, guard=guard, secrets=secrets, reading=self.reading)
        post = WebhookPost(guard, ca_file=settings.webhook_ca_file)
        self._delivering = Delivering(database, clock=clock, secrets=secrets, post=post)
        self._mail = OwnerMail(
            database, reading=self.reading, courier=courier, links=links, identity=identity
        )
        self._erasing = Erasing(database)
        self._upkeep = upkeep.WebhookUpkeep(
            database, clock=clock, keep=timedelta(days=settings.webhook_log_days)
        )

    def test_now(self, endpoint_id: str) -> Delivery:
        """Test an endpoint and wait for what comes of it; errors as for `WebhookDesk.test`."""
        delivery_id = self.desk.test(endpoint_id)
        duty = self._agenda.take(delivery_key(delivery_id), lease=timedelta(seconds=4 * TIMEOUT_S))
        if duty is not None:
            self._delivering.run(duty)
        # A worker may have been quicker: it writes down what came of it, too.
        deadline = time.monotonic() + 2 * TIMEOUT_S
        made = self.reading.delivery(delivery_id)
        while made.state is DeliveryState.PENDING and time.monotonic() < deadline:
            time.sleep(0.1)
            made = self.reading.delivery(delivery_id)
        return made

    @property
    def actions(self) -> Mapping[str, Callable[[Duty], None]]:
        """The duties by action, for the office's runner."""
        return {
            DELIVER: self._delivering.run,
            TELL_OWNER: self._mail.run,
            ERASE: self._erasing.run,
            upkeep.ACTION: self._upkeep.run,
        }
