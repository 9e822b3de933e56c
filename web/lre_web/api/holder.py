"""Who the owner of a key is to the office: the person whose means, organisations and letters these are."""

from lre_kit.authority import NoAuthorityError
from lre_kit.errors import NotFoundError
from lre_kit.parties.persons import Party
from lre_web.account.session import EXTENSION
from lre_web.api.declaring import Call


def person_of(call: Call) -> Party:
    """Return the person in whose name a key acts.

    Raises:
        NoAuthorityError: The office does not know the owner as a person (yet).
    """
    from flask import current_app

    parties = call.office.people.parties
    if EXTENSION in current_app.extensions:
        return parties.by_id(call.owner.ref)
    found = parties.by_external_id(call.owner.ref)
    if found is None:
        raise NoAuthorityError
    return found


def known_person(call: Call) -> Party | None:
    """Return the person in whose name a key acts; nothing if the office does not know them as one."""
    try:
        return person_of(call)
    except NotFoundError:
        return None


def actor_of(person: Party) -> dict[str, str]:
    """Return who acts, as it stands in histories."""
    return {"role": "holder", "party": person.id, "means": "api_key"}
