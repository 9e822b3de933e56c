"""Claims of an id token: each is held against what was asked."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from joserfc.jwk import ECKey, RSAKey

from lre_kit.identifiers.rows import AuthenticationRow, IdentifierRow
from lre_kit.law.assurance import Level
from lre_kit.store.database import Database
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.eid_desk import EidDesk
from lre_kit.testing.forging_provider import CLIENT_ID, Claims, ForgingProvider, ago

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


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"iss": "http://127.0.0.1:1"}, "token-issuer"),
        ({"iss": None}, "token-issuer"),
        ({"aud": "another"}, "token-audience"),
        ({"aud": None}, "token-audience"),
        ({"aud": []}, "token-audience"),
        ({"aud": [CLIENT_ID, "another"]}, "token-audience"),
        ({"aud": [CLIENT_ID, "another"], "azp": "another"}, "token-audience"),
        ({"aud": [CLIENT_ID, "another"], "azp": [CLIENT_ID]}, "token-audience"),
        ({"azp": "another"}, "token-audience"),
        ({"exp": ago(31)}, "token-time"),
        ({"exp": None}, "token-time"),
        ({"exp": "9999999999"}, "token-time"),
        ({"exp": True}, "token-time"),
        ({"exp": 1e300}, "token-time"),
        ({"iat": ago(600)}, "token-time"),
        ({"iat": ago(-600)}, "token-time"),
        ({"iat": None}, "token-time"),
        ({"nbf": ago(-600)}, "token-time"),
        ({"nbf": {}}, "token-time"),
        ({"nonce": "another"}, "token-nonce"),
        ({"nonce": None}, "token-nonce"),
        ({"nonce": ["n"]}, "token-nonce"),
        ({"acr": "eidas1"}, "token-acr"),
        ({"acr": "EIDAS2"}, "token-acr"),
        ({"acr": None}, "token-acr"),
        ({"acr": ["eidas2"]}, "token-acr"),
        ({"auth_time": ago(3600)}, "token-auth-time"),
        ({"auth_time": ago(-3600)}, "token-auth-time"),
        ({"auth_time": None}, "token-auth-time"),
        ({"auth_time": "now"}, "token-auth-time"),
        ({"at_hash": "AAAA"}, "token-at-hash"),
        ({"at_hash": 1}, "token-at-hash"),
        ({"sub": None}, "token-subject"),
        ({"sub": ""}, "token-subject"),
        ({"sub": "a" * 256}, "token-subject"),
        ({"sub": "adà"}, "token-subject"),
        ({"sub": 7}, "token-subject"),
    ],
)
def test_a_claim_that_does_not_fit_is_refused(
    opened: Opened, idp: ForgingProvider, changes: Claims, reason: str
) -> None:
    """F9.12: levels, ages, nonces and the rest, one by one."""
    idp.changes = changes
    assert refusal(opened(), idp, level=Level.SUBSTANTIAL) == reason


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": [CLIENT_ID]},
        {"aud": [CLIENT_ID, "another"], "azp": CLIENT_ID},
        {"azp": CLIENT_ID},
        {"acr": "eidas3"},
        {"exp": ago(-1000.5)},
        {"extra": [{}]},
    ],
)
def test_what_fits_is_taken(opened: Opened, idp: ForgingProvider, changes: Claims) -> None:
    idp.changes = changes
    assert refusal(opened(), idp, level=Level.SUBSTANTIAL) == ""


def test_a_low_identity_serves_where_nothing_more_is_asked(opened: Opened, idp: ForgingProvider) -> None:
    idp.acr = "eidas1"
    found = opened().identify(idp.visit)
    assert found.factor is not None
    assert found.factor.vouched is Level.LOW


def test_an_old_login_may_serve_where_the_list_says_so(opened: Opened, idp: ForgingProvider) -> None:
    idp.changes = {"auth_time": ago(1200)}
    assert refusal(opened(prompt=()), idp) == "token-auth-time"
    idp.changes = {"auth_time": None}
    assert refusal(opened(prompt=(), max_age_s=1800), idp) == "token-auth-time"
    assert opened(auth_time_required=False).identify(idp.visit).factor is not None
    idp.changes = {"auth_time": ago(1200)}
    assert refusal(opened(auth_time_required=False), idp) == "token-auth-time"
    assert opened(prompt=(), max_age_s=1800).identify(idp.visit).factor is not None
