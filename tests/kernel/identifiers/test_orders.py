"""Ordering an identification means: from the wish to the first use, on both databases."""

import json
import stat
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lre_kit import failpoints
from lre_kit.errors import LreError, UnlawfulActError
from lre_kit.identifiers.high_water import latest_seen
from lre_kit.identifiers.order_values import (
    ENDED,
    KindSuspendedError,
    OrderAct,
    OrderOpenError,
    OrderRefusedError,
    OrderState,
    Proofed,
    SpoolError,
    UnknownOrderError,
    next_order_state,
)
from lre_kit.law.assurance import Level
from lre_kit.law.derogations import Delivery, Policy, Suspension
from lre_kit.law.periods import Period, Words
from lre_kit.store.database import Database
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.orders import OrderOffice

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
LOCKDOWN = datetime(2020, 4, 15, 9, tzinfo=UTC)
ALICE = {"role": "holder", "party": "alice"}
POSTMAN = {"role": "operator", "name": "post room"}


@pytest.fixture
def office(database: Database, tmp_path: Path) -> OrderOffice:
    office = OrderOffice(database=database, clock=MovedClock(lambda: NOW), folder=tmp_path)
    office.person("alice", at=NOW)
    return office


@pytest.fixture
def lockdown(database: Database, tmp_path: Path) -> OrderOffice:
    office = OrderOffice(database=database, clock=MovedClock(lambda: LOCKDOWN), folder=tmp_path)
    office.person("alice", at=LOCKDOWN, method="remote_visual")
    return office


@pytest.fixture(autouse=True)
def _unarmed() -> Iterator[None]:
    yield
    failpoints.disarm()


def acts(office: OrderOffice, order_id: str) -> list[str]:
    return [event.name.value for event in office.orders.book.history(order_id)]


def test_an_order_goes_from_the_wish_to_the_first_use(office: OrderOffice) -> None:
    order = office.orders.order("alice", "paper_codes", actor=ALICE)
    assert order.state is OrderState.APPROVED
    office.settle()
    order = office.orders.book.by_id(order.id)
    assert order.state is OrderState.DELIVERING
    assert order.identifier_id is not None
    assert office.orders.tracked(order.id, " 1A 234 567 ", actor=POSTMAN).reference == "1A 234 567"
    assert office.orders.destroy_spool(order.id, actor=POSTMAN).spool_destroyed_at == NOW
    assert office.orders.delivered(order.id, actor=POSTMAN).state is OrderState.DELIVERED
    assert office.register.by_id(order.identifier_id).state == "delivered"
    for _ in range(2):
        with office.database.write() as uow:
            office.orders.first_use(uow, order.identifier_id)
            uow.commit()
    ended = office.orders.book.by_id(order.id)
    assert (ended.state, ended.ended_at, ended.is_open) == (OrderState.ACTIVE, NOW, False)
    assert acts(office, order.id) == [
        "request", "approve", "make", "hand_over", "track", "spool_destroyed", "deliver", "activate",
    ]  # fmt: skip
    assert office.register.by_id(order.identifier_id).level == "substantial"


def test_the_post_room_finds_a_sheet_and_a_manifest_that_only_the_office_can_read(
    office: OrderOffice,
) -> None:
    order = office.orders.order("alice", "paper_codes", actor=ALICE)
    assert not office.spool.folder.exists()
    office.settle()
    sheet, manifest = office.spool.shown(order.id), office.spool.manifest(order.id)
    for path in (sheet, manifest):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    kept = json.loads(manifest.read_text())
    made = office.orders.book.by_id(order.id)
    assert kept["sha256"] == made.digest
    assert kept["address"]["lines"][-1] == "75002 PARIS"
    assert sheet.read_bytes() == office.spool.read(order.id, made.digest or "")
    office.orders.destroy_spool(order.id, actor=POSTMAN)
    office.orders.destroy_spool(order.id, actor=POSTMAN)
    assert list(office.spool.folder.iterdir()) == []
    assert acts(office, order.id).count("spool_destroyed") == 1
    with pytest.raises(SpoolError):
        office.spool.read(order.id, made.digest or "")


