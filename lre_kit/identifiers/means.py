"""Kinds of identification means, and the life of one: pure rules, no tables and no clock.

    issue → issued → deliver → delivered → activate → active
                            any of them ⇄ suspended; any → revoked or expired, for ever

A means that is made under its owner's eyes goes from issued to active at once. Suspension, resumption and
replacement leave the assurance as it was (Reg. (EU) 2015/1502, points 2.2.3 and 2.2.4).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from lre_kit.errors import UnlawfulActError
from lre_kit.law.assurance import Category, Means


class Kind(StrEnum):
    """A kind of identification means; the values stand in the database."""

    PAPER_CODES = "paper_codes"
    PAPER_SEED = "paper_seed"
    AUTHENTICATOR = "authenticator"
    SECURITY_KEY = "security_key"
    CERTIFICATE = "certificate"
    EID = "eid"


class State(StrEnum):
    """Where a means stands in its life."""

    ISSUED = "issued"
    DELIVERED = "delivered"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    EXPIRED = "expired"


FINAL = frozenset({State.REVOKED, State.EXPIRED})
"""States that no act leaves."""

UNUSED = frozenset({State.ISSUED, State.DELIVERED})
"""States before the first use."""

ENDING = frozenset({"suspend", "revoke", "expire"})
"""Acts that end what is open with a means: its challenges die with them."""

_LIVING = frozenset(State) - FINAL

_MOVES: Mapping[str, tuple[frozenset[State], State]] = {
    "deliver": (frozenset({State.ISSUED}), State.DELIVERED),
    "activate": (UNUSED, State.ACTIVE),
    "suspend": (UNUSED | {State.ACTIVE}, State.SUSPENDED),
    "resume": (frozenset({State.SUSPENDED}), State.ACTIVE),
    "revoke": (_LIVING, State.REVOKED),
    "expire": (_LIVING, State.EXPIRED),
}

ACTS = ("issue", *_MOVES)
"""Everything that can happen to a means."""


def next_state(state: State | None, act: str, *, rested: State = State.ACTIVE) -> State:
    """Return the state an act leads to.

    Args:
        state: The present one; nothing before the means is issued.
        act: One of `ACTS`.
        rested: Where a suspended means stood before: ``resume`` leads back there, and nowhere further.

    Raises:
        UnlawfulActError: The present state does not allow it.
    """
    if state is None and act == "issue":
        return State.ISSUED
    allowed, target = _MOVES.get(act, (frozenset(), State.ISSUED))
    if state is None or state not in allowed:
        shown = state.value if state else "not issued yet"
        msg = f"An identification means that is {shown} does not allow: {act}."
        raise UnlawfulActError(msg, mend="Look at its history; nothing was changed.")
    return rested if act == "resume" else target


def state_after(acts: Iterable[str]) -> State | None:
    """Return the state a whole history leads to; nothing for an empty one.

    Raises:
        UnlawfulActError: The acts are no lawful history.
    """
    return _folded(acts)[0]


def rested_at(acts: Iterable[str]) -> State:
    """Return where a means stood before its last suspension.

    Args:
        acts: Its history.

    Raises:
        UnlawfulActError: The acts are no lawful history.
    """
    return _folded(acts)[1]


def _folded(acts: Iterable[str]) -> tuple[State | None, State]:
    state: State | None = None
    rested = State.ACTIVE
    for act in acts:
        before = state
        state = next_state(state, act, rested=rested)
        if act == "suspend" and before is not None:
            rested = before
    return state, rested


def acts_to(state: State) -> tuple[str, ...]:
    """Return the acts that make a fresh means stand in a state at once.

    Raises:
        UnlawfulActError: No means begins there.
    """
    found = _BEGINNINGS.get(state)
    if found is None:
        msg = f"No identification means begins as {state.value}."
        raise UnlawfulActError(msg, mend="Issue it first, then change it.")
    return found


_BEGINNINGS: Mapping[State, tuple[str, ...]] = {
    State.ISSUED: ("issue",),
    State.DELIVERED: ("issue", "deliver"),
    State.ACTIVE: ("issue", "activate"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Nature:
    """What the use of a kind shows.

    Attributes:
        means: Its name in evidence.
        categories: Categories of factors that one use shows (Reg. (EU) 2015/1502, point 2.2.1).
        dynamic: Whether what is sent changes each time (point 2.3.1).
        is_paper: Whether the office prints it and the post brings it.
    """

    means: Means
    categories: tuple[Category, ...]
    dynamic: bool = True
    is_paper: bool = False


_POSSESSION = (Category.POSSESSION,)
_VERIFIED = (Category.POSSESSION, Category.KNOWLEDGE)

NATURES: Mapping[Kind, Nature] = {
    Kind.PAPER_CODES: Nature(means=Means.PAPER_CODES, categories=_POSSESSION, is_paper=True),
    Kind.PAPER_SEED: Nature(means=Means.PAPER_SEED, categories=_POSSESSION, is_paper=True),
    Kind.AUTHENTICATOR: Nature(means=Means.AUTHENTICATOR, categories=_POSSESSION),
    # The key has its owner's PIN, finger or face checked by itself: the office asks for that check.
    Kind.SECURITY_KEY: Nature(means=Means.SECURITY_KEY, categories=_VERIFIED),
    Kind.CERTIFICATE: Nature(means=Means.CERTIFICATE, categories=_VERIFIED),
    Kind.EID: Nature(means=Means.EID, categories=_VERIFIED),
}
"""What the use of each kind shows; a means may say less of itself, never more."""
