"""``lre identifiers`` and ``lre orders``, as an operator calls them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import update

from lre_kit.cli.main import cli
from lre_kit.errors import NotFoundError, ThrottledError, UnlawfulActError
from lre_kit.identifiers.means import State
from lre_kit.identifiers.order_book import ORDER
from lre_kit.identifiers.order_values import Order, OrderState, Proofed, UnknownOrderError
from lre_kit.law.assurance import Level
from lre_kit.office import PostOffice
from lre_kit.parties.addresses import PostalAddress
from lre_kit.parties.persons import Party
from lre_kit.testing.office import throwaway_office

EMAIL, NAME, STREET = "claire@example.org", "Claire Roy", "12 rue des Lilas"
OPERATOR = ("--operator", "nadia")
HOLDER = {"role": "holder"}


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PostOffice]:
    monkeypatch.setenv("LRE_HOME", str(tmp_path / "office"))
    with throwaway_office(tmp_path / "office") as opened:
        yield opened


@pytest.fixture
def claire(office: PostOffice) -> Party:
    return office.people.parties.for_recipient(email=EMAIL, name=NAME)


def lre(*arguments: str) -> Any:
    return CliRunner().invoke(cli, arguments)


def ordered(office: PostOffice, party: Party, *, confirmed: bool = True) -> Order:
    """Take an order that a proofing approved, and let it be made."""
    address = PostalAddress(lines=(NAME, STREET, "75020 PARIS"))
    book, orders = office.people.addresses, office.people.ordering.orders
    book.set_address(party.id, address, actor=HOLDER, confirmed=True)
    made = orders.order(party.id, "paper_codes", actor=HOLDER)
    proofed = Proofed(id="p" * 32, level=Level.SUBSTANTIAL, method="face_to_face", at=office.clock())
    with office.database.write() as uow:
        orders.proofing_decided(uow, party.id, proofed)
        uow.commit()
    if confirmed:
        office.run_until_idle()
    return orders.book.by_id(made.id)


def sheet(office: PostOffice, party: Party) -> str:
    made = office.people.paper_codes.make_sheet(None, party_id=party.id, actor=HOLDER)
    return made.identifier.serial


def test_means_are_listed_without_names_or_addresses(office: PostOffice, claire: Party) -> None:
    ordered(office, claire)
    serial = sheet(office, claire)
    for arguments in (("identifiers", "list"), ("orders", "list"), ("identifiers", "history", serial)):
        for form in ((), ("--json",)):
            printed = lre(*arguments, *form)
            assert printed.exit_code == 0
            assert not any(said in printed.output for said in (EMAIL, NAME, STREET))
    listed = json.loads(lre("identifiers", "list", "--json").output)
    assert [one["state"] for one in listed] == ["issued", "issued"]
    assert "facts" not in listed[0]
    assert "label" not in listed[0]
    assert len(json.loads(lre("identifiers", "list", "--limit", "1", "--json").output)) == 1
    assert json.loads(lre("identifiers", "list", "--party", "nobody", "--json").output) == []
    typed = serial.lower().replace("-", "")
    [found] = json.loads(lre("identifiers", "list", "--serial", typed, "--json").output)
    assert found["serial"] == serial
    wrong = lre("identifiers", "list", "--serial", "7K3M-9QXA-2PVD")
    assert isinstance(wrong.exception, NotFoundError)


def test_a_means_is_revoked_with_its_order_and_its_holder_told(office: PostOffice, claire: Party) -> None:
    order = ordered(office, claire)
    assert order.identifier_id is not None
    serial = office.people.register.by_id(order.identifier_id).serial
    other = sheet(office, claire)
    without = lre("identifiers", "revoke", serial)
    assert without.exit_code != 0
    for each in (serial, other):
        said = lre("identifiers", "revoke", each, "--reason", "returned by the post", *OPERATOR)
        assert said.output == f"{each} is revoked.\n"
        [*_, last] = json.loads(lre("identifiers", "history", each, "--json").output)
        assert last["name"] == "revoke"
        assert last["actor"] == {"role": "operator", "name": "nadia"}
    assert last["reason"] == "returned by the post"
    assert office.people.ordering.orders.book.by_id(order.id).state is OrderState.CANCELLED
    office.run_until_idle()
    courier: Any = office.courier
    assert len(courier.messages) == 2
    again = lre("identifiers", "revoke", serial, "--reason", "twice", *OPERATOR)
    assert "nothing was changed" in again.output


def test_a_lock_is_lifted(office: PostOffice, claire: Party) -> None:
    serial = sheet(office, claire)
    found = office.people.register.by_serial(serial)
    assert found is not None
    throttle, key = office.people.throttle, f"identifier:{found.id}"
    with pytest.raises(ThrottledError):
        for _ in range(10):
            throttle.check(key)
    assert lre("identifiers", "unlock", serial).exit_code == 0
    throttle.check(key)


def test_an_order_is_tracked_printed_and_delivered(office: PostOffice, claire: Party) -> None:
    order = ordered(office, claire)
    assert order.state is OrderState.DELIVERING
    [listed] = json.loads(lre("orders", "list", "--state", "delivering", "--json").output)
    assert listed["id"] == order.id
    assert "address" not in listed
    assert json.loads(lre("orders", "list", "--state", "refused", "--json").output) == []
    spool = office.people.ordering.spool
    assert spool.shown(order.id).exists()
    assert "is delivering" in lre("orders", "tracked", order.id, "1A 000", *OPERATOR).output
    for _ in range(2):
        assert "Its sheet is destroyed." in lre("orders", "printed", order.id, *OPERATOR).output
    assert not spool.shown(order.id).exists()
    assert "is delivered" in lre("orders", "delivered", order.id, *OPERATOR).output
    book = office.people.ordering.orders.book
    assert book.by_id(order.id).reference == "1A 000"
    assert order.identifier_id is not None
    assert office.people.register.by_id(order.identifier_id).state is State.DELIVERED
    acts = [event.name for event in book.history(order.id) if event.actor.get("name") == "nadia"]
    assert acts == ["track", "spool_destroyed", "deliver"]
    assert isinstance(lre("orders", "delivered", order.id).exception, UnlawfulActError)
    assert isinstance(lre("orders", "delivered", "none").exception, UnknownOrderError)


def test_orders_without_an_address_are_listed_apart(office: PostOffice, claire: Party) -> None:
    order = ordered(office, claire, confirmed=False)
    assert json.loads(lre("orders", "waiting", "--json").output) == []
    with office.database.write() as uow:
        uow.execute(update(ORDER).values(address=None))
        uow.commit()
    [waiting] = json.loads(lre("orders", "waiting", "--json").output)
    assert waiting["id"] == order.id
    printed = lre("orders", "waiting").output
    assert order.id in printed
    assert "address" in printed


def test_whoever_acts_is_named(office: PostOffice, claire: Party, monkeypatch: pytest.MonkeyPatch) -> None:
    serial = sheet(office, claire)
    monkeypatch.setenv("LOGNAME", "pascale")
    lre("identifiers", "revoke", serial, "--reason", "asked for")
    [*_, last] = json.loads(lre("identifiers", "history", serial, "--json").output)
    assert last["actor"]["name"] == "pascale"
    nobody = lre("orders", "delivered", "any", "--operator", " ")
    assert nobody.exit_code == 2
    assert "Nobody is named" in nobody.output
