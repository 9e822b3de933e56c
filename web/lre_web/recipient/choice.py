"""The recipient's choice between electronic and paper, made from what may be shown before acceptance.

Whoever holds the link may choose: it discloses nothing. Electronic still asks for identification, and paper
is handed over at the door.
"""

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from lre_kit.errors import InputError, UnlawfulActError
from lre_kit.letters.phases import POSTED, Phase
from lre_kit.letters.values import NoticeView
from lre_web.mounting import mounted
from lre_web.words.post import post_words

ON_ITS_WAY = POSTED | {Phase.PAPER_CHOSEN, Phase.RELAY_FAILED}
"""Phases of a letter whose recipient gets paper."""


def has_choice_page(view: NoticeView) -> bool:
    """Tell whether the choice is open, or paper is on its way."""
    return view.phase is Phase.CHOOSING or view.phase in ON_ITS_WAY


def choice_page(view: NoticeView, *, error: Exception | None = None, status: int = 200) -> tuple[str, int]:
    """Return the page of the choice."""
    office = mounted().office
    in_time = view.window_closes_at is not None and office.clock() < view.window_closes_at
    page = render_template(
        "lre/notice_choice.html",
        view=view,
        p=post_words(),
        error=error,
        choosing=view.phase is Phase.CHOOSING and in_time,
        days=office.reading.by_id(view.letter_id).requirements.window_days,
    )
    return page, status


def choose(view: NoticeView) -> tuple[str, int] | BaseResponse:
    """Record the choice of the form at hand."""
    way = request.form.get("way")
    if way not in {"electronic", "paper"}:
        # No way is chosen beforehand: a program that sends every form as it stands decides nothing.
        words = post_words()
        error = InputError(
            words["choose_title"], mend=f"{words['choose_electronic']} / {words['choose_paper']}"
        )
        return choice_page(view, error=error, status=error.status)
    try:
        mounted().office.desk.choose(view.letter_id, paper=way == "paper")
    except UnlawfulActError as error:
        fresh = mounted().office.reading.before_acceptance(view.letter_id)
        if has_choice_page(fresh):
            return choice_page(fresh, error=error, status=error.status)
    return redirect(url_for(".notice"), 303)
