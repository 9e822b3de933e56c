"""A machine that fails under a real process: calls that return errors, little memory, new zones."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lre_kit.letters.phases import Phase
from lre_kit.office import PostOffice
from lre_kit.proofs.auditing.audit import audit_office
from lre_kit.settings import Settings
from lre_kit.testing.courier import MemoryCourier
from lre_kit.testing.office import SMALL_PDF, deposit_sample, throwaway_office

pytestmark = pytest.mark.timeout(300)

DRIVER = """
import resource, sys
from datetime import timedelta
from pathlib import Path
from lre_kit.errors import LreError
from lre_kit.office import PostOffice
from lre_kit.settings import Settings
from lre_kit.store.agenda import plan
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.courier import MemoryCourier
from lre_kit.testing.office import deposit_sample
home, step = sys.argv[1:]
clock = MovedClock()
settings = Settings(home=Path(home), base_url="https://notices.example")

def swell(duty):
    bytearray(4 << 30)

def zones(office):
    letter = office.reading.by_id(office.reading.all_letters()[0].id)
    from lre_kit.law.deadlines import window_closes_at
    print(window_closes_at(letter.notified_at).isoformat(), letter.window_closes_at.isoformat())
    clock.advance(letter.window_closes_at - clock() - timedelta(seconds=1))
    office.sweep()
    print(office.reading.by_id(letter.id).phase.value)
    clock.advance(timedelta(seconds=1))
    office.sweep()
    print(office.reading.by_id(letter.id).phase.value)

def memory(office):
    with office.database.write() as uow:
        plan(uow, key="swell", due_at=clock() - timedelta(days=1), action="swell", subject="x")
        uow.commit()
    office.duties._actions = {**office.duties._actions, "swell": swell}
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + (1 << 30), used + (1 << 30)))
    for _ in range(30):
        office.tick()
        clock.advance(timedelta(hours=6))

try:
    with PostOffice.open(settings, clock=clock, courier=MemoryCourier()) as office:
        if step == "deposit":
            deposit_sample(office, idempotency_key="once")
        elif step == "read":
            [letter] = office.reading.all_letters()
            print(b"".join(office.desk.open_document(letter.id, 1)[1]))
        else:
            {"zones": zones, "memory": memory}[step](office)
except LreError as error:
    print(error.slug)
    sys.exit(75)
"""


def drive(home: Path, step: str, *prefix: str, **environment: str) -> tuple[int, str]:
    command = [*prefix, sys.executable, "-P", "-c", DRIVER, str(home), step]
    done = subprocess.run(
        command, env=os.environ | environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode in {0, 75}, done.stderr[-2000:]
    return done.returncode, done.stdout


def failing(call: str, fault: str, *, path: Path | None = None) -> tuple[str, ...]:
    only = ("-P", str(path)) if path else ()
    return (
        "strace",
        "-f",
        "--seccomp-bpf",
        "-o",
        "/dev/null",
        *only,
        "-e",
        f"trace={call}",
        "-e",
        f"inject={call}:{fault}",
    )


def opened(home: Path) -> PostOffice:
    return PostOffice.open(Settings(home=home, base_url="https://notices.example"), courier=MemoryCourier())


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("fresh") / "office"
    throwaway_office(home).close()
    return home


@pytest.mark.needs("strace")
@pytest.mark.parametrize(
    ("call", "fault", "places"),
    [("fsync,fdatasync", "EIO", (1, 3)), ("pwrite64", "ENOSPC", (5,))],
    ids=["fails", "is full"],
)
def test_a_disk_that_fails_or_is_full_from_the_nth_write_on_refuses_the_deposit(
    fresh: Path, tmp_path: Path, call: str, fault: str, places: tuple[int, ...]
) -> None:
    """F1.08, F7.01: nothing is acknowledged that was not kept, nothing is tried again, and it recovers."""
    home = tmp_path / "office"
    shutil.copytree(fresh, home)
    for nth in places:
        code, said = drive(home, "deposit", *failing(call, f"error={fault}:when={nth}+"))
        assert (code, said.strip() in {"store-unavailable", "blob-store-unavailable"}) == (75, True), said
    assert drive(home, "deposit")[0] == 0
    with opened(home) as office:
        assert office.reading.count() == 1
        office.run_until_idle()
        assert audit_office(office).findings == []


@pytest.mark.needs("strace")
@pytest.mark.parametrize(
    ("fault", "slug"),
    [("error=EIO:when=1+", "blob-store-unavailable"), ("retval=0:when=1", "integrity")],
    ids=["fails", "ends early"],
)
def test_content_that_cannot_be_read_whole_is_not_served(
    fresh: Path, tmp_path: Path, fault: str, slug: str
) -> None:
    """F7.03."""
    home = tmp_path / "office"
    shutil.copytree(fresh, home)
    with opened(home) as office:
        deposit_sample(office)
    [content] = (home / "blobs").rglob("letters~*")
    code, said = drive(home, "read", *failing("read", fault, path=content))
    assert (code, said.strip()) == (75, slug)
    assert drive(home, "read") == (0, f"{SMALL_PDF!r}\n")


def test_a_job_that_eats_the_memory_is_set_aside_and_others_are_done(fresh: Path, tmp_path: Path) -> None:
    """F1.06: in a process with little memory, until it is given up."""
    home = tmp_path / "office"
    shutil.copytree(fresh, home)
    with opened(home) as office:
        letter = deposit_sample(office)
    assert drive(home, "memory")[0] == 0
    with opened(home) as office:
        dead = {duty.key: duty.last_error for duty in office.agenda.dead()}
        assert dead == {"swell": "MemoryError"}
        assert office.reading.by_id(letter.id).phase is Phase.NOTIFIED


def test_new_rules_for_the_zone_leave_a_window_where_it_was(fresh: Path, tmp_path: Path) -> None:
    """F6.04: after the notice, Paris keeps the time of Tokyo; a new window would end hours earlier."""
    home, rules = tmp_path / "office", tmp_path / "zones"
    shutil.copytree(fresh, home)
    with opened(home) as office:
        deposit_sample(office)
        office.run_until_idle()
    (rules / "Europe").mkdir(parents=True)
    shutil.copy("/usr/share/zoneinfo/Asia/Tokyo", rules / "Europe" / "Paris")
    _, said = drive(home, "zones", PYTHONTZPATH=str(rules))
    anew_and_kept, before, after = said.split("\n")[:3]
    anew, kept = anew_and_kept.split()
    assert anew != kept, "the rules in force are the new ones"
    assert (before, after) == ("notified", "unclaimed")
