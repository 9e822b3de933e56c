"""Making proofs: evidence with its seal, and the whole PDF, against the bare operations.

Floors: for evidence one ES256 signature and the canonical form; for the PDF the library's own
signer making a PAdES B-T of the same page, as its manual shows it.
"""

import io
from collections.abc import Callable
from functools import partial
from pathlib import Path

import rfc8785
from asn1crypto import cms
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.sign.timestamps import TimeStamper

from lre_kit.law.events import ErdsEvent
from lre_kit.letters.state import Event
from lre_kit.proofs.packing.pdf import ProofFacts, render_proof
from lre_kit.proofs.packing.pdf_seal import Level, seal_pdf
from lre_kit.proofs.sealing.evidence import Issuer, build_record, canonical
from lre_kit.proofs.sealing.seal import FileSeal
from lre_kit.testing.office import deposit_sample, throwaway_office

EVIDENCE = 500


def test_evidence_and_its_seal(tmp_path: Path, compare: Callable[..., object]) -> None:
    with throwaway_office(tmp_path / "office") as office:
        letter = deposit_sample(office)
        now, keys = office.clock(), office.keys
    event = Event(name=ErdsEvent.SUBMISSION_ACCEPTANCE, occurred_at=now, details={"product": "simple"})
    issuer = Issuer(version="EN319522v1.1.1", policy="urn:x", name="X")
    record = build_record(issuer=issuer, letter=letter, event=event, seq=0, evidence_id="e", actor={})
    seal = FileSeal(keys)

    def floor() -> None:
        for _ in range(EVIDENCE):
            keys.seal_key.sign(rfc8785.dumps(record), ec.ECDSA(hashes.SHA256()))

    def ours() -> None:
        for _ in range(EVIDENCE):
            made = build_record(issuer=issuer, letter=letter, event=event, seq=0, evidence_id="e", actor={})
            seal.sign(canonical(made), at=now)

    compare(f"evidence and seal, {EVIDENCE}", floor=floor, ours=ours, rounds=10, aim=0.6)


def test_a_whole_proof_against_bare_signing(tmp_path: Path, compare: Callable[..., object]) -> None:
    with throwaway_office(tmp_path / "office") as office:
        letter = deposit_sample(office)
        office.run_until_idle()
        facts = ProofFacts(
            letter=letter,
            kind="deposit",
            exhibits=tuple(office.issuer.exhibits(letter.id)[:1]),
            provider="X",
            level=Level.B_T,
            url="https://notices.example/verify/x",
        )
        keys, authority, clock = office.keys, office.authority, office.clock
    page = render_proof(facts, "fr")
    for name, raw in (
        ("seal.pem", keys.seal_certificate),
        ("root.pem", keys.seal_chain[-1]),
    ):
        from cryptography.hazmat.primitives.serialization import Encoding

        (tmp_path / name).write_bytes(raw.public_bytes(Encoding.PEM))
    signer = signers.SimpleSigner.load(
        str(office.settings.keys_folder / "seal.key"),
        str(tmp_path / "seal.pem"),
        ca_chain_files=(str(tmp_path / "root.pem"),),
    )

    class Stamper(TimeStamper):
        async def async_request_tsa_response(self, req: object) -> object:
            raise NotImplementedError

        async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> cms.ContentInfo:
            del md_algorithm
            return cms.ContentInfo.load(authority.stamp(message_digest))

        async def async_dummy_response(self, md_algorithm: str) -> cms.ContentInfo:
            return await self.async_timestamp(bytes(32), md_algorithm)

    def floor() -> None:
        signers.sign_pdf(
            IncrementalPdfFileWriter(io.BytesIO(page)),
            signers.PdfSignatureMetadata(
                field_name="Seal", md_algorithm="sha256", subfilter=fields.SigSeedSubFilter.PADES
            ),
            signer=signer,
            timestamper=Stamper(),
        )

    seal = partial(seal_pdf, office=keys, authority=authority, name="deposit", at=clock())

    compare(
        "whole PDF proof, B-T", floor=floor, ours=lambda: seal(render_proof(facts, "fr")), rounds=20, aim=1.0
    )
