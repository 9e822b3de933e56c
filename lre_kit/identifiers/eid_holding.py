"""Whose an electronic identity is: entered at its first use for a party, and its alone from then on."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime

from lre_kit.clock import Clock
from lre_kit.identifiers.challenges import Challenge, Challenges
from lre_kit.identifiers.eid_values import (
    EidAttributes,
    EidRefusedError,
    EidResult,
    Fits,
    PartyFor,
    Reason,
    Vouched,
)
from lre_kit.identifiers.holding import lock_shown, reserve_subject
from lre_kit.identifiers.identifier_values import Identifier
from lre_kit.identifiers.means import NATURES, Kind, State
from lre_kit.identifiers.register import IdentifierRegister
from lre_kit.law.assurance import Factor
from lre_kit.store.database import Database
from lre_kit.store.unit import UnitOfWork

SUBJECT_KEY_CHARS_MAX = 200
"""Longest subject the register takes; a longer one stands as its digest."""


class EidHolding:
    """Finds or enters the means that a checked answer stands for, and records the factor."""

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock,
        register: IdentifierRegister,
        challenges: Challenges,
        fits: Fits,
    ) -> None:
        """Stand on the register; `fits` compares attributes with a party."""
        self._database = database
        self._clock = clock
        self._register = register
        self._challenges = challenges
        self._fits = fits

    def settle(self, vouched: Vouched, challenge: Challenge, *, party_for: PartyFor | None) -> EidResult:
        """Record an answer in one transaction, and return what came of it.

        Args:
            vouched: The checked answer.
            challenge: What it answers.
            party_for: Returns the party to whom an identity that nobody has belongs, if none was asked.

        Raises:
            EidRefusedError: The identity is another party's, or may not be used.
        """
        subject_key = subject_key_of(vouched)
        is_new = self._register.by_subject(Kind.EID, subject_key) is None
        # Compared before the transaction: it reads elsewhere. A party found by `party_for` is believed.
        asked = challenge.party_id
        is_clear = asked is None or (is_new and self._fits(asked, vouched.attributes))
        with self._database.write() as uow:
            held = None
            if reserve_subject(uow, Kind.EID, subject_key):
                party_id = asked
                if party_id is None and party_for is not None:
                    party_id = party_for(uow, vouched.attributes)
                if party_id is not None:
                    held = self._enter(uow, vouched, subject_key, party_id, is_clear=is_clear)
            else:
                held = lock_shown(uow, self._register, Kind.EID, subject_key)
            result = self._result(uow, vouched, challenge, held)
            uow.commit()
        return result

    def _result(
        self, uow: UnitOfWork, vouched: Vouched, challenge: Challenge, held: Identifier | None
    ) -> EidResult:
        factor = self._factor(vouched)
        found = EidResult(
            factor=factor,
            attributes=vouched.attributes,
            purpose=challenge.purpose,
            party_id=None,
            needs_review=False,
            provider=vouched.provider,
            id_token=vouched.id_token,
        )
        if held is None:
            return found
        if challenge.party_id not in (None, held.party_id):
            raise EidRefusedError(Reason.OTHER_PERSON)
        if held.state is State.ISSUED and not held.is_over(self._clock()):
            return replace(found, factor=None, party_id=held.party_id, needs_review=True)
        if not held.is_usable(self._clock()):
            raise EidRefusedError(Reason.NOT_ACTIVE)
        factor = replace(factor, identifier_id=held.id, derogation=held.derogation)
        self._register.used(uow, held.id)
        self._challenges.record(uow, factor, party_id=held.party_id, purpose=challenge.purpose)
        return replace(found, factor=factor, party_id=held.party_id)

    def _enter(
        self, uow: UnitOfWork, vouched: Vouched, subject_key: str, party_id: str, *, is_clear: bool
    ) -> Identifier:
        return self._register.issue(
            uow,
            party_id=party_id,
            kind=Kind.EID,
            label=vouched.provider,
            actor={"role": "holder", "party_id": party_id},
            state=State.ACTIVE if is_clear else State.ISSUED,
            level=vouched.level,
            subject_key=subject_key,
            facts={"provider": vouched.provider, "acr": vouched.acr, "name_fits": is_clear},
            # Who the provider said it is: encrypted, for proofs and for the operator who compares.
            secret=_kept(vouched.attributes),
        )

    def _factor(self, vouched: Vouched) -> Factor:
        now, nature = self._clock(), NATURES[Kind.EID]
        shown = now if vouched.auth_time is None else datetime.fromtimestamp(vouched.auth_time, UTC)
        return Factor(
            means=nature.means,
            categories=nature.categories,
            dynamic=nature.dynamic,
            at=min(shown, now),
            vouched=vouched.level,
        )


def subject_key_of(vouched: Vouched) -> str:
    """Return what names an identity in the register: issuer and subject together."""
    whole = f"{vouched.issuer}#{vouched.subject}"
    if len(whole) <= SUBJECT_KEY_CHARS_MAX:
        return whole
    return f"{vouched.issuer}##{hashlib.sha256(vouched.subject.encode()).hexdigest()}"


def _kept(attributes: EidAttributes) -> bytes:
    """Return the least that says who somebody is: names and day of birth."""
    told = {
        "given_names": attributes.given_names,
        "family_name": attributes.family_name,
        "birth_date": attributes.birth_date.isoformat() if attributes.birth_date else None,
    }
    return json.dumps(told, ensure_ascii=False, sort_keys=True).encode()
