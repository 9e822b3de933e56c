"""The pages for letters in bulk: check a table, look at a letter, send, pause, stop, see what became."""

import io
from collections.abc import Callable, Iterable

from flask import Blueprint, Response, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response as BaseResponse

from lre_kit.authority import NoAuthorityError
from lre_kit.bulk.desk import OFFERED
from lre_kit.bulk.results import result_lines
from lre_kit.bulk.tables import read_recipients
from lre_kit.bulk.values import Bulk, BulkReport, BulkState, BulkWish, MergeWish
from lre_kit.csv_tables import SheetLine, TableError
from lre_kit.errors import LreError
from lre_kit.identifiers.gate import NotIdentifiedError
from lre_kit.law.products import Product, parse_product, product_name
from lre_kit.letters.paper import ON_PAPER
from lre_kit.letters.values import Upload
from lre_kit.parties.values import Sender
from lre_web.frame.people import sender_acting
from lre_web.mounting import mounted
from lre_web.sender import post_form
from lre_web.sender.contacts import books, chosen_book
from lre_web.sender.in_name_of import behalf_of, me
from lre_web.sender.letter_templates import letterhead_of
from lre_web.sender.owning import current_actor, expect_own_name
from lre_web.texts import language
from lre_web.words.bulk import bulk_texts
from lre_web.words.contacts import contact_texts

PROBLEMS_SHOWN = 200
"""Lines with a problem that a page tells of; the rest is only counted."""

_Page = str | Response | BaseResponse | tuple[str, int]


def add_pages(blueprint: Blueprint) -> None:
    """Add the pages to a blueprint."""
    rules: tuple[tuple[str, str, Callable[..., _Page], str], ...] = (
        ("/bulk", "bulk", _list, "GET"),
        ("/bulk", "bulk_draft", _draft, "POST"),
        ("/bulk/<bulk_id>", "bulk_one", _one, "GET"),
        ("/bulk/<bulk_id>/lines/<int:line>.pdf", "bulk_preview", _preview, "GET"),
        ("/bulk/<bulk_id>/start", "bulk_start", _start, "POST"),
        ("/bulk/<bulk_id>/pause", "bulk_pause", _pause, "POST"),
        ("/bulk/<bulk_id>/stop", "bulk_stop", _stop, "POST"),
        ("/bulk/<bulk_id>/result.csv", "bulk_result", _result, "GET"),
    )
    for rule, endpoint, view, method in rules:
        blueprint.add_url_rule(rule, endpoint, view, methods=[method])


def _list() -> _Page:
    return _list_page()


def _list_page(error: LreError | None = None, report: BulkReport | None = None) -> _Page:
    actor, office, owner = current_actor(), mounted().office, chosen_book()
    on_paper = post_form.offered_on_paper()
    offered = [product for product in OFFERED if product not in ON_PAPER or product in on_paper]
    typed = request.form or request.args
    made = render_template(
        "lre/bulk.html",
        b=bulk_texts(),
        k=contact_texts(),
        sendings=office.bulk.of(owner),
        products={
            product.value: product_name(product, office.intake.claim(product), language())
            for product in offered
        },
        lines_max=office.settings.bulk_lines_max,
        books=books(),
        of=owner if owner != actor.ref else None,
        prepares=owner != actor.ref and not _signs(owner),
        groups=office.contacts.groups.all(owner),
        templates=office.templates.all(owner),
        typed=typed,
        error=error,
        report=report,
        problems=report.problems[:PROBLEMS_SHOWN] if report else (),
        **post_form.form_values(),
    )
    if error is not None:
        return made, error.status
    return (made, 422) if report is not None else made


def _signs(owner: str) -> bool:
    """Tell whether who is here may send in a house's name."""
    person = me()
    authorities = mounted().office.people.authorities
    return person is not None and owner in {each.id for each in authorities.to_sign(person.id)}


def _sender(owner: str) -> tuple[Sender, str | None]:
    """Return who sends, and who prepares it if they may not send it.

    Raises:
        RequirementError: The house has no verified e-mail address.
    """
    actor, person = current_actor(), me()
    if owner == actor.ref:
        return actor.as_sender(), None
    if person is None:
        raise NoAuthorityError
    people = mounted().office.people
    house = people.parties.by_id(owner)
    sender = Sender(ref=house.id, name=house.name, email=people.authorities.address_of(house))
    return sender, None if _signs(owner) else person.id


def _table(owner: str, product: Product) -> Iterable[SheetLine]:
    """Return the recipients: a group of the address book, or the table that came.

    Raises:
        TableError: There is neither.
    """
    form, office, words = request.form, mounted().office, bulk_texts()
    table, encoding = request.files.get("table"), form.get("encoding", "utf-8")
    has_table = table is not None and bool(table.filename)
    if form.get("group") and not has_table:
        return office.contacts.sheets.table_of_group(owner, form["group"])
    if table is None or not has_table or encoding not in {"utf-8", "cp1252"}:
        raise TableError(words["no_table"], mend=words["no_table_mend"])
    return read_recipients(
        table.stream,  # type: ignore[arg-type]  # werkzeug's streams are binary files
        encoding=encoding,
        limit=office.settings.bulk_lines_max,
        product=product,
    )


def _merge(owner: str) -> MergeWish | None:
    chosen = request.form.get("template", "")
    if not chosen:
        return None
    template = mounted().office.templates.by_id(owner, chosen).text
    return MergeWish(template=template, head=letterhead_of(owner))


