"""What an act sets going beside its event: duties, and the letter's row brought up to date."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import update

from lre_kit.law.deadlines import window_closes_at
from lre_kit.law.events import ErdsEvent
from lre_kit.law.optimal import CHOICE_DAYS
from lre_kit.law.products import Product
from lre_kit.letters.intake import plan_proof
from lre_kit.letters.notice_failure import plan_telling_sender
from lre_kit.letters.paper import plan_posting, proof_kind
from lre_kit.letters.rows import LetterRow
from lre_kit.letters.state import Event, LetterState
from lre_kit.letters.values import Letter
from lre_kit.store.agenda import cancel, plan
from lre_kit.store.columns import among
from lre_kit.store.database import UnitOfWork
from lre_kit.store.inserts import table_of

PROVIDER: Mapping[str, Any] = {"role": "provider"}
"""Actor of acts the office does by itself."""

_LETTER = table_of(LetterRow)

_PROJECTED = "phase version notices notified_at window_closes_at proof_due_at decided_at received_at".split()


def plan_after(uow: UnitOfWork, letter: Letter, event: Event, state: LetterState) -> None:
    """Put on the agenda what an event calls for, and take off what it settles."""
    letter_id = letter.id
    closing = f"close:{letter_id}:{state.notices}"
    if event.name is ErdsEvent.NOTIFICATION_FOR_ACCEPTANCE and state.window_closes_at is not None:
        plan(uow, key=closing, due_at=state.window_closes_at, action="close_window", subject=letter_id)
    if event.name in {ErdsEvent.CONSIGNMENT_ACCEPTANCE, ErdsEvent.CONSIGNMENT_REJECTION}:
        cancel(uow, closing)
    waiting = f"waiting:{letter_id}"
    if event.name is ErdsEvent.CONSIGNMENT_ACCEPTANCE and state.waits_until is not None:
        plan(uow, key=waiting, due_at=state.waits_until, action="end_waiting", subject=letter_id)
    if event.name is ErdsEvent.CONTENT_CONSIGNMENT:
        cancel(uow, waiting)
    if event.name is ErdsEvent.NOTIFICATION_FOR_ACCEPTANCE_FAILURE:
        plan_telling_sender(uow, letter_id, event=event, number=state.version)
    if event.name is ErdsEvent.NOTIFICATION_FOR_ACCEPTANCE_FAILURE and letter.product is Product.OPTIMAL:
        # Whoever cannot be told gets paper, when the time to choose would have ended.
        asked = letter.requirements
        days = asked.choice_days or CHOICE_DAYS
        due_at = window_closes_at(event.occurred_at, days=days, zone=ZoneInfo(asked.time_zone))
        told = {"to_paper": True}
        key = f"to_paper:{letter_id}:{state.version}"
        plan(uow, key=key, due_at=due_at, action="close_window", subject=letter_id, payload=told)
    if event.details.get("choice") == "paper":
        if event.details.get("chosen_by") == "recipient":
            cancel(uow, closing)
        plan_posting(uow, letter_id, attempt=1, at=event.occurred_at)
    if (kind := proof_kind(event.name, event.details)) is not None:
        plan_proof(uow, letter_id, kind, decided_at=event.occurred_at)


def project(uow: UnitOfWork, changes: Mapping[str, tuple[LetterState, LetterState]]) -> None:
    """Bring the rows of letters up to date with their journals; letters that change alike go together.

    Args:
        uow: The transaction of the act.
        changes: The states of each letter before and after it, by id.
    """
    alike: dict[tuple[tuple[str, Any], ...], list[str]] = defaultdict(list)
    for letter_id, (before, after) in changes.items():
        changed = (name for name in _PROJECTED if getattr(before, name) != getattr(after, name))
        alike[tuple((name, getattr(after, name)) for name in changed)].append(letter_id)
    for values, letter_ids in alike.items():
        uow.defer(update(_LETTER).where(among(uow, _LETTER.c.id, letter_ids)).values(dict(values)))
