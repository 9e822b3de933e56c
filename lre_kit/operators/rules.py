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


RULES: Mapping[Act, Rule] = {
    Act.CORRECT_ADDRESS: _rule("corriger l'adresse", "correct the address", Role.CLERK),
    Act.RESEND_NOTICE: _rule("renvoyer l'avis", "send the notice again", Role.CLERK),
    Act.WITHDRAW: _rule("retirer la lettre", "withdraw the letter", Role.CLERK, takes_two=True),
    Act.HOLD: _rule("geler la lettre", "put on legal hold", Role.CLERK, Role.AUDITOR),
    Act.RELEASE_HOLD: _rule(
        "lever le gel", "release the legal hold", Role.CLERK, Role.AUDITOR, takes_two=True
    ),
    Act.RETRY_DUTY: _rule(
        "relancer la tâche", "try the duty again", Role.CLERK, Role.POST_ROOM, Role.KEY_HOLDER
    ),
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
}
"""Every act and what it asks for."""


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
}
"""Who may look at what: personal data only for whom they are part of the work."""


def may(roles: Iterable[Role], act: Act) -> bool:
    """Answer whether any of some roles may do an act."""
    return not RULES[act].roles.isdisjoint(roles)


def may_see(roles: Iterable[Role], view: View) -> bool:
    """Answer whether any of some roles may look at something."""
    return not VIEWS[view].isdisjoint(roles)
