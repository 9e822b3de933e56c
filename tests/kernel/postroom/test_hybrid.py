"""A hybrid letter from its deposit to its proofs, on both databases."""

import hashlib
import json
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest

from lre_kit.law.events import ErdsEvent
from lre_kit.letters.commands import PaperFile
from lre_kit.letters.phases import Phase
from lre_kit.letters.values import Upload
from lre_kit.office import PostOffice
from lre_kit.parties.addresses import PostalAddress
from lre_kit.parties.values import Recipient
from lre_kit.postroom.errors import (
    BatchStateError,
    NoPostalAddressError,
    NoPostRoomError,
    NotPrintableError,
    TooManySheetsError,
)
from lre_kit.postroom.holding import PostingLeavingError
from lre_kit.postroom.tracking import Taken
from lre_kit.postroom.values import BatchState, CarrierNews, ItemState
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.office import RECIPIENT, throwaway_office
from lre_kit.testing.post import ADDRESS, deposit_on_paper, open_batch, posted
from lre_kit.testing.printable import printable_pdf, unprintable_pdfs

SCAN = b"\xff\xd8\xff\xe0" + b"signed by hand" * 40


@pytest.fixture
def office(tmp_path: Path, database_url: str) -> Iterator[PostOffice]:
    with throwaway_office(
        tmp_path / "o", clock=MovedClock(), database_url=database_url, post_provider="spool"
    ) as made:
        made.post.numbers.add("RK", "FR", 100, 199)
        yield made


def test_a_hybrid_letter_goes_from_deposit_to_its_proofs(office: PostOffice, tmp_path: Path) -> None:
    letter = deposit_on_paper(office)
    assert letter.recipient.postal == ADDRESS
    item = posted(office, letter)
    assert item.state is ItemState.HANDED_OVER
    assert item.item_number == "RK000001006FR"
    assert office.reading.by_id(letter.id).phase is Phase.RELAYED

    (folder,) = (tmp_path / "o" / "post-room").iterdir()
    told = json.loads((folder / "manifest.json").read_bytes())
    (one,) = told["items"]
    pdf = (folder / one["file"]).read_bytes()
    assert hashlib.sha256(pdf).hexdigest() == one["sha256"] == item.print_digest
    assert one["item_number"] == item.item_number
    assert item.item_number in (folder / "manifest.csv").read_text()
    assert "LILAS" not in (folder / "manifest.json").read_text()

    news = CarrierNews(source="maileva", raw_code="LP09")
    assert office.post.tracking.take(item, news) is Taken.RECORDED
    assert office.reading.by_id(letter.id).phase is Phase.NOTICE_LEFT
    assert office.post.tracking.take(item, CarrierNews(source="suivi", raw_code="DI1")) is Taken.RECORDED
    scan = office.post.files.take(
        item, PaperFile.ACKNOWLEDGEMENT, Upload(name="ar.jpg", stream=BytesIO(SCAN))
    )
    printed = office.post.files.take(item, PaperFile.PRINTED, Upload(name="p.pdf", stream=BytesIO(pdf)))
    assert printed.comparison == "identical"
    assert office.post.files.open(letter.id, scan.id) == ("image/jpeg", SCAN)

    office.run_until_idle()
    ended = office.reading.by_id(letter.id)
    assert ended.phase is Phase.DELIVERED_ON_PAPER
    assert ended.received_at is not None
    names = [entry.name for entry in office.reading.timeline(letter.id)]
    assert names == [
        ErdsEvent.SUBMISSION_ACCEPTANCE,
        ErdsEvent.RELAY_TO_NON_ERDS,
        *[ErdsEvent.RECEIVED_FROM_NON_ERDS] * 4,
    ]
    office.clock.advance(timedelta(seconds=10))  # type: ignore[attr-defined]
    office.run_until_idle()
    kinds = [proof.kind for proof in office.issuer.available(letter.id)]
    assert kinds == ["deposit", "paper_posting", "paper_delivery"]
    for kind in kinds:
        assert office.issuer.make(letter.id, kind).startswith(b"%PDF")
    last = office.issuer.exhibits(letter.id)[-2].exhibit.record
    assert last["Extensions"]["EventDetails"]["digest"] == scan.digest_hex
    assert last["Extensions"]["ConsignmentMode"].endswith("/other")
    assert office.reading.by_id(letter.id).claim.value == "non_qualified"


