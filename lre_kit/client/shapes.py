"""What travels over the API, as JSON holds it; written by ``docs/generate.py``, not by hand."""

from typing import Literal, NotRequired, TypedDict

BulkState = Literal[
    "draft",
    "running",
    "paused",
    "stopped",
    "done",
    "dropped",
]

Capacity = Literal[
    "consumer",
    "professional",
    "public_body",
]

Channel = Literal[
    "email",
    "sms",
]

Claim = Literal[
    "non_qualified",
    "qualified",
]

ConsentAct = Literal[
    "ConsentAsked",
    "ConsentPostponed",
    "ConsentGiven",
    "ConsentRefused",
    "ConsentExpired",
    "ConsentWithdrawn",
]

ConsentRegime = Literal[
    "CPCE_L100",
    "CRPA_L112_15",
    "COPRO_42_1",
]

ConsentState = Literal[
    "asked",
    "later",
    "given",
    "refused",
    "expired",
    "withdrawn",
]

DeliveryState = Literal[
    "pending",
    "delivered",
    "failed",
    "cancelled",
]

DisabledWhy = Literal[
    "owner",
    "failing",
    "gone",
]

EndpointState = Literal[
    "active",
    "disabled",
    "removed",
]

ErdsEvent = Literal[
    "SubmissionAcceptance",
    "SubmissionRejection",
    "RelayAcceptance",
    "RelayRejection",
    "RelayFailure",
    "NotificationForAcceptance",
    "NotificationForAcceptanceFailure",
    "ConsignmentAcceptance",
    "ConsignmentRejection",
    "AcceptanceRejectionExpiry",
    "NotificationDelivered",
    "NotificationAccessTracking",
    "ContentConsignment",
    "ContentConsignmentFailure",
    "ConsignmentNotification",
    "ConsignmentNotificationFailure",
    "ContentAccessTracking",
    "ContentHandover",
    "ContentHandoverFailure",
    "RelayToNonERDS",
    "RelayToNonERDSFailure",
    "ReceivedFromNonERDS",
    "ContentErasure",
]

Failure = Literal[
    "",
    "address",
    "unreachable",
    "tls",
    "timeout",
    "answer",
    "status",
]

KeyKind = Literal[
    "live",
    "team",
    "test",
]

LineState = Literal[
    "waiting",
    "sent",
    "failed",
    "stopped",
]

Matter = Literal[
    "ordinary",
    "co_ownership",
]

Phase = Literal[
    "deposited",
    "notification_failed",
    "notified",
    "choosing",
    "accepted_pending_identification",
    "not_identified",
    "accepted",
    "received",
    "refused",
    "unclaimed",
    "paper_chosen",
    "relayed",
    "relay_failed",
    "notice_left",
    "delivered_on_paper",
    "refused_on_paper",
    "unclaimed_on_paper",
    "unknown_at_address",
    "undeliverable",
    "returned",
    "withdrawn",
]

Product = Literal[
    "qualified",
    "simple",
    "hybrid",
    "optimal",
]

Scope = Literal[
    "letters:read",
    "letters:write",
    "consents:read",
    "consents:write",
    "bulk:read",
    "bulk:write",
    "webhooks:read",
    "webhooks:write",
    "prepared:read",
    "prepared:write",
    "people:read",
    "people:write",
]

ScriptedOutcome = Literal[
    "accept",
    "refuse",
    "ignore",
    "bounce",
]


class ActTold(TypedDict):
    """An act in a letter's journal."""

    seq: int
    event: ErdsEvent
    code: str | None
    words: str
    at: str
    on: str
    reasons: list[str]
    evidence: str
    log_index: int | None
    stamped_at: str | None


class AddressAsked(TypedDict):
    """A corrected address."""

    email: str


class AttemptTold(TypedDict):
    """One try of a delivery."""

    number: int
    at: str
    status: int | None
    failure: Failure
    took_ms: int


