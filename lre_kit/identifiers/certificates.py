"""X.509 certificates of accepted issuers as identification means.

A certificate is enrolled once for a party, then used in one of two ways: shown in a TLS handshake that
a proxy ended (`lre_kit.identifiers.certificate_proxy`), or by signing a short text that names the office,
the act, a nonce and the time (`lre_kit.identifiers.certificate_signatures` shows the command lines).
Its issuer proved the holder's identity, so the factor carries the issuer's level (`Factor.vouched`).
Every use checks issuer, dates, purpose and revocation anew. A renewed certificate is a new means.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from secrets import token_urlsafe
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from lre_kit.clock import Clock, iso
from lre_kit.identifiers.certificate_checks import (
    CertificateRefusedError,
    Checked,
    Reason,
    check_certificate,
    read_certificate,
)
from lre_kit.identifiers.certificate_issuers import AcceptedIssuer, IssuerList
from lre_kit.identifiers.certificate_signatures import signer_of
from lre_kit.identifiers.certificate_values import (
    Enrolment,
    NameCheck,
    Recognised,
    SigningRequest,
    name_in,
)
from lre_kit.identifiers.challenges import Challenge, Challenges
from lre_kit.identifiers.holding import lock_shown, reserve_subject
from lre_kit.identifiers.identifier_values import Identifier
from lre_kit.identifiers.means import Kind, State
from lre_kit.identifiers.questions import Questions, owner_of
from lre_kit.identifiers.register import IdentifierRegister
from lre_kit.identifiers.throttle import Throttle
from lre_kit.law.assurance import Category, Factor, Level, Means
from lre_kit.parties.values import has_hidden_characters
from lre_kit.store.database import Database

ENROLMENT = "enrol a certificate"
"""Purpose of an enrolment's challenge."""

SIGNING_LIFE = timedelta(minutes=10)
"""How long a text may be signed: long enough for a card reader and a command line."""

_NONCE_BYTES = 32


