"""What every print provider must do. A host that writes one runs these against it.

Example:
    >>> class TestMyProvider(PrintProviderContract):             # doctest: +SKIP
    ...     @pytest.fixture
    ...     def provider(self): return MyProvider()
    ...     def taken(self, number): return {name: content, …}
"""

import hashlib
from collections.abc import Mapping

import pytest

from lre_kit.postroom.errors import BatchConflictError
from lre_kit.postroom.ports import PrintProvider
from lre_kit.postroom.values import PrintBatch, PrintItem


def sample_batch(number: str = "20260112-TEST-0001", *, items: int = 3, note: str = "") -> PrintBatch:
    """Return a batch of small files."""
    contents = [f"%PDF-{place} {note}".encode() * 1000 for place in range(1, items + 1)]
    manifest = f'{{"batch": "{number}", "note": "{note}"}}\n'.encode()
    return PrintBatch(
        number=number,
        manifest_json=manifest,
        manifest_csv=b"position\r\n1\r\n",
        manifest_digest=hashlib.sha256(manifest).hexdigest(),
        items=[
            PrintItem(
                id=f"item{place}",
                file_name=f"{place:05}-X.pdf",
                sha256=hashlib.sha256(content).hexdigest(),
                size_bytes=len(content),
                item_number="",
                open=lambda content=content: content,  # type: ignore[misc]
            )
            for place, content in enumerate(contents, 1)
        ],
    )


class PrintProviderContract:
    """Give the fixture `provider` and the method `taken`."""

    def taken(self, number: str) -> Mapping[str, bytes]:
        """Return the files the provider holds of a batch by name; nothing if it holds none."""
        raise NotImplementedError

    def test_a_batch_arrives_whole(self, provider: PrintProvider) -> None:
        """Every file arrives, byte for byte."""
        batch = sample_batch()
        assert provider.hand_over(batch).reference
        held = self.taken(batch.number)
        for item in batch.items:
            assert held[item.file_name] == item.open()

    def test_handing_over_twice_is_handing_over_once(self, provider: PrintProvider) -> None:
        """The second call answers as the first did."""
        batch = sample_batch()
        first = provider.hand_over(batch)
        assert provider.hand_over(batch) == first
        assert len([name for name in self.taken(batch.number) if name.endswith(".pdf")]) == 3

    def test_another_batch_under_the_same_number_is_refused(self, provider: PrintProvider) -> None:
        """And what was there stays."""
        batch = sample_batch()
        provider.hand_over(batch)
        with pytest.raises(BatchConflictError):
            provider.hand_over(sample_batch(note="other"))
        assert self.taken(batch.number)["00001-X.pdf"] == batch.items[0].open()

    def test_a_hand_over_that_broke_off_is_begun_anew(self, provider: PrintProvider) -> None:
        """A file that cannot be opened breaks it off; nothing then looks like a whole batch."""

        def broken() -> bytes:
            raise RuntimeError

        batch = sample_batch()
        halves = [*batch.items[:2], PrintItem(id="x", file_name="00003-X.pdf", sha256=batch.items[2].sha256,
                  size_bytes=1, item_number="", open=broken)]  # fmt: skip
        half = PrintBatch(
            number=batch.number,
            manifest_json=batch.manifest_json,
            manifest_csv=batch.manifest_csv,
            manifest_digest=batch.manifest_digest,
            items=halves,
        )
        with pytest.raises(RuntimeError):
            provider.hand_over(half)
        assert not self.taken(batch.number)
        provider.hand_over(batch)
        assert len(self.taken(batch.number)) >= 3