def test_without_a_proofing_an_order_waits_for_one(office: OrderOffice) -> None:
    office.person("bob", at=NOW, level=None)
    order = office.orders.order("bob", "paper_codes", actor=ALICE)
    assert order.state is OrderState.REQUESTED
    office.settle()
    with office.database.write() as uow:
        office.orders.identifying(uow, "bob")
        office.orders.identifying(uow, "bob", in_review=True)
        office.orders.identifying(uow, "bob")
        uow.commit()
    assert office.orders.book.by_id(order.id).state is OrderState.IN_REVIEW
    proofed = Proofed(id="p1", level=Level.SUBSTANTIAL, method="remote_visual", at=NOW)
    for _ in range(2):
        with office.database.write() as uow:
            office.orders.proofing_decided(uow, "bob", proofed)
            uow.commit()
    office.settle()
    made = office.orders.book.by_id(order.id)
    assert (made.state, made.proofing_id, made.derogation) == (OrderState.DELIVERING, "p1", None)


def test_a_refused_identity_refuses_the_order_and_says_why(office: OrderOffice) -> None:
    office.person("bob", at=NOW, level=None)
    order = office.orders.order("bob", "paper_codes", actor=ALICE)
    with office.database.write() as uow:
        refused = Proofed(id="p1", level=None, method="remote_visual", at=NOW, reason="The title is expired.")
        office.orders.proofing_decided(uow, "bob", refused)
        uow.commit()
    assert office.orders.book.by_id(order.id).state is OrderState.REFUSED
    assert office.orders.book.history(order.id)[-1].reason == "The title is expired."
    assert office.orders.may_order("paper_codes", "bob").allowed


def test_there_is_one_open_order_for_each_person_and_kind(office: OrderOffice) -> None:
    order = office.orders.order("alice", "paper_codes", actor=ALICE)
    with pytest.raises(OrderOpenError):
        office.orders.order("alice", "paper_codes", actor=ALICE)
    offer = office.orders.may_order("paper_codes", "alice")
    assert not offer.allowed
    assert offer.message is not None
    office.orders.order("alice", "paper_seed", actor=ALICE)
    office.orders.cancel(order.id, actor=ALICE)
    assert office.orders.order("alice", "paper_codes", actor=ALICE).state is OrderState.APPROVED
    assert len(office.orders.book.of("alice")) == 3


def test_orders_of_the_same_kind_at_the_same_moment_leave_one(office: OrderOffice) -> None:
    taken: list[str] = []
    refused: list[str] = []
    barrier = threading.Barrier(6)

    def order() -> None:
        barrier.wait()
        try:
            taken.append(office.orders.order("alice", "paper_codes", actor=ALICE).id)
        except OrderOpenError as error:
            refused.append(error.slug)

    threads = [threading.Thread(target=order) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(taken), len(refused)) == (1, 5)


@pytest.mark.parametrize("kind", ["authenticator", "eid", "carrier pigeon"])
def test_what_nobody_makes_cannot_be_ordered(office: OrderOffice, kind: str) -> None:
    assert not office.orders.may_order(kind, "alice").allowed
    with pytest.raises(OrderRefusedError):
        office.orders.order("alice", kind, actor=ALICE)


def test_codes_are_posted_to_the_confirmed_address_and_nowhere_else(office: OrderOffice) -> None:
    with pytest.raises(OrderRefusedError, match="confirmed address only"):
        office.orders.order("alice", "paper_codes", address={"lines": ["Mallory"]}, actor=ALICE)
    office.person("bob", at=NOW, address=False)
    with pytest.raises(OrderRefusedError, match="No confirmed postal address"):
        office.orders.order("bob", "paper_codes", actor=ALICE)
    assert office.orders.book.of("bob") == []
    known = office.people.addresses["alice"]
    assert office.orders.order("alice", "paper_codes", address=known, actor=ALICE).address == known


