"""Paper codes: each is used once, whoever tries, however often, in whatever order."""

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from argon2.low_level import hash_secret_raw
from sqlalchemy import select

from lre_kit.errors import IdentificationError, InputError, LreError, RequirementError, ThrottledError
from lre_kit.identifiers import paper_codes
from lre_kit.identifiers.challenges import Challenges
from lre_kit.identifiers.means import Kind, State
from lre_kit.identifiers.paper_codes import PaperCodes, Sheet
from lre_kit.identifiers.register import IdentifierRegister
from lre_kit.identifiers.rows import AuthenticationRow, PaperCodeRow
from lre_kit.identifiers.throttle import Throttle
from lre_kit.law.assurance import Category, Factor, Level, Means, level_reached
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database, UnitOfWork
from lre_kit.store.inserts import table_of
from lre_kit.store.vault import Vault
from lre_kit.testing.clock import MovedClock

SESSION, ACT = "session-1", "accept:1"
ADA = new_id()
OFFICE = {"role": "provider"}
HOME = "203.0.113.7"


class Desk:
    """An office that identifies by paper codes."""

    def __init__(self, database: Database) -> None:
        self.clock = MovedClock()
        self.database = database
        self.first_uses: list[str] = []
        self.used_again: list[str] = []
        self.register = IdentifierRegister(database, clock=self.clock, vault=Vault(bytes(range(32)), "kek"))
        self.challenges = Challenges(database, clock=self.clock)
        self.throttle = Throttle(database, clock=self.clock, pepper=b"p" * 32)
        self.codes = PaperCodes(
            database,
            clock=self.clock,
            register=self.register,
            challenges=self.challenges,
            throttle=self.throttle,
            pepper=b"q" * 32,
            first_use=self._first_use,
            used_again=lambda sheet: self.used_again.append(sheet.id),
        )

    def sheet(self, count: int = 12, *, party_id: str = ADA) -> Sheet:
        return self.codes.make_sheet(None, party_id, actor=OFFICE, count=count, level=Level.SUBSTANTIAL)

    def first(self) -> Factor:
        return Factor(means=Means.PASSWORD, categories=(Category.KNOWLEDGE,), dynamic=False, at=self.clock())

    def answer(self, challenge_id: str, typed: str, *, purpose: str = ACT, binding: str = SESSION) -> Factor:
        return self.codes.complete(
            challenge_id, typed, purpose=purpose, binding=binding, first=self.first(), network=HOME
        )

    def use(self, sheet: Sheet) -> tuple[int, Factor]:
        asked = self.codes.begin(sheet.identifier.id, purpose=ACT, binding=SESSION)
        number = int(asked.facts["number"])
        return number, self.answer(asked.id, sheet.codes[number - 1])

    def wrong(self, sheet: Sheet) -> None:
        asked = self.codes.begin(sheet.identifier.id, purpose=ACT, binding=SESSION)
        self.answer(asked.id, "0000-0000")

    def used(self) -> int:
        with self.database.read() as connection:
            used = table_of(PaperCodeRow).c.used_at.is_not(None)
            return len(connection.execute(select(table_of(PaperCodeRow)).where(used)).all())

    def authentications(self) -> int:
        with self.database.read() as connection:
            return len(connection.execute(select(table_of(AuthenticationRow))).all())

    def change(self, sheet: Sheet, act: str) -> None:
        with self.database.write() as uow:
            self.register.change(uow, sheet.identifier.id, act, actor=OFFICE)
            uow.commit()

    def _first_use(self, uow: UnitOfWork, identifier_id: str) -> None:
        self.first_uses.append(identifier_id)


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


def test_a_code_with_a_password_reaches_substantial(desk: Desk) -> None:
    sheet = desk.sheet()
    _, factor = desk.use(sheet)
    assert (factor.means, factor.categories, factor.dynamic) == (
        Means.PAPER_CODES,
        (Category.POSSESSION,),
        True,
    )
    reached = level_reached([desk.first(), factor], proofing=Level.SUBSTANTIAL, at=desk.clock())
    assert reached is Level.SUBSTANTIAL
    assert level_reached([factor], proofing=Level.SUBSTANTIAL, at=desk.clock()) is Level.LOW
    assert desk.authentications() == 1


