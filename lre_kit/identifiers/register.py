"""The register of identification means: who holds what, in which state, and how it came there.

Every act locks the means' row, appends to its history and moves its state in one transaction; ending a
means ends its open challenges in the same one. A means' secret, if it has one, is encrypted under a key
of its own, wrapped by the office's key: both stand together in one column.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.sql.elements import ColumnElement

from lre_kit.clock import Clock
from lre_kit.errors import NotFoundError
from lre_kit.identifiers.challenges import Challenges
from lre_kit.identifiers.identifier_values import Identifier, IdentifierEvent, new_serial, parse_serial
from lre_kit.identifiers.means import ENDING, FINAL, Kind, State, acts_to, next_state, rested_at
from lre_kit.identifiers.rows import IdentifierEventRow, IdentifierRow
from lre_kit.identifiers.secret_box import SecretBox
from lre_kit.law.assurance import Level
from lre_kit.parties.standing import all_ids
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database, UnitOfWork
from lre_kit.store.inserts import table_of
from lre_kit.store.vault import Vault

__all__ = ["Identifier", "IdentifierEvent", "IdentifierRegister"]

_REASON_CHARS = 500
_IDENTIFIER = table_of(IdentifierRow)
_EVENT = table_of(IdentifierEventRow)


class IdentifierRegister:
    """Issues identification means and changes their state."""

    def __init__(self, database: Database, *, clock: Clock, vault: Vault) -> None:
        """Prepare.

        Args:
            database: Where the means are kept.
            clock: The office's clock.
            vault: Encrypts their secrets.
        """
        self._database = database
        self._clock = clock
        self._box = SecretBox(vault)
        self._challenges = Challenges(database, clock=clock)

    def issue(
        self,
        uow: UnitOfWork,
        *,
        party_id: str,
        kind: Kind,
        label: str,
        actor: Mapping[str, Any],
        state: State = State.ISSUED,
        proofing_id: str | None = None,
        level: Level | None = None,
        derogation: str | None = None,
        subject_key: str | None = None,
        facts: Mapping[str, Any] | None = None,
        secret: bytes | None = None,
        expires_at: datetime | None = None,
    ) -> Identifier:
        """Enter a new means.

        Args:
            uow: Transaction to do it in.
            party_id: Its holder.
            kind: What it is.
            label: Its name for its holder.
            actor: Who issues it.
            state: Where its life begins: issued, delivered or active.
            proofing_id: Identity proofing that it rests on.
            level: Level of that proofing.
            derogation: Id of the derogation it is issued under.
            subject_key: What no other means of its kind has, such as a certificate's issuer and serial.
            facts: What its kind needs to know; nothing secret.
            secret: What must be kept secret; encrypted at rest.
            expires_at: End of its term.

        Raises:
            UnlawfulActError: No means begins in this state.
            UniqueViolation: Another has this subject (when the unit of work is sent).
        """
        now, identifier_id = self._clock(), new_id()
        acts = acts_to(state)
        activated_at = now if state is State.ACTIVE else None
        values: dict[str, Any] = {
            "id": identifier_id,
            "serial": new_serial(),
            "party_id": party_id,
            "kind": Kind(kind),
            "state": State(state),
            "label": label,
            "proofing_id": proofing_id,
            "level": level,
            "derogation": derogation,
            "facts": dict(facts or {}),
            "counter": 0,
            "created_at": now,
            "activated_at": activated_at,
            "last_used_at": None,
            "expires_at": expires_at,
            "ended_at": None,
            "replaced_by": None,
        }
        uow.add(
            IdentifierRow,
            **{
                **values,
                "kind": values["kind"].value,
                "state": values["state"].value,
                "level": level.value if level else None,
                "subject_key": subject_key,
                "secret": None if secret is None else self._box.seal(secret, identifier_id),
            },
        )
        for seq, act in enumerate(acts, start=1):
            _append(uow, identifier_id, seq=seq, act=act, at=now, actor=actor, reason="")
        return Identifier(**values)

    def change(
        self, uow: UnitOfWork, identifier_id: str, act: str, *, actor: Mapping[str, Any], reason: str = ""
    ) -> Identifier:
        """Move a means by an act, with its history; ending acts end its open challenges too.

        Args:
            uow: Transaction to do it in; the means' row stays locked until it ends.
            identifier_id: The means.
            act: ``deliver``, ``activate``, ``suspend``, ``resume``, ``revoke`` or ``expire``.
            actor: Who acts.
            reason: Why, for the history.

        Raises:
            UnlawfulActError: Its state does not allow the act.
            NotFoundError: There is no such means.
        """
        now = self._clock()
        present = self.locked(uow, identifier_id).state
        happened = (_EVENT.c.identifier_id == identifier_id,)
        acts = list(uow.execute(select(_EVENT.c.name).where(*happened).order_by(_EVENT.c.seq)).scalars())
        state = next_state(present, act, rested=rested_at(acts) if act == "resume" else State.ACTIVE)
        values: dict[str, Any] = {"state": state.value}
        if act == "activate":
            values["activated_at"] = now
        if state in FINAL:
            values["ended_at"] = now
        uow.defer(update(_IDENTIFIER).where(_IDENTIFIER.c.id == identifier_id).values(**values))
        _append(uow, identifier_id, seq=len(acts) + 1, act=act, at=now, actor=actor, reason=reason)
        if act in ENDING:
            self._challenges.end_all(uow, identifier_id)
        return self.locked(uow, identifier_id)

    def locked(self, uow: UnitOfWork, identifier_id: str) -> Identifier:
        """Return a means, its row locked until the unit of work ends.

        Raises:
            NotFoundError: There is no such means.
        """
        query = _query(_IDENTIFIER.c.id == identifier_id).with_for_update()
        row = uow.execute(query).mappings().first()
        if row is None:
            raise _unknown()
        return Identifier.of_row(row)

    def of(self, party_id: str) -> list[Identifier]:
        """Return all means a party has or had, the oldest first."""
        with self._database.read() as connection:
            mine = _IDENTIFIER.c.party_id.in_(all_ids(connection, party_id))
            query = _query(mine).order_by(_IDENTIFIER.c.id)
            return [Identifier.of_row(row) for row in connection.execute(query).mappings()]

    def by_id(self, identifier_id: str) -> Identifier:
        """Return a means.

        Raises:
            NotFoundError: There is no such means.
        """
        found = self._one(_IDENTIFIER.c.id == identifier_id)
        if found is None:
            raise _unknown()
        return found

    def by_subject(self, kind: Kind, subject_key: str) -> Identifier | None:
        """Return the means of a kind with this subject, if there is one, whatever its state."""
        return self._one((_IDENTIFIER.c.kind == kind.value) & (_IDENTIFIER.c.subject_key == subject_key))

    def by_serial(self, typed: str) -> Identifier | None:
        """Return the means with this serial as somebody typed it, if there is one."""
        return self._one(_IDENTIFIER.c.serial == parse_serial(typed))

    def history(self, identifier_id: str) -> list[IdentifierEvent]:
        """Return everything that happened to a means, the first first."""
        names = list(IdentifierEvent.__slots__)
        query = (
            select(*[_EVENT.c[name] for name in names])
            .where(_EVENT.c.identifier_id == identifier_id)
            .order_by(_EVENT.c.seq)
        )
        with self._database.read() as connection:
            return [IdentifierEvent(**row) for row in connection.execute(query).mappings()]

    def secret(self, identifier_id: str) -> bytes:
        """Return a means' secret, decrypted.

        Raises:
            NotFoundError: There is no such means, or it has no secret.
            WrongKeyError: The office's keys are others.
        """
        with self._database.read() as connection:
            query = select(_IDENTIFIER.c.secret).where(_IDENTIFIER.c.id == identifier_id)
            stored: bytes | None = connection.execute(query).scalar()
        if stored is None:
            raise _unknown()
        return self._box.open(stored, identifier_id)

    def fill(
        self, uow: UnitOfWork, identifier_id: str, *, subject_key: str, label: str, facts: Mapping[str, Any]
    ) -> None:
        """Say of a locked means what its holder's registration made known; its secret is then forgotten.

        Raises:
            UniqueViolation: Another has this subject (when the unit of work is sent).
        """
        values = {"subject_key": subject_key, "label": label, "facts": dict(facts), "secret": None}
        uow.defer(update(_IDENTIFIER).where(_IDENTIFIER.c.id == identifier_id).values(**values))

    def used(self, uow: UnitOfWork, identifier_id: str, counter: int | None = None) -> None:
        """Note that a means was used, and its counter if it has one."""
        values: dict[str, Any] = {"last_used_at": self._clock()}
        if counter is not None:
            values["counter"] = counter
        uow.defer(update(_IDENTIFIER).where(_IDENTIFIER.c.id == identifier_id).values(**values))

    def advance(self, uow: UnitOfWork, identifier_id: str, *, to: int) -> bool:
        """Move a means' counter forward; answer whether it did. It never moves back and never stands.

        One conditional statement: of two uses of one count, at once or in a row, one only succeeds.
        """
        behind = (_IDENTIFIER.c.id == identifier_id, _IDENTIFIER.c.counter < to)
        statement = update(_IDENTIFIER).where(*behind)
        return uow.update(statement.values(counter=to, last_used_at=self._clock())) == 1

    def keep_facts(self, uow: UnitOfWork, identifier: Identifier, **changed: Any) -> None:
        """Change some facts of a locked means."""
        facts = {**identifier.facts, **changed}
        uow.defer(update(_IDENTIFIER).where(_IDENTIFIER.c.id == identifier.id).values(facts=facts))

    def _one(self, condition: ColumnElement[bool]) -> Identifier | None:
        with self._database.read() as connection:
            row = connection.execute(_query(condition)).mappings().first()
        return None if row is None else Identifier.of_row(row)


def _query(condition: ColumnElement[bool]) -> Any:
    return select(*[_IDENTIFIER.c[name] for name in Identifier.__slots__]).where(condition)


def _append(
    uow: UnitOfWork,
    identifier_id: str,
    *,
    seq: int,
    act: str,
    at: datetime,
    actor: Mapping[str, Any],
    reason: str,
) -> None:
    uow.add(
        IdentifierEventRow,
        id=new_id(),
        identifier_id=identifier_id,
        seq=seq,
        name=act,
        occurred_at=at,
        actor=dict(actor),
        reason=reason[:_REASON_CHARS],
    )


def _unknown() -> NotFoundError:
    return NotFoundError("There is no such identification means.", mend="Look at the holder's list of means.")
