"""Messages of news: one of one piece, or one of a day's; whoever dies in between sends the same one again."""

from collections.abc import Mapping, Sequence
from email.message import EmailMessage
from typing import Any

from sqlalchemy import Row, delete, select

from lre_kit.carriers.mail import Courier, MailOutcome
from lre_kit.carriers.notices import MailIdentity, legal_time_text
from lre_kit.carriers.plain_message import plain_message
from lre_kit.clock import from_iso
from lre_kit.consents.rows import ConsentRow
from lre_kit.errors import MailUnavailableError
from lre_kit.identifiers.links import Links
from lre_kit.letters.rows import LetterRow
from lre_kit.news.desk import LAG, UNTIL, NewsDesk
from lre_kit.news.rows import NewsItemRow
from lre_kit.news.values import NewsKind
from lre_kit.news.words import FRAME, SENTENCES, said
from lre_kit.parties.emails import addresses_of
from lre_kit.parties.standing import standing_id
from lre_kit.store.agenda import Duty, fulfil
from lre_kit.store.database import Database
from lre_kit.store.inserts import table_of

SHOWN_MAX = 100
"""Pieces of news that one message names; of more it tells how many."""

_ITEM, _LETTER, _CONSENT = (table_of(row) for row in (NewsItemRow, LetterRow, ConsentRow))


class NewsMail:
    """Tells senders what they asked to be told."""

    def __init__(
        self,
        database: Database,
        *,
        desk: NewsDesk,
        courier: Courier,
        links: Links,
        identity: MailIdentity,
    ) -> None:
        """Send with `courier`."""
        self._database = database
        self._desk = desk
        self._courier = courier
        self._links = links
        self._identity = identity

    def tell(self, duty: Duty) -> None:
        """Tell of one piece of news.

        Raises:
            MailUnavailableError: It could not be handed over now; it is tried again.
        """
        self._tell(duty, [_ITEM.c.id == duty.subject])

    def tell_day(self, duty: Duty) -> None:
        """Tell of all news of somebody's that wait for a morning.

        Raises:
            MailUnavailableError: It could not be handed over now; it is tried again.
        """
        told = duty.payload.get(UNTIL)
        until = duty.due_at - LAG if told is None else from_iso(told)  # none: planned by a version before
        owner = select(_ITEM.c.owner_ref).where(_ITEM.c.id == duty.subject).scalar_subquery()
        self._tell(duty, [_ITEM.c.owner_ref == owner, _ITEM.c.is_daily, _ITEM.c.at < until])

    def _tell(self, duty: Duty, which: Sequence[Any]) -> None:
        with self._database.read() as connection:
            items = connection.execute(select(_ITEM).where(*which).order_by(_ITEM.c.id.desc())).all()
            shown = items[:SHOWN_MAX]
            facts = {
                row.id: row
                for kind, table in ((False, _LETTER), (True, _CONSENT))
                if (ids := [each.about for each in shown if (each.kind == NewsKind.CONSENT) is kind])
                for row in connection.execute(select(table).where(table.c.id.in_(ids)))
            }
        known = [(item, facts[item.about]) for item in shown if item.about in facts]
        if known:
            message = self._message(known, duty, count=len(items))
            if self._courier.send(message).outcome is MailOutcome.UNKNOWN:
                msg = "It is not known whether a sender was told the news they asked for."
                raise MailUnavailableError(msg, mend="It is tried again, under the same Message-ID.")
        with self._database.write() as uow:
            fulfil(uow, duty)
            for start in range(0, len(items), 500):
                ids = [item.id for item in items[start : start + 500]]
                uow.execute(delete(_ITEM).where(_ITEM.c.id.in_(ids)))
            uow.commit()

    def _message(self, known: Sequence[tuple[Row[Any], Row[Any]]], duty: Duty, *, count: int) -> EmailMessage:
        item, newest = known[0]
        wished = self._desk.wishes(item.owner_ref).language
        language = "fr" if (wished or newest.language) == "fr" else "en"
        if item.is_daily:
            subject = said(FRAME, "daily", language, count=count)
        elif item.kind == NewsKind.CONSENT:
            subject = said(FRAME, "consent", language)
        else:
            subject = said(FRAME, "at_once", language, number=newest.number)
        lines = [self._line(each, about, language) for each, about in known]
        if count > len(known):
            left = said(FRAME, "left", language, count=count - len(known))
            lines.append(f"{left}\n{self._links.sender_url}/")
        change = f"{said(FRAME, 'change', language)}\n{self._links.sender_url}/preferences"
        return plain_message(
            identity=self._identity,
            name=newest.sender_name,
            email=self._address(item.owner_ref) or newest.sender_email,
            subject=subject,
            paragraphs=[*lines, said(FRAME, "more", language), change],
            # One message for what it tells of: the duty's own piece of news names it.
            message_id=self._links.message_id("news", duty.subject, 1),
            language=language,
        )

    def _address(self, owner_ref: str) -> str | None:
        """Return where a party reads mail now; of others no more is known than what their letters say."""
        with self._database.read() as connection:
            found = addresses_of(connection, standing_id(connection, owner_ref))
        return next(iter(found), None)

    def _line(self, item: Row[Any], about: Row[Any], language: str) -> str:
        is_consent = item.kind == NewsKind.CONSENT
        path = "consents" if is_consent else "letters"
        facts: Mapping[str, Any] = {
            "name": about.recipient_name,
            "number": "" if is_consent else about.number,
        }
        when = said(FRAME, "on", language, when=legal_time_text(item.at, language))
        page = f"{self._links.sender_url}/{path}/{about.id if is_consent else about.number}"
        return f"{said(SENTENCES, item.what, language, **facts)} {when}\n{page}"
