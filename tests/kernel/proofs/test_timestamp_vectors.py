"""Tokens that are wrong in one thing each, properly signed otherwise: each refused with its reason."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from lre_kit.clock import now
from lre_kit.errors import TimestampRejectedError
from lre_kit.proofs.forms import der
from lre_kit.proofs.keys.keys import Keys, create_keys
from lre_kit.proofs.stamping import timestamp_token
from lre_kit.proofs.stamping.timestamp import check_token
from lre_kit.proofs.stamping.tsa import BuiltinAuthority
from lre_kit.testing.token_forge import DIGEST, SHA1, SHA384, SHA512, WRONG_TOKENS, Forge, named


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


@pytest.mark.parametrize(
    ("change", "reason"), WRONG_TOKENS, ids=lambda value: value if isinstance(value, str) else "+".join(value)
)
def test_one_thing_wrong_one_reason(keys: Keys, change: dict[str, object], reason: str) -> None:
    """F4.03: each of them properly signed."""
    assert refusal(lambda: check(keys, Forge(keys=keys, **change).token())) == reason  # type: ignore[arg-type]


def test_a_nonce_that_is_missing_or_another_is_refused(keys: Keys) -> None:
    """F4.03."""
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
    """F4.05."""
    assert refusal(lambda: check(keys, bytes(200_000))) == "format"
