"""Tokens that are wrong in one thing each, properly signed otherwise: each refused with its reason."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from lre_kit.clock import now
from lre_kit.errors import TimestampRejectedError
from lre_kit.proofs import der, timestamp_token
from lre_kit.proofs.keys import Keys, create_keys
from lre_kit.proofs.timestamp import check_token
from lre_kit.proofs.timestamp_token import (
    CONTENT_TYPE,
    MESSAGE_DIGEST,
    SHA256,
    SIGNING_CERTIFICATE_V2,
    TST_INFO,
)
from lre_kit.proofs.tsa import POLICY, BuiltinAuthority

DIGEST = hashlib.sha256(b"checkpoint").digest()
SHA1, SHA384, SHA512 = (
    der.oid(o) for o in ("1.3.14.3.2.26", "2.16.840.1.101.3.4.2.2", "2.16.840.1.101.3.4.2.3")
)
SIGNING_CERTIFICATE_V1 = der.oid("1.2.840.113549.1.9.16.2.12")
ECDSA_SHA1, ECDSA_SHA256, ECDSA_SHA384 = (
    der.oid(o) for o in ("1.2.840.10045.4.1", "1.2.840.10045.4.3.2", "1.2.840.10045.4.3.3")
)
DATA = der.oid("1.2.840.113549.1.7.1")


def attribute(kind: bytes, *values: bytes) -> bytes:
    return der.sequence(kind, der.set_of(*values))


def named(certificate: x509.Certificate, algorithm: bytes = b"", digest: str = "sha256") -> bytes:
    """SigningCertificateV2 naming a certificate."""
    value = hashlib.new(digest, certificate.public_bytes(Encoding.DER)).digest()
    head = der.sequence(algorithm) if algorithm else b""
    return attribute(
        SIGNING_CERTIFICATE_V2, der.sequence(der.sequence(der.sequence(head, der.octets(value))))
    )


@dataclass(frozen=True, kw_only=True)
class Forge:
    """A token in which anything may be said otherwise."""

    keys: Keys
    version: int = 1
    algorithm: bytes = SHA256
    imprint: bytes = DIGEST
    nonce: int | None = None
    content_type: bytes = TST_INFO
    signed_type: bytes = TST_INFO
    names: bytes | None = None
    signed_digest: bytes | None = None
    without: frozenset[bytes] = frozenset()
    extra: tuple[bytes, ...] = ()
    certificates: Sequence[x509.Certificate] | None = None
    backwards: bool = False
    signers: int = 1
    digest_algorithm: bytes = SHA256
    signature_algorithm: bytes = ECDSA_SHA256
    signer_version: int = 1
    envelope_version: int = 3
    at: datetime = field(default_factory=now)

    def token(self) -> bytes:
        certificate, key = self.keys.tsa_certificate, self.keys.tsa_key
        info = der.sequence(
            der.integer(self.version),
            der.oid(POLICY),
            der.sequence(der.sequence(self.algorithm), der.octets(self.imprint)),
            der.integer(7),
            der.generalized_time(self.at),
            b"" if self.nonce is None else der.integer(self.nonce),
        )
        digest = self.signed_digest or hashlib.sha256(info).digest()
        attributes = {
            CONTENT_TYPE: attribute(CONTENT_TYPE, self.signed_type),
            MESSAGE_DIGEST: attribute(MESSAGE_DIGEST, der.octets(digest)),
            SIGNING_CERTIFICATE_V2: self.names or named(certificate),
        }
        kept = [encoded for kind, encoded in attributes.items() if kind not in self.without]
        signed = der.set_of(*kept, *self.extra)
        signer = der.sequence(
            der.integer(self.signer_version),
            der.sequence(certificate.issuer.public_bytes(), der.integer(certificate.serial_number)),
            der.sequence(self.digest_algorithm),
            b"\xa0" + signed[1:],
            der.sequence(self.signature_algorithm),
            der.octets(key.sign(signed, ec.ECDSA(hashes.SHA256()))),
        )
        carried = sorted(c.public_bytes(Encoding.DER) for c in self.certificates or [certificate])
        return der.sequence(
            der.oid("1.2.840.113549.1.7.2"),
            der.tlv(
                0xA0,
                der.sequence(
                    der.integer(self.envelope_version),
                    der.set_of(der.sequence(SHA256)),
                    der.sequence(self.content_type, der.tlv(0xA0, der.octets(info))),
                    der.tlv(0xA0, *(reversed(carried) if self.backwards else carried)),
                    der.set_of(*[signer] * self.signers),
                ),
            ),
        )


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    folder = tmp_path_factory.mktemp("office") / "keys"
    create_keys(folder, provider_name="Office", origin="office.example/log", clock=now)
    return Keys.load(folder)


def refusal(act: Callable[[], object]) -> str:
    with pytest.raises(TimestampRejectedError) as caught:
        act()
    return caught.value.check


def check(keys: Keys, token: bytes, **more: int) -> object:
    return check_token(token, DIGEST, anchors=keys.tsa_chain[-1:], nonce=more.get("nonce"))


def test_what_the_forge_makes_is_right_when_nothing_is_changed(keys: Keys) -> None:
    assert check(keys, Forge(keys=keys).token())
    assert check(keys, Forge(keys=keys, nonce=2**63 + 5).token(), nonce=2**63 + 5)


V1_NAME = attribute(SIGNING_CERTIFICATE_V1, der.sequence(der.sequence(der.sequence(der.octets(b"1" * 20)))))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"version": 2}, "version"),
        ({"imprint": hashlib.sha256(b"other").digest()}, "imprint"),
        ({"algorithm": SHA512}, "imprint"),
        ({"algorithm": SHA1, "imprint": DIGEST[:20]}, "imprint"),
        ({"content_type": DATA}, "format"),
        ({"signed_type": DATA}, "format"),
        ({"without": frozenset({CONTENT_TYPE})}, "format"),
        ({"without": frozenset({MESSAGE_DIGEST})}, "format"),
        ({"extra": (attribute(CONTENT_TYPE, DATA),)}, "format"),
        ({"extra": (attribute(MESSAGE_DIGEST, der.octets(bytes(32))),)}, "format"),
        ({"signers": 0}, "format"),
        ({"signers": 2}, "format"),
        ({"without": frozenset({SIGNING_CERTIFICATE_V2})}, "signing-certificate"),
        ({"without": frozenset({SIGNING_CERTIFICATE_V2}), "extra": (V1_NAME,)}, "signing-certificate"),
        ({"names": attribute(SIGNING_CERTIFICATE_V2, der.sequence())}, "signing-certificate"),
        ({"signer_version": 3}, "format"),
        ({"envelope_version": 1}, "format"),
        ({"digest_algorithm": SHA1, "signature_algorithm": ECDSA_SHA1}, "algorithm"),
        ({"signature_algorithm": ECDSA_SHA384}, "algorithm"),
        ({"signed_digest": hashlib.sha256(b"other").digest()}, "signature"),
    ],
    ids=lambda value: value if isinstance(value, str) else "+".join(value),
)
def test_one_thing_wrong_one_reason(keys: Keys, change: dict[str, object], reason: str) -> None:
    assert refusal(lambda: check(keys, Forge(keys=keys, **change).token())) == reason  # type: ignore[arg-type]


def test_a_nonce_that_is_missing_or_another_is_refused(keys: Keys) -> None:
    assert refusal(lambda: check(keys, Forge(keys=keys).token(), nonce=5)) == "nonce"
    assert refusal(lambda: check(keys, Forge(keys=keys, nonce=6).token(), nonce=5)) == "nonce"


def test_the_certificate_may_be_named_by_a_longer_digest_but_not_a_shorter(keys: Keys) -> None:
    leaf = keys.tsa_certificate
    assert check(keys, Forge(keys=keys, names=named(leaf, SHA384, "sha384")).token())
    assert check(keys, Forge(keys=keys, names=named(leaf, SHA512, "sha512")).token())
    shorter = Forge(keys=keys, names=named(leaf, SHA1, "sha1"))
    assert refusal(lambda: check(keys, shorter.token())) == "signing-certificate"


def test_a_token_that_names_another_certificate_than_its_signers_is_refused(keys: Keys) -> None:
    other = keys.tsa_chain[-1]
    both = [keys.tsa_certificate, other]
    assert refusal(lambda: check(keys, Forge(keys=keys, names=named(other)).token())) == "signing-certificate"
    swapped = Forge(keys=keys, names=named(other), certificates=both)
    assert refusal(lambda: check(keys, swapped.token())) in {"purpose", "signature"}


def test_a_second_certificate_under_the_signers_name_is_refused(keys: Keys) -> None:
    real = keys.tsa_certificate
    stranger = ec.generate_private_key(ec.SECP256R1())
    double = (
        x509.CertificateBuilder()
        .subject_name(real.subject)
        .issuer_name(real.issuer)
        .serial_number(real.serial_number)
        .public_key(stranger.public_key())
        .not_valid_before(real.not_valid_before_utc)
        .not_valid_after(real.not_valid_after_utc)
        .sign(stranger, hashes.SHA256())
    )
    forged = Forge(keys=replace(keys, tsa_key=stranger), certificates=[real, double])
    assert refusal(lambda: check(keys, forged.token())) == "signing-certificate"


def test_certificates_out_of_order_are_put_in_order(keys: Keys) -> None:
    forge = Forge(keys=keys, certificates=[keys.tsa_certificate, *keys.tsa_chain])
    assert check(keys, forge.token())
    assert check(keys, replace(forge, backwards=True).token())


def test_the_instant_is_read_with_its_fraction(keys: Keys) -> None:
    at = now().replace(microsecond=120_500)
    token = BuiltinAuthority(keys, lambda: at).stamp(DIGEST)
    assert check_token(token, DIGEST, anchors=keys.tsa_chain[-1:]).gen_time == at


def test_a_stamp_outlives_the_certificate_it_was_made_with(tmp_path: Path) -> None:
    then = datetime(2011, 3, 1, 12, tzinfo=UTC)
    create_keys(tmp_path / "keys", provider_name="Office", origin="o.example/log", clock=lambda: then)
    keys = Keys.load(tmp_path / "keys")
    anchors = keys.tsa_chain[-1:]
    assert keys.tsa_certificate.not_valid_after_utc < now()
    made = BuiltinAuthority(keys, lambda: then + timedelta(days=30)).stamp(DIGEST)
    assert check_token(made, DIGEST, anchors=anchors).gen_time.year == 2011
    late = BuiltinAuthority(keys, lambda: keys.tsa_certificate.not_valid_after_utc + timedelta(seconds=1))
    assert refusal(lambda: check_token(late.stamp(DIGEST), DIGEST, anchors=anchors)) == "chain"


@given(st.integers(0, 2000), st.integers(1, 255))
def test_no_byte_of_a_token_can_change_unnoticed(keys: Keys, place: int, by: int) -> None:
    token = bytearray(BuiltinAuthority(keys, now).stamp(DIGEST))
    place %= len(token)
    token[place] ^= by
    try:
        info = check_token(bytes(token), DIGEST, anchors=keys.tsa_chain[-1:])
    except TimestampRejectedError:
        return
    pytest.fail(f"byte {place} changed by {by:#x} went unnoticed: {info}")


@given(st.binary(max_size=400))
def test_no_bytes_at_all_bring_the_reader_down(junk: bytes) -> None:
    for token in (
        junk,
        der.sequence(junk),
        der.sequence(der.oid("1.2.840.113549.1.7.2"), der.tlv(0xA0, junk)),
    ):
        with pytest.raises(ValueError):
            timestamp_token.read(token)


def test_a_token_too_large_is_not_even_read(keys: Keys) -> None:
    assert refusal(lambda: check(keys, bytes(200_000))) == "format"
