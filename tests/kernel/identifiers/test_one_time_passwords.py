"""One-time passwords: the vectors of their standards, and each code accepted at most once, ever."""

import hashlib
import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from lre_kit.errors import (
    IdentificationError,
    InputError,
    LreError,
    RequirementError,
    ThrottledError,
    UnlawfulActError,
)
from lre_kit.identifiers.authenticator_enrolment import AuthenticatorEnrolment
from lre_kit.identifiers.challenges import Challenges
from lre_kit.identifiers.means import Kind, State
from lre_kit.identifiers.one_time_codes import (
    DRIFT_MAX,
    LOOK_AHEAD,
    Moving,
    as_base32,
    code_at,
    matching,
    step_at,
)
from lre_kit.identifiers.one_time_passwords import OneTimePasswords, Seed
from lre_kit.identifiers.register import IdentifierRegister
from lre_kit.identifiers.rows import IdentifierRow
from lre_kit.identifiers.throttle import Throttle
from lre_kit.law.assurance import Category, Factor, Level, Means, level_reached
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database
from lre_kit.store.inserts import table_of
from lre_kit.store.vault import Vault
from lre_kit.testing.clock import MovedClock

SESSION, ACT = "session-1", "accept:1"
ADA = new_id()
OFFICE = {"role": "provider"}
START = datetime(2026, 3, 2, 9, 0, 10, tzinfo=UTC)
VECTOR = b"12345678901234567890"


class Desk:
    """An office that identifies by one-time passwords."""

    def __init__(self, database: Database) -> None:
        self.base = START
        self.clock = MovedClock(lambda: self.base)
        self.database = database
        self.vault = Vault(bytes(range(32)), "kek")
        self.register = IdentifierRegister(database, clock=self.clock, vault=self.vault)
        challenges = Challenges(database, clock=self.clock)
        self.throttle = Throttle(database, clock=self.clock, pepper=b"p" * 32)
        shared: Any = {"register": self.register, "challenges": challenges, "throttle": self.throttle}
        self.passwords = OneTimePasswords(database, clock=self.clock, issuer="Poste d'essai", **shared)
        self.enrolment = AuthenticatorEnrolment(database, passwords=self.passwords, **shared)

    def seed(self, *, by_time: bool = True) -> Seed:
        return self.passwords.make_seed(None, ADA, actor=OFFICE, by_time=by_time, level=Level.SUBSTANTIAL)

    def code(self, seed: Seed, offset: int = 0) -> str:
        return pyotp.TOTP(seed.base32.replace(" ", "")).at(self.clock() + timedelta(seconds=30 * offset))

    def first(self) -> Factor:
        return Factor(means=Means.PASSWORD, categories=(Category.KNOWLEDGE,), dynamic=False, at=self.clock())

    def ask(self, seed: Seed, *, purpose: str = ACT) -> str:
        return self.passwords.begin(seed.identifier.id, purpose=purpose, binding=SESSION).id

    def answer(self, challenge_id: str, code: str, *, purpose: str = ACT, binding: str = SESSION) -> Factor:
        return self.passwords.complete(
            challenge_id, code, purpose=purpose, binding=binding, first=self.first(), network=None
        )

    def use(self, seed: Seed, code: str) -> Factor:
        return self.answer(self.ask(seed), code)

    def counter(self, seed: Seed) -> int:
        return self.register.by_id(seed.identifier.id).counter


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


def test_counted_codes_are_those_of_rfc_4226() -> None:
    expected = "755224 287082 359152 969429 338314 254676 287922 162583 399871 520489".split()
    assert [code_at(VECTOR, count) for count in range(10)] == expected


@pytest.mark.parametrize(
    ("at", "sha1", "sha256", "sha512"),
    [
        (59, "94287082", "46119246", "90693936"),
        (1111111109, "07081804", "68084774", "25091201"),
        (1111111111, "14050471", "67062674", "99943326"),
        (1234567890, "89005924", "91819424", "93441116"),
        (2000000000, "69279037", "90698825", "38618901"),
        (20000000000, "65353130", "77737706", "47863826"),
    ],
)
def test_time_based_codes_are_those_of_rfc_6238(at: int, sha1: str, sha256: str, sha512: str) -> None:
    """F9.16: the vectors of RFC 6238."""
    step = step_at(datetime.fromtimestamp(at, UTC))
    assert code_at(VECTOR, step, digits=8) == sha1
    assert code_at((VECTOR * 2)[:32], step, digits=8, digest=hashlib.sha256) == sha256
    assert code_at((VECTOR * 4)[:64], step, digits=8, digest=hashlib.sha512) == sha512


def test_a_short_secret_is_not_taken() -> None:
    with pytest.raises(InputError):
        as_base32(bytes(15))


