"""Letters as the API reads and tells them."""

import base64
import binascii
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, Field, PlainValidator, WithJsonSchema

from lre_kit.clock import PARIS
from lre_kit.law.consents import Capacity
from lre_kit.law.events import ErdsEvent
from lre_kit.law.pre_notices import PreNoticeState
from lre_kit.law.products import Claim, Product
from lre_kit.law.regimes import Matter
from lre_kit.letters.phases import Phase
from lre_kit.letters.several import RECIPIENTS_MAX
from lre_kit.letters.values import Letter, LetterSummary, TimelineEntry
from lre_kit.parties.addresses import PostalAddress
from lre_kit.parties.values import Recipient
from lre_kit.proofs.packing.issue import ProofInfo
from lre_web.api.declaring import Asked, Told
from lre_web.sender.acts import may_correct, may_withdraw

PLAIN = r"^[^\x00-\x1f\x7f]*$"
"""A line without control characters."""

PAGE_MAX = 100
"""Longest page of a list."""


def _decoded(text: Any) -> bytes:
    if not isinstance(text, str):
        msg = "Input should be base64 text"
        raise ValueError(msg)  # noqa: TRY004 - pydantic tells of values only
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        msg = "Input should be base64 (RFC 4648 §4)"
        raise ValueError(msg) from None


Content = Annotated[
    bytes, PlainValidator(_decoded), WithJsonSchema({"type": "string", "contentEncoding": "base64"})
]
"""Bytes as base64 in JSON."""


# --- what is asked --------------------------------------------------------------------------------


class PostalAsked(Asked):
    """A postal address."""

    lines: list[str] = Field(max_length=12)
    """From the name down to the town, two to six lines."""
    country: str = "FR"
    """Two-letter code (ISO 3166-1)."""

    def to_value(self) -> PostalAddress:
        """Return it as the post room takes it."""
        return PostalAddress(lines=tuple(self.lines), country=self.country)


class RecipientAsked(Asked):
    """Who is addressed."""

    name: str
    """First and last name, or the name of the organisation."""
    email: str = ""
    """E-mail address; only a letter that goes by post alone does without."""
    capacity: Capacity = Capacity.CONSUMER
    """In which capacity they are addressed: consumers must have consented to registered letters."""
    capacity_basis: str = ""
    """Why they are no consumer: a register number, a contract."""
    postal: PostalAsked | None = None
    """Postal address, for a letter that goes or may go by post."""

    def to_value(self) -> Recipient:
        """Return it as the desk takes it."""
        return Recipient(
            name=self.name,
            email=self.email,
            capacity=self.capacity,
            capacity_basis=self.capacity_basis,
            postal=self.postal.to_value() if self.postal is not None else None,
        )


class PaperAsked(Asked):
    """How a letter is printed, and the time its recipient has to choose."""

    colour: bool = False
    """Print in colour."""
    duplex: bool = True
    """Print both sides of each sheet."""
    electronic: Product = Product.SIMPLE
    """What an optimal letter goes on as, if its recipient chooses electronic."""
    choice_days: int | None = Field(default=None, ge=1, le=60)
    """Days to choose in."""


class DocumentAsked(Asked):
    """A document inside the JSON."""

    name: str = Field(max_length=255)
    """Its file name."""
    content: Content
    """Its bytes, as base64."""


class LetterBodyAsked(Asked):
    """What is deposited, whoever it is addressed to."""

    product: Product = Product.SIMPLE
    """What is sent."""
    subject: str = ""
    """What it is about, in a line; hidden from the recipient before acceptance."""
    reference: str = ""
    """Your own reference; no recipient ever sees it."""
    language: str = Field(default="fr", pattern="^(fr|en)$")
    """Of the notice and the proofs: ``fr`` or ``en``."""
    notify_at: AwareDatetime | None = None
    """When the notice leaves; by default at once. The deposit is made and proved now."""
    pre_notice: str = Field(default="", pattern="^(|deposit|[1-9]|[12][0-9]|30)$")
    """When the recipient is told that it is coming: ``deposit``, or days before the notice; empty: never."""
    matter: Matter = Matter.ORDINARY
    """What it is about, where the law has rules of its own for it."""
    in_name_of: str | None = Field(default=None, max_length=40)
    """Id of the organisation, or of who gave you a mandate, in whose name it is sent; with a pass."""
    paper: PaperAsked | None = None
    """How it is printed, for a letter that goes or may go by post."""
    sha256: list[str] = Field(default_factory=list, max_length=50)
    """SHA-256 of each document in its order, in hexadecimal digits: if one differs, nothing is deposited."""
    documents: list[DocumentAsked] = Field(default_factory=list, max_length=50)
    """Documents inside the JSON, small ones only; larger ones come as files of a form."""
    uploads: list[str] = Field(default_factory=list, max_length=50)
    """Ids of uploads, in the order of the documents: large ones that came in parts."""


