"""What a forger of a plain folder may try: every file is new to its list, and each is still seen."""

import shutil
import tracemalloc
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from asn1crypto import crl as asn1_crl
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import NameOID

from lre_kit.clock import now
from lre_kit.proofs.keys.crl import read_lists
from lre_kit.proofs.keys.revocation import make_list
from lre_kit.proofs.packing.bundle import manifest_bytes
from lre_kit.proofs.packing.pdf_seal import seal_pdf
from lre_kit.proofs.report import Report, Result
from lre_kit.proofs.stamping.tsa import BuiltinAuthority
from lre_kit.proofs.verifying.anchors import Anchors
from lre_kit.proofs.verifying.files import FolderFiles, digest_of
from lre_kit.proofs.verifying.parts_check import NOT_LOOKED_AT
from lre_kit.proofs.verifying.verify import verify_path
from lre_kit.testing.office import deposit_sample, identify, throwaway_office


@dataclass(frozen=True)
class Desk:
    """Two letters of one office: one accepted, one refused."""

    folder: Path
    anchors: Anchors
    keys: Any

    def verify(self, path: Path) -> Report:
        return verify_path(path, self.anchors)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    folder = tmp_path_factory.mktemp("review")
    with throwaway_office(folder / "office") as office:
        accepted, refused = deposit_sample(office), deposit_sample(office)
        office.run_until_idle()
        office.desk.accept(accepted.id, identify(office, accepted))
        office.desk.refuse(refused.id, identify(office, refused))
        office.run_until_idle()
        office.issuer.export(accepted.id, folder / "accepted")
        office.issuer.export(refused.id, folder / "refused")
        office.keys.write_trust(folder / "trust")
        return Desk(folder=folder, anchors=Anchors.load(folder / "trust"), keys=office.keys)


@pytest.fixture
def bundle(desk: Desk, tmp_path: Path) -> Path:
    return shutil.copytree(desk.folder / "accepted" / "bundle", tmp_path / "bundle")


def relist(bundle: Path) -> None:
    files = FolderFiles(bundle)
    names = set(files.names()) - {"manifest.json"}
    (bundle / "manifest.json").write_bytes(manifest_bytes({name: digest_of(files, name) for name in names}))


def reasons(report: Report) -> set[str]:
    return {check.reason for check in report.checks if check.result is not Result.PASSED}


def swapped_letter(desk: Desk, bundle: Path) -> None:
    for name in ("proof-of-deposit.pdf", "proof-of-refusal.pdf"):
        shutil.copy(desk.folder / "refused" / "proofs" / name, bundle / "proofs" / name)


def other_kind(desk: Desk, bundle: Path) -> None:
    shutil.copy(bundle / "proofs" / "proof-of-deposit.pdf", bundle / "proofs" / "proof-of-receipt.pdf")


def forged_beside(desk: Desk, bundle: Path) -> None:
    (bundle / "proofs" / "proof-of-receipt.PDF").write_bytes(b"%PDF-1.7 whatever")


def forged_above(desk: Desk, bundle: Path) -> None:
    (bundle / "proof-of-receipt.pdf").write_bytes(b"%PDF-1.7 whatever")


def renamed_act(desk: Desk, bundle: Path) -> None:
    for path in list(bundle.rglob("03-ConsignmentAcceptance.*")):
        path.rename(path.with_name(path.name.replace("Acceptance", "Rejection")))


@pytest.mark.parametrize(
    ("forge", "reason"),
    [
        (swapped_letter, "it carries other evidence than lies beside it"),
        (other_kind, "the file is named for another proof"),
        (forged_beside, "no file of a letter is called so"),
        (forged_above, "no file of a letter is called so"),
        (renamed_act, "the file is named for another act"),
    ],
)
def test_a_listed_file_that_is_not_what_its_name_says_fails(
    desk: Desk, bundle: Path, forge: Callable[[Desk, Path], None], reason: str
) -> None:
    forge(desk, bundle)
    relist(bundle)
    report = desk.verify(bundle)
    assert report.result is Result.FAILED
    assert reason in reasons(report)


def test_far_more_files_than_a_letter_has_are_refused_unread(desk: Desk, bundle: Path) -> None:
    evidence = (bundle / "evidence" / "01-SubmissionAcceptance.json").read_bytes()
    for number in range(600):
        (bundle / "evidence" / f"{number}.json").write_bytes(evidence)
    relist(bundle)
    report = desk.verify(bundle)
    assert reasons(report) == {"far more acts than a letter has"}


def test_a_story_cut_before_its_end_is_said_to_be_open(desk: Desk, bundle: Path) -> None:
    assert not [line for line in desk.verify(bundle).not_checked if "more happened later" in line]
    for path in list(bundle.rglob("*")):
        if path.name.startswith(("03-", "04-", "05-", "checkpoint-", "proof-of-receipt")):
            path.unlink()
    relist(bundle)
    assert [line for line in desk.verify(bundle).not_checked if "more happened later" in line]


def test_links_and_deep_folders_are_seen_and_not_followed(desk: Desk, bundle: Path, tmp_path: Path) -> None:
    document = next((bundle / "documents").iterdir())
    outside = shutil.move(document, tmp_path / "outside")
    document.symlink_to(outside)
    assert "this file was changed" in reasons(desk.verify(bundle))
    document.unlink()
    shutil.move(outside, document)
    (bundle / "more").symlink_to(tmp_path)
    assert reasons(desk.verify(bundle)) == {"this file is not listed"}
    (bundle / "more").unlink()
    deep = bundle.joinpath(*"d" * 20)
    deep.mkdir(parents=True)
    (deep / "file").write_bytes(b"")
    report = desk.verify(bundle)
    assert reasons(report) == {"this file is not listed"}
    assert "/".join("d" * 9) in {check.subject for check in report.checks}


