"""Locking letters' keys anew, after the office's key-encryption key rotated.

Contents are not touched: only the wrapped key of each letter changes, in batches, each a
transaction of its own. Dying anywhere leaves every letter readable, because former key-encryption
keys are kept, and going on takes up where it stopped. A letter that is erased meanwhile stays
erased.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, bindparam, func, select, update

from lre_kit.clock import Clock
from lre_kit.errors import LreError, UnavailableError, WrongKeyError
from lre_kit.failpoints import declare, failpoint
from lre_kit.letters.rows import LetterRow
from lre_kit.store.agenda import Duty, fulfil, plan
from lre_kit.store.database import Database, UnitOfWork
from lre_kit.store.inserts import table_of
from lre_kit.store.rows import DutyRow, OfficeRow
from lre_kit.store.vault import Vault

log = logging.getLogger(__name__)

declare("rewrap.before_commit", "rewrap.after_commit")

ACTION = "rewrap"
"""Name of the duty."""

BATCH = 500
"""Letters per transaction."""

AGAIN = timedelta(days=1)
"""Wait before letters are looked for that processes with former keys deposited meanwhile."""

LOCKED_WITH = "letters-locked-with"
"""Name of the office's row that tells with which key-encryption key all letters are locked."""

_LETTER, _DUTY, _OFFICE = table_of(LetterRow), table_of(DutyRow), table_of(OfficeRow)

Progress = Callable[[int, int], None]
"""Told how many letters of how many are done."""


class StaleKeysError(LreError):
    """This process holds former keys: the present ones were put in place after it started."""

    slug = "stale-keys"
    status = 503
    exit_code = 75


class Rewrapper:
    """Locks the keys of letters with the present key-encryption key."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        *,
        clock: Clock,
        others: Sequence[Callable[[], int]] = (),
    ) -> None:
        """Work on the letters of `database` with the keys of `vault`; `others` lock what else is wrapped."""
        self._others = tuple(others)
        self._database = database
        self._vault = vault
        self._clock = clock

    def waiting(self) -> int:
        """Return how many letters are locked with a former key-encryption key."""
        query = select(func.count()).select_from(_LETTER).where(self._is_former())
        with self._database.read() as connection:
            return int(connection.execute(query).scalar_one())

    def run(self, progress: Progress | None = None) -> int:
        """Lock all letters anew that need it; return how many were.

        A letter that no key of the office opens is left as it is, and logged.

        Args:
            progress: Told after each batch.
        """
        total, done, seen, last = self.waiting(), 0, 0, ""
        while True:
            query = (
                select(_LETTER.c.id, _LETTER.c.wrapped_key)
                .where(self._is_former(), _LETTER.c.id > last)
                .order_by(_LETTER.c.id)
                .limit(BATCH)
            )
            with self._database.read() as connection:
                rows = [(row.id, row.wrapped_key) for row in connection.execute(query)]
            if not rows:
                return done
            last, seen = rows[-1][0], seen + len(rows)
            done += self._rewrap(rows)
            if progress is not None:
                progress(seen, max(total, seen))

    def run_others(self) -> int:
        """Lock anew what else is wrapped: keys of identity cases, secrets of means; return how many were."""
        return sum(each() for each in self._others)

    def fulfil(self, duty: Duty) -> None:
        """Carry a duty out; while it still finds letters to lock anew, another look is planned.

        Raises:
            StaleKeysError: The key-encryption key it names is one this process does not know.
            LeaseLostError: Another worker took it over.
        """
        wanted = str(duty.payload["kek"])
        if not self._vault.knows(wanted):
            msg = "The key-encryption key rotated after this process started."
            raise StaleKeysError(msg, mend="Start lre serve and lre work again.")
        # A key that rotated once more is of no interest: its successor has a duty of its own.
        done = self.run() + self.run_others() if wanted == self._vault.key_id else 0
        with self._database.write() as uow:
            fulfil(uow, duty)
            if done:
                plan_rewrap(uow, wanted, clock=self._clock, wait=AGAIN)
            else:
                uow.add_missing(OfficeRow, name=LOCKED_WITH, value=wanted)
                uow.defer(update(_OFFICE).where(_OFFICE.c.name == LOCKED_WITH).values(value=wanted))
            uow.commit()

    def plan_missing(self) -> None:
        """Plan the locking anew if it was neither planned nor done, as when a rotation died just before.

        A database that cannot be written now is no reason not to open an office.
        """
        kek = self._vault.key_id
        planned = select(_DUTY.c.id).where(_DUTY.c.action == ACTION, _DUTY.c.subject == kek).limit(1)
        done = select(_OFFICE.c.value).where(_OFFICE.c.name == LOCKED_WITH)
        try:
            with self._database.read() as connection:
                if connection.scalar(planned) is not None or connection.scalar(done) == kek:
                    return
            with self._database.write() as uow:
                plan_rewrap(uow, kek, clock=self._clock)
                uow.commit()
        except UnavailableError as error:
            log.info("the locking anew of letters is not planned: %s", error.problem)

    def _is_former(self) -> ColumnElement[bool]:
        return and_(_LETTER.c.wrapped_key.is_not(None), _LETTER.c.key_id != self._vault.key_id)

    def _rewrap(self, rows: list[tuple[str, bytes]]) -> int:
        """Lock a batch anew; return how many letters it was."""
        changes = []
        for letter_id, wrapped in rows:
            try:
                key = self._vault.unwrap(wrapped, letter_id=letter_id)
            except WrongKeyError:
                log.exception("letter %s is locked with a key this office does not have", letter_id)
                continue
            fresh = self._vault.wrap(key, letter_id=letter_id)
            changes.append({"the_id": letter_id, "before": wrapped, "fresh": fresh})
        if changes:
            # The condition on the former bytes keeps a letter erased that is erased meanwhile.
            statement = (
                update(_LETTER)
                .where(_LETTER.c.id == bindparam("the_id"), _LETTER.c.wrapped_key == bindparam("before"))
                .values(wrapped_key=bindparam("fresh"), key_id=self._vault.key_id)
            )
            with self._database.write() as uow:
                uow.execute(statement, changes)
                failpoint("rewrap.before_commit")
                uow.commit()
            failpoint("rewrap.after_commit")
        return len(changes)


def plan_rewrap(uow: UnitOfWork, kek: str, *, clock: Clock, wait: timedelta = timedelta(0)) -> None:
    """Put the locking anew on the agenda.

    Args:
        uow: The transaction.
        kek: Name of the key-encryption key to lock with.
        clock: The office's.
        wait: Not before this long.
    """
    due_at = clock() + wait
    plan(
        uow,
        key=f"{ACTION}:{kek}:{due_at:%Y-%m-%d}",
        due_at=due_at,
        action=ACTION,
        subject=kek,
        payload={"kek": kek},
    )
