"""The room of a sandbox: its clock, the mail that was caught, and its scripted recipients."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import message_from_bytes, policy

from sqlalchemy import select

from lre_kit.errors import NotFoundError, UnlawfulActError
from lre_kit.letters.bounces import Bounces
from lre_kit.letters.rows import LetterRow
from lre_kit.parties.standing import refs_of
from lre_kit.sandbox.acting import ScriptedRecipients
from lre_kit.sandbox.catching import ACT, text_of
from lre_kit.sandbox.clock import DAY_S, SandboxClock
from lre_kit.sandbox.rows import SandboxMailRow
from lre_kit.store.agenda import Duty
from lre_kit.store.database import Database
from lre_kit.store.inserts import table_of

_MAIL, _LETTER = table_of(SandboxMailRow), table_of(LetterRow)


class NotASandboxError(UnlawfulActError):
    """This office is no sandbox: its time and its mail are real."""

    slug = "not-a-sandbox"


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxState:
    """Where a sandbox stands.

    Attributes:
        at: What its clock shows.
        ahead_s: By how much it is ahead of the machine's, in seconds.
        day_lasts_s: Seconds that a day lasts.
    """

    at: datetime
    ahead_s: float
    day_lasts_s: float

    @property
    def is_scaled(self) -> bool:
        """Whether it runs at a pace of its own."""
        return self.day_lasts_s != DAY_S


@dataclass(frozen=True, slots=True, kw_only=True)
class CaughtMail:
    """One message that was caught."""

    id: str
    letter_number: str | None
    recipient: str
    subject: str
    sent_at: datetime
    text: str
    raw: bytes


class Sandbox:
    """What an office to try out with can do besides."""

    def __init__(self, database: Database, *, clock: SandboxClock | None, bounces: Bounces) -> None:
        """Open it; without a sandbox's clock every act is refused."""
        self._database = database
        self._clock = clock
        self._recipients = (
            ScriptedRecipients(database, clock=clock, bounces=bounces) if clock is not None else None
        )

    @property
    def is_one(self) -> bool:
        """Whether this office is a sandbox."""
        return self._clock is not None

    @property
    def actions(self) -> Mapping[str, Callable[[Duty], None]]:
        """The duties by action, for the office's runner."""
        return {ACT: self._recipients.run} if self._recipients is not None else {}

    def state(self) -> SandboxState:
        """Return where it stands.

        Raises:
            NotASandboxError: It is none.
        """
        clock = self._running()
        at = clock()
        ahead = (at - clock.machine()).total_seconds()
        return SandboxState(at=at, ahead_s=max(0.0, ahead), day_lasts_s=clock.setting.day_lasts_s)

    def set_clock(
        self, *, advance: timedelta = timedelta(0), day_lasts_s: float | None = None
    ) -> SandboxState:
        """Move its clock forward, or change its pace.

        Raises:
            NotASandboxError: It is none.
            SandboxTimeError: The clock cannot be set so.
        """
        self._running().set(advance=advance, day_lasts_s=day_lasts_s)
        return self.state()

    def mails(
        self, sender_ref: str | None, *, recipient: str = "", before: str | None = None, limit: int = 50
    ) -> list[CaughtMail]:
        """Return mail that was caught, the newest first.

        Args:
            sender_ref: Only about this sender's letters; nothing: all, for the operator.
            recipient: Only to this address.
            before: Only what is older than this.
            limit: How many at most.

        Raises:
            NotASandboxError: It is none.
        """
        self._running()
        query = (
            select(_MAIL, _LETTER.c.number)
            .join_from(_MAIL, _LETTER, _LETTER.c.id == _MAIL.c.letter_id, isouter=True)
            .order_by(_MAIL.c.id.desc())
            .limit(limit)
        )
        if recipient:
            query = query.where(_MAIL.c.recipient == recipient.lower())
        if before:
            query = query.where(_MAIL.c.id < before)
        with self._database.read() as connection:
            if sender_ref is not None:
                query = query.where(_LETTER.c.sender_ref.in_(refs_of(connection, sender_ref)))
            rows = list(connection.execute(query))
        return [
            CaughtMail(
                id=row.id,
                letter_number=row.number,
                recipient=row.recipient,
                subject=row.subject,
                sent_at=row.sent_at,
                text=_text(row.raw),
                raw=row.raw,
            )
            for row in rows
        ]

    def mail(self, mail_id: str, sender_ref: str) -> CaughtMail:
        """Return one message about a sender's letters.

        Raises:
            NotFoundError: There is none.
            NotASandboxError: It is no sandbox.
        """
        # Ids are ordered: the newest that is not after this one is this one, or there is none.
        found = self.mails(sender_ref, before=f"{mail_id}~", limit=1)
        if not found or found[0].id != mail_id:
            raise NotFoundError("There is no such message.", mend="Look in the list of caught mail.")
        return found[0]

    def _running(self) -> SandboxClock:
        if self._clock is None:
            msg = "This office is no sandbox."
            raise NotASandboxError(msg, mend="Try out in an office that was made one: lre sandbox begin.")
        return self._clock


def _text(raw: bytes) -> str:
    return text_of(message_from_bytes(raw, policy=policy.default))
