"""Webhooks from the command line, against a real receiver."""

import json
from pathlib import Path
from typing import Any

import click
import pytest

from lre_kit.cli.main import cli
from lre_kit.errors import InputError, NotFoundError
from lre_kit.parties.values import Sender
from lre_kit.testing.office import deposit_sample, throwaway_office
from lre_kit.testing.webhooks import Answer, WebhookReceiver, webhook_receiver
from lre_kit.webhooks.errors import WebhookAddressError

ME = Sender(ref="cli:me@example.org", name="Me", email="me@example.org")


def lre(*arguments: str) -> Any:
    try:
        return cli.main(args=list(arguments), prog_name="lre", standalone_mode=False)
    except click.exceptions.Exit as left:
        return left.exit_code


@pytest.fixture
def receiver() -> Any:
    with webhook_receiver() as held:
        yield held


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, value in {
        "LRE_HOME": str(tmp_path / "office"),
        "LRE_BASE_URL": "https://notices.example",
        "LRE_WEBHOOK_HTTP": "on",
        "LRE_WEBHOOK_PRIVATE_HOSTS": "127.0.0.1",
    }.items():
        monkeypatch.setenv(name, value)
    with throwaway_office(tmp_path / "office"):
        pass
    return tmp_path / "office"


def letters(home: Path, count: int) -> None:
    """Deposit some letters and do what is due."""
    with throwaway_office(home, webhook_http="on", webhook_private_hosts="127.0.0.1") as office:
        for _ in range(count):
            deposit_sample(office, sender=ME)
        office.run_until_idle()


def test_an_endpoint_is_added_tested_told_and_shown(
    home: Path, receiver: WebhookReceiver, capsys: pytest.CaptureFixture[str]
) -> None:
    lre("webhook", "add", receiver.url, "--from", "me@example.org", "--type", "letter.deposited", "--json")
    made = json.loads(capsys.readouterr().out)
    assert made["types"] == ["letter.deposited"]
    assert not lre("webhook", "test", made["id"])
    assert "Try 1: 204" in capsys.readouterr().out
    assert receiver.received[0].checked(made["secret"], made["public_key"]) == receiver.received[0].id
    letters(home, 2)
    lre("webhook", "deliveries", made["id"], "--json")
    shown = json.loads(capsys.readouterr().out)
    assert [each["type"] for each in shown] == ["letter.deposited"] * 2 + ["endpoint.test"]
    assert {each["attempts"][0]["status"] for each in shown} == {204}
    lre("webhook", "list", "--ref", ME.ref, "--json")
    listed = capsys.readouterr().out
    assert json.loads(listed)[0]["id"] == made["id"]
    assert made["secret"] not in listed
    lre("webhook", "list")
    lre("webhook", "deliveries", made["id"], "--state", "delivered")
    assert "letter.deposited" in capsys.readouterr().out


def test_a_test_that_fails_says_so_by_its_exit_code(
    home: Path, receiver: WebhookReceiver, capsys: pytest.CaptureFixture[str]
) -> None:
    del home
    lre("webhook", "add", receiver.url, "--from", "me@example.org", "--json")
    made = json.loads(capsys.readouterr().out)
    receiver.otherwise = Answer(status=404)
    assert lre("webhook", "test", made["id"]) == 1
    assert "404" in capsys.readouterr().out


def test_what_was_missed_while_disabled_is_replayed_and_a_secret_rotated(
    home: Path, receiver: WebhookReceiver, capsys: pytest.CaptureFixture[str]
) -> None:
    lre("webhook", "add", receiver.url, "--from", "me@example.org", "--type", "letter.deposited", "--json")
    made = json.loads(capsys.readouterr().out)
    lre("webhook", "disable", made["id"])
    letters(home, 1)
    assert receiver.received == []
    lre("webhook", "enable", made["id"])
    lre("webhook", "rotate", made["id"])
    assert "whsec_" in capsys.readouterr().out
    lre("webhook", "replay", made["id"], "--since", "2020-01-01T00:00+01:00", "--missed")
    assert "1 events are told again." in capsys.readouterr().out
    letters(home, 0)
    [got] = receiver.received
    assert got.told["replay"] is True
    assert got.checked(made["secret"]), "the former secret is still valid"


def test_what_cannot_be_is_refused(home: Path) -> None:
    del home
    with pytest.raises(WebhookAddressError):
        lre("webhook", "add", "https://localhost/", "--from", "me@example.org")
    with pytest.raises(NotFoundError):
        lre("webhook", "test", "00000000")
    for since in ("yesterday", "2026-11-24T08:00"):
        with pytest.raises(InputError, match="no instant"):
            lre("webhook", "replay", "00000000", "--since", since)
