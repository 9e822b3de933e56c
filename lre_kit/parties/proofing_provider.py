"""The port through which a certified provider takes identity proofing over.

The person is sent to the provider's address; the provider answers by a signed message
(`lre_kit.parties.proofing_callbacks`). Its verdict holds like an operator's: once, and unchanged.
"""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import urlsplit

from sqlalchemy import Row, select, update

from lre_kit.clock import Clock
from lre_kit.errors import AlreadyDecidedError, ConfigurationError
from lre_kit.law.assurance import Means
from lre_kit.parties.names import NameMatch
from lre_kit.parties.proofing_acts import check_collecting, current_view
from lre_kit.parties.proofing_callbacks import (
    CallbackFormError,
    ForgedCallbackError,
    ProviderVerdict,
    Verifier,
    checked_body,
    parsed_body,
)
from lre_kit.parties.proofing_cases import (
    CASE,
    add_event,
    case_lock,
    case_row,
    declared_of,
    missing_case,
    number_hash,
)
from lre_kit.parties.proofing_images import CaseImages
from lre_kit.parties.proofing_results import keep_proofing
from lre_kit.parties.proofing_rows import IdentityCallbackRow
from lre_kit.parties.proofing_rules import names_match
from lre_kit.parties.proofing_timers import CaseTimers
from lre_kit.parties.proofing_values import CaseState, CaseView, DeclaredIdentity, ProofingRules, Verdict
from lre_kit.parties.proofing_verdicts import OnDecided
from lre_kit.store.blobs import BlobStore
from lre_kit.store.database import Database, UnitOfWork
from lre_kit.store.inserts import table_of
from lre_kit.store.vault import Vault

__all__ = [
    "CallbackFormError",
    "CallbackOutcome",
    "ForgedCallbackError",
    "ProofingProvider",
    "ProviderDesk",
]

_CALLBACK = table_of(IdentityCallbackRow)


