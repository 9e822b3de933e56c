"""The seal on XML evidence: XAdES baseline-B (ETSI EN 319 132-1), the twin of the JAdES seal.

Enveloped, ECDSA-SHA256, inclusive canonicalisation (C14N 1.0). A sealed file has one form: it is
read by taking out what may differ (record, time, certificates, signature), writing it anew, and
comparing every byte. So no reference, transform or element can be added or moved.
"""

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding

from lre_kit.clock import from_iso, iso
from lre_kit.proofs.keys.chain import load_certificate
from lre_kit.proofs.sealing import evidence_xml
from lre_kit.proofs.sealing.evidence_xml import XmlEvidenceError
from lre_kit.proofs.sealing.seal import COORDINATE_BYTES, SealError, sealing_key

DS = "http://www.w3.org/2000/09/xmldsig#"
XADES = "http://uri.etsi.org/01903/v1.3.2#"

_C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
_ENVELOPED = DS + "enveloped-signature"
_ECDSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
_SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
_PROPERTIES_TYPE = "http://uri.etsi.org/01903#SignedProperties"
_SIGNATURE_ID, _RECORD_ID, _PROPERTIES_ID = "seal", "seal-record", "seal-properties"

CHAIN_MAX = 5
"""Most certificates read from a seal."""

Sign = Callable[[bytes], bytes]
"""Signs a message with the seal key: ECDSA on P-256 with SHA-256, as DER."""


@dataclass(frozen=True, slots=True, kw_only=True)
class XmlSeal:
    """A sealed record that fits its seal; whether its maker is trusted is for the chain to say."""

    record: dict[str, Any]
    certificate: x509.Certificate
    others: tuple[x509.Certificate, ...]
    claimed_at: datetime


def seal_xml(record: dict[str, Any], *, sign: Sign, chain: Sequence[x509.Certificate], at: datetime) -> bytes:
    """Return a record as sealed XML.

    Args:
        record: Evidence record.
        sign: The seal key.
        chain: Its certificate, then the authorities above it.
        at: The instant of sealing.
    """
    root, value = _assemble(record, chain, at)
    info = root.find(f".//{{{DS}}}SignedInfo")
    first, second = decode_dss_signature(sign(_canonical(info)))
    raw = first.to_bytes(COORDINATE_BYTES, "big") + second.to_bytes(COORDINATE_BYTES, "big")
    value.text = base64.b64encode(raw).decode()
    return evidence_xml.serialise(root)


def open_xml(raw: bytes) -> XmlSeal:
    """Check a sealed XML record against its own certificate and return what it covers.

    Raises:
        XmlEvidenceError: Not an evidence record.
        SealError: No seal, not in its one form, or one that does not fit.
    """
    root = evidence_xml.parse(raw)
    chain, at, signature = _parts(root)
    root.remove(root[-1])
    record = evidence_xml.read(root)
    try:
        expected, value = _assemble(record, chain, at)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise XmlEvidenceError(
            "The evidence file does not hold a record.", mend="Ask for it again."
        ) from error
    value.text = base64.b64encode(signature).decode()
    if evidence_xml.serialise(expected) != raw:
        raise SealError("The sealed file is not in its one form.", sub_indication="FORMAT_FAILURE")
    first, second = (
        int.from_bytes(half) for half in (signature[:COORDINATE_BYTES], signature[COORDINATE_BYTES:])
    )
    try:
        sealing_key(chain[0]).verify(
            encode_dss_signature(first, second),
            _canonical(expected.find(f".//{{{DS}}}SignedInfo")),
            ec.ECDSA(hashes.SHA256()),
        )
    except InvalidSignature as error:
        raise SealError("The seal does not fit the evidence.", sub_indication="SIG_CRYPTO_FAILURE") from error
    return XmlSeal(record=record, certificate=chain[0], others=tuple(chain[1:]), claimed_at=at)


