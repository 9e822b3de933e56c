"""The client certificate of a TLS handshake that a reverse proxy ended, as its headers tell it.

A header is only text that anybody can send. It is believed when the connection comes from a listed
proxy *and* carries the secret that proxy and office share; the proxy must overwrite both headers.
nginx::

    ssl_client_certificate /etc/lre/issuers.pem;  ssl_verify_client optional_no_ca;
    proxy_set_header X-SSL-Client-Cert $ssl_client_escaped_cert;
    proxy_set_header X-LRE-Proxy-Secret "…";

The handshake proves that the client holds the key, whatever the proxy says of the chain; chain and
revocation are checked here (`lre_kit.identifiers.certificate_checks`).
"""

import base64
import binascii
import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from urllib.parse import unquote_to_bytes

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from lre_kit.errors import InputError
from lre_kit.identifiers.certificate_checks import CERTIFICATE_MAX_BYTES

SECRET_CHARS_MIN = 32
"""Shortest shared secret, in characters."""


class HeaderForm(StrEnum):
    """How a proxy writes the certificate."""

    URL_ENCODED_PEM = "url-encoded-pem"
    """nginx ``$ssl_client_escaped_cert``."""

    CLIENT_CERT = "client-cert"
    """RFC 9440: ``Client-Cert: :<base64 DER>:``."""


class ClientCertificateHeaderError(InputError):
    """A trusted proxy handed on a client certificate that is there twice or cannot be read."""

    slug = "client-certificate-header"
    status = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxySettings:
    """Which proxies are believed, and how they write.

    Args:
        addresses: Addresses or networks of the proxies.
        secret: What only proxy and office know.
        form: How the certificate is written.
        header: Name of its header; nothing for the form's own.
        secret_header: Name of the secret's header.
    """

    addresses: tuple[str, ...]
    secret: str = field(repr=False)
    form: HeaderForm = HeaderForm.URL_ENCODED_PEM
    header: str = ""
    secret_header: str = "X-LRE-Proxy-Secret"  # noqa: S105 - a header's name

    def __post_init__(self) -> None:
        """Refuse a secret that can be guessed, and addresses that are none."""
        if len(self.secret) < SECRET_CHARS_MIN or not self.secret.isascii():
            msg = f"the proxy's secret needs {SECRET_CHARS_MIN} ASCII characters"
            raise ValueError(msg)
        _ = self.networks

    @property
    def networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """The proxies' networks."""
        return tuple(ip_network(each) for each in self.addresses)

    @property
    def certificate_header(self) -> str:
        """Name of the header that holds the certificate."""
        own = "Client-Cert" if self.form is HeaderForm.CLIENT_CERT else "X-SSL-Client-Cert"
        return self.header or own


def read_proxy_headers(
    headers: Iterable[tuple[str, str]], *, remote: str, settings: ProxySettings
) -> str | None:
    """Return the client certificate (PEM) that a trusted proxy saw, or nothing: then nobody is known.

    Args:
        headers: All headers as pairs, repeated ones repeated.
        remote: Address of the connection's other end itself, never one that a header claims.
        settings: Who is trusted.

    Raises:
        ClientCertificateHeaderError: The trusted proxy's header is repeated or unreadable.
    """
    found: dict[str, list[str]] = {}
    for name, value in headers:
        # Servers hand on "X_Y" and "X-Y" under one name, so both count as one.
        found.setdefault(name.lower().replace("_", "-"), []).append(value)
    secrets = found.get(settings.secret_header.lower(), [])
    if not _is_proxy(remote, settings) or not _fits(secrets, settings.secret):
        return None
    certificates = found.get(settings.certificate_header.lower(), [])
    # Servers join repeated headers with a comma, which neither form has.
    if len(certificates) > 1 or any("," in value for value in certificates):
        raise _unusable("is there twice")
    if not certificates or not certificates[0].strip():
        return None
    return _pem(certificates[0].strip(), settings.form)


def _is_proxy(remote: str, settings: ProxySettings) -> bool:
    try:
        address = ip_address(remote)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None) or address
    return any(mapped in network for network in settings.networks)


def _fits(secrets: list[str], wanted: str) -> bool:
    given = secrets[0].encode() if len(secrets) == 1 else b""
    return hmac.compare_digest(given, wanted.encode())


def _pem(value: str, form: HeaderForm) -> str:
    try:
        if len(value) > 2 * CERTIFICATE_MAX_BYTES:
            raise _unusable("is too long")
        if form is HeaderForm.CLIENT_CERT:
            if len(value) < 3 or value[0] != ":" or value[-1] != ":":
                raise _unusable("is not written as RFC 9440 says")
            certificate = x509.load_der_x509_certificate(base64.b64decode(value[1:-1], validate=True))
        else:
            (certificate,) = x509.load_pem_x509_certificates(unquote_to_bytes(value))
    except (ValueError, binascii.Error) as error:
        raise _unusable("cannot be read") from error
    return certificate.public_bytes(Encoding.PEM).decode()


def _unusable(why: str) -> ClientCertificateHeaderError:
    return ClientCertificateHeaderError(
        f"The client certificate that the proxy hands on {why}.",
        mend="The proxy must set this header itself, once, and drop those of clients.",
    )
