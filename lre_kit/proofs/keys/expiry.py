"""Warnings before the certificates of seal and time stamps end: duties on the agenda.

For each certificate in use the next warning is planned; when it is due it is logged and kept as a
row of the office, and the one after it is planned. A certificate that was replaced meanwhile is
warned of no more: its duty and its row name its thumbprint.
"""

import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from sqlalchemy import select, update

from lre_kit.clock import Clock
from lre_kit.errors import UnavailableError
from lre_kit.proofs.keys.keys import Keys
from lre_kit.proofs.keys.rotation import thumbprint
from lre_kit.store.agenda import Duty, fulfil, plan
from lre_kit.store.database import Database, UnitOfWork
from lre_kit.store.inserts import table_of
from lre_kit.store.rows import DutyRow, OfficeRow

log = logging.getLogger(__name__)

ACTION = "warn_expiry"
"""Name of the duty."""

DAYS = (90, 30, 7)
"""Days before a certificate's end on which its office is warned."""

_DUTY, _OFFICE = table_of(DutyRow), table_of(OfficeRow)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpiryWarning:
    """A certificate in use that ends soon, as its office was told.

    Attributes:
        name: ``seal`` or ``tsa``.
        ends_at: When it ends.
        warned_at: When the latest warning was given.
        days: Which one: this many days before the end, or fewer.
    """

    name: str
    ends_at: datetime
    warned_at: datetime
    days: int

    @property
    def text(self) -> str:
        """What to do about it, in one sentence."""
        return f"the {self.name} certificate ends on {self.ends_at:%Y-%m-%d} (lre keys rotate {self.name})"


def next_warning(ends_at: datetime, *, after: int | None, at: datetime) -> tuple[datetime, int] | None:
    """Return when the next warning is due and which it is; nothing once the last was given.

    Args:
        ends_at: End of the certificate.
        after: The warning that was given last, in days before the end.
        at: Now: of warnings whose time has come, only the latest is given.
    """
    left = [days for days in DAYS if after is None or days < after]
    if not left:
        return None
    come = [days for days in left if ends_at - timedelta(days=days) <= at]
    days = come[-1] if come else left[0]
    return ends_at - timedelta(days=days), days


def plan_warnings(uow: UnitOfWork, keys: Keys, *, at: datetime) -> None:
    """Put the first warning of each certificate in use on the agenda, once."""
    for name, certificate in _in_use(keys):
        _plan(uow, name, certificate, after=None, at=at)


class ExpiryWatch:
    """Plans and gives the warnings of one office."""

    def __init__(self, database: Database, keys: Keys, *, clock: Clock) -> None:
        """Watch the certificates of `keys`."""
        self._database = database
        self._keys = keys
        self._clock = clock

    def plan_missing(self) -> None:
        """Plan warnings for certificates of which the office never heard; writes nothing if there are none.

        A database that cannot be written now is no reason not to open an office.
        """
        try:
            with self._database.read() as connection:
                query = select(_DUTY.c.subject).where(_DUTY.c.action == ACTION)
                known = set(connection.execute(query).scalars()) | set(self._rows(connection))
            if all(_subject(name, certificate) in known for name, certificate in _in_use(self._keys)):
                return
            with self._database.write() as uow:
                plan_warnings(uow, self._keys, at=self._clock())
                uow.commit()
        except UnavailableError as error:
            log.info("warnings of certificates that end are not planned: %s", error.problem)

    def warn(self, duty: Duty) -> None:
        """Give the warning a duty calls for, and plan the next.

        Raises:
            LeaseLostError: Another worker took the duty over.
        """
        at = self._clock()
        current = {_subject(name, one): (name, one) for name, one in _in_use(self._keys)}
        with self._database.write() as uow:
            fulfil(uow, duty)
            if duty.subject in current:
                name, certificate = current[duty.subject]
                days = int(duty.payload["days"])
                ends_at = certificate.not_valid_after_utc
                value = json.dumps({"subject": duty.subject, "at": at.isoformat(), "days": days})
                uow.add_missing(OfficeRow, name=_row_name(name), value=value)
                uow.defer(update(_OFFICE).where(_OFFICE.c.name == _row_name(name)).values(value=value))
                _plan(uow, name, certificate, after=days, at=at)
            uow.commit()
        if duty.subject in current:
            log.warning("the %s certificate ends on %s: run lre keys rotate %s", name, ends_at.date(), name)

    def warnings(self) -> list[ExpiryWarning]:
        """Return the warnings that were given of certificates in use."""
        with self._database.read() as connection:
            rows = self._rows(connection)
        return [
            ExpiryWarning(
                name=name,
                ends_at=certificate.not_valid_after_utc,
                warned_at=datetime.fromisoformat(row["at"]),
                days=int(row["days"]),
            )
            for name, certificate in _in_use(self._keys)
            if (row := rows.get(_subject(name, certificate))) is not None
        ]

    def _rows(self, connection: Any) -> dict[str, dict[str, Any]]:
        """Return what was warned of by subject."""
        names = [_row_name(name) for name, _ in _in_use(self._keys)]
        values = connection.execute(select(_OFFICE.c.value).where(_OFFICE.c.name.in_(names))).scalars()
        return {row["subject"]: row for row in map(json.loads, values)}


def _in_use(keys: Keys) -> Iterable[tuple[str, x509.Certificate]]:
    return (("seal", keys.seal_certificate), ("tsa", keys.tsa_certificate))


def _subject(name: str, certificate: x509.Certificate) -> str:
    return f"{name}:{thumbprint(certificate)}"


def _row_name(name: str) -> str:
    return f"certificate-ends:{name}"


def _plan(
    uow: UnitOfWork, name: str, certificate: x509.Certificate, *, after: int | None, at: datetime
) -> None:
    coming = next_warning(certificate.not_valid_after_utc, after=after, at=at)
    if coming is None:
        return
    due_at, days = coming
    subject = _subject(name, certificate)
    plan(
        uow,
        key=f"{ACTION}:{subject}:{days}",
        due_at=due_at,
        action=ACTION,
        subject=subject,
        payload={"days": days},
    )
