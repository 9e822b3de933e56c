"""The seal: JAdES over JWS, checked strictly; keys that do not belong are noticed."""

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from hypothesis import given
from hypothesis import strategies as st

from lre_kit.clock import now
from lre_kit.errors import ConfigurationError, NotInitialisedError, WrongKeyError
from lre_kit.proofs.keys.chain import ChainError, check_chain
from lre_kit.proofs.keys.keys import Keys, create_keys
from lre_kit.proofs.sealing.commitment import compact
from lre_kit.proofs.sealing.seal import FileSeal, SealError, open_seal

PAYLOAD = '{"EventTime":"2026-01-12T09:30:00.000000Z"}'


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("office") / "keys"
    create_keys(made, provider_name="Prestataire Été", origin="office.example/log", clock=now)
    return made


@pytest.fixture(scope="module")
def keys(folder: Path) -> Keys:
    return Keys.load(folder)


def sealed(keys: Keys, payload: str = PAYLOAD) -> str:
    parts = FileSeal(keys).sign(payload.encode(), at=now())
    return compact(parts.protected, payload, parts.signature)


def test_a_seal_names_certificate_and_time_and_leads_to_its_authority(keys: Keys) -> None:
    check = open_seal(sealed(keys))
    assert check.payload == PAYLOAD.encode()
    assert abs(check.claimed_at - now()) < timedelta(minutes=1)
    check_chain(check.certificate, others=check.others, anchors=keys.seal_chain[-1:], at=check.claimed_at)


def test_the_header_is_that_of_jades_baseline_b(keys: Keys) -> None:
    protected = sealed(keys).split(".")[0]
    header = json.loads(base64.urlsafe_b64decode(protected + "=="))
    assert header.keys() == {"alg", "cty", "iat", "x5c", "x5t#S256"}
    assert header["alg"] == "ES256"


def test_another_jose_library_accepts_a_seal_and_refuses_a_changed_one(keys: Keys) -> None:
    public = keys.seal_certificate.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    jws, jwk = pytest.importorskip("joserfc.jws"), pytest.importorskip("joserfc.jwk")
    registry = jws.JWSRegistry(algorithms=["ES256"], strict_check_header=False)
    registry.max_header_length = 16_384
    key, text = jwk.ECKey.import_key(public), sealed(keys)
    found = jws.deserialize_compact(text, key, algorithms=["ES256"], registry=registry)
    assert found.payload == PAYLOAD.encode()
    header, _, signature = text.split(".")
    with pytest.raises(jws.BadSignatureError):
        other = base64.urlsafe_b64encode(b'{"a":2}').decode().rstrip("=")
        jws.deserialize_compact(f"{header}.{other}.{signature}", key, registry=registry)


@given(st.integers(0, 10_000), st.integers(0, 5))
def test_a_seal_with_one_character_changed_is_refused(keys: Keys, place: int, step: int) -> None:
    text = sealed(keys)
    place %= len(text)
    alphabet = "ABCdef012-_."
    swapped = alphabet[(alphabet.find(text[place]) + 1 + step) % len(alphabet)]
    if swapped == text[place]:
        return
    with pytest.raises(SealError):
        open_seal(text[:place] + swapped + text[place + 1 :])


@pytest.mark.parametrize("text", ["", "a", "a.b", "a.b.c", "..", "e30.e30.e30"])
def test_what_is_no_seal_is_refused(text: str) -> None:
    with pytest.raises(SealError):
        open_seal(text)


def test_the_none_algorithm_is_refused(keys: Keys) -> None:
    protected, payload, _ = sealed(keys).split(".")
    header = json.loads(base64.urlsafe_b64decode(protected + "==")) | {"alg": "none"}
    forged = base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode()
    with pytest.raises(SealError):
        open_seal(f"{forged}.{payload}.")


def test_validity_is_judged_at_the_proven_time(keys: Keys) -> None:
    leaf, anchors = keys.seal_certificate, keys.seal_chain[-1:]
    check_chain(leaf, others=(), anchors=anchors, at=now())
    for at in (datetime(2020, 1, 1, tzinfo=UTC), now() + timedelta(days=365 * 6)):
        with pytest.raises(ChainError) as caught:
            check_chain(leaf, others=(), anchors=anchors, at=at)
        assert caught.value.sub_indication == "OUT_OF_BOUNDS_NO_POE"


def forged(keys: Keys, **header: object) -> str:
    """A seal by the right key whose header says something else."""
    seal = FileSeal(keys)
    seal._constant.update(header)  # type: ignore[arg-type]
    parts = seal.sign(PAYLOAD.encode(), at=now())
    return compact(parts.protected, PAYLOAD, parts.signature)


def _text(certificate: x509.Certificate, *, changed_at: int | None = None) -> str:
    encoded = bytearray(certificate.public_bytes(Encoding.DER))
    if changed_at is not None:
        encoded[changed_at % len(encoded)] ^= 0x81
    return base64.b64encode(encoded).decode()


@pytest.mark.parametrize(
    "header",
    [
        {"crit": ["exp"], "exp": 1},
        {"crit": ["b64"], "b64": False},
        {"x5c": "text"},
        {"x5c": []},
        {"x5c": [{}]},
        {"x5c": [1]},
        {"x5t#S256": "AAAA"},
        {"padding": "x" * 20_000},
    ],
    ids="+".join,
)
def test_a_header_that_is_not_understood_is_refused(keys: Keys, header: dict[str, object]) -> None:
    with pytest.raises(SealError):
        open_seal(forged(keys, **header))


