"""Taking a picture into a case: decoded, read, encrypted and stored before the transaction that names it."""

import hashlib
from collections.abc import Callable
from datetime import date
from typing import BinaryIO

from sqlalchemy import update

from lre_kit.clock import Clock
from lre_kit.errors import ThrottledError
from lre_kit.parties.pictures import PICTURE_MAX_BYTES, VIDEO_MAX_BYTES, read_upload, take_picture, take_video
from lre_kit.parties.proofing_acts import Act, Acts, check_collecting
from lre_kit.parties.proofing_cases import MEDIA, case_row, legal_day
from lre_kit.parties.proofing_images import CaseImages
from lre_kit.parties.proofing_rows import IdentityMediaRow
from lre_kit.parties.proofing_values import Part, PictureReport
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database

UPLOADS_MAX = 60
"""Pictures one case may take in all, retakes included."""

_FACES = (Part.FACE_VIDEO, Part.FACE_PHOTO)

ReadLines = Callable[[bytes, date], tuple[str, ...] | None]
"""Reads the machine-readable zone in a JPEG picture, if it reads well."""


class PictureIntake:
    """Takes pictures and films."""

    def __init__(
        self, database: Database, *, clock: Clock, images: CaseImages, acts: Acts, read: ReadLines
    ) -> None:
        """Prepare; `read` looks for the machine-readable zone."""
        self._database = database
        self._clock = clock
        self._images = images
        self._acts = acts
        self._read = read

    def add(self, case_id: str, part: Part, source: bytes | BinaryIO, *, party_id: str) -> PictureReport:
        """Take one; see `IdentityDesk.add_picture`."""
        with self._database.read() as connection:
            row = case_row(connection, case_id, party_id=party_id)
        check_collecting(row, self._clock())
        film = part is Part.FACE_VIDEO
        upload = read_upload(source, limit=VIDEO_MAX_BYTES if film else PICTURE_MAX_BYTES)
        picture = take_video(upload) if film else take_picture(upload)
        lines = None if part.is_face else self._read(picture.data, legal_day(self._clock()))
        media_id = new_id()
        blob_key = self._images.put(row, media_id, part, picture.data)
        try:
            with self._acts.collecting(case_id, party_id=party_id) as act:
                self._check_count(act)
                replaced = self._replace(act, part)
                act.uow.add(
                    IdentityMediaRow,
                    id=media_id,
                    case_id=case_id,
                    part=part.value,
                    round=act.row.round,
                    digest=hashlib.sha256(picture.data).hexdigest(),
                    upload_digest=hashlib.sha256(upload).hexdigest(),
                    media_type=picture.media_type,
                    size=len(picture.data),
                    blob_key=blob_key,
                    hints=list(picture.hints),
                    added_at=act.now,
                )
                if lines:
                    act.facts["mrz_read"] = list(lines)
                act.save(facts=bool(lines), uploads=act.row.uploads + 1)
                act.event("picture_added", part=part.value, retake=bool(replaced))
                act.uow.commit()
        except BaseException:
            self._images.drop(blob_key)
            raise
        for key in replaced:
            self._images.drop(key)
        return PictureReport(accepted=True, hints=picture.hints, mrz_found=bool(lines))

    @staticmethod
    def _check_count(act: Act) -> None:
        if act.row.uploads >= UPLOADS_MAX:
            msg = "This case took too many pictures."
            raise ThrottledError(msg, mend="Submit what is there, or begin a new case.")

    @staticmethod
    def _replace(act: Act, part: Part) -> list[str]:
        """Mark what the new picture stands in for; a film and a photo of the face exclude each other."""
        parts = _FACES if part.is_face else (part,)
        return replace_parts(act, parts)


def replace_parts(act: Act, parts: tuple[Part, ...]) -> list[str]:
    """Mark the present pictures of these parts as replaced; return where they lie."""
    statement = (
        update(MEDIA)
        .where(MEDIA.c.case_id == act.row.id, MEDIA.c.part.in_(parts), MEDIA.c.replaced_at.is_(None))
        .values(replaced_at=act.now)
        .returning(MEDIA.c.blob_key)
    )
    return [row.blob_key for row in act.uow.execute(statement)]
