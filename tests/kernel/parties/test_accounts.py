"""Accounts: registered, logged in and recovered, on both databases, with nothing told to strangers."""

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Barrier
from types import SimpleNamespace
from typing import Any

import pytest
from argon2 import PasswordHasher
from sqlalchemy import func, select, text

from lre_kit.errors import (
    IdentificationError,
    InvalidAddressError,
    LreError,
    MailUnavailableError,
    NotFoundError,
    ThrottledError,
)
from lre_kit.law.assurance import Category, Level, Means, level_reached
from lre_kit.parties.account_guesses import FAILURES_MAX
from lre_kit.parties.account_requests import ATTEMPTS_MAX, CONFIRM, LIVES, RESET
from lre_kit.parties.account_rows import AccountRow
from lre_kit.parties.account_values import (
    REVIEWER,
    AccountMail,
    DeadLinkError,
    LoggedIn,
    LogInError,
    MailKind,
    UnknownRoleError,
)
from lre_kit.parties.accounts import Accounts
from lre_kit.parties.book import PartyBook
from lre_kit.parties.passwords import PasswordRefusedError, Passwords
from lre_kit.parties.recovery_codes import CODES
from lre_kit.store.database import Database
from lre_kit.testing.clock import MovedClock

EMAIL = "Helene.Fay@example.org"
NAME = "Hélène Faÿ"
PASSWORD = "quatre poules bleues"
OTHER = "cinq canards violets"
CHEAP = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
NETWORK = "203.0.113.7"


@dataclass
class Desk:
    """Accounts with their mail caught and their second factors set by hand."""

    database: Database
    clock: MovedClock
    mails: list[AccountMail] = field(default_factory=list)
    means: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.accounts = Accounts(
            self.database,
            clock=self.clock,
            pepper=b"p" * 32,
            deliver=self.mails.append,
            factors=SimpleNamespace(of=lambda party_id: self.means),
            passwords=Passwords(b"p" * 32, CHEAP),
        )

    def token(self) -> str:
        token = self.mails[-1].token
        assert token is not None
        return token

    def member(self, email: str = EMAIL, password: str = PASSWORD) -> LoggedIn:
        self.accounts.register(email, password, NAME, "fr")
        return self.accounts.confirm(self.token(), password)

    def reset_token(self) -> str:
        self.accounts.forgot(EMAIL)
        return self.token()


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database, MovedClock())


def test_an_account_comes_to_be_by_its_link_and_its_password(desk: Desk) -> None:
    desk.accounts.register(EMAIL, PASSWORD, NAME, "fr")
    assert desk.accounts.by_email(EMAIL) is None
    [mail] = desk.mails
    assert (mail.kind, mail.email, mail.name, mail.language) == (MailKind.CONFIRM, EMAIL, NAME, "fr")
    before = desk.clock()
    found = desk.accounts.confirm(desk.token(), PASSWORD)
    assert (found.account.email, found.account.name, found.account.role) == (EMAIL, NAME, "")
    assert found.factor.means is Means.PASSWORD
    assert found.factor.categories == (Category.KNOWLEDGE,)
    assert not found.factor.dynamic
    assert before < found.factor.at < desk.clock()
    assert not found.second_due
    again = desk.accounts.log_in(EMAIL.upper(), PASSWORD)
    assert again.account == found.account
    with desk.database.read() as connection:
        party = connection.execute(text("SELECT id, kind, capacity FROM party")).one()
    assert tuple(party) == (found.account.party_id, "person", "consumer")


def test_whoever_received_letters_at_an_address_is_the_person_of_its_account(desk: Desk) -> None:
    known = PartyBook(desk.database, clock=desk.clock).for_recipient(email=EMAIL, name="Mme Faÿ")
    assert desk.member().account.party_id == known.id
    assert desk.member("other@example.org").account.party_id != known.id


def test_a_password_is_the_same_however_its_accents_are_typed(desk: Desk) -> None:
    desk.accounts.register(EMAIL, "e\u0301tudiant en vacances", NAME, "fr")
    desk.accounts.confirm(desk.token(), "\u00e9tudiant en vacances")
    desk.accounts.log_in(EMAIL, "\u00e9tudiant en vacances")


