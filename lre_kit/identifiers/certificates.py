"""X.509 certificates of accepted issuers as identification means.

A certificate is enrolled once for a party, then used in one of two ways: shown in a TLS handshake that
a proxy ended (`lre_kit.identifiers.certificate_proxy`), or by signing a short text that names the office,
the act, a nonce and the time (`lre_kit.identifiers.certificate_signatures` shows the command lines).
Its issuer proved the holder's identity, so the factor carries the issuer's level (`Factor.vouched`).
Every use checks issuer, dates, purpose and revocation anew. A renewed certificate is a new means.
"""

from datetime import timedelta
from secrets import token_urlsafe

from cryptography import x509

from lre_kit.clock import Clock, iso
from lre_kit.identifiers.certificate_checks import Checked, check_certificate, read_certificate
from lre_kit.identifiers.certificate_holding import CertificateHolding, Enrolled, nothing_follows
from lre_kit.identifiers.certificate_issuers import IssuerList
from lre_kit.identifiers.certificate_signatures import signer_of
from lre_kit.identifiers.certificate_status import AskStatus
from lre_kit.identifiers.certificate_values import Enrolment, NameCheck, Recognised, Shown, SigningRequest
from lre_kit.identifiers.challenges import Challenge, Challenges
from lre_kit.identifiers.questions import Questions, owner_of
from lre_kit.identifiers.register import IdentifierRegister
from lre_kit.identifiers.throttle import Throttle
from lre_kit.law.assurance import Factor, Means
from lre_kit.parties.characters import has_hidden_characters
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
        enrolled: Enrolled = nothing_follows,
        ask: AskStatus | None = None,
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
            enrolled: Called with each new means in the transaction that enters it.
            ask: Asks issuers' responders (`Responders.ask`); without it their lists alone count.
        """
        self._clock = clock
        self._holding = CertificateHolding(
            database, clock=clock, register=register, challenges=challenges, enrolled=enrolled
        )
        self._questions = Questions(
            database, Means.CERTIFICATE, challenges=challenges, throttle=throttle, ttl=SIGNING_LIFE
        )
        self._issuers = issuers
        self._ask = ask
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
            return self._holding.use(checked, purpose=purpose, party_id=owner_of(challenge)).factor

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
        checked = self._checked(read_certificate(certificate), signed=False)
        return self._holding.use(checked, purpose=purpose, party_id=party_id)

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
            checked, party_id = self._checked(signer, signed=True), owner_of(challenge)
            return self._holding.enrol(checked, party_id, label=label, fits=fits, proofing_id=proofing_id)

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
        return self._holding.enrol(checked, party_id, label=label, fits=fits, proofing_id=proofing_id)

    def identify(
        self,
        challenge_id: str,
        signature: bytes,
        certificate: str | bytes | None = None,
        *,
        purpose: str,
        binding: str,
        fits: NameCheck,
        language: str = "fr",
    ) -> Shown:
        """Check a signed text as `complete` does; a certificate that nobody has is enrolled on the way.

        Args:
            challenge_id: Of `begin`.
            signature: As for `complete`.
            certificate: As for `complete`.
            purpose: The act; the one that `begin` was asked for.
            binding: Id of the session.
            fits: As for `enrol`; without a clear name the certificate waits, and shows nothing yet.
            language: Of the name that a new one bears in its holder's list.

        Raises:
            CertificateRefusedError: Not accepted, or another person's.
            IdentificationError: The text was used, is too old, or is for another act or session.
        """

        def judge(challenge: Challenge) -> Shown:
            signer = signer_of(challenge.facts["text"], signature, certificate)
            checked, party_id = self._checked(signer, signed=True), owner_of(challenge)
            return self._holding.settle(checked, party_id, purpose=purpose, fits=fits, language=language)

        return self._questions.answered(challenge_id, purpose=purpose, binding=binding, judge=judge)

    def identify_shown(
        self, party_id: str, certificate: str, *, purpose: str, fits: NameCheck, language: str = "fr"
    ) -> Shown:
        """Take a certificate that was shown in a TLS handshake, as `identify` takes a signed text.

        Args:
            party_id: Who is there.
            certificate: PEM, from `read_proxy_headers` and nowhere else: it is believed.
            purpose: The act.
            fits: As for `identify`.
            language: As for `identify`.

        Raises:
            CertificateRefusedError: Not accepted, or another person's.
        """
        checked = self._checked(read_certificate(certificate), signed=False)
        return self._holding.settle(checked, party_id, purpose=purpose, fits=fits, language=language)

    def _checked(self, certificate: x509.Certificate, *, signed: bool) -> Checked:
        at = self._clock()
        return check_certificate(certificate, issuers=self._issuers, at=at, signed=signed, ask=self._ask)

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
