"""A sender's letters are found by what people remember of them, by indexes alone, however many there are."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, insert, text

from lre_kit.law.products import Product
from lre_kit.letters import reading as reading_module
from lre_kit.letters import word_streams
from lre_kit.letters.finding import FINAL, TROUBLED, UNDER_WAY, Finding, Look
from lre_kit.letters.finding_rows import LetterWordRow
from lre_kit.letters.phases import Phase
from lre_kit.letters.reading import Reading
from lre_kit.letters.rows import LetterRow
from lre_kit.letters.words import WORD_MAX_CHARS, asked, cut, words_of
from lre_kit.parties.values import Recipient
from lre_kit.store.database import Database
from lre_kit.store.inserts import table_of
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.office import SENDER, deposit_sample, throwaway_office

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
NAMES = ("Jean Dupont", "Aïcha Benmoussa-Lefèvre", "SCI Les Tilleuls", "Duplantier & fils")
LETTERS = 6000


def fill(database: Database, count: int, ref: str = "me") -> None:
    """Write `count` letters of one sender, an hour apart, as their projections are kept."""
    letters: list[dict[str, Any]] = []
    words: list[dict[str, Any]] = []
    phases = [Phase.NOTIFIED, Phase.RECEIVED, Phase.UNCLAIMED, Phase.NOTIFICATION_FAILED]
    for place in range(count):
        at, number = BEGIN + timedelta(hours=place), f"{ref}{place:08d}"
        name, subject = NAMES[place % len(NAMES)], "bail" if place % 97 == 0 else "congé"
        letter_id = f"{ref:0>8}{place:024d}"
        letters.append(
            {
                "id": letter_id,
                "number": number,
                "product": "qualified" if place % 500 == 0 else "simple",
                "phase": phases[place % 4].value,
                "version": 1,
                "language": "fr",
                "sender_ref": ref,
                "sender_name": "",
                "sender_email": "",
                "recipient_name": name,
                "recipient_email": "x@example.net",
                "subject": subject,
                "requirements": {},
                "claim": "non_qualified",
                "key_id": "",
                "request_digest": "",
                "notices": 1,
                "deposited_at": at,
                "window_closes_at": at + timedelta(days=15),
                "reference": "",
            }
        )
        for word in words_of(number=number, texts=(name, "x@example.net", subject)):
            words.append({"sender_ref": ref, "word": word, "deposited_at": at, "letter_id": letter_id})
    with database.write() as uow:
        uow.execute(insert(table_of(LetterRow)), letters)
        uow.execute(insert(table_of(LetterWordRow)), words)
        uow.commit()


@contextmanager
def statements(database: Database) -> Iterator[list[tuple[str, Any]]]:
    """Collect what is sent to the database."""
    seen: list[tuple[str, Any]] = []

    def see(_c: Any, _cursor: Any, statement: str, parameters: Any, _x: Any, _many: Any) -> None:
        seen.append((statement, parameters))

    engine = database.engine
    event.listen(engine, "before_cursor_execute", see)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", see)


LOOKS = {
    "all": Look(),
    "a state": Look(phases=frozenset({Phase.RECEIVED})),
    "a tab": Look(phases=UNDER_WAY | FINAL),
    "a word": Look(text="congé"),
    "a beginning": Look(text="dup"),
    "two words": Look(text="bail tilleuls"),
    "a word in a state": Look(text="jean", phases=TROUBLED),
    "a kind": Look(product=Product.QUALIFIED),
    "days": Look(since=BEGIN + timedelta(days=20), until=BEGIN + timedelta(days=30)),
    "a number": Look(text="me00000042"),
    "nothing like it": Look(text="zebra"),
}


WHOLE = re.compile(r"SCAN (letter|letter_word|l)\b|Seq Scan on (letter|letter_word)\b")


def test_no_question_reads_a_whole_table(database: Database) -> None:
    """The statements themselves are explained, on a database that knows how large its tables are."""
    fill(database, LETTERS)
    fill(database, 200, ref="other")
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    finding, now = Finding(database), BEGIN + timedelta(hours=LETTERS)
    with statements(database) as seen:
        for look in LOOKS.values():
            page = finding.page("me", look)
            if page.more:
                finding.page("me", look, before=page.more)
        finding.counts("me", closing_until=now)
        finding.closing("me", until=now)
    selects = [(sql, values) for sql, values in seen if "letter" in sql]
    assert len(selects) > len(LOOKS)
    explain = "EXPLAIN QUERY PLAN" if database.kind == "sqlite" else "EXPLAIN"
    with database.engine.connect() as connection:
        for sql, values in selects:
            plan = "\n".join(str(row[-1]) for row in connection.exec_driver_sql(f"{explain} {sql}", values))
            assert not WHOLE.search(plan), f"{sql}\n{plan}"


def test_every_page_together_is_what_a_look_at_each_letter_gives(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the bound of a stream is met again and again."""
    monkeypatch.setattr(word_streams, "CANDIDATES", 40)
    fill(database, 700)
    finding = Finding(database)
    with database.read() as connection:
        rows = connection.execute(table_of(LetterRow).select()).all()
    rows.sort(key=lambda row: (row.deposited_at, row.id), reverse=True)
    for name, look in LOOKS.items():
        wanted = [row.number for row in rows if _answers(row, look)]
        found = [one.number for one in finding.each("me", look, most=10_000)]
        assert found == wanted, name


