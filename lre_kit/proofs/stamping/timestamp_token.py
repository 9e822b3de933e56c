"""What lies in a time-stamp token (RFC 3161 §2.4.2 within RFC 5652 §5), read without object trees.

Only the parts that our own checks look at; the signature itself is a library's to check.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from asn1crypto import parser
from cryptography import x509

from lre_kit.proofs.forms import der
from lre_kit.proofs.keys.chain import load_certificate

TOKEN_MAX_BYTES = 64 * 1024
"""Largest token read; real ones are below eight kilobytes."""

TST_INFO = der.oid("1.2.840.113549.1.9.16.1.4")
"""id-ct-TSTInfo."""

CONTENT_TYPE = der.oid("1.2.840.113549.1.9.3")
"""The signed attribute that names what was signed."""

MESSAGE_DIGEST = der.oid("1.2.840.113549.1.9.4")
"""The signed attribute that holds the digest of what was signed."""

SIGNING_CERTIFICATE_V2 = der.oid("1.2.840.113549.1.9.16.2.47")
"""The signed attribute that names the signer's certificate (RFC 5035, RFC 5816)."""

SHA256 = der.oid("2.16.840.1.101.3.4.2.1")
"""The one digest we stamp."""

_SIGNED_DATA = der.oid("1.2.840.113549.1.7.2")
_SHA384 = der.oid("2.16.840.1.101.3.4.2.2")
_SHA512 = der.oid("2.16.840.1.101.3.4.2.3")
_DIGESTS = {SHA256: "sha256", _SHA384: "sha384", _SHA512: "sha512"}
_RSA, _RSA_PSS = der.oid("1.2.840.113549.1.1.1"), der.oid("1.2.840.113549.1.1.10")
_SIGNATURES = {
    # ECDSA and RSA with the same digest as the content, and RSA that leaves the digest unsaid.
    SHA256: {der.oid("1.2.840.10045.4.3.2"), der.oid("1.2.840.113549.1.1.11"), _RSA, _RSA_PSS},
    _SHA384: {der.oid("1.2.840.10045.4.3.3"), der.oid("1.2.840.113549.1.1.12"), _RSA, _RSA_PSS},
    _SHA512: {der.oid("1.2.840.10045.4.3.4"), der.oid("1.2.840.113549.1.1.13"), _RSA, _RSA_PSS},
}
_SIGNED_DATA_VERSION = der.integer(3)
_SIGNER_VERSION = der.integer(1)
_SEQUENCE, _SET, _INTEGER, _OCTETS, _TIME = b"\x30", b"\x31", b"\x02", b"\x04", b"\x18"
_FIRST = b"\xa0"


class Element(NamedTuple):
    """One DER element: its tag, its contents, and all its bytes."""

    tag: bytes
    contents: bytes
    encoded: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """One SignerInfo (RFC 5652 §5.3)."""

    attributes: dict[bytes, tuple[bytes, ...]]
    """Values of the signed attributes by OID; an OID met twice has the values of both."""
    is_strong: bool
    """Digest and signature are of the SHA-2 family and fit each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token taken apart; fields that RFC 3161 makes optional may be None."""

    encoded: bytes
    """The token with its certificates in DER order."""
    content_type: bytes
    """OID of what is signed, DER."""
    certificates: tuple[x509.Certificate, ...]
    signers: tuple["Signer", ...]
    version: int
    imprint_algorithm: bytes
    """OID, DER."""
    imprint: bytes
    gen_time: datetime
    nonce: int | None


def read(token: bytes) -> Token:
    """Take a token apart.

    Raises:
        ValueError: It is not the DER of a TimeStampToken.
    """
    if len(token) > TOKEN_MAX_BYTES:
        raise ValueError("far larger than any token")
    kind, wrapped = _exactly(_elements(_only(token, _SEQUENCE).contents), 2)
    if kind.encoded != _SIGNED_DATA or wrapped.tag != _FIRST:
        raise ValueError("not signed data")
    version, digests, content, *rest, signers = _elements(_only(wrapped.contents, _SEQUENCE).contents)
    if version.encoded != _SIGNED_DATA_VERSION:
        raise ValueError("signed data of a version that holds no time stamp (RFC 5652 §5.1)")
    chosen = [_elements(e.contents) for e in rest if e.tag == _FIRST]
    certificates = tuple(certificate for found in chosen for certificate in found)
    content_type, inner = _exactly(_elements(_expect(content, _SEQUENCE).contents), 2)
    stamped, imprint, gen_time, nonce = _tst_info(_only(inner.contents, _OCTETS).contents)
    algorithm, digest = _exactly(_elements(_expect(imprint, _SEQUENCE).contents), 2)
    in_order = sorted(certificate.encoded for certificate in certificates)
    if in_order != [certificate.encoded for certificate in certificates]:
        # The set lies outside what is signed. Not every authority keeps its order, and the
        # library that checks the signature insists on it.
        replaced = (der.tlv(_FIRST[0], *in_order) if e.tag == _FIRST else e.encoded for e in rest)
        body = der.sequence(version.encoded, digests.encoded, content.encoded, *replaced, signers.encoded)
        token = der.sequence(kind.encoded, der.tlv(_FIRST[0], body))
    return Token(
        encoded=token,
        content_type=content_type.encoded,
        certificates=tuple(load_certificate(c.encoded) for c in certificates if c.tag == _SEQUENCE),
        signers=tuple(_signer(e) for e in _elements(_expect(signers, _SET).contents)),
        version=int.from_bytes(stamped.contents, "big"),
        imprint_algorithm=_first(_expect(algorithm, _SEQUENCE).contents).encoded,
        imprint=_expect(digest, _OCTETS).contents,
        gen_time=_instant(gen_time.contents),
        nonce=nonce,
    )


