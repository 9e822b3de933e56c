"""Certificates as means: enrolled once, shown or signed with, and dead as soon as they should be."""

import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import select

from lre_kit.clock import from_iso
from lre_kit.errors import IdentificationError, LreError, ThrottledError
from lre_kit.identifiers.certificate_checks import CertificateRefusedError, Reason
from lre_kit.identifiers.certificate_issuers import IssuerList
from lre_kit.identifiers.certificate_status import Standing, Status
from lre_kit.identifiers.certificate_values import CertificateName, Enrolment
from lre_kit.identifiers.certificates import ENROLMENT, Certificates
from lre_kit.identifiers.challenges import Challenges
from lre_kit.identifiers.means import Kind, State
from lre_kit.identifiers.register import IdentifierRegister
from lre_kit.identifiers.rows import AuthenticationRow, IdentifierRow
from lre_kit.identifiers.throttle import Throttle
from lre_kit.law.assurance import Category, Factor, Level, Means, level_reached
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database
from lre_kit.store.inserts import table_of
from lre_kit.store.vault import Vault
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.person_authority import Card, PersonAuthority

SESSION, ACT = "session-1", "accept:1"
ADA, BOB = new_id(), new_id()


def is_ada(name: CertificateName) -> bool:
    return (name.given_names, name.family_name) == ("Ada", "Lovelace")


