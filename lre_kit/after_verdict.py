"""What a verdict on an identity sets going: letters that wait for it, and orders of means."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace

from lre_kit.addressed import Addressed
from lre_kit.carriers.verdict_mail import VerdictMail
from lre_kit.clock import Clock
from lre_kit.errors import AlreadyDecidedError
from lre_kit.identifiers.gate import Gate, NotIdentifiedError
from lre_kit.identifiers.identified import Identified
from lre_kit.identifiers.order_adapters import proofed_of
from lre_kit.identifiers.order_values import Proofed
from lre_kit.identifiers.orders import Orders
from lre_kit.law.proofing_methods import ProofingMethod
from lre_kit.law.regimes import Requirements
from lre_kit.parties.proofing import IdentityDesk
from lre_kit.parties.proofing_values import CaseView, Verdict
from lre_kit.store.agenda import Duty, fulfil, plan
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database, UnitOfWork

CONFIRM = "confirm_identification"
"""Action of the duty that hands over a letter whose recipient's proofing was approved."""

TELL = "tell_verdict"
"""Action of the duty that tells a person by mail that there is a verdict."""

ORDERS_DECIDED = "decide_orders"
"""Action of the duty that tells orders of means what became of an identity case."""


class AfterVerdict:
    """Plans what waits for a verdict in the verdict's own transaction, and carries it out by duty."""

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock,
        identity: Callable[[], IdentityDesk],
        gate: Callable[[], Gate],
        orders: Callable[[], Orders],
        confirm: Callable[[str, Identified], object],
        requirements_of: Callable[[str], Requirements],
        addressed: Callable[[], Addressed],
        mail: VerdictMail,
    ) -> None:
        """Wire it; the services are asked for when they are needed, for they need this one.

        Args:
            database: Where duties are kept.
            clock: The office's clock.
            identity: The desk of remote identification.
            gate: The gate before an act.
            orders: Orders of means.
            confirm: Confirms the identification that an acceptance waits for.
            requirements_of: Returns what was frozen into a letter.
            addressed: Tells who may decide on a letter.
            mail: Tells persons.
        """
        self._addressed = addressed
        self._mail = mail
        self._database = database
        self._clock = clock
        self._identity = identity
        self._gate = gate
        self._orders = orders
        self._confirm_letter = confirm
        self._requirements_of = requirements_of

    @property
    def actions(self) -> Mapping[str, Callable[[Duty], None]]:
        """The duties by action."""
        return {CONFIRM: self._confirm, ORDERS_DECIDED: self._orders_decided, TELL: self._tell_person}

    def plan_for(self, uow: UnitOfWork, case: CaseView, verdict: Verdict) -> None:
        """Plan what waits for this verdict, in its own transaction."""
        kind, _, subject = case.purpose.partition(":")
        plan(
            uow,
            key=f"{TELL}:{case.id}:{new_id()}",
            due_at=self._clock(),
            action=TELL,
            subject=case.party_id,
            payload={"case": case.id, "verdict": verdict.value, "at": int(self._clock().timestamp())},
        )
        if verdict is Verdict.ASK_AGAIN:
            return
        if verdict is Verdict.APPROVE and kind == "recipient":
            plan(
                uow,
                key=f"{CONFIRM}:{case.id}",
                due_at=self._clock(),
                action=CONFIRM,
                subject=subject,
                payload={"case": case.id, "party": case.party_id},
            )
        plan(
            uow,
            key=f"{ORDERS_DECIDED}:{case.id}",
            due_at=self._clock(),
            action=ORDERS_DECIDED,
            subject=case.party_id,
            payload={"approved": verdict is Verdict.APPROVE, "case": case.id, "reason": case.reason},
        )

    def _confirm(self, duty: Duty) -> None:
        """Hand over what an accepted letter waits with, now that its recipient's identity is proofed."""
        party_id, case_id = duty.payload["party"], duty.payload["case"]
        found = self._addressed().acting(party_id, duty.subject)
        factor = self._addressed().visual_factor(party_id, duty.subject, held=(case_id,))
        # Somebody else's case for this letter, or a mandate that ended meanwhile, confirms nothing.
        if found is not None and factor is not None:
            acting = replace(found, factors=[factor])
            required = self._requirements_of(duty.subject)
            # Nor does a verdict that comes after the time for which the acceptance waited.
            with suppress(NotIdentifiedError, AlreadyDecidedError):
                self._confirm_letter(
                    duty.subject, self._gate().recipient(required, acting, letter_id=duty.subject)
                )
        with self._database.write() as uow:
            fulfil(uow, duty)
            uow.commit()

    def _tell_person(self, duty: Duty) -> None:
        """Tell the person that there is a verdict; the page has the rest."""
        payload = duty.payload
        self._mail.tell(
            party_id=duty.subject, case_id=payload["case"], verdict=payload["verdict"], round_=payload["at"]
        )
        with self._database.write() as uow:
            fulfil(uow, duty)
            uow.commit()

    def _orders_decided(self, duty: Duty) -> None:
        """Tell orders that wait for a proofing what became of it."""
        found = (
            self._identity().proofing_of(duty.subject, self._clock()) if duty.payload["approved"] else None
        )
        told = (
            proofed_of(found)
            if found
            else Proofed(
                id=duty.payload["case"],
                level=None,
                method=ProofingMethod.REMOTE_VISUAL.value,
                at=self._clock(),
                reason=duty.payload["reason"],
            )
        )
        with self._database.write() as uow:
            self._orders().proofing_decided(uow, duty.subject, told)
            fulfil(uow, duty)
            uow.commit()
