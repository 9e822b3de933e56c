"""A consent that dies at any place leaves what was there, and is taken up again."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from lre_kit import failpoints
from lre_kit.consents.desk import PaperConsent
from lre_kit.consents.values import Answerer, ConsentInfo, ConsentRequest
from lre_kit.failpoints import FailpointError
from lre_kit.law.consents import ConsentState
from lre_kit.office import PostOffice
from lre_kit.testing.office import RECIPIENT, SENDER, throwaway_office

JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + b"\x00" * 40 + b"\xff\xd9"
REQUEST = ConsentRequest(name=RECIPIENT.name, email=RECIPIENT.email)


@pytest.fixture
def office(tmp_path: Path, database_url: str) -> Iterator[PostOffice]:
    with throwaway_office(tmp_path / "office", database_url=database_url) as made:
        yield made
    failpoints.disarm()


def held(office: PostOffice) -> list[ConsentInfo]:
    return list(office.consents.register.about([RECIPIENT.email]))


def paper(office: PostOffice) -> ConsentInfo:
    taken = PaperConsent(
        request=REQUEST,
        given_on=office.clock().date(),
        vouched_by="Claire Morin",
        scan_name="scan.jpg",
        scan=io.BytesIO(JPEG),
    )
    actor = {"role": "sender", "party": SENDER.ref}
    return office.consents.desk.take_in_paper(SENDER, taken, actor=actor)


def test_a_request_and_an_answer_that_die_before_their_commit_never_were(office: PostOffice) -> None:
    failpoints.arm("consent.before_commit", "raise")
    with pytest.raises(FailpointError):
        office.consents.desk.ask(SENDER, REQUEST)
    assert held(office) == []
    failpoints.disarm()
    asked = office.consents.desk.ask(SENDER, REQUEST)
    answerer = Answerer(consent_id=asked.id, means="email_code", at=office.clock())
    failpoints.arm("consent.before_commit", "raise")
    with pytest.raises(FailpointError):
        office.consents.desk.give(answerer)
    assert [one.state for one in held(office)] == [ConsentState.ASKED]
    failpoints.disarm()
    assert office.consents.desk.give(answerer).state is ConsentState.GIVEN


@pytest.mark.parametrize("place", ["consent.after_scan", "consent.before_commit"])
def test_a_paper_that_dies_on_its_way_in_is_no_consent_and_comes_in_the_next_time(
    office: PostOffice, place: str
) -> None:
    failpoints.arm(place, "raise")
    with pytest.raises(FailpointError):
        paper(office)
    assert held(office) == []
    failpoints.disarm()
    info = paper(office)
    assert info.state is ConsentState.GIVEN
    [scan] = office.consents.register.scans(info.id)
    assert b"".join(office.consents.scans.open(scan)) == JPEG