def _answers(row: Any, look: Look) -> bool:
    words = words_of(number=row.number, texts=(row.recipient_name, row.recipient_email, row.subject))
    return (
        all(any(word.startswith(one) for word in words) for one in asked(look.text))
        and (not look.phases or row.phase in look.phases)
        and look.product in {None, row.product}
        and (look.since is None or row.deposited_at >= look.since)
        and (look.until is None or row.deposited_at < look.until)
    )


def test_counts_are_exact_up_to_their_bound(database: Database) -> None:
    fill(database, 4400)
    fill(database, 9, ref="small")
    finding = Finding(database)
    until = BEGIN + timedelta(days=15, hours=5)
    for ref, wanted in (("small", (2, 3, 4, 2)), ("me", (1000, 1000, 1000, 2)), ("nobody", (0, 0, 0, 0))):
        found = finding.counts(ref, closing_until=until)
        assert found == dict(zip(("attention", "under_way", "finished", "closing"), wanted, strict=True))
        assert found["closing"] == len(finding.closing(ref, until=until))


def test_a_beginning_of_too_many_words_says_so(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word_streams, "BEGINNINGS", 5)
    fill(database, 20)
    assert Finding(database).page("me", Look(text="me")).is_too_short
    assert not Finding(database).page("me", Look(text="jean")).is_too_short


def test_a_corrected_address_is_found_and_the_old_one_is_not(tmp_path: Path) -> None:
    with throwaway_office(tmp_path / "office", clock=MovedClock()) as office:
        wrong = Recipient(name="Zoé", email="zoe@wrong.example")
        letter = deposit_sample(office, recipient=wrong, reference="2026-7")
        for words in ("ZOE", "zoé wrong", letter.number, letter.number.replace("-", ""), "2026-7 résil"):
            assert [one.number for one in office.finding.page(SENDER.ref, Look(text=words)).letters] == [
                letter.number
            ], words
        office.desk.correct_address(letter.id, "zoe@right.example", actor={"role": "sender"})
        assert office.finding.page(SENDER.ref, Look(text="right")).letters
        assert not office.finding.page(SENDER.ref, Look(text="wrong")).letters
        assert not office.finding.page("somebody-else", Look(text="zoe")).letters


@given(st.text(max_size=200))
def test_words_are_plain_short_and_stay_what_they_are(given_text: str) -> None:
    for word in cut(given_text):
        assert 0 < len(word) <= WORD_MAX_CHARS
        assert word.isalnum()
    assert set(asked(given_text)) <= set(cut(given_text))


TYPED = (
    "jean",
    "dup",
    "bail tilleuls",
    "me00000042",
    "other0",
    "zebra",
    "jean state:received",
    "me",
    "x@example",
)


@pytest.mark.parametrize("range_max", [50_000, 3])
def test_operators_find_letters_of_everybody_by_the_same_words(
    database: Database, monkeypatch: pytest.MonkeyPatch, range_max: int
) -> None:
    """Page by page, where bounds are met again and again, and where too many words begin alike."""
    monkeypatch.setattr(word_streams, "CANDIDATES", 40)
    monkeypatch.setattr(word_streams, "RANGE_MAX", range_max)
    monkeypatch.setattr(reading_module, "CANDIDATES", 40)
    fill(database, 500)
    fill(database, 300, ref="other")
    reading = Reading(database)
    with database.read() as connection:
        rows = connection.execute(table_of(LetterRow).select()).all()
    rows.sort(key=lambda row: (row.deposited_at, row.id), reverse=True)
    for typed in TYPED:
        words, _, state = typed.partition(" state:")
        look = Look(text=words, phases=frozenset({Phase(state)} if state else ()))
        found: list[str] = []
        before = None
        while page := reading.all_letters(text=typed, before=before, limit=30):
            found += [one.number for one in page]
            before = page[-1].deposited_at, page[-1].id
        assert found == [row.number for row in rows if _answers(row, look)], typed
        assert reading.count(text=typed) == len(found), typed
    assert reading.all_letters(text="@ -") == []
    assert reading.count(text="@ -") == 0


def test_what_operators_look_for_is_found_by_indexes(database: Database) -> None:
    fill(database, LETTERS)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    with statements(database) as seen:
        for typed in ("jean", "dup", "bail tilleuls", "me00000042", "zebra"):
            Reading(database).all_letters(text=typed)
    explain = "EXPLAIN QUERY PLAN" if database.kind == "sqlite" else "EXPLAIN"
    with database.engine.connect() as connection:
        for sql, values in seen:
            plan = "\n".join(str(row[-1]) for row in connection.exec_driver_sql(f"{explain} {sql}", values))
            assert not WHOLE.search(plan), f"{sql}\n{plan}"


def test_a_senders_own_name_finds_their_letters_for_operators_alone(tmp_path: Path) -> None:
    with throwaway_office(tmp_path / "office", clock=MovedClock()) as office:
        letter = deposit_sample(office)
        for typed in (SENDER.name, SENDER.email, "helene"):
            assert [one.id for one in office.reading.all_letters(text=typed)] == [letter.id]
            assert office.finding.page(SENDER.ref, Look(text=typed)).letters == ()
