"""The tree of a renewal over many checkpoints: gathered in parts, on both databases, alike each time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from lre_kit.clock import now
from lre_kit.errors import TimestampUnavailableError
from lre_kit.proofs.keys.keys import Keys, create_keys
from lre_kit.proofs.log import renewal_store as store
from lre_kit.proofs.log.restamp import Restamper
from lre_kit.proofs.rows import CheckpointRow, RenewalLeafRow, RenewalRow
from lre_kit.proofs.stamping.renewal import covered_digest, stamped_digest
from lre_kit.proofs.stamping.timestamp import read_token
from lre_kit.proofs.stamping.tsa import BuiltinAuthority
from lre_kit.store.agenda import Agenda, Duty, LeaseLostError, plan
from lre_kit.store.database import Database
from lre_kit.store.inserts import table_of
from lre_kit.store.rows import DutyRow

OLD, OTHER = "0" * 32, "1" * 32
_LEAF, _RENEWAL = table_of(RenewalLeafRow), table_of(RenewalRow)


@dataclass
class Asked:
    """Counts how often the authority is asked; may be out of order for the first few times."""

    inner: BuiltinAuthority
    times: int = 0
    down_until: int = 0

    def stamp(self, digest: bytes) -> bytes:
        self.times += 1
        if self.times <= self.down_until:
            raise TimestampUnavailableError("It is down.", mend="Wait.")
        return self.inner.stamp(digest)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    folder: Path = tmp_path_factory.mktemp("office") / "keys"
    create_keys(folder, provider_name="Office", origin="office.example/log", clock=now)
    return Keys.load(folder)


@pytest.fixture
def authority(keys: Keys) -> Asked:
    return Asked(BuiltinAuthority(keys, now))


def restamper(database: Database, authority: Asked) -> Restamper:
    return Restamper(database, clock=now, authority=authority, margin=timedelta(days=90))


def fill(database: Database, count: int, *, begin: int = 1, name: str = OLD) -> None:
    with database.write() as uow:
        uow.add_all(
            CheckpointRow,
            [
                {
                    "size": size,
                    "root": bytes(32),
                    "note": f"note {size}",
                    "created_at": now(),
                    "token": f"token {size}".encode(),
                    "stamp_id": f"{name}:{size:x}",
                    "stamped_at": now(),
                }
                for size in range(begin, begin + count)
            ],
        )
        uow.commit()


def duty(database: Database, name: str = OLD) -> Duty:
    ends_at = (now() + timedelta(days=30)).isoformat()
    with database.write() as uow:
        plan(uow, key=f"restamp:{name}", due_at=now(), action="restamp", subject=name,
             payload={"ends_at": ends_at})  # fmt: skip
        uow.commit()
    (claimed,) = Agenda(database, now).claim(limit=5, lease=timedelta(minutes=5))
    return claimed


def covered(database: Database) -> Iterator[tuple[int, bytes]]:
    """Every renewed checkpoint, having checked that its last renewal covers it and its tokens."""
    with database.read() as connection:
        for size in connection.execute(select(_LEAF.c.checkpoint_size).distinct()).scalars().all():
            *before, last = store.renewals_of(connection, size)
            tokens = [f"token {size}".encode(), *(renewal.token for renewal in before)]
            digest = covered_digest(f"note {size}", tokens, last)
            assert digest is not None
            read_token(last.token, digest)
            yield size, last.token


@pytest.mark.parametrize("count", [1, 2, 255, 256, 257, 700])
def test_one_token_covers_however_many_there_are(database: Database, authority: Asked, count: int) -> None:
    fill(database, count)
    fill(database, 2, begin=9001, name=OTHER)
    restamper(database, authority).renew(duty(database))
    found = dict(covered(database))
    assert sorted(found) == list(range(1, count + 1))
    assert len(set(found.values())) == 1
    assert authority.times == 1


def test_a_second_certificates_end_renews_the_renewals_and_what_came_since(
    database: Database, authority: Asked, keys: Keys
) -> None:
    fill(database, 300)
    restamper(database, authority).renew(duty(database))
    with database.read() as connection:
        named = connection.execute(select(_RENEWAL.c.stamp_id)).scalar_one()[: store.NAME_CHARS]
    fill(database, 20, begin=301, name=named)
    ends_at = keys.tsa_certificate.not_valid_after_utc
    agenda = Agenda(database, now)
    with database.write() as uow:
        table = table_of(DutyRow)
        early = {"ends_at": (ends_at - timedelta(days=1)).isoformat()}
        uow.execute(update(table).values(due_at=now() - timedelta(seconds=1), payload=early))
        uow.commit()
    (second,) = agenda.claim(limit=5, lease=timedelta(minutes=5))
    assert second.subject == named
    restamper(database, authority).renew(second)
    assert len(list(covered(database))) == 320
    with database.read() as connection:
        counts = select(_LEAF.c.generation, func.count().label("leaves")).group_by(_LEAF.c.generation)
        by_generation = {row.generation: row.leaves for row in connection.execute(counts)}
    assert by_generation == {1: 320, 2: 300}


def test_a_stamp_that_cannot_be_had_leaves_the_tree_and_it_grows_until_then(
    database: Database, authority: Asked
) -> None:
    authority.down_until = 1
    fill(database, 300)
    claimed = duty(database)
    with pytest.raises(TimestampUnavailableError):
        restamper(database, authority).renew(claimed)
    fill(database, 300, begin=301)
    restamper(database, authority).renew(claimed)
    assert len(list(covered(database))) == 600
    with database.read() as connection:
        assert connection.execute(select(func.count()).select_from(_RENEWAL)).scalar_one() == 1


def test_who_lost_the_duty_keeps_nothing(database: Database, authority: Asked) -> None:
    fill(database, 3)
    claimed = duty(database)
    restamper(database, authority).renew(claimed)
    before = dict(covered(database))
    with pytest.raises(LeaseLostError):
        restamper(database, authority).renew(claimed)
    assert dict(covered(database)) == before


def test_nothing_to_renew_ends_the_duty_without_asking_anybody(database: Database, authority: Asked) -> None:
    restamper(database, authority).renew(duty(database))
    assert authority.times == 0
    with database.read() as connection:
        assert connection.execute(select(_RENEWAL)).all() == []
    assert Agenda(database, now).due_count() == 0


def test_the_stamped_digest_binds_size_and_root() -> None:
    digests = {stamped_digest(size, root) for size in (1, 256, 2**63) for root in (bytes(32), b"\x01" * 32)}
    assert len(digests) == 6
