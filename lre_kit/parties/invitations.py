"""Invitations: a role in an organisation, or a mandate, offered to whoever reads an e-mail address.

Whoever invites learns nothing of the address: it is answered in the same words, with one message,
whether somebody known here reads it or not. The message holds no key. An invitation is taken up by a
person who is logged in and had that address verified, and only then anything is granted.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import select, update

from lre_kit.clock import Clock
from lre_kit.errors import NotFoundError, ThrottledError, UnlawfulActError
from lre_kit.parties.emails import addresses_of, key_of
from lre_kit.parties.invitation_rows import InvitationRow
from lre_kit.parties.mandates import Mandates, Scope, checked_terms
from lre_kit.parties.members import MemberRole, Members
from lre_kit.parties.standing import all_ids, lock_standing
from lre_kit.parties.values import checked_address
from lre_kit.store.agenda import plan
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database
from lre_kit.store.inserts import table_of
from lre_kit.store.unit import UnitOfWork

TELL = "tell_invited"
"""Action of the duty that sends an invitation."""

LIFE = timedelta(days=30)
"""How long an invitation can be taken up."""

A_DAY_MAX = 20
"""Most invitations of one party within a day, so that nobody sends mail to everybody in the office's name."""

_INVITATION = table_of(InvitationRow)


