"""A certified provider takes proofing over: its messages are signed, fresh, taken once, or refused."""

import base64
import hashlib
import hmac
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Barrier

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import select

from lre_kit.errors import AlreadyDecidedError, ConfigurationError, NotFoundError
from lre_kit.law.assurance import Level
from lre_kit.parties.proofing import CaseClosedError, CaseState, Part, Verdict
from lre_kit.parties.proofing_callbacks import BODY_MAX_BYTES, Ed25519Verifier, HmacVerifier
from lre_kit.parties.proofing_cases import PROOFING
from lre_kit.parties.proofing_provider import CallbackFormError, ForgedCallbackError, ProviderDesk
from lre_kit.parties.proofing_review import CHECKLIST, VerdictError
from lre_kit.testing.identity import film

SECRET = b"s" * 32


@dataclass
class Provider:
    """A provider that remembers what it was asked."""

    verifier: object = field(default_factory=lambda: HmacVerifier(SECRET))
    name: str = "prouveur"
    url: str = "https://identity.example/start?case="

    def start(self, case):
        return self.url + case.id


def desk(identity, provider=None):
    return ProviderDesk(
        identity.database,
        clock=identity.clock,
        blobs=identity.blobs,
        vault=identity.vault,
        hash_key=identity.hash_key,
        provider=provider or Provider(),
        method="other_certified",
        on_decided=[lambda uow, case, verdict: identity.decided.append((case, verdict))],
    )


def said(case_id, **changes):
    message = {
        "event_id": "evt-1",
        "case": case_id,
        "verdict": "approved",
        "level": "high",
        "evidence_sha256": "ab" * 32,
        "person": {"given_names": "Jeanne", "family_name": "Durand", "birth_date": "1980-05-17"},
        "title": {"kind": "passport", "issuer": "FRA", "number": "20AB34567", "expiry": "2034-06-01"},
    } | changes
    return json.dumps(message).encode()


