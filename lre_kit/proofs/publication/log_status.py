"""What there is to say about the log in a few lines: newest checkpoint, who signed it, what is published."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from lre_kit.errors import LreError
from lre_kit.office import PostOffice
from lre_kit.proofs.forms.note import KEY_ID_BYTES, split_note
from lre_kit.proofs.log.cosignature import Cosignature, Witness, read_cosignatures, with_lines
from lre_kit.proofs.log.log import size
from lre_kit.proofs.log.stamped import StampedCheckpoint, newest_stamped, witness_keys
from lre_kit.proofs.publication.publish import published_head
from lre_kit.proofs.stamping.timestamp import read_token


@dataclass(frozen=True, slots=True, kw_only=True)
class LogStatus:
    """The log at one moment."""

    origin: str
    entries: int
    """Entries in the log, also those no checkpoint is stamped for yet."""
    newest: StampedCheckpoint | None
    """The newest stamped checkpoint."""
    stamp_time: datetime | None
    """The time its token says."""
    signatures: tuple[str, ...]
    """Name and key id of each signature of the log itself."""
    cosignatures: tuple[Cosignature, ...]
    published_size: int | None
    """Size of the published checkpoint; nothing if none is or it could not be read."""
    published_problem: str | None
    """Why it could not be read."""


def log_status(office: PostOffice) -> LogStatus:
    """Return what there is to say about an office's log."""
    with office.database.read() as connection:
        entries = size(connection)
        newest = newest_stamped(connection)
        keys = witness_keys(connection, newest.size) if newest else ()
    published_size: int | None = None
    problem: str | None = None
    if office.publisher.target is not None:
        try:
            head = published_head(office.publisher.target, office.log)
            published_size = head.size if head else None
        except LreError as error:
            problem = error.problem
    stamp_time: datetime | None = None
    cosigned: list[Cosignature] = []
    signatures: list[str] = []
    if newest is not None:
        stamp_time = read_token(newest.token, sha256(newest.note.encode()).digest()).gen_time
        signatures = [f"{name} {packed[:KEY_ID_BYTES].hex()}" for name, packed in split_note(newest.note)[1]]
        for key, line in zip(keys, newest.lines, strict=True):
            cosigned += read_cosignatures(with_lines(newest.note, [line]), [Witness.parse(key)])
    return LogStatus(
        origin=office.log.origin,
        entries=entries,
        newest=newest,
        stamp_time=stamp_time,
        signatures=tuple(signatures),
        cosignatures=tuple(cosigned),
        published_size=published_size,
        published_problem=problem,
    )
