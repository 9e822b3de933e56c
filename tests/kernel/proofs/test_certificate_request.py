"""Certificates of outside authorities: the request is sound, and only what fits is installed."""

import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from lre_kit import failpoints
from lre_kit.cli.main import cli
from lre_kit.clock import now
from lre_kit.errors import ConfigurationError, MissingFileError
from lre_kit.failpoints import FailpointError
from lre_kit.office import PostOffice
from lre_kit.proofs.auditing.audit import audit_office
from lre_kit.proofs.keys.certificate_request import (
    FILE_MAX_BYTES,
    CertificateRefusedError,
    Name,
    install_certificate,
    request_certificate,
)
from lre_kit.proofs.keys.key_files import KeyFolder
from lre_kit.proofs.keys.keys import Keys
from lre_kit.proofs.keys.rotation import rotate
from lre_kit.proofs.report import Result
from lre_kit.proofs.verifying.verify import Anchors, verify_path
from lre_kit.settings import Settings
from lre_kit.testing.courier import MemoryCourier
from lre_kit.testing.office import deposit_sample, throwaway_office

YEAR = timedelta(days=365)
STAMPS = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
NAMES: tuple[Name, ...] = ("seal", "tsa")


def named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def usage(*, authority: bool = False, signs: bool = True) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=signs and not authority, content_commitment=signs and not authority,
        key_encipherment=not signs, data_encipherment=False, key_agreement=False,
        key_cert_sign=authority, crl_sign=authority, encipher_only=False, decipher_only=False,
    )  # fmt: skip


