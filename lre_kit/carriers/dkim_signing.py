"""Signing mail with DKIM (RFC 6376), where the office does it and not its mail server."""

from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from lre_kit.errors import ConfigurationError, MissingExtraError

if TYPE_CHECKING:
    from lre_kit.settings import Settings

KEY_BITS = 2048
"""Size of the keys made here: the largest whose record every DNS host takes (RFC 8301 §3.2)."""

SIGNED_HEADERS = (
    b"from",
    b"to",
    b"subject",
    b"date",
    b"message-id",
    b"auto-submitted",
    b"mime-version",
    b"content-type",
    b"content-language",
)
"""Headers under the signature; the sender is signed twice, so that none can be added (RFC 6376 §8.15)."""


class DkimSigner:
    """Signs messages of one domain."""

    def __init__(self, *, domain: str, selector: str, key_pem: bytes) -> None:
        """Sign with an RSA key in PEM form."""
        self._domain = domain.encode("idna")
        self._selector = selector.encode()
        self._key_pem = key_pem

    def sign(self, raw: bytes) -> bytes:
        """Return the header that signs a message, with its line end, to stand before it."""
        import dkim  # type: ignore[import-untyped]  # the library is untyped

        header: bytes = dkim.sign(
            raw,
            self._selector,
            self._domain,
            self._key_pem,
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=[*SIGNED_HEADERS, b"from"],
        )
        return header


def signer_of(settings: "Settings") -> DkimSigner | None:
    """Return what signs the office's mail; nothing where no key is named.

    Raises:
        ConfigurationError: The key cannot be read, or is no RSA key of at least 1024 bits.
        MissingExtraError: The library is not installed.
    """
    if settings.dkim_key_file is None:
        return None
    from importlib.util import find_spec

    if find_spec("dkim") is None:
        msg = "Mail cannot be signed: the DKIM library is missing."
        raise MissingExtraError(msg, mend="Install lre-kit[mail].")
    pem = _read(settings.dkim_key_file)
    domain = settings.mail_from.rpartition("@")[2]
    return DkimSigner(domain=domain, selector=settings.dkim_selector, key_pem=pem)


def make_key() -> bytes:
    """Return a new RSA key, PEM (PKCS #1, as mail programs read it)."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    form = serialization.PrivateFormat.TraditionalOpenSSL
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())


def record_of(pem: bytes) -> str:
    """Return the text of the DNS record that publishes a key (RFC 6376 §3.6.1)."""
    import base64

    key = serialization.load_pem_private_key(pem, password=None)
    spki = serialization.PublicFormat.SubjectPublicKeyInfo
    public = key.public_key().public_bytes(serialization.Encoding.DER, spki)
    return f"v=DKIM1; k=rsa; p={base64.b64encode(public).decode()}"


def _read(path: Path) -> bytes:
    try:
        pem = path.read_bytes()
        key = serialization.load_pem_private_key(pem, password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        msg = f"The DKIM key {path} cannot be read."
        raise ConfigurationError(
            msg, mend="Make one with: lre mail key, or check LRE_DKIM_KEY_FILE."
        ) from error
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < 1024:
        msg = f"The DKIM key {path} is no RSA key of at least 1024 bits."
        raise ConfigurationError(msg, mend="Make one with: lre mail key.")
    form = serialization.PrivateFormat.TraditionalOpenSSL
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