class LetterAsked(LetterBodyAsked):
    """A letter to deposit."""

    recipient: RecipientAsked
    """Who is addressed."""


class LettersToAsked(LetterBodyAsked):
    """One deposit for several recipients: a letter for each, and none sees another."""

    recipients: list[RecipientAsked] = Field(min_length=1, max_length=RECIPIENTS_MAX)
    """Who is addressed, each once."""


class AddressAsked(Asked):
    """A corrected address."""

    email: str
    """The corrected e-mail address of the recipient."""


class PageAsked(Asked):
    """Where a page of a list begins, and how long it is."""

    limit: int = Field(default=25, ge=1, le=PAGE_MAX)
    """Longest page."""
    cursor: str | None = Field(default=None, max_length=200)
    """What ``next`` of the page before said."""


class LettersAsked(PageAsked):
    """Which letters are looked for; the newest come first."""

    organisation: str | None = Field(default=None, max_length=40)
    """Letters of this organisation, whose letters you may read, instead of your own."""
    phase: Phase | None = None
    """Only letters that stand here."""
    product: Product | None = None
    """Only letters of this product."""
    reference: str = Field(default="", max_length=100, pattern=PLAIN)
    """Only letters with this reference, whole."""
    q: str = Field(default="", max_length=100, pattern=PLAIN)
    """Part of a number, a name, an address, a subject or a reference."""
    since: AwareDatetime | None = None
    """Deposited at this instant or later."""
    until: AwareDatetime | None = None
    """Deposited before this instant."""


class ProofAsked(Asked):
    """In which form a proof is wanted."""

    format: str = Field(default="pdf", pattern="^(pdf|json|xml)$")
    """``pdf``: the sealed document; ``json`` or ``xml``: the sealed evidence of its act."""
    language: str | None = Field(default=None, pattern="^(fr|en)$")
    """Language of the PDF; by default the letter's."""


class PackedAsked(Asked):
    """What goes into a bundle or container."""

    documents: bool = True
    """Whether the documents go in."""


# --- what is told ---------------------------------------------------------------------------------


class PostalTold(Told):
    """A postal address."""

    lines: list[str]
    """From the name down to the town."""
    country: str
    """Two-letter code."""


class RecipientTold(Told):
    """Who is addressed."""

    name: str
    """As the sender gave it."""
    email: str
    """Empty only for a letter that goes by post alone."""
    capacity: Capacity
    """In which capacity they are addressed."""
    postal: PostalTold | None
    """Postal address, if there is one."""


class SenderTold(Told):
    """Who sends."""

    name: str
    """As it stands on the letter."""
    email: str
    """As it stands on the letter."""


class DocumentTold(Told):
    """A document as it was deposited."""

    position: int
    """Its place, from 1."""
    name: str
    """Its file name."""
    media_type: str
    """What it is."""
    size_bytes: int
    """How large."""
    sha256: str
    """Digest of its bytes, in hexadecimal digits."""


class PreNoticeTold(Told):
    """How a recipient is told, before the notice, that a letter is coming: it opens no window."""

    planned_at: datetime
    """When it leaves."""
    state: PreNoticeState
    """What became of it."""
    settled_at: datetime | None
    """When that became known; nothing while it is planned."""


class LetterTold(Told):
    """A letter as it stands."""

    number: str
    """Its sending number; empty in the answer to a test key."""
    product: Product
    """What was sent."""
    phase: Phase
    """Where it stands."""
    is_final: bool
    """Whether no act leads out of this phase."""
    claim: Claim
    """What it may call itself."""
    language: str
    """Of the notice and the proofs."""
    sender: SenderTold
    """Who sends."""
    recipient: RecipientTold
    """Who is addressed."""
    subject: str
    """Hidden from the recipient before acceptance."""
    reference: str
    """The sender's own."""
    documents: list[DocumentTold]
    """What was deposited."""
    deposited_at: datetime
    """When it was deposited (UTC)."""
    deposited_on: date
    """The day of it in legal time (Europe/Paris)."""
    notify_at: datetime | None
    """When its first notice was planned to leave; nothing: at once."""
    pre_notice: PreNoticeTold | None
    """How its recipient is told before the notice that it is coming; nothing: not asked for."""
    notified_at: datetime | None
    """When the notice that counts left."""
    window_closes_at: datetime | None
    """Until when the recipient can decide, exclusive."""
    window_last_day: date | None
    """The last whole day of it in legal time."""
    decided_at: datetime | None
    """When it was accepted, refused or left unclaimed."""
    received_at: datetime | None
    """When its content was handed over."""
    acts: list[str]
    """What may still be done with it: ``withdraw``, ``correct-address``."""
    is_test: bool
    """Whether it was only judged, with a test key: nothing of it is kept."""


