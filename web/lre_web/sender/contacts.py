"""The pages of the address book: entries, sending groups, twins; tables are in `contacts_tables`."""

from collections.abc import Callable, Mapping
from dataclasses import asdict

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from lre_kit.contacts.book import Cursor, cursor_of
from lre_kit.contacts.room import Contacts
from lre_kit.contacts.values import Card, Contact
from lre_kit.errors import LreError, NotFoundError
from lre_kit.law.consents import Capacity
from lre_kit.parties.countries import COUNTRIES
from lre_web.mounting import mounted
from lre_web.sender.in_name_of import me
from lre_web.sender.owning import current_actor
from lre_web.sender.post_form import typed_address
from lre_web.texts import language
from lre_web.words.contacts import contact_texts
from lre_web.words.post import post_words

PAGE = 50
"""Entries on one page."""

_DONE = frozenset({"changed", "added", "removed"})
_Page = str | Response | BaseResponse | tuple[str, int]


def add_pages(blueprint: Blueprint) -> None:
    """Add the pages to a blueprint."""
    one, group = "/contacts/<contact_id>", "/contacts/groups/<group_id>"
    rules: tuple[tuple[str, str, Callable[..., _Page], str], ...] = (
        ("/contacts", "contacts", _list, "GET"),
        ("/contacts", "contacts_add", _add, "POST"),
        ("/contacts/twins", "contacts_twins", _twins, "GET"),
        ("/contacts/twins", "contacts_join", _join, "POST"),
        ("/contacts/groups", "contacts_group_add", _group_add, "POST"),
        (f"{group}/rename", "contacts_group_rename", _group_rename, "POST"),
        (f"{group}/remove", "contacts_group_remove", _group_remove, "POST"),
        (one, "contacts_one", _one, "GET"),
        (one, "contacts_change", _change, "POST"),
        (f"{one}/groups", "contacts_regroup", _regroup, "POST"),
        (f"{one}/remove", "contacts_remove", _remove, "POST"),
    )
    for rule, endpoint, view, method in rules:
        blueprint.add_url_rule(rule, endpoint, view, methods=[method])


def room() -> Contacts:
    """Return the office's address books."""
    return mounted().office.contacts


def books() -> Mapping[str, str]:
    """Return the books of who is here by their owner: their own, and those of houses they write for."""
    found = {current_actor().ref: contact_texts()["mine"]}
    person = me()
    if person is not None:
        authorities = mounted().office.people.authorities
        houses = [*authorities.to_sign(person.id), *authorities.to_prepare(person.id)]
        found |= {house.id: house.name for house in houses}
    return found


def chosen_book() -> str:
    """Return whose book the request is about.

    Raises:
        NotFoundError: It is none of theirs.
    """
    own, chosen = current_actor().ref, request.values.get("of", "")
    if not chosen or chosen == own:
        return own
    if chosen not in books():
        raise NotFoundError("There is no such address book.", mend="Look in the list of yours.")
    return chosen


def frame(owner: str) -> dict[str, object]:
    """Return what all pages of a book show."""
    return {
        "k": contact_texts(),
        "p": post_words(),
        "books": books(),
        "of": owner if owner != current_actor().ref else None,
        "groups": room().groups.all(owner),
        "countries": COUNTRIES,
    }


def card_typed(typed: Mapping[str, str]) -> Card:
    """Return what a form says of somebody."""
    capacity = typed.get("capacity", "")
    return Card(
        name=typed.get("name", ""),
        email=typed.get("email", ""),
        postal=typed_address(typed),
        capacity=Capacity(capacity) if capacity in set(Capacity) else Capacity.CONSUMER,
        capacity_basis=typed.get("capacity_basis", ""),
        language=typed.get("language") or language(),
        reference=typed.get("reference", ""),
    )


def typed_of(card: Card) -> dict[str, str]:
    """Return an entry as a form's fields: also what a deposit to it begins with."""
    plain = {name: str(value) for name, value in asdict(card).items() if name != "postal"}
    plain["capacity"] = card.capacity.value
    if card.postal is not None:
        plain |= {"postal": "\n".join(card.postal.lines), "country": card.postal.country}
    return plain


# --- the list -------------------------------------------------------------------------------------


def _list() -> _Page:
    return list_page()


