"""The owner's means, orders, organisations and mandates over the API.

A program reads all of them, and does what protects: it reports a means lost, cancels an order, ends a
mandate or a role. What gives somebody power stays with a person who has just shown who they are: to
accept an invitation, invite a member, give a role or a mandate, enrol a means. So do identification and
decisions on letters: a key proves which program asks, never who is there.
"""

from datetime import date, datetime

from lre_kit.authority import NoAuthorityError
from lre_kit.carriers.holder_mail import Told as HolderTold
from lre_kit.errors import NotFoundError, UnlawfulActError
from lre_kit.identifiers.identifier_values import Identifier
from lre_kit.identifiers.means import FINAL, Kind, State
from lre_kit.identifiers.order_values import (
    KindSuspendedError,
    Order,
    OrderOpenError,
    OrderRefusedError,
    OrderState,
)
from lre_kit.integration.values import Scope
from lre_kit.law.assurance import Level
from lre_kit.law.derogations import Delivery
from lre_kit.parties.mandates import Mandate
from lre_kit.parties.members import MemberRole, NotOwnerError
from lre_kit.store.unit import UnitOfWork
from lre_web.api.declaring import Asked, Call, Result, Route, Told
from lre_web.api.holder import actor_of, person_of
from lre_web.api.paging import expect_id

_LOST = "reported lost over the API"


class IdentifierTold(Told):
    """One identification means of yours; never its secret."""

    id: str
    """Its id."""
    serial: str
    """What stands on it."""
    kind: Kind
    """What it is."""
    state: State
    """Where it stands."""
    is_usable: bool
    """Whether it identifies you now."""
    level: Level | None
    """Level of the identity proofing it rests on."""
    created_at: datetime
    """When it was made (UTC)."""
    last_used_at: datetime | None
    """When it last identified you."""
    expires_at: datetime | None
    """When it expires."""
    ended_at: datetime | None
    """When it was revoked or expired."""


class IdentifierList(Told):
    """Your identification means, the newest first."""

    items: list[IdentifierTold]
    """The means."""


class OrderAsked(Asked):
    """A means to be made and delivered to its holder."""

    kind: Kind
    """What is ordered."""
    delivery: Delivery = Delivery.POST
    """How it reaches you: by post only to your confirmed address."""


class OrderTold(Told):
    """An order of an identification means."""

    id: str
    """Its id."""
    kind: str
    """What is ordered."""
    delivery: Delivery
    """How it reaches its holder."""
    state: OrderState
    """Where it stands."""
    created_at: datetime
    """When it was taken (UTC)."""
    ended_at: datetime | None
    """When it ended."""
    waits_for_address: bool
    """Whether it stands still for want of a confirmed postal address."""


class OrderList(Told):
    """Your orders, the newest first."""

    items: list[OrderTold]
    """The orders."""


class OrganisationTold(Told):
    """An organisation you are a member of."""

    id: str
    """Its id."""
    name: str
    """Its name."""
    role: MemberRole
    """What you may do in it."""
    since: datetime
    """Since when (UTC)."""


class OrganisationList(Told):
    """Your organisations."""

    items: list[OrganisationTold]
    """The organisations."""


class MemberTold(Told):
    """A member of an organisation."""

    person: str
    """Id of the person."""
    name: str
    """Their name."""
    role: MemberRole
    """What they may do."""
    since: datetime
    """Since when (UTC)."""


class MemberList(Told):
    """The members of an organisation."""

    items: list[MemberTold]
    """The members."""


class MandateTold(Told):
    """A mandate you gave or got."""

    id: str
    """Its id."""
    is_given: bool
    """Whether you gave it; else you got it."""
    other: str
    """Name of the other party."""
    scopes: list[str]
    """What it is for: ``send``, ``receive``."""
    valid_from: date
    """Its first day."""
    valid_until: date | None
    """Its last day."""
    reference: str
    """The document it stands on."""
    revoked_at: datetime | None
    """When it was ended (UTC)."""
    in_force: bool
    """Whether it holds now."""


class MandateList(Told):
    """Your mandates, the oldest first."""

    items: list[MandateTold]
    """The mandates."""


# --- identification means -------------------------------------------------------------------------


def _means_told(call: Call, one: Identifier) -> IdentifierTold:
    names = IdentifierTold.model_fields.keys() - {"is_usable"}
    told = {name: getattr(one, name) for name in names}
    return IdentifierTold(is_usable=one.is_usable(call.office.clock()), **told)


