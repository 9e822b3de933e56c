"""The pages of prepared letters: what waits for a signature, one of them, sign, send back, take back."""

from collections.abc import Callable, Mapping, Sequence

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from lre_kit.authority import NoAuthorityError
from lre_kit.errors import InputError, LreError, NotFoundError
from lre_kit.identifiers.gate import NotIdentifiedError
from lre_kit.law.products import Product, product_name
from lre_kit.letters.values import Upload
from lre_kit.parties.persons import Party
from lre_kit.preparing.tray import LIFE
from lre_kit.preparing.values import Draft, Prepared
from lre_web.frame.people import sender_acting
from lre_web.mounting import mounted
from lre_web.sender.in_name_of import behalf_of, me
from lre_web.sender.owning import current_actor, expect_own_name
from lre_web.texts import language
from lre_web.words.prepared import prepared_texts

PREFIX = "prepare:"
"""What the deposit form puts before an organisation for which a letter is only prepared."""

_Page = str | Response | BaseResponse | tuple[str, int]


def add_pages(blueprint: Blueprint) -> None:
    """Add the pages to a blueprint."""
    one = "/prepared/<prepared_id>"
    rules: tuple[tuple[str, str, Callable[..., _Page], str], ...] = (
        ("/prepared", "prepared", _list, "GET"),
        (one, "prepared_one", _one, "GET"),
        (f"{one}/documents/<int:position>", "prepared_document", _document, "GET"),
        (f"{one}/sign", "prepared_sign", _sign, "POST"),
        (f"{one}/decline", "prepared_decline", _decline, "POST"),
        (f"{one}/withdraw", "prepared_withdraw", _withdraw, "POST"),
    )
    for rule, endpoint, view, method in rules:
        blueprint.add_url_rule(rule, endpoint, view, methods=[method])


def prepare_names() -> Mapping[str, str]:
    """Return for which organisations the person may only prepare letters, as the deposit form names them."""
    person = me()
    if person is None:
        return {}
    words, found = prepared_texts(), mounted().office.people.authorities.to_prepare(person.id)
    return {f"{PREFIX}{each.id}": words["prepare_for"].format(name=each.name) for each in found}


def prepare(chosen: str, draft: Draft, documents: Sequence[Upload]) -> BaseResponse:
    """Keep what the deposit form holds until somebody signs for it.

    Raises:
        NoAuthorityError: The person may not prepare for that party.
        InputError: Something handed in cannot be used.
    """
    made = mounted().office.preparing.tray.prepare(
        chosen.removeprefix(PREFIX), _person().id, draft, documents
    )
    return redirect(url_for(".prepared_one", prepared_id=made.id), 303)


def house_of(chosen: str) -> Party:
    """Return the organisation for which the deposit form only prepares a letter.

    Raises:
        NoAuthorityError: The person may not prepare for that party.
    """
    person, authorities = _person(), mounted().office.people.authorities
    for house in (*authorities.to_prepare(person.id), *authorities.to_sign(person.id)):
        if chosen == f"{PREFIX}{house.id}":
            return house
    raise NoAuthorityError


def has_tray() -> bool:
    """Tell whether the person signs or prepares letters at all: only then is the page linked to."""
    person = me()
    if person is None:
        return False
    authorities = mounted().office.people.authorities
    return bool(authorities.to_sign(person.id) or authorities.to_prepare(person.id))


def _person() -> Party:
    person = me()
    if person is None:
        raise NoAuthorityError
    return person


def _list() -> _Page:
    current_actor()
    office, person = mounted().office, me()
    houses = office.people.authorities.to_sign(person.id) if person else []
    ids = list(office.people.authorities.refs(person.id)) if person else []
    queues = [(house, office.preparing.tray.waiting(house.id)) for house in houses]
    shown = {one.id for _, letters in queues for one in letters}
    return render_template(
        "lre/prepared.html",
        w=prepared_texts(),
        days=LIFE.days,
        queues=queues,
        mine=[one for one in office.preparing.tray.prepared_by(ids) if one.id not in shown],
        name_of=_name_of,
    )


