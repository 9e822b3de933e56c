"""What a sender may still do with a letter: correct the recipient's address, take the letter back."""

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from lre_kit.errors import LreError
from lre_kit.law.products import Product
from lre_kit.letters.phases import Phase
from lre_kit.letters.values import Letter
from lre_web.mounting import mounted
from lre_web.sender.letter import letter_page
from lre_web.sender.owning import own, own_to_act

Page = str | BaseResponse | tuple[str, int]

SENDER = {"role": "sender"}
"""Who acts, as the journal says it."""
_BEFORE_NOTICE = frozenset({Phase.DEPOSITED, Phase.NOTIFICATION_FAILED})
_WAITING = _BEFORE_NOTICE | {Phase.NOTIFIED, Phase.CHOOSING}


def add_pages(blueprint: Blueprint) -> None:
    """Add the acts to a blueprint; each is a form on the letter's page."""
    blueprint.add_url_rule("/letters/<number>/address", "letter_address", _correct_address, methods=["POST"])
    blueprint.add_url_rule("/letters/<number>/withdraw", "letter_withdraw", _withdraw, methods=["POST"])
    blueprint.app_template_filter("lre_may_correct")(may_correct)
    blueprint.app_template_filter("lre_may_withdraw")(may_withdraw)


def may_correct(letter: Letter) -> bool:
    """Answer whether the letter's page offers to correct the address."""
    return letter.phase in _WAITING and letter.product is not Product.HYBRID


def may_withdraw(letter: Letter) -> bool:
    """Answer whether the letter's page offers to take the letter back."""
    return letter.phase in _BEFORE_NOTICE


def _correct_address(number: str) -> Page:
    letter, guard = own_to_act(number)
    email = request.form.get("email", "")
    try:
        mounted().office.desk.correct_address(letter.id, email, actor=SENDER, guard=guard)
    except LreError as error:
        return letter_page(own(number), error), error.status
    return redirect(url_for(".letter", number=letter.number, done="address"), 303)


def _withdraw(number: str) -> Page:
    letter, guard = own_to_act(number)
    try:
        mounted().office.desk.withdraw(letter.id, actor=SENDER, guard=guard)
    except LreError as error:
        return letter_page(own(number), error), error.status
    return redirect(url_for(".letter", number=letter.number, done="withdrawn"), 303)
