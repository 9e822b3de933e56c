"""Nothing is acknowledged before the content store has it (F7.04)."""

import threading
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from lre_kit.errors import BlobUnavailableError
from lre_kit.letters.values import Letter, Upload
from lre_kit.office import PostOffice
from lre_kit.testing.office import SMALL_PDF, deposit_sample, throwaway_office


@pytest.fixture
def office(tmp_path: Path) -> Iterator[PostOffice]:
    with throwaway_office(tmp_path / "office") as opened:
        yield opened


def uploads() -> list[Upload]:
    return [Upload(name=f"{name}.pdf", stream=BytesIO(SMALL_PDF)) for name in "ab"]


@pytest.mark.parametrize("fails_at", [1, 2])
def test_a_store_that_goes_away_at_any_document_refuses_the_deposit(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch, fails_at: int
) -> None:
    put, calls = office.blobs.put, []

    def failing(key: str, chunks: Iterable[bytes]) -> int:
        calls.append(key)
        if len(calls) == fails_at:
            raise BlobUnavailableError("The content store does not answer.", mend="Wait.")
        return put(key, chunks)

    monkeypatch.setattr(office.blobs, "put", failing)
    with pytest.raises(BlobUnavailableError):
        deposit_sample(office, documents=uploads(), idempotency_key="once")
    assert office.reading.count() == 0
    assert list(office.blobs.keys("letters/")) == []
    monkeypatch.undo()
    letter = deposit_sample(office, documents=uploads(), idempotency_key="once")
    assert read(office, letter) == [SMALL_PDF] * 2


def test_while_a_slow_store_still_writes_nobody_sees_a_letter(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    put, begun, go_on = office.blobs.put, threading.Event(), threading.Event()
    made: list[Any] = []

    def slow(key: str, chunks: Iterable[bytes]) -> int:
        begun.set()
        assert go_on.wait(20)
        return put(key, chunks)

    monkeypatch.setattr(office.blobs, "put", slow)
    depositing = threading.Thread(target=lambda: made.append(deposit_sample(office, documents=uploads())))
    depositing.start()
    try:
        assert begun.wait(20)
        assert (office.reading.count(), made) == (0, [])
    finally:
        go_on.set()
        depositing.join(20)
    assert read(office, made[0]) == [SMALL_PDF] * 2


def read(office: PostOffice, letter: Letter) -> list[bytes]:
    return [b"".join(office.desk.open_document(letter.id, place)[1]) for place in (1, 2)]