class BulkAsked(TypedDict):
    """What all letters of a bulk sending have in common."""

    title: NotRequired[str]
    product: NotRequired[Product]
    subject: NotRequired[str]
    language: NotRequired[str]
    encoding: NotRequired[str]


class BulkTold(TypedDict):
    """A bulk sending as it stands."""

    id: str
    title: str
    product: Product
    state: BulkState
    created_at: str
    ended_at: str | None
    lines: int
    done: int
    counts: dict[str, int]


class BulkPage(TypedDict):
    """A page of bulk sendings, the newest first."""

    items: list[BulkTold]
    next: str | None


class LineTold(TypedDict):
    """A line that cannot be sent."""

    line: int
    type: str
    detail: str
    mend: str


class BulkReportTold(TypedDict):
    """What a check found."""

    lines: int
    wrong: int
    problems: list[LineTold]


class ClockAsked(TypedDict):
    """How the clock of the sandbox is set; what is left out stays."""

    advance: NotRequired[str | None]
    day_lasts_s: NotRequired[float | None]


class ConsentActTold(TypedDict):
    """An act in a consent's journal."""

    seq: int
    act: ConsentAct
    at: str


class ConsentAsked(TypedDict):
    """Whom to ask for consent."""

    name: str
    email: str
    phone: NotRequired[str | None]
    regime: NotRequired[ConsentRegime]
    language: NotRequired[str]


class ConsentHistory(TypedDict):
    """A consent's journal, the first act first."""

    items: list[ConsentActTold]


class ConsentTold(TypedDict):
    """A consent as it stands."""

    id: str
    regime: ConsentRegime
    state: ConsentState
    recipient_name: str
    recipient_email: str
    language: str
    channel: Channel
    round: int
    asked_at: str | None
    decided_at: str | None
    expires_at: str | None
    method: str
    wording: str


class ConsentPage(TypedDict):
    """A page of consents, the newest first."""

    items: list[ConsentTold]
    next: str | None


class DeliveryTold(TypedDict):
    """One event for one endpoint."""

    id: str
    message_id: str
    type: str
    letter: str | None
    sequence: int
    is_replay: bool
    state: DeliveryState
    made_at: str
    ended_at: str | None
    next_at: str | None
    attempts: list[AttemptTold]


class DeliveryPage(TypedDict):
    """A page of deliveries, the newest first."""

    items: list[DeliveryTold]
    next: str | None


class DocumentAsked(TypedDict):
    """A document inside the JSON."""

    name: str
    content: str


class DocumentTold(TypedDict):
    """A document as it was deposited."""

    position: int
    name: str
    media_type: str
    size_bytes: int
    sha256: str


class EndpointAsked(TypedDict):
    """An endpoint to be told of events."""

    url: str
    description: NotRequired[str]
    types: NotRequired[list[str]]
    language: NotRequired[str]


class EndpointChangeAsked(TypedDict):
    """What is to change of an endpoint; what is left out stays."""

    description: NotRequired[str | None]
    types: NotRequired[list[str] | None]


class EndpointTold(TypedDict):
    """An endpoint as it stands."""

    id: str
    url: str
    description: str
    types: list[str]
    state: EndpointState
    made_at: str
    disabled_at: str | None
    disabled_why: DisabledWhy | None
    last_success_at: str | None
    failures: int
    resting_until: str | None
    public_key: str
    former_until: str | None
    secret: str | None


class EndpointList(TypedDict):
    """Your endpoints, the oldest first."""

    items: list[EndpointTold]


class EndpointRemovedTold(TypedDict):
    """An endpoint that is no more."""

    id: str


class EventTold(TypedDict):
    """What happened to a letter."""

    id: str
    type: str
    at: str
    letter: str
    sequence: int
    event: ErdsEvent
    code: str | None
    reasons: list[str]
    product: Product
    reference: str


class EventPage(TypedDict):
    """Events in the order of the log."""

    items: list[EventTold]
    next: str | None
    is_last: bool


