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

ConsentShown = Literal[
    "not_needed",
    "never_asked",
    "asked",
    "given",
    "refused",
    "ended",
]

ConsentState = Literal[
    "asked",
    "later",
    "given",
    "refused",
    "expired",
    "withdrawn",
]

Delivery = Literal[
    "post",
    "letter",
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

Kind = Literal[
    "paper_codes",
    "paper_seed",
    "authenticator",
    "security_key",
    "certificate",
    "eid",
]

Level = Literal[
    "low",
    "substantial",
    "high",
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

MemberRole = Literal[
    "owner",
    "sender",
    "preparer",
    "reader",
]

OrderState = Literal[
    "requested",
    "identifying",
    "in_review",
    "approved",
    "making",
    "delivering",
    "delivered",
    "active",
    "refused",
    "cancelled",
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

PreNoticeState = Literal[
    "planned",
    "sent",
    "failed",
    "unknown",
    "left_out",
]

PreparedState = Literal[
    "waiting",
    "sent",
    "declined",
    "withdrawn",
    "expired",
]

Product = Literal[
    "qualified",
    "simple",
    "hybrid",
    "optimal",
]

ProofingMethod = Literal[
    "face_to_face",
    "eid",
    "certificate",
    "other_certified",
    "remote_visual",
]

Result = Literal[
    "passed",
    "failed",
    "indeterminate",
]

Scope = Literal[
    "letters:read",
    "letters:write",
    "consents:read",
    "consents:write",
    "contacts:read",
    "contacts:write",
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

State = Literal[
    "issued",
    "delivered",
    "active",
    "suspended",
    "revoked",
    "expired",
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


class PaperAsked(TypedDict):
    """How a letter is printed, and the time its recipient has to choose."""

    colour: NotRequired[bool]
    duplex: NotRequired[bool]
    electronic: NotRequired[Product]
    choice_days: NotRequired[int | None]


class BulkAsked(TypedDict):
    """What all letters of a bulk sending have in common."""

    title: NotRequired[str]
    product: NotRequired[Product]
    subject: NotRequired[str]
    language: NotRequired[str]
    template: NotRequired[str | None]
    paper: NotRequired[PaperAsked | None]
    encoding: NotRequired[str]
    group: NotRequired[str | None]


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


class CheckTold(TypedDict):
    """One check."""

    name: str
    subject: str
    result: Result
    reason: str
    sub_indication: str


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


class PostalAsked(TypedDict):
    """A postal address."""

    lines: list[str]
    country: NotRequired[str]


class ContactAsked(TypedDict):
    """What an entry says."""

    name: str
    email: NotRequired[str]
    postal: NotRequired[PostalAsked | None]
    capacity: NotRequired[Capacity]
    capacity_basis: NotRequired[str]
    language: NotRequired[str]
    reference: NotRequired[str]


class ContactChangeAsked(TypedDict):
    """All that an entry says from now on."""

    name: str
    email: NotRequired[str]
    postal: NotRequired[PostalAsked | None]
    capacity: NotRequired[Capacity]
    capacity_basis: NotRequired[str]
    language: NotRequired[str]
    reference: NotRequired[str]
    version: int


class PostalTold(TypedDict):
    """A postal address."""

    lines: list[str]
    country: str


class ContactTold(TypedDict):
    """An entry as it is kept."""

    id: str
    name: str
    email: str
    postal: PostalTold | None
    capacity: Capacity
    capacity_basis: str
    language: str
    reference: str
    version: int
    consent: ConsentShown
    twins: list[str]


class ContactPage(TypedDict):
    """A page of entries, in the order of their names."""

    items: list[ContactTold]
    next: str | None


class DayTold(TypedDict):
    """A day of a service."""

    day: str
    worst: str | None
    down_s: int


class DeadlinesTold(TypedDict):
    """The days that follow from a notice; days are those of legal time (Europe/Paris)."""

    sent_at: str | None
    first_day: str | None
    last_day: str | None
    closes_at: str | None
    proof_due_at: str | None
    kept_until: str | None
    rule: str
    is_over: bool
    left_s: int | None


class DeclineAsked(TypedDict):
    """Why a prepared letter is sent back."""

    reason: str


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


class DifferenceTold(TypedDict):
    """A line that says something else than the book."""

    line: int
    contact: str
    fields: list[str]


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


class GroupAsked(TypedDict):
    """A sending group."""

    name: str


class GroupTold(TypedDict):
    """A sending group."""

    id: str
    name: str
    size: int


class GroupsTold(TypedDict):
    """Your sending groups, in the order of their names."""

    items: list[GroupTold]


class IdentifierTold(TypedDict):
    """One identification means of yours; never its secret."""

    id: str
    serial: str
    kind: Kind
    state: State
    is_usable: bool
    level: Level | None
    created_at: str
    last_used_at: str | None
    expires_at: str | None
    ended_at: str | None


class IdentifierList(TypedDict):
    """Your identification means, the newest first."""

    items: list[IdentifierTold]


class ImportAsked(TypedDict):
    """How a table of entries is taken in."""

    encoding: NotRequired[str]
    group: NotRequired[str | None]
    replace: NotRequired[bool]
    check: NotRequired[bool]


class ImportTold(TypedDict):
    """What a table of entries held."""

    lines: int
    added: int
    same: int
    differing: list[DifferenceTold]


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
    client_id: str | None


class RecipientAsked(TypedDict):
    """Who is addressed."""

    name: str
    email: NotRequired[str]
    capacity: NotRequired[Capacity]
    capacity_basis: NotRequired[str]
    postal: NotRequired[PostalAsked | None]


class LetterAsked(TypedDict):
    """A letter to deposit."""

    product: NotRequired[Product]
    subject: NotRequired[str]
    reference: NotRequired[str]
    language: NotRequired[str]
    notify_at: NotRequired[str | None]
    pre_notice: NotRequired[str]
    matter: NotRequired[Matter]
    in_name_of: NotRequired[str | None]
    paper: NotRequired[PaperAsked | None]
    sha256: NotRequired[list[str]]
    documents: NotRequired[list[DocumentAsked]]
    uploads: NotRequired[list[str]]
    recipient: RecipientAsked


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


class RecipientTold(TypedDict):
    """Who is addressed."""

    name: str
    email: str
    capacity: Capacity
    postal: PostalTold | None


class PreNoticeTold(TypedDict):
    """How a recipient is told, before the notice, that a letter is coming: it opens no window."""

    planned_at: str
    state: PreNoticeState
    settled_at: str | None


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
    pre_notice: PreNoticeTold | None
    notified_at: str | None
    window_closes_at: str | None
    window_last_day: str | None
    decided_at: str | None
    received_at: str | None
    acts: list[str]
    is_test: bool


class LetterheadAsked(TypedDict):
    """All that a letterhead says from now on."""

    name: str
    lines: NotRequired[list[str]]
    signature: NotRequired[str]
    logo: NotRequired[str | None]


class LetterheadTold(TypedDict):
    """A letterhead as it is kept."""

    name: str
    lines: list[str]
    signature: str
    logo: str | None


class LettersToAsked(TypedDict):
    """One deposit for several recipients: a letter for each, and none sees another."""

    product: NotRequired[Product]
    subject: NotRequired[str]
    reference: NotRequired[str]
    language: NotRequired[str]
    notify_at: NotRequired[str | None]
    pre_notice: NotRequired[str]
    matter: NotRequired[Matter]
    in_name_of: NotRequired[str | None]
    paper: NotRequired[PaperAsked | None]
    sha256: NotRequired[list[str]]
    documents: NotRequired[list[DocumentAsked]]
    uploads: NotRequired[list[str]]
    recipients: list[RecipientAsked]


class LettersTold(TypedDict):
    """The letters of one deposit for several recipients, in their order."""

    items: list[LetterTold]


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


class MandateTold(TypedDict):
    """A mandate you gave or got."""

    id: str
    is_given: bool
    other: str
    scopes: list[str]
    valid_from: str
    valid_until: str | None
    reference: str
    revoked_at: str | None
    in_force: bool


class MandateList(TypedDict):
    """Your mandates, the oldest first."""

    items: list[MandateTold]


class MemberTold(TypedDict):
    """A member of an organisation."""

    person: str
    name: str
    role: MemberRole
    since: str


class MemberList(TypedDict):
    """The members of an organisation."""

    items: list[MemberTold]


class MembersAsked(TypedDict):
    """Entries that are put into a group or taken out of it."""

    put: NotRequired[list[str]]
    take: NotRequired[list[str]]


class WordsTold(TypedDict):
    """Words in the languages of the office."""

    fr: str
    en: str


class UpdateTold(TypedDict):
    """What operators said of it, when."""

    at: str
    text: WordsTold


class NoticeTold(TypedDict):
    """An incident or a maintenance, as operators tell it."""

    id: str
    kind: str
    services: list[str]
    title: WordsTold
    begins_at: str
    ends_at: str | None
    ended_at: str | None
    updates: list[UpdateTold]


class OrderAsked(TypedDict):
    """A means to be made and delivered to its holder."""

    kind: Kind
    delivery: NotRequired[Delivery]


class OrderTold(TypedDict):
    """An order of an identification means."""

    id: str
    kind: str
    delivery: Delivery
    state: OrderState
    created_at: str
    ended_at: str | None
    waits_for_address: bool


class OrderList(TypedDict):
    """Your orders, the newest first."""

    items: list[OrderTold]


class OrganisationTold(TypedDict):
    """An organisation you are a member of."""

    id: str
    name: str
    role: MemberRole
    since: str


class OrganisationList(TypedDict):
    """Your organisations."""

    items: list[OrganisationTold]


class OutageTold(TypedDict):
    """A time in which a service did not answer."""

    id: str
    service: str
    began_at: str
    ended_at: str | None
    probes: int
    failure: str
    evidence: str | None


class PreparedAsked(TypedDict):
    """A letter to prepare; its documents come as files."""

    product: NotRequired[Product]
    subject: NotRequired[str]
    reference: NotRequired[str]
    language: NotRequired[str]
    notify_at: NotRequired[str | None]
    pre_notice: NotRequired[str]
    matter: NotRequired[Matter]
    in_name_of: NotRequired[str | None]
    paper: NotRequired[PaperAsked | None]
    sha256: NotRequired[list[str]]
    documents: NotRequired[list[DocumentAsked]]
    uploads: NotRequired[list[str]]
    recipient: RecipientAsked
    organisation: str
    others: NotRequired[list[RecipientAsked]]


class PreparedTold(TypedDict):
    """A prepared letter as it stands."""

    id: str
    organisation: str
    prepared_by: str
    state: PreparedState
    created_at: str
    ended_at: str | None
    reason: str
    product: Product | None
    recipient_name: str | None
    others: list[str]
    subject: str | None
    documents: list[str]
    letter: str | None


class PreparedList(TypedDict):
    """Prepared letters."""

    waiting: list[PreparedTold]
    mine: list[PreparedTold]


class Problem(TypedDict):
    """What went wrong (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    mend: str
    errors: NotRequired[list[FieldProblem] | None]


class RoleTold(TypedDict):
    """What somebody must show."""

    level: Level | None
    proofing_level: Level | None
    proofing_methods: list[ProofingMethod]
    two_categories: bool
    freshness_s: int
    derogation: str | None
    reference: str


class ProductTold(TypedDict):
    """A product, and what it asks now."""

    product: Product
    name_fr: str
    name_en: str
    claim: Claim
    is_offered: bool
    consent_required: bool
    sender_hidden: bool
    window_days: int | None
    choice_days: int | None
    sender: RoleTold
    recipient: RoleTold


class ProductsTold(TypedDict):
    """All products at an instant."""

    at: str
    items: list[ProductTold]


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


class ReportTold(TypedDict):
    """What the checks of a proof found."""

    result: Result
    at: str
    checks: list[CheckTold]
    not_checked: list[str]


class SandboxTold(TypedDict):
    """Where the sandbox stands."""

    at: str
    ahead_s: float
    day_lasts_s: float
    domain: str
    outcomes: list[ScriptedOutcome]


class ServiceTold(TypedDict):
    """A service of the office."""

    service: str
    name: WordsTold
    state: str
    since: str | None
    days: list[DayTold]


class VersionsTold(TypedDict):
    """What is spoken here."""

    api: str
    office: str
    tus: str


class StatusTold(TypedDict):
    """How the office is."""

    state: str
    probed_at: str | None
    services: list[ServiceTold]
    outages: list[OutageTold]
    notices: list[NoticeTold]
    versions: VersionsTold


class TemplateAsked(TypedDict):
    """What a template says."""

    name: str
    subject: NotRequired[str]
    text: str


class TemplateChangeAsked(TypedDict):
    """All that a template says from now on."""

    name: str
    subject: NotRequired[str]
    text: str
    version: int


class TemplateTold(TypedDict):
    """A template as it is kept."""

    id: str
    name: str
    subject: str
    text: str
    columns: list[str]
    version: int


class TemplatesTold(TypedDict):
    """Your templates, in the order of their names."""

    items: list[TemplateTold]


class TimelineTold(TypedDict):
    """A letter's journal, the first act first."""

    items: list[ActTold]


class UploadTold(TypedDict):
    """A document that comes in parts."""

    id: str
    name: str
    length: int
    received: int
    is_whole: bool
    expires_at: str


class WithdrawalAsked(TypedDict):
    """A withdrawal that reached the sender another way."""

    reason: str