def _uploads(field: str) -> list[Upload]:
    files = [file for file in request.files.getlist(field) if file.filename]
    return [Upload(name=file.filename or "", stream=file.stream) for file in files]


def _draft() -> _Page:
    owner, form, office = chosen_book(), request.form, mounted().office
    try:
        product = parse_product(form.get("product", Product.SIMPLE.value))
        sender, prepared_by = _sender(owner)
        report = office.bulk.draft(
            sender,
            _table(owner, product),
            _uploads("documents"),
            BulkWish(
                product=product,
                subject=form.get("subject", ""),
                language=form.get("language") or language(),
                title=form.get("title", ""),
                merge=_merge(owner),
                paper=post_form.typed_wish(form) if product in ON_PAPER else None,
            ),
            files=_uploads("files"),
            prepared_by=prepared_by,
        )
    except LreError as error:
        return _list_page(error)
    if report.bulk_id is None:
        return _list_page(report=report)
    return redirect(url_for(".bulk_one", bulk_id=report.bulk_id), 303)


def _seen(bulk_id: str) -> Bulk:
    """Return a bulk sending of who is here, or of a house that they prepare or send for.

    Raises:
        NotFoundError: There is none, or it is none of theirs.
    """
    actor, office = current_actor(), mounted().office
    found = office.bulk.by_id(bulk_id)
    if found.sender_ref != actor.ref and found.sender_ref not in books():
        return office.bulk.by_id(bulk_id, sender_ref=actor.ref)
    return found


def _one(bulk_id: str) -> _Page:
    return _one_page(bulk_id)


def _one_page(bulk_id: str, error: LreError | None = None) -> _Page:
    office, found = mounted().office, _seen(bulk_id)
    refusal = ""
    if isinstance(error, NotIdentifiedError):
        told = error.refusal.words
        refusal = told.fr if language() == "fr" else told.en
    is_own = found.sender_ref == current_actor().ref
    begins = found.state in {BulkState.DRAFT, BulkState.PAUSED}
    refused = office.bulk.refused(found.id, sender_ref=found.sender_ref) if begins else []
    made = render_template(
        "lre/bulk_one.html",
        b=bulk_texts(),
        bulk=found,
        refused=refused,
        problems=refused[:PROBLEMS_SHOWN],
        product=product_name(found.product, office.intake.claim(found.product), language()),
        house="" if is_own else books()[found.sender_ref],
        of=None if is_own else found.sender_ref,
        may_start=is_own or _signs(found.sender_ref),
        may_act=_may_act(found),
        previews=office.bulk.first_lines(found.id) if found.is_merged and not found.state.has_ended else [],
        error=error,
        refusal=refusal,
    )
    return (made, error.status) if error is not None else made


def _may_act(found: Bulk) -> bool:
    """Tell whether who is here may pause or stop it: who may send it, and for a draft who prepared it."""
    person = me()
    is_mine = found.state is BulkState.DRAFT and person is not None and found.prepared_by == person.id
    return found.sender_ref == current_actor().ref or is_mine or _signs(found.sender_ref)


def _preview(bulk_id: str, line: int) -> _Page:
    found = _seen(bulk_id)
    name, made = mounted().office.bulk.preview(found.id, line, sender_ref=found.sender_ref)
    response = send_file(io.BytesIO(made), mimetype="application/pdf", download_name=name)
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    return response


def _start(bulk_id: str) -> _Page:
    actor, office, found = current_actor(), mounted().office, _seen(bulk_id)
    try:
        acting, kind, person_id = sender_acting(), found.identifies_as, None
        if found.sender_ref != actor.ref:
            behalf = behalf_of(found.sender_ref)
            if behalf is None or not behalf.authority.is_member:
                raise NoAuthorityError
            acting, person_id = behalf.acting(acting), behalf.person.id
        identified = office.people.gate.sender(kind, acting)
        if person_id is not None and identified is None:
            raise NoAuthorityError
        if kind not in {Product.SIMPLE, Product.HYBRID}:
            expect_own_name(actor, acting)
        office.bulk.start(bulk_id, sender_ref=found.sender_ref, identified=identified, person_id=person_id)
    except LreError as error:
        return _one_page(bulk_id, error)
    return redirect(url_for(".bulk_one", bulk_id=bulk_id), 303)


def _pause(bulk_id: str) -> _Page:
    return _act(bulk_id, mounted().office.bulk.pause)


def _stop(bulk_id: str) -> _Page:
    return _act(bulk_id, mounted().office.bulk.stop)


def _act(bulk_id: str, act: Callable[..., Bulk]) -> _Page:
    found = _seen(bulk_id)
    try:
        if not _may_act(found):
            raise NoAuthorityError
        act(bulk_id, sender_ref=found.sender_ref)
    except LreError as error:
        return _one_page(bulk_id, error)
    return redirect(url_for(".bulk_one", bulk_id=bulk_id), 303)


def _result(bulk_id: str) -> _Page:
    office, found = mounted().office, _seen(bulk_id)
    lines = (line.encode() for line in result_lines(office.database, found.id))
    response = Response(lines, mimetype="text/csv")
    response.headers["Content-Disposition"] = f"attachment; filename=bulk-{found.id[-8:]}.csv"
    return response