def named_certificate(attribute: bytes) -> tuple[str, bytes]:
    """Return digest name and digest of the first ESSCertIDv2 of a SigningCertificateV2.

    Raises:
        ValueError: Malformed, or a digest weaker than SHA-256 or unknown.
    """
    listed = _first(_only(attribute, _SEQUENCE).contents)
    parts = _first(_expect(listed, _SEQUENCE).contents).contents
    head = _first(parts)
    if head.tag != _SEQUENCE:
        return "sha256", _expect(head, _OCTETS).contents
    algorithm = _DIGESTS.get(_first(head.contents).encoded)
    if algorithm is None:
        raise ValueError("a digest that is not of the SHA-2 family")
    return algorithm, _expect(_first(parts[len(head.encoded) :]), _OCTETS).contents


def _tst_info(encoded: bytes) -> tuple[Element, Element, Element, int | None]:
    """Return version, imprint, time and nonce of a TSTInfo."""
    version, _, imprint, _, gen_time, *optional = _elements(_only(encoded, _SEQUENCE).contents)
    nonces = [int.from_bytes(e.contents, "big", signed=True) for e in optional if e.tag == _INTEGER]
    return _expect(version, _INTEGER), imprint, _expect(gen_time, _TIME), nonces[0] if nonces else None


def _signer(encoded: Element) -> Signer:
    version, _, digest, signed, signature, *_ = _elements(_expect(encoded, _SEQUENCE).contents)
    if version.encoded != _SIGNER_VERSION or signed.tag != _FIRST:
        raise ValueError("a signer that is not named by issuer and number, or signs no attributes")
    attributes: dict[bytes, tuple[bytes, ...]] = {}
    for attribute in _elements(signed.contents):
        kind, values = _exactly(_elements(_expect(attribute, _SEQUENCE).contents), 2)
        found = tuple(e.encoded for e in _elements(_expect(values, _SET).contents))
        attributes[kind.encoded] = attributes.get(kind.encoded, ()) + found
    fitting = _SIGNATURES.get(_first(_expect(digest, _SEQUENCE).contents).encoded, set())
    algorithm = _first(_expect(signature, _SEQUENCE).contents).encoded
    return Signer(attributes=attributes, is_strong=algorithm in fitting)


def _instant(text: bytes) -> datetime:
    """Return a GeneralizedTime of RFC 3161 §2.4.2 with its fraction, which datetime cuts at 1 µs."""
    whole, _, fraction = text.decode("ascii").removesuffix("Z").partition(".")
    if not text.endswith(b"Z") or len(whole) != len("YYYYmmddHHMMSS") or not (whole + fraction).isdigit():
        raise ValueError("not a time in UTC")
    instant = datetime.strptime(whole, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    return instant.replace(microsecond=int(fraction[:6].ljust(6, "0")))


def _elements(contents: bytes) -> Iterator[Element]:
    while contents:
        _, _, _, header, body, trailer = parser.parse(contents)
        size = len(header) + len(body) + len(trailer)
        yield Element(header[:1], body, contents[:size])
        contents = contents[size:]


def _first(contents: bytes) -> Element:
    for element in _elements(contents):
        return element
    raise ValueError("nothing where something must be")


def _exactly(elements: Iterator[Element], count: int) -> tuple[Element, ...]:
    found = tuple(elements)
    if len(found) != count:
        raise ValueError("parts too many or too few")
    return found


def _only(encoded: bytes, tag: bytes) -> Element:
    return _expect(_exactly(_elements(encoded), 1)[0], tag)


def _expect(element: Element, tag: bytes) -> Element:
    if element.tag != tag:
        raise ValueError("another part was expected")
    return element
