"""Consents over the API: ask, list, one with its history, withdrawal, proofs."""

from datetime import datetime
from typing import Any

from pydantic import Field

from lre_kit.consents.desk import AlreadyAskedError
from lre_kit.consents.journal import not_there
from lre_kit.consents.register import Filter
from lre_kit.consents.values import Channel, ConsentInfo, ConsentInputError, ConsentRequest
from lre_kit.errors import InvalidAddressError, NotFoundError
from lre_kit.integration.values import Scope
from lre_kit.law.consents import ConsentAct, ConsentRegime, ConsentState, ConsentStateError
from lre_kit.proofs.packing.issue import EvidencePendingError
from lre_web.api.declaring import PDF, ZIP, Asked, Call, Result, Route, Told
from lre_web.api.letters import expect_reachable
from lre_web.api.models import PLAIN, PageAsked
from lre_web.api.paging import expect_id, read_cursor, written_cursor
from lre_web.mounting import API_PREFIX


class ConsentAsked(Asked):
    """Whom to ask for consent."""

    name: str
    """First and last name, or the name of the organisation."""
    email: str
    """E-mail address that letters will be told of at."""
    phone: str | None = None
    """Number in international form; the request then goes there by SMS."""
    regime: ConsentRegime = ConsentRegime.CPCE_L100
    """Which text the consent answers to."""
    language: str = Field(default="fr", pattern="^(fr|en)$")
    """Of the request."""


class WithdrawalAsked(Asked):
    """A withdrawal that reached the sender another way."""

    reason: str = Field(max_length=500)
    """How and when it came: a letter, a call, at the counter."""


class ConsentsAsked(PageAsked):
    """Which consents are looked for; the newest come first."""

    state: ConsentState | None = None
    """Only those that stand here."""
    regime: ConsentRegime | None = None
    """Only those under this text."""
    q: str = Field(default="", max_length=100, pattern=PLAIN)
    """Part of a name or an address."""


class LanguageAsked(Asked):
    """In which language a proof is wanted."""

    language: str | None = Field(default=None, pattern="^(fr|en)$")
    """By default the request's."""


class ConsentTold(Told):
    """A consent as it stands."""

    id: str
    """Its id."""
    regime: ConsentRegime
    """Which text it answers to."""
    state: ConsentState
    """Where it stands."""
    recipient_name: str
    """Who was asked."""
    recipient_email: str
    """At which address."""
    language: str
    """Of the request."""
    channel: Channel
    """How the request travelled."""
    round: int
    """Which request this is, from 1."""
    asked_at: datetime | None
    """When it was asked last."""
    decided_at: datetime | None
    """When it was given, refused or withdrawn."""
    expires_at: datetime | None
    """Until when it counts; nothing: until it is withdrawn."""
    method: str
    """How it was given."""
    wording: str
    """Which wording was shown."""


class ConsentPage(Told):
    """A page of consents, the newest first."""

    items: list[ConsentTold]
    """The consents."""
    next: str | None
    """Cursor of the page after this one; nothing: this is the last."""


class ConsentActTold(Told):
    """An act in a consent's journal."""

    seq: int
    """Its place, from 0."""
    act: ConsentAct
    """What happened."""
    at: datetime
    """When (UTC)."""


class ConsentHistory(Told):
    """A consent's journal, the first act first."""

    items: list[ConsentActTold]
    """The acts."""


def _told(info: ConsentInfo) -> ConsentTold:
    return ConsentTold(**{name: getattr(info, name) for name in ConsentTold.model_fields})


def _own(call: Call) -> ConsentInfo:
    consent_id = expect_id(str(call.args["consent_id"]), not_there)
    return call.office.consents.register.by_id(consent_id, sender_ref=call.owner.ref)


def _ask(call: Call) -> Result:
    asked: ConsentAsked = call.body
    expect_reachable(call, asked.email)
    request = ConsentRequest(
        name=asked.name, email=asked.email, phone=asked.phone, regime=asked.regime, language=asked.language
    )
    return _placed(call, call.office.consents.desk.ask(call.owner, request, note=call.note))


def _placed(call: Call, info: ConsentInfo) -> Result:
    place = f"{call.office.links.sender_url}{API_PREFIX}/consents/{info.id}"
    return Result(body=_told(info), headers={"Location": place})


def _asked_again(call: Call, consent_id: str) -> Result:
    return _placed(call, call.office.consents.register.by_id(consent_id, sender_ref=call.owner.ref))


