"""The published log: complete under its checkpoint at every moment, whatever dies, and never changed."""

import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from lre_kit.clock import now
from lre_kit.errors import BlobUnavailableError, ConfigurationError
from lre_kit.proofs.forms.note import Checkpoint, NoteVerifier, open_note
from lre_kit.proofs.log.tiles import needed_tiles
from lre_kit.proofs.publication.log_policy import LogPolicy
from lre_kit.proofs.publication.monitor import Monitor
from lre_kit.proofs.publication.monitor_source import FolderSource
from lre_kit.proofs.publication.public_target import PublicBucket, PublicFolder, open_target
from lre_kit.proofs.publication.publish import PublicLogError, publish
from lre_kit.proofs.report import Result
from lre_kit.settings import Settings
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.logs import ScratchLog
from lre_kit.testing.office import deposit_sample, throwaway_office


class Dies(PublicFolder):
    """A folder whose n-th change fails: before it, or after it was made."""

    def __init__(self, folder: Path, *, at: int, is_done: bool) -> None:
        super().__init__(folder)
        self.changes, self._at, self._is_done = 0, at, is_done

    def _change(self, act: Callable[[], None]) -> None:
        self.changes += 1
        if self.changes == self._at and not self._is_done:
            raise BlobUnavailableError("died", mend="-")
        act()
        if self.changes == self._at:
            raise BlobUnavailableError("died", mend="-")

    def put(self, path: str, content: bytes) -> None:
        self._change(lambda: super(Dies, self).put(path, content))

    def discard(self, folder: str) -> None:
        self._change(lambda: super(Dies, self).discard(folder))


@pytest.fixture
def scratch(tmp_path: Path) -> Iterator[ScratchLog]:
    with ScratchLog(tmp_path / "log") as made:
        yield made


def good(folder: Path, vkey: str) -> int:
    """Return the published size, the whole published log having been recomputed."""
    policy = LogPolicy(logs=[NoteVerifier.parse(vkey)])
    watched = Monitor(policy, FolderSource(folder), full=True).look(None, at=now())
    assert watched.report.result is Result.PASSED, watched.report
    assert watched.seen is not None
    return watched.seen.size


def files(folder: Path) -> set[str]:
    return {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}


def test_a_log_is_published_as_it_grows(scratch: ScratchLog, tmp_path: Path) -> None:
    target = PublicFolder(tmp_path / "public")
    assert publish(scratch.database, scratch.log, target).files == 0
    assert files(tmp_path / "public") == set()
    total = 0
    for count in (1, 4, 250, 1, 1, 300, 1000):
        scratch.grow(count)
        total += count
        assert publish(scratch.database, scratch.log, target).size == total
        assert good(tmp_path / "public", scratch.vkey) == total
        assert publish(scratch.database, scratch.log, target).files == 0


def test_exactly_the_files_of_the_specification_are_there(scratch: ScratchLog, tmp_path: Path) -> None:
    scratch.grow(700)
    publish(scratch.database, scratch.log, PublicFolder(tmp_path / "public"))
    tiles = list(needed_tiles(700))
    paths = {t.path for t in tiles} | {t.bundle.path for t in tiles if t.level == 0}
    assert files(tmp_path / "public") == paths | {"checkpoint"}
    assert (tmp_path / "public/tile/0/000").stat().st_size == 8192
    assert (tmp_path / "public/tile/entries/002.p/188").stat().st_size == 188 * 34
    assert (tmp_path / "public/checkpoint").stat().st_mode & 0o777 == 0o644


def test_only_stamped_checkpoints_are_published(scratch: ScratchLog, tmp_path: Path) -> None:
    target = PublicFolder(tmp_path / "public")
    scratch.grow(300)
    scratch.append([bytes([n]) * 32 for n in range(100)])
    assert publish(scratch.database, scratch.log, target).size == 300
    assert good(tmp_path / "public", scratch.vkey) == 300
    scratch.stamp()
    assert publish(scratch.database, scratch.log, target).size == 400
    assert good(tmp_path / "public", scratch.vkey) == 400


def test_partial_tiles_go_once_the_full_one_is_there(scratch: ScratchLog, tmp_path: Path) -> None:
    target = PublicFolder(tmp_path / "public")
    for count in (5, 100, 151, 256):
        scratch.grow(count)
        publish(scratch.database, scratch.log, target)
    assert {p for p in files(tmp_path / "public") if ".p/" in p} == {"tile/1/000.p/1", "tile/1/000.p/2"}


def test_dying_at_any_change_leaves_a_good_log_and_the_next_publication_completes_it(
    scratch: ScratchLog, tmp_path: Path
) -> None:
    scratch.grow(250)
    first = tmp_path / "first"
    publish(scratch.database, scratch.log, PublicFolder(first))
    scratch.grow(600)
    counter = Dies(shutil.copytree(first, tmp_path / "count"), at=0, is_done=False)
    publish(scratch.database, scratch.log, counter)
    assert counter.changes >= 10
    for at in range(1, counter.changes + 1):
        for is_done in (False, True):
            folder = Path(shutil.copytree(first, tmp_path / f"{at}-{is_done}"))
            with pytest.raises(BlobUnavailableError):
                publish(scratch.database, scratch.log, Dies(folder, at=at, is_done=is_done))
            assert good(folder, scratch.vkey) in {250, 850}
            publish(scratch.database, scratch.log, PublicFolder(folder))
            assert good(folder, scratch.vkey) == 850


