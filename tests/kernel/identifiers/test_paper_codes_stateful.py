"""In whatever order sheets are asked, answered, suspended and revoked: no code is used twice."""

import shutil
import tempfile
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from lre_kit.errors import IdentificationError, RequirementError, ThrottledError, UnlawfulActError
from lre_kit.identifiers.challenges import Challenge, Challenges
from lre_kit.identifiers.means import State
from lre_kit.identifiers.paper_codes import PaperCodes, Sheet
from lre_kit.identifiers.register import IdentifierRegister
from lre_kit.identifiers.throttle import Throttle
from lre_kit.law.assurance import Category, Factor, Means
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database
from lre_kit.store.vault import Vault
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.tables import lay_tables

ADA, OFFICE, COUNT = new_id(), {"role": "provider"}, 4
ACTS = st.sampled_from(["accept:1", "accept:2", "session"])
SESSIONS = st.sampled_from(["s1", "s2"])


@dataclass
class Open:
    """A challenge, and whether the model says that its right answer must fail."""

    asked: Challenge
    binding: str
    is_dead: bool = False


class OneSheet(RuleBasedStateMachine):
    """One sheet in the hands of its owner, of a thief, and of the office."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        url = f"sqlite:///{self.folder / 'office.db'}"
        lay_tables(url)
        self.database = Database(url)
        self.clock = MovedClock()
        self.register = IdentifierRegister(
            self.database, clock=self.clock, vault=Vault(bytes(range(32)), "kek")
        )
        self.throttle = Throttle(self.database, clock=self.clock, pepper=b"p" * 32)
        self.codes = PaperCodes(
            self.database,
            clock=self.clock,
            register=self.register,
            challenges=Challenges(self.database, clock=self.clock),
            throttle=self.throttle,
            pepper=b"q" * 32,
        )
        self.opened: list[Open] = []
        self.used: list[int] = []
        self.asked: int | None = None

    def teardown(self) -> None:
        self.database.close()
        shutil.rmtree(self.folder)

    @initialize()
    def make(self) -> None:
        self.sheet: Sheet = self.codes.make_sheet(None, ADA, actor=OFFICE, count=COUNT)

    def state(self) -> State:
        return self.register.by_id(self.sheet.identifier.id).state

    @rule(purpose=ACTS, binding=SESSIONS)
    def begin(self, purpose: str, binding: str) -> None:
        may = self.state() in {State.ISSUED, State.DELIVERED, State.ACTIVE} and len(self.used) < COUNT
        try:
            asked = self.codes.begin(self.sheet.identifier.id, purpose=purpose, binding=binding)
        except RequirementError:
            assert not may
            return
        assert may
        number = asked.facts["number"]
        assert number not in self.used
        assert self.asked in {None, number}
        self.asked = number
        self.opened.append(Open(asked, binding))

    @precondition(lambda self: self.opened)
    @rule(place=st.integers(0, 99), right=st.booleans(), same=st.booleans())
    def complete(self, place: int, *, right: bool, same: bool) -> None:
        one = self.opened[place % len(self.opened)]
        number = one.asked.facts["number"]
        typed = self.sheet.codes[number - 1] if right else "0000-0000"
        outcome = self.answered(one, typed, binding=one.binding if same else "another")
        if isinstance(outcome, Exception):
            # Where the model sees no reason to refuse, only the throttle may.
            assert not (right and same) or one.is_dead or isinstance(outcome, ThrottledError)
            one.is_dead = one.is_dead or same
            return
        assert right
        assert same
        assert not one.is_dead
        assert outcome.identifier_id == self.sheet.identifier.id
        self.used.append(number)
        self.asked = None
        for other in self.opened:
            other.is_dead = True

    def answered(self, one: Open, typed: str, *, binding: str) -> Factor | Exception:
        password = Factor(
            means=Means.PASSWORD, categories=(Category.KNOWLEDGE,), dynamic=False, at=self.clock()
        )
        try:
            return self.codes.complete(
                one.asked.id, typed, purpose=one.asked.purpose, binding=binding, first=password
            )
        except (IdentificationError, ThrottledError) as error:
            return error

    @rule(act=st.sampled_from(["deliver", "activate", "suspend", "resume", "revoke", "expire"]))
    def change(self, act: str) -> None:
        try:
            with self.database.write() as uow:
                self.register.change(uow, self.sheet.identifier.id, act, actor=OFFICE)
                uow.commit()
        except UnlawfulActError:
            return
        if act in {"suspend", "revoke", "expire"}:
            for one in self.opened:
                one.is_dead = True

    @rule(minutes=st.integers(1, 90))
    def wait(self, minutes: int) -> None:
        self.clock.advance(timedelta(minutes=minutes))
        for one in self.opened:
            one.is_dead = one.is_dead or self.clock() >= one.asked.expires_at

    @invariant()
    def no_code_is_used_twice(self) -> None:
        assert len(self.used) == len(set(self.used))

    @invariant()
    def what_is_left_is_what_was_not_used(self) -> None:
        if hasattr(self, "sheet"):
            assert self.codes.remaining(self.sheet.identifier.id).left == COUNT - len(self.used)


def test_no_order_of_acts_uses_a_code_twice() -> None:
    run_state_machine_as_test(OneSheet, settings=settings(max_examples=25, stateful_step_count=30))
