"""``lre parties``: who the office knows; two that are one made one, and wrong names put right.

Whoever merges or corrects gives the reason, which stays in the history with what stood before.
"""

from dataclasses import asdict
from datetime import date
from typing import Any

import click

from lre_kit.cli.identifiers import actor_of, operator_option
from lre_kit.cli.shared import json_option, opened_office, paris_text, print_json, print_table
from lre_kit.errors import NotFoundError
from lre_kit.office import PostOffice
from lre_kit.parties.account_book import AccountBook
from lre_kit.parties.book import SEARCH_MAX
from lre_kit.parties.members import MemberRole
from lre_kit.parties.persons import Capacity, Party, PartyFacts, PartyKind
from lre_kit.parties.sessions import Sessions

_FIELDS = ("given_names", "family_name", "usage_name", "legal_name", "registration", "language")


@click.group()
def parties_command() -> None:
    """Who the office knows: persons and organisations.

    Two parties that are one are merged: what either had is found under the one that stands.
    """


@parties_command.command("list")
@click.argument("text", default="")
@click.option("--after", default="", help="Id of the last party of the page before.")
@json_option
def list_command(*, text: str, after: str, as_json: bool) -> None:
    """List parties whose names or numbers begin with the words of TEXT; all without it.

    \b
    Example:
      lre parties list "durand jean" --json
    """
    with opened_office() as office:
        found = office.people.parties.search(text, after=after)
    if as_json:
        print_json([asdict(party) for party in found])
        return
    rows = [
        (party.id, party.name, party.kind.value, party.capacity.value, party.registration or "–")
        for party in found
    ]
    more = ", more with --after" if len(rows) == SEARCH_MAX else ""
    print_table(f"{len(rows)} parties{more}", ("Id", "Name", "Kind", "Capacity", "Number"), rows)


@parties_command.command("show")
@click.argument("party_id", metavar="ID")
@json_option
def show_command(*, party_id: str, as_json: bool) -> None:
    """Show all that is known of a party; one that was merged leads to the one that stands.

    \b
    Example:
      lre parties show 6f1c4b3e8d2a4c5f9b7e1a2d3c4b5a69
    """
    with opened_office() as office:
        facts = _known(office, party_id) | {
            "accounts": [
                account.email
                for account in AccountBook(
                    office.database, sessions=Sessions(office.database, clock=office.clock)
                ).all_of(party_id)
            ]
        }
    if as_json:
        print_json(facts)
        return
    print_table(
        str(facts["name"]),
        ("What", "Known"),
        [(name, _cell(value)) for name, value in facts.items() if value not in (None, "", [], ())],
    )


def _known(office: PostOffice, party_id: str) -> dict[str, Any]:
    people = office.people
    party = people.parties.by_id(party_id)
    kept, proofing = people.addresses.present(party.id), people.proofing_of(party.id)
    return asdict(party) | {
        "name": party.name,
        "known_as": list(people.parties.all_ids(party.id)),
        "emails": [
            email.address + ("" if email.verified_at else " (not verified)")
            for email in people.parties.emails.of(party.id)
        ],
        "address": list(kept.address.lines) if kept else None,
        "proofed": proofing.level.value if proofing else None,
        "members": [f"{one.role.value} {one.person_id}" for one in people.members.members(party.id)],
        "member_of": [
            f"{one.role.value} {one.organisation_id}" for one in people.members.organisations(party.id)
        ],
        "mandates": [
            f"{one.grantor_id} to {one.delegate_id}: {', '.join(sorted(one.scope))}"
            for one in people.mandates.of(party.id)
            if one.in_force(office.clock())
        ],
        "means": [f"{one.serial} {one.kind.value} {one.state.value}" for one in people.register.of(party.id)],
        "orders": [
            f"{one.id} {one.kind} {one.state.value}" for one in people.ordering.orders.book.of(party.id)
        ],
        "cases": [f"{one.id} {one.state.value}" for one in people.identity.cases_of(party.id)],
    }


def _cell(value: Any) -> str:
    return "\n".join(map(str, value)) if isinstance(value, list) else str(value)


