"""What is known of a person: all of it for them, and nothing of others that they may not see."""

import io
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from lre_kit.bulk.tables import read_recipients
from lre_kit.bulk.values import BulkWish
from lre_kit.contacts.values import Card
from lre_kit.law.products import Product
from lre_kit.letters.phases import Phase
from lre_kit.letters.values import Upload
from lre_kit.office import PostOffice
from lre_kit.parties.emails import add_verified
from lre_kit.parties.members import MemberRole
from lre_kit.parties.values import Recipient, Sender
from lre_kit.preparing.values import Draft
from lre_kit.subject_access import Known, SubjectAccess
from lre_kit.subject_access_file import readable
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.office import (
    RECIPIENT,
    SENDER,
    SMALL_PDF,
    deposit_sample,
    identify,
    record_consent,
    throwaway_office,
)
from lre_kit.testing.parties import ACTOR, BRUMES, JEAN


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture(params=["sqlite", "postgresql"])
def office(request: pytest.FixtureRequest, tmp_path: Path, clock: MovedClock) -> Iterator[PostOffice]:
    url = None if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    with throwaway_office(tmp_path / "office", clock=clock, database_url=url) as opened:
        yield opened


def known(office: PostOffice, email: str) -> Known:
    return SubjectAccess(office.database, clock=office.clock).of(email)


def text_of(found: Known) -> str:
    """Return all of it, as one text to look for words in."""
    return json.dumps(found.sections, default=str, ensure_ascii=False) + readable(found, "en")


def test_a_recipient_learns_who_wrote_only_once_the_letter_was_received(office: PostOffice) -> None:
    letter = deposit_sample(office)
    assert known(office, RECIPIENT.email).is_empty, "it was not announced yet"
    office.run_until_idle()
    before = known(office, RECIPIENT.email.upper())
    (told,) = before.sections["letters_received"]
    assert told["number"] == letter.number
    for hidden in (SENDER.name, SENDER.email, letter.subject, "letter.pdf", "SubmissionAcceptance"):
        assert hidden not in text_of(before)
    office.desk.accept(letter.id, identify(office, letter))
    (told,) = known(office, RECIPIENT.email).sections["letters_received"]
    assert (told["sender_name"], told["subject"]) == (SENDER.name, letter.subject)
    assert [document["name"] for document in told["documents"]] == ["letter.pdf"]
    assert told["codes"], "when codes were sent, and no code"


@pytest.mark.parametrize("end", [Phase.REFUSED, Phase.UNCLAIMED])
def test_who_refused_or_did_not_answer_does_not_learn_the_sender(
    office: PostOffice, clock: MovedClock, end: Phase
) -> None:
    letter = deposit_sample(office)
    office.run_until_idle()
    if end is Phase.REFUSED:
        office.desk.refuse(letter.id, identify(office, letter))
    else:
        clock.advance(timedelta(days=17))
        office.run_until_idle()
    assert office.reading.by_id(letter.id).phase is end
    found = known(office, RECIPIENT.email)
    assert found.sections["letters_received"][0]["phase"] == end.value
    for hidden in (SENDER.name, SENDER.email, letter.subject):
        assert hidden not in text_of(found)


def test_a_sender_gets_their_letters_and_nobody_elses(office: PostOffice) -> None:
    mine = deposit_sample(office)
    other = Sender(ref="host-user-2", name="Paul Autre", email="paul@example.org")
    deposit_sample(office, sender=other, recipient=Recipient(name="Zoé", email="zoe@example.net"))
    found = known(office, SENDER.email)
    assert [letter["number"] for letter in found.sections["letters_sent"]] == [mine.number]
    assert RECIPIENT.name in text_of(found)
    for hidden in (other.name, other.email, "zoe@example.net"):
        assert hidden not in text_of(found)


