"""Revocation lists: made by the built-in authorities, kept beside the keys, looked in by verifiers."""

import subprocess
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from lre_kit.office import PostOffice
from lre_kit.proofs.keys.chain import ChainError, check_chain
from lre_kit.proofs.keys.crl import read_lists, revoked_since
from lre_kit.proofs.keys.revocation import LIST_FRESH, Revocations, make_list
from lre_kit.proofs.report import Result
from lre_kit.proofs.verifying.verify import Anchors, verify_path
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.office import deposit_sample, throwaway_office


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def office(tmp_path: Path, clock: MovedClock) -> PostOffice:
    return throwaway_office(tmp_path / "office", clock=clock)


def authority_key(office: PostOffice, name: str) -> ec.EllipticCurvePrivateKey:
    raw = (office.settings.keys_folder / f"{name}-ca.key").read_bytes()
    key = serialization.load_pem_private_key(raw, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key


def revoking(office: PostOffice, name: str, at: datetime) -> x509.CertificateRevocationList:
    chain = {"seal": office.keys.seal_chain, "tsa": office.keys.tsa_chain}[name]
    leaf = {"seal": office.keys.seal_certificate, "tsa": office.keys.tsa_certificate}[name]
    return make_list(
        chain[-1],
        authority_key(office, name),
        at=at,
        revoked=[(leaf.serial_number, at.replace(microsecond=0))],
    )


@pytest.mark.needs("openssl")
def test_the_built_in_authorities_say_what_they_revoked(office: PostOffice, tmp_path: Path) -> None:
    trust = tmp_path / "trust"
    office.keys.write_trust(trust)
    Revocations(office.settings.keys_folder, office.keys, office.clock).write(trust)
    lists = read_lists(trust)
    assert {crl.issuer for crl in lists} == {
        office.keys.seal_chain[-1].subject,
        office.keys.tsa_chain[-1].subject,
    }
    for crl in trust.glob("*.crl"):
        answers = [
            subprocess.run(
                ["openssl", "crl", "-inform", "DER", "-in", crl, "-CAfile", trust / anchor, "-noout"],
                capture_output=True, text=True, check=False,
            ).stderr.strip()
            for anchor in ("seal-ca.pem", "tsa-ca.pem")
        ]  # fmt: skip
        assert answers.count("verify OK") == 1


def test_lists_are_made_anew_each_day_and_only_while_the_authoritys_key_is_there(
    office: PostOffice, clock: MovedClock
) -> None:
    revocations = Revocations(office.settings.keys_folder, office.keys, clock)
    first = revocations.lists()
    assert revocations.lists() == first
    clock.advance(LIST_FRESH)
    assert revocations.lists() != first
    for name in ("seal", "tsa"):
        (office.settings.keys_folder / f"{name}-ca.key").unlink()
    assert Revocations(office.settings.keys_folder, office.keys, clock).lists() == []


def test_lists_of_outside_authorities_are_read_from_beside_the_keys(
    office: PostOffice, clock: MovedClock
) -> None:
    folder = office.settings.keys_folder / "crl"
    folder.mkdir()
    outside = make_list(office.keys.tsa_chain[-1], authority_key(office, "tsa"), at=clock())
    (folder / "provider.crl").write_bytes(outside.public_bytes(serialization.Encoding.PEM))
    (folder / "broken.crl").write_bytes(b"not a list")
    for name in ("seal", "tsa"):
        (office.settings.keys_folder / f"{name}-ca.key").unlink()
    revocations = Revocations(office.settings.keys_folder, office.keys, clock)
    assert revocations.lists() == [outside]
    clock.advance(timedelta(days=31))
    assert revocations.lists() == [], "a list past its end may not be relied on"


def test_a_revoked_certificate_counts_from_its_revocation_on(office: PostOffice, clock: MovedClock) -> None:
    """F4.04."""
    keys = office.keys
    clock.advance(timedelta(days=2))
    at = clock()
    crl = revoking(office, "seal", at)
    for moment, refused in ((at - timedelta(days=1), False), (at + timedelta(days=1), True)):
        arguments = {"others": [], "anchors": keys.seal_chain[-1:], "at": moment, "lists": [crl]}
        if refused:
            with pytest.raises(ChainError, match="revoked") as raised:
                check_chain(keys.seal_certificate, **arguments)  # type: ignore[arg-type]  # spelled once
            assert raised.value.sub_indication == "REVOKED"
        else:
            check_chain(keys.seal_certificate, **arguments)  # type: ignore[arg-type]  # likewise


def test_only_the_issuers_own_list_counts(office: PostOffice, clock: MovedClock) -> None:
    keys = office.keys
    forged = make_list(
        keys.seal_chain[-1],
        ec.generate_private_key(ec.SECP256R1()),
        at=clock(),
        revoked=[(keys.seal_certificate.serial_number, clock())],
    )
    assert revoked_since(keys.seal_certificate, keys.seal_chain[-1], [forged]) is None
    assert (
        revoked_since(keys.seal_certificate, keys.seal_chain[-1], [revoking(office, "tsa", clock())]) is None
    )


@pytest.mark.parametrize(("name", "check"), [("seal", "seal"), ("tsa", "time stamp")])
def test_a_proof_under_a_certificate_revoked_before_it_does_not_pass(
    office: PostOffice, clock: MovedClock, tmp_path: Path, name: str, check: str
) -> None:
    """F4.04."""
    crl = revoking(office, name, clock())
    clock.advance(timedelta(days=1))
    letter = deposit_sample(office)
    office.run_until_idle()
    folder = office.issuer.export(letter.id, tmp_path / "letter")
    office.keys.write_trust(tmp_path / "trust")
    evidence = next((folder / "evidence").glob("*.json"))
    before = verify_path(evidence, Anchors.load(tmp_path / "trust"), at=clock())
    assert before.result is Result.PASSED
    assert any("revocation" in line for line in before.not_checked)
    (tmp_path / "trust" / "new.crl").write_bytes(crl.public_bytes(serialization.Encoding.DER))
    after = verify_path(evidence, Anchors.load(tmp_path / "trust"), at=clock())
    assert after.result is not Result.PASSED
    assert [c.name for c in after.checks if c.result is not Result.PASSED] == [check]
    assert not any("revocation" in line for line in after.not_checked)


def test_every_process_offers_the_same_list_all_day(office: PostOffice, clock: MovedClock) -> None:
    """What a page says of a file fits the file, whichever process of a site gives it."""

    def asked() -> list[bytes]:
        # As another process would: nothing is remembered.
        made = Revocations(office.settings.keys_folder, office.keys, clock)
        return [crl.public_bytes(serialization.Encoding.DER) for crl in made.lists()]

    clock.advance(timedelta(days=2))
    now = clock()
    clock.advance(timedelta(days=1) - (now - now.replace(hour=0, minute=0, second=0, microsecond=0)))
    first = asked()
    clock.advance(timedelta(hours=23))
    assert asked() == first
    clock.advance(timedelta(hours=1))
    assert asked() != first