@parties_command.command("merge")
@click.argument("kept_id", metavar="KEPT")
@click.argument("merged_id", metavar="MERGED")
@click.option("--reason", required=True, help="Why both are one; it stays in the history.")
@click.option("--yes", is_flag=True, help="Do not ask: they are one.")
@operator_option
@json_option
def merge_command(
    *, kept_id: str, merged_id: str, reason: str, yes: bool, operator: str, as_json: bool
) -> None:
    """Make two parties one: KEPT stands, and what MERGED had is found under it.

    `lre parties unmerge MERGED` undoes it.

    \b
    Example:
      lre parties merge 6f1c4b3e8d2a4c5f9b7e1a2d3c4b5a69 0a1b2c3d4e5f60718293a4b5c6d7e8f9 \\
        --reason "same person, both documents seen"
    """
    with opened_office() as office:
        book = office.people.parties
        kept, merged = book.by_id(kept_id), book.by_id(merged_id)
        if not yes:
            question = f"“{merged.name}” becomes “{kept.name}”. Are they one?"
            click.confirm(question, abort=True, err=True)
        party = book.merge(kept.id, merged.id, actor=actor_of(operator), reason=reason)
    _answer(party, f"{party.name} stands for both now.", as_json=as_json)


@parties_command.command("unmerge")
@click.argument("merged_id", metavar="MERGED")
@click.option("--reason", required=True, help="Why they are two; it stays in the history.")
@click.option(
    "--host-id",
    type=click.Choice(["kept", "merged"]),
    help="Whose the host's id is, where the history of an old merge does not tell.",
)
@operator_option
@json_option
def unmerge_command(
    *, merged_id: str, reason: str, host_id: str | None, operator: str, as_json: bool
) -> None:
    """Undo a merge: MERGED stands for itself again, with the addresses, roles, means and accounts it had.

    What was done since stays with the party that stood for both. Sessions of accounts that go back end.

    \b
    Example:
      lre parties unmerge 0a1b2c3d4e5f60718293a4b5c6d7e8f9 --reason "twins, not one person"
    """
    with opened_office() as office:
        party = office.people.parties.unmerge(
            merged_id,
            actor=actor_of(operator),
            reason=reason,
            takes_host_id=None if host_id is None else host_id == "merged",
        )
    _answer(party, f"{party.name} stands for itself again.", as_json=as_json)


@parties_command.command("correct")
@click.argument("party_id", metavar="ID")
@click.option("--reason", required=True, help="Why; it stays in the history.")
@click.option("--given-names", help="First names.")
@click.option("--family-name", help="Name of birth.")
@click.option("--usage-name", help="Name in use.")
@click.option("--legal-name", help="Name of an organisation.")
@click.option("--registration", help="SIREN, SIRET, or another country's number.")
@click.option("--birth-date", type=click.DateTime(["%Y-%m-%d"]), help="Day of birth, as 1980-05-17.")
@click.option("--capacity", type=click.Choice([each.value for each in Capacity]), help="How it receives.")
@click.option("--basis", help="What the capacity rests on, such as a register and number.")
@click.option("--language", type=click.Choice(["fr", "en"]), help="Language of what it is sent.")
@operator_option
@json_option
def correct_command(*, party_id: str, reason: str, operator: str, as_json: bool, **given: Any) -> None:
    """Correct what is known of a party; what stood before stays in its history.

    \b
    Example:
      lre parties correct 6f1c4b3e8d2a4c5f9b7e1a2d3c4b5a69 --family-name Durand --reason "typing error"
    """
    changes: dict[str, Any] = {name: given[name] for name in _FIELDS if given[name] is not None}
    if given["capacity"] is not None:
        changes["capacity"] = Capacity(given["capacity"])
    if given["basis"] is not None:
        changes["capacity_basis"] = given["basis"]
    if given["birth_date"] is not None:
        changes["birth_date"] = date.fromisoformat(f"{given['birth_date']:%Y-%m-%d}")
    if not changes:
        raise click.UsageError("Say what to correct, such as --family-name.")
    with opened_office() as office:
        party = office.people.parties.correct(party_id, actor=actor_of(operator), reason=reason, **changes)
    _answer(party, f"{party.name} is corrected.", as_json=as_json)


