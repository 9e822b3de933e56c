"""Letters over the API: deposit, list, one, its journal, withdrawal, corrected address."""

import hashlib
import hmac
from collections.abc import Callable, Sequence
from io import BytesIO
from typing import Any

from lre_kit.authority import NoAuthorityError
from lre_kit.errors import (
    AlreadyDecidedError,
    ConsentMissingError,
    EvidenceBacklogError,
    IdempotencyMismatchError,
    InputError,
    InvalidAddressError,
    LreError,
    NotFoundError,
    UnlawfulActError,
    UnsupportedDocumentError,
)
from lre_kit.identifiers.challenges import refused
from lre_kit.identifiers.gate import NotIdentifiedError
from lre_kit.integration.answers import IdempotencyReusedError
from lre_kit.integration.keys import may_write_to
from lre_kit.integration.uploads import UploadUnusableError
from lre_kit.integration.values import KeyKind, KeyKindError, Scope
from lre_kit.law.paper import PrintOptions
from lre_kit.law.products import Product
from lre_kit.letters.desk import Guard
from lre_kit.letters.filters import LetterFilter
from lre_kit.letters.notice_duty import NoticeLeavingError
from lre_kit.letters.numbers import parse_number
from lre_kit.letters.paper import ON_PAPER, PaperWish
from lre_kit.letters.reading import not_found
from lre_kit.letters.several import (
    RECIPIENTS_MAX,
    OneOfSeveralError,
    RecipientsError,
    expect_several,
    to_each,
)
from lre_kit.letters.terms import PreNoticeError
from lre_kit.letters.values import Letter, Upload
from lre_kit.parties.addresses import InvalidPostalAddressError
from lre_kit.parties.values import Recipient, Sender
from lre_kit.store.database import UnitOfWork
from lre_web.api.acting import acting_of, identified_sender
from lre_web.api.declaring import Call, Result, Route
from lre_web.api.holder import known_person, person_of
from lre_web.api.models import (
    AddressAsked,
    LetterAsked,
    LetterBodyAsked,
    LetterPage,
    LettersAsked,
    LettersToAsked,
    LettersTold,
    LetterTold,
    PostalAsked,
    TimelineTold,
    act_told,
    letter_told,
    line_told,
)
from lre_web.api.paging import expect_id, read_cursor, written_cursor
from lre_web.api.problems import FieldProblem, InvalidRequestError, StaleMatchError
from lre_web.api.serving import count_letters, matches
from lre_web.mounting import API_PREFIX

ACTOR = {"role": "sender", "means": "api_key"}
"""Who acts, as evidence says it."""


class DigestMismatchError(InputError):
    """A document is not what its declared digest says; nothing was deposited."""

    slug = "digest-mismatch"

    def __init__(self, places: Sequence[int], *, count: int) -> None:
        """Name the places of the documents, from 0."""
        super().__init__(
            f"{count} digests were declared, and {len(places)} of the documents do not fit.",
            mend="Send each document whole, and its SHA-256 in the same order.",
        )
        self.errors = [
            FieldProblem(pointer=f"/sha256/{place}", detail="It does not fit.") for place in places
        ]


def own(call: Call) -> Letter:
    """Return the letter of the address: the owner's, or one of a party in whose name they may see it.

    Raises:
        NotFoundError: There is none of this number, or it is another's.
    """
    return _numbered(call, str(call.args["number"]))


def _numbered(call: Call, text: str) -> Letter:
    number = parse_number(text)
    if number is None:
        raise not_found()
    try:
        return call.office.reading.letter(number, sender_ref=call.owner.ref)
    except NotFoundError:
        found, person = call.office.reading.letter(number), known_person(call)
        seen = person is not None and call.office.people.authorities.may_see(
            person.id, found.sender.ref, call.office.reading.depositor(found.id)
        )
        if not seen:
            raise
        return found


def expect_reachable(call: Call, email: str, product: Product | None = None) -> None:
    """Refuse what a team's key would send to somebody else.

    Raises:
        KeyKindError: It would.
    """
    if call.key.kind is KeyKind.TEAM and (product in ON_PAPER or not may_write_to(call.key, email)):
        msg = "A team key writes to its owner and its team only, and nothing by post."
        raise KeyKindError(msg, mend="Name the mailbox when you make the key, or use a live key.")


# --- deposit --------------------------------------------------------------------------------------


