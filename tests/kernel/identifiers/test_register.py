"""The register: every act in the history, every ending final, every secret sealed."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from lre_kit.errors import IdentificationError, NotFoundError, UnlawfulActError, WrongKeyError
from lre_kit.identifiers.challenges import Challenges
from lre_kit.identifiers.identifier_values import new_serial, parse_serial
from lre_kit.identifiers.means import ACTS, Kind, State, state_after
from lre_kit.identifiers.register import Identifier, IdentifierRegister
from lre_kit.identifiers.rows import IdentifierRow
from lre_kit.identifiers.upkeep import RegisterUpkeep
from lre_kit.law.assurance import Level, Means
from lre_kit.letters.numbers import ALPHABET
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database, UniqueViolation
from lre_kit.store.inserts import table_of
from lre_kit.store.vault import Vault
from lre_kit.testing.clock import MovedClock

ADA = new_id()
OFFICE = {"role": "provider"}
TABLE = table_of(IdentifierRow)


class Desk:
    """A register and what stands beside it."""

    def __init__(self, database: Database) -> None:
        self.clock = MovedClock()
        self.database = database
        self.vault = Vault(bytes(range(32)), "kek")
        self.register = IdentifierRegister(database, clock=self.clock, vault=self.vault)
        self.challenges = Challenges(database, clock=self.clock)

    def issue(self, **told: Any) -> Identifier:
        given = {"party_id": ADA, "kind": Kind.PAPER_CODES, "label": "Sheet", "actor": OFFICE} | told
        with self.database.write() as uow:
            made = self.register.issue(uow, **given)
            uow.commit()
        return made

    def change(self, made: Identifier, act: str, actor: Mapping[str, Any] = OFFICE) -> Identifier:
        with self.database.write() as uow:
            changed = self.register.change(uow, made.id, act, actor=actor, reason="because")
            uow.commit()
        return changed

    def ask(self, made: Identifier) -> str:
        with self.database.write() as uow:
            asked = self.challenges.open(
                uow,
                party_id=ADA,
                identifier_id=made.id,
                means=Means.PAPER_CODES,
                purpose="session",
                binding="s1",
            )
            uow.commit()
        return asked.id

    def take(self, challenge_id: str) -> None:
        with self.database.write() as uow:
            self.challenges.take(uow, challenge_id, purpose="session", binding="s1")
            uow.commit()


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


def test_what_was_issued_is_what_is_read(desk: Desk) -> None:
    made = desk.issue(
        kind=Kind.CERTIFICATE,
        state=State.ACTIVE,
        proofing_id="p1",
        level=Level.SUBSTANTIAL,
        derogation="d1",
        subject_key="issuer:1",
        facts={"a": [1, None]},
        expires_at=desk.clock() + timedelta(days=1),
    )
    assert desk.register.by_id(made.id) == made
    assert desk.register.of(ADA) == [made]
    assert desk.register.by_subject(Kind.CERTIFICATE, "issuer:1") == made
    assert desk.register.by_subject(Kind.EID, "issuer:1") is None
    assert desk.register.by_serial(made.serial.lower().replace("-", " ")) == made
    assert [(event.seq, event.name) for event in desk.register.history(made.id)] == [
        (1, "issue"),
        (2, "activate"),
    ]


def test_no_two_means_of_a_kind_have_one_subject(desk: Desk) -> None:
    desk.issue(kind=Kind.EID, subject_key="s")
    desk.issue(kind=Kind.CERTIFICATE, subject_key="s")
    with pytest.raises(UniqueViolation):
        desk.issue(kind=Kind.EID, subject_key="s")


def test_every_act_stands_in_the_history(desk: Desk) -> None:
    made = desk.issue()
    for act in ("deliver", "activate", "suspend", "resume", "revoke"):
        desk.clock.advance(timedelta(hours=1))
        changed = desk.change(made, act)
    history = desk.register.history(made.id)
    assert [event.seq for event in history] == [1, 2, 3, 4, 5, 6]
    assert {event.reason for event in history[1:]} == {"because"}
    assert (changed.state, changed.ended_at) == (
        State.REVOKED,
        desk.register.history(made.id)[-1].occurred_at,
    )
    with pytest.raises(UnlawfulActError):
        desk.change(made, "resume")
    assert len(desk.register.history(made.id)) == 6


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(st.sampled_from(ACTS), max_size=8))
def test_the_state_kept_is_the_fold_of_the_history(desk: Desk, acts: list[str]) -> None:
    made = desk.issue()
    for act in acts:
        try:
            desk.change(made, act)
        except UnlawfulActError:
            continue
    history = desk.register.history(made.id)
    kept = desk.register.by_id(made.id)
    assert state_after([event.name for event in history]) is kept.state
    assert [event.seq for event in history] == list(range(1, len(history) + 1))
    assert (kept.ended_at is not None) == (kept.state in {State.REVOKED, State.EXPIRED})


def test_acts_at_once_happen_one_after_another(desk: Desk) -> None:
    made = desk.issue(state=State.ACTIVE)
    barrier = Barrier(16)

    def act(place: int) -> bool:
        barrier.wait()
        try:
            desk.change(made, "revoke" if place % 2 else "suspend")
        except UnlawfulActError:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        done = sum(pool.map(act, range(16)))
    history = desk.register.history(made.id)
    assert len(history) == 2 + done
    assert state_after([event.name for event in history]) is State.REVOKED
    assert [event.name for event in history].count("revoke") == 1


@pytest.mark.parametrize("act", ["suspend", "revoke", "expire"])
def test_ending_a_means_ends_what_is_open_with_it_and_nothing_else(desk: Desk, act: str) -> None:
    made, other = desk.issue(state=State.ACTIVE), desk.issue(state=State.ACTIVE)
    asked, others = desk.ask(made), desk.ask(other)
    desk.change(made, act)
    with pytest.raises(IdentificationError):
        desk.take(asked)
    desk.take(others)


def test_an_ending_that_is_undone_ends_nothing(desk: Desk) -> None:
    made = desk.issue(state=State.ACTIVE)
    asked = desk.ask(made)
    with desk.database.write() as uow:
        desk.register.change(uow, made.id, "revoke", actor=OFFICE)
        uow.flush()
    desk.take(asked)
    assert desk.register.by_id(made.id).state is State.ACTIVE


def test_a_secret_is_sealed_for_its_means_and_its_office(desk: Desk) -> None:
    made, other = desk.issue(secret=b"twenty secret bytes!"), desk.issue(secret=b"another")
    assert desk.register.secret(made.id) == b"twenty secret bytes!"
    with desk.database.read() as connection:
        stored = connection.execute(select(TABLE.c.secret).where(TABLE.c.id == made.id)).scalar_one()
    assert b"twenty" not in stored
    with desk.database.write() as uow:
        uow.execute(update(TABLE).where(TABLE.c.id == other.id).values(secret=stored))
        uow.commit()
    with pytest.raises(WrongKeyError):
        desk.register.secret(other.id)
    stranger = IdentifierRegister(desk.database, clock=desk.clock, vault=Vault(bytes(32), "kek"))
    with pytest.raises(WrongKeyError):
        stranger.secret(made.id)
    with pytest.raises(NotFoundError):
        desk.register.secret(desk.issue().id)


def test_secrets_move_to_the_office_s_new_key(desk: Desk) -> None:
    made = desk.issue(secret=b"secret")
    old, new = bytes(range(32)), bytes(range(1, 33))
    both = Vault(new, "new", others={"kek": old})
    upkeep = RegisterUpkeep(desk.database, clock=desk.clock, register=desk.register, vault=both)
    assert (upkeep.rewrap(), upkeep.rewrap()) == (1, 0)
    later = IdentifierRegister(desk.database, clock=desk.clock, vault=Vault(new, "new"))
    assert later.secret(made.id) == b"secret"


def test_means_whose_term_is_over_expire(desk: Desk) -> None:
    end = desk.clock() + timedelta(days=1)
    due, revoked = desk.issue(expires_at=end), desk.issue(expires_at=end)
    stays = desk.issue()
    desk.change(revoked, "revoke")
    upkeep = RegisterUpkeep(desk.database, clock=desk.clock, register=desk.register, vault=desk.vault)
    assert upkeep.expire_due() == 0
    desk.clock.advance(timedelta(days=2))
    assert desk.register.by_id(due.id).is_over(desk.clock())
    assert (upkeep.expire_due(), upkeep.expire_due()) == (1, 0)
    states = [desk.register.by_id(each.id).state for each in (due, revoked, stays)]
    assert states == [State.EXPIRED, State.REVOKED, State.ISSUED]


def test_a_counter_moves_forward_only(desk: Desk) -> None:
    made = desk.issue()
    moved = []
    for to in (5, 5, 4, 6):
        with desk.database.write() as uow:
            moved.append(desk.register.advance(uow, made.id, to=to))
            uow.commit()
    assert moved == [True, False, False, True]
    assert desk.register.by_id(made.id).counter == 6


def test_serials_have_no_look_alikes_and_no_order() -> None:
    serials = [new_serial() for _ in range(200)]
    assert len(set(serials)) == 200
    assert set("".join(serials)) <= {*ALPHABET, "-"}
    assert serials != sorted(serials)
    assert parse_serial("o1il-abcd efgh") == "0111-ABCD-EFGH"


def test_what_is_not_there_is_not_found(desk: Desk) -> None:
    with pytest.raises(NotFoundError):
        desk.register.by_id("nothing")
    with pytest.raises(NotFoundError), desk.database.write() as uow:
        desk.register.change(uow, "nothing", "revoke", actor=OFFICE)
    assert desk.register.by_serial("nothing") is None
