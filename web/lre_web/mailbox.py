"""The development mailbox: an SMTP server that catches everything, and a page that shows it.

For demonstrations and tests only: nothing leaves the machine.
"""

import re
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from types import TracebackType
from typing import Any, Self

from aiosmtpd.smtp import Envelope, Session
from flask import Flask, render_template
from markupsafe import Markup, escape

from lre_kit.testing.smtp import FreePortController
from lre_web.texts import language, texts

_LINK = re.compile(r"https?://\S+")


class _Catch:
    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        del server, session
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        message = message_from_bytes(content, policy=default)
        assert isinstance(message, EmailMessage)
        self.messages.append(message)
        return "250 OK"


class CatchingServer:
    """A real SMTP server on a free local port that keeps messages in memory."""

    def __init__(self) -> None:
        """Prepare; entering the context starts it."""
        self._catch = _Catch()
        self._controller = FreePortController(self._catch, hostname="127.0.0.1", port=0, enable_SMTPUTF8=True)

    @property
    def messages(self) -> list[EmailMessage]:
        """What arrived, oldest first."""
        return self._catch.messages

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._controller.port)

    def __enter__(self) -> Self:
        """Start listening."""
        self._controller.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening."""
        self._controller.stop()


def add_mailbox(app: Flask, mailbox: CatchingServer) -> None:
    """Add the mailbox page to an application."""

    @app.get("/mailbox")
    def mailbox_page() -> str:
        shown = [
            {"to": str(m["To"]), "subject": str(m["Subject"]), "body": _linked(_plain(m))}
            for m in reversed(mailbox.messages)
        ]
        return render_template(
            "lre/mailbox.html", messages=shown, t=texts(), lang=language(), provider="LRE Kit"
        )


def _plain(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    return str(body.get_content()) if body else ""


def _linked(text: str) -> Markup:
    """Return text with its addresses as links; everything else is escaped."""
    out, end = Markup(), 0
    for found in _LINK.finditer(text):
        url = found.group()
        out += escape(text[end : found.start()]) + Markup('<a href="{0}">{0}</a>').format(url)
        end = found.end()
    return out + escape(text[end:])
