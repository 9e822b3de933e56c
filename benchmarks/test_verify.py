"""Verifying one bundle, warm, against its own signatures, tokens and hashes checked directly.

Floor: for each exhibit one ES256 verification through the JOSE library, one token through the RFC
3161 library, one Ed25519 verification and the hashes of its path; for the bundle the SHA-256 of
every file; for each PDF its own validation by the PDF library.
"""

import hashlib
import io
from collections.abc import Callable
from pathlib import Path

from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding
from joserfc import jws
from joserfc.jwk import ECKey
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from rfc3161_client import VerifierBuilder, decode_timestamp_response

from lre_kit.proofs.exhibit import parse_exhibit
from lre_kit.proofs.verify import Anchors, verify_path
from lre_kit.testing.office import deposit_sample, identify, throwaway_office

GRANTED = bytes.fromhex("3003020100")


def test_verify_one_bundle(tmp_path: Path, compare: Callable[..., object]) -> None:
    with throwaway_office(tmp_path / "office") as office:
        letter = deposit_sample(office)
        office.run_until_idle()
        office.desk.accept(letter.id, identify(office, letter))
        office.run_until_idle()
        office.issuer.export(letter.id, tmp_path / "letter")
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

    def floor() -> None:
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

    def ours() -> None:
        assert verify_path(bundle, anchors).exit_code == 0

    compare("verify one bundle", floor=floor, ours=ours, rounds=20, aim=0.5)


def _public_pem(key: object) -> bytes:
    from cryptography.hazmat.primitives.serialization import PublicFormat

    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)  # type: ignore[attr-defined, no-any-return]
