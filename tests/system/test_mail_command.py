"""Delivery reports from a pipe and from a real IMAP mailbox, signed mail, and the commands around them."""

import base64
import imaplib
import io
import json
import os
import ssl
import sys
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import dkim
import pytest

from lre_kit.carriers.dkim_signing import record_of
from lre_kit.carriers.mail import SmtpCourier
from lre_kit.cli.main import cli
from lre_kit.errors import ConfigurationError, InputError, MailUnavailableError
from lre_kit.letters.phases import Phase
from lre_kit.letters.values import Letter
from lre_kit.settings import Settings
from lre_kit.testing.certificates import server_certificate
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.courier import MemoryCourier
from lre_kit.testing.imap import ImapServer, imap_server
from lre_kit.testing.office import deposit_sample, throwaway_office
from lre_kit.testing.private_servers import MissingServiceError
from lre_kit.testing.smtp import ScriptedSmtp

CORPUS = Path(__file__).parents[1] / "vectors" / "bounces"
RETURN = "bounces@notices.example"


def lre(*arguments: str) -> None:
    cli.main(args=list(arguments), prog_name="lre", standalone_mode=False)


def piped(monkeypatch: pytest.MonkeyPatch, raw: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))


@pytest.fixture
def noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Letter, bytes]:
    """A letter whose notice left, and the report that it failed."""
    monkeypatch.setenv("LRE_HOME", str(tmp_path / "office"))
    monkeypatch.setenv("LRE_MAIL_RETURN_ADDRESS", RETURN)
    courier = MemoryCourier()
    with throwaway_office(tmp_path / "office", courier=courier, mail_return_address=RETURN) as office:
        letter = deposit_sample(office)
        office.run_until_idle()
    path = courier.return_paths[-1]
    assert path is not None
    raw = (CORPUS / "postfix-user-unknown.eml").read_bytes()
    return letter, raw.replace(b"bounces+token@notices.example", path.encode())


def phase(tmp_path: Path, letter: Letter) -> Phase:
    with throwaway_office(tmp_path / "office") as office:
        return office.reading.by_id(letter.id).phase


