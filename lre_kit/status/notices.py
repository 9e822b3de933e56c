"""Incidents and maintenance as operators write them: announced, added to, ended."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update

from lre_kit.clock import Clock
from lre_kit.errors import InputError, NotFoundError, UnlawfulActError
from lre_kit.law.periods import Words
from lre_kit.parties.characters import has_hidden_characters
from lre_kit.status.reading import NOTICE
from lre_kit.status.rows import StatusNoticeRow, StatusUpdateRow
from lre_kit.status.values import NoticeKind, Service
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database
from lre_kit.store.unit import UnitOfWork

TITLE_MAX_CHARS = 200
TEXT_MAX_CHARS = 2000


class StatusNotices:
    """Keeps what operators announce; they act through `lre_kit.operators.desk`."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        """Write to `database` by the office's `clock`."""
        self._database = database
        self._clock = clock

    def announce(
        self,
        kind: NoticeKind,
        services: Sequence[Service],
        title: Words,
        text: Words,
        *,
        by: str,
        begins_at: datetime | None = None,
        ends_at: datetime | None = None,
    ) -> str:
        """Announce an incident, or maintenance to come; return its id.

        Raises:
            InputError: It names no service, has no words, or ends before it begins.
        """
        now, notice_id = self._clock(), new_id()
        begins = begins_at or now
        if not services:
            raise InputError("No service is named.", mend=f"Name one of: {', '.join(Service)}.")
        if ends_at is not None and ends_at <= begins:
            raise InputError("It would end before it begins.", mend="Give an end after the begin.")
        with self._database.write() as uow:
            uow.add(
                StatusNoticeRow,
                id=notice_id,
                kind=kind.value,
                services=" ".join(dict.fromkeys(service.value for service in services)),
                title_fr=_checked(title.fr, TITLE_MAX_CHARS),
                title_en=_checked(title.en, TITLE_MAX_CHARS),
                begins_at=begins,
                ends_at=ends_at,
                ended_at=None,
            )
            uow.flush()
            self._say(uow, notice_id, text, by=by)
            uow.commit()
        return notice_id

    def add(self, notice_id: str, text: Words, *, by: str) -> None:
        """Say more about it.

        Raises:
            NotFoundError: There is none.
            UnlawfulActError: It ended.
        """
        with self._database.write() as uow:
            self._expect_open(uow, notice_id)
            self._say(uow, notice_id, text, by=by)
            uow.commit()

    def end(self, notice_id: str, text: Words, *, by: str) -> None:
        """Say that it ended.

        Raises:
            NotFoundError: There is none.
            UnlawfulActError: It ended before.
        """
        with self._database.write() as uow:
            self._expect_open(uow, notice_id)
            self._say(uow, notice_id, text, by=by)
            uow.defer(update(NOTICE).where(NOTICE.c.id == notice_id).values(ended_at=self._clock()))
            uow.commit()

    def _say(self, uow: UnitOfWork, notice_id: str, text: Words, *, by: str) -> None:
        uow.add(
            StatusUpdateRow,
            id=new_id(),
            notice_id=notice_id,
            at=self._clock(),
            by=by[:100],
            text_fr=_checked(text.fr, TEXT_MAX_CHARS),
            text_en=_checked(text.en, TEXT_MAX_CHARS),
        )

    def _expect_open(self, uow: UnitOfWork, notice_id: str) -> None:
        row = uow.execute(select(NOTICE).where(NOTICE.c.id == notice_id).with_for_update()).first()
        if row is None:
            raise NotFoundError("There is no such incident.", mend="See: lre status show.")
        if row.ended_at is not None:
            raise UnlawfulActError("It ended already.", mend="Announce a new one.")


def _checked(text: str, longest: int) -> str:
    plain = text.replace("\r\n", "\n").strip()
    if len(plain) > longest or has_hidden_characters(plain.replace("\n", " ")):
        msg = "A text is too long, or holds hidden characters."
        raise InputError(msg, mend=f"At most {longest} characters, typed.")
    return plain
