"""Client certificates in a proxy's headers: believed on the private channel, else as if not there."""

import base64
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from lre_kit.identifiers.certificate_proxy import (
    ClientCertificateHeaderError,
    HeaderForm,
    ProxySettings,
    read_proxy_headers,
)
from lre_kit.testing.person_authority import Card, PersonAuthority

SECRET = "s" * 40
INSIDE, OUTSIDE = "10.1.2.3", "203.0.113.9"
SETTINGS = ProxySettings(addresses=("10.1.0.0/16", "::1"), secret=SECRET)


@pytest.fixture(scope="module")
def card(tmp_path_factory: pytest.TempPathFactory) -> Card:
    return PersonAuthority(tmp_path_factory.mktemp("issuers"), datetime(2026, 6, 1, tzinfo=UTC)).card()


def nginx(card: Card, secret: str = SECRET) -> list[tuple[str, str]]:
    return [("X-SSL-Client-Cert", quote(card.pem, safe="")), ("X-LRE-Proxy-Secret", secret)]


def rfc9440(card: Card) -> str:
    return f":{base64.b64encode(card.certificate.public_bytes(Encoding.DER)).decode()}:"


def test_a_listed_proxy_with_the_secret_is_believed(card: Card) -> None:
    for remote in (INSIDE, "::1", "::ffff:10.1.9.9"):
        assert read_proxy_headers(nginx(card), remote=remote, settings=SETTINGS) == card.pem


def test_the_standard_header_is_read_too(card: Card) -> None:
    settings = ProxySettings(addresses=(INSIDE,), secret=SECRET, form=HeaderForm.CLIENT_CERT)
    headers = [("Client-Cert", rfc9440(card)), ("x-lre-proxy-secret", SECRET)]
    assert read_proxy_headers(headers, remote=INSIDE, settings=settings) == card.pem
    headers[0] = ("Client-Cert", rfc9440(card).strip(":"))
    with pytest.raises(ClientCertificateHeaderError, match="RFC 9440"):
        read_proxy_headers(headers, remote=INSIDE, settings=settings)


def test_header_names_are_the_operators_to_choose(card: Card) -> None:
    settings = ProxySettings(
        addresses=(INSIDE,), secret=SECRET, header="X-Card", secret_header="X-Between-Us"
    )
    headers = [("X-Card", quote(card.pem)), ("X-Between-Us", SECRET)]
    assert read_proxy_headers(headers, remote=INSIDE, settings=settings) == card.pem
    assert read_proxy_headers(nginx(card), remote=INSIDE, settings=settings) is None


@pytest.mark.parametrize("remote", [OUTSIDE, "", "unix:", "10.2.0.1", "10.1.2.3, 10.1.2.3"])
def test_a_forged_header_from_elsewhere_is_as_if_not_there(card: Card, remote: str) -> None:
    """F9.10."""
    assert read_proxy_headers(nginx(card), remote=remote, settings=SETTINGS) is None
    assert read_proxy_headers([*nginx(card), *nginx(card)], remote=remote, settings=SETTINGS) is None


@pytest.mark.parametrize("secret", ["", "wrong", SECRET + "x", SECRET[:-1], "é" * 40, f"{SECRET},{SECRET}"])
def test_a_header_without_the_secret_is_as_if_not_there(card: Card, secret: str) -> None:
    """F9.10."""
    assert read_proxy_headers(nginx(card, secret), remote=INSIDE, settings=SETTINGS) is None
    assert read_proxy_headers(nginx(card)[:1], remote=INSIDE, settings=SETTINGS) is None


def test_a_secret_given_twice_is_none(card: Card) -> None:
    """F9.10."""
    headers = [*nginx(card), ("X_LRE_Proxy_Secret", SECRET)]
    assert read_proxy_headers(headers, remote=INSIDE, settings=SETTINGS) is None


@pytest.mark.parametrize("name", ["X-SSL-Client-Cert", "x-ssl-client-cert", "X_SSL_Client_Cert"])
def test_a_repeated_certificate_is_refused(card: Card, name: str) -> None:
    """F9.10."""
    with pytest.raises(ClientCertificateHeaderError) as caught:
        read_proxy_headers([(name, "x"), *nginx(card)], remote=INSIDE, settings=SETTINGS)
    assert (caught.value.slug, caught.value.status) == ("client-certificate-header", 400)


def test_certificates_that_a_server_joined_are_refused(card: Card) -> None:
    (name, value), secret = nginx(card)
    with pytest.raises(ClientCertificateHeaderError, match="twice"):
        read_proxy_headers([(name, f"{value}, {value}"), secret], remote=INSIDE, settings=SETTINGS)


def test_no_certificate_is_nobody(card: Card) -> None:
    for value in ("", " "):
        headers = [("X-SSL-Client-Cert", value), nginx(card)[1]]
        assert read_proxy_headers(headers, remote=INSIDE, settings=SETTINGS) is None
    assert read_proxy_headers(nginx(card)[1:], remote=INSIDE, settings=SETTINGS) is None


@pytest.mark.parametrize("value", ["x", "%zz", "%00", "-----BEGIN CERTIFICATE-----", "A" * 40_000])
def test_what_is_no_certificate_is_refused(card: Card, value: str) -> None:
    headers = [("X-SSL-Client-Cert", value), nginx(card)[1]]
    with pytest.raises(ClientCertificateHeaderError):
        read_proxy_headers(headers, remote=INSIDE, settings=SETTINGS)


def test_settings_refuse_a_short_secret_and_bad_addresses_and_show_no_secret() -> None:
    with pytest.raises(ValueError, match="secret"):
        ProxySettings(addresses=(INSIDE,), secret="short")
    with pytest.raises(ValueError, match="does not appear to be"):
        ProxySettings(addresses=("everywhere",), secret=SECRET)
    assert SECRET not in repr(SETTINGS)