def test_a_secret_is_kept_encrypted_and_shown_once(desk: Desk) -> None:
    seed = desk.seed()
    secret = desk.register.secret(seed.identifier.id)
    assert len(secret) == 20
    assert seed.base32.replace(" ", "") == as_base32(secret)
    assert seed.base32 not in repr(seed)
    assert "secret=" not in repr(seed)
    with desk.database.read() as connection:
        stored = connection.execute(select(table_of(IdentifierRow).c.secret)).scalar_one()
    assert secret not in stored
    assert as_base32(secret).encode() not in stored


def test_apps_read_the_secret_from_its_address(desk: Desk) -> None:
    seed = desk.seed()
    address = urlsplit(seed.uri)
    told = parse_qs(address.query)
    assert (address.scheme, address.netloc) == ("otpauth", "totp")
    assert told["secret"] == [seed.base32.replace(" ", "")]
    assert told["issuer"] == ["Poste d'essai"]
    assert unquote(address.path) == f"/Poste d'essai:{seed.identifier.serial}"
    assert desk.seed(by_time=False).uri.startswith("otpauth://hotp/")


def test_a_code_with_a_password_reaches_substantial(desk: Desk) -> None:
    seed = desk.seed()
    factor = desk.use(seed, desk.code(seed))
    assert (factor.means, factor.dynamic) == (Means.PAPER_SEED, True)
    both = [desk.first(), factor]
    assert level_reached(both, proofing=Level.SUBSTANTIAL, at=desk.clock()) is Level.SUBSTANTIAL
    assert desk.register.by_id(seed.identifier.id).state is State.ACTIVE


@pytest.mark.parametrize("offset", [-1, 0, 1])
def test_the_present_step_and_its_neighbours_are_taken(desk: Desk, offset: int) -> None:
    """F9.16."""
    seed = desk.seed()
    assert desk.use(seed, desk.code(seed, offset)).identifier_id == seed.identifier.id


@pytest.mark.parametrize("offset", [-3, -2, 2, 3])
def test_steps_further_away_are_refused(desk: Desk, offset: int) -> None:
    """F9.16."""
    seed = desk.seed()
    with pytest.raises(IdentificationError):
        desk.use(seed, desk.code(seed, offset))


def test_a_step_is_taken_once_ever_and_no_earlier_one_after_it(desk: Desk) -> None:
    """F9.03, F9.16."""
    seed = desk.seed()
    code, before = desk.code(seed), desk.code(seed, -1)
    desk.use(seed, code)
    for replayed in (code, before):
        with pytest.raises(IdentificationError):
            desk.use(seed, replayed)
    desk.clock.advance(timedelta(seconds=30))
    with pytest.raises(IdentificationError):
        desk.use(seed, code)
    desk.use(seed, desk.code(seed))


def test_a_clock_that_is_set_back_brings_no_code_back(desk: Desk) -> None:
    """F9.16, F6.02."""
    seed = desk.seed()
    desk.use(seed, desk.code(seed))
    desk.base -= timedelta(minutes=5)
    with pytest.raises(IdentificationError):
        desk.use(seed, desk.code(seed))


def test_a_device_s_clock_may_be_off_within_a_bound(desk: Desk) -> None:
    """F9.16."""
    seed = desk.seed()
    for offset in (1, 2):
        desk.use(seed, desk.code(seed, offset))
        desk.clock.advance(timedelta(minutes=2))
    desk.use(seed, desk.code(seed, 3))
    assert desk.register.by_id(seed.identifier.id).facts["drift"] == DRIFT_MAX
    desk.clock.advance(timedelta(minutes=2))
    with pytest.raises(IdentificationError):
        desk.use(seed, desk.code(seed, 4))


def test_a_counted_code_moves_forward_only_and_not_far(desk: Desk) -> None:
    seed = desk.seed(by_time=False)
    codes = pyotp.HOTP(seed.base32.replace(" ", ""))
    desk.use(seed, codes.at(0))
    with pytest.raises(IdentificationError):
        desk.use(seed, codes.at(0))
    desk.use(seed, codes.at(1 + LOOK_AHEAD))
    assert desk.counter(seed) == 2 + LOOK_AHEAD
    for count in (1, 3, 2 + 2 * LOOK_AHEAD + 1):
        with pytest.raises(IdentificationError):
            desk.use(seed, codes.at(count))
        desk.clock.advance(timedelta(hours=1))
    assert desk.counter(seed) == 2 + LOOK_AHEAD


@pytest.mark.parametrize("by_time", [True, False])
def test_devices_at_once_with_one_code_give_one_success(desk: Desk, *, by_time: bool) -> None:
    """F9.03, F9.16: thirty threads on a barrier."""
    seed = desk.seed(by_time=by_time)
    code = desk.code(seed) if by_time else pyotp.HOTP(seed.base32.replace(" ", "")).at(0)
    asked = [desk.ask(seed, purpose=f"accept:{place}") for place in range(30)]
    barrier = Barrier(30)

    def use(place: int) -> bool:
        barrier.wait()
        try:
            desk.answer(asked[place], code, purpose=f"accept:{place}")
        except (IdentificationError, ThrottledError):
            return False
        return True

    with ThreadPoolExecutor(30) as pool:
        assert sum(pool.map(use, range(30))) == 1


