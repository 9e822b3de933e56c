"""Letters begun: kept by the form itself or by a button, with their documents; shown again, let go of."""

from collections.abc import Mapping, Sequence
from contextlib import suppress

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response as BaseResponse

from lre_kit.errors import InputError, LreError
from lre_kit.letters.values import Upload
from lre_kit.preparing.draft_documents import DraftDocument
from lre_kit.preparing.drafts import LIFE
from lre_web.error_words import error_words
from lre_web.filters import short_time
from lre_web.mounting import mounted
from lre_web.sender import current_actor, deposit_form, own
from lre_web.texts import language
from lre_web.texts_compose import compose_texts

FIELDS = tuple(
    "name email capacity capacity_basis matter subject reference notify_at pre_notice language product"
    " needs understood postal country duplex colour choice_days electronic for".split()
)
"""What a draft keeps of the form; its documents are kept beside."""

_Page = str | Response | BaseResponse | tuple[str, int]


def add_pages(blueprint: Blueprint) -> None:
    """Add the pages."""
    blueprint.add_url_rule("/drafts", "drafts", _list)
    blueprint.add_url_rule("/deposit/draft", "draft_keep", _keep, methods=["POST"])
    blueprint.add_url_rule("/drafts/<draft_id>/drop", "draft_drop", _drop, methods=["POST"])
    blueprint.add_url_rule("/drafts/documents/<document_id>", "draft_document", _document)


def begun() -> Mapping[str, str]:
    """Return what the form begins with: a draft, or the recipient of a letter that was sent; else nothing."""
    ref = current_actor().ref
    if draft_id := request.args.get("draft", ""):
        found = mounted().office.preparing.drafts.by_id(ref, draft_id)
        return {**found.fields, "draft": found.id}
    if number := request.args.get("to", ""):
        letter = own(number)
        to = letter.recipient
        return {
            "name": to.name,
            "email": to.email,
            "capacity": to.capacity.value,
            "capacity_basis": to.capacity_basis,
            "language": letter.language,
            "product": letter.product.value,
        }
    return {}


def let_go(typed: Mapping[str, str]) -> None:
    """Let go of the draft that a form came from: its letter is deposited."""
    if draft_id := typed.get("draft", ""):
        mounted().office.preparing.drafts.drop(current_actor().ref, draft_id)


def files_of_form() -> Sequence[FileStorage]:
    """Return the files that came with the form."""
    return [file for file in request.files.getlist("documents") if file.filename]


def uploads_of_form() -> list[Upload]:
    """Return what the form sends: the documents its draft keeps, but those left out, and the files that came.

    Raises:
        DraftChangedError: The draft keeps other documents than the form showed.
    """
    form, kept = request.form, []
    if form.get("draft"):
        kept = mounted().office.preparing.draft_documents.uploads(
            current_actor().ref, form["draft"], shown=form.getlist("shown"), chosen=form.getlist("kept")
        )
    return [*kept, *(Upload(name=file.filename or "", stream=file.stream) for file in files_of_form())]


def rescued() -> Mapping[str, str]:
    """Keep what the form brought, because it could not be deposited; return what was typed, in its draft.

    A file that cannot be kept is left out: the page says what is wrong.
    """
    typed = request.form.to_dict()
    if not files_of_form():
        return typed
    with suppress(InputError):
        draft_id = (
            mounted()
            .office.preparing.drafts.keep(current_actor().ref, _fields(), draft_id=typed.get("draft", ""))
            .id
        )
        typed["draft"] = draft_id
        _take(draft_id)
    return typed


def kept_values(typed: Mapping[str, str]) -> Mapping[str, object]:
    """Return what the form shows of the documents that a draft keeps."""
    kept: Sequence[DraftDocument] = ()
    if draft_id := typed.get("draft", ""):
        kept = mounted().office.preparing.draft_documents.of(current_actor().ref, draft_id)
    left = set(request.form.getlist("shown")) - set(request.form.getlist("kept"))
    return {"kept": kept, "left": left, "w": compose_texts()}


def _fields() -> Mapping[str, str]:
    return {name: request.form.get(name, "") for name in FIELDS}


def _list() -> str:
    room, ref = mounted().office.preparing, current_actor().ref
    return render_template(
        "lre/drafts.html",
        w=compose_texts(),
        drafts=room.drafts.of(ref),
        counts=room.draft_documents.counts(ref),
        days=LIFE.days,
    )


def _keep() -> _Page:
    ref, words, form = current_actor().ref, compose_texts(), request.form
    wants_json = request.accept_mimetypes.best == "application/json"
    room = mounted().office.preparing
    try:
        kept = room.drafts.keep(ref, _fields(), draft_id=form.get("draft", ""))
    except InputError as error:
        if wants_json:
            told = jsonify(problem=" ".join(error_words(error, language())))
            told.status_code = error.status
            return told
        return deposit_form(form, error), error.status
    typed = {**form.to_dict(), "draft": kept.id}
    wrong = _take(kept.id)
    if wants_json:
        at = short_time(kept.changed_at, language()).partition(", ")[2]
        answer = {"draft": kept.id, "told": words["draft_auto"].format(time=at)}
        if files_of_form():
            answer["documents"] = render_template("lre/deposit_kept.html", **kept_values(typed))
        if wrong is not None:
            answer["problem"] = " ".join(error_words(wrong, language()))
        return jsonify(answer)
    room.draft_documents.keep_only(ref, kept.id, shown=form.getlist("shown"), chosen=form.getlist("kept"))
    if wrong is not None:
        return deposit_form(typed, wrong), wrong.status
    return redirect(url_for(".deposit", draft=kept.id, saved=1), 303)


def _take(draft_id: str) -> LreError | None:
    """Keep the files that came, each that can be kept; return what is wrong with the first other."""
    wrong: LreError | None = None
    for file in files_of_form():
        file.stream.seek(0)
        upload = Upload(name=file.filename or "", stream=file.stream)
        try:
            mounted().office.preparing.draft_documents.add(current_actor().ref, draft_id, upload)
        except InputError as error:
            wrong = wrong or error
    return wrong


def _document(document_id: str) -> Response:
    found, pieces = mounted().office.preparing.draft_documents.open(current_actor().ref, document_id)
    response = Response(pieces, mimetype="application/octet-stream")
    response.headers.set("Content-Disposition", "attachment", filename=found.name)
    return response


def _drop(draft_id: str) -> BaseResponse:
    mounted().office.preparing.drafts.drop(current_actor().ref, draft_id)
    return redirect(url_for(".drafts"), 303)