def _answer(party: Party, words: str, *, as_json: bool) -> None:
    if as_json:
        print_json(asdict(party))
    else:
        click.echo(words)


@parties_command.command("history")
@click.argument("party_id", metavar="ID")
@json_option
def history_command(*, party_id: str, as_json: bool) -> None:
    """Show every change of a party and of those merged into it: who, when, why, what stood before.

    \b
    Example:
      lre parties history 6f1c4b3e8d2a4c5f9b7e1a2d3c4b5a69 --json
    """
    with opened_office() as office:
        book = office.people.parties
        book.by_id(party_id)
        found = [(known, each) for known in book.all_ids(party_id) for each in book.history(known)]
    found.sort(key=lambda one: (one[1].occurred_at, one[0], one[1].seq))
    if as_json:
        print_json([asdict(each) | {"party": known} for known, each in found])
        return
    rows = [
        (paris_text(each.occurred_at), each.name, str(each.actor.get("role", "–")), each.reason or "–", known)
        for known, each in found
    ]
    print_table(f"{len(rows)} changes", ("When (Paris)", "What", "Who", "Why", "Of"), rows)


@parties_command.command("organisation")
@click.argument("name")
@click.option("--owner", required=True, metavar="ADDRESS", help="Who looks after it: an account's address.")
@click.option("--registration", default="", help="SIREN, SIRET, or another country's number.")
@click.option(
    "--capacity",
    type=click.Choice([each.value for each in Capacity]),
    default=Capacity.PROFESSIONAL.value,
    show_default=True,
    help="How it receives.",
)
@click.option("--basis", required=True, help="What was seen, such as an extract of a register and its date.")
@click.option("--email", default="", help="An address that it was shown to read; its letters go there.")
@operator_option
@json_option
def organisation_command(*, name: str, owner: str, operator: str, as_json: bool, **given: str) -> None:
    """Enter an organisation whose register was seen; its owner then invites members on the pages.

    \b
    Example:
      lre parties organisation "Brumes et Fils SARL" --registration 732829320 \\
        --owner claire@example.org --basis "RCS Paris, extract of 3 May" --email contact@brumes.example
    """
    actor = actor_of(operator)
    with opened_office() as office:
        people = office.people
        person = _reader(office, owner)
        facts = PartyFacts(
            kind=PartyKind.ORGANISATION,
            legal_name=name,
            registration=given["registration"],
            capacity=Capacity(given["capacity"]),
            capacity_basis=given["basis"],
        )
        party = people.parties.add(facts, actor=actor)
        people.members.set_role(party.id, person.id, MemberRole.OWNER, actor=actor)
        if given["email"]:
            people.parties.emails.verify(party.id, given["email"], actor=actor)
    _answer(party, f"{party.name} is entered as {party.id}; {person.name} owns it.", as_json=as_json)


@parties_command.command("member")
@click.argument("organisation_id", metavar="ORGANISATION")
@click.argument("email", metavar="ADDRESS")
@click.argument("role", type=click.Choice([*(each.value for each in MemberRole), "none"]))
@operator_option
def member_command(*, organisation_id: str, email: str, role: str, operator: str) -> None:
    """Give whoever reads ADDRESS a role in an organisation, or take it away with “none”.

    \b
    Example:
      lre parties member 6f1c4b3e8d2a4c5f9b7e1a2d3c4b5a69 claire@example.org sender
    """
    with opened_office() as office:
        person, chosen = _reader(office, email), None if role == "none" else MemberRole(role)
        actor = actor_of(operator)
        office.people.members.set_role(organisation_id, person.id, chosen, actor=actor)
    click.echo(f"{person.name} is {f'its {role}' if chosen else 'no member'} now.")


def _reader(office: PostOffice, email: str) -> Party:
    found = office.people.parties.reader_of(email)
    if found is None:
        msg = "Nobody known here had this address verified."
        raise NotFoundError(msg, mend="Ask them to make an account first.")
    return found
