"""A derogation's whole life: from the first order under it to the last means replaced, by moved time."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from lre_kit import failpoints
from lre_kit.errors import MailUnavailableError
from lre_kit.identifiers.derogation_notices import EndNotice, Stage
from lre_kit.identifiers.derogation_words import day_words
from lre_kit.identifiers.order_rows import DerogationNoticeRow, ReplacedRow
from lre_kit.identifiers.order_values import OrderState, Proofed
from lre_kit.identifiers.rows import ChallengeRow, IdentifierEventRow, IdentifierRow
from lre_kit.law.assurance import Category, Factor, Level, Means
from lre_kit.law.derogations import COVID_2020, Delivery, Policy
from lre_kit.law.periods import Period
from lre_kit.law.products import Product
from lre_kit.law.refusals import Lack
from lre_kit.law.requirements import Role, for_role, missing
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database
from lre_kit.store.inserts import table_of
from lre_kit.store.rows import DutyRow
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.orders import OrderOffice

APRIL = datetime(2020, 4, 15, 9, tzinfo=UTC)
END = COVID_2020.ends_at
ALICE = {"role": "holder", "party": "alice"}
ID = COVID_2020.id


@pytest.fixture(autouse=True)
def _unarmed() -> Iterator[None]:
    yield
    failpoints.disarm()


@pytest.fixture
def office(database: Database, tmp_path: Path) -> OrderOffice:
    return OrderOffice(database=database, clock=MovedClock(lambda: APRIL), folder=tmp_path)


def move_to(office: OrderOffice, instant: datetime) -> None:
    assert isinstance(office.clock, MovedClock)
    office.clock.advance(instant - office.clock())


def issue(office: OrderOffice, count: int, *, kind: str = "paper_codes", address: bool = True) -> list[str]:
    """Issue many active means under the derogation at once; return their ids."""
    rows: list[dict[str, Any]] = []
    for _ in range(count):
        party = office.person(f"p{new_id()[-20:]}", at=APRIL, address=address, method="remote_visual")
        made = new_id()
        rows.append(
            {
                "id": made,
                "serial": made[-16:].upper(),
                "party_id": party,
                "kind": kind,
                "state": "active",
                "label": kind,
                "proofing_id": f"proof-{party}"[:32],
                "level": "substantial",
                "derogation": ID,
                "facts": {},
                "created_at": APRIL,
            }
        )
    with office.database.write() as uow:
        uow.add_all(IdentifierRow, rows)
        uow.commit()
    return [row["id"] for row in rows]


def table(office: OrderOffice, row_class: Any) -> list[Any]:
    with office.database.read() as connection:
        return list(connection.execute(select(table_of(row_class))))


def stages(office: OrderOffice) -> Counter[Stage]:
    return Counter(notice.stage for notice in office.told)


def test_the_whole_life_of_a_derogation(office: OrderOffice) -> None:
    office.ends.plan_missing()
    alice = office.person("alice", at=APRIL, method="remote_visual")
    first = office.orders.order(alice, "paper_codes", Delivery.LETTER, actor=ALICE)
    office.settle()
    old = office.orders.book.by_id(first.id).identifier_id
    assert old is not None
    with office.database.write() as uow:
        office.register.change(uow, old, "activate", actor=ALICE)
        office.orders.first_use(uow, old)
        uow.commit()

    move_to(office, END - timedelta(days=30, seconds=1))
    office.settle()
    assert office.told == []
    move_to(office, END - timedelta(days=30))
    office.settle()
    assert stages(office) == {Stage.MONTH: 1}
    move_to(office, END - timedelta(days=7))
    office.settle()
    assert stages(office) == {Stage.MONTH: 1, Stage.WEEK: 1}
    assert "30 septembre 2020 inclus" in office.told[-1].body.fr
    move_to(office, END - timedelta(seconds=1))
    office.settle()
    assert office.register.by_id(old).state == "active"

    move_to(office, END)
    office.settle()
    assert office.register.by_id(old).state == "revoked"
    assert office.register.by_id(old).ended_at == END
    (new,) = [row for row in office.register.of(alice) if row.id != old]
    assert office.register.by_id(old).replaced_by == new.id
    assert (new.state, new.derogation, new.level) == ("issued", None, "substantial")
    assert new.proofing_id == office.register.by_id(old).proofing_id
    (order,) = office.orders.book.open_of(alice)
    assert (order.state, order.delivery) == (OrderState.DELIVERING, Delivery.POST)
    assert order.cause == f"derogation-end:{ID}"
    assert office.spool.manifest(order.id).exists()
    assert {event.actor["role"] for event in office.orders.book.history(order.id)} == {"provider"}
    assert stages(office)[Stage.END] == 1
    assert "ended after 30 September 2020" in office.told[-1].body.en


def test_the_replacement_carries_the_level_no_further_than_the_proofing(office: OrderOffice) -> None:
    (old,) = issue(office, 1)
    with office.database.write() as uow:
        rows = table_of(IdentifierRow)
        uow.defer(update(rows).where(rows.c.id == old).values(level="low"))
        uow.commit()
    office.ends.plan_missing()
    move_to(office, END)
    office.settle()
    (new,) = [row for row in table(office, IdentifierRow) if row.id != old]
    assert new.level == "low"
    code = Factor(
        means=Means.PAPER_CODES, categories=(Category.POSSESSION,), dynamic=True, at=END, identifier_id=new.id
    )
    password = Factor(means=Means.PASSWORD, categories=(Category.KNOWLEDGE,), dynamic=False, at=END)
    proofed = office.people.proofings[new.party_id]
    refusal = missing(
        for_role(Product.QUALIFIED, Role.SENDER, END),
        proofing=proofed.level,
        method=proofed.method,
        factors=[password, code],
        at=END,
        available=["eid"],
    )
    assert refusal is not None
    assert refusal.lacks == (Lack.PROOFING_METHOD,)


def test_without_a_confirmed_address_people_are_asked_in_time_and_listed(office: OrderOffice) -> None:
    (lost,) = issue(office, 1, address=False)
    issue(office, 1)
    party = office.register.by_id(lost).party_id
    office.ends.plan_missing()
    move_to(office, END - timedelta(days=30))
    office.settle()
    assert stages(office) == {Stage.MONTH: 2, Stage.ADDRESS: 1}
    (asked,) = [notice for notice in office.told if notice.stage is Stage.ADDRESS]
    assert asked.party_id == party
    assert asked.address_needed
    assert "Confirm your postal address" in asked.subject.en
    move_to(office, END)
    office.settle()
    (waiting,) = office.ends.waiting_for_address()
    assert waiting.party_id == party
    assert office.register.by_id(lost).state == "revoked"
    assert [notice.address_needed for notice in office.told if notice.party_id == party][-1]
    move_to(office, END + timedelta(days=3))
    office.settle()
    assert len(office.ends.waiting_for_address()) == 1
    address = {"lines": ["here"]}
    with office.database.write() as uow:
        office.orders.address_confirmed(uow, party, address)
        uow.commit()
    office.settle()
    assert office.ends.waiting_for_address() == []
    (order,) = office.orders.book.of(party)
    assert (order.state, order.address) == (OrderState.DELIVERING, address)
    assert office.register.by_id(lost).replaced_by == order.identifier_id


def test_an_address_that_is_confirmed_silently_is_found_the_next_day(office: OrderOffice) -> None:
    (old,) = issue(office, 1, address=False)
    party = office.register.by_id(old).party_id
    office.ends.plan_missing()
    move_to(office, END)
    office.settle()
    office.person(party, at=APRIL)
    office.settle()
    assert len(office.ends.waiting_for_address()) == 1
    move_to(office, END + timedelta(days=1))
    office.settle()
    assert office.ends.waiting_for_address() == []


@pytest.mark.parametrize("place", ["derogation.batch", "derogation.batch_committed"])
def test_a_process_may_die_after_every_batch(database: Database, tmp_path: Path, place: str) -> None:
    office = OrderOffice(database=database, clock=MovedClock(lambda: APRIL), folder=tmp_path, batch=4)
    ids = issue(office, 10)
    office.ends.plan_missing()
    move_to(office, END)
    for _ in range(8):
        failpoints.arm(place, "raise")
        try:
            office.sweep(limit=1)
        except failpoints.FailpointError:
            failpoints.disarm()
            move_to(office, office.clock() + timedelta(minutes=6))
            if place == "derogation.batch":
                office.sweep(limit=1)
    failpoints.disarm()
    move_to(office, office.clock() + timedelta(minutes=6))
    office.settle()
    everything_is_replaced_once(office, ids)


def everything_is_replaced_once(office: OrderOffice, ids: list[str]) -> None:
    rows = {row.id: row for row in table(office, IdentifierRow)}
    assert len(rows) == 2 * len(ids)
    for each in ids:
        assert rows[each].state == "revoked"
        assert rows[rows[each].replaced_by].party_id == rows[each].party_id
    events = Counter(row.identifier_id for row in table(office, IdentifierEventRow) if row.name == "revoke")
    assert events == dict.fromkeys(ids, 1)
    assert Counter(row.identifier_id for row in table(office, ReplacedRow)) == dict.fromkeys(ids, 1)
    told = Counter(notice.party_id for notice in office.told if notice.stage is Stage.END)
    assert set(told.values()) == {1}
    assert table(office, DutyRow) == []


def test_run_again_it_changes_nothing(office: OrderOffice) -> None:
    ids = issue(office, 3)
    office.ends.plan_missing()
    move_to(office, END)
    office.settle()
    office.ends.plan_missing()
    office.ends.plan_missing()
    office.settle()
    everything_is_replaced_once(office, ids)


def test_an_office_that_was_closed_at_the_end_does_it_when_it_opens(office: OrderOffice) -> None:
    ids = issue(office, 3)
    move_to(office, END + timedelta(days=40))
    office.ends.plan_missing()
    office.settle()
    everything_is_replaced_once(office, ids)
    assert stages(office) == {Stage.END: 3}


def test_thousands_are_replaced_in_batches(office: OrderOffice) -> None:
    ids = issue(office, 1600)
    office.ends.plan_missing()
    move_to(office, END)
    batches = []
    while due := [
        duty
        for duty in office.agenda.claim(limit=9999, lease=timedelta(hours=1))
        if duty.action == "end_derogation"
    ]:
        office.ends.end(due[0])
        batches.append(len(table(office, ReplacedRow)))
    assert batches == [500, 1000, 1500, 1600, 1600]
    assert {row.state for row in table(office, IdentifierRow)} == {"revoked"}
    assert len({row.order_id for row in table(office, ReplacedRow)}) == len(ids)


def test_open_challenges_die_with_the_means(office: OrderOffice) -> None:
    """F9.07: replaced at the end of a derogation."""
    (old,) = issue(office, 1)
    with office.database.write() as uow:
        uow.add(
            ChallengeRow,
            id=new_id(),
            party_id="p",
            identifier_id=old,
            means="paper codes",
            purpose="session",
            binding="b",
            facts={},
            created_at=APRIL,
            expires_at=END + timedelta(days=1),
        )
        uow.commit()
    office.ends.plan_missing()
    move_to(office, END)
    office.settle()
    (challenge,) = table(office, ChallengeRow)
    assert challenge.ended_at == END


def test_means_of_other_kinds_are_replaced_by_paper_codes_and_one_order_serves_one_person(
    office: OrderOffice,
) -> None:
    (key,) = issue(office, 1, kind="authenticator")
    party = office.register.by_id(key).party_id
    with office.database.write() as uow:
        sheet = new_id()
        uow.add(
            IdentifierRow,
            id=sheet,
            serial=sheet[-16:],
            party_id=party,
            kind="paper_codes",
            state="active",
            label="",
            level="substantial",
            derogation=ID,
            facts={},
            created_at=APRIL,
        )
        uow.commit()
    office.ends.plan_missing()
    move_to(office, END)
    office.settle()
    (order,) = office.orders.book.of(party)
    assert order.kind == "paper_codes"
    assert {office.register.by_id(each).replaced_by for each in (key, sheet)} == {order.identifier_id}


def test_other_means_of_the_person_keep_working(office: OrderOffice) -> None:
    (old,) = issue(office, 1)
    party = office.register.by_id(old).party_id
    with office.database.write() as uow:
        made = office.make(
            uow,
            party_id=party,
            kind="paper_seed",
            proofing_id=None,
            level=Level.SUBSTANTIAL,
            derogation=None,
            actor=ALICE,
        )
        uow.commit()
    office.ends.plan_missing()
    move_to(office, END)
    office.settle()
    assert office.register.by_id(made.identifier_id).state == "issued"


def test_a_means_still_on_its_way_is_replaced_and_its_sheet_destroyed(office: OrderOffice) -> None:
    bob = office.person("bob", at=APRIL, method="remote_visual")
    first = office.orders.order(bob, "paper_codes", actor=ALICE)
    office.settle()
    assert office.spool.shown(first.id).exists()
    office.ends.plan_missing()
    move_to(office, END)
    office.settle()
    assert office.orders.book.by_id(first.id).state is OrderState.CANCELLED
    assert not office.spool.shown(first.id).exists()
    (order,) = office.orders.book.open_of(bob)
    assert order.state is OrderState.DELIVERING


def test_an_order_that_waits_serves_as_the_replacement(office: OrderOffice) -> None:
    (old,) = issue(office, 1)
    party = office.register.by_id(old).party_id
    del office.people.proofings[party]
    waiting = office.orders.order(party, "paper_codes", actor=ALICE)
    assert waiting.state is OrderState.REQUESTED
    office.ends.plan_missing()
    move_to(office, END)
    office.settle()
    (order,) = office.orders.book.of(party)
    assert (order.id, order.state) == (waiting.id, OrderState.DELIVERING)
    assert office.register.by_id(old).replaced_by == order.identifier_id
    with office.database.write() as uow:
        late = Proofed(id="p", level=None, method="remote_visual", at=END)
        office.orders.proofing_decided(uow, party, late)
        uow.commit()
    assert office.orders.book.by_id(order.id).state is OrderState.DELIVERING


def test_what_was_ordered_by_letter_and_not_made_in_time_is_posted(office: OrderOffice) -> None:
    bob = office.person("bob", at=APRIL, method="remote_visual")
    order = office.orders.order(bob, "paper_codes", Delivery.LETTER, actor=ALICE)
    move_to(office, END)
    office.settle()
    made = office.orders.book.by_id(order.id)
    assert (made.delivery, made.derogation, made.state) == (Delivery.POST, None, OrderState.DELIVERING)
    assert office.letters == {}
    assert office.register.by_id(made.identifier_id or "").derogation is None


def test_a_mailbox_that_fails_is_tried_again_and_delays_nobody(database: Database, tmp_path: Path) -> None:
    told: list[EndNotice] = []
    failing = {"once"}

    def tell(notice: EndNotice) -> None:
        if failing:
            failing.clear()
            raise MailUnavailableError("The mail server is away.", mend="Try again.")
        told.append(notice)

    clock = MovedClock(lambda: APRIL)
    office = OrderOffice(database=database, clock=clock, folder=tmp_path, tell=tell)
    issue(office, 2)
    office.ends.plan_missing()
    move_to(office, END - timedelta(days=30))
    with pytest.raises(MailUnavailableError):
        office.settle()
    move_to(office, office.clock() + timedelta(minutes=6))
    office.settle()
    assert len({notice.party_id for notice in told}) == 2
    assert all(row.sent_at for row in table(office, DerogationNoticeRow))


def test_who_has_no_such_means_any_more_is_not_told(office: OrderOffice) -> None:
    (gone,) = issue(office, 1)
    office.ends.plan_missing()
    move_to(office, END - timedelta(days=30))
    office.sweep()
    with office.database.write() as uow:
        office.register.change(uow, gone, "revoke", actor=ALICE)
        uow.commit()
    office.settle()
    assert office.told == []


def test_a_corrected_date_moves_what_is_planned_and_the_law_decides(
    database: Database, tmp_path: Path
) -> None:
    clock = MovedClock(lambda: APRIL)
    office = OrderOffice(database=database, clock=clock, folder=tmp_path)
    ids = issue(office, 1)
    office.ends.plan_missing()
    longer = replace(COVID_2020, period=Period(valid_from=date(2020, 3, 17), valid_until=date(2020, 12, 31)))
    policy = Policy(derogations=(longer,))
    later = OrderOffice(database=database, clock=clock, folder=tmp_path, policy=policy, people=office.people)
    move_to(later, END)
    later.settle()
    assert later.register.by_id(ids[0]).state == "active"
    later.ends.plan_missing()
    move_to(later, longer.ends_at - timedelta(seconds=1))
    later.settle()
    assert later.register.by_id(ids[0]).state == "active"
    move_to(later, longer.ends_at)
    later.settle()
    everything_is_replaced_once(later, ids)


def test_a_derogation_nobody_knows_ends_nothing_by_a_guess(office: OrderOffice, tmp_path: Path) -> None:
    ids = issue(office, 1)
    office.ends.plan_missing()
    forgetful = OrderOffice(
        database=office.database, clock=office.clock, folder=tmp_path, policy=Policy(derogations=())
    )
    move_to(forgetful, END)
    forgetful.settle()
    assert forgetful.register.by_id(ids[0]).state == "active"
    factor = Factor(
        means=Means.PAPER_CODES, categories=(Category.POSSESSION,), dynamic=True, at=END, derogation=ID
    )
    required = for_role(Product.SIMPLE, Role.RECIPIENT, END, derogations=Policy(derogations=()))
    assert missing(required, proofing=None, factors=[factor], at=END, available=[]) is not None


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/Martinique", "Indian/Reunion"])
def test_a_derogation_ends_at_midnight_of_its_own_zone(database: Database, tmp_path: Path, zone: str) -> None:
    period = Period(valid_from=date(2020, 3, 17), valid_until=date(2020, 9, 30), time_zone=zone)
    policy = Policy(derogations=(replace(COVID_2020, period=period),))
    office = OrderOffice(database=database, clock=MovedClock(lambda: APRIL), folder=tmp_path, policy=policy)
    ids = issue(office, 1)
    office.ends.plan_missing()
    midnight = datetime(2020, 10, 1, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    move_to(office, midnight - timedelta(seconds=1))
    office.settle()
    assert office.register.by_id(ids[0]).state == "active"
    move_to(office, midnight)
    office.settle()
    everything_is_replaced_once(office, ids)


def test_days_are_written_out_in_both_languages() -> None:
    assert day_words(date(2020, 8, 1)).fr == "1er août 2020"
    assert day_words(date(2020, 9, 30)).en == "30 September 2020"
