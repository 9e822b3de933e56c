"""Containers of real letters: what is written, that standard tools accept it, and whom it convinces."""

import asyncio
import dataclasses
import hashlib
import io
import subprocess
import sys
import tracemalloc
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import cms as asn1_cms
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from lre_kit.cli.main import cli
from lre_kit.clock import now
from lre_kit.errors import SealUnavailableError, TimestampUnavailableError
from lre_kit.office import PostOffice
from lre_kit.proofs.packing.asic_manifest import parse_manifest
from lre_kit.proofs.packing.container import MANIFEST, MEDIA_TYPE, MIMETYPE, SIGNATURE, write_container
from lre_kit.proofs.packing.zip_records import BadContainerError
from lre_kit.proofs.report import Result
from lre_kit.proofs.stamping.tsa import BuiltinAuthority
from lre_kit.proofs.verifying.verify import Anchors, verify_path
from lre_kit.testing.containers import (
    AT,
    Sealed,
    contents,
    faults,
    resealed,
    seal_letters,
)
from lre_kit.testing.office import deposit_sample, throwaway_office


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Sealed:
    return seal_letters(tmp_path_factory.mktemp("container"))


# --- what is written -----------------------------------------------------------------------------


def test_a_letters_container_passes_with_all_that_a_bundle_is_checked_for(made: Sealed) -> None:
    report = verify_path(made.container, made.anchors)
    assert faults(report) == set()
    assert report.result is Result.PASSED
    bundle = verify_path(made.folder / "letter.zip", made.anchors)
    seen = {(check.name, check.subject) for check in report.checks}
    own = {"container", "container seal", "container time stamp"}
    assert {name for name, _ in seen} >= own
    assert {(n, s) for n, s in seen if n not in own and n != "manifest"} == {
        (check.name, check.subject) for check in bundle.checks if check.name != "manifest"
    }


def test_names_with_accents_and_signs_that_mean_something_in_references_pass(made: Sealed) -> None:
    path = made.folder / "other.asice"
    assert "documents/01-Été & Cie #1.txt" in contents(path)
    assert verify_path(path, made.anchors).result is Result.PASSED


@pytest.mark.needs("openssl")
def test_openssl_accepts_the_seal_over_the_list_of_files(made: Sealed, tmp_path: Path) -> None:
    files = contents(made.container)
    (tmp_path / "s.p7s").write_bytes(files[SIGNATURE])
    (tmp_path / "list.xml").write_bytes(files[MANIFEST])
    arguments: list[str | Path] = [
        "openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", tmp_path / "s.p7s",
        "-content", tmp_path / "list.xml", "-CAfile", made.folder / "trust" / "seal-ca.pem",
        "-purpose", "any", "-out", tmp_path / "out",
    ]  # fmt: skip
    subprocess.run(arguments, check=True, capture_output=True)
    assert (tmp_path / "out").read_bytes() == files[MANIFEST]
    (tmp_path / "list.xml").write_bytes(files[MANIFEST].replace(b"evidence/01", b"evidence/02"))
    assert subprocess.run(arguments, check=False, capture_output=True).returncode != 0


@pytest.mark.needs("openssl")
def test_openssl_accepts_the_time_stamp_over_the_seals_value(made: Sealed, tmp_path: Path) -> None:
    (signer,) = asn1_cms.ContentInfo.load(contents(made.container)[SIGNATURE])["content"]["signer_infos"]
    (tmp_path / "value").write_bytes(signer["signature"].native)
    (tmp_path / "token").write_bytes(signer["unsigned_attrs"][0]["values"][0].dump())
    done = subprocess.run(
        ["openssl", "ts", "-verify", "-data", tmp_path / "value", "-in", tmp_path / "token", "-token_in",
         "-CAfile", made.folder / "trust" / "tsa-ca.pem"],
        capture_output=True, check=False, text=True,
    )  # fmt: skip
    assert "Verification: OK" in done.stdout + done.stderr


def test_its_signed_attributes_are_those_of_the_cades_baseline(made: Sealed) -> None:
    (signer,) = asn1_cms.ContentInfo.load(contents(made.container)[SIGNATURE])["content"]["signer_infos"]
    assert {attribute["type"].native for attribute in signer["signed_attrs"]} == {
        "content_type", "message_digest", "signing_time", "signing_certificate_v2",
    }  # fmt: skip
    assert [a["type"].native for a in signer["unsigned_attrs"]] == ["signature_time_stamp_token"]


