"""Orders with the real means: a sheet is ordered, made, delivered, and ended by its first code."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier, Event
from types import SimpleNamespace
from typing import Any

import pytest
from pypdf import PdfReader

from lre_kit.errors import LreError
from lre_kit.identifiers.challenges import Challenges
from lre_kit.identifiers.one_time_passwords import OneTimePasswords
from lre_kit.identifiers.order_adapters import DeskProofings
from lre_kit.identifiers.order_values import OrderState
from lre_kit.identifiers.paper_codes import PaperCodes
from lre_kit.identifiers.sheet_maker import SheetMaker
from lre_kit.identifiers.sheet_pdf import Letterhead
from lre_kit.identifiers.throttle import Throttle
from lre_kit.law.assurance import Category, Factor, Level, Means
from lre_kit.law.products import Product
from lre_kit.law.requirements import Role, for_role, missing
from lre_kit.store.database import Database
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.orders import OrderOffice

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
ALICE = {"role": "holder", "party": "alice"}
PEPPER = b"p" * 32


@pytest.fixture
def office(database: Database, tmp_path: Path) -> OrderOffice:
    office = OrderOffice(database=database, clock=MovedClock(lambda: NOW), folder=tmp_path)
    office.person("alice", at=NOW)
    return office


def services(office: OrderOffice) -> dict[str, Any]:
    return {
        "clock": office.clock,
        "register": office.register,
        "challenges": Challenges(office.database, clock=office.clock),
        "throttle": Throttle(office.database, clock=office.clock, pepper=PEPPER),
        "first_use": office.orders.first_use,
    }


def make_for_real(office: OrderOffice) -> PaperCodes:
    """Let the office make real sheets; return the paper codes."""
    codes = PaperCodes(office.database, **services(office), pepper=PEPPER)
    passwords = OneTimePasswords(office.database, **services(office), issuer="Test office")

    def letterhead(party_id: str) -> Letterhead:
        return Letterhead(
            provider="Test office",
            address=tuple(office.people.addresses[party_id]["lines"]),
            revoke_url="https://notices.example/lost",
            language="fr",
        )

    maker = SheetMaker(codes=codes, passwords=passwords, letterhead=letterhead)
    office.makers |= {"paper_codes": maker, "paper_seed": maker}
    return codes


def text_of(office: OrderOffice, order_id: str) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(office.spool.shown(order_id)).pages)


def test_the_first_code_of_an_ordered_sheet_ends_the_order(office: OrderOffice, tmp_path: Path) -> None:
    codes = make_for_real(office)
    order = office.orders.order("alice", "paper_codes", actor=ALICE)
    office.settle()
    order = office.orders.book.by_id(order.id)
    assert order.identifier_id is not None
    words = text_of(office, order.id)
    assert "75002 PARIS" in words
    printed = re.findall(r"(?<![-\w])[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}(?![-\w])", words)
    assert len(printed) == 40
    if office.database.kind == "sqlite":
        kept = b"".join(path.read_bytes() for path in tmp_path.glob("office.db*"))
        assert not any(code.encode() in kept or code.replace("-", "").encode() in kept for code in printed)
    office.orders.destroy_spool(order.id, actor=ALICE)
    office.orders.delivered(order.id, actor=ALICE)

    password = Factor(means=Means.PASSWORD, categories=(Category.KNOWLEDGE,), dynamic=False, at=NOW)
    asked = codes.begin(order.identifier_id, purpose="deposit", binding="s", party_id="alice")
    number = asked.facts["number"]
    code = re.search(rf"(?<!\d){number}\s+([0-9A-Z]{{4}}-[0-9A-Z]{{4}})\b", words)
    assert code is not None
    factor = codes.complete(asked.id, code.group(1), purpose="deposit", binding="s", first=password)
    assert office.orders.book.by_id(order.id).state is OrderState.ACTIVE
    assert office.register.by_id(order.identifier_id).state == "active"
    refusal = missing(
        for_role(Product.QUALIFIED, Role.SENDER, NOW),
        proofing=Level.SUBSTANTIAL,
        method="face_to_face",
        factors=[password, factor],
        at=NOW,
        available=[],
    )
    assert refusal is None


def test_who_moved_since_the_order_gets_the_sheet_at_the_new_address(office: OrderOffice) -> None:
    make_for_real(office)
    order = office.orders.order("alice", "paper_seed", actor=ALICE)
    office.people.addresses["alice"] = {"lines": ["Alice Martin", "13001 MARSEILLE"], "country": "FR"}
    office.settle()
    made = office.orders.book.by_id(order.id)
    assert made.address == office.people.addresses["alice"]
    assert "13001 MARSEILLE" in text_of(office, order.id)
    assert office.register.by_id(made.identifier_id or "").level is Level.SUBSTANTIAL


def test_the_desks_proofing_approves_an_order() -> None:
    held = SimpleNamespace(
        id="p", level=Level.SUBSTANTIAL, method=Means.VISUAL.value, at=NOW, derogation=None
    )
    asked: list[tuple[str, datetime]] = []

    class Desk:
        def proofing_of(self, party_id: str, at: datetime) -> Any:
            asked.append((party_id, at))
            return held if party_id == "alice" else None

    proofings = DeskProofings(Desk(), clock=lambda: NOW)
    found = proofings.in_force("alice")
    assert found is not None
    assert (found.id, found.method) == ("p", "remote visual identification")
    assert proofings.in_force("bob") is None
    assert asked == [("alice", NOW), ("bob", NOW)]
    recipient = for_role(Product.QUALIFIED, Role.RECIPIENT, NOW)
    key = Factor(
        means=Means.SECURITY_KEY, categories=(Category.POSSESSION, Category.KNOWLEDGE), dynamic=True, at=NOW
    )
    shown: dict[str, Any] = {"proofing": found.level, "method": found.method, "factors": [key], "at": NOW}
    assert missing(recipient, **shown, available=[]) is None
    assert missing(for_role(Product.QUALIFIED, Role.SENDER, NOW), **shown, available=[]) is not None


def ordered_means(office: OrderOffice) -> str:
    order = office.orders.order("alice", "paper_codes", actor=ALICE)
    office.settle()
    found = office.orders.book.by_id(order.id).identifier_id
    assert found is not None
    return found


def test_a_report_of_loss_waits_for_a_first_use_that_holds_the_order_and_neither_for_ever(
    office: OrderOffice,
) -> None:
    means_id, holds = ordered_means(office), Event()

    def use() -> None:
        with office.database.write() as uow:
            office.orders.first_use(uow, means_id)
            uow.flush()
            holds.set()
            # Long enough for the other to lock what it locks first.
            time.sleep(0.5)
            office.register.change(uow, means_id, "activate", actor=ALICE)
            uow.commit()

    def lose() -> None:
        assert holds.wait(timeout=30)
        office.orders.report_lost(means_id, actor=ALICE)

    with ThreadPoolExecutor(2) as pool:
        for run in [pool.submit(use), pool.submit(lose)]:
            run.result(timeout=60)
    assert [event.name for event in office.register.history(means_id)] == ["issue", "activate", "revoke"]
    assert office.orders.book.of("alice")[0].state is OrderState.ACTIVE


@pytest.mark.parametrize("place", range(2))
def test_a_first_code_and_a_report_of_loss_at_once_wait_for_each_other_but_never_for_ever(
    office: OrderOffice, place: int
) -> None:
    codes, people = make_for_real(office), [f"person-{place}-{each}" for each in range(4)]
    asked: dict[str, tuple[str, str, str]] = {}
    for person in people:
        office.person(person, at=NOW)
        order = office.orders.order(person, "paper_codes", actor={"role": "holder"})
        office.settle()
        identifier_id = office.orders.book.by_id(order.id).identifier_id
        assert identifier_id is not None
        words = text_of(office, order.id)
        challenge = codes.begin(identifier_id, purpose="deposit", binding="s", party_id=person)
        number = challenge.facts["number"]
        code = re.search(rf"(?<!\d){number}\s+([0-9A-Z]{{4}}-[0-9A-Z]{{4}})\b", words)
        assert code is not None
        asked[person] = (identifier_id, challenge.id, code[1])
    password = Factor(means=Means.PASSWORD, categories=(Category.KNOWLEDGE,), dynamic=False, at=NOW)
    together = Barrier(2 * len(people))

    def use(person: str) -> str:
        _, challenge_id, code = asked[person]
        together.wait()
        try:
            codes.complete(challenge_id, code, purpose="deposit", binding="s", first=password)
        except LreError as error:
            return error.slug
        return "used"

    def lose(person: str) -> str:
        together.wait()
        office.orders.report_lost(asked[person][0], actor={"role": "holder"})
        return "lost"

    with ThreadPoolExecutor(2 * len(people)) as pool:
        runs = [pool.submit(act, person) for person in people for act in (use, lose)]
        found = [run.result(timeout=60) for run in runs]
    assert set(found) <= {"used", "lost", "identification-failed"}
    assert found.count("lost") == len(people)
    for person in people:
        assert office.register.by_id(asked[person][0]).state == "revoked"
        [order] = office.orders.book.of(person)
        assert order.state in {OrderState.ACTIVE, OrderState.CANCELLED}
        assert not order.is_open