class Certificates:
    """Enrols certificates, and authenticates with them."""

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock,
        register: IdentifierRegister,
        challenges: Challenges,
        throttle: Throttle,
        issuers: IssuerList,
        office_name: str,
        origin: str,
    ) -> None:
        """Prepare.

        Args:
            database: Where identifiers are kept.
            clock: The office's clock.
            register: Their register.
            challenges: Open questions.
            throttle: Counts refused answers of one session.
            issuers: Whose certificates are accepted.
            office_name: Stands in the text to sign, so that it serves nowhere else.
            origin: ``https://`` origin of the office's pages; stands there too.
        """
        self._database = database
        self._clock = clock
        self._register = register
        self._challenges = challenges
        self._questions = Questions(
            database, Means.CERTIFICATE, challenges=challenges, throttle=throttle, ttl=SIGNING_LIFE
        )
        self._issuers = issuers
        self._office_name = _one_line(office_name)
        self._origin = _one_line(origin)

    @property
    def issuers(self) -> IssuerList:
        """Whose certificates are accepted."""
        return self._issuers

    def begin(self, party_id: str, *, purpose: str, binding: str) -> SigningRequest:
        """Ask a party for a signed text.

        Args:
            party_id: Who should sign.
            purpose: The act, such as ``accept:<letter id>``, or `ENROLMENT`.
            binding: Id of the session in which the signature must come.
        """
        text = self._text(purpose)
        opened = self._questions.ask(party_id, purpose=purpose, binding=binding, facts={"text": text})
        return SigningRequest(challenge_id=opened.id, text=text, expires_at=opened.expires_at)

    def complete(
        self,
        challenge_id: str,
        signature: bytes,
        certificate: str | bytes | None = None,
        *,
        purpose: str,
        binding: str,
    ) -> Factor:
        """Check a signed text, record it, and return the factor it shows.

        Args:
            challenge_id: Of `begin`; it can be answered once.
            signature: A bare signature, or detached CMS as DER or PEM.
            certificate: PEM or DER; may be left out if CMS holds it.
            purpose: The act; the one that `begin` was asked for.
            binding: Id of the session.

        Raises:
            CertificateRefusedError: Not accepted; `reason` says why.
            IdentificationError: The text was used, is too old, or is for another act or session.
        """

        def judge(challenge: Challenge) -> Factor:
            signer = signer_of(challenge.facts["text"], signature, certificate)
            checked = self._checked(signer, signed=True)
            return self._use(checked, purpose, owner_of(challenge)).factor

        return self._questions.answered(challenge_id, purpose=purpose, binding=binding, judge=judge)

    def recognise(self, certificate: str, *, purpose: str, party_id: str | None = None) -> Recognised:
        """Return whom a certificate stands for that was shown in a TLS handshake, and the factor.

        Args:
            certificate: PEM, from `read_proxy_headers` and nowhere else: it is believed.
            purpose: The act, such as ``session``.
            party_id: Who it has to be, if that is known.

        Raises:
            CertificateRefusedError: Not accepted, not enrolled, or another person's.
        """
        return self._use(self._checked(read_certificate(certificate), signed=False), purpose, party_id)

    def enrol(
        self,
        challenge_id: str,
        signature: bytes,
        certificate: str | bytes | None = None,
        *,
        label: str,
        binding: str,
        fits: NameCheck,
        proofing_id: str | None = None,
    ) -> Enrolment:
        """Enrol the certificate that signed an enrolment's text (`begin` with purpose `ENROLMENT`).

        Args:
            challenge_id: Of `begin`.
            signature: As for `complete`.
            certificate: As for `complete`.
            label: The owner's name for it.
            binding: Id of the session.
            fits: Whether the name in it is clearly the party's; else it waits as issued, not active.
            proofing_id: Identity proofing that it belongs to.

        Raises:
            CertificateRefusedError: Not accepted, or enrolled already.
            IdentificationError: The text was used, is too old, or is of another session.
        """

        def judge(challenge: Challenge) -> Enrolment:
            signer = signer_of(challenge.facts["text"], signature, certificate)
            return self._enrol(
                owner_of(challenge), self._checked(signer, signed=True), label, fits, proofing_id
            )

        return self._questions.answered(challenge_id, purpose=ENROLMENT, binding=binding, judge=judge)

    def enrol_shown(
        self,
        party_id: str,
        certificate: str,
        *,
        label: str,
        fits: NameCheck,
        proofing_id: str | None = None,
    ) -> Enrolment:
        """Enrol a certificate that was shown in a TLS handshake.

        Args:
            party_id: Whose it is to be.
            certificate: PEM, from `read_proxy_headers` and nowhere else: it is believed.
            label: The owner's name for it.
            fits: As for `enrol`.
            proofing_id: Identity proofing that it belongs to.

        Raises:
            CertificateRefusedError: Not accepted, or enrolled already.
        """
        checked = self._checked(read_certificate(certificate), signed=False)
        return self._enrol(party_id, checked, label, fits, proofing_id)

    def _checked(self, certificate: x509.Certificate, *, signed: bool) -> Checked:
        return check_certificate(certificate, issuers=self._issuers, at=self._clock(), signed=signed)

    def _enrol(
        self, party_id: str, checked: Checked, label: str, fits: NameCheck, proofing_id: str | None
    ) -> Enrolment:
        name = name_in(checked.certificate)
        clear = fits(name)
        with self._database.write() as uow:
            if not reserve_subject(uow, Kind.CERTIFICATE, checked.subject_key):
                raise CertificateRefusedError(Reason.TAKEN)
            made = self._register.issue(
                uow,
                party_id=party_id,
                kind=Kind.CERTIFICATE,
                label=label,
                actor={"role": "holder", "party_id": party_id},
                state=State.ACTIVE if clear else State.ISSUED,
                proofing_id=proofing_id,
                level=checked.issuer.level,
                subject_key=checked.subject_key,
                facts={
                    "issuer": checked.issuer.id,
                    "fingerprint": checked.fingerprint,
                    "name_fits": clear,
                    "revocation": self._relied_on(checked),
                },
                # Names are in it: kept encrypted, for proofs and for the person who looks at it.
                secret=checked.certificate.public_bytes(Encoding.DER),
                expires_at=checked.certificate.not_valid_after_utc,
            )
            uow.commit()
        return Enrolment(identifier=made, name=name, needs_review=not clear)

    def _use(self, checked: Checked, purpose: str, party_id: str | None) -> Recognised:
        now = self._clock()
        with self._database.write() as uow:
            held = lock_shown(uow, self._register, Kind.CERTIFICATE, checked.subject_key)
            if held is None or held.facts["fingerprint"] != checked.fingerprint:
                raise CertificateRefusedError(Reason.NOT_ENROLLED)
            if party_id is not None and held.party_id != party_id:
                raise CertificateRefusedError(Reason.OTHER_PERSON)
            if not held.is_usable(now):
                raise CertificateRefusedError(Reason.NOT_ACTIVE)
            factor = self._factor(held, checked.issuer, now)
            self._register.used(uow, held.id)
            self._register.keep_facts(uow, held, revocation=self._relied_on(checked))
            self._challenges.record(uow, factor, party_id=held.party_id, purpose=purpose)
            uow.commit()
        return Recognised(party_id=held.party_id, factor=factor)

    @staticmethod
    def _factor(held: Identifier, issuer: AcceptedIssuer, now: datetime) -> Factor:
        known = (Category.KNOWLEDGE,) if issuer.two_factors else ()
        then = held.level or Level.LOW
        return Factor(
            means=Means.CERTIFICATE,
            categories=(Category.POSSESSION, *known),
            dynamic=True,
            at=now,
            identifier_id=held.id,
            # An issuer that is trusted less today vouches for less; one that is trusted more, not for more.
            vouched=then if issuer.level.at_least(then) else issuer.level,
            derogation=held.derogation,
        )

    def _relied_on(self, checked: Checked) -> Mapping[str, Any]:
        return {"at": iso(self._clock()), "lists": list(checked.list_digests)}

    def _text(self, purpose: str) -> str:
        lines = (
            f"Je m’identifie auprès de : {self._office_name}",
            f"I identify myself to: {self._office_name}",
            f"Site: {self._origin}",
            f"Act: {_one_line(purpose)}",
            f"Nonce: {token_urlsafe(_NONCE_BYTES)}",
            f"Time: {iso(self._clock())}",
        )
        return "".join(f"{line}\n" for line in lines)


def _one_line(text: str) -> str:
    """Return a text that may stand in one line of what is signed."""
    if not text.strip() or has_hidden_characters(text):
        msg = "a line of a text to sign is empty or holds control characters"
        raise ValueError(msg)
    return text