def _means(call: Call) -> Result:
    found = call.office.people.register.of(person_of(call).id)
    return Result(body=IdentifierList(items=[_means_told(call, each) for each in reversed(found)]))


def _no_means() -> NotFoundError:
    return NotFoundError("There is no such identification means.", mend="Look in the list of yours.")


def _lost(call: Call) -> Result:
    person, people = person_of(call), call.office.people
    means_id = expect_id(str(call.args["identifier_id"]), _no_means)
    one = next((each for each in people.register.of(person.id) if each.id == means_id), None)
    if one is None:
        raise _no_means()
    serial = one.serial

    def also(uow: UnitOfWork) -> None:
        people.holder_notices.plan(uow, person.id, HolderTold.REVOKED, serial=serial)
        call.note(uow, means_id)

    if one.state not in FINAL:
        people.ordering.orders.withdraw(one.id, actor=actor_of(person), reason=_LOST, also=also)
    return _lost_again(call, means_id)


def _lost_again(call: Call, means_id: str) -> Result:
    return Result(body=_means_told(call, call.office.people.register.by_id(means_id)))


def _order_told(order: Order) -> OrderTold:
    return OrderTold(**{name: getattr(order, name) for name in OrderTold.model_fields})


def _orders(call: Call) -> Result:
    found = call.office.people.ordering.orders.book.of(person_of(call).id)
    told = sorted((_order_told(each) for each in found), key=lambda one: one.created_at, reverse=True)
    return Result(body=OrderList(items=told))


def _order(call: Call) -> Result:
    person, people, asked = person_of(call), call.office.people, call.body
    made = people.ordering.orders.order(
        person.id,
        asked.kind.value,
        asked.delivery,
        actor=actor_of(person),
        also=lambda uow: people.holder_notices.plan(uow, person.id, HolderTold.ORDERED),
    )
    return Result(body=_order_told(made))


def _no_order() -> NotFoundError:
    return NotFoundError("There is no such order.", mend="Look in the list of yours.")


def _cancel(call: Call) -> Result:
    person, orders = person_of(call), call.office.people.ordering.orders
    order_id = expect_id(str(call.args["order_id"]), _no_order)
    if order_id not in {each.id for each in orders.book.of(person.id)}:
        raise _no_order()
    return Result(body=_order_told(orders.cancel(order_id, actor=actor_of(person), reason="by its holder")))


# --- organisations and mandates -------------------------------------------------------------------


def _organisations(call: Call) -> Result:
    people = call.office.people
    held = people.members.organisations(person_of(call).id)
    told = [
        OrganisationTold(
            id=each.organisation_id,
            name=people.parties.by_id(each.organisation_id).name,
            role=each.role,
            since=each.valid_from,
        )
        for each in held
    ]
    return Result(body=OrganisationList(items=told))


def _no_organisation() -> NotFoundError:
    return NotFoundError("There is no such organisation.", mend="Look in the list of yours.")


def _house(call: Call) -> str:
    """Return the organisation of the address, if the owner is a member of it."""
    house = expect_id(str(call.args["organisation_id"]), _no_organisation)
    mine = call.office.people.members.organisations(person_of(call).id)
    if house not in {each.organisation_id for each in mine}:
        raise _no_organisation()
    return house


def _members(call: Call) -> Result:
    people, house = call.office.people, _house(call)
    told = [
        MemberTold(
            person=each.person_id,
            name=people.parties.by_id(each.person_id).name,
            role=each.role,
            since=each.valid_from,
        )
        for each in people.members.members(house)
    ]
    return Result(body=MemberList(items=told))


def _end_role(call: Call) -> Result:
    person, members, house = person_of(call), call.office.people.members, _house(call)
    who = expect_id(str(call.args["person_id"]), _no_member)
    if who not in {each.person_id for each in members.members(house)}:
        raise _no_member()
    members.set_role(house, who, None, actor=actor_of(person), by=person.id)
    return Result(body=MemberList(items=[])) if who == person.id else _members(call)


def _no_member() -> NotFoundError:
    return NotFoundError("There is no such member.", mend="Look in the list of members.")


def _mandate_told(call: Call, mandate: Mandate, person_id: str) -> MandateTold:
    given = mandate.grantor_id == person_id
    other = mandate.delegate_id if given else mandate.grantor_id
    return MandateTold(
        id=mandate.id,
        is_given=given,
        other=call.office.people.parties.by_id(other).name,
        scopes=sorted(each.value for each in mandate.scope),
        valid_from=mandate.valid_from,
        valid_until=mandate.valid_until,
        reference=mandate.reference,
        revoked_at=mandate.revoked_at,
        in_force=mandate.in_force(call.office.clock()),
    )


