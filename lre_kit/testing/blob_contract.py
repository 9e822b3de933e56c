"""What every content store must do.

A store's test subclasses `BlobContract` and gives it a store::

class TestFolder(BlobContract):
    @pytest.fixture
    def blobs(self, tmp_path):
        return FolderBlobs(tmp_path)
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from lre_kit.errors import EmptyDocumentError, NotFoundError
from lre_kit.store.blobs import BlobStore

LARGE_BYTES = 11 * 1024 * 1024 + 7
"""A content that no store sends or reads in one piece."""


class BlobContract:
    """The suite; the fixture ``blobs`` gives a fresh, empty store."""

    def test_gives_back_what_was_put(self, blobs: BlobStore) -> None:
        """Bytes in are bytes out, however they were cut."""
        assert blobs.put("letters/a/1", iter([b"un", b"", b"deux"])) == 6
        assert b"".join(blobs.get("letters/a/1")) == b"undeux"

    def test_keeps_an_empty_content(self, blobs: BlobStore) -> None:
        """No bytes are a content too."""
        assert blobs.put("a", iter([])) == 0
        assert b"".join(blobs.get("a")) == b""
        assert blobs.exists("a")

    def test_streams_a_large_content(self, blobs: BlobStore) -> None:
        """A content larger than any buffer arrives whole and in order."""
        piece = bytes(range(251)) * 977
        pieces, rest = divmod(LARGE_BYTES, len(piece))
        source = [piece] * pieces + [piece[:rest]]
        assert blobs.put("large", iter(source)) == LARGE_BYTES
        assert b"".join(blobs.get("large")) == b"".join(source)

    def test_a_second_put_replaces_the_first(self, blobs: BlobStore) -> None:
        """The same key holds the newest bytes, not both."""
        blobs.put("a/b", [b"a longer first content"])
        blobs.put("a/b", [b"second"])
        assert b"".join(blobs.get("a/b")) == b"second"
        assert [key for key, _ in blobs.keys("")] == ["a/b"]

    @pytest.mark.parametrize("size", [0, LARGE_BYTES])
    def test_a_put_that_fails_changes_nothing(self, blobs: BlobStore, size: int) -> None:
        """An error of the source passes as it is; old bytes stay, no half content is seen."""
        blobs.put("kept", [b"old"])

        def failing() -> Iterator[bytes]:
            yield b"x" * size
            raise EmptyDocumentError("It stopped.", mend="Go on.")

        for key in ("kept", "new"):
            with pytest.raises(EmptyDocumentError):
                blobs.put(key, failing())
        assert b"".join(blobs.get("kept")) == b"old"
        assert not blobs.exists("new")
        assert [key for key, _ in blobs.keys("")] == ["kept"]

    def test_says_what_is_not_there(self, blobs: BlobStore) -> None:
        """A missing key is an error of the call itself."""
        assert not blobs.exists("none")
        with pytest.raises(NotFoundError):
            blobs.get("none")

    def test_deleting_twice_is_deleting(self, blobs: BlobStore) -> None:
        """Delete is idempotent."""
        blobs.put("a", [b"1"])
        blobs.delete("a")
        blobs.delete("a")
        assert not blobs.exists("a")

    def test_lists_keys_by_prefix_with_their_instants(self, blobs: BlobStore) -> None:
        """A prefix may end inside a segment."""
        for key in ("letters/ab/1", "letters/ab/2", "letters/ac/1", "proofs/ab"):
            blobs.put(key, [b"1"])
        found = dict(blobs.keys("letters/ab"))
        assert set(found) == {"letters/ab/1", "letters/ab/2"}
        assert {key for key, _ in blobs.keys("letters/a")} == {"letters/ab/1", "letters/ab/2", "letters/ac/1"}
        assert len(list(blobs.keys())) == 4
        for at in found.values():
            assert abs(datetime.now(UTC) - at) < timedelta(minutes=5)

    @pytest.mark.parametrize(
        "key",
        ["", "/a", "a/", "a//b", "../a", "a/../b", ".hidden", "a b", "a\\b", "a\x00b", "é", "~a", "a" * 201],
    )
    def test_refuses_keys_that_could_mean_another_place(self, blobs: BlobStore, key: str) -> None:
        """Keys are plain segments; nothing is ever written outside the store."""
        with pytest.raises(ValueError, match="not a key"):
            blobs.put(key, [b"1"])
        with pytest.raises(ValueError, match="not a key"):
            blobs.get(key)
