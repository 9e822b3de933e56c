"""Parts of evidence and revocation lists, laid out as files in bundles and containers."""

import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from lre_kit.clock import now
from lre_kit.proofs.keys.revocation import make_list
from lre_kit.proofs.packing.bundle import manifest_bytes
from lre_kit.proofs.packing.revocation_files import revocation_files
from lre_kit.proofs.report import Report, Result
from lre_kit.proofs.verifying.anchors import Anchors
from lre_kit.proofs.verifying.files import FolderFiles, digest_of
from lre_kit.proofs.verifying.verify import verify_path
from lre_kit.testing.containers import Sealed, contents, seal_letters


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Sealed:
    sealed = seal_letters(tmp_path_factory.mktemp("parts"))
    for name, content in contents(sealed.folder / "letter.zip").items():
        place = sealed.folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    return sealed


@pytest.fixture
def bundle(made: Sealed, tmp_path: Path) -> Path:
    return shutil.copytree(made.folder / "bundle", tmp_path / "bundle")


def relist(bundle: Path) -> None:
    """Name every file in the list as it now is, as a forger of a plain folder would."""
    files = FolderFiles(bundle)
    names = set(files.names()) - {"manifest.json"}
    (bundle / "manifest.json").write_bytes(manifest_bytes({name: digest_of(files, name) for name in names}))


def without_lists(made: Sealed, tmp_path: Path) -> Anchors:
    folder = shutil.copytree(made.folder / "trust", tmp_path / "trust")
    for path in folder.glob("*.crl"):
        path.unlink()
    return Anchors.load(folder)


def answers(report: Report, name: str) -> list[Result]:
    return [check.result for check in report.checks if check.name == name]


def test_each_record_has_its_parts_and_the_whole_passes(made: Sealed) -> None:
    names = set(contents(made.container))
    for suffix in (".jws", ".tlog-proof"):
        assert f"log/01-SubmissionAcceptance{suffix}" in names
    assert sum(name.startswith("certificates/") for name in names) >= 2
    assert sum(name.startswith("revocation/") for name in names) == 2
    for place in (made.container, made.folder / "letter.zip", made.folder / "bundle"):
        report = verify_path(place, made.anchors)
        assert report.result is Result.PASSED
        assert answers(report, "part") == [Result.PASSED]
        assert answers(report, "revocation list") == [Result.PASSED] * 2


@pytest.mark.needs("openssl")
def test_openssl_accepts_each_token_over_its_checkpoint(made: Sealed) -> None:
    tokens = list((made.folder / "bundle" / "log").glob("*.tst"))
    assert tokens
    for token in tokens:
        command = ["openssl", "ts", "-verify", "-data", str(token.with_suffix(".txt")), "-in", str(token)]
        anchor = ["-token_in", "-CAfile", str(made.folder / "trust" / "tsa-ca.pem")]
        subprocess.run([*command, *anchor], check=True, capture_output=True)


def test_each_proof_of_logging_passes_with_the_record_beside_it(made: Sealed) -> None:
    for proof in (made.folder / "bundle" / "log").glob("*.tlog-proof"):
        assert verify_path(proof, made.anchors).result is Result.PASSED


@pytest.mark.parametrize("name", ["log/01-SubmissionAcceptance.jws", "log/99-More.jws", "certificates/0.pem"])
def test_a_part_that_the_evidence_does_not_hold_fails(made: Sealed, bundle: Path, name: str) -> None:
    (bundle / name).write_bytes(b"something else")
    relist(bundle)
    report = verify_path(bundle, made.anchors)
    assert [check.subject for check in report.checks if check.result is Result.FAILED] == [name]


def test_lists_that_travel_along_are_looked_at(made: Sealed, bundle: Path, tmp_path: Path) -> None:
    anchors = without_lists(made, tmp_path)
    assert not any("revocation" in line for line in verify_path(bundle, anchors).not_checked)
    shutil.rmtree(bundle / "revocation")
    relist(bundle)
    report = verify_path(bundle, anchors)
    assert report.result is Result.PASSED
    assert any("no revocation list" in line for line in report.not_checked)


def test_a_list_that_revokes_the_seal_before_the_act_speaks_against_it(
    made: Sealed, bundle: Path, tmp_path: Path
) -> None:
    key = load_pem_private_key((made.folder / "office" / "keys" / "seal-ca.key").read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    serial = made.keys.seal_certificate.serial_number
    crl = make_list(made.keys.seal_chain[-1], key, at=now(), revoked=[(serial, now() - timedelta(days=9))])
    for name, raw in revocation_files([crl]):
        (bundle / name).write_bytes(raw)
    relist(bundle)
    report = verify_path(bundle, without_lists(made, tmp_path))
    assert report.result is not Result.PASSED
    assert "REVOKED" in {check.sub_indication for check in report.checks}


def test_a_strangers_list_under_the_same_name_counts_for_nothing(made: Sealed, bundle: Path) -> None:
    stranger = ec.generate_private_key(ec.SECP256R1())
    serial = made.keys.seal_certificate.serial_number
    crl = make_list(
        made.keys.seal_chain[-1], stranger, at=now(), revoked=[(serial, now() - timedelta(days=9))]
    )
    assert isinstance(crl, x509.CertificateRevocationList)
    (bundle / "revocation" / "forged.crl").write_bytes(crl.public_bytes(Encoding.DER))
    relist(bundle)
    report = verify_path(bundle, made.anchors)
    assert report.result is Result.PASSED
    assert "revocation/forged.crl (nobody trusted signed it)" in report.not_checked


def test_a_list_that_cannot_be_read_fails(made: Sealed, bundle: Path) -> None:
    (bundle / "revocation" / "junk.crl").write_bytes(b"junk")
    relist(bundle)
    assert verify_path(bundle, made.anchors).result is Result.FAILED
