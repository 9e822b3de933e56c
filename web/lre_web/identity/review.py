"""The operators' pages: the queue of identity cases, one case, its pictures, and the verdict.

Who is not an operator finds no such pages (404). A case shows only to the operator who holds it, and
every picture that is opened is on record. Everything that changes something is a form.
"""

import io
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request, send_file, url_for

from lre_kit.errors import AlreadyDecidedError, LreError, NotFoundError
from lre_kit.law.assurance import Level
from lre_kit.parties.proofing_errors import CaseTakenError, NotYourCaseError, OwnCaseError, VerdictError
from lre_kit.parties.proofing_review import ReviewView
from lre_kit.parties.proofing_rules import ADDRESSEE, BLOCKING_FLAGS
from lre_kit.parties.proofing_values import CaseState, CaseView, Part, Verdict
from lre_kit.parties.review_words import CHECKS, FLAGS, review_word
from lre_web.identity.site import Answer, identity_site, with_headers
from lre_web.identity.spreads import attribute_rows
from lre_web.identity.words import challenge_words, spans
from lre_web.texts import language
from lre_web.words.identity_errors import IdentityFormError
from lre_web.words.identity_review import AGAIN_REASONS, REFUSE_REASONS, review_catalogue, review_texts

PAGE = 50
"""Cases on one page of the queue."""

REASON_MAX_CHARS = 1000
"""Longest reason, with the one chosen from the list."""


def add_pages(
    blueprint: Blueprint, *, answered: Callable[[Callable[..., Answer]], Callable[..., Answer]]
) -> None:
    """Add the operators' pages; `answered` wraps each view."""
    rules: tuple[tuple[str, str, Callable[..., Answer], str], ...] = (
        ("/review", "review", _queue, "GET"),
        ("/review/<case_id>", "review_case", _case, "GET"),
        ("/review/<case_id>/claim", "review_claim", _claim, "POST"),
        ("/review/<case_id>/release", "review_release", _release, "POST"),
        ("/review/<case_id>/decide", "review_decide", _decide, "POST"),
        ("/review/<case_id>/picture/<part>", "review_picture", _picture, "GET"),
    )
    for rule, endpoint, view, method in rules:
        blueprint.add_url_rule(rule, endpoint, answered(view), methods=[method])

    @blueprint.context_processor
    def words() -> dict[str, Any]:
        return {"o": review_texts()}


def _operator() -> str:
    """Return who reviews; for everybody else these pages do not exist."""
    found = identity_site().operator()
    if not found:
        abort(404)
    return found


def _queue() -> Answer:
    return _queue_page(_operator())


def _queue_page(operator: str, error: LreError | None = None) -> Answer:
    site = identity_site()
    after = request.args.get("after") or None
    waiting = site.reviews.queue(limit=PAGE, after=after)
    made = render_template(
        "lre/identity_queue.html",
        mine=site.reviews.queue(limit=PAGE, mine=operator),
        waiting=[entry for entry in waiting if entry.claimed_by != operator],
        last=waiting[-1].case_id if len(waiting) == PAGE else None,
        status=site.desk.queue_status(),
        spans=spans(site.desk.rules),
        now=site.now,
        done=review_texts().get(f"done_{request.args.get('done', '')}"),
        error=error,
    )
    return (made, error.status) if error else made


def _claim(case_id: str) -> Answer:
    operator = _operator()
    try:
        identity_site().reviews.claim(case_id, operator)
    except (CaseTakenError, OwnCaseError) as error:
        return _queue_page(operator, error)
    return redirect(url_for(".review_case", case_id=case_id), 303)


def _release(case_id: str) -> Answer:
    operator = _operator()
    try:
        identity_site().reviews.release(case_id, operator)
    except NotYourCaseError as error:
        return _queue_page(operator, error)
    return redirect(url_for(".review", done="release"), 303)


def _case(case_id: str) -> Answer:
    operator = _operator()
    try:
        view = identity_site().reviews.open(case_id, operator)
    except NotYourCaseError as error:
        return render_template("lre/identity_not_held.html", case_id=case_id, error=error), error.status
    return _case_page(view, operator)


