"""Who may do what, and what takes two: pure rules, judged by the kernel whatever screen asks.

Acts that cannot be undone, or that end the
protection of something, take a second operator who agrees (OWASP ASVS 5 §2.3.5).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What an operator is there for."""

    CLERK = "clerk"
    REVIEWER = "identity-reviewer"
    POST_ROOM = "post-room"
    KEY_HOLDER = "key-holder"
    AUDITOR = "auditor"

    @property
    def french(self) -> str:
        """Its name in French."""
        return _ROLES[self][0]

    @property
    def english(self) -> str:
        """Its name in English."""
        return _ROLES[self][1]


_ROLES: Mapping[Role, tuple[str, str]] = {
    Role.CLERK: ("guichet", "clerk"),
    Role.REVIEWER: ("vérification d'identité", "identity reviewer"),
    Role.POST_ROOM: ("atelier courrier", "post room"),
    Role.KEY_HOLDER: ("porteur de clés", "key holder"),
    Role.AUDITOR: ("auditeur", "auditor"),
}


class Act(StrEnum):
    """What operators do; the value stands in evidence and is never changed."""

    CORRECT_ADDRESS = "letter.correct-address"
    RESEND_NOTICE = "letter.resend-notice"
    WITHDRAW = "letter.withdraw"
    HOLD = "letter.hold"
    RELEASE_HOLD = "letter.release-hold"
    DISMISS_REPORT = "letter.dismiss-report"
    RETRY_DUTY = "duty.retry"
    WITHDRAW_CONSENT = "consent.withdraw"
    CLAIM_CASE = "case.claim"
    RELEASE_CASE = "case.release"
    DECIDE_CASE = "case.decide"
    ACCEPT_MEANS = "means.accept"
    SUSPEND_MEANS = "means.suspend"
    RESUME_MEANS = "means.resume"
    REVOKE_MEANS = "means.revoke"
    CLOSE_BATCH = "post.close-batch"
    HAND_OVER_BATCH = "post.hand-over-batch"
    REPRINT = "post.reprint"
    AUDIT_LOG = "log.audit"
    RENEW_STAMPS = "log.renew-stamps"
    ASSIGN_REQUEST = "request.assign"
    ANSWER_REQUEST = "request.answer"
    NOTE_REQUEST = "request.note"
    CLOSE_REQUEST = "request.close"
    POSTPONE_DUTY = "duty.postpone"
    BRING_FORWARD_DUTY = "duty.bring-forward"
    IMPORT_TRACKING = "post.import-tracking"
    NOTE_RETURN = "post.note-return"
    ATTACH_SCAN = "post.attach-scan"
    NOTE_PRINTED = "order.printed"
    NOTE_DELIVERED = "order.delivered"
    ADOPT_REGIME = "regime.adopt"
    ROTATE_KEY = "key.rotate"
    TEST_WEBHOOK = "webhook.test"
    DISABLE_WEBHOOK = "webhook.disable"
    ENABLE_WEBHOOK = "webhook.enable"
    REPLAY_WEBHOOK = "webhook.replay"
    REVOKE_API_KEY = "api-key.revoke"
    EXPORT = "list.export"
    PUBLISH_ANNOUNCEMENT = "announcement.publish"
    END_ANNOUNCEMENT = "announcement.end"
    OPEN_INCIDENT = "incident.open"
    UPDATE_INCIDENT = "incident.update"
    END_INCIDENT = "incident.end"
    SETTLE_ACT = "act.settle"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What an act asks for."""

    roles: frozenset[Role]
    """Any of these may do it."""
    french: str
    english: str
    takes_two: bool = False
    """Whether a second operator, with such a role too, must agree."""
    asks_reason: bool = True
    """Whether the operator says why."""
    told: tuple[str, ...] = ()
    """Facts of the act that its evidence repeats: never personal data."""


def _rule(
    french: str,
    english: str,
    *roles: Role,
    takes_two: bool = False,
    asks_reason: bool = True,
    told: tuple[str, ...] = (),
) -> Rule:
    return Rule(
        roles=frozenset(roles),
        french=french,
        english=english,
        takes_two=takes_two,
        asks_reason=asks_reason,
        told=told,
    )


_OF_DUTIES = (Role.CLERK, Role.POST_ROOM, Role.KEY_HOLDER)

RULES: Mapping[Act, Rule] = {
    Act.CORRECT_ADDRESS: _rule("corriger l'adresse", "correct the address", Role.CLERK),
    Act.RESEND_NOTICE: _rule("renvoyer l'avis", "send the notice again", Role.CLERK),
    Act.WITHDRAW: _rule("retirer la lettre", "withdraw the letter", Role.CLERK, takes_two=True),
    Act.HOLD: _rule("geler la lettre", "put on legal hold", Role.CLERK, Role.AUDITOR),
    Act.RELEASE_HOLD: _rule(
        "lever le gel", "release the legal hold", Role.CLERK, Role.AUDITOR, takes_two=True
    ),
    Act.DISMISS_REPORT: _rule("classer « pas pour moi »", "dismiss “not for me”", Role.CLERK),
    Act.RETRY_DUTY: _rule("relancer la tâche", "try the duty again", *_OF_DUTIES),
    Act.WITHDRAW_CONSENT: _rule("noter un retrait", "note a withdrawal", Role.CLERK),
    Act.CLAIM_CASE: _rule("prendre le dossier", "take the case", Role.REVIEWER, asks_reason=False),
    Act.RELEASE_CASE: _rule("rendre le dossier", "give the case back", Role.REVIEWER, asks_reason=False),
    Act.DECIDE_CASE: _rule(
        "décider du dossier", "decide the case", Role.REVIEWER, asks_reason=False, told=("verdict",)
    ),
    Act.ACCEPT_MEANS: _rule("accepter le moyen", "accept the means", Role.REVIEWER),
    Act.SUSPEND_MEANS: _rule("suspendre le moyen", "suspend the means", Role.REVIEWER),
    Act.RESUME_MEANS: _rule("rétablir le moyen", "resume the means", Role.REVIEWER),
    Act.REVOKE_MEANS: _rule("révoquer le moyen", "revoke the means", Role.REVIEWER, takes_two=True),
    Act.CLOSE_BATCH: _rule("fermer le lot", "close the batch", Role.POST_ROOM, asks_reason=False),
    Act.HAND_OVER_BATCH: _rule("remettre le lot", "hand the batch over", Role.POST_ROOM, asks_reason=False),
    Act.REPRINT: _rule("réimprimer", "print again", Role.POST_ROOM),
    Act.AUDIT_LOG: _rule(
        "auditer le journal", "audit the log", Role.AUDITOR, Role.KEY_HOLDER, asks_reason=False
    ),
    Act.RENEW_STAMPS: _rule("renouveler les horodatages", "renew the time stamps", Role.KEY_HOLDER),
    Act.ASSIGN_REQUEST: _rule(
        "confier la demande", "assign the request", Role.CLERK, asks_reason=False, told=("to",)
    ),
    Act.ANSWER_REQUEST: _rule(
        "répondre à la demande", "answer the request", Role.CLERK, asks_reason=False, told=("template",)
    ),
    Act.NOTE_REQUEST: _rule("annoter la demande", "note on the request", Role.CLERK, asks_reason=False),
    Act.CLOSE_REQUEST: _rule("clore la demande", "close the request", Role.CLERK, asks_reason=False),
    Act.POSTPONE_DUTY: _rule("reporter la tâche", "put the duty off", *_OF_DUTIES, told=("until",)),
    Act.BRING_FORWARD_DUTY: _rule("avancer la tâche", "bring the duty forward", *_OF_DUTIES, told=("until",)),
    Act.IMPORT_TRACKING: _rule(
        "importer le suivi", "import tracking", Role.POST_ROOM, asks_reason=False, told=("source", "digest")
    ),
    Act.NOTE_RETURN: _rule("noter un retour", "note a return", Role.POST_ROOM, told=("code",)),
    Act.ATTACH_SCAN: _rule("joindre un scan", "keep a scan", Role.POST_ROOM, told=("digest",)),
    Act.NOTE_PRINTED: _rule(
        "noter l'impression", "note a sheet as printed", Role.POST_ROOM, Role.REVIEWER, asks_reason=False
    ),
    Act.NOTE_DELIVERED: _rule(
        "noter la livraison", "note a delivery", Role.POST_ROOM, Role.REVIEWER, asks_reason=False
    ),
    Act.ADOPT_REGIME: _rule(
        "adopter les règles", "adopt the rules", Role.KEY_HOLDER, takes_two=True, told=("digest",)
    ),
    Act.ROTATE_KEY: _rule("renouveler la clé", "rotate the key", Role.KEY_HOLDER, takes_two=True),
    Act.TEST_WEBHOOK: _rule("tester le webhook", "test the webhook", Role.CLERK, asks_reason=False),
    Act.DISABLE_WEBHOOK: _rule("arrêter le webhook", "disable the webhook", Role.CLERK),
    Act.ENABLE_WEBHOOK: _rule("rétablir le webhook", "enable the webhook", Role.CLERK),
    Act.REPLAY_WEBHOOK: _rule("rejouer les événements", "replay events", Role.CLERK, told=("since",)),
    Act.REVOKE_API_KEY: _rule("révoquer la clé d'API", "revoke the API key", Role.CLERK, Role.KEY_HOLDER),
    Act.EXPORT: _rule("exporter la liste", "export the list", *Role, told=("count", "digest")),
    Act.PUBLISH_ANNOUNCEMENT: _rule(
        "publier l'annonce",
        "publish the announcement",
        Role.CLERK,
        Role.KEY_HOLDER,
        asks_reason=False,
        told=("kind", "places", "fr", "en"),
    ),
    Act.END_ANNOUNCEMENT: _rule(
        "retirer l'annonce", "take the announcement down", Role.CLERK, Role.KEY_HOLDER, asks_reason=False
    ),
    Act.OPEN_INCIDENT: _rule(
        "annoncer l'incident",
        "announce the incident",
        Role.CLERK,
        Role.KEY_HOLDER,
        asks_reason=False,
        told=("kind", "services", "title_fr", "title_en"),
    ),
    Act.UPDATE_INCIDENT: _rule(
        "compléter l'incident",
        "add to the incident",
        Role.CLERK,
        Role.KEY_HOLDER,
        asks_reason=False,
        told=("fr", "en"),
    ),
    Act.END_INCIDENT: _rule(
        "clore l'incident",
        "end the incident",
        Role.CLERK,
        Role.KEY_HOLDER,
        asks_reason=False,
        told=("fr", "en"),
    ),
    Act.SETTLE_ACT: _rule(
        "constater l'issue", "note an outcome", Role.AUDITOR, Role.KEY_HOLDER, told=("found",)
    ),
}
"""Every act and what it asks for."""

UNDOES: Mapping[Act, Act] = {
    Act.HOLD: Act.RELEASE_HOLD,
    Act.SUSPEND_MEANS: Act.RESUME_MEANS,
    Act.RESUME_MEANS: Act.SUSPEND_MEANS,
    Act.POSTPONE_DUTY: Act.BRING_FORWARD_DUTY,
    Act.BRING_FORWARD_DUTY: Act.POSTPONE_DUTY,
    Act.DISABLE_WEBHOOK: Act.ENABLE_WEBHOOK,
    Act.ENABLE_WEBHOOK: Act.DISABLE_WEBHOOK,
}
"""What takes an act back, where the law and the state of things allow it: an act like any other."""

IN_BULK: Mapping[Act, str] = {
    Act.RETRY_DUTY: "agenda",
    Act.POSTPONE_DUTY: "agenda",
    Act.RESEND_NOTICE: "letters",
    Act.HOLD: "letters",
    Act.RELEASE_HOLD: "letters",
    Act.WITHDRAW: "letters",
    Act.SUSPEND_MEANS: "identifiers",
    Act.RESUME_MEANS: "identifiers",
    Act.REVOKE_MEANS: "identifiers",
    Act.WITHDRAW_CONSENT: "consents",
}
"""Acts that may be done to a whole list at once, and on which view."""


class View(StrEnum):
    """What operators look at."""

    TODAY = "today"
    LETTERS = "letters"
    AGENDA = "agenda"
    REVIEWS = "reviews"
    CONSENTS = "consents"
    POST = "post"
    LOG = "log"
    TRAIL = "trail"
    IDENTIFIERS = "identifiers"
    KEYS = "keys"
    REGIMES = "regimes"
    TWO = "two"
    ORDERS = "orders"
    WEBHOOKS = "webhooks"
    API_KEYS = "api-keys"
    BULK = "bulk"
    REQUESTS = "requests"
    ANNOUNCEMENTS = "announcements"


_ALL = frozenset(Role)

VIEWS: Mapping[View, frozenset[Role]] = {
    View.TODAY: _ALL,
    View.LETTERS: frozenset({Role.CLERK, Role.POST_ROOM, Role.AUDITOR}),
    View.AGENDA: frozenset({Role.CLERK, Role.POST_ROOM, Role.KEY_HOLDER, Role.AUDITOR}),
    View.REVIEWS: frozenset({Role.REVIEWER}),
    View.CONSENTS: frozenset({Role.CLERK, Role.AUDITOR}),
    View.POST: frozenset({Role.POST_ROOM, Role.CLERK, Role.AUDITOR}),
    View.LOG: _ALL,
    View.TRAIL: frozenset({Role.AUDITOR, Role.KEY_HOLDER}),
    View.IDENTIFIERS: frozenset({Role.REVIEWER, Role.CLERK, Role.AUDITOR}),
    View.KEYS: frozenset({Role.KEY_HOLDER, Role.AUDITOR}),
    View.REGIMES: _ALL,
    View.TWO: _ALL,
    View.ORDERS: frozenset({Role.POST_ROOM, Role.REVIEWER, Role.AUDITOR}),
    View.WEBHOOKS: frozenset({Role.CLERK, Role.AUDITOR}),
    View.API_KEYS: frozenset({Role.CLERK, Role.KEY_HOLDER, Role.AUDITOR}),
    View.BULK: _ALL,
    View.REQUESTS: frozenset({Role.CLERK}),
    View.ANNOUNCEMENTS: frozenset({Role.CLERK, Role.KEY_HOLDER, Role.AUDITOR}),
}
"""Who may look at what: personal data only for whom they are part of the work."""


def may(roles: Iterable[Role], act: Act) -> bool:
    """Answer whether any of some roles may do an act."""
    return not RULES[act].roles.isdisjoint(roles)


def may_see(roles: Iterable[Role], view: View) -> bool:
    """Answer whether any of some roles may look at something."""
    return not VIEWS[view].isdisjoint(roles)