def test_what_came_back_is_posted_again_to_a_corrected_address(office: PostOffice) -> None:
    letter = deposit_on_paper(office)
    first = posted(office, letter)
    assert office.post.tracking.take(first, CarrierNews(source="suivi", raw_code="RE1")) is Taken.RECORDED
    came_back = office.reading.by_id(letter.id)
    assert came_back.phase is Phase.RETURNED
    assert came_back.decided_at is None
    assert office.post.tracking.take(first, CarrierNews(source="pnd", raw_code="N02")) is Taken.RECORDED
    assert office.reading.by_id(letter.id).phase is Phase.UNKNOWN_AT_ADDRESS
    office.post.readdress(letter.id, PostalAddress(lines=("M JEAN DUPONT", "3 RUE NEUVE", "69001 Lyon")))
    second = posted(office, letter)
    assert (second.attempt, second.item_number) == (2, "RK000001010FR")
    assert second.address.lines[-1] == "69001 LYON"
    assert office.post.tracking.take(second, CarrierNews(source="pnd", raw_code="N05")) is Taken.RECORDED
    ended = office.reading.by_id(letter.id)
    assert ended.phase is Phase.REFUSED_ON_PAPER
    kinds = [proof.kind for proof in office.issuer.available(letter.id)]
    assert kinds == ["deposit", "paper_posting", "paper_return", "paper_posting_2", "paper_refusal_2"]
    office.clock.advance(timedelta(seconds=10))  # type: ignore[attr-defined]
    office.run_until_idle()
    assert office.issuer.make(letter.id, "paper_refusal_2", "en").startswith(b"%PDF")


def test_what_cannot_be_printed_is_refused_and_nothing_is_kept(office: PostOffice) -> None:
    before = set(office.blobs.keys(""))
    for words, pdf in unprintable_pdfs().items():
        with pytest.raises(NotPrintableError, match=words):
            deposit_on_paper(office, documents=[Upload(name="x.pdf", stream=BytesIO(pdf))])
    with pytest.raises(TooManySheetsError):
        deposit_on_paper(office, documents=[Upload(name="x.pdf", stream=BytesIO(printable_pdf(60)))])
    with pytest.raises(NoPostalAddressError):
        deposit_on_paper(office, recipient=RECIPIENT)
    assert office.reading.count() == 0
    assert set(office.blobs.keys("")) == before


def test_a_hybrid_letter_needs_no_electronic_address(office: PostOffice) -> None:
    letter = deposit_on_paper(office, recipient=Recipient(name="Jean Dupont", email="", postal=ADDRESS))
    office.run_until_idle()
    record = office.issuer.exhibits(letter.id)[0].exhibit.record
    assert record["RecipientDetails"][0]["Identity"] == {
        "Name": "Jean Dupont",
        "PostalAddress": "M JEAN DUPONT$12 RUE DES LILAS$75002 PARIS",
    }


def test_an_office_without_a_post_room_takes_no_letter_on_paper(tmp_path: Path) -> None:
    with throwaway_office(tmp_path) as office, pytest.raises(NoPostRoomError):
        deposit_on_paper(office)


def test_an_open_batch_is_not_handed_over_and_an_empty_one_not_closed(office: PostOffice) -> None:
    deposit_on_paper(office)
    office.run_until_idle()
    batch = open_batch(office)
    with pytest.raises(BatchStateError):
        office.post.batches.hand_over(batch.number, office.post.provider)
    assert office.post.batches.close(batch.number).state is BatchState.CLOSED
    assert office.post.batches.close(batch.number).state is BatchState.CLOSED


def test_a_spoiled_print_leaves_again_with_the_same_number(office: PostOffice) -> None:
    letter = deposit_on_paper(office)
    item = posted(office, letter)
    office.post.batches.reprint(item.id)
    again = posted(office, letter)
    assert (again.item_number, again.reprints, again.print_digest) == (item.item_number, 1, item.print_digest)
    kinds = [proof.kind for proof in office.issuer.available(letter.id)]
    assert kinds == ["deposit", "paper_posting"]


def test_a_code_that_tells_no_reason_decides_nothing(office: PostOffice) -> None:
    """F12.08: no code that tells nothing becomes a delivery."""
    letter = deposit_on_paper(office)
    item = posted(office, letter)
    take = office.post.tracking.take
    assert take(item, CarrierNews(source="suivi", raw_code="ND1")) is Taken.NOTED
    assert take(item, CarrierNews(source="suivi", raw_code="ZZ9")) is Taken.UNKNOWN_CODE
    assert office.reading.by_id(letter.id).phase is Phase.RELAYED
    (leg,) = office.post.legs(letter.id)
    assert {news.raw_code for news, _ in leg.news} == {"ND1", "ZZ9"}


def test_a_letter_is_taken_back_until_its_batch_is_closed(office: PostOffice) -> None:
    kept, withdrawn = deposit_on_paper(office), deposit_on_paper(office)
    office.run_until_idle()
    office.desk.withdraw(withdrawn.id, actor={"role": "sender"})
    batch = office.post.batches.close(open_batch(office).number)
    assert batch.items == 1
    with pytest.raises(PostingLeavingError):
        office.desk.withdraw(kept.id, actor={"role": "sender"})
    office.run_until_idle()
    assert office.reading.by_id(withdrawn.id).phase is Phase.WITHDRAWN
    assert office.reading.by_id(kept.id).phase is Phase.RELAYED
    (leg,) = office.post.legs(withdrawn.id)
    assert leg.item.state is ItemState.CANCELLED
