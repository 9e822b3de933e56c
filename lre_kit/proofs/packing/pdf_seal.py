"""Sealing proofs as PDF: PAdES baseline (ETSI EN 319 142-1), the PDF side by pyHanko.

Level B-LTA where revocation lists are at hand for seal and time stamp (they are embedded, and a
document time stamp closes the file), else B-T. The level is chosen before the page is drawn,
because the page says it.
"""

import io
import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from cryptography import x509 as certificates
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from lre_kit.errors import LreError
from lre_kit.proofs.keys.crl import encoded
from lre_kit.proofs.keys.keys import Keys
from lre_kit.proofs.sealing.cms import sign_detached
from lre_kit.proofs.stamping import timestamp_token
from lre_kit.proofs.stamping.timestamp import TimestampAuthority

# The library speaks of each file it opens; what matters is said here by errors.
logging.getLogger("pyhanko.sign").setLevel(logging.ERROR)

RESERVED_BYTES = 16 * 1024
"""Room for a signature with its token, in hexadecimal digits; fixed, so that no dry run is needed."""

SEAL_FIELD, STAMP_FIELD = "Seal", "DocumentTimeStamp"


class Level(StrEnum):
    """How long a sealed PDF can be checked from itself alone."""

    B_T = "PAdES B-T"
    """Sealed and time-stamped; revocation is to be looked up elsewhere."""
    B_LTA = "PAdES B-LTA"
    """Revocation lists are inside, and a document time stamp covers all."""


class RevocationUnknownError(LreError):
    """No revocation list is at hand for a certificate of the seal or of its time stamp."""

    slug = "revocation-unknown"
    status = 503


def seal_pdf(
    pdf: bytes,
    office: Keys,
    *,
    authority: TimestampAuthority,
    name: str,
    at: datetime,
    lists: Sequence[certificates.CertificateRevocationList] = (),
) -> bytes:
    """Return a sealed and time-stamped PDF: B-LTA if revocation lists are given, else B-T.

    Args:
        pdf: The proof.
        office: Whose seal.
        authority: Whose time stamp.
        name: Kind of proof, for the signature's reason.
        at: The instant of sealing, for the signature's claimed time.
        lists: Revocation lists to embed.

    Raises:
        TimestampUnavailableError: No stamp can be had; nothing lower is issued in its place.
        RevocationUnknownError: Lists are given, but one is missing.
    """
    from pyhanko.sign.fields import SigSeedSubFilter
    from pyhanko.sign.signers.pdf_byterange import SignatureObject

    tokens: list[bytes] = []

    def stamp(digest: bytes) -> bytes:
        tokens.append(authority.stamp(digest))
        return tokens[-1]

    def sealed(digest: bytes) -> bytes:
        return sign_detached(
            digest,
            sign=lambda message: office.seal_key.sign(message, ec.ECDSA(hashes.SHA256())),
            certificate=office.seal_certificate,
            others=office.seal_chain,
            stamp=stamp,
        )

    seal = SignatureObject(
        timestamp=at, subfilter=SigSeedSubFilter.PADES, reason=name, bytes_reserved=RESERVED_BYTES
    )
    output = _embed(_writer(pdf), SEAL_FIELD, seal, sealed)
    if not lists:
        return output
    chain = [office.seal_certificate, *office.seal_chain]
    for token in tokens:
        chain += timestamp_token.read(token).certificates
    chain += [*office.tsa_chain, *getattr(authority, "anchors", ())]
    _expect_all(chain, lists)
    return _prolong(output, chain, lists, stamp=authority.stamp)


def _prolong(
    pdf: bytes,
    chain: Sequence[certificates.Certificate],
    lists: Sequence[certificates.CertificateRevocationList],
    *,
    stamp: Callable[[bytes], bytes],
) -> bytes:
    """Return the PDF with chain and lists inside, and a document time stamp over everything."""
    from asn1crypto import crl, x509
    from pyhanko.sign.signers.pdf_byterange import DocumentTimestamp
    from pyhanko.sign.validation.dss import DocumentSecurityStore

    writer = _writer(pdf)
    unique = {c.public_bytes(serialization.Encoding.DER): None for c in chain}
    DocumentSecurityStore.supply_dss_in_writer(
        writer,
        sig_contents=None,
        certs=[x509.Certificate.load(raw) for raw in unique],
        crls=[crl.CertificateList.load(raw) for raw in encoded(lists)],
    )
    placeholder = DocumentTimestamp(bytes_reserved=RESERVED_BYTES)  # type: ignore[no-untyped-call]  # the library's own
    return _embed(writer, STAMP_FIELD, placeholder, stamp)


def _embed(writer: Any, field: str, placeholder: Any, sign: Callable[[bytes], bytes]) -> bytes:
    """Return the PDF with a signature of its bytes in a field of its own, which is not drawn."""
    from pyhanko.sign.fields import SigFieldSpec
    from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigObjSetup

    steps = PdfCMSEmbedder(new_field_spec=SigFieldSpec(field)).write_cms(field, writer)
    next(steps)
    steps.send(SigObjSetup(sig_placeholder=placeholder))
    output = io.BytesIO()
    prepared, _ = steps.send(SigIOSetup(md_algorithm="sha256", output=output))
    steps.send(sign(prepared.document_digest))
    return output.getvalue()


def _writer(pdf: bytes) -> Any:
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    return IncrementalPdfFileWriter(io.BytesIO(pdf))


def _expect_all(
    chain: Sequence[certificates.Certificate], lists: Sequence[certificates.CertificateRevocationList]
) -> None:
    """Refuse when a certificate below a root has no list of its issuer."""
    issuers = {crl.issuer for crl in lists}
    for certificate in chain:
        if certificate.issuer != certificate.subject and certificate.issuer not in issuers:
            msg = f"No revocation list of {certificate.issuer.rfc4514_string()} is at hand."
            raise RevocationUnknownError(msg, mend="Put that authority's list into keys/crl.")
