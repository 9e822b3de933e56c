"""``lre identifiers`` and ``lre orders``, as an operator calls them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import update

from lre_kit.cli.main import cli
from lre_kit.errors import InputError, NotFoundError, ThrottledError, UnlawfulActError
from lre_kit.identifiers.means import Kind, State
from lre_kit.identifiers.order_book import ORDER
from lre_kit.identifiers.order_values import Order, OrderState, Proofed, UnknownOrderError
from lre_kit.law.assurance import Level
from lre_kit.office import PostOffice
from lre_kit.parties.addresses import PostalAddress
from lre_kit.parties.persons import Party
from lre_kit.testing.office import throwaway_office
from lre_kit.testing.person_authority import PersonAuthority

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


def waiting_certificate(
    office: PostOffice, party: Party, *, given: str = "Clara", family: str = "Weiss"
) -> str:
    """Enter a certificate in another name, as the gate does; return its serial."""
    authority = PersonAuthority(office.settings.home / "issuers", office.clock())
    card = authority.card(given, family)
    with office.database.write() as uow:
        made = office.people.register.issue(
            uow,
            party_id=party.id,
            kind=Kind.CERTIFICATE,
            label="Example CA",
            actor=HOLDER,
            level=Level.SUBSTANTIAL,
            subject_key=f"key of {given}",
            facts={"issuer": "example-ca", "name_fits": False},
            secret=card.certificate.public_bytes(Encoding.DER),
        )
        uow.commit()
    return made.serial


def waiting_eid(office: PostOffice, party: Party) -> str:
    kept = {"given_names": "Clara", "family_name": "Weiss", "birth_date": "1990-01-02"}
    with office.database.write() as uow:
        made = office.people.register.issue(
            uow,
            party_id=party.id,
            kind=Kind.EID,
            label="test",
            actor=HOLDER,
            level=Level.SUBSTANTIAL,
            subject_key="issuer#1",
            secret=json.dumps(kept).encode(),
        )
        uow.commit()
    return made.serial


def test_what_waits_is_compared_and_accepted_by_name_and_reason(office: PostOffice, claire: Party) -> None:
    for serial in (waiting_certificate(office, claire), waiting_eid(office, claire)):
        listed = lre("identifiers", "waiting")
        assert serial in listed.output
        assert "Weiss" not in listed.output
        found = json.loads(lre("identifiers", "compare", serial, "--json").output)
        assert (found["told"]["given_names"], found["told"]["family_name"]) == ("Clara", "Weiss")
        assert NAME in found["known"].values()
        assert "Weiss" in lre("identifiers", "compare", serial).output
        said = lre("identifiers", "activate", serial, "--reason", "married name on the title", *OPERATOR)
        assert said.output == f"{serial} is active.\n"
        [*_, last] = json.loads(lre("identifiers", "history", serial, "--json").output)
        assert (last["name"], last["reason"]) == ("activate", "married name on the title")
        assert last["actor"] == {"role": "operator", "name": "nadia"}
        assert serial not in lre("identifiers", "waiting").output
        office.run_until_idle()
        courier: Any = office.courier
        assert "il vous identifie désormais" in courier.text_of()


def test_what_waits_is_refused_by_revoking_it(office: PostOffice, claire: Party) -> None:
    serial = waiting_eid(office, claire)
    said = lre("identifiers", "revoke", serial, "--reason", "another person", *OPERATOR)
    assert said.output == f"{serial} is revoked.\n"
    again = lre("identifiers", "activate", serial, "--reason", "after all", *OPERATOR)
    assert isinstance(again.exception, UnlawfulActError)


def test_no_operator_activates_a_sheet_or_compares_it(office: PostOffice, claire: Party) -> None:
    serial = sheet(office, claire)
    found = lre("identifiers", "activate", serial, "--reason", "to be kind", *OPERATOR)
    assert isinstance(found.exception, UnlawfulActError)
    assert isinstance(lre("identifiers", "compare", serial).exception, UnlawfulActError)
    means = office.people.register.by_serial(serial)
    assert means is not None
    assert means.state is State.ISSUED


def test_an_unused_sheet_is_suspended_and_comes_back_unused(office: PostOffice, claire: Party) -> None:
    order = ordered(office, claire)
    assert order.identifier_id is not None
    serial = office.people.register.by_id(order.identifier_id).serial
    said = lre("identifiers", "suspend", serial, "--reason", "came back open", *OPERATOR)
    assert said.output == f"{serial} is suspended.\n"
    assert lre("orders", "delivered", order.id, *OPERATOR).exit_code == 0
    for act, state in (("resume", "issued"), ("deliver", "delivered")):
        said = lre("identifiers", act, serial, "--reason", "checked", *OPERATOR)
        assert said.output == f"{serial} is {state}.\n"
    names = [each["name"] for each in json.loads(lre("identifiers", "history", serial, "--json").output)]
    assert names == ["issue", "suspend", "resume", "deliver"]


def test_a_means_that_is_handed_over_moves_its_order(office: PostOffice, claire: Party) -> None:
    order = ordered(office, claire)
    assert order.identifier_id is not None
    serial = office.people.register.by_id(order.identifier_id).serial
    said = lre("identifiers", "deliver", serial, "--reason", "at the counter", *OPERATOR)
    assert said.output == f"{serial} is delivered.\n"
    assert office.people.ordering.orders.book.by_id(order.id).state is OrderState.DELIVERED


@pytest.mark.parametrize("act", ["deliver", "activate", "suspend", "resume", "revoke"])
def test_every_act_on_a_means_asks_for_a_reason(office: PostOffice, claire: Party, act: str) -> None:
    serial = sheet(office, claire)
    assert lre("identifiers", act, serial).exit_code == 2
    said = lre("identifiers", act, serial, "--reason", " ", *OPERATOR)
    assert isinstance(said.exception, InputError)
    assert len(json.loads(lre("identifiers", "history", serial, "--json").output)) == 1
