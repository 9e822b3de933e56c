"""Chains of certificates: every lawful way up is found, every unlawful one refused."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from lre_kit.proofs.keys.chain import ChainError, check_chain

AT = datetime(2026, 6, 1, tzinfo=UTC)
YEAR = timedelta(days=365)


def key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def issue(
    subject: tuple[str, ec.EllipticCurvePrivateKey],
    issuer: tuple[str, ec.EllipticCurvePrivateKey],
    *,
    ca: bool = True,
    path_length: int | None = None,
    signs_certificates: bool = True,
    begins: datetime = AT - YEAR,
    ends: datetime = AT + YEAR,
) -> x509.Certificate:
    usage = x509.KeyUsage(True, False, False, False, False, ca and signs_certificates, False, False, False)
    return (
        x509.CertificateBuilder()
        .subject_name(name(subject[0]))
        .issuer_name(name(issuer[0]))
        .public_key(subject[1].public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=path_length), critical=True)
        .add_extension(usage, critical=True)
        .sign(issuer[1], hashes.SHA256())
    )


ROOT, MIDDLE, LOWER, LEAF = (("root", key()), ("middle", key()), ("lower", key()), ("leaf", key()))
root = issue(ROOT, ROOT)


def refusal(leaf: x509.Certificate, others: list[x509.Certificate], at: datetime = AT) -> str:
    with pytest.raises(ChainError) as caught:
        check_chain(leaf, others=others, anchors=[root], at=at)
    return caught.value.sub_indication


def test_a_chain_is_found_whatever_order_its_certificates_come_in() -> None:
    leaf = issue(LEAF, LOWER, ca=False)
    between = [issue(LOWER, MIDDLE), issue(MIDDLE, ROOT)]
    check_chain(leaf, others=between, anchors=[root], at=AT)
    check_chain(leaf, others=[leaf, *reversed(between)], anchors=[root], at=AT)
    assert refusal(leaf, between[:1]) == "NO_CERTIFICATE_CHAIN_FOUND"


def test_an_end_certificate_issues_nothing() -> None:
    middle = issue(MIDDLE, ROOT, ca=False)
    assert refusal(issue(LEAF, MIDDLE, ca=False), [middle]) == "NO_CERTIFICATE_CHAIN_FOUND"


def test_an_authority_that_may_not_sign_certificates_issues_nothing() -> None:
    middle = issue(MIDDLE, ROOT, signs_certificates=False)
    assert refusal(issue(LEAF, MIDDLE, ca=False), [middle]) == "NO_CERTIFICATE_CHAIN_FOUND"


def test_an_authority_deeper_than_its_issuer_allows_is_refused() -> None:
    lower, leaf = issue(LOWER, MIDDLE), issue(LEAF, LOWER, ca=False)
    assert refusal(leaf, [lower, issue(MIDDLE, ROOT, path_length=0)]) == "NO_CERTIFICATE_CHAIN_FOUND"
    check_chain(leaf, others=[lower, issue(MIDDLE, ROOT, path_length=1)], anchors=[root], at=AT)


def test_an_authority_of_the_same_name_with_another_key_is_refused() -> None:
    impostor = ("root", key())
    assert refusal(issue(LEAF, impostor, ca=False), [issue(impostor, impostor)]) == (
        "NO_CERTIFICATE_CHAIN_FOUND"
    )


def test_a_renewed_authority_does_not_hide_behind_its_expired_certificate() -> None:
    old = issue(ROOT, ROOT, begins=AT - 5 * YEAR, ends=AT - 3 * YEAR)
    leaf = issue(LEAF, ROOT, ca=False)
    for anchors in ([old, root], [root, old]):
        check_chain(leaf, others=[], anchors=anchors, at=AT)


@pytest.mark.parametrize("late", ["leaf", "middle"])
def test_each_certificate_must_be_valid_at_the_instant(late: str) -> None:
    ends = {late: AT - timedelta(seconds=1)}
    leaf = issue(LEAF, MIDDLE, ca=False, ends=ends.get("leaf", AT + YEAR))
    middle = issue(MIDDLE, ROOT, ends=ends.get("middle", AT + YEAR))
    assert refusal(leaf, [middle]) == "OUT_OF_BOUNDS_NO_POE"
    check_chain(leaf, others=[middle], anchors=[root], at=AT - timedelta(seconds=1))


def test_no_anchor_no_trust() -> None:
    with pytest.raises(ChainError):
        check_chain(issue(LEAF, ROOT, ca=False), others=[root], anchors=[], at=AT)


def test_a_knot_of_certificates_that_issue_each_other_costs_little() -> None:
    # All of one name and key, so each may have issued each.
    knot = [issue(MIDDLE, MIDDLE) for _ in range(150)]
    started = time.monotonic()
    assert refusal(issue(LEAF, MIDDLE, ca=False), knot) == "NO_CERTIFICATE_CHAIN_FOUND"
    assert time.monotonic() - started < 2
