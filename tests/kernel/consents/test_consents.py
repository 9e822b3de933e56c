"""Consents on real tables, keys and proofs: asked, answered, checked at deposit, proved."""

import io
import re
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from lre_kit.consents.desk import AlreadyAskedError, PaperConsent, StaleRequestError
from lre_kit.consents.sheets import ask_lines, export_lines, read_lines
from lre_kit.consents.values import ConsentInfo, ConsentInputError, ConsentRequest
from lre_kit.consents.wordings import WORDINGS
from lre_kit.csv_tables import neutral
from lre_kit.errors import (
    ConsentMissingError,
    IdentificationError,
    InputError,
    NotFoundError,
    RequirementError,
)
from lre_kit.law.consents import Capacity, ConsentRegime, ConsentState, ConsentStateError
from lre_kit.letters.values import Upload
from lre_kit.office import PostOffice
from lre_kit.parties.values import CapacityBasisError, Recipient
from lre_kit.proofs.auditing.audit import audit_office
from lre_kit.proofs.keys.trust_folder import write_trust_folder
from lre_kit.proofs.report import Result
from lre_kit.proofs.verifying.verify import Anchors, verify_path
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.office import RECIPIENT, SENDER, SMALL_PDF, sender_identified, throwaway_office

JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + b"\x00" * 40 + b"\xff\xd9"


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def office(tmp_path: Path, database_url: str, clock: MovedClock) -> Iterator[PostOffice]:
    with throwaway_office(tmp_path / "office", clock=clock, database_url=database_url) as made:
        yield made


def ask(office: PostOffice, **changes: str) -> ConsentInfo:
    request = ConsentRequest(**({"name": RECIPIENT.name, "email": RECIPIENT.email} | changes))  # type: ignore[arg-type]
    return office.consents.desk.ask(SENDER, request)


def code(office: PostOffice, info: ConsentInfo) -> str:
    office.consents.codes.send_code(info.id)
    found = re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}", office.courier.text_of())  # type: ignore[attr-defined]
    assert found is not None
    return found.group()


def give(office: PostOffice, info: ConsentInfo) -> ConsentInfo:
    return office.consents.desk.give(office.consents.check_code(info.id, code(office, info)))


def deposit(office: PostOffice, recipient: Recipient = RECIPIENT) -> str:
    letter = office.desk.deposit(
        sender=SENDER,
        recipient=recipient,
        product="qualified",
        subject="Bail",
        documents=[Upload(name="letter.pdf", stream=io.BytesIO(SMALL_PDF))],
        identified=sender_identified(office),
    )
    return letter.id


def test_a_consent_asked_by_mail_and_given_by_code_opens_the_qualified_letter_and_stands_in_its_evidence(
    office: PostOffice,
) -> None:
    with pytest.raises(ConsentMissingError, match="never asked"):
        deposit(office)
    info = ask(office)
    with pytest.raises(ConsentMissingError, match="not answered"):
        deposit(office)
    office.run_until_idle()
    [message] = office.courier.messages  # type: ignore[attr-defined]
    text = office.courier.text_of()  # type: ignore[attr-defined]
    assert SENDER.name in text
    url = re.search(r"https\S+/c/\S+", text)
    assert url is not None
    assert "dupont" not in url.group().lower()
    given = give(office, info)
    assert given.state is ConsentState.GIVEN
    # Another spelling of the same mailbox is the same recipient.
    letter_id = deposit(office, Recipient(name="J. Dupont", email="Jean.Dupont@EXAMPLE.net"))
    office.run_until_idle()
    exhibit = office.issuer.exhibits(letter_id)[0].exhibit
    consent = exhibit.record["Extensions"]["EventDetails"]["consent"]
    assert consent["reference"] == info.id
    assert consent["method"] == "e-mail code"
    assert consent["wording_digest"] == given.wording_digest
    assert audit_office(office).findings == []
    assert message["To"].addresses[0].addr_spec == RECIPIENT.email


def test_the_proof_of_a_consent_verifies_offline_and_a_changed_byte_does_not(
    office: PostOffice, tmp_path: Path
) -> None:
    info = ask(office)
    give(office, info)
    office.run_until_idle()
    write_trust_folder(tmp_path / "trust", office.settings, office.keys, office.clock)
    anchors = Anchors.load(tmp_path / "trust")
    bundle = office.consents.proofs.bundle_zip(info.id)
    (tmp_path / "consent.zip").write_bytes(bundle)
    assert verify_path(tmp_path / "consent.zip", anchors).result is Result.PASSED
    (tmp_path / "consent.pdf").write_bytes(office.consents.proofs.pdf(info.id, "fr"))
    assert verify_path(tmp_path / "consent.pdf", anchors).result is Result.PASSED
    place = bundle.index(b'"payload":"') + 400
    changed = bundle[:place] + bytes([bundle[place] ^ 1]) + bundle[place + 1 :]
    (tmp_path / "changed.zip").write_bytes(changed)
    assert verify_path(tmp_path / "changed.zip", anchors).result is Result.FAILED


