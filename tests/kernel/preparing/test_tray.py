"""Prepared letters: nothing leaves before a signature, and each is settled once and then erased."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from lre_kit.authority import NoAuthorityError
from lre_kit.clock import PARIS
from lre_kit.errors import InputError, LreError, NotFoundError, UnlawfulActError
from lre_kit.failpoints import FailpointError, arm, disarm
from lre_kit.identifiers.identified import SenderIdentified
from lre_kit.law.consents import Capacity
from lre_kit.law.paper import PrintOptions
from lre_kit.law.products import Product
from lre_kit.law.regimes import Matter
from lre_kit.letters.paper import PaperWish
from lre_kit.letters.several import RecipientsError
from lre_kit.letters.values import Letter, Upload
from lre_kit.office import PostOffice
from lre_kit.parties.addresses import PostalAddress
from lre_kit.parties.members import MemberRole
from lre_kit.parties.persons import Party, PartyFacts, PartyKind
from lre_kit.parties.values import Recipient, Sender
from lre_kit.preparing.digest import next_morning
from lre_kit.preparing.rows import PreparedRow
from lre_kit.preparing.tray import LIFE, PreparedSettledError
from lre_kit.preparing.values import Draft, Prepared, PreparedState
from lre_kit.store.inserts import table_of
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.courier import MemoryCourier
from lre_kit.testing.lost_commits import expect_content_to_wait
from lre_kit.testing.office import SMALL_PDF, sender_identified, throwaway_office
from lre_kit.testing.parties import ACTOR, BRUMES

DRAFT = Draft(
    recipient=Recipient(name="Jeanne Durand", email="jeanne@example.net"),
    product=Product.SIMPLE,
    subject="Mise en demeure",
    reference="D-12",
)


@dataclass(frozen=True, kw_only=True)
class House:
    """An organisation with one member of each role."""

    office: PostOffice
    party: Party
    owner: Party
    sender: Party
    preparer: Party
    reader: Party

    def prepare(self, who: Party | None = None, draft: Draft = DRAFT, **changes: Any) -> Prepared:
        documents = changes.get("documents", [Upload(name="a.pdf", stream=BytesIO(SMALL_PDF))])
        tray = self.office.preparing.tray
        return tray.prepare(self.party.id, (who or self.preparer).id, draft, documents)

    def sign(self, prepared_id: str, who: Party | None = None) -> Letter:
        signer = who or self.sender
        check = self.office.people.authorities.still_sends(signer.id, self.party.id)
        return self.office.preparing.tray.sign(
            prepared_id,
            signer.id,
            sender=Sender(ref=self.party.id, name=self.party.name, email="contact@brumes.example"),
            identified=self.identified(),
            still_sends=check,
        )

    def identified(self) -> SenderIdentified:
        return sender_identified(self.office)

    def kept(self) -> list[str]:
        return [key for key, _ in self.office.blobs.keys("prepared/")]


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def house(tmp_path: Path, clock: MovedClock) -> Iterator[House]:
    with throwaway_office(tmp_path / "office", clock=clock) as office:
        people = office.people
        party = people.parties.add(BRUMES)
        seats = {}
        for role in MemberRole:
            person = people.parties.add(PartyFacts(kind=PartyKind.PERSON, usage_name=f"{role.value} Roy"))
            people.parties.emails.verify(person.id, f"{role.value}@example.org", actor=ACTOR)
            people.members.set_role(party.id, person.id, role, actor=ACTOR)
            seats[role.value] = person
        yield House(office=office, party=party, **seats)
    disarm()


def test_nothing_leaves_before_a_signature(house: House) -> None:
    made = house.prepare()
    house.office.run_until_idle()
    assert made.state is PreparedState.WAITING
    assert made.draft == DRAFT
    assert house.office.reading.all_letters() == []
    assert [one.id for one in house.office.preparing.tray.waiting(house.party.id)] == [made.id]
    letter = house.sign(made.id)
    assert (letter.sender.name, letter.subject, letter.reference) == (
        house.party.name,
        "Mise en demeure",
        "D-12",
    )
    _, pieces = house.office.desk.open_document(letter.id, 1)
    assert b"".join(pieces) == SMALL_PDF
    settled = house.office.preparing.tray.by_id(made.id)
    assert (settled.state, settled.letter_number, settled.ended_by) == (
        PreparedState.SENT,
        letter.number,
        house.sender.id,
    )
    assert (settled.draft, settled.documents, house.kept()) == (None, (), [])


@pytest.mark.parametrize("role", ["reader"])
def test_who_may_not_prepare_keeps_nothing(house: House, role: str) -> None:
    with pytest.raises(NoAuthorityError):
        house.prepare(getattr(house, role))
    assert house.kept() == []


@pytest.mark.parametrize("role", ["preparer", "reader"])
def test_who_may_not_send_signs_and_declines_nothing(house: House, role: str) -> None:
    made, who = house.prepare(), getattr(house, role)
    with pytest.raises(NoAuthorityError):
        house.sign(made.id, who)
    with pytest.raises(NoAuthorityError):
        house.office.preparing.tray.decline(made.id, who.id, reason="no")
    assert house.office.preparing.tray.by_id(made.id).state is PreparedState.WAITING
    assert house.office.reading.all_letters() == []
    assert len(house.kept()) == 1


def test_a_letter_is_sent_back_with_a_reason_and_erased(house: House) -> None:
    tray, made = house.office.preparing.tray, house.prepare()
    for reason in ("", "  ", "x" * 301, "a\u202eb"):
        with pytest.raises(InputError):
            tray.decline(made.id, house.owner.id, reason=reason)
    back = tray.decline(made.id, house.owner.id, reason="  Wrong   annex ")
    assert (back.state, back.reason, back.ended_by) == (
        PreparedState.DECLINED,
        "Wrong annex",
        house.owner.id,
    )
    assert house.kept() == []
    with pytest.raises(PreparedSettledError):
        house.sign(made.id)
    assert tray.prepared_by([house.preparer.id])[0].reason == "Wrong annex"
    assert house.office.reading.all_letters() == []


def test_its_preparer_takes_it_back_and_no_other_reader_does(house: House) -> None:
    tray, made = house.office.preparing.tray, house.prepare()
    with pytest.raises(NoAuthorityError):
        tray.withdraw(made.id, house.reader.id)
    assert tray.withdraw(made.id, house.preparer.id).state is PreparedState.WITHDRAWN
    with pytest.raises(UnlawfulActError):
        tray.withdraw(made.id, house.preparer.id)
    assert tray.withdraw(house.prepare().id, house.sender.id).state is PreparedState.WITHDRAWN


def test_nobody_signs_in_time_and_it_is_let_go(house: House, clock: MovedClock) -> None:
    made = house.prepare()
    clock.advance(LIFE + timedelta(minutes=1))
    house.office.run_until_idle()
    assert house.office.preparing.tray.by_id(made.id).state is PreparedState.EXPIRED
    assert house.kept() == []


def test_its_content_is_encrypted_where_it_lies(house: House) -> None:
    made = house.prepare()
    table = table_of(PreparedRow)
    with house.office.database.read() as connection:
        row = connection.execute(select(table).where(table.c.id == made.id)).one()
    assert b"jeanne" not in row.sealed.lower()
    [where] = house.kept()
    assert SMALL_PDF not in b"".join(house.office.blobs.get(where))
    assert "jeanne" not in repr(made).lower()
    name, pieces = house.office.preparing.tray.open_document(made.id, 1)
    assert (name, b"".join(pieces)) == ("a.pdf", SMALL_PDF)
    for position in (0, 2):
        with pytest.raises(NotFoundError):
            house.office.preparing.tray.open_document(made.id, position)


@pytest.mark.parametrize(
    ("draft", "documents"),
    [
        (DRAFT, []),
        (DRAFT, [Upload(name="a.exe", stream=BytesIO(b"MZ"))]),
        (Draft(recipient=Recipient(name="", email="nobody"), product=Product.SIMPLE), None),
        (Draft(recipient=DRAFT.recipient, product=Product.SIMPLE, reference="x" * 101), None),
        (Draft(recipient=DRAFT.recipient, product=Product.SIMPLE, pre_notice="3"), None),
    ],
)
def test_what_cannot_be_sent_is_not_kept(house: House, draft: Draft, documents: list[Upload] | None) -> None:
    given_in = documents if documents is not None else [Upload(name="a.pdf", stream=BytesIO(SMALL_PDF))]
    with pytest.raises(InputError):
        house.prepare(draft=draft, documents=given_in)
    assert house.kept() == []
    assert house.office.preparing.tray.prepared_by([house.preparer.id]) == []


def test_one_signature_sends_a_letter_to_each_of_several_all_or_none(house: House) -> None:
    others = tuple(Recipient(name=f"P{place}", email=f"p{place}@example.net") for place in range(3))
    draft = replace(DRAFT, others=others)
    prepared = house.prepare(draft=draft)
    assert house.office.preparing.tray.by_id(prepared.id).draft == draft
    letter = house.sign(prepared.id)
    letters = house.office.reading.letters(house.party.id)
    assert sorted(each.recipient_name for each in letters) == ["Jeanne Durand", "P0", "P1", "P2"]
    settled = house.office.preparing.tray.by_id(prepared.id)
    assert (settled.state, settled.letter_number) == (PreparedState.SENT, letter.number)
    assert house.kept() == []
    with pytest.raises(PreparedSettledError):
        house.sign(prepared.id)
    house.office.run_until_idle()
    assert isinstance(house.office.courier, MemoryCourier)
    assert all(len(each["To"].addresses) == 1 for each in house.office.courier.messages)
    # One who cannot be written to: none is sent, and it goes on waiting.
    needs = replace(draft, product=Product.QUALIFIED)
    waiting = house.prepare(draft=needs)
    with pytest.raises(LreError):
        house.sign(waiting.id)
    assert house.office.preparing.tray.by_id(waiting.id).state is PreparedState.WAITING
    assert len(house.office.reading.letters(house.party.id)) == 4


@pytest.mark.parametrize("count", [50, 1])
def test_too_many_recipients_or_one_twice_are_not_kept(house: House, count: int) -> None:
    one = DRAFT.recipient
    others = tuple(replace(one, email=f"p{n}@example.net") for n in range(count)) if count > 1 else (one,)
    with pytest.raises(RecipientsError):
        house.prepare(draft=replace(DRAFT, others=others))
    assert house.kept() == []


def test_a_signature_and_a_refusal_at_once_give_one_end(house: House) -> None:
    for _ in range(10):
        made, raised = house.prepare(), []

        def trying(act: Any, raised: list[LreError] = raised) -> None:
            try:
                act()
            except LreError as error:
                raised.append(error)

        tray = house.office.preparing.tray
        acts = (
            lambda: house.sign(made.id),  # noqa: B023 - joined below
            lambda: house.sign(made.id, house.owner),  # noqa: B023
            lambda: tray.decline(made.id, house.owner.id, reason="no"),  # noqa: B023
            lambda: tray.withdraw(made.id, house.preparer.id),  # noqa: B023
        )
        before = len(house.office.reading.all_letters())
        threads = [threading.Thread(target=trying, args=(act,)) for act in acts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        sent = len(house.office.reading.all_letters()) - before
        state = tray.by_id(made.id).state
        assert len(raised) == 3
        assert sent == (1 if state is PreparedState.SENT else 0)


@pytest.mark.parametrize("place", ["deposit.before_commit", "prepare.signed"])
def test_a_signature_that_breaks_off_sends_once(house: House, place: str) -> None:
    made = house.prepare()
    arm(place, "raise")
    with pytest.raises(FailpointError):
        house.sign(made.id)
    disarm()
    if place == "prepare.signed":
        with pytest.raises(PreparedSettledError):
            house.sign(made.id)
    else:
        house.sign(made.id)
    assert len(house.office.reading.all_letters()) == 1


def test_who_may_sign_is_told_each_morning_as_long_as_something_waits(
    house: House, clock: MovedClock
) -> None:
    courier = house.office.courier
    assert isinstance(courier, MemoryCourier)
    made = house.prepare()
    house.prepare()
    house.office.run_until_idle()
    assert courier.messages == []
    clock.advance(next_morning(clock()) - clock())
    house.office.run_until_idle()
    told = {str(message["To"]) for message in courier.messages}
    assert told == {"owner Roy <owner@example.org>", "sender Roy <sender@example.org>"}
    for message in courier.messages:
        text = message.get_content()
        assert text.startswith("2 ")
        assert "jeanne" not in text.lower()
    house.office.preparing.tray.withdraw(made.id, house.preparer.id)
    clock.advance(timedelta(days=1))
    house.office.run_until_idle()
    assert len(courier.messages) == 4
    for one in house.office.preparing.tray.waiting(house.party.id):
        house.sign(one.id)
    sent = len(courier.messages)
    clock.advance(timedelta(days=2))
    house.office.run_until_idle()
    assert {str(message["To"]) for message in courier.messages[sent:]} <= {
        "Jeanne Durand <jeanne@example.net>"
    }


@given(st.datetimes(), st.sampled_from(["UTC", "Pacific/Noumea", "America/Guadeloupe"]))
def test_the_next_morning_is_nine_in_paris_within_a_day(at: Any, zone: str) -> None:
    try:
        now = at.replace(tzinfo=ZoneInfo(zone))
        found = next_morning(now)
    except OverflowError:
        return
    assert found.astimezone(PARIS).hour == 9
    assert timedelta(0) < found - now <= timedelta(hours=25)


@given(
    st.builds(
        Draft,
        recipient=st.builds(
            Recipient,
            name=st.text(),
            email=st.text(),
            capacity=st.sampled_from(list(Capacity)),
            capacity_basis=st.text(),
            postal=st.none() | st.just(PostalAddress(lines=("A", "75001 PARIS"), country="FR")),
        ),
        product=st.sampled_from(list(Product)),
        subject=st.text(),
        language=st.sampled_from(["fr", "en"]),
        reference=st.text(),
        notify_at=st.none()
        | st.datetimes(datetime(2020, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)),
        matter=st.sampled_from(list(Matter)),
        paper=st.none()
        | st.builds(
            PaperWish,
            options=st.builds(PrintOptions, colour=st.booleans(), duplex=st.booleans()),
            electronic=st.sampled_from([Product.SIMPLE, Product.QUALIFIED]),
            choice_days=st.none() | st.integers(1, 60),
        ),
    )
)
def test_a_draft_is_read_as_it_was_kept(draft: Draft) -> None:
    assert Draft.from_json(draft.to_json()) == draft


@pytest.mark.parametrize("was_kept", [True, False])
def test_content_of_a_prepared_letter_whose_commit_nobody_can_tell_stays_until_the_sweep(
    house: House, clock: MovedClock, was_kept: bool
) -> None:
    expect_content_to_wait(house.office, clock, house.prepare, house.kept, done=was_kept, count=1)
