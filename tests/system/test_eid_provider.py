"""Electronic identities against a real OpenID Connect provider, with a client that keeps cookies."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from joserfc.jwk import ECKey, RSAKey

from lre_kit.clock import now
from lre_kit.identifiers.eid_provider_values import ATTRIBUTES
from lre_kit.identifiers.eid_providers import EidProvider, Endpoints, Userinfo
from lre_kit.identifiers.eid_values import EidUnavailableError
from lre_kit.identifiers.rows import IdentifierRow
from lre_kit.law.assurance import Level
from lre_kit.store.database import Database
from lre_kit.testing.eid_desk import GOODBYE, REDIRECT, SESSION, EidDesk, asked_in
from lre_kit.testing.forging_provider import CLIENT_ID, CLIENT_SECRET, LEVELS
from lre_kit.testing.oidc import Browser, OidcServer
from lre_kit.testing.private_servers import MissingServiceError

pytestmark = pytest.mark.needs("node", "npm")

SIGNING = ECKey.generate_key("P-256", private=True)
OPENERS: dict[str, ECKey | RSAKey] = {
    "ECDH-ES": ECKey.generate_key("P-256", private=True),
    "RSA-OAEP": RSAKey.generate_key(2048, private=True),
    "RSA-OAEP-256": RSAKey.generate_key(2048, private=True),
}


def client(name: str, **more: Any) -> dict[str, Any]:
    return {
        "client_id": name,
        "client_secret": CLIENT_SECRET,
        "redirect_uris": [REDIRECT],
        "post_logout_redirect_uris": [GOODBYE],
        "token_endpoint_auth_method": "client_secret_post",
        "id_token_signed_response_alg": "ES256",
        **more,
    }


def encrypted(alg: str) -> dict[str, Any]:
    public = OPENERS[alg].as_dict(private=False) | {"use": "enc", "kid": "enc"}
    told = {
        f"{each}_encrypted_response_{name}": value
        for each in ("id_token", "userinfo")
        for name, value in (("alg", alg), ("enc", "A256GCM"))
    }
    return client(f"encrypted-{alg}", jwks={"keys": [public]}, userinfo_signed_response_alg="ES256", **told)


@pytest.fixture(scope="module")
def server() -> Iterator[OidcServer]:
    signing = SIGNING.as_dict(private=False) | {"use": "sig", "kid": SIGNING.thumbprint()}
    signed = client(
        "signed",
        token_endpoint_auth_method="private_key_jwt",
        token_endpoint_auth_signing_alg="ES256",
        jwks={"keys": [signing]},
    )
    del signed["client_secret"]
    clients = [
        client(CLIENT_ID),
        client("basic", token_endpoint_auth_method="client_secret_basic"),
        client("rsa", id_token_signed_response_alg="PS256", userinfo_signed_response_alg="PS256"),
        signed,
        *map(encrypted, OPENERS),
    ]
    try:
        with OidcServer(clients) as running:
            yield running
    except MissingServiceError as missing:
        if os.environ.get("LRE_REQUIRE_SERVICES") == "1":
            pytest.fail(str(missing))
        pytest.skip(str(missing))


@pytest.fixture
def browser() -> Browser:
    return Browser()


@pytest.fixture
def database(sqlite_url: str) -> Iterator[Database]:
    opened = Database(sqlite_url)
    yield opened
    opened.close()


Opened = Callable[..., EidDesk]


@pytest.fixture
def opened(database: Database, server: OidcServer) -> Opened:
    """Open a desk that accepts the provider, known to it as some client."""

    def made(client_id: str = CLIENT_ID, **changed: Any) -> EidDesk:
        told: dict[str, Any] = {
            "slug": "test",
            "name": {"fr": "Essai", "en": "Test"},
            "issuer": server.issuer,
            "client_id": client_id,
            "client_secret": CLIENT_SECRET,
            "levels": LEVELS,
            "algorithms": frozenset({"ES256"}),
            "userinfo": Userinfo.PLAIN,
            "attributes": {**ATTRIBUTES, "preferred_name": "preferred_username"},
        }
        return EidDesk(database, EidProvider(**(told | changed)), clock=now)

    return made


def brought(desk: EidDesk, browser: Browser, *, level: Level | None = None, **login: Any) -> dict[str, str]:
    login.setdefault("acr", "eidas2")
    return browser.visit(desk.begin(party_id=desk.ada, level=level), home=REDIRECT, **login)


def test_a_person_identifies_and_is_vouched_for(opened: Opened, browser: Browser) -> None:
    desk = opened()
    answer = brought(desk, browser, level=Level.SUBSTANTIAL)
    assert answer.keys() == {"code", "state", "iss"}
    found = desk.identities.complete(answer, binding=SESSION)
    assert found.party_id == desk.ada
    assert found.factor is not None
    assert found.factor.vouched is Level.SUBSTANTIAL
    told = found.attributes
    assert (told.given_names, told.family_name, told.preferred_name) == ("Ada", "Lovelace", "King")
    assert (str(told.birth_date), told.email) == ("1815-12-10", "ada@example.org")


def test_the_level_is_the_one_of_the_login(opened: Opened, browser: Browser) -> None:
    desk = opened()
    for acr, level in LEVELS.items():
        found = desk.identities.complete(brought(desk, browser, acr=acr), binding=SESSION)
        assert found.factor is not None
        assert found.factor.vouched is level


def test_a_login_below_the_level_is_refused(opened: Opened, browser: Browser) -> None:
    desk = opened()
    answer = brought(desk, browser, level=Level.HIGH, acr="eidas2")
    assert desk.refused(lambda: desk.identities.complete(answer, binding=SESSION)) == "token-acr"
    assert desk.count(IdentifierRow) == 0


def test_an_essential_level_the_provider_cannot_meet_is_said_by_it(opened: Opened, browser: Browser) -> None:
    desk = opened(acr_claim=True)
    answer = brought(desk, browser, level=Level.HIGH, acr="eidas2")
    assert answer["error"] == "unmet_authentication_requirements"
    assert desk.refused(lambda: desk.identities.complete(answer, binding=SESSION)) == "token-acr"


def test_a_login_that_is_old_is_refused(opened: Opened, browser: Browser) -> None:
    desk = opened()
    answer = brought(desk, browser, login_age_s=120)
    assert desk.refused(lambda: desk.identities.complete(answer, binding=SESSION)) == "token-auth-time"


def test_each_question_is_a_login_of_its_own(opened: Opened, browser: Browser) -> None:
    desk = opened()
    assert desk.identities.complete(brought(desk, browser, acr="eidas1"), binding=SESSION).factor is not None
    # The provider remembers the browser, and asks again all the same.
    again = desk.identities.complete(brought(desk, browser, acr="eidas3"), binding=SESSION)
    assert again.factor is not None
    assert again.factor.vouched is Level.HIGH


def test_a_login_that_is_cancelled_is_said_to_be(opened: Opened, browser: Browser) -> None:
    desk = opened()
    answer = brought(desk, browser, cancel=True)
    assert answer["error"] == "access_denied"
    assert desk.refused(lambda: desk.identities.complete(answer, binding=SESSION)) == "cancelled"


def test_a_code_and_an_answer_serve_once(opened: Opened, browser: Browser) -> None:
    desk = opened()
    answer = brought(desk, browser)
    desk.identities.complete(answer, binding=SESSION)
    assert desk.refused(lambda: desk.identities.complete(answer, binding=SESSION)) == "state"
    replayed = brought(desk, browser) | {"code": answer["code"]}
    assert desk.refused(lambda: desk.identities.complete(replayed, binding=SESSION)) == "code"


def test_answers_swapped_between_two_browsers_are_refused(opened: Opened) -> None:
    desk, mine, theirs = opened(), Browser(), Browser()
    first = mine.visit(desk.begin(binding="mine"), home=REDIRECT, acr="eidas2")
    second = theirs.visit(desk.begin(binding="theirs"), home=REDIRECT, acr="eidas2", person="bob")
    assert desk.refused(lambda: desk.identities.complete(second, binding="mine")) == "state"
    # The code of one question in the answer to another: the verifier is another's.
    mixed = first | {"code": second["code"]}
    assert desk.refused(lambda: desk.identities.complete(mixed, binding="mine")) == "code"
    assert desk.identities.complete(second, binding="theirs").factor is not None


def test_another_person_at_the_provider_is_another_identity(opened: Opened, browser: Browser) -> None:
    desk = opened()
    desk.identities.complete(brought(desk, browser), binding=SESSION)
    other = desk.identities.complete(brought(desk, browser, person="bob"), binding=SESSION)
    assert (other.factor, other.needs_review) == (None, True)
    stolen = browser.visit(desk.begin(party_id=desk.bob), home=REDIRECT, acr="eidas2")
    assert desk.refused(lambda: desk.identities.complete(stolen, binding=SESSION)) == "other-person"


@pytest.mark.parametrize(
    ("client_id", "changed"),
    [
        ("basic", {"basic": True}),
        ("signed", {"client_secret": None, "client_key": SIGNING}),
        ("rsa", {"algorithms": frozenset({"PS256"}), "userinfo": Userinfo.SIGNED}),
        *(
            (f"encrypted-{alg}", {"encryption_key": key, "userinfo": Userinfo.SIGNED})
            for alg, key in OPENERS.items()
        ),
    ],
)
def test_every_way_of_naming_signing_and_encrypting_is_understood(
    opened: Opened, browser: Browser, client_id: str, changed: dict[str, Any]
) -> None:
    desk = opened(client_id, **changed)
    found = desk.identities.complete(brought(desk, browser), binding=SESSION)
    assert found.factor is not None
    assert found.attributes.family_name == "Lovelace"


def test_a_token_of_another_algorithm_or_without_encryption_is_refused(
    opened: Opened, browser: Browser
) -> None:
    desk = opened(algorithms=frozenset({"RS256"}))
    answer = brought(desk, browser)
    assert desk.refused(lambda: desk.identities.complete(answer, binding=SESSION)) == "token-algorithm"
    desk = opened(encryption_key=OPENERS["ECDH-ES"])
    answer = brought(desk, browser)
    assert desk.refused(lambda: desk.identities.complete(answer, binding=SESSION)) == "token-encryption"


def test_a_wrong_secret_is_the_offices_trouble_and_not_the_persons(opened: Opened, browser: Browser) -> None:
    desk = opened(client_secret="another")
    answer = brought(desk, browser)
    with pytest.raises(EidUnavailableError):
        desk.identities.complete(answer, binding=SESSION)


def test_pinned_addresses_serve_as_well_as_discovered_ones(
    opened: Opened, browser: Browser, server: OidcServer
) -> None:
    pinned = Endpoints(
        authorization=f"{server.issuer}/auth",
        token=f"{server.issuer}/token",
        jwks=f"{server.issuer}/jwks",
        userinfo=f"{server.issuer}/me",
    )
    desk = opened(endpoints=pinned)
    found = desk.identities.complete(brought(desk, browser), binding=SESSION)
    assert found.attributes.given_names == "Ada"


@pytest.mark.parametrize("alg", [None, "RSA-OAEP-256"])
def test_a_person_logs_out_at_the_provider_too(opened: Opened, browser: Browser, alg: str | None) -> None:
    changed = {"encryption_key": OPENERS[alg], "userinfo": Userinfo.SIGNED} if alg else {}
    desk = opened(f"encrypted-{alg}" if alg else CLIENT_ID, prompt=(), **changed)
    found = desk.identities.complete(brought(desk, browser), binding=SESSION)
    kept = asked_in(desk.begin())
    assert "prompt" not in kept
    url = desk.identities.logout_url("test", found.id_token, state="bye")
    assert url is not None
    assert browser.visit(url, home=GOODBYE) == {"state": "bye"}
    # Without the logout, the provider would not have asked anew who is there.
    anew = browser.visit(desk.begin(), home=REDIRECT, acr="eidas2", person="bob")
    assert desk.identities.complete(anew, binding=SESSION).attributes.given_names == "Bob"
