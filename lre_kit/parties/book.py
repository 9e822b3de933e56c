"""The book of parties: who the office knows, with every correction kept."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from datetime import date
from typing import Any

from sqlalchemy import bindparam, select, update

from lre_kit.clock import Clock
from lre_kit.errors import InputError, UnlawfulActError
from lre_kit.parties.changes import CHANGE, PartyChange, note_change
from lre_kit.parties.emails import EmailTakenError, PartyEmails, add_verified, holder_of
from lre_kit.parties.hosts import checked_external_id, news_of
from lre_kit.parties.merging import move_everything
from lre_kit.parties.persons import Capacity, Party, PartyFacts, PartyKind
from lre_kit.parties.rows import PartyRow
from lre_kit.parties.spellings import plain
from lre_kit.parties.standing import all_ids, lock_standing, standing_id, unknown_party
from lre_kit.parties.unmerging import Undoing, host_id_moved
from lre_kit.parties.values import checked_address
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database, UniqueViolation
from lre_kit.store.inserts import table_of
from lre_kit.store.unit import UnitOfWork

SEARCH_MAX = 50
"""Most parties one search returns."""

_PARTY = table_of(PartyRow)
# Asked at each page of a host's user, so made once.
_OF_HOST = select(_PARTY.c.id).where(_PARTY.c.external_id == bindparam("ref"))
_COLUMNS = tuple(_PARTY.c[name] for name in Party.__slots__)
_FACTS = tuple(field.name for field in fields(PartyFacts) if field.name != "kind")
_OFFICE: Mapping[str, Any] = {"role": "provider"}
_HOST: Mapping[str, Any] = {"role": "host"}


class ChangedMeanwhileError(UnlawfulActError):
    """A party was changed by somebody else since it was read."""

    slug = "changed-meanwhile"


class PartyBook:
    """Persons and organisations.

    Attributes:
        emails: Their e-mail addresses.
    """

    def __init__(self, database: Database, *, clock: Clock) -> None:
        """Work on `database` by the office's `clock`."""
        self._database = database
        self._clock = clock
        self.emails = PartyEmails(database, clock=clock)

    def add(
        self, facts: PartyFacts, *, external_id: str | None = None, actor: Mapping[str, Any] = _OFFICE
    ) -> Party:
        """Enter a party.

        Raises:
            InputError: Something about it cannot be used.
            UniqueViolation: The host's id is another party's.
        """
        checked = facts.checked()
        if external_id is not None:
            checked_external_id(external_id)
        with self._database.write() as uow:
            party_id = self._enter(uow, checked, external_id, actor)
            uow.commit()
        return self.by_id(party_id)

    def by_id(self, party_id: str) -> Party:
        """Return a party; one that was merged leads to the one it was merged into.

        Raises:
            NotFoundError: There is no such party.
        """
        with self._database.read() as connection:
            query = select(*_COLUMNS).where(_PARTY.c.id == standing_id(connection, party_id))
            row = connection.execute(query).mappings().first()
        if row is None:
            raise unknown_party()
        return _read(row)

    def all_ids(self, party_id: str) -> tuple[str, ...]:
        """Return every id under which a party is known: its own, then those merged into it."""
        with self._database.read() as connection:
            return all_ids(connection, party_id)

    def by_external_id(self, external_id: str) -> Party | None:
        """Return the party a host calls so, if there is one."""
        with self._database.read() as connection:
            found = connection.execute(_OF_HOST, {"ref": external_id}).scalar()
        return None if found is None else self.by_id(found)

    def remember(self, external_id: str, facts: PartyFacts) -> Party:
        """Return the party a host application says is there; what it says is new is corrected, with history.

        Two at once make one. What the host does not say stays as it is (`lre_kit.parties.hosts`).

        Raises:
            InputError: The id or what is said cannot be used, or the host says another kind of party.
        """
        facts = facts.checked()
        known = self.by_external_id(checked_external_id(external_id))
        if known is None:
            try:
                return self.add(facts, external_id=external_id, actor=_HOST)
            except UniqueViolation:
                known = self.by_external_id(external_id)
                assert known is not None
        changed = news_of(known, facts)
        return self.correct(known.id, actor=_HOST, reason="said by the host", **changed) if changed else known

    def for_recipient(self, *, email: str, name: str) -> Party:
        """Return the person who was shown to read an address: the one who had it verified, or a new one.

        Call it only once that was shown, such as by a code sent to the address.
        """
        address = checked_address(email, whose="recipient")
        for _ in range(2):
            with self._database.read() as connection:
                found = holder_of(connection, address)
            if found is not None:
                return self.by_id(found)
            facts = PartyFacts(kind=PartyKind.PERSON, usage_name=name).checked()
            try:
                with self._database.write() as uow:
                    party_id = self._enter(uow, facts, None, _OFFICE)
                    add_verified(uow, party_id, address, at=self._clock())
                    uow.commit()
            except (UniqueViolation, EmailTakenError):
                continue
            return self.by_id(party_id)
        msg = "The address was taken over by another party meanwhile."
        raise ChangedMeanwhileError(msg, mend="Try again.")

    def reader_of(self, email: str) -> Party | None:
        """Return the party that had an address verified, if one had."""
        with self._database.read() as connection:
            found = holder_of(connection, email)
        return None if found is None else self.by_id(found)

    def correct(
        self,
        party_id: str,
        *,
        actor: Mapping[str, Any],
        reason: str,
        version: int | None = None,
        **changes: Any,
    ) -> Party:
        """Correct what is known of a party; what stood before stays in its history.

        Args:
            party_id: The party.
            actor: Who corrects.
            reason: Why.
            version: The version that was looked at; given, a change made meanwhile is refused.
            changes: Fields of `PartyFacts`.

        Raises:
            InputError: A field is unknown, or a value cannot be used.
            ChangedMeanwhileError: It is not that version any more.
        """
        if unknown := changes.keys() - set(_FACTS):
            msg = f"A party has no {min(unknown)}."
            raise InputError(msg, mend=f"Correct one of: {', '.join(_FACTS)}.")
        with self._database.write() as uow:
            (standing,) = lock_standing(uow, party_id)
            before = self._inside(uow, standing)
            if version is not None and before.version != version:
                msg = "This party was changed by somebody else meanwhile."
                raise ChangedMeanwhileError(msg, mend="Look at it again, then correct it.")
            facts = replace(_facts(before), **changes).checked()
            after = {name: getattr(facts, name) for name in _FACTS}
            changed = {name: value for name, value in after.items() if getattr(before, name) != value}
            if changed:
                uow.defer(
                    update(_PARTY)
                    .where(_PARTY.c.id == standing)
                    .values(**_plain(changed), search_key=facts.search_key, version=before.version + 1)
                )
                note_change(
                    uow,
                    standing,
                    "correct",
                    at=self._clock(),
                    actor=actor,
                    reason=reason,
                    before=_json({name: getattr(before, name) for name in changed}),
                    after=_json(changed),
                )
            uow.commit()
        return self.by_id(party_id)

    def merge(self, kept_id: str, merged_id: str, *, actor: Mapping[str, Any], reason: str) -> Party:
        """Make two parties one: addresses, memberships and mandates of the second go to the first.

        What the first is called and in which capacity it acts stays. Either may be named by any id it has.

        Raises:
            UnlawfulActError: They are one already, or of different kinds.
        """
        now = self._clock()
        with self._database.write() as uow:
            # Merges are rare, and each changes which rows the others have to lock.
            uow.serialise("parties:merge")
            kept_id, merged_id = lock_standing(uow, kept_id, merged_id)
            if kept_id == merged_id:
                raise UnlawfulActError("These two are one party already.", mend="Choose another one.")
            kept, merged = self._inside(uow, kept_id), self._inside(uow, merged_id)
            if kept.kind is not merged.kind:
                msg = "A person and an organisation cannot be merged."
                raise UnlawfulActError(msg, mend="Look both up again.")
            # A host's id leads to the kept party from either row; it moves only where that one has none.
            moves = kept.external_id is None
            ended = {"external_id": None if moves else merged.external_id, "version": merged.version + 1}
            uow.execute(update(_PARTY).where(_PARTY.c.id == merged_id).values(merged_into=kept_id, **ended))
            if moves and merged.external_id is not None:
                values = {"external_id": merged.external_id, "version": kept.version + 1}
                uow.execute(update(_PARTY).where(_PARTY.c.id == kept_id).values(**values))
            moved = move_everything(uow, merged_id, kept_id, at=now)
            told: dict[str, Any] = {"at": now, "actor": actor, "reason": reason}
            after = {"party": merged_id, "moved": moved, "external_id": moves and bool(merged.external_id)}
            note_change(uow, kept_id, "merge", after=after, **told)
            note_change(uow, merged_id, "merged", after={"party": kept_id}, **told)
            uow.commit()
        return self.by_id(kept_id)

    def unmerge(
        self,
        merged_id: str,
        *,
        actor: Mapping[str, Any],
        reason: str,
        takes_host_id: bool | None = None,
    ) -> Party:
        """Undo the merge of a party: it stands for itself again, with what it had brought.

        What was done since stays with the party that stood for both; both histories keep merge and undo.

        Args:
            merged_id: The party that was merged into another.
            actor: Who undoes it.
            reason: Why.
            takes_host_id: Whether the host's id goes back with it; asked only of merges whose history does
                not tell, those of earlier versions.

        Raises:
            NotFoundError: There is no such party.
            UnlawfulActError: It is merged with none, the party that stands for it was merged on since, or the
                history does not tell whose the host's id is and `takes_host_id` does not say.
        """
        now = self._clock()
        with self._database.write() as uow:
            uow.serialise("parties:merge")
            merged = self._inside(uow, merged_id)
            kept_id = uow.execute(select(_PARTY.c.merged_into).where(_PARTY.c.id == merged_id)).scalar()
            if kept_id is None:
                raise UnlawfulActError("This party is merged with no other.", mend="Look it up again.")
            if lock_standing(uow, kept_id) != (kept_id,):
                msg = "The party that stands for this one was merged into another since."
                raise UnlawfulActError(msg, mend=f"Undo the later merge first: that of {kept_id}.")
            query = select(CHANGE.c.after, CHANGE.c.occurred_at).where(
                CHANGE.c.party_id == kept_id, CHANGE.c.name == "merge"
            )
            merges = uow.execute(query.order_by(CHANGE.c.seq)).all()
            done = [each for each in merges if each.after["party"] == merged_id][-1]
            kept = self._inside(uow, kept_id)
            external = host_id_moved(done.after, kept, merged, told=takes_host_id)
            self._stand_alone(uow, kept, merged, external=external)
            back = Undoing(
                uow=uow,
                kept_id=kept_id,
                merged_id=merged_id,
                moved=done.after["moved"],
                merged_at=done.occurred_at,
                at=now,
            ).run()
            told: dict[str, Any] = {"at": now, "actor": actor, "reason": reason}
            note_change(uow, kept_id, "unmerge", after={"party": merged_id, "moved": back}, **told)
            note_change(uow, merged_id, "unmerged", after={"party": kept_id}, **told)
            uow.commit()
        return self.by_id(merged_id)

    def _stand_alone(self, uow: UnitOfWork, kept: Party, merged: Party, *, external: bool) -> None:
        """Let a merged party stand for itself again; with the host's id of it, if the merge moved that."""
        values: dict[str, Any] = {"merged_into": None, "version": merged.version + 1}
        if external and kept.external_id is not None:
            values["external_id"] = kept.external_id
            ended = {"external_id": None, "version": kept.version + 1}
            uow.execute(update(_PARTY).where(_PARTY.c.id == kept.id).values(**ended))
        uow.execute(update(_PARTY).where(_PARTY.c.id == merged.id).values(**values))

    def history(self, party_id: str) -> list[PartyChange]:
        """Return every change of a party, the first first."""
        columns = [CHANGE.c[name] for name in PartyChange.__slots__]
        query = select(*columns).where(CHANGE.c.party_id == party_id).order_by(CHANGE.c.seq)
        with self._database.read() as connection:
            return [PartyChange(**row) for row in connection.execute(query).mappings()]

    def search(self, text: str, *, limit: int = SEARCH_MAX, after: str = "") -> Sequence[Party]:
        """Return parties with a word in their names or number for each word of a text, that begins so.

        Accents, capitals and the order of words do not matter. Parties come in the order of their ids.

        Args:
            text: What to look for; an empty one finds all.
            limit: Most parties to return, at most `SEARCH_MAX`.
            after: The last id of the page before.
        """
        matching = [
            _PARTY.c.search_key.contains(f" {word}", autoescape=True) for word in plain(text).lower().split()
        ]
        query = (
            select(*_COLUMNS)
            .where(*matching, _PARTY.c.merged_into.is_(None), _PARTY.c.id > after)
            .order_by(_PARTY.c.id)
            .limit(max(0, min(limit, SEARCH_MAX)))
        )
        if text.strip() and not matching:
            return []
        with self._database.read() as connection:
            return [_read(row) for row in connection.execute(query).mappings()]

    def _enter(
        self, uow: UnitOfWork, facts: PartyFacts, external_id: str | None, actor: Mapping[str, Any]
    ) -> str:
        party_id = new_id()
        values = {name: getattr(facts, name) for name in _FACTS}
        uow.add(
            PartyRow,
            id=party_id,
            kind=facts.kind.value,
            external_id=external_id,
            created_at=self._clock(),
            search_key=facts.search_key,
            **_plain(values),
        )
        note_change(uow, party_id, "add", at=self._clock(), actor=actor)
        return party_id

    def _inside(self, uow: UnitOfWork, party_id: str) -> Party:
        return _read(uow.execute(select(*_COLUMNS).where(_PARTY.c.id == party_id)).mappings().one())


def _read(row: Mapping[Any, Any]) -> Party:
    known = {"kind": PartyKind(row["kind"]), "capacity": Capacity(row["capacity"])}
    return Party(**{**row, **known})


def _facts(party: Party) -> PartyFacts:
    return PartyFacts(kind=party.kind, **{name: getattr(party, name) for name in _FACTS})


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: str(value) if name == "capacity" else value for name, value in values.items()}


def _json(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in _plain(values).items()
    }
