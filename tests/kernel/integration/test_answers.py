"""Kept answers, on both databases: one claim at a time, however many ask at once."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from lre_kit.integration.answers import (
    CLAIM,
    KEPT,
    Answers,
    Claim,
    IdempotencyReusedError,
    InProgressError,
    Kept,
)
from lre_kit.store.agenda import LeaseLostError
from lre_kit.store.database import Database
from lre_kit.testing.clock import MovedClock

ANSWER = Kept(status=201, headers={"ETag": '"x"'}, body=b'{"a": 1}')


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def answers(database: Database, clock: MovedClock) -> Answers:
    return Answers(database, clock=clock)


def claimed(answers: Answers, fingerprint: str = "f") -> Claim:
    found = answers.begin("me", "key", fingerprint)
    assert isinstance(found, Claim)
    return found


def test_of_many_at_once_one_goes_on_and_the_others_wait(answers: Answers) -> None:
    outcomes: list[type] = []
    start = threading.Barrier(8)

    def ask() -> None:
        start.wait()
        try:
            outcomes.append(type(answers.begin("me", "key", "f")))
        except InProgressError as error:
            outcomes.append(type(error))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(kind.__name__ for kind in outcomes) == ["Claim", *["InProgressError"] * 7]


def test_what_was_answered_is_given_again_until_it_is_forgotten(answers: Answers, clock: MovedClock) -> None:
    answers.keep(claimed(answers), ANSWER)
    assert answers.begin("me", "key", "f") == ANSWER
    assert answers.purge() == 0
    clock.advance(KEPT + timedelta(seconds=1))
    assert isinstance(answers.begin("me", "key", "f"), Claim), "even where the purge has not come by"
    clock.advance(KEPT + timedelta(seconds=1))
    assert answers.purge() == 1


def test_another_request_is_refused_before_anything_else_is_looked_at(answers: Answers) -> None:
    claim = claimed(answers)
    with pytest.raises(IdempotencyReusedError):
        answers.begin("me", "key", "other")
    answers.keep(claim, ANSWER)
    with pytest.raises(IdempotencyReusedError):
        answers.begin("me", "key", "other")
    assert isinstance(answers.begin("you", "key", "other"), Claim)


@pytest.mark.parametrize("act", [Answers.drop, Answers.release])
def test_what_was_let_go_may_come_again_at_once(
    answers: Answers, act: Callable[[Answers, Claim], None]
) -> None:
    act(answers, claimed(answers))
    claimed(answers)


def test_a_mark_in_the_acts_transaction_outlives_the_claim(
    answers: Answers, database: Database, clock: MovedClock
) -> None:
    first = claimed(answers)
    with database.write() as uow:
        answers.done(uow, first, "AAAA")
        uow.commit()
    answers.drop(first)
    clock.advance(CLAIM)
    assert claimed(answers).subject == "AAAA", "what was done is not dropped"


def test_a_claim_that_was_taken_over_marks_and_keeps_nothing(
    answers: Answers, database: Database, clock: MovedClock
) -> None:
    first = claimed(answers)
    clock.advance(CLAIM)
    second = claimed(answers)
    with database.write() as uow, pytest.raises(LeaseLostError):
        answers.done(uow, first, "AAAA")
    answers.keep(first, ANSWER)
    answers.drop(first)
    with pytest.raises(InProgressError):
        answers.begin("me", "key", "f")
    answers.keep(second, ANSWER)
    assert answers.begin("me", "key", "f") == ANSWER
