"""One letter of a sender's: its page with timeline and acts, its proofs, its bundle."""

import io

from flask import (
    Blueprint,
    Response,
    render_template,
    request,
    send_file,
)

from lre_kit.errors import LreError
from lre_kit.letters.values import Letter
from lre_kit.observing.context import bind
from lre_web.frame.security import form_token
from lre_web.mounting import mounted
from lre_web.sender.letter_next import next_dates, sign_of, told_after
from lre_web.sender.owning import may_act, own
from lre_web.sender.post_form import letter_values
from lre_web.texts import language
from lre_web.words.letter import letter_texts

_DONE = frozenset({"address", "withdrawn"})


def add_pages(blueprint: Blueprint) -> None:
    """Add the pages."""
    blueprint.add_url_rule("/letters/<number>", "letter", _letter_page)
    blueprint.add_url_rule("/letters/<number>/proofs/<kind>.pdf", "proof", _proof)
    blueprint.add_url_rule("/letters/<number>/bundle.zip", "bundle", _bundle)


def _letter_page(number: str) -> str:
    letter = own(number)
    bind(letter_id=letter.id)
    return letter_page(letter)


def letter_page(letter: Letter, error: LreError | None = None) -> str:
    """Return a letter's page, with what went wrong with an act of its sender's."""
    office, done = mounted().office, request.args.get("done", "")
    timeline = office.reading.timeline(letter.id)
    return render_template(
        "lre/letter.html",
        l=letter_texts(),
        letter=letter,
        timeline=timeline,
        ahead=next_dates(letter, office.clock()),
        told_after=told_after(letter, timeline),
        sign=sign_of(letter, timeline),
        may_act=may_act(letter),
        notes=office.shelf.notes(letter.id),
        proofs=office.issuer.available(letter.id),
        error=error,
        done=done if done in _DONE else "",
        typed=request.form,
        token=form_token(),
        **letter_values(letter),
    )


def _proof(number: str, kind: str) -> Response:
    letter = own(number)
    pdf = mounted().office.issuer.make(letter.id, kind, request.args.get("lang") and language())
    return send_file(
        io.BytesIO(pdf),
        mimetype="application/pdf",
        download_name=f"{letter.number}-{kind}.pdf",
        as_attachment=True,
    )


def _bundle(number: str) -> Response:
    letter = own(number)
    made = mounted().office.issuer.bundle_zip(letter.id)
    return send_file(
        io.BytesIO(made), mimetype="application/zip", download_name=f"{letter.number}.zip", as_attachment=True
    )