def test_a_party_is_told_with_its_history_and_only_to_who_confirmed_the_address(office: PostOffice) -> None:
    people = office.people
    jean = people.parties.add(JEAN)
    with office.database.write() as uow:
        add_verified(uow, jean.id, "jean@example.net", at=office.clock())
        uow.commit()
    (party,) = known(office, "jean@example.net").sections["parties"]
    assert party["family_name"] == JEAN.family_name
    assert [email["address"] for email in party["emails"]] == ["jean@example.net"]
    assert party["history"][0]["name"]
    assert set(map(type, (change["actor"] for change in party["history"]))) == {str}
    assert known(office, "somebody@example.net").is_empty


def test_what_somebody_typed_cannot_forge_a_line(office: PostOffice) -> None:
    deposit_sample(office, subject="Bail  résilié")
    found = known(office, SENDER.email)
    forged = Known(
        email=found.email,
        at=found.at,
        sections={"letters_sent": [{"subject": "x\nsender name: somebody else"}]},
    )
    assert "\nsender name" not in readable(forged, "fr")


def test_no_secret_and_no_digest_is_part_of_it(office: PostOffice) -> None:
    letter = deposit_sample(office)
    office.run_until_idle()
    office.desk.accept(letter.id, identify(office, letter))
    for email in (SENDER.email, RECIPIENT.email):
        found = known(office, email)
        for word in ("hash", "salt", "secret", "wrapped", "digest", "token"):
            assert word not in json.dumps(found.sections, default=str)
        assert email not in repr(found)


def test_both_sides_of_a_consent_find_it_and_nobody_else(office: PostOffice) -> None:
    record_consent(office)
    (about,) = known(office, RECIPIENT.email).sections["consents_given_or_asked_of_you"]
    assert (about["sender_name"], about["state"]) == (SENDER.name, "given")
    assert [act["name"] for act in about["history"]][-1:] == ["ConsentGiven"]
    (asked,) = known(office, SENDER.email).sections["consents_you_asked_for"]
    assert asked["recipient_email"] == RECIPIENT.email
    assert known(office, SENDER.email).sections["consents_given_or_asked_of_you"] == []
    assert known(office, "somebody@example.net").is_empty


def test_what_a_sender_has_under_way_is_part_of_it(office: PostOffice) -> None:
    table = read_recipients(io.BytesIO(b"email\na@example.net\n"), limit=10)
    documents = [Upload(name="a.pdf", stream=[SMALL_PDF])]
    office.bulk.draft(SENDER, table, documents, BulkWish(title="Spring"))
    person = office.people.parties.add(JEAN)
    house = office.people.parties.add(BRUMES)
    with office.database.write() as uow:
        add_verified(uow, person.id, "jean@example.net", at=office.clock())
        uow.commit()
    office.people.members.set_role(house.id, person.id, MemberRole.PREPARER, actor=ACTOR)
    draft = Draft(recipient=Recipient(name="Zoé", email="zoe@example.net"), product=Product.SIMPLE)
    documents = [Upload(name="a.pdf", stream=[SMALL_PDF])]
    office.preparing.tray.prepare(house.id, person.id, draft, documents)
    office.contacts.book.add(person.id, Card(name="Zoé", email="zoe@example.net", reference="secret-1"))
    begun = office.preparing.drafts.keep(person.id, {"subject": "Congé"})
    office.preparing.draft_documents.add(person.id, begun.id, Upload(name="bail.pdf", stream=[SMALL_PDF]))
    office.integration.uploads.begin(person.id, name="annexe.pdf", length=9)
    (sending,) = known(office, SENDER.email).sections["letters_in_bulk"]
    assert (sending["title"], sending["lines"]) == ("Spring", 1)
    found = known(office, "jean@example.net")
    (prepared,) = found.sections["letters_prepared"]
    assert prepared["documents"] == ["a.pdf"]
    assert found.sections["address_book"][0]["reference"] == "secret-1"
    (about,) = known(office, "zoe@example.net").sections["in_address_books"]
    assert about["name"] == "Zoé"
    assert "secret-1" not in str(about), "the reference is the sender's own, and may tell who that is"
    for language in ("fr", "en"):
        for kept in ("a.pdf", "bail.pdf", "Congé", "annexe.pdf"):
            assert kept in readable(found, language)
