# ruff: noqa: E501 - sentences for people read better whole
"""What happens to a letter on which date, and by which rule: the deadlines in words.

Pure: a letter's requirements and instants go in, dated sentences come out, in order. Outages are told beside
them and move nothing: no regime of the kit knows an extension (CPCE R. 53-3 counts days from the sending of
the information, and stops for nothing).

Example:
    >>> from datetime import UTC, datetime
    >>> from lre_kit.law.products import Product
    >>> from lre_kit.law.regimes import requirements
    >>> sent = datetime(2026, 1, 12, 9, 30, tzinfo=UTC)
    >>> found = explain(requirements(Product.SIMPLE, at=sent), notified_at=sent)
    >>> [dated.name for dated in found]
    ['notified', 'first-day', 'closes', 'proof']
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from lre_kit.law.deadlines import first_instant, proof_due_at, window_closes_at
from lre_kit.law.periods import Words
from lre_kit.law.regimes import Requirements

_TEXTS = {
    "CPCE_L100": "CPCE R. 53-3",
    "COPRO_42_1": "loi n° 65-557 art. 42-1",
    "CRPA_L112_15": "CRPA L. 112-15",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """One thing that happens.

    Attributes:
        name: ``notified``, ``first-day``, ``closes``, ``proof``.
        at: When; for ``closes`` and ``proof`` the exclusive bound.
        rule: The text it comes from.
        words: What happens then.
    """

    name: str
    at: datetime
    rule: str
    words: Words


def explain(
    requirements: Requirements, *, notified_at: datetime, closes_at: datetime | None = None
) -> tuple[Dated, ...]:
    """Return what happens on which date, the first first; nothing for a letter without a window.

    Args:
        requirements: Of the letter.
        notified_at: When its notice was sent.
        closes_at: The window's exclusive end as the letter keeps it; by default as the rule gives it.
    """
    days = requirements.window_days if requirements.choice_days is None else requirements.choice_days
    if days is None:
        return ()
    zone, rule = (
        ZoneInfo(requirements.time_zone),
        _TEXTS.get(requirements.consent_regime, requirements.regime),
    )
    first = notified_at.astimezone(zone).date() + timedelta(days=1)
    closes = closes_at or window_closes_at(notified_at, days=days, zone=zone)
    told = [
        Dated(
            name="notified",
            at=notified_at,
            rule=rule,
            words=Words(
                fr="L'avis est envoyé : la lettre peut être acceptée ou refusée dès cet instant.",
                en="The notice is sent: from this instant the letter can be accepted or refused.",
            ),
        ),
        Dated(
            name="first-day",
            at=first_instant(first, zone=zone),
            rule=rule,
            words=Words(
                fr=f"Premier des {days} jours, le lendemain de l'envoi. Tous les jours comptent, fériés compris.",
                en=f"First of the {days} days, the day after the sending. Every day counts, holidays too.",
            ),
        ),
        Dated(name="closes", at=closes, rule=rule, words=_closing(requirements)),
    ]
    if requirements.choice_days is None:
        told.append(
            Dated(
                name="proof",
                at=proof_due_at(closes, days=requirements.proof_days, zone=zone),
                rule=rule,
                words=Words(
                    fr="Avant cet instant, la preuve du refus ou de la non-réclamation est à disposition de l'expéditeur.",
                    en="Before this instant the proof of refusal or of non-claim is available to the sender.",
                ),
            )
        )
    return tuple(told)


def _closing(requirements: Requirements) -> Words:
    if requirements.choice_days is not None:
        return Words(
            fr="Sans choix avant cet instant, la lettre est imprimée et part par la poste.",
            en="Without a choice before this instant the letter is printed and goes by post.",
        )
    return Words(
        fr="Sans réponse avant cet instant, la lettre est « non réclamée » : elle ne peut plus être acceptée.",
        en='Without an answer before this instant the letter is "not claimed": it can no longer be accepted.',
    )
