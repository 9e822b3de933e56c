"""Drafts in the deposit's form: what it begins with, what is kept of it, the documents it brings."""

from collections.abc import Mapping, Sequence
from contextlib import suppress

from flask import request
from werkzeug.datastructures import FileStorage

from lre_kit.errors import InputError, LreError
from lre_kit.letters.values import Upload
from lre_kit.preparing.draft_documents import DraftDocument
from lre_web.mounting import mounted
from lre_web.sender.owning import current_actor, own
from lre_web.words.compose import compose_texts

FIELDS = tuple(
    "name email capacity capacity_basis matter subject reference notify_at pre_notice language product"
    " needs understood postal country duplex colour choice_days electronic for".split()
)
"""What a draft keeps of the form; its documents are kept beside."""


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
            .office.preparing.drafts.keep(current_actor().ref, fields(), draft_id=typed.get("draft", ""))
            .id
        )
        typed["draft"] = draft_id
        take(draft_id)
    return typed


def kept_values(typed: Mapping[str, str]) -> Mapping[str, object]:
    """Return what the form shows of the documents that a draft keeps."""
    kept: Sequence[DraftDocument] = ()
    if draft_id := typed.get("draft", ""):
        kept = mounted().office.preparing.draft_documents.of(current_actor().ref, draft_id)
    left = set(request.form.getlist("shown")) - set(request.form.getlist("kept"))
    return {"kept": kept, "left": left, "w": compose_texts()}


def fields() -> Mapping[str, str]:
    """Return what a draft keeps of the form that came."""
    return {name: request.form.get(name, "") for name in FIELDS}


def take(draft_id: str) -> LreError | None:
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
