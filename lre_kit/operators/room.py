"""The operators' room as an office has it: its services, each opened when first asked for."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from lre_kit.errors import InputError
from lre_kit.operators.book import OperatorBook
from lre_kit.operators.bulk import ACTION as BULK
from lre_kit.operators.bulk import BulkDesk
from lre_kit.operators.desk import OperatorDesk
from lre_kit.operators.entrance import Entrance
from lre_kit.operators.filters import SavedFilters
from lre_kit.operators.journal import OperatorJournal
from lre_kit.operators.two_people import TwoPeople
from lre_kit.operators.values import Outcome
from lre_kit.parties.account_guesses import Guesses
from lre_kit.parties.passwords import Passwords
from lre_kit.proofs.log.rollback import Rollback
from lre_kit.store.agenda import Duty
from lre_kit.store.unit import UnitOfWork

if TYPE_CHECKING:
    from lre_kit.office import PostOffice


class OperatorRoom:
    """Operators of one office."""

    def __init__(self, office: "PostOffice") -> None:
        """Stand on an office."""
        self._office = office

    @cached_property
    def journal(self) -> OperatorJournal:
        """What operators did."""
        return OperatorJournal(self._office.database, recorder=self._office.recorder)

    @cached_property
    def two_people(self) -> TwoPeople:
        """What waits for a second operator."""
        return TwoPeople(self._office.database, clock=self._office.clock)

    @cached_property
    def _guesses(self) -> Guesses:
        office = self._office
        return Guesses(office.database, clock=office.clock, pepper=office.keys.pepper)

    @cached_property
    def _passwords(self) -> Passwords:
        return Passwords(self._office.keys.pepper)

    @cached_property
    def book(self) -> OperatorBook:
        """Who they are."""
        office = self._office
        return OperatorBook(
            office.database,
            clock=office.clock,
            pepper=office.keys.pepper,
            issuer=office.settings.provider_name,
            journal=self.journal,
            guesses=self._guesses,
            passwords=self._passwords,
        )

    @cached_property
    def entrance(self) -> Entrance:
        """Where they come in."""
        settings = self._office.settings
        return Entrance(
            self._office.database,
            clock=self._office.clock,
            book=self.book,
            guesses=self._guesses,
            passwords=self._passwords,
            is_local=settings.operator_entrance == "local",
            longest=timedelta(hours=settings.operator_session_h),
        )

    @cached_property
    def desk(self) -> OperatorDesk:
        """Where they act."""
        return OperatorDesk(
            self._office, entrance=self.entrance, journal=self.journal, two_people=self.two_people
        )

    @cached_property
    def bulk(self) -> BulkDesk:
        """Where they act on many things at once."""
        return BulkDesk(self._office, self.desk)

    @cached_property
    def filters(self) -> SavedFilters:
        """Filters they keep."""
        return SavedFilters(self._office.database)

    def go_on_after_rollback(self, *, by: str, reason: str) -> Rollback | None:
        """Decide to go on from an older database; return what it lost, or nothing if it lost nothing.

        Raises:
            InputError: No name or no reason is given.
        """
        if not by.strip() or not reason.strip():
            raise InputError(
                "A decision needs a name and a reason.", mend="Give both; the journal keeps them."
            )

        def write(uow: UnitOfWork, lost: Rollback, at: datetime) -> str:
            return self.journal.begin(
                uow,
                "go_on_after_rollback",
                subject="log",
                label=f"{lost.held} / {lost.signed}",
                operator=by,
                reason=reason,
                at=at,
                told={"Held": lost.held, "Signed": lost.signed, "SignedRoot": lost.root.hex()},
                outcome=Outcome.DONE,
            )

        return self._office.rollback.settle(write)

    @property
    def actions(self) -> Mapping[str, Callable[[Duty], None]]:
        """The operators' duties by action."""
        return {BULK: self.bulk.run}