@pytest.mark.parametrize("version", ["v1", "v3"])
def test_a_revocation_list_of_an_unknown_version_fails_and_breaks_nothing(
    desk: Desk, bundle: Path, version: str
) -> None:
    path = next((bundle / "revocation").iterdir())
    changed = asn1_crl.CertificateList.load(path.read_bytes())
    changed["tbs_cert_list"]["version"] = version
    path.write_bytes(changed.dump(force=True))
    relist(bundle)
    assert "it cannot be read" in reasons(desk.verify(bundle))
    assert read_lists(path) == []


@pytest.mark.parametrize("missing", ["none", "old", "seal"])
def test_only_lists_that_could_tell_of_a_revocation_end_the_warning(
    desk: Desk, bundle: Path, tmp_path: Path, missing: str
) -> None:
    trust = shutil.copytree(desk.folder / "trust", tmp_path / "trust")
    for path in trust.glob("*.crl"):
        path.unlink()
    anchors = Anchors.load(trust)
    for path in list((bundle / "revocation").iterdir()):
        path.unlink()
    at = now() - timedelta(days=400) if missing == "old" else now()
    for name, issuer in (("seal", anchors.seal[0]), ("tsa", anchors.timestamp[0])):
        key = load_pem_private_key((desk.folder / "office" / "keys" / f"{name}-ca.key").read_bytes(), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        if name != missing:
            path = bundle / "revocation" / f"{name}.crl"
            path.write_bytes(make_list(issuer, key, at=at).public_bytes(Encoding.DER))
    relist(bundle)
    report = verify_path(bundle, anchors)
    assert report.result is Result.PASSED
    assert (NOT_LOOKED_AT in report.not_checked) is (missing != "none")


def another_of_the_same_authority(desk: Desk) -> Any:
    """Return keys of a stranger to whom the office's seal authority issued a certificate too."""
    folder = desk.folder / "office" / "keys"
    root = desk.keys.seal_chain[-1]
    above = load_pem_private_key((folder / "seal-ca.key").read_bytes(), None)
    assert isinstance(above, ec.EllipticCurvePrivateKey)
    key = ec.generate_private_key(ec.SECP256R1())
    old = desk.keys.seal_certificate
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, "Mallory seal"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Mallory"),
        ]
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(root.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now() - timedelta(hours=1))
        .not_valid_after(now() + timedelta(days=1))
    )
    for extension in old.extensions:
        if extension.oid != x509.SubjectKeyIdentifier.oid:
            builder = builder.add_extension(extension.value, critical=extension.critical)
    return SimpleNamespace(
        seal_key=key,
        seal_certificate=builder.sign(above, hashes.SHA256()),
        seal_chain=desk.keys.seal_chain,
        tsa_chain=desk.keys.tsa_chain,
    )


@pytest.mark.parametrize("by", ["office", "another"])
def test_true_evidence_in_a_pdf_that_another_sealed_proves_nothing(
    desk: Desk, tmp_path: Path, by: str
) -> None:
    """F8.10."""
    proof = (desk.folder / "accepted" / "proofs" / "proof-of-receipt.pdf").read_bytes()
    unsealed = proof[: proof.index(b"%%EOF") + 6]
    who = desk.keys if by == "office" else cast("Any", another_of_the_same_authority(desk))
    path = tmp_path / "forged.pdf"
    authority = BuiltinAuthority(desk.keys, now)
    path.write_bytes(seal_pdf(unsealed, who, authority=authority, name="receipt", at=now()))
    report = desk.verify(path)
    if by == "office":
        assert report.result is Result.PASSED
    else:
        assert report.result is Result.INDETERMINATE
        assert any("Mallory" in reason for reason in reasons(report))


def test_a_pdf_that_unpacks_to_far_more_than_it_is_costs_little(desk: Desk, tmp_path: Path) -> None:
    engine = zlib.compressobj(9)
    packed = b"".join(engine.compress(bytes(1 << 20)) for _ in range(200)) + engine.flush()
    objects = [
        b"<</Type/Catalog/Pages 2 0 R/AF[" + b"4 0 R " * 50 + b"]>>",
        b"<</Type/Pages/Kids[]/Count 0>>",
        b"<</Filter/FlateDecode/Length %d>>stream\n%b\nendstream" % (len(packed), packed),
        b"<</Type/Filespec/F(a.json)/UF(a.json)/EF<</F 3 0 R>>>>",
    ]
    pdf, places = b"%PDF-1.7\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(pdf))
        pdf += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    begins = len(pdf)
    pdf += b"xref\n0 5\n0000000000 65535 f \n" + table
    pdf += b"trailer<</Root 1 0 R/Size 5>>\nstartxref\n%d\n%%%%EOF\n" % begins
    path = tmp_path / "bomb.pdf"
    path.write_bytes(pdf)
    tracemalloc.start()
    try:
        assert desk.verify(path).result is Result.FAILED
        assert tracemalloc.get_traced_memory()[1] < 96 << 20
    finally:
        tracemalloc.stop()
