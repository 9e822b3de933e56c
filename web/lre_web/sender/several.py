"""One deposit for several recipients, as a page: a letter and proofs for each, all or none."""

from collections.abc import Callable, Sequence

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from lre_kit.authority import NoAuthorityError
from lre_kit.errors import LreError
from lre_kit.identifiers.gate import NotIdentifiedError
from lre_kit.law.products import Product, parse_product, product_name
from lre_kit.letters.several import (
    RECIPIENTS_MAX,
    OneOfSeveralError,
    expect_several,
    recipient_of_text,
    to_each,
)
from lre_kit.letters.values import Upload
from lre_kit.parties.values import Recipient
from lre_kit.preparing.values import Draft
from lre_web.frame.error_words import error_words
from lre_web.frame.people import sender_acting
from lre_web.frame.security import form_token
from lre_web.mounting import mounted
from lre_web.sender.contacts import chosen_book, room
from lre_web.sender.in_name_of import behalf_of, send_names
from lre_web.sender.owning import current_actor, expect_own_name
from lre_web.sender.prepared import PREFIX, prepare, prepare_names
from lre_web.texts import language
from lre_web.words.bulk import bulk_texts

OFFERED = (Product.SIMPLE, Product.QUALIFIED)
"""Products that need no postal address; what goes by post to several goes in bulk."""

LINES_READ = 4 * RECIPIENTS_MAX
"""Typed lines that are looked at."""

_Page = str | Response | BaseResponse | tuple[str, int]


def add_pages(blueprint: Blueprint) -> None:
    """Add the pages to a blueprint."""
    rules: tuple[tuple[str, str, Callable[..., _Page], str], ...] = (
        ("/deposit/several", "deposit_several", _form, "GET"),
        ("/deposit/several", "deposit_to_all", _deposit, "POST"),
    )
    for rule, endpoint, view, method in rules:
        blueprint.add_url_rule(rule, endpoint, view, methods=[method])


def _form() -> _Page:
    owner, group_id = chosen_book(), request.args.get("group", "")
    known = ""
    if group_id:
        found = room().book.page(owner, group_id=group_id, limit=RECIPIENTS_MAX + 1)
        known = "\n".join(f"{each.card.name} <{each.card.email}>" for each in found if each.card.email)
    return _form_page(known)


def _form_page(recipients: str, error: LreError | None = None) -> _Page:
    current_actor()
    office, token = mounted().office, form_token()
    refusal = ""
    if isinstance(error, NotIdentifiedError):
        told = error.refusal.words
        refusal = told.fr if language() == "fr" else told.en
    elif isinstance(error, OneOfSeveralError):
        problem, mend = error_words(error.refused, language())
        refusal = f"{bulk_texts()['recipient'].format(number=error.place)} : {problem} {mend}"
    made = render_template(
        "lre/deposit_several.html",
        b=bulk_texts(),
        products={each.value: product_name(each, office.intake.claim(each), language()) for each in OFFERED},
        names={**send_names(), **prepare_names()},
        recipients=recipients,
        most=RECIPIENTS_MAX,
        typed=request.form,
        once=request.form.get("once") or token[-40:],
        error=error,
        refusal=refusal,
    )
    return (made, error.status) if error is not None else made


def _deposit() -> _Page:
    actor, form, office = current_actor(), request.form, mounted().office
    lines = [line for line in form.get("recipients", "").splitlines()[:LINES_READ] if line.strip()]
    try:
        product = parse_product(form.get("product", Product.SIMPLE.value))
        recipients = [recipient_of_text(line.strip()) for line in lines]
        files = [file for file in request.files.getlist("documents") if file.filename]
        uploads = [Upload(name=file.filename or "", stream=file.stream) for file in files]
        if form.get("for", "").startswith(PREFIX):
            return prepare(form["for"], _draft(recipients, product), uploads)
        acting, behalf = sender_acting(), behalf_of(form.get("for", ""))
        if behalf is not None:
            acting = behalf.acting(acting)
        identified = office.people.gate.sender(product, acting)
        if behalf is not None and identified is None:
            raise NoAuthorityError
        if product is not Product.SIMPLE:
            expect_own_name(actor, acting)
        with to_each(
            recipients,
            uploads,
            # The form's own token: sending the same form twice deposits once.
            idempotency_key=f"several:{form.get('once')}" if form.get("once") else None,
            sender=actor.as_sender() if behalf is None else behalf.sender(),
            product=product,
            identified=identified,
            authority=behalf.check if behalf is not None else None,
            subject=form.get("subject", ""),
            reference=form.get("reference", ""),
            language=form.get("language") or language(),
        ) as requests:
            office.desk.deposit_all(requests)
    except LreError as error:
        return _form_page(form.get("recipients", ""), error)
    return redirect(url_for(".letters", of=behalf.authority.party.id if behalf is not None else None), 303)


def _draft(recipients: Sequence[Recipient], product: Product) -> Draft:
    """Return what a member prepares for somebody who may send it.

    Raises:
        RecipientsError: They cannot be written to in one deposit.
    """
    expect_several(recipients)
    form = request.form
    first, *others = recipients
    return Draft(
        recipient=first,
        others=tuple(others),
        product=product,
        subject=form.get("subject", ""),
        language=form.get("language") or language(),
        reference=form.get("reference", ""),
    )
