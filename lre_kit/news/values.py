"""What senders may be told of by mail, how often, and what is told whatever they choose.

Nothing of this replaces evidence: the journal and the proofs say the same, and more. What the law or safety
asks for, or a time depends on, is no choice of the sender's, so it is no kind of news: notices (CPCE R. 53-3)
and reminders to recipients, messages about identification means and accounts, answers to requests.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from lre_kit.errors import InputError
from lre_kit.law.consents import ConsentAct
from lre_kit.law.events import ErdsEvent


class NewsKind(StrEnum):
    """What a sender may be told of."""

    BOUNCED = "bounced"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNCLAIMED = "unclaimed"
    NOT_HANDED_OVER = "not_handed_over"
    PAPER = "paper"
    CONSENT = "consent"
    TO_SIGN = "to_sign"


class Pace(StrEnum):
    """How often somebody is told."""

    OFF = "off"
    AT_ONCE = "at_once"
    DAILY = "daily"


CHOICES: Mapping[NewsKind, tuple[Pace, ...]] = {
    # Whoever is not told that a notice failed loses days of a window that never opened.
    NewsKind.BOUNCED: (Pace.AT_ONCE, Pace.DAILY),
    NewsKind.ACCEPTED: tuple(Pace),
    NewsKind.REFUSED: tuple(Pace),
    NewsKind.UNCLAIMED: tuple(Pace),
    NewsKind.NOT_HANDED_OVER: tuple(Pace),
    NewsKind.PAPER: tuple(Pace),
    NewsKind.CONSENT: tuple(Pace),
    NewsKind.TO_SIGN: (Pace.OFF, Pace.DAILY),
}
"""What may be chosen for each kind."""

BY_DEFAULT: Mapping[NewsKind, Pace] = {
    **dict.fromkeys(NewsKind, Pace.OFF),
    NewsKind.BOUNCED: Pace.AT_ONCE,
    NewsKind.TO_SIGN: Pace.DAILY,
}
"""What holds for whoever chose nothing."""

OF_LETTERS: Mapping[ErdsEvent, NewsKind] = {
    ErdsEvent.CONSIGNMENT_ACCEPTANCE: NewsKind.ACCEPTED,
    ErdsEvent.CONSIGNMENT_REJECTION: NewsKind.REFUSED,
    ErdsEvent.ACCEPTANCE_REJECTION_EXPIRY: NewsKind.UNCLAIMED,
    ErdsEvent.CONTENT_CONSIGNMENT_FAILURE: NewsKind.NOT_HANDED_OVER,
    ErdsEvent.RELAY_TO_NON_ERDS_FAILURE: NewsKind.PAPER,
    ErdsEvent.RECEIVED_FROM_NON_ERDS: NewsKind.PAPER,
}
"""Events of letters that are news; a failed notice has a duty of its own."""

OF_CONSENTS = frozenset(
    {ConsentAct.LATER, ConsentAct.GIVEN, ConsentAct.REFUSED, ConsentAct.EXPIRED, ConsentAct.WITHDRAWN}
)
"""Acts on consents that are news, unless the sender did them."""

LANGUAGES = ("", "fr", "en")
"""Languages of the messages; empty: that of each letter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What somebody wants to be told of, how often and in which language."""

    paces: Mapping[NewsKind, Pace] = field(default_factory=lambda: dict(BY_DEFAULT))
    language: str = ""

    def of(self, kind: NewsKind) -> Pace:
        """Return how often somebody is told of a kind of news."""
        return self.paces.get(kind, BY_DEFAULT[kind])

    def checked(self) -> "Wishes":
        """Return the wishes, whole.

        Raises:
            InputError: One of them cannot be chosen.
        """
        paces = {kind: self.of(kind) for kind in NewsKind}
        if self.language not in LANGUAGES or any(pace not in CHOICES[kind] for kind, pace in paces.items()):
            raise InputError("This cannot be chosen for that message.", mend="Choose among what is offered.")
        return Wishes(paces=paces, language=self.language)