def _deposit(call: Call) -> Result:
    asked: LetterAsked = call.body
    recipient = asked.recipient.to_value()
    expect_reachable(call, recipient.email, asked.product)
    try:
        documents = _documents(call, asked)
    except UploadUnusableError:
        # Whoever never got the answer asks again after the uploads are over: the letter is there already.
        if (before := _deposited_before(call, asked, recipient)) is None:
            raise
        return _deposited(call, before)
    told = _common(call, asked) | {"recipient": recipient, "documents": documents}
    if call.key.kind is KeyKind.TEST:
        return Result(body=letter_told(call.office.desk.check_deposit(**told), is_test=True), status=200)
    try:
        letter = call.office.desk.deposit(**told, idempotency_key=call.idempotency_key)
    except IdempotencyMismatchError:
        raise IdempotencyReusedError from None
    return _deposited(call, letter)


def _deposited(call: Call, letter: Letter) -> Result:
    place = f"{call.office.links.sender_url}{API_PREFIX}/letters/{letter.number}"
    return Result(body=letter_told(letter), headers={"Location": place})


def _deposited_before(call: Call, asked: LetterAsked, recipient: Recipient) -> Letter | None:
    """Return the letter that this request's key gave, if it is the one that is asked for."""
    if call.idempotency_key is None:
        return None
    ref = asked.in_name_of or call.owner.ref
    number = call.office.reading.number_of(ref, call.idempotency_key)
    if number is None:
        return None
    before = call.office.reading.letter(number, sender_ref=ref)
    known = (before.recipient.email, before.subject, before.product)
    return before if known == (recipient.checked().email, asked.subject, asked.product) else None


def _deposit_to_all(call: Call) -> Result:
    asked: LettersToAsked = call.body
    recipients = [each.to_value() for each in asked.recipients]
    for each in recipients:
        expect_reachable(call, each.email, asked.product)
    expect_several(recipients)
    count_letters(call, len(recipients))
    desk, is_test, documents = call.office.desk, call.key.kind is KeyKind.TEST, _documents(call, asked)
    with to_each(
        recipients, documents, idempotency_key=call.idempotency_key, **_common(call, asked)
    ) as requests:
        try:
            made = [desk.check_deposit(**one) for one in requests] if is_test else desk.deposit_all(requests)
        except IdempotencyMismatchError:
            raise IdempotencyReusedError from None
    told = LettersTold(items=[letter_told(each, is_test=is_test) for each in made])
    if is_test:
        return Result(body=told, status=200)
    return Result(body=told, headers={"Location": f"{call.office.links.sender_url}{API_PREFIX}/letters"})


def _common(call: Call, asked: LetterBodyAsked) -> dict[str, Any]:
    """Return what is asked of the desk whoever is addressed."""
    paper = asked.paper
    wish = PaperWish()
    if paper is not None:
        options = PrintOptions(colour=paper.colour, duplex=paper.duplex)
        wish = PaperWish(options=options, electronic=paper.electronic, choice_days=paper.choice_days)
    # A letter with a choice goes on as its sender deposits it: that kind says who must be identified.
    kind = wish.electronic if asked.product is Product.OPTIMAL else asked.product
    return {
        **_who_sends(call, asked, kind),
        "product": asked.product,
        "subject": asked.subject,
        "reference": asked.reference,
        "language": asked.language,
        "notify_at": asked.notify_at,
        "pre_notice": asked.pre_notice,
        "matter": asked.matter,
        "paper": wish if asked.product in ON_PAPER else None,
    }


def _who_sends(call: Call, asked: LetterBodyAsked, kind: Product) -> dict[str, Any]:
    """Return in whose name it is deposited: the key's owner's, or another's by a role or a mandate.

    Raises:
        NoAuthorityError: The owner may not send in that name.
        IdentificationError: Nobody showed who acts for another: a key alone does not say.
    """
    if asked.in_name_of is None:
        return {"sender": call.owner, "identified": identified_sender(call, kind)}
    person, authorities = person_of(call), call.office.people.authorities
    authority = authorities.expect_to_send(person.id, expect_id(asked.in_name_of, NoAuthorityError))
    acting = acting_of(call, delegate=person.name, mandate=authority.basis)
    identified = call.office.people.gate.sender(kind, acting)
    if identified is None:
        raise refused()
    party = authority.party
    return {
        "sender": Sender(ref=party.id, name=party.name, email=authorities.address_of(party)),
        "identified": identified,
        "authority": authorities.still_sends(person.id, party.id),
    }