def test_pyhanko_accepts_the_seal_with_its_time_stamp(made: Sealed) -> None:
    from asn1crypto import x509 as asn1_x509
    from pyhanko.sign.validation import async_validate_detached_cms
    from pyhanko_certvalidator import ValidationContext

    def trusting(*chain: Any) -> ValidationContext:
        return ValidationContext(
            trust_roots=[asn1_x509.Certificate.load(c.public_bytes(Encoding.DER)) for c in chain],
            allow_fetching=False,
        )

    files = contents(made.container)
    status = asyncio.run(
        async_validate_detached_cms(
            files[MANIFEST],
            asn1_cms.ContentInfo.load(files[SIGNATURE])["content"],
            signer_validation_context=trusting(made.keys.seal_chain[-1]),
            ts_validation_context=trusting(made.keys.tsa_chain[-1]),
        )
    )
    assert status.valid
    assert status.intact
    assert status.trusted
    assert status.timestamp_validity is not None
    assert status.timestamp_validity.trusted


@pytest.mark.needs("unzip")
def test_common_readers_of_zip_files_read_it_whole(made: Sealed) -> None:
    with zipfile.ZipFile(made.container) as archive:
        assert archive.testzip() is None
    done = subprocess.run(["unzip", "-t", made.container], capture_output=True, check=True, text=True)
    assert "No errors detected" in done.stdout


def test_the_media_type_stands_where_the_standard_puts_it_byte_by_byte(made: Sealed) -> None:
    raw = made.container.read_bytes()
    assert raw[:4] == b"PK\x03\x04"
    assert raw[6:10] == bytes(4)  # no flags, stored
    assert raw[26:30] == bytes([8, 0, 0, 0])  # length of the name, no extra field
    assert raw[30:38] == b"mimetype"
    assert raw[38 : 38 + 31] == MEDIA_TYPE
    assert raw[69:73] == b"PK\x03\x04"  # nothing behind it, no newline


def test_the_list_names_every_file_with_its_digest_and_media_type(made: Sealed) -> None:
    files = contents(made.container)
    listed = parse_manifest(files[MANIFEST])
    assert listed.signature == SIGNATURE
    assert listed.digests == {
        name: hashlib.sha256(content).hexdigest()
        for name, content in files.items()
        if name not in {MIMETYPE, MANIFEST, SIGNATURE}
    }
    assert b'URI="proofs/proof-of-deposit.pdf" MimeType="application/pdf"' in files[MANIFEST]


def test_two_containers_of_one_instant_differ_only_in_the_signature(made: Sealed, tmp_path: Path) -> None:
    files = contents(made.container)
    both = [resealed(tmp_path / f"{n}.asice", files, made.keys, at=AT).read_bytes() for n in "ab"]
    ends = [raw.index(SIGNATURE.encode()) - 30 for raw in both]
    assert both[0][: ends[0]] == both[1][: ends[1]]


def test_contents_pass_through_once_and_never_fill_the_memory(made: Sealed, tmp_path: Path) -> None:
    mebibyte = 1024 * 1024
    pieces = (bytes(mebibyte) for _ in range(64))
    path = tmp_path / "l.asice"
    tracemalloc.start()
    with path.open("wb") as target:
        authority = BuiltinAuthority(made.keys, now)
        write_container(target, [("big", pieces)], keys=made.keys, authority=authority, at=AT)
    report = verify_path(path, made.anchors)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert ("manifest", Result.PASSED) in {(check.name, check.result) for check in report.checks}
    assert path.stat().st_size > 64 * mebibyte
    assert peak < 16 * mebibyte


def test_a_target_that_cannot_be_sought_in_gets_the_same_form(made: Sealed, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c",
         ("import sys; from pathlib import Path; from lre_kit.proofs.keys.keys import Keys\n"
         "from lre_kit.proofs.stamping.tsa import BuiltinAuthority; from lre_kit.clock import now\n"
         "from lre_kit.proofs.packing.container import write_container\n"
         f"keys = Keys.load(Path({str(made.folder / 'office' / 'keys')!r}))\n"
         "write_container(sys.stdout.buffer, [('a', [b'b'])], keys=keys,"
         " authority=BuiltinAuthority(keys, now), at=now())")],
        capture_output=True, check=True,
    )  # fmt: skip
    (tmp_path / "it.asice").write_bytes(done.stdout)
    report = verify_path(tmp_path / "it.asice", made.anchors)
    assert {c.name for c in report.checks if c.result is Result.PASSED} >= {
        "container", "manifest", "container seal", "container time stamp",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "reason"),
    [("META-INF/more", "name-reserved"), ("mimetype", "name-reserved"), ("../up", "name-traversal"),
     ("a\nb", "name-hidden"), ("twice", "name-duplicate")],
)  # fmt: skip
def test_a_name_that_no_verifier_would_take_is_not_written(made: Sealed, name: str, reason: str) -> None:
    files = [("twice", [b"1"]), (name, [b"2"])]
    with pytest.raises(BadContainerError) as caught:
        write_container(
            io.BytesIO(), files, keys=made.keys, authority=BuiltinAuthority(made.keys, now), at=AT
        )
    assert caught.value.reason == reason