def test_a_letter_carries_codes_only_under_a_derogation(office: OrderOffice) -> None:
    assert office.orders.may_order("paper_codes", "alice").deliveries == {Delivery.POST}
    with pytest.raises(OrderRefusedError, match="derogation"):
        office.orders.order("alice", "paper_codes", Delivery.LETTER, actor=ALICE)


def test_a_suspended_kind_answers_its_public_message(database: Database, tmp_path: Path) -> None:
    strike = Suspension(
        id="STRIKE",
        kinds=frozenset({"paper_codes"}),
        period=Period(valid_from=date(2026, 11, 23), valid_until=date(2026, 11, 24)),
        message=Words(fr="La poste est en grève.", en="The post is on strike."),
    )
    clock = MovedClock(lambda: NOW)
    policy = Policy(suspensions=(strike,))
    office = OrderOffice(database=database, clock=clock, folder=tmp_path, policy=policy)
    office.person("alice", at=NOW)
    assert office.orders.may_order("paper_codes", "alice").message == strike.message
    with pytest.raises(KindSuspendedError, match="on strike") as refused:
        office.orders.order("alice", "paper_codes", actor=ALICE)
    assert refused.value.message.fr == "La poste est en grève."
    clock.advance(timedelta(days=2))
    assert office.orders.order("alice", "paper_codes", actor=ALICE).is_open


def test_in_the_lockdown_codes_travel_in_a_letter_and_the_sheet_is_destroyed(lockdown: OrderOffice) -> None:
    with pytest.raises(KindSuspendedError):
        lockdown.orders.order("alice", "security_key", actor=ALICE)
    order = lockdown.orders.order("alice", "paper_codes", Delivery.LETTER, actor=ALICE)
    assert order.derogation == "FR-2020-COVID"
    lockdown.settle()
    made = lockdown.orders.book.by_id(order.id)
    assert (made.state, made.spool_destroyed_at) == (OrderState.DELIVERING, LOCKDOWN)
    assert (made.reference or "").startswith("L-")
    assert len(lockdown.letters) == 1
    assert list(lockdown.spool.folder.iterdir()) == []
    assert lockdown.register.by_id(made.identifier_id or "").derogation == "FR-2020-COVID"


def test_who_was_proofed_in_person_gets_no_derogation_by_post(lockdown: OrderOffice) -> None:
    lockdown.person("bob", at=LOCKDOWN, method="face_to_face")
    assert lockdown.orders.order("bob", "paper_codes", actor=ALICE).derogation is None


def test_a_clock_set_back_gives_no_derogation(lockdown: OrderOffice, tmp_path: Path) -> None:
    later = OrderOffice(
        database=lockdown.database,
        clock=MovedClock(lambda: datetime(2020, 10, 2, tzinfo=UTC)),
        folder=tmp_path,
    )
    later.person("bob", at=NOW)
    later.orders.order("bob", "paper_codes", actor=ALICE)
    assert latest_seen(lockdown.database) == datetime(2020, 10, 2, tzinfo=UTC)
    assert lockdown.orders.may_order("paper_codes", "alice").deliveries == {Delivery.POST}
    with pytest.raises(OrderRefusedError, match="derogation"):
        lockdown.orders.order("alice", "paper_codes", Delivery.LETTER, actor=ALICE)
    assert lockdown.orders.order("alice", "paper_codes", actor=ALICE).derogation is None


@pytest.mark.parametrize("place", ["making.spooled", "making.made", "making.handed_over"])
def test_a_process_that_dies_while_making_leaves_one_means(lockdown: OrderOffice, place: str) -> None:
    order = lockdown.orders.order("alice", "paper_codes", Delivery.LETTER, actor=ALICE)
    failpoints.arm(place, "raise")
    with pytest.raises(failpoints.FailpointError):
        lockdown.settle()
    failpoints.disarm()
    assert isinstance(lockdown.clock, MovedClock)
    lockdown.clock.advance(timedelta(minutes=6))
    lockdown.settle()
    made = lockdown.orders.book.by_id(order.id)
    assert made.state is OrderState.DELIVERING
    (identifier,) = lockdown.register.of("alice")
    (posted,) = lockdown.letters.values()
    assert posted.endswith(identifier.id.encode())
    assert list(lockdown.spool.folder.iterdir()) == []