def test_the_first_use_activates_a_sheet_and_ends_its_order(desk: Desk) -> None:
    sheet = desk.sheet()
    assert sheet.identifier.state is State.ISSUED
    desk.change(sheet, "deliver")
    desk.use(sheet)
    desk.use(sheet)
    kept = desk.register.by_id(sheet.identifier.id)
    assert (kept.state, kept.kind) == (State.ACTIVE, Kind.PAPER_CODES)
    assert kept.activated_at is not None
    assert kept.last_used_at is not None
    assert desk.first_uses == [kept.id]
    assert [event.name for event in desk.register.history(kept.id)] == ["issue", "deliver", "activate"]


def test_codes_are_kept_only_as_hashes_and_shown_in_groups(desk: Desk) -> None:
    sheet = desk.sheet(40)
    assert len(set(sheet.codes)) == 40
    assert all(len(code) == 9 and code[4] == "-" for code in sheet.codes)
    assert sheet.codes[0] not in repr(sheet)
    with desk.database.read() as connection:
        rows = connection.execute(select(table_of(PaperCodeRow))).all()
    assert len({row.salt for row in rows}) == len({row.hashed for row in rows}) == 40
    assert all(len(row.hashed) == 32 and len(row.salt) == 16 for row in rows)


@pytest.mark.parametrize("count", [0, 101])
def test_a_sheet_has_as_many_codes_as_fit(desk: Desk, count: int) -> None:
    with pytest.raises(InputError):
        desk.sheet(count)


def test_a_code_is_read_as_people_type_it(desk: Desk) -> None:
    sheet = desk.sheet(1)
    asked = desk.codes.begin(sheet.identifier.id, purpose=ACT, binding=SESSION)
    typed = sheet.codes[0].lower().replace("0", "o").replace("1", "l").replace("-", "  ")
    assert desk.answer(asked.id, typed).identifier_id == sheet.identifier.id


def test_an_abandoned_request_asks_for_the_same_number_until_it_is_answered(desk: Desk) -> None:
    sheet = desk.sheet()
    numbers = set()
    for letter in range(8):
        asked = desk.codes.begin(sheet.identifier.id, purpose=f"accept:{letter}", binding=f"s{letter}")
        numbers.add(asked.facts["number"])
    with pytest.raises(IdentificationError):
        desk.wrong(sheet)
    desk.clock.advance(timedelta(hours=2))
    number, _ = desk.use(sheet)
    assert numbers == {number}
    again = desk.codes.begin(sheet.identifier.id, purpose=ACT, binding=SESSION)
    assert again.facts["number"] != number


def test_all_codes_can_be_used_once_and_none_twice(desk: Desk) -> None:
    sheet = desk.sheet(6)
    assert sorted(desk.use(sheet)[0] for _ in range(6)) == [1, 2, 3, 4, 5, 6]
    with pytest.raises(RequirementError, match="All codes"):
        desk.use(sheet)
    assert desk.codes.remaining(sheet.identifier.id).left == 0


def test_the_holder_is_told_in_time_that_codes_run_out(desk: Desk) -> None:
    sheet = desk.sheet(12)
    seen = []
    for _ in range(8):
        desk.use(sheet)
        left = desk.codes.remaining(sheet.identifier.id)
        seen.append((left.left, left.should_reorder, left.should_warn))
    assert seen[0] == (11, False, False)
    assert seen[1] == (10, True, False)
    assert seen[5] == (6, True, False)
    assert seen[6] == (5, True, True)


