"""SMTP as the office speaks it, against real servers."""

import socket
import ssl
import threading
import time
from contextlib import suppress
from email.message import EmailMessage
from email.policy import SMTPUTF8
from pathlib import Path

import pytest

from lre_kit.carriers.mail import CONVERSATION, MailOutcome, SmtpCourier
from lre_kit.errors import MailUnavailableError
from lre_kit.settings import Settings
from lre_kit.testing.certificates import server_certificate
from lre_kit.testing.smtp import ScriptedSmtp


def courier(port: int, **more: object) -> SmtpCourier:
    values = {"smtp_host": "localhost", "smtp_port": port, "smtp_security": "none", "smtp_timeout_s": 5.0}
    return SmtpCourier(Settings.model_validate(values | more))


def message(to: str) -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "notices@office.example", to, "Un envoi"
    made.set_content("Bonjour")
    return made


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return server_certificate(tmp_path_factory.mktemp("tls") / "server.pem")


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def test_a_message_taken_by_the_server_is_accepted() -> None:
    with ScriptedSmtp() as server:
        answer = courier(server.port).send(message("jean@example.net"))
        assert answer.outcome is MailOutcome.ACCEPTED
        assert [m["Subject"] for m in server.messages] == ["Un envoi"]


def test_a_refused_recipient_is_refused_with_the_servers_words() -> None:
    with ScriptedSmtp() as server:
        answer = courier(server.port).send(message("r550@example.net"))
    assert (answer.outcome, answer.code) == (MailOutcome.REFUSED, 550)
    assert "No such mailbox" in answer.text


def test_come_back_later_is_raised_so_that_the_duty_is_tried_again() -> None:
    with ScriptedSmtp() as server, pytest.raises(MailUnavailableError, match="come back later"):
        courier(server.port).send(message("r451@example.net"))


def test_a_connection_cut_after_the_body_is_of_unknown_fate() -> None:
    with ScriptedSmtp() as server:
        answer = courier(server.port).send(message("drop@example.net"))
        assert answer.outcome is MailOutcome.UNKNOWN
        assert len(server.messages) == 1


def test_an_address_beyond_ascii_travels_by_smtputf8() -> None:
    with ScriptedSmtp() as server:
        made = EmailMessage(policy=SMTPUTF8)
        made["From"], made["To"] = "notices@office.example", "жан@example.net"
        made.set_content("Bonjour")
        assert courier(server.port).send(made).outcome is MailOutcome.ACCEPTED


# The server warns that it asks for a password outside STARTTLS; here TLS lies below it.
@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
@pytest.mark.parametrize(("security", "implicit"), [("starttls", False), ("tls", True)])
def test_tls_with_an_account_works(
    security: str, implicit: bool, tls: ssl.SSLContext, certificate: Path
) -> None:
    with ScriptedSmtp(tls=tls, implicit=implicit, account=("office", "s3cret")) as server:
        sending = courier(
            server.port,
            smtp_security=security,
            smtp_ca_file=certificate,
            smtp_user="office",
            smtp_password="s3cret",
        )
        assert sending.send(message("jean@example.net")).outcome is MailOutcome.ACCEPTED
        assert security in sending.ping()


def test_an_untrusted_certificate_stops_everything(tls: ssl.SSLContext) -> None:
    """F3.01: nothing is said to a server that may be another."""
    with ScriptedSmtp(tls=tls) as server, pytest.raises(MailUnavailableError, match="cannot be trusted"):
        courier(server.port, smtp_security="starttls").send(message("jean@example.net"))


def test_a_wrong_password_names_the_settings(tls: ssl.SSLContext, certificate: Path) -> None:
    with (
        ScriptedSmtp(tls=tls, account=("office", "s3cret")) as server,
        pytest.raises(MailUnavailableError, match="LRE_SMTP_PASSWORD") as caught,
    ):
        courier(
            server.port,
            smtp_security="starttls",
            smtp_ca_file=certificate,
            smtp_user="office",
            smtp_password="no",
        ).ping()
    assert "no" not in caught.value.problem.split()


def test_a_server_without_starttls_is_not_spoken_to_in_clear() -> None:
    with ScriptedSmtp() as server, pytest.raises(MailUnavailableError, match="LRE_SMTP_SECURITY"):
        courier(server.port, smtp_security="starttls").send(message("jean@example.net"))


def test_a_closed_port_names_where_it_looked() -> None:
    """F3.01: the operator learns which server it was."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(MailUnavailableError, match=str(port)):
        courier(port).ping()


def test_a_silent_server_is_left_after_the_time_out() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(MailUnavailableError):
            courier(silent.getsockname()[1], smtp_timeout_s=0.2).ping()


@pytest.mark.parametrize("greets", [False, True])
def test_a_server_that_answers_byte_by_byte_is_hung_up_on(*, greets: bool) -> None:
    """F3.05: no single wait runs out, and still the worker is free for the others' mail in time."""
    stopped = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as slow:

        def answer() -> None:
            with suppress(OSError):
                connection, _ = slow.accept()
                with connection:
                    if greets:
                        connection.sendall(b"220 slow\r\n")
                    while not stopped.wait(0.02):
                        connection.sendall(b"2")

        thread = threading.Thread(target=answer)
        thread.start()
        began = time.monotonic()
        sending = courier(slow.getsockname()[1], smtp_timeout_s=0.1)
        with suppress(MailUnavailableError):
            assert sending.send(message("jean@example.net")).outcome is MailOutcome.UNKNOWN
        took = time.monotonic() - began
        stopped.set()
        thread.join()
    assert took < 30 * 0.1 * CONVERSATION, "the limit holds, with room for a busy machine"


def test_no_server_at_all_says_what_to_set() -> None:
    with pytest.raises(MailUnavailableError, match="LRE_SMTP_HOST"):
        SmtpCourier(Settings()).ping()


def test_a_name_cannot_smuggle_a_header_in() -> None:
    with pytest.raises(ValueError, match=r"linefeed|newline"):
        message("jean@example.net\r\nBcc: all@example.net")