def _case_page(view: ReviewView, operator: str, error: LreError | None = None) -> Answer:
    site = identity_site()
    held = [entry for entry in site.reviews.queue(mine=operator) if entry.case_id == view.case.id]
    levels = list(Level)
    made = render_template(
        "lre/identity_review.html",
        view=view,
        rows=attribute_rows(view),
        parts=sorted(view.case.parts, key=lambda part: list(Part).index(part.part)),
        addressee=site.people.addressee_of(view.case),
        flag_word=lambda slug: review_word(FLAGS, slug, language()),
        check_word=lambda key: review_word(CHECKS, key, language()),
        challenge=challenge_words(view.case.challenge),
        levels=[level for level in reversed(levels) if view.level_max.at_least(level)],
        refuse_reasons=_reasons(REFUSE_REASONS, view.case.language),
        again_reasons=_reasons(AGAIN_REASONS, view.case.language),
        rules=site.reviews.rules,
        verdicts_before=held[0].verdicts_so_far if held else 0,
        reason_max=REASON_MAX_CHARS,
        error=error,
        typed=request.form,
        unticked=error.missing if isinstance(error, VerdictError) else (),
        now=site.now,
    )
    return with_headers((made, error.status if error else 200))


def _reasons(names: tuple[str, ...], spoken: str) -> dict[str, str]:
    """Return reasons by name in the person's language: they will read them."""
    words = review_catalogue(spoken)
    return {name: words[f"reason_{name}"] for name in names}


def _picture(case_id: str, part: str) -> Answer:
    """Hand a picture out: to nobody's cache, and able to run nothing."""
    operator = _operator()
    try:
        wanted = Part(part)
    except ValueError:
        abort(404)
    media_type, data = identity_site().reviews.picture(case_id, wanted, operator)
    # Players ask films by ranges; pictures come whole.
    response = send_file(io.BytesIO(data), mimetype=media_type, conditional=wanted is Part.FACE_VIDEO)
    assert isinstance(response, Response)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Disposition"] = "inline"
    # Browsers show a picture or film opened by itself with styles of their own.
    response.headers["Content-Security-Policy"] = (
        "sandbox; default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; "
        "frame-ancestors 'none'"
    )
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def _decide(case_id: str) -> Answer:
    operator = _operator()
    reviews = identity_site().reviews
    try:
        view = reviews.open(case_id, operator)
    except NotYourCaseError as error:
        return _queue_page(operator, error)
    try:
        after = _give(view, operator)
    except (AlreadyDecidedError, NotYourCaseError) as error:
        # Somebody was faster, or the time to hold the case ran out meanwhile.
        return _queue_page(operator, error)
    except NotFoundError:
        raise
    except VerdictError as error:
        return _case_page(view, operator, error if error.missing else _named(view))
    except LreError as error:
        return _case_page(view, operator, error)
    done = "second" if after.state is CaseState.SUBMITTED else request.form["verdict"]
    return redirect(url_for(".review", done=done), 303)


def _named(view: ReviewView) -> IdentityFormError:
    blocked = any(flag.slug in BLOCKING_FLAGS for flag in view.flags)
    typed = request.form
    if ADDRESSEE in typed.getlist("check") and not typed.get("addressee_reason", "").strip():
        return IdentityFormError("verdict-reason")
    return IdentityFormError("verdict-specimen" if blocked else "verdict-level")


def _give(view: ReviewView, operator: str) -> CaseView:
    """Give the verdict that the form says."""
    form = request.form
    try:
        verdict = Verdict(form.get("verdict", ""))
        level = Level(form["level"]) if verdict is Verdict.APPROVE and form.get("level") else None
        again = [Part(name) for name in form.getlist("again")]
    except ValueError:
        abort(400)
    chosen = _reasons((*REFUSE_REASONS, *AGAIN_REASONS), view.case.language).get(form.get("why", ""), "")
    reason = f"{chosen} {form.get('reason', '').strip()}".strip()
    if verdict is not Verdict.APPROVE and not reason:
        raise IdentityFormError("verdict-reason")
    if len(reason) > REASON_MAX_CHARS:
        raise IdentityFormError("verdict-long")
    if verdict is Verdict.ASK_AGAIN and not again:
        raise IdentityFormError("verdict-parts")
    return identity_site().reviews.decide(
        view.case.id,
        operator,
        verdict,
        reason=form.get("addressee_reason", "").strip() if verdict is Verdict.APPROVE else reason,
        checks={key: key in form.getlist("check") for key in (*view.checklist, ADDRESSEE)},
        level=level,
        again=again if verdict is Verdict.ASK_AGAIN else (),
    )