class LetterLine(Told):
    """A letter in a list."""

    number: str
    """Its sending number."""
    product: Product
    """What was sent."""
    phase: Phase
    """Where it stands."""
    claim: Claim
    """What it may call itself."""
    recipient_name: str
    """Who is addressed."""
    subject: str
    """What it is about."""
    reference: str
    """The sender's own."""
    deposited_at: datetime
    """When it was deposited (UTC)."""
    window_closes_at: datetime | None
    """Until when the recipient can decide, exclusive."""


class LettersTold(Told):
    """The letters of one deposit for several recipients, in their order."""

    items: list[LetterTold]
    """One for each recipient."""


class LetterPage(Told):
    """A page of letters, the newest first."""

    items: list[LetterLine]
    """The letters."""
    next: str | None
    """Cursor of the page after this one; nothing: this is the last."""


class ActTold(Told):
    """An act in a letter's journal."""

    seq: int
    """Its place, from 0."""
    event: ErdsEvent
    """Its name in EN 319 522-1."""
    code: str | None
    """Its code, where sources agree on one."""
    words: str
    """What happened, in the letter's language."""
    at: datetime
    """When (UTC)."""
    on: date
    """The day of it in legal time (Europe/Paris)."""
    reasons: list[str]
    """Why, where it has reasons."""
    evidence: str
    """``recorded``, ``sealed``, ``logged`` or ``stamped``."""
    log_index: int | None
    """Its place in the log."""
    stamped_at: datetime | None
    """When its time stamp was made."""


class TimelineTold(Told):
    """A letter's journal, the first act first."""

    items: list[ActTold]
    """The acts."""


class ProofTold(Told):
    """A proof that a letter has, or will have in a moment."""

    kind: str
    """Such as ``deposit`` or ``receipt``."""
    event: ErdsEvent
    """The act it proves."""
    at: datetime
    """When that was (UTC)."""
    is_ready: bool
    """Whether it can be had now; else its seal or time stamp is awaited."""
    formats: list[str]
    """Forms it can be had in."""


class ProofsTold(Told):
    """A letter's proofs, the first act's first."""

    items: list[ProofTold]
    """The proofs."""


def letter_told(letter: Letter, *, is_test: bool = False) -> LetterTold:
    """Return a letter as the API tells it."""
    postal, closes = letter.recipient.postal, letter.window_closes_at
    return LetterTold(
        number="" if is_test else letter.number,
        product=letter.product,
        phase=letter.phase,
        is_final=letter.phase.is_final,
        claim=letter.claim,
        language=letter.language,
        sender=SenderTold(name=letter.sender.name, email=letter.sender.email),
        recipient=RecipientTold(
            name=letter.recipient.name,
            email=letter.recipient.email,
            capacity=letter.recipient.capacity,
            postal=PostalTold(lines=list(postal.lines), country=postal.country) if postal else None,
        ),
        subject=letter.subject,
        reference=letter.reference,
        documents=[
            DocumentTold(
                position=each.position,
                name=each.name,
                media_type=each.media_type,
                size_bytes=each.size_bytes,
                sha256=each.digest_hex,
            )
            for each in letter.documents
        ],
        deposited_at=letter.deposited_at,
        deposited_on=_day(letter.deposited_at),
        notify_at=letter.notify_at,
        pre_notice=PreNoticeTold(planned_at=early.planned_at, state=early.state, settled_at=early.settled_at)
        if (early := letter.pre_notice) is not None
        else None,
        notified_at=letter.notified_at,
        window_closes_at=closes,
        window_last_day=_last_day(closes) if closes is not None else None,
        decided_at=letter.decided_at,
        received_at=letter.received_at,
        acts=[]
        if is_test
        else ["withdraw"] * may_withdraw(letter) + ["correct-address"] * may_correct(letter),
        is_test=is_test,
    )


def line_told(letter: LetterSummary) -> LetterLine:
    """Return a letter as a line of a list."""
    names = LetterLine.model_fields
    return LetterLine(**{name: getattr(letter, name) for name in names})


def act_told(entry: TimelineEntry, language: str) -> ActTold:
    """Return an act as the API tells it."""
    return ActTold(
        seq=entry.seq,
        event=entry.name,
        code=entry.name.code,
        words=entry.name.french if language == "fr" else entry.name.english,
        at=entry.at,
        on=_day(entry.at),
        reasons=list(entry.reasons),
        evidence=entry.evidence,
        log_index=entry.log_index,
        stamped_at=entry.stamped_at,
    )


def proof_told(info: ProofInfo) -> ProofTold:
    """Return a proof as the API tells it."""
    formats = ["pdf", "json", "xml"]
    return ProofTold(kind=info.kind, event=info.event, at=info.at, is_ready=info.is_ready, formats=formats)


def _day(instant: datetime) -> date:
    return instant.astimezone(PARIS).date()


def _last_day(closes_at: datetime) -> date:
    """Return the last day on which something can be done before an instant."""
    return (closes_at.astimezone(PARIS) - _RESOLUTION).date()


_RESOLUTION = datetime.resolution
