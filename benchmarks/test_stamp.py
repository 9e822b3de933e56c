"""Seals and time stamps against the bare operations they cannot do without.

Floors: one ES256 signature or check; the client library's own check of a token, without our rows of
the RFC 3161 list.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from rfc3161_client import VerifierBuilder, decode_timestamp_response

from lre_kit.clock import now
from lre_kit.proofs.forms import der
from lre_kit.proofs.keys.chain import check_chain
from lre_kit.proofs.keys.keys import Keys, create_keys
from lre_kit.proofs.sealing.commitment import compact
from lre_kit.proofs.sealing.seal import FileSeal, open_seal
from lre_kit.proofs.stamping.timestamp import check_token
from lre_kit.proofs.stamping.tsa import BuiltinAuthority

DIGEST = hashlib.sha256(b"checkpoint").digest()
ECDSA = ec.ECDSA(hashes.SHA256())
PAYLOAD = '{"EventTime":"2026-01-12T09:30:00.000000Z"}' + " " * 1800
"""About what an evidence record weighs."""


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    folder: Path = tmp_path_factory.mktemp("office") / "keys"
    create_keys(folder, provider_name="Office", origin="office.example/log", clock=now)
    return Keys.load(folder)


def test_stamp(keys: Keys, compare: Callable[..., object]) -> None:
    authority = BuiltinAuthority(keys, now)
    compare(
        "time stamp, built in ÷ one ES256 signature",
        floor=lambda: keys.tsa_key.sign(DIGEST, ECDSA),
        ours=lambda: authority.stamp(DIGEST),
        rounds=2000,
        aim=0.3,
    )


def test_check_token(keys: Keys, compare: Callable[..., object]) -> None:
    token = BuiltinAuthority(keys, now).stamp(DIGEST)
    anchors = keys.tsa_chain[-1:]

    def floor() -> None:
        response = decode_timestamp_response(der.sequence(der.sequence(der.integer(0)), token))
        verifier = VerifierBuilder(tsa_certificate=keys.tsa_certificate, roots=list(anchors)).build()
        verifier.verify(response, DIGEST)

    compare(
        "time stamp checked ÷ the library alone",
        floor=floor,
        ours=lambda: check_token(token, DIGEST, anchors=anchors),
        rounds=1000,
        aim=0.5,
    )


def test_seal(keys: Keys, compare: Callable[..., object]) -> None:
    seal, payload, at = FileSeal(keys), PAYLOAD.encode(), now()
    compare(
        "seal ÷ one ES256 signature",
        floor=lambda: keys.seal_key.sign(payload, ECDSA),
        ours=lambda: seal.sign(payload, at=at),
        rounds=2000,
        aim=0.4,
    )


def test_check_seal(keys: Keys, compare: Callable[..., object]) -> None:
    at = now()
    parts = FileSeal(keys).sign(PAYLOAD.encode(), at=at)
    text = compact(parts.protected, PAYLOAD, parts.signature)
    public, signature = keys.seal_key.public_key(), keys.seal_key.sign(PAYLOAD.encode(), ECDSA)

    def ours() -> None:
        found = open_seal(text)
        check_chain(found.certificate, others=found.others, anchors=keys.seal_chain[-1:], at=at)

    compare(
        "seal and chain checked ÷ one ES256 check",
        floor=lambda: public.verify(signature, PAYLOAD.encode(), ECDSA),
        ours=ours,
        rounds=2000,
        aim=0.4,
    )