def signed(identity, body, *, secret=SECRET, age=timedelta(0)):
    stamp = str(int((identity.clock() - age).timestamp()))
    mac = hmac.new(secret, stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return {"LRE-Timestamp": stamp, "LRE-Signature": f"hmac-sha256={mac}"}


def started(identity, party="p1", provider=None):
    case = identity.open(party, "recipient:letter-1")
    at = desk(identity, provider)
    assert at.start(case.id, party_id=party).endswith(case.id)
    return at, case


def test_a_handed_over_case_leaves_the_persons_and_the_operators_hands(identity):
    at, case = started(identity)
    assert identity.desk.view(case.id, party_id="p1").state is CaseState.SUBMITTED
    assert identity.review.queue() == []
    assert identity.desk.queue_status().waiting == 0
    with pytest.raises(CaseClosedError):
        identity.desk.add_picture(case.id, Part.FACE_VIDEO, film(), party_id="p1")
    assert at.start(case.id, party_id="p1").endswith(case.id)
    with pytest.raises(NotFoundError):
        at.start(case.id, party_id="p2")


def test_a_case_that_operators_have_is_not_handed_over(identity):
    case = identity.submitted("p1")
    with pytest.raises(CaseClosedError):
        desk(identity).start(case.id, party_id="p1")


def test_an_address_that_is_not_https_is_never_given_to_a_person(identity):
    for url in ("http://identity.example/", "javascript:alert(1)//", "https:///x"):
        case = identity.open("p1")
        with pytest.raises(ConfigurationError):
            desk(identity, Provider(url=url)).start(case.id, party_id="p1")


def test_a_signed_verdict_holds_and_what_waits_goes_on(identity):
    at, case = started(identity)
    body = said(case.id)
    outcome = at.receive_callback(body, signed(identity, body))
    assert (outcome.state, outcome.repeated) == (CaseState.APPROVED, False)
    proofing = identity.desk.proofing_of("p1", identity.clock())
    assert (proofing.level, proofing.method) == (Level.HIGH, "other_certified")
    assert proofing.evidence_digest == "ab" * 32
    assert [(decided.id, verdict) for decided, verdict in identity.decided] == [(case.id, Verdict.APPROVE)]
    with identity.database.read() as connection:
        row = connection.execute(select(PROOFING)).one()
    assert (row.document_last4, row.operators) == ("4567", ["provider:prouveur"])
    assert "20AB34567" not in repr(row)


def test_a_refusal_leaves_no_proofing_and_tells_why(identity):
    at, case = started(identity)
    body = said(case.id, verdict="refused", reason="Le visage ne correspond pas.", level=None)
    assert at.receive_callback(body, signed(identity, body)).state is CaseState.REFUSED
    assert identity.desk.proofing_of("p1", identity.clock()) is None
    assert identity.desk.view(case.id, party_id="p1").reason == "Le visage ne correspond pas."


def test_a_signature_by_ed25519_counts_as_well(identity):
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    at, case = started(identity, provider=Provider(verifier=Ed25519Verifier(public)))
    body, stamp = said(case.id), str(int(identity.clock().timestamp()))
    signature = base64.b64encode(key.sign(stamp.encode() + b"." + body)).decode()
    headers = {"lre-timestamp": stamp, "lre-signature": f"ed25519={signature}"}
    for wrong in (
        headers | {"lre-signature": f"ed25519={signature[:-4]}AAA="},
        headers | {"lre-signature": "ed25519=%%%"},
        headers | {"lre-timestamp": str(int(stamp) + 1)},
        signed(identity, body),
    ):
        with pytest.raises(ForgedCallbackError):
            at.receive_callback(body, wrong)
    assert at.receive_callback(body, headers).state is CaseState.APPROVED


def test_forged_changed_stale_and_unsigned_messages_are_refused_alike(identity):
    """F16.04."""
    at, case = started(identity)
    body = said(case.id)
    good = signed(identity, body)
    refusals = []
    for headers, sent in (
        (signed(identity, body, secret=b"t" * 32), body),
        (good, said(case.id, level="substantial")),
        (good | {"LRE-Timestamp": str(int(good["LRE-Timestamp"]) + 1)}, body),
        (signed(identity, body, age=timedelta(minutes=5, seconds=2)), body),
        (signed(identity, body, age=-timedelta(minutes=5, seconds=2)), body),
        ({}, body),
        (good | {"LRE-Signature": "none="}, body),
        (good | {"LRE-Signature": "hmac-sha256=é"}, body),
        (good | {"LRE-Timestamp": "٣"}, body),
        (signed(identity, bytes(BODY_MAX_BYTES + 1)), bytes(BODY_MAX_BYTES + 1)),
    ):
        with pytest.raises(ForgedCallbackError) as refused:
            at.receive_callback(sent, headers)
        refusals.append(str(refused.value))
    assert len(set(refusals)) == 1
    assert identity.desk.proofing_of("p1", identity.clock()) is None
    assert at.receive_callback(body, good).state is CaseState.APPROVED


@pytest.mark.parametrize(
    "changes",
    [
        {"verdict": "maybe"},
        {"level": "enormous"},
        {"level": None},
        {"event_id": "x y"},
        {"event_id": 7},
        {"case": "../../etc"},
        {"evidence_sha256": "ab"},
        {"person": "Jeanne"},
        {"person": None},
        {"person": {"given_names": "x" * 300}},
        {"title": {"kind": "library_card"}},
        {"title": {"expiry": "soon"}},
    ],
)
def test_a_signed_message_of_another_form_is_refused(identity, changes):
    at, case = started(identity)
    body = said(case.id, **changes)
    with pytest.raises(CallbackFormError):
        at.receive_callback(body, signed(identity, body))
    for odd in (b"", b"[]", b"null", b"[" * 10_000, b"\xff"):
        with pytest.raises(CallbackFormError):
            at.receive_callback(odd, signed(identity, odd))


def test_a_case_that_is_unknown_or_another_providers_is_refused(identity):
    at, case = started(identity)
    not_handed = identity.open("p2")
    for case_id in ("0" * 32, not_handed.id):
        body = said(case_id)
        with pytest.raises(NotFoundError):
            at.receive_callback(body, signed(identity, body))
    other = desk(identity, Provider(name="autre"))
    body = said(case.id)
    with pytest.raises(NotFoundError):
        other.receive_callback(body, signed(identity, body))


def test_a_message_sent_again_changes_nothing_and_its_id_serves_no_other(identity):
    at, case = started(identity)
    body = said(case.id)
    headers = signed(identity, body)
    at.receive_callback(body, headers)
    again = at.receive_callback(body, headers)
    assert (again.state, again.repeated) == (CaseState.APPROVED, True)
    assert len(identity.decided) == 1
    changed = said(case.id, verdict="refused")
    with pytest.raises(ForgedCallbackError):
        at.receive_callback(changed, signed(identity, changed))
    later = said(case.id, verdict="refused", event_id="evt-2")
    with pytest.raises(AlreadyDecidedError):
        at.receive_callback(later, signed(identity, later))
    identity.clock.advance(timedelta(minutes=6))
    with pytest.raises(ForgedCallbackError):
        at.receive_callback(body, headers)


@pytest.mark.parametrize(
    ("person", "flag"),
    [
        ({"given_names": "Paul", "family_name": "Durand"}, "provider_names_"),
        ({"given_names": "Jeanne", "family_name": "Martin"}, "provider_names_"),
        (
            {"given_names": "Jeanne", "family_name": "Durand", "birth_date": "1981-05-17"},
            "provider_birth_date_differs",
        ),
    ],
)
def test_another_person_who_was_proofed_well_goes_to_the_operators_who_cannot_wave_it_through(
    identity, person, flag
):
    """F16.04, F9.15."""
    at, case = started(identity)
    body = said(case.id, person=person)
    assert at.receive_callback(body, signed(identity, body)).state is CaseState.SUBMITTED
    assert at.receive_callback(body, signed(identity, body)).repeated
    assert identity.desk.proofing_of("p1", identity.clock()) is None
    assert identity.decided == []
    view = identity.review.claim(case.id, "operator-1")
    assert next(found.slug for found in view.flags).startswith(flag)
    with pytest.raises(VerdictError):
        identity.review.decide(case.id, "operator-1", Verdict.APPROVE, checks=dict.fromkeys(CHECKLIST, True))
    identity.review.decide(case.id, "operator-1", Verdict.ASK_AGAIN, reason="Ce n’est pas votre nom.")
    assert at.start(case.id, party_id="p1")


def test_names_compare_as_they_read_and_not_as_they_are_typed(identity):
    at, case = started(identity)
    body = said(case.id, person={"given_names": "JÉANNE Marie", "family_name": "durand"})
    assert at.receive_callback(body, signed(identity, body)).state is CaseState.APPROVED


def test_a_withdrawn_case_takes_no_verdict(identity):
    at, case = started(identity)
    identity.desk.withdraw(case.id, party_id="p1")
    body = said(case.id)
    with pytest.raises(AlreadyDecidedError):
        at.receive_callback(body, signed(identity, body))
    assert identity.desk.proofing_of("p1", identity.clock()) is None


def test_the_same_message_at_once_is_taken_once(identity):
    at, case = started(identity)
    body = said(case.id)
    headers = signed(identity, body)
    ready = Barrier(4)

    def send(_):
        ready.wait()
        return at.receive_callback(body, headers).repeated

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(send, range(4))) == [False, True, True, True]
    assert len(identity.decided) == 1


def test_a_secret_that_is_too_short_is_refused_and_none_is_shown():
    with pytest.raises(ValueError, match="32 bytes"):
        HmacVerifier(b"short")
    assert "sss" not in repr(HmacVerifier(SECRET))
