# ruff: noqa: E501, ISC004 - sentences for people read better whole
"""The words of the notice and of the one-time code, as e-mail: text and HTML, French and English.

A notice says that a letter waits, that it may be accepted or refused, until when, and which
provider carries it (CPCE R. 53-3). It never says who sent it: these functions are given the sender
only where the rules show it before acceptance, as a co-ownership's do.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from html import escape

from lre_kit.carriers.headers import header_text, mailbox
from lre_kit.clock import PARIS
from lre_kit.law.products import Product, claim_notice, product_name
from lre_kit.letters.values import NoticeView

_MONTHS = {
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split(),
    "en": "January February March April May June July August September October November December".split(),
}
_DAYS = {
    "fr": "lundi mardi mercredi jeudi vendredi samedi dimanche".split(),
    "en": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split(),
}


def legal_time_text(instant: datetime, language: str, *, seconds: bool = False) -> str:
    """Return an instant in words in legal time (Europe/Paris), with its zone.

    Example:
        >>> from datetime import datetime, UTC
        >>> legal_time_text(datetime(2026, 1, 27, 23, 0, tzinfo=UTC), "en")
        'Wednesday 28 January 2026 at 00:00 (Paris time, UTC+01:00)'
    """
    local = instant.astimezone(PARIS)
    offset = local.strftime("%z")
    zone = f"UTC{offset[:3]}:{offset[3:]}"
    day = f"{_DAYS[language][local.weekday()]} {local.day} {_MONTHS[language][local.month - 1]} {local.year}"
    clock = f"{local:%H:%M:%S}" if seconds else f"{local:%H:%M}"
    if language == "fr":
        return f"{day} à {clock} (heure de Paris, {zone})"
    return f"{day} at {clock} (Paris time, {zone})"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailIdentity:
    """Who writes: the provider, under its neutral address."""

    provider_name: str
    mail_from: str


@dataclass(frozen=True, slots=True)
class MailWords:
    """The words of one message, in the order in which they are read."""

    subject: str
    greeting: str
    paragraphs: tuple[str, ...]
    button: str | None
    closing: tuple[str, ...]


def notice_message(
    view: NoticeView,
    *,
    identity: MailIdentity,
    url: str,
    closes_at: datetime | None,
    message_id: str,
    reminder: bool = False,
) -> EmailMessage:
    """Return the notice of a waiting letter, or a reminder of it.

    Args:
        view: What may be said before acceptance.
        identity: The provider.
        url: The recipient's link.
        closes_at: Exclusive end of the window if the notice leaves now; none for a product without one.
        message_id: Stable id: sending twice sends the same message.
        reminder: Whether it was told before; the window stays as it is.
    """
    words = _notice_words(view, identity.provider_name, closes_at)
    if reminder:
        words = _as_reminder(words, view.language)
    return mail_to(view, identity, words, url=url, code=None, message_id=message_id)


def _as_reminder(words: MailWords, language: str) -> MailWords:
    french = language == "fr"
    said = (
        "Ceci est un rappel : vous en avez déjà été averti, et le délai ne change pas."
        if french
        else "This is a reminder: you were told before, and the time you have does not change."
    )
    subject = f"Rappel : {words.subject}" if french else f"Reminder: {words.subject}"
    return replace(words, subject=subject, paragraphs=(said, *words.paragraphs))


def code_message(
    view: NoticeView, *, identity: MailIdentity, code: str, minutes: int, message_id: str
) -> EmailMessage:
    """Return the message that carries a one-time code valid for `minutes`."""
    if view.language == "fr":
        words = MailWords(
            f"Votre code à usage unique pour l'envoi {view.number}",
            f"Bonjour {view.recipient_name},",
            (
                f"Voici le code demandé pour l'envoi {view.number}. Il sert une seule fois, pendant {minutes} minutes :",
            ),
            None,
            (
                "Ne le communiquez à personne : nous ne vous le demanderons jamais par téléphone.",
                "Si vous n'avez rien demandé, ignorez ce message : sans ce code, rien ne peut être décidé.",
            ),
        )
    else:
        words = MailWords(
            f"Your one-time code for sending {view.number}",
            f"Hello {view.recipient_name},",
            (
                f"Here is the code you asked for, for sending {view.number}. It works once, within {minutes} minutes:",
            ),
            None,
            (
                "Give it to nobody: we will never ask you for it on the telephone.",
                "If you did not ask for it, ignore this message: without this code nothing can be decided.",
            ),
        )
    return mail_to(view, identity, words, url=None, code=code, message_id=message_id)


def _notice_words(view: NoticeView, provider: str, closes_at: datetime | None) -> MailWords:
    product = product_name(view.product, view.claim, view.language)
    if view.product is Product.OPTIMAL:
        return _choice_words(view, provider, closes_at)
    if view.language == "fr":
        until = f" jusqu'au {legal_time_text(closes_at, 'fr')} exclu" if closes_at else ""
        return MailWords(
            f"Un envoi vous attend : {view.number}",
            f"Bonjour {view.recipient_name},",
            (
                f"Un envoi de type « {product} » vous est adressé sous le numéro {view.number}.",
                f"Vous pouvez l'accepter ou le refuser{until}. Sans réponse de votre part, il sera réputé non réclamé.",
                f"Il vous est envoyé par {view.sender_name}."
                if view.sender_name
                else "L'identité de l'expéditeur vous sera révélée si vous acceptez.",
            ),
            "Voir l'envoi",
            (
                "Ouvrir cette page ne vous engage à rien : rien n'est décidé tant que vous n'avez pas "
                "confirmé votre choix avec un code reçu par courriel.",
                f"Cet envoi est acheminé par {provider}.",
                claim_notice(view.claim, "fr"),
            ),
        )
    until = f" until {legal_time_text(closes_at, 'en')}, exclusive" if closes_at else ""
    return MailWords(
        f"A letter is waiting for you: {view.number}",
        f"Hello {view.recipient_name},",
        (
            f"A sending of the kind “{product}” is addressed to you under number {view.number}.",
            f"You may accept or refuse it{until}. Without an answer from you it will be recorded as not claimed.",
            f"It is sent by {view.sender_name}."
            if view.sender_name
            else "You will learn who sent it if you accept.",
        ),
        "See the letter",
        (
            "Opening that page commits you to nothing: nothing is decided until you have confirmed "
            "your choice with a code received by e-mail.",
            f"This sending is carried by {provider}.",
            claim_notice(view.claim, "en"),
        ),
    )


def _choice_words(view: NoticeView, provider: str, closes_at: datetime | None) -> MailWords:
    """Return the words for a letter whose recipient may choose between electronic and paper."""
    if view.language == "fr":
        until = f" jusqu'au {legal_time_text(closes_at, 'fr')} exclu" if closes_at else ""
        return MailWords(
            f"Un envoi vous attend : {view.number}",
            f"Bonjour {view.recipient_name},",
            (
                f"Un envoi vous est adressé sous le numéro {view.number}.",
                f"Vous pouvez choisir{until} de le recevoir ici, par voie électronique, ou sur papier. "
                "Sans réponse de votre part, il sera imprimé et vous arrivera par la poste.",
            ),
            "Choisir",
            (
                "Ouvrir cette page ne vous engage à rien.",
                f"Cet envoi est acheminé par {provider}.",
                claim_notice(view.claim, "fr"),
            ),
        )
    until = f" until {legal_time_text(closes_at, 'en')}, exclusive," if closes_at else ""
    return MailWords(
        f"A letter is waiting for you: {view.number}",
        f"Hello {view.recipient_name},",
        (
            f"A sending is addressed to you under number {view.number}.",
            f"You may choose{until} to receive it here, electronically, or on paper. "
            "Without an answer from you it will be printed and come by post.",
        ),
        "Choose",
        (
            "Opening that page commits you to nothing.",
            f"This sending is carried by {provider}.",
            claim_notice(view.claim, "en"),
        ),
    )


def mail_to(
    view: NoticeView,
    identity: MailIdentity,
    words: MailWords,
    *,
    url: str | None,
    code: str | None,
    message_id: str,
) -> EmailMessage:
    """Return a message to the recipient of a letter, as text and as HTML.

    Args:
        view: Who gets it, and in which language.
        identity: The provider.
        words: What it says.
        url: Where its button leads, if it has one.
        code: A code to show, if it carries one.
        message_id: Stable id: sending twice sends the same message.
    """
    # Only an address beyond ASCII needs SMTPUTF8 (RFC 6531); names are encoded words either way.
    message = EmailMessage(policy=SMTP if view.recipient_email.isascii() else SMTPUTF8)
    message["Subject"] = header_text(words.subject)
    message["From"] = mailbox(identity.provider_name, identity.mail_from)
    message["To"] = mailbox(view.recipient_name, view.recipient_email)
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"
    # Quoted-printable keeps lines short whatever the script, and never needs 8-bit transport.
    message.set_content(_plain(words, url=url, code=code), cte="quoted-printable")
    message.add_alternative(
        _html(words, url=url, code=code, language=view.language), subtype="html", cte="quoted-printable"
    )
    # Setting the content takes every header that describes an earlier one away, so this comes after.
    message["Content-Language"] = view.language
    return message


def _plain(words: MailWords, *, url: str | None, code: str | None) -> str:
    middle = [part for part in (f"{words.button}:\n{url}" if url else None, code) if part]
    return "\n\n".join((words.greeting, *words.paragraphs, *middle, *words.closing)) + "\n"


def _html(words: MailWords, *, url: str | None, code: str | None, language: str) -> str:
    style = "margin:0 0 16px;font:16px/1.5 system-ui,sans-serif;color:#1b2733"
    parts = [f'<p style="{style}">{escape(text)}</p>' for text in (words.greeting, *words.paragraphs)]
    if url and words.button:
        button = (
            "display:inline-block;padding:12px 20px;border-radius:6px;background:#14456b;color:#ffffff;"
            "font:600 16px/1.2 system-ui,sans-serif;text-decoration:none"
        )
        parts.append(
            f'<p style="{style}"><a style="{button}" href="{escape(url)}">{escape(words.button)}</a></p>'
        )
        parts.append(f'<p style="{style};font-size:13px;word-break:break-all">{escape(url)}</p>')
    if code:
        parts.append(
            f'<p style="{style};font:700 28px/1.3 ui-monospace,monospace;letter-spacing:2px">{escape(code)}</p>'
        )
    parts += [f'<p style="{style};font-size:14px;color:#4a5866">{escape(text)}</p>' for text in words.closing]
    body = "\n".join(parts)
    return (
        f'<!doctype html>\n<html lang="{language}"><head><meta charset="utf-8">'
        f"<title>{escape(words.subject)}</title></head>\n"
        '<body style="margin:0;padding:24px;background:#f4f6f8">'
        '<div style="max-width:560px;margin:0 auto;padding:24px;background:#ffffff;border-radius:8px">\n'
        f"{body}\n</div></body></html>\n"
    )
