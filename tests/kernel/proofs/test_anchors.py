"""Whom a verifier trusts: folders, single files, and trusted lists through time."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from lre_kit.errors import ConfigurationError
from lre_kit.office import PostOffice
from lre_kit.proofs.report import Report, Result
from lre_kit.proofs.verifying.anchors import Anchors
from lre_kit.proofs.verifying.trusted_list import Service, TrustedListError
from lre_kit.proofs.verifying.verify import verify_path
from lre_kit.testing.office import deposit_sample, throwaway_office
from lre_kit.testing.trusted_list import GRANTED, WITHDRAWN, Somebody, listed_service, make_list

pytestmark = pytest.mark.needs("xmlsec1")


class World:
    """An office's letter, its anchors, and somebody who signs trusted lists."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.office: PostOffice = throwaway_office(folder / "office")
        letter = deposit_sample(self.office)
        self.office.run_until_idle()
        self.letter = self.office.issuer.export(letter.id, folder / "letter")
        self.trust = folder / "trust"
        self.office.keys.write_trust(self.trust)
        self.operator = Somebody(folder, "tl-signer")
        self.now = self.office.clock()

    def report(self, *places: Path, proof: str = "bundle") -> Report:
        return verify_path(self.letter / proof, Anchors.load(*places))

    def trusting(
        self,
        name: str,
        *,
        seal: str,
        stamp: str,
        since: timedelta = timedelta(days=-30),
        life: timedelta = timedelta(days=99),
    ) -> Path:
        """Return a folder that trusts the log's key and one trusted list, and nobody else."""
        folder = self.folder / name
        folder.mkdir()
        shutil.copy(self.trust / "log.vkey", folder)
        shutil.copy(self.operator.certificate_file, folder)
        keys = self.office.keys
        services = "".join(
            listed_service(kind, certificate, status=status, since=self.now + since)
            for kind, certificate, status in (
                (Service.SEAL, keys.seal_chain[-1], seal),
                (Service.TIMESTAMP, keys.tsa_chain[-1], stamp),
            )
        )
        listed = make_list(self.folder, services, self.operator, ends_at=self.now + life)
        (folder / "fr.xml").write_bytes(listed)
        return folder


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("anchors"))


def test_single_files_do_as_well_as_their_folder(world: World) -> None:
    files = sorted(world.trust.iterdir())
    assert world.report(*files).result is Result.PASSED
    assert world.report(world.trust).result is Result.PASSED
    without_log = [file for file in files if file.suffix != ".vkey"]
    assert world.report(*without_log).result is Result.INDETERMINATE


def test_a_certificate_of_another_name_stands_above_both(world: World, tmp_path: Path) -> None:
    for name, kept in (("one.crt", world.office.keys.seal_chain), ("two.crt", world.office.keys.tsa_chain)):
        (tmp_path / name).write_bytes(kept[-1].public_bytes(Encoding.PEM))
    places = [tmp_path / "one.crt", tmp_path / "two.crt", world.trust / "log.vkey"]
    assert world.report(*places).result is Result.PASSED
    assert world.report(places[0], places[2]).result is Result.INDETERMINATE


@pytest.mark.parametrize("name", ["none.pem", "none.vkey", "none.xml", "none.crl"])
def test_an_anchor_that_cannot_be_read_is_named(world: World, tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigurationError, match=name):
        Anchors.load(world.trust, tmp_path / name)


def test_a_trusted_list_is_enough_and_says_who_is_qualified(world: World) -> None:
    folder = world.trusting("granted", seal=GRANTED, stamp=GRANTED)
    report = world.report(folder)
    assert report.result is Result.PASSED, [c for c in report.checks if c.result is not Result.PASSED]
    said = {check.reason.split(":")[0] for check in report.checks if check.name == "trusted list"}
    assert said == {"seal", "time stamp"}
    assert not any("qualified" in line for line in report.not_checked)


@pytest.mark.parametrize(("seal", "stamp"), [(WITHDRAWN, GRANTED), (GRANTED, WITHDRAWN)])
def test_who_was_withdrawn_before_the_proof_is_not_trusted(world: World, seal: str, stamp: str) -> None:
    folder = world.trusting(f"withdrawn-{seal == GRANTED}", seal=seal, stamp=stamp)
    for proof in ("bundle", "proofs/proof-of-deposit.pdf"):
        report = world.report(folder, proof=proof)
        assert report.result is Result.INDETERMINATE, proof


def test_who_was_granted_only_after_the_proof_is_not_trusted(world: World) -> None:
    folder = world.trusting("late", seal=GRANTED, stamp=GRANTED, since=timedelta(days=1))
    assert world.report(folder).result is Result.INDETERMINATE


def test_an_offices_own_anchors_still_count_beside_a_list_that_is_silent(world: World) -> None:
    folder = world.trusting("silent", seal=WITHDRAWN, stamp=WITHDRAWN)
    report = world.report(world.trust, folder)
    assert report.result is Result.PASSED
    assert sum("qualified" in line for line in report.not_checked) >= 2


def test_a_list_without_its_signer_is_refused(world: World, tmp_path: Path) -> None:
    folder = world.trusting("unsigned", seal=GRANTED, stamp=GRANTED)
    (folder / "tl-signer.pem").unlink()
    with pytest.raises(TrustedListError, match="not signed"):
        Anchors.load(folder)
    stranger = Somebody(tmp_path, "tl-signer-2")
    shutil.copy(stranger.certificate_file, folder)
    with pytest.raises(TrustedListError, match="not signed"):
        Anchors.load(folder)
    assert isinstance(stranger.certificate, x509.Certificate)


def test_a_trusted_list_that_ended_says_nothing_of_later_times_and_is_named(world: World) -> None:
    ended = world.trusting("ended", seal=GRANTED, stamp=GRANTED, life=timedelta(days=-1))
    report = world.report(ended)
    assert report.result is Result.INDETERMINATE
    assert any("in the trusted list of FR, no. 42 (it ended then" in line for line in report.not_checked)
    ends_soon = world.trusting("ends-soon", seal=GRANTED, stamp=GRANTED, life=timedelta(days=1))
    later = world.now + timedelta(days=9)
    report = verify_path(world.letter / "bundle", Anchors.load(ends_soon), at=later)
    assert report.result is Result.PASSED, "it was in force at the proven time"
    assert any("it ended then" in line for line in report.not_checked)


def test_a_revocation_list_that_cannot_be_read_is_no_anchor(world: World, tmp_path: Path) -> None:
    (tmp_path / "broken.crl").write_bytes(b"-----BEGIN X509 CRL-----")
    with pytest.raises(ConfigurationError, match=r"broken\.crl|cannot be read"):
        Anchors.load(world.trust, tmp_path / "broken.crl")


def test_lone_xml_needs_a_certificate_that_is_good_today(world: World) -> None:
    xml = next((world.letter / "evidence").glob("*.xml"))
    anchors = Anchors.load(world.trust)
    assert verify_path(xml, anchors).result is Result.PASSED
    ended = world.office.keys.seal_certificate.not_valid_after_utc + timedelta(days=1)
    for at in (ended, world.now - timedelta(days=1)):
        assert verify_path(xml, anchors, at=at).result is Result.INDETERMINATE
