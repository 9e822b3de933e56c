"""Answers of security keys, refused in each way that Web Authentication warns of."""

import json
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from lre_kit.errors import IdentificationError, ThrottledError
from lre_kit.identifiers.means import State
from lre_kit.identifiers.security_key_checks import Reason, SecurityKeyRefusedError
from lre_kit.store.database import Database
from lre_kit.store.vault import Vault
from lre_kit.testing.authenticator import SoftwareAuthenticator, base64url, from_base64url
from lre_kit.testing.key_desk import AAGUID, ACT, ADA, BOB, ORIGIN, SESSION, Desk


@pytest.fixture
def vault() -> Vault:
    return Vault(bytes(range(32)), "kek")


@pytest.fixture
def desk(database: Database, vault: Vault) -> Desk:
    return Desk(database, vault)


@pytest.fixture
def device() -> SoftwareAuthenticator:
    return SoftwareAuthenticator(ORIGIN, aaguid=AAGUID)


def reason(act: Callable[[], object]) -> Reason:
    with pytest.raises(SecurityKeyRefusedError) as caught:
        act()
    assert len(str(caught.value)) < 200
    found = caught.value.reason
    assert isinstance(found, Reason)
    return found


def test_each_question_is_answered_once_in_its_session_and_for_its_act(
    desk: Desk, device: SoftwareAuthenticator
) -> None:
    """F9.06, F9.11."""
    desk.enrol(device)
    asked = desk.keys.begin(ADA.id, purpose=ACT, binding=SESSION)
    answer = device.get(asked.options)
    for other in ({"purpose": "accept:2"}, {"binding": "session-2"}):
        told = {"purpose": ACT, "binding": SESSION} | other
        with pytest.raises(IdentificationError):
            desk.keys.complete(asked.challenge_id, answer, **told)
    asked = desk.keys.begin(ADA.id, purpose=ACT, binding=SESSION)
    answer = device.get(asked.options)
    desk.keys.complete(asked.challenge_id, answer, purpose=ACT, binding=SESSION)
    with pytest.raises(IdentificationError):
        desk.keys.complete(asked.challenge_id, answer, purpose=ACT, binding=SESSION)
    assert desk.authentications() == 1


def test_an_answer_to_an_earlier_question_does_not_fit_a_new_one(
    desk: Desk, device: SoftwareAuthenticator
) -> None:
    """F9.11."""
    desk.enrol(device)
    old = device.get(desk.keys.begin(ADA.id, purpose=ACT, binding=SESSION).options)
    asked = desk.keys.begin(ADA.id, purpose=ACT, binding=SESSION)
    told = {"purpose": ACT, "binding": SESSION}
    assert reason(lambda: desk.keys.complete(asked.challenge_id, old, **told)) is Reason.WRONG_CHALLENGE


def test_a_question_grows_old(desk: Desk, device: SoftwareAuthenticator) -> None:
    desk.enrol(device)
    asked = desk.keys.begin(ADA.id, purpose=ACT, binding=SESSION)
    answer = device.get(asked.options)
    desk.clock.advance(timedelta(minutes=6))
    with pytest.raises(IdentificationError):
        desk.keys.complete(asked.challenge_id, answer, purpose=ACT, binding=SESSION)


@pytest.mark.parametrize(
    ("bend", "why"),
    [
        ({"origin": "https://post.example.evil.example"}, Reason.WRONG_ORIGIN),
        ({"origin": "http://post.example"}, Reason.WRONG_ORIGIN),
        ({"origin": "https://post.example:8443"}, Reason.WRONG_ORIGIN),
        ({"extra": {"crossOrigin": True}}, Reason.EMBEDDED),
        ({"extra": {"crossOrigin": "false"}}, Reason.EMBEDDED),
        ({"extra": {"topOrigin": "https://evil.example"}}, Reason.EMBEDDED),
        ({"extra": {"type": "payment.get"}}, Reason.WRONG_TYPE),
        ({"extra": {"challenge": ""}}, Reason.WRONG_CHALLENGE),
        ({"verifies": False}, Reason.NOT_VERIFIED),
        ({"present": False}, Reason.NOT_PRESENT),
    ],
)
def test_a_wrong_answer_is_refused_at_registration_and_at_use(
    desk: Desk, device: SoftwareAuthenticator, bend: dict[str, Any], why: Reason
) -> None:
    """F9.11: origins, frames, types, questions, presence and verification."""
    desk.enrol(device)
    other = SoftwareAuthenticator(ORIGIN)
    for name, value in bend.items():
        setattr(device, name, value)
        setattr(other, name, value)
    assert reason(lambda: desk.use(device)) is why
    assert reason(lambda: desk.enrol(other)) is why
    assert desk.authentications() == 0
    assert len(desk.register.of(ADA.id)) == 1


