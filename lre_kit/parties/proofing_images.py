"""Pictures of identity cases at rest: encrypted under the keys of their case, and erased on a timer.

A case has two keys: one for the title's pictures and the sealed facts, one for the face. Erasing
destroys the wrapped keys first, in a transaction with its record, and removes the stored bytes after;
from the first step on no copy of them, not even in a backup, can be read by this office.
"""

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import Row, select, update

from lre_kit.clock import Clock
from lre_kit.errors import BlobUnavailableError, NotFoundError
from lre_kit.parties.proofing_cases import CASE, MEDIA, add_event, case_lock
from lre_kit.parties.proofing_values import Part, ProofingRules
from lre_kit.store.agenda import Duty, fulfil, plan
from lre_kit.store.blobs import BlobStore
from lre_kit.store.database import Database, UnitOfWork
from lre_kit.store.vault import Vault

ERASE_FACE = "identity_erase_face"
"""Duty: destroy the key of a case's face pictures."""

ERASE_ALL = "identity_erase"
"""Duty: destroy both keys of a case."""

SWEEP = "identity_sweep"
"""Duty: remove stored bytes that no case names, left by uploads that died before their commit."""

SWEEP_AFTER = timedelta(days=1)
"""Age from which stored bytes without a row are left over; an upload under way is never touched."""

_BATCH = 500
_FACE = tuple(part.value for part in Part if part.is_face)


class ErasedError(NotFoundError):
    """The picture was erased, as its timer asks."""

    slug = "picture-erased"
    status = 410


