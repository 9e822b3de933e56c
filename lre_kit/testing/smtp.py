"""A mail server whose answers are scripted by the address: a real SMTP conversation for tests.

``r550@…`` is refused for good, ``r451@…`` is asked to come back, ``drop@…`` is stored and then cut
off before the answer; every other address is taken. Addresses may also be greylisted so many times, or be
dropped no more. Needs aiosmtpd (extra ``web``).
"""

import ssl
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from types import TracebackType
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session


class _Handler:
    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.raw: list[bytes] = []
        self.envelopes: list[tuple[str, list[str]]] = []
        self.greylisted: dict[str, int] = {}
        self.drops = {"drop"}

    async def handle_RCPT(  # noqa: N802 - the name aiosmtpd looks for
        self, server: Any, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        del server, session, options
        if address.startswith("r550@"):
            return "550 5.1.1 No such mailbox here"
        waits = self.greylisted.get(address, 0)
        self.greylisted[address] = waits - 1
        if address.startswith("r451@") or waits > 0:
            return "451 4.7.1 Greylisted, come back later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:  # noqa: N802
        del session
        content = envelope.content
        message = message_from_bytes(content if isinstance(content, bytes) else b"", policy=default)
        assert isinstance(message, EmailMessage)
        self.messages.append(message)
        self.raw.append(content if isinstance(content, bytes) else b"")
        self.envelopes.append((str(envelope.mail_from), list(envelope.rcpt_tos)))
        if any(address.partition("@")[0] in self.drops for address in envelope.rcpt_tos):
            server.transport.abort()
        return "250 OK: queued"


class FreePortController(Controller):
    """A controller that lets the system choose its port, and knows it before the first visit."""

    def _trigger_server(self) -> None:
        server: Any = self.server
        self.port = int(server.sockets[0].getsockname()[1])
        super()._trigger_server()  # type: ignore[no-untyped-call]  # aiosmtpd leaves it untyped


class ScriptedSmtp:
    """The server, on a free local port, as a context manager.

    Args:
        tls: Context for STARTTLS (or, with `implicit`, for TLS from the start).
        implicit: Speak TLS from the first byte.
        account: (user, password) that must be given.
        port: Where to listen; by default a free one.
    """

    def __init__(
        self,
        *,
        tls: ssl.SSLContext | None = None,
        implicit: bool = False,
        account: tuple[str, str] | None = None,
        port: int = 0,
    ) -> None:
        """Prepare; entering the context starts it."""
        self._handler = _Handler()
        self._listens = False
        options: dict[str, Any] = {"enable_SMTPUTF8": True}
        if tls is not None and not implicit:
            options |= {"tls_context": tls, "require_starttls": True}
        if account is not None:
            options |= {
                "authenticator": _authenticator(account),
                "auth_required": True,
                "auth_require_tls": tls is not None and not implicit,
            }
        self._controller = FreePortController(
            self._handler, hostname="127.0.0.1", port=port, ssl_context=tls if implicit else None, **options
        )

    @property
    def messages(self) -> list[EmailMessage]:
        """Everything taken so far."""
        return self._handler.messages

    @property
    def raw(self) -> list[bytes]:
        """The same, byte for byte."""
        return self._handler.raw

    @property
    def envelopes(self) -> list[tuple[str, list[str]]]:
        """Sender and recipients of each, as the envelope had them."""
        return self._handler.envelopes

    @property
    def greylisted(self) -> dict[str, int]:
        """How many times more an address is asked to come back."""
        return self._handler.greylisted

    @property
    def drops(self) -> set[str]:
        """Local parts whose messages are stored and cut off."""
        return self._handler.drops

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._controller.port)

    def __enter__(self) -> Self:
        """Start listening."""
        self._controller.start()
        self._listens = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening."""
        self.stop()

    def stop(self) -> None:
        """Stop listening, if it still does."""
        if self._listens:
            self._listens = False
            self._controller.stop()


def _authenticator(account: tuple[str, str]) -> Any:
    user, password = account

    def check(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        del server, session, envelope, mechanism
        fits = isinstance(data, LoginPassword) and (data.login, data.password) == (
            user.encode(),
            password.encode(),
        )
        return AuthResult(success=fits, handled=False)

    return check
