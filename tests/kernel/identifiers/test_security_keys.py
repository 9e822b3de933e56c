"""Security keys: registered, used, counted, suspended when copied, dead when they end."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from lre_kit.clock import now
from lre_kit.errors import IdentificationError, LreError, ThrottledError
from lre_kit.identifiers.means import Kind, State
from lre_kit.identifiers.security_key_checks import ClonedKeyError, Reason, SecurityKeyRefusedError
from lre_kit.identifiers.throttle import PACES
from lre_kit.law.assurance import Category, Level, Means, level_reached
from lre_kit.store.database import Database
from lre_kit.store.vault import Vault
from lre_kit.testing.authenticator import SoftwareAuthenticator, base64url, from_base64url
from lre_kit.testing.key_desk import AAGUID, ACT, ADA, BOB, ORIGIN, RP_ID, SESSION, Desk
from lre_kit.testing.person_authority import PersonAuthority


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


def test_a_registered_key_shows_two_factors(desk: Desk, device: SoftwareAuthenticator) -> None:
    made = desk.enrol(device, proofing_id="p1", level=Level.SUBSTANTIAL)
    assert (made.kind, made.state, made.level) == (Kind.SECURITY_KEY, State.ACTIVE, Level.SUBSTANTIAL)
    assert made.facts["aaguid"] == "00010203-0405-0607-0809-0a0b0c0d0e0f"
    assert (made.facts["attestation"], made.facts["attested"]) == ("none", False)
    assert made.facts["transports"] == ["usb"]
    factor = desk.use(device)
    assert (factor.means, factor.dynamic, factor.identifier_id) == (Means.SECURITY_KEY, True, made.id)
    assert factor.categories == (Category.POSSESSION, Category.KNOWLEDGE)
    assert level_reached([factor], proofing=made.level, at=desk.clock()) is Level.SUBSTANTIAL
    assert desk.authentications() == 1
    kept = desk.register.by_id(made.id)
    assert kept.counter == device.passkeys[0].count
    assert kept.last_used_at is not None


def test_the_browser_is_asked_for_what_is_needed(desk: Desk, device: SoftwareAuthenticator) -> None:
    desk.enrol(device)
    again = desk.keys.begin_registration(ADA, binding=SESSION).options
    assert again["rp"] == {"name": "Example Post", "id": RP_ID}
    assert again["user"]["displayName"] == "Ada Lovelace"
    assert from_base64url(again["user"]["id"]) == ADA.id.encode()
    assert again["authenticatorSelection"]["userVerification"] == "required"
    assert again["authenticatorSelection"]["residentKey"] == "preferred"
    assert again["attestation"] == "none"
    assert [each["id"] for each in again["excludeCredentials"]] == [
        base64url(device.passkeys[0].credential_id)
    ]
    with pytest.raises(LookupError):
        device.create(again)
    asked = desk.keys.begin(ADA.id, purpose=ACT, binding=SESSION).options
    assert (asked["rpId"], asked["userVerification"]) == (RP_ID, "required")
    assert asked["allowCredentials"][0]["transports"] == ["usb"]
    assert len(from_base64url(asked["challenge"])) == 32
    assert json.dumps(asked)


def test_a_passkey_tells_by_itself_whose_it_is(desk: Desk, device: SoftwareAuthenticator) -> None:
    """F9.06, F9.11: for its own question and browser, once; never to a question put to somebody."""
    desk.enrol(device)
    [passkey] = device.passkeys
    told = {"purpose": "log in", "binding": "browser-1"}
    asked = desk.keys.begin_discovery(**told)
    assert asked.options.get("allowCredentials", []) == []
    answer = device.get(asked.options, passkey=passkey)
    with pytest.raises(IdentificationError):
        desk.keys.complete_discovery(asked.challenge_id, answer, purpose="log in", binding="browser-2")
    party_id, factor = desk.keys.complete_discovery(asked.challenge_id, answer, **told)
    assert (party_id, factor.categories) == (ADA.id, (Category.POSSESSION, Category.KNOWLEDGE))
    with pytest.raises(IdentificationError):
        desk.keys.complete_discovery(asked.challenge_id, answer, **told)
    named = desk.keys.begin(ADA.id, **told)
    with pytest.raises(SecurityKeyRefusedError):
        desk.keys.complete_discovery(named.challenge_id, device.get(named.options), **told)
    unnamed = desk.keys.begin_discovery(purpose=ACT, binding=SESSION)
    with pytest.raises(IdentificationError):
        answer = device.get(unnamed.options, passkey=passkey)
        desk.keys.complete(unnamed.challenge_id, answer, purpose=ACT, binding=SESSION)
    assert desk.authentications() == 1


@pytest.mark.parametrize("handle", [None, BOB.id], ids=["nobody", "another"])
def test_a_passkey_that_names_nobody_or_another_is_refused(
    desk: Desk, device: SoftwareAuthenticator, handle: str | None
) -> None:
    """F9.11."""
    desk.enrol(device)
    [passkey] = device.passkeys
    told = {"purpose": "log in", "binding": "browser-1"}
    asked = desk.keys.begin_discovery(**told)
    answer = json.loads(device.get(asked.options, passkey=passkey))
    answer["response"]["userHandle"] = base64url(handle.encode()) if handle else None
    with pytest.raises(SecurityKeyRefusedError) as caught:
        desk.keys.complete_discovery(asked.challenge_id, json.dumps(answer), **told)
    assert caught.value.reason is Reason.OTHER_PERSON


def test_refused_passkeys_are_counted_by_network_whatever_the_browser_calls_itself(desk: Desk) -> None:
    def guess(number: int, network: str) -> None:
        told = {"purpose": "log in", "binding": f"browser-{number}"}
        asked = desk.keys.begin_discovery(**told)
        desk.keys.complete_discovery(asked.challenge_id, "{}", network=network, **told)

    for number in range(PACES["net"].free):
        with pytest.raises(SecurityKeyRefusedError):
            guess(number, "198.51.100.7")
    with pytest.raises(ThrottledError):
        guess(100, "198.51.100.7")
    with pytest.raises(SecurityKeyRefusedError):
        guess(101, "203.0.113.9")


def test_one_person_may_have_several_keys(desk: Desk, device: SoftwareAuthenticator) -> None:
    second = SoftwareAuthenticator(ORIGIN)
    first_made, second_made = desk.enrol(device), desk.enrol(second, label="The other")
    assert desk.use(device).identifier_id == first_made.id
    assert desk.use(second).identifier_id == second_made.id


def test_a_key_with_a_long_id_works_too(desk: Desk) -> None:
    device = SoftwareAuthenticator(ORIGIN, id_bytes=600)
    made = desk.enrol(device)
    assert desk.use(device).identifier_id == made.id


@pytest.mark.parametrize("back", [0, 1, 3])
def test_a_counter_that_does_not_grow_suspends_the_key(
    desk: Desk, device: SoftwareAuthenticator, back: int
) -> None:
    """F9.11."""
    made = desk.enrol(device)
    for _ in range(3):
        desk.use(device)
    open_elsewhere = desk.keys.begin(ADA.id, purpose=ACT, binding="session-2")
    device.passkeys[0].count -= back + 1
    with pytest.raises(ClonedKeyError) as caught:
        desk.use(device)
    assert caught.value.slug == "cloned-key"
    assert (caught.value.party_id, caught.value.identifier_id) == (ADA.id, made.id)
    assert desk.register.by_id(made.id).state is State.SUSPENDED
    assert desk.register.history(made.id)[-1].reason == "counter went back"
    device.passkeys[0].count = 1000
    answer = device.get(open_elsewhere.options)
    with pytest.raises(IdentificationError):
        desk.keys.complete(open_elsewhere.challenge_id, answer, purpose=ACT, binding="session-2")
    assert reason(lambda: desk.use(device)) is Reason.NO_KEY


def test_a_count_that_falls_to_zero_is_a_copy_too(desk: Desk, device: SoftwareAuthenticator) -> None:
    """F9.11."""
    desk.enrol(device)
    desk.use(device)
    device.passkeys[0].count, device.counts = 0, False
    with pytest.raises(ClonedKeyError):
        desk.use(device)


def test_synced_passkeys_do_not_count_and_stay_fine(desk: Desk, device: SoftwareAuthenticator) -> None:
    device.counts, device.synced = False, True
    made = desk.enrol(device)
    assert (made.facts["device_type"], made.facts["backed_up"]) == ("multi_device", True)
    for _ in range(3):
        desk.use(device)
    assert desk.register.by_id(made.id).counter == 0


def test_a_key_that_becomes_one_that_can_be_copied_is_refused(
    desk: Desk, device: SoftwareAuthenticator
) -> None:
    desk.enrol(device)
    device.synced = True
    assert reason(lambda: desk.use(device)) is Reason.BACKUP_CHANGED


@pytest.mark.parametrize("act", ["revoke", "suspend", "expire"])
def test_a_key_that_ends_takes_open_questions_along(
    desk: Desk, device: SoftwareAuthenticator, act: str
) -> None:
    """F9.07."""
    made = desk.enrol(device)
    asked = desk.keys.begin(ADA.id, purpose=ACT, binding=SESSION)
    answer = device.get(asked.options)
    with desk.database.write() as uow:
        desk.register.change(uow, made.id, act, actor={"role": "provider"}, reason="test")
        uow.commit()
    with pytest.raises(IdentificationError):
        desk.keys.complete(asked.challenge_id, answer, purpose=ACT, binding=SESSION)
    assert desk.authentications() == 0
    assert reason(lambda: desk.keys.begin(ADA.id, purpose=ACT, binding=SESSION)) is Reason.NO_KEY


def test_a_resumed_key_works_again(desk: Desk, device: SoftwareAuthenticator) -> None:
    made = desk.enrol(device)
    for act in ("suspend", "resume"):
        with desk.database.write() as uow:
            desk.register.change(uow, made.id, act, actor={"role": "provider"}, reason="test")
            uow.commit()
    desk.use(device)


def test_one_key_belongs_to_one_person(desk: Desk, device: SoftwareAuthenticator) -> None:
    desk.enrol(device)
    asked = desk.keys.begin_registration(BOB, binding=SESSION)
    answer = json.loads(device.create(asked.options))
    first = device.passkeys[0].credential_id
    raw = from_base64url(answer["response"]["attestationObject"])
    raw = raw.replace(device.passkeys[1].credential_id, first)
    answer["id"] = answer["rawId"] = base64url(first)
    answer["response"]["attestationObject"] = base64url(raw)
    told: dict[str, Any] = {"label": "x", "binding": SESSION}
    assert (
        reason(lambda: desk.keys.complete_registration(asked.challenge_id, json.dumps(answer), **told))
        is Reason.TAKEN
    )


def test_models_may_be_limited(database: Database, vault: Vault, device: SoftwareAuthenticator) -> None:
    desk = Desk(database, vault, allowed_aaguids={"00010203-0405-0607-0809-0A0B0C0D0E0F"})
    assert desk.keys.begin_registration(ADA, binding=SESSION).options["attestation"] == "direct"
    desk.enrol(device)
    other = SoftwareAuthenticator(ORIGIN, aaguid=bytes(16))
    assert reason(lambda: desk.enrol(other)) is Reason.MODEL_NOT_ALLOWED


@pytest.fixture(scope="module")
def maker(tmp_path_factory: pytest.TempPathFactory) -> PersonAuthority:
    return PersonAuthority(tmp_path_factory.mktemp("maker"), now(), name="Maker")


def badge(maker: PersonAuthority, aaguid: bytes | None = None) -> tuple[Any, bytes]:
    """A maker's batch certificate, which names a model if one is given."""
    oid = x509.ObjectIdentifier("1.3.6.1.4.1.45724.1.1.4")
    named = None if aaguid is None else x509.UnrecognizedExtension(oid, b"\x04\x10" + aaguid)
    card = maker.card("Batch", "7", extra=named, extra_critical=False)
    return card.key, card.certificate.public_bytes(Encoding.DER)


