"""Keys of the API: what is kept of them, what refuses them, what they count."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from lre_kit.errors import NotFoundError
from lre_kit.integration.keys import KEYS_MAX, ApiKeys, may_write_to
from lre_kit.integration.values import (
    KeyInputError,
    KeyKind,
    KeyRefusedError,
    KeyWish,
    RateLimitedError,
    Scope,
)
from lre_kit.office import PostOffice
from lre_kit.parties.values import Sender
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.office import SENDER, throwaway_office

CLOCK = MovedClock()


@pytest.fixture
def office(tmp_path: Path) -> Iterator[PostOffice]:
    with throwaway_office(tmp_path / "office", clock=CLOCK, api_requests_per_minute=20) as made:
        yield made


def test_a_key_is_shown_once_and_opens_until_it_ends(office: PostOffice) -> None:
    keys = office.integration.keys
    made = keys.create(SENDER, KeyWish(name="  My   program ", scopes=frozenset({Scope.BULK_READ}), days=2))
    assert made.key.name == "My program"
    admitted = keys.admit(made.text)
    assert admitted.key.owner == SENDER
    assert admitted.key.scopes == {Scope.BULK_READ}
    [listed] = keys.of(SENDER.ref)
    assert listed.last_used_at is not None
    secret = made.text.rpartition("_")[2]
    assert secret not in repr((made, listed, keys.all()))
    CLOCK.advance(timedelta(days=2))
    with pytest.raises(KeyRefusedError, match="expired"):
        keys.admit(made.text)


def test_nobody_revokes_another_ones_key(office: PostOffice) -> None:
    keys = office.integration.keys
    made = keys.create(SENDER, KeyWish(name="a"))
    with pytest.raises(NotFoundError):
        keys.revoke(made.key.id, owner_ref="another")
    ended = keys.revoke(made.key.id, owner_ref=SENDER.ref)
    assert ended.revoked_at is not None
    assert keys.revoke(made.key.id).revoked_at == ended.revoked_at, "twice changes nothing"
    with pytest.raises(KeyRefusedError):
        keys.admit(made.text)


@pytest.mark.parametrize(
    "wish",
    [
        KeyWish(name=" "),
        KeyWish(name="x" * 101),
        KeyWish(name="a\u202eb"),
        KeyWish(name="a", scopes=frozenset()),
        KeyWish(name="a", days=0),
        KeyWish(name="a", days=100_000),
        KeyWish(name="a", team=("a@example.org",)),
        KeyWish(name="a", kind=KeyKind.TEAM, team=tuple(f"a{n}@example.org" for n in range(51))),
    ],
)
def test_a_wish_that_cannot_be_met_says_why(office: PostOffice, wish: KeyWish) -> None:
    with pytest.raises(KeyInputError):
        office.integration.keys.create(SENDER, wish)
    assert office.integration.keys.all() == []


def test_nobody_heaps_up_keys(office: PostOffice) -> None:
    keys = office.integration.keys
    made = [keys.create(SENDER, KeyWish(name=str(place))) for place in range(KEYS_MAX)]
    with pytest.raises(KeyInputError, match="in force already"):
        keys.create(SENDER, KeyWish(name="one more"))
    keys.revoke(made[0].key.id)
    assert keys.create(SENDER, KeyWish(name="one more"))
    assert keys.create(Sender(ref="b", name="B", email="b@example.org"), KeyWish(name="b"))


@pytest.mark.parametrize("text", ["", "_", "lre_live_x_y", "lre_live__", "lre_live_\x00_\x00", "é_é_é_é"])
def test_what_is_no_key_is_refused_with_one_sentence(office: PostOffice, text: str) -> None:
    with pytest.raises(KeyRefusedError, match="This key is not accepted"):
        office.integration.keys.admit(text)


def test_requests_at_once_are_counted_exactly(office: PostOffice) -> None:
    keys = office.integration.keys
    made = keys.create(SENDER, KeyWish(name="a"))
    outcomes: list[bool] = []

    def knock() -> None:
        for _ in range(8):
            try:
                keys.admit(made.text)
            except RateLimitedError:
                outcomes.append(False)
            else:
                outcomes.append(True)

    threads = [threading.Thread(target=knock) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert outcomes.count(True) == 20
    assert outcomes.count(False) == 12


def test_a_team_is_told_by_mailbox(office: PostOffice) -> None:
    wish: Any = {"name": "a", "kind": KeyKind.TEAM, "team": ("Ada@Example.net",)}
    key = office.integration.keys.create(SENDER, KeyWish(**wish)).key
    assert may_write_to(key, "ada@example.net")
    assert may_write_to(key, SENDER.email)
    assert not may_write_to(key, "bob@example.net")
    assert not may_write_to(key, "")


def twin(office: PostOffice, per_minute: int) -> ApiKeys:
    """Another process that judges the same keys."""
    pepper = office.keys.pepper
    return ApiKeys(office.database, clock=CLOCK, pepper=pepper, per_minute=per_minute)


def served(keys: ApiKeys, text: str, times: int) -> int:
    """Return how many of some requests are let through."""
    count = 0
    for _ in range(times):
        try:
            keys.admit(text)
        except RateLimitedError:
            continue
        count += 1
    return count


def test_processes_that_take_shares_never_let_more_through_than_one(office: PostOffice) -> None:
    """F10.12: what they took and did not serve is all that is lost."""
    one, other = twin(office, 200), twin(office, 200)
    text = one.create(SENDER, KeyWish(name="a")).text
    assert served(one, text, 3) == 3
    through = 3 + served(other, text, 300)
    assert 197 <= through <= 200
    assert through + served(one, text, 300) == 200
    assert served(one, text, 10) + served(other, text, 10) == 0


def test_a_key_is_another_ones_business_and_ends_at_once_though_a_share_is_left(office: PostOffice) -> None:
    """F10.12."""
    keys = twin(office, 1000)
    made, second = keys.create(SENDER, KeyWish(name="a")), keys.create(SENDER, KeyWish(name="b"))
    first = keys.admit(made.text).rate
    assert [keys.admit(made.text).rate.remaining for _ in range(3)] == [
        first.remaining - n for n in (1, 2, 3)
    ]
    assert keys.admit(second.text).rate.remaining == first.remaining
    office.integration.keys.revoke(made.key.prefix)
    with pytest.raises(KeyRefusedError, match="revoked"):
        keys.admit(made.text)


def test_most_requests_write_nothing(office: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = twin(office, 1000)
    text = keys.create(SENDER, KeyWish(name="a")).text
    writes, write = [0], office.database.write

    def counted() -> Any:
        writes[0] += 1
        return write()

    monkeypatch.setattr(office.database, "write", counted)
    assert served(keys, text, 100) == 100
    assert writes == [5]
