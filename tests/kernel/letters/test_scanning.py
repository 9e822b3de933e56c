"""F11.05: a scanner of viruses that is down, slow or unclear has not said that a file is clean."""

from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest

from lre_kit.bulk.tables import read_recipients
from lre_kit.bulk.values import BulkState, BulkWish, LineState
from lre_kit.doctor import examine
from lre_kit.law.products import Product
from lre_kit.letters.scanning import InfectedDocumentError, ScannerUnavailableError
from lre_kit.letters.values import Upload
from lre_kit.office import PostOffice
from lre_kit.parties.members import MemberRole
from lre_kit.parties.values import Recipient
from lre_kit.preparing.values import Draft
from lre_kit.testing.clamd import EICAR, StubClamd, stub_clamd
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.office import SENDER, SMALL_PDF, deposit_sample, throwaway_office
from lre_kit.testing.parties import ACTOR, BRUMES, JEAN


@pytest.fixture
def clamd() -> Iterator[StubClamd]:
    with stub_clamd() as listening:
        yield listening


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def office(tmp_path: Path, clamd: StubClamd, clock: MovedClock) -> Iterator[PostOffice]:
    settings = {"clamd": clamd.address, "clamd_timeout_s": 0.5}
    with throwaway_office(tmp_path / "office", clock=clock, **settings) as opened:
        yield opened


def kept(office: PostOffice) -> list[str]:
    return [key for key, _ in office.blobs.keys("") if key != "office"]


def sample(content: bytes, name: str = "a.txt") -> list[Upload]:
    return [Upload(name=name, stream=BytesIO(content))]


def test_what_is_clean_passes_whole_and_unchanged(office: PostOffice, clamd: StubClamd) -> None:
    text = "Bonjour – 你好\n".encode() * 20_000
    letter = deposit_sample(office, documents=[*sample(text), *sample(SMALL_PDF, "b.pdf")])
    assert clamd.seen == [text, SMALL_PDF]
    for position, content in ((1, text), (2, SMALL_PDF)):
        assert b"".join(office.desk.open_document(letter.id, position)[1]) == content


def test_a_virus_is_refused_by_the_name_of_its_document_and_nothing_is_kept(office: PostOffice) -> None:
    with pytest.raises(InfectedDocumentError, match=r"b\.txt"):
        deposit_sample(office, documents=[*sample(b"clean"), *sample(EICAR, "b.txt")])
    assert (kept(office), office.reading.all_letters()) == ([], [])


@pytest.mark.parametrize(
    "answer",
    [
        b"", b"\0", b"stream: OK", b"stream: OK but\0", b"OK\0", b"INSTREAM size limit exceeded. ERROR\0",
        b"stream: Can't allocate memory ERROR\0", b"\xff" * 5000,
    ],
    ids=["hang-up", "empty", "no-end", "more", "other", "limit", "error", "endless"],
)  # fmt: skip
def test_an_unclear_answer_lets_no_document_pass(office: PostOffice, clamd: StubClamd, answer: bytes) -> None:
    clamd.answer = answer
    with pytest.raises(ScannerUnavailableError):
        deposit_sample(office, documents=sample(b"text"))
    assert (kept(office), office.reading.all_letters()) == ([], [])


def test_a_scanner_that_is_silent_or_away_lets_nothing_pass_until_it_is_back(
    office: PostOffice, clamd: StubClamd
) -> None:
    clamd.is_silent = True
    with pytest.raises(ScannerUnavailableError):
        deposit_sample(office, documents=sample(b"text"))
    clamd.close()
    with pytest.raises(ScannerUnavailableError):
        deposit_sample(office, documents=sample(b"text"))
    assert (kept(office), office.reading.all_letters()) == ([], [])


def test_letters_in_bulk_wait_for_the_scanner_and_a_virus_fails_its_line_alone(
    office: PostOffice, clamd: StubClamd, clock: MovedClock
) -> None:
    lines = read_recipients(BytesIO(b"email,document\na@b.example,a.txt\nb@b.example,b.txt\n"), limit=9)
    files = [*sample(b"clean", "a.txt"), *sample(EICAR, "b.txt")]
    bulk_id = office.bulk.draft(SENDER, lines, (), BulkWish(), files=files).bulk_id
    assert bulk_id is not None
    office.bulk.start(bulk_id, sender_ref=SENDER.ref)
    clamd.answer = b"ERROR\0"
    office.run_until_idle()
    found = office.bulk.by_id(bulk_id)
    assert (found.state, found.done) == (BulkState.RUNNING, 0), "no line fails for the scanner's sake"
    clamd.answer = None
    clock.advance(timedelta(hours=1))
    office.run_until_idle()
    found = office.bulk.by_id(bulk_id)
    assert (found.state, dict(found.counts)) == (BulkState.DONE, {LineState.SENT: 1, LineState.FAILED: 1})


def test_a_prepared_letter_is_scanned_before_anybody_else_opens_it(
    office: PostOffice, clamd: StubClamd
) -> None:
    """F11.05."""
    people, tray = office.people, office.preparing.tray
    house, anne = people.parties.add(BRUMES), people.parties.add(JEAN)
    people.members.set_role(house.id, anne.id, MemberRole.PREPARER, actor=ACTOR)
    draft = Draft(recipient=Recipient(name="Zoé", email="zoe@example.net"), product=Product.SIMPLE)
    with pytest.raises(InfectedDocumentError, match=r"b\.txt"):
        tray.prepare(house.id, anne.id, draft, [*sample(b"clean"), *sample(EICAR, "b.txt")])
    clamd.answer = b"ERROR\0"
    with pytest.raises(ScannerUnavailableError):
        tray.prepare(house.id, anne.id, draft, sample(b"text"))
    assert (kept(office), tray.waiting(house.id)) == ([], [])
    clamd.answer = None
    made = tray.prepare(house.id, anne.id, draft, sample(b"text"))
    assert b"".join(tray.open_document(made.id, 1)[1]) == b"text"
    assert clamd.seen[-1] == b"text"


def test_the_doctor_asks_the_scanner(office: PostOffice, clamd: StubClamd) -> None:
    def well() -> bool:
        [found] = [each for each in examine(office.settings) if each.name == "virus scanner"]
        return found.well

    assert well()
    clamd.close()
    assert not well()
