"""Beside the recipient's way: not for me, everything in one file, letters before, accessibility."""

import re
import zipfile
from importlib.metadata import version
from tempfile import SpooledTemporaryFile
from typing import IO, cast

from flask import Blueprint, Response, current_app, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response as BaseResponse

from lre_kit.errors import InputError, UnlawfulActError
from lre_kit.letters.numbers import parse_number
from lre_kit.letters.own_rows import OPEN
from lre_kit.letters.reading import not_found
from lre_kit.letters.values import NoticeView
from lre_web.frame.cookies import read_cookie, set_cookie
from lre_web.frame.people import LETTER_COOKIE, shown_for_letter
from lre_web.mounting import mounted
from lre_web.recipient.pages import expect_disclosed, with_letter
from lre_web.words.recipient import recipient_texts

_IN_MEMORY_BYTES = 8 * 1024 * 1024

Page = str | Response | BaseResponse | tuple[str, int]


def add_pages(blueprint: Blueprint) -> None:
    """Add the pages."""
    blueprint.add_url_rule("/r/not-for-me", "not_for_me", _not_for_me)
    blueprint.add_url_rule("/r/not-for-me", "not_for_me_say", _say, methods=["POST"])
    blueprint.add_url_rule("/r/everything.zip", "everything", _everything)
    blueprint.add_url_rule("/r/past", "past", _past)
    blueprint.add_url_rule("/r/past", "past_open", _open, methods=["POST"])
    blueprint.add_url_rule("/accessibility", "accessibility", _accessibility)
    blueprint.context_processor(lambda: {"r": recipient_texts()})


@with_letter
def _not_for_me(view: NoticeView) -> Page:
    return _not_page(view)


def _not_page(view: NoticeView, error: Exception | None = None) -> str:
    said_at = mounted().office.misdirected.said_at(view.letter_id)
    is_open = view.phase in OPEN
    return render_template("lre/not_for_me.html", view=view, error=error, said_at=said_at, is_open=is_open)


@with_letter
def _say(view: NoticeView) -> Page:
    """Take it down for whoever typed the number's beginning: programs that send every form do not."""
    words, typed = recipient_texts(), request.form.get("begins", "").strip().upper()
    if request.form.get("letter") != view.number or typed != view.number[:4]:
        error = InputError(words["not_typed"], mend=words["not_typed_mend"])
        return _not_page(view, error), error.status
    office = mounted().office
    # A link of before the address was corrected is somebody else's: it stops nobody's reminders.
    if not (office.links.was_sent_to(read_cookie(LETTER_COOKIE), view.recipient_email) or _is_reader(view)):
        refused = InputError(words["not_reader"], mend=words["not_reader_mend"])
        return _not_page(view, refused), refused.status
    try:
        office.misdirected.say(view.letter_id, email=view.recipient_email)
    except UnlawfulActError as error:
        return _not_page(view, error), error.status
    return redirect(url_for(".not_for_me"), 303)


@with_letter
def _everything(view: NoticeView) -> Page:
    expect_disclosed(view)
    # Large ones lie on disk while they are sent.
    kept = SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES)  # noqa: SIM115 - the answer closes it
    office, made = mounted().office, cast("IO[bytes]", kept)
    letter = office.reading.by_id(view.letter_id)
    with zipfile.ZipFile(made, "w") as archive:
        for document in letter.documents:
            info, pieces = office.desk.open_document(letter.id, document.position)
            with archive.open(_place(info.position, info.name), "w", force_zip64=True) as target:
                for piece in pieces:
                    target.write(piece)
        if any(one.kind == "receipt" and one.is_ready for one in office.issuer.available(letter.id)):
            pdf = office.issuer.make(letter.id, "receipt")
            archive.writestr(f"proofs/{letter.number}-receipt.pdf", pdf)
        bundle = office.issuer.bundle_zip(letter.id, documents=False)
        archive.writestr(f"proofs/{letter.number}-bundle.zip", bundle)
    made.seek(0)
    return send_file(
        made, mimetype="application/zip", download_name=f"{letter.number}.zip", as_attachment=True
    )


@with_letter
def _past(view: NoticeView) -> Page:
    if not _is_reader(view):
        return redirect(url_for(".notice"), 303)
    found = mounted().office.finding.to_mailbox(view.recipient_email)
    others = [one for one in found if one.id != view.letter_id]
    return render_template("lre/past.html", view=view, others=others)


def _place(position: int, name: str) -> str:
    """Return where a document lies in the file: a name that leads nowhere else when it is unpacked."""
    plain = re.sub(r'[\\/:*?"<>|\x00-\x1f]', "_", name).strip(". ")[-120:] or "document"
    return f"documents/{position:02d}-{plain}"


def _is_reader(view: NoticeView) -> bool:
    """Tell whether a code that went to this letter's mailbox was typed here."""
    shown = shown_for_letter()
    return shown is not None and shown.letter_id == view.letter_id


@with_letter
def _open(view: NoticeView) -> Page:
    """Turn to another letter of the same mailbox; it asks for a code of its own."""
    office, number = mounted().office, parse_number(request.form.get("number", ""))
    if not _is_reader(view) or number is None:
        raise not_found()
    found = office.finding.to_mailbox(view.recipient_email)
    chosen = next((one for one in found if one.number == number), None)
    if chosen is None:
        raise not_found()
    response = redirect(url_for(".notice"), 303)
    assert isinstance(response, Response)
    set_cookie(response, LETTER_COOKIE, office.links.token(chosen.id, view.recipient_email), max_age=None)
    return response


def _accessibility() -> str:
    """Return the statement, made from what is mounted here."""
    prefix = f"{request.blueprint}."
    rules = [rule for rule in current_app.url_map.iter_rules() if rule.endpoint.startswith(prefix)]
    pages = {rule.endpoint for rule in rules if "GET" in (rule.methods or ()) and "." not in rule.rule}
    settings = mounted().office.settings
    return render_template(
        "lre/accessibility.html", pages=len(pages), address=settings.mail_from, version=version("lre-kit")
    )
