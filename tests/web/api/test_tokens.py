"""Access tokens of an authorization server open the API, and forged ones do not (RFC 9068, RFC 6750)."""

import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("joserfc")

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from lre_kit.integration.values import KeyInputError, KeyKind, KeyWish, Scope
from lre_kit.testing.office import SENDER
from lre_web.testing import ThrowawaySite

ISSUER, AUDIENCE, CLIENT = "https://id.example", "https://lettres.example/lre", "erp"
KEY = ECKey.generate_key("P-256", {"kid": "k1"}, private=True)
OTHER = ECKey.generate_key("P-256", {"kid": "k1"}, private=True)
NEXT = ECKey.generate_key("P-256", {"kid": "k2"}, private=True)
RSA = RSAKey.generate_key(2048, {"kid": "r1"}, private=True)

LISTED = f"""[[issuer]]
slug = "id"
issuer = "{ISSUER}"
audience = "{AUDIENCE}"
algorithms = ["ES256", "RS256"]
jwks_file = "keys.json"
token_endpoint = "{ISSUER}/token"
"""


def published(folder: Path, *keys: ECKey | RSAKey) -> None:
    told = {"keys": [key.as_dict(private=False) for key in keys]}
    (folder / "keys.json").write_text(json.dumps(told), encoding="utf-8")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[ThrowawaySite]:
    published(tmp_path, KEY, RSA)
    (tmp_path / "issuers.toml").write_text(LISTED, encoding="utf-8")
    made = ThrowawaySite.open(tmp_path / "office", api_issuers=tmp_path / "issuers.toml")
    with made.office:
        entered(made)
        yield made


def entered(site: ThrowawaySite, **more: Any) -> str:
    """Enter a sender for the client; return the row's prefix."""
    wish = KeyWish(**({"name": "ERP", "client": (ISSUER, CLIENT)} | more))
    made = site.office.integration.keys.create(SENDER, wish)
    assert made.text == ""
    return made.key.prefix


def claims(site: ThrowawaySite, **changes: Any) -> dict[str, Any]:
    now = int(site.clock().timestamp())
    honest = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": CLIENT,
        "client_id": CLIENT,
        "jti": "1",
        "iat": now,
        "exp": now + 300,
        "scope": "letters:read letters:write openid",
    }
    return {name: value for name, value in {**honest, **changes}.items() if value is not None}


def signed(told: dict[str, Any], key: Any = KEY, **header: Any) -> str:
    header = {"alg": "ES256", "typ": "at+jwt", "kid": "k1"} | header
    kept = {name: value for name, value in header.items() if value is not None}
    return jwt.encode(kept, told, key, algorithms=[kept["alg"]])


def ask(site: ThrowawaySite, token: str, path: str = "/letters", **more: Any) -> Any:
    headers = {"Authorization": f"Bearer {token}"} | more.pop("headers", {})
    return site.app.test_client().open(f"/lre/api/v1{path}", headers=headers, **more)


def slug(answer: Any) -> str:
    assert answer.mimetype == "application/problem+json"
    return str(answer.get_json()["type"]).removeprefix("urn:lre-kit:problem:")


def test_a_token_acts_for_the_sender_entered_for_its_client(site: ThrowawaySite) -> None:
    token = signed(claims(site))
    assert ask(site, token).status_code == 200
    told = ask(site, token, "/key").get_json()
    assert told["owner"]["email"] == SENDER.email
    assert told["scopes"] == ["letters:read", "letters:write"]
    assert told["client_id"] == CLIENT
    body = {
        "recipient": {"name": "Ada", "email": "ada@example.net"},
        "documents": [{"name": "a.txt", "content": "aGVsbG8="}],
    }
    headers = {"Idempotency-Key": "one"}
    made = ask(site, token, method="POST", json=body, headers=headers)
    assert made.status_code == 201, made.text
    # Another token of the same client is the same caller: the answer is given again.
    fresh = signed(claims(site, jti="2"))
    again = ask(site, fresh, method="POST", json=body, headers=headers)
    assert (again.get_json()["number"], again.headers["Idempotency-Replayed"]) == (
        made.get_json()["number"],
        "true",
    )
    [key] = site.office.integration.keys.of(SENDER.ref)
    assert key.last_used_at is not None


