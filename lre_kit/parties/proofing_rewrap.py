"""Locking the keys of identity cases anew, after the office's key-encryption key rotated.

A case has two wrapped keys, one of them for the face. Neither names the key-encryption key it is under, so
each is opened by the present one alone to see whether it needs anything (as `lre_kit.letters.rewrap` does
for letters). Pictures are not touched; a key that was destroyed meanwhile stays so.
"""

import logging

from sqlalchemy import or_, select, update

from lre_kit.errors import WrongKeyError
from lre_kit.parties.proofing_cases import CASE
from lre_kit.parties.proofing_images import binding
from lre_kit.store.database import Database
from lre_kit.store.vault import Vault

log = logging.getLogger(__name__)

BATCH = 500
"""Cases per transaction."""

_COLUMNS = {"wrapped_key": False, "wrapped_face_key": True}


class CaseRewrapper:
    """Locks the keys of identity cases with the present key-encryption key."""

    def __init__(self, database: Database, vault: Vault) -> None:
        """Work on the cases of `database` with the keys of `vault`."""
        self._database = database
        self._vault = vault

    def run(self) -> int:
        """Lock all keys anew that need it; return how many were. It may run twice, or die at any line.

        Once it returns zero, former keys are needed no more for identity cases.
        """
        done, last = 0, ""
        while True:
            held = or_(*(CASE.c[name].is_not(None) for name in _COLUMNS))
            query = select(CASE.c.id, *(CASE.c[name] for name in _COLUMNS))
            with self._database.read() as connection:
                rows = connection.execute(
                    query.where(held, CASE.c.id > last).order_by(CASE.c.id).limit(BATCH)
                ).all()
            if not rows:
                return done
            last = rows[-1].id
            changes = [
                (row.id, name, wrapped, fresh)
                for row in rows
                for name, face in _COLUMNS.items()
                if (wrapped := getattr(row, name)) is not None
                and (fresh := self._fresh(row.id, wrapped, face=face)) is not None
            ]
            if changes:
                done += self._write(changes)

    def _fresh(self, case_id: str, wrapped: bytes, *, face: bool) -> bytes | None:
        """Return a key wrapped anew; nothing where it needs it not, or no key of the office opens it."""
        bound = binding(case_id, face=face)
        try:
            return self._vault.rewrapped(wrapped, letter_id=bound)
        except WrongKeyError:
            log.exception("identity case %s is locked with a key this office does not have", case_id)
            return None

    def _write(self, changes: list[tuple[str, str, bytes, bytes]]) -> int:
        done = 0
        with self._database.write() as uow:
            for case_id, name, before, fresh in changes:
                # The condition on the former bytes keeps a key destroyed that is destroyed meanwhile.
                unchanged = (CASE.c.id == case_id, CASE.c[name] == before)
                done += uow.update(update(CASE).where(*unchanged).values({name: fresh}))
            uow.commit()
        return done
