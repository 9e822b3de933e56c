"""The recipient's page and the sender's list against an empty Flask view, on gunicorn with one worker.

``LRE_BENCH_LETTERS`` says how many letters the sender has (default 100 000): copies of one, made by the
database. All three views are in one application of one server and are asked in turn, over kept connections;
the database's work is in ours. The aim is a quarter of the empty view's requests per second, and a 99th
percentile of at most five medians.
"""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import pytest
from sqlalchemy import text

from lre_kit.office import PostOffice
from lre_kit.testing.office import SENDER, deposit_sample, throwaway_office

pytest.importorskip("gunicorn")

COUNT = int(os.environ.get("LRE_BENCH_LETTERS", "100000"))
ROUNDS = 8
REQUESTS = 60
AIM = 0.25
TAIL = 5

APP = """
from flask import Flask
from lre_kit import PostOffice, Settings
from lre_web import LRE, Actor

app = Flask("bench")
office = PostOffice.open(Settings(home={home!r}, base_url={base!r}))
LRE(app, office=office, current_actor=lambda: Actor(ref={ref!r}, name="S", email="s@example.org"))


@app.get("/empty")
def empty() -> str:
    return ""
"""
_COPIED = {
    "id": "printf('%032x', n)",
    "number": "printf('%04X-%04X-%04X-%04X', n >> 24, (n >> 12) & 4095, n & 4095, n % 65521)",
    "recipient_name": "'Person ' || n",
    "recipient_email": "'person' || n || '@example.net'",
    "deposited_at": "datetime('2020-01-01', (n * 97) || ' seconds') || '.000000'",
    "idempotency_key": "NULL",
}


def many_letters(office: PostOffice, model: str) -> None:
    """Copy a letter until there are `COUNT`."""
    with office.database.engine.connect() as connection:
        names = [row[1] for row in connection.exec_driver_sql("PRAGMA table_info(letter)")]
        values = ", ".join(_COPIED.get(name, name) for name in names)
        connection.execute(
            text(
                "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < :count) "
                f"INSERT INTO letter ({', '.join(names)}) SELECT {values} FROM letter, c WHERE id = :model"
            ),
            {"count": COUNT, "model": model},
        )
        connection.exec_driver_sql("ANALYZE")


@contextmanager
def served(folder: Path, port: int, ref: str) -> Iterator[None]:
    base = f"http://127.0.0.1:{port}/lre"
    (folder / "bench_app.py").write_text(APP.format(home=str(folder / "office"), base=base, ref=ref))
    command = [sys.executable, "-m", "gunicorn", "--chdir", str(folder), "-b", f"127.0.0.1:{port}"]
    command += ["-w", "1", "-k", "gthread", "--threads", "2", "--log-level", "error", "bench_app:app"]
    server = subprocess.Popen(command)
    try:
        for _ in range(300):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield
    finally:
        server.terminate()
        server.wait(20)


def times_of(port: int, path: str, headers: dict[str, str]) -> list[float]:
    """Return the seconds that each of some requests took, over one kept connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    taken = []
    for _ in range(REQUESTS):
        start = time.perf_counter()
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        answer.read()
        taken.append(time.perf_counter() - start)
        assert answer.status == 200, (path, answer.status)
    connection.close()
    return taken


@pytest.mark.parametrize("page", ["recipient", "list"])
def test_pages_against_an_empty_view(compare: Callable[..., None], page: str, tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    base = f"http://127.0.0.1:{port}/lre"
    with throwaway_office(tmp_path / "office", base_url=base) as office:
        letter = deposit_sample(office)
        office.run_until_idle()
        many_letters(office, letter.id)
        cookie = {"Cookie": f"lre_letter={office.links.token(letter.id)}"}
    asked: dict[str, tuple[str, dict[str, str]]] = {
        "empty": ("/empty", {}),
        "recipient": ("/lre/r", cookie),
        "list": ("/lre/", {}),
    }
    taken: dict[str, list[float]] = {name: [] for name in asked}

    def batch(name: str) -> Callable[[], None]:
        return lambda: taken[name].extend(times_of(port, *asked[name]))

    with served(tmp_path, port, SENDER.ref):
        compare(f"{page}, {COUNT} letters", floor=batch("empty"), ours=batch(page), rounds=ROUNDS, aim=AIM)
    ours = sorted(taken[page])
    tail = ours[int(len(ours) * 0.99)] / median(ours)
    print(f"{page}: {1 / median(ours):.0f}/s; p99 is {tail:.1f} medians (aim: at most {TAIL})")