def test_a_code_asked_for_one_act_serves_no_other(desk: Desk) -> None:
    """F9.06."""
    seed = desk.seed()
    asked = desk.ask(seed)
    for purpose, binding in [("accept:2", SESSION), (ACT, "session-2")]:
        with pytest.raises(IdentificationError):
            desk.answer(asked, desk.code(seed), purpose=purpose, binding=binding)
    assert desk.answer(asked, desk.code(seed)).means is Means.PAPER_SEED


def test_guessing_is_slowed_down(desk: Desk) -> None:
    seed = desk.seed()
    found: list[type[LreError]] = []
    for _ in range(8):
        with pytest.raises((IdentificationError, ThrottledError)) as caught:
            desk.use(seed, "12345")
        found.append(type(caught.value))
    assert found == [IdentificationError] * 5 + [ThrottledError] * 3


def test_without_a_first_factor_nothing_is_counted(desk: Desk) -> None:
    """F9.05."""
    seed = desk.seed()
    asked = desk.ask(seed)
    for _ in range(20):
        with pytest.raises(RequirementError):
            desk.passwords.complete(asked, "000000", purpose=ACT, binding=SESSION, first=None)
    assert desk.throttle.failures(f"identifier:{seed.identifier.id}") == 0
    desk.answer(asked, desk.code(seed))


@pytest.mark.parametrize("act", ["suspend", "revoke", "expire"])
def test_an_open_challenge_dies_with_its_secret(desk: Desk, act: str) -> None:
    """F9.07."""
    seed = desk.seed()
    desk.use(seed, desk.code(seed, -1))
    asked = desk.ask(seed)
    with desk.database.write() as uow:
        desk.register.change(uow, seed.identifier.id, act, actor=OFFICE)
        uow.commit()
    with pytest.raises(IdentificationError):
        desk.answer(asked, desk.code(seed))
    with pytest.raises(RequirementError):
        desk.ask(seed)


def test_an_authenticator_counts_from_its_first_code_on(desk: Desk) -> None:
    enrolled = desk.enrolment.enrol(ADA, binding=SESSION, label="Phone", level=Level.SUBSTANTIAL)
    seed = enrolled.seed
    assert (seed.identifier.kind, seed.identifier.state) == (Kind.AUTHENTICATOR, State.ISSUED)
    with pytest.raises(RequirementError):
        desk.ask(seed)
    with pytest.raises(IdentificationError):
        desk.enrolment.confirm(enrolled.challenge_id, "000000", binding=SESSION)
    with pytest.raises(IdentificationError):
        desk.enrolment.confirm(enrolled.challenge_id, desk.code(seed), binding=SESSION)
    again = desk.enrolment.ask_again(seed.identifier.id, party_id=ADA, binding=SESSION)
    code = desk.code(seed)
    with pytest.raises(IdentificationError):
        desk.enrolment.confirm(again.id, code, binding="session-2")
    made = desk.enrolment.confirm(again.id, code, binding=SESSION)
    assert made.state is State.ACTIVE
    with pytest.raises(IdentificationError):
        desk.use(seed, code)
    desk.clock.advance(timedelta(seconds=30))
    assert desk.use(seed, desk.code(seed)).means is Means.AUTHENTICATOR
    with pytest.raises(UnlawfulActError):
        desk.enrolment.ask_again(seed.identifier.id, party_id=ADA, binding=SESSION)


def test_nobody_confirms_another_s_authenticator(desk: Desk) -> None:
    enrolled = desk.enrolment.enrol(ADA, binding=SESSION, label="Phone")
    with pytest.raises(UnlawfulActError):
        desk.enrolment.ask_again(enrolled.seed.identifier.id, party_id=new_id(), binding=SESSION)


def test_secrets_and_codes_stand_in_no_log(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    seed = desk.seed()
    with caplog.at_level(logging.DEBUG):
        with pytest.raises(IdentificationError):
            desk.use(seed, "112233")
        desk.use(seed, desk.code(seed))
    assert "paper seed refused" in caplog.text
    for hidden in ("112233", desk.code(seed), seed.base32, seed.base32.replace(" ", "")):
        assert hidden not in caplog.text


@given(st.lists(st.tuples(st.integers(-6, 6), st.integers(0, 4)), max_size=40))
def test_whatever_is_typed_when_no_step_is_accepted_twice(tries: list[tuple[int, int]]) -> None:
    """F9.16: for any order of tries."""
    now, moving = START, Moving(by_time=True, at_least=0)
    accepted: list[int] = []
    for offset, later in tries:
        now += timedelta(seconds=30 * later)
        found = matching(VECTOR, code_at(VECTOR, step_at(now) + offset), moving.counts(now))
        if found is not None:
            assert abs(found - step_at(now)) <= DRIFT_MAX + 1
            accepted.append(found)
            moving = Moving(by_time=True, at_least=found + 1, drift=moving.drifted(found, now))
            assert abs(moving.drift) <= DRIFT_MAX
    assert accepted == sorted(set(accepted))
