"""Kinds of messages, as their Message-ID and their reference name them."""

from collections.abc import Mapping
from enum import StrEnum

from lre_kit.law.periods import Words


class MailKind(StrEnum):
    """What a message is, as its reference says; the order is part of references and never changes."""

    OTHER = "other"
    NOTICE = "notice"
    REMINDER = "reminder"
    CODE = "code"
    CONSENT = "consent"
    ACCOUNT = "account"
    IDENTIFIER = "identifier"
    IDENTITY = "identity"
    NOTICE_FAILED = "notice-failed"
    INVITATION = "invitation"
    SUPPORT = "support"
    WEBHOOK = "webhook"
    PREPARED = "prepared"
    DEROGATION = "derogation"
    PRE_NOTICE = "pre-notice"

    @property
    def words(self) -> Words:
        """Its name for people."""
        return _NAMES[self]


_NAMES: Mapping[MailKind, Words] = {
    MailKind.OTHER: Words(fr="un message de service", en="a service message"),
    MailKind.NOTICE: Words(fr="l'avis d'une lettre qui attend", en="the notice of a letter that waits"),
    MailKind.REMINDER: Words(
        fr="le rappel d'une lettre qui attend", en="the reminder of a letter that waits"
    ),
    MailKind.CODE: Words(fr="un code à usage unique", en="a one-time code"),
    MailKind.CONSENT: Words(
        fr="une demande d'accord pour recevoir par voie électronique",
        en="a request for consent to receive electronically",
    ),
    MailKind.ACCOUNT: Words(fr="un message sur un compte", en="a message about an account"),
    MailKind.IDENTIFIER: Words(
        fr="un message sur un moyen d'identification", en="a message about a means of identification"
    ),
    MailKind.IDENTITY: Words(
        fr="la réponse à une vérification d'identité", en="the answer to a check of identity"
    ),
    MailKind.NOTICE_FAILED: Words(
        fr="un avertissement à l'expéditeur d'une lettre", en="a warning to the sender of a letter"
    ),
    MailKind.INVITATION: Words(fr="une invitation", en="an invitation"),
    MailKind.SUPPORT: Words(fr="la réponse à une demande", en="the answer to a request"),
    MailKind.WEBHOOK: Words(fr="un avertissement technique", en="a technical warning"),
    MailKind.PREPARED: Words(fr="un rappel de lettres à signer", en="a reminder of letters to sign"),
    MailKind.DEROGATION: Words(
        fr="un message sur une mesure exceptionnelle", en="a message about an exceptional measure"
    ),
    MailKind.PRE_NOTICE: Words(
        fr="l'annonce d'une lettre à venir, qui n'est pas l'avis",
        en="the pre-notice of a letter to come, which is not its notice",
    ),
}

_PURPOSES: Mapping[str, MailKind] = {
    "verdict": MailKind.IDENTITY,
    "holder": MailKind.IDENTIFIER,
    **{kind.value: kind for kind in MailKind},
}
"""Kinds by the first word of what a Message-ID is for (`Links.message_id`)."""


def kind_of(purpose: str) -> MailKind:
    """Return what a message is by what its Message-ID was made for, such as ``reminder-2``."""
    for length in range(purpose.count("-") + 1, 0, -1):
        found = _PURPOSES.get("-".join(purpose.split("-")[:length]))
        if found is not None:
            return found
    return MailKind.OTHER


def kind_named_in(message_id: str) -> MailKind:
    """Return the kind that a Message-ID of `Links.message_id` names."""
    named = message_id.partition("@")[0].rpartition(".")[2]
    return MailKind(named) if named in set(MailKind) else MailKind.OTHER