def _documents(call: Call, asked: LetterBodyAsked) -> list[Upload]:
    sent = [Upload(name=file.filename or "", stream=file.stream) for file in call.files.get("documents", ())]
    if sum(map(bool, (sent, asked.documents, asked.uploads))) > 1:
        wrong = FieldProblem(
            pointer="/documents", detail="Documents come as files, as uploads, or in the JSON."
        )
        msg = "The letter has documents in two places."
        raise InvalidRequestError(msg, mend="Send them all in one way.", errors=[wrong])
    uploaded = call.office.integration.uploads.documents(asked.uploads, owner_ref=call.owner.ref)
    inside = [Upload(name=each.name, stream=BytesIO(each.content)) for each in asked.documents]
    found = sent or uploaded or inside
    expect_digests(asked.sha256, found)
    return found


def expect_digests(declared: Sequence[str], documents: Sequence[Upload]) -> None:
    """Refuse documents that are not what was declared; each is read in pieces, and set back to its start.

    Raises:
        DigestMismatchError: One differs, or there are more or fewer.
    """
    if not declared:
        return
    if len(declared) != len(documents):
        raise DigestMismatchError([len(documents)], count=len(declared))
    wrong = [place for place, pair in enumerate(zip(declared, documents, strict=True)) if not _is_of(*pair)]
    if wrong:
        raise DigestMismatchError(wrong, count=len(declared))


def _is_of(declared: str, document: Upload) -> bool:
    digest, stream = hashlib.sha256(), document.stream
    for piece in document.chunks():
        digest.update(piece)
    assert hasattr(stream, "seek")
    stream.seek(0)
    return hmac.compare_digest(digest.hexdigest().encode(), declared.lower().encode())


# --- reading --------------------------------------------------------------------------------------


def _list(call: Call) -> Result:
    asked: LettersAsked = call.query
    found = call.office.reading.letters(
        call.owner.ref if asked.organisation is None else _house(call, asked.organisation),
        limit=asked.limit + 1,
        before=read_cursor(asked.cursor),
        which=LetterFilter(
            phase=asked.phase,
            product=asked.product,
            reference=asked.reference,
            text=asked.q,
            since=asked.since,
            until=asked.until,
        ),
    )
    page, rest = found[: asked.limit], found[asked.limit :]
    after = written_cursor(page[-1].deposited_at, page[-1].id) if rest else None
    return Result(body=LetterPage(items=[line_told(each) for each in page], next=after))


def _house(call: Call, organisation: str) -> str:
    """Return the organisation whose letters the key's owner may read.

    Raises:
        NoAuthorityError: There is none of this id, or they may not.
    """
    wanted = expect_id(organisation, NoAuthorityError)
    readable = call.office.people.authorities.to_read(person_of(call).id)
    if wanted not in {each.id for each in readable}:
        raise NoAuthorityError
    return wanted


def _one(call: Call) -> Result:
    return Result(body=letter_told(own(call)))


def _timeline(call: Call) -> Result:
    letter = own(call)
    entries = call.office.reading.timeline(letter.id)
    return Result(body=TimelineTold(items=[act_told(each, letter.language) for each in entries]))


# --- acts -----------------------------------------------------------------------------------------


def _guard(call: Call, sent: Letter) -> Guard:
    """Return what is looked at and noted under the letter's lock, in the act's own transaction.

    Raises:
        NoAuthorityError: The letter was sent in another's name, and the owner may read it and no more.
    """
    still = _still_acts(call, sent)

    def guard(uow: UnitOfWork, letter: Letter) -> None:
        if still is not None:
            still(uow)
        if not matches(letter_told(letter)):
            raise StaleMatchError
        call.note(uow, letter.number)

    return guard


def _still_acts(call: Call, letter: Letter) -> Callable[[UnitOfWork], None] | None:
    if letter.sender.ref in call.office.people.authorities.refs(call.owner.ref):
        return None
    return call.office.people.authorities.acting_on(person_of(call).id, letter.sender.ref)


def _withdraw(call: Call) -> Result:
    letter = own(call)
    return Result(
        body=letter_told(call.office.desk.withdraw(letter.id, actor=ACTOR, guard=_guard(call, letter)))
    )


def _correct(call: Call) -> Result:
    letter, asked = own(call), call.body
    expect_reachable(call, asked.email)
    call.office.desk.correct_address(letter.id, asked.email, actor=ACTOR, guard=_guard(call, letter))
    return Result(body=letter_told(call.office.reading.by_id(letter.id)))


