"""What happens to an identity case when two things happen at once: one of them, whole."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import func, select

from lre_kit.errors import LreError
from lre_kit.parties.proofing import CaseState, Part, Verdict
from lre_kit.parties.proofing_cases import CASE, EVENT, MEDIA, PROOFING
from lre_kit.parties.proofing_review import CHECKLIST
from lre_kit.testing.identity import film

ALL = dict.fromkeys(CHECKLIST, True)


def at_once(*acts):
    """Run acts in threads that start together; return what each gave, errors of ours as values."""
    ready = Barrier(len(acts))

    def run(act):
        ready.wait()
        try:
            return act()
        except LreError as error:
            return error

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def count(identity, table, *conditions):
    with identity.database.read() as connection:
        return connection.execute(select(func.count()).select_from(table).where(*conditions)).scalar_one()


def test_opening_at_once_opens_one_case(identity):
    opened = at_once(*[lambda: identity.open("p1")] * 5)
    assert len({case.id for case in opened}) == 1
    assert count(identity, CASE) == 1


def test_films_handed_in_at_once_leave_one_that_stands(identity):
    """F16.02."""
    case = identity.open("p1")
    acts = [
        lambda seed=seed: identity.desk.add_picture(case.id, Part.FACE_VIDEO, film(seed=seed), party_id="p1")
        for seed in range(4)
    ]
    assert all(report.accepted for report in at_once(*acts))
    assert count(identity, MEDIA, MEDIA.c.replaced_at.is_(None)) == 1
    assert len(identity.stored()) == 1
    identity.desk.view(case.id, party_id="p1")


def test_submitting_at_once_submits_once(identity):
    case = identity.filled("p1")
    given = at_once(*[lambda: identity.desk.submit(case.id, party_id="p1")] * 4)
    assert sum(not isinstance(answer, LreError) for answer in given) == 1
    assert count(identity, EVENT, EVENT.c.name == "submitted") == 1


@pytest.mark.parametrize("_again", range(3))
def test_a_case_that_is_withdrawn_while_it_is_approved_is_one_or_the_other(identity, _again):
    case = identity.submitted("p1")
    identity.review.claim(case.id, "operator-1")
    withdrawn, approved = at_once(
        lambda: identity.desk.withdraw(case.id, party_id="p1"),
        lambda: identity.review.decide(case.id, "operator-1", Verdict.APPROVE, checks=ALL),
    )
    state = identity.desk.view(case.id, party_id="p1").state
    assert isinstance(withdrawn, LreError) != isinstance(approved, LreError)
    assert (state is CaseState.APPROVED) == isinstance(withdrawn, LreError)
    assert count(identity, PROOFING) == (state is CaseState.APPROVED)
    assert len(identity.decided) + len(identity.ended) == 1
