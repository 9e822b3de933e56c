"""The list of identity providers: read as it is meant, and refused with the word that is wrong."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc.jwk import ECKey, RSAKey

from lre_kit.errors import ConfigurationError, NotFoundError
from lre_kit.identifiers.eid_providers import EidProviders, Userinfo
from lre_kit.law.assurance import Level

BASE = {
    "slug": '"fc"',
    "name": '{ fr = "FranceConnect+", en = "FranceConnect+" }',
    "issuer": '"https://auth.example/api/v2"',
    "client_id": '"office"',
    "client_secret": '"s3cret"',
    "levels": '{ eidas2 = "substantial", eidas3 = "high" }',
    "algorithms": '["ES256"]',
}
PINNED = 'authorization = "https://a.example/a", token = "https://a.example/t", jwks = "https://a.example/k"'

Load = Callable[..., EidProviders]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Write a list of one provider with changes, and read it."""

    def loaded(text: str | None = None, **changes: str | None) -> EidProviders:
        lines = [f"{key} = {value}" for key, value in (BASE | changes).items() if value is not None]
        written = "\n".join(["[[provider]]", *lines]) if text is None else text
        (tmp_path / "eid.toml").write_text(written, encoding="utf-8")
        return EidProviders.load(tmp_path)

    return loaded


def write_key(path: Path, key: Any) -> None:
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def test_a_list_is_read(load: Load) -> None:
    (found,) = load()
    assert (found.slug, found.issuer, found.client_id) == ("fc", "https://auth.example/api/v2", "office")
    assert found.levels == {"eidas2": Level.SUBSTANTIAL, "eidas3": Level.HIGH}
    assert found.algorithms == {"ES256"}
    assert (found.prompt, found.max_age_s, found.auth_time_required) == (("login",), 300, True)
    assert (found.userinfo, found.endpoints, found.acr_claim, found.basic) == (
        Userinfo.NONE,
        None,
        False,
        False,
    )
    assert found.attributes["birth_date"] == "birthdate"
    assert "s3cret" not in repr(found)


def test_acr_values_are_asked_for_a_level_the_lowest_first(load: Load) -> None:
    (found,) = load(levels='{ high = "high", a = "substantial", b = "low" }')
    assert found.acrs_for(Level.SUBSTANTIAL) == ("a", "high")
    assert found.acrs_for(None) == ("b", "a", "high")
    (told,) = load(ask='{ substantial = ["eidas2"] }')
    assert told.acrs_for(Level.SUBSTANTIAL) == ("eidas2",)
    assert told.acrs_for(Level.HIGH) == ("eidas3",)
    (low,) = load(levels='{ eidas1 = "low" }')
    assert low.acrs_for(Level.SUBSTANTIAL) == ()


def test_the_secret_may_be_in_a_file_beside_the_list(load: Load, tmp_path: Path) -> None:
    (tmp_path / "fc.secret").write_text("from the file\n", encoding="utf-8")
    (found,) = load(client_secret=None, client_secret_file='"fc.secret"', client_auth='"basic"')
    assert (found.client_secret, found.basic) == ("from the file", True)


def test_keys_are_read_and_their_public_halves_published(load: Load, tmp_path: Path) -> None:
    write_key(tmp_path / "sign.pem", ec.generate_private_key(ec.SECP256R1()))
    write_key(tmp_path / "open.pem", rsa.generate_private_key(65537, 2048))
    providers = load(client_secret=None, client_key_file='"sign.pem"', encryption_key_file='"open.pem"')
    (found,) = providers
    assert isinstance(found.client_key, ECKey)
    assert isinstance(found.encryption_key, RSAKey)
    published = providers.published_keys()["keys"]
    assert [(key["kty"], key["use"]) for key in published] == [("EC", "sig"), ("RSA", "enc")]
    assert all(key["kid"] for key in published)
    assert not {"d", "p", "q"} & {name for key in published for name in key}
    assert json.dumps(published)


def test_addresses_may_be_pinned(load: Load) -> None:
    (found,) = load(
        discovery="false",
        endpoints="{ " + PINNED + ', userinfo = "https://a.example/u?v=2" }',
        userinfo='"signed"',
    )
    assert found.endpoints is not None
    assert found.endpoints.userinfo == "https://a.example/u?v=2"
    assert found.endpoints.logout is None


