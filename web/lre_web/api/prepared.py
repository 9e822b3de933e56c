"""Prepared letters over the API: a member prepares, whoever may send signs or sends back."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from pydantic import Field

from lre_kit.authority import NoAuthorityError
from lre_kit.errors import InputError, LreError, NotFoundError
from lre_kit.identifiers.challenges import refused
from lre_kit.identifiers.gate import NotIdentifiedError
from lre_kit.integration.values import KeyKindError, Scope
from lre_kit.law.paper import PrintOptions
from lre_kit.law.products import Product
from lre_kit.letters.paper import ON_PAPER, PaperWish
from lre_kit.letters.several import RECIPIENTS_MAX, OneOfSeveralError
from lre_kit.letters.values import Upload
from lre_kit.parties.persons import Party
from lre_kit.parties.values import Sender
from lre_kit.preparing.tray import PreparedSettledError
from lre_kit.preparing.values import Draft, Prepared, PreparedState
from lre_web.api.acting import acting_of
from lre_web.api.declaring import Asked, Call, Result, Route, Told
from lre_web.api.holder import person_of
from lre_web.api.letters import expect_digests, expect_reachable
from lre_web.api.models import LetterAsked, RecipientAsked
from lre_web.api.paging import expect_id
from lre_web.mounting import API_PREFIX


class PreparedAsked(LetterAsked):
    """A letter to prepare; its documents come as files."""

    organisation: str = Field(max_length=40)
    """Id of the organisation in whose name it will be sent."""
    others: list[RecipientAsked] = Field(default_factory=list, max_length=RECIPIENTS_MAX - 1)
    """Further recipients: each gets a letter of their own under the same signature, all or none."""


class DeclineAsked(Asked):
    """Why a prepared letter is sent back."""

    reason: str = Field(max_length=2000)
    """For its preparer."""


class PreparedTold(Told):
    """A prepared letter as it stands."""

    id: str
    """Its id."""
    organisation: str
    """Id of the organisation in whose name it will be sent."""
    prepared_by: str
    """Id of the person who prepared it."""
    state: PreparedState
    """Where it stands."""
    created_at: datetime
    """When it was prepared (UTC)."""
    ended_at: datetime | None
    """When it was signed for, sent back, taken back, or left too long."""
    reason: str
    """Why it was sent back."""
    product: Product | None
    """What it will be; nothing once it is settled."""
    recipient_name: str | None
    """Who is addressed."""
    others: list[str]
    """Names of the further recipients."""
    subject: str | None
    """What it is about."""
    documents: list[str]
    """Names of its documents."""
    letter: str | None
    """Number of the letter it became; of several, the first."""


class PreparedList(Told):
    """Prepared letters."""

    waiting: list[PreparedTold]
    """What waits for a signature in the organisations you may sign for, the oldest first."""
    mine: list[PreparedTold]
    """What you prepared, the newest first."""


def _told(prepared: Prepared) -> PreparedTold:
    draft = prepared.draft
    return PreparedTold(
        id=prepared.id,
        organisation=prepared.organisation_id,
        prepared_by=prepared.prepared_by,
        state=prepared.state,
        created_at=prepared.created_at,
        ended_at=prepared.ended_at,
        reason=prepared.reason,
        product=draft.product if draft else None,
        recipient_name=draft.recipient.name if draft else None,
        others=[each.name for each in draft.others] if draft else [],
        subject=draft.subject if draft else None,
        documents=list(prepared.documents),
        letter=prepared.letter_number,
    )


def _missing() -> NotFoundError:
    return NotFoundError("There is no such prepared letter.", mend="Look in the list of them.")


def _seen(call: Call, person: Party) -> Prepared:
    """Return a prepared letter that the person signs for, or prepared."""
    found = call.office.preparing.tray.by_id(expect_id(str(call.args["prepared_id"]), _missing))
    authorities = call.office.people.authorities
    signs = found.organisation_id in {each.id for each in authorities.to_sign(person.id)}
    if not signs and found.prepared_by not in authorities.refs(person.id):
        raise _missing()
    return found


def _prepare(call: Call) -> Result:
    asked: PreparedAsked = call.body
    person, recipient, paper = person_of(call), asked.recipient.to_value(), asked.paper
    others = tuple(each.to_value() for each in asked.others)
    for each in (recipient, *others):
        expect_reachable(call, each.email, asked.product)
    if asked.documents or asked.uploads or asked.in_name_of is not None:
        msg = "Documents of a prepared letter come as files, and `organisation` says in whose name."
        raise InputError(msg, mend="Send a form.")
    wish = PaperWish()
    if paper is not None:
        options = PrintOptions(colour=paper.colour, duplex=paper.duplex)
        wish = PaperWish(options=options, electronic=paper.electronic, choice_days=paper.choice_days)
    draft = Draft(
        recipient=recipient,
        others=others,
        product=asked.product,
        subject=asked.subject,
        language=asked.language,
        reference=asked.reference,
        notify_at=asked.notify_at,
        pre_notice=asked.pre_notice,
        matter=asked.matter,
        paper=wish if asked.product in ON_PAPER else None,
    )
    uploads = [Upload(name=each.filename or "", stream=each.stream) for each in call.files["documents"]]
    expect_digests(asked.sha256, uploads)
    organisation = expect_id(asked.organisation, _no_organisation)
    made = call.office.preparing.tray.prepare(organisation, person.id, draft, uploads, note=call.note)
    return _placed(call, made.id)


def _no_organisation() -> NotFoundError:
    return NotFoundError("There is no such organisation.", mend="Look in the list of yours.")


def _placed(call: Call, prepared_id: str) -> Result:
    place = f"{call.office.links.sender_url}{API_PREFIX}/prepared/{prepared_id}"
    found = call.office.preparing.tray.by_id(prepared_id)
    return Result(body=_told(found), headers={"Location": place})


def _list(call: Call) -> Result:
    person, tray = person_of(call), call.office.preparing.tray
    authorities = call.office.people.authorities
    waiting = [_told(one) for house in authorities.to_sign(person.id) for one in tray.waiting(house.id)]
    mine = [_told(one) for one in tray.prepared_by(list(authorities.refs(person.id)))]
    return Result(body=PreparedList(waiting=waiting, mine=mine))


def _one(call: Call) -> Result:
    return Result(body=_told(_seen(call, person_of(call))))


def _again(call: Call, prepared_id: str) -> Result:
    return Result(body=_told(call.office.preparing.tray.by_id(prepared_id)))


def _sign(call: Call) -> Result:
    office, person = call.office, person_of(call)
    found = _seen(call, person)
    authorities = office.people.authorities
    authority = authorities.expect_to_send(person.id, found.organisation_id)
    if not authority.is_member:
        raise NoAuthorityError
    draft = found.draft
    if draft is not None:
        for each in draft.recipients:
            expect_reachable(call, each.email, draft.product)
    product = draft.product if draft is not None else Product.SIMPLE
    if draft is not None and draft.paper is not None and product is Product.OPTIMAL:
        product = draft.paper.electronic
    acting = acting_of(call, delegate=person.name, mandate=authority.basis)
    identified = office.people.gate.sender(product, acting)
    if identified is None:
        # Evidence names who signed: a key alone does not say.
        raise refused()
    party = authority.party
    letter = office.preparing.tray.sign(
        found.id,
        person.id,
        sender=Sender(ref=party.id, name=party.name, email=authorities.address_of(party)),
        identified=identified,
        still_sends=authorities.still_sends(person.id, party.id),
    )
    del letter
    return Result(body=_told(office.preparing.tray.by_id(found.id)))


def _decline(call: Call) -> Result:
    person, asked = person_of(call), call.body
    found = _seen(call, person)
    tray = call.office.preparing.tray
    return Result(body=_told(tray.decline(found.id, person.id, reason=asked.reason, note=call.note)))


def _withdraw(call: Call) -> Result:
    person = person_of(call)
    found = _seen(call, person)
    return Result(body=_told(call.office.preparing.tray.withdraw(found.id, person.id, note=call.note)))


_ONE = "/prepared/<prepared_id>"


def _act(name: str, step: str, summary: str, handler: Callable[[Call], Result], **more: Any) -> Route:
    errors: tuple[type[LreError], ...] = (*_ERRORS, PreparedSettledError, *more.pop("errors", ()))
    return Route(
        method="POST", path=f"{_ONE}/{step}", name=name, tag="Prepared letters", scope=Scope.PREPARED_WRITE,
        summary=summary, handler=handler, answer=PreparedTold, is_act=True, again=_again, errors=errors,
        **more,
    )  # fmt: skip


_ERRORS: tuple[type[LreError], ...] = (NotFoundError, NoAuthorityError)

ROUTES = (
    Route(
        method="POST", path="/prepared", name="prepareLetter", tag="Prepared letters",
        scope=Scope.PREPARED_WRITE, summary="Prepare a letter that a sender of your organisation signs for",
        handler=_prepare, body=PreparedAsked, takes_json=False, part="letter",
        files={"documents": "PDF, PNG, JPEG or text"}, answer=PreparedTold, status=201, is_act=True,
        again=_placed, errors=(*_ERRORS, InputError),
    ),
    Route(
        method="GET", path="/prepared", name="listPrepared", tag="Prepared letters",
        scope=Scope.PREPARED_READ, summary="List what waits for your signature, and what you prepared",
        handler=_list, answer=PreparedList, errors=(NoAuthorityError,),
    ),
    Route(
        method="GET", path=_ONE, name="readPrepared", tag="Prepared letters", scope=Scope.PREPARED_READ,
        summary="Read a prepared letter", handler=_one, answer=PreparedTold, errors=_ERRORS,
    ),
    _act("signPrepared", "sign", "Sign for a prepared letter: it is deposited in the organisation's name",
         _sign, identifies=True, about="Who signs shows who they are: send a pass of the key's owner.",
         errors=(NotIdentifiedError, KeyKindError, OneOfSeveralError)),
    _act("declinePrepared", "decline", "Send a prepared letter back to its preparer, with the reason",
         _decline, body=DeclineAsked, errors=(InputError,)),
    _act("withdrawPrepared", "withdraw", "Take a prepared letter back", _withdraw),
)  # fmt: skip
"""The routes of prepared letters."""