def _list(call: Call) -> Result:
    asked: ConsentsAsked = call.query
    which, before = Filter(state=asked.state, regime=asked.regime, text=asked.q), read_cursor(asked.cursor)
    register = call.office.consents.register
    place = before[1] if before is not None else None
    found = register.page(call.owner.ref, which, limit=asked.limit + 1, before=place)
    page, rest = found[: asked.limit], found[asked.limit :]
    after = written_cursor(page[-1].asked_at or call.office.clock(), page[-1].id) if rest else None
    return Result(body=ConsentPage(items=[_told(each) for each in page], next=after))


def _one(call: Call) -> Result:
    return Result(body=_told(_own(call)))


def _history(call: Call) -> Result:
    events = call.office.consents.register.history(_own(call).id)
    told = [ConsentActTold(seq=each.seq, act=ConsentAct(each.name), at=each.occurred_at) for each in events]
    return Result(body=ConsentHistory(items=told))


def _withdraw(call: Call) -> Result:
    info = _own(call)
    actor: dict[str, Any] = {"role": "sender", "party": call.owner.ref, "means": "api_key"}
    desk = call.office.consents.desk
    return Result(
        body=_told(desk.withdraw_for(info.id, actor=actor, reason=call.body.reason, note=call.note))
    )


def _withdrawn_again(call: Call, consent_id: str) -> Result:
    return Result(body=_told(call.office.consents.register.by_id(consent_id, sender_ref=call.owner.ref)))


def _proof(call: Call) -> Result:
    info = _own(call)
    made = call.office.consents.proofs.pdf(info.id, call.query.language)
    return Result(body=made, media=PDF, name=f"consent-{info.id}.pdf")


def _bundle(call: Call) -> Result:
    info = _own(call)
    made = call.office.consents.proofs.bundle_zip(info.id)
    return Result(body=made, media=ZIP, name=f"consent-{info.id}.zip")


_ONE = "/consents/<consent_id>"

ROUTES = (
    Route(
        method="POST", path="/consents", name="askConsent", tag="Consents", scope=Scope.CONSENTS_WRITE,
        summary="Ask a recipient for consent", handler=_ask, body=ConsentAsked, answer=ConsentTold,
        status=201, is_act=True, has_etag=True, again=_asked_again,
        errors=(AlreadyAskedError, ConsentStateError, ConsentInputError, InvalidAddressError),
    ),
    Route(
        method="GET", path="/consents", name="listConsents", tag="Consents", scope=Scope.CONSENTS_READ,
        summary="List your consents, the newest first", handler=_list, query=ConsentsAsked,
        answer=ConsentPage,
    ),
    Route(
        method="GET", path=_ONE, name="readConsent", tag="Consents", scope=Scope.CONSENTS_READ,
        summary="Read a consent", handler=_one, answer=ConsentTold, has_etag=True, errors=(NotFoundError,),
    ),
    Route(
        method="GET", path=f"{_ONE}/history", name="readConsentHistory", tag="Consents",
        scope=Scope.CONSENTS_READ, summary="Read a consent's journal", handler=_history,
        answer=ConsentHistory, errors=(NotFoundError,),
    ),
    Route(
        method="POST", path=f"{_ONE}/withdraw", name="withdrawConsent", tag="Consents",
        scope=Scope.CONSENTS_WRITE, summary="Note a withdrawal that reached you another way",
        handler=_withdraw, body=WithdrawalAsked, answer=ConsentTold, is_act=True, has_etag=True,
        again=_withdrawn_again, errors=(NotFoundError, ConsentStateError, ConsentInputError),
    ),
    Route(
        method="GET", path=f"{_ONE}/proof", name="downloadConsentProof", tag="Consents",
        scope=Scope.CONSENTS_READ, summary="Download the proof of a consent or its withdrawal as PDF",
        handler=_proof, query=LanguageAsked, media=(PDF,), errors=(NotFoundError, EvidencePendingError),
    ),
    Route(
        method="GET", path=f"{_ONE}/bundle", name="downloadConsentBundle", tag="Consents",
        scope=Scope.CONSENTS_READ, summary="Download all evidence of a consent as a ZIP file",
        handler=_bundle, media=(ZIP,), errors=(NotFoundError, EvidencePendingError),
    ),
)  # fmt: skip
"""The routes of consents."""
