"""Encrypted id tokens: opened with the office's key, and still held against everything."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from joserfc import jwe
from joserfc.jwk import ECKey, RSAKey

from lre_kit.identifiers.rows import AuthenticationRow, IdentifierRow
from lre_kit.store.database import Database
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.eid_desk import EidDesk
from lre_kit.testing.forging_provider import Claims, ForgingProvider

RSA = RSAKey.generate_key(2048, {"kid": "r1"}, private=True)
EC = ECKey.generate_key("P-256", {"kid": "e1"}, private=True)


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def idp(clock: MovedClock) -> Iterator[ForgingProvider]:
    with ForgingProvider(clock=clock) as running:
        yield running


@pytest.fixture
def database(sqlite_url: str) -> Iterator[Database]:
    opened = Database(sqlite_url)
    yield opened
    opened.close()


Opened = Callable[..., EidDesk]


@pytest.fixture
def opened(database: Database, idp: ForgingProvider, clock: MovedClock) -> Opened:
    """Open a desk that knows the provider, with changes."""

    def made(*, timeout_s: float = 10.0, **changed: Any) -> EidDesk:
        return EidDesk(database, idp.provider(**changed), clock=clock, timeout_s=timeout_s)

    return made


def refusal(desk: EidDesk, idp: ForgingProvider, **asked: Any) -> str:
    found = desk.refused(lambda: desk.identify(idp.visit, party_id=desk.ada, **asked))
    if found:
        assert desk.count(IdentifierRow) == desk.count(AuthenticationRow) == 0
    return found


def segment(found: Any) -> str:
    return urlsafe_b64encode(json.dumps(found).encode()).rstrip(b"=").decode()


def unsigned(claims: Claims) -> str:
    return f"{segment({'alg': 'none'})}.{segment(claims)}."


@pytest.mark.parametrize(
    ("key", "alg"),
    [(RSA, "RSA-OAEP"), (RSA, "RSA-OAEP-256"), (EC, "ECDH-ES"), (EC, "ECDH-ES+A256KW")],
)
def test_encrypted_tokens_are_opened_and_plain_ones_refused(
    opened: Opened, idp: ForgingProvider, key: ECKey | RSAKey, alg: str
) -> None:
    desk = opened(encryption_key=key)
    assert refusal(desk, idp) == "token-encryption"
    idp.sign = lambda claims: idp.encrypted(claims, key, alg)
    found = desk.identify(idp.visit)
    assert found.factor is not None
    assert found.id_token.count(".") == 2


@pytest.mark.parametrize(
    ("alg", "enc", "to"),
    [
        ("RSA-OAEP", "A128CBC-HS256", RSA),
        ("ECDH-ES", "A256GCM", EC),
        ("RSA-OAEP", "A256GCM", RSAKey.generate_key(2048, private=True)),
    ],
)
def test_other_encryption_is_refused(
    opened: Opened, idp: ForgingProvider, alg: str, enc: str, to: ECKey | RSAKey
) -> None:
    idp.sign = lambda claims: idp.encrypted(claims, to, alg, enc)
    assert refusal(opened(encryption_key=RSA), idp) == "token-encryption"


def test_a_token_that_is_signed_by_nobody_inside_its_encryption_is_refused(
    opened: Opened, idp: ForgingProvider
) -> None:
    used = ["RSA-OAEP", "A256GCM"]
    header = {"alg": "RSA-OAEP", "enc": "A256GCM"}
    idp.sign = lambda claims: jwe.encrypt_compact(header, json.dumps(claims), RSA, algorithms=used)
    assert refusal(opened(encryption_key=RSA), idp) == "token-form"
    idp.sign = lambda claims: jwe.encrypt_compact(header, unsigned(claims), RSA, algorithms=used)
    assert refusal(opened(encryption_key=RSA), idp) == "token-algorithm"


def test_a_bomb_is_not_unpacked(opened: Opened, idp: ForgingProvider) -> None:
    header = {"alg": "RSA-OAEP", "enc": "A256GCM", "zip": "DEF"}
    idp.sign = lambda _: jwe.encrypt_compact(
        header, b"A" * 10_000_000, RSA, algorithms=["RSA-OAEP", "A256GCM", "DEF"]
    )
    assert refusal(opened(encryption_key=RSA), idp) == "token-encryption"