def test_without_seal_or_time_stamp_there_is_no_container(made: Sealed) -> None:
    class Away:
        def stamp(self, digest: bytes) -> bytes:
            raise TimestampUnavailableError("It is away.", mend="Wait.")

    class Broken:
        def __getattr__(self, name: str) -> Any:
            if name == "seal_key":
                raise RuntimeError("token removed")
            return getattr(made.keys, name)

    files = [("a", [b"b"])]
    with pytest.raises(TimestampUnavailableError):
        write_container(io.BytesIO(), files, keys=made.keys, authority=Away(), at=AT)
    broken: Any = Broken()
    with pytest.raises(SealUnavailableError):
        write_container(io.BytesIO(), files, keys=broken, authority=BuiltinAuthority(made.keys, now), at=AT)


def test_export_with_the_option_writes_a_container_that_verifies(
    made: Sealed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LRE_HOME", str(made.folder / "office"))
    arguments = ["export", made.number, "--out", str(tmp_path), "--container"]
    assert not cli.main(arguments, standalone_mode=False)
    place = tmp_path / made.number / f"{made.number}.asice"
    assert cli.main(["verify", str(place)], standalone_mode=False) == 0
    assert not list(tmp_path.rglob("*.part"))


# --- whom to trust, and when ----------------------------------------------------------------------


def test_without_anchors_nothing_is_passed_and_nothing_failed(made: Sealed) -> None:
    assert verify_path(made.container, Anchors.none()).result is Result.INDETERMINATE


def test_a_self_made_authority_of_the_same_names_is_indeterminate(made: Sealed, tmp_path: Path) -> None:
    path = resealed(tmp_path / "l.asice", contents(made.container), made.strangers_keys)
    report = verify_path(path, made.anchors)
    assert made.strangers_keys.seal_certificate.subject == made.keys.seal_certificate.subject
    assert report.result is Result.INDETERMINATE
    assert faults(report) == {
        ("container seal", SIGNATURE, "NO_CERTIFICATE_CHAIN_FOUND"),
        ("container time stamp", SIGNATURE, "NO_CERTIFICATE_CHAIN_FOUND"),
    }


def test_a_seal_from_after_its_certificate_is_indeterminate(made: Sealed, tmp_path: Path) -> None:
    """F4.04."""
    old, day = made.keys.seal_certificate, timedelta(days=1)
    authority = load_pem_private_key((made.folder / "office" / "keys" / "seal-ca.key").read_bytes(), None)
    assert isinstance(authority, ec.EllipticCurvePrivateKey)
    builder = x509.CertificateBuilder(
        old.issuer, old.subject, old.public_key(), old.serial_number, now() - 2 * day, now() - day,
        list(old.extensions),
    )  # fmt: skip
    keys = dataclasses.replace(made.keys, seal_certificate=builder.sign(authority, hashes.SHA256()))
    report = verify_path(resealed(tmp_path / "l.asice", contents(made.container), keys), made.anchors)
    assert faults(report) == {("container seal", SIGNATURE, "OUT_OF_BOUNDS_NO_POE")}


def test_a_container_whose_time_stamps_certificate_ended_is_indeterminate(made: Sealed) -> None:
    later = made.keys.tsa_certificate.not_valid_after_utc + timedelta(days=1)
    report = verify_path(made.container, made.anchors, at=later)
    assert ("container time stamp", SIGNATURE, "OUT_OF_BOUNDS_NO_POE") in faults(report)


def test_a_seal_that_claims_to_be_later_than_its_time_stamp_fails(made: Sealed, tmp_path: Path) -> None:
    files = [("a", [b"b"])]
    with (tmp_path / "l.asice").open("wb") as target:
        authority = BuiltinAuthority(made.keys, now)
        late = now() + timedelta(hours=1)
        write_container(target, files, keys=made.keys, authority=authority, at=late)
    report = verify_path(tmp_path / "l.asice", made.anchors)
    assert ("container time stamp", SIGNATURE, "TIMESTAMP_ORDER_FAILURE") in faults(report)


def test_documents_may_stay_out(tmp_path: Path) -> None:
    office: PostOffice
    with throwaway_office(tmp_path / "office") as office:
        letter = deposit_sample(office)
        office.run_until_idle()
        with (tmp_path / "l.asice").open("wb") as target:
            office.issuer.container(letter.id, documents=False, target=target)
        office.keys.write_trust(tmp_path / "trust")
    report = verify_path(tmp_path / "l.asice", Anchors.load(tmp_path / "trust"))
    assert report.result is Result.PASSED
    assert any("documents" in line for line in report.not_checked)
