"""Sealing proofs as PDF: PAdES baseline B-T (ETSI EN 319 142-1) with pyHanko."""

import io
from typing import TYPE_CHECKING, Any

from asn1crypto import cms, keys, x509
from cryptography.hazmat.primitives import serialization

from lre_kit.proofs.keys import Keys
from lre_kit.proofs.timestamp import TimestampAuthority

if TYPE_CHECKING:
    from pyhanko.sign import signers
    from pyhanko.sign.timestamps import TimeStamper

RESERVED_BYTES = 16 * 1024
"""Room left for the signature with its token; fixed, so that no dry run is needed."""


def seal_pdf(pdf: bytes, office: Keys, *, authority: TimestampAuthority, name: str) -> bytes:
    """Return a sealed and time-stamped PDF.

    Args:
        pdf: The proof.
        office: Whose seal.
        authority: Whose time stamp.
        name: Kind of proof, for the signature's reason.

    Raises:
        TimestampUnavailableError: No stamp can be had; nothing lower is issued in its place.
    """
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import fields, signers

    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    metadata = signers.PdfSignatureMetadata(
        field_name="Seal",
        md_algorithm="sha256",
        subfilter=fields.SigSeedSubFilter.PADES,
        reason=name,
    )
    signer = signers.PdfSigner(metadata, signer=_signer(office), timestamper=_timestamper(authority))
    made = signer.sign_pdf(writer, bytes_reserved=RESERVED_BYTES)
    return bytes(made.getvalue())


def _signer(office: Keys) -> "signers.SimpleSigner":
    from pyhanko.sign import signers
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    encoded = office.seal_key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    chain = [
        x509.Certificate.load(c.public_bytes(serialization.Encoding.DER))
        for c in (office.seal_certificate, *office.seal_chain)
    ]
    store = SimpleCertificateStore()  # type: ignore[no-untyped-call]  # the library leaves it untyped
    store.register_multiple(chain)
    return signers.SimpleSigner(
        signing_cert=chain[0], signing_key=keys.PrivateKeyInfo.load(encoded), cert_registry=store
    )


def _timestamper(authority: TimestampAuthority) -> "TimeStamper":
    from pyhanko.sign.timestamps import TimeStamper

    class OfficeTimeStamper(TimeStamper):
        """Gets tokens from the office's own authority, with all its checks."""

        async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> Any:
            del md_algorithm
            return cms.ContentInfo.load(authority.stamp(message_digest))

        async def async_dummy_response(self, md_algorithm: str) -> Any:
            return await self.async_timestamp(bytes(32), md_algorithm)

    return OfficeTimeStamper()  # type: ignore[no-untyped-call]  # likewise
