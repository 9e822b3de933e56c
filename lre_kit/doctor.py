"""The doctor: looks at everything a deposit will need and says how to mend what is not well.

Each check is a function that answers what it found or raises; one sick organ never hides another.
"""

import hashlib
import shutil
import sys
import zoneinfo
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from lre_kit.carriers.mail import SmtpCourier
from lre_kit.clock import PARIS, Clock, now
from lre_kit.doctor_mail import DnsResolver, Resolver, look_at_records, looks_at_records
from lre_kit.doctor_means import (
    look_at_issuers,
    look_at_proofing_provider,
    look_at_providers,
    look_at_token_issuers,
)
from lre_kit.doctor_webhooks import look_at_webhooks
from lre_kit.errors import LreError, TimestampRejectedError
from lre_kit.letters.belonging import expect_belonging
from lre_kit.letters.rows import DocumentRow, LetterRow
from lre_kit.letters.scanning import ClamdScanner
from lre_kit.office import PostOffice
from lre_kit.proofs.keys.key_files import KeyFolder
from lre_kit.proofs.keys.opening import open_keys
from lre_kit.proofs.sealing.seal_hsm import seal_of
from lre_kit.proofs.stamping.opening import open_authority
from lre_kit.proofs.stamping.timestamp_authorities import NamedAuthority, members
from lre_kit.settings import Settings
from lre_kit.store import schema
from lre_kit.store.blobs_opening import open_blobs
from lre_kit.store.database import Database
from lre_kit.store.inserts import table_of

DISK_FREE_MIN_BYTES = 500 * 1024 * 1024
"""Free space below which the doctor complains."""

CERTIFICATE_WARNING = timedelta(days=30)
"""Remaining life of a certificate from which the doctor complains."""

RELEASED_AT = datetime(2026, 11, 1, tzinfo=UTC)
"""A clock that shows an earlier instant than the kit's making is certainly wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One check's outcome: what was found and, if not well, how to mend it."""

    name: str
    well: bool
    found: str
    mend: str = ""


class _Unwell(Exception):  # noqa: N818 - a message inside this module, not an error of the kit
    def __init__(self, found: str, mend: str) -> None:
        super().__init__(found)
        self.found = found
        self.mend = mend


def examine(settings: Settings, *, clock: Clock = now, resolver: Resolver | None = None) -> list[Finding]:
    """Return one finding per check, in the order a deposit meets them.

    Args:
        settings: Of the office.
        clock: Tells the time.
        resolver: Asks name servers; by default the system's.
    """
    checks = _checks(settings, clock, resolver or DnsResolver())
    return [_finding(name, check) for name, check in checks]