def test_an_answer_for_another_relying_party_is_refused(desk: Desk, device: SoftwareAuthenticator) -> None:
    """F9.11."""
    desk.enrol(device)
    assert reason(lambda: desk.use(device, rp_id="evil.example")) is Reason.WRONG_RP_ID
    asked = desk.keys.begin_registration(ADA, binding=SESSION)
    answer = SoftwareAuthenticator(ORIGIN).create(asked.options, rp_id="evil.example")
    told: dict[str, Any] = {"label": "x", "binding": SESSION}
    assert (
        reason(lambda: desk.keys.complete_registration(asked.challenge_id, answer, **told))
        is Reason.WRONG_RP_ID
    )


def test_another_persons_key_is_refused(desk: Desk, device: SoftwareAuthenticator) -> None:
    bobs = SoftwareAuthenticator(ORIGIN)
    desk.enrol(device)
    desk.enrol(bobs, BOB)
    asked = desk.keys.begin(ADA.id, purpose=ACT, binding=SESSION)
    answer = bobs.get(asked.options, passkey=bobs.passkeys[0])
    told = {"purpose": ACT, "binding": SESSION}
    assert reason(lambda: desk.keys.complete(asked.challenge_id, answer, **told)) is Reason.OTHER_PERSON


def test_an_unregistered_key_is_refused_with_the_same_sentence(
    desk: Desk, device: SoftwareAuthenticator
) -> None:
    """F9.08."""
    desk.enrol(device)
    stranger = SoftwareAuthenticator("https://elsewhere.example")
    with pytest.raises(LookupError):
        desk.use(stranger)
    asked = desk.keys.begin_registration(BOB, binding=SESSION)
    stranger.origin = ORIGIN
    stranger.create(asked.options)
    question = desk.keys.begin(ADA.id, purpose=ACT, binding=SESSION)
    answer = stranger.get(question.options, passkey=stranger.passkeys[0])
    told = {"purpose": ACT, "binding": SESSION}
    assert reason(lambda: desk.keys.complete(question.challenge_id, answer, **told)) is Reason.UNKNOWN_KEY
    assert str(SecurityKeyRefusedError(Reason.UNKNOWN_KEY)) == str(
        SecurityKeyRefusedError(Reason.OTHER_PERSON)
    )


def test_a_forged_signature_is_refused_and_leaves_the_key_usable(
    desk: Desk, device: SoftwareAuthenticator
) -> None:
    made = desk.enrol(device)
    forger = SoftwareAuthenticator(ORIGIN)
    desk.enrol(forger, BOB)
    stolen = forger.passkeys[0]
    stolen.credential_id, stolen.user_handle = device.passkeys[0].credential_id, ADA.id.encode()
    # The forger also sends a low count: without the signature it may not suspend the key.
    stolen.count = 0
    assert reason(lambda: desk.use(forger)) is Reason.BAD_SIGNATURE
    assert desk.register.by_id(made.id).state is State.ACTIVE
    desk.use(device)


