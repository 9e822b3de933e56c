"""Doubles for orders of identification means: what is known of persons, and means made without paper."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from lre_kit.clock import Clock
from lre_kit.identifiers.derogation_notices import EndNotice
from lre_kit.identifiers.means import Kind
from lre_kit.identifiers.order_ports import Actor, Made, Maker
from lre_kit.identifiers.order_values import Proofed
from lre_kit.identifiers.ordering import Ordering
from lre_kit.identifiers.register import IdentifierRegister
from lre_kit.law.assurance import Level
from lre_kit.law.derogations import SHIPPED, Policy
from lre_kit.store.agenda import Agenda
from lre_kit.store.database import Database, UnitOfWork
from lre_kit.store.vault import KEY_BYTES, Vault


class MemoryPeople:
    """Addresses and proofings in memory."""

    def __init__(self) -> None:
        """Know nobody yet."""
        self.addresses: dict[str, Mapping[str, Any]] = {}
        self.proofings: dict[str, Proofed] = {}

    def confirmed(self, party_ids: Collection[str]) -> Mapping[str, Mapping[str, Any]]:
        """Return the confirmed address of each of these who has one."""
        return {each: self.addresses[each] for each in party_ids if each in self.addresses}

    def in_force(self, party_id: str) -> Proofed | None:
        """Return a person's proofing in force, if there is one."""
        return self.proofings.get(party_id)


@dataclass(kw_only=True)
class OrderOffice:
    """The services around orders, wired over one database, with duties run by hand."""

    database: Database
    clock: Clock
    folder: Path
    policy: Policy = SHIPPED
    batch: int = 500
    people: MemoryPeople = field(default_factory=MemoryPeople)
    letters: dict[str, bytes] = field(default_factory=dict)
    told: list[EndNotice] = field(default_factory=list)
    tell: Callable[[EndNotice], None] | None = None

    def __post_init__(self) -> None:
        """Wire the services."""
        self.makers: dict[str, Maker] = dict.fromkeys(
            ("paper_codes", "paper_seed", "security_key"), self.make
        )
        vault = Vault(bytes(KEY_BYTES), "test")
        self.register = IdentifierRegister(self.database, clock=self.clock, vault=vault)
        ordering = Ordering(
            self.database,
            clock=self.clock,
            home=self.folder,
            register=self.register,
            addresses=self.people,
            proofings=self.people,
            makers=self.makers,
            tell=self.tell or self.told.append,
            deposit=self._deposit,
            policy=self.policy,
            batch=self.batch,
        )
        self.spool = ordering.spool
        self.orders = ordering.orders
        self.making = ordering.making
        self.ends = ordering.ends
        self.actions = ordering.actions
        self.agenda = Agenda(self.database, self.clock)

    def person(
        self,
        party_id: str,
        *,
        at: datetime,
        address: bool = True,
        method: str = "face_to_face",
        level: Level | None = Level.SUBSTANTIAL,
    ) -> str:
        """Make a person known, proofed, and by default with a confirmed address; return the id."""
        if address:
            self.people.addresses[party_id] = {"lines": [party_id, "1 rue de la Paix", "75002 PARIS"]}
        if level:
            self.people.proofings[party_id] = Proofed(
                id=f"proof-{party_id}"[:32], level=level, method=method, at=at
            )
        return party_id

    def make(
        self,
        uow: UnitOfWork,
        *,
        party_id: str,
        kind: str,
        proofing_id: str | None,
        level: Level | None,
        derogation: str | None,
        actor: Actor,
    ) -> Made:
        """Issue a means; its sheet names the identifier and holds no code."""
        made = self.register.issue(
            uow,
            party_id=party_id,
            kind=Kind(kind),
            label=kind,
            actor=actor,
            proofing_id=proofing_id,
            level=level,
            derogation=derogation,
        )
        return Made(identifier_id=made.id, pdf=b"%PDF-1.7 " + made.id.encode())

    def sweep(self, *, limit: int = 100) -> int:
        """Carry out one claim of due duties; an error stops the sweep as a dying process would."""
        from lre_kit.office import LEASE

        duties = self.agenda.claim(limit=limit, lease=LEASE)
        for duty in duties:
            self.actions[duty.action](duty)
        return len(duties)

    def settle(self, rounds: int = 200) -> None:
        """Sweep until nothing is due."""
        for _ in range(rounds):
            if not self.sweep():
                return

    def _deposit(self, *, party_id: str, pdf: bytes, idempotency_key: str) -> str:
        del party_id
        self.letters.setdefault(idempotency_key, pdf)
        return f"L-{idempotency_key[-12:]}"