def _parts(root: Any) -> tuple[list[x509.Certificate], datetime, bytes]:
    """Return what may differ from seal to seal: certificates, claimed time, signature."""
    seals = root.findall(f"{{{DS}}}Signature")
    if len(seals) != 1 or root[-1] is not seals[0]:
        msg = f"The evidence has {len(seals)} seals at its end instead of one."
        raise SealError(msg, sub_indication="SIGNED_DATA_NOT_FOUND")
    try:
        texts = [element.text for element in seals[0].iter(f"{{{DS}}}X509Certificate")]
        chain = [load_certificate(base64.b64decode(text, validate=True)) for text in texts[:CHAIN_MAX]]
        at = from_iso(seals[0].find(f".//{{{XADES}}}SigningTime").text)
        signature = base64.b64decode(seals[0].find(f"{{{DS}}}SignatureValue").text, validate=True)
    except (ValueError, TypeError, AttributeError) as error:
        raise SealError("The seal cannot be read.", sub_indication="FORMAT_FAILURE") from error
    if not chain or len(signature) != 2 * COORDINATE_BYTES:
        raise SealError("The seal cannot be read.", sub_indication="FORMAT_FAILURE")
    return chain, at, signature


def _assemble(record: dict[str, Any], chain: Sequence[x509.Certificate], at: datetime) -> tuple[Any, Any]:
    """Return the whole tree but for the signature's value, and the element that takes it."""
    from lxml import etree

    root = evidence_xml.build(record)
    covered = sha256(_canonical(root)).digest()
    seal = etree.SubElement(root, f"{{{DS}}}Signature", nsmap={"ds": DS, "xades": XADES})
    seal.set("Id", _SIGNATURE_ID)
    info = _ds(seal, "SignedInfo")
    _ds(info, "CanonicalizationMethod", Algorithm=_C14N)
    _ds(info, "SignatureMethod", Algorithm=_ECDSA_SHA256)
    value = _ds(seal, "SignatureValue")
    data = _ds(_ds(seal, "KeyInfo"), "X509Data")
    for certificate in chain:
        encoded = certificate.public_bytes(Encoding.DER)
        _ds(data, "X509Certificate").text = base64.b64encode(encoded).decode()
    properties = _properties(_ds(seal, "Object"), chain, at)
    _reference(info, covered, "", _ENVELOPED, _C14N, Id=_RECORD_ID)
    digest = sha256(_canonical(properties)).digest()
    _reference(info, digest, f"#{_PROPERTIES_ID}", _C14N, Type=_PROPERTIES_TYPE)
    return root, value


def _properties(parent: Any, chain: Sequence[x509.Certificate], at: datetime) -> Any:
    """Add the qualifying properties (EN 319 132-1 §5.2) and return the signed ones."""
    qualifying = _xades(parent, "QualifyingProperties", Target=f"#{_SIGNATURE_ID}")
    signed = _xades(qualifying, "SignedProperties", Id=_PROPERTIES_ID)
    about_seal = _xades(signed, "SignedSignatureProperties")
    _xades(about_seal, "SigningTime").text = iso(at)
    named = _xades(about_seal, "SigningCertificateV2")
    for certificate in chain:
        # The whole chain is named, so that no certificate that travels along can be exchanged.
        digest = _xades(_xades(named, "Cert"), "CertDigest")
        _ds(digest, "DigestMethod", Algorithm=_SHA256)
        _ds(digest, "DigestValue").text = base64.b64encode(certificate.fingerprint(hashes.SHA256())).decode()
    about_data = _xades(signed, "SignedDataObjectProperties")
    data = _xades(about_data, "DataObjectFormat", ObjectReference=f"#{_RECORD_ID}")
    _xades(data, "MimeType").text = "text/xml"
    return signed


def _reference(info: Any, digest: bytes, uri: str, *transforms: str, **attributes: str) -> None:
    reference = _ds(info, "Reference", URI=uri, **attributes)
    chain = _ds(reference, "Transforms")
    for algorithm in transforms:
        _ds(chain, "Transform", Algorithm=algorithm)
    _ds(reference, "DigestMethod", Algorithm=_SHA256)
    _ds(reference, "DigestValue").text = base64.b64encode(digest).decode()


def _ds(parent: Any, name: str, **attributes: str) -> Any:
    from lxml import etree

    return etree.SubElement(parent, f"{{{DS}}}{name}", attributes)


def _xades(parent: Any, name: str, **attributes: str) -> Any:
    from lxml import etree

    return etree.SubElement(parent, f"{{{XADES}}}{name}", attributes)


def _canonical(element: Any) -> bytes:
    """Return C14N 1.0 of an element where it stands in its tree."""
    from lxml import etree

    return bytes(etree.tostring(element, method="c14n"))