def test_makers_may_be_asked_to_attest(
    database: Database, vault: Vault, device: SoftwareAuthenticator, maker: PersonAuthority
) -> None:
    roots = [each.public_bytes(Encoding.PEM) for each in (maker.root, maker.certificate)]
    desk = Desk(database, vault, attestation_roots=roots)
    device.maker = badge(maker, AAGUID)
    made = desk.enrol(device)
    assert (made.facts["attestation"], made.facts["attested"]) == ("packed", True)
    desk.use(device)
    unnamed = SoftwareAuthenticator(ORIGIN, aaguid=AAGUID)
    unnamed.maker = badge(maker)
    assert desk.enrol(unnamed, BOB).facts["attested"] is True


@pytest.mark.parametrize("flaw", ["no word", "stranger's word", "word for another model"])
def test_keys_without_the_makers_word_are_refused_if_it_is_asked(
    database: Database,
    vault: Vault,
    device: SoftwareAuthenticator,
    maker: PersonAuthority,
    tmp_path: Path,
    flaw: str,
) -> None:
    roots = [each.public_bytes(Encoding.PEM) for each in (maker.root, maker.certificate)]
    desk = Desk(database, vault, attestation_roots=roots)
    if flaw == "stranger's word":
        device.maker = badge(PersonAuthority(tmp_path, now(), name="Maker"), AAGUID)
    elif flaw == "word for another model":
        device.maker = badge(maker, bytes(16))
    assert reason(lambda: desk.enrol(device)) is Reason.BAD_ATTESTATION
    assert desk.register.of(ADA.id) == []


