"""How long an answer takes does not tell who has an account."""

import random
import time
from collections.abc import Callable
from statistics import median

import pytest
from argon2 import PasswordHasher
from sqlalchemy import insert

from lre_kit.parties.account_rows import AccountRow
from lre_kit.parties.account_values import LogInError, email_key
from lre_kit.parties.accounts import Accounts
from lre_kit.parties.book import PartyBook
from lre_kit.parties.passwords import Passwords
from lre_kit.parties.persons import PartyFacts, PartyKind
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database
from lre_kit.store.inserts import table_of
from lre_kit.testing.clock import MovedClock

PEOPLE, TRIES = 200, 5
LIGHT = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)
"""A hash some sixty times cheaper than an office's: whatever else differs shows the more."""


def _cost_ns(act: Callable[[], object]) -> int:
    """Return the processor's time that an act takes: other programs on the machine do not count."""
    begun = time.process_time_ns()
    act()
    return time.process_time_ns() - begun


def test_two_thousand_wrong_passwords_cost_the_same_with_an_account_and_without(sqlite_url: str) -> None:
    """F9.08: the medians of both differ by less than a quarter of one light hash."""
    database, clock = Database(sqlite_url), MovedClock()
    passwords = Passwords(b"p" * 32, LIGHT)
    accounts = Accounts(database, clock=clock, pepper=b"p" * 32, deliver=print, passwords=passwords)
    party = PartyBook(database, clock=clock).add(PartyFacts(kind=PartyKind.PERSON, family_name="Faÿ"))
    kept = passwords.hash("quatre poules bleues")
    emails = [f"known-{place}@example.org" for place in range(PEOPLE)]
    rows = [
        {
            "id": new_id(),
            "party_id": party.id,
            "email": email,
            "email_key": email_key(email),
            "name": "Faÿ",
            "language": "fr",
            "role": "",
            "password_hash": kept,
            "password_set_at": clock(),
            "password_mailed_at": clock(),
            "created_at": clock(),
        }
        for email in emails
    ]
    with database.write() as uow:
        uow.execute(insert(table_of(AccountRow)), rows)
        uow.commit()

    def guess(email: str) -> None:
        with pytest.raises(LogInError):
            accounts.log_in(email, "cinq canards violets")

    tries = [(email, TRIES) for email in emails] + [(f"un{email}", TRIES) for email in emails]
    order = [email for email, times in tries for _ in range(times)]
    random.Random(9).shuffle(order)
    taken: dict[bool, list[int]] = {True: [], False: []}
    for email in order:
        taken[email.startswith("known")].append(_cost_ns(lambda email=email: guess(email)))
    one_hash = median(_cost_ns(lambda: passwords.fits(kept, "x")) for _ in range(50))
    assert len(taken[True]) + len(taken[False]) == 2000
    assert abs(median(taken[True]) - median(taken[False])) < one_hash / 4
    database.close()
