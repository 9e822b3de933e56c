"""Texts signed with a person's certificate, by this library and by OpenSSL as a second implementation."""

import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from lre_kit.identifiers.certificate_checks import CertificateRefusedError, Reason
from lre_kit.identifiers.certificate_signatures import signer_of
from lre_kit.testing.person_authority import Card, PersonAuthority

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
TEXT = "Identification auprès de « La Poste d’essai »\nAct: session\nNonce: abc\n"

KEYS: dict[str, Callable[[], rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey]] = {
    "rsa": lambda: rsa.generate_private_key(65537, 2048),
    "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "p384": lambda: ec.generate_private_key(ec.SECP384R1()),
}


@pytest.fixture
def authority(tmp_path: Path) -> PersonAuthority:
    return PersonAuthority(tmp_path / "issuers", NOW)


@pytest.fixture(params=KEYS)
def card(request: pytest.FixtureRequest, authority: PersonAuthority) -> Card:
    return authority.card(key=KEYS[request.param]())


class OpenSsl:
    """OpenSSL with one card's files and one text."""

    def __init__(self, folder: Path, card: Card, text: str = TEXT) -> None:
        self.folder = folder
        card.write(folder)
        folder.joinpath("text.txt").write_bytes(text.encode())

    def __call__(self, *arguments: str) -> bytes:
        out = self.folder / "out"
        subprocess.run(
            ["openssl", *arguments, "-out", "out"] + (["text.txt"] if arguments[0] == "dgst" else []),
            cwd=self.folder,
            check=True,
            capture_output=True,
        )
        return out.read_bytes()

    def cms(self, *options: str, form: str = "DER") -> bytes:
        signing = ("-sign", "-in", "text.txt", "-signer", "card.pem", "-inkey", "card.key")
        return self("cms", *signing, *options, "-outform", form)


def reason(text: str, signature: bytes, certificate: str | None) -> Reason:
    with pytest.raises(CertificateRefusedError) as caught:
        signer_of(text, signature, certificate)
    return caught.value.reason


@pytest.mark.needs("openssl")
def test_a_bare_signature_of_openssl_fits(tmp_path: Path, card: Card) -> None:
    signature = OpenSsl(tmp_path, card)("dgst", "-sha256", "-sign", "card.key")
    assert signer_of(TEXT, signature, card.pem) == card.certificate
    assert reason(TEXT + " ", signature, card.pem) is Reason.BAD_SIGNATURE
    assert reason(TEXT, signature, None) is Reason.UNREADABLE


@pytest.mark.needs("openssl")
def test_a_bare_pss_signature_of_openssl_fits(tmp_path: Path, authority: PersonAuthority) -> None:
    card = authority.card(key=KEYS["rsa"]())
    option = ("-sigopt", "rsa_padding_mode:pss")
    signature = OpenSsl(tmp_path, card)("dgst", "-sha256", "-sign", "card.key", *option)
    assert signer_of(TEXT, signature, card.pem) == card.certificate


@pytest.mark.needs("openssl")
@pytest.mark.parametrize("form", ["DER", "PEM"])
@pytest.mark.parametrize(
    "options", [("-binary",), (), ("-binary", "-md", "sha384"), ("-binary", "-keyid"), ("-binary", "-cades")]
)
def test_cms_of_openssl_fits(tmp_path: Path, card: Card, options: tuple[str, ...], form: str) -> None:
    signature = OpenSsl(tmp_path, card).cms(*options, form=form)
    assert signer_of(TEXT, signature, None) == card.certificate
    assert signer_of(TEXT, signature, card.pem) == card.certificate
    assert reason("Another text\n", signature, None) is Reason.BAD_SIGNATURE


@pytest.mark.needs("openssl")
def test_cms_with_pss_fits(tmp_path: Path, authority: PersonAuthority) -> None:
    card = authority.card(key=KEYS["rsa"]())
    signature = OpenSsl(tmp_path, card).cms("-binary", "-keyopt", "rsa_padding_mode:pss")
    assert signer_of(TEXT, signature, None) == card.certificate


