"""Carrying out what the agenda calls for. Every action may run twice, late, or die at any line."""

import logging
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from lre_kit.carriers.mail import Courier, MailOutcome
from lre_kit.carriers.notices import MailIdentity, notice_message
from lre_kit.carriers.return_paths import ReturnPaths
from lre_kit.clock import Clock
from lre_kit.errors import LreError
from lre_kit.failpoints import declare, failpoint
from lre_kit.identifiers.links import Links
from lre_kit.law.deadlines import window_closes_at
from lre_kit.letters.closing import ACTION as CLOSE_WINDOW
from lre_kit.letters.closing import Closings
from lre_kit.letters.desk import Desk
from lre_kit.letters.leftovers import ACTION as SWEEP_CONTENT
from lre_kit.letters.leftovers import Leftovers
from lre_kit.letters.phases import Phase
from lre_kit.letters.reading import Reading
from lre_kit.letters.retention import ACTION as PURGE
from lre_kit.letters.retention import Retention
from lre_kit.letters.rewrap import ACTION as REWRAP
from lre_kit.letters.rewrap import Rewrapper
from lre_kit.observing.context import binding
from lre_kit.observing.tracing import span
from lre_kit.proofs.keys.expiry import ACTION as WARN_EXPIRY
from lre_kit.proofs.keys.expiry import ExpiryWatch
from lre_kit.proofs.log.restamp import RenewalTooEarlyError, Restamper
from lre_kit.proofs.packing.issue import EvidencePendingError, Issuer
from lre_kit.store.agenda import Agenda, Duty, LeaseLostError

log = logging.getLogger(__name__)

declare("notify.before_send", "notify.after_send")

RESEND_DELAY = timedelta(minutes=10)
"""Wait before a notice of unknown fate is sent again, with the same Message-ID."""

RARELY = timedelta(days=1)
"""Wait once a second copy is of unknown fate too: what was stored may lie in a mailbox twice already."""

_UNKNOWN = "unknown: "
"""Begins what is noted of a notice whose fate nobody can say."""

_AWAITING_NOTICE = frozenset({Phase.DEPOSITED, Phase.NOTIFICATION_FAILED})


_OPEN = _AWAITING_NOTICE | {Phase.NOTIFIED, Phase.CHOOSING}


PROBE = "probe_services"
"""Key of the duty that looks at services."""

WORKED_MAX = 1000
"""Spans of work that a runner remembers: more than are run between two probes."""

CLOSE_MAX = 500
"""Windows that one transaction closes: some tenths of a second for which their letters are held."""


def claim_batches(agenda: Agenda, *, limit: int, lease: timedelta) -> list[list[Duty]]:
    """Claim due duties, in the batches that `together` makes of them.

    The probe of services goes first, however much is due: late, it would tell of an outage that was none.
    Where all that is due are windows, more of them are claimed: they close faster together.

    Args:
        agenda: Where to claim.
        limit: Duties claimed at once.
        lease: For how long.
    """
    probe = agenda.take(PROBE, lease=lease)
    duties = agenda.claim(limit=limit, lease=lease)
    if len(duties) == limit < CLOSE_MAX and all(duty.action == CLOSE_WINDOW for duty in duties):
        duties += agenda.claim(limit=CLOSE_MAX - limit, lease=lease, action=CLOSE_WINDOW)
    return together(duties if probe is None else [probe, *duties])


def together(duties: Sequence[Duty]) -> list[list[Duty]]:
    """Part claimed duties into batches: windows close in one transaction, all else is done one by one."""
    closing = [duty for duty in duties if duty.action == CLOSE_WINDOW]
    first = [[duty] for duty in duties if duty.key == PROBE]
    others = [[duty] for duty in duties if duty.action != CLOSE_WINDOW and duty.key != PROBE]
    return [*first, *([closing] if closing else []), *others]