def test_a_report_is_piped_in_once(
    noticed: tuple[Letter, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    letter, raw = noticed
    for outcome in ("notice_failed", "known"):
        piped(monkeypatch, raw)
        lre("mail", "bounce", "--json")
        said = json.loads(capsys.readouterr().out)
        assert said == {"kind": "failed", "outcome": outcome, "letter": letter.number}
    assert phase(tmp_path, letter) is Phase.NOTIFICATION_FAILED
    lre("mail", "reports", "--json")
    [kept] = json.loads(capsys.readouterr().out)
    assert (kept["letter"], kept["status"]) == (letter.number, "5.1.1")
    lre("mail", "reports", letter.number)
    assert "5.1.1" in capsys.readouterr().out


def test_the_mail_server_may_tell_the_return_path(
    noticed: tuple[Letter, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    letter, raw = noticed
    path = next(line.split()[1] for line in raw.splitlines() if line.startswith(b"Delivered-To:"))
    piped(monkeypatch, raw.replace(path, b"someone@else.example"))
    lre("mail", "bounce", "--to", path.decode())
    assert "notice failed" in capsys.readouterr().out
    assert phase(tmp_path, letter) is Phase.NOTIFICATION_FAILED


def test_what_is_no_message_is_refused(
    noticed: tuple[Letter, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    del noticed
    piped(monkeypatch, b" \n")
    with pytest.raises(InputError):
        lre("mail", "bounce")
    with pytest.raises(ConfigurationError, match="No mailbox"):
        lre("mail", "fetch")


# --- a mailbox ----------------------------------------------------------------------------------------


@pytest.fixture
def mailbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ImapServer]:
    certificate = server_certificate(tmp_path / "imap.pem")
    try:
        with imap_server(tmp_path / "imap", certificate) as server:
            values = {
                "HOST": "localhost", "PORT": str(server.port), "CA_FILE": str(server.ca_file),
                "USER": server.user, "PASSWORD": server.password,
            }  # fmt: skip
            for name, value in values.items():
                monkeypatch.setenv(f"LRE_IMAP_{name}", value)
            yield server
    except MissingServiceError as missing:
        if os.environ.get("LRE_REQUIRE_SERVICES") == "1":
            pytest.fail(str(missing))
        pytest.skip(str(missing))


def logged_in(server: ImapServer) -> imaplib.IMAP4:
    box = imaplib.IMAP4_SSL(
        "localhost", server.port, ssl_context=ssl.create_default_context(cafile=server.ca_file)
    )
    box.login(server.user, server.password)
    return box


def count(server: ImapServer, folder: str) -> int:
    box = logged_in(server)
    status, found = box.select(f'"{folder}"')
    box.logout()
    return int(found[0] or 0) if status == "OK" else 0


def test_reports_are_fetched_from_a_mailbox_and_put_aside(
    noticed: tuple[Letter, bytes], mailbox: ImapServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    letter, raw = noticed
    box = logged_in(mailbox)
    names = ("random-bytes", "person-writes", "nul-bytes", "latin1-bytes")
    for each in (*((CORPUS / f"{name}.eml").read_bytes().replace(b"\x00", b"") for name in names), raw):
        crlf = each.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        assert box.append("INBOX", "", imaplib.Time2Internaldate(0), crlf)[0] == "OK"
    box.logout()
    lre("mail", "fetch")
    assert "5 messages read." in capsys.readouterr().out
    assert phase(tmp_path, letter) is Phase.NOTIFICATION_FAILED
    assert (count(mailbox, "INBOX"), count(mailbox, "LRE-done")) == (0, 5)
    lre("mail", "fetch")
    assert "0 messages read." in capsys.readouterr().out


def test_the_jobs_look_into_the_mailbox_by_themselves(
    noticed: tuple[Letter, bytes], mailbox: ImapServer, tmp_path: Path
) -> None:
    letter, raw = noticed
    clock = MovedClock()
    settings = {
        name.lower().removeprefix("lre_"): value
        for name, value in os.environ.items()
        if name.startswith(("LRE_IMAP", "LRE_MAIL"))
    }
    with throwaway_office(tmp_path / "office", clock=clock, **settings) as office:
        office.run_until_idle()
        box = logged_in(mailbox)
        box.append("INBOX", "", imaplib.Time2Internaldate(0), raw.replace(b"\n", b"\r\n"))
        box.logout()
        office.run_until_idle()
        assert office.reading.by_id(letter.id).phase is Phase.NOTIFIED
        clock.advance(timedelta(minutes=6))
        office.run_until_idle()
        assert office.reading.by_id(letter.id).phase is Phase.NOTIFICATION_FAILED


def test_a_mailbox_that_cannot_be_read_says_so_and_tells_no_secret(
    noticed: tuple[Letter, bytes], mailbox: ImapServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    del noticed
    for name, value in (("PASSWORD", "wrong-password"), ("PORT", "1"), ("FOLDER", "nowhere")):
        with monkeypatch.context() as changed:
            changed.setenv(f"LRE_IMAP_{name}", value)
            with pytest.raises(MailUnavailableError) as found:
                lre("mail", "fetch")
            assert "wrong-password" not in f"{found.value.problem} {found.value.mend}"
            assert mailbox.password not in f"{found.value.problem} {found.value.mend}"


# --- signed mail --------------------------------------------------------------------------------------


def message(to: str) -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = (
        "Office <letters@notices.example>",
        to,
        "Un envoi vous attend, é",
    )
    made["Message-ID"] = "<1@notices.example>"
    made.set_content("Bonjour, à bientôt.\n. point\n")
    return made


def test_mail_is_signed_with_the_key_that_the_command_makes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LRE_MAIL_FROM", "letters@notices.example")
    key = tmp_path / "dkim.pem"
    lre("mail", "key", str(key))
    name, record = capsys.readouterr().out.splitlines()
    assert name == "lre._domainkey.notices.example. IN TXT"
    assert record == record_of(key.read_bytes())
    assert key.stat().st_mode & 0o077 == 0
    before = key.read_bytes()
    lre("mail", "key", str(key))
    assert key.read_bytes() == before, "a key that is there is kept"
    with ScriptedSmtp() as server:
        values: dict[str, Any] = {
            "smtp_host": "localhost", "smtp_port": server.port, "smtp_security": "none",
            "mail_from": "letters@notices.example", "dkim_key_file": key,
        }  # fmt: skip
        courier = SmtpCourier(Settings.model_validate(values))
        courier.send(message("jean@example.net"), return_path="bounces+x@notices.example")
        [raw] = server.raw
        assert server.envelopes == [("bounces+x@notices.example", ["jean@example.net"])]
    dns = {b"lre._domainkey.notices.example.": record.encode()}
    assert dkim.verify(raw, dnsfunc=lambda asked, timeout=5: dns.get(asked))
    changed = raw.replace(b"Subject: ", b"Subject: x")
    assert not dkim.verify(changed, dnsfunc=lambda asked, timeout=5: dns.get(asked))
    added = raw.replace(b"From: ", b"From: evil@example.org\r\nFrom: ", 1)
    assert not dkim.verify(added, dnsfunc=lambda asked, timeout=5: dns.get(asked))


@pytest.mark.parametrize("held", [b"", b"no key", base64.b64encode(b"x" * 100)])
def test_a_key_that_is_none_is_named(tmp_path: Path, held: bytes) -> None:
    key = tmp_path / "dkim.pem"
    key.write_bytes(held)
    with pytest.raises(ConfigurationError, match="DKIM key"):
        SmtpCourier(Settings.model_validate({"dkim_key_file": key}))
