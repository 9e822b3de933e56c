# ruff: noqa: E501 - sentences for people read better whole
"""Mail of requests: the acknowledgement, answers, and replies that come back.

A reply belongs to a request if it refers to a Message-ID that the office gave (RFC 5322 §3.6.4), or if its
subject holds the reference and it comes from the address that asked. Automatic replies are let go.
How a reply is read is in `lre_kit.support.replies`.
"""

from collections.abc import Mapping
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8

from sqlalchemy import update

from lre_kit.carriers.headers import mailbox
from lre_kit.carriers.mail import Courier, MailOutcome
from lre_kit.carriers.notices import MailIdentity
from lre_kit.carriers.plain_message import plain_message
from lre_kit.clock import Clock
from lre_kit.errors import MailUnavailableError
from lre_kit.identifiers.links import Links
from lre_kit.store.agenda import Duty, fulfil
from lre_kit.store.database import Database
from lre_kit.support.desk import SupportDesk, mail_digest
from lre_kit.support.keeping import MESSAGE, Keeping
from lre_kit.support.replies import read_reply
from lre_kit.support.values import Direction, Request

WORDS: Mapping[str, Mapping[str, str]] = {
    "fr": {
        "subject": "Votre demande [{reference}]",
        "hello": "Bonjour {name},",
        "received": "Nous avons bien reçu votre demande. Sa référence est {reference} : gardez-la, elle suffit pour en reparler avec nous.",
        "not_you": "Si vous n'avez rien demandé, ignorez ce message : sans réponse de votre part, il ne se passe rien.",
        "reply": "Pour ajouter quelque chose, répondez à ce message sans en changer l'objet.",
        "no_reply": "Pour ajouter quelque chose, faites une nouvelle demande sur {page} en rappelant cette référence.",
        "never": "Nous ne vous demanderons jamais de code ni de mot de passe.",
    },
    "en": {
        "subject": "Your request [{reference}]",
        "hello": "Hello {name},",
        "received": "We have received your request. Its reference is {reference}: keep it, it is all you need to speak of it with us again.",
        "not_you": "If you asked for nothing, ignore this message: without a reply from you nothing happens.",
        "reply": "To add something, reply to this message and leave its subject as it is.",
        "no_reply": "To add something, make a new request at {page} and give this reference.",
        "never": "We will never ask you for a code or a password.",
    },
}
"""Words by language."""


OPERATORS: Mapping[str, str] = {
    "subject": "Demande / request {reference}: {kind}, {side}",
    "text": "A request waits for an operator: {reference} ({kind}, from a {side}, in “{language}”, {count} message(s)). Who asks, and what, stands in the office alone.",
    "how": "To read and answer it: the console's list of requests, or: lre requests show {reference}\n\nUne demande attend un opérateur : {reference}. Qui demande, et quoi, ne se lit que dans l'office : liste des demandes de la console, ou lre requests show {reference}.",
}
"""What operators are told; they read both languages of the office."""


