"""Whether an office can work now: for load balancers and orchestrators, cheap and without personal data.

Alive is a process that answers. Ready is one that may be given work: its database answers, its keys are
valid, evidence gets its seal, place and time stamp in time, and duties do not pile up. What was found is
told again for a few seconds (``LRE_HEALTH_CACHE_S``), so that asking often costs nothing.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cryptography.x509 import Certificate

from lre_kit.errors import LreError

if TYPE_CHECKING:
    from lre_kit.office import PostOffice


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What was found of one thing the office needs."""

    name: str
    is_well: bool
    found: str = ""
    """A word or two for operators: a slug, a name of a key; never personal data."""
    age_s: float | None = None
    """Age of the oldest thing that waits, in seconds; nothing if nothing waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """What was found, and when."""

    checks: tuple[Check, ...]
    looked_at: datetime

    @property
    def is_ready(self) -> bool:
        """Tell whether the office may be given work."""
        return all(check.is_well for check in self.checks)


class Health:
    """Looks at one office, at most once in a few seconds."""

    def __init__(self, office: "PostOffice") -> None:
        """Look at `office`."""
        self._office = office
        self._lock = threading.Lock()
        self._last: Readiness | None = None

    def readiness(self) -> Readiness:
        """Return whether the office can work; raises nothing."""
        life = timedelta(seconds=self._office.settings.health_cache_s)
        with self._lock:
            now = self._office.clock()
            if self._last is None or not timedelta(0) <= now - self._last.looked_at < life:
                self._last = Readiness(checks=tuple(self._look(now)), looked_at=now)
            return self._last

    def _look(self, now: datetime) -> list[Check]:
        looks = {
            "database": self._database,
            "keys": self._keys,
            "evidence": self._evidence,
            "duties": self._duties,
        }
        found: list[Check] = []
        for name, look in looks.items():
            found.append(_looked(name, look, now))
            if name == "database" and not found[0].is_well:
                # Nothing else can be asked of an office whose database does not answer.
                break
        return found

    def _database(self, now: datetime) -> Check:
        del now
        with self._office.database.read() as connection:
            connection.exec_driver_sql("SELECT 1")
        return Check(name="database", is_well=True)

    def _keys(self, now: datetime) -> Check:
        keys, settings = self._office.keys, self._office.settings
        certificates = {"seal": keys.seal_certificate}
        if settings.tsa_url is None and settings.tsa_file is None:
            certificates["time stamps"] = keys.tsa_certificate
        ended = [name for name, each in certificates.items() if not _is_valid(each, now)]
        return Check(name="keys", is_well=not ended, found=", ".join(ended))

    def _evidence(self, now: datetime) -> Check:
        self._office.expect_fit()
        waiting = self._office.sequencer.waiting()
        age = None if waiting.oldest_at is None else max(0.0, (now - waiting.oldest_at).total_seconds())
        late = age is not None and age > self._office.settings.evidence_stop_s
        return Check(name="evidence", is_well=not late, age_s=age)

    def _duties(self, now: datetime) -> Check:
        oldest = self._office.agenda.oldest_due()
        age = None if oldest is None else max(0.0, (now - oldest).total_seconds())
        late = age is not None and age > self._office.settings.health_queue_age_s
        return Check(name="duties", is_well=not late, age_s=age)


def _looked(name: str, look: Callable[[datetime], Check], now: datetime) -> Check:
    try:
        return look(now)
    except LreError as error:
        return Check(name=name, is_well=False, found=error.slug)
    except Exception as error:  # noqa: BLE001 - one sick organ never hides another, and this answers always
        return Check(name=name, is_well=False, found=type(error).__name__)


def _is_valid(certificate: Certificate, now: datetime) -> bool:
    return certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc
