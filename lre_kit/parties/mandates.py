"""Mandates: who may receive or send for another (mandataire, CPCE L. 100), between which days.

Days are legal days in Paris, the last one included. A mandate does not chain: a delegate cannot pass
on what was given.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select, update

from lre_kit.clock import PARIS, Clock
from lre_kit.errors import InputError, NotFoundError
from lre_kit.parties.changes import note_change
from lre_kit.parties.characters import has_hidden_characters
from lre_kit.parties.rows import MandateRow
from lre_kit.parties.standing import lock_standing, standing_id
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database
from lre_kit.store.inserts import table_of
from lre_kit.store.unit import UnitOfWork

REFERENCE_MAX_CHARS = 200
"""Longest reference of a mandate's document."""

_MANDATE = table_of(MandateRow)


class Scope(StrEnum):
    """What a delegate may do."""

    RECEIVE = "receive"
    SEND = "send"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mandate:
    """A mandate as it was given."""

    id: str
    grantor_id: str
    delegate_id: str
    scope: frozenset[Scope]
    valid_from: date
    valid_until: date | None
    reference: str
    granted_at: datetime
    revoked_at: datetime | None

    def in_force(self, at: datetime, *, zone: ZoneInfo = PARIS) -> bool:
        """Tell whether it holds at an instant."""
        if self.revoked_at is not None and at >= self.revoked_at:
            return False
        day = at.astimezone(zone).date()
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)


_COLUMNS = [_MANDATE.c[name] for name in Mandate.__slots__]


def checked_terms(
    scope: Collection[Scope], valid_from: date, valid_until: date | None, reference: str
) -> tuple[frozenset[Scope], str]:
    """Return scope and reference of a mandate in kept form.

    Raises:
        InputError: It is for nothing, without a reference, or ends before it begins.
    """
    kept, words = frozenset(map(Scope, scope)), reference.strip()
    if not kept or not words:
        msg = "The mandate says not what it is for, or has no reference."
        raise InputError(msg, mend="Say whether to receive or to send, and name the document.")
    if len(words) > REFERENCE_MAX_CHARS or has_hidden_characters(words):
        msg = "The mandate's reference is too long, or holds invisible characters."
        raise InputError(msg, mend=f"Type it anew, in {REFERENCE_MAX_CHARS} characters at most.")
    if valid_until is not None and valid_until < valid_from:
        raise InputError("The mandate ends before it begins.", mend="Correct one of its days.")
    return kept, words


