"""The sender's pages: the list, the deposit, one letter with its timeline and proofs."""

import io
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import quote

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from werkzeug.wrappers import Response as BaseResponse

from lre_kit.addressed import NEAR
from lre_kit.authority import NoAuthorityError
from lre_kit.errors import InputError, LreError, NotFoundError, RequirementError
from lre_kit.hosting.hooks import HookFailedError
from lre_kit.identifiers.gate import Acting, NotIdentifiedError
from lre_kit.law.consents import Capacity
from lre_kit.law.pre_notices import OFFERED as OFFERED_BEFORE
from lre_kit.law.products import Product, parse_product, product_name
from lre_kit.law.regimes import Matter
from lre_kit.letters.desk import Guard
from lre_kit.letters.numbers import parse_number
from lre_kit.letters.paper import ON_PAPER
from lre_kit.letters.reading import not_found
from lre_kit.letters.scanning import ScannerUnavailableError
from lre_kit.letters.terms import checked_matter, read_instant
from lre_kit.letters.values import Letter
from lre_kit.observing.context import bind
from lre_kit.parties.names import PersonName, compare_names
from lre_kit.parties.values import Recipient
from lre_kit.preparing.draft_documents import DraftChangedError
from lre_kit.preparing.values import Draft
from lre_web import post
from lre_web.extension import Actor, mounted
from lre_web.in_name_of import behalf_of, guard_of, may_see, send_names
from lre_web.letter_next import next_dates, sign_of, told_after
from lre_web.people import has_accounts, sender_acting
from lre_web.security import form_token
from lre_web.texts import language, texts
from lre_web.texts_letter import letter_texts

OFFERED = (Product.SIMPLE, Product.QUALIFIED)
"""Products that can always be deposited from the form; what goes by post needs a post room."""

_TOLD = (InputError, RequirementError, ScannerUnavailableError)
"""Refusals of a deposit after which its form comes back with what was typed."""

_DONE = frozenset({"address", "withdrawn"})


def add_pages(blueprint: Blueprint) -> None:
    """Add the sender's pages to a blueprint."""
    blueprint.add_url_rule("/deposit", "deposit", _deposit_form)
    blueprint.add_url_rule("/deposit", "deposit_send", _deposit, methods=["POST"])
    blueprint.add_url_rule("/letters/<number>", "letter", _letter_page)
    blueprint.add_url_rule("/letters/<number>/proofs/<kind>.pdf", "proof", _proof)
    blueprint.add_url_rule("/letters/<number>/bundle.zip", "bundle", _bundle)
    post.add_pages(blueprint)


def current_actor() -> Actor:
    """Return who is logged in."""
    actor = mounted().current_actor()
    if actor is None:
        if (login := mounted().login_url) is not None and request.method == "GET":
            here = request.script_root + request.full_path.rstrip("?")
            abort(redirect(f"{login}{'&' if '?' in login else '?'}next={quote(here, safe='/')}", 303))
        abort(401)
    return actor


def own(number: str) -> Letter:
    """Return a letter of who is here.

    Raises:
        NotFoundError: There is none of this number, or it is another sender's.
    """
    kept = parse_number(number)
    if kept is None:
        raise not_found()
    ref, reading = current_actor().ref, mounted().office.reading
    try:
        return reading.letter(kept, sender_ref=ref)
    except NotFoundError:
        letter = reading.letter(kept)
        if not may_see(letter):
            raise
        return letter


def own_to_act(number: str) -> tuple[Letter, Guard | None]:
    """Return a letter that who is here may change, and what its act asks again under the letter's lock.

    Raises:
        NotFoundError: There is none that they may see.
        NoAuthorityError: They may see it, and no more: a reader's role changes nothing.
    """
    letter = own(number)
    return letter, guard_of(letter, current_actor().ref)


def may_act(letter: Letter) -> bool:
    """Tell whether who is here may change a letter that they see."""
    try:
        guard_of(letter, current_actor().ref)
    except NoAuthorityError:
        return False
    return True


def _deposit_form() -> str:
    from lre_web.sender_drafts import begun  # it knows this module

    current_actor()
    return deposit_form(offered_contact() or begun(), None)


def offered_contact() -> Mapping[str, str]:
    """Return what a form begins with: the entry of an address book that its link names, or nothing."""
    from lre_web.contacts import chosen_book, room, typed_of  # it knows this module
    from lre_web.prepared import PREFIX, prepare_names

    chosen = request.args.get("contact", "")
    if not chosen:
        return {}
    owner = chosen_book()
    house = owner if owner in send_names() else f"{PREFIX}{owner}"
    named = {"for": house} if house in {**send_names(), **prepare_names()} else {}
    return typed_of(room().book.by_id(owner, chosen).card) | named


def deposit_form(typed: Mapping[str, str], error: LreError | None) -> str:
    """Return the deposit page with what was typed, and what is wrong with it."""
    from lre_web.prepared import prepare_names  # these know this module
    from lre_web.sender_drafts import kept_values

    limit = mounted().office.settings.letter_max_bytes
    office, chosen = mounted().office, typed.get("product", Product.SIMPLE.value)
    claims = {product: office.intake.claim(product) for product in (*OFFERED, *post.offered_on_paper())}
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
        **post.form_values(),
    )
    return str(page)


def words_of(error: NotIdentifiedError) -> str:
    """Return what is missing to know who acts, in the page's language."""
    words = error.refusal.words
    return words.fr if language() == "fr" else words.en


def _deposit() -> Response | BaseResponse | tuple[str, int]:
    from lre_web import prepared  # these know this module
    from lre_web.sender_drafts import let_go, rescued, uploads_of_form

    actor, typed = current_actor(), request.form
    try:
        product = parse_product(typed.get("product", Product.SIMPLE.value))
        acting = sender_acting()
        wish = post.typed_wish(typed)
        recipient = Recipient(
            name=typed.get("name", ""),
            email=typed.get("email", ""),
            capacity=_capacity(typed.get("capacity", "")),
            capacity_basis=typed.get("capacity_basis", ""),
            postal=post.typed_address(typed) if product in ON_PAPER else None,
        )
        uploads = uploads_of_form()
        if typed.get("for", "").startswith(prepared.PREFIX):
            post.expect_fitting(product, mounted().office.intake.claim(product), typed)
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
            made = prepared.prepare(typed["for"], draft, uploads)
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
        post.expect_fitting(product, mounted().office.intake.claim(product), typed)
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


def expect_own_name(actor: Actor, acting: Acting) -> None:
    """Refuse a sender whose account bears another name than the proofed one: it goes on the letter."""
    people, since = mounted().office.people, acting.proofed_since
    if not has_accounts() or acting.party_id is None:
        return
    proofing = people.identity.proofing_of(acting.party_id, mounted().office.clock(), since=since)
    if proofing and compare_names(PersonName.of_text(actor.name), proofing.name) not in NEAR:
        words = texts()
        raise RequirementError(words["sender_name"], mend=words["sender_name_mend"])


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
        **post.letter_values(letter),
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
