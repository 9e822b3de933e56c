"""The pages by which tables go into an address book, and out of it."""

from collections.abc import Callable

from flask import Blueprint, Response, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from lre_kit.contacts.values import ImportReport
from lre_kit.csv_tables import TableError
from lre_kit.errors import LreError
from lre_web.mounting import mounted
from lre_web.sender.contacts import chosen_book, frame, room
from lre_web.words.contacts import contact_texts

LINES_SHOWN = 200
"""Lines that a page tells of; the rest is only counted."""

ENCODINGS = ("utf-8", "cp1252")
"""How a table in CSV may be written."""

_Page = str | Response | BaseResponse | tuple[str, int]


def add_pages(blueprint: Blueprint) -> None:
    """Add the pages to a blueprint."""
    rules: tuple[tuple[str, str, Callable[..., _Page], str], ...] = (
        ("/contacts/import", "contacts_import", _form, "GET"),
        ("/contacts/import", "contacts_take_in", _take_in, "POST"),
        ("/contacts/export.csv", "contacts_export", _export, "GET"),
    )
    for rule, endpoint, view, method in rules:
        blueprint.add_url_rule(rule, endpoint, view, methods=[method])


def _form() -> _Page:
    return _form_page()


def _form_page(report: ImportReport | None = None, error: LreError | None = None, title: str = "") -> _Page:
    owner = chosen_book()
    made = render_template(
        "lre/contacts_import.html",
        lines_max=mounted().office.settings.bulk_lines_max,
        report=report,
        problems=list(report.problems.items())[:LINES_SHOWN] if report else (),
        differing=report.differing[:LINES_SHOWN] if report else (),
        title=title,
        typed=request.form,
        chosen_group=request.values.get("group", ""),
        error=error,
        **frame(owner),
    )
    if error is not None:
        return made, error.status
    return (made, 422) if report is not None and report.problems else made


def _take_in() -> _Page:
    owner, sheets, form, words = chosen_book(), room().sheets, request.form, contact_texts()
    table, encoding = request.files.get("table"), form.get("encoding", "utf-8")
    try:
        if table is None or not table.filename or encoding not in ENCODINGS:
            raise TableError(words["no_table"], mend=words["no_table_mend"])
        lines = sheets.read(
            table.stream,  # type: ignore[arg-type]  # werkzeug's streams are binary files
            encoding=encoding,
            limit=mounted().office.settings.bulk_lines_max,
        )
        if "check" in form:
            report, title = sheets.check(owner, lines), words["r_checked"]
        else:
            report, title = (
                sheets.take_in(
                    owner,
                    lines,
                    group_id=form.get("group") or None,
                    replace_differing=form.get("differing") == "replace",
                ),
                words["r_done"],
            )
    except LreError as error:
        return _form_page(error=error)
    return _form_page(report, title=words["r_wrong"] if report.problems else title)


def _export() -> _Page:
    owner, group_id = chosen_book(), request.args.get("group") or None
    if group_id is not None:
        room().groups.by_id(owner, group_id)
    lines = (line.encode() for line in room().sheets.lines(owner, group_id=group_id))
    response = Response(lines, mimetype="text/csv")
    response.headers["Content-Disposition"] = "attachment; filename=contacts.csv"
    return response
