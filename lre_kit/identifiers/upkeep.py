"""Upkeep of the register: means whose term is over, and secrets under a former key of the office."""

from sqlalchemy import select, update

from lre_kit.clock import Clock
from lre_kit.identifiers.means import FINAL
from lre_kit.identifiers.register import IdentifierRegister
from lre_kit.identifiers.rows import IdentifierRow
from lre_kit.identifiers.secret_box import SecretBox
from lre_kit.store.database import Database
from lre_kit.store.inserts import table_of
from lre_kit.store.vault import Vault

_IDENTIFIER = table_of(IdentifierRow)
_PROVIDER = {"role": "provider"}


class RegisterUpkeep:
    """What the office does with its register from time to time; all of it may run twice."""

    def __init__(
        self, database: Database, *, clock: Clock, register: IdentifierRegister, vault: Vault
    ) -> None:
        """Prepare.

        Args:
            database: Where the means are kept.
            clock: The office's clock.
            register: The register.
            vault: Encrypts secrets under the office's present key.
        """
        self._database = database
        self._clock = clock
        self._register = register
        self._box = SecretBox(vault)

    def expire_due(self, *, limit: int = 500) -> int:
        """Note of means whose term is over that they expired; return how many.

        No use depends on it: a means whose term is over identifies nobody, noted or not.
        """
        now = self._clock()
        living = _IDENTIFIER.c.state.not_in([state.value for state in FINAL])
        query = select(_IDENTIFIER.c.id).where(_IDENTIFIER.c.expires_at <= now, living).limit(limit)
        with self._database.read() as connection:
            due = list(connection.execute(query).scalars())
        done = 0
        for identifier_id in due:
            with self._database.write() as uow:
                if self._register.locked(uow, identifier_id).state in FINAL:
                    continue
                self._register.change(
                    uow, identifier_id, "expire", actor=_PROVIDER, reason="its term is over"
                )
                uow.commit()
                done += 1
        return done

    def rewrap(self) -> int:
        """Wrap every secret's key by the office's present key; return how many had another.

        Once it returns zero, former keys are needed no more for identification means.
        """
        query = select(_IDENTIFIER.c.id, _IDENTIFIER.c.secret).where(_IDENTIFIER.c.secret.is_not(None))
        with self._database.read() as connection:
            stored = [(row.id, row.secret) for row in connection.execute(query)]
        done = 0
        for identifier_id, before in stored:
            fresh = self._box.rewrapped(before, identifier_id)
            if fresh is None:
                continue
            unchanged = (_IDENTIFIER.c.id == identifier_id, _IDENTIFIER.c.secret == before)
            with self._database.write() as uow:
                done += uow.update(update(_IDENTIFIER).where(*unchanged).values(secret=fresh))
                uow.commit()
        return done