@dataclass
class Authority:
    """An outside authority: a root and one below it that issues."""

    keys: list[ec.EllipticCurvePrivateKey] = field(
        default_factory=lambda: [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    )

    def __post_init__(self) -> None:
        root, issuing = self.keys
        self.root = self._made("Root", "Root", root.public_key(), root, usage(authority=True), ca=True)
        below = issuing.public_key()
        self.issuing = self._made("Issuing", "Root", below, root, usage(authority=True), ca=True)

    def issue(
        self,
        public: Any,
        *,
        eku: x509.ExtendedKeyUsage | None = None,
        critical: bool = True,
        begins: datetime | None = None,
        allowed: x509.KeyUsage | None = None,
        ca: bool = False,
    ) -> x509.Certificate:
        extra = [] if eku is None else [(eku, critical)]
        return self._made(
            "Provider", "Issuing", public, self.keys[1], allowed or usage(), ca=ca, begins=begins, extra=extra
        )

    def _made(
        self, subject: str, issuer: str, public: Any, key: ec.EllipticCurvePrivateKey,
        allowed: x509.KeyUsage, *, ca: bool, begins: datetime | None = None,
        extra: Sequence[tuple[x509.ExtensionType, bool]] = (),
    ) -> x509.Certificate:  # fmt: skip
        begins = begins or now() - timedelta(hours=1)
        builder = (
            x509.CertificateBuilder()
            .subject_name(named(subject)).issuer_name(named(issuer)).public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(begins).not_valid_after(begins + 3 * YEAR)
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(allowed, critical=True)
        )  # fmt: skip
        for extension, is_critical in extra:
            builder = builder.add_extension(extension, critical=is_critical)
        return builder.sign(key, hashes.SHA256())


def written(path: Path, *certificates: x509.Certificate) -> Path:
    path.write_bytes(b"".join(c.public_bytes(Encoding.PEM) for c in certificates))
    return path


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    throwaway_office(tmp_path / "office").close()
    return Settings(home=tmp_path / "office", base_url="https://notices.example")


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


def requested(settings: Settings, name: Name, place: Path, **more: Any) -> Any:
    """Ask for a certificate, and return the public key it is asked for."""
    request_certificate(settings, name, place, **more)
    return x509.load_pem_x509_csr(place.read_bytes()).public_key()


def eku_of(name: Name) -> x509.ExtendedKeyUsage | None:
    return STAMPS if name == "tsa" else None


@pytest.mark.parametrize("name", NAMES)
def test_the_request_is_sound_to_openssl_and_asks_for_a_key_that_waits(
    settings: Settings, tmp_path: Path, name: Name
) -> None:
    public = requested(settings, name, tmp_path / "a.csr")
    said = subprocess.run(
        ["openssl", "req", "-in", str(tmp_path / "a.csr"), "-verify", "-noout", "-text"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "OK" in said.stdout + said.stderr
    assert "Digital Signature" in said.stdout
    assert ("Time Stamping" in said.stdout) is (name == "tsa")
    assert settings.provider_name in said.stdout
    waiting = settings.keys_folder / f"pending-{name}.key"
    assert waiting.stat().st_mode & 0o077 == 0
    assert load_pem_private_key(waiting.read_bytes(), None).public_key() == public
    keys = Keys.load(settings.keys_folder)
    assert public != keys.seal_certificate.public_key()
    assert public != keys.tsa_certificate.public_key()


def test_asking_again_is_for_the_same_key_unless_a_new_one_is_wanted(
    settings: Settings, tmp_path: Path
) -> None:
    first = requested(settings, "seal", tmp_path / "a.csr")
    assert requested(settings, "seal", tmp_path / "b.csr") == first
    assert requested(settings, "seal", tmp_path / "c.csr", new_key=True) != first
    kept = (tmp_path / "a.csr").read_bytes()
    with pytest.raises(FileExistsError):
        request_certificate(settings, "seal", tmp_path / "a.csr")
    assert (tmp_path / "a.csr").read_bytes() == kept


@pytest.mark.parametrize("name", NAMES)
def test_what_was_made_under_the_former_authority_still_verifies(
    settings: Settings, authority: Authority, tmp_path: Path, name: Name
) -> None:
    """F4.07."""
    with PostOffice.open(settings, courier=MemoryCourier()) as office:
        letter = deposit_sample(office)
        office.run_until_idle()
        office.issuer.export(letter.id, tmp_path / "early")
    leaf = authority.issue(requested(settings, name, tmp_path / "a.csr"), eku=eku_of(name))
    done = install_certificate(
        settings, name, written(tmp_path / "leaf.pem", leaf),
        chain=written(tmp_path / "chain.pem", authority.issuing, authority.root), clock=now,
    )  # fmt: skip
    assert done is True
    folder = settings.keys_folder
    assert not (folder / f"pending-{name}.key").exists()
    # Whoever holds the former authority's key could forge what verifiers of old proofs trust.
    assert not (folder / f"{name}-ca.key").exists()
    assert len(list((settings.home / "trust").glob(f"{name}-ca*.pem"))) == 2
    with PostOffice.open(settings, courier=MemoryCourier()) as office:
        assert leaf in {office.keys.seal_certificate, office.keys.tsa_certificate}
        letter = deposit_sample(office)
        office.run_until_idle()
        assert audit_office(office).findings == []
        office.issuer.export(letter.id, tmp_path / "late")
    trust = Anchors.load(settings.home / "trust")
    for folder in (tmp_path / "early", tmp_path / "late"):
        for proof in (folder / "bundle", *folder.glob("*.pdf")):
            report = verify_path(proof, trust)
            assert report.result is Result.PASSED, report.checks
    with pytest.raises(ConfigurationError, match="authority"):
        rotate(settings, name, clock=now)


def test_the_key_in_use_may_get_another_certificate(
    settings: Settings, authority: Authority, tmp_path: Path
) -> None:
    waiting = requested(settings, "seal", tmp_path / "a.csr")
    keys = Keys.load(settings.keys_folder)
    leaf = authority.issue(keys.seal_certificate.public_key())
    chain = written(tmp_path / "all.pem", leaf, authority.issuing, authority.root)
    assert install_certificate(settings, "seal", chain, clock=now) is True
    assert Keys.load(settings.keys_folder).seal_certificate == leaf
    # Another key is still being asked for.
    kept = (settings.keys_folder / "pending-seal.key").read_bytes()
    assert load_pem_private_key(kept, None).public_key() == waiting
    with pytest.raises(CertificateRefusedError) as caught:
        install_certificate(settings, "seal", chain, clock=now)
    assert caught.value.check == "installed"


Wrong = Callable[[Authority, Any], tuple[x509.Certificate, ...]]


def chained(authority: Authority, leaf: x509.Certificate) -> tuple[x509.Certificate, ...]:
    return (leaf, authority.issuing, authority.root)


WRONG: list[tuple[Name, str, Wrong]] = [
    ("seal", "key", lambda a, p: chained(a, a.issue(ec.generate_private_key(ec.SECP256R1()).public_key()))),
    ("seal", "purpose", lambda a, p: chained(a, a.issue(p, eku=STAMPS))),
    ("seal", "purpose", lambda a, p: chained(a, a.issue(p, allowed=usage(signs=False)))),
    ("seal", "purpose", lambda a, p: chained(a, a.issue(p, ca=True))),
    ("tsa", "purpose", lambda a, p: chained(a, a.issue(p))),
    ("tsa", "purpose", lambda a, p: chained(a, a.issue(p, eku=STAMPS, critical=False))),
    ("tsa", "purpose", lambda a, p: chained(a, a.issue(p, eku=x509.ExtendedKeyUsage(
        [ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.CODE_SIGNING])))),
    ("seal", "chain", lambda a, p: (a.issue(p),)),
    ("seal", "chain", lambda a, p: (a.issue(p), a.root)),
    ("seal", "chain", lambda a, p: (a.issue(p), a.root, a.issuing)),
    ("seal", "chain", lambda a, p: (a.issue(p), Authority().issuing, a.root)),
    ("seal", "time", lambda a, p: chained(a, a.issue(p, begins=now() - 4 * YEAR))),
    ("seal", "time", lambda a, p: chained(a, a.issue(p, begins=now() + timedelta(days=1)))),
]  # fmt: skip


@pytest.mark.parametrize(("name", "check", "wrong"), WRONG)
def test_each_wrong_certificate_is_refused_with_its_reason_and_changes_nothing(
    settings: Settings, authority: Authority, tmp_path: Path, name: Name, check: str, wrong: Wrong
) -> None:
    public = requested(settings, name, tmp_path / "a.csr")
    before = {p: p.read_bytes() for p in settings.home.rglob("*") if p.is_file()}
    with pytest.raises(CertificateRefusedError) as caught:
        install_certificate(settings, name, written(tmp_path / "x.pem", *wrong(authority, public)), clock=now)
    assert caught.value.check == check
    assert caught.value.mend
    assert {p: p.read_bytes() for p in settings.home.rglob("*") if p.is_file()} == before


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"junk",
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        b"\n" * (FILE_MAX_BYTES + 1),
    ],
)
def test_what_is_no_certificate_is_refused(settings: Settings, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.pem").write_bytes(content)
    with pytest.raises(CertificateRefusedError) as caught:
        install_certificate(settings, "seal", tmp_path / "x.pem", clock=now)
    assert caught.value.check == "format"
    with pytest.raises(MissingFileError):
        install_certificate(settings, "seal", tmp_path / "nowhere.pem", clock=now)


@pytest.mark.parametrize("step", ["keys.before_commit", "keys.after_commit", "keys.while_moving",
                                  "keys.before_cleanup"])  # fmt: skip
def test_an_installation_that_dies_is_whole_or_never_was(
    settings: Settings, authority: Authority, tmp_path: Path, step: str
) -> None:
    public = requested(settings, "seal", tmp_path / "a.csr")
    chain = written(tmp_path / "all.pem", *chained(authority, authority.issue(public)))
    failpoints.arm(step, "raise")
    try:
        with pytest.raises(FailpointError):
            install_certificate(settings, "seal", chain, clock=now)
    finally:
        failpoints.disarm()
    took_effect = step != "keys.before_commit"
    keys = Keys.load(settings.keys_folder)
    assert (keys.seal_certificate.public_key() == public) is took_effect
    assert keys.seal_key.public_key() == keys.seal_certificate.public_key()
    assert install_certificate(settings, "seal", chain, clock=now) is not took_effect
    assert Keys.load(settings.keys_folder).seal_certificate.public_key() == public
    assert not KeyFolder(settings.keys_folder).is_unfinished
    assert not list(settings.keys_folder.glob("pending*"))


def test_the_commands_ask_and_install(
    settings: Settings,
    authority: Authority,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("LRE_HOME", str(settings.home))
    monkeypatch.setenv("LRE_BASE_URL", settings.base_url)
    csr = tmp_path / "a.csr"
    assert not cli.main(["keys", "request", "seal", "--out", str(csr)], standalone_mode=False)
    assert "lre keys install seal" in capsys.readouterr().out
    public = x509.load_pem_x509_csr(csr.read_bytes()).public_key()
    leaf = written(tmp_path / "leaf.pem", authority.issue(public))
    above = written(tmp_path / "above.pem", authority.issuing, authority.root)
    arguments = ["keys", "install", "seal", str(leaf), "--chain", str(above), "--yes"]
    assert not cli.main(arguments, standalone_mode=False)
    assert "is installed" in capsys.readouterr().out
    assert Keys.load(settings.keys_folder).seal_certificate.public_key() == public