def _name_of(product: Product) -> str:
    return product_name(product, mounted().office.intake.claim(product), language())


def _seen(prepared_id: str) -> tuple[Prepared, bool, bool]:
    """Return a prepared letter, whether the person may sign for it, and whether they prepared it.

    Raises:
        NotFoundError: There is none, or it is none of theirs.
    """
    current_actor()
    office, person = mounted().office, me()
    found = office.preparing.tray.by_id(prepared_id)
    if person is None:
        raise NoAuthorityError
    authorities = office.people.authorities
    signs = found.organisation_id in {each.id for each in authorities.to_sign(person.id)}
    own = found.prepared_by in authorities.refs(person.id)
    if not signs and not own:
        msg = "There is no such prepared letter."
        raise NotFoundError(msg, mend="Look in the list of them.")
    return found, signs, own


def _one(prepared_id: str) -> _Page:
    return _page(prepared_id)


def _page(prepared_id: str, error: LreError | None = None) -> _Page:
    found, signs, own = _seen(prepared_id)
    parties, refusal = mounted().office.people.parties, ""
    if isinstance(error, NotIdentifiedError):
        told = error.refusal.words
        refusal = told.fr if language() == "fr" else told.en
    made = render_template(
        "lre/prepared_one.html",
        w=prepared_texts(),
        one=found,
        signs=signs,
        own=own,
        organisation=parties.by_id(found.organisation_id).name,
        preparer=parties.by_id(found.prepared_by).name,
        ended_by=parties.by_id(found.ended_by).name if found.ended_by else "",
        product=_name_of(found.draft.product) if found.draft else "",
        typed=request.form,
        error=error,
        refusal=refusal,
    )
    return (made, error.status) if error is not None else made


def _document(prepared_id: str, position: int) -> _Page:
    _seen(prepared_id)
    name, pieces = mounted().office.preparing.tray.open_document(prepared_id, position)
    response = Response(pieces, mimetype="application/octet-stream")
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response


def _sign(prepared_id: str) -> _Page:
    found, signs, _ = _seen(prepared_id)
    office, actor = mounted().office, current_actor()
    try:
        behalf = behalf_of(found.organisation_id) if signs else None
        if behalf is None or not behalf.authority.is_member:
            raise NoAuthorityError
        acting = behalf.acting(sender_acting())
        draft = found.draft
        product = draft.product if draft is not None else Product.SIMPLE
        if draft is not None and draft.paper is not None and product is Product.OPTIMAL:
            product = draft.paper.electronic
        identified = office.people.gate.sender(product, acting)
        if identified is None:
            raise NoAuthorityError
        if product not in {Product.SIMPLE, Product.HYBRID}:
            expect_own_name(actor, acting)
        letter = office.preparing.tray.sign(
            prepared_id,
            _person().id,
            sender=behalf.sender(),
            identified=identified,
            still_sends=behalf.check,
        )
    except LreError as error:
        return _page(prepared_id, error)
    return redirect(url_for(".letter", number=letter.number), 303)


def _decline(prepared_id: str) -> _Page:
    _seen(prepared_id)
    try:
        mounted().office.preparing.tray.decline(
            prepared_id, _person().id, reason=request.form.get("reason", "")
        )
    except (InputError, LreError) as error:
        return _page(prepared_id, error)
    return redirect(url_for(".prepared_one", prepared_id=prepared_id), 303)


def _withdraw(prepared_id: str) -> _Page:
    _seen(prepared_id)
    try:
        mounted().office.preparing.tray.withdraw(prepared_id, _person().id)
    except LreError as error:
        return _page(prepared_id, error)
    return redirect(url_for(".prepared_one", prepared_id=prepared_id), 303)