class InvitedTo(StrEnum):
    """What is offered."""

    MEMBER = "member"
    MANDATE = "mandate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """An invitation as it stands; the facts are those of the role or of the mandate."""

    id: str
    kind: InvitedTo
    grantor_id: str
    email: str
    facts: Mapping[str, Any]
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None

    def __repr__(self) -> str:
        """Say nothing of whom it was sent to."""
        return f"Invitation({self.id}, {self.kind.value})"


def _gone() -> NotFoundError:
    return NotFoundError("There is no such invitation, or it is over.", mend="Ask for a new one.")


class Invitations:
    """Sends invitations, and grants what is taken up."""

    def __init__(self, database: Database, *, clock: Clock, members: Members, mandates: Mandates) -> None:
        """Work on `database`; `members` and `mandates` grant what is taken up."""
        self._database = database
        self._clock = clock
        self._members = members
        self._mandates = mandates

    def to_role(
        self, organisation_id: str, email: str, role: MemberRole, *, actor: Mapping[str, Any]
    ) -> Invitation:
        """Offer a role in an organisation; whoever calls this made sure that an owner asks for it.

        Raises:
            InvalidAddressError: The address cannot be one.
            ThrottledError: Too many were sent today.
        """
        facts = {"role": MemberRole(role).value}
        return self._invite(InvitedTo.MEMBER, organisation_id, email, facts, actor)

    def to_mandate(
        self,
        grantor_id: str,
        email: str,
        *,
        scope: Collection[Scope],
        valid_from: date,
        valid_until: date | None,
        reference: str,
        actor: Mapping[str, Any],
    ) -> Invitation:
        """Offer a mandate; whoever calls this made sure that the grantor asks for it.

        Raises:
            InputError: It is for nothing, without a reference, or ends before it begins.
            InvalidAddressError: The address cannot be one.
            ThrottledError: Too many were sent today.
        """
        kept, words = checked_terms(scope, valid_from, valid_until, reference)
        facts = {
            "scope": sorted(kept),
            "from": valid_from.isoformat(),
            "until": valid_until.isoformat() if valid_until else None,
            "reference": words,
        }
        return self._invite(InvitedTo.MANDATE, grantor_id, email, facts, actor)

    def _invite(
        self,
        kind: InvitedTo,
        grantor_id: str,
        email: str,
        facts: Mapping[str, Any],
        actor: Mapping[str, Any],
    ) -> Invitation:
        address, now, invitation_id = checked_address(email, whose="delegate"), self._clock(), new_id()
        with self._database.write() as uow:
            (grantor_id,) = lock_standing(uow, grantor_id)
            known = all_ids(uow.connection, grantor_id)
            lately = _INVITATION.c.created_at > now - timedelta(days=1)
            query = select(_INVITATION.c.id).where(_INVITATION.c.grantor_id.in_(known), lately)
            if len(uow.execute(query.limit(A_DAY_MAX)).all()) >= A_DAY_MAX:
                raise ThrottledError("Too many invitations were sent today.", mend="Go on tomorrow.")
            uow.add(
                InvitationRow,
                id=invitation_id,
                kind=kind.value,
                grantor_id=grantor_id,
                email=address,
                email_key=key_of(address),
                facts=dict(facts),
                actor=dict(actor),
                created_at=now,
                expires_at=now + LIFE,
            )
            plan(uow, key=f"{TELL}:{invitation_id}", due_at=now, action=TELL, subject=invitation_id)
            uow.commit()
        return self.by_id(invitation_id)

    def by_id(self, invitation_id: str) -> Invitation:
        """Return an invitation.

        Raises:
            NotFoundError: There is none.
        """
        found = self._of(_INVITATION.c.id == invitation_id)
        if not found:
            raise _gone()
        return found[0]

    def of(self, grantor_id: str) -> list[Invitation]:
        """Return the open invitations that a party sent, the oldest first."""
        with self._database.read() as connection:
            known = all_ids(connection, grantor_id)
        return self._of(_INVITATION.c.grantor_id.in_(known), *self._open(self._clock()))

    def open_for(self, person_id: str) -> list[Invitation]:
        """Return the open invitations to the verified addresses of a person, the oldest first."""
        with self._database.read() as connection:
            keys = [key_of(each) for each in addresses_of(connection, all_ids(connection, person_id)[0])]
        return self._of(_INVITATION.c.email_key.in_(keys), *self._open(self._clock()))

    def take_up(self, invitation_id: str, person_id: str) -> Invitation:
        """Grant what was offered to a person who reads the address.

        The inviting owner is looked at again: who is none any more has offered nothing.

        Raises:
            NotFoundError: There is no such open invitation to an address of theirs.
            InputError: It is their own mandate.
            UnlawfulActError: They hold a role already that this one would lower.
        """
        found = self._mine(invitation_id, person_id)
        with self._database.write() as uow:
            self._end(uow, found, "taken")
            if found.kind is InvitedTo.MEMBER:
                self._join(uow, found, person_id)
            else:
                self._grant(uow, found, person_id)
            uow.commit()
        return found

    def decline(self, invitation_id: str, person_id: str) -> None:
        """End an invitation that a person does not want.

        Raises:
            NotFoundError: There is no such open invitation to an address of theirs.
        """
        found = self._mine(invitation_id, person_id)
        with self._database.write() as uow:
            self._end(uow, found, "declined")
            uow.commit()

    def withdraw(self, invitation_id: str, grantor_id: str) -> None:
        """Take an invitation back.

        Raises:
            NotFoundError: There is no such open invitation of this party.
        """
        found = next((each for each in self.of(grantor_id) if each.id == invitation_id), None)
        if found is None:
            raise _gone()
        with self._database.write() as uow:
            self._end(uow, found, "withdrawn")
            uow.commit()

    def _join(self, uow: UnitOfWork, found: Invitation, person_id: str) -> None:
        actor, role = self._actor_of(uow, found.id), MemberRole(found.facts["role"])
        organisation, person, inviting = lock_standing(
            uow, found.grantor_id, person_id, str(actor.get("party") or person_id)
        )
        roles = self._members.present(uow, organisation)
        if actor.get("party") and roles.get(inviting) is not MemberRole.OWNER:
            raise _gone()
        held = roles.get(person)
        if held is not None and held.may(role):
            msg = "This person has this role or a stronger one already."
            raise UnlawfulActError(msg, mend="Nothing is left to do.")
        self._members.set_role(organisation, person, role, actor=actor, uow=uow)

    def _grant(self, uow: UnitOfWork, found: Invitation, person_id: str) -> None:
        until = found.facts["until"]
        self._mandates.give(
            uow,
            grantor_id=found.grantor_id,
            delegate_id=person_id,
            scope=[Scope(each) for each in found.facts["scope"]],
            valid_from=date.fromisoformat(found.facts["from"]),
            valid_until=date.fromisoformat(until) if until else None,
            reference=found.facts["reference"],
            actor=self._actor_of(uow, found.id),
        )

    def _actor_of(self, uow: UnitOfWork, invitation_id: str) -> Mapping[str, Any]:
        query = select(_INVITATION.c.actor).where(_INVITATION.c.id == invitation_id)
        return dict(uow.execute(query).scalar_one())

    def _mine(self, invitation_id: str, person_id: str) -> Invitation:
        found = next((each for each in self.open_for(person_id) if each.id == invitation_id), None)
        if found is None:
            raise _gone()
        return found

    def _end(self, uow: UnitOfWork, found: Invitation, outcome: str) -> None:
        now = self._clock()
        still = (_INVITATION.c.id == found.id, *self._open(now))
        if uow.update(update(_INVITATION).where(*still).values(ended_at=now, outcome=outcome)) != 1:
            raise _gone()

    @staticmethod
    def _open(now: datetime) -> tuple[Any, ...]:
        return (_INVITATION.c.ended_at.is_(None), _INVITATION.c.expires_at > now)

    def _of(self, *conditions: Any) -> list[Invitation]:
        columns = [_INVITATION.c[name] for name in Invitation.__slots__]
        query = select(*columns).where(*conditions).order_by(_INVITATION.c.created_at, _INVITATION.c.id)
        with self._database.read() as connection:
            rows = connection.execute(query).mappings()
            return [Invitation(**{**row, "kind": InvitedTo(row["kind"])}) for row in rows]
