"""A database that goes away, runs out of connections or locks up, under the pages and the API."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import func, insert, select, update

from lre_kit.errors import StoreUnavailableError
from lre_kit.integration.values import KeyWish
from lre_kit.law.events import DECISIVE
from lre_kit.letters.phases import Phase
from lre_kit.letters.rows import EventRow, LetterRow
from lre_kit.office import PostOffice
from lre_kit.proofs.auditing.audit import audit_office
from lre_kit.store import engines
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database, UniqueViolation
from lre_kit.store.inserts import table_of
from lre_kit.testing.office import SENDER, deposit_sample, identify, throwaway_office
from lre_kit.testing.proxy import Proxy
from lre_web.testing import ThrowawaySite

EVENT, LETTER = table_of(EventRow), table_of(LetterRow)
SHED_MAX_S = 4.0
"""Longest a request may wait for a connection here, where the pool waits a second."""


@pytest.fixture
def proxied(tmp_path: Path, postgres_url: str) -> Iterator[tuple[Proxy, ThrowawaySite]]:
    parts = urlsplit(postgres_url)
    with Proxy(parts.hostname or "", parts.port or 5432) as proxy:
        url = parts._replace(netloc=f"{parts.username}@127.0.0.1:{proxy.port}").geturl()
        site = ThrowawaySite.open(tmp_path / "office", database_url=url)
        with site.office:
            yield proxy, site


def test_while_the_database_is_away_pages_and_api_say_when_to_come_back(
    proxied: tuple[Proxy, ThrowawaySite],
) -> None:
    """F2.01: at a page, at an act, at a deposit; nothing is decided, and the same form works afterwards."""
    proxy, site = proxied
    letter = site.letter()
    reader = site.identified(letter)
    key = site.office.integration.keys.create(SENDER, KeyWish(name="any")).text
    api = {"Authorization": f"Bearer {key}"}
    page = reader.get("/lre/r").text
    token = page.split('name="form_token" value="')[1].split('"')[0]
    proxy.is_away = True
    proxy.cut()
    for answer in (
        reader.get("/lre/r"),
        reader.post("/lre/r/accept", data={"form_token": token}),
        site.client().get("/lre/"),
        site.app.test_client().get("/lre/api/v1/letters", headers=api),
        site.app.test_client().post("/lre/api/v1/letters", headers=api | {"Idempotency-Key": "a"}, json={}),
    ):
        assert answer.status_code == 503, answer.text
        assert int(answer.headers["Retry-After"]) > 0
        assert "psycopg" not in answer.text
        assert "Traceback" not in answer.text
    assert site.client().get("/lre/healthz").status_code == 200
    proxy.is_away = False
    assert site.office.reading.by_id(letter.id).phase is Phase.NOTIFIED
    assert reader.post("/lre/r/accept", data={"form_token": token}).status_code in {302, 303}
    assert site.office.reading.by_id(letter.id).phase is Phase.RECEIVED
    site.office.run_until_idle()
    assert audit_office(site.office).findings == []


def test_more_work_than_connections_is_turned_away_early_and_the_next_is_served(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F2.04: ten times as many clients as connections, all of which are held by slow queries."""
    for name, value in (("POOL_SIZE", 2), ("POOL_OVERFLOW", 0), ("CONNECT_TIMEOUT_S", 1)):
        monkeypatch.setattr(engines, name, value)
    site = ThrowawaySite.open(tmp_path / "office", database_url=postgres_url)
    with site.office as office:
        held, done = threading.Barrier(3), threading.Event()

        def slow() -> None:
            with office.database.read() as connection:
                connection.exec_driver_sql("SELECT pg_sleep(0.01)")
                held.wait()
                done.wait(30)

        holders = [threading.Thread(target=slow) for _ in range(2)]
        for holder in holders:
            holder.start()
        held.wait()
        answers: list[tuple[int, bool, float]] = []

        def ask() -> None:
            began_s = time.monotonic()
            answer = site.client().get("/lre/")
            answers.append((answer.status_code, "Retry-After" in answer.headers, time.monotonic() - began_s))

        asking = [threading.Thread(target=ask) for _ in range(20)]
        for thread in asking:
            thread.start()
        for thread in asking:
            thread.join(30)
        done.set()
        for holder in holders:
            holder.join()
        assert {(status, told) for status, told, _ in answers} == {(503, True)}
        assert max(took_s for *_, took_s in answers) < SHED_MAX_S
        assert site.client().get("/lre/").status_code == 200


def test_of_two_transactions_that_wait_for_each_other_one_changes_nothing(
    tmp_path: Path, postgres_url: str
) -> None:
    """F2.03: PostgreSQL ends the deadlock; the one it gave up is told, and left nothing."""
    with throwaway_office(tmp_path / "office", database_url=postgres_url) as office:
        letters = [deposit_sample(office).id for _ in range(2)]
        both = threading.Barrier(2)
        outcomes: list[str] = []

        def change(name: str, order: list[str]) -> None:
            try:
                with office.database.write() as uow:
                    for number, letter_id in enumerate(order):
                        uow.update(update(LETTER).where(LETTER.c.id == letter_id).values(subject=name))
                        if number == 0:
                            both.wait()
                    uow.commit()
                outcomes.append(name)
            except StoreUnavailableError as error:
                outcomes.append(error.slug)

        racers = [
            threading.Thread(target=change, args=arguments)
            for arguments in (("one", letters), ("two", letters[::-1]))
        ]
        for racer in racers:
            racer.start()
        for racer in racers:
            racer.join(30)
        (winner,) = set(outcomes) - {"store-unavailable"}
        assert len(outcomes) == 2
        assert {office.reading.by_id(letter_id).subject for letter_id in letters} == {winner}


def test_no_second_end_fits_into_the_tables(tmp_path: Path, database_url: str) -> None:
    """F2.08: written past all code, as the application's own user."""
    with throwaway_office(tmp_path / "office", database_url=database_url) as office:
        letter = deposit_sample(office)
        office.run_until_idle()
        office.desk.accept(letter.id, identify(office, letter))
        with office.database.read() as connection:
            rows = connection.execute(select(EVENT).where(EVENT.c.letter_id == letter.id)).all()
            (decision,) = (row._asdict() for row in rows if row.exclusive == "decision")
        for name in DECISIVE:
            forged = decision | {"id": new_id(), "name": name.value, "seq": len(rows)}
            _refused(office.database, forged, "uq_event_exclusive")
            _refused(office.database, forged | {"exclusive": None, "seq": decision["seq"]}, "uq_event_seq")
        assert _count(office, letter.id) == len(rows)


def _refused(database: Database, row: dict[str, Any], constraint: str) -> None:
    with pytest.raises(UniqueViolation) as refused, database.write() as uow:
        uow.execute(insert(EVENT).values(**row))
        uow.commit()
    assert refused.value.constraint == constraint


def _count(office: PostOffice, letter_id: str) -> int:
    with office.database.read() as connection:
        query = select(func.count()).select_from(EVENT).where(EVENT.c.letter_id == letter_id)
        return int(connection.execute(query).scalar_one())