@pytest.mark.parametrize(
    ("purpose", "binding"), [("accept:2", SESSION), (ACT, "session-2"), ("refuse:1", SESSION)]
)
def test_a_code_asked_for_one_act_and_session_serves_no_other(desk: Desk, purpose: str, binding: str) -> None:
    """F9.06."""
    sheet = desk.sheet()
    asked = desk.codes.begin(sheet.identifier.id, purpose=ACT, binding=SESSION)
    code = sheet.codes[asked.facts["number"] - 1]
    with pytest.raises(IdentificationError):
        desk.answer(asked.id, code, purpose=purpose, binding=binding)
    assert desk.used() == 0
    assert desk.answer(asked.id, code).identifier_id == sheet.identifier.id


def test_another_number_s_code_is_wrong(desk: Desk) -> None:
    """F9.06."""
    sheet = desk.sheet()
    asked = desk.codes.begin(sheet.identifier.id, purpose=ACT, binding=SESSION)
    other = sheet.codes[asked.facts["number"] % 12]
    with pytest.raises(IdentificationError):
        desk.answer(asked.id, other)
    assert desk.used() == 0


def test_a_challenge_is_answered_once_and_not_too_late(desk: Desk) -> None:
    sheet = desk.sheet()
    asked = desk.codes.begin(sheet.identifier.id, purpose=ACT, binding=SESSION)
    code = sheet.codes[asked.facts["number"] - 1]
    with pytest.raises(IdentificationError):
        desk.answer(asked.id, "wrong")
    with pytest.raises(IdentificationError):
        desk.answer(asked.id, code)
    late = desk.codes.begin(sheet.identifier.id, purpose=ACT, binding=SESSION)
    desk.clock.advance(timedelta(minutes=10))
    with pytest.raises(IdentificationError):
        desk.answer(late.id, code)
    assert desk.used() == 0


def test_every_refusal_says_the_same(desk: Desk) -> None:
    """F9.08."""
    sheet = desk.sheet()
    asked = desk.codes.begin(sheet.identifier.id, purpose=ACT, binding=SESSION)
    said = set()
    for challenge_id, typed in [
        ("unknown", "1"),
        (asked.id, ""),
        (asked.id, "0000-0000"),
        (asked.id, "é" * 999),
    ]:
        with pytest.raises(IdentificationError) as caught:
            desk.answer(challenge_id, typed)
        said.add((str(caught.value), caught.value.slug))
    assert len(said) == 1


