"""Automatic checks at submission that ask the database: titles and pictures seen before."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, or_, select

from lre_kit.parties.mrz import Mrz
from lre_kit.parties.proofing_cases import CASE, MEDIA, PROOFING, declared_of, legal_day, mrz_of
from lre_kit.parties.proofing_rules import flags_of
from lre_kit.parties.proofing_values import Flag, Part, ProofingRules
from lre_kit.parties.titles import TitleKind
from lre_kit.store.database import UnitOfWork


def all_flags(
    uow: UnitOfWork,
    row: Row[Any],
    media: Iterable[Row[Any]],
    facts: Mapping[str, Any],
    *,
    mrz: Mrz,
    digest: str,
    at: datetime,
    rules: ProofingRules,
) -> list[Flag]:
    """Return everything an operator should look at in a case.

    Args:
        uow: The transaction of the submission.
        row: The case.
        media: Its present pictures.
        facts: Its personal facts.
        mrz: The zone that counts.
        digest: The keyed hash of the title.
        at: The instant of the submission.
        rules: The office's settings.
    """
    pictures = list(media)
    flags = flags_of(declared_of(facts), mrz, title=TitleKind(row.title_kind), at=legal_day(at), rules=rules)
    flags += _zone_flags(facts, at=at)
    if _title_seen(uow, row.party_id, digest):
        flags.append(Flag(slug="duplicate_document", facts={}))
    for picture in pictures:
        if slug := _picture_seen(uow, row, picture):
            flags.append(Flag(slug=slug, facts={"part": picture.part}))
        if picture.hints:
            flags.append(
                Flag(slug="poor_picture", facts={"part": picture.part, "hints": list(picture.hints)})
            )
    if not any(picture.part == Part.FACE_VIDEO for picture in pictures):
        flags.append(Flag(slug="no_film", facts={}))
    return flags


def _zone_flags(facts: Mapping[str, Any], *, at: datetime) -> list[Flag]:
    if not facts["mrz_typed"]:
        return []
    flags = [Flag(slug="mrz_typed", facts={})]
    typed = mrz_of(facts, at=at)
    read = mrz_of({"mrz_typed": None, "mrz_read": facts["mrz_read"]}, at=at)
    if read is not None and typed is not None and (read.number, read.birth) != (typed.number, typed.birth):
        flags.append(Flag(slug="mrz_disagrees", facts={}))
    return flags


def _title_seen(uow: UnitOfWork, party_id: str, digest: str) -> bool:
    in_cases = select(CASE.c.id).where(CASE.c.document_hash == digest, CASE.c.party_id != party_id)
    in_results = select(PROOFING.c.id).where(
        PROOFING.c.document_hash == digest, PROOFING.c.party_id != party_id
    )
    return any(uow.execute(query.limit(1)).first() is not None for query in (in_cases, in_results))


def _picture_seen(uow: UnitOfWork, row: Row[Any], picture: Row[Any]) -> str:
    """Return a flag's slug where this very file was handed in before: by another, or as a film again."""
    same_file = (
        select(CASE.c.party_id)
        .select_from(MEDIA.join(CASE, MEDIA.c.case_id == CASE.c.id))
        .where(MEDIA.c.upload_digest == picture.upload_digest, MEDIA.c.id != picture.id)
    )
    if uow.execute(same_file.where(CASE.c.party_id != row.party_id).limit(1)).first() is not None:
        return "duplicate_picture"
    earlier = or_(CASE.c.id != row.id, and_(CASE.c.id == row.id, MEDIA.c.round != picture.round))
    is_film = picture.part == Part.FACE_VIDEO
    if is_film and uow.execute(same_file.where(earlier).limit(1)).first() is not None:
        return "film_reused"
    return ""
