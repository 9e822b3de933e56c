"""What carriers say: over HTTP, by file, twice, too late and against themselves; and what is missing."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lre_kit.law.carrier_codes import TABLES, CarrierStatus, status_of
from lre_kit.letters.commands import PaperOutcome
from lre_kit.letters.phases import Phase
from lre_kit.office import PostOffice
from lre_kit.postroom.batches import TRACK
from lre_kit.postroom.errors import CarrierFileError, TrackingError
from lre_kit.postroom.items import item_by_number
from lre_kit.postroom.suivi import SuiviTracker
from lre_kit.postroom.values import CarrierNews
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.office import throwaway_office
from lre_kit.testing.post import deposit_on_paper, posted
from lre_kit.testing.print_server import TOKEN, PrintServer, print_server


@pytest.fixture
def server() -> Iterator[PrintServer]:
    with print_server() as made:
        yield made


@pytest.fixture
def office(tmp_path: Path, database_url: str, server: PrintServer) -> Iterator[PostOffice]:
    with throwaway_office(
        tmp_path / "o",
        clock=MovedClock(),
        database_url=database_url,
        post_provider="spool",
        post_tracking_url=server.url,
        post_tracking_key=TOKEN,
    ) as made:
        made.post.numbers.add("RK", "FR", 100, 199)
        yield made


def wait(office: PostOffice, **span: float) -> None:
    clock = office.clock
    assert isinstance(clock, MovedClock)
    clock.advance(timedelta(**span))
    office.run_until_idle()


def test_news_is_asked_for_until_the_end(office: PostOffice, server: PrintServer) -> None:
    letter = deposit_on_paper(office)
    item = posted(office, letter)
    wait(office, hours=7)
    assert office.reading.by_id(letter.id).phase is Phase.RELAYED
    server.shipments[item.item_number or ""] = [
        {"code": "AG1", "label": "à retirer", "date": "2026-11-24T10:00:00+01:00"},
        {"code": "PC1", "label": "pris en charge", "date": "2026-11-23T18:00:00+01:00"},
    ]
    wait(office, hours=7)
    assert office.reading.by_id(letter.id).phase is Phase.NOTICE_LEFT
    server.failing = True
    wait(office, hours=7)
    server.failing = False
    server.shipments[item.item_number or ""].insert(
        0, {"code": "DI1", "label": "distribué", "date": "2026-11-25T10:00:00+01:00"}
    )
    wait(office, hours=7)
    ended = office.reading.by_id(letter.id)
    assert ended.phase is Phase.DELIVERED_ON_PAPER
    (leg,) = office.post.legs(letter.id)
    assert [news.raw_code for news, _ in leg.news] == ["PC1", "AG1", "DI1"]
    version = ended.version
    wait(office, days=3)
    assert office.reading.by_id(letter.id).version == version
    assert not [duty for duty in office.agenda.claim(limit=99, lease=timedelta(1)) if duty.action == TRACK]


def test_an_answer_about_another_item_or_in_another_form_is_refused(server: PrintServer) -> None:
    """F12.09: an answer that is not about the item asked for."""
    tracker = SuiviTracker(server.url, key=TOKEN, timeout_s=5)
    assert tracker.news("RK000001006FR") == ()
    with pytest.raises(TrackingError, match="401"):
        SuiviTracker(server.url, key="no", timeout_s=5).news("X")
    server.shipments["X"] = [{"label": "no code"}]
    with pytest.raises(TrackingError, match="form"):
        tracker.news("X")


def test_a_file_is_taken_line_by_line_and_taken_twice_it_changes_nothing(office: PostOffice) -> None:
    """F12.09: the same file again counts once."""
    first, second = (posted(office, deposit_on_paper(office)) for _ in range(2))
    file = (
        "Numéro;Code;Date;Libellé\r\n"
        f"{first.item_number};LP09;24/11/2026 10:00;Absent\r\n"
        f"{first.item_number};LP22;2026-11-25T09:00:00+01:00;Refusé\r\n"
        f"{first.item_number};LP15;26/11/2026;Distribué\r\n"
        f"{second.item_number};LP19;26/11/2026;Délai expiré\r\n"
        f"{second.item_number};LP99;26/11/2026;?\r\n"
        "RK999999999FR;LP15;26/11/2026;\r\n"
        "=cmd();LP15;26/11/2026;\r\n"
        f"{second.item_number};;26/11/2026;\r\n"
        f"{second.item_number};LP15;31/02/2026;\r\n"
    ).encode("cp1252")
    found = office.post.import_file(file, source="maileva")
    assert [(report.line, report.result) for report in found] == [
        (2, "recorded"),
        (3, "recorded"),
        (4, "contradicts"),
        (5, "recorded"),
        (6, "unknown_code"),
        (7, "unknown_number"),
        (8, "unknown_number"),
        (9, "bad_line"),
        (10, "bad_line"),
    ]
    again = office.post.import_file(file, source="maileva")
    assert {report.result for report in again[:5]} == {"known"}
    assert office.reading.by_id(first.letter_id).phase is Phase.REFUSED_ON_PAPER
    assert office.reading.by_id(second.letter_id).phase is Phase.UNCLAIMED_ON_PAPER


@pytest.mark.parametrize(
    "content", [b"", b"a,b\n1,2\n", b"code,code,item\n", b"\xff\xfe\x00", b"item_number\n1\n"]
)
def test_a_file_without_a_head_line_is_refused_whole(office: PostOffice, content: bytes) -> None:
    with pytest.raises(CarrierFileError):
        office.post.import_file(content, source="suivi")


def test_news_that_comes_late_changes_nothing(office: PostOffice) -> None:
    """F12.08: a status that goes back."""
    letter = deposit_on_paper(office)
    item = posted(office, letter)
    take = office.post.tracking.take
    assert take(item, CarrierNews(source="maileva", raw_code="LP15")).value == "recorded"
    item = item_by_number(office.database, item.item_number or "")
    assert take(item, CarrierNews(source="maileva", raw_code="LP09")).value == "late"
    assert take(item, CarrierNews(source="pnd", raw_code="N05")).value == "contradicts"
    assert office.reading.by_id(letter.id).phase is Phase.DELIVERED_ON_PAPER


def test_what_has_no_end_after_forty_days_is_missing(office: PostOffice) -> None:
    """F12.08: no news for forty days."""
    lost, found = (posted(office, deposit_on_paper(office)) for _ in range(2))
    office.post.tracking.take(found, CarrierNews(source="suivi", raw_code="DI1"))
    wait(office, days=39)
    assert not office.post.reconciling.report().missing
    wait(office, days=2)
    report = office.post.reconciling.report()
    assert [item.id for item in report.missing] == [lost.id]
    assert (report.delivered, report.under_way) == (1, 0)
    assert report.missing[0].missing_at is not None
    # It was found after all: late news is news.
    office.post.tracking.take(report.missing[0], CarrierNews(source="suivi", raw_code="DI1"))
    assert not office.post.reconciling.report().missing


@given(source=st.sampled_from([*TABLES, "other"]), code=st.text(max_size=12))
def test_any_code_says_something_and_only_known_outcomes_are_told(source: str, code: str) -> None:
    """F12.08: unknown codes are kept raw and tell no end."""
    outcome = status_of(source, code).outcome
    assert outcome is None or PaperOutcome(outcome)


def test_suivi_never_tells_a_legal_outcome_of_a_return() -> None:
    said = {status_of("suivi", code).outcome for code in TABLES["suivi"]}
    assert said == {None, "delivered", "notice_left", "returned"}


@pytest.mark.parametrize(
    ("source", "code", "outcome"),
    [
        ("maileva", "LP19", "unclaimed"),
        ("maileva", "RENATT", "unclaimed"),
        ("maileva", "LP20", "unknown_at_address"),
        ("maileva", "rendia", "unknown_at_address"),
        ("maileva", "LP22", "refused"),
        ("maileva", "LP17", "returned"),
        ("maileva", "LP25", None),
        ("pnd", "N02", "unknown_at_address"),
        ("pnd", "N03", "unclaimed"),
        ("pnd", "N05", "refused"),
        ("pnd", "N07", "undeliverable"),
        ("suivi", "RE1", "returned"),
        ("suivi", "ND1", None),
        ("suivi", "DI2", "returned"),
    ],
)
def test_codes_are_read_by_their_tables(source: str, code: str, outcome: str | None) -> None:
    assert status_of(source, code).outcome == outcome


def test_every_status_has_words() -> None:
    assert all(status.french and status.english for status in CarrierStatus)