def test_registering_answers_the_same_whether_the_address_is_taken_or_not(desk: Desk) -> None:
    """F9.08."""
    desk.member()
    for address in (EMAIL, "other@example.org"):
        before = len(desk.mails)
        desk.accounts.register(address, OTHER, NAME, "fr")
        assert len(desk.mails) == before + 1
        assert desk.mails[-1].email == address
    taken, free = desk.mails[-2:]
    assert (taken.kind, free.kind) == (MailKind.ALREADY, MailKind.CONFIRM)
    assert taken.token is None
    with pytest.raises(LogInError):
        desk.accounts.log_in(EMAIL, OTHER)


def test_forgetting_answers_the_same_whether_there_is_an_account_or_not(desk: Desk) -> None:
    """F9.08."""
    desk.member()
    for address in (EMAIL, "other@example.org"):
        before = len(desk.mails)
        desk.accounts.forgot(address)
        assert len(desk.mails) == before + 1
        assert desk.mails[-1].email == address
    assert [mail.kind for mail in desk.mails[-2:]] == [MailKind.RESET, MailKind.NO_ACCOUNT]


def test_whoever_registers_a_strangers_address_gets_nothing_even_if_the_stranger_follows_the_link(
    desk: Desk,
) -> None:
    desk.accounts.register(EMAIL, "the attacker's choice", NAME, "fr")
    attackers = desk.token()
    desk.accounts.register(EMAIL, PASSWORD, NAME, "fr")
    with pytest.raises(LogInError):
        desk.accounts.confirm(attackers, PASSWORD)
    desk.accounts.confirm(desk.token(), PASSWORD)
    with pytest.raises(DeadLinkError):
        desk.accounts.confirm(attackers, "the attacker's choice")
    with pytest.raises(LogInError):
        desk.accounts.log_in(EMAIL, "the attacker's choice")


def test_a_link_works_once_for_its_purpose_and_for_its_time(desk: Desk) -> None:
    desk.accounts.register(EMAIL, PASSWORD, NAME, "fr")
    confirm = desk.token()
    for _ in range(3):
        desk.accounts.look_at_link(CONFIRM, confirm)
    for token, purpose in ((confirm, RESET), (confirm + "x", CONFIRM), ("", CONFIRM), ("é\x00", CONFIRM)):
        with pytest.raises(DeadLinkError):
            desk.accounts.look_at_link(purpose, token)
    desk.accounts.confirm(confirm, PASSWORD)
    with pytest.raises(DeadLinkError):
        desk.accounts.confirm(confirm, PASSWORD)
    reset = desk.reset_token()
    with pytest.raises(DeadLinkError):
        desk.accounts.confirm(reset, PASSWORD)
    desk.clock.advance(LIVES[RESET])
    with pytest.raises(DeadLinkError):
        desk.accounts.reset(reset, OTHER)
    desk.accounts.register("late@example.org", PASSWORD, NAME, "fr")
    desk.clock.advance(LIVES[CONFIRM])
    with pytest.raises(DeadLinkError):
        desk.accounts.confirm(desk.token(), PASSWORD)


def test_a_link_dies_after_a_few_wrong_passwords(desk: Desk) -> None:
    desk.accounts.register(EMAIL, PASSWORD, NAME, "fr")
    for _ in range(ATTEMPTS_MAX):
        with pytest.raises(LogInError):
            desk.accounts.confirm(desk.token(), OTHER)
    with pytest.raises(DeadLinkError):
        desk.accounts.confirm(desk.token(), PASSWORD)


def race(number: int, act: Any) -> list[Any]:
    """Return what each of many acts at once answered, or the error it raised."""
    barrier = Barrier(number)

    def one(_: int) -> Any:
        barrier.wait()
        try:
            return act()
        except LreError as error:
            return error

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(one, range(number)))


def test_a_link_followed_many_times_at_once_works_once(desk: Desk) -> None:
    """F9.03."""
    desk.member()
    token = desk.reset_token()
    answers = race(10, lambda: desk.accounts.reset(token, OTHER))
    assert sum(isinstance(answer, LoggedIn) for answer in answers) == 1
    desk.accounts.register("two@example.org", PASSWORD, NAME, "fr")
    token = desk.token()
    race(5, lambda: desk.accounts.confirm(token, PASSWORD))
    with desk.database.read() as connection:
        assert connection.execute(select(func.count()).select_from(AccountRow)).scalar_one() == 2


