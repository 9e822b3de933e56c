"""A letter's life as a pure state machine: ``decide`` makes the events that `lre_kit.letters.state` applies.

Nothing here reads a clock, a table or a setting, and no other code changes a letter's state.

Rules, in order:

1. A letter begins with its deposit, once.
2. A notice opens a window; only a new notice (after a failure, or to a corrected address) opens
   another. Reminders are no events and move nothing.
3. Inside the window the recipient accepts (C.3) or refuses (C.4); at its end only the clock may
   conclude non-claim (C.5). The three exclude one another. The end itself is already too late.
4. Content crosses (D.1, then E.1) only after acceptance by a recipient identified at the level
   required.
5. A paper leg (F.1 to F.3) has its own phases and never an electronic end. What came back without
   a reason has no legal outcome; what came back may be posted again to a corrected address.
6. Events that say no carry a reason.

Vocabulary notes: the standard has no event of its own for a withdrawal by the sender, which is
recorded as SubmissionRejection with reason WithdrawnBySender, nor for the choice in an optimal
letter, which is recorded as RelayToNonERDS with ``details.choice`` (paper) or as a notification
for acceptance with ``details.choice`` (electronic, which opens the window). The time to choose is a
window of its own; paper ends it, and the post's clock is the post's.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from lre_kit.clock import iso, local_text
from lre_kit.errors import AlreadyDecidedError, RequirementError, UnlawfulActError
from lre_kit.law.assurance import Level
from lre_kit.law.deadlines import proof_due_at, window_closes_at
from lre_kit.law.events import ErdsEvent, Reason
from lre_kit.law.products import Product
from lre_kit.law.regimes import Requirements
from lre_kit.letters import commands as c
from lre_kit.letters.phases import CAME_BACK, FINAL, POSTED, Phase
from lre_kit.letters.state import Event, Events, LetterState


def decide(state: LetterState, command: c.Command, requirements: Requirements, now: datetime) -> Events:
    """Return the events a command leads to.

    Args:
        state: The letter as it stands.
        command: What is asked.
        requirements: What this letter must meet, frozen at deposit.
        now: The instant of the act.

    Raises:
        AlreadyDecidedError: It was accepted, refused or left unclaimed, or the window is over.
        UnlawfulActError: The letter's state does not allow it.
        RequirementError: The identification is not strong enough.
    """
    rule = _RULES[type(command)]
    return rule(state, command, requirements, now)


# --- decisions --------------------------------------------------------------------------------

_Rule = Callable[[LetterState, Any, Requirements, datetime], Events]


def _deposit(state: LetterState, _: c.Deposit, requirements: Requirements, now: datetime) -> Events:
    if state.phase is not None:
        raise _unlawful("was already deposited", "Deposit another letter.")
    return (_event(ErdsEvent.SUBMISSION_ACCEPTANCE, now, product=requirements.product.value),)


def _notify(state: LetterState, _: c.Notify, requirements: Requirements, now: datetime) -> Events:
    _expect(state, {Phase.DEPOSITED, Phase.NOTIFICATION_FAILED})
    _expect_electronic(requirements)
    choosing = requirements.product is Product.OPTIMAL
    return (_choice_notice(requirements, now, {}) if choosing else _notice(requirements, now, {}),)


def _correct(
    state: LetterState, command: c.CorrectAddress, requirements: Requirements, now: datetime
) -> Events:
    _expect(state, {Phase.DEPOSITED, Phase.NOTIFICATION_FAILED, Phase.NOTIFIED, Phase.CHOOSING})
    _expect_electronic(requirements)
    _expect_open(state, now)
    choosing = state.phase is Phase.CHOOSING or (
        requirements.product is Product.OPTIMAL and state.phase is not Phase.NOTIFIED
    )
    corrected = {"corrected_address": command.email}
    return (
        _choice_notice(requirements, now, corrected) if choosing else _notice(requirements, now, corrected),
    )


def _fail_notice(
    state: LetterState, command: c.FailNotification, requirements: Requirements, now: datetime
) -> Events:
    _expect(state, {Phase.DEPOSITED, Phase.NOTIFICATION_FAILED, Phase.NOTIFIED, Phase.CHOOSING})
    _expect_electronic(requirements)
    # A bounce told after the window's end comes too late to undo it: the recipient is unclaimed.
    _expect_open(state, now)
    words = {"server_answer": command.detail} if command.detail else {}
    return (_event(ErdsEvent.NOTIFICATION_FOR_ACCEPTANCE_FAILURE, now, command.reason, **words),)


def _accept(state: LetterState, command: c.Accept, requirements: Requirements, now: datetime) -> Events:
    _expect(state, {Phase.NOTIFIED})
    _expect_open(state, now)
    factors = {
        "level": command.level.value,
        "categories": [category.value for category in command.categories],
    }
    accepted = _event(ErdsEvent.CONSIGNMENT_ACCEPTANCE, now, **factors)
    if not command.proofing_pending:
        _expect_level(command.level, requirements)
    if not command.level.at_least(requirements.recipient_level):
        # The acceptance counts from its own instant; the hand-over waits for the identification.
        until = waits_until(requirements, now)
        limit = {"waits_until": iso(until)} if until is not None else {}
        return (replace(accepted, details={**factors, "identification": "pending", **limit}),)
    return (accepted, _event(ErdsEvent.CONTENT_CONSIGNMENT, now))


def _confirm(
    state: LetterState, command: c.ConfirmIdentification, requirements: Requirements, now: datetime
) -> Events:
    _expect(state, {Phase.ACCEPTED_PENDING_IDENTIFICATION})
    if state.waits_until is not None and now >= state.waits_until:
        msg = f"The acceptance waited for the identification until {local_text(state.waits_until)}."
        raise AlreadyDecidedError(msg, mend="The letter is not handed over; ask its sender for another.")
    _expect_level(command.level, requirements)
    return (_event(ErdsEvent.CONTENT_CONSIGNMENT, now, level=command.level.value),)


def _end_waiting(state: LetterState, _: c.EndWaiting, __: Requirements, now: datetime) -> Events:
    _expect(state, {Phase.ACCEPTED_PENDING_IDENTIFICATION})
    if state.waits_until is None or now < state.waits_until:
        raise _unlawful("still waits for its recipient's identification", "Wait for the end of that time.")
    return (_event(ErdsEvent.CONTENT_CONSIGNMENT_FAILURE, now, Reason.RECIPIENT_NOT_IDENTIFIED),)


def _hand_over(state: LetterState, _: c.HandOver, requirements: Requirements, now: datetime) -> Events:
    _expect(state, {Phase.ACCEPTED})
    if not state.identified or state.level is None:
        raise _weak(requirements)
    _expect_level(state.level, requirements)
    return (_event(ErdsEvent.CONTENT_HANDOVER, now),)


def _refuse(state: LetterState, command: c.Refuse, requirements: Requirements, now: datetime) -> Events:
    _expect(state, {Phase.NOTIFIED})
    _expect_open(state, now)
    _expect_level(command.level, requirements)
    refused = Reason.REJECTED_BY_RECIPIENT
    return (_event(ErdsEvent.CONSIGNMENT_REJECTION, now, refused, level=command.level.value),)


def _expire(state: LetterState, _: c.Expire, __: Requirements, now: datetime) -> Events:
    _expect(state, {Phase.NOTIFIED})
    if state.window_closes_at is None or now < state.window_closes_at:
        raise _unlawful("is still open to its recipient", "Wait for the end of its window.")
    return (_event(ErdsEvent.ACCEPTANCE_REJECTION_EXPIRY, now, Reason.NOT_ACCEPTED_BY_RECIPIENT),)


def _choose_electronic(
    state: LetterState, _: c.ChooseElectronic, requirements: Requirements, now: datetime
) -> Events:
    _expect(state, {Phase.CHOOSING})
    _expect_open(state, now)
    return (_notice(requirements, now, {"choice": "electronic"}),)


def _choose_paper(
    state: LetterState, command: c.ChoosePaper, requirements: Requirements, now: datetime
) -> Events:
    ready = {Phase.CHOOSING}
    if requirements.product is Product.OPTIMAL:
        ready |= {Phase.NOTIFICATION_FAILED}
    _expect(state, ready)
    return (_event(ErdsEvent.RELAY_TO_NON_ERDS, now, choice="paper", chosen_by=command.by),)


def _relay(state: LetterState, command: c.RelayToPost, requirements: Requirements, now: datetime) -> Events:
    ready = {Phase.PAPER_CHOSEN, Phase.RELAY_FAILED}
    if requirements.product is Product.HYBRID:
        ready |= {Phase.DEPOSITED}
    if command.reprint:
        ready |= {Phase.RELAYED}
    if command.attempt > 1:
        ready |= CAME_BACK
    _expect(state, ready)
    told = {"batch": command.batch, "provider": command.provider, "print_digest": command.print_digest}
    details: dict[str, Any] = {name: value for name, value in told.items() if value}
    if command.attempt > 1:
        details["attempt"] = command.attempt
    if command.reprint:
        details["reprint"] = True
    return (_event(ErdsEvent.RELAY_TO_NON_ERDS, now, item_number=command.item_number, **details),)


def _fail_relay(
    state: LetterState, command: c.FailRelay, requirements: Requirements, now: datetime
) -> Events:
    ready = {Phase.PAPER_CHOSEN, Phase.RELAY_FAILED}
    if requirements.product is Product.HYBRID:
        ready |= {Phase.DEPOSITED}
    _expect(state, ready)
    words = {"detail": command.detail} if command.detail else {}
    return (_event(ErdsEvent.RELAY_TO_NON_ERDS_FAILURE, now, command.reason, **words),)


_PAPER_REASONS = {
    c.PaperOutcome.REFUSED: (Reason.REJECTED_BY_RECIPIENT,),
    c.PaperOutcome.UNCLAIMED: (Reason.NOT_ACCEPTED_BY_RECIPIENT,),
    c.PaperOutcome.UNKNOWN_AT_ADDRESS: (Reason.UNKNOWN_RECIPIENT,),
    c.PaperOutcome.UNDELIVERABLE: (Reason.UNDELIVERABLE,),
}


def _record_paper(
    state: LetterState, command: c.RecordPaperOutcome, _: Requirements, now: datetime
) -> Events:
    # The reason is often read from the envelope only once it came back; delivery then is no longer one.
    back = command.outcome in {*_PAPER_REASONS}
    _expect(state, {Phase.RELAYED, Phase.NOTICE_LEFT} | ({Phase.RETURNED} if back else set()))
    details: dict[str, Any] = {"outcome": command.outcome.value, "raw_code": command.raw_code}
    details |= {n: v for n, v in (("source", command.source), ("carrier_time", command.carrier_time)) if v}
    if command.attempt > 1:
        details["attempt"] = command.attempt
    reasons = _PAPER_REASONS.get(command.outcome, ())
    return (_event(ErdsEvent.RECEIVED_FROM_NON_ERDS, now, *reasons, **details),)


def _record_file(state: LetterState, command: c.RecordPaperFile, _: Requirements, now: datetime) -> Events:
    if state.phase not in POSTED:
        raise _unlawful("was not handed to the carrier", "Hand it over first.")
    details: dict[str, Any] = {
        "file": command.kind.value,
        "digest": command.digest_hex,
        "media_type": command.media_type,
    }
    if command.comparison:
        details["comparison"] = command.comparison
    if command.attempt > 1:
        details["attempt"] = command.attempt
    return (_event(ErdsEvent.RECEIVED_FROM_NON_ERDS, now, **details),)


def _record_access(state: LetterState, _: c.RecordAccess, __: Requirements, now: datetime) -> Events:
    if state.phase is not Phase.RECEIVED:
        raise _unlawful("was not received, so its content cannot be read", "Accept it first.")
    return (_event(ErdsEvent.CONTENT_ACCESS_TRACKING, now),)


def _withdraw(state: LetterState, _: c.Withdraw, __: Requirements, now: datetime) -> Events:
    _expect(state, {Phase.DEPOSITED, Phase.NOTIFICATION_FAILED})
    return (_event(ErdsEvent.SUBMISSION_REJECTION, now, Reason.WITHDRAWN_BY_SENDER),)


def _erase_content(state: LetterState, _: c.EraseContent, __: Requirements, now: datetime) -> Events:
    if state.phase not in FINAL:
        raise _unlawful("has no end yet, so its content is kept", "Wait for its end.")
    return (_event(ErdsEvent.CONTENT_ERASURE, now),)


_RULES: Mapping[type, _Rule] = {
    c.Deposit: _deposit,
    c.Notify: _notify,
    c.CorrectAddress: _correct,
    c.FailNotification: _fail_notice,
    c.Accept: _accept,
    c.ConfirmIdentification: _confirm,
    c.EndWaiting: _end_waiting,
    c.HandOver: _hand_over,
    c.Refuse: _refuse,
    c.Expire: _expire,
    c.ChooseElectronic: _choose_electronic,
    c.ChoosePaper: _choose_paper,
    c.RelayToPost: _relay,
    c.FailRelay: _fail_relay,
    c.RecordPaperOutcome: _record_paper,
    c.RecordPaperFile: _record_file,
    c.RecordAccess: _record_access,
    c.Withdraw: _withdraw,
    c.EraseContent: _erase_content,
}


def _event(name: ErdsEvent, now: datetime, *reasons: Reason, **details: Any) -> Event:
    return Event(name=name, occurred_at=now, reasons=reasons, details=details)


def _notice(requirements: Requirements, now: datetime, details: Mapping[str, Any]) -> Event:
    window: dict[str, Any] = {}
    if requirements.window_days is not None:
        zone = ZoneInfo(requirements.time_zone)
        closes_at = window_closes_at(now, days=requirements.window_days, zone=zone)
        due_at = proof_due_at(closes_at, days=requirements.proof_days, zone=zone)
        window = {"window_closes_at": iso(closes_at), "proof_due_at": iso(due_at)}
    return _event(ErdsEvent.NOTIFICATION_FOR_ACCEPTANCE, now, **window, **details)


def waits_until(requirements: Requirements, accepted_at: datetime) -> datetime | None:
    """Return when an acceptance without identification ends, exclusive; nothing where it waits for ever."""
    if requirements.pending_days is None:
        return None
    zone = ZoneInfo(requirements.time_zone)
    return window_closes_at(accepted_at, days=requirements.pending_days, zone=zone)


def _choice_notice(requirements: Requirements, now: datetime, details: Mapping[str, Any]) -> Event:
    days = requirements.choice_days or requirements.window_days
    window: dict[str, Any] = {}
    if days is not None:
        closes_at = window_closes_at(now, days=days, zone=ZoneInfo(requirements.time_zone))
        window = {"window_closes_at": iso(closes_at)}
    return _event(ErdsEvent.NOTIFICATION_FOR_ACCEPTANCE, now, **window, **details, choice="open")


def _expect(state: LetterState, allowed: set[Phase] | frozenset[Phase]) -> None:
    if state.phase in allowed:
        return
    if state.phase is None:
        raise _unlawful("was not deposited", "Deposit it first.")
    if state.decided_at is not None:
        when = local_text(state.decided_at)
        msg = f"This letter already has its end: {state.phase.english.lower()}, on {when}."
        raise AlreadyDecidedError(msg, mend="Nothing more can be decided; its proofs are available.")
    raise _unlawful(f"is in the state “{state.phase.english.lower()}”", "This act is not possible now.")


def _expect_electronic(requirements: Requirements) -> None:
    if requirements.product is Product.HYBRID:
        raise _unlawful("travels on paper and has no electronic notice", "Hand it to the post.")


def _expect_open(state: LetterState, now: datetime) -> None:
    if state.window_closes_at is not None and now >= state.window_closes_at:
        msg = f"The time to decide ended on {local_text(state.window_closes_at)}."
        raise AlreadyDecidedError(
            msg, mend="The letter is recorded as not claimed; ask its sender for another."
        )


def _expect_level(level: Level, requirements: Requirements) -> None:
    if not level.at_least(requirements.recipient_level):
        raise _weak(requirements)


def _weak(requirements: Requirements) -> RequirementError:
    asked = requirements.recipient_level.value if requirements.recipient_level else "any"
    msg = f"The recipient is not identified at the level this letter asks for ({asked})."
    return RequirementError(msg, mend="Identify with a stronger means.")


def _unlawful(why: str, mend: str) -> UnlawfulActError:
    return UnlawfulActError(f"This letter {why}.", mend=mend)
