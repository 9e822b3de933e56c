"""The seal key in a PKCS#11 token: SoftHSM stands for the hardware."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from lre_kit.clock import now
from lre_kit.errors import ConfigurationError, SealUnavailableError
from lre_kit.office import PostOffice
from lre_kit.proofs.keys.certificate_request import request_certificate
from lre_kit.proofs.keys.opening import open_keys, token_key
from lre_kit.proofs.keys.rotation import rotate
from lre_kit.proofs.report import Result
from lre_kit.proofs.sealing.commitment import compact
from lre_kit.proofs.sealing.seal import FileSeal, open_seal
from lre_kit.proofs.sealing.seal_hsm import HsmSeal, seal_of
from lre_kit.proofs.sealing.seal_in_force import SealInForce
from lre_kit.proofs.verifying.verify import Anchors, verify_path
from lre_kit.settings import Settings
from lre_kit.setup import prepare
from lre_kit.testing.courier import MemoryCourier
from lre_kit.testing.office import deposit_sample, identify, throwaway_office

pkcs11: Any = pytest.importorskip("pkcs11")

ES256 = ec.ECDSA(hashes.SHA256())
PLACES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
          "/usr/lib64/pkcs11/libsofthsm2.so", "/usr/local/lib/softhsm/libsofthsm2.so")  # fmt: skip


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """SoftHSM's library, with tokens of our own."""
    found = next((Path(place) for place in PLACES if Path(place).exists()), None)
    if found is None or shutil.which("softhsm2-util") is None:
        if os.environ.get("LRE_REQUIRE_SERVICES") == "1":
            pytest.fail("softhsm2 is not installed")
        pytest.skip("softhsm2 is not installed")
    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "tokens").mkdir()
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder / 'tokens'}\nlog.level = ERROR\n")
    before = os.environ.get("SOFTHSM2_CONF")
    os.environ["SOFTHSM2_CONF"] = str(folder / "softhsm2.conf")
    yield found
    if before is None:
        del os.environ["SOFTHSM2_CONF"]
    else:
        os.environ["SOFTHSM2_CONF"] = before


@pytest.fixture
def token(module: Path, tmp_path: Path) -> Iterator[Path]:
    """A fresh token, called after the test's folder; its files."""
    tokens = Path(os.environ["SOFTHSM2_CONF"]).parent / "tokens"
    before = set(tokens.iterdir())
    subprocess.run(
        ["softhsm2-util", "--init-token", "--free", "--label", tmp_path.name[-30:], "--pin", "1234",
         "--so-pin", "5678"],
        check=True, capture_output=True,
    )  # fmt: skip
    (made,) = set(tokens.iterdir()) - before
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def settings(module: Path, token: Path, tmp_path: Path) -> Settings:
    """An office whose seal key is to be in the token, under another authority's or its own certificate."""
    return Settings.model_validate(
        {
            "home": tmp_path / "office",
            "base_url": "https://notices.example",
            "seal_pkcs11_module": module,
            "seal_pkcs11_token": tmp_path.name[-30:],
            "seal_pkcs11_pin": "1234",
        }
    )


def begun(settings: Settings) -> Settings:
    """Prepare the office with a file's key, and move its seal into the token."""
    for _ in prepare(Settings(home=settings.home, base_url=settings.base_url)):
        pass
    rotate(settings, "seal", clock=now)
    return settings


def without_token(settings: Settings) -> Settings:
    return settings.model_copy(update={"seal_pkcs11_module": None})


def test_an_office_seals_with_the_token_and_its_proofs_verify(settings: Settings, tmp_path: Path) -> None:
    begun(settings)
    assert not (settings.keys_folder / "seal.key").exists()
    with PostOffice.open(settings, courier=MemoryCourier()) as office:
        assert isinstance(office.seal, SealInForce)
        assert isinstance(office.seal.present, HsmSeal)
        letter = deposit_sample(office)
        office.run_until_idle()
        office.desk.accept(letter.id, identify(office, letter))
        office.run_until_idle()
        folder = office.issuer.export(letter.id, tmp_path / "out")
    trust = Anchors.load(settings.home / "trust")
    proofs = [*folder.rglob("*.pdf"), folder / "bundle"]
    assert len(proofs) > 1
    for path in proofs:
        if path.name != "01-letter.pdf":
            assert verify_path(path, trust).result is Result.PASSED, path


def test_token_and_file_write_the_same_seal(settings: Settings) -> None:
    begun(settings)
    keys = open_keys(settings)
    sealed = seal_of(keys).sign(b"{}", at=now())
    check = open_seal(compact(sealed.protected, "{}", sealed.signature))
    assert check.certificate == keys.seal_certificate
    of_file = FileSeal(replace(keys, seal_key=ec.generate_private_key(ec.SECP256R1()))).sign(b"{}", at=now())
    assert len(of_file.protected) == len(sealed.protected)
    assert len(of_file.signature) == len(sealed.signature)
    public = keys.seal_certificate.public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    public.verify(seal_of(keys).sign_raw(b"message"), b"message", ES256)


