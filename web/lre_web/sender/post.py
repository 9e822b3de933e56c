"""The paper leg on the sender's pages: preview, pictures of what was printed, a corrected address."""

import io
from collections.abc import Mapping
from dataclasses import replace

from flask import Blueprint, Response, redirect, request, send_file, url_for
from werkzeug.wrappers import Response as BaseResponse

from lre_kit.clock import Clock
from lre_kit.errors import InputError
from lre_kit.law.products import Claim, Product, parse_product
from lre_kit.letters.inspection import Inspection
from lre_kit.letters.phases import Phase
from lre_kit.letters.values import DocumentInfo, Letter
from lre_kit.parties.values import Recipient, Sender
from lre_kit.postroom.printing import Page
from lre_web.mounting import mounted
from lre_web.sender.deposit import deposit_form
from lre_web.sender.draft_form import uploads_of_form
from lre_web.sender.owning import current_actor, own, own_to_act
from lre_web.sender.post_form import typed_address, typed_wish
from lre_web.words.post import post_words


def add_pages(blueprint: Blueprint) -> None:
    """Add the pages of the paper leg to a blueprint."""
    blueprint.add_url_rule("/deposit/preview", "deposit_preview", _preview, methods=["POST"])
    blueprint.add_url_rule("/letters/<number>/paper/<file_id>", "paper_file", _file)
    blueprint.add_url_rule("/letters/<number>/readdress", "readdress", _readdress, methods=["POST"])


def _preview() -> Response | BaseResponse | tuple[str, int]:
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
    letter, guard = own_to_act(number)
    address = typed_address(request.form)
    if address is None:
        words = post_words()
        raise InputError(words["postal_missing"], mend=words["postal_missing_mend"])
    mounted().office.post.readdress(letter.id, address, guard=guard)
    return redirect(url_for(".letter", number=letter.number), 303)