class FieldProblem(TypedDict):
    """What is wrong with one field."""

    pointer: str
    detail: str


class SenderTold(TypedDict):
    """Who sends."""

    name: str
    email: str


class KeyTold(TypedDict):
    """A key, without its secret."""

    prefix: str
    name: str
    kind: KeyKind
    scopes: list[Scope]
    owner: SenderTold
    created_at: str
    expires_at: str | None


class PostalAsked(TypedDict):
    """A postal address."""

    lines: list[str]
    country: NotRequired[str]


class RecipientAsked(TypedDict):
    """Who is addressed."""

    name: str
    email: NotRequired[str]
    capacity: NotRequired[Capacity]
    capacity_basis: NotRequired[str]
    postal: NotRequired[PostalAsked | None]


class PaperAsked(TypedDict):
    """How a letter is printed, and the time its recipient has to choose."""

    colour: NotRequired[bool]
    duplex: NotRequired[bool]
    electronic: NotRequired[Product]
    choice_days: NotRequired[int | None]


class LetterAsked(TypedDict):
    """A letter to deposit."""

    recipient: RecipientAsked
    product: NotRequired[Product]
    subject: NotRequired[str]
    reference: NotRequired[str]
    language: NotRequired[str]
    notify_at: NotRequired[str | None]
    matter: NotRequired[Matter]
    paper: NotRequired[PaperAsked | None]
    documents: NotRequired[list[DocumentAsked]]


class LetterLine(TypedDict):
    """A letter in a list."""

    number: str
    product: Product
    phase: Phase
    claim: Claim
    recipient_name: str
    subject: str
    reference: str
    deposited_at: str
    window_closes_at: str | None


class LetterPage(TypedDict):
    """A page of letters, the newest first."""

    items: list[LetterLine]
    next: str | None


class PostalTold(TypedDict):
    """A postal address."""

    lines: list[str]
    country: str


class RecipientTold(TypedDict):
    """Who is addressed."""

    name: str
    email: str
    capacity: Capacity
    postal: PostalTold | None


class LetterTold(TypedDict):
    """A letter as it stands."""

    number: str
    product: Product
    phase: Phase
    is_final: bool
    claim: Claim
    language: str
    sender: SenderTold
    recipient: RecipientTold
    subject: str
    reference: str
    documents: list[DocumentTold]
    deposited_at: str
    deposited_on: str
    notify_at: str | None
    notified_at: str | None
    window_closes_at: str | None
    window_last_day: str | None
    decided_at: str | None
    received_at: str | None
    acts: list[str]
    is_test: bool


class MailTold(TypedDict):
    """One message that was caught."""

    id: str
    letter: str | None
    recipient: str
    subject: str
    sent_at: str
    text: str


class MailPage(TypedDict):
    """A page of caught mail, the newest first."""

    items: list[MailTold]
    next: str | None


class Problem(TypedDict):
    """What went wrong (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    mend: str
    errors: NotRequired[list[FieldProblem] | None]


class ProofTold(TypedDict):
    """A proof that a letter has, or will have in a moment."""

    kind: str
    event: ErdsEvent
    at: str
    is_ready: bool
    formats: list[str]


class ProofsTold(TypedDict):
    """A letter's proofs, the first act's first."""

    items: list[ProofTold]


class ReplayAsked(TypedDict):
    """A span of time to be told again."""

    since: str
    until: NotRequired[str | None]
    only_missed: NotRequired[bool]


class ReplayTold(TypedDict):
    """A replay that was begun."""

    events: int


class SandboxTold(TypedDict):
    """Where the sandbox stands."""

    at: str
    ahead_s: float
    day_lasts_s: float
    domain: str
    outcomes: list[ScriptedOutcome]


class TimelineTold(TypedDict):
    """A letter's journal, the first act first."""

    items: list[ActTold]


class WithdrawalAsked(TypedDict):
    """A withdrawal that reached the sender another way."""

    reason: str