def test_one_answer_sent_many_times_at_once_counts_once(desk: Desk, device: SoftwareAuthenticator) -> None:
    """F9.03."""
    desk.enrol(device)
    asked = desk.keys.begin(ADA.id, purpose=ACT, binding=SESSION)
    answer = device.get(asked.options)
    barrier = Barrier(12)

    def send(_: int) -> bool:
        barrier.wait()
        try:
            desk.keys.complete(asked.challenge_id, answer, purpose=ACT, binding=SESSION)
        except LreError:
            return False
        return True

    with ThreadPoolExecutor(12) as pool:
        assert sum(pool.map(send, range(12))) == 1
    assert desk.authentications() == 1


def test_two_answers_with_one_count_cannot_both_pass(desk: Desk, device: SoftwareAuthenticator) -> None:
    """F9.11, F9.03."""
    desk.enrol(device)
    asked = [desk.keys.begin(ADA.id, purpose=ACT, binding=SESSION) for _ in range(2)]
    answers = []
    for each in asked:
        device.passkeys[0].count = 6
        answers.append((each.challenge_id, device.get(each.options)))
    barrier = Barrier(2)

    def send(sent: tuple[str, str]) -> str:
        barrier.wait()
        try:
            desk.keys.complete(*sent, purpose=ACT, binding=SESSION)
        except LreError as error:
            return error.slug
        return "passed"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(send, answers)) == ["cloned-key", "passed"]
    assert desk.authentications() == 1
