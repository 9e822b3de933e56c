"""The operators' console over very many letters: start, page down, search, filter, memory, idling.

``LRE_BENCH_LETTERS`` says how many (default 20 000; the aims are set for 1 000 000), ``LRE_BENCH_IDLE_S`` for
how long idling is watched (default 10 s). The letters are copies of one
letter, made by the database itself. Floors: ``import textual.app`` and the list's own statement in a process
of its own; for the lists, their bare SQL. The figures of memory and of idling are printed below the table.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from sqlalchemy import text

from lre_kit.office import PostOffice
from lre_kit.testing import services
from lre_kit.testing.office import deposit_sample, throwaway_office
from lre_tui.panel import Sight
from lre_tui.panels.agenda import AGENDA
from lre_tui.panels.letters import LETTERS
from lre_tui.texts import TEXTS

LETTERS_COUNT = int(os.environ.get("LRE_BENCH_LETTERS", "20000"))
ROUNDS = 8 if LETTERS_COUNT < 500_000 else 3
PAGE = 100
IDLE_S = int(os.environ.get("LRE_BENCH_IDLE_S", "10"))

_PHASES = "CASE n % 5 WHEN 0 THEN 'notified' WHEN 1 THEN 'deposited' ELSE 'received' END"
_VALUES = {
    "sqlite": {
        "id": "printf('%032x', n)",
        "number": "printf('%04X-%04X-%04X-%04X', n >> 24, (n >> 12) & 4095, n & 4095, n % 65521)",
        "recipient_name": "'Person ' || n",
        "recipient_email": "'person' || n || '@example.net'",
        "deposited_at": "datetime('2020-01-01', (n * 97) || ' seconds') || '.000000'",
        "phase": _PHASES,
        "idempotency_key": "NULL",
    },
    "postgresql": {
        "id": "lpad(to_hex(n), 32, '0')",
        "number": "to_char(n, 'FM0000-0000-0000-0000')",
        "recipient_name": "'Person ' || n",
        "recipient_email": "'person' || n || '@example.net'",
        "deposited_at": "TIMESTAMPTZ '2020-01-01' + n * INTERVAL '97 seconds'",
        "phase": _PHASES,
        "idempotency_key": "NULL",
    },
}
_NUMBERS = {
    "sqlite": "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {count}) ",
    "postgresql": "WITH c AS (SELECT generate_series(1, {count}) AS n) ",
}


@pytest.fixture(params=["sqlite", "postgresql"], scope="module")
def office(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostOffice]:
    with ExitStack() as stack:
        told = {}
        if request.param == "postgresql":
            try:
                server = services.postgres(stack)
            except services.MissingServiceError as missing:
                pytest.skip(str(missing))
            told["database_url"] = stack.enter_context(services.fresh_database(server))
        folder = tmp_path_factory.mktemp(request.param) / "office"
        opened = stack.enter_context(throwaway_office(folder, **told))
        deposit_sample(opened)
        opened.run_until_idle()
        _fill(opened, request.param)
        yield opened


def _fill(office: PostOffice, dialect: str) -> None:
    with office.database.write() as uow:
        found = uow.execute(text("SELECT * FROM letter LIMIT 0")).keys()
        columns = ", ".join(f'"{name}"' for name in found)
        values = ", ".join(_VALUES[dialect].get(name, f'letter."{name}"') for name in found)
        insert = f"INSERT INTO letter ({columns}) {_NUMBERS[dialect]}SELECT {values} FROM c, letter"
        uow.execute(text(insert.format(count=LETTERS_COUNT)))
        found = uow.execute(text("SELECT * FROM agenda LIMIT 0")).keys()
        columns = ", ".join(f'"{name}"' for name in found)
        own = {"id": _VALUES[dialect]["id"], "key": "'close_window-' || n"}
        values = ", ".join(own.get(name, f'duty."{name}"') for name in found)
        one = "(SELECT * FROM agenda WHERE action = 'close_window' LIMIT 1) duty"
        insert = f"INSERT INTO agenda ({columns}) {_NUMBERS[dialect]}SELECT {values} FROM c, {one}"
        uow.execute(text(insert.format(count=LETTERS_COUNT)))
        uow.commit()
    with office.database.write() as uow:
        uow.execute(text("ANALYZE"))
        uow.commit()


def _number_of(office: PostOffice) -> str:
    with office.database.read() as connection:
        query = text("SELECT max(number) FROM letter WHERE number LIKE '%-%-%-%'")
        return str(connection.execute(query).scalar_one())


def _sight(office: PostOffice) -> Sight:
    return Sight(office=office, language="en", words=TEXTS["en"])


_LIST = (
    "SELECT id, number, product, phase, claim, recipient_name, subject, reference, deposited_at,"
    " window_closes_at FROM letter "
)
_IN = " OR ".join(
    f"lower({name}) LIKE :wanted"
    for name in "number recipient_name recipient_email sender_name sender_email subject reference".split()
)


def test_lists_page_search_and_filter(office: PostOffice, compare: Callable[..., object]) -> None:
    sight = _sight(office)
    dialect = office.database.kind
    middle = LETTERS.page(sight, "", None, PAGE)[-1].cursor
    at, letter_id = middle

    def bare(where: str, **values: Any) -> Callable[[], object]:
        query = text(f"{_LIST}{where} ORDER BY deposited_at DESC, id DESC LIMIT {PAGE}")

        def run() -> object:
            with office.database.read() as connection:
                return connection.execute(query, values).all()

        return run

    kept = f"{at:%Y-%m-%d %H:%M:%S.%f}" if dialect == "sqlite" else at
    after = "WHERE (deposited_at < :at OR (deposited_at = :at AND id < :id))"
    compare(
        f"console: page down, {LETTERS_COUNT} letters, {dialect}",
        floor=bare(after, at=kept, id=letter_id),
        ours=lambda: LETTERS.page(sight, "", middle, PAGE),
        rounds=ROUNDS,
        aim=0.5,
    )
    for name, wanted in (
        ("search, many fit", "person 1"),
        ("search, one fits", f"person{LETTERS_COUNT - 7}@"),
    ):
        compare(
            f"console: {name}, {dialect}",
            floor=bare(f"WHERE ({_IN})", wanted=f"%{wanted}%"),
            ours=lambda wanted=wanted: LETTERS.page(sight, wanted, None, PAGE),  # type: ignore[misc]
            rounds=ROUNDS,
            aim=0.5,
        )
    for name, typed, where, values in (
        ("filter by state", "state:notified", "WHERE phase = 'notified'", {}),
        ("find one number", _number_of(office), "WHERE number = :number", {"number": _number_of(office)}),
    ):
        compare(
            f"console: {name}, {dialect}",
            floor=bare(where, **values),
            ours=lambda typed=typed: LETTERS.page(sight, typed, None, PAGE),  # type: ignore[misc]
            rounds=ROUNDS,
            aim=0.5,
        )
    duties = text(f"SELECT * FROM agenda WHERE dead_at IS NULL ORDER BY due_at, id LIMIT {PAGE}")

    def bare_duties() -> object:
        with office.database.read() as connection:
            return connection.execute(duties).all()

    compare(
        f"console: agenda, {dialect}",
        floor=bare_duties,
        ours=lambda: AGENDA.page(sight, "", None, PAGE),
        rounds=ROUNDS,
        aim=0.5,
    )


_FLOOR = """
import os, time
import textual.app
import sqlalchemy as sa
engine = sa.create_engine(os.environ["URL"])
with engine.connect() as connection:
    rows = connection.execute(sa.text(
        "SELECT id, number, phase, recipient_name, deposited_at FROM letter "
        "ORDER BY deposited_at DESC, id DESC LIMIT 100")).all()