@pytest.mark.needs("openssl")
def test_cms_that_holds_the_text_fits_if_it_is_the_same_text(tmp_path: Path, card: Card) -> None:
    signature = OpenSsl(tmp_path, card).cms("-binary", "-nodetach")
    assert signer_of(TEXT, signature, None) == card.certificate
    other = OpenSsl(tmp_path, card, "Another text\n").cms("-binary", "-nodetach")
    assert reason(TEXT, other, None) is Reason.BAD_SIGNATURE


@pytest.mark.needs("openssl")
def test_cms_without_its_certificate_needs_it_beside(tmp_path: Path, card: Card) -> None:
    signature = OpenSsl(tmp_path, card).cms("-binary", "-nocerts")
    assert signer_of(TEXT, signature, card.pem) == card.certificate
    assert reason(TEXT, signature, None) is Reason.BAD_SIGNATURE


@pytest.mark.needs("openssl")
def test_cms_of_another_certificate_than_the_one_sent_is_refused(
    tmp_path: Path, card: Card, authority: PersonAuthority
) -> None:
    signature = OpenSsl(tmp_path, card).cms("-binary")
    assert reason(TEXT, signature, authority.card().pem) is Reason.BAD_SIGNATURE


@pytest.mark.needs("openssl")
def test_cms_without_signed_attributes_is_refused(tmp_path: Path, card: Card) -> None:
    signature = OpenSsl(tmp_path, card).cms("-binary", "-noattr")
    assert reason(TEXT, signature, None) is Reason.UNREADABLE


@pytest.mark.needs("openssl")
def test_cms_with_sha1_is_refused(tmp_path: Path, card: Card) -> None:
    signature = OpenSsl(tmp_path, card).cms("-binary", "-md", "sha1")
    assert reason(TEXT, signature, None) is Reason.WEAK


@pytest.mark.needs("openssl")
def test_cms_of_two_signers_is_refused(tmp_path: Path, authority: PersonAuthority) -> None:
    openssl = OpenSsl(tmp_path, authority.card())
    authority.card("Bob", "Byron").write(tmp_path, "bob")
    signature = openssl.cms("-binary", "-signer", "bob.pem", "-inkey", "bob.key")
    assert reason(TEXT, signature, None) is Reason.UNREADABLE


@pytest.mark.needs("openssl")
def test_no_damaged_byte_of_a_signature_passes_or_breaks_the_reader(
    tmp_path: Path, authority: PersonAuthority
) -> None:
    card = authority.card()
    whole = OpenSsl(tmp_path, card).cms("-binary", "-nocerts")
    for place in range(len(whole)):
        damaged = whole[:place] + bytes([whole[place] ^ 0x21]) + whole[place + 1 :]
        try:
            assert signer_of(TEXT, damaged, card.pem) == card.certificate
        except CertificateRefusedError:
            continue


def test_a_signature_by_another_digest_or_key_is_refused(authority: PersonAuthority) -> None:
    card, other = authority.card(), authority.card()
    assert isinstance(card.key, ec.EllipticCurvePrivateKey)
    assert isinstance(other.key, ec.EllipticCurvePrivateKey)
    by_sha512 = card.key.sign(TEXT.encode(), ec.ECDSA(hashes.SHA512()))
    by_other = other.key.sign(TEXT.encode(), ec.ECDSA(hashes.SHA256()))
    assert reason(TEXT, by_sha512, card.pem) is Reason.BAD_SIGNATURE
    assert reason(TEXT, by_other, card.pem) is Reason.BAD_SIGNATURE


def test_an_rsa_signature_over_sha1_is_refused(authority: PersonAuthority) -> None:
    key = rsa.generate_private_key(65537, 2048)
    signature = key.sign(TEXT.encode(), padding.PKCS1v15(), hashes.SHA1())
    assert reason(TEXT, signature, authority.card(key=key).pem) is Reason.BAD_SIGNATURE


@pytest.mark.parametrize("signature", [b"", b"x", b"\x30\x80", b"0" * 70_000, b"-----BEGIN CMS-----\n"])
def test_what_is_no_signature_is_refused(authority: PersonAuthority, signature: bytes) -> None:
    assert reason(TEXT, signature, authority.card().pem) in {Reason.UNREADABLE, Reason.BAD_SIGNATURE}
