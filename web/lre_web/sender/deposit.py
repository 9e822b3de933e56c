"""The deposit: its form, what comes of it, and the form again where it cannot be taken."""

from collections.abc import Mapping
from datetime import datetime

from flask import (
    Blueprint,
    Response,
    current_app,
    redirect,
    render_template,
    request,
    url_for,
)
from werkzeug.wrappers import Response as BaseResponse

from lre_kit.authority import NoAuthorityError
from lre_kit.errors import InputError, LreError, RequirementError
from lre_kit.hosting.hooks import HookFailedError
from lre_kit.identifiers.gate import NotIdentifiedError
from lre_kit.law.consents import Capacity
from lre_kit.law.pre_notices import OFFERED as OFFERED_BEFORE
from lre_kit.law.products import Product, parse_product, product_name
from lre_kit.law.regimes import Matter
from lre_kit.letters.paper import ON_PAPER
from lre_kit.letters.scanning import ScannerUnavailableError
from lre_kit.letters.terms import checked_matter, read_instant
from lre_kit.parties.values import Recipient
from lre_kit.preparing.draft_documents import DraftChangedError
from lre_kit.preparing.values import Draft
from lre_web.actor import Actor
from lre_web.frame.people import sender_acting
from lre_web.frame.security import comes_back, form_token
from lre_web.mounting import mounted
from lre_web.sender import post_form
from lre_web.sender.contacts import chosen_book, room, typed_of
from lre_web.sender.draft_form import begun, kept_values, let_go, rescued, uploads_of_form
from lre_web.sender.in_name_of import behalf_of, send_names
from lre_web.sender.owning import current_actor, expect_own_name, words_of
from lre_web.sender.prepared import PREFIX, prepare, prepare_names
from lre_web.texts import language, texts

OFFERED = (Product.SIMPLE, Product.QUALIFIED)
"""Products that can always be deposited from the form; what goes by post needs a post room."""

_TOLD = (InputError, RequirementError, ScannerUnavailableError)
"""Refusals of a deposit after which its form comes back with what was typed."""


def add_pages(blueprint: Blueprint) -> None:
    """Add the form and what it is sent to."""
    blueprint.add_url_rule("/deposit", "deposit", _deposit_form)
    blueprint.add_url_rule("/deposit", "deposit_send", _deposit, methods=["POST"])
    # A form whose token is too old comes back as it was, with a fresh one.
    comes_back("deposit_send", lambda error: deposit_form(request.form, error))


def _deposit_form() -> str:
    current_actor()
    return deposit_form(offered_contact() or begun(), None)


def offered_contact() -> Mapping[str, str]:
    """Return what a form begins with: the entry of an address book that its link names, or nothing."""
    chosen = request.args.get("contact", "")
    if not chosen:
        return {}
    owner = chosen_book()
    house = owner if owner in send_names() else f"{PREFIX}{owner}"
    named = {"for": house} if house in {**send_names(), **prepare_names()} else {}
    return typed_of(room().book.by_id(owner, chosen).card) | named


def deposit_form(typed: Mapping[str, str], error: LreError | None) -> str:
    """Return the deposit page with what was typed, and what is wrong with it."""
    limit = mounted().office.settings.letter_max_bytes
    office, chosen = mounted().office, typed.get("product", Product.SIMPLE.value)
    claims = {product: office.intake.claim(product) for product in (*OFFERED, *post_form.offered_on_paper())}
    names = {product.value: product_name(product, claim, language()) for product, claim in claims.items()}
    page = render_template(
        "lre/deposit.html",
        typed=typed,
        error=error,
        token=form_token(),
        limit=limit,
        products=names,
        chosen=chosen if chosen in names else Product.SIMPLE.value,
        names={**send_names(), **prepare_names()},
        refusal=words_of(error) if isinstance(error, NotIdentifiedError) else "",
        **kept_values(typed),
        pre_notices=OFFERED_BEFORE,
        has_book=f"{request.blueprint}.contacts" in current_app.view_functions,
        **post_form.form_values(),
    )
    return str(page)


