"""Evidence as XML: the same record back and forth, in one form, sealed so that others can check it."""

import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from lre_kit.clock import iso
from lre_kit.law.assurance import Level
from lre_kit.law.events import ErdsEvent, Reason
from lre_kit.letters.state import Event
from lre_kit.letters.values import Letter
from lre_kit.proofs.keys.keys import Keys
from lre_kit.proofs.report import Report, Result
from lre_kit.proofs.sealing.evidence import Issuer, build_record, canonical
from lre_kit.proofs.sealing.evidence_xml import ERDS, XmlEvidenceError, from_xml, to_xml
from lre_kit.proofs.sealing.seal import SealError
from lre_kit.proofs.sealing.xades import open_xml, seal_xml
from lre_kit.proofs.verifying.anchors import Anchors
from lre_kit.proofs.verifying.verify import verify_path
from lre_kit.testing.office import deposit_sample, throwaway_office
from lre_kit.testing.xml_attacks import ATTACKS

AT = datetime(2026, 1, 12, 9, 30, tzinfo=UTC)
ANY_TEXT = st.text(max_size=30)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=8,
)


class Desk:
    """An office's keys, a letter, and a folder."""

    def __init__(self, folder: Path) -> None:
        with throwaway_office(folder / "office") as office:
            self.letter: Letter = deposit_sample(office)
            self.keys: Keys = office.keys
            self.now = office.clock()
            office.run_until_idle()
            self.exported = office.issuer.export(self.letter.id, folder / "letter")
            office.keys.write_trust(folder / "trust")
        self.anchors = Anchors.load(folder / "trust")
        self.seal: Callable[..., bytes] = partial(
            seal_xml,
            sign=lambda message: self.keys.seal_key.sign(message, ec.ECDSA(hashes.SHA256())),
            chain=(self.keys.seal_certificate, *self.keys.seal_chain),
            at=self.now,
        )

    def record(self, **changes: Any) -> dict[str, Any]:
        event = Event(
            name=ErdsEvent.CONSIGNMENT_REJECTION,
            occurred_at=AT,
            reasons=(Reason.REJECTED_BY_RECIPIENT,),
            details={"level": "low"},
        )
        actor = {"role": "recipient", "level": Level.LOW.value, "authenticated_at": iso(AT), "means": "code"}
        issuer = Issuer(version="EN319522v1.1.1", policy="urn:x", name="Étude")
        return build_record(
            issuer=issuer, letter=self.letter, event=event, seq=2, evidence_id="e1", actor=actor
        ) | dict(changes)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk(tmp_path_factory.mktemp("xml"))


anything = settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])


@anything
@given(name=ANY_TEXT, extensions=st.dictionaries(ANY_TEXT, VALUES, max_size=4))
def test_a_record_comes_back_as_it_was(desk: Desk, name: str, extensions: dict[str, Any]) -> None:
    """Names in any script, with characters that XML cannot carry; values of any kind."""
    record = desk.record(
        Extensions=extensions, SenderDetails={"Identity": {"Name": name, "Email": "a@b.example"}}
    )
    found = from_xml(to_xml(record))
    assert found == record
    assert to_xml(found) == to_xml(record), "one record, one form"


def test_elements_stand_in_the_standards_order_and_namespace(desk: Desk) -> None:
    root = etree.fromstring(to_xml(desk.record()))
    assert root.tag == f"{{{ERDS}}}Evidence"
    assert root.get("version") == "EN319522v1.1.1"
    assert [etree.QName(child).localname for child in root] == [
        "EvidenceIdentifier", "ERDSEventId", "EventReasons", "EventTime", "EvidenceIssuerPolicyID",
        "EvidenceIssuerDetails", "SenderDetails", "RecipientDetails", "EvidenceRefersToRecipient",
        "MessageIdentifier", "UserContentInfo", "SubmissionTime", "Extensions",
    ]  # fmt: skip
    assert root.find("EventTime") is not None, "declared locally: no namespace"
    assert root.find(f"{{{ERDS}}}Extensions").get("isCritical") == "false"


def test_json_and_xml_are_made_from_the_same_record(desk: Desk) -> None:
    record = desk.record()
    assert canonical(open_xml(desk.seal(record)).record) == canonical(record)


def xmlsec(desk: Desk, folder: Path, raw: bytes) -> int:
    (folder / "e.xml").write_bytes(raw)
    (folder / "ca.pem").write_bytes(desk.keys.seal_chain[-1].public_bytes(Encoding.PEM))
    properties = "--id-attr:Id", "http://uri.etsi.org/01903/v1.3.2#:SignedProperties"
    return subprocess.run(
        ["xmlsec1", "--verify", "--trusted-pem", folder / "ca.pem", *properties, folder / "e.xml"],
        capture_output=True, check=False,
    ).returncode  # fmt: skip


@pytest.mark.needs("xmlsec1")
def test_xmlsec1_accepts_the_seal_and_refuses_a_changed_record(desk: Desk, tmp_path: Path) -> None:
    sealed = desk.seal(desk.record())
    assert xmlsec(desk, tmp_path, sealed) == 0
    assert xmlsec(desk, tmp_path, sealed.replace(b"Dupont", b"Durand")) != 0
    assert xmlsec(desk, tmp_path, sealed.replace(b"SigningTime>2026", b"SigningTime>2025")) != 0


@anything
@given(place=st.floats(0, 0.9999), bit=st.integers(0, 7))
def test_one_flipped_bit_anywhere_is_refused(desk: Desk, place: float, bit: int) -> None:
    sealed = desk.seal(desk.record())
    at = int(place * len(sealed))
    with pytest.raises((SealError, XmlEvidenceError)):
        open_xml(sealed[:at] + bytes([sealed[at] ^ 1 << bit]) + sealed[at + 1 :])


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_is_not_in_the_one_form_is_refused(desk: Desk, tmp_path: Path, attack: str) -> None:
    """F8.12."""
    sealed = desk.seal(desk.record())
    changed = ATTACKS[attack](sealed)
    assert changed != sealed
    with pytest.raises((SealError, XmlEvidenceError)):
        open_xml(changed)
    path = tmp_path / "e.xml"
    path.write_bytes(changed)
    assert verify_path(path, desk.anchors).result is Result.FAILED


def test_the_verifier_answers_for_xml_alone(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "e.xml"
    path.write_bytes(desk.seal(desk.record()))
    report = verify_path(path, desk.anchors)
    assert report.result is Result.PASSED
    assert any("only claimed" in line for line in report.not_checked)
    assert verify_path(path, Anchors.none()).result is Result.INDETERMINATE
    long_ago = desk.keys.seal_certificate.not_valid_before_utc - timedelta(days=1)
    path.write_bytes(desk.seal(desk.record(), at=long_ago))
    assert verify_path(path, desk.anchors).result is Result.INDETERMINATE


def test_an_export_has_both_and_says_that_they_agree(desk: Desk) -> None:
    names = {path.name for path in (desk.exported / "evidence").iterdir()}
    assert {"01-SubmissionAcceptance.json", "01-SubmissionAcceptance.xml"} <= names
    report: Report = verify_path(desk.exported / "bundle", desk.anchors)
    assert report.result is Result.PASSED
    twins = [check for check in report.checks if check.name == "twin"]
    assert len(twins) == len([name for name in names if name.endswith(".xml")])
