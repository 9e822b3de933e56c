"""Both content stores pass the contract; then what each can meet alone."""

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lre_kit.errors import BlobUnavailableError, ConfigurationError, MissingExtraError
from lre_kit.settings import Settings
from lre_kit.store.blobs import FolderBlobs
from lre_kit.store.blobs_opening import open_blobs
from lre_kit.store.blobs_s3 import S3Blobs
from lre_kit.testing.blob_contract import BlobContract


class TestFolder(BlobContract):
    @pytest.fixture
    def blobs(self, tmp_path: Path) -> FolderBlobs:
        return FolderBlobs(tmp_path / "content")


class TestS3(BlobContract):
    @pytest.fixture
    def blobs(self, s3: Any) -> S3Blobs:
        return S3Blobs(**asdict(s3))


class TestS3WithPrefix(BlobContract):
    @pytest.fixture
    def blobs(self, s3: Any) -> S3Blobs:
        S3Blobs(**asdict(s3)).put("other/office", [b"1"])
        return S3Blobs(**asdict(s3), prefix="our/office")


def files(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file()]


def test_a_folder_keeps_its_content_from_other_users(tmp_path: Path) -> None:
    FolderBlobs(tmp_path / "content").put("letters/a/1", [b"1"])
    for path in (tmp_path / "content").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0


def test_a_put_killed_half_way_leaves_nothing_to_be_read(tmp_path: Path) -> None:
    """F7.04."""
    program = (
        "import os, pathlib, signal, sys\n"
        "from lre_kit.store.blobs import FolderBlobs\n"
        "def chunks():\n"
        "    yield b'half'\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "FolderBlobs(pathlib.Path(sys.argv[1])).put('letters/a/1', chunks())\n"
    )
    killed = subprocess.run([sys.executable, "-c", program, tmp_path], check=False, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    blobs = FolderBlobs(tmp_path)
    assert not blobs.exists("letters/a/1")
    assert list(blobs.keys()) == []
    assert len(files(tmp_path)) == 1
    assert blobs.discard_unfinished(before=datetime(2000, 1, 1, tzinfo=UTC)) == 0
    assert blobs.discard_unfinished(before=datetime(2100, 1, 1, tzinfo=UTC)) == 1
    assert files(tmp_path) == []


def test_a_full_disk_is_a_refusal_that_leaves_nothing(tmp_path: Path) -> None:
    """F7.01, F7.02: what a file may grow to stands for the disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    blobs = FolderBlobs(tmp_path)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
        with pytest.raises(BlobUnavailableError, match="full"):
            blobs.put("large", [b"x" * 4096] * 10)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert files(tmp_path) == []
    assert blobs.put("large", [b"x" * 4096] * 10) == 40_960


def test_a_folder_that_cannot_be_made_is_an_outage(tmp_path: Path) -> None:
    """F7.02."""
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(BlobUnavailableError, match="Check its disk"):
        FolderBlobs(tmp_path / "file" / "content").put("a", [b"1"])


def test_a_failing_flush_is_never_acknowledged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """F1.08."""

    def failing(_: int) -> None:
        raise OSError(5, "Input/output error")

    blobs = FolderBlobs(tmp_path)
    with monkeypatch.context() as patched, pytest.raises(BlobUnavailableError):
        patched.setattr(os, "fsync", failing)
        blobs.put("a", [b"1"])
    assert not blobs.exists("a")


def test_a_service_that_is_not_there_is_an_outage() -> None:
    """F7.04."""
    gone = S3Blobs(
        bucket="b", endpoint="http://127.0.0.1:1", region="r", access_key_id="a", secret_access_key="s"
    )
    for act in (lambda: gone.put("a", [b"1"]), lambda: gone.get("a"), lambda: list(gone.keys())):
        with pytest.raises(BlobUnavailableError, match="LRE_S3_ENDPOINT"):
            act()


def test_a_bucket_that_is_not_there_is_not_an_empty_one(s3: Any) -> None:
    absent = S3Blobs(**{**asdict(s3), "bucket": "never-made"})
    with pytest.raises(BlobUnavailableError):
        absent.put("a", [b"1"])
    with pytest.raises(BlobUnavailableError):
        list(absent.keys())


def test_the_settings_choose_the_store(tmp_path: Path, s3: Any) -> None:
    folder = open_blobs(Settings(home=tmp_path / "an office"))
    folder.put("a", [b"1"])
    assert files(tmp_path / "an office" / "blobs") == ["a"]
    bucket = open_blobs(
        Settings(
            blob_url=f"s3://{s3.bucket}/some/prefix",
            s3_endpoint=s3.endpoint,
            s3_access_key_id=s3.access_key_id,
            s3_secret_access_key=s3.secret_access_key,
        )
    )
    bucket.put("a", [b"1"])
    assert [key for key, _ in S3Blobs(**asdict(s3)).keys("")] == ["some/prefix/a"]
    with pytest.raises(ConfigurationError, match="LRE_BLOB_URL"):
        open_blobs(Settings(blob_url="ftp://host/folder"))


def test_a_missing_extra_answers_with_the_line_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "obstore", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'lre-kit\[s3\]'"):
        S3Blobs(bucket="b", region="r")


def test_a_reader_keeps_what_it_began_to_read(tmp_path: Path) -> None:
    blobs = FolderBlobs(tmp_path)
    blobs.put("a", [b"1" * 300_000])
    reading: Iterator[bytes] = blobs.get("a")
    first = next(reading)
    blobs.put("a", [b"2"])
    assert set(first + b"".join(reading)) == {ord("1")}
