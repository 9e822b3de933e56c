"""Delivery reports as mail servers write them (F3.07, F3.08): a corpus, and laws for any bytes."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lre_kit.carriers.delivery_reports import WORDS_MAX_CHARS, ReportKind, read_report
from lre_kit.carriers.return_paths import LOCAL_MAX_CHARS, Returned, ReturnPaths

CORPUS = Path(__file__).parents[2] / "vectors" / "bounces"
EXPECTED: dict[str, dict[str, str]] = json.loads((CORPUS / "expected.json").read_text(encoding="utf-8"))
ADDRESS = "bounces+token@notices.example"


def test_the_corpus_is_whole() -> None:
    assert {path.stem for path in CORPUS.glob("*.eml")} == set(EXPECTED)
    assert len(EXPECTED) >= 60


@pytest.mark.parametrize("name", EXPECTED)
def test_a_report_of_the_corpus_is_read_as_it_is_meant(name: str) -> None:
    report = read_report((CORPUS / f"{name}.eml").read_bytes())
    assert (report.kind.value, report.status) == (EXPECTED[name]["kind"], EXPECTED[name]["status"])
    assert "@" not in report.words
    assert report.words.isprintable()
    if report.kind is not ReportKind.UNREADABLE:
        assert ADDRESS in report.addresses
    assert (
        read_report((CORPUS / f"{name}.eml").read_bytes(), to="a+b@c.example").addresses[0] == "a+b@c.example"
    )


@given(st.sampled_from(sorted(EXPECTED)), st.data())
def test_whatever_is_done_to_a_report_it_is_read_or_not_and_nothing_fails(
    name: str, data: st.DataObject
) -> None:
    raw = bytearray((CORPUS / f"{name}.eml").read_bytes() or b" ")
    for _ in range(data.draw(st.integers(1, 8))):
        place = data.draw(st.integers(0, len(raw) - 1))
        raw[place : place + data.draw(st.integers(0, 30))] = data.draw(st.binary(max_size=30))
        if not raw:
            break
    report = read_report(bytes(raw))
    assert len(report.words) <= WORDS_MAX_CHARS
    assert not report.words or report.words.isprintable()


@given(st.binary(max_size=2000))
def test_any_bytes_are_read(raw: bytes) -> None:
    assert read_report(raw).kind in ReportKind


@given(st.binary(min_size=16, max_size=16), st.integers(1, 1000), st.booleans())
def test_a_return_path_says_what_it_was_made_of_and_to_no_other_office(
    letter: bytes, notice: int, reminder: bool
) -> None:
    paths, others = (ReturnPaths(secret, "bounces@notices.example") for secret in (b"a" * 32, b"b" * 32))
    made = paths.address(letter.hex(), notice, reminder=reminder)
    assert made is not None
    assert len(made.rpartition("@")[0]) <= 64
    said = Returned(letter_id=letter.hex(), notice=notice, reminder=reminder)
    assert paths.read(made) == said
    assert paths.read(f"<{made.upper()}>") == said, "mail servers may change the case"
    assert others.read(made) is None


@given(st.text(max_size=80))
def test_no_other_address_is_a_return_path(text: str) -> None:
    paths = ReturnPaths(b"a" * 32, "bounces@notices.example")
    assert paths.read(text) is None
    assert paths.read(f"bounces+{text}@notices.example") is None


@given(st.integers(0, 47), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_a_return_path_with_one_letter_changed_is_none(place: int, letter: str) -> None:
    paths = ReturnPaths(b"a" * 32, "bounces@notices.example")
    made = paths.address("00" * 16, 1)
    assert made is not None
    local, _, domain = made.partition("@")
    token = local.removeprefix("bounces+")
    changed = token[:place] + letter + token[place + 1 :]
    assert (paths.read(f"bounces+{changed}@{domain}") is None) is (changed != token)


def test_without_an_address_for_reports_the_envelope_stays_as_it_was() -> None:
    assert ReturnPaths(b"a" * 32, "").address("00" * 16, 1) is None
    assert len("x" * LOCAL_MAX_CHARS) == 15
