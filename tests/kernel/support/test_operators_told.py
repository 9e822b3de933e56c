"""Operators are told by mail that somebody asks or writes back; who and what stays in the office."""

from datetime import timedelta
from pathlib import Path

import pytest

from lre_kit.carriers.mail import MailAnswer, MailOutcome
from lre_kit.support.values import Asking, RequestKind, Side
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.courier import MemoryCourier
from lre_kit.testing.office import throwaway_office

DESK = "desk@office.example"
ASKING = Asking(
    kind=RequestKind.CONTACT,
    side=Side.RECIPIENT,
    name="Zoé Martin",
    email="zoe.martin@example.net",
    text="Je n'arrive pas à ouvrir ma lettre.",
)


def told(courier: MemoryCourier) -> list[str]:
    return [message.as_string() for message in courier.messages if message["To"] == DESK]


def test_each_request_and_reply_is_told_once_and_names_nobody(tmp_path: Path) -> None:
    courier = MemoryCourier()
    with throwaway_office(tmp_path, courier=courier, support_notify=DESK) as office:
        info = office.support.receive(ASKING, remote="192.0.2.7")
        office.run_until_idle()
        [first] = told(courier)
        assert info.reference in first
        for secret in ("Zoé", "Martin", "zoe.martin", "ouvrir"):
            assert secret not in first
        for _ in range(2):
            office.support.desk.take_reply(info.id, "Encore moi.", digest="d" * 64)
            office.run_until_idle()
        assert len(told(courier)) == 2
        assert "Encore" not in told(courier)[1]


def test_an_unknown_fate_is_tried_again_and_loses_nothing(tmp_path: Path) -> None:
    courier, clock = MemoryCourier(), MovedClock()
    with throwaway_office(tmp_path, courier=courier, clock=clock, support_notify=DESK) as office:
        office.support.receive(ASKING, remote="192.0.2.7")
        courier.answers = [MailAnswer(MailOutcome.UNKNOWN)] * 2
        office.run_until_idle()
        for _ in range(3):
            clock.advance(timedelta(hours=1))
            office.run_until_idle()
        assert len(told(courier)) == 1


@pytest.mark.parametrize("kind", list(RequestKind), ids=lambda kind: kind.value)
def test_without_an_address_nobody_is_told(tmp_path: Path, kind: RequestKind) -> None:
    courier = MemoryCourier()
    with throwaway_office(tmp_path, courier=courier) as office:
        side = Side.SENDER
        office.support.receive(
            Asking(kind=kind, side=side, name="Zoé", email="zoe@example.net", text="Bonjour."), remote=""
        )
        office.run_until_idle()
        assert len(courier.messages) == 1
