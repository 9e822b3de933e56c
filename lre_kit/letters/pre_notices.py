"""The duty that tells a recipient, before the notice, that a letter is coming.

It is not the notice: it opens no window, makes no evidence of its own and carries no link. That it was asked
for stands in the evidence of the deposit; what became of it stands beside the letter. What became unknown is
not sent again, and whoever comes after the notice sends none; should the process die once it was sent, it is
sent again, under the same Message-ID.
"""

from datetime import datetime

from sqlalchemy import update

from lre_kit.carriers.mail import Courier, MailOutcome
from lre_kit.carriers.notices import MailIdentity
from lre_kit.carriers.pre_notice_mail import pre_notice_message
from lre_kit.carriers.return_paths import PRE_NOTICE, ReturnPaths
from lre_kit.clock import Clock
from lre_kit.failpoints import declare, failpoint
from lre_kit.identifiers.links import Links
from lre_kit.law.pre_notices import PreNoticeState
from lre_kit.law.products import Product
from lre_kit.letters.notice_duty import NoticeLeavingError, corrected_at
from lre_kit.letters.notice_failure import plan_telling_of_pre_notice
from lre_kit.letters.phases import Phase
from lre_kit.letters.reading import Reading, read_letter
from lre_kit.letters.rows import LetterRow
from lre_kit.letters.values import Letter
from lre_kit.store.agenda import Duty, cancel, fulfil, is_held, plan
from lre_kit.store.database import Database, UnitOfWork
from lre_kit.store.inserts import table_of

ACTION = "pre_notify"
"""Name of the duty."""

declare("pre_notice.before_send", "pre_notice.after_send")

_LETTER = table_of(LetterRow)


def plan_pre_notice(uow: UnitOfWork, letter_id: str, *, at: datetime) -> None:
    """Put the pre-notice of a letter on the agenda, in the transaction of its deposit."""
    plan(uow, key=_key(letter_id), due_at=at, action=ACTION, subject=letter_id)


def leave_out_pre_notice(uow: UnitOfWork, letter: Letter, *, at: datetime) -> None:
    """Take the pre-notice of a letter that is withdrawn off the agenda, if it has not left.

    Whoever sends it at this moment writes down what becomes of it.
    """
    if _is_planned(letter) and not is_held(uow, _key(letter.id), at=at):
        cancel(uow, _key(letter.id))
        settle_pre_notice(uow, letter.id, PreNoticeState.LEFT_OUT, at=at)


def expect_pre_notice_not_leaving(uow: UnitOfWork, letter: Letter, *, at: datetime) -> None:
    """Keep the pre-notice of a letter from leaving until the transaction ends.

    Raises:
        NoticeLeavingError: A worker holds it: nobody can say yet to which address it goes.
    """
    if _is_planned(letter) and is_held(uow, _key(letter.id), at=at):
        msg = "Word that the letter is coming is leaving at this moment."
        raise NoticeLeavingError(msg, mend="Look again in a few minutes.")


def was_corrected_since(uow: UnitOfWork, letter: Letter) -> bool:
    """Tell whether the address of a letter was corrected after its pre-notice left."""
    corrected, told = corrected_at(uow, letter.id, number=letter.notices + 1), letter.pre_notice
    return corrected is not None and (told is None or told.settled_at is None or told.settled_at <= corrected)


def settle_pre_notice(uow: UnitOfWork, letter_id: str, state: PreNoticeState, *, at: datetime) -> None:
    """Write down what became of a pre-notice."""
    values = {"pre_notice_state": state.value, "pre_notice_settled_at": at}
    uow.execute(update(_LETTER).where(_LETTER.c.id == letter_id).values(**values))


class PreNotifying:
    """Carries the duty out."""

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock,
        reading: Reading,
        courier: Courier,
        links: Links,
        paths: ReturnPaths,
        identity: MailIdentity,
    ) -> None:
        """Wire it to what it reads and sends with."""
        self._database = database
        self._clock = clock
        self._reading = reading
        self._courier = courier
        self._links = links
        self._paths = paths
        self._identity = identity

    def run(self, duty: Duty) -> None:
        """Tell the recipient, if that still comes before the notice, and write down what became of it."""
        letter = self._reading.by_id(duty.subject)
        answer = ""
        if self._is_early(letter):
            state, answer = self._sent(letter)
        else:
            state = PreNoticeState.LEFT_OUT
        with self._database.write() as uow:
            # The letter first, as every act on it: it may have been withdrawn meanwhile.
            now = read_letter(uow.connection, letter.id, lock=True)
            fulfil(uow, duty)
            settle_pre_notice(uow, letter.id, state, at=self._clock())
            if state is PreNoticeState.FAILED and not now.phase.is_final:
                plan_telling_of_pre_notice(uow, letter.id, answer=answer, at=self._clock())
            uow.commit()

    def _is_early(self, letter: Letter) -> bool:
        if letter.product is Product.HYBRID:
            return not letter.phase.is_final
        waits = letter.phase is Phase.DEPOSITED and not letter.notices
        return waits and letter.notify_at is not None and self._clock() < letter.notify_at

    def _sent(self, letter: Letter) -> tuple[PreNoticeState, str]:
        message = pre_notice_message(
            self._reading.before_acceptance(letter.id),
            identity=self._identity,
            notify_at=letter.notify_at,
            message_id=self._links.message_id("pre-notice", letter.id, 1),
        )
        failpoint("pre_notice.before_send")
        answer = self._courier.send(message, return_path=self._paths.address(letter.id, PRE_NOTICE))
        failpoint("pre_notice.after_send")
        return _STATES[answer.outcome], f"{answer.code or ''} {answer.text}".strip()


_STATES = {
    MailOutcome.ACCEPTED: PreNoticeState.SENT,
    MailOutcome.REFUSED: PreNoticeState.FAILED,
    MailOutcome.UNKNOWN: PreNoticeState.UNKNOWN,
}


def _is_planned(letter: Letter) -> bool:
    return letter.pre_notice is not None and letter.pre_notice.state is PreNoticeState.PLANNED


def _key(letter_id: str) -> str:
    return f"{ACTION}:{letter_id}"