class Desk:
    """An office that accepts one issuer's certificates."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.clock = MovedClock()
        self.database = database
        self.authority = PersonAuthority(folder, self.clock())
        self.register = IdentifierRegister(database, clock=self.clock, vault=Vault(bytes(range(32)), "kek"))
        self.challenges = Challenges(database, clock=self.clock)
        self.throttle = Throttle(database, clock=self.clock, pepper=b"p" * 32)
        self.certificates = self.opened()

    def opened(self, **changed: Any) -> Certificates:
        """The means, with the list of issuers as the folder has it now."""
        told: dict[str, Any] = {
            "clock": self.clock,
            "register": self.register,
            "challenges": self.challenges,
            "throttle": self.throttle,
            "issuers": IssuerList.load(self.authority.folder),
            "office_name": "La Poste d’essai",
            "origin": "https://post.example",
        }
        return Certificates(self.database, **(told | changed))

    def sign(self, card: Card, text: str) -> bytes:
        assert isinstance(card.key, ec.EllipticCurvePrivateKey)
        return card.key.sign(text.encode(), ec.ECDSA(hashes.SHA256()))

    def enrol(self, card: Card, party_id: str = ADA) -> Enrolment:
        asked = self.certificates.begin(party_id, purpose=ENROLMENT, binding=SESSION)
        signature = self.sign(card, asked.text)
        told: dict[str, Any] = {"label": "My card", "binding": SESSION, "fits": is_ada}
        return self.certificates.enrol(asked.challenge_id, signature, card.pem, **told)

    def use(self, card: Card, party_id: str = ADA, *, binding: str = SESSION) -> Factor:
        asked = self.certificates.begin(party_id, purpose=ACT, binding=binding)
        signature = self.sign(card, asked.text)
        return self.certificates.complete(
            asked.challenge_id, signature, card.pem, purpose=ACT, binding=binding
        )

    def change(self, identifier_id: str, act: str) -> None:
        with self.database.write() as uow:
            self.register.change(uow, identifier_id, act, actor={"role": "provider"}, reason="test")
            uow.commit()

    def authentications(self) -> int:
        with self.database.read() as connection:
            return len(connection.execute(select(table_of(AuthenticationRow))).all())


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> Desk:
    return Desk(database, tmp_path / "issuers")


def reason(act: Callable[[], object]) -> Reason:
    with pytest.raises(CertificateRefusedError) as caught:
        act()
    found = caught.value.reason
    assert isinstance(found, Reason)
    return found


def test_an_enrolled_certificate_carries_its_issuers_level(desk: Desk) -> None:
    card = desk.authority.card()
    enrolment = desk.enrol(card)
    made = enrolment.identifier
    assert (made.kind, made.state, made.level) == (Kind.CERTIFICATE, State.ACTIVE, Level.SUBSTANTIAL)
    assert made.expires_at == card.certificate.not_valid_after_utc
    assert not enrolment.needs_review
    assert len(made.facts["revocation"]["lists"]) == 1
    assert desk.register.secret(made.id) == card.certificate.public_bytes(Encoding.DER)
    factor = desk.use(card)
    assert (factor.means, factor.dynamic, factor.identifier_id) == (Means.CERTIFICATE, True, made.id)
    assert (factor.categories, factor.vouched) == ((Category.POSSESSION,), Level.SUBSTANTIAL)
    assert level_reached([factor], proofing=None, at=desk.clock()) is Level.SUBSTANTIAL
    assert desk.authentications() == 1


def test_a_card_with_a_pin_shows_two_factors(desk: Desk) -> None:
    desk.authority.write_list(two_factors="true")
    desk.certificates = desk.opened()
    card = desk.authority.card()
    desk.enrol(card)
    assert desk.use(card).categories == (Category.POSSESSION, Category.KNOWLEDGE)


def test_the_text_names_office_site_act_and_time_and_is_never_the_same(desk: Desk) -> None:
    first, second = (desk.certificates.begin(ADA, purpose=ACT, binding=SESSION) for _ in range(2))
    for told in ("La Poste d’essai", "https://post.example", "Act: accept:1", "Nonce: ", "Time: "):
        assert told in first.text
    assert first.text.endswith("Z\n")
    assert first.text != second.text


@pytest.mark.needs("openssl")
def test_the_command_line_of_the_manual_works(desk: Desk, tmp_path: Path) -> None:
    card = desk.authority.card()
    desk.enrol(card)
    asked = desk.certificates.begin(ADA, purpose=ACT, binding=SESSION)
    card.write(tmp_path)
    tmp_path.joinpath("text.txt").write_bytes(asked.text.encode())
    line = "openssl cms -sign -binary -in text.txt -signer card.pem -inkey card.key -outform DER -out t.p7s"
    subprocess.run(line.split(), cwd=tmp_path, check=True, capture_output=True)
    signature = tmp_path.joinpath("t.p7s").read_bytes()
    factor = desk.certificates.complete(asked.challenge_id, signature, purpose=ACT, binding=SESSION)
    assert factor.vouched is Level.SUBSTANTIAL


def test_a_certificate_shown_in_a_handshake_tells_whose_it_is(desk: Desk) -> None:
    card = desk.authority.card()
    enrolment = desk.certificates.enrol_shown(ADA, card.pem, label="x", fits=is_ada)
    found = desk.certificates.recognise(card.pem, purpose="session")
    assert (found.party_id, found.factor.identifier_id) == (ADA, enrolment.identifier.id)
    told = {"purpose": "session", "party_id": BOB}
    assert reason(lambda: desk.certificates.recognise(card.pem, **told)) is Reason.OTHER_PERSON


def test_a_name_that_is_not_clearly_the_partys_waits_for_a_look(desk: Desk) -> None:
    """F9.15."""
    card = desk.authority.card("A.", "Lovelace")
    enrolment = desk.enrol(card)
    assert enrolment.needs_review
    assert enrolment.name.full == "A. Lovelace"
    assert enrolment.identifier.state is State.ISSUED
    assert enrolment.identifier.facts["name_fits"] is False
    assert reason(lambda: desk.use(card)) is Reason.NOT_ACTIVE
    desk.change(enrolment.identifier.id, "activate")
    desk.use(card)


def test_names_are_kept_encrypted_only(desk: Desk) -> None:
    desk.enrol(desk.authority.card("Augusta", "Kingnoel"))
    with desk.database.read() as connection:
        row = connection.execute(select(table_of(IdentifierRow))).one()
    assert "Kingnoel" not in repr(row)
    assert b"Kingnoel" not in row.secret


def test_a_certificate_that_nobody_enrolled_is_refused(desk: Desk) -> None:
    card = desk.authority.card()
    assert reason(lambda: desk.use(card)) is Reason.NOT_ENROLLED
    assert reason(lambda: desk.certificates.recognise(card.pem, purpose="session")) is Reason.NOT_ENROLLED


def test_another_certificate_of_the_same_number_is_refused(desk: Desk) -> None:
    desk.enrol(desk.authority.card(serial=77))
    twin = desk.authority.card(serial=77)
    assert reason(lambda: desk.use(twin)) is Reason.NOT_ENROLLED


def test_a_certificate_is_enrolled_once_whoever_comes_second(desk: Desk) -> None:
    card = desk.authority.card()
    desk.enrol(card)
    assert reason(lambda: desk.enrol(card, BOB)) is Reason.TAKEN
    assert reason(lambda: desk.enrol(card)) is Reason.TAKEN


def test_two_people_who_enrol_one_certificate_at_once_do_not_both_get_it(desk: Desk) -> None:
    card = desk.authority.card()
    barrier = Barrier(6)

    def enrol(party_id: str) -> str:
        barrier.wait()
        try:
            desk.certificates.enrol_shown(party_id, card.pem, label="x", fits=is_ada)
        except LreError as error:
            return error.slug
        return "enrolled"

    with ThreadPoolExecutor(6) as pool:
        found = sorted(pool.map(enrol, [ADA, BOB] * 3))
    assert found == ["certificate-refused"] * 5 + ["enrolled"]


def test_another_persons_certificate_is_refused(desk: Desk) -> None:
    desk.enrol(desk.authority.card())
    bobs = desk.authority.card("Bob", "Byron")
    asked = desk.certificates.begin(BOB, purpose=ENROLMENT, binding=SESSION)
    desk.certificates.enrol(
        asked.challenge_id,
        desk.sign(bobs, asked.text),
        bobs.pem,
        label="x",
        binding=SESSION,
        fits=lambda _: True,
    )
    assert reason(lambda: desk.use(bobs, ADA)) is Reason.OTHER_PERSON


def test_a_text_is_signed_once_in_its_session_and_for_its_act(desk: Desk) -> None:
    """F9.06."""
    card = desk.authority.card()
    desk.enrol(card)
    asked = desk.certificates.begin(ADA, purpose=ACT, binding=SESSION)
    signature = desk.sign(card, asked.text)

    def send(purpose: str = ACT, binding: str = SESSION) -> None:
        desk.certificates.complete(asked.challenge_id, signature, card.pem, purpose=purpose, binding=binding)

    for other in ({"purpose": "accept:2"}, {"binding": "session-2"}):
        with pytest.raises(IdentificationError):
            send(**other)
    asked = desk.certificates.begin(ADA, purpose=ACT, binding=SESSION)
    signature = desk.sign(card, asked.text)
    send()
    with pytest.raises(IdentificationError):
        send()
    assert desk.authentications() == 1


def test_a_signature_over_an_earlier_text_is_refused(desk: Desk) -> None:
    card = desk.authority.card()
    desk.enrol(card)
    old = desk.sign(card, desk.certificates.begin(ADA, purpose=ACT, binding=SESSION).text)
    asked = desk.certificates.begin(ADA, purpose=ACT, binding=SESSION)
    told = {"purpose": ACT, "binding": SESSION}
    assert (
        reason(lambda: desk.certificates.complete(asked.challenge_id, old, card.pem, **told))
        is Reason.BAD_SIGNATURE
    )


def test_an_old_text_is_refused(desk: Desk) -> None:
    card = desk.authority.card()
    desk.enrol(card)
    asked = desk.certificates.begin(ADA, purpose=ACT, binding=SESSION)
    desk.clock.advance(timedelta(minutes=11))
    with pytest.raises(IdentificationError):
        desk.certificates.complete(
            asked.challenge_id, desk.sign(card, asked.text), card.pem, purpose=ACT, binding=SESSION
        )


@pytest.mark.parametrize("act", ["revoke", "suspend", "expire"])
def test_a_means_that_ends_takes_open_texts_along(desk: Desk, act: str) -> None:
    """F9.07."""
    card = desk.authority.card()
    made = desk.enrol(card).identifier
    asked = desk.certificates.begin(ADA, purpose=ACT, binding=SESSION)
    desk.change(made.id, act)
    with pytest.raises(IdentificationError):
        desk.certificates.complete(
            asked.challenge_id, desk.sign(card, asked.text), card.pem, purpose=ACT, binding=SESSION
        )
    assert reason(lambda: desk.certificates.recognise(card.pem, purpose="session")) is Reason.NOT_ACTIVE
    assert desk.authentications() == 0


def test_a_certificate_revoked_by_its_issuer_is_dead_at_once(desk: Desk) -> None:
    card = desk.authority.card()
    desk.enrol(card)
    asked = desk.certificates.begin(ADA, purpose=ACT, binding=SESSION)
    desk.authority.write_crl([(card.certificate, desk.clock() - timedelta(seconds=1))])
    told = {"purpose": ACT, "binding": SESSION}
    signature = desk.sign(card, asked.text)
    assert (
        reason(lambda: desk.certificates.complete(asked.challenge_id, signature, card.pem, **told))
        is Reason.REVOKED
    )
    assert reason(lambda: desk.certificates.recognise(card.pem, purpose="session")) is Reason.REVOKED


def test_an_expired_certificate_is_renewed_by_enrolling_the_new_one(desk: Desk) -> None:
    desk.authority.write_list(revocation='"if-known"')
    desk.certificates = desk.opened()
    old = desk.authority.card(ends=desk.clock() + timedelta(days=1))
    first = desk.enrol(old).identifier
    desk.clock.advance(timedelta(days=2))
    assert reason(lambda: desk.use(old)) is Reason.EXPIRED
    new = desk.authority.card(key=old.key)
    assert reason(lambda: desk.use(new)) is Reason.NOT_ENROLLED
    assert desk.enrol(new).identifier.id != first.id
    desk.use(new)


def test_an_issuer_that_is_no_longer_accepted_or_trusted_less_counts_at_once(desk: Desk) -> None:
    card = desk.authority.card()
    desk.enrol(card)
    desk.authority.write_list(level='"high"')
    assert desk.opened().recognise(card.pem, purpose="s").factor.vouched is Level.SUBSTANTIAL
    desk.authority.write_list(level='"low"')
    assert desk.opened().recognise(card.pem, purpose="s").factor.vouched is Level.LOW
    gone = desk.opened(issuers=IssuerList())
    assert reason(lambda: gone.recognise(card.pem, purpose="s")) is Reason.UNKNOWN_ISSUER


def test_what_was_relied_on_is_kept_at_each_use(desk: Desk) -> None:
    card = desk.authority.card()
    made = desk.enrol(card).identifier
    desk.authority.write_crl(at=desk.clock() - timedelta(minutes=1))
    desk.use(card)
    kept = desk.register.by_id(made.id).facts
    assert kept["revocation"]["lists"] != made.facts["revocation"]["lists"]
    assert kept["fingerprint"] == made.facts["fingerprint"]


def test_what_a_responder_said_is_kept_with_each_authentication(desk: Desk) -> None:
    card, url = desk.authority.card(), "http://ocsp.ca.example/"
    said = [Standing.GOOD, Standing.UNREACHABLE, Standing.GOOD, Standing.REVOKED, Standing.UNKNOWN]
    told = iter(said)
    desk.certificates = desk.opened(
        ask=lambda *asked: Status(standing=next(told), source=url, at=desk.clock(), digest="ab" * 32)
    )
    desk.enrol(card)
    desk.use(card)
    desk.use(card)
    assert reason(lambda: desk.use(card)) is Reason.REVOKED
    assert reason(lambda: desk.use(card)) is Reason.NOT_ISSUED
    with desk.database.read() as connection:
        rows = connection.execute(select(table_of(AuthenticationRow))).all()
    kept = [row.facts["revocation"]["ocsp"] for row in rows]
    assert sorted(each["outcome"] for each in kept) == ["good", "unreachable"]
    assert {each["source"] for each in kept} == {url}
    assert all(abs(desk.clock() - from_iso(each["at"])) < timedelta(minutes=1) for each in kept)


def test_refusals_are_counted_per_session_so_no_stranger_locks_anybody_out(desk: Desk) -> None:
    """F9.05."""
    card, wrong = desk.authority.card(), desk.authority.card()
    desk.enrol(card)
    with pytest.raises(ThrottledError):
        for _ in range(100):
            with pytest.raises(CertificateRefusedError):
                desk.use(wrong, binding="stranger")
    desk.use(card)


def test_an_office_name_of_two_lines_cannot_be_signed(desk: Desk) -> None:
    with pytest.raises(ValueError, match="line"):
        desk.opened(office_name="La Poste\nAct: accept:2")
    with pytest.raises(ValueError, match="line"):
        desk.certificates.begin(ADA, purpose="accept:1\nAct: accept:2", binding=SESSION)
