# ruff: noqa: E501 - sentences for people read better whole
"""Requests for consent as messages: e-mail, or SMS where the office has a gateway.

The sender stands in them: this is a question of theirs, not the notice of a letter. The link names the
request by a signed number and holds no word about anybody.
"""

from collections.abc import Mapping
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from html import escape

from itsdangerous import BadData

from lre_kit.carriers.headers import header_text, mailbox
from lre_kit.carriers.mail import Courier, MailAnswer, MailOutcome
from lre_kit.carriers.notices import MailIdentity, legal_time_text
from lre_kit.carriers.sms import SmsSender
from lre_kit.consents.values import Channel, ConsentInfo
from lre_kit.errors import MailUnavailableError, NotFoundError
from lre_kit.identifiers.links import Links
from lre_kit.law.consents import RULES, ConsentPolicy

PURPOSE = "consent-link"
"""What these links are for: no other link of the office opens a request, and these open nothing else."""

_WORDS: Mapping[str, Mapping[str, str]] = {
    "fr": {
        "subject": "{sender} vous demande votre accord",
        "reminder": "Rappel : {sender} attend votre réponse",
        "hello": "Bonjour {name},",
        "lead": "{sender} souhaite vous envoyer des lettres recommandées par voie électronique et vous demande votre accord.",
        "lead_copro": "{sender} vous envoie les notifications de la copropriété par voie électronique, et vous demande si cela vous convient.",
        "button": "Lire et répondre",
        "until": "Vous pouvez répondre jusqu'au {when}. La page explique ce que cela change ; vous pouvez accepter, refuser ou attendre.",
        "silence": "Sans réponse de votre part, rien ne change : ce silence ne vaut pas accord.",
        "silence_copro": "Vous pouvez demander à tout moment, par tout moyen, à recevoir ces notifications par la poste.",
        "keep": "Gardez ce message : le même lien permet de retirer votre accord à tout moment.",
        "code_subject": "Votre code : {code}",
        "code": "Votre code pour répondre à la demande d'accord : {code}",
        "code_more": "Il sert une fois, pendant {minutes} minutes. Ne le donnez à personne.",
        "sms": "{sender} vous demande votre accord pour des recommandés électroniques. Répondre : {url}",
    },
    "en": {
        "subject": "{sender} asks for your consent",
        "reminder": "Reminder: {sender} waits for your answer",
        "hello": "Hello {name},",
        "lead": "{sender} would like to send you registered letters electronically, and asks for your consent.",
        "lead_copro": "{sender} sends you the notifications of your co-ownership electronically, and asks whether this suits you.",
        "button": "Read and answer",
        "until": "You can answer until {when}. The page says what this changes; you can agree, refuse or wait.",
        "silence": "If you do not answer, nothing changes: silence is no consent.",
        "silence_copro": "You can ask at any time, by any means, to receive these notifications by post.",
        "keep": "Keep this message: the same link lets you withdraw your consent at any time.",
        "code_subject": "Your code: {code}",
        "code": "Your code to answer the request for consent: {code}",
        "code_more": "It works once, for {minutes} minutes. Give it to nobody.",
        "sms": "{sender} asks for your consent to electronic registered letters. Answer: {url}",
    },
}  # fmt: skip

_P = "margin:0 0 16px;font:16px/1.5 system-ui,sans-serif;color:#1b2733"
_BUTTON = (
    "display:inline-block;padding:12px 20px;border-radius:6px;background:#14456b;color:#ffffff;"
    "font:600 16px/1.2 system-ui,sans-serif;text-decoration:none"
)


class ConsentLinks:
    """Makes and reads the links of requests."""

    def __init__(self, links: Links) -> None:
        """Sign with the office's own secret."""
        self._signer = links.signer(PURPOSE)
        self._links = links

    def token(self, consent_id: str, number: int) -> str:
        """Return the token of a request: the consent's id and which request it is, signed."""
        return str(self._signer.dumps([consent_id, number]))

    def url(self, info: ConsentInfo) -> str:
        """Return the address that a request carries."""
        return f"{self._links.base_url}/c/{self.token(info.id, info.round)}"

    def read(self, token: str) -> tuple[str, int]:
        """Return the consent and the number of the request that a token stands for.

        Raises:
            NotFoundError: The token was not made by this office for this purpose.
        """
        try:
            consent_id, number = self._signer.loads(token)
            return str(consent_id), int(number)
        except (BadData, ValueError, TypeError) as error:
            msg = "This link does not lead to a request."
            raise NotFoundError(msg, mend="Open the link exactly as it stands in the message.") from error


