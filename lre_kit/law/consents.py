"""Consent to receive electronically: who must have given it, to whom, and what a consent may become.

A consent is held by a sender about a recipient's mailbox. It is generic: it is about sendings to come,
never about one letter (CPCE L. 100). Three regimes differ in one thing each:

- ``CPCE_L100``: a recipient who is not a professional must have said yes to the sender (CPCE L. 100).
- ``CRPA_L112_15``: the user of an administration must have agreed expressly (CRPA L. 112-15).
- ``COPRO_42_1``: electronic is the rule; a co-owner may ask for post at any time, by any means (loi
  n° 65-557, art. 42-1, as worded by loi n° 2024-322).

Pure: no clock, no table. What was decided counts from its own instant and for sendings to come only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from lre_kit.errors import UnlawfulActError


class ConsentStateError(UnlawfulActError):
    """The consent's state does not allow this act; nothing was changed."""

    slug = "consent-state"


class ConsentRegime(StrEnum):
    """Which text a consent answers to."""

    CPCE_L100 = "CPCE_L100"
    CRPA_L112_15 = "CRPA_L112_15"
    COPRO_42_1 = "COPRO_42_1"


class ConsentState(StrEnum):
    """Where a consent stands."""

    ASKED = "asked"
    LATER = "later"
    GIVEN = "given"
    REFUSED = "refused"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class ConsentAct(StrEnum):
    """What happened to a consent; the values name its evidence."""

    ASKED = "ConsentAsked"
    LATER = "ConsentPostponed"
    GIVEN = "ConsentGiven"
    REFUSED = "ConsentRefused"
    EXPIRED = "ConsentExpired"
    WITHDRAWN = "ConsentWithdrawn"

    @property
    def uri(self) -> str:
        """Name in evidence. ETSI EN 319 522 has no event for consents, so this one is our own."""
        return f"urn:lre-kit:consent:1/{self.value}"


class Capacity(StrEnum):
    """In which capacity somebody is addressed; the sender says so, and on what basis."""

    CONSUMER = "consumer"
    PROFESSIONAL = "professional"
    PUBLIC_BODY = "public_body"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentPolicy:
    """How long requests and consents last. No text prescribes a duration: these are an office's habits."""

    request_days: int = 60
    """Days for which a request may be answered; then its link is stale."""
    reminder_days: tuple[int, ...] = (3, 10, 30)
    """Days after the request on which a silent recipient is reminded."""
    ask_again_days: int = 30
    """Days after a refusal or a withdrawal before the same sender may ask again."""
    valid_days: int | None = None
    """Days for which a consent counts; none: until it is withdrawn."""
    renewal_days: int = 30
    """Days before its end on which a renewal is asked for."""

    def __post_init__(self) -> None:
        """Refuse spans that cannot be."""
        if self.request_days < 1 or self.ask_again_days < 0 or self.renewal_days < 0:
            msg = "a span of a consent policy is too short"
            raise ValueError(msg)
        if self.valid_days is not None and self.valid_days <= self.renewal_days:
            msg = "a consent must last longer than its time for renewal"
            raise ValueError(msg)
        if list(self.reminder_days) != sorted({d for d in self.reminder_days if 0 < d < self.request_days}):
            msg = "reminders must rise within the days of the request"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegimeRule:
    """What one regime says."""

    reference: str
    """The text."""
    presumed: bool
    """Whether silence is enough: electronic unless post was asked for."""
    exempt: frozenset[Capacity]
    """Capacities from which no consent is asked."""
    policy: ConsentPolicy = ConsentPolicy()


RULES: Mapping[ConsentRegime, RegimeRule] = {
    ConsentRegime.CPCE_L100: RegimeRule(
        reference="CPCE L. 100",
        presumed=False,
        exempt=frozenset({Capacity.PROFESSIONAL, Capacity.PUBLIC_BODY}),
    ),
    ConsentRegime.CRPA_L112_15: RegimeRule(
        reference="CRPA L. 112-15",
        presumed=False,
        exempt=frozenset({Capacity.PUBLIC_BODY}),
    ),
    ConsentRegime.COPRO_42_1: RegimeRule(
        reference="Loi n° 65-557, art. 42-1",
        presumed=True,
        exempt=frozenset(),
    ),
}
"""The rule of each regime."""

FREE_MAIL_DOMAINS = frozenset(
    {
        "aol.com", "bbox.fr", "free.fr", "gmail.com", "gmx.com", "gmx.fr", "hotmail.com", "hotmail.fr",
        "icloud.com", "laposte.net", "live.com", "live.fr", "mac.com", "mail.com", "me.com", "msn.com",
        "neuf.fr", "numericable.fr", "orange.fr", "outlook.com", "outlook.fr", "pm.me", "proton.me",
        "protonmail.com", "sfr.fr", "wanadoo.fr", "yahoo.com", "yahoo.fr", "ymail.com",
    }
)  # fmt: skip
"""Domains that give mailboxes to anybody: none of them is a company's own."""


def is_free_mail(email: str) -> bool:
    """Answer whether an address is of a domain that gives mailboxes to anybody."""
    return email.rpartition("@")[2].strip().casefold().rstrip(".") in FREE_MAIL_DOMAINS


