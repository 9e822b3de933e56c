"""A message of plain paragraphs from the office to one person: the form that most of its mail has."""

from collections.abc import Sequence
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8

from lre_kit.carriers.headers import header_text, mailbox
from lre_kit.carriers.notices import MailIdentity


def plain_message(
    *,
    identity: MailIdentity,
    name: str,
    email: str,
    subject: str,
    paragraphs: Sequence[str],
    message_id: str,
    language: str,
) -> EmailMessage:
    """Return a message; the office's name closes it.

    Args:
        identity: Who writes.
        name: Name of whoever is written to, or nothing.
        email: Their address, of any script.
        subject: Its subject.
        paragraphs: What it says, and where to go on.
        message_id: What makes it one: the same for each try.
        language: Language of its words (BCP 47).
    """
    message = EmailMessage(policy=SMTP if email.isascii() else SMTPUTF8)
    message["Subject"] = header_text(subject)
    message["From"] = mailbox(identity.provider_name, identity.mail_from)
    message["To"] = mailbox(name, email)
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"
    text = "\n\n".join([*paragraphs, identity.provider_name])
    message.set_content(f"{text}\n", cte="quoted-printable")
    # Setting the content takes every header that describes an earlier one away, so this comes after.
    message["Content-Language"] = language
    return message
