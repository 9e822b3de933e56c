"""Letters begun: kept by the form itself or by a button, with their documents; shown again, let go of."""

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from lre_kit.errors import InputError
from lre_kit.preparing.drafts import LIFE
from lre_web.frame.error_words import error_words
from lre_web.frame.filters import short_time
from lre_web.mounting import mounted
from lre_web.sender.deposit import deposit_form
from lre_web.sender.draft_form import fields, files_of_form, kept_values, take
from lre_web.sender.owning import current_actor
from lre_web.texts import language
from lre_web.words.compose import compose_texts

_Page = str | Response | BaseResponse | tuple[str, int]


def add_pages(blueprint: Blueprint) -> None:
    """Add the pages."""
    blueprint.add_url_rule("/drafts", "drafts", _list)
    blueprint.add_url_rule("/deposit/draft", "draft_keep", _keep, methods=["POST"])
    blueprint.add_url_rule("/drafts/<draft_id>/drop", "draft_drop", _drop, methods=["POST"])
    blueprint.add_url_rule("/drafts/documents/<document_id>", "draft_document", _document)


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
        kept = room.drafts.keep(ref, fields(), draft_id=form.get("draft", ""))
    except InputError as error:
        if wants_json:
            told = jsonify(problem=" ".join(error_words(error, language())))
            told.status_code = error.status
            return told
        return deposit_form(form, error), error.status
    typed = {**form.to_dict(), "draft": kept.id}
    wrong = take(kept.id)
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


def _document(document_id: str) -> Response:
    found, pieces = mounted().office.preparing.draft_documents.open(current_actor().ref, document_id)
    response = Response(pieces, mimetype="application/octet-stream")
    response.headers.set("Content-Disposition", "attachment", filename=found.name)
    return response


def _drop(draft_id: str) -> BaseResponse:
    mounted().office.preparing.drafts.drop(current_actor().ref, draft_id)
    return redirect(url_for(".drafts"), 303)
