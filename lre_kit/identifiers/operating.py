"""What operators do with means: deliver, accept, suspend, resume, revoke; each with who and why.

An operator moves nothing past its holder: a sheet becomes active by its first code, a key by its first
answer. Only what waits because its names were not clear is accepted here, by somebody who compared them.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from lre_kit.carriers.holder_mail import Told
from lre_kit.errors import InputError, LreError, UnlawfulActError
from lre_kit.identifiers.holder_notices import HolderNotices
from lre_kit.identifiers.identifier_values import Identifier
from lre_kit.identifiers.means import Kind, State
from lre_kit.identifiers.operator_lists import open_order_of
from lre_kit.identifiers.order_values import OrderState
from lre_kit.identifiers.orders import Orders
from lre_kit.identifiers.register import IdentifierRegister
from lre_kit.parties.book import PartyBook
from lre_kit.parties.persons import Party
from lre_kit.parties.standing import standing_ids
from lre_kit.store.database import Database
from lre_kit.store.unit import UnitOfWork

COMPARED = frozenset({Kind.CERTIFICATE, Kind.EID})
"""Kinds that wait as issued until somebody compared the names."""

_TOLD = {"activate": Told.ACCEPTED, "suspend": Told.SUSPENDED, "resume": Told.RESUMED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The names in a means beside those of its holder; personal, so left out of repr.

    Attributes:
        means: The means.
        told: What the means says of its holder, by part.
        known: What the office knows, by part.
    """

    means: Identifier
    told: Mapping[str, str] = field(repr=False)
    known: Mapping[str, str] = field(repr=False)


class OwnMeansError(LreError):
    """Nobody says of their own means that it bears their name."""

    slug = "means-own"
    status = 403


class MeansDesk:
    """Carries out operators' acts on means."""

    def __init__(
        self,
        database: Database,
        *,
        register: IdentifierRegister,
        orders: Orders,
        notices: HolderNotices,
        parties: PartyBook,
    ) -> None:
        """Work on `database`."""
        self._database = database
        self._register = register
        self._orders = orders
        self._notices = notices
        self._parties = parties

    def act(self, means_id: str, act: str, *, operator: str, reason: str) -> Identifier:
        """Carry an act out, and tell the holder.

        Args:
            means_id: The means.
            act: ``deliver``, ``activate``, ``suspend``, ``resume`` or ``revoke``.
            operator: Who acts; stands in the history.
            reason: Why; stands in the history.

        Raises:
            InputError: Nobody is named, or no reason is given.
            UnlawfulActError: The means' state or kind does not allow it.
            OwnMeansError: Who accepts it holds it.
        """
        if not operator.strip() or not reason.strip():
            msg = "An act on an identification means names who acts, and why."
            raise InputError(msg, mend="Give your name and a reason.")
        actor = {"role": "operator", "name": operator.strip()[:100]}
        if act == "deliver":
            self._deliver(means_id, actor, reason)
        elif act == "revoke":
            found = self._register.by_id(means_id)
            self._orders.withdraw(
                means_id,
                actor=actor,
                reason=reason,
                also=lambda uow: self._notices.plan(uow, found.party_id, Told.REVOKED, serial=found.serial),
            )
        else:
            self._change(means_id, act, actor, reason)
        return self._register.by_id(means_id)

    def compare(self, means_id: str) -> Comparison:
        """Return the names in a means beside its holder's, for the person who compares them.

        Raises:
            UnlawfulActError: It is of a kind that holds no names.
        """
        found = self._register.by_id(means_id)
        if found.kind not in COMPARED:
            msg = "This kind of identification means holds no names to compare."
            raise UnlawfulActError(msg, mend="Compare certificates and electronic identities.")
        return Comparison(
            means=found,
            told=_told(found.kind, self._register.secret(found.id)),
            known=_known(self._parties.by_id(found.party_id)),
        )

    def _deliver(self, means_id: str, actor: Mapping[str, str], reason: str) -> None:
        order_id = open_order_of(self._database, means_id)
        if order_id is not None and self._orders.book.by_id(order_id).state is OrderState.DELIVERING:
            self._orders.delivered(order_id, actor=actor, reason=reason)
            return
        with self._database.write() as uow:
            self._register.change(uow, means_id, "deliver", actor=actor, reason=reason)
            uow.commit()

    def _change(self, means_id: str, act: str, actor: Mapping[str, str], reason: str) -> None:
        with self._database.write() as uow:
            found = self._register.locked(uow, means_id)
            if act == "activate":
                self._check_impartial(uow, found, actor["name"])
            if act == "activate" and (found.kind not in COMPARED or found.state is not State.ISSUED):
                msg = "Only a certificate or electronic identity that waits is accepted by an operator."
                raise UnlawfulActError(msg, mend="Other means become active when their holder uses them.")
            self._register.change(uow, means_id, act, actor=actor, reason=reason)
            self._notices.plan(uow, found.party_id, _TOLD[act], serial=found.serial)
            uow.commit()

    @staticmethod
    def _check_impartial(uow: UnitOfWork, found: Identifier, operator: str) -> None:
        standing = standing_ids(uow.connection, [operator, found.party_id])
        if standing[operator] == standing[found.party_id]:
            msg = "This means is your own: you cannot accept it."
            raise OwnMeansError(msg, mend="Leave it to another operator.")


def _told(kind: Kind, kept: bytes) -> Mapping[str, str]:
    if kind is Kind.EID:
        return {name: str(value) for name, value in json.loads(kept).items() if value}
    from lre_kit.identifiers.certificate_checks import read_certificate
    from lre_kit.identifiers.certificate_values import name_in

    name = name_in(read_certificate(kept))
    parts = {
        "given_names": name.given_names,
        "family_name": name.family_name,
        "common_name": name.common_name,
        "pseudonym": name.pseudonym,
    }
    return {part: value for part, value in parts.items() if value}


def _known(party: Party) -> Mapping[str, str]:
    given, family, usage = party.person_name.parts
    born = party.birth_date.isoformat() if party.birth_date else ""
    parts = {"given_names": given, "family_name": family, "usage_name": usage, "birth_date": born}
    return {part: value for part, value in parts.items() if value} or {"name": party.name}
