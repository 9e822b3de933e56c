"""Whose a certificate is: entered for a party, and its alone from then on; each use with its trail."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from lre_kit.clock import Clock, iso
from lre_kit.identifiers.certificate_checks import CertificateRefusedError, Checked, Reason
from lre_kit.identifiers.certificate_issuers import AcceptedIssuer
from lre_kit.identifiers.certificate_values import (
    Enrolment,
    NameCheck,
    Recognised,
    Shown,
    name_in,
)
from lre_kit.identifiers.challenges import Challenges
from lre_kit.identifiers.holding import lock_shown, reserve_subject
from lre_kit.identifiers.identifier_values import Identifier
from lre_kit.identifiers.means import Kind, State
from lre_kit.identifiers.register import IdentifierRegister
from lre_kit.law.assurance import Category, Factor, Level, Means
from lre_kit.store.database import Database
from lre_kit.store.unit import UnitOfWork

Enrolled = Callable[[UnitOfWork, Identifier], None]
"""Called with a new means in the transaction that enters it."""


def nothing_follows(uow: UnitOfWork, made: Identifier) -> None:
    """Do nothing more for a new means."""
    del uow, made


class CertificateHolding:
    """Enters checked certificates, and records their uses."""

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock,
        register: IdentifierRegister,
        challenges: Challenges,
        enrolled: Enrolled = nothing_follows,
    ) -> None:
        """Stand on the register; `enrolled` is called with each new means."""
        self._database = database
        self._clock = clock
        self._register = register
        self._challenges = challenges
        self._enrolled = enrolled

    def enrol(
        self, checked: Checked, party_id: str, *, label: str, fits: NameCheck, proofing_id: str | None = None
    ) -> Enrolment:
        """Enter a certificate for a party; without a clear name it waits for a person's look.

        Raises:
            CertificateRefusedError: It is entered already.
        """
        name = name_in(checked.certificate)
        clear = fits(name)
        with self._database.write() as uow:
            if not reserve_subject(uow, Kind.CERTIFICATE, checked.subject_key):
                raise CertificateRefusedError(Reason.TAKEN)
            made = self._enter(uow, checked, party_id, label=label, is_clear=clear, proofing_id=proofing_id)
            uow.commit()
        return Enrolment(identifier=made, name=name, needs_review=not clear)

    def use(self, checked: Checked, *, purpose: str, party_id: str | None) -> Recognised:
        """Record the use of an entered certificate, and return whose it is with the factor.

        Raises:
            CertificateRefusedError: It is not entered, not active, or another person's.
        """
        with self._database.write() as uow:
            held = lock_shown(uow, self._register, Kind.CERTIFICATE, checked.subject_key)
            factor = self._used(uow, checked, held, purpose=purpose, party_id=party_id)
            uow.commit()
        assert held is not None
        return Recognised(party_id=held.party_id, factor=factor)

    def settle(
        self, checked: Checked, party_id: str, *, purpose: str, fits: NameCheck, language: str
    ) -> Shown:
        """Use a certificate for a party, and enter it before if nobody has it: one transaction.

        Raises:
            CertificateRefusedError: It is not active, or another person's.
        """
        name = name_in(checked.certificate)
        is_new = self._register.by_subject(Kind.CERTIFICATE, checked.subject_key) is None
        # Compared before the transaction: it reads elsewhere.
        is_clear = is_new and fits(name)
        with self._database.write() as uow:
            if entered := reserve_subject(uow, Kind.CERTIFICATE, checked.subject_key):
                label = checked.issuer.name.get(language, checked.issuer.id)
                held: Identifier | None = self._enter(uow, checked, party_id, label=label, is_clear=is_clear)
            else:
                held = lock_shown(uow, self._register, Kind.CERTIFICATE, checked.subject_key)
            waits = held is not None and held.party_id == party_id and held.state is State.ISSUED
            factor = None
            if not waits:
                factor = self._used(uow, checked, held, purpose=purpose, party_id=party_id)
            uow.commit()
        return Shown(factor=factor, is_new=entered)

    def _enter(
        self,
        uow: UnitOfWork,
        checked: Checked,
        party_id: str,
        *,
        label: str,
        is_clear: bool,
        proofing_id: str | None = None,
    ) -> Identifier:
        made = self._register.issue(
            uow,
            party_id=party_id,
            kind=Kind.CERTIFICATE,
            label=label,
            actor={"role": "holder", "party_id": party_id},
            state=State.ACTIVE if is_clear else State.ISSUED,
            proofing_id=proofing_id,
            level=checked.issuer.level,
            subject_key=checked.subject_key,
            facts={
                "issuer": checked.issuer.id,
                "fingerprint": checked.fingerprint,
                "name_fits": is_clear,
                "revocation": self._relied_on(checked),
            },
            # Names are in it: kept encrypted, for proofs and for the person who looks at it.
            secret=checked.certificate.public_bytes(Encoding.DER),
            expires_at=checked.certificate.not_valid_after_utc,
        )
        self._enrolled(uow, made)
        return made

    def _used(
        self,
        uow: UnitOfWork,
        checked: Checked,
        held: Identifier | None,
        *,
        purpose: str,
        party_id: str | None,
    ) -> Factor:
        now = self._clock()
        if held is None or held.facts["fingerprint"] != checked.fingerprint:
            raise CertificateRefusedError(Reason.NOT_ENROLLED)
        if party_id is not None and held.party_id != party_id:
            raise CertificateRefusedError(Reason.OTHER_PERSON)
        if not held.is_usable(now):
            raise CertificateRefusedError(Reason.NOT_ACTIVE)
        factor = _factor(held, checked.issuer, now)
        self._register.used(uow, held.id)
        relied_on = self._relied_on(checked)
        self._register.keep_facts(uow, held, revocation=relied_on)
        facts = {"revocation": relied_on}
        self._challenges.record(uow, factor, party_id=held.party_id, purpose=purpose, facts=facts)
        return factor

    def _relied_on(self, checked: Checked) -> Mapping[str, Any]:
        found: dict[str, Any] = {"at": iso(self._clock()), "lists": list(checked.list_digests)}
        if (status := checked.status) is not None:
            found["ocsp"] = {
                "outcome": status.standing.value,
                "source": status.source,
                "at": iso(status.at),
                "answer": status.digest,
            }
        return found


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
