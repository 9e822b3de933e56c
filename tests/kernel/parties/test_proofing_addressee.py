"""An operator who looked states that this is the addressee though names differ: with a reason, and all."""

import pytest

from lre_kit.parties.proofing import CaseState, Verdict
from lre_kit.parties.proofing_review import CHECKLIST, VerdictError
from lre_kit.parties.proofing_rules import ADDRESSEE

ALL = dict.fromkeys(CHECKLIST, True)
STATED = ALL | {ADDRESSEE: True}
PURPOSE = "recipient:" + "a" * 32


def judge(identity, case, operator, checks, reason="marriage certificate seen"):
    identity.review.claim(case.id, operator)
    return identity.review.decide(case.id, operator, Verdict.APPROVE, checks=checks, reason=reason)


def test_the_statement_needs_a_reason_and_stays_in_the_history(identity) -> None:
    """F9.15."""
    case = identity.submitted(purpose=PURPOSE)
    with pytest.raises(VerdictError):
        judge(identity, case, "one", STATED, reason=" ")
    ended = identity.review.decide(case.id, "one", Verdict.APPROVE, checks=STATED, reason="seen")
    assert ended.state is CaseState.APPROVED
    assert ended.reason == ""
    assert identity.desk.stated_addressee(case.id)


def test_without_the_statement_an_approval_states_nothing(identity) -> None:
    case = identity.submitted(purpose=PURPOSE)
    judge(identity, case, "one", ALL)
    assert not identity.desk.stated_addressee(case.id)
    other = identity.submitted(purpose="sender", seed=1)
    judge(identity, other, "one", STATED)
    assert not identity.desk.stated_addressee(other.id)
    assert not identity.desk.stated_addressee("nobody")


@pytest.mark.parametrize(("second", "stated"), [(STATED, True), (ALL, False)])
def test_with_a_second_pair_of_eyes_both_state_it(identity, second, stated) -> None:
    identity.build(two_reviewers=True)
    case = identity.submitted(purpose=PURPOSE)
    waiting = judge(identity, case, "one", STATED)
    assert waiting.state is CaseState.SUBMITTED
    assert waiting.state is not CaseState.APPROVED
    assert judge(identity, case, "two", second).state is CaseState.APPROVED
    assert identity.desk.stated_addressee(case.id) is stated
