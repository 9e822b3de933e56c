"""A letter's evidence, proofs and documents as files: a folder, a ZIP, or a signed container."""

import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

from lre_kit.proofs.packing.bundle import MANIFEST, manifest_bytes, write_bundle
from lre_kit.proofs.packing.zip_stored import StoredZip, write_zip

Named = tuple[str, Iterable[bytes]]
"""A relative name, and a content in pieces."""


class Source(Protocol):
    """Who has a letter's files."""

    def evidence_files(self, letter_id: str) -> Sequence[tuple[str, bytes]]:
        """Return names and bytes of all exhibits."""

    def part_files(self, letter_id: str) -> Sequence[tuple[str, bytes]]:
        """Return what evidence holds as files of its own, and revocation lists, by relative name."""

    def proof_files(self, letter_id: str) -> Sequence[tuple[str, bytes]]:
        """Return names and bytes of all proofs that can be made now."""

    def document_files(self, letter_id: str) -> Iterator[Named]:
        """Yield names and contents of the documents that were deposited."""


def letter_files(source: Source, letter_id: str, *, documents: bool) -> Iterator[Named]:
    """Yield all that belongs in a bundle or container, by relative name."""
    for name, raw in source.evidence_files(letter_id):
        yield f"evidence/{name}", [raw]
    for name, raw in source.proof_files(letter_id):
        yield f"proofs/{name}", [raw]
    for name, raw in source.part_files(letter_id):
        yield name, [raw]
    if documents:
        for name, pieces in source.document_files(letter_id):
            yield f"documents/{name}", pieces


def export_folder(source: Source, letter_id: str, folder: Path, *, documents: bool) -> Path:
    """Write ``evidence/``, ``proofs/`` and ``bundle/`` of a letter below `folder` and return it."""
    for name in ("evidence", "proofs"):
        (folder / name).mkdir(parents=True, exist_ok=True)

    def passing() -> Iterator[Named]:
        for name, pieces in letter_files(source, letter_id, documents=documents):
            if name.startswith(("evidence/", "proofs/")):
                content = b"".join(pieces)
                (folder / name).write_bytes(content)
                yield name, [content]
            else:
                yield name, pieces

    write_bundle(folder / "bundle", passing())
    return folder


def export_zip(source: Source, letter_id: str, *, documents: bool, at: datetime) -> bytes:
    """Return a letter's bundle as a ZIP file, its files stored as they are."""

    def fill(archive: StoredZip) -> None:
        listed = {
            name: archive.add(f"bundle/{name}", pieces)
            for name, pieces in letter_files(source, letter_id, documents=documents)
        }
        archive.add(f"bundle/{MANIFEST}", [manifest_bytes(listed)])

    made = io.BytesIO()
    write_zip(made, fill, at=at)
    return made.getvalue()