def test_a_withdrawal_stops_letters_to_come_and_changes_none_before(office: PostOffice) -> None:
    info = ask(office)
    give(office, info)
    letter_id = deposit(office)
    answerer = office.consents.check_code(info.id, code(office, info))
    office.consents.desk.withdraw(answerer)
    with pytest.raises(ConsentMissingError, match="withdrew"):
        deposit(office)
    assert office.reading.by_id(letter_id).recipient == RECIPIENT
    with pytest.raises(ConsentStateError, match="short while ago"):
        ask(office)


def test_a_professional_needs_none_but_a_basis_and_it_stands_in_evidence(office: PostOffice) -> None:
    company = Recipient(name="Dupont SARL", email="contact@dupont.example", capacity=Capacity.PROFESSIONAL)
    with pytest.raises(CapacityBasisError):
        deposit(office, company)
    letter_id = deposit(
        office,
        Recipient(
            name="Dupont SARL",
            email="contact@dupont.example",
            capacity=Capacity.PROFESSIONAL,
            capacity_basis="SIREN 552 100 554",
        ),
    )
    office.run_until_idle()
    assert office.reading.by_id(letter_id).recipient.capacity is Capacity.PROFESSIONAL
    details = office.issuer.exhibits(letter_id)[0].exhibit.record["Extensions"]["EventDetails"]
    assert details["recipient_capacity"] == "professional"
    assert details["capacity_basis"] == "SIREN 552 100 554"
    assert "consent" not in details
    assert audit_office(office).findings == []


def test_reminders_leave_on_their_days_until_the_request_lapses(
    office: PostOffice, clock: MovedClock
) -> None:
    info = ask(office)
    office.run_until_idle()
    sent = []
    for day in range(1, 62):
        clock.advance(timedelta(days=1))
        office.sweep()
        messages = office.courier.messages  # type: ignore[attr-defined]
        if len(messages) > len(sent) + 1:
            sent.append(day)
    assert sent == [3, 10, 30]
    assert office.consents.register.by_id(info.id).state is ConsentState.EXPIRED
    with pytest.raises(StaleRequestError):
        give(office, info)
    assert ask(office).round == 2


def test_who_answered_is_reminded_no_more(office: PostOffice, clock: MovedClock) -> None:
    info = ask(office)
    office.run_until_idle()
    give(office, info)
    before = len(office.courier.messages)  # type: ignore[attr-defined]
    clock.advance(timedelta(days=61))
    office.sweep()
    assert len(office.courier.messages) == before  # type: ignore[attr-defined]
    assert office.consents.register.by_id(info.id).state is ConsentState.GIVEN


def test_a_consent_for_a_time_is_renewed_in_time_or_ends(
    tmp_path: Path, database_url: str, clock: MovedClock
) -> None:
    with throwaway_office(
        tmp_path / "office", clock=clock, database_url=database_url, consent_valid_days=365
    ) as office:
        info = ask(office)
        give(office, info)
        clock.advance(timedelta(days=336))
        office.sweep()
        office.sweep()
        renewing = office.consents.register.by_id(info.id)
        assert (renewing.state, renewing.round) == (ConsentState.GIVEN, 2)
        office.sequence()
        deposit(office)
        clock.advance(timedelta(days=30))
        office.sweep()
        assert office.consents.register.by_id(info.id).state is ConsentState.EXPIRED
        office.sequence()
        with pytest.raises(ConsentMissingError, match="ended"):
            deposit(office)


def test_a_paper_consent_keeps_its_scan_encrypted_and_its_digest_sealed(
    office: PostOffice, tmp_path: Path
) -> None:
    def paper(scan: bytes, name: str) -> PaperConsent:
        return PaperConsent(
            request=ConsentRequest(name=RECIPIENT.name, email=RECIPIENT.email),
            given_on=office.clock().date(),
            vouched_by="Claire Morin",
            scan_name=name,
            scan=io.BytesIO(scan),
        )

    actor = {"role": "sender", "party": SENDER.ref}
    with pytest.raises(InputError):
        office.consents.desk.take_in_paper(SENDER, paper(b"plain words", "scan.txt"), actor=actor)
    assert list(office.blobs.keys("consents/")) == []
    info = office.consents.desk.take_in_paper(SENDER, paper(JPEG, "scan.jpg"), actor=actor)
    [(place, _)] = office.blobs.keys("consents/")
    assert JPEG not in b"".join(office.blobs.get(place))
    [scan] = office.consents.register.scans(info.id)
    assert b"".join(office.consents.scans.open(scan)) == JPEG
    office.run_until_idle()
    [(_, _, exhibit)] = office.consents.proofs.exhibits(info.id)
    [part] = exhibit.record["UserContentInfo"]["PartsInfo"]["PartInfo"]
    assert part["DigestValue"] == scan["digest_hex"]
    assert exhibit.record["Extensions"]["EventDetails"]["vouched_by"] == "Claire Morin"
    deposit(office)
    assert audit_office(office).findings == []


