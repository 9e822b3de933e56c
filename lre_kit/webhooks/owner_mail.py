# ruff: noqa: E501 - sentences for people read better whole
"""The message that tells an owner that their endpoint was disabled, and the duty that sends it."""

from collections.abc import Mapping
from datetime import datetime
from email.message import EmailMessage
from urllib.parse import urlsplit

from lre_kit.carriers.mail import Courier, MailOutcome
from lre_kit.carriers.notices import MailIdentity, legal_time_text
from lre_kit.carriers.plain_message import plain_message
from lre_kit.errors import MailUnavailableError, NotFoundError
from lre_kit.identifiers.links import Links
from lre_kit.store.agenda import Duty, fulfil
from lre_kit.store.database import Database
from lre_kit.webhooks.reading import WebhookReading
from lre_kit.webhooks.values import DisabledWhy, Endpoint

WORDS: Mapping[str, Mapping[str, str]] = {
    "fr": {
        "subject": "Vos notifications vers {host} sont suspendues",
        "failing": "Le {when}, l'office a cessé d'envoyer les événements de vos lettres à {host} ({id}) : toutes les tentatives ont échoué pendant plus de trois jours.",
        "gone": "Le {when}, l'office a cessé d'envoyer les événements de vos lettres à {host} ({id}) : ce serveur répond qu'il n'existe plus (410).",
        "mend": "Vos lettres ne sont pas touchées. Quand ce serveur répond de nouveau, réactivez-le depuis la page ci-dessous, puis rejouez la période manquée.",
    },
    "en": {
        "subject": "Your webhooks to {host} are suspended",
        "failing": "On {when}, the office stopped sending the events of your letters to {host} ({id}): every try failed for more than three days.",
        "gone": "On {when}, the office stopped sending the events of your letters to {host} ({id}): this endpoint answers that it is gone (410).",
        "mend": "Your letters are not touched. Once the endpoint answers again, enable it from the page below, then replay what it missed.",
    },
}
"""Words by language."""


class OwnerMail:
    """Writes to owners; the same disabling always has the same Message-ID."""

    def __init__(
        self,
        database: Database,
        *,
        reading: WebhookReading,
        courier: Courier,
        links: Links,
        identity: MailIdentity,
    ) -> None:
        """Send with `courier`."""
        self._database = database
        self._reading = reading
        self._courier = courier
        self._links = links
        self._identity = identity

    def run(self, duty: Duty) -> None:
        """Tell the owner; should the process die in between, the same message is sent again.

        Raises:
            MailUnavailableError: It could not be handed over now; it is tried again.
        """
        try:
            endpoint = self._reading.endpoint(duty.subject)
        except NotFoundError:
            # Its owner removed it meanwhile.
            self._done(duty)
            return
        at = datetime.fromisoformat(str(duty.payload["at"]))
        message = self._message(endpoint, DisabledWhy(duty.payload["why"]), at)
        if self._courier.send(message).outcome is MailOutcome.UNKNOWN:
            msg = "It is not known whether the owner of an endpoint was told that it is disabled."
            raise MailUnavailableError(msg, mend="It is tried again, under the same Message-ID.")
        self._done(duty)

    def _done(self, duty: Duty) -> None:
        with self._database.write() as uow:
            fulfil(uow, duty)
            uow.commit()

    def _message(self, endpoint: Endpoint, why: DisabledWhy, at: datetime) -> EmailMessage:
        owner = endpoint.owner
        language = "fr" if owner.language == "fr" else "en"
        words = WORDS[language]
        # Only the host: the rest of an address may hold a secret of its owner's.
        told = {
            "host": urlsplit(endpoint.url).hostname,
            "id": endpoint.id,
            "when": legal_time_text(at, language),
        }
        page = f"{self._links.sender_url}/webhooks/{endpoint.id}"
        return plain_message(
            identity=self._identity,
            name=owner.name,
            email=owner.email,
            subject=words["subject"].format(**told),
            paragraphs=[words[why.value].format(**told), words["mend"], page],
            message_id=self._links.message_id("webhook", endpoint.id, int(at.timestamp())),
            language=language,
        )
