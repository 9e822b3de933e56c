"""The life of an identification means: what is over is over, and only what is active is used."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lre_kit.errors import UnlawfulActError
from lre_kit.identifiers.means import (
    ACTS,
    FINAL,
    NATURES,
    Kind,
    State,
    acts_to,
    next_state,
    rested_at,
    state_after,
)
from lre_kit.law.assurance import Category

ANY_ACTS = st.lists(st.sampled_from([*ACTS, "destroy", ""]), max_size=30)


def lawful(acts: list[str]) -> list[tuple[str, State]]:
    """Return the acts of a list that the rules let happen, with the state after each."""
    happened: list[tuple[str, State]] = []
    for act in acts:
        try:
            state = state_after([*(done for done, _ in happened), act])
        except UnlawfulActError:
            continue
        assert state is not None
        happened.append((act, state))
    return happened


@given(ANY_ACTS)
def test_nothing_follows_a_revocation_or_an_expiry(acts: list[str]) -> None:
    states = [state for _, state in lawful(acts)]
    ends = [place for place, state in enumerate(states) if state in FINAL]
    assert ends in ([], [len(states) - 1])


@given(ANY_ACTS)
def test_a_life_begins_with_its_issue_and_only_there(acts: list[str]) -> None:
    happened = [act for act, _ in lawful(acts)]
    assert happened.count("issue") == min(1, acts.count("issue"))
    assert not happened or happened[0] == "issue"


@given(ANY_ACTS)
def test_nothing_is_active_that_was_not_activated(acts: list[str]) -> None:
    seen: set[str] = set()
    for act, state in lawful(acts):
        seen.add(act)
        if state is State.ACTIVE:
            assert "activate" in seen


@given(ANY_ACTS)
def test_a_suspended_means_comes_back_to_where_it_stood(acts: list[str]) -> None:
    stood: State | None = None
    before: State | None = None
    for act, state in lawful(acts):
        if act == "suspend":
            stood = before
        if act == "resume":
            assert state is stood
        before = state


@given(ANY_ACTS)
def test_each_act_leads_on_from_the_state_before_it(acts: list[str]) -> None:
    happened, state = lawful(acts), None
    for place, (act, after) in enumerate(happened):
        rested = rested_at([done for done, _ in happened[:place]])
        assert next_state(state, act, rested=rested) is after
        state = after


@pytest.mark.parametrize("state", sorted(FINAL))
@pytest.mark.parametrize("act", ACTS)
def test_no_act_leads_back_from_the_end(state: State, act: str) -> None:
    with pytest.raises(UnlawfulActError):
        next_state(state, act)


@pytest.mark.parametrize("state", [State.ISSUED, State.DELIVERED, State.ACTIVE])
def test_a_means_may_begin_in_use(state: State) -> None:
    assert state_after(acts_to(state)) is state


@pytest.mark.parametrize("state", [State.SUSPENDED, State.REVOKED, State.EXPIRED])
def test_no_means_begins_at_its_end(state: State) -> None:
    with pytest.raises(UnlawfulActError):
        acts_to(state)


def test_whoever_has_only_a_paper_or_a_phone_shows_one_category() -> None:
    for kind in (Kind.PAPER_CODES, Kind.PAPER_SEED, Kind.AUTHENTICATOR):
        assert NATURES[kind].categories == (Category.POSSESSION,)
        assert NATURES[kind].dynamic
    assert set(NATURES) == set(Kind)
    assert set(NATURES[Kind.SECURITY_KEY].categories) == {Category.POSSESSION, Category.KNOWLEDGE}
