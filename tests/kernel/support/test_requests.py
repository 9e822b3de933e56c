"""Requests: kept sealed, answered by real mail, threaded by reference, handed over, forgotten."""

from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from email.utils import make_msgid
from pathlib import Path

import pytest
from sqlalchemy import text

from lre_kit.carriers.mail import SmtpCourier
from lre_kit.errors import InputError, NotFoundError, ThrottledError, UnlawfulActError
from lre_kit.office import PostOffice
from lre_kit.operators.errors import NotAllowedError, OvertakenError
from lre_kit.operators.rules import Act
from lre_kit.operators.values import OperatorSession
from lre_kit.settings import Settings
from lre_kit.subject_access import SubjectAccess
from lre_kit.subject_access_file import readable
from lre_kit.support import desk as support_desk
from lre_kit.support.errors import RequestClosedError, RequestError
from lre_kit.support.values import (
    Asking,
    Direction,
    RequestInfo,
    RequestKind,
    RequestState,
    Side,
    read_reference,
)
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.courier import MemoryCourier
from lre_kit.testing.office import throwaway_office
from lre_kit.testing.operators import signed_in

ScriptedSmtp = pytest.importorskip("lre_kit.testing.smtp").ScriptedSmtp

ASKING = Asking(
    kind=RequestKind.CONTACT,
    side=Side.RECIPIENT,
    name="Zoé Martin",
    email="zoe.martin@example.net",
    text="Je n'arrive pas à ouvrir ma lettre.",
    number="7K3M-9QXA-2PVD-ZC04",
)


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture(params=["sqlite", "postgresql"])
def office(request: pytest.FixtureRequest, tmp_path: Path, clock: MovedClock) -> Iterator[PostOffice]:
    told = {"operator_entrance": "accounts", "support_email": "support@office.example"}
    if request.param == "postgresql":
        told["database_url"] = request.getfixturevalue("postgres_url")
    with throwaway_office(tmp_path / "office", clock=clock, **told) as opened:
        yield opened


def anne(office: PostOffice, clock: MovedClock) -> OperatorSession:
    return signed_in(office, clock, "anne", "clerk")


def courier(office: PostOffice) -> MemoryCourier:
    assert isinstance(office.courier, MemoryCourier)
    return office.courier


def reply(to: EmailMessage, words: str, **headers: str) -> bytes:
    made = EmailMessage()
    made["From"] = headers.pop("From", str(to["To"]))
    made["To"] = "support@office.example"
    made["Subject"] = headers.pop("Subject", f"Re: {to['Subject']}")
    made["Message-ID"] = make_msgid(domain="example.net")
    for name, value in ({"In_Reply_To": str(to["Message-ID"])} | headers).items():
        made[name.replace("_", "-")] = value
    made.set_content(f"{words}\n\n> Bonjour\n> ancien texte\n")
    return made.as_bytes()


def test_a_request_travels_from_the_form_to_its_end(office: PostOffice, clock: MovedClock) -> None:
    info = office.support.receive(ASKING, remote="203.0.113.5")
    assert info.state is RequestState.OPEN
    office.run_until_idle()
    (acknowledged,) = courier(office).messages
    assert info.reference in acknowledged["Subject"]
    assert acknowledged["Reply-To"] == "support@office.example"
    assert "n'arrive pas" not in courier(office).text_of(), "what a stranger typed is never mailed on"

    session, desk = anne(office, clock), office.operators.desk
    desk.act(session, Act.ASSIGN_REQUEST, info.id, facts={"to": "anne"})
    desk.act(session, Act.ANSWER_REQUEST, info.id, facts={"template": "delay"})
    assert office.support.desk.info(info.id).state is RequestState.ANSWERED
    office.run_until_idle()
    answer = courier(office).messages[-1]
    assert answer["References"] == acknowledged["Message-ID"]
    assert "Zoé Martin" in courier(office).text_of()

    assert office.support.mail.take(reply(answer, "Merci, et pour l'étranger ?"))
    found = office.support.desk.show(info.id)
    assert (found.info.state, found.info.assigned_to) == (RequestState.OPEN, "anne")
    assert found.said[-1].text == "Merci, et pour l'étranger ?"
    assert [each.direction for each in found.said] == [Direction.IN, Direction.OUT, Direction.IN]
    assert found.asking.number == ASKING.number

    desk.act(session, Act.CLOSE_REQUEST, info.id)
    with pytest.raises(OvertakenError, match="anne"):
        desk.act(session, Act.CLOSE_REQUEST, info.id)
    with pytest.raises(UnlawfulActError):
        office.support.desk.assign(info.id, to="anne")
    with pytest.raises(RequestClosedError):
        office.support.desk.close(info.id)
    done = [
        entry.act for entry in office.operators.journal.of(f"request:{info.id}") if entry.outcome == "done"
    ]
    assert done == ["request.assign", "request.answer", "request.close"]