def _mandates(call: Call) -> Result:
    person = person_of(call)
    found = call.office.people.mandates.of(person.id)
    return Result(body=MandateList(items=[_mandate_told(call, each, person.id) for each in found]))


def _no_mandate() -> NotFoundError:
    return NotFoundError("There is no such mandate.", mend="Look in the list of yours.")


def _end_mandate(call: Call) -> Result:
    person, mandates = person_of(call), call.office.people.mandates
    mandate_id = expect_id(str(call.args["mandate_id"]), _no_mandate)
    found = next((each for each in mandates.of(person.id) if each.id == mandate_id), None)
    if found is None:
        raise _no_mandate()
    ended = mandates.revoke(mandate_id, actor=actor_of(person), reason="ended over the API")
    return Result(body=_mandate_told(call, ended, person.id))


_ABOUT = (
    "Means are enrolled, and roles and mandates given, by a person who has just shown who they are: a key "
    "proves which program asks, never who is there. A program reads them, and ends them."
)
_READ, _WRITE = Scope.PEOPLE_READ, Scope.PEOPLE_WRITE

ROUTES = (
    Route(
        method="GET", path="/identifiers", name="listIdentifiers", tag="People", scope=_READ,
        summary="List your identification means, the newest first", about=_ABOUT, handler=_means,
        answer=IdentifierList, errors=(NoAuthorityError,),
    ),
    Route(
        method="POST", path="/identifiers/<identifier_id>/report-lost", name="reportLost", tag="People",
        scope=_WRITE, summary="Report a means lost: it is revoked at once, and you are told by mail",
        handler=_lost, answer=IdentifierTold, is_act=True, again=_lost_again,
        errors=(NotFoundError, NoAuthorityError, UnlawfulActError),
    ),
    Route(
        method="GET", path="/orders", name="listOrders", tag="People", scope=_READ,
        summary="List your orders of identification means, the newest first", handler=_orders,
        answer=OrderList, errors=(NoAuthorityError,),
    ),
    Route(
        method="POST", path="/orders", name="orderIdentifier", tag="People", scope=_WRITE,
        summary="Order an identification means",
        about="It is made once your identity is proofed, goes to your confirmed address only, and "
        "you are told by mail. There is one open order of a kind at most.",
        handler=_order, body=OrderAsked, answer=OrderTold, is_act=True,
        errors=(NoAuthorityError, KindSuspendedError, OrderRefusedError, OrderOpenError),
    ),
    Route(
        method="POST", path="/orders/<order_id>/cancel", name="cancelOrder", tag="People", scope=_WRITE,
        summary="Cancel an open order; what was made for it is revoked", handler=_cancel, answer=OrderTold,
        is_act=True, errors=(NotFoundError, NoAuthorityError, UnlawfulActError),
    ),
    Route(
        method="GET", path="/organisations", name="listOrganisations", tag="People", scope=_READ,
        summary="List the organisations you are a member of", about=_ABOUT, handler=_organisations,
        answer=OrganisationList, errors=(NoAuthorityError,),
    ),
    Route(
        method="GET", path="/organisations/<organisation_id>/members", name="listMembers", tag="People",
        scope=_READ, summary="List the members of an organisation of yours", handler=_members,
        answer=MemberList, errors=(NotFoundError, NoAuthorityError),
    ),
    Route(
        method="DELETE", path="/organisations/<organisation_id>/members/<person_id>", name="endRole",
        tag="People", scope=_WRITE, summary="End a member's role, as its owner, or your own",
        handler=_end_role, answer=MemberList, is_act=True,
        errors=(NotFoundError, NoAuthorityError, NotOwnerError, UnlawfulActError),
    ),
    Route(
        method="GET", path="/mandates", name="listMandates", tag="People", scope=_READ,
        summary="List the mandates you gave and got", about=_ABOUT, handler=_mandates, answer=MandateList,
        errors=(NoAuthorityError,),
    ),
    Route(
        method="POST", path="/mandates/<mandate_id>/end", name="endMandate", tag="People", scope=_WRITE,
        summary="End a mandate that you gave or got", handler=_end_mandate, answer=MandateTold, is_act=True,
        errors=(NotFoundError, NoAuthorityError),
    ),
)  # fmt: skip
"""The routes of people."""
