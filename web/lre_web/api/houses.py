"""Whose book a request is about: that of a key's owner, or of an organisation that they write for."""

from pydantic import Field

from lre_kit.authority import NoAuthorityError
from lre_kit.errors import LreError, NotFoundError
from lre_web.api.declaring import Asked, Call
from lre_web.api.holder import person_of
from lre_web.api.models import PLAIN


class BookAsked(Asked):
    """Whose book it is about."""

    of: str | None = Field(default=None, max_length=32, pattern=PLAIN)
    """An organisation's id: what it keeps, for whoever prepares or sends in its name; by default your own."""


def book_of(call: Call) -> str:
    """Return the owner of the book that a request is about.

    Raises:
        NotFoundError: It is none of theirs.
        NoAuthorityError: The office does not know the key's owner as a person.
    """
    chosen: str | None = call.query.of
    if chosen is None or chosen == call.owner.ref:
        return call.owner.ref
    person, authorities = person_of(call), call.office.people.authorities
    houses = (*authorities.to_sign(person.id), *authorities.to_prepare(person.id))
    if chosen not in {house.id for house in houses}:
        raise NotFoundError("There is no such address book.", mend="Look in the list of your organisations.")
    return chosen


HOUSE_ERRORS: tuple[type[LreError], ...] = (NotFoundError, NoAuthorityError)
"""What any route refuses with that heeds `BookAsked`."""


def suffix(call: Call) -> str:
    """Return what the address of a thing in that book ends with."""
    return f"?of={call.query.of}" if call.query.of else ""