def test_a_provider_on_this_machine_may_speak_plainly(load: Load) -> None:
    (found,) = load(issuer='"http://127.0.0.1:8000"', logout='"http://localhost/out"')
    assert found.logout == "http://localhost/out"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"slug": None}, "no slug"),
        ({"slug": '"F C"'}, "slug"),
        ({"name": '{ fr = "x" }'}, "fr and en"),
        ({"name": '{ fr = "x", en = " " }'}, "fr and en"),
        ({"name": '"x"'}, "name is no table"),
        ({"issuer": None}, "issuer is missing"),
        ({"issuer": '"http://auth.example"'}, "no https address"),
        ({"issuer": '"https://auth.example/?a=b"'}, "query or a fragment"),
        ({"issuer": '"https://auth.example/#a"'}, "no https address"),
        ({"issuer": '"https://u:p@auth.example/"'}, "no https address"),
        ({"issuer": f'"https://auth.example/{"a" * 120}"'}, "too long"),
        ({"issuer": "3"}, "no https address"),
        ({"client_id": '""'}, "client_id is no text"),
        ({"client_secret": None}, "one of client_secret"),
        ({"client_secret": "3"}, "client_secret is no text"),
        ({"client_secret_file": '"x"'}, "stands beside"),
        ({"client_secret": None, "client_secret_file": '"absent"'}, "absent is no file"),
        ({"client_secret": None, "client_secret_file": '"../x"'}, "is no file beside"),
        ({"client_key_file": '"sign.pem"'}, "one of client_secret"),
        ({"client_auth": '"jwt"'}, "client_auth is one of post, basic"),
        ({"levels": "{ }"}, "says of no acr value"),
        ({"levels": '{ eidas2 = "medium" }'}, "medium"),
        ({"levels": '{ "a b" = "low" }'}, "acr value is no word"),
        ({"algorithms": "[]"}, "algorithms are some of"),
        ({"algorithms": '["none"]'}, "algorithms are some of"),
        ({"algorithms": '["ES256", "HS256"]'}, "algorithms are some of"),
        ({"algorithms": '"ES256"'}, "algorithms is no list"),
        ({"scopes": '["profile"]'}, "openid among them"),
        ({"ask": '{ high = ["eidas2"] }'}, "worth less"),
        ({"ask": '{ low = ["other"] }'}, "levels does not"),
        ({"ask": '{ some = ["eidas2"] }'}, "some"),
        ({"acr_claim": '"yes"'}, "neither true nor false"),
        ({"auth_time": '"never"'}, "required, if-told"),
        ({"max_age_s": "3600"}, "between 0 and 1800"),
        ({"max_age_s": "true"}, "no whole number"),
        ({"prompt": '["none"]'}, "prompt is some of"),
        ({"omit": '["nonce"]'}, "omit is some of max_age, pkce"),
        ({"userinfo": '"maybe"'}, "none, plain, signed"),
        ({"attributes": '{ shoe_size = "x" }'}, "attributes names one"),
        ({"attributes": "{ email = 3 }"}, "attributes is no table"),
        ({"encryption_key_file": '"weak.pem"'}, "neither an RSA key"),
        ({"encryption_key_file": '"edwards.pem"'}, "neither an RSA key"),
        ({"encryption_key_file": '"text.pem"'}, "no private key"),
        ({"discovery": "false"}, "endpoints needs authorization"),
        ({"endpoints": "{ " + PINNED + " }"}, "discovery = false"),
        ({"discovery": "false", "endpoints": '{ authorization = "x" }'}, "endpoints needs jwks"),
        ({"discovery": "false", "endpoints": '{ other = "x" }'}, "nobody knows other"),
        (
            {"discovery": "false", "endpoints": "{ " + PINNED + " }", "userinfo": '"plain"'},
            "endpoints has none",
        ),
        ({"logout": '"http://a.example"'}, "no https address"),
        ({"colour": '"blue"'}, "nobody knows colour"),
    ],
)
def test_what_cannot_be_used_is_named(
    load: Load, tmp_path: Path, changes: dict[str, str | None], said: str
) -> None:
    write_key(tmp_path / "sign.pem", ec.generate_private_key(ec.SECP256R1()))
    write_key(tmp_path / "weak.pem", rsa.generate_private_key(65537, 1024))
    write_key(tmp_path / "edwards.pem", ed25519.Ed25519PrivateKey.generate())
    (tmp_path / "text.pem").write_text("no key", encoding="ascii")
    with pytest.raises(ConfigurationError) as caught:
        load(**changes)
    assert said in str(caught.value)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("text", ["provider = 3", "[other]", "[[provider", "provider = [3]", "\x00"])
def test_a_file_of_another_form_is_refused(load: Load, text: str) -> None:
    with pytest.raises(ConfigurationError):
        load(text)


def test_a_list_that_is_not_there_is_refused_and_an_empty_one_is_not(load: Load, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        EidProviders.load(tmp_path / "absent")
    assert len(load("")) == 0
    with pytest.raises(NotFoundError):
        load("").by_slug("fc")


def test_two_providers_share_neither_slug_nor_issuer(load: Load) -> None:
    one = "\n".join(f"{key} = {value}" for key, value in BASE.items())
    for old, new, said in (('"fc"', '"other"', "issuer"), ("auth.example", "b.example", "slug")):
        with pytest.raises(ConfigurationError) as caught:
            load(f"[[provider]]\n{one}\n[[provider]]\n{one.replace(old, new)}\n")
        assert f"one {said}" in str(caught.value)
    both = one.replace('"fc"', '"other"').replace("auth.example", "b.example")
    assert [each.slug for each in load(f"[[provider]]\n{one}\n[[provider]]\n{both}\n")] == ["fc", "other"]