def test_nothing_that_people_say_lies_open_in_the_database(office: PostOffice) -> None:
    office.support.receive(ASKING, remote="")
    with office.database.read() as connection:
        for table in ("support_request", "support_message", "agenda", "throttle", "operator_act"):
            rows = str(connection.execute(text(f"SELECT * FROM {table}")).all())
            assert "Zo" not in rows
            assert "zoe.martin" not in rows
            assert "arrive pas" not in rows


def test_a_reply_is_threaded_by_message_id_or_by_reference_from_the_same_address(office: PostOffice) -> None:
    info = office.support.receive(ASKING, remote="")
    office.run_until_idle()
    (sent,) = courier(office).messages
    take = office.support.mail.take
    by_id = reply(sent, "par l'en-tête", Subject="sans rien")
    assert take(by_id)
    assert take(by_id), "the same mail again is known"
    by_reference = reply(sent, "par la référence", In_Reply_To="<other@example.net>")
    assert take(by_reference)
    forged = reply(sent, "moi aussi", In_Reply_To="<x@x.example>", From="eve@evil.example")
    assert not take(forged), "a reference alone opens nothing"
    automatic = reply(sent, "Je suis absente", Auto_Submitted="auto-replied")
    assert take(automatic)
    for broken in (b"", b"\xff\xfe\x00", b"In-Reply-To: " + str(sent["Message-ID"]).encode() + b"\n\n"):
        take(broken)
    said = [each.text for each in office.support.desk.show(info.id).said[1:]]
    assert said[:2] == ["par l'en-tête", "par la référence"]
    assert [each[:15] for each in said[2:]] == ["[Une réponse es"], "what answers without words is told too"


def test_a_reply_opens_a_closed_request_again_until_it_is_forgotten(
    office: PostOffice, clock: MovedClock
) -> None:
    info = office.support.receive(ASKING, remote="")
    office.run_until_idle()
    (sent,) = courier(office).messages
    office.support.desk.close(info.id)
    assert office.support.mail.take(reply(sent, "Encore une chose"))
    assert office.support.desk.info(info.id).state is RequestState.OPEN
    office.support.desk.close(info.id)
    clock.advance(timedelta(days=366))
    office.run_until_idle()
    with pytest.raises(NotFoundError):
        office.support.desk.show(info.id)
    with office.database.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM support_message")).scalar_one() == 0
    assert not office.support.mail.take(reply(sent, "Trop tard"))


def rewritten(to: EmailMessage, *, subtype: str, text: str, **headers: str) -> bytes:
    """Return a reply whose only part is this, with headers that stand before the others."""
    made = EmailMessage()
    made.set_content(text, subtype=subtype)
    lines = {"In-Reply-To": str(to["Message-ID"]), "Message-ID": make_msgid(domain="example.net")} | headers
    return "".join(f"{name}: {value}\n" for name, value in lines.items()).encode() + made.as_bytes()


