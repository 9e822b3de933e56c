"""“This is not for me” comes before operators, who correct the address or dismiss it."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from lre_kit.errors import UnlawfulActError
from lre_kit.letters.searching import wanted_of
from lre_kit.office import PostOffice
from lre_kit.operators.errors import OperatorInputError
from lre_kit.operators.rules import Act
from lre_kit.operators.today import figures
from lre_kit.operators.values import OperatorSession
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.office import deposit_sample

SignIn = Callable[..., OperatorSession]


def waiting(office: PostOffice) -> int:
    return next(figure.count for figure in figures(office) if figure.name == "not_for_them")


def numbers(office: PostOffice, typed: str) -> list[str]:
    found = office.reading.all_letters(text=typed)
    assert office.reading.count(text=typed) == len(found)
    return [letter.number for letter in found]


def test_what_a_reader_said_waits_for_an_operator_until_it_is_answered_or_the_window_ends(
    office: PostOffice, clock: MovedClock, sign_in: SignIn
) -> None:
    anne, desk = sign_in("anne", "clerk"), office.operators.desk
    corrected, dismissed, left, other = (deposit_sample(office) for _ in range(4))
    office.run_until_idle()
    with pytest.raises(UnlawfulActError):
        desk.act(anne, Act.DISMISS_REPORT, corrected.id, reason="Nobody said anything")
    for letter in (corrected, dismissed, left):
        office.misdirected.say(letter.id, email=letter.recipient.email)
    assert waiting(office) == 3
    assert numbers(office, "is:misdirected") == [left.number, dismissed.number, corrected.number]
    assert other.number not in numbers(office, "est:égarée")
    desk.act(
        anne, Act.CORRECT_ADDRESS, corrected.id, reason="The sender's typo", facts={"email": "b@example.org"}
    )
    assert office.misdirected.report(corrected.id) is None
    with pytest.raises(OperatorInputError):
        desk.act(anne, Act.DISMISS_REPORT, dismissed.id)
    desk.act(anne, Act.DISMISS_REPORT, dismissed.id, reason="The sender confirms it")
    said_at, dismissed_at = office.misdirected.report(dismissed.id) or (None, None)
    assert said_at
    assert dismissed_at
    with pytest.raises(UnlawfulActError):
        desk.act(anne, Act.DISMISS_REPORT, dismissed.id, reason="Once more")
    assert numbers(office, "is:misdirected state:notified") == [left.number]
    # Saying it once more makes no new work; no event of the letter tells of any of it.
    office.misdirected.say(dismissed.id, email=dismissed.recipient.email)
    assert waiting(office) == 1
    assert len(office.reading.timeline(dismissed.id)) == len(office.reading.timeline(other.id))
    clock.advance(timedelta(days=20))
    office.run_until_idle()
    assert waiting(office) == 0


@pytest.mark.parametrize("typed", ["is:", "is:anything", "is"])
def test_other_words_after_is_are_looked_for_as_they_stand(typed: str) -> None:
    assert wanted_of(typed).text == typed