def list_page(error: LreError | None = None) -> _Page:
    """Return the list of a book, with what went wrong."""
    owner, book = chosen_book(), room().book
    text, group_id = request.args.get("q", ""), request.args.get("group") or None
    group = room().groups.by_id(owner, group_id) if group_id else None
    after = _cursor(request.args.get("after", ""))
    found = book.page(owner, text=text, group_id=group_id, limit=PAGE + 1, after=after)
    page, rest = found[:PAGE], found[PAGE:]
    done = request.args.get("done", "")
    made = render_template(
        "lre/contacts.html",
        contacts=page,
        consents=book.consents(owner, page),
        more="~".join(cursor_of(page[-1])) if rest else None,
        count=group.size if group else book.count(owner),
        text=text,
        group=group,
        typed=request.form,
        error=error,
        done=done if done in _DONE else "",
        **frame(owner),
    )
    return (made, error.status) if error is not None else made


def _cursor(text: str) -> Cursor | None:
    name, _, last = text.rpartition("~")
    return (name, last) if last else None


def _add() -> _Page:
    owner = chosen_book()
    try:
        made = room().book.add(owner, card_typed(request.form))
    except LreError as error:
        return list_page(error)
    return _to_one(owner, made.id, "added")


def _to_one(owner: str, contact_id: str, done: str) -> BaseResponse:
    of = owner if owner != current_actor().ref else None
    return redirect(url_for(".contacts_one", contact_id=contact_id, of=of, done=done), 303)


def _to_list(owner: str, *, group: str | None = None, done: str | None = None) -> BaseResponse:
    of = owner if owner != current_actor().ref else None
    return redirect(url_for(".contacts", of=of, group=group, done=done), 303)


# --- one entry ------------------------------------------------------------------------------------


def _one(contact_id: str) -> _Page:
    return _one_page(contact_id)


def _one_page(contact_id: str, error: LreError | None = None) -> _Page:
    owner, book = chosen_book(), room().book
    contact = book.by_id(owner, contact_id)
    done = request.args.get("done", "")
    made = render_template(
        "lre/contacts_one.html",
        contact=contact,
        typed=request.form if error is not None else typed_of(contact.card),
        twins=book.twins_of(owner, contact),
        consent=book.consents(owner, [contact])[contact.id],
        is_in=room().groups.of(contact.id),
        error=error,
        done=done if done in _DONE else "",
        **frame(owner),
    )
    return (made, error.status) if error is not None else made


def _change(contact_id: str) -> _Page:
    owner = chosen_book()
    try:
        room().book.change(owner, contact_id, card_typed(request.form), version=form_number("version"))
    except NotFoundError:
        raise
    except LreError as error:
        return _one_page(contact_id, error)
    return _to_one(owner, contact_id, "changed")


def form_number(name: str) -> int:
    """Return a number of the form; nothing usable is 0."""
    text = request.form.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _regroup(contact_id: str) -> _Page:
    owner, groups = chosen_book(), room().groups
    contact = room().book.by_id(owner, contact_id)
    wanted, present = set(request.form.getlist("groups")), groups.of(contact.id)
    for group_id in sorted(wanted - present):
        groups.put(owner, group_id, [contact.id])
    for group_id in sorted(present - wanted):
        groups.take(owner, group_id, [contact.id])
    return _to_one(owner, contact_id, "changed")


def _remove(contact_id: str) -> _Page:
    owner = chosen_book()
    room().book.remove(owner, contact_id)
    return _to_list(owner, done="removed")


# --- twins ----------------------------------------------------------------------------------------


def _twins() -> _Page:
    return _twins_page()


def _twins_page(error: LreError | None = None) -> _Page:
    owner = chosen_book()
    pairs: list[tuple[Contact, ...]] = room().book.twins(owner)
    made = render_template("lre/contacts_twins.html", pairs=pairs, error=error, **frame(owner))
    return (made, error.status) if error is not None else made


def _join() -> _Page:
    owner = chosen_book()
    try:
        kept, gone = request.form.get("kept", ""), request.form.get("gone", "")
        room().book.join(
            owner, kept, gone, versions=(form_number("kept_version"), form_number("gone_version"))
        )
    except LreError as error:
        return _twins_page(error)
    return _to_one(owner, kept, "changed")


# --- groups ---------------------------------------------------------------------------------------


def _group_add() -> _Page:
    owner = chosen_book()
    try:
        made = room().groups.add(owner, request.form.get("group_name", ""))
    except LreError as error:
        return list_page(error)
    return _to_list(owner, group=made.id)


def _group_rename(group_id: str) -> _Page:
    owner = chosen_book()
    try:
        room().groups.rename(owner, group_id, request.form.get("group_name", ""))
    except LreError as error:
        return list_page(error)
    return _to_list(owner, group=group_id)


def _group_remove(group_id: str) -> _Page:
    owner = chosen_book()
    room().groups.remove(owner, group_id)
    return _to_list(owner)