HTML = """<html><head><title>Re</title><style>p { color: red }</style></head><body>
<p>Oui, <b>toujours</b>&nbsp;rien.<br>Merci&nbsp;!</p><script>alert(1)</script>
<blockquote><p>ancien texte</p></blockquote></body></html>"""


@pytest.mark.parametrize(
    ("subtype", "text", "headers", "shown"),
    [
        ("html", HTML, {}, "Oui, toujours rien.\nMerci !"),
        ("plain", "Vrai\u202e\x07ment\u2028oui", {}, "Vraiment\noui"),
        ("plain", "D'accord\xa0!", {"From": "(" * 3000}, "D'accord !"),
        ("calendar", "BEGIN:VCALENDAR", {}, "[Une réponse est arrivée"),
        ("plain", "> seul l'ancien texte", {}, "[Une réponse est arrivée"),
        ("plain", "Oui", {"Content-Type": "text/plain; charset=x-klingon"}, "Oui"),
    ],
)
def test_no_reply_to_a_request_is_lost_for_how_it_was_written(
    office: PostOffice, subtype: str, text: str, headers: dict[str, str], shown: str
) -> None:
    info = office.support.receive(ASKING, remote="")
    office.run_until_idle()
    (sent,) = courier(office).messages
    office.support.desk.close(info.id)
    assert office.support.mail.take(rewritten(sent, subtype=subtype, text=text, **headers))
    found = office.support.desk.show(info.id)
    assert found.info.state is RequestState.OPEN
    assert found.said[-1].text.startswith(shown)
    assert "ancien texte" not in found.said[-1].text
    assert len(found.said) == 2


def test_a_full_request_still_takes_the_newest_reply_and_opens_again(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(support_desk, "MESSAGES_MAX", 2)
    info = office.support.receive(ASKING, remote="")
    office.run_until_idle()
    (sent,) = courier(office).messages
    for words in ("deux", "trois", "quatre"):
        office.support.desk.close(info.id)
        raw = reply(sent, words)
        assert office.support.mail.take(raw)
        assert office.support.mail.take(raw), "the same mail again is known"
    found = office.support.desk.show(info.id)
    assert (found.info.state, found.info.messages) == (RequestState.OPEN, 3)
    assert [each.text for each in found.said[:2]] == [ASKING.text, "deux"]
    assert found.said[2].text.startswith("[Cette demande est pleine")
    assert found.said[2].text.endswith("quatre")
    office.support.desk.answer(info.id, "Voici.", by="anne")
    assert office.support.mail.take(reply(sent, "cinq"))
    texts = [each.text.splitlines()[-1] for each in office.support.desk.show(info.id).said]
    assert texts == [ASKING.text, "deux", "quatre", "Voici.", "cinq"], "what was answered stays"


def test_who_asks_too_often_waits_and_others_do_not(office: PostOffice) -> None:
    for _ in range(5):
        office.support.receive(ASKING, remote="203.0.113.5")
    with pytest.raises(ThrottledError):
        office.support.receive(ASKING, remote="198.51.100.7")
    other = Asking(
        kind=RequestKind.QUOTE, side=Side.SENDER, name="Ann", email="ann@example.org", text="A quote, please"
    )
    with pytest.raises(ThrottledError):
        office.support.receive(other, remote="203.0.113.5")
    office.support.receive(other, remote="198.51.100.7")
    assert office.support.desk.count() == 6


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("text", " \n ", RequestError),
        ("text", "x" * 5001, RequestError),
        ("text", "a\u202eb", RequestError),
        ("name", "", InputError),
        ("email", "nobody", InputError),
        ("email", "a@example.org\r\nBcc: b@example.org", InputError),
        ("organisation", "y" * 201, InputError),
    ],
)
def test_what_cannot_be_used_is_refused_and_nothing_is_kept(
    office: PostOffice, field: str, value: str, error: type[Exception]
) -> None:
    given = {name: getattr(ASKING, name) for name in Asking.__slots__} | {field: value}
    with pytest.raises(error):
        office.support.receive(Asking(**given), remote="")
    assert office.support.desk.count() == 0


