"""The pages of templates: the list with the letterhead, one template, its preview as PDF."""

import io
from collections.abc import Callable

from flask import Blueprint, Response, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response as BaseResponse

from lre_kit.errors import LreError, NotFoundError
from lre_kit.mailmerge.setting import Setter
from lre_kit.mailmerge.values import LOGO_MAX_BYTES, Letterhead, TemplateText
from lre_kit.parties.values import Recipient
from lre_web.mounting import mounted
from lre_web.sender.contacts import books, chosen_book, form_number
from lre_web.sender.owning import current_actor
from lre_web.texts import language
from lre_web.words.contacts import contact_texts
from lre_web.words.templates import template_texts

_DONE = frozenset({"saved", "removed"})
_Page = str | Response | BaseResponse | tuple[str, int]


def add_pages(blueprint: Blueprint) -> None:
    """Add the pages to a blueprint."""
    one = "/templates/<template_id>"
    rules: tuple[tuple[str, str, Callable[..., _Page], str], ...] = (
        ("/templates", "templates", _list, "GET"),
        ("/templates", "template_add", _add, "POST"),
        ("/templates/letterhead", "template_head", _head, "POST"),
        ("/templates/preview", "template_preview", _preview, "POST"),
        (one, "template_one", _one, "GET"),
        (one, "template_change", _change, "POST"),
        (f"{one}/remove", "template_remove", _remove, "POST"),
    )
    for rule, endpoint, view, method in rules:
        blueprint.add_url_rule(rule, endpoint, view, methods=[method])


def letterhead_of(owner: str) -> Letterhead:
    """Return an owner's letterhead; if they made none, their name alone."""
    kept = mounted().office.templates.letterhead(owner)
    if kept is not None:
        return kept
    actor = current_actor()
    return Letterhead(name=actor.name if owner == actor.ref else books()[owner])


def _of(owner: str) -> str | None:
    return owner if owner != current_actor().ref else None


def _list() -> _Page:
    return _list_page()


def _list_page(error: LreError | None = None) -> _Page:
    owner, done = chosen_book(), request.args.get("done", "")
    head = letterhead_of(owner)
    made = render_template(
        "lre/templates.html",
        m=template_texts(),
        k=contact_texts(),
        templates=mounted().office.templates.all(owner),
        head=head,
        typed=request.form,
        books=books(),
        of=_of(owner),
        error=error,
        done=done if done in _DONE else "",
    )
    return (made, error.status) if error is not None else made


def _typed() -> TemplateText:
    form = request.form
    return TemplateText(name=form.get("name", ""), subject=form.get("subject", ""), text=form.get("text", ""))


def _add() -> _Page:
    owner = chosen_book()
    try:
        made = mounted().office.templates.add(owner, _typed())
    except LreError as error:
        return _list_page(error)
    return redirect(url_for(".template_one", template_id=made.id, of=_of(owner), done="saved"), 303)


def _one(template_id: str) -> _Page:
    return _one_page(template_id)


def _one_page(template_id: str, error: LreError | None = None) -> _Page:
    owner, done = chosen_book(), request.args.get("done", "")
    found = mounted().office.templates.by_id(owner, template_id)
    typed = request.form if error is not None else {
        "name": found.text.name, "subject": found.text.subject, "text": found.text.text,
    }  # fmt: skip
    made = render_template(
        "lre/templates_one.html",
        m=template_texts(),
        template=found,
        typed=typed,
        of=_of(owner),
        error=error,
        done=done if done in _DONE else "",
    )
    return (made, error.status) if error is not None else made


def _change(template_id: str) -> _Page:
    owner = chosen_book()
    try:
        mounted().office.templates.change(owner, template_id, _typed(), version=form_number("version"))
    except NotFoundError:
        raise
    except LreError as error:
        return _one_page(template_id, error)
    return redirect(url_for(".template_one", template_id=template_id, of=_of(owner), done="saved"), 303)


def _remove(template_id: str) -> _Page:
    owner = chosen_book()
    mounted().office.templates.remove(owner, template_id)
    return redirect(url_for(".templates", of=_of(owner), done="removed"), 303)


def _preview() -> _Page:
    """Show a template as it is typed; nothing is kept."""
    owner, office = chosen_book(), mounted().office
    try:
        text = _typed().checked()
        values = {column: f"{{{column}}}" for column in text.columns if column != "date"}
        with Setter(text, letterhead_of(owner).checked(), at=office.clock()) as setter:
            someone = Recipient(name=contact_texts()["name"], email="name@example.org")
            made = setter.pdf(someone, values, language=language())
    except LreError as error:
        template_id = request.form.get("template", "")
        return _one_page(template_id, error) if template_id else _list_page(error)
    response = send_file(io.BytesIO(made), mimetype="application/pdf", download_name=setter.file_name)
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    return response


def _head() -> _Page:
    owner, form = chosen_book(), request.form
    kept, picture = mounted().office.templates.letterhead(owner), request.files.get("logo")
    logo = None if kept is None or "no_logo" in form else kept.logo
    if picture is not None and picture.filename:
        logo = picture.stream.read(LOGO_MAX_BYTES + 1)
    try:
        mounted().office.templates.set_letterhead(
            owner,
            Letterhead(
                name=form.get("head_name", ""),
                lines=tuple(form.get("lines", "").splitlines()),
                signature=form.get("signature", ""),
                logo=logo,
            ),
        )
    except LreError as error:
        return _list_page(error)
    return redirect(url_for(".templates", of=_of(owner), done="saved"), 303)
