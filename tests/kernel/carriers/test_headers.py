"""No name writes a header of its own: refused at the door, and held in its place when mail is written."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lre_kit.carriers.headers import header_text, mailbox
from lre_kit.carriers.mail import MailOutcome, SmtpCourier
from lre_kit.carriers.notices import MailIdentity, notice_message
from lre_kit.clock import now
from lre_kit.errors import InputError
from lre_kit.law.products import Claim, Product
from lre_kit.letters.phases import Phase
from lre_kit.letters.values import NoticeView
from lre_kit.parties.values import Recipient
from lre_kit.settings import Settings
from lre_kit.testing.smtp import ScriptedSmtp

BREAKS = "\r\n\0\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
"""What some reader or other takes for the end of a line."""

ALLOWED = [
    "Auto-Submitted",
    "Content-Language",
    "Content-Type",
    "From",
    "MIME-Version",
    "Message-ID",
    "Subject",
    "To",
]

NAMES = st.text(
    st.one_of(st.sampled_from(BREAKS + '"<>@,;:\\()=?_ é'), st.characters(exclude_categories=["Cs"])),
    max_size=60,
)


def notice(recipient: Recipient, *, provider: str = "Office", sender: str = "") -> EmailMessage:
    view = NoticeView(
        letter_id="x",
        number="7K3M-9QXA-2PVD-ZC04",
        product=Product.SIMPLE,
        claim=Claim.NON_QUALIFIED,
        phase=Phase.DEPOSITED,
        language="fr",
        recipient_name=recipient.name,
        recipient_email=recipient.email,
        documents_count=1,
        notified_at=None,
        window_closes_at=None,
        decided_at=None,
        sender_name=sender,
    )
    identity = MailIdentity(provider_name=provider, mail_from="notices@office.example")
    return notice_message(
        view, identity=identity, url="https://x.example/r", closes_at=now(), message_id="<1@office.example>"
    )


def read_back(message: EmailMessage) -> EmailMessage:
    parsed = message_from_bytes(message.as_bytes(), policy=default)
    assert isinstance(parsed, EmailMessage)
    return parsed


@given(NAMES, NAMES)
@example("Jean\r\nBcc: all@example.net", "x\r\nSubject: y")
@example("Jean\u2028Bcc: all@example.net", "")
@example("=?utf-8?q?Jean=0D=0ABcc:_all@example.net?=", "=?utf-8?b?DQpCY2M6IGE=?=")
@example('"Jean" <other@example.net>', "a,b;c")
def test_whatever_a_name_is_the_headers_are_those_and_say_what_was_said(name: str, sender: str) -> None:
    """F3.09: a name with a line break is refused; any other comes back as it was."""
    try:
        recipient = Recipient(name=name, email="jean@example.net").checked()
    except InputError:
        return
    assert not set(recipient.name) & set(BREAKS)
    message = notice(recipient, sender=sender)
    read = read_back(message)
    assert sorted(read.keys()) == ALLOWED
    [to] = read["To"].addresses
    # Where a long name is folded, the library that reads it back may put a blank in.
    assert "".join(to.display_name.split()) == "".join(header_text(recipient.name).split())
    assert to.addr_spec == "jean@example.net"
    assert read["Subject"] == message["Subject"]
    assert [one.addr_spec for one in read["From"].addresses] == ["notices@office.example"]
    assert read_back(read).as_bytes() == read.as_bytes()


@given(st.text(st.sampled_from(BREAKS + "aé:"), min_size=1, max_size=20))
def test_a_break_that_came_past_the_door_is_not_written(name: str) -> None:
    """F3.09: the second gate, where mail is written."""
    try:
        message = notice(Recipient(name=name, email="jean@example.net"), provider=name)
        read = read_back(message)
    except (ValueError, InputError):
        return
    assert sorted(read.keys()) == ALLOWED
    assert [one.addr_spec for one in read["To"].addresses] == ["jean@example.net"]


@pytest.mark.parametrize("header", ["Subject", "X-Name"])
def test_what_would_write_a_header_of_its_own_is_not_sent(header: str) -> None:
    """F3.09: the last gate, at the server's door, whatever the library made of it."""
    with ScriptedSmtp() as server:
        courier = SmtpCourier(
            Settings.model_validate(
                {"smtp_host": "localhost", "smtp_port": server.port, "smtp_security": "none"}
            )
        )
        message = notice(Recipient(name="Jean Dupont", email="jean@example.net"))
        del message[header]
        message[header] = "=?utf-8?q?x=0D=0ABcc:_all@example.net?="
        answer = courier.send(message)
        assert answer.outcome is MailOutcome.REFUSED
        assert server.messages == []


@pytest.mark.parametrize("address", ["жан@пример.example", "jean@bücher.example", "jean+x@example.net"])
def test_any_address_may_stand_in_a_header(address: str) -> None:
    """F3.10: as it was typed."""
    assert mailbox("Jean", address).addr_spec == address
    assert address.encode() in notice(Recipient(name="Jean", email=address)).as_bytes()