def test_a_token_that_goes_away_makes_evidence_wait_and_sealing_goes_on_when_it_is_back(
    settings: Settings, token: Path, tmp_path: Path
) -> None:
    """F4.06: the token pulled out."""
    begun(settings)
    with PostOffice.open(settings, courier=MemoryCourier()) as office:
        letter = deposit_sample(office)
        office.run_until_idle()
        identified = identify(office, letter)
        away = tmp_path / "away"
        token.rename(away)
        pkcs11.lib(str(settings.seal_pkcs11_module)).reinitialize()
        with pytest.raises(SealUnavailableError, match="no token called") as caught:
            deposit_sample(office)
        assert "LRE_SEAL_PKCS11" in caught.value.mend
        office.desk.accept(letter.id, identified)
        office.run_until_idle()
        assert office.sequencer.waiting().unsealed > 0
        away.rename(token)
        office.run_until_idle()
        assert office.sequencer.waiting().unsealed == 0
        assert len(office.issuer.exhibits(letter.id)) == len(office.reading.timeline(letter.id))


def test_a_lost_session_is_opened_again_unnoticed(settings: Settings) -> None:
    """F4.06."""
    begun(settings)
    seal = seal_of(open_keys(settings))
    seal.sign(b"{}", at=now())
    pkcs11.lib(str(settings.seal_pkcs11_module)).reinitialize()
    seal.sign(b"{}", at=now())


def test_two_keys_of_one_process_share_a_token(settings: Settings) -> None:
    begun(settings)
    first, second = (seal_of(open_keys(settings)) for _ in range(2))
    for _ in range(2):
        first.sign(b"{}", at=now())
        second.sign(b"{}", at=now())


def wrong_pin(settings: Settings) -> Settings:
    return Settings.model_validate(settings.model_dump() | {"seal_pkcs11_pin": "9999"})


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (wrong_pin, "refuses the PIN"),
        (lambda s: s.model_copy(update={"seal_pkcs11_token": "nobody"}), "no token called nobody"),
        (lambda s: s.model_copy(update={"seal_pkcs11_label": "nothing"}), "no key called nothing"),
        (lambda s: s.model_copy(update={"seal_pkcs11_module": Path("/nowhere.so")}), "does not answer"),
    ],
)  # fmt: skip
def test_each_reason_why_the_token_cannot_seal_is_said(
    settings: Settings, spoil: Callable[[Settings], Settings], said: str
) -> None:
    """F4.06: the PIN, the token, the key, the module."""
    begun(settings)
    # Another connection of this process would already be logged in.
    pkcs11.lib(str(settings.seal_pkcs11_module)).reinitialize()
    seal = seal_of(open_keys(spoil(settings)))
    with pytest.raises(SealUnavailableError, match=said) as caught:
        seal.sign(b"{}", at=now())
    assert "9999" not in str(caught.value)


def test_another_key_under_the_label_seals_nothing(settings: Settings) -> None:
    begun(settings)
    other = settings.model_copy(update={"seal_pkcs11_label": "other"})
    key = token_key(other)
    assert key is not None
    assert key.make() is True
    assert key.make() is False
    with pytest.raises(SealUnavailableError, match="does not belong"):
        seal_of(open_keys(other)).sign(b"{}", at=now())


def test_the_key_does_not_leave_the_token_and_only_signs_as_seals_do(settings: Settings) -> None:
    begun(settings)
    key: Any = open_keys(settings).seal_key
    for act in (
        key.private_numbers,
        lambda: key.private_bytes(Encoding.PEM, None, None),
        lambda: key.exchange(ec.ECDH(), key.public_key()),
        lambda: key.sign(b"", ec.ECDSA(hashes.SHA512())),
    ):
        with pytest.raises(UnsupportedAlgorithm):
            act()
    assert "1234" not in repr(key)


def test_a_token_named_by_halves_is_a_mistake_in_the_settings(settings: Settings) -> None:
    with pytest.raises(ConfigurationError, match="PIN"):
        token_key(settings.model_copy(update={"seal_pkcs11_pin": None}))


def test_without_a_token_nothing_changes(tmp_path: Path) -> None:
    with throwaway_office(tmp_path / "office") as office:
        assert isinstance(office.seal, SealInForce)
        assert isinstance(office.seal.present, FileSeal)
    (tmp_path / "office" / "keys" / "seal.key").unlink()
    with pytest.raises(ConfigurationError, match=r"seal\.key"):
        open_keys(Settings(home=tmp_path / "office"))


def test_a_request_is_signed_in_the_token_by_a_key_made_there(settings: Settings, tmp_path: Path) -> None:
    for _ in prepare(Settings(home=settings.home, base_url=settings.base_url)):
        pass
    request_certificate(settings, "seal", tmp_path / "seal.csr")
    assert not list(settings.keys_folder.glob("pending*"))
    done = subprocess.run(
        ["openssl", "req", "-in", str(tmp_path / "seal.csr"), "-verify", "-noout"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "OK" in done.stdout + done.stderr
    request = x509.load_pem_x509_csr((tmp_path / "seal.csr").read_bytes())
    key = token_key(settings)
    assert key is not None
    assert request.public_key() == key.public_key_in_token()


def test_rotating_again_asks_for_another_label(settings: Settings) -> None:
    begun(settings)
    before = open_keys(settings).seal_certificate
    with pytest.raises(ConfigurationError, match="LRE_SEAL_PKCS11_LABEL"):
        rotate(settings, "seal", clock=now)
    changed = settings.model_copy(update={"seal_pkcs11_label": "lre-seal-2"})
    rotate(changed, "seal", clock=now)
    assert open_keys(changed).seal_certificate.public_key() != before.public_key()
    seal_of(open_keys(changed)).sign(b"{}", at=now())
