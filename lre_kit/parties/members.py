"""Members of organisations: who may look after them, send for them, read for them."""

from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select, update

from lre_kit.clock import Clock
from lre_kit.errors import InputError, UnlawfulActError
from lre_kit.parties.changes import note_change
from lre_kit.parties.rows import MembershipRow, PartyRow
from lre_kit.parties.standing import lock_standing, standing_id
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database
from lre_kit.store.inserts import table_of
from lre_kit.store.unit import UnitOfWork

_MEMBERSHIP, _PARTY = table_of(MembershipRow), table_of(PartyRow)


class MemberRole(StrEnum):
    """What a member may do; each may what those after it may."""

    OWNER = "owner"
    """Looks after members and mandates."""
    SENDER = "sender"
    """Sends in the organisation's name."""
    PREPARER = "preparer"
    """Prepares letters that a sender signs for."""
    READER = "reader"
    """Reads its letters."""

    def may(self, act: "MemberRole") -> bool:
        """Tell whether this role covers what another is for."""
        order = list(MemberRole)
        return order.index(self) <= order.index(act)


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """One person's role in one organisation."""

    id: str
    organisation_id: str
    person_id: str
    role: MemberRole
    valid_from: datetime
    valid_until: datetime | None

    def stands(self, at: datetime) -> bool:
        """Tell whether the person has this role at an instant."""
        return self.valid_from <= at and (self.valid_until is None or at < self.valid_until)


def may_act(
    held: Iterable[Membership], person_id: str, organisation_id: str, act: MemberRole, at: datetime
) -> bool:
    """Tell whether one of these roles lets a person do, at an instant, what a role is for."""
    return any(
        each.person_id == person_id
        and each.organisation_id == organisation_id
        and each.stands(at)
        and each.role.may(act)
        for each in held
    )


class NotOwnerError(UnlawfulActError):
    """Only an owner looks after the members of an organisation."""

    slug = "not-owner"

    def __init__(self) -> None:
        """Say the one sentence."""
        super().__init__("Only an owner looks after the members.", mend="Ask an owner of the organisation.")


class Members:
    """Adds, changes and removes members."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        """Work on `database` by the office's `clock`."""
        self._database = database
        self._clock = clock

    def set_role(
        self,
        organisation_id: str,
        person_id: str,
        role: MemberRole | None,
        *,
        actor: Mapping[str, Any],
        by: str | None = None,
        uow: UnitOfWork | None = None,
    ) -> None:
        """Give a person a role in an organisation, another one, or none.

        Args:
            organisation_id: The organisation.
            person_id: The person.
            role: The role; nothing ends the one they have.
            actor: Who does it, for the history.
            by: Given, this member does it: an owner, or the person themselves who leaves.
            uow: The act of which this is a part; without it this is an act of its own.

        Raises:
            NotFoundError: One of the two is not known.
            InputError: One of the two is of the wrong kind.
            UnlawfulActError: The organisation would be left without an owner.
            NotOwnerError: `by` may not do this.
        """
        with nullcontext(uow) if uow else self._database.write() as unit:
            organisation_id, person_id, doing = lock_standing(
                unit, organisation_id, person_id, by or person_id
            )
            self._expect_kinds(unit, organisation_id, person_id)
            members = self.present(unit, organisation_id)
            leaves = doing == person_id and role is None
            if by is not None and members.get(doing) is not MemberRole.OWNER and not leaves:
                raise NotOwnerError
            if members.get(person_id) is not role:
                self._change(unit, organisation_id, person_id, role, members, actor)
            if uow is None:
                unit.commit()

    def _change(  # noqa: PLR0917 - the parts of one change
        self,
        uow: UnitOfWork,
        organisation_id: str,
        person_id: str,
        role: MemberRole | None,
        members: Mapping[str, MemberRole],
        actor: Mapping[str, Any],
    ) -> None:
        now, before = self._clock(), members.get(person_id)
        owners = [each for each, held in members.items() if held is MemberRole.OWNER]
        if owners == [person_id] and role is not MemberRole.OWNER:
            msg = "The last owner of an organisation cannot leave it without one."
            raise UnlawfulActError(msg, mend="Make somebody else an owner first.")
        mine = (
            _MEMBERSHIP.c.organisation_id == organisation_id,
            _MEMBERSHIP.c.person_id == person_id,
            _MEMBERSHIP.c.valid_until.is_(None),
        )
        uow.execute(update(_MEMBERSHIP).where(*mine).values(valid_until=now))
        if role is not None:
            uow.add(
                MembershipRow,
                id=new_id(),
                organisation_id=organisation_id,
                person_id=person_id,
                role=role.value,
                valid_from=now,
            )
        note_change(
            uow,
            organisation_id,
            "member",
            at=now,
            actor=actor,
            before={"person": person_id, "role": before.value if before else None},
            after={"person": person_id, "role": role.value if role else None},
        )

    def members(self, organisation_id: str) -> list[Membership]:
        """Return the present members of an organisation."""
        return [each for each in self.history(organisation_id) if each.valid_until is None]

    def history(self, organisation_id: str) -> list[Membership]:
        """Return every role anybody had in an organisation, the oldest first."""
        return self._of("organisation_id", organisation_id)

    def organisations(self, person_id: str) -> list[Membership]:
        """Return what a person is a member of now."""
        return [each for each in self._of("person_id", person_id) if each.valid_until is None]

    def may(
        self, person_id: str, organisation_id: str, act: MemberRole, *, at: datetime | None = None
    ) -> bool:
        """Tell whether a person may do for an organisation what a role is for.

        Args:
            person_id: The person.
            organisation_id: The organisation.
            act: The role that the act needs.
            at: The instant; now, if not given.
        """
        with self._database.read() as connection:
            person, organisation = (standing_id(connection, each) for each in (person_id, organisation_id))
        return may_act(self._of("person_id", person), person, organisation, act, at or self._clock())

    @staticmethod
    def present(uow: UnitOfWork, organisation_id: str) -> dict[str, MemberRole]:
        """Return the present roles by person, inside an act that locked the organisation."""
        query = select(_MEMBERSHIP.c.person_id, _MEMBERSHIP.c.role).where(
            _MEMBERSHIP.c.organisation_id == organisation_id, _MEMBERSHIP.c.valid_until.is_(None)
        )
        return {row.person_id: MemberRole(row.role) for row in uow.execute(query)}

    def _expect_kinds(self, uow: UnitOfWork, organisation_id: str, person_id: str) -> None:
        query = select(_PARTY.c.id, _PARTY.c.kind).where(_PARTY.c.id.in_((organisation_id, person_id)))
        kinds = {row.id: row.kind for row in uow.execute(query)}
        if (kinds[organisation_id], kinds[person_id]) != ("organisation", "person"):
            raise InputError("Only a person is a member of an organisation.", mend="Look at both again.")

    def _of(self, column: str, party_id: str) -> list[Membership]:
        with self._database.read() as connection:
            query = (
                select(*[_MEMBERSHIP.c[name] for name in Membership.__slots__])
                .where(_MEMBERSHIP.c[column] == standing_id(connection, party_id))
                .order_by(_MEMBERSHIP.c.valid_from, _MEMBERSHIP.c.id)
            )
            rows = connection.execute(query).mappings()
            return [Membership(**{**row, "role": MemberRole(row["role"])}) for row in rows]