def looks_personal(capacity: Capacity, email: str) -> bool:
    """Answer whether somebody addressed as professional has an address that is no company's.

    Only a warning: nothing is refused for it, and no address or capacity is changed.
    """
    return capacity is not Capacity.CONSUMER and is_free_mail(email)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A consent as it stands."""

    state: ConsentState | None = None
    """Nothing: never asked."""
    asked_at: datetime | None = None
    """When it was asked for the last time."""
    decided_at: datetime | None = None
    """When it was given, refused or withdrawn the last time."""
    expires_at: datetime | None = None
    """When a given consent ends; nothing: it does not by itself."""

    def counts_at(self, at: datetime) -> bool:
        """Answer whether there is a consent at an instant: its end is excluded."""
        return (
            self.state is ConsentState.GIVEN
            and self.decided_at is not None
            and self.decided_at <= at
            and (self.expires_at is None or at < self.expires_at)
        )

    def is_open(self, at: datetime, policy: ConsentPolicy) -> bool:
        """Answer whether the last request may still be answered at an instant."""
        return self.asked_at is not None and at < self.asked_at + timedelta(days=policy.request_days)


def is_needed(regime: ConsentRegime, capacity: Capacity) -> bool:
    """Answer whether this regime looks at what a recipient of this capacity wants."""
    return capacity not in RULES[regime].exempt


def allows(regime: ConsentRegime, capacity: Capacity, standing: Standing, at: datetime) -> bool:
    """Answer whether somebody may be written to electronically at an instant."""
    rule = RULES[regime]
    if capacity in rule.exempt:
        return True
    if rule.presumed:
        return standing.state not in {ConsentState.REFUSED, ConsentState.WITHDRAWN}
    return standing.counts_at(at)


_MEND = "Look at the consent's history, then do what its state allows."


def decide(act: ConsentAct, standing: Standing, at: datetime, regime: ConsentRegime,
           policy: ConsentPolicy | None = None) -> Standing:  # fmt: skip
    """Return a consent after an act, or refuse it.

    Args:
        act: What is done.
        standing: The consent before.
        at: When it is done.
        regime: Under which text.
        policy: Spans; by default those of the regime.

    Raises:
        ConsentStateError: The state does not allow it.
    """
    policy = policy or RULES[regime].policy
    state = standing.state
    if act is ConsentAct.ASKED:
        _expect_may_ask(standing, at, policy)
        # Asked again while it counts, it goes on counting: a renewal takes nothing away.
        kept = ConsentState.GIVEN if standing.counts_at(at) else ConsentState.ASKED
        return Standing(
            state=kept, asked_at=at, decided_at=standing.decided_at, expires_at=standing.expires_at
        )
    if act is ConsentAct.GIVEN:
        expires_at = at + timedelta(days=policy.valid_days) if policy.valid_days else None
        return Standing(
            state=ConsentState.GIVEN, asked_at=standing.asked_at, decided_at=at, expires_at=expires_at
        )
    if act is ConsentAct.EXPIRED:
        ended = standing.expires_at is not None and at >= standing.expires_at
        lapsed = state in _SILENT and not standing.is_open(at, policy)
        if not lapsed and not (state is ConsentState.GIVEN and ended):
            raise ConsentStateError("This consent is not at its end.", mend=_MEND)
        return Standing(
            state=ConsentState.EXPIRED, asked_at=standing.asked_at, decided_at=standing.decided_at
        )
    if act is ConsentAct.WITHDRAWN:
        if state is not ConsentState.GIVEN and not (RULES[regime].presumed and state not in _AGAINST):
            raise ConsentStateError("There is no consent to withdraw.", mend=_MEND)
        return Standing(state=ConsentState.WITHDRAWN, asked_at=standing.asked_at, decided_at=at)
    # What is left answers a request: refused, or put off.
    if state not in _SILENT:
        raise ConsentStateError("Nothing is asked that could be answered so.", mend=_MEND)
    if act is ConsentAct.REFUSED:
        return Standing(state=ConsentState.REFUSED, asked_at=standing.asked_at, decided_at=at)
    return Standing(state=ConsentState.LATER, asked_at=standing.asked_at, decided_at=standing.decided_at)


def _expect_may_ask(standing: Standing, at: datetime, policy: ConsentPolicy) -> None:
    """Refuse to ask who has consented for long, or who said no a short while ago."""
    if standing.counts_at(at):
        ends = standing.expires_at
        if ends is None or at < ends - timedelta(days=policy.renewal_days):
            raise ConsentStateError(
                "This recipient has consented already.", mend="Nothing to do: their consent counts."
            )
    if standing.state in _AGAINST and standing.decided_at is not None:
        again = standing.decided_at + timedelta(days=policy.ask_again_days)
        if at < again:
            raise ConsentStateError(
                "This recipient said no a short while ago.",
                mend=f"Ask again from {again:%Y-%m-%d} at the earliest, or write by post.",
            )


_SILENT = frozenset({ConsentState.ASKED, ConsentState.LATER})
_AGAINST = frozenset({ConsentState.REFUSED, ConsentState.WITHDRAWN})
