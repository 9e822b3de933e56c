"""Acts on several letters of the list: their proofs in one file, and taking them back."""

import io
import zipfile
from collections.abc import Sequence

from flask import Blueprint, Response, redirect, render_template, request, send_file, url_for
from itsdangerous import BadData
from werkzeug.wrappers import Response as BaseResponse

from lre_kit.errors import InputError, LreError
from lre_kit.letters.values import Letter
from lre_web.mounting import mounted
from lre_web.sender.acts import SENDER, may_withdraw
from lre_web.sender.home import home_page
from lre_web.sender.owning import current_actor, may_act, own, own_to_act
from lre_web.words.home import home_texts

MANY_MAX = 50
"""Letters that one act takes at once: what one page shows, and twice that from a saved page."""

_SET_LIFE_S = 3600

_Page = str | Response | BaseResponse | tuple[str, int]


def add_pages(blueprint: Blueprint) -> None:
    """Add the acts."""
    blueprint.add_url_rule("/letters/acts", "letters_acts", _acts, methods=["POST"])
    blueprint.add_url_rule("/letters/withdraw", "letters_withdraw", _withdraw, methods=["POST"])


def _acts() -> _Page:
    current_actor()
    try:
        letters = _ticked()
        if request.form.get("act") == "withdraw":
            return _confirm(letters)
        return _proofs(letters)
    except InputError as error:
        return home_page(error), error.status


def _ticked() -> list[Letter]:
    """Return the letters that were ticked.

    Raises:
        InputError: None was, or too many.
        NotFoundError: One is not theirs.
    """
    words, numbers = home_texts(), list(dict.fromkeys(request.form.getlist("number")))
    if not numbers:
        raise InputError(words["nothing_ticked"], mend=words["nothing_ticked_mend"])
    if len(numbers) > MANY_MAX:
        raise InputError(words["too_many"].format(most=MANY_MAX), mend=words["too_many_mend"])
    return [own(number) for number in numbers]


def _proofs(letters: Sequence[Letter]) -> Response:
    """Return the proofs that are ready, in one file, a folder a letter."""
    issuer, made, count = mounted().office.issuer, io.BytesIO(), 0
    with zipfile.ZipFile(made, "w") as archive:
        for letter in letters:
            for proof in issuer.available(letter.id):
                if proof.is_ready:
                    pdf = issuer.make(letter.id, proof.kind)
                    archive.writestr(f"{letter.number}/{letter.number}-{proof.kind}.pdf", pdf)
                    count += 1
    if not count:
        words = home_texts()
        raise InputError(words["no_proofs"], mend=words["no_proofs_mend"])
    made.seek(0)
    return send_file(made, mimetype="application/zip", download_name="proofs.zip", as_attachment=True)


def _confirm(letters: Sequence[Letter]) -> str:
    """Return the page that shows exactly what would be taken back; its form carries that set, signed."""
    able = [letter for letter in letters if may_withdraw(letter) and may_act(letter)]
    signed = (
        mounted().office.links.signer("withdraw").dumps([current_actor().ref, [one.number for one in able]])
    )
    return render_template(
        "lre/letters_withdraw.html",
        home=home_texts(),
        able=able,
        others=[letter for letter in letters if letter not in able],
        frozen=signed,
    )


def _withdraw() -> _Page:
    ref = current_actor().ref
    try:
        signer = mounted().office.links.signer("withdraw")
        shown_to, numbers = signer.loads(request.form.get("frozen", ""), max_age=_SET_LIFE_S)
    except (BadData, ValueError, TypeError):
        shown_to, numbers = "", []
    if shown_to != ref:
        words = home_texts()
        error = InputError(words["stale_set"], mend=words["stale_set_mend"])
        return home_page(error), error.status
    done = 0
    for number in numbers:
        try:
            letter, guard = own_to_act(number)
            mounted().office.desk.withdraw(letter.id, actor=SENDER, guard=guard)
        except LreError:
            continue  # its notice left, or a role ended: it stays as it is, and the page says how many did
        done += 1
    return redirect(url_for(".letters", done=done, left=len(numbers) - done), 303)
