"""Letters begun: kept by the form itself or by a button, shown again, let go of."""

from collections.abc import Mapping

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from lre_kit.errors import InputError
from lre_kit.preparing.drafts import LIFE
from lre_web.filters import short_time
from lre_web.mounting import mounted
from lre_web.sender import current_actor, deposit_form, own
from lre_web.texts import language
from lre_web.texts_compose import compose_texts

FIELDS = tuple(
    "for name email capacity capacity_basis matter subject reference notify_at language product needs"
    " understood postal country duplex colour choice_days electronic".split()
)
"""What a draft keeps of the form; the documents stay with who writes."""

_Page = str | Response | BaseResponse | tuple[str, int]


def add_pages(blueprint: Blueprint) -> None:
    """Add the pages."""
    blueprint.add_url_rule("/drafts", "drafts", _list)
    blueprint.add_url_rule("/deposit/draft", "draft_keep", _keep, methods=["POST"])
    blueprint.add_url_rule("/drafts/<draft_id>/drop", "draft_drop", _drop, methods=["POST"])


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


def _list() -> str:
    found = mounted().office.preparing.drafts.of(current_actor().ref)
    return render_template("lre/drafts.html", w=compose_texts(), drafts=found, days=LIFE.days)


def _keep() -> _Page:
    actor, words = current_actor(), compose_texts()
    fields = {name: request.form.get(name, "") for name in FIELDS}
    wants_json = request.accept_mimetypes.best == "application/json"
    try:
        kept = mounted().office.preparing.drafts.keep(
            actor.ref, fields, draft_id=request.form.get("draft", "")
        )
    except InputError as error:
        if wants_json:
            told = jsonify(problem=error.problem)
            told.status_code = error.status
            return told
        return deposit_form(request.form, error), error.status
    if wants_json:
        at = short_time(kept.changed_at, language()).partition(", ")[2]
        return jsonify(draft=kept.id, told=words["draft_auto"].format(time=at))
    return redirect(url_for(".deposit", draft=kept.id, saved=1), 303)


def _drop(draft_id: str) -> BaseResponse:
    mounted().office.preparing.drafts.drop(current_actor().ref, draft_id)
    return redirect(url_for(".drafts"), 303)