def test_a_token_opens_no_more_than_its_scopes_and_than_what_was_entered(site: ThrowawaySite) -> None:
    answer = ask(site, signed(claims(site)), "/contacts")
    assert (answer.status_code, slug(answer)) == (403, "api-scope-missing")
    assert 'error="insufficient_scope", scope="contacts:read"' in answer.headers["WWW-Authenticate"]
    assert ask(site, signed(claims(site, scope=None))).status_code == 403
    [key] = site.office.integration.keys.of(SENDER.ref)
    site.office.integration.keys.revoke(key.id)
    entered(site, scopes=frozenset({Scope.CONTACTS_READ}))
    assert ask(site, signed(claims(site, scope="letters:read contacts:read"))).status_code == 403
    assert ask(site, signed(claims(site, scope="contacts:read")), "/contacts").status_code == 200


def test_a_clients_row_ends_and_has_a_kind_and_a_pace_as_a_key_has(site: ThrowawaySite) -> None:
    [key] = site.office.integration.keys.of(SENDER.ref)
    with pytest.raises(KeyInputError):
        entered(site)
    site.office.integration.keys.revoke(key.id)
    answer = ask(site, signed(claims(site)))
    assert (answer.status_code, slug(answer)) == (401, "api-key-refused")
    entered(site, kind=KeyKind.TEST)
    site.office.integration.keys._per_minute = 1
    assert ask(site, signed(claims(site)), "/key").get_json()["kind"] == "test"
    assert ask(site, signed(claims(site))).status_code == 429


def test_a_clients_row_has_no_secret_that_opens(site: ThrowawaySite) -> None:
    [key] = site.office.integration.keys.of(SENDER.ref)
    for secret in ("", "0" * 64):
        assert ask(site, f"lre_live_{key.prefix}_{secret}").status_code == 401


def part(told: Any) -> str:
    raw = told if isinstance(told, bytes) else json.dumps(told).encode()
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def public_as_secret(told: dict[str, Any], key: Any) -> str:
    """Sign by HMAC with the bytes of the published key, as where a verifier lets a token choose."""
    begun = f"{part({'alg': 'HS256', 'typ': 'at+jwt', 'kid': key.kid})}.{part(told)}"
    return f"{begun}.{part(hmac.digest(key.as_pem(private=False), begun.encode(), 'sha256'))}"


def unsigned(told: dict[str, Any]) -> str:
    return f"{part({'alg': 'none', 'typ': 'at+jwt'})}.{part(told)}."


def spliced(token: str, other: str) -> str:
    """Put the claims of another token between header and signature of one."""
    head, _, signature = token.split(".")
    return f"{head}.{other.split('.')[1]}.{signature}"


FORGED: dict[str, Any] = {
    "no signature": unsigned,
    "signature cut off": lambda told: signed(told).rpartition(".")[0] + ".",
    "a public key as secret": lambda told: public_as_secret(told, KEY),
    "an RSA public key as secret": lambda told: public_as_secret(told, RSA),
    "another's key of the same name": lambda told: signed(told, OTHER),
    "an unknown key": lambda told: signed(told, NEXT, kid="k2"),
    "the key of another algorithm": lambda told: signed(told, KEY, kid="r1"),
    "a listed key, an algorithm that is not": lambda told: signed(told, RSA, alg="PS256", kid="r1"),
    "its own key in the header": lambda told: signed(told, OTHER, jwk=OTHER.as_dict(private=False)),
    "claims changed": lambda told: spliced(signed(told), signed(told | {"scope": "people:write"})),
    "an id token": lambda told: signed(told, typ="JWT"),
    "no type": lambda told: signed(told, typ=None),
    "another issuer": lambda told: signed(told | {"iss": "https://evil.example"}),
    "an issuer with a slash more": lambda told: signed(told | {"iss": f"{ISSUER}/"}),
    "no issuer": lambda told: signed({name: value for name, value in told.items() if name != "iss"}),
    "another audience": lambda told: signed(told | {"aud": "https://other.example"}),
    "audiences without ours": lambda told: signed(told | {"aud": ["a", AUDIENCE + "/x"]}),
    "expired": lambda told: signed(told | {"exp": told["iat"]}),
    "without an end": lambda told: signed({name: value for name, value in told.items() if name != "exp"}),
    "an end that is text": lambda told: signed(told | {"exp": str(told["exp"])}),
    "an end that is true": lambda told: signed(told | {"exp": True}),
    "from the future": lambda told: signed(told | {"iat": told["iat"] + 120}),
    "not yet": lambda told: signed(told | {"nbf": told["iat"] + 120}),
    "about a person": lambda told: signed(told | {"sub": "ada"}),
    "of an unknown client": lambda told: signed(told | {"sub": "other", "client_id": "other"}),
    "without a client": lambda told: signed({k: v for k, v in told.items() if k != "client_id"}),
    "without a number": lambda told: signed({k: v for k, v in told.items() if k != "jti"}),
    "bound to its holder": lambda told: signed(told | {"cnf": {"x5t#S256": "a"}}),
    "scopes as a list": lambda told: signed(told | {"scope": ["letters:read"]}),
    "no token": lambda told: "a.b.c",
    "five parts": lambda told: "a.b.c.d.e",
    "a huge one": lambda told: signed(told | {"x": "y" * 70_000}),
    "claims that are a list": lambda told: "eyJhbGciOiJFUzI1NiJ9.W10.AA",
}