def test_only_clerks_act_on_requests_and_the_list_shows_nothing_of_people(
    office: PostOffice, clock: MovedClock
) -> None:
    info = office.support.receive(ASKING, remote="")
    paul = signed_in(office, clock, "paul", "auditor", "post-room")
    with pytest.raises(NotAllowedError):
        office.operators.desk.act(paul, Act.ANSWER_REQUEST, info.id, facts={"text": "Hello"})
    assert "Zo" not in repr(office.support.desk.page(limit=9))
    assert "Zo" not in repr(office.support.desk.show(info.id))


def test_the_list_goes_by_keyset_and_by_state_and_whose(office: PostOffice) -> None:
    made: list[RequestInfo] = []
    for number in range(5):
        told = Asking(
            kind=RequestKind.CONTACT, side=Side.SENDER, name="A", email=f"a{number}@example.org", text="?"
        )
        made.append(office.support.receive(told, remote=""))
    office.support.desk.close(made[0].id)
    office.support.desk.assign(made[1].id, to="anne")
    page = office.support.desk.page
    first = page(limit=3)
    rest = page(limit=3, before=first[-1].id)
    assert [each.id for each in (*first, *rest)] == [each.id for each in reversed(made)]
    assert [each.id for each in page(limit=9, state=RequestState.CLOSED)] == [made[0].id]
    assert [each.id for each in page(limit=9, assigned_to="anne")] == [made[1].id]
    assert [each.id for each in page(limit=9, text=made[3].reference)] == [made[3].id]
    assert office.support.desk.by_reference(made[2].reference.lower().replace("-", " ")).id == made[2].id
    with pytest.raises(NotFoundError):
        office.support.desk.by_reference("nonsense")


def test_an_answer_leaves_over_real_smtp_once_even_where_the_first_try_broke(tmp_path: Path) -> None:
    with ScriptedSmtp() as smtp:
        told = {"smtp_host": "127.0.0.1", "smtp_port": smtp.port, "smtp_security": "none"}
        clock = MovedClock()
        settings = Settings.model_validate({"home": tmp_path / "office", **told})
        with throwaway_office(
            tmp_path / "office", clock=clock, courier=SmtpCourier(settings), **told
        ) as office:
            info = office.support.receive(ASKING, remote="")
            office.support.desk.answer(info.id, "Voici la réponse.", by="anne")
            office.run_until_idle()
            office.run_until_idle()
            assert len(smtp.messages) == 2
            body = smtp.messages[1].get_body(("plain",))
            assert body is not None
            assert "Voici la réponse." in body.get_content()
            assert office.support.desk.show(info.id).said[-1].sent_at is not None


def test_keys_of_requests_are_wrapped_anew(office: PostOffice) -> None:
    info = office.support.receive(ASKING, remote="")
    assert office.support.keeping.rewrap() == 0
    assert office.support.desk.show(info.id).asking.name == "Zoé Martin"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("k7rw p3xa", "K7RW-P3XA"), ("K7RW-P3XA", "K7RW-P3XA"), ("K7RW-P3X0", None), ("", None), ("K7RW", None)],
)
def test_a_reference_is_read_however_it_is_typed(typed: str, kept: str | None) -> None:
    assert read_reference(typed) == kept


def test_a_person_is_told_all_that_they_asked_and_nobody_else_is(office: PostOffice) -> None:
    info = office.support.receive(ASKING, remote="")
    office.support.desk.answer(info.id, "Voici.", by="anne")
    access = SubjectAccess(office.database, clock=office.clock, requests=office.support.keeping)
    (told,) = access.of(ASKING.email.upper().replace("ZOE.MARTIN", "zoe.martin")).sections["requests"]
    assert [each["text"] for each in told["said"]] == [ASKING.text, "Voici."]
    assert "anne" not in str(told), "operators are named by their role alone"
    assert ASKING.text in readable(access.of(ASKING.email), "fr")
    assert access.of("somebody@example.net").is_empty
