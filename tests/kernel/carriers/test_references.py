"""References at the foot of mail: what they tell, to whom, and that nobody else can make one."""

from datetime import date, timedelta
from email.message import EmailMessage

from hypothesis import given
from hypothesis import strategies as st

from lre_kit.carriers.mail_kinds import MailKind, kind_of
from lre_kit.carriers.references import ALPHABET, CHARS, FIRST_DAY, References, ReferringCourier
from lre_kit.clock import now
from lre_kit.testing.courier import MemoryCourier

OURS, THEIRS = References(b"a" * 32), References(b"b" * 32)
DAYS = st.dates(FIRST_DAY, FIRST_DAY + timedelta(days=2**15 - 1))


@given(DAYS, st.sampled_from(MailKind), st.emails(), st.text(max_size=40))
def test_a_reference_tells_day_and_kind_and_only_its_office_made_it(
    day: date, kind: MailKind, email: str, message_id: str
) -> None:
    made = OURS.make(day=day, kind=kind, email=email, message_id=message_id)
    found = OURS.read(made)
    assert found is not None
    assert (found.day, found.kind, found.went_to) == (day, kind, None)
    assert THEIRS.read(made) is None
    told = OURS.read(f"  {made.lower().replace('-', ' ')} ", email=email)
    assert told is not None
    assert told.went_to is True


@given(st.integers(0, CHARS - 1), st.sampled_from(ALPHABET))
def test_one_wrong_letter_is_no_reference(place: int, letter: str) -> None:
    made = OURS.make(day=date(2026, 11, 30), kind=MailKind.NOTICE, email="a@example.org", message_id="<1@x>")
    plain = made.replace("-", "")
    if plain[place] != letter:
        assert OURS.read(plain[:place] + letter + plain[place + 1 :]) is None


@given(st.text(max_size=120))
def test_whatever_is_typed_gets_an_answer(typed: str) -> None:
    assert OURS.read(typed) is None


def test_a_copied_reference_shows_as_anothers() -> None:
    made = OURS.make(day=date(2026, 11, 30), kind=MailKind.NOTICE, email="a@example.org", message_id="<1@x>")
    others = [OURS.read(made, email=f"{name}@example.org") for name in "bcdefghij"]
    assert [found.went_to for found in others if found] == [False] * 9


def test_its_letters_are_not_taken_for_one_another_and_make_no_number_of_a_letter() -> None:
    assert not set("B8I1O0S5Z2") & set(ALPHABET)


def test_kinds_are_read_from_what_a_message_is_for() -> None:
    assert [
        kind_of(each) for each in ("reminder-2", "consent-code", "verdict-refused", "notice-failed", "x")
    ] == [
        MailKind.REMINDER,
        MailKind.CONSENT,
        MailKind.IDENTITY,
        MailKind.NOTICE_FAILED,
        MailKind.OTHER,
    ]


def test_it_stands_at_the_foot_of_text_and_html_and_leaves_the_rest_alone() -> None:
    inner = MemoryCourier()
    courier = ReferringCourier(inner, OURS, clock=now, page="https://x.example/authenticity")
    message = EmailMessage()
    message["To"], message["Message-ID"] = "a@example.org", "<abc.notice@x.example>"
    message.set_content("Bonjour é\n")
    message.add_alternative("<html><body><div>Bonjour</div></body></html>", subtype="html")
    message.add_attachment(b"%PDF-", maintype="application", subtype="pdf", filename="a.pdf")
    message["Content-Language"] = "fr"
    courier.send(message)
    courier.send(message)
    first, again = inner.messages
    for sent in (first, again):
        words = [str(part.get_content()) for part in sent.walk() if part.get_content_maintype() == "text"]
        assert [each.count("https://x.example/authenticity") for each in words] == [1, 1]
    assert "authenticity" not in message.as_string()
    assert first["Content-Language"] == "fr"
    text = inner.text_of()
    assert text.startswith("Bonjour é")
    reference = text.split("Référence de ce message : ")[1].split(".")[0]
    found = OURS.read(reference, email="a@example.org")
    assert found is not None
    assert (found.kind, found.went_to) == (MailKind.NOTICE, True)
    (attached,) = first.iter_attachments()
    assert attached.get_content() == b"%PDF-"