class ProofingProvider(Protocol):
    """A certified provider, as an adapter makes it known to the office."""

    @property
    def name(self) -> str:
        """Short name, at most 40 characters; stands in evidence as who proofed."""
        ...

    @property
    def verifier(self) -> Verifier:
        """Checks the signature of its messages."""
        ...

    def start(self, case: CaseView) -> str:
        """Announce a case to the provider and return the https address to send the person to.

        Called outside any transaction; may be called again for the same case.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackOutcome:
    """What became of a message.

    Attributes:
        repeated: The very same message had been taken before; nothing was done again.
    """

    case_id: str
    state: CaseState
    repeated: bool


class ProviderDesk:
    """Hands cases over to a provider and takes its verdicts."""

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock,
        blobs: BlobStore,
        vault: Vault,
        hash_key: bytes,
        provider: ProofingProvider,
        method: str = Means.VISUAL.value,
        rules: ProofingRules | None = None,
        on_decided: Iterable[OnDecided] = (),
    ) -> None:
        """Work with one provider.

        Args:
            database: Where cases live.
            clock: The office's clock.
            blobs: Where pictures lie.
            vault: Wraps the keys of cases.
            hash_key: Secret for keyed hashes of document numbers.
            provider: The provider.
            method: The method of its proofings, as certified (`lre_kit.law.proofing_methods`).
            rules: The office's settings.
            on_decided: Called in the transaction of each verdict.
        """
        self._database = database
        self._clock = clock
        self._hash_key = hash_key
        self._provider = provider
        self._method = method
        self.rules = rules or ProofingRules()
        self._images = CaseImages(database, clock=clock, blobs=blobs, vault=vault)
        self._timers = CaseTimers(database, clock=clock, images=self._images)
        self.on_decided = list(on_decided)

    def start(self, case_id: str, *, party_id: str) -> str:
        """Hand a case over and return the address to send the person to; calling again resumes it.

        Raises:
            NotFoundError: No such case of this party.
            CaseClosedError: It takes nothing more, or operators have it.
            ConfigurationError: The provider's address is not one of https.
        """
        with self._database.read(snapshot=True) as connection:
            row = case_row(connection, case_id, party_id=party_id)
            self._check_open(row)
            case = current_view(connection, self._images, case_id)
        url = self._provider.start(case)
        if urlsplit(url).scheme != "https" or not urlsplit(url).hostname:
            msg = "The identity provider gave an address that is not one of https."
            raise ConfigurationError(msg, mend="Mend the provider's adapter.")
        now = self._clock()
        with self._database.write() as uow:
            uow.serialise(case_lock(case_id))
            row = case_row(uow, case_id, party_id=party_id)
            self._check_open(row)
            if row.provider is None:
                self._hand_over(uow, row, now)
            uow.commit()
        return url

    def receive_callback(self, body: bytes, headers: Mapping[str, str]) -> CallbackOutcome:
        """Take a provider's message: signed, fresh, once.

        Raises:
            ForgedCallbackError: Not signed by the provider, too old, or its id was used for another message.
            CallbackFormError: Signed, but not of the agreed form.
            NotFoundError: The case is unknown, or was never handed to this provider.
            AlreadyDecidedError: The case ended, or has another verdict.
        """
        now = self._clock()
        checked_body(body, headers, verifier=self._provider.verifier, now=now)
        said = parsed_body(body)
        digest = hashlib.sha256(body).hexdigest()
        with self._database.write() as uow:
            # By event as well as by case: one id may not be used for two cases at once.
            uow.serialise(f"identity-callback:{self._provider.name}:{said.event_id}")
            uow.serialise(case_lock(said.case_id))
            row = case_row(uow, said.case_id)
            if self._taken_before(uow, said, digest):
                return CallbackOutcome(case_id=row.id, state=CaseState(row.state), repeated=True)
            if row.provider != self._provider.name:
                raise missing_case()
            if row.ended_at is not None:
                msg = "This identity case was decided, or ended, before."
                raise AlreadyDecidedError(msg, mend="A verdict is not changed; a new case can be opened.")
            self._keep_message(uow, said, digest, now)
            view = self._end(uow, row, said, now)
            uow.commit()
        return CallbackOutcome(case_id=view.id, state=view.state, repeated=False)

    def _check_open(self, row: Row[Any]) -> None:
        if row.provider != self._provider.name or row.state != CaseState.SUBMITTED.value:
            check_collecting(row, self._clock())

    def _hand_over(self, uow: UnitOfWork, row: Row[Any], now: datetime) -> None:
        answer_by = now + self.rules.service
        values = {"provider": self._provider.name, "submitted_at": now, "answer_by": answer_by}
        uow.execute(update(CASE).where(CASE.c.id == row.id).values(state=CaseState.SUBMITTED.value, **values))
        add_event(uow, row.id, "handed_over", actor="person", at=now, facts={"provider": self._provider.name})
        self._timers.plan_alarm(uow, row.id, round_=row.round, at=answer_by)

    def _taken_before(self, uow: UnitOfWork, said: ProviderVerdict, digest: str) -> bool:
        query = select(_CALLBACK).where(
            _CALLBACK.c.provider == self._provider.name, _CALLBACK.c.event_id == said.event_id
        )
        before = uow.execute(query).first()
        if before is not None and not hmac.compare_digest(before.body_digest, digest):
            msg = "This message cannot be taken."
            raise ForgedCallbackError(msg, mend="Give every message an id of its own.")
        return before is not None

    def _keep_message(self, uow: UnitOfWork, said: ProviderVerdict, digest: str, now: datetime) -> None:
        uow.add(
            IdentityCallbackRow,
            provider=self._provider.name,
            event_id=said.event_id,
            case_id=said.case_id,
            body_digest=digest,
            at=now,
        )

    def _end(self, uow: UnitOfWork, row: Row[Any], said: ProviderVerdict, now: datetime) -> CaseView:
        facts = self._images.unseal(row.id, row.wrapped_key, row.sealed) or {}
        if said.approved:
            # A provider proofs whoever comes: whether it is who this case is about is for us to see.
            if flags := _doubts(declared_of(facts), said):
                return self._give_to_operators(uow, row, flags, now)
            self._keep_result(uow, row, said, facts, now)
        state = CaseState.APPROVED if said.approved else CaseState.REFUSED
        ending = {"state": state.value, "open_key": None, "ended_at": now, "reason": said.reason}
        uow.execute(update(CASE).where(CASE.c.id == row.id).values(**ending))
        self._timers.stop_alarm(uow, row.id, round_=row.round)
        add_event(uow, row.id, state.value, actor=f"provider:{self._provider.name}", at=now)
        # What the person handed in here before going to the provider is of no more use.
        self._images.erase_now(uow, row.id, at=now)
        view = current_view(uow, self._images, row.id)
        for hook in self.on_decided:
            hook(uow, view, Verdict.APPROVE if said.approved else Verdict.REFUSE)
        return view

    def _give_to_operators(self, uow: UnitOfWork, row: Row[Any], flags: list[str], now: datetime) -> CaseView:
        """Leave the case to operators: a machine refuses nobody for a name."""
        listed = [{"slug": slug, "facts": {}} for slug in flags]
        uow.execute(update(CASE).where(CASE.c.id == row.id).values(provider=None, flags=listed))
        facts = {"provider": self._provider.name, "flags": flags}
        add_event(uow, row.id, "provider_doubted", actor="office", at=now, facts=facts)
        return current_view(uow, self._images, row.id)

    def _keep_result(
        self,
        uow: UnitOfWork,
        row: Row[Any],
        said: ProviderVerdict,
        facts: Mapping[str, Any],
        now: datetime,
    ) -> None:
        number = said.document_number
        assert said.level is not None  # an approval without a level is not of the agreed form
        keep_proofing(
            uow,
            row,
            level=said.level,
            method=self._method,
            names={
                "given_names": said.given_names,
                "family_name": said.family_name,
                "usage_name": facts["usage_name"],
                "birth_date": said.birth_date,
            },
            title={
                "title_kind": said.title_kind.value if said.title_kind else None,
                "title_issuer": said.title_issuer,
                "title_expiry": said.title_expiry,
                "document_last4": number[-4:] if number else None,
                "document_hash": (
                    number_hash(self._hash_key, said.title_issuer or "", number) if number else None
                ),
            },
            operators=[f"provider:{self._provider.name}"],
            evidence_digest=said.evidence_digest,
            at=now,
            rules=self.rules,
        )


def _doubts(declared: DeclaredIdentity, said: ProviderVerdict) -> list[str]:
    """Return flags where who was proofed is not plainly who was declared."""
    match = names_match(declared, given_names=said.given_names, family_name=said.family_name)
    flags = [] if match in {NameMatch.SAME, NameMatch.CLOSE} else [f"provider_names_{match.value}"]
    if declared.birth_date and said.birth_date and declared.birth_date != said.birth_date:
        flags.append("provider_birth_date_differs")
    return flags
