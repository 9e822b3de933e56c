"""Identity providers that answer oddly, late, encrypted or about somebody else."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from lre_kit.identifiers.eid_provider_values import Endpoints, Userinfo
from lre_kit.identifiers.eid_values import EidUnavailableError
from lre_kit.identifiers.rows import AuthenticationRow, IdentifierRow
from lre_kit.store.database import Database
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.eid_desk import SESSION, EidDesk
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


def forged_by(key: Any, header: dict[str, Any]) -> Callable[[Claims], str]:
    return lambda claims: jwt.encode(header, claims, key, algorithms=[header["alg"]])


def test_new_keys_are_fetched_once_when_the_old_ones_do_not_fit(opened: Opened, idp: ForgingProvider) -> None:
    desk = opened()
    desk.identify(idp.visit)
    desk.identify(idp.visit)
    assert idp.asked.count("/jwks") == 1
    idp.key = ECKey.generate_key("P-256", {"kid": "k2"}, private=True)
    assert desk.identify(idp.visit).factor is not None
    assert idp.asked.count("/jwks") == 2
    idp.key = ECKey.generate_key("P-256", {"kid": "k2"}, private=True)
    assert desk.identify(idp.visit).factor is not None
    assert idp.asked.count("/jwks") == 3
    idp.sign = forged_by(EC, {"alg": "ES256", "kid": "never"})
    assert refusal(desk, idp) == "token-key"
    assert idp.asked.count("/jwks") == 4
    assert idp.asked.count("/.well-known/openid-configuration") == 1


def test_keys_and_addresses_are_believed_for_an_hour(
    opened: Opened, idp: ForgingProvider, clock: MovedClock
) -> None:
    desk = opened()
    desk.identify(idp.visit)
    clock.advance(timedelta(minutes=61))
    desk.identify(idp.visit)
    assert idp.asked.count("/jwks") == idp.asked.count("/.well-known/openid-configuration") == 2


@pytest.mark.parametrize(
    "published",
    [
        b"[]",
        b"{}",
        b'{"keys": {}}',
        b'{"keys": []}',
        b"not JSON",
        b"\xff",
        b'{"keys": [' + b"[" * 5000 + b"]" * 5000 + b"]}",
        b'{"keys": [{"kty": "EC"}, 3, null, {"kty": "oct", "k": "AA"}]}',
        b'{"keys": [{"kty": "RSA", "n": "AQAB", "e": "AQAB"}, {"kty": "RSA", "n": 3}]}',
        b'{"keys": [' + b",".join([b'{"kty": "oct"}'] * 60) + b"]}",
        b" " * 200_000,
    ],
)
def test_unusable_keys_are_a_provider_that_does_not_answer(
    opened: Opened, idp: ForgingProvider, published: bytes
) -> None:
    idp.published = published
    desk = opened()
    with pytest.raises(EidUnavailableError):
        desk.identify(idp.visit)


def test_one_unusable_key_does_not_spoil_the_others(opened: Opened, idp: ForgingProvider) -> None:
    entries = [
        {"kty": "AKP", "alg": "ML-DSA-65"},
        {"kty": "EC", "crv": "P-9"},
        idp.key.as_dict(private=False),
    ]
    idp.published = json.dumps({"keys": entries}).encode()
    assert refusal(opened(), idp) == ""


@pytest.mark.parametrize(
    "answer",
    [
        (200, {"token_type": "mac"}),
        (200, {"token_type": None}),
        (200, {"access_token": None}),
        (200, {"access_token": "a\r\nX-Evil: 1"}),
        (200, {"id_token": None}),
        (200, {"id_token": 3}),
    ],
)
def test_an_answer_that_is_not_as_oauth_has_it_is_refused(
    opened: Opened, idp: ForgingProvider, answer: tuple[int, Claims]
) -> None:
    status, changes = answer
    idp.answer = lambda honest: (status, "application/json", json.dumps(honest | changes).encode())
    assert refusal(opened(), idp) == "response"


@pytest.mark.parametrize(
    "answer",
    [
        (500, b"{}"),
        (200, b"[]"),
        (200, b"<html>"),
        (302, b"http://127.0.0.1:1/elsewhere"),
        (401, b'{"error": "invalid_client"}'),
        (400, b'{"error": "\\u001b[31m"}'),
        (200, b" " * 140_000),
    ],
)
def test_a_provider_that_fails_is_said_to_be_unavailable(
    opened: Opened, idp: ForgingProvider, answer: tuple[int, bytes]
) -> None:
    idp.answer = lambda _: (answer[0], "application/json", answer[1])
    desk = opened()
    with pytest.raises(EidUnavailableError) as caught:
        desk.identify(idp.visit)
    assert caught.value.status == 503
    assert "127.0.0.1" not in str(caught.value)


def test_a_provider_that_is_slow_is_not_waited_for(opened: Opened, idp: ForgingProvider) -> None:
    desk = opened(timeout_s=0.5)
    brought = idp.visit(desk.begin())
    idp.delay_s = 2.0
    with pytest.raises(EidUnavailableError):
        desk.identities.complete(brought, binding=SESSION)
    assert desk.refused(lambda: desk.identities.complete(brought, binding=SESSION)) == "state"


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "http://127.0.0.1:1"},
        {"issuer": None},
        {"token_endpoint": None},
        {"jwks_uri": 3},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"token_endpoint": "http://elsewhere.example/token"},
        {"token_endpoint": "https://user:word@elsewhere.example/token"},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": "https://e.example:99999/"},
    ],
)
def test_metadata_that_name_another_or_an_open_address_are_not_used(
    opened: Opened, idp: ForgingProvider, metadata: Claims
) -> None:
    idp.metadata = metadata
    desk = opened()
    with pytest.raises(EidUnavailableError):
        desk.begin()


def test_pinned_addresses_are_not_discovered(opened: Opened, idp: ForgingProvider) -> None:
    pinned = Endpoints(
        authorization=f"{idp.issuer}/auth", token=f"{idp.issuer}/token", jwks=f"{idp.issuer}/jwks"
    )
    desk = opened(endpoints=pinned)
    desk.identify(idp.visit)
    assert idp.asked == ["/token", "/jwks"]
    assert desk.identities.logout_url("test", "t", state="s") is None
    without = idp.visit(desk.begin())
    del without["iss"]
    assert desk.identities.complete(without, binding=SESSION).factor is not None


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"iss": "http://127.0.0.1:1"}, "issuer"),
        ({"iss": ""}, "issuer"),
        ({"iss": None}, "issuer"),
        ({"code": None}, "code"),
        ({"code": "c" * 4097}, "code"),
        ({"code": "a\nb"}, "code"),
        ({"code": "never given"}, "code"),
        ({"error": "access_denied"}, "cancelled"),
        ({"error": "access_denied", "iss": None}, "cancelled"),
        ({"error": "login_required"}, "cancelled"),
        ({"error": "unmet_authentication_requirements"}, "token-acr"),
        ({"error": "server_error"}, "provider-error"),
        ({"error": "<script>", "error_description": "<script>"}, "provider-error"),
        ({"error": ""}, "provider-error"),
    ],
)
def test_what_the_browser_brings_is_checked_before_anybody_is_asked(
    opened: Opened, idp: ForgingProvider, changes: dict[str, str | None], reason: str
) -> None:
    desk = opened()
    brought: dict[str, str | None] = {**idp.visit(desk.begin()), **changes}
    answer = {name: value for name, value in brought.items() if value is not None}
    assert desk.refused(lambda: desk.identities.complete(answer, binding=SESSION)) == reason
    assert ("/token" in idp.asked) == (changes == {"code": "never given"})


def test_attributes_about_somebody_else_are_refused(opened: Opened, idp: ForgingProvider) -> None:
    desk = opened(userinfo=Userinfo.PLAIN)
    idp.told = ("application/json", b'{"sub": "bob", "given_name": "Bob"}')
    assert refusal(desk, idp) == "userinfo"
    idp.told = ("application/json", b'{"given_name": "Bob"}')
    assert refusal(desk, idp) == "token-subject"
    idp.told = ("text/html", b'{"sub": "ada-1815"}')
    assert refusal(desk, idp) == "userinfo"


def test_attributes_must_be_signed_where_the_list_says_so(opened: Opened, idp: ForgingProvider) -> None:
    desk = opened(userinfo=Userinfo.SIGNED)
    assert refusal(desk, idp) == "userinfo"
    honest = idp.person | {"iss": idp.issuer, "aud": CLIENT_ID}
    for claims, reason in (
        (honest | {"aud": "another"}, "userinfo"),
        (honest | {"iss": "http://127.0.0.1:1"}, "userinfo"),
        (honest | {"sub": "bob"}, "userinfo"),
        (idp.person, "userinfo"),
    ):
        idp.told = ("application/jwt", idp.signed(claims).encode())
        assert refusal(desk, idp) == reason
    idp.told = ("application/jwt", forged_by(EC, {"alg": "ES256", "kid": "k1"})(honest).encode())
    assert refusal(desk, idp) == "token-signature"
    idp.told = ("application/jwt; charset=utf-8", idp.signed(honest).encode())
    assert desk.identify(idp.visit).attributes.given_names == "Ada"


def test_odd_attributes_are_left_out(opened: Opened, idp: ForgingProvider) -> None:
    odd = {"given_name": "A\u202eda", "family_name": ["x"], "birthdate": "1815-00-00", "email": "x" * 301}
    idp.changes = odd
    found = opened().identify(idp.visit).attributes
    assert (found.given_names, found.family_name, found.birth_date, found.email) == ("", "", None, "")
    idp.changes = {"given_name": " Zoë 李 ", "birthdate": "1815"}
    again = opened().identify(idp.visit).attributes
    assert (again.given_names, again.birth_date) == ("Zoë 李", None)