def test_a_restored_backup_stops_publication(scratch: ScratchLog, tmp_path: Path) -> None:
    """F2.07: what was published shows that the database is older."""
    target = PublicFolder(tmp_path / "public")
    scratch.grow(20)
    publish(scratch.database, scratch.log, target)
    with ScratchLog(tmp_path / "older") as older:
        with pytest.raises(PublicLogError, match="knows of 0"):
            publish(older.database, older.log, target)
        older.grow(10)
        with pytest.raises(PublicLogError, match="knows of 10"):
            publish(older.database, older.log, target)
        older.grow(15, mark="other")
        with pytest.raises(PublicLogError, match="not those that were published"):
            publish(older.database, older.log, target)
    assert good(tmp_path / "public", scratch.vkey) == 20


def test_another_logs_place_is_left_alone(scratch: ScratchLog, tmp_path: Path) -> None:
    target = PublicFolder(tmp_path / "public")
    with ScratchLog(tmp_path / "two", seed=b"two") as other:
        other.grow(2)
        publish(other.database, other.log, target)
        scratch.grow(3)
        with pytest.raises(PublicLogError, match="not one this log signed"):
            publish(scratch.database, scratch.log, target)
        assert good(tmp_path / "public", other.vkey) == 2


def test_a_published_file_that_was_changed_is_not_written_over(scratch: ScratchLog, tmp_path: Path) -> None:
    folder = tmp_path / "public"
    scratch.grow(300)
    with pytest.raises(BlobUnavailableError):
        publish(scratch.database, scratch.log, Dies(folder, at=3, is_done=False))
    (folder / "tile/0/000").write_bytes(bytes(8192))
    with pytest.raises(PublicLogError, match="tile/0/000"):
        publish(scratch.database, scratch.log, PublicFolder(folder))
    assert not (folder / "checkpoint").exists()


def test_an_entry_that_the_tree_does_not_hold_is_not_published(scratch: ScratchLog, tmp_path: Path) -> None:
    scratch.grow(10)
    with sqlite3.connect(tmp_path / "log" / "office.db") as raw:
        raw.execute("UPDATE log_entry SET commitment = zeroblob(32) WHERE log_index = 4")
    raw.close()
    with pytest.raises(PublicLogError, match="entries from 0"):
        publish(scratch.database, scratch.log, PublicFolder(tmp_path / "public"))


def test_while_one_publishes_another_does_nothing(scratch: ScratchLog, tmp_path: Path) -> None:
    scratch.grow(5)
    entered, go_on = threading.Event(), threading.Event()

    class Slow(PublicFolder):
        def put(self, path: str, content: bytes) -> None:
            entered.set()
            assert go_on.wait(20)
            super().put(path, content)

    thread = threading.Thread(target=publish, args=(scratch.database, scratch.log, Slow(tmp_path / "public")))
    thread.start()
    try:
        assert entered.wait(20)
        done = publish(scratch.database, scratch.log, PublicFolder(tmp_path / "public"))
        assert (done.is_busy, done.files) == (True, 0)
        scratch.grow(1)  # the office goes on meanwhile
    finally:
        go_on.set()
        thread.join()
    assert good(tmp_path / "public", scratch.vkey) == 5


def test_an_office_publishes_by_itself_and_survives_a_target_that_fails(tmp_path: Path) -> None:
    clock = MovedClock()
    with throwaway_office(tmp_path / "office", clock=clock) as office:
        assert office.publisher.target is not None
        public = tmp_path / "office" / "public-log"
        public.write_text("a file where a folder should be")
        deposit_sample(office)
        office.run_until_idle()
        assert office.publish_log() == 0, "a failed target rests"
        public.unlink()
        clock.advance(timedelta(minutes=1))
        assert office.publish_log() > 0
        assert good(public, office.signer.vkey) > 0
        assert office.publish_log() == 0


def test_an_office_on_postgresql_publishes_too(tmp_path: Path, postgres_url: str) -> None:
    with throwaway_office(tmp_path / "office", database_url=postgres_url) as office:
        for _ in range(2):
            deposit_sample(office)
            office.run_until_idle()
        size = good(tmp_path / "office" / "public-log", office.signer.vkey)
        with office.database.read() as connection:
            assert size == office.log.head(connection).size > 0


def test_a_bucket_holds_the_same_files_with_their_types(scratch: ScratchLog, s3: Any) -> None:
    target = PublicBucket(
        bucket=s3.bucket,
        prefix="log",
        endpoint=s3.endpoint,
        region=s3.region,
        access_key_id=s3.access_key_id,
        secret_access_key=s3.secret_access_key,
    )
    scratch.grow(5)
    publish(scratch.database, scratch.log, target)
    scratch.grow(300)
    publish(scratch.database, scratch.log, target)
    assert publish(scratch.database, scratch.log, target).files == 0
    held = {path for path, _ in target.keys("")}
    assert held == {
        "checkpoint", "tile/0/000", "tile/0/001.p/49", "tile/1/000.p/1", "tile/entries/000",
        "tile/entries/001.p/49",
    }  # fmt: skip
    raw = target.get("checkpoint")
    assert raw is not None
    head = Checkpoint.parse(open_note(raw.decode(), [NoteVerifier.parse(scratch.vkey)]))
    assert head.size == 305
    kinds = {
        path: target._client.get(target._store, path).attributes for path in ("checkpoint", "tile/0/000")
    }
    assert kinds["checkpoint"]["Content-Type"] == "text/plain; charset=utf-8"
    assert kinds["checkpoint"]["Cache-Control"] == "no-cache"
    assert kinds["tile/0/000"]["Content-Type"] == "application/octet-stream"


def test_where_to_publish_is_a_folder_a_bucket_or_nowhere(tmp_path: Path) -> None:
    assert isinstance(open_target(Settings(home=tmp_path)), PublicFolder)
    assert open_target(Settings(home=tmp_path, public_log_url="")) is None
    with pytest.raises(ConfigurationError):
        open_target(Settings(home=tmp_path, public_log_url="ftp://example.org/log"))
