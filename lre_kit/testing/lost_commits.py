"""Commits of which nobody can say whether they were done, as when the connection breaks at the very end."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from lre_kit.office import PostOffice
from lre_kit.store.database import OutcomeUnknownError, UnitOfWork
from lre_kit.testing.clock import MovedClock


@contextmanager
def lost_commits(*, done: bool) -> Iterator[None]:
    """Let every commit end without an answer.

    Args:
        done: Whether it was carried out all the same.
    """
    commit = UnitOfWork.commit

    def lost(uow: UnitOfWork) -> None:
        if done:
            commit(uow)
        raise OutcomeUnknownError("Nobody knows.", mend="Look again.")

    with patch.object(UnitOfWork, "commit", lost):
        yield


def expect_content_to_wait(
    office: PostOffice,
    clock: MovedClock,
    act: Callable[[], object],
    kept: Callable[[], list[str]],
    *,
    done: bool,
    count: int,
) -> None:
    """Expect that content stays whose rows may have been written, until the sweep can tell.

    Args:
        office: Where it happens.
        clock: The office's.
        act: Keeps content; its commit is lost.
        kept: Returns the keys of what is kept.
        done: Whether the commit was carried out.
        count: How many pieces the act keeps.
    """
    try:
        with lost_commits(done=done):
            act()
    except OutcomeUnknownError:
        left = kept()
    else:
        msg = "the act did not notice that its commit was lost"
        raise AssertionError(msg)
    assert len(left) == count
    clock.advance(timedelta(days=2))
    office.duties._sweep_content(None)  # type: ignore[arg-type]  # noqa: SLF001 - by itself, not as a duty
    assert kept() == (left if done else [])
