"""Acts whose process died: told today, and settled once somebody has looked."""

from collections.abc import Callable, Iterator

import pytest

from lre_kit.errors import NotFoundError, UnlawfulActError
from lre_kit.failpoints import FailpointError, arm, disarm
from lre_kit.office import PostOffice
from lre_kit.operators.errors import NotAllowedError, OperatorInputError
from lre_kit.operators.journal import INTERRUPTED, UNFINISHED_AFTER
from lre_kit.operators.rules import Act
from lre_kit.operators.today import figures
from lre_kit.operators.values import OperatorSession, Outcome
from lre_kit.proofs.auditing.audit import audit_office
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.office import deposit_sample

SignIn = Callable[..., OperatorSession]


@pytest.fixture(autouse=True)
def harmless() -> Iterator[None]:
    yield
    disarm()


def unfinished(office: PostOffice) -> int:
    return next(figure.count for figure in figures(office) if figure.name == "acts_unfinished")


@pytest.mark.parametrize(
    ("place", "found", "outcome", "error"),
    [
        ("operators.begun", "not done", Outcome.REFUSED, INTERRUPTED),
        ("operators.carried_out", " Faite ", Outcome.DONE, ""),
    ],
)
def test_an_act_that_nobody_finished_is_told_and_settled_once(
    office: PostOffice,
    clock: MovedClock,
    sign_in: SignIn,
    *,
    place: str,
    found: str,
    outcome: Outcome,
    error: str,
) -> None:
    """F14.04: exactly one outcome stands in the journal, and in the log."""
    anne, root = sign_in("anne", "clerk"), sign_in("root", "auditor")
    letter, desk = deposit_sample(office), office.operators.desk
    arm(place, "raise")
    with pytest.raises(FailpointError):
        desk.act(anne, Act.HOLD, letter.id, reason="Lawsuit")
    disarm()
    [entry] = office.operators.journal.of(f"letter:{letter.id}")
    assert entry.outcome is Outcome.BEGUN
    assert unfinished(office) == 0, "it may still be under way"
    with pytest.raises(UnlawfulActError, match="under way"):
        desk.act(root, Act.SETTLE_ACT, entry.id, reason="Looked", facts={"found": "done"})
    clock.advance(UNFINISHED_AFTER)
    assert unfinished(office) == 1
    with pytest.raises(NotAllowedError):
        desk.act(anne, Act.SETTLE_ACT, entry.id, reason="Looked", facts={"found": "done"})
    with pytest.raises(OperatorInputError):
        desk.act(root, Act.SETTLE_ACT, entry.id, reason="Looked", facts={"found": "perhaps"})
    with pytest.raises(NotFoundError):
        desk.act(root, Act.SETTLE_ACT, "0" * 32, reason="Looked", facts={"found": "done"})
    desk.act(root, Act.SETTLE_ACT, entry.id, reason="Looked", facts={"found": found})
    settled = office.operators.journal.by_id(entry.id)
    assert (settled.outcome, settled.error) == (outcome, error)
    assert bool(office.desk.holds.of(letter.id)) == (outcome is Outcome.DONE)
    with pytest.raises(UnlawfulActError, match="done already"):
        desk.act(root, Act.SETTLE_ACT, entry.id, reason="Again", facts={"found": "done"})
    assert unfinished(office) == 0
    office.run_until_idle()
    assert audit_office(office).exit_code == 0