def _deposit() -> Response | BaseResponse | tuple[str, int]:
    actor, typed = current_actor(), request.form
    try:
        product = parse_product(typed.get("product", Product.SIMPLE.value))
        acting = sender_acting()
        wish = post_form.typed_wish(typed)
        recipient = Recipient(
            name=typed.get("name", ""),
            email=typed.get("email", ""),
            capacity=_capacity(typed.get("capacity", "")),
            capacity_basis=typed.get("capacity_basis", ""),
            postal=post_form.typed_address(typed) if product in ON_PAPER else None,
        )
        uploads = uploads_of_form()
        if typed.get("for", "").startswith(PREFIX):
            post_form.expect_fitting(product, mounted().office.intake.claim(product), typed)
            draft = Draft(
                recipient=recipient,
                product=product,
                subject=typed.get("subject", ""),
                language=typed.get("language") or language(),
                reference=typed.get("reference", ""),
                notify_at=notify_time(typed.get("notify_at", "")),
                matter=checked_matter(typed.get("matter") or Matter.ORDINARY),
                pre_notice=typed.get("pre_notice", ""),
                paper=wish if product in ON_PAPER else None,
            )
            made = prepare(typed["for"], draft, uploads)
            let_go(typed)
            return made
        behalf = behalf_of(typed.get("for", ""))
        if behalf is not None:
            acting = behalf.acting(acting)
        # A letter with a choice goes on as its sender deposits it: that kind says who must be identified.
        kind = wish.electronic if product is Product.OPTIMAL else product
        identified = mounted().office.people.gate.sender(kind, acting)
        if behalf is not None and identified is None:
            raise NoAuthorityError
        if kind not in {Product.SIMPLE, Product.HYBRID}:
            expect_own_name(actor, acting)
        post_form.expect_fitting(product, mounted().office.intake.claim(product), typed)
        letter = mounted().office.desk.deposit(
            sender=actor.as_sender() if behalf is None else behalf.sender(),
            recipient=recipient,
            paper=wish if product in ON_PAPER else None,
            product=product,
            identified=identified,
            authority=behalf.check if behalf is not None else None,
            subject=typed.get("subject", ""),
            reference=typed.get("reference", ""),
            matter=typed.get("matter") or Matter.ORDINARY,
            notify_at=notify_time(typed.get("notify_at", "")),
            pre_notice=typed.get("pre_notice", ""),
            documents=uploads,
            language=typed.get("language") or language(),
            # The form's own token: sending the same form twice deposits once.
            idempotency_key=f"form:{typed.get('once')}" if typed.get("once") else None,
        )
    except (*_TOLD, NoAuthorityError, HookFailedError) as error:
        if isinstance(error, DraftChangedError) and (number := _deposited_before(actor, typed)):
            return redirect(url_for(".letter", number=number), 303)
        return deposit_form(rescued(), error), error.status
    let_go(typed)
    return redirect(url_for(".letter", number=letter.number), 303)


def _deposited_before(actor: Actor, typed: Mapping[str, str]) -> str | None:
    """Return the number of the letter that this form deposited already: its draft went with it."""
    behalf = behalf_of(typed.get("for", ""))
    ref = actor.ref if behalf is None else behalf.sender().ref
    return mounted().office.reading.number_of(ref, f"form:{typed['once']}") if typed.get("once") else None


def notify_time(text: str) -> datetime | None:
    """Return the instant that somebody chose in legal time.

    Raises:
        InputError: It is none.
    """
    try:
        return read_instant(text)
    except InputError as error:
        words = texts()
        raise InputError(words["notify_at_wrong"], mend=words["notify_at_hint"]) from error


def _capacity(text: str) -> Capacity:
    return Capacity(text) if text in {one.value for one in Capacity} else Capacity.CONSUMER
