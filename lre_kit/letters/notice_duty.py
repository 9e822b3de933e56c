"""The duty that sends a letter's notice: planned, planned again to a corrected address, or held back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select, update

from lre_kit.errors import UnlawfulActError
from lre_kit.store.agenda import cancel, plan
from lre_kit.store.database import UnitOfWork
from lre_kit.store.inserts import table_of
from lre_kit.store.rows import DutyRow

ACTION = "notify"
"""Name of the duty."""

_DUTY = table_of(DutyRow)


class NoticeLeavingError(UnlawfulActError):
    """The notice is being sent at this moment, or may have been: it cannot be held back."""

    slug = "notice-leaving"


def plan_notice(
    uow: UnitOfWork, letter_id: str, *, number: int, at: datetime, corrector: Mapping[str, Any] | None = None
) -> None:
    """Put the sending of a letter's notice on the agenda, once per number.

    Args:
        uow: The transaction of the act that calls for it.
        letter_id: The letter.
        number: Which notice it is, from 1.
        at: When to send it.
        corrector: Who corrected the address that it goes to; such a notice opens a window of its own.
    """
    payload = {"corrector": dict(corrector)} if corrector is not None else {}
    plan(uow, key=_key(letter_id, number), due_at=at, action=ACTION, subject=letter_id, payload=payload)


def hold_back_notice(uow: UnitOfWork, letter_id: str, *, number: int, at: datetime) -> None:
    """Take a notice off the agenda that has not left.

    Raises:
        NoticeLeavingError: A worker holds it, or what became of an earlier try is not known.
    """
    key = _key(letter_id, number)
    found = uow.execute(
        select(_DUTY.c.last_error, _DUTY.c.claimed_until).where(_DUTY.c.key == key).with_for_update()
    ).first()
    if found is None:
        return
    free = (_DUTY.c.key == key, or_(_DUTY.c.claimed_until.is_(None), _DUTY.c.claimed_until <= at))
    # What holds the row also against a worker that claims it between the question and the answer.
    held = uow.update(update(_DUTY).where(*free).values(claim=None, claimed_until=None)) != 1
    if held or (found.last_error or "").startswith("unknown"):
        msg = "The notice is leaving at this moment, or has left."
        raise NoticeLeavingError(msg, mend="Look again in a few minutes.")
    cancel(uow, key)


def _key(letter_id: str, number: int) -> str:
    return f"{ACTION}:{letter_id}:{number}"
