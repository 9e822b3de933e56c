"""Consents that ended: their scans and codes go by their spans, they themselves once no letter needs them."""

import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from lre_kit.consents.desk import PaperConsent
from lre_kit.consents.rows import ConsentRow, ConsentScanRow
from lre_kit.consents.values import ConsentRequest
from lre_kit.errors import NotFoundError
from lre_kit.failpoints import FailpointError, arm, disarm
from lre_kit.letters.forgetting import remove_rows
from lre_kit.letters.rows import LetterRow
from lre_kit.office import PostOffice
from lre_kit.parties.values import Recipient
from lre_kit.proofs.auditing.audit import audit_office
from lre_kit.store.inserts import table_of
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.office import RECIPIENT, SENDER, deposit_sample, record_consent, throwaway_office

JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + b"\x00" * 40 + b"\xff\xd9"
ACTOR = {"role": "sender", "party": SENDER.ref}
OTHER = Recipient(name="Anna Élysée", email="anna@example.net")


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture(params=[None])
def office(request: pytest.FixtureRequest, tmp_path: Path, clock: MovedClock) -> Iterator[PostOffice]:
    with throwaway_office(
        tmp_path / "o",
        clock=clock,
        database_url=request.getfixturevalue(request.param) if request.param else None,
        reminders="",
        retention_consents_days=800,
        retention_consent_scans_days=400,
    ) as opened:
        yield opened
    disarm()


def on_paper(office: PostOffice, recipient: Recipient = RECIPIENT) -> str:
    asked = PaperConsent(
        request=ConsentRequest(name=recipient.name, email=recipient.email),
        given_on=office.clock().date(),
        vouched_by="Claire Morin",
        scan_name="scan.jpg",
        scan=io.BytesIO(JPEG),
    )
    return office.consents.desk.take_in_paper(SENDER, asked, actor=ACTOR).id


def withdrawn(office: PostOffice, consent_id: str) -> None:
    office.consents.desk.withdraw_for(consent_id, actor=ACTOR, reason="By post.")
    office.run_until_idle()


def count(office: PostOffice, row: type) -> int:
    with office.database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(table_of(row))).scalar_one())


def pass_days(office: PostOffice, days: int) -> None:
    clock = office.clock
    assert isinstance(clock, MovedClock)
    clock.advance(timedelta(days=days))
    office.run_until_idle()


@pytest.mark.parametrize("office", ["sqlite_url", "postgres_url"], indirect=True)
def test_scan_then_consent_go_by_their_spans_and_what_stands_stays(office: PostOffice) -> None:
    ended, standing = on_paper(office), on_paper(office, OTHER)
    withdrawn(office, ended)
    pass_days(office, 395)
    assert len(list(office.blobs.keys("consents/"))) == 2
    pass_days(office, 8)
    [kept] = office.blobs.keys("consents/")
    assert standing in kept[0]
    [scan] = office.consents.register.scans(ended)
    with pytest.raises(NotFoundError, match="erased"):
        office.consents.scans.open(scan)
    [(_, _, exhibit), *_] = office.consents.proofs.exhibits(ended)
    [part] = exhibit.record["UserContentInfo"]["PartsInfo"]["PartInfo"]
    assert part["DigestValue"] == scan["digest_hex"], "its evidence verifies on"
    pass_days(office, 400)
    assert (count(office, ConsentRow), count(office, ConsentScanRow)) == (1, 1)
    [one] = office.consents.register.scans(standing)
    assert b"".join(office.consents.scans.open(one)) == JPEG
    assert audit_office(office).findings == []


def test_a_consent_that_a_letter_refers_to_stays_with_it(office: PostOffice) -> None:
    record_consent(office)
    letter = deposit_sample(office, product="qualified")
    [info] = office.consents.register.about([RECIPIENT.email])
    withdrawn(office, info.id)
    pass_days(office, 900)
    assert count(office, ConsentRow) == 1
    assert office.reading.by_id(letter.id).number == letter.number


@pytest.mark.parametrize("office", ["sqlite_url", "postgres_url"], indirect=True)
def test_a_consent_stays_with_the_letter_that_names_it_whatever_address_that_was_corrected_to(
    office: PostOffice,
) -> None:
    """F13.03: the evidence goes on naming the consent of the address that the letter was deposited to."""
    consent = on_paper(office)
    letter = deposit_sample(office, product="qualified", recipient=RECIPIENT)
    office.desk.correct_address(letter.id, "moved@example.net", actor=ACTOR)
    withdrawn(office, consent)
    office.desk.hold(letter.id, reason="Lawsuit 24/0193", actor="claire")
    pass_days(office, 900)
    assert (count(office, ConsentRow), len(list(office.blobs.keys("consents/")))) == (1, 1)
    office.desk.release_hold(letter.id, reason="Judged", actor="claire")
    pass_days(office, 1)
    assert (count(office, ConsentRow), len(list(office.blobs.keys("consents/")))) == (1, 0)
    with office.database.write() as uow:
        remove_rows(uow, table_of(LetterRow), {letter.id})
        uow.commit()
    office.retention.purge()
    assert count(office, ConsentRow) == 0


def test_a_scan_is_kept_while_a_letter_between_the_two_is_on_hold(office: PostOffice) -> None:
    consent = on_paper(office)
    letter = deposit_sample(office, product="qualified", recipient=RECIPIENT)
    withdrawn(office, consent)
    office.desk.hold(letter.id, reason="Lawsuit 24/0193", actor="claire")
    pass_days(office, 500)
    assert len(list(office.blobs.keys("consents/"))) == 1
    office.desk.release_hold(letter.id, reason="Judged", actor="claire")
    pass_days(office, 1)
    assert list(office.blobs.keys("consents/")) == []


@pytest.mark.parametrize("place", ["consent.scans_locked_away", "consent.forgotten"])
def test_who_dies_in_between_leaves_nothing_that_stays(office: PostOffice, place: str) -> None:
    withdrawn(office, on_paper(office))
    clock = office.clock
    assert isinstance(clock, MovedClock)
    clock.advance(timedelta(days=450 if "scans" in place else 900))
    arm(place, "raise")
    with pytest.raises(FailpointError):
        office.retention.purge()
    disarm()
    pass_days(office, 2)
    assert list(office.blobs.keys("consents/")) == []
    assert count(office, ConsentRow) == (1 if "scans" in place else 0)
    assert audit_office(office).findings == []
