"""Reports of lost means, and what their holders are told: on both databases."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import select

from lre_kit.carriers.holder_mail import WORDS, HolderMail, Told
from lre_kit.carriers.mail import MailAnswer, MailOutcome
from lre_kit.carriers.notices import MailIdentity
from lre_kit.errors import MailUnavailableError
from lre_kit.identifiers.derogation_mail import Contact
from lre_kit.identifiers.holder_notices import TELL, HolderNotices, LostReports, could_be_serial
from lre_kit.identifiers.links import Links
from lre_kit.identifiers.means import Kind, State
from lre_kit.identifiers.register import Identifier, IdentifierRegister
from lre_kit.store.agenda import Agenda
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database
from lre_kit.store.inserts import table_of
from lre_kit.store.rows import DutyRow
from lre_kit.store.vault import Vault
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.courier import MemoryCourier

ADA = new_id()
OFFICE = {"role": "provider"}
DUTY = table_of(DutyRow)


@dataclass
class Desk:
    database: Database
    clock: MovedClock
    register: IdentifierRegister
    courier: MemoryCourier
    mail: HolderMail
    notices: HolderNotices
    reports: LostReports

    def issue(self, state: State = State.ACTIVE) -> Identifier:
        with self.database.write() as uow:
            made = self.register.issue(
                uow, party_id=ADA, kind=Kind.PAPER_CODES, label="Sheet", actor=OFFICE, state=state
            )
            uow.commit()
        return made

    def planned(self) -> list[str]:
        with self.database.read() as connection:
            rows = connection.execute(select(DUTY.c.payload).where(DUTY.c.action == TELL))
            return [row.payload["told"] for row in rows]


@pytest.fixture
def desk(database: Database) -> Desk:
    clock, courier = MovedClock(), MemoryCourier()
    register = IdentifierRegister(database, clock=clock, vault=Vault(bytes(range(32)), "kek"))
    mail = HolderMail(
        courier,
        links=Links(b"s" * 32, "https://notices.example"),
        identity=MailIdentity(provider_name="Office", mail_from="office@example.org"),
        contact=lambda party_id: (
            Contact(name="Ada", email="ada@example.org", language="en") if party_id == ADA else None
        ),
    )
    notices = HolderNotices(database, clock=clock, mail=mail)
    reports = LostReports(database, register=register, notices=notices)
    return Desk(database, clock, register, courier, mail, notices, reports)


def test_many_reports_at_once_suspend_a_means_once_and_tell_its_holder_once(desk: Desk) -> None:
    made, together = desk.issue(), Barrier(4)

    def report(_: int) -> None:
        together.wait()
        desk.reports.report(made.serial)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(report, range(4)))
    assert desk.register.by_id(made.id).state is State.SUSPENDED
    assert [event.name for event in desk.register.history(made.id)] == ["issue", "activate", "suspend"]
    assert desk.planned() == ["suspended"]


@pytest.mark.parametrize("state", [State.ISSUED, State.DELIVERED])
def test_a_means_that_was_never_used_is_suspended_too_and_comes_back_unused(desk: Desk, state: State) -> None:
    made = desk.issue(state)
    for _ in range(3):
        desk.reports.report(made.serial)
    assert desk.register.by_id(made.id).state is State.SUSPENDED
    assert desk.planned() == ["suspended"]
    with desk.database.write() as uow:
        desk.register.change(uow, made.id, "resume", actor=OFFICE)
        uow.commit()
    assert desk.register.by_id(made.id).state is state


@pytest.mark.parametrize("typed", ["", "7K3M-9QXA-2PVD", "x" * 10_000, "é", "\x00" * 12])
def test_reports_that_find_nothing_change_nothing(desk: Desk, typed: str) -> None:
    desk.issue()
    desk.reports.report(typed)
    assert desk.planned() == []


def test_a_duty_that_runs_twice_sends_the_same_message_and_settles_once(desk: Desk) -> None:
    made = desk.issue()
    desk.reports.report(made.serial)
    [duty] = Agenda(desk.database, desk.clock).claim(limit=1, lease=timedelta(minutes=1))
    desk.courier.answers.append(MailAnswer(MailOutcome.UNKNOWN))
    with pytest.raises(MailUnavailableError):
        desk.notices.tell(duty)
    assert desk.planned() == ["suspended"]
    desk.notices.actions[TELL](duty)
    assert desk.planned() == []
    assert made.serial not in desk.courier.text_of()
    assert made.serial[-4:] in desk.courier.text_of()
    assert desk.courier.messages[-1]["Content-Language"] == "en"


def test_whoever_has_no_address_is_told_nothing(desk: Desk) -> None:
    desk.mail.tell(party_id="nobody", told=Told.REVOKED, serial="", act_id="a")
    assert desk.courier.messages == []


def test_there_are_words_for_everything_that_is_told() -> None:
    assert {(told, language) for told in Told for language in ("fr", "en")} == set(WORDS)


def test_a_serial_is_known_by_its_form() -> None:
    assert could_be_serial("7k3m 9qxa-2pvd")
    assert not any(could_be_serial(typed) for typed in ("", "7K3M-9QXA-2PV", "é" * 12, "7" * 65))
