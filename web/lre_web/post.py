"""The paper leg on the sender's pages: fields of the deposit, preview, tracking, a corrected address."""

import io
from collections.abc import Mapping
from dataclasses import replace

from flask import Blueprint, Response, redirect, request, send_file, url_for
from werkzeug.wrappers import Response as BaseResponse

from lre_kit.clock import Clock
from lre_kit.errors import InputError
from lre_kit.law.choosing import Needs, caution
from lre_kit.law.optimal import CHOICE_DAYS, CHOICE_DAYS_MAX, CHOICE_DAYS_MIN, ELECTRONIC_KINDS
from lre_kit.law.paper import PrintOptions
from lre_kit.law.products import Claim, Product, parse_product
from lre_kit.letters.inspection import Inspection
from lre_kit.letters.lifecycle import CAME_BACK, Phase
from lre_kit.letters.paper import ON_PAPER, PaperWish
from lre_kit.letters.values import DocumentInfo, Letter
from lre_kit.parties.addresses import PostalAddress
from lre_kit.parties.countries import COUNTRIES
from lre_kit.parties.values import Recipient, Sender
from lre_kit.postroom.printing import Page, can_print
from lre_web.extension import mounted
from lre_web.texts_post import post_words

LINES_READ = 12
"""Lines of a typed address that are looked at."""


def add_pages(blueprint: Blueprint) -> None:
    """Add the pages of the paper leg to a blueprint."""
    blueprint.add_url_rule("/deposit/preview", "deposit_preview", _preview, methods=["POST"])
    blueprint.add_url_rule("/letters/<number>/paper/<file_id>", "paper_file", _file)
    blueprint.add_url_rule("/letters/<number>/readdress", "readdress", _readdress, methods=["POST"])


def offered_on_paper() -> tuple[Product, ...]:
    """Return the products that go by post, if this office can send them."""
    return (Product.HYBRID, Product.OPTIMAL) if mounted().office.post.is_open and can_print() else ()


def typed_address(typed: Mapping[str, str]) -> PostalAddress | None:
    """Return the postal address somebody typed; nothing if there is none."""
    lines = tuple(line.strip() for line in typed.get("postal", "").splitlines()[:LINES_READ] if line.strip())
    return PostalAddress(lines=lines, country=typed.get("country") or "FR") if lines else None


def typed_wish(typed: Mapping[str, str]) -> PaperWish:
    """Return how somebody wants a letter printed, and the time to choose.

    Raises:
        InputError: The days are no number, or the kind is none.
    """
    days = typed.get("choice_days", "").strip()
    if days and not (days.isascii() and days.isdigit() and len(days) < 4):
        words = post_words()
        problem = f"{words['choice_days']}: {days[:20]}"
        hint = words["choice_days_hint"].format(first=CHOICE_DAYS_MIN, last=CHOICE_DAYS_MAX)
        raise InputError(f"{problem}.", mend=hint)
    return PaperWish(
        options=PrintOptions(colour="colour" in typed, duplex="duplex" in typed),
        electronic=parse_product(typed.get("electronic") or Product.SIMPLE.value),
        choice_days=int(days) if days else None,
    )


def expect_fitting(product: Product, claim: Claim, typed: Mapping[str, str]) -> None:
    """Refuse once a kind that cannot do what the sender said it must; who knows it may go on.

    Raises:
        InputError: It says why, and what else to choose.
    """
    found = caution(product, claim, Needs(equivalence=typed.get("needs") == "yes"))
    if found is not None and "understood" not in typed:
        words = post_words()
        raise InputError(words[f"caution_{found.value}"], mend=words["caution_mend"])


def form_values() -> dict[str, object]:
    """Return what the deposit form shows of the paper leg."""
    return {
        "p": post_words(),
        "on_paper": offered_on_paper(),
        "countries": COUNTRIES,
        "choice": {"default": CHOICE_DAYS, "first": CHOICE_DAYS_MIN, "last": CHOICE_DAYS_MAX},
        "electronic_kinds": [kind.value for kind in ELECTRONIC_KINDS],
    }


def letter_values(letter: Letter) -> dict[str, object]:
    """Return what a letter's page shows of the paper leg."""
    is_paper = letter.product in ON_PAPER
    return {
        "p": post_words(),
        "legs": mounted().office.post.legs(letter.id) if is_paper else [],
        "came_back": letter.phase in CAME_BACK,
        "is_choosing": letter.phase is Phase.CHOOSING,
        "countries": COUNTRIES,
    }


def _preview() -> Response | BaseResponse | tuple[str, int]:
    from lre_web.sender import current_actor, deposit_form  # these know this module
    from lre_web.sender_drafts import uploads_of_form

    actor, typed, office = current_actor(), request.form, mounted().office
    try:
        product = parse_product(typed.get("product", ""))
        address = typed_address(typed)
        if address is None:
            words = post_words()
            raise InputError(words["postal_missing"], mend=words["postal_missing_mend"])
        documents = []
        for upload in uploads_of_form():
            inspection = Inspection(upload.name, max_bytes=office.settings.document_max_bytes)
            content = b"".join(inspection.passing(upload.chunks()))
            media_type = inspection.conclude()
            documents.append(Page(name=inspection.name, media_type=media_type, content=content))
        if not documents:
            raise InputError("The letter has no document.", mend="Add at least one document.")
        letter = _imagined(actor.as_sender(), typed, product, len(documents), office.clock)
        made = office.post.preview(letter, documents, address, typed_wish(typed))
    except InputError as error:
        return deposit_form(typed, error), error.status
    response = send_file(io.BytesIO(made.pdf), mimetype="application/pdf", download_name="preview.pdf")
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'; frame-ancestors 'none'"
    return response


def _imagined(sender: Sender, typed: Mapping[str, str], product: Product, count: int, clock: Clock) -> Letter:
    """Return a letter as it would be, for its address page; nothing is kept."""
    from lre_kit.law.requirements import required_at

    now = clock()
    blank = DocumentInfo(position=1, name="", media_type="", size_bytes=0, digest_hex="")
    return Letter(
        id="",
        number="····-····-····-····",
        product=product,
        phase=Phase.DEPOSITED,
        claim=Claim.NON_QUALIFIED,
        language="en" if typed.get("language") == "en" else "fr",
        sender=sender,
        recipient=Recipient(name=typed.get("name", "") or "–", email=""),
        subject="",
        requirements=required_at(product, at=now),
        version=0,
        notices=0,
        deposited_at=now,
        notified_at=None,
        window_closes_at=None,
        proof_due_at=None,
        decided_at=None,
        received_at=None,
        documents=tuple(replace(blank, position=place) for place in range(1, count + 1)),
    )


def _file(number: str, file_id: str) -> Response:
    from lre_web.sender import own

    letter = own(number)
    media_type, content = mounted().office.post.files.open(letter.id, file_id)
    suffix = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg"}[media_type]
    return send_file(
        io.BytesIO(content),
        mimetype=media_type,
        as_attachment=True,
        download_name=f"{letter.number}-{file_id[-6:]}.{suffix}",
    )


def _readdress(number: str) -> BaseResponse:
    from lre_web.sender import own_to_act

    letter, guard = own_to_act(number)
    address = typed_address(request.form)
    if address is None:
        words = post_words()
        raise InputError(words["postal_missing"], mend=words["postal_missing_mend"])
    mounted().office.post.readdress(letter.id, address, guard=guard)
    return redirect(url_for(".letter", number=letter.number), 303)
