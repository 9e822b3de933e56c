"""Pictures of the paper leg: acknowledgements, prints, envelopes. Encrypted; their digests are evidence."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from lre_kit.clock import Clock
from lre_kit.errors import InputError, NotFoundError
from lre_kit.failpoints import declare, failpoint
from lre_kit.letters import commands
from lre_kit.letters.commands import PaperFile
from lre_kit.letters.desk import Desk
from lre_kit.letters.effects import PROVIDER
from lre_kit.letters.inspection import Inspection
from lre_kit.letters.state import LetterState
from lre_kit.letters.values import Upload
from lre_kit.postroom.contents import Contents
from lre_kit.postroom.items import FILE
from lre_kit.postroom.printing import compare_print
from lre_kit.postroom.rows import PostFileRow
from lre_kit.postroom.values import PostItem
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database, UnitOfWork

FILE_MAX_BYTES = 20 * 1024 * 1024
"""Largest picture taken."""

TAKEN = ("application/pdf", "image/png", "image/jpeg")
"""Media types taken."""

declare("post.file_kept")


@dataclass(frozen=True, slots=True, kw_only=True)
class PostFile:
    """A picture of the paper leg, as kept."""

    id: str
    kind: PaperFile
    media_type: str
    size_bytes: int
    digest_hex: str
    comparison: str
    received_at: datetime


class PostFiles:
    """Takes and gives pictures of the paper leg."""

    def __init__(self, database: Database, *, clock: Clock, contents: Contents, desk: Desk) -> None:
        """Work by the office's clock."""
        self._database = database
        self._clock = clock
        self._contents = contents
        self._desk = desk

    def take(
        self,
        item: PostItem,
        kind: PaperFile,
        upload: Upload,
        *,
        page: int = 1,
        actor: Mapping[str, Any] = PROVIDER,
    ) -> PostFile:
        """Keep a picture that came back, encrypted, and record its digest (F.3); twice changes nothing.

        Args:
            item: The posting.
            kind: What it shows.
            upload: The picture, or a PDF of several.
            page: For a picture of what was printed, which page it is of, from 1.
            actor: Who brings it.

        Raises:
            InputError: Not a PDF, PNG or JPEG, or too large.
            UnlawfulActError: The letter was not handed to the carrier.
        """
        inspection = Inspection(upload.name, max_bytes=FILE_MAX_BYTES)
        content = b"".join(inspection.passing(upload.chunks()))
        media_type = inspection.conclude()
        if media_type not in TAKEN:
            raise InputError("The picture is not a PDF, PNG or JPEG.", mend="Scan it to one of these.")
        digest = hashlib.sha256(content).hexdigest()
        for known in self.of(item.id):
            if (known.kind, known.digest_hex) == (kind, digest):
                return known
        comparison = ""
        if kind is PaperFile.PRINTED:
            ours = self._contents.get(item.letter_id, item.print_key)
            comparison = compare_print(ours, content, media_type=media_type, page=page)
        file_id, now = new_id(), self._clock()
        place = f"post/{item.letter_id}/file-{file_id}"
        self._contents.put(item.letter_id, place, content)
        failpoint("post.file_kept")
        command = commands.RecordPaperFile(
            kind=kind, digest_hex=digest, media_type=media_type, comparison=comparison, attempt=item.attempt
        )

        def also(uow: UnitOfWork, _: LetterState) -> None:
            uow.add(
                PostFileRow,
                id=file_id,
                item_id=item.id,
                letter_id=item.letter_id,
                kind=kind.value,
                media_type=media_type,
                size_bytes=len(content),
                digest_hex=digest,
                blob_key=place,
                comparison=comparison,
                received_at=now,
            )

        self._desk.paper_act(item.letter_id, lambda _: command, actor=actor, also=also)
        return next(kept for kept in self.of(item.id) if kept.id == file_id)

    def of(self, item_id: str) -> list[PostFile]:
        """Return the pictures of a posting, oldest first."""
        query = select(FILE).where(FILE.c.item_id == item_id).order_by(FILE.c.received_at, FILE.c.id)
        names = ("id", "media_type", "size_bytes", "digest_hex", "comparison", "received_at")
        with self._database.read() as connection:
            return [
                PostFile(kind=PaperFile(row.kind), **{name: getattr(row, name) for name in names})
                for row in connection.execute(query)
            ]

    def open(self, letter_id: str, file_id: str) -> tuple[str, bytes]:
        """Return the media type and the bytes of a picture of a letter.

        Raises:
            NotFoundError: There is none, or the letter's content was erased.
        """
        query = select(FILE.c.media_type, FILE.c.blob_key).where(
            FILE.c.id == file_id, FILE.c.letter_id == letter_id
        )
        with self._database.read() as connection:
            row = connection.execute(query).first()
        if row is None:
            raise NotFoundError("There is no such picture.", mend="Look at the letter's page.")
        return row.media_type, self._contents.get(letter_id, row.blob_key)
