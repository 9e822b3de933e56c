"""E-mail: the port, and SMTP behind it.

Three answers and no fourth: a server took the message (`MailOutcome.ACCEPTED`), a server refused
this recipient for good (`MailOutcome.REFUSED`), or nobody can say (`MailOutcome.UNKNOWN`: the
connection broke after the body was sent, RFC 1047). Whatever may pass by itself is raised as
`MailUnavailableError`, and the duty is tried again.
"""

import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.errors import MessageError
from email.message import EmailMessage
from email.utils import localtime
from enum import StrEnum
from typing import Protocol

from lre_kit.carriers.dkim_signing import signer_of
from lre_kit.carriers.headers import says_more
from lre_kit.errors import MailUnavailableError
from lre_kit.settings import Settings

CONVERSATION = 6
"""Time-outs that a whole conversation may last: a server that answers byte by byte runs into none."""

_PERMANENT = range(500, 600)

_READY = 220
"""With which a server greets (RFC 5321 §4.2.3)."""


class MailOutcome(StrEnum):
    """What became of a message at the first server."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class MailAnswer:
    """The server's answer; `text` is its own words, for the sender of a failed notice."""

    outcome: MailOutcome
    code: int | None = None
    text: str = ""


class Courier(Protocol):
    """Takes one message to its one recipient."""

    def send(self, message: EmailMessage, *, return_path: str | None = None) -> MailAnswer:
        """Hand a message over.

        Args:
            message: The message.
            return_path: The envelope's sender, where delivery reports go; by default the message's sender.

        Raises:
            MailUnavailableError: No server could be asked, or it asked to come back later.
        """

    def ping(self) -> str:
        """Say which server answers and how it is protected.

        Raises:
            MailUnavailableError: None does.
        """


