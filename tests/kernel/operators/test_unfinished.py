"""Acts whose process died: told today, and settled once somebody has looked."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import select

from lre_kit.errors import NotFoundError, UnlawfulActError
from lre_kit.failpoints import FailpointError, arm, disarm
from lre_kit.office import PostOffice
from lre_kit.operators.errors import NotAllowedError, OperatorInputError
from lre_kit.operators.journal import INTERRUPTED, UNFINISHED_AFTER
from lre_kit.operators.rules import Act
from lre_kit.operators.today import figures
from lre_kit.operators.values import OperatorSession, Outcome
from lre_kit.proofs.auditing.audit import audit_office
from lre_kit.proofs.rows import EvidenceRow
from lre_kit.store.inserts import table_of
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
        desk.act(root, Act.SETTLE_ACT, entry.id, reason="Looked", facts={"found": "perhaps Jeanne Durand"})
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
    records = sealed(office)
    assert not any("Jeanne" in str(record) for record in records), "what was typed is judged before"
    facts = [record["Extensions"].get("Facts") for record in records]
    assert {"found": "done" if outcome is Outcome.DONE else "not done"} in facts


def sealed(office: PostOffice) -> list[dict[str, Any]]:
    """Return what is sealed of no letter: the acts of operators."""
    row = table_of(EvidenceRow)
    with office.database.read() as connection:
        found = connection.execute(select(row.c.record).where(row.c.letter_id.is_(None)).order_by(row.c.id))
        return [json.loads(record) for record in found.scalars()]


@pytest.mark.parametrize(
    ("found", "is_another"), [("done", False), ("not done", True)], ids=["the-same", "another"]
)
def test_an_act_that_ends_after_it_was_settled_leaves_what_was_settled(
    office: PostOffice,
    clock: MovedClock,
    sign_in: SignIn,
    *,
    found: str,
    is_another: bool,
) -> None:
    """F14.04: its process was slow and not dead; another end has its own line."""
    anne, root = sign_in("anne", "clerk"), sign_in("root", "auditor")
    letter, desk, journal = deposit_sample(office), office.operators.desk, office.operators.journal
    arm("operators.carried_out", "raise")
    with pytest.raises(FailpointError):
        desk.act(anne, Act.HOLD, letter.id, reason="Lawsuit")
    disarm()
    [entry] = journal.of(f"letter:{letter.id}")
    clock.advance(UNFINISHED_AFTER)
    desk.act(root, Act.SETTLE_ACT, entry.id, reason="Looked", facts={"found": found})
    settled, before = journal.by_id(entry.id), sealed(office)
    clock.advance(UNFINISHED_AFTER)
    with office.database.write() as uow:
        journal.end(uow, entry.id, Outcome.DONE, at=clock())
        uow.commit()
    assert journal.by_id(entry.id) == settled
    late = [one for one in journal.of(f"letter:{letter.id}") if one.act == "letter.hold.late"]
    assert [(one.operator, one.outcome) for one in late] == ([("anne", Outcome.DONE)] if is_another else [])
    told = [record["Extensions"]["Facts"] for record in sealed(office)[len(before) :]]
    assert told == ([{"Ended": entry.id, "Settled": "refused"}] if is_another else [])
    office.run_until_idle()
    assert audit_office(office).exit_code == 0


def test_an_instant_that_was_typed_is_judged_before_it_is_sealed(office: PostOffice, sign_in: SignIn) -> None:
    anne = sign_in("anne", "clerk")
    with pytest.raises(OperatorInputError, match="no instant"):
        office.operators.desk.act(
            anne, Act.REPLAY_WEBHOOK, "0" * 8, reason="Missed", facts={"since": "since Jeanne called"}
        )
    assert not any("Jeanne" in str(record) for record in sealed(office))
