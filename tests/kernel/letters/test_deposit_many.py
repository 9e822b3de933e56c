"""Several letters in one transaction: all that may be are deposited, each once, and the others are told."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from lre_kit.errors import ConsentMissingError, IdempotencyMismatchError, InputError, LreError
from lre_kit.failpoints import FailpointError, arm, disarm
from lre_kit.letters.values import Letter, Upload
from lre_kit.office import PostOffice
from lre_kit.parties.values import Recipient
from lre_kit.testing.office import (
    SENDER,
    SMALL_PDF,
    deposit_sample,
    record_consent,
    sender_identified,
    throwaway_office,
)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[PostOffice]:
    with throwaway_office(tmp_path / "office") as opened:
        yield opened


def asked(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "sender": SENDER,
        "recipient": Recipient(name=f"Ada {number}", email=f"ada{number}@example.net"),
        "product": "simple",
        "subject": f"Objet {number}",
        "documents": [Upload(name="a.pdf", stream=BytesIO(SMALL_PDF))],
        "idempotency_key": f"key-{number}",
    } | changes


def contents(office: PostOffice) -> int:
    return len([key for key, _ in office.blobs.keys("letters/")])


def test_all_are_deposited_and_each_has_its_proofs(office: PostOffice) -> None:
    made = office.desk.deposit_many([asked(number) for number in range(5)])
    assert [letter.subject for letter in made if isinstance(letter, Letter)] == [
        f"Objet {n}" for n in range(5)
    ]
    office.run_until_idle()
    for letter in made:
        assert isinstance(letter, Letter)
        names = [entry.name.value for entry in office.reading.timeline(letter.id)]
        assert names == ["SubmissionAcceptance", "NotificationForAcceptance"]
    assert office.desk.deposit_many([]) == []


def test_what_may_not_be_deposited_is_told_in_its_place_and_leaves_nothing(office: PostOffice) -> None:
    bad = asked(1, documents=[])
    made = office.desk.deposit_many([asked(0), bad, asked(2, product="nothing"), asked(3)])
    assert [isinstance(one, Letter) for one in made] == [True, False, False, True]
    assert isinstance(made[1], InputError)
    assert contents(office) == 2
    assert len(office.reading.all_letters()) == 2


def test_the_same_again_gives_the_same_letters(office: PostOffice) -> None:
    first = office.desk.deposit_many([asked(0), asked(1)])
    again = office.desk.deposit_many([asked(0), asked(2), asked(1), asked(1, subject="Other")])
    letters = [one for one in (*first, *again) if isinstance(one, Letter)]
    assert [one.id for one in letters[:2]] == [letters[2].id, letters[4].id]
    assert isinstance(again[3], IdempotencyMismatchError)
    assert len(office.reading.all_letters()) == 3
    assert contents(office) == 3


def test_a_consent_that_is_missing_stops_its_letter_alone(office: PostOffice) -> None:
    qualified = {"product": "qualified", "identified": sender_identified(office)}
    record_consent(office, Recipient(name="Ada 0", email="ada0@example.net"))
    made = office.desk.deposit_many([asked(0, **qualified), asked(1, **qualified)])
    assert isinstance(made[0], Letter)
    assert isinstance(made[1], ConsentMissingError)


@pytest.mark.parametrize(
    "place", ["deposit.before_content", "deposit.after_content", "deposit.before_commit"]
)
def test_whoever_dies_before_the_commit_leaves_no_letter_and_the_same_can_be_asked_again(
    office: PostOffice, place: str
) -> None:
    """F1.03."""
    arm(place, "raise")
    try:
        with pytest.raises(FailpointError):
            office.desk.deposit_many([asked(0), asked(1)])
    finally:
        disarm()
    assert office.reading.all_letters() == []
    made = office.desk.deposit_many([asked(0), asked(1)])
    assert not any(isinstance(one, LreError) for one in made)
    assert len(office.reading.all_letters()) == 2


def test_one_and_many_share_their_keys(office: PostOffice) -> None:
    letter = deposit_sample(office, **asked(0), identified=None)
    [again] = office.desk.deposit_many([asked(0)])
    assert isinstance(again, Letter)
    assert again.id == letter.id