def test_a_sheet_is_told_line_by_line_and_stops_at_none(office: PostOffice) -> None:
    sheet = "Courriel;Nom;Langue\nanna@example.org;Anna Élysée;fr\nnonsense;X;fr\nANNA@example.org;Anna;fr\n"
    sheet += "bo@example.org;Bo;xx\n\ncleo@example.org;Cléo;en;more\ndan@example.org;Dan;\n"
    raw = sheet.encode() + b"eve@example.org;\xc9ve;fr\n"

    def ask_some(requests: object) -> object:
        return office.consents.desk.ask_many(SENDER, requests)  # type: ignore[arg-type]

    answers = list(
        ask_lines(
            read_lines(io.BytesIO(raw)),
            ask_some,  # type: ignore[arg-type]
            regime=ConsentRegime.CPCE_L100,
            language="fr",
        )
    )
    told = {one.number: one.outcome for one in answers}
    assert told == {
        2: "done", 3: "invalid-address", 4: "consent-input", 5: "consent-input", 7: "consent-input",
        8: "done", 9: "consent-input",
    }  # fmt: skip
    assert {c.recipient_email for c in office.consents.register.all(SENDER.ref)} == {
        "anna@example.org", "dan@example.org",
    }  # fmt: skip


@pytest.mark.parametrize(
    "raw", [b"", b"name\nX\n", "email\nx@example.org\n".encode("utf-16"), b"email\n" + b"x" * 99999]
)
def test_a_file_that_is_no_sheet_is_refused_whole(raw: bytes) -> None:
    with pytest.raises(ConsentInputError):
        list(read_lines(io.BytesIO(raw)))


@pytest.mark.parametrize("cell", ["=1+1", "+33", "-2", "@x", "\tx", " =cmd|' /C calc'!A0"])
def test_no_exported_cell_is_a_formula(office: PostOffice, cell: str) -> None:
    assert neutral(cell).startswith("'")
    if not cell.startswith("\t"):
        ask(office, name=cell)
        body = "".join(list(export_lines(office.consents.register.all(SENDER.ref)))[1:])
        assert f",'{cell.strip()}" in body or f"\"'{cell.strip()}" in body


def test_a_second_request_waits_for_the_first_and_a_foreign_code_opens_nothing(office: PostOffice) -> None:
    info = ask(office)
    with pytest.raises(AlreadyAskedError):
        ask(office)
    other = ask(office, email="other@example.net")
    with pytest.raises(IdentificationError):
        office.consents.check_code(info.id, code(office, other))
    answerer = office.consents.check_code(info.id, code(office, info))
    office.clock.advance(timedelta(minutes=31))  # type: ignore[attr-defined]
    with pytest.raises(RequirementError):
        office.consents.desk.give(answerer)
    with pytest.raises(NotFoundError):
        office.consents.register.by_id(info.id, sender_ref="another")
    with pytest.raises(NotFoundError):
        office.consents.links.read(office.links.token(info.id))


def test_a_deposit_and_a_withdrawal_at_one_instant_have_one_order(tmp_path: Path, database_url: str) -> None:
    with throwaway_office(tmp_path / "office", database_url=database_url) as office:
        for number in range(8):
            recipient = Recipient(name="R", email=f"r{number}@example.org")
            info = ask(office, email=recipient.email)
            give(office, info)
            answerer = office.consents.check_code(info.id, code(office, info))
            letters: list[str] = []
            barrier = threading.Barrier(2)

            def depositing(to: Recipient, kept: list[str], together: threading.Barrier) -> None:
                together.wait()
                with suppress(ConsentMissingError):
                    kept.append(deposit(office, to))

            thread = threading.Thread(target=depositing, args=(recipient, letters, barrier))
            thread.start()
            barrier.wait()
            office.consents.desk.withdraw(answerer)
            thread.join()
            *_, withdrawn = office.consents.register.history(info.id)
            for letter_id in letters:
                assert office.reading.by_id(letter_id).deposited_at <= withdrawn.occurred_at


def test_wordings_that_were_shown_stay_what_they_were() -> None:
    assert {wording.id: wording.digest_hex[:16] for wording in WORDINGS} == WORDING_DIGESTS


WORDING_DIGESTS = {
    "CPCE_L100/1": "6c7ca914b11bc7cf",
    "CRPA_L112_15/1": "33e2e930c544d250",
    "COPRO_42_1/1": "c40873def5fc7060",
}
