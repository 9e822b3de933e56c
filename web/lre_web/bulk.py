"""The pages for letters in bulk: check a table, send it, pause, stop, see what became of each line."""

from collections.abc import Callable

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from lre_kit.bulk.desk import OFFERED
from lre_kit.bulk.results import result_lines
from lre_kit.bulk.tables import read_recipients
from lre_kit.bulk.values import BulkReport, BulkWish
from lre_kit.csv_tables import TableError
from lre_kit.errors import LreError
from lre_kit.identifiers.gate import NotIdentifiedError
from lre_kit.law.products import Product, parse_product, product_name
from lre_kit.letters.values import Upload
from lre_web.extension import mounted
from lre_web.people import sender_acting
from lre_web.sender import current_actor, expect_own_name
from lre_web.texts import language
from lre_web.texts_bulk import bulk_texts

PROBLEMS_SHOWN = 200
"""Lines with a problem that a page tells of; the rest is only counted."""

_Page = str | Response | BaseResponse | tuple[str, int]


def add_pages(blueprint: Blueprint) -> None:
    """Add the pages to a blueprint."""
    rules: tuple[tuple[str, str, Callable[..., _Page], str], ...] = (
        ("/bulk", "bulk", _list, "GET"),
        ("/bulk", "bulk_draft", _draft, "POST"),
        ("/bulk/<bulk_id>", "bulk_one", _one, "GET"),
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
    actor, office = current_actor(), mounted().office
    claims = {product: office.intake.claim(product) for product in OFFERED}
    made = render_template(
        "lre/bulk.html",
        b=bulk_texts(),
        sendings=office.bulk.of(actor.ref),
        products={
            product.value: product_name(product, claim, language()) for product, claim in claims.items()
        },
        lines_max=office.settings.bulk_lines_max,
        typed=request.form,
        error=error,
        report=report,
        problems=report.problems[:PROBLEMS_SHOWN] if report else (),
    )
    if error is not None:
        return made, error.status
    return (made, 422) if report is not None else made


def _draft() -> _Page:
    actor, form, office = current_actor(), request.form, mounted().office
    words, table = bulk_texts(), request.files.get("table")
    try:
        encoding = form.get("encoding", "utf-8")
        if table is None or not table.filename or encoding not in {"utf-8", "cp1252"}:
            raise TableError(words["no_table"], mend=words["no_table_mend"])
        files = [file for file in request.files.getlist("documents") if file.filename]
        report = office.bulk.draft(
            actor.as_sender(),
            read_recipients(
                table.stream,  # type: ignore[arg-type]  # werkzeug's streams are binary files
                encoding=encoding,
                limit=office.settings.bulk_lines_max,
            ),
            [Upload(name=file.filename or "", stream=file.stream) for file in files],
            BulkWish(
                product=parse_product(form.get("product", Product.SIMPLE.value)),
                subject=form.get("subject", ""),
                language=form.get("language") or language(),
                title=form.get("title", ""),
            ),
        )
    except LreError as error:
        return _list_page(error)
    if report.bulk_id is None:
        return _list_page(report=report)
    return redirect(url_for(".bulk_one", bulk_id=report.bulk_id), 303)


def _one(bulk_id: str) -> _Page:
    return _one_page(bulk_id)


def _one_page(bulk_id: str, error: LreError | None = None) -> _Page:
    office = mounted().office
    found = office.bulk.by_id(bulk_id, sender_ref=current_actor().ref)
    refusal = ""
    if isinstance(error, NotIdentifiedError):
        told = error.refusal.words
        refusal = told.fr if language() == "fr" else told.en
    made = render_template(
        "lre/bulk_one.html",
        b=bulk_texts(),
        bulk=found,
        product=product_name(found.product, office.intake.claim(found.product), language()),
        error=error,
        refusal=refusal,
    )
    return (made, error.status) if error is not None else made


def _start(bulk_id: str) -> _Page:
    actor, office = current_actor(), mounted().office
    try:
        product = office.bulk.by_id(bulk_id, sender_ref=actor.ref).product
        acting = sender_acting()
        identified = office.people.gate.sender(product, acting)
        if product is not Product.SIMPLE:
            expect_own_name(actor, acting)
        office.bulk.start(bulk_id, sender_ref=actor.ref, identified=identified)
    except LreError as error:
        return _one_page(bulk_id, error)
    return redirect(url_for(".bulk_one", bulk_id=bulk_id), 303)


def _pause(bulk_id: str) -> _Page:
    try:
        mounted().office.bulk.pause(bulk_id, sender_ref=current_actor().ref)
    except LreError as error:
        return _one_page(bulk_id, error)
    return redirect(url_for(".bulk_one", bulk_id=bulk_id), 303)


def _stop(bulk_id: str) -> _Page:
    try:
        mounted().office.bulk.stop(bulk_id, sender_ref=current_actor().ref)
    except LreError as error:
        return _one_page(bulk_id, error)
    return redirect(url_for(".bulk_one", bulk_id=bulk_id), 303)


def _result(bulk_id: str) -> _Page:
    office = mounted().office
    found = office.bulk.by_id(bulk_id, sender_ref=current_actor().ref)
    lines = (line.encode() for line in result_lines(office.database, found.id))
    response = Response(lines, mimetype="text/csv")
    response.headers["Content-Disposition"] = f"attachment; filename=bulk-{found.id[-8:]}.csv"
    return response
