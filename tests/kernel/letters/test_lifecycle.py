# ruff: noqa: PT017 - a property: refusals are one of the lawful answers
"""The pure lifecycle: a state machine drives it with every command at every instant."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from lre_kit.clock import from_iso
from lre_kit.errors import AlreadyDecidedError, LreError, RequirementError, UnlawfulActError
from lre_kit.law.assurance import Level
from lre_kit.law.events import DECISIVE, ErdsEvent, Reason
from lre_kit.law.products import Product
from lre_kit.law.regimes import requirements
from lre_kit.letters import commands as c
from lre_kit.letters.lifecycle import decide, waits_until
from lre_kit.letters.phases import Phase
from lre_kit.letters.state import EMPTY, Event, LetterState, evolve, fold

START = datetime(2026, 1, 12, 9, 30, tzinfo=UTC)

COMMANDS: st.SearchStrategy[c.Command] = st.one_of(
    st.just(c.Deposit()),
    st.just(c.Notify()),
    st.just(c.FailNotification(detail="550 no such user")),
    st.just(c.CorrectAddress(email="new@example.net")),
    st.builds(c.Accept, level=st.sampled_from(Level)),
    st.builds(c.ConfirmIdentification, level=st.sampled_from(Level)),
    st.just(c.EndWaiting()),
    st.just(c.HandOver()),
    st.builds(c.Refuse, level=st.sampled_from(Level)),
    st.just(c.Expire()),
    st.just(c.ChooseElectronic()),
    st.builds(c.ChoosePaper, by=st.sampled_from(["recipient", "clock", "notice_failed"])),
    st.builds(
        c.RelayToPost,
        item_number=st.just("RB123456785FR"),
        attempt=st.integers(1, 3),
        batch=st.sampled_from(["", "batch-1"]),
        reprint=st.booleans(),
    ),
    st.just(c.FailRelay()),
    st.builds(c.RecordPaperOutcome, outcome=st.sampled_from(c.PaperOutcome), attempt=st.integers(1, 2)),
    st.builds(
        c.RecordPaperFile,
        kind=st.sampled_from(c.PaperFile),
        digest_hex=st.just("00"),
        media_type=st.just("x"),
    ),
    st.just(c.RecordAccess()),
    st.just(c.Withdraw()),
    st.just(c.EraseContent()),
)


class Lifecycle(RuleBasedStateMachine):
    """Any command, in any order, at any pace."""

    @initialize(product=st.sampled_from(Product))
    def begin(self, product: Product) -> None:
        self.now = START
        self.required = requirements(product, at=START)
        self.events: list[Event] = []
        self.state: LetterState = EMPTY

    @rule(
        by=st.sampled_from([timedelta(seconds=1), timedelta(hours=5), timedelta(days=8), timedelta(days=16)])
    )
    def wait(self, by: timedelta) -> None:
        self.now += by

    @precondition(lambda self: self.state.phase is None)
    @rule()
    def deposit(self) -> None:
        self.ask(c.Deposit())

    @rule(command=COMMANDS)
    def ask(self, command: c.Command) -> None:
        before = self.state
        try:
            events = decide(before, command, self.required, self.now)
        except LreError as refused:
            assert isinstance(refused, UnlawfulActError | RequirementError)
            assert refused.problem
            assert refused.mend
            return
        assert events
        for event in events:
            self.events.append(event)
            self.state = evolve(self.state, event)
        if before.phase is not None and before.phase.is_final:
            assert self.state.phase is before.phase, "a final phase has no way out"
        moved = before.window_closes_at != self.state.window_closes_at
        assert not moved or any(
            e.name in {ErdsEvent.NOTIFICATION_FOR_ACCEPTANCE, ErdsEvent.NOTIFICATION_FOR_ACCEPTANCE_FAILURE}
            or e.details.get("choice") == "paper"
            for e in events
        ), "only a notice moves the window, and only the choice of paper ends it without a decision"

    @invariant()
    def the_journal_tells_the_state(self) -> None:
        assert fold(self.events) == self.state
        assert self.state.version == len(self.events)

    @invariant()
    def there_is_at_most_one_end(self) -> None:
        assert sum(event.name in DECISIVE for event in self.events) <= 1
        assert sum(event.exclusive is not None for event in self.events) <= 1

    @invariant()
    def content_crosses_only_after_acceptance_by_somebody_identified(self) -> None:
        names = [event.name for event in self.events]
        if ErdsEvent.CONTENT_HANDOVER in names:
            assert ErdsEvent.CONSIGNMENT_ACCEPTANCE in names[: names.index(ErdsEvent.CONTENT_HANDOVER)]
            assert self.state.level is not None
            assert self.state.level.at_least(self.required.recipient_level)

    @invariant()
    def a_window_that_ended_stays_ended(self) -> None:
        for before, event in pairwise(self.events):
            closes = before.details.get("window_closes_at")
            if closes and event.name in {
                ErdsEvent.NOTIFICATION_FOR_ACCEPTANCE,
                ErdsEvent.NOTIFICATION_FOR_ACCEPTANCE_FAILURE,
            }:
                assert event.occurred_at < from_iso(closes)

    @invariant()
    def paper_has_no_electronic_notice(self) -> None:
        if self.required.product is Product.HYBRID:
            assert not any(event.name.value.startswith("NotificationFor") for event in self.events)

    @invariant()
    def the_carrier_speaks_only_of_what_it_took(self) -> None:
        taken = False
        for event in self.events:
            taken |= event.name is ErdsEvent.RELAY_TO_NON_ERDS and "item_number" in event.details
            assert taken or event.name is not ErdsEvent.RECEIVED_FROM_NON_ERDS

    @invariant()
    def paper_and_electronic_ends_exclude_each_other(self) -> None:
        on_paper = any(event.name is ErdsEvent.RELAY_TO_NON_ERDS for event in self.events)
        assert not (on_paper and any(event.name in DECISIVE for event in self.events))
        # A notice that failed later asks anew; paper, once chosen, is the last choice.
        choices = [e.details["choice"] for e in self.events if e.details.get("choice", "open") != "open"]
        assert "paper" not in choices[:-1]

    @invariant()
    def a_return_without_a_reason_decides_nothing(self) -> None:
        if self.state.phase is Phase.RETURNED:
            assert self.state.decided_at is None
        if self.state.phase in {Phase.RELAYED, Phase.NOTICE_LEFT, Phase.PAPER_CHOSEN}:
            assert self.state.decided_at is None
            assert self.state.received_at is None

    @invariant()
    def an_outcome_on_paper_stands(self) -> None:
        ends = {"delivered", "refused", "unclaimed"}
        said = [e.details["outcome"] for e in self.events if "outcome" in e.details]
        assert all(outcome not in ends for outcome in said[:-1])

    @invariant()
    def a_no_has_a_reason(self) -> None:
        for event in self.events:
            if event.name.value.endswith(("Failure", "Rejection", "Expiry")):
                assert event.reasons

    @invariant()
    def nobody_is_unclaimed_before_the_end_of_the_window(self) -> None:
        for event in self.events:
            if event.name is ErdsEvent.ACCEPTANCE_REJECTION_EXPIRY:
                assert self.state.window_closes_at is not None
                assert event.occurred_at >= self.state.window_closes_at


TestLifecycle = Lifecycle.TestCase
TestLifecycle.settings = settings(max_examples=300, stateful_step_count=30, deadline=None)


def after(*asked: c.Command, product: Product = Product.SIMPLE) -> tuple[LetterState, datetime]:
    state, now = EMPTY, START
    for command in asked:
        for event in decide(state, command, requirements(product, at=START), now):
            state = evolve(state, event)
        now += timedelta(seconds=1)
    return state, now


def ask(
    state: LetterState, command: c.Command, now: datetime, product: Product = Product.SIMPLE
) -> Sequence[Event]:
    return decide(state, command, requirements(product, at=START), now)


def test_acceptance_at_the_end_is_late_and_a_microsecond_before_is_in_time() -> None:
    state, _ = after(c.Deposit(), c.Notify())
    assert state.window_closes_at is not None
    early = state.window_closes_at - timedelta(microseconds=1)
    assert ask(state, c.Accept(level=Level.LOW), early)[0].name is ErdsEvent.CONSIGNMENT_ACCEPTANCE
    with pytest.raises(AlreadyDecidedError):
        ask(state, c.Accept(level=Level.LOW), state.window_closes_at)
    with pytest.raises(UnlawfulActError):
        ask(state, c.Expire(), early)
    (expired,) = ask(state, c.Expire(), state.window_closes_at)
    assert expired.reasons == (Reason.NOT_ACCEPTED_BY_RECIPIENT,)


def test_a_weak_acceptance_of_a_qualified_letter_is_refused() -> None:
    notified, at = after(c.Deposit(), c.Notify(), product=Product.QUALIFIED)
    with pytest.raises(RequirementError, match="substantial"):
        ask(notified, c.Accept(level=Level.LOW), at, Product.QUALIFIED)


def test_an_acceptance_whose_proofing_waits_for_its_verdict_counts_and_waits_too() -> None:
    pending = c.Accept(level=Level.LOW, proofing_pending=True)
    state, now = after(c.Deposit(), c.Notify(), pending, product=Product.QUALIFIED)
    assert state.phase is Phase.ACCEPTED_PENDING_IDENTIFICATION
    with pytest.raises(UnlawfulActError):
        ask(state, c.HandOver(), now, Product.QUALIFIED)
    with pytest.raises(RequirementError, match="substantial"):
        ask(state, c.ConfirmIdentification(level=Level.LOW), now, Product.QUALIFIED)
    with pytest.raises(RequirementError):
        notified, at = after(c.Deposit(), c.Notify(), product=Product.QUALIFIED)
        ask(notified, c.Refuse(level=Level.LOW), at, Product.QUALIFIED)


def test_an_acceptance_waits_for_its_identification_for_days_counted_as_the_windows() -> None:
    pending = c.Accept(level=Level.LOW, proofing_pending=True)
    state, now = after(c.Deposit(), c.Notify(), pending, product=Product.QUALIFIED)
    assert state.waits_until == waits_until(requirements(Product.QUALIFIED, at=START), now)
    assert state.waits_until is not None
    assert state.waits_until.astimezone(ZoneInfo("Europe/Paris")).time() == time(0)
    early = state.waits_until - timedelta(microseconds=1)
    with pytest.raises(UnlawfulActError):
        ask(state, c.EndWaiting(), early, Product.QUALIFIED)
    strong = c.ConfirmIdentification(level=Level.SUBSTANTIAL)
    assert ask(state, strong, early, Product.QUALIFIED)[0].name is ErdsEvent.CONTENT_CONSIGNMENT
    with pytest.raises(AlreadyDecidedError):
        ask(state, strong, state.waits_until, Product.QUALIFIED)
    (ended,) = ask(state, c.EndWaiting(), state.waits_until, Product.QUALIFIED)
    assert ended.reasons == (Reason.RECIPIENT_NOT_IDENTIFIED,)
    last = evolve(state, ended)
    assert (last.phase, last.decided_at) == (Phase.NOT_IDENTIFIED, state.decided_at)
    assert last.phase.is_final


def test_a_regime_may_let_an_acceptance_wait_for_ever() -> None:
    endless = replace(requirements(Product.QUALIFIED, at=START), pending_days=None)
    notified, now = after(c.Deposit(), c.Notify(), product=Product.QUALIFIED)
    (accepted,) = decide(notified, c.Accept(level=Level.LOW, proofing_pending=True), endless, now)
    state = evolve(notified, accepted)
    assert state.waits_until is None
    with pytest.raises(UnlawfulActError):
        decide(state, c.EndWaiting(), endless, now + timedelta(days=4000))


def test_an_optimal_letter_may_go_either_way() -> None:
    electronic, _ = after(c.Deposit(), c.Notify(), c.ChooseElectronic(), product=Product.OPTIMAL)
    assert electronic.phase is Phase.NOTIFIED
    paper, _ = after(
        c.Deposit(), c.Notify(), c.ChoosePaper(), c.RelayToPost(),
        c.RecordPaperOutcome(outcome=c.PaperOutcome.NOTICE_LEFT),
        c.RecordPaperOutcome(outcome=c.PaperOutcome.DELIVERED), product=Product.OPTIMAL,
    )  # fmt: skip
    assert paper.phase is Phase.DELIVERED_ON_PAPER
    assert paper.received_at is not None


@pytest.mark.parametrize(
    "command", [c.Notify(), c.CorrectAddress(email="new@example.net"), c.FailNotification()]
)
def test_a_hybrid_letter_never_has_an_electronic_notice(command: c.Command) -> None:
    state, now = after(c.Deposit(), product=Product.HYBRID)
    with pytest.raises(UnlawfulActError, match="paper"):
        ask(state, command, now, Product.HYBRID)
    relayed, _ = after(c.Deposit(), c.RelayToPost(), product=Product.HYBRID)
    assert relayed.phase is Phase.RELAYED


@pytest.mark.parametrize("product", [Product.SIMPLE, Product.OPTIMAL])
def test_a_bounce_told_after_the_window_does_not_reopen_the_letter(product: Product) -> None:
    state, now = after(c.Deposit(), c.Notify(), product=product)
    assert state.window_closes_at is not None
    (failed,) = ask(state, c.FailNotification(), now, product)
    assert evolve(state, failed).phase is Phase.NOTIFICATION_FAILED
    with pytest.raises(AlreadyDecidedError):
        ask(state, c.FailNotification(), state.window_closes_at, product)


@given(st.lists(st.builds(Event, name=st.sampled_from(ErdsEvent), occurred_at=st.just(START)), max_size=12))
def test_any_journal_can_be_read(events: list[Event]) -> None:
    assert fold(events).version == len(events)