class Duties:
    """Runs claimed duties, one at a time; unknown failures go back to the agenda with a delay."""

    def __init__(
        self,
        *,
        agenda: Agenda,
        desk: Desk,
        closings: Closings,
        reading: Reading,
        issuer: Issuer,
        restamper: Restamper,
        leftovers: Leftovers,
        expiry: ExpiryWatch,
        rewrapper: Rewrapper,
        retention: Retention,
        courier: Courier,
        links: Links,
        paths: ReturnPaths,
        identity: MailIdentity,
        clock: Clock,
        more: Callable[[], Mapping[str, Callable[[Duty], None]]] = dict,
    ) -> None:
        """Wire the runner to what its actions need; `more` names actions of other rooms when one is met."""
        self._more = more
        self._agenda = agenda
        self._desk = desk
        self._closings = closings
        self._reading = reading
        self._issuer = issuer
        self._restamper = restamper
        self._leftovers = leftovers
        self._courier = courier
        self._links = links
        self._paths = paths
        self._identity = identity
        self._clock = clock
        self._worked: deque[tuple[datetime, datetime]] = deque(maxlen=WORKED_MAX)
        self._actions: Mapping[str, Callable[[Duty], None]] = {
            "notify": self._notify,
            CLOSE_WINDOW: self._close_window,
            "end_waiting": self._end_waiting,
            "make_proof": self._make_proof,
            "restamp": self._restamp,
            SWEEP_CONTENT: self._sweep_content,
            WARN_EXPIRY: expiry.warn,
            REWRAP: rewrapper.fulfil,
            PURGE: retention.fulfil,
        }

    def run(self, duty: Duty) -> bool:
        """Carry a claimed duty out; return whether it was fulfilled.

        A failure is written beside the duty, which comes back later or, after the last try, waits
        for an operator. Nothing is raised: one bad duty may not stop the others.
        """
        named = binding(duty=duty.action, subject=duty.subject)
        with self._working(), named, span(f"duty {duty.action}", duty_id=duty.id):
            return self._run(duty)

    def worked(self, since: datetime) -> list[tuple[datetime, datetime]]:
        """Return when duties were begun and ended in this process after `since`, the earliest first."""
        return sorted(each for each in tuple(self._worked) if each[1] > since)

    @contextmanager
    def _working(self) -> Iterator[None]:
        began = self._clock()
        try:
            yield
        finally:
            self._worked.append((began, self._clock()))

    def _run(self, duty: Duty) -> bool:
        action = self._actions.get(duty.action) or self._more().get(duty.action)
        try:
            if action is None:
                self._agenda.release(duty, error=f"no action is called {duty.action}", dead=True)
                return False
            action(duty)
        except LeaseLostError:
            log.info("duty %s was taken over or is no longer due", duty.id)
            return False
        except EvidencePendingError as early:
            # Not a failure: the log gets its time stamp a moment later.
            log.debug("duty %s (%s) waits: %s", duty.id, duty.action, early.slug)
            self._agenda.release(duty, error=f"{early.slug}: {early.problem}")
            return False
        except LreError as error:
            log.warning("duty %s (%s) failed: %s", duty.id, duty.action, error.slug)
            self._agenda.release(duty, error=f"{error.slug}: {error.problem}")
            return False
        except Exception as error:
            log.exception("duty %s (%s) failed", duty.id, duty.action)
            self._agenda.release(duty, error=type(error).__name__)
            return False
        return True

    def run_all(self, duties: Sequence[Duty]) -> int:
        """Carry duties out that `together` put into one batch; return how many were fulfilled."""
        if len(duties) > 1 and self._closed(duties):
            return len(duties)
        return sum(map(self.run, duties))

    def _closed(self, duties: Sequence[Duty]) -> bool:
        try:
            with self._working():
                self._closings.close(duties)
        except Exception as error:  # noqa: BLE001 - whatever one of them has, the others go on by themselves
            log.info("%d windows are closed one by one: %s", len(duties), type(error).__name__)
            return False
        return True

    def _notify(self, duty: Duty) -> None:
        letter = self._reading.by_id(duty.subject)
        corrector = duty.payload.get("corrector")
        if letter.phase not in (_OPEN if corrector else _AWAITING_NOTICE):
            self._desk.notified(letter.id, duty=duty)
            return
        required = letter.requirements
        closes_at = (
            window_closes_at(self._clock(), days=days)
            if (days := required.choice_days or required.window_days)
            else None
        )
        message = notice_message(
            self._reading.before_acceptance(letter.id),
            identity=self._identity,
            url=self._links.recipient_url(letter.id, letter.recipient.email),
            closes_at=closes_at,
            message_id=self._links.message_id("notice", letter.id, letter.notices + 1),
        )
        failpoint("notify.before_send")
        path = self._paths.address(letter.id, letter.notices + 1)
        answer = self._courier.send(message, return_path=path)
        failpoint("notify.after_send")
        if answer.outcome is MailOutcome.ACCEPTED:
            self._desk.notified(letter.id, duty=duty, corrector=corrector)
        elif answer.outcome is MailOutcome.REFUSED:
            words = f"{answer.code or ''} {answer.text}".strip()
            self._desk.notice_failed(letter.id, words=words, duty=duty, corrected=corrector is not None)
        else:
            # Once more soon, under the same id; whoever loses two may lose ten, so the next ones are rare.
            wait = RARELY if (duty.last_error or "").startswith(_UNKNOWN) else RESEND_DELAY
            self._agenda.release(duty, error=f"{_UNKNOWN}{answer.text}", retry_at=self._clock() + wait)

    def _sweep_content(self, duty: Duty) -> None:
        if removed := self._leftovers.sweep(duty):
            log.info("%d pieces of content that no letter names were removed", removed)

    def _close_window(self, duty: Duty) -> None:
        self._desk.expire(duty.subject, duty=duty)

    def _end_waiting(self, duty: Duty) -> None:
        self._desk.end_waiting(duty.subject, duty=duty)

    def _make_proof(self, duty: Duty) -> None:
        self._issuer.make(duty.subject, str(duty.payload["kind"]), duty=duty)

    def _restamp(self, duty: Duty) -> None:
        try:
            self._restamper.renew(duty)
        except RenewalTooEarlyError as early:
            log.warning("duty %s waits: %s", duty.id, early.problem)
            self._agenda.release(duty, error=early.problem, retry_at=self._restamper.retry_at(duty))
