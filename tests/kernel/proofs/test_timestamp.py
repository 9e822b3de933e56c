"""RFC 3161: our tokens stand before OpenSSL, and every wrong token is refused with its own reason."""

import hashlib
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from asn1crypto import cms
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from lre_kit.clock import now
from lre_kit.errors import ConfigurationError, TimestampRejectedError, TimestampUnavailableError
from lre_kit.proofs.keys.keys import Keys, create_keys
from lre_kit.proofs.stamping.opening import open_authority
from lre_kit.proofs.stamping.timestamp import CheckedAuthority, check_token
from lre_kit.proofs.stamping.tsa import BuiltinAuthority
from lre_kit.proofs.stamping.tsa_http import HttpAuthority
from lre_kit.settings import Settings
from lre_kit.testing.tsa_server import POLICY, OpensslAuthority

DIGEST = hashlib.sha256(b"checkpoint").digest()


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    folder = tmp_path_factory.mktemp("office") / "keys"
    create_keys(folder, provider_name="Office", origin="office.example/log", clock=now)
    return Keys.load(folder)


def refusal(act: Callable[[], object]) -> str:
    with pytest.raises(TimestampRejectedError) as caught:
        act()
    return caught.value.check


def check(keys: Keys, token: bytes, digest: bytes = DIGEST, **more: object) -> object:
    return check_token(token, digest, anchors=keys.tsa_chain[-1:], **more)  # type: ignore[arg-type]


