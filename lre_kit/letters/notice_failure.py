"""The duty that tells a sender that the notice of their letter failed, or its pre-notice."""

from datetime import datetime

from lre_kit.carriers.sender_mail import SenderMail
from lre_kit.law.events import ErdsEvent
from lre_kit.letters.reading import Reading
from lre_kit.letters.state import Event
from lre_kit.news.desk import NewsDesk, keep
from lre_kit.news.values import NewsKind, Pace
from lre_kit.store.agenda import Duty, fulfil, plan
from lre_kit.store.database import Database, UnitOfWork

ACTION = "tell_sender"
"""Name of the duty."""


def plan_telling_sender(uow: UnitOfWork, letter_id: str, *, event: Event, number: int) -> None:
    """Plan telling the sender in the transaction that records the failure (C.2).

    Args:
        uow: That transaction.
        letter_id: The letter.
        event: The failure.
        number: Its place in the journal.
    """
    payload = {"answer": str(event.details.get("server_answer", "")), "number": number}
    key = f"{ACTION}:{letter_id}:{number}"
    plan(uow, key=key, due_at=event.occurred_at, action=ACTION, subject=letter_id, payload=payload)


def plan_telling_of_pre_notice(uow: UnitOfWork, letter_id: str, *, answer: str, at: datetime) -> None:
    """Plan telling the sender that the pre-notice of their letter did not arrive."""
    key, payload = f"{ACTION}:{letter_id}:pre-notice", {"answer": answer, "number": 0}
    plan(uow, key=key, due_at=at, action=ACTION, subject=letter_id, payload=payload)


class TellingSender:
    """Carries the duty out."""

    def __init__(self, database: Database, *, reading: Reading, mail: SenderMail, news: NewsDesk) -> None:
        """Read letters with `reading`, write with `mail`, as senders chose at the desk of `news`."""
        self._news = news
        self._database = database
        self._reading = reading
        self._mail = mail

    def run(self, duty: Duty) -> None:
        """Tell the sender, at once or in the day's message, as they chose.

        Should the process die in between, the same message is sent again.
        """
        told = duty.payload
        letter = self._reading.by_id(duty.subject)
        ref = letter.sender.ref
        wishes = self._news.wishes(ref)
        # A pre-notice that failed leaves time to correct the address before the window: it cannot wait.
        is_daily = bool(told["number"]) and wishes.of(NewsKind.BOUNCED) is Pace.DAILY
        if not is_daily:
            self._mail.tell_failed(
                letter,
                answer=str(told["answer"]),
                number=int(told["number"]),
                language=wishes.language or letter.language,
            )
        with self._database.write() as uow:
            fulfil(uow, duty)
            if is_daily:
                what = ErdsEvent.NOTIFICATION_FOR_ACCEPTANCE_FAILURE.value
                keep(uow, wishes, ref, NewsKind.BOUNCED, letter.id, what, duty.due_at)
            uow.commit()
