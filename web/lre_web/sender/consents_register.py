"""The sender's register of consents: list, search, ask, ask again, import, export, one with its history."""

import io
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial

from flask import Blueprint, Response, abort, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response as BaseResponse

from lre_kit.consents.desk import PaperConsent
from lre_kit.consents.proof import PROVED
from lre_kit.consents.proof_words import ACTS
from lre_kit.consents.register import Filter
from lre_kit.consents.sheets import LineAnswer, ask_lines, export_lines, read_lines
from lre_kit.consents.values import ConsentInfo, ConsentInputError, ConsentRequest
from lre_kit.errors import LreError
from lre_kit.law.consents import ConsentAct, ConsentRegime, ConsentState
from lre_web.actor import Actor
from lre_web.mounting import mounted
from lre_web.texts import language
from lre_web.words.consents import consent_texts

PAGE = 25
"""Consents on one page of the register."""

FAULTS_SHOWN = 200
"""Lines of an import that a page tells of; the rest is only counted."""

_Page = str | Response | BaseResponse | tuple[str, int]


def add_pages(blueprint: Blueprint) -> None:
    """Add the register to a blueprint."""
    rules: tuple[tuple[str, str, Callable[..., _Page], str], ...] = (
        ("/consents", "consents", _list, "GET"),
        ("/consents/ask", "consents_ask", _ask, "POST"),
        ("/consents/import", "consents_import", _import_form, "GET"),
        ("/consents/import", "consents_import_send", _import, "POST"),
        ("/consents/export.csv", "consents_export", _export, "GET"),
        ("/consents/<consent_id>", "consents_one", _one, "GET"),
        ("/consents/<consent_id>/again", "consents_again", _again, "POST"),
        ("/consents/<consent_id>/withdraw", "consents_withdraw", _withdraw, "POST"),
        ("/consents/<consent_id>/proof.pdf", "consents_proof", _proof, "GET"),
        ("/consents/<consent_id>/bundle.zip", "consents_bundle", _bundle, "GET"),
        ("/consents/paper", "consents_paper", _paper, "POST"),
    )
    for rule, endpoint, view, method in rules:
        blueprint.add_url_rule(rule, endpoint, view, methods=[method])


def _actor() -> Actor:
    actor = mounted().current_actor()
    if actor is None:
        abort(401)
    return actor


def _own(consent_id: str) -> ConsentInfo:
    return mounted().office.consents.register.by_id(consent_id, sender_ref=_actor().ref)


def _filter() -> Filter:
    states, regimes = {s.value for s in ConsentState}, {r.value for r in ConsentRegime}
    state, regime = request.args.get("state", ""), request.args.get("regime", "")
    return Filter(
        state=ConsentState(state) if state in states else None,
        regime=ConsentRegime(regime) if regime in regimes else None,
        text=request.args.get("q", "")[:200],
    )


def _list() -> _Page:
    return _list_page()


def _list_page(error: LreError | None = None) -> _Page:
    actor, register, which = _actor(), mounted().office.consents.register, _filter()
    found = register.page(actor.ref, which, limit=PAGE + 1, before=request.args.get("before") or None)
    page, rest = found[:PAGE], found[PAGE:]
    made = render_template(
        "lre/consents.html",
        c=consent_texts(),
        consents=page,
        more=page[-1].id if rest else None,
        which=which,
        counts=register.counts(actor.ref),
        states=list(ConsentState),
        regimes=list(ConsentRegime),
        error=error,
        typed=request.form,
        asked="asked" in request.args,
    )
    return (made, error.status) if error is not None else made


def _ask() -> _Page:
    form = request.form
    try:
        mounted().office.consents.desk.ask(
            _actor().as_sender(),
            ConsentRequest(
                name=form.get("name", ""),
                email=form.get("email", ""),
                phone=form.get("phone") or None,
                regime=_regime(form.get("regime", "")),
                language=form.get("language", language()),
            ),
        )
    except LreError as error:
        return _list_page(error)
    return redirect(url_for(".consents", asked=1), 303)


def _regime(text: str) -> ConsentRegime:
    return ConsentRegime(text) if text in {r.value for r in ConsentRegime} else ConsentRegime.CPCE_L100


def _one(consent_id: str) -> _Page:
    return _one_page(_own(consent_id))


def _one_page(info: ConsentInfo, error: LreError | None = None) -> _Page:
    register = mounted().office.consents.register
    history = register.history(info.id)
    made = render_template(
        "lre/consents_one.html",
        c=consent_texts(),
        info=info,
        history=[(ACTS[language()][ConsentAct(event.name)], event) for event in history],
        scans=register.scans(info.id),
        has_proof=any(event.name in {act.value for act in PROVED} for event in history),
        error=error,
    )
    return (made, error.status) if error is not None else made