class RequestCourier:
    """Writes requests and codes, and hands them over."""

    def __init__(
        self,
        courier: Courier,
        *,
        links: Links,
        identity: MailIdentity,
        sms: SmsSender | None = None,
        minutes: int = 10,
    ) -> None:
        """Wire the carriers; `minutes` is a code's life as told to its reader."""
        self._courier = courier
        self._base = links
        self._links = ConsentLinks(links)
        self._identity = identity
        self._sms = sms
        self._minutes = minutes

    def send(self, info: ConsentInfo, *, day: int, policy: ConsentPolicy) -> MailAnswer:
        """Send a request, or a reminder of it some days later.

        Raises:
            MailUnavailableError: It could not be handed over now.
        """
        reference = self._base.message_id(f"consent-{info.round}", info.id, day + 1)
        words = _WORDS[info.language]
        if info.channel is Channel.SMS and info.phone and self._sms is not None:
            text = words["sms"].format(sender=info.sender_name, url=self._links.url(info))
            answer = self._sms.send(to=info.phone, text=text, reference=reference)
            return MailAnswer(MailOutcome(answer.outcome.value), text=answer.text)
        copro = "_copro" if RULES[info.regime].presumed else ""
        assert info.asked_at is not None
        until = legal_time_text(info.asked_at + timedelta(days=policy.request_days), info.language)
        subject = words["reminder" if day else "subject"].format(sender=info.sender_name)
        return self._courier.send(
            self._message(
                info,
                subject=subject,
                message_id=reference,
                lead=(words["lead" + copro].format(sender=info.sender_name),),
                button=(words["button"], self._links.url(info)),
                closing=(words["until"].format(when=until), words["silence" + copro], words["keep"]),
            )
        )

    def send_code(self, info: ConsentInfo, code: str, code_id: str) -> None:
        """Send a code to the recipient's mailbox, and to no other.

        Raises:
            MailUnavailableError: It could not be handed over.
        """
        words = _WORDS[info.language]
        message = self._message(
            info,
            subject=words["code_subject"].format(code=code),
            message_id=self._base.message_id("consent-code", code_id, 1),
            lead=(words["code"].format(code=code),),
            button=None,
            closing=(words["code_more"].format(minutes=self._minutes),),
        )
        if self._courier.send(message).outcome is not MailOutcome.ACCEPTED:
            msg = "The code could not be sent."
            raise MailUnavailableError(msg, mend="Ask for a new code in a few minutes.")

    def _message(
        self,
        info: ConsentInfo,
        *,
        subject: str,
        message_id: str,
        lead: tuple[str, ...],
        button: tuple[str, str] | None,
        closing: tuple[str, ...],
    ) -> EmailMessage:
        greeting = _WORDS[info.language]["hello"].format(name=info.recipient_name)
        message = EmailMessage(policy=SMTP if info.recipient_email.isascii() else SMTPUTF8)
        message["Subject"] = header_text(subject)
        message["From"] = mailbox(self._identity.provider_name, self._identity.mail_from)
        message["To"] = mailbox(info.recipient_name, info.recipient_email)
        message["Message-ID"] = message_id
        message["Auto-Submitted"] = "auto-generated"
        colon = " :" if info.language == "fr" else ":"
        linked = (f"{button[0]}{colon}\n{button[1]}",) if button else ()
        plain = "\n\n".join((greeting, *lead, *linked, *closing)) + "\n"
        message.set_content(plain, cte="quoted-printable")
        parts = [f'<p style="{_P}">{escape(text)}</p>' for text in (greeting, *lead)]
        if button:
            parts.append(
                f'<p style="{_P}"><a style="{_BUTTON}" href="{escape(button[1])}">{escape(button[0])}</a></p>'
            )
        parts += [f'<p style="{_P};font-size:14px;color:#4a5866">{escape(text)}</p>' for text in closing]
        body = "\n".join(parts)
        message.add_alternative(
            f'<!doctype html>\n<html lang="{info.language}"><head><meta charset="utf-8">'
            f"<title>{escape(subject)}</title></head>\n"
            '<body style="margin:0;padding:24px;background:#f4f6f8">'
            '<div style="max-width:560px;margin:0 auto;padding:24px;background:#ffffff;border-radius:8px">\n'
            f"{body}\n</div></body></html>\n",
            subtype="html",
            cte="quoted-printable",
        )
        message["Content-Language"] = info.language
        return message