def _finding(name: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(name=name, well=True, found=check())
    except _Unwell as unwell:
        return Finding(name=name, well=False, found=unwell.found, mend=unwell.mend)
    except LreError as error:
        return Finding(name=name, well=False, found=error.problem, mend=error.mend)
    except OSError as error:
        return Finding(name=name, well=False, found=str(error), mend="Check paths and rights.")


def _checks(settings: Settings, clock: Clock, resolver: Resolver) -> Iterator[tuple[str, Callable[[], str]]]:
    yield "python", _python
    yield "clock", lambda: _clock(clock)
    yield "time zones", _time_zones
    yield "disk", lambda: _disk(settings)
    yield "keys", lambda: _keys(settings, clock)
    yield "database", lambda: _database(settings)
    yield "migrations", lambda: _migrations(settings)
    yield "keys and data", lambda: _keys_and_data(settings)
    yield "content store", lambda: _content_store(settings)
    if settings.clamd:
        yield "virus scanner", lambda: _scanner(settings)
    yield "seal", lambda: _seal(settings, clock)
    yield "time stamps", lambda: _time_stamps(settings, clock)
    yield "mail", lambda: SmtpCourier(settings).ping()
    if looks_at_records(settings):
        yield "mail records", lambda: look_at_records(settings, resolver)
    yield "evidence", lambda: _evidence(settings, clock)
    yield "agenda", lambda: _agenda(settings, clock)
    yield "webhooks", lambda: look_at_webhooks(settings, clock)
    yield "claim", lambda: _claim(settings)
    if settings.eid_providers is not None:
        yield "identity providers", lambda: look_at_providers(settings, clock)
    if settings.api_issuers is not None:
        yield "token issuers", lambda: look_at_token_issuers(settings, clock)
    if settings.identity_provider_url:
        yield "identity proofing", lambda: look_at_proofing_provider(settings, clock)
    if settings.certificate_issuers is not None:
        yield "certificate issuers", lambda: look_at_issuers(settings, clock)


def _python() -> str:
    return ".".join(str(part) for part in sys.version_info[:3])


def _clock(clock: Clock) -> str:
    at = clock()
    if at < RELEASED_AT:
        raise _Unwell(f"the clock shows {at:%Y-%m-%d %H:%M}Z", "Set the machine's clock (NTP).")
    return f"{at:%Y-%m-%d %H:%M:%S}Z"


def _scanner(settings: Settings) -> str:
    ClamdScanner(settings.clamd, timeout_s=settings.clamd_timeout_s).ping()
    return f"answers at {settings.clamd}"


def _time_zones() -> str:
    summer = datetime(2026, 7, 1, tzinfo=UTC).astimezone(PARIS).utcoffset()
    if summer != timedelta(hours=2):
        raise _Unwell("Europe/Paris has no summer time", "Run: pip install --upgrade tzdata")
    return f"Europe/Paris, from {zoneinfo.TZPATH[0] if zoneinfo.TZPATH else 'the tzdata package'}"


def _disk(settings: Settings) -> str:
    place = settings.home if settings.home.exists() else settings.home.absolute().parent
    free = shutil.disk_usage(place).free
    if free < DISK_FREE_MIN_BYTES:
        raise _Unwell(f"{free // 1024 // 1024} MiB free", "Free space, or move LRE_HOME.")
    return f"{free // 1024 // 1024} MiB free"


def _keys(settings: Settings, clock: Clock) -> str:
    keys = open_keys(settings)
    ends_at = min(c.not_valid_after_utc for c in (keys.seal_certificate, keys.tsa_certificate))
    if ends_at - clock() < CERTIFICATE_WARNING:
        raise _Unwell(
            f"a certificate ends on {ends_at:%Y-%m-%d}",
            "Renew the seal and time-stamp certificates: lre keys list, then rotate or request.",
        )
    if KeyFolder(settings.keys_folder).is_unfinished:
        raise _Unwell(
            "a change of keys was interrupted after it took effect", "Run: lre init (it finishes the change)."
        )
    return f"certificates valid until {ends_at:%Y-%m-%d}"


def _database(settings: Settings) -> str:
    database = Database(settings.database)
    file = Path(database.engine.url.database or "")
    try:
        if database.kind == "sqlite" and not file.exists():
            # Opening it would make it, and a doctor changes nothing.
            raise _Unwell(f"there is no file {file}", "Run: lre init")
        # A write that is rolled back: shows that the database may be written, not only read.
        with database.write() as uow:
            uow.serialise("doctor")
        return database.engine.url.render_as_string(hide_password=True)
    finally:
        database.close()


def _migrations(settings: Settings) -> str:
    database = Database(settings.database)
    try:
        if not schema.is_current(database):
            raise _Unwell(f"tables at {schema.current(database)}, need {schema.head()}", "Run: lre init")
        return schema.head()
    finally:
        database.close()


def _keys_and_data(settings: Settings) -> str:
    """Tell whether the keys are those that locked the newest letter and signed the newest checkpoint."""
    keys = open_keys(settings)
    database = Database(settings.database)
    try:
        if not schema.is_current(database):
            raise _Unwell("there are no tables to compare with", "Run: lre init")
        expect_belonging(database, keys)
    finally:
        database.close()
    return "they belong together"


def _content_store(settings: Settings) -> str:
    if settings.blob_url is None and not settings.home.is_dir():
        raise _Unwell(f"there is no folder {settings.home}", "Run: lre init")
    blobs = open_blobs(settings)
    blobs.put("doctor/probe", [b"probe"])
    back = b"".join(blobs.get("doctor/probe"))
    blobs.delete("doctor/probe")
    if back != b"probe":
        raise _Unwell("what was written came back changed", "Check the content store.")
    newest = _newest_content(settings)
    if newest is not None and not blobs.exists(newest):
        raise _Unwell("the newest letter's document is not there", "Restore the content from its backup.")
    return settings.blobs


def _newest_content(settings: Settings) -> str | None:
    """Return the key of the newest content that is not erased; a sick database has its own finding."""
    letter, document = table_of(LetterRow), table_of(DocumentRow)
    query = (
        select(document.c.blob_key)
        .join(letter, letter.c.id == document.c.letter_id)
        .where(letter.c.wrapped_key.is_not(None))
        .order_by(letter.c.id.desc())
        .limit(1)
    )
    try:
        with closing(Database(settings.database)) as database:
            if not schema.is_current(database):
                return None
            with database.read() as connection:
                found: str | None = connection.scalar(query)
                return found
    except LreError:
        return None


def _seal(settings: Settings, clock: Clock) -> str:
    keys = open_keys(settings)
    seal_of(keys).sign(b"{}", at=clock())
    return keys.seal_certificate.subject.rfc4514_string()


def _time_stamps(settings: Settings, clock: Clock) -> str:
    keys = open_keys(settings)
    digest, refused = hashlib.sha256(b"doctor").digest(), []
    asked = members(open_authority(settings, keys, clock))
    for number, authority in enumerate(asked, 1):
        try:
            authority.stamp(digest)
        except LreError as error:
            if len(asked) == 1 and not _is_about_time(error):
                raise
            name = authority.name if isinstance(authority, NamedAuthority) else f"authority {number}"
            # Whose clock is wrong cannot be told from here; a second authority's answer tells.
            clocks = "our clock and its clock disagree: " if _is_about_time(error) else ""
            refused.append(f"{name}: {clocks}{error.problem}")
    if refused:
        raise _Unwell(
            f"{len(asked) - len(refused)} of {len(asked)} authorities answer well. {' '.join(refused)}",
            "Check the machine's clock (NTP), then the authorities in LRE_TSA_FILE or LRE_TSA_URL.",
        )
    if settings.tsa_file is not None:
        return f"{len(asked)} authorities in {settings.tsa_file}"
    return settings.tsa_url or "built in (non-qualified)"


def _is_about_time(error: LreError) -> bool:
    return isinstance(error, TimestampRejectedError) and error.check == "time"


def _evidence(settings: Settings, clock: Clock) -> str:
    with PostOffice.open(settings, clock=clock) as office:
        if lost := office.rollback.look():
            raise _Unwell(str(lost), "Put a newer backup back, or decide: lre log rolled-back --help")
        waiting = office.sequencer.waiting()
        if waiting.oldest_at and clock() - waiting.oldest_at > timedelta(seconds=settings.evidence_alarm_s):
            raise _Unwell(
                f"{waiting.unsealed} await their seal, {waiting.unlogged} their place, "
                f"{waiting.unstamped} checkpoints their stamp, "
                f"the oldest since {waiting.oldest_at:%Y-%m-%d %H:%M}Z",
                "Mend seal and time stamps above and see that lre serve or lre work runs.",
            )
        return "nothing waits too long"


def _agenda(settings: Settings, clock: Clock) -> str:
    with PostOffice.open(settings, clock=clock) as office:
        dead = office.agenda.dead()
        if dead:
            raise _Unwell(
                f"{len(dead)} duties failed for good", f"First: {dead[0].action}: {dead[0].last_error}"
            )
        warned = "".join(f"; {warning.text}" for warning in office.expiry.warnings())
        return f"{office.agenda.due_count()} due now{warned}"


def _claim(settings: Settings) -> str:
    if settings.seal_trust_reference and settings.timestamp_trust_reference:
        return "qualified, by the trust-list references given"
    return "non-qualified service, and says so everywhere"