def nonsense(part: str, client_data: str) -> str:
    parts = dict.fromkeys(("authenticatorData", "signature", "attestationObject"), part)
    response = parts | {"clientDataJSON": client_data}
    return json.dumps({"id": part, "rawId": part, "type": "public-key", "response": response})


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "null",
        "[]",
        "{}",
        '{"id": "AA", "rawId": "AA", "response": {}}',
        '{"id": "AA", "rawId": "AB", "response": {"clientDataJSON": "e30"}}',
        "[" * 100_000,
        nonsense("AA", "e30"),
        nonsense("é", "é"),
    ],
)
def test_nonsense_is_refused_and_breaks_nothing(
    desk: Desk, device: SoftwareAuthenticator, answer: str
) -> None:
    desk.enrol(device)
    asked = desk.keys.begin(ADA.id, purpose=ACT, binding=SESSION)
    told = {"purpose": ACT, "binding": SESSION}
    reason(lambda: desk.keys.complete(asked.challenge_id, answer, **told))
    making = desk.keys.begin_registration(ADA, binding=SESSION)
    reason(lambda: desk.keys.complete_registration(making.challenge_id, answer, label="x", binding=SESSION))


def test_damaged_answers_are_refused_and_break_nothing(desk: Desk, device: SoftwareAuthenticator) -> None:
    desk.enrol(device)
    verifier, facts = desk.keys._verifier, desk.register.of(ADA.id)[0].facts
    asked = desk.keys.begin(ADA.id, purpose=ACT, binding=SESSION)
    making = desk.keys.begin_registration(ADA, binding=SESSION)
    challenge, other = asked.options["challenge"], making.options["challenge"]
    good = json.loads(device.get(asked.options))
    made = json.loads(SoftwareAuthenticator(ORIGIN).create(making.options))
    verifier.answered(good, challenge=challenge, facts=facts)
    verifier.registered(json.dumps(made), challenge=other)
    for part in ("authenticatorData", "signature", "clientDataJSON"):
        for damaged in damages(good, part):
            reason(lambda: verifier.answered(damaged, challenge=challenge, facts=facts))  # noqa: B023
    for damaged in damages(made, "attestationObject"):
        try:
            verifier.registered(json.dumps(damaged), challenge=other)
        except SecurityKeyRefusedError:
            continue


def damages(answer: dict[str, Any], part: str) -> list[dict[str, Any]]:
    raw = from_base64url(answer["response"][part])
    found = []
    for place in range(0, len(raw), 2):
        bent = raw[:place] + bytes([raw[place] ^ 0x4D]) + raw[place + 1 :]
        found.append(answer | {"response": answer["response"] | {part: base64url(bent)}})
    return found


def test_a_name_twice_in_the_client_data_is_refused(desk: Desk, device: SoftwareAuthenticator) -> None:
    desk.enrol(device)
    asked = desk.keys.begin(ADA.id, purpose=ACT, binding=SESSION)
    answer = json.loads(device.get(asked.options))
    told = from_base64url(answer["response"]["clientDataJSON"]).decode()
    twice = told.replace("{", '{"origin": "https://evil.example", ', 1)
    answer["response"]["clientDataJSON"] = base64url(twice.encode())
    facts = desk.register.of(ADA.id)[0].facts
    challenge = asked.options["challenge"]
    assert (
        reason(lambda: desk.keys._verifier.answered(answer, challenge=challenge, facts=facts))
        is Reason.MALFORMED
    )


def test_refusals_are_counted_per_session_so_no_stranger_locks_anybody_out(
    desk: Desk, device: SoftwareAuthenticator
) -> None:
    """F9.05."""
    desk.enrol(device)

    def guess(binding: str) -> None:
        asked = desk.keys.begin(ADA.id, purpose=ACT, binding=binding)
        desk.keys.complete(asked.challenge_id, "{}", purpose=ACT, binding=binding)

    with pytest.raises(ThrottledError):
        for _ in range(100):
            with pytest.raises(SecurityKeyRefusedError):
                guess("stranger")
    desk.use(device)


def test_logs_tell_the_reason_and_no_person(
    desk: Desk, device: SoftwareAuthenticator, caplog: pytest.LogCaptureFixture
) -> None:
    desk.enrol(device)
    device.verifies = False
    with caplog.at_level(logging.DEBUG, logger="lre_kit"):
        reason(lambda: desk.use(device))
    assert "security key refused: user-not-verified" in caplog.text
    assert ADA.name not in caplog.text
    assert base64url(device.passkeys[0].credential_id) not in caplog.text


def test_every_reason_has_two_sentences() -> None:
    for each in Reason:
        error = SecurityKeyRefusedError(each)
        assert error.problem.endswith(".")
        assert error.mend.endswith(".")
