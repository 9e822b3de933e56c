"""Detached signatures: openssl and pyHanko accept them, and nothing else."""

import subprocess
from hashlib import sha256
from pathlib import Path

import pytest
from asn1crypto import cms
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from lre_kit.office import PostOffice
from lre_kit.proofs.sealing.cms import sign_detached
from lre_kit.proofs.stamping.timestamp import check_token
from lre_kit.testing.office import throwaway_office

pytestmark = pytest.mark.needs("openssl")

CONTENT = b"what is sealed\n"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> PostOffice:
    return throwaway_office(tmp_path_factory.mktemp("cms") / "office")


def signed(office: PostOffice, *, stamped: bool) -> bytes:
    return sign_detached(
        sha256(CONTENT).digest(),
        sign=lambda message: office.keys.seal_key.sign(message, ec.ECDSA(hashes.SHA256())),
        certificate=office.keys.seal_certificate,
        others=office.keys.seal_chain,
        stamp=office.authority.stamp if stamped else None,
    )


def openssl(folder: Path, office: PostOffice, signature: bytes, content: bytes) -> int:
    for name, raw in (
        ("s.p7s", signature),
        ("content", content),
        ("ca.pem", office.keys.seal_chain[-1].public_bytes(Encoding.PEM)),
    ):
        (folder / name).write_bytes(raw)
    return subprocess.run(
        ["openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", folder / "s.p7s",
         "-content", folder / "content", "-CAfile", folder / "ca.pem", "-purpose", "any",
         "-out", "/dev/null"],
        capture_output=True, check=False,
    ).returncode  # fmt: skip


@pytest.mark.parametrize("stamped", [False, True])
def test_openssl_accepts_it_as_cades_and_refuses_other_content(
    office: PostOffice, tmp_path: Path, stamped: bool
) -> None:
    signature = signed(office, stamped=stamped)
    assert openssl(tmp_path, office, signature, CONTENT) == 0
    assert openssl(tmp_path, office, signature, CONTENT + b"!") != 0


def test_its_form_is_the_one_that_pades_and_asic_ask_for(office: PostOffice) -> None:
    data = cms.ContentInfo.load(signed(office, stamped=True), strict=True)["content"]
    assert data["encap_content_info"]["content"].native is None
    (signer,) = data["signer_infos"]
    names = [attribute["type"].native for attribute in signer["signed_attrs"]]
    assert sorted(names) == ["content_type", "message_digest", "signing_certificate_v2"]
    assert len(data["certificates"]) == 2


def test_the_time_stamp_is_over_the_signature(office: PostOffice) -> None:
    (signer,) = cms.ContentInfo.load(signed(office, stamped=True))["content"]["signer_infos"]
    (attribute,) = signer["unsigned_attrs"]
    token = attribute["values"][0].dump()
    check_token(token, sha256(signer["signature"].native).digest(), anchors=office.keys.tsa_chain[-1:])