class SupportMail:
    """Sends what the desk plans; whoever dies in between sends it again under the same Message-ID."""

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock,
        desk: SupportDesk,
        keeping: Keeping,
        courier: Courier,
        links: Links,
        identity: MailIdentity,
        reply_to: str | None,
        notify: str | None = None,
    ) -> None:
        """Send with `courier`; replies go to `reply_to`, and operators are told at `notify`, if there are any."""
        self._notify = notify
        self._database = database
        self._clock = clock
        self._desk = desk
        self._keeping = keeping
        self._courier = courier
        self._links = links
        self._identity = identity
        self._reply_to = reply_to

    def run(self, duty: Duty) -> None:
        """Send an answer, or the acknowledgement where the duty names no message.

        Raises:
            MailUnavailableError: It could not be handed over now; it is tried again.
        """
        message_id = str(duty.payload.get("message", ""))
        with self._database.read() as connection:
            request = self._keeping.request(connection, duty.subject)
        message = self._message(request, message_id) if request is not None else None
        if message is not None and self._courier.send(message).outcome is MailOutcome.UNKNOWN:
            msg = "It is not known whether an answer reached the mail server."
            raise MailUnavailableError(msg, mend="It is tried again, under the same Message-ID.")
        with self._database.write() as uow:
            fulfil(uow, duty)
            if message_id:
                uow.defer(update(MESSAGE).where(MESSAGE.c.id == message_id).values(sent_at=self._clock()))
            uow.commit()

    def tell_operators(self, duty: Duty) -> None:
        """Tell operators that a request, or a reply, came in; nothing of who asks or what leaves the office.

        Raises:
            MailUnavailableError: It could not be handed over now; it is tried again.
        """
        with self._database.read() as connection:
            request = self._keeping.request(connection, duty.subject)
        if request is not None and self._notify is not None:
            info = request.info
            facts = {
                "reference": info.reference, "kind": info.kind.value, "side": info.side.value,
                "language": info.language, "count": info.messages,
            }  # fmt: skip
            message = plain_message(
                identity=self._identity,
                name="",
                email=self._notify,
                subject=OPERATORS["subject"].format(**facts),
                paragraphs=[OPERATORS["text"].format(**facts), OPERATORS["how"].format(**facts)],
                message_id=self._links.message_id("support-tell", str(duty.payload["message"]), 1),
                language="en",
            )
            if self._courier.send(message).outcome is MailOutcome.UNKNOWN:
                msg = "It is not known whether operators were told of a request."
                raise MailUnavailableError(msg, mend="It is tried again, under the same Message-ID.")
        with self._database.write() as uow:
            fulfil(uow, duty)
            uow.commit()

    def take(self, raw: bytes) -> bool:
        """Take a mail in if it answers a request; tell whether it was one, new or known.

        Args:
            raw: The message, as it arrived. It is read with a bound; attachments are left out.
        """
        reply = read_reply(raw)
        request_id = self._desk.of_mail(list(reply.mail_ids), typed=reply.subject, email=reply.email)
        if request_id is None:
            return False
        if not reply.is_automatic:
            self._desk.take_reply(request_id, reply.text, digest=mail_digest(raw))
        return True

    def _message(self, request: Request, message_id: str) -> EmailMessage | None:
        info, asking = request.info, request.asking
        words = WORDS["fr" if info.language == "fr" else "en"]
        acknowledged = self._links.message_id("support-ack", info.id, 1)
        message = EmailMessage(policy=SMTP if asking.email.isascii() else SMTPUTF8)
        subject = words["subject"].format(reference=info.reference)
        page = f"{self._links.base_url}/contact"
        how = words["reply"] if self._reply_to else words["no_reply"].format(page=page)
        if message_id:
            said = [each for each in request.said if each.id == message_id]
            if not said or said[0].direction is not Direction.OUT or said[0].sent_at is not None:
                return None
            message["Subject"], text = f"Re: {subject}", [said[0].text, how]
            message["Message-ID"] = self._links.message_id("support", message_id, 1)
            message["In-Reply-To"] = message["References"] = acknowledged
        else:
            text = [
                words["hello"].format(name=asking.name),
                words["received"].format(reference=info.reference),
                how,
                words["never"],
                words["not_you"],
            ]
            message["Subject"], message["Message-ID"] = subject, acknowledged
            message["Auto-Submitted"] = "auto-replied"
        message["From"] = mailbox(self._identity.provider_name, self._identity.mail_from)
        message["To"] = mailbox(asking.name, asking.email)
        if self._reply_to:
            message["Reply-To"] = self._reply_to
        said_whole = "\n\n".join([*text, self._identity.provider_name])
        message.set_content(f"{said_whole}\n", cte="quoted-printable")
        # Setting the content takes every header that describes an earlier one away, so this comes after.
        message["Content-Language"] = info.language
        return message
