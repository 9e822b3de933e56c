"""Orders and ends of derogations, wired together: what an office opens, and what its runner carries out."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self

from lre_kit.clock import Clock
from lre_kit.identifiers.derogation_files import FILE_NAME, read_derogations
from lre_kit.identifiers.derogation_notices import DerogationNotices, EndNotice
from lre_kit.identifiers.following import Following
from lre_kit.identifiers.following_plan import FOLLOW
from lre_kit.identifiers.making import Making
from lre_kit.identifiers.order_ports import Addresses, Fate, IdentifierDelivery, Maker, Proofings, Register
from lre_kit.identifiers.orders import Orders
from lre_kit.identifiers.replacement import BATCH, DerogationEnds
from lre_kit.identifiers.spool import LetterAttachment, PostRoom, Spool
from lre_kit.law.derogations import Delivery, Policy
from lre_kit.store.agenda import Duty
from lre_kit.store.database import Database, UnitOfWork

SPOOL_FOLDER = "spool"
"""Where sheets wait, below the office's folder."""


class Ordering:
    """The services around orders of identification means.

    Attributes:
        policy: Derogations and suspensions, the office's own file included.
        orders: Orders, for the pages and the post room.
        making: Makes means and hands them over.
        following: Ends orders as the letters end that carry their means.
        ends: Plans and carries out the ends of derogations.
        spool: Where sheets wait.
    """

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock,
        home: Path,
        register: Register,
        addresses: Addresses,
        proofings: Proofings,
        makers: Mapping[str, Maker],
        tell: Callable[[EndNotice], None],
        deposit: Callable[..., str] | None = None,
        fate_of: Callable[[str], Fate] = lambda _: Fate.UNDER_WAY,
        tell_revoked: Callable[[UnitOfWork, str], None] = lambda _uow, _means: None,
        policy: Policy | None = None,
        batch: int = BATCH,
    ) -> None:
        """Wire the services.

        Args:
            database: Where orders are kept.
            clock: The office's clock.
            home: The office's folder, with its file of derogations and its spool.
            register: The register of identifiers.
            addresses: Knows confirmed postal addresses.
            proofings: Knows proofings in force.
            makers: Who makes each kind; others cannot be ordered.
            tell: Sends one notice of a derogation's end.
            deposit: Deposits a registered letter with a sheet (`LetterAttachment`); nothing: post only.
            fate_of: Tells what became of such a letter, by its number.
            tell_revoked: Plans telling a holder that their means was revoked.
            policy: By default what ships with the kit, and the office's file.
            batch: Means ended, or people told, in one transaction.

        Raises:
            ConfigurationError: The office's file of derogations cannot be read.
        """
        self.policy = read_derogations(home / FILE_NAME) if policy is None else policy
        self.spool = Spool(home / SPOOL_FOLDER)
        deliveries: dict[Delivery, IdentifierDelivery] = {Delivery.POST: PostRoom(self.spool)}
        if deposit is not None:
            deliveries[Delivery.LETTER] = LetterAttachment(deposit)
        self.orders = Orders(
            database,
            clock=clock,
            register=register,
            addresses=addresses,
            proofings=proofings,
            spool=self.spool,
            policy=self.policy,
            kinds=frozenset(makers),
            deliveries=frozenset(deliveries),
        )
        self.making = Making(
            database,
            clock=clock,
            makers=makers,
            deliveries=deliveries,
            addresses=addresses,
            spool=self.spool,
            policy=self.policy,
        )
        self.following = Following(
            database, clock=clock, orders=self.orders, fate_of=fate_of, tell_revoked=tell_revoked
        )
        self.ends = DerogationEnds(
            database,
            clock=clock,
            addresses=addresses,
            notices=DerogationNotices(
                database, clock=clock, addresses=addresses, tell=tell, policy=self.policy, batch=batch
            ),
            policy=self.policy,
            batch=batch,
        )

    def opened(self) -> Self:
        """Plan what known derogations call for; done each time the office opens."""
        self.ends.plan_missing()
        return self

    @property
    def actions(self) -> Mapping[str, Callable[[Duty], None]]:
        """The duties by action, for the office's runner."""
        return {**self.making.actions, FOLLOW: self.following.run, **self.ends.actions}
