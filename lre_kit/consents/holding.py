"""The consent that a deposit stands on: looked at inside its transaction, frozen into its evidence."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from lre_kit.clock import iso
from lre_kit.consents.rows import ConsentRow
from lre_kit.errors import ConsentMissingError
from lre_kit.law.consents import RULES, Capacity, ConsentRegime, ConsentState, Standing, allows, is_needed
from lre_kit.law.regimes import Requirements
from lre_kit.parties.emails import key_of
from lre_kit.parties.values import Recipient
from lre_kit.store.inserts import table_of

_CONSENT = table_of(ConsentRow)

KEYS_MAX = 500
"""Recipients that one question names."""

_MEND = {
    None: "Ask for it on the page “Consents” or with: lre consents ask; or record one given on paper.",
    ConsentState.ASKED: "It was asked for and waits for an answer; the page “Consents” shows since when.",
    ConsentState.LATER: "The recipient wants to answer later; they are reminded by themselves.",
    ConsentState.REFUSED: "Write to them by post; the page “Consents” shows when you may ask again.",
    ConsentState.WITHDRAWN: "Write to them by post; the page “Consents” shows when you may ask again.",
    ConsentState.EXPIRED: "Ask for it anew on the page “Consents”, or with: lre consents ask.",
    ConsentState.GIVEN: "It ended; ask for it anew on the page “Consents”, or with: lre consents ask.",
}
_PROBLEM = {
    None: "This recipient was never asked whether they agree to receive electronically from you",
    ConsentState.ASKED: "This recipient has not answered yet whether they agree to receive electronically",
    ConsentState.LATER: "This recipient has not answered yet whether they agree to receive electronically",
    ConsentState.REFUSED: "This recipient does not agree to receive electronically from you",
    ConsentState.WITHDRAWN: "This recipient withdrew their consent to receive electronically from you",
    ConsentState.EXPIRED: "This recipient's consent to receive electronically from you has ended",
    ConsentState.GIVEN: "This recipient's consent to receive electronically from you does not count now",
}


def standing_of(row: Any | None) -> Standing:
    """Return a row's standing; of no row, that of a consent which was never asked for."""
    if row is None:
        return Standing()
    return Standing(
        state=ConsentState(row.state),
        asked_at=row.asked_at,
        decided_at=row.decided_at,
        expires_at=row.expires_at,
    )


def consent_for(
    connection: Connection,
    *,
    sender_ref: str,
    recipient: Recipient,
    required: Requirements,
    at: datetime,
    lock: bool = False,
) -> Mapping[str, Any]:
    """Return what a deposit's evidence says of capacity and consent.

    Args:
        connection: Inside the deposit's transaction, or before it for an early answer.
        sender_ref: Who deposits.
        recipient: Who is addressed.
        required: What the letter must meet.
        at: The deposit's instant: what is given later, or over by then, does not count.
        lock: Hold the consent until the transaction ends, so that a withdrawal comes before or after.

    Raises:
        ConsentMissingError: One is required, and none counts.
    """
    said: dict[str, Any] = {}
    if recipient.capacity is not Capacity.CONSUMER:
        said = {"recipient_capacity": recipient.capacity.value, "capacity_basis": recipient.capacity_basis}
    regime = ConsentRegime(required.consent_regime)
    if not required.consent_required or not is_needed(regime, recipient.capacity):
        return said
    query = select(_CONSENT).where(
        *_of(sender_ref, regime), _CONSENT.c.recipient_key == key_of(recipient.email)
    )
    row = connection.execute(query.with_for_update(read=True) if lock else query).first()
    standing = standing_of(row)
    if (missing := _missing(regime, recipient.capacity, standing, at)) is not None:
        raise missing
    said["recipient_capacity"] = recipient.capacity.value
    if row is None or standing.decided_at is None:
        return said | {"consent": {"regime": regime.value, "presumed": True}}
    consent: dict[str, Any] = {
        "reference": row.id,
        "regime": regime.value,
        "given_at": iso(standing.decided_at),
        "method": row.method,
        "wording": row.wording,
        "wording_digest": row.wording_digest,
        "evidence": row.evidence_id,
    }
    if standing.expires_at is not None:
        consent["expires_at"] = iso(standing.expires_at)
    return said | {"consent": consent}


def consents_missing(
    connection: Connection,
    *,
    sender_ref: str,
    recipients: Sequence[Recipient],
    required: Requirements,
    at: datetime,
) -> list[ConsentMissingError | None]:
    """Return, for each of many recipients, what `consent_for` would raise, or nothing."""
    regime = ConsentRegime(required.consent_regime)
    if not required.consent_required:
        return [None] * len(recipients)
    asked = sorted({key_of(each.email) for each in recipients if is_needed(regime, each.capacity)})
    found: dict[str, Standing] = {}
    for first in range(0, len(asked), KEYS_MAX):
        keys = _CONSENT.c.recipient_key.in_(asked[first : first + KEYS_MAX])
        for row in connection.execute(select(_CONSENT).where(*_of(sender_ref, regime), keys)):
            found[row.recipient_key] = standing_of(row)
    return [
        _missing(regime, each.capacity, found.get(key_of(each.email), Standing()), at)
        if is_needed(regime, each.capacity)
        else None
        for each in recipients
    ]


def _of(sender_ref: str, regime: ConsentRegime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return _CONSENT.c.sender_ref == sender_ref, _CONSENT.c.regime == regime.value


def _missing(
    regime: ConsentRegime, capacity: Capacity, standing: Standing, at: datetime
) -> ConsentMissingError | None:
    if allows(regime, capacity, standing, at):
        return None
    problem = f"{_PROBLEM[standing.state]} ({RULES[regime].reference})."
    return ConsentMissingError(problem, mend=_MEND[standing.state])
