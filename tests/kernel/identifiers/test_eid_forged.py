"""Tokens of an identity provider that lies or is confused: each is refused by name."""

import json
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws, jwt
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, OctKey, RSAKey

from lre_kit.identifiers.eid_provider_values import EidProvider
from lre_kit.identifiers.eid_tokens import Expected, at_hash, check_id_token, read_keys
from lre_kit.identifiers.eid_values import EidRefusedError, EidUnavailableError, Reason
from lre_kit.identifiers.rows import AuthenticationRow, IdentifierRow
from lre_kit.law.assurance import Level
from lre_kit.store.database import Database
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.eid_desk import EidDesk
from lre_kit.testing.forging_provider import CLIENT_ID, Claims, ForgingProvider

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


NOW = time.time()


def unsigned(claims: Claims) -> str:
    return f"{segment({'alg': 'none'})}.{segment(claims)}."


def headed(header: dict[str, Any], claims: Claims) -> str:
    return f"{segment(header)}.{segment(claims)}.AA"


def forged_by(key: Any, header: dict[str, Any]) -> Callable[[Claims], str]:
    return lambda claims: jwt.encode(header, claims, key, algorithms=[header["alg"]])


def confused(idp: ForgingProvider) -> Callable[[Claims], str]:
    """Sign with the provider's public key as if it were a shared secret."""
    assert isinstance(idp.key, ECKey)
    assert idp.key.public_key is not None
    public = idp.key.public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    secret = OctKey.import_key(urlsafe_b64encode(public).decode())
    return forged_by(secret, {"alg": "HS256", "kid": "k1"})


def tampered(idp: ForgingProvider) -> Callable[[Claims], str]:
    def made(claims: Claims) -> str:
        head, _, signature = idp.signed(claims).split(".")
        return f"{head}.{segment(claims | {'sub': 'bob'})}.{signature}"

    return made


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (lambda _: unsigned, "token-algorithm"),
        (
            lambda _: lambda claims: headed({"alg": "none", "kid": "k1"}, claims),
            "token-algorithm",
        ),
        (lambda _: lambda claims: headed({"alg": ["ES256"]}, claims), "token-algorithm"),
        (lambda _: lambda claims: headed({}, claims), "token-algorithm"),
        (confused, "token-algorithm"),
        (lambda _: forged_by(RSA, {"alg": "RS512", "kid": "k1"}), "token-algorithm"),
        (lambda _: forged_by(EC, {"alg": "ES256", "kid": "e1"}), "token-key"),
        (lambda _: forged_by(EC, {"alg": "ES256", "kid": "k1"}), "token-signature"),
        (lambda _: forged_by(EC, {"alg": "ES256"}), "token-signature"),
        (
            lambda _: forged_by(EC, {"alg": "ES256", "jwk": EC.as_dict(private=False), "kid": "k1"}),
            "token-signature",
        ),
        (lambda _: forged_by(RSA, {"alg": "RS256", "kid": "k1"}), "token-key"),
        (tampered, "token-signature"),
        (lambda idp: lambda claims: idp.signed(claims)[:-4] + "AAAA", "token-signature"),
        (lambda idp: lambda claims: idp.signed(claims) + "." * 2, "token-encryption"),
        (lambda idp: lambda claims: idp.signed(claims) + ".x", "token-form"),
        (lambda idp: lambda claims: idp.encrypted(claims, EC, "ECDH-ES"), "token-encryption"),
        (lambda _: lambda _: "a.b.c", "token-form"),
        (lambda _: lambda _: "é", "token-form"),
        (lambda _: lambda _: "A" * 65537, "token-form"),
        (lambda _: lambda _: "", "token-form"),
    ],
)
def test_a_forged_token_is_refused(
    opened: Opened,
    idp: ForgingProvider,
    made: Callable[[ForgingProvider], Callable[[Claims], str]],
    reason: str,
) -> None:
    """F9.12."""
    idp.sign = made(idp)
    assert refusal(opened(), idp) == reason


def test_a_token_with_critical_extensions_is_refused(opened: Opened, idp: ForgingProvider) -> None:
    header = {"alg": "ES256", "kid": "k1", "crit": ["b64"], "b64": False}
    idp.sign = lambda claims: headed(header, claims)
    assert refusal(opened(), idp) == "token-form"