def test_openssl_accepts_our_token(keys: Keys, tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(b"checkpoint")
    (tmp_path / "token").write_bytes(BuiltinAuthority(keys, now).stamp(DIGEST))
    keys.write_trust(tmp_path / "trust")
    answer = subprocess.run(
        ["openssl", "ts", "-verify", "-data", tmp_path / "data", "-in", tmp_path / "token", "-token_in",
         "-CAfile", tmp_path / "trust" / "tsa-ca.pem"],
        capture_output=True, check=False,
    )  # fmt: skip
    assert b"Verification: OK" in answer.stdout + answer.stderr


def test_our_token_says_what_it_should_and_no_serial_comes_twice(keys: Keys) -> None:
    authority = open_authority(Settings(), keys, now)
    infos = [check_token(authority.stamp(DIGEST), DIGEST, anchors=keys.tsa_chain[-1:]) for _ in range(50)]
    assert len({info.serial for info in infos}) == 50
    assert abs(infos[0].gen_time - now()) < timedelta(minutes=1)
    assert "non-qualified" in infos[0].authority


def test_each_wrong_token_is_refused_with_its_own_reason(keys: Keys) -> None:
    """F4.03."""
    token = BuiltinAuthority(keys, now).stamp(DIGEST)
    assert refusal(lambda: check(keys, token, hashlib.sha256(b"other").digest())) == "imprint"
    assert refusal(lambda: check(keys, token, nonce=42)) == "nonce"
    assert refusal(lambda: check(keys, token, policy="1.2.3")) == "policy"
    assert refusal(lambda: check(keys, token[:-40])) == "format"
    assert refusal(lambda: check(keys, b"")) == "format"
    assert refusal(lambda: check(keys, b"<html>busy</html>")) == "format"
    assert refusal(lambda: check_token(token, DIGEST, anchors=keys.seal_chain[-1:])) == "chain"
    later = (now() + timedelta(hours=1), now() + timedelta(hours=2))
    assert refusal(lambda: check(keys, token, window=later)) == "time"


def test_a_broken_signature_is_refused(keys: Keys) -> None:
    token = bytearray(BuiltinAuthority(keys, now).stamp(DIGEST))
    token[-3] ^= 1
    assert refusal(lambda: check(keys, bytes(token))) in {"signature", "format"}


def test_two_signers_are_refused(keys: Keys) -> None:
    """F4.03."""
    content = cms.ContentInfo.load(BuiltinAuthority(keys, now).stamp(DIGEST))
    signers = content["content"]["signer_infos"]
    signers.append(signers[0].copy())
    assert refusal(lambda: check(keys, content.dump(force=True))) == "format"


def test_a_certificate_swapped_under_the_signature_is_refused(keys: Keys) -> None:
    content = cms.ContentInfo.load(BuiltinAuthority(keys, now).stamp(DIGEST))
    other = keys.seal_certificate.public_bytes(Encoding.DER)
    content["content"]["certificates"] = [cms.CertificateChoices.load(other)]
    assert refusal(lambda: check(keys, content.dump(force=True))) in {"signing-certificate", "format"}


def test_a_clock_that_is_wrong_is_noticed(keys: Keys) -> None:
    """F4.02."""
    wrong = BuiltinAuthority(keys, lambda: now() + timedelta(hours=1))
    authority = CheckedAuthority(
        wrong, anchors=keys.tsa_chain[-1:], clock=now, tolerance=timedelta(seconds=60)
    )
    assert refusal(lambda: authority.stamp(DIGEST)) == "time"


def test_an_authority_over_http_is_asked_and_checked(keys: Keys, tmp_path: Path) -> None:
    with OpensslAuthority(tmp_path / "tsa") as server:
        settings = Settings(tsa_url=server.url, tsa_anchor_file=server.anchor_file, tsa_policy=POLICY)
        token = open_authority(settings, keys, now).stamp(DIGEST)
        anchors = x509.load_pem_x509_certificates(server.anchor_file.read_bytes())
        assert check_token(token, DIGEST, anchors=anchors).policy == POLICY


def test_an_answer_to_another_request_is_refused(tmp_path: Path) -> None:
    """F4.03."""
    with OpensslAuthority(tmp_path / "tsa") as server:
        authority = HttpAuthority(server.url, policy=None, timeout_s=10)
        first: list[bytes] = []
        real = server.answer

        def replay(query: bytes) -> bytes:
            first.append(real(query))
            return first[0]

        server.answer = replay  # type: ignore[method-assign]
        authority.stamp(DIGEST)
        assert refusal(lambda: authority.stamp(DIGEST)) == "nonce"


def test_a_policy_the_authority_does_not_have_is_refused(tmp_path: Path) -> None:
    with OpensslAuthority(tmp_path / "tsa") as server:
        authority = HttpAuthority(server.url, policy="1.2.3.4", timeout_s=10)
        assert refusal(lambda: authority.stamp(DIGEST)) == "status"


@pytest.mark.parametrize("body", [b"", b"<html>", b"0" * 200_000], ids=["empty", "html", "huge"])
def test_an_answer_that_is_none_is_no_stamp(tmp_path: Path, body: bytes) -> None:
    with OpensslAuthority(tmp_path / "tsa") as server:
        server.answer = lambda query: body  # type: ignore[method-assign]
        with pytest.raises(TimestampUnavailableError):
            HttpAuthority(server.url, policy=None, timeout_s=5).stamp(DIGEST)


def test_a_closed_port_is_no_stamp() -> None:
    with pytest.raises(TimestampUnavailableError, match="does not answer"):
        HttpAuthority("http://127.0.0.1:9/", policy=None, timeout_s=2).stamp(DIGEST)


def test_settings_that_cannot_work_say_so(keys: Keys) -> None:
    with pytest.raises(ConfigurationError, match="LRE_TSA_ANCHOR_FILE"):
        open_authority(Settings(tsa_url="http://127.0.0.1:9/"), keys, now)
    with pytest.raises(ConfigurationError, match="LRE_TSA_URL"):
        HttpAuthority("ftp://tsa", policy=None, timeout_s=1)


@pytest.mark.parametrize(("critical", "purposes"), [(False, 1), (True, 2)])
def test_a_certificate_for_more_than_time_stamps_is_refused(
    tmp_path: Path, critical: bool, purposes: int
) -> None:
    # OpenSSL refuses to serve under such a certificate, so the token is made by our own writer.
    server = OpensslAuthority(tmp_path / "tsa", critical=critical, purposes=purposes)
    server._server.server_close()
    folder = tmp_path / "keys"
    create_keys(folder, provider_name="Office", origin="o.example/log", clock=now)
    for name in ("tsa.pem", "tsa.key"):
        (folder / name).write_bytes((server.folder / name).read_bytes())
    (folder / "tsa.pem").write_bytes((folder / "tsa.pem").read_bytes() + server.anchor_file.read_bytes())
    keys = Keys.load(folder)
    assert refusal(lambda: check(keys, BuiltinAuthority(keys, now).stamp(DIGEST))) == "purpose"