def _readdress(call: Call) -> Result:
    letter = own(call)
    expect_reachable(call, "", Product.HYBRID)
    call.office.post.readdress(letter.id, call.body.to_value(), guard=_guard(call, letter))
    return Result(body=letter_told(call.office.reading.by_id(letter.id)))


def _again(call: Call, number: str) -> Result:
    return Result(body=letter_told(_numbered(call, number)))


_DEPOSIT_ERRORS: tuple[type[LreError], ...] = (
    ConsentMissingError,
    NotIdentifiedError,
    NoAuthorityError,
    KeyKindError,
    UnsupportedDocumentError,
    InvalidAddressError,
    DigestMismatchError,
    UploadUnusableError,
    EvidenceBacklogError,
    PreNoticeError,
)
_ACT_ERRORS: tuple[type[LreError], ...] = (
    NotFoundError,
    NoAuthorityError,
    UnlawfulActError,
    AlreadyDecidedError,
    NoticeLeavingError,
    StaleMatchError,
)

ROUTES = (
    Route(
        method="POST", path="/letters", name="depositLetter", tag="Letters", scope=Scope.LETTERS_WRITE,
        summary="Deposit a letter",
        about="As a form: the part `letter` says what it is, and each part `documents` is a file. As JSON: "
        "small documents stand in it. A test key judges the deposit, answers 200, and keeps nothing.",
        handler=_deposit, body=LetterAsked, part="letter", files={"documents": "PDF, PNG, JPEG or text"},
        answer=LetterTold, status=201, is_act=True, judges=True, has_etag=True, identifies=True,
        errors=_DEPOSIT_ERRORS,
    ),
    Route(
        method="POST", path="/letters/to-several", name="depositLetters", tag="Letters",
        scope=Scope.LETTERS_WRITE, summary="Deposit a letter for each of several recipients, all or none",
        about=f"Each recipient gets a letter with proofs of their own, and sees no other. At most "
        f"{RECIPIENTS_MAX} at once; more go in bulk. It counts as a request for each letter.",
        handler=_deposit_to_all, body=LettersToAsked, part="letter",
        files={"documents": "PDF, PNG, JPEG or text"}, answer=LettersTold, status=201, is_act=True,
        judges=True, identifies=True, errors=(*_DEPOSIT_ERRORS, OneOfSeveralError, RecipientsError),
    ),
    Route(
        method="GET", path="/letters", name="listLetters", tag="Letters", scope=Scope.LETTERS_READ,
        summary="List your letters, or an organisation's, the newest first", handler=_list,
        query=LettersAsked, answer=LetterPage, errors=(NoAuthorityError,),
    ),
    Route(
        method="GET", path="/letters/<number>", name="readLetter", tag="Letters", scope=Scope.LETTERS_READ,
        summary="Read a letter", handler=_one, answer=LetterTold, has_etag=True, errors=(NotFoundError,),
    ),
    Route(
        method="GET", path="/letters/<number>/timeline", name="readTimeline", tag="Letters",
        scope=Scope.LETTERS_READ, summary="Read a letter's journal", handler=_timeline, answer=TimelineTold,
        errors=(NotFoundError,),
    ),
    Route(
        method="POST", path="/letters/<number>/withdraw", name="withdrawLetter", tag="Letters",
        scope=Scope.LETTERS_WRITE, summary="Take a letter back whose notice has not left", handler=_withdraw,
        answer=LetterTold, is_act=True, has_etag=True, takes_match=True, again=_again, errors=_ACT_ERRORS,
    ),
    Route(
        method="POST", path="/letters/<number>/address", name="correctAddress", tag="Letters",
        scope=Scope.LETTERS_WRITE, summary="Correct the recipient's e-mail address",
        about="A new notice goes to it, and opens a new window when it leaves.", handler=_correct,
        body=AddressAsked, answer=LetterTold, is_act=True, has_etag=True, takes_match=True, again=_again,
        errors=(*_ACT_ERRORS, InvalidAddressError, KeyKindError),
    ),
    Route(
        method="POST", path="/letters/<number>/postal-address", name="correctPostalAddress", tag="Letters",
        scope=Scope.LETTERS_WRITE, summary="Post a letter that came back to a corrected postal address",
        handler=_readdress, body=PostalAsked, answer=LetterTold, is_act=True, has_etag=True,
        errors=(NotFoundError, UnlawfulActError, AlreadyDecidedError, InvalidPostalAddressError,
                KeyKindError),
    ),
)  # fmt: skip
"""The routes of letters."""