@pytest.mark.parametrize("what", FORGED)
def test_a_token_that_is_wrong_opens_nothing(site: ThrowawaySite, what: str) -> None:
    answer = ask(site, FORGED[what](claims(site)))
    assert (answer.status_code, slug(answer)) == (401, "access-token-refused")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="lre", error="invalid_token"'


def test_one_that_is_right_in_other_words_opens(site: ThrowawaySite) -> None:
    told = claims(site, aud=["https://other.example", AUDIENCE])
    for token in (
        signed(told, typ="application/at+jwt"),
        signed(told, typ="AT+JWT"),
        signed(told, kid=None),
        signed(told, RSA, alg="RS256", kid="r1"),
    ):
        assert ask(site, token).status_code == 200


def test_what_a_token_with_a_good_signature_lacks_is_said_and_to_strangers_nothing(
    site: ThrowawaySite,
) -> None:
    assert "has expired" in ask(site, FORGED["expired"](claims(site))).get_json()["detail"]
    stranger = ask(site, signed(claims(site, exp=1), OTHER)).get_json()["detail"]
    assert stranger == "This access token is not accepted."


def test_a_token_lives_until_its_end(site: ThrowawaySite) -> None:
    token = signed(claims(site))
    site.clock.advance(timedelta(seconds=280))
    assert ask(site, token).status_code == 200
    site.clock.advance(timedelta(seconds=20))
    assert ask(site, token).status_code == 401


def test_keys_that_the_issuer_changed_are_fetched_anew_and_strange_names_do_not_make_us_ask(
    site: ThrowawaySite, tmp_path: Path
) -> None:
    assert ask(site, signed(claims(site))).status_code == 200
    published(tmp_path, NEXT)
    token = signed(claims(site), NEXT, kid="k2")
    assert ask(site, token).status_code == 401, "a minute has not passed since the last look"
    site.clock.advance(timedelta(seconds=61))
    assert ask(site, signed(claims(site), NEXT, kid="k2")).status_code == 200
    assert ask(site, signed(claims(site))).status_code == 401, "its key was withdrawn"


def test_while_the_issuer_does_not_answer_its_keys_serve_for_a_day_and_then_nobody_is_blamed(
    site: ThrowawaySite, tmp_path: Path
) -> None:
    assert ask(site, signed(claims(site))).status_code == 200
    for wrong in ("", "{}", '{"keys": 3}', '{"keys": [{"kty": "oct", "k": "AAAA"}]}'):
        (tmp_path / "keys.json").write_text(wrong, encoding="utf-8")
        site.clock.advance(timedelta(hours=2))
        assert ask(site, signed(claims(site))).status_code == 200
    site.clock.advance(timedelta(hours=17))
    answer = ask(site, signed(claims(site)))
    assert (answer.status_code, slug(answer)) == (503, "token-issuer-unavailable")
    assert int(answer.headers["Retry-After"]) > 0
    published(tmp_path, KEY)
    site.clock.advance(timedelta(minutes=1))
    assert ask(site, signed(claims(site))).status_code == 200


def test_without_issuers_a_token_is_as_good_as_no_key(tmp_path: Path) -> None:
    plain = ThrowawaySite.open(tmp_path / "plain")
    with plain.office:
        answer = ask(plain, signed(claims(plain)))
        assert (answer.status_code, slug(answer)) == (401, "api-key-refused")
        told = plain.app.test_client().get("/lre/api/v1/openapi.json").get_json()
        assert list(told["components"]["securitySchemes"]) == ["key"]


def test_the_description_says_where_tokens_come_from(site: ThrowawaySite) -> None:
    told = site.app.test_client().get("/lre/api/v1/openapi.json").get_json()
    scheme = told["components"]["securitySchemes"]["oauth_id"]
    flow = scheme["flows"]["clientCredentials"]
    assert (scheme["type"], flow["tokenUrl"]) == ("oauth2", f"{ISSUER}/token")
    assert flow["scopes"]["letters:read"] == "Opens letters:read"
    assert told["paths"]["/letters"]["get"]["security"] == [{"key": []}, {"oauth_id": ["letters:read"]}]
    assert told["paths"]["/key"]["get"]["security"] == [{"key": []}, {"oauth_id": []}]
