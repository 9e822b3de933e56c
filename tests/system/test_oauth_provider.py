"""Access tokens of a real OAuth 2.0 authorization server open the API, fetched and renewed by the client."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lre_kit.client import ClientCredentials, LreClient, StandardTransport, TokenRefusedError
from lre_kit.client.asking import Asker
from lre_kit.client.transport import Answered, Asking
from lre_kit.integration.values import KeyWish
from lre_kit.testing.office import SENDER, SMALL_PDF
from lre_kit.testing.oidc import OidcServer
from lre_kit.testing.private_servers import MissingServiceError
from lre_web.testing import ThrowawaySite

pytestmark = pytest.mark.needs("node", "npm")
pytest.importorskip("joserfc")

AUDIENCE, SECRET = "https://lettres.example/lre", "s3cret:of the ERP"


@pytest.fixture(scope="module")
def server() -> Iterator[OidcServer]:
    known = {
        "client_secret": SECRET,
        "grant_types": ["client_credentials"],
        "redirect_uris": [],
        "response_types": [],
    }
    clients = [
        {"client_id": "erp", "token_endpoint_auth_method": "client_secret_basic", **known},
        {"client_id": "posts", "token_endpoint_auth_method": "client_secret_post", **known},
    ]
    try:
        with OidcServer(clients) as running:
            yield running
    except MissingServiceError as missing:
        if os.environ.get("LRE_REQUIRE_SERVICES") == "1":
            pytest.fail(str(missing))
        pytest.skip(str(missing))


@pytest.fixture(scope="module")
def site(server: OidcServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ThrowawaySite]:
    folder = tmp_path_factory.mktemp("oauth")
    (folder / "issuers.toml").write_text(
        f"""[[issuer]]
slug = "id"
issuer = "{server.issuer}"
audience = "{AUDIENCE}"
algorithms = ["ES256"]
jwks = "{server.issuer}/jwks"
token_endpoint = "{server.issuer}/token"
""",
        encoding="utf-8",
    )
    with ThrowawaySite.served(folder / "office", api_issuers=folder, accounts="off") as made:
        for client in ("erp", "posts"):
            wish = KeyWish(name=client, client=(server.issuer, client))
            made.office.integration.keys.create(SENDER, wish)
        yield made


def credentials(server: OidcServer, **more: Any) -> ClientCredentials:
    told = {
        "token_url": f"{server.issuer}/token",
        "client_id": "erp",
        "client_secret": SECRET,
        "scope": "letters:read letters:write",
        "resource": AUDIENCE,
    }
    return ClientCredentials(**(told | more))


class Watched(StandardTransport):
    """Notes what is asked, and may spoil the token that is sent."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.spoil = 0

    def send(self, asking: Asking) -> Answered:
        self.asked.append(asking.url.rpartition("/")[2])
        if self.spoil and "/api/" in asking.url:
            self.spoil -= 1
            spoilt = asking.headers["Authorization"][:-4] + "AAAA"
            asking = Asking(
                method=asking.method,
                url=asking.url,
                headers={**asking.headers, "Authorization": spoilt},
                body=asking.body,
            )
        return super().send(asking)


@pytest.mark.parametrize("more", [{}, {"client_id": "posts", "is_posted": True}], ids=["basic", "post"])
def test_a_program_sends_with_tokens_that_it_fetches(
    server: OidcServer, site: ThrowawaySite, more: dict[str, Any]
) -> None:
    watched = Watched()
    base = site.office.links.base_url
    with LreClient(base, credentials(server, **more), transport=watched) as office:
        letter = office.deposit({"name": "Ada", "email": "ada@example.net"}, [("a.pdf", SMALL_PDF)])
        assert letter["sender"]["email"] == SENDER.email
        assert office.key()["scopes"] == ["letters:read", "letters:write"]
        assert office.letter(letter["number"])["phase"] == "deposited"
    assert watched.asked.count("token") == 1, "one token serves until it ends"


def test_a_token_that_is_refused_is_renewed_once_and_the_act_is_done_once(
    server: OidcServer, site: ThrowawaySite
) -> None:
    watched = Watched()
    watched.spoil = 1
    with LreClient(site.office.links.base_url, credentials(server), transport=watched) as office:
        office.deposit({"name": "Ada", "email": "a2@example.net"}, [("a.pdf", SMALL_PDF)], reference="once")
        assert watched.asked == ["token", "letters", "token", "letters"]
        assert len(list(office.letters(reference="once"))) == 1


def test_a_token_that_ends_is_renewed_before_it_does(server: OidcServer, site: ThrowawaySite) -> None:
    from lre_kit.client.credentials import Tokens

    at = [0.0]
    watched = Watched()
    tokens = Tokens(credentials(server), watched, clock=lambda: at[0])
    first = tokens.current()
    at[0] = 269.0
    assert tokens.current() == first
    at[0] = 271.0
    assert tokens.current() != first
    assert watched.asked == ["token", "token"]
    del site


def test_a_wrong_secret_is_said_and_not_shown(server: OidcServer, site: ThrowawaySite) -> None:
    asker = Asker(site.office.links.base_url, credentials(server, client_secret="no"), StandardTransport())
    with pytest.raises(TokenRefusedError) as told:
        asker.ask("GET", "/letters")
    assert told.value.reason == "invalid_client"
    assert "no access token (401: invalid_client)" in str(told.value)


def test_a_token_for_another_resource_opens_nothing(server: OidcServer, site: ThrowawaySite) -> None:
    from lre_kit.client import ProblemError

    other = credentials(server, resource="https://other.example/")
    with LreClient(site.office.links.base_url, other) as office, pytest.raises(ProblemError) as told:
        office.key()
    assert told.value.type == "urn:lre-kit:problem:access-token-refused"
    assert "audience" in str(told.value)


def test_the_doctor_asks_the_issuer(server: OidcServer, site: ThrowawaySite, tmp_path: Path) -> None:
    from lre_kit.doctor_means import look_at_token_issuers
    from lre_kit.errors import ConfigurationError

    settings = site.office.settings
    assert look_at_token_issuers(settings, site.clock) == "1 issuers of access tokens publish keys"
    assert settings.api_issuers is not None
    told = (settings.api_issuers / "issuers.toml").read_text(encoding="utf-8")
    (tmp_path / "issuers.toml").write_text(told.replace("/jwks", "/nothing"), encoding="utf-8")
    with pytest.raises(ConfigurationError, match="no usable key"):
        look_at_token_issuers(settings.model_copy(update={"api_issuers": tmp_path}), site.clock)
    del server