def test_guesses_at_once_are_counted_before_they_are_judged(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F9.04."""
    desk.member()
    judged: list[bool] = []
    fits = Passwords.fits

    def counted(self: Passwords, kept: str | None, password: str) -> bool:
        judged.append(True)
        return fits(self, kept, password)

    monkeypatch.setattr(Passwords, "fits", counted)
    answers = race(50, lambda: desk.accounts.log_in(EMAIL, OTHER))
    assert len(judged) == 5
    assert sum(isinstance(answer, LogInError) for answer in answers) == 5
    assert sum(isinstance(answer, ThrottledError) for answer in answers) == 45


def guess(desk: Desk, email: str = EMAIL) -> str:
    with pytest.raises(LreError) as raised:
        desk.accounts.log_in(email, OTHER, network=NETWORK)
    return str(raised.value)


def test_delays_grow_and_are_the_same_for_accounts_that_do_not_exist(desk: Desk) -> None:
    """F9.08."""
    desk.member()
    for _ in range(3):
        for _ in range(8):
            assert guess(desk) == guess(desk, "nobody@example.org")
        desk.clock.advance(timedelta(minutes=2))
    desk.clock.advance(timedelta(hours=1))
    desk.accounts.log_in(EMAIL, PASSWORD)
    assert "do not belong together" in guess(desk)


def test_a_network_that_guesses_at_many_accounts_is_slowed_down(desk: Desk) -> None:
    desk.member()
    said = [guess(desk, f"someone{number}@example.org") for number in range(40)]
    assert "Too many" in said[-1]
    assert "Too many" not in said[20]
    desk.accounts.log_in(EMAIL, PASSWORD, network="203.0.113.8")
    desk.accounts.log_in(EMAIL, PASSWORD, network="192.168.0.1")
    with pytest.raises(ThrottledError):
        desk.accounts.log_in(EMAIL, PASSWORD, network=NETWORK)
    desk.clock.advance(timedelta(hours=1))
    for _ in range(40):
        desk.accounts.log_in(EMAIL, PASSWORD, network=NETWORK)


def test_a_stranger_cannot_lock_the_owner_out_for_ever(desk: Desk) -> None:
    """F9.05."""
    desk.member()
    for _ in range(FAILURES_MAX):
        guess(desk)
        desk.clock.advance(timedelta(hours=1))
    with pytest.raises(ThrottledError):
        desk.accounts.log_in(EMAIL, PASSWORD)
    desk.clock.advance(timedelta(days=365))
    with pytest.raises(ThrottledError):
        desk.accounts.log_in(EMAIL, PASSWORD)
    found = desk.accounts.reset(desk.reset_token(), OTHER)
    assert found.account.email == EMAIL
    desk.accounts.log_in(EMAIL, OTHER)


def test_a_reset_ends_every_session_and_tells_the_owner_and_leaves_the_second_factor_due(desk: Desk) -> None:
    """F9.13."""
    found = desk.member()
    desk.means = [SimpleNamespace(kind="authenticator", state="active")]
    sessions = desk.accounts.sessions
    tokens = [
        sessions.open(account_id=found.account.id, party_id=found.account.party_id, factor=found.factor).token
        for _ in range(3)
    ]
    reset = desk.reset_token()
    with pytest.raises(PasswordRefusedError):
        desk.accounts.reset(reset, "short")
    again = desk.accounts.reset(reset, OTHER)
    assert again.second_due
    assert [sessions.touch(token) for token in tokens] == [None, None, None]
    assert desk.mails[-1].kind is MailKind.PASSWORD_CHANGED
    with pytest.raises(LogInError):
        desk.accounts.log_in(EMAIL, PASSWORD)


def test_whoever_showed_the_old_password_before_a_reset_gets_no_session_after_it(desk: Desk) -> None:
    desk.member()
    late = desk.accounts.log_in(EMAIL, PASSWORD)
    desk.accounts.reset(desk.reset_token(), OTHER)
    with pytest.raises(IdentificationError):
        desk.accounts.sessions.open(
            account_id=late.account.id, party_id=late.account.party_id, factor=late.factor
        )


def test_a_change_of_password_asks_for_the_present_one_and_keeps_this_session(desk: Desk) -> None:
    found = desk.member()
    sessions = desk.accounts.sessions
    here, there = (
        sessions.open(account_id=found.account.id, party_id=found.account.party_id, factor=found.factor)
        for _ in range(2)
    )
    with pytest.raises(LogInError):
        desk.accounts.change_password(found.account.id, present=OTHER, new="six chevaux verts")
    with pytest.raises(PasswordRefusedError):
        desk.accounts.change_password(found.account.id, present=PASSWORD, new="helene.fay 12")
    desk.accounts.change_password(found.account.id, present=PASSWORD, new=OTHER, keep_session=here.session.id)
    assert sessions.touch(here.token) is not None
    assert sessions.touch(there.token) is None
    desk.accounts.log_in(EMAIL, OTHER)


def test_a_mail_server_that_is_away_undoes_nothing_but_is_told_of_when_the_act_hangs_on_it(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    found = desk.member()

    def away(mail: AccountMail) -> None:
        raise MailUnavailableError("No server answers.", mend="Wait.")

    accounts = Accounts(
        desk.database,
        clock=desk.clock,
        pepper=b"p" * 32,
        deliver=away,
        passwords=Passwords(b"p" * 32, CHEAP),
    )
    accounts.change_password(found.account.id, present=PASSWORD, new=OTHER)
    assert "could not be told" in caplog.text
    assert EMAIL not in caplog.text
    for email in (EMAIL, "nobody@example.org"):
        with pytest.raises(MailUnavailableError):
            accounts.forgot(email)
        with pytest.raises(MailUnavailableError):
            accounts.register(email, PASSWORD, NAME, "fr")


def test_second_factors_are_the_active_authenticators_and_security_keys(desk: Desk) -> None:
    found = desk.member()
    kinds = [("paper_codes", "active"), ("authenticator", "revoked"), ("security_key", "active")]
    desk.means = [SimpleNamespace(kind=kind, state=state) for kind, state in kinds]
    assert desk.accounts.second_factors(found.account.id) == (desk.means[2],)
    assert desk.accounts.log_in(EMAIL, PASSWORD).second_due


def test_a_recovery_code_works_once_even_when_sent_many_times_at_once(desk: Desk) -> None:
    """F9.03."""
    account = desk.member().account
    codes = desk.accounts.codes.make(account.id)
    assert len(set(codes)) == CODES == desk.accounts.codes.left(account.id)
    typed = codes[3].lower().replace("-", " ")
    answers = race(20, lambda: desk.accounts.codes.check(account.id, typed))
    assert sum(not isinstance(answer, LreError) for answer in answers) == 1
    assert desk.accounts.codes.left(account.id) == CODES - 1
    desk.clock.advance(timedelta(hours=2))
    with pytest.raises(IdentificationError):
        desk.accounts.codes.check(account.id, codes[3])


def test_a_new_set_of_recovery_codes_ends_the_old_and_none_raises_the_level(desk: Desk) -> None:
    found = desk.member()
    old = desk.accounts.codes.make(found.account.id)
    new = desk.accounts.codes.make(found.account.id)
    with pytest.raises(IdentificationError):
        desk.accounts.codes.check(found.account.id, old[0])
    factor = desk.accounts.codes.check(found.account.id, new[0])
    level = level_reached((found.factor, factor), proofing=Level.SUBSTANTIAL, at=desk.clock())
    assert level is Level.LOW
    with pytest.raises(IdentificationError):
        desk.accounts.codes.check("nobody", new[1])


def test_guesses_at_recovery_codes_are_slowed_down(desk: Desk) -> None:
    account = desk.member().account
    desk.accounts.codes.make(account.id)
    answers = [race(1, lambda: desk.accounts.codes.check(account.id, "0000-0000-0000"))[0] for _ in range(8)]
    assert [type(answer) for answer in answers] == [IdentificationError] * 5 + [ThrottledError] * 3


def test_roles_are_given_and_taken_and_end_sessions(desk: Desk) -> None:
    found = desk.member()
    token = desk.accounts.sessions.open(
        account_id=found.account.id, party_id=found.account.party_id, factor=found.factor
    ).token
    assert desk.accounts.set_role(EMAIL, REVIEWER).role == REVIEWER
    assert desk.accounts.sessions.touch(token) is None
    assert desk.accounts.set_role(EMAIL, "").role == ""
    with pytest.raises(UnknownRoleError):
        desk.accounts.set_role(EMAIL, "king")
    with pytest.raises(NotFoundError):
        desk.accounts.set_role("nobody@example.org", REVIEWER)
    assert desk.accounts.all() == [found.account]


def test_a_password_hashed_at_another_cost_is_hashed_anew_at_the_next_log_in(desk: Desk) -> None:
    found = desk.member()
    dear = Accounts(
        desk.database,
        clock=desk.clock,
        pepper=b"p" * 32,
        deliver=desk.mails.append,
        passwords=Passwords(b"p" * 32, PasswordHasher(time_cost=2, memory_cost=64, parallelism=1)),
    )
    dear.log_in(EMAIL, PASSWORD)
    with desk.database.read() as connection:
        kept = connection.execute(text("SELECT password_hash FROM account")).scalar_one()
    assert "t=2" in kept
    assert dear.log_in(EMAIL, PASSWORD).account == found.account


def test_bad_input_is_refused_before_anything_is_sent(desk: Desk) -> None:
    with pytest.raises(InvalidAddressError):
        desk.accounts.register("nobody", PASSWORD, NAME, "fr")
    with pytest.raises(PasswordRefusedError):
        desk.accounts.register(EMAIL, "password1234", NAME, "fr")
    with pytest.raises(InvalidAddressError):
        desk.accounts.forgot("nobody@")
    with pytest.raises(LogInError):
        desk.accounts.log_in("not an address", PASSWORD)
    assert desk.mails == []


def test_messages_to_one_address_are_few_and_whoever_waits_has_a_link_that_works(desk: Desk) -> None:
    desk.member()
    answers = [race(1, lambda: desk.accounts.forgot(EMAIL))[0] for _ in range(8)]
    assert sum(isinstance(answer, ThrottledError) for answer in answers) == 3
    token = desk.token()
    desk.clock.advance(timedelta(minutes=9))
    assert isinstance(desk.accounts.reset(token, OTHER), LoggedIn)


def test_no_secret_is_logged_or_shown(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    found = desk.member()
    codes = desk.accounts.codes.make(found.account.id)
    opened = desk.accounts.sessions.open(
        account_id=found.account.id, party_id=found.account.party_id, factor=found.factor
    )
    token = desk.reset_token()
    said = [str(answer) + repr(answer) for answer in race(1, lambda: desk.accounts.log_in(EMAIL, OTHER))]
    seen = caplog.text + "".join(said) + repr(desk.mails) + repr(opened) + repr(found)
    for secret in (PASSWORD, OTHER, codes[0], token, opened.token, "argon2"):
        assert secret not in seen


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("helene@b\u00fccher.example", "helene@xn--bcher-kva.example"),
        ("Helene@example.org", "helene@EXAMPLE.ORG"),
        ("he\u0301lene@example.org", "h\u00e9lene@example.org"),
    ],
)
def test_one_mailbox_is_one_account_however_it_is_spelled(desk: Desk, first: str, second: str) -> None:
    member = desk.member(first)
    desk.accounts.register(second, OTHER, NAME, "fr")
    assert desk.mails[-1].kind is MailKind.ALREADY
    assert desk.accounts.log_in(second, PASSWORD).account.id == member.account.id


def test_a_person_is_written_to_in_the_language_of_their_account(desk: Desk) -> None:
    desk.accounts.register(EMAIL, PASSWORD, NAME, "en")
    found = desk.accounts.confirm(desk.token(), PASSWORD)
    parties = PartyBook(desk.database, clock=desk.clock)
    assert parties.by_id(found.account.party_id).language == "en"