def test_a_sheet_that_was_changed_in_the_spool_is_not_posted(office: OrderOffice) -> None:
    order = office.orders.order("alice", "paper_codes", actor=ALICE)
    assert office.sweep() == 1
    (hidden,) = office.spool.folder.iterdir()
    assert hidden.name.startswith(".")
    hidden.write_bytes(b"%PDF-1.7 other")
    with pytest.raises(SpoolError):
        office.sweep()
    assert office.orders.book.by_id(order.id).state is OrderState.MAKING
    assert not office.spool.shown(order.id).exists()


def test_a_lost_means_ends_at_once_and_the_others_keep_working(office: OrderOffice) -> None:
    first = office.orders.order("alice", "paper_codes", actor=ALICE)
    office.orders.order("alice", "paper_seed", actor=ALICE)
    office.settle()
    lost = office.orders.book.by_id(first.id).identifier_id
    assert lost is not None
    offer = office.orders.report_lost(lost, actor=ALICE)
    assert offer.allowed
    assert {row.kind: row.state for row in office.register.of("alice")} == {
        "paper_codes": "revoked",
        "paper_seed": "issued",
    }
    assert office.orders.book.by_id(first.id).state is OrderState.CANCELLED
    assert not office.spool.shown(first.id).exists()
    with pytest.raises(UnlawfulActError):
        office.orders.report_lost(lost, actor=ALICE)
    assert office.orders.order("alice", "paper_codes", actor=ALICE).is_open


def test_a_cancelled_order_takes_its_means_with_it(office: OrderOffice) -> None:
    order = office.orders.order("alice", "paper_codes", actor=ALICE)
    office.settle()
    cancelled = office.orders.cancel(order.id, actor=ALICE, reason="moved house")
    assert cancelled.state is OrderState.CANCELLED
    assert cancelled.spool_destroyed_at is not None
    (identifier,) = office.register.of("alice")
    assert identifier.state == "revoked"
    with pytest.raises(UnlawfulActError):
        office.orders.cancel(order.id, actor=ALICE)


def test_an_order_cancelled_before_it_is_made_is_not_made(office: OrderOffice) -> None:
    order = office.orders.order("alice", "paper_codes", actor=ALICE)
    office.orders.cancel(order.id, actor=ALICE)
    office.settle()
    assert office.register.of("alice") == []


def test_an_unknown_order_and_an_impossible_number_are_refused(office: OrderOffice) -> None:
    with pytest.raises(UnknownOrderError):
        office.orders.book.by_id("0" * 32)
    with pytest.raises(UnknownOrderError):
        office.orders.cancel("0" * 32, actor=ALICE)
    order = office.orders.order("alice", "paper_codes", actor=ALICE)
    for number in ("", " ", "x" * 101, "1\x00"):
        with pytest.raises(OrderRefusedError):
            office.orders.tracked(order.id, number, actor=POSTMAN)
    with pytest.raises(UnlawfulActError):
        office.orders.tracked(order.id, "1A", actor=POSTMAN)


def test_plain_sheets_stand_in_no_repr(office: OrderOffice) -> None:
    with office.database.write() as uow:
        made = office.make(
            uow,
            party_id="alice",
            kind="paper_codes",
            proofing_id=None,
            level=None,
            derogation=None,
            actor=ALICE,
        )
    assert "PDF" not in repr(made)


@given(st.lists(st.sampled_from(OrderAct), max_size=12))
def test_an_ended_order_never_goes_on(tried: list[OrderAct]) -> None:
    state = next_order_state(None, OrderAct.REQUEST)
    for act in tried:
        try:
            after = next_order_state(state, act)
        except LreError:
            continue
        assert state not in ENDED or after is state
        state = after


def test_nothing_but_a_request_begins_an_order() -> None:
    for act in OrderAct:
        if act is not OrderAct.REQUEST:
            with pytest.raises(UnlawfulActError):
                next_order_state(None, act)