def test_a_time_stamp_certificate_does_not_seal(keys: Keys) -> None:
    certificate = keys.tsa_certificate
    other = replace(keys, seal_key=keys.tsa_key, seal_certificate=certificate, seal_chain=keys.tsa_chain)
    with pytest.raises(SealError) as caught:
        open_seal(sealed(other))
    assert caught.value.sub_indication == "CHAIN_CONSTRAINTS_FAILURE"


def test_an_authority_does_not_seal(keys: Keys, folder: Path) -> None:
    key = load_pem_private_key((folder / "seal-ca.key").read_bytes(), None)
    other = replace(keys, seal_key=key, seal_certificate=keys.seal_chain[-1])  # type: ignore[arg-type]
    with pytest.raises(SealError) as caught:
        open_seal(sealed(other))
    assert caught.value.sub_indication == "CHAIN_CONSTRAINTS_FAILURE"


@given(st.integers(0, 2000))
def test_a_damaged_certificate_beside_a_seal_is_a_finding_not_a_crash(keys: Keys, place: int) -> None:
    text = forged(keys, x5c=[_text(keys.seal_certificate), _text(keys.seal_chain[-1], changed_at=place)])
    with pytest.raises((SealError, ChainError)):
        check = open_seal(text)
        check_chain(check.certificate, others=check.others, anchors=keys.tsa_chain[-1:], at=now())


def test_another_authority_is_not_trusted(keys: Keys) -> None:
    with pytest.raises(ChainError) as caught:
        check_chain(keys.seal_certificate, others=keys.seal_chain, anchors=keys.tsa_chain[-1:], at=now())
    assert caught.value.sub_indication == "NO_CERTIFICATE_CHAIN_FOUND"


def test_key_files_are_for_their_owner_only(folder: Path) -> None:
    assert {path.stat().st_mode & 0o077 for path in folder.iterdir()} == {0}


def test_keys_are_never_overwritten(folder: Path) -> None:
    with pytest.raises(ConfigurationError, match="already"):
        create_keys(folder, provider_name="x", origin="x/y", clock=now)


def test_keys_that_are_missing_damaged_or_swapped_are_noticed(tmp_path: Path) -> None:
    """F8.13."""
    with pytest.raises(NotInitialisedError, match="lre init"):
        Keys.load(tmp_path / "nowhere")
    made = tmp_path / "keys"
    create_keys(made, provider_name="Office", origin="office.example/log", clock=now)
    seal, tsa = (made / "seal.key").read_bytes(), (made / "tsa.key").read_bytes()
    (made / "seal.key").write_bytes(tsa)
    with pytest.raises(WrongKeyError, match="belong"):
        Keys.load(made)
    (made / "seal.key").write_bytes(b"junk")
    with pytest.raises(WrongKeyError):
        Keys.load(made)
    (made / "seal.key").write_bytes(seal)
    (made / "kek.secret").write_bytes(b"short")
    with pytest.raises(WrongKeyError, match="length"):
        Keys.load(made)
    (made / "kek.secret").unlink()
    with pytest.raises(NotInitialisedError, match="missing"):
        Keys.load(made)


def test_a_chain_without_its_authority_is_noticed(tmp_path: Path) -> None:
    made = tmp_path / "keys"
    create_keys(made, provider_name="Office", origin="office.example/log", clock=now)
    leaf, root = x509.load_pem_x509_certificates((made / "seal.pem").read_bytes())
    stranger = x509.load_pem_x509_certificates((made / "tsa.pem").read_bytes())[-1]
    for chain in ([leaf], [leaf, stranger], [leaf, root, stranger]):
        (made / "seal.pem").write_bytes(b"".join(c.public_bytes(Encoding.PEM) for c in chain))
        with pytest.raises(WrongKeyError, match="lead up"):
            Keys.load(made)


def test_a_seal_key_on_another_curve_is_refused(tmp_path: Path) -> None:
    made = tmp_path / "keys"
    create_keys(made, provider_name="Office", origin="office.example/log", clock=now)
    key = ec.generate_private_key(ec.SECP384R1())
    old = x509.load_pem_x509_certificates((made / "seal.pem").read_bytes())[0]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(old.subject)
        .issuer_name(old.subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(old.not_valid_before_utc)
        .not_valid_after(old.not_valid_after_utc)
        .sign(key, SHA256())
    )
    (made / "seal.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (made / "seal.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    with pytest.raises(WrongKeyError, match="P-256"):
        Keys.load(made)


def test_keys_do_not_show_their_secrets(keys: Keys) -> None:
    shown = repr(keys)
    for secret in (keys.kek, keys.pepper, keys.link_secret):
        assert repr(secret) not in shown
        assert secret.hex() not in shown
    assert "PrivateKey" not in shown


def test_a_failed_start_leaves_no_secrets_behind(tmp_path: Path) -> None:
    def broken() -> datetime:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        create_keys(tmp_path / "keys", provider_name="Office", origin="office.example/log", clock=broken)
    assert not list(tmp_path.iterdir())
    with pytest.raises(ConfigurationError, match="LRE_PROVIDER_NAME"):
        create_keys(tmp_path / "keys", provider_name=" ", origin="office.example/log", clock=now)


def test_what_verifiers_get_holds_no_secret_and_says_what_it_is(keys: Keys, tmp_path: Path) -> None:
    keys.write_trust(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {
        "seal-ca.pem",
        "tsa-ca.pem",
        "log.vkey",
        "README.txt",
    }
    assert not any(b"PRIVATE" in path.read_bytes() for path in tmp_path.iterdir())
    assert "office.example/log" in (tmp_path / "README.txt").read_text(encoding="utf-8")