class CaseImages:
    """Seals, keeps, opens and erases what a case holds."""

    def __init__(self, database: Database, *, clock: Clock, blobs: BlobStore, vault: Vault) -> None:
        """Work with the office's stores."""
        self._database = database
        self._clock = clock
        self._blobs = blobs
        self._vault = vault

    def new_keys(self, case_id: str) -> dict[str, bytes]:
        """Return the two wrapped keys of a new case, by column."""
        return {
            "wrapped_key": self._vault.wrap(self._vault.new_key(), letter_id=binding(case_id, face=False)),
            "wrapped_face_key": self._vault.wrap(
                self._vault.new_key(), letter_id=binding(case_id, face=True)
            ),
        }

    def seal(self, case_id: str, wrapped_key: bytes, facts: Mapping[str, Any]) -> bytes:
        """Return a case's personal facts, encrypted."""
        key = self._vault.unwrap(wrapped_key, letter_id=binding(case_id, face=False))
        plain = json.dumps(facts, ensure_ascii=False).encode()
        return b"".join(self._vault.encrypt(key, [plain], context=_facts_context(case_id)))

    def unseal(self, case_id: str, wrapped_key: bytes | None, sealed: bytes | None) -> dict[str, Any] | None:
        """Return a case's personal facts, or nothing once they were erased."""
        if wrapped_key is None or sealed is None:
            return None
        key = self._vault.unwrap(wrapped_key, letter_id=binding(case_id, face=False))
        plain = b"".join(self._vault.decrypt(key, [sealed], context=_facts_context(case_id)))
        facts: dict[str, Any] = json.loads(plain)
        return facts

    def put(self, case: Row[Any], media_id: str, part: Part, data: bytes) -> str:
        """Keep a picture encrypted and return its key in the content store."""
        key = self._key(case, part)
        blob_key = f"identity/{case.id}/{media_id}"
        self._blobs.put(blob_key, self._vault.encrypt(key, [data], context=blob_key.encode()))
        return blob_key

    def drop(self, blob_key: str) -> None:
        """Remove stored bytes that no row names; what stays behind is unreadable after the case's end."""
        with suppress(BlobUnavailableError):
            self._blobs.delete(blob_key)

    def get(self, case: Row[Any], part: Part, blob_key: str) -> bytes:
        """Return a picture in the clear.

        Raises:
            ErasedError: Its key was destroyed.
        """
        key = self._key(case, part)
        return b"".join(self._vault.decrypt(key, self._blobs.get(blob_key), context=blob_key.encode()))

    def _key(self, case: Row[Any], part: Part) -> bytes:
        wrapped = case.wrapped_face_key if part.is_face else case.wrapped_key
        if wrapped is None:
            msg = "The pictures of this case were erased."
            raise ErasedError(msg, mend="Nothing can bring them back; the result of the case stays.")
        return self._vault.unwrap(wrapped, letter_id=binding(case.id, face=part.is_face))

    def destroy_keys(self, uow: UnitOfWork, case_id: str, *, face_only: bool, at: datetime) -> bool:
        """Destroy the keys of a case in a transaction that holds its lock; return whether there were any."""
        values: dict[str, Any] = {"wrapped_face_key": None, "face_erased_at": at}
        condition = CASE.c.face_erased_at.is_(None)
        if not face_only:
            # The first erasure of the face keeps its date.
            uow.execute(
                update(CASE)
                .where(CASE.c.id == case_id, CASE.c.face_erased_at.is_(None))
                .values(wrapped_face_key=None, face_erased_at=at)
            )
            values = {"wrapped_key": None, "sealed": None, "erased_at": at}
            condition = CASE.c.erased_at.is_(None)
        if uow.update(update(CASE).where(CASE.c.id == case_id, condition).values(values)) != 1:
            return False
        name = "face_erased" if face_only else "images_erased"
        add_event(uow, case_id, name, actor="office", at=at)
        return True

    def plan_erasure(
        self, uow: UnitOfWork, case_id: str, *, ended_at: datetime, rules: ProofingRules
    ) -> None:
        """Plan both erasures of a decided case."""
        for action, due_at in (
            (ERASE_FACE, ended_at + rules.biometrics_kept),
            (ERASE_ALL, ended_at + rules.images_kept),
        ):
            plan(uow, key=f"{action}:{case_id}", due_at=due_at, action=action, subject=case_id)

    def erase_now(self, uow: UnitOfWork, case_id: str, *, at: datetime) -> None:
        """Destroy both keys within an act; the stored bytes follow by a duty that is due at once."""
        self.destroy_keys(uow, case_id, face_only=False, at=at)
        plan(uow, key=f"{ERASE_ALL}:{case_id}", due_at=at, action=ERASE_ALL, subject=case_id)

    def erase(self, duty: Duty) -> None:
        """Fulfil a duty of erasure: keys first, then bytes; running twice changes nothing."""
        face_only = duty.action == ERASE_FACE
        now = self._clock()
        with self._database.write() as uow:
            uow.serialise(case_lock(duty.subject))
            self.destroy_keys(uow, duty.subject, face_only=face_only, at=now)
            uow.commit()
        chosen = self._stored(duty.subject, face_only=face_only)
        for blob_key in chosen.values():
            self._blobs.delete(blob_key)
        with self._database.write() as uow:
            fulfil(uow, duty)
            uow.execute(update(MEDIA).where(MEDIA.c.id.in_(tuple(chosen))).values(erased_at=now))
            day = (now + SWEEP_AFTER).date().isoformat()
            plan(uow, key=f"{SWEEP}:{day}", due_at=now + SWEEP_AFTER, action=SWEEP, subject=day)
            uow.commit()

    def sweep(self, duty: Duty) -> None:
        """Fulfil `SWEEP`; one a day is planned while cases end, and running twice changes nothing."""
        before = self._clock() - SWEEP_AFTER
        old = (key for key, put_at in self._blobs.keys("identity/") if put_at < before)
        while keys := tuple(islice(old, _BATCH)):
            query = select(MEDIA.c.blob_key).where(
                MEDIA.c.blob_key.in_(keys), MEDIA.c.erased_at.is_(None), MEDIA.c.replaced_at.is_(None)
            )
            with self._database.read() as connection:
                kept = set(connection.execute(query).scalars())
            for key in keys:
                if key not in kept:
                    self._blobs.delete(key)
        with self._database.write() as uow:
            fulfil(uow, duty)
            uow.commit()

    def _stored(self, case_id: str, *, face_only: bool) -> dict[str, str]:
        query = select(MEDIA.c.id, MEDIA.c.blob_key).where(
            MEDIA.c.case_id == case_id, MEDIA.c.erased_at.is_(None)
        )
        if face_only:
            query = query.where(MEDIA.c.part.in_(_FACE))
        with self._database.read() as connection:
            return {row.id: row.blob_key for row in connection.execute(query)}


def media_of(rows: Iterable[Row[Any]]) -> dict[Part, Row[Any]]:
    """Return the present picture of each part."""
    return {Part(row.part): row for row in rows if row.replaced_at is None}


def binding(case_id: str, *, face: bool) -> str:
    """Return what a wrapped key of a case is bound to."""
    return f"identity/{case_id}/face" if face else f"identity/{case_id}"


def _facts_context(case_id: str) -> bytes:
    return f"identity/{case_id}/facts".encode()
