"""Organisations of a person, and invitations to them: a role or a mandate to take up or to decline."""

from dataclasses import dataclass

from flask import Blueprint, redirect, request, url_for

from lre_kit.errors import LreError, NotFoundError
from lre_kit.parties.invitations import Invitation
from lre_kit.parties.members import MemberRole, Membership
from lre_kit.parties.persons import Party
from lre_web.profile.holder import check_holder
from lre_web.profile.site import Answer, actor, fresh_required, office, person, person_required, render


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """A membership as the pages show it."""

    member: Membership
    party: Party
    """The other side: the organisation, or the person in it."""


def add_pages(blueprint: Blueprint) -> None:
    """Add the pages of organisations and invitations to a blueprint."""
    one = "/profile/organisations/<organisation_id>"
    add = blueprint.add_url_rule
    add("/profile/organisations", "profile_organisations", _organisations)
    add(one, "profile_organisations_one", _organisation)
    add(f"{one}/invite", "profile_organisations_invite", _invite, methods=["POST"])
    add(f"{one}/role", "profile_organisations_role", _role, methods=["POST"])
    add(f"{one}/withdraw", "profile_organisations_withdraw", _withdraw, methods=["POST"])
    add("/profile/organisations/take", "profile_organisations_take", _take, methods=["POST"])
    add("/profile/organisations/decline", "profile_organisations_decline", _decline, methods=["POST"])


@person_required
def _organisations() -> Answer:
    return _list_page()


def _list_page(error: LreError | None = None) -> Answer:
    people, me = office().people, person()
    seats = [
        Seat(member=each, party=people.parties.by_id(each.organisation_id))
        for each in people.members.organisations(me.id)
    ]
    invited = [(each, people.parties.by_id(each.grantor_id)) for each in people.invitations.open_for(me.id)]
    return render("organisations", error, seats=seats, invited=invited)


def _my_seat(organisation_id: str) -> Seat:
    """Return the seat of who is here in an organisation.

    Raises:
        NotFoundError: There is none, or no such organisation; never which.
    """
    people, me = office().people, person()
    for each in people.members.organisations(me.id):
        if each.organisation_id == organisation_id:
            return Seat(member=each, party=people.parties.by_id(organisation_id))
    raise NotFoundError("There is no such organisation.", mend="Look at your list of organisations.")


@person_required
def _organisation(organisation_id: str) -> Answer:
    return _page(_my_seat(organisation_id))


def _page(seat: Seat, error: LreError | None = None) -> Answer:
    people, is_owner = office().people, seat.member.role is MemberRole.OWNER
    members = [
        Seat(member=each, party=people.parties.by_id(each.person_id))
        for each in people.members.members(seat.party.id)
    ]
    invitations: list[Invitation] = people.invitations.of(seat.party.id) if is_owner else []
    return render(
        "organisation",
        error,
        party=seat.party,
        role=seat.member.role,
        is_owner=is_owner,
        members=members,
        invitations=[each for each in invitations if each.facts.get("role")],
        roles=list(MemberRole),
        emails=[each.address for each in people.parties.emails.of(seat.party.id) if each.verified_at],
        mine=person().id,
    )


def _owned(organisation_id: str) -> Seat:
    seat = _my_seat(organisation_id)
    if seat.member.role is not MemberRole.OWNER:
        raise NotFoundError("There is no such page.", mend="Only owners look after members.")
    return seat


def _back(organisation_id: str, done: str) -> Answer:
    return redirect(url_for(".profile_organisations_one", organisation_id=organisation_id, done=done), 303)


@fresh_required
def _invite(organisation_id: str) -> Answer:
    seat, typed = _owned(organisation_id), request.form
    try:
        check_holder()
        role = _role_named(typed.get("role", ""))
        office().people.invitations.to_role(seat.party.id, typed.get("email", ""), role, actor=actor())
    except LreError as error:
        return _page(seat, error)
    return _back(seat.party.id, "invited")


def _role_named(text: str) -> MemberRole:
    try:
        return MemberRole(text)
    except ValueError:
        return MemberRole.READER


@fresh_required
def _role(organisation_id: str) -> Answer:
    """Change a member's role, or end it; members may lay their own down."""
    seat, typed, me = _my_seat(organisation_id), request.form, person()
    chosen, who = typed.get("role", ""), typed.get("person", "")
    try:
        check_holder()
        members = office().people.members
        if who not in {each.person_id for each in members.members(seat.party.id)}:
            raise NotFoundError("There is no such member.", mend="Look at the list of members.")
        role = None if chosen == "none" else _role_named(chosen)
        members.set_role(seat.party.id, who, role, actor=actor(), by=me.id)
    except LreError as error:
        return _page(seat, error)
    if who == me.id and role is None:
        return redirect(url_for(".profile_organisations", done="left"), 303)
    return _back(seat.party.id, "role")


@fresh_required
def _withdraw(organisation_id: str) -> Answer:
    seat = _owned(organisation_id)
    try:
        office().people.invitations.withdraw(request.form.get("invitation", ""), seat.party.id)
    except LreError as error:
        return _page(seat, error)
    return _back(seat.party.id, "withdrawn")


@fresh_required
def _take() -> Answer:
    try:
        office().people.invitations.take_up(request.form.get("invitation", ""), person().id)
    except LreError as error:
        return _list_page(error)
    return redirect(url_for(".profile_organisations", done="taken"), 303)


@fresh_required
def _decline() -> Answer:
    try:
        office().people.invitations.decline(request.form.get("invitation", ""), person().id)
    except LreError as error:
        return _list_page(error)
    return redirect(url_for(".profile_organisations", done="declined"), 303)
