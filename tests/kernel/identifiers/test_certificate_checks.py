"""Persons' certificates: who issued them, when they are good, what they are for, whether revoked."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from lre_kit.errors import ConfigurationError
from lre_kit.identifiers.certificate_checks import (
    CertificateRefusedError,
    Checked,
    Reason,
    check_certificate,
    read_certificate,
    subject_key,
)
from lre_kit.identifiers.certificate_issuers import IssuerList
from lre_kit.law.assurance import Level
from lre_kit.testing.person_authority import Card, PersonAuthority, PrivateKey, person_usage

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def authority(tmp_path: Path) -> PersonAuthority:
    return PersonAuthority(tmp_path / "issuers", NOW)


def checked(authority: PersonAuthority, card: Card, at: datetime = NOW, *, signed: bool = False) -> Checked:
    issuers = IssuerList.load(authority.folder)
    return check_certificate(read_certificate(card.pem), issuers=issuers, at=at, signed=signed)


def refused(authority: PersonAuthority, card: Card, at: datetime = NOW, *, signed: bool = False) -> Reason:
    with pytest.raises(CertificateRefusedError) as caught:
        checked(authority, card, at, signed=signed)
    assert caught.value.slug == "certificate-refused"
    return caught.value.reason


def test_a_good_certificate_is_accepted_at_its_issuers_level(authority: PersonAuthority) -> None:
    card = authority.card()
    found = checked(authority, card)
    assert (found.issuer.id, found.issuer.level) == ("example-ca", Level.SUBSTANTIAL)
    assert len(found.list_digests) == 1
    assert found.subject_key == subject_key(card.certificate)
    assert len(found.subject_key) <= 200


def test_the_public_listing_names_issuers_and_shows_no_file(authority: PersonAuthority) -> None:
    (shown,) = IssuerList.load(authority.folder).public()
    assert (shown.id, shown.level, shown.url) == ("example-ca", Level.SUBSTANTIAL, "https://ca.example/")
    assert (shown.name["fr"], shown.audience["en"]) == ("AC Exemple", "Everybody")
    assert str(authority.folder) not in repr(shown)


def test_each_instant_has_its_own_reason(authority: PersonAuthority) -> None:
    card = authority.card(begins=NOW - timedelta(days=2), ends=NOW + timedelta(days=2))
    assert refused(authority, card, NOW - timedelta(days=3)) is Reason.NOT_YET_VALID
    assert refused(authority, card, NOW + timedelta(days=3)) is Reason.EXPIRED
    checked(authority, card)


def test_a_certificate_of_an_unknown_issuer_is_refused_even_if_the_name_is_the_same(
    authority: PersonAuthority, tmp_path: Path
) -> None:
    stranger = PersonAuthority(tmp_path / "other", NOW)
    assert refused(authority, stranger.card()) is Reason.UNKNOWN_ISSUER


def test_revocation_counts_from_its_instant(authority: PersonAuthority) -> None:
    card = authority.card()
    authority.write_crl([(card.certificate, NOW - timedelta(minutes=1))])
    assert refused(authority, card) is Reason.REVOKED
    checked(authority, authority.card())


def test_an_old_list_still_revokes_but_does_not_clear(authority: PersonAuthority) -> None:
    card, other = authority.card(), authority.card()
    old = NOW - timedelta(days=30)
    authority.write_crl([(card.certificate, old)], at=old)
    assert refused(authority, card) is Reason.REVOKED
    assert refused(authority, other) is Reason.REVOCATION_UNKNOWN
    authority.write_list(revocation='"if-known"')
    assert checked(authority, other).list_digests == ()


def test_a_list_that_another_key_signed_says_nothing(authority: PersonAuthority) -> None:
    authority.write_crl(key=ec.generate_private_key(ec.SECP256R1()))
    assert refused(authority, authority.card()) is Reason.REVOCATION_UNKNOWN


@pytest.mark.parametrize("partial", ["authorities", "delta", "shard"])
def test_a_list_that_covers_others_only_does_not_clear(authority: PersonAuthority, partial: str) -> None:
    point: dict[str, Any] = {
        "full_name": None,
        "relative_name": None,
        "only_contains_user_certs": False,
        "only_contains_ca_certs": False,
        "only_some_reasons": None,
        "indirect_crl": False,
        "only_contains_attribute_certs": False,
    }
    shard = [x509.UniformResourceIdentifier("http://ca.example/7.crl")]
    extension: x509.ExtensionType
    if partial == "delta":
        extension = x509.DeltaCRLIndicator(1)
    else:
        mine = {"only_contains_ca_certs": True} if partial == "authorities" else {"full_name": shard}
        extension = x509.IssuingDistributionPoint(**point | mine)
    authority.write_crl(extension=extension)
    assert refused(authority, authority.card()) is Reason.REVOCATION_UNKNOWN


def test_the_purpose_must_be_to_identify(authority: PersonAuthority) -> None:
    mail, timestamps = [ExtendedKeyUsageOID.EMAIL_PROTECTION], [ExtendedKeyUsageOID.TIME_STAMPING]
    checked(authority, authority.card(purposes=mail))
    checked(authority, authority.card(purposes=None))
    assert refused(authority, authority.card(purposes=timestamps)) is Reason.WRONG_PURPOSE
    encipherment = person_usage(signature=False)
    assert refused(authority, authority.card(usage=encipherment)) is Reason.WRONG_PURPOSE
    unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.55555.1"), b"\x05\x00")
    assert refused(authority, authority.card(extra=unknown)) is Reason.WRONG_PURPOSE


def test_a_signature_certificate_serves_only_for_signed_texts_and_if_its_issuer_may(
    authority: PersonAuthority,
) -> None:
    card = authority.card(usage=person_usage(signature=False, commitment=True))
    assert refused(authority, card, signed=True) is Reason.WRONG_PURPOSE
    authority.write_list(signs_only="true")
    checked(authority, card, signed=True)
    assert refused(authority, card, signed=False) is Reason.WRONG_PURPOSE


def test_the_policy_must_be_one_of_the_issuers_accepted_ones(authority: PersonAuthority) -> None:
    authority.write_list(policies='["0.4.0.2042.1.1"]')
    checked(authority, authority.card(policy="0.4.0.2042.1.1"))
    assert refused(authority, authority.card(policy="0.4.0.2042.1.3")) is Reason.WRONG_POLICY
    assert refused(authority, authority.card()) is Reason.WRONG_POLICY


def test_weak_keys_are_refused(authority: PersonAuthority) -> None:
    weak: list[PrivateKey] = [rsa.generate_private_key(65537, 1024), ec.generate_private_key(ec.SECP521R1())]
    strong: list[PrivateKey] = [
        rsa.generate_private_key(65537, 2048),
        ec.generate_private_key(ec.SECP384R1()),
    ]
    assert {refused(authority, authority.card(key=key)) for key in weak} == {Reason.WEAK}
    for key in strong:
        checked(authority, authority.card(key=key))
    checked(authority, authority.card(digest=hashes.SHA384()))


def test_an_authority_is_no_person(authority: PersonAuthority) -> None:
    own = Card(authority.certificate, ec.generate_private_key(ec.SECP256R1()))
    assert refused(authority, own) is Reason.WRONG_PURPOSE
    root = Card(authority.root, ec.generate_private_key(ec.SECP256R1()))
    assert refused(authority, root) in {Reason.UNKNOWN_ISSUER, Reason.WRONG_PURPOSE}


@pytest.mark.parametrize("encoded", ["", "x", b"\x30\x03\x02\x01\x01", "-----BEGIN CERTIFICATE-----\nAAAA\n"])
def test_what_is_no_certificate_is_unreadable(encoded: str | bytes) -> None:
    with pytest.raises(CertificateRefusedError) as caught:
        read_certificate(encoded)
    assert caught.value.reason is Reason.UNREADABLE


def test_two_certificates_at_once_or_a_huge_one_are_unreadable(authority: PersonAuthority) -> None:
    pem = authority.card().pem
    for encoded in (pem + pem, pem + " " * 20_000, os.urandom(20_000)):
        with pytest.raises(CertificateRefusedError) as caught:
            read_certificate(encoded)
        assert caught.value.reason is Reason.UNREADABLE


def test_noise_never_breaks_the_reader(authority: PersonAuthority) -> None:
    whole = authority.card().certificate.public_bytes(Encoding.DER)
    for place in range(0, len(whole), 3):
        damaged = whole[:place] + bytes([whole[place] ^ 0x15]) + whole[place + 1 :]
        with pytest.raises(CertificateRefusedError):
            check_certificate(
                read_certificate(damaged), issuers=IssuerList.load(authority.folder), at=NOW, signed=True
            )


@pytest.mark.parametrize(
    "changed",
    [
        {"id": '"No Good"'},
        {"level": '"enormous"'},
        {"level": ""},
        {"url": '"http://ca.example/"'},
        {"chain": '"../chain.pem"'},
        {"chain": '"missing.pem"'},
        {"crl": '["missing.crl"]'},
        {"revocation": '"never"'},
        {"policies": '["one"]'},
        {"two_factors": '"yes"'},
        {"name": '{ fr = "AC" }'},
        {"wurst": "1"},
    ],
)
def test_a_list_that_cannot_be_right_is_refused(authority: PersonAuthority, changed: dict[str, str]) -> None:
    authority.write_list(**changed)
    with pytest.raises(ConfigurationError, match="cannot be used"):
        IssuerList.load(authority.folder)


def test_a_list_whose_chain_is_a_persons_is_refused(authority: PersonAuthority) -> None:
    authority.card().write(authority.folder, "person")
    authority.write_list(chain='"person.pem"')
    with pytest.raises(ConfigurationError, match="no authority's"):
        IssuerList.load(authority.folder)


def test_one_issuer_may_not_be_there_twice(authority: PersonAuthority) -> None:
    path = authority.write_list()
    path.write_text(path.read_text() * 2)
    with pytest.raises(ConfigurationError, match="one id"):
        IssuerList.load(path)
