"""The run of letters the console keeps: always sorted, without a hole, without a double."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from lre_kit.letters.phases import Phase
from lre_kit.letters.word_streams import Cursor
from lre_tui.lines import Line
from lre_tui.listing import Listing

START = datetime(2026, 1, 5, tzinfo=UTC)


def letter(number: int, phase: Phase = Phase.DEPOSITED) -> Line:
    """Return a letter; the higher its number, the newer it is, ten at one instant."""
    at = START + timedelta(seconds=number // 10)
    return Line(f"{number:06}", (at, f"{number:06}"), {"phase": phase.value})


def numbers(listing: Listing) -> list[int]:
    return [int(line.id) for line in listing.lines]


def page_of(stored: list[Line], before: Cursor | None, limit: int) -> list[Line]:
    newest_first = sorted(stored, key=lambda x: x.cursor, reverse=True)
    if before is not None:
        newest_first = [x for x in newest_first if x.cursor < before]
    return newest_first[:limit]


MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("arrive"), st.lists(st.integers(0, 400), max_size=30)),
        st.tuples(st.just("head"), st.integers(1, 20)),
        st.tuples(st.just("more"), st.integers(1, 20)),
        st.tuples(st.just("screen"), st.integers(0, 60)),
        st.tuples(st.just("change"), st.integers(0, 400)),
    ),
    max_size=40,
)


@given(MOVES)
def test_whatever_arrives_and_is_read_the_run_is_sorted_single_and_in_the_end_complete(
    moves: list[tuple[str, int | list[int]]],
) -> None:
    stored = {n: letter(n) for n in range(100, 130)}
    listing = Listing()

    def read(before: Cursor | None, limit: int) -> None:
        listing.put(page_of(list(stored.values()), before, limit), before=before, limit=limit)
        keys = [x.cursor for x in listing.lines]
        assert keys == sorted(set(keys), reverse=True)
        assert all(listing.place_of(x.id) == place for place, x in enumerate(listing.lines))

    for move, what in moves:
        if isinstance(what, list):
            stored |= {n: letter(n) for n in what if n not in stored}
        elif move == "change" and what in stored:
            stored[what] = letter(what, Phase.REFUSED)
        elif move == "head":
            read(None, what)
        elif move == "more":
            read(listing.cursor_before(len(listing)), what)
        elif move == "screen":
            read(listing.cursor_before(min(what, len(listing))), 10)
    listing.is_complete = False
    read(None, 1000)
    assert listing.is_complete
    assert listing.lines == page_of(list(stored.values()), None, 1000)


def test_letters_that_arrive_go_on_top_and_leave_the_others_where_they_were() -> None:
    listing = Listing()
    listing.put([letter(n) for n in (50, 40, 30)], before=None, limit=3)
    listing.put([letter(n) for n in (60, 50, 40)], before=None, limit=3)
    assert numbers(listing) == [60, 50, 40, 30]
    assert not listing.is_complete


def test_a_flood_of_letters_begins_the_run_anew() -> None:
    listing = Listing()
    listing.put([letter(n) for n in (50, 40, 30)], before=None, limit=3)
    listing.put([letter(n) for n in (90, 80, 70)], before=None, limit=3)
    assert numbers(listing) == [90, 80, 70]


def test_a_page_that_no_longer_touches_the_run_is_left_out() -> None:
    listing = Listing()
    listing.put([letter(50)], before=None, limit=1)
    listing.put([letter(3)], before=(START, "000004"), limit=1)
    assert numbers(listing) == [50]


def test_a_changed_state_replaces_the_old_one() -> None:
    listing = Listing()
    listing.put([letter(50), letter(40)], before=None, limit=5)
    listing.put([letter(50, Phase.RECEIVED), letter(40)], before=None, limit=5)
    assert listing.lines[0].cells["phase"] == Phase.RECEIVED.value
    assert listing.is_complete
