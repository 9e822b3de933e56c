"""What holders are told by mail of their means, and reports of lost ones by whoever reads a serial.

A report changes nothing that its holder cannot undo: the means is suspended, not revoked. Messages are
duties: a mail server that is away undoes no act, and no answer tells by its pace whether a means was found.
"""

from collections.abc import Callable, Mapping

from lre_kit.carriers.holder_mail import HolderMail, Told
from lre_kit.clock import Clock
from lre_kit.identifiers.identifier_values import SERIAL_CHARS, Identifier, parse_serial
from lre_kit.identifiers.means import UNUSED, State
from lre_kit.identifiers.register import IdentifierRegister
from lre_kit.store.agenda import Duty, fulfil, plan
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database, UnitOfWork

TELL = "tell_holder"
"""Action of the duty that tells a holder what was done."""

_TYPED_MAX_CHARS = 64
_REPORTER: Mapping[str, str] = {"role": "reporter"}


class HolderNotices:
    """Plans messages to holders, and sends them."""

    def __init__(self, database: Database, *, clock: Clock, mail: HolderMail) -> None:
        """Plan on `database` by the office's `clock`, send by `mail`."""
        self._database = database
        self._clock = clock
        self._mail = mail

    def plan(
        self, uow: UnitOfWork, party_id: str, told: Told, *, serial: str = "", act_id: str | None = None
    ) -> None:
        """Plan a message in the transaction of the act.

        Args:
            uow: The act's transaction.
            party_id: Who is told.
            told: What was done.
            serial: The means' serial, if it is about one.
            act_id: What makes it one message while it waits; by default each call makes another.
        """
        act_id = act_id or new_id()
        plan(
            uow,
            key=f"tell-holder:{told.value}:{act_id}",
            due_at=self._clock(),
            action=TELL,
            subject=party_id,
            payload={"told": told.value, "serial": serial, "act": act_id},
        )

    def tell(self, duty: Duty) -> None:
        """Send one message; should the process die in between, it is sent again under the same id."""
        told = duty.payload
        self._mail.tell(
            party_id=duty.subject, told=Told(told["told"]), serial=told["serial"], act_id=told["act"]
        )
        with self._database.write() as uow:
            fulfil(uow, duty)
            uow.commit()

    @property
    def actions(self) -> Mapping[str, Callable[[Duty], None]]:
        """The duties by action, for the office's runner."""
        return {TELL: self.tell}


class LostReports:
    """Takes reports of lost means from whoever reads their serial."""

    def __init__(self, database: Database, *, register: IdentifierRegister, notices: HolderNotices) -> None:
        """Work on `database`."""
        self._database = database
        self._register = register
        self._notices = notices

    def report(self, typed: str) -> None:
        """Suspend the means with this serial and tell its holder; answers nothing, whatever it finds.

        Args:
            typed: The serial as somebody read it.
        """
        found = self._register.by_serial(typed) if len(typed) <= _TYPED_MAX_CHARS else None
        with self._database.write() as uow:
            if found is not None:
                self._suspend(uow, found)
            uow.commit()

    def _suspend(self, uow: UnitOfWork, found: Identifier) -> None:
        state = self._register.locked(uow, found.id).state
        if state is State.ACTIVE or state in UNUSED:
            self._register.change(
                uow, found.id, "suspend", actor=_REPORTER, reason="reported lost by its serial"
            )
            self._notices.plan(uow, found.party_id, Told.SUSPENDED, serial=found.serial)


def could_be_serial(typed: str) -> bool:
    """Tell whether a text has the form of a serial, whether or not a means has it."""
    plain = parse_serial(typed[:_TYPED_MAX_CHARS]).replace("-", "")
    return len(typed) <= _TYPED_MAX_CHARS and len(plain) == SERIAL_CHARS and plain.isascii()
