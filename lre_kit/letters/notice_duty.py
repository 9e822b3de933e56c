"""The duty that sends a letter's notice: planned, planned again to a corrected address, or held back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from lre_kit.clock import from_iso, iso
from lre_kit.errors import UnlawfulActError
from lre_kit.store.agenda import cancel, is_held, plan
from lre_kit.store.database import UnitOfWork
from lre_kit.store.inserts import table_of
from lre_kit.store.rows import DutyRow

ACTION = "notify"
"""Name of the duty."""

_CORRECTED_AT = "corrected_at"
_DUTY = table_of(DutyRow)


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """Who corrected an address, and when."""

    actor: Mapping[str, Any]
    at: datetime


class NoticeLeavingError(UnlawfulActError):
    """The notice is being sent at this moment, or may have been: it cannot be held back."""

    slug = "notice-leaving"


def plan_notice(
    uow: UnitOfWork, letter_id: str, *, number: int, at: datetime, correction: Correction | None = None
) -> None:
    """Put the sending of a letter's notice on the agenda, once per number.

    Args:
        uow: The transaction of the act that calls for it.
        letter_id: The letter.
        number: Which notice it is, from 1.
        at: When to send it.
        correction: Of the address that it goes to; such a notice opens a window of its own.
    """
    payload: dict[str, Any] = {}
    if correction is not None:
        payload = {"corrector": dict(correction.actor), _CORRECTED_AT: iso(correction.at)}
    plan(uow, key=_key(letter_id, number), due_at=at, action=ACTION, subject=letter_id, payload=payload)


def hold_back_notice(uow: UnitOfWork, letter_id: str, *, number: int, at: datetime) -> None:
    """Take a notice off the agenda that has not left.

    Raises:
        NoticeLeavingError: A worker holds it, or what became of an earlier try is not known.
    """
    key = _key(letter_id, number)
    found = uow.execute(select(_DUTY.c.last_error).where(_DUTY.c.key == key).with_for_update()).first()
    if found is None:
        return
    if is_held(uow, key, at=at) or (found.last_error or "").startswith("unknown"):
        msg = "The notice is leaving at this moment, or has left."
        raise NoticeLeavingError(msg, mend="Look again in a few minutes.")
    cancel(uow, key)


def corrected_at(uow: UnitOfWork, letter_id: str, *, number: int) -> datetime | None:
    """Return when the address was corrected to which a notice that has not left goes, if it was."""
    payload = uow.execute(select(_DUTY.c.payload).where(_DUTY.c.key == _key(letter_id, number))).scalar()
    told = (payload or {}).get(_CORRECTED_AT)
    return None if told is None else from_iso(told)


def _key(letter_id: str, number: int) -> str:
    return f"{ACTION}:{letter_id}:{number}"