def test_a_hash_is_computed_whatever_is_wrong(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """F9.08: the work, not the clock, is what is compared."""
    sheet = desk.sheet(3)
    ended = desk.codes.begin(sheet.identifier.id, purpose=ACT, binding=SESSION)
    with pytest.raises(IdentificationError):
        desk.answer(ended.id, "0")
    hashed: list[bytes] = []

    def counted(secret: bytes, salt: bytes, **settings: Any) -> bytes:
        hashed.append(salt)
        return hash_secret_raw(secret, salt, **settings)

    monkeypatch.setattr(paper_codes, "hash_secret_raw", counted)
    asked = desk.codes.begin(sheet.identifier.id, purpose=ACT, binding=SESSION)
    for challenge_id, binding in [
        ("unknown", SESSION),
        (ended.id, SESSION),
        (asked.id, "s2"),
        (asked.id, SESSION),
    ]:
        before = len(hashed)
        with pytest.raises(IdentificationError):
            desk.answer(challenge_id, "0000-0000", binding=binding)
        assert len(hashed) == before + 1


def test_a_used_code_is_refused_logged_and_told_to_its_holder(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    """F9.03: one after the other; a wrong code that never was one tells nobody anything."""
    sheet, other = desk.sheet(3), desk.sheet(3)
    number, _ = desk.use(sheet)
    with pytest.raises(IdentificationError):
        desk.wrong(sheet)
    asked = desk.codes.begin(other.identifier.id, purpose=ACT, binding=SESSION)
    with pytest.raises(IdentificationError):
        desk.answer(asked.id, sheet.codes[number - 1])
    assert (desk.used_again, "again after its use" in caplog.text) == ([], False)
    asked = desk.codes.begin(sheet.identifier.id, purpose=ACT, binding=SESSION)
    with pytest.raises(IdentificationError):
        desk.answer(asked.id, sheet.codes[number - 1])
    assert desk.used_again == [sheet.identifier.id]
    assert f"code {number} of sheet {sheet.identifier.id} was sent again" in caplog.text
    assert not any(code in caplog.text for code in sheet.codes)
    assert desk.used() == 1


def test_fifty_uses_of_one_code_at_once_give_one_success(desk: Desk) -> None:
    """F9.03: fifty threads on a barrier."""
    sheet = desk.sheet(3)
    asked = [
        desk.codes.begin(sheet.identifier.id, purpose=f"accept:{place}", binding=SESSION)
        for place in range(50)
    ]
    number = asked[0].facts["number"]
    barrier = Barrier(50)

    def use(place: int) -> bool:
        barrier.wait()
        try:
            desk.answer(asked[place].id, sheet.codes[number - 1], purpose=f"accept:{place}")
        except (IdentificationError, ThrottledError):
            return False
        return True

    with ThreadPoolExecutor(50) as pool:
        assert sum(pool.map(use, range(50))) == 1
    assert (desk.used(), desk.authentications()) == (1, 1)


def test_fifty_answers_to_one_challenge_give_one_success(desk: Desk) -> None:
    """F9.03: fifty threads on a barrier."""
    sheet = desk.sheet(3)
    asked = desk.codes.begin(sheet.identifier.id, purpose=ACT, binding=SESSION)
    barrier = Barrier(50)

    def use(_: int) -> bool:
        barrier.wait()
        try:
            desk.answer(asked.id, sheet.codes[asked.facts["number"] - 1])
        except IdentificationError:
            return False
        return True

    with ThreadPoolExecutor(50) as pool:
        assert sum(pool.map(use, range(50))) == 1
    assert desk.throttle.failures(f"identifier:{sheet.identifier.id}") == 0


def test_without_a_first_factor_nothing_is_counted_or_ended(desk: Desk) -> None:
    """F9.05."""
    sheet = desk.sheet()
    asked = desk.codes.begin(sheet.identifier.id, purpose=ACT, binding=SESSION)
    code = sheet.codes[asked.facts["number"] - 1]
    password = desk.first()
    too_weak = [
        None,
        replace(password, means=Means.EMAIL_CODE, categories=(Category.POSSESSION,)),
        replace(password, at=desk.clock() - timedelta(hours=1)),
        replace(password, at=desk.clock() + timedelta(minutes=1)),
    ]
    for first in too_weak * 30:
        with pytest.raises(RequirementError) as caught:
            desk.codes.complete(
                asked.id, "0000-0000", purpose=ACT, binding=SESSION, first=first, network=HOME
            )
        assert not isinstance(caught.value, IdentificationError)
    counted = [f"identifier:{sheet.identifier.id}", f"account:{ADA}", f"net:{HOME}"]
    assert [desk.throttle.failures(key) for key in counted] == [0, 0, 0]
    assert desk.answer(asked.id, code).means is Means.PAPER_CODES


def test_wrong_answers_are_counted_and_delay_the_next(desk: Desk) -> None:
    sheet = desk.sheet()
    for _ in range(5):
        with pytest.raises(IdentificationError):
            desk.wrong(sheet)
    counted = [f"identifier:{sheet.identifier.id}", f"account:{ADA}", f"net:{HOME}"]
    assert [desk.throttle.failures(key) for key in counted] == [5, 5, 5]
    with pytest.raises(ThrottledError, match="1 minute"):
        desk.use(sheet)
    desk.clock.advance(timedelta(seconds=31))
    desk.use(sheet)
    assert [desk.throttle.failures(key) for key in counted] == [0, 0, 5]


def test_guesses_at_once_are_counted_exactly(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """F9.04: two hundred threads on a barrier, the very first try among them; five comparisons."""
    sheet = desk.sheet(3)
    asked = [desk.codes.begin(sheet.identifier.id, purpose=ACT, binding=SESSION) for _ in range(200)]
    barrier = Barrier(200)
    compared: list[bytes] = []

    def counted(secret: bytes, salt: bytes, **settings: Any) -> bytes:
        compared.append(salt)
        return hash_secret_raw(secret, salt, **settings)

    monkeypatch.setattr(paper_codes, "hash_secret_raw", counted)

    def guess(place: int) -> type[LreError]:
        barrier.wait()
        with pytest.raises((IdentificationError, ThrottledError)) as caught:
            desk.answer(asked[place].id, "0000-0000")
        return type(caught.value)

    with ThreadPoolExecutor(200) as pool:
        found = list(pool.map(guess, range(200)))
    assert (found.count(IdentificationError), found.count(ThrottledError)) == (5, 195)
    assert len(compared) == 5


@pytest.mark.parametrize("act", ["suspend", "revoke", "expire"])
def test_what_is_open_dies_with_the_sheet(desk: Desk, act: str) -> None:
    """F9.07."""
    sheet = desk.sheet()
    desk.use(sheet)
    asked = desk.codes.begin(sheet.identifier.id, purpose=ACT, binding=SESSION)
    code = sheet.codes[asked.facts["number"] - 1]
    assert desk.challenges.open_for(sheet.identifier.id) == 1
    desk.change(sheet, act)
    assert desk.challenges.open_for(sheet.identifier.id) == 0
    with pytest.raises(IdentificationError):
        desk.answer(asked.id, code)
    with pytest.raises(RequirementError):
        desk.codes.begin(sheet.identifier.id, purpose=ACT, binding=SESSION)
    if act == "suspend":
        desk.change(sheet, "resume")
        with pytest.raises(IdentificationError):
            desk.answer(asked.id, code)
        desk.use(sheet)


def test_a_sheet_whose_term_is_over_identifies_nobody(desk: Desk) -> None:
    """F9.07."""
    end = desk.clock() + timedelta(minutes=5)
    sheet = desk.codes.make_sheet(None, ADA, actor=OFFICE, count=3, expires_at=end)
    asked = desk.codes.begin(sheet.identifier.id, purpose=ACT, binding=SESSION)
    desk.clock.advance(timedelta(minutes=6))
    with pytest.raises(IdentificationError):
        desk.answer(asked.id, sheet.codes[asked.facts["number"] - 1])
    assert desk.used() == 0


def test_only_the_holder_is_asked(desk: Desk) -> None:
    """F9.05."""
    sheet = desk.sheet()
    with pytest.raises(RequirementError):
        desk.codes.begin(sheet.identifier.id, purpose=ACT, binding=SESSION, party_id=new_id())
    desk.codes.begin(sheet.identifier.id, purpose=ACT, binding=SESSION, party_id=ADA)


def test_codes_stand_in_no_log(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    sheet = desk.sheet()
    with caplog.at_level(logging.DEBUG):
        with pytest.raises(IdentificationError):
            desk.wrong(sheet)
        desk.use(sheet)
    assert "paper codes refused" in caplog.text
    assert not any(code in caplog.text for code in [*sheet.codes, "0000-0000", "00000000"])


def test_a_revocation_against_a_use_leaves_no_use_after_it(desk: Desk) -> None:
    """F9.07."""
    for _ in range(5):
        sheet = desk.sheet(2)
        desk.use(sheet)
        asked = desk.codes.begin(sheet.identifier.id, purpose=ACT, binding=SESSION)
        code = sheet.codes[asked.facts["number"] - 1]
        barrier = Barrier(2)

        def revoke(sheet: Sheet = sheet, barrier: Barrier = barrier) -> None:
            barrier.wait()
            desk.change(sheet, "revoke")

        def use(challenge_id: str = asked.id, code: str = code, barrier: Barrier = barrier) -> Factor | None:
            barrier.wait()
            try:
                return desk.answer(challenge_id, code)
            except IdentificationError:
                return None

        with ThreadPoolExecutor(2) as pool:
            revoked, used = pool.submit(revoke), pool.submit(use)
            revoked.result()
            factor = used.result()
        left = desk.codes.remaining(sheet.identifier.id).left
        assert left == (0 if factor else 1)
        assert desk.register.by_id(sheet.identifier.id).state is State.REVOKED