def _again(consent_id: str) -> _Page:
    info = _own(consent_id)
    request_again = ConsentRequest(
        name=info.recipient_name,
        email=info.recipient_email,
        regime=info.regime,
        language=info.language,
        phone=info.phone,
    )
    try:
        mounted().office.consents.desk.ask(_actor().as_sender(), request_again)
    except LreError as error:
        return _one_page(info, error)
    return redirect(url_for(".consents_one", consent_id=info.id), 303)


def _withdraw(consent_id: str) -> _Page:
    info = _own(consent_id)
    try:
        mounted().office.consents.desk.withdraw_for(
            info.id, actor={"role": "sender", "party": _actor().ref}, reason=request.form.get("reason", "")
        )
    except LreError as error:
        return _one_page(info, error)
    return redirect(url_for(".consents_one", consent_id=info.id), 303)


def _proof(consent_id: str) -> _Page:
    info = _own(consent_id)
    pdf = mounted().office.consents.proofs.pdf(info.id, language())
    return send_file(
        io.BytesIO(pdf),
        mimetype="application/pdf",
        download_name=f"consent-{info.id}.pdf",
        as_attachment=True,
    )


def _bundle(consent_id: str) -> _Page:
    info = _own(consent_id)
    made = mounted().office.consents.proofs.bundle_zip(info.id)
    return send_file(
        io.BytesIO(made),
        mimetype="application/zip",
        download_name=f"consent-{info.id}.zip",
        as_attachment=True,
    )


def _export() -> _Page:
    register, ref, which = mounted().office.consents.register, _actor().ref, _filter()
    lines: Iterator[str] = export_lines(register.all(ref, which))
    response = Response((line.encode() for line in lines), mimetype="text/csv")
    response.headers["Content-Disposition"] = "attachment; filename=consents.csv"
    return response


def _import_form() -> _Page:
    _actor()
    return _import_page()


def _import_page(error: LreError | None = None, answers: list[LineAnswer] | None = None, done: int = 0,
                 failed: int = 0) -> _Page:  # fmt: skip
    made = render_template(
        "lre/consents_import.html",
        c=consent_texts(),
        error=error,
        answers=answers,
        done=done,
        failed=failed,
        regimes=list(ConsentRegime),
        typed=request.form,
    )
    return (made, error.status) if error is not None else made


def _import() -> _Page:
    actor, file = _actor(), request.files.get("file")
    encoding = request.form.get("encoding", "utf-8")
    faults: list[LineAnswer] = []
    done = failed = 0
    try:
        if file is None or not file.filename or encoding not in {"utf-8", "cp1252"}:
            words = consent_texts()
            raise ConsentInputError(words["no_file"], mend=words["no_file_mend"])
        ask = partial(mounted().office.consents.desk.ask_many, actor.as_sender())
        lines = read_lines(file.stream, encoding=encoding)  # type: ignore[arg-type]
        regime = _regime(request.form.get("regime", ""))
        for answer in ask_lines(lines, ask, regime=regime, language=request.form.get("language", "fr")):
            done, failed = done + (answer.error is None), failed + (answer.error is not None)
            if answer.error is not None and len(faults) < FAULTS_SHOWN:
                faults.append(answer)
    except LreError as error:
        return _import_page(error)
    return _import_page(answers=faults, done=done, failed=failed)


def _paper() -> _Page:
    actor, form, file = _actor(), request.form, request.files.get("scan")
    words = consent_texts()
    try:
        if file is None or not file.filename:
            raise ConsentInputError(words["no_file"], mend=words["no_file_mend"])
        try:
            given_on = date.fromisoformat(form.get("given_on", ""))
        except ValueError as error:
            raise ConsentInputError(words["no_day"], mend=words["no_day_mend"]) from error
        info = mounted().office.consents.desk.take_in_paper(
            actor.as_sender(),
            PaperConsent(
                request=ConsentRequest(
                    name=form.get("name", ""),
                    email=form.get("email", ""),
                    regime=_regime(form.get("regime", "")),
                    language=language(),
                ),
                given_on=given_on,
                vouched_by=form.get("vouched_by", ""),
                scan_name=file.filename,
                scan=file.stream,  # type: ignore[arg-type]
            ),
            actor={"role": "sender", "party": actor.ref},
        )
    except LreError as error:
        return _import_page(error)
    return redirect(url_for(".consents_one", consent_id=info.id), 303)