def test_a_claim_that_stands_twice_is_refused(opened: Opened, idp: ForgingProvider) -> None:
    def made(claims: Claims) -> str:
        twice = json.dumps(claims)[:-1] + ', "sub": "bob"}'
        return jws.serialize_compact({"alg": "ES256", "kid": "k1"}, twice, idp.key, algorithms=["ES256"])

    idp.sign = made
    assert refusal(opened(), idp) == "token-form"


def test_a_token_of_an_earlier_login_is_refused(opened: Opened, idp: ForgingProvider) -> None:
    """F9.12."""
    kept: list[str] = []

    def replayed(claims: Claims) -> str:
        kept.append(idp.signed(claims))
        return kept[0]

    idp.sign = replayed
    desk = opened()
    assert desk.identify(idp.visit).factor is not None
    assert refusal(desk, idp) == "token-nonce"


@pytest.mark.parametrize("algorithm", ["RS256", "PS256"])
def test_rsa_signatures_are_taken(opened: Opened, idp: ForgingProvider, algorithm: str) -> None:
    idp.key, idp.algorithm = RSA, algorithm
    assert refusal(opened(), idp) == ""


def test_a_key_that_is_too_short_counts_as_none(opened: Opened, idp: ForgingProvider) -> None:
    with pytest.warns(SecurityWarning):
        weak = RSAKey.generate_key(1024, {"kid": "weak"}, private=True)
    idp.key, idp.algorithm = weak, "RS256"
    desk = opened()
    idp.sign = lambda claims: headed({"alg": "RS256", "kid": "weak"}, claims)
    with pytest.raises(EidUnavailableError):
        desk.identify(idp.visit)
    idp.published = json.dumps({"keys": [weak.as_dict(private=False), RSA.as_dict(private=False)]}).encode()
    assert refusal(desk, idp) == "token-key"


def test_a_key_for_encryption_or_another_algorithm_signs_nothing(
    opened: Opened, idp: ForgingProvider
) -> None:
    for wrong in ({"use": "enc"}, {"alg": "ES384"}):
        idp.published = json.dumps({"keys": [idp.key.as_dict(private=False) | wrong]}).encode()
        assert refusal(opened(), idp) == "token-key"


class _Held:
    def __init__(self, key: ECKey) -> None:
        self._found = read_keys({"keys": [key.as_dict(private=False)]})

    def held(self) -> Any:
        return self._found

    def renewed(self) -> None:
        return None


@given(st.data())
def test_no_token_with_one_byte_changed_is_taken(data: st.DataObject) -> None:
    provider = EidProvider(
        slug="t",
        name={"fr": "t", "en": "t"},
        issuer="https://i.example",
        client_id=CLIENT_ID,
        client_secret="x",
        levels={"a": Level.LOW},
        algorithms=frozenset({"ES256"}),
    )
    claims = {
        "iss": "https://i.example",
        "sub": "s",
        "aud": CLIENT_ID,
        "exp": NOW + 60,
        "iat": NOW,
        "auth_time": NOW,
        "nonce": "n",
        "acr": "a",
        "at_hash": at_hash("token", "ES256"),
    }
    token = jwt.encode({"alg": "ES256", "kid": "e1"}, claims, EC, algorithms=["ES256"])
    expected = Expected(nonce="n", level=None, asked_at=NOW, now=NOW, access_token="token")
    assert check_id_token(token, provider, _Held(EC), expected).subject == "s"
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters(codec="utf-8").filter(lambda c: c != token[place]))
    changed = token[:place] + other + token[place + 1 :]
    if changed.isascii() and _same_bytes(changed, token):
        return
    with pytest.raises(EidRefusedError) as caught:
        check_id_token(changed, provider, _Held(EC), expected)
    assert isinstance(caught.value.reason, Reason)


def _same_bytes(left: str, right: str) -> bool:
    """Tell whether two tokens differ in bits only that base64 does not carry."""
    try:
        return [_bytes(part) for part in left.split(".")] == [_bytes(part) for part in right.split(".")]
    except ValueError:
        return False


def _bytes(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))