assert len(rows) == 100
"""

_OURS = r"""
import asyncio, os, re, sys, time
from lre_kit.office import PostOffice
from lre_tui.app import ConsoleApp

async def main(idle_s):
    with PostOffice.open() as office:
        app = ConsoleApp(office, language="en", operator="bench", start="letters")
        async with app.run_test(size=(120, 40)) as pilot:
            while not len(getattr(app.screen, "_listing", ())):
                await asyncio.sleep(0.002)
            if idle_s:
                for _ in range(40):
                    await pilot.press("pagedown")
                # Nobody touches it any more.
                app._touched_s -= 60
                await asyncio.sleep(2)
                begun, wall = time.process_time(), time.monotonic()
                await asyncio.sleep(idle_s)
                share = (time.process_time() - begun) / (time.monotonic() - wall)
                # Not getrusage: a child begins with the peak of its parent.
                peak = int(re.search(r"VmHWM:\s+(\d+)", open("/proc/self/status").read())[1]) / 1024
                print(f"{share * 100:.1f} {peak:.0f}")
            os._exit(0) if not idle_s else None

asyncio.run(main(float(sys.argv[1])))
"""


def test_start_memory_and_idling(office: PostOffice, compare: Callable[..., object]) -> None:
    settings = office.settings
    told = {
        "LRE_HOME": str(settings.home), "LRE_PROVIDER_NAME": settings.provider_name, "URL": settings.database,
        "LRE_OPERATOR_ENTRANCE": "local",
    }  # fmt: skip
    if office.database.kind == "postgresql":
        told["LRE_DATABASE_URL"] = settings.database
    environment = {**os.environ, **told}

    def run(program: str, *arguments: str) -> str:
        command = [sys.executable, "-c", program, *arguments]
        return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout

    compare(
        f"console: start to the first row, {LETTERS_COUNT} letters, {office.database.kind}",
        floor=lambda: run(_FLOOR),
        ours=lambda: run(_OURS, "0"),
        rounds=3,
        aim=0.66,
    )
    share, peak = run(_OURS, str(IDLE_S)).split()
    print(f"\n{office.database.kind}: idle {share} % of one core, peak {peak} MB")
    assert float(peak) > 0