class Mandates:
    """Gives, ends and looks up mandates."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        """Work on `database` by the office's `clock`."""
        self._database = database
        self._clock = clock

    def grant(
        self,
        *,
        grantor_id: str,
        delegate_id: str,
        scope: Collection[Scope],
        valid_from: date,
        valid_until: date | None,
        reference: str,
        actor: Mapping[str, Any],
    ) -> Mandate:
        """Give a mandate.

        Raises:
            InputError: It is for nothing, for oneself, without a reference, or ends before it begins.
            NotFoundError: One of the two is not known.

        Whoever calls this has made sure that the grantor asks for it: a delegate passes nothing on.
        """
        with self._database.write() as uow:
            mandate_id = self.give(
                uow,
                grantor_id=grantor_id,
                delegate_id=delegate_id,
                scope=scope,
                valid_from=valid_from,
                valid_until=valid_until,
                reference=reference,
                actor=actor,
            )
            uow.commit()
        return self.by_id(mandate_id)

    def give(
        self,
        uow: UnitOfWork,
        *,
        grantor_id: str,
        delegate_id: str,
        scope: Collection[Scope],
        valid_from: date,
        valid_until: date | None,
        reference: str,
        actor: Mapping[str, Any],
    ) -> str:
        """Give a mandate as a part of another act, and return its id; errors as for `grant`."""
        kept, words = checked_terms(scope, valid_from, valid_until, reference)
        now, mandate_id = self._clock(), new_id()
        grantor_id, delegate_id = lock_standing(uow, grantor_id, delegate_id)
        if grantor_id == delegate_id:
            raise InputError("Nobody is their own delegate.", mend="Name somebody else.")
        uow.add(
            MandateRow,
            id=mandate_id,
            grantor_id=grantor_id,
            delegate_id=delegate_id,
            scope=sorted(kept),
            valid_from=valid_from,
            valid_until=valid_until,
            reference=words,
            granted_at=now,
        )
        note_change(uow, grantor_id, "grant_mandate", at=now, actor=actor, after={"mandate": mandate_id})
        return mandate_id

    def holds(
        self, uow: UnitOfWork, grantor_id: str, delegate_id: str, scope: Scope, *, at: datetime
    ) -> bool:
        """Tell inside an act whether a mandate between two standing parties holds at an instant."""
        pair = (_MANDATE.c.grantor_id == grantor_id, _MANDATE.c.delegate_id == delegate_id)
        rows = uow.execute(select(*_COLUMNS).where(*pair)).mappings()
        return any(scope in mandate.scope and mandate.in_force(at) for mandate in map(_read, rows))

    def revoke(self, mandate_id: str, *, actor: Mapping[str, Any], reason: str) -> Mandate:
        """End a mandate at once; one that was ended stays as it is.

        Raises:
            NotFoundError: There is no such mandate.
        """
        mandate, now = self.by_id(mandate_id), self._clock()
        with self._database.write() as uow:
            (grantor_id,) = lock_standing(uow, mandate.grantor_id)
            open_one = (_MANDATE.c.id == mandate_id, _MANDATE.c.revoked_at.is_(None))
            if uow.update(update(_MANDATE).where(*open_one).values(revoked_at=now)) == 1:
                note_change(
                    uow,
                    grantor_id,
                    "revoke_mandate",
                    at=now,
                    actor=actor,
                    reason=reason,
                    after={"mandate": mandate_id},
                )
            uow.commit()
        return self.by_id(mandate_id)

    def by_id(self, mandate_id: str) -> Mandate:
        """Return a mandate.

        Raises:
            NotFoundError: There is no such mandate.
        """
        found = self._of(_MANDATE.c.id == mandate_id)
        if not found:
            raise NotFoundError("There is no such mandate.", mend="Look at the party's mandates.")
        return found[0]

    def of(self, party_id: str) -> list[Mandate]:
        """Return the mandates a party gave or got, the oldest first."""
        party_id = self._standing(party_id)[0]
        return self._of((_MANDATE.c.grantor_id == party_id) | (_MANDATE.c.delegate_id == party_id))

    def in_force(
        self, grantor_id: str, delegate_id: str, scope: Scope, *, at: datetime | None = None
    ) -> Mandate | None:
        """Return a mandate by which one may act for the other, if there is one.

        Only a mandate from this very grantor to this very delegate counts: mandates do not chain.

        Args:
            grantor_id: For whom.
            delegate_id: Who acts.
            scope: What is done.
            at: The instant; now, if not given.
        """
        grantor, delegate = self._standing(grantor_id, delegate_id)
        pair = (_MANDATE.c.grantor_id == grantor) & (_MANDATE.c.delegate_id == delegate)
        instant = at or self._clock()
        return next((m for m in self._of(pair) if scope in m.scope and m.in_force(instant)), None)

    def _standing(self, *party_ids: str) -> list[str]:
        with self._database.read() as connection:
            return [standing_id(connection, party_id) for party_id in party_ids]

    def _of(self, condition: Any) -> list[Mandate]:
        query = select(*_COLUMNS).where(condition)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(_MANDATE.c.granted_at, _MANDATE.c.id)).mappings()
            return [_read(row) for row in rows]


def _read(row: Mapping[Any, Any]) -> Mandate:
    return Mandate(**{**row, "scope": frozenset(map(Scope, row["scope"]))})