class SmtpCourier:
    """Couriers over SMTP (RFC 5321), with STARTTLS or TLS, authentication and time-outs."""

    def __init__(self, settings: Settings) -> None:
        """Keep where and how to connect; nothing is opened yet."""
        self._settings = settings
        self._signer = signer_of(settings)

    def send(self, message: EmailMessage, *, return_path: str | None = None) -> MailAnswer:
        """Hand a message to the configured server, signed if the office signs; see `Courier.send`."""
        if "Date" not in message:
            message["Date"] = localtime()
        # Line ends as they travel: a signature holds over these very bytes.
        try:
            raw = message.as_bytes(policy=message.policy.clone(linesep="\r\n"))
        except MessageError:
            raw = b""
        if says_more(message, raw):
            # Whatever name did this, the message is not sent, and whoever waits for it is told.
            return MailAnswer(MailOutcome.REFUSED, text="a name in it would write a header of its own")
        signed = (self._signer.sign(raw) if self._signer else b"") + raw
        sender = return_path or message["From"].addresses[0].addr_spec
        recipient = message["To"].addresses[0].addr_spec
        with self._connected() as smtp:
            try:
                options = _options(smtp, sender, recipient)
                smtp.sendmail(sender, [recipient], signed, mail_options=options)
            except smtplib.SMTPRecipientsRefused as error:
                code, text = next(iter(error.recipients.values()))
                return _judged(code, text)
            except smtplib.SMTPSenderRefused as error:
                msg = f"The mail server refuses our own address ({error.smtp_code})."
                raise MailUnavailableError(msg, mend="Set LRE_MAIL_FROM to one it accepts.") from error
            except smtplib.SMTPNotSupportedError as error:
                return MailAnswer(MailOutcome.REFUSED, text=str(error))
            except smtplib.SMTPResponseException as error:
                return _judged(error.smtp_code, error.smtp_error)
            except (smtplib.SMTPServerDisconnected, OSError):
                return MailAnswer(MailOutcome.UNKNOWN, text="the connection broke while the message was sent")
        return MailAnswer(MailOutcome.ACCEPTED, code=250)

    def ping(self) -> str:
        """Connect, authenticate, say NOOP and leave."""
        with self._connected() as smtp:
            smtp.noop()
        return f"{self._settings.smtp_host}:{self._settings.smtp_port} ({self._settings.smtp_security})"

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        settings = self._settings
        if settings.smtp_host is None:
            msg = "No mail server is configured, so no notice can leave."
            raise MailUnavailableError(msg, mend="Set LRE_SMTP_HOST (and LRE_SMTP_PORT, LRE_SMTP_SECURITY).")
        where = f"{settings.smtp_host}:{settings.smtp_port}"
        limit_s = settings.smtp_timeout_s * CONVERSATION
        try:
            smtp = self._open(settings.smtp_host, limit_s=limit_s)
        except smtplib.SMTPAuthenticationError as error:
            msg = f"The mail server {where} refuses our account."
            raise MailUnavailableError(msg, mend="Check LRE_SMTP_USER and LRE_SMTP_PASSWORD.") from error
        except smtplib.SMTPNotSupportedError as error:
            msg = f"The mail server {where} does not offer what is asked: {error}."
            raise MailUnavailableError(msg, mend="Check LRE_SMTP_SECURITY and LRE_SMTP_USER.") from error
        except ssl.SSLError as error:
            msg = f"The mail server {where} cannot be trusted: {error.reason}."
            raise MailUnavailableError(msg, mend="Check its certificate, or set LRE_SMTP_CA_FILE.") from error
        except (OSError, smtplib.SMTPException) as error:
            msg = f"The mail server {where} does not answer: {error}."
            raise MailUnavailableError(msg, mend="Check LRE_SMTP_HOST and LRE_SMTP_PORT, or wait.") from error
        try:
            with _bounded(smtp, limit_s):
                yield smtp
        finally:
            _leave(smtp)

    def _open(self, host: str, *, limit_s: float) -> smtplib.SMTP:
        settings = self._settings
        trust = ssl.create_default_context(cafile=settings.smtp_ca_file)
        smtp: smtplib.SMTP
        if settings.smtp_security == "tls":
            smtp = smtplib.SMTP_SSL(timeout=settings.smtp_timeout_s, context=trust)
        else:
            smtp = smtplib.SMTP(timeout=settings.smtp_timeout_s)
        # What the certificate must name: smtplib takes it from the constructor only.
        smtp._host = host  # type: ignore[attr-defined]  # noqa: SLF001
        try:
            with _bounded(smtp, limit_s):
                code, text = smtp.connect(host, settings.smtp_port)
                if code != _READY:
                    raise smtplib.SMTPConnectError(code, text)
                if settings.smtp_security == "starttls":
                    smtp.starttls(context=trust)
                if settings.smtp_user and settings.smtp_password:
                    smtp.login(settings.smtp_user, settings.smtp_password.get_secret_value())
        except BaseException:
            smtp.close()
            raise
        return smtp


@contextmanager
def _bounded(smtp: smtplib.SMTP, limit_s: float) -> Iterator[None]:
    """Hang up on a server that answers so slowly that no single wait runs out."""
    timer = threading.Timer(limit_s, _hang_up, [smtp])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _hang_up(smtp: smtplib.SMTP) -> None:
    with suppress(OSError, AttributeError):
        smtp.sock.shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]


def _options(smtp: smtplib.SMTP, *addresses: str) -> list[str]:
    """Return what the envelope asks for: addresses beyond ASCII need SMTPUTF8 (RFC 6531)."""
    if all(address.isascii() for address in addresses):
        return []
    smtp.ehlo_or_helo_if_needed()
    if not smtp.has_extn("smtputf8"):
        msg = "The mail server takes no address beyond ASCII (SMTPUTF8)."
        raise smtplib.SMTPNotSupportedError(msg)
    return ["SMTPUTF8", "BODY=8BITMIME"]


def _judged(code: int, text: bytes | str) -> MailAnswer:
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    if code in _PERMANENT:
        return MailAnswer(MailOutcome.REFUSED, code=code, text=words)
    msg = f"The mail server asks to come back later ({code})."
    raise MailUnavailableError(msg, mend="Nothing to do: the notice is tried again by itself.")


def _leave(smtp: smtplib.SMTP) -> None:
    try:
        smtp.quit()
    except (smtplib.SMTPException, OSError):
        smtp.close()
