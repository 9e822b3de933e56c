"""Verifying one bundle and one container, warm, against their own signatures, tokens and hashes.

Floor: for each exhibit one ES256 verification through the JOSE library, one token through the RFC
3161 library, one Ed25519 verification and the hashes of its path; for the bundle the SHA-256 of
every file; for each PDF its own validation by the PDF library; for the container also its own seal and
time stamp by the CMS library.
"""

import asyncio
import hashlib
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from asn1crypto import cms
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding
from joserfc import jws
from joserfc.jwk import ECKey
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import async_validate_detached_cms, validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from rfc3161_client import VerifierBuilder, decode_timestamp_response

from lre_kit.proofs.packing.container import MANIFEST, SIGNATURE
from lre_kit.proofs.sealing.exhibit import parse_exhibit
from lre_kit.proofs.verifying.verify import Anchors, verify_path
from lre_kit.testing.office import deposit_sample, identify, throwaway_office

GRANTED = bytes.fromhex("3003020100")


@pytest.mark.parametrize("form", ["bundle", "container"])
def test_verify_one(tmp_path: Path, compare: Callable[..., object], form: str) -> None:
    with throwaway_office(tmp_path / "office") as office:
        letter = deposit_sample(office)
        office.run_until_idle()
        office.desk.accept(letter.id, identify(office, letter))
        office.run_until_idle()
        office.issuer.export(letter.id, tmp_path / "letter")
        with (tmp_path / "letter.asice").open("wb") as target:
            office.issuer.container(letter.id, target=target)
        office.keys.write_trust(tmp_path / "trust")
        keys = office.keys
    bundle, anchors = tmp_path / "letter" / "bundle", Anchors.load(tmp_path / "trust")
    exhibits = [parse_exhibit(path.read_bytes()) for path in sorted(bundle.glob("evidence/*.json"))]
    jwk = ECKey.import_key(_public_pem(keys.seal_key))
    registry = jws.JWSRegistry(algorithms=["ES256"], strict_check_header=False)
    registry.max_header_length = 16_384
    log_key = Ed25519PublicKey.from_public_bytes(keys.log_key.public_key().public_bytes_raw())
    note_signatures = [keys.log_key.sign(e.checkpoint.encode()) for e in exhibits]
    pdfs = [path.read_bytes() for path in sorted(bundle.glob("proofs/*.pdf"))]
    roots = [
        [asn1_x509.Certificate.load(c.public_bytes(Encoding.DER)) for c in chain[-1:]]
        for chain in (keys.seal_chain, keys.tsa_chain)
    ]

    with zipfile.ZipFile(tmp_path / "letter.asice") as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    seal = cms.ContentInfo.load(entries[SIGNATURE])["content"]
    chain = [
        asn1_x509.Certificate.load(c.public_bytes(Encoding.DER))
        for c in (keys.seal_certificate, *keys.seal_chain)
    ]

    def floor() -> None:
        if form == "container":
            context = ValidationContext(
                trust_roots=[*roots[0], *roots[1]], allow_fetching=False, other_certs=chain
            )
            asyncio.run(
                async_validate_detached_cms(
                    entries[MANIFEST], seal, signer_validation_context=context, ts_validation_context=context
                )
            )
        for path in bundle.rglob("*.*"):
            hashlib.sha256(path.read_bytes()).digest()
        for exhibit, signature in zip(exhibits, note_signatures, strict=True):
            jws.deserialize_compact(exhibit.compact, jwk, algorithms=["ES256"], registry=registry)
            log_key.verify(signature, exhibit.checkpoint.encode())
            digest = hashlib.sha256(exhibit.checkpoint.encode()).digest()
            body = GRANTED + exhibit.token
            response = decode_timestamp_response(b"\x30\x82" + len(body).to_bytes(2, "big") + body)
            VerifierBuilder(roots=[keys.tsa_chain[-1]]).build().verify(response, digest)
            for step in exhibit.path:
                digest = hashlib.sha256(b"\x01" + step + digest).digest()
        for pdf in pdfs:
            signature = PdfFileReader(io.BytesIO(pdf)).embedded_regular_signatures[0]
            contexts = [
                ValidationContext(trust_roots=trusted, allow_fetching=False, revocation_mode="soft-fail")
                for trusted in roots
            ]
            validate_pdf_signature(signature, contexts[0], contexts[1])

    place = bundle if form == "bundle" else tmp_path / "letter.asice"

    def ours() -> None:
        assert verify_path(place, anchors).exit_code == 0

    compare(f"verify one {form}", floor=floor, ours=ours, rounds=20, aim=0.5)


def _public_pem(key: object) -> bytes:
    from cryptography.hazmat.primitives.serialization import PublicFormat

    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)  # type: ignore[attr-defined, no-any-return]
