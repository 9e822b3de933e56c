"""Lines of the log: what they are about, and what they never hold."""

import io
import json
import logging
import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lre_kit.errors import InputError
from lre_kit.observing.context import ContextFilter, bind, binding, bound
from lre_kit.observing.logs import ROOTS, SafeFormatter, set_up, structlog_logger
from lre_kit.observing.redaction import redacted, trace_of

log = logging.getLogger("lre_kit.test")


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    stream, before = io.StringIO(), {root: logging.getLogger(root).level for root in ROOTS}
    set_up("json", stream=stream)
    yield stream
    for root, level in before.items():
        logger = logging.getLogger(root)
        logger.handlers = [each for each in logger.handlers if each.get_name() != "lre"]
        logger.setLevel(level)
        logger.propagate = True


def last(stream: io.StringIO) -> dict[str, object]:
    told: dict[str, object] = json.loads(stream.getvalue().splitlines()[-1])
    return told


def test_a_line_says_what_it_is_about_and_forgets_it_after(lines: io.StringIO) -> None:
    with binding(request_id="r1"):
        bind(letter_id="l1")
        log.info("kept")
        assert last(lines) | {"at": ""} == {
            "at": "", "level": "info", "logger": "lre_kit.test", "event": "kept",
            "request_id": "r1", "letter_id": "l1",
        }  # fmt: skip
    log.info("after")
    assert "letter_id" not in last(lines)
    assert bound() == {}


def test_threads_do_not_mix_what_they_are_about() -> None:
    seen: dict[str, str] = {}
    barrier = threading.Barrier(2)

    def work(name: str) -> None:
        with binding(request_id=name):
            barrier.wait()
            seen[name] = bound()["request_id"]

    threads = [threading.Thread(target=work, args=(name,)) for name in ("a", "b")]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert seen == {"a": "a", "b": "b"}


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("to jean.dupont+x@exämple.fr now", "to [address] now"),
        ("GET /post/r/IjAxOTliYzRl.Zm9vYmFy-_0123", "GET /post/r/[token]"),
        ("/account/reset/IjAxOTliYzRlZm9vYmFy", "/account/reset/[token]"),
        ("Authorization: Bearer abcdefgh.ijkl", "Authorization: Bearer [token]"),
        ("key lre_live_8s7df6g5h4", "key [key]"),
        ("whsec_MfKQ9r8GKYqrTwjU", "[key]"),
        ("postgresql://anne:secret@db/x", "postgresql://[account]@db/x"),
        ("code K7QM-4ZXP", "code [code]"),
        ("code 123456.", "code [code]."),
        ("at 2026-11-30T06:12:13.123456Z, 3 of 500", "at 2026-11-30T06:12:13.123456Z, 3 of 500"),
        ("duty 0199bc4e7f0a failed: store-unavailable", "duty 0199bc4e7f0a failed: store-unavailable"),
        ("a\r\nFAKE line\x1b[31m", "a  FAKE line [31m"),
    ],
)
def test_forms_that_are_known_are_taken_out_and_others_stay(said: str, left: str) -> None:
    assert redacted(said) == left


@given(
    st.from_regex(r"[a-z0-9._%+-]{1,20}@[a-z0-9-]{1,12}\.[a-z]{2,6}", fullmatch=True), st.text(max_size=20)
)
def test_no_address_gets_through_whatever_stands_around_it(address: str, around: str) -> None:
    assert address not in redacted(f"{around} {address} {around}")


def test_a_foreign_errors_words_stay_out_and_its_way_is_told(lines: io.StringIO) -> None:
    try:
        try:
            raise KeyError("Hélène Faÿ")
        except KeyError as cause:
            raise InputError("The file of anne@example.org cannot be read.", mend="Send it again.") from cause
    except InputError as error:
        log.exception("failed for %s", error)
        told = last(lines)
        trace = trace_of(error, error.__traceback__)
    assert told["event"] == "failed for %s"
    assert told["trace"] == trace
    assert trace[-2:] == [
        "InputError [invalid-input]: The file of [address] cannot be read.",
        "after KeyError",
    ]
    assert "Hélène" not in lines.getvalue()
    assert "Send it" not in lines.getvalue()


def test_a_host_that_logs_by_its_own_means_gets_the_facts_too() -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(ContextFilter())
    handler.setFormatter(logging.Formatter("%(lre_letter_id)s %(message)s"))
    own = logging.getLogger("host")
    own.addHandler(handler)
    with binding(letter_id="l1"):
        own.warning("kept")
    own.removeHandler(handler)
    assert stream.getvalue() == "l1 kept\n"


def test_the_kit_configures_nothing_by_itself() -> None:
    assert all(logging.getLogger(root).propagate for root in ROOTS)
    assert not any(each.get_name() == "lre" for root in ROOTS for each in logging.getLogger(root).handlers)


def test_people_read_one_line_with_the_trace_below(lines: io.StringIO) -> None:
    del lines
    record = log.makeRecord(log.name, logging.WARNING, "f", 1, "late: %s", ("x@y.example",), None)
    with binding(request_id="r1"):
        line = SafeFormatter("console").format(record)
    assert "late: [address]" in line
    assert line.endswith("request_id=r1")


def test_lines_of_structlog_take_the_same_way_out(lines: io.StringIO) -> None:
    pytest.importorskip("structlog")
    with binding(letter_id="l1"):
        structlog_logger("lre_kit.test").bind(to="jean@example.net").info("kept", code="K7QM-4ZXP")
    told = last(lines)
    assert (told["event"], told["to"], told["code"], told["letter_id"]) == (
        "kept",
        "[address]",
        "[code]",
        "l1",
    )
