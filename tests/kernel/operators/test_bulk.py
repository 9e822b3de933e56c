"""Acts on many things: the frozen list and no other, the count typed, two people, a job that may die."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from lre_kit.failpoints import arm, disarm
from lre_kit.letters.values import Letter
from lre_kit.office import PostOffice
from lre_kit.operators.bulk import BULK_MAX
from lre_kit.operators.bulk_values import BulkState, digest_of
from lre_kit.operators.errors import NotAllowedError, OperatorInputError, SecondPersonError
from lre_kit.operators.rules import Act, View
from lre_kit.operators.values import OperatorSession, Outcome
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.office import deposit_sample

SignIn = Callable[..., OperatorSession]


def held(office: PostOffice, letter: Letter) -> bool:
    return any(hold.released_at is None for hold in office.desk.holds.of(letter.id))


def letters_of(office: PostOffice, count: int) -> list[Letter]:
    return [deposit_sample(office) for _ in range(count)]


def test_only_what_was_frozen_is_touched_and_each_thing_is_told(office: PostOffice, sign_in: SignIn) -> None:
    """F14.02: what comes in while the operator confirms is not acted upon."""
    anne, letters = sign_in("anne", "clerk"), letters_of(office, 3)
    office.operators.desk.act(anne, Act.HOLD, letters[1].id, reason="Before")
    bulk = office.operators.bulk
    frozen = bulk.freeze(anne, Act.HOLD)
    assert frozen.count == 3
    assert frozen.digest == digest_of([letter.id for letter in reversed(letters)])
    late = deposit_sample(office)
    started = bulk.start(anne, frozen, typed_count=" 3 ", reason="Lawsuit")
    assert started.state is BulkState.RUNNING
    office.run_until_idle()
    ended = bulk.by_id(started.id)
    assert (ended.state, ended.done, ended.skipped, ended.failed) == (BulkState.DONE, 2, 1, 0)
    assert [subject for subject, _, _ in bulk.not_done(started.id)] == [letters[1].id]
    assert all(held(office, letter) for letter in letters)
    assert not held(office, late)
    [entry] = office.operators.journal.of(f"bulk:{started.id}")
    assert (entry.outcome, entry.operator) == (Outcome.DONE, "anne")
    each = office.operators.journal.of(f"letter:{letters[0].id}")
    assert [(e.act, e.operator, e.reason) for e in each] == [("letter.hold", "anne", "Lawsuit")]


def test_a_count_that_is_not_the_lists_starts_nothing(office: PostOffice, sign_in: SignIn) -> None:
    anne, (letter, *_) = sign_in("anne", "clerk"), letters_of(office, 2)
    frozen = office.operators.bulk.freeze(anne, Act.HOLD)
    for typed in ("", "1", "3", "two", "2.0"):
        with pytest.raises(OperatorInputError):
            office.operators.bulk.start(anne, frozen, typed_count=typed, reason="Lawsuit")
    assert office.operators.bulk.count() == 0
    with pytest.raises(OperatorInputError):
        office.operators.bulk.freeze(anne, Act.HOLD, text="nobody at all")
    with pytest.raises(OperatorInputError):
        office.operators.bulk.freeze(anne, Act.CORRECT_ADDRESS)
    assert not held(office, letter)
    assert BULK_MAX >= 1000


def test_many_acts_that_take_two_wait_for_the_second_and_who_proposed_cannot_agree(
    office: PostOffice, sign_in: SignIn
) -> None:
    """F14.03: doing many is no way round the second person."""
    anne, paul, letters = sign_in("anne", "clerk"), sign_in("paul", "auditor"), letters_of(office, 2)
    bulk, desk, two = office.operators.bulk, office.operators.desk, office.operators.two_people
    begun = bulk.start(anne, bulk.freeze(anne, Act.HOLD), typed_count="2", reason="Lawsuit")
    office.run_until_idle()
    assert bulk.by_id(begun.id).done == 2
    asked = bulk.start(anne, bulk.freeze(anne, Act.RELEASE_HOLD), typed_count="2", reason="Over")
    office.run_until_idle()
    assert bulk.by_id(asked.id).state is BulkState.PROPOSED
    assert all(held(office, letter) for letter in letters)
    [waiting] = two.waiting()
    with pytest.raises(SecondPersonError):
        desk.agree(anne, waiting.id)
    desk.agree(paul, waiting.id, reason="Seen")
    office.run_until_idle()
    assert bulk.by_id(asked.id).done == 2
    assert not any(held(office, letter) for letter in letters)
    assert office.operators.journal.of(f"letter:{letters[0].id}")[-1].second == "paul"


def test_a_list_that_was_declined_never_runs(office: PostOffice, sign_in: SignIn) -> None:
    anne, paul, letters = sign_in("anne", "clerk"), sign_in("paul", "clerk"), letters_of(office, 1)
    bulk, desk = office.operators.bulk, office.operators.desk
    asked = bulk.start(anne, bulk.freeze(anne, Act.WITHDRAW), typed_count="1", reason="Wrong sender")
    [waiting] = office.operators.two_people.waiting()
    desk.decline(paul, waiting.id, reason="No")
    office.run_until_idle()
    assert bulk.by_id(asked.id).state is BulkState.DECLINED
    assert not office.reading.by_id(letters[0].id).phase.is_final


def test_rights_withdrawn_while_the_job_waits_count_for_what_is_left(
    office: PostOffice, sign_in: SignIn
) -> None:
    """F14.03: the job is judged like its operator."""
    anne, letters = sign_in("anne", "clerk"), letters_of(office, 2)
    begun = office.operators.bulk.start(
        anne, office.operators.bulk.freeze(anne, Act.HOLD), typed_count="2", reason="Lawsuit"
    )
    office.operators.book.disable("anne", by="root", reason="Left")
    office.run_until_idle()
    assert (office.operators.bulk.by_id(begun.id).failed, held(office, letters[0])) == (2, False)
    with pytest.raises(NotAllowedError):
        auditor = sign_in("eve", "identity-reviewer")
        frozen = office.operators.bulk.freeze(sign_in("bob", "clerk"), Act.HOLD)
        office.operators.bulk.start(auditor, frozen, typed_count="2", reason="Lawsuit")


@pytest.mark.parametrize("point", ["operators.begun", "operators.carried_out", "operators.bulk_chunk"])
def test_a_job_that_dies_at_any_line_ends_the_list_and_acts_once(
    office: PostOffice, sign_in: SignIn, clock: MovedClock, point: str
) -> None:
    anne, letters = sign_in("anne", "clerk"), letters_of(office, 3)
    bulk = office.operators.bulk
    begun = bulk.start(anne, bulk.freeze(anne, Act.HOLD), typed_count="3", reason="Lawsuit")
    arm(point, "raise")
    try:
        office.run_until_idle()
    finally:
        disarm()
    assert bulk.by_id(begun.id).state is BulkState.RUNNING
    clock.advance(timedelta(hours=1))
    office.run_until_idle()
    ended = bulk.by_id(begun.id)
    assert ended.state is BulkState.DONE
    assert ended.settled == 3
    for letter in letters:
        assert len(office.desk.holds.of(letter.id)) == 1


def test_filters_are_kept_by_name_for_their_operator_and_screen(office: PostOffice, sign_in: SignIn) -> None:
    anne, paul, kept = sign_in("anne", "clerk"), sign_in("paul", "clerk"), office.operators.filters
    kept.keep(anne, View.LETTERS, name="  Mine ", text="dupont")
    kept.keep(anne, View.LETTERS, name="Mine", text="durand")
    assert [(one.name, one.text) for one in kept.of(anne, View.LETTERS)] == [("Mine", "durand")]
    assert kept.of(anne, View.AGENDA) == kept.of(paul, View.LETTERS) == []
    for name, text in (("", "x"), ("x", ""), ("x" * 61, "x"), ("x", "a\u202eb"), ("x", "y" * 201)):
        with pytest.raises(OperatorInputError):
            kept.keep(anne, View.LETTERS, name=name, text=text)
    kept.drop(anne, View.LETTERS, "Mine")
    assert kept.of(anne, View.LETTERS) == []
