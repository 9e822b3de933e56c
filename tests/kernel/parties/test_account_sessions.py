"""Sessions: opaque, short, and new at each change of privilege."""

import hashlib
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from lre_kit.errors import IdentificationError
from lre_kit.law.assurance import Category, Factor, Level, Means
from lre_kit.parties.account_rows import AccountRow
from lre_kit.parties.sessions import IDLE, LONGEST, Opened, Sessions
from lre_kit.parties.user_agents import agent_summary
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database
from lre_kit.testing.clock import MovedClock

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:130.0) Gecko/20100101 Firefox/130.0"


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def sessions(database: Database, clock: MovedClock) -> Sessions:
    return Sessions(database, clock=clock)


def account(database: Database, clock: MovedClock) -> str:
    account_id = new_id()
    with database.write() as uow:
        uow.add(
            AccountRow,
            id=account_id,
            party_id=new_id(),
            email="a@example.org",
            email_key=f"{account_id}@example.org",
            name="A",
            language="fr",
            role="",
            password_hash="x",
            password_set_at=clock(),
            password_mailed_at=clock(),
            created_at=clock(),
        )
        uow.commit()
    return account_id


@pytest.fixture
def account_id(database: Database, clock: MovedClock) -> str:
    return account(database, clock)


def factor(clock: MovedClock) -> Factor:
    return Factor(means=Means.PASSWORD, categories=(Category.KNOWLEDGE,), dynamic=False, at=clock())


def opened(sessions: Sessions, account_id: str, clock: MovedClock, *, second_due: bool = False) -> Opened:
    return sessions.open(
        account_id=account_id,
        party_id="p" * 32,
        factor=factor(clock),
        user_agent=FIREFOX,
        second_due=second_due,
    )


def test_only_the_digest_of_a_token_is_kept(
    sessions: Sessions, account_id: str, clock: MovedClock, database: Database
) -> None:
    one = opened(sessions, account_id, clock)
    assert len(one.token) >= 43
    with database.read() as connection:
        row = connection.execute(text("SELECT * FROM account_session")).one()
    assert hashlib.sha256(one.token.encode()).hexdigest() in row
    assert one.token not in str(row)
    assert FIREFOX not in str(row)
    assert sessions.touch(one.token) == one.session
    assert sessions.touch("") is None
    assert sessions.touch("é\ud800") is None


def test_a_session_ends_when_idle_and_at_the_latest_after_its_longest_life(
    sessions: Sessions, account_id: str, clock: MovedClock
) -> None:
    """F9.13."""
    idle, used = opened(sessions, account_id, clock), opened(sessions, account_id, clock)
    clock.advance(IDLE / 2)
    assert sessions.touch(used.token) is not None
    clock.advance(IDLE / 2)
    assert sessions.touch(idle.token) is None
    while clock() < used.session.created_at + LONGEST - IDLE:
        assert sessions.touch(used.token) is not None
        clock.advance(IDLE - timedelta(minutes=1))
    clock.advance(IDLE - timedelta(minutes=1))
    sessions.touch(used.token)
    clock.advance(IDLE - timedelta(minutes=1))
    assert sessions.touch(used.token) is None
    assert sessions.list_of(account_id) == []


def test_a_new_factor_gives_a_new_token_and_the_old_one_is_worth_nothing(
    sessions: Sessions, account_id: str, clock: MovedClock
) -> None:
    """F9.13: fixation."""
    before = opened(sessions, account_id, clock, second_due=True)
    second = Factor(
        means=Means.AUTHENTICATOR,
        categories=(Category.POSSESSION,),
        dynamic=True,
        at=clock(),
        identifier_id="i" * 32,
        vouched=Level.HIGH,
        derogation="D1",
    )
    after = sessions.add_factor(before.session, second, second=True)
    assert after.token != before.token
    assert sessions.touch(before.token) is None
    found = sessions.touch(after.token)
    assert found is not None
    assert found.id == before.session.id
    assert not found.second_due
    assert found.factors == (*before.session.factors, second)
    again = sessions.add_factor(found, factor(clock))
    assert not again.session.second_due
    sessions.end(found.id, account_id=account_id)
    with pytest.raises(IdentificationError):
        sessions.add_factor(found, factor(clock))


def test_passwords_leave_a_trail_and_other_means_keep_their_own(
    sessions: Sessions, account_id: str, clock: MovedClock, database: Database
) -> None:
    one = opened(sessions, account_id, clock)
    means = (Means.AUTHENTICATOR, Means.RECOVERY_CODE, Means.PASSWORD)
    for shown in means:
        one = sessions.add_factor(one.session, replace(factor(clock), means=shown))
    with database.read() as connection:
        kept = connection.execute(text("SELECT means, purpose, party_id FROM authentication ORDER BY at"))
        rows = [tuple(row) for row in kept]
    assert rows == [(name, "session", "p" * 32) for name in ("password", "recovery code", "password")]


def test_a_password_typed_again_does_not_stand_for_the_second_factor(
    sessions: Sessions, account_id: str, clock: MovedClock
) -> None:
    before = opened(sessions, account_id, clock, second_due=True)
    assert sessions.add_factor(before.session, factor(clock)).session.second_due


def test_sessions_are_listed_and_ended_by_their_owner_only(
    sessions: Sessions, account_id: str, clock: MovedClock, database: Database
) -> None:
    """F9.13: sessions side by side."""
    first, second, third = (opened(sessions, account_id, clock) for _ in range(3))
    other = account(database, clock)
    strangers = opened(sessions, other, clock)
    assert [one.id for one in sessions.list_of(account_id)] == [
        third.session.id,
        second.session.id,
        first.session.id,
    ]
    assert sessions.list_of(account_id)[0].agent == "Firefox, Windows"
    assert not sessions.end(strangers.session.id, account_id=account_id)
    assert sessions.end(first.session.id, account_id=account_id)
    assert not sessions.end(first.session.id, account_id=account_id)
    assert sessions.end_all(account_id, but=third.session.id) == 1
    assert [sessions.touch(one.token) is not None for one in (first, second, third, strangers)] == [
        False,
        False,
        True,
        True,
    ]


@pytest.mark.parametrize(
    ("said", "summary"),
    [
        (FIREFOX, "Firefox, Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36", "Chrome, Linux"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17.0 Safari/604.1",
            "Safari, iPhone",
        ),
        ("Mozilla/5.0 (Linux; Android 14) Chrome/130.0 Mobile Safari/537.36", "Chrome, Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Chrome/130 Safari/537 Edg/130", "Edge, macOS"),
        ("curl/8.0", ""),
        ("", ""),
    ],
)
def test_a_browser_is_named_in_general_words(said: str, summary: str) -> None:
    assert agent_summary(said) == summary
