"""What a mail relay may do to a notice: the window opens only when it is certain that it took it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from lre_kit.carriers.mail import SmtpCourier
from lre_kit.letters.duties import RARELY, RESEND_DELAY
from lre_kit.letters.phases import Phase
from lre_kit.office import PostOffice
from lre_kit.parties.values import Recipient
from lre_kit.settings import Settings
from lre_kit.setup import prepare
from lre_kit.store.agenda import BACKOFF
from lre_kit.store.inserts import table_of
from lre_kit.store.rows import DutyRow
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.office import SENDER, deposit_sample

ScriptedSmtp = pytest.importorskip("lre_kit.testing.smtp").ScriptedSmtp

DUTY = table_of(DutyRow)


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def server() -> Iterator[ScriptedSmtp]:
    with ScriptedSmtp() as started:
        yield started


@pytest.fixture
def office(tmp_path: Path, clock: MovedClock, server: ScriptedSmtp) -> Iterator[PostOffice]:
    settings = Settings.model_validate(
        {
            "home": tmp_path / "office",
            "base_url": "https://notices.example",
            "reminders": "",
            "smtp_host": "localhost",
            "smtp_port": server.port,
            "smtp_security": "none",
            "smtp_timeout_s": 2.0,
        }
    )
    for _ in prepare(settings, clock=clock):
        pass
    with PostOffice.open(settings, clock=clock) as opened:
        assert isinstance(opened.courier, SmtpCourier)
        yield opened


def sent_to(office: PostOffice, address: str) -> str:
    letter = deposit_sample(office, recipient=Recipient(name="Jean Dupont", email=address))
    office.run_until_idle()
    return letter.id


def later(office: PostOffice, span: timedelta) -> None:
    clock = office.clock
    assert isinstance(clock, MovedClock)
    clock.advance(span)
    office.run_until_idle()


def told(server: ScriptedSmtp, address: str) -> list[str]:
    """Return the message ids of what was stored for an address."""
    pairs = zip(server.messages, server.envelopes, strict=True)
    return [str(message["Message-ID"]) for message, (_, to) in pairs if to == [address]]


def test_a_certain_acceptance_opens_the_window_at_that_instant(
    office: PostOffice, server: ScriptedSmtp
) -> None:
    before = office.clock()
    letter = office.reading.by_id(sent_to(office, "jean@example.net"))
    assert letter.phase is Phase.NOTIFIED
    assert letter.notified_at is not None
    assert before <= letter.notified_at <= office.clock()
    assert len(told(server, "jean@example.net")) == 1


def test_while_the_relay_does_not_answer_no_period_starts_and_it_is_tried_by_the_table(
    office: PostOffice, server: ScriptedSmtp
) -> None:
    """F3.01: a closed port; the letter waits, and goes out once the relay is back."""
    port = server.port
    server.stop()
    letter_id = sent_to(office, "jean@example.net")
    for wait in BACKOFF[:3]:
        [duty] = [d for d in (office.agenda.next_due(letter_id),) if d is not None]
        assert office.reading.by_id(letter_id).phase is Phase.DEPOSITED
        assert office.reading.by_id(letter_id).window_closes_at is None
        assert duty <= office.clock() + wait + timedelta(seconds=5)
        later(office, wait + timedelta(seconds=1))
    with ScriptedSmtp(port=port) as again:
        later(office, BACKOFF[3])
        letter = office.reading.by_id(letter_id)
        assert letter.phase is Phase.NOTIFIED
        assert letter.notified_at is not None
        assert letter.notified_at > letter.deposited_at + BACKOFF[2]
        assert len(told(again, "jean@example.net")) == 1


def test_a_passing_refusal_is_tried_again_with_the_same_id(office: PostOffice, server: ScriptedSmtp) -> None:
    """F3.02: greylisted twice, then taken: one mail, one window, and the id never changed."""
    server.greylisted["jean@example.net"] = 2
    letter_id = sent_to(office, "jean@example.net")
    assert office.reading.by_id(letter_id).phase is Phase.DEPOSITED
    later(office, BACKOFF[0] + timedelta(seconds=1))
    assert told(server, "jean@example.net") == []
    later(office, BACKOFF[1] + timedelta(seconds=1))
    assert office.reading.by_id(letter_id).phase is Phase.NOTIFIED
    [one] = told(server, "jean@example.net")
    assert one == office.links.message_id("notice", letter_id, 1)


def test_a_lasting_refusal_is_an_event_and_the_sender_hears_the_servers_words(
    office: PostOffice, server: ScriptedSmtp
) -> None:
    """F3.03: 550 at RCPT."""
    letter_id = sent_to(office, "r550@example.net")
    later(office, timedelta(days=20))
    assert office.reading.by_id(letter_id).phase is Phase.NOTIFICATION_FAILED
    assert told(server, "r550@example.net") == []
    envelopes = [to for _, to in server.envelopes]
    message = server.messages[envelopes.index([SENDER.email])]
    assert "No such mailbox here" in message.get_body(("plain",)).get_content()  # type: ignore[union-attr]


def test_what_nobody_can_say_is_called_unknown_and_leaves_once_more(
    office: PostOffice, server: ScriptedSmtp
) -> None:
    """F3.04: cut off after the body: one more copy of the same id that day, and no window before a 250."""
    letter_id = sent_to(office, "drop@example.net")
    assert office.reading.by_id(letter_id).phase is Phase.DEPOSITED
    for _ in range(4):
        later(office, RESEND_DELAY + timedelta(seconds=1))
    ids = told(server, "drop@example.net")
    assert len(ids) == 2
    assert len(set(ids)) == 1
    assert office.reading.by_id(letter_id).window_closes_at is None
    query = select(DUTY.c.last_error).where(DUTY.c.subject == letter_id, DUTY.c.action == "notify")
    with office.database.read() as connection:
        assert str(connection.scalar(query)).startswith("unknown: ")
    server.drops.clear()
    later(office, RARELY)
    assert office.reading.by_id(letter_id).phase is Phase.NOTIFIED
    assert set(told(server, "drop@example.net")) == set(ids)


@pytest.mark.parametrize(
    "address",
    [
        "JEAN.Dupont+LRE@Example.NET",
        "jean@xn--bcher-kva.example",
        "жан@пример.example",
        "a" * 64 + "@" + ".".join(["b" * 60] * 3) + ".net",
    ],
)
def test_an_address_stays_as_it_was_typed(office: PostOffice, server: ScriptedSmtp, address: str) -> None:
    """F3.10: kept, shown and put on the envelope byte for byte."""
    letter = office.reading.by_id(sent_to(office, address))
    assert letter.recipient.email == address
    assert letter.phase is Phase.NOTIFIED
    assert server.envelopes[-1][1] == [address]
    record = office.issuer.exhibits(letter.id)[0].exhibit.record
    assert record["RecipientDetails"][0]["Identity"]["Email"] == address
