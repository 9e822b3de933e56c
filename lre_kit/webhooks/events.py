"""Types of events, and the body that tells of one: thin, and nothing that its owner may not see.

A body names the letter and what happened; whoever wants more asks the office. It never holds a name, an
address, a subject or what was shown by whom. It is made from the journal alone, so it is the same at every
try, in every release that knows its version.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lre_kit.clock import iso
from lre_kit.law.events import ErdsEvent
from lre_kit.webhooks.errors import WebhookTypeError

API_VERSION = "2026-11-24"
"""Version of the body; a change that a receiver could trip over gets another."""

BODY_MAX_BYTES = 20_000
"""Longest body, in bytes (Standard Webhooks: thin payloads)."""

TEST = "endpoint.test"
"""Type of what the test button sends."""

_TYPES: Mapping[ErdsEvent, str] = {
    ErdsEvent.SUBMISSION_ACCEPTANCE: "letter.deposited",
    ErdsEvent.SUBMISSION_REJECTION: "letter.withdrawn",
    ErdsEvent.NOTIFICATION_FOR_ACCEPTANCE: "letter.notified",
    ErdsEvent.NOTIFICATION_FOR_ACCEPTANCE_FAILURE: "letter.notice_failed",
    ErdsEvent.CONSIGNMENT_ACCEPTANCE: "letter.accepted",
    ErdsEvent.CONSIGNMENT_REJECTION: "letter.refused",
    ErdsEvent.ACCEPTANCE_REJECTION_EXPIRY: "letter.unclaimed",
    ErdsEvent.CONTENT_CONSIGNMENT: "letter.content_available",
    ErdsEvent.CONTENT_CONSIGNMENT_FAILURE: "letter.not_handed_over",
    ErdsEvent.CONTENT_HANDOVER: "letter.received",
    ErdsEvent.CONTENT_ACCESS_TRACKING: "letter.content_opened",
    ErdsEvent.CONTENT_ERASURE: "letter.content_erased",
    ErdsEvent.RELAY_TO_NON_ERDS: "letter.posted",
    ErdsEvent.RELAY_TO_NON_ERDS_FAILURE: "letter.posting_failed",
    ErdsEvent.RECEIVED_FROM_NON_ERDS: "letter.carrier_reported",
}

PAPER_CHOSEN = "letter.paper_chosen"
"""The recipient, or the clock, chose paper: recorded like a relay, but nothing was posted yet."""

OTHER = "letter.other"
"""An event of the journal that has no type of its own."""

TYPES = (*_TYPES.values(), PAPER_CHOSEN, OTHER)
"""All types an endpoint may ask for."""


def type_of(name: ErdsEvent, details: Mapping[str, Any]) -> str:
    """Return the type that tells of an event of the journal."""
    if name is ErdsEvent.RELAY_TO_NON_ERDS and details.get("choice") == "paper":
        return PAPER_CHOSEN
    return _TYPES.get(name, OTHER)


def checked_types(types: Sequence[str]) -> tuple[str, ...]:
    """Return the types asked for, in the order of `TYPES`; all of them is the same as none.

    Raises:
        WebhookTypeError: There is no such type.
    """
    wanted = {each.strip() for each in types if each.strip()}
    if unknown := sorted(wanted - set(TYPES)):
        msg = f"There is no type of event called “{unknown[0][:60]}”."
        raise WebhookTypeError(msg, mend=f"Choose among: {', '.join(TYPES)}.")
    return () if wanted == set(TYPES) else tuple(each for each in TYPES if each in wanted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a body says of a letter's event."""

    type: str
    at: datetime
    number: str
    sequence: int
    event: ErdsEvent
    reasons: Sequence[str]
    phase: str
    """Where the letter stands after it."""
    product: str
    reference: str
    """The sender's own."""


def letter_body(told: Told, *, is_replay: bool) -> bytes:
    """Return the body that tells of a letter's event."""
    data = {
        "letter": told.number,
        "sequence": told.sequence,
        "event": told.event.value,
        "code": told.event.code,
        "reasons": list(told.reasons),
        "phase": told.phase,
        "product": told.product,
        "reference": told.reference,
    }
    return _body(told.type, told.at, data, is_replay=is_replay)


def body_of_test(endpoint_id: str, at: datetime) -> bytes:
    """Return the body of a test."""
    return _body(TEST, at, {"endpoint": endpoint_id}, is_replay=False)


def _body(name: str, at: datetime, data: Mapping[str, Any], *, is_replay: bool) -> bytes:
    told: dict[str, Any] = {"type": name, "timestamp": iso(at), "api_version": API_VERSION, "data": data}
    if is_replay:
        told["replay"] = True
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
