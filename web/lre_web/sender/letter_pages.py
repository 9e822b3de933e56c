"""Beside a letter's page: the sender's notes, and news of what changed.

News are server-sent events whose answer ends at once. Under waitress a connection that stays open keeps one
of a few threads, and eight pages left open would stop the office; so the stream says where the letter stands,
tells the browser when to ask again (``retry``), and is over. A letter with its end answers 204, after which
browsers ask no more.
"""

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from lre_kit.errors import InputError
from lre_web.mounting import mounted
from lre_web.sender.letter import letter_page
from lre_web.sender.letter_next import is_settled, sign_of
from lre_web.sender.owning import current_actor, own, own_to_act

AGAIN_MS = 10_000
"""After how long a browser asks again, in milliseconds."""

_Page = str | BaseResponse | tuple[str, int]


def add_pages(blueprint: Blueprint) -> None:
    """Add the notes and the news."""
    blueprint.add_url_rule("/letters/<number>/news", "letter_news", _news)
    blueprint.add_url_rule("/letters/<number>/notes", "note_write", _write, methods=["POST"])
    blueprint.add_url_rule("/letters/<number>/notes/<note_id>/drop", "note_drop", _drop, methods=["POST"])


def _news(number: str) -> Response:
    letter = own(number)
    timeline = mounted().office.reading.timeline(letter.id)
    sign = sign_of(letter, timeline)
    if is_settled(letter, timeline) and request.headers.get("Last-Event-ID") == sign:
        return Response(status=204)
    return Response(
        f"retry: {AGAIN_MS}\nid: {sign}\nevent: state\ndata: {sign}\n\n", mimetype="text/event-stream"
    )


def _write(number: str) -> _Page:
    letter, _ = own_to_act(number)
    try:
        mounted().office.shelf.write_note(
            letter.id, author=current_actor().name, body=request.form.get("body", "")
        )
    except InputError as error:
        return letter_page(letter, error), error.status
    return redirect(url_for(".letter", number=letter.number, _anchor="notes"), 303)


def _drop(number: str, note_id: str) -> BaseResponse:
    letter, _ = own_to_act(number)
    mounted().office.shelf.drop_note(letter.id, note_id)
    return redirect(url_for(".letter", number=letter.number, _anchor="notes"), 303)
