"""The tray: letters that members prepare and that wait for one who may send them.

Signing deposits the letter: in the deposit's own transaction the tray settles it, so that of a signature, a
refusal and a withdrawal at the same moment exactly one counts, and no letter is sent twice.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, Select, func, select, update

from lre_kit.authority import NoAuthorityError
from lre_kit.clock import Clock
from lre_kit.errors import (
    DocumentTooLargeError,
    EmptyDocumentError,
    InputError,
    NotFoundError,
    UnlawfulActError,
)
from lre_kit.failpoints import declare, failpoint
from lre_kit.identifiers.identified import SenderIdentified
from lre_kit.letters.inspection import Inspection
from lre_kit.letters.intake_rows import checked_subject
from lre_kit.letters.rows import LetterRow
from lre_kit.letters.scanning import scanner_of
from lre_kit.letters.several import expect_several, to_each
from lre_kit.letters.terms import checked_terms
from lre_kit.letters.values import Letter, Upload
from lre_kit.parties.characters import has_hidden_characters
from lre_kit.parties.members import MemberRole, Members
from lre_kit.parties.standing import lock_standing
from lre_kit.parties.values import Sender
from lre_kit.preparing.digest import plan_digest
from lre_kit.preparing.rows import PreparedRow
from lre_kit.preparing.values import Draft, Prepared, PreparedState
from lre_kit.settings import Settings
from lre_kit.store.agenda import Duty, cancel, fulfil, plan
from lre_kit.store.blobs import BlobStore
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database, OutcomeUnknownError, UnitOfWork
from lre_kit.store.inserts import table_of
from lre_kit.store.vault import Vault

EXPIRE = "expire_prepared"
"""Action of the duty that lets go of a letter nobody signed for."""

LIFE = timedelta(days=30)
"""How long a prepared letter waits."""

REASON_MAX_CHARS = 300

WAITING_MAX = 500
"""Letters that may wait for one organisation: whoever prepares without end is told."""

declare("prepare.kept", "prepare.signed")

_ROW, _LETTER = table_of(PreparedRow), table_of(LetterRow)


Note = Callable[[UnitOfWork, str], None]
"""Writes down, in an act's own transaction, what it was carried out on."""


class PreparedSettledError(UnlawfulActError):
    """It does not wait any more: it was sent, declined, taken back, or its time is over."""

    slug = "prepared-settled"

    def __init__(self, state: str) -> None:
        """Say what became of it."""
        super().__init__(f"This prepared letter is {state}.", mend="Look at it again.")


class Tray:
    """Keeps prepared letters, and has them sent, declined or taken back."""

    def __init__(
        self,
        database: Database,
        *,
        settings: Settings,
        clock: Clock,
        blobs: BlobStore,
        vault: Vault,
        members: Callable[[], Members],
        deposit: Callable[..., Letter],
        deposit_all: Callable[[Sequence[Mapping[str, Any]]], Sequence[Letter]],
    ) -> None:
        """Work on `database` by the office's `clock`; what is signed is deposited with the two last."""
        self._database = database
        self._settings = settings
        self._clock = clock
        self._blobs = blobs
        self._vault = vault
        self._scanner = scanner_of(settings.clamd, timeout_s=settings.clamd_timeout_s)
        self._members = members
        self._deposit = deposit
        self._deposit_all = deposit_all

    def prepare(
        self,
        organisation_id: str,
        person_id: str,
        draft: Draft,
        documents: Sequence[Upload],
        *,
        note: Note | None = None,
    ) -> Prepared:
        """Keep a letter until somebody who may send it signs for it.

        Args:
            organisation_id: In whose name it will be sent.
            person_id: Who prepares it: a member who may.
            draft: What it will be.
            documents: Its documents.
            note: Writes down, in the same transaction, which it became.

        Raises:
            NoAuthorityError: The person may not prepare for this party.
            InputError: Something handed in cannot be used; nothing is kept.
            ScannerUnavailableError: Documents cannot be scanned for viruses at present.
        """
        for each in draft.recipients:
            each.checked()
        if draft.others:
            expect_several(draft.recipients)
        checked_subject(draft.subject)
        checked_terms(
            draft.reference,
            draft.notify_at,
            product=draft.product,
            now=self._clock(),
            pre_notice=draft.pre_notice,
            email=draft.recipient.email,
        )
        if not documents:
            msg = "The letter has no document."
            raise EmptyDocumentError(msg, mend="Add at least one document.")
        if len(documents) > self._settings.documents_max:
            msg = f"The letter has {len(documents)} documents."
            raise DocumentTooLargeError(msg, mend=f"Send at most {self._settings.documents_max} at once.")
        prepared_id, key, now = new_id(), self._vault.new_key(), self._clock()
        try:
            names = [self._keep(prepared_id, key, place, one) for place, one in enumerate(documents, start=1)]
            failpoint("prepare.kept")
            with self._database.write() as uow:
                organisation, person = lock_standing(uow, organisation_id, person_id)
                role = self._members().present(uow, organisation).get(person)
                if role is None or not role.may(MemberRole.PREPARER):
                    raise NoAuthorityError
                self._expect_room(uow, organisation)
                uow.add(
                    PreparedRow,
                    id=prepared_id,
                    organisation_id=organisation,
                    prepared_by=person,
                    state=PreparedState.WAITING.value,
                    sealed=self._seal(prepared_id, key, draft),
                    documents=names,
                    wrapped_key=self._vault.wrap(key, letter_id=prepared_id),
                    created_at=now,
                )
                plan(
                    uow,
                    key=f"{EXPIRE}:{prepared_id}",
                    due_at=now + LIFE,
                    action=EXPIRE,
                    subject=prepared_id,
                )
                plan_digest(uow, organisation, now=now)
                if note is not None:
                    note(uow, prepared_id)
                uow.commit()
        except OutcomeUnknownError:
            # The letter may be kept: its content stays, and the daily sweep removes it if it is not.
            raise
        except BaseException:
            self._discard(prepared_id, len(documents))
            raise
        return self.by_id(prepared_id)

    def sign(
        self,
        prepared_id: str,
        person_id: str,
        *,
        sender: Sender,
        identified: SenderIdentified | None,
        still_sends: Callable[[UnitOfWork], None],
    ) -> Letter:
        """Send a prepared letter: it is deposited in the organisation's name by who signs.

        One for several recipients becomes a letter for each, all or none; the first is returned.

        Args:
            prepared_id: Which.
            person_id: Who signs.
            sender: The organisation, as the letter names it.
            identified: How who signs was identified.
            still_sends: Looks inside the deposit whether they still may (`Authorities.still_sends`).

        Raises:
            PreparedSettledError: It does not wait any more.
            LreError: As a deposit's; it then goes on waiting.
        """
        with self._database.read() as connection:
            row = connection.execute(select(_ROW).where(_ROW.c.id == prepared_id)).first()
        if row is None:
            raise _not_there()
        if row.state != PreparedState.WAITING:
            raise PreparedSettledError(row.state)
        key = self._vault.unwrap(row.wrapped_key, letter_id=row.id)
        draft = self._draft(row, key)
        uploads = [
            Upload(name=name, stream=self._document(row.id, key, place))
            for place, name in enumerate(row.documents, start=1)
        ]

        def settling(uow: UnitOfWork) -> None:
            still_sends(uow)
            self._settle(uow, prepared_id, PreparedState.SENT, by=person_id)

        common = draft.to_deposit() | {"sender": sender, "identified": identified}
        once = _once(prepared_id)
        if draft.others:
            with to_each(draft.recipients, uploads, idempotency_key=once, **common) as requests:
                # They share one transaction, so one look suffices, and it settles once.
                letter, *_ = self._deposit_all([{**requests[0], "authority": settling}, *requests[1:]])
        else:
            letter = self._deposit(documents=uploads, authority=settling, idempotency_key=once, **common)
        failpoint("prepare.signed")
        self._discard(prepared_id, len(row.documents))
        return letter

    def decline(self, prepared_id: str, person_id: str, *, reason: str, note: Note | None = None) -> Prepared:
        """Send a prepared letter back to its preparer, with the reason.

        Raises:
            NoAuthorityError: The person may not send for the organisation.
            PreparedSettledError: It does not wait any more.
            InputError: There is no reason, or it is too long.
        """
        said = " ".join(reason.split())
        if not said or len(said) > REASON_MAX_CHARS or has_hidden_characters(said):
            msg = "The preparer needs a reason."
            raise InputError(msg, mend=f"Say why, in at most {REASON_MAX_CHARS} characters.")
        return self._end(prepared_id, person_id, PreparedState.DECLINED, reason=said, note=note)

    def withdraw(self, prepared_id: str, person_id: str, *, note: Note | None = None) -> Prepared:
        """Take a prepared letter back: its preparer may, and whoever may send it.

        Raises:
            NoAuthorityError: The person is neither.
            PreparedSettledError: It does not wait any more.
        """
        return self._end(prepared_id, person_id, PreparedState.WITHDRAWN, note=note)

    def waiting(self, organisation_id: str, *, limit: int = 100) -> list[Prepared]:
        """Return what waits for an organisation's senders, the oldest first."""
        mine = (_ROW.c.organisation_id == organisation_id, _ROW.c.state == PreparedState.WAITING.value)
        return self._read(select(_ROW).where(*mine).order_by(_ROW.c.id).limit(limit))

    def prepared_by(self, person_ids: Sequence[str], *, limit: int = 100) -> list[Prepared]:
        """Return what a person prepared, the newest first."""
        mine = _ROW.c.prepared_by.in_(person_ids)
        return self._read(select(_ROW).where(mine).order_by(_ROW.c.id.desc()).limit(limit))

    def by_id(self, prepared_id: str) -> Prepared:
        """Return a prepared letter.

        Raises:
            NotFoundError: There is none.
        """
        found = self._read(select(_ROW).where(_ROW.c.id == prepared_id))
        if not found:
            raise _not_there()
        return found[0]

    def open_document(self, prepared_id: str, position: int) -> tuple[str, Iterator[bytes]]:
        """Return the name of a document that waits, and its bytes in pieces.

        Raises:
            NotFoundError: There is none, or the letter is settled.
        """
        with self._database.read() as connection:
            row = connection.execute(select(_ROW).where(_ROW.c.id == prepared_id)).first()
        if row is None or row.wrapped_key is None or not 0 < position <= len(row.documents):
            raise _not_there()
        key = self._vault.unwrap(row.wrapped_key, letter_id=row.id)
        return row.documents[position - 1], self._document(row.id, key, position)

    def expire(self, duty: Duty) -> None:
        """Let go of a letter that nobody signed for in time."""
        with self._database.write() as uow:
            row = _locked(uow, duty.subject)
            fulfil(uow, duty)
            waits = row.state == PreparedState.WAITING
            if waits:
                self._settle(uow, duty.subject, PreparedState.EXPIRED)
            uow.commit()
        if waits:
            self._discard(duty.subject, len(row.documents))

    # --- settling ---------------------------------------------------------------------------------

    def _end(
        self,
        prepared_id: str,
        person_id: str,
        state: PreparedState,
        *,
        reason: str = "",
        note: Note | None = None,
    ) -> Prepared:
        with self._database.write() as uow:
            row = _locked(uow, prepared_id)
            organisation, person, preparer = lock_standing(
                uow, row.organisation_id, person_id, row.prepared_by
            )
            role = self._members().present(uow, organisation).get(person)
            sends = role is not None and role.may(MemberRole.SENDER)
            if not sends and (state is not PreparedState.WITHDRAWN or person != preparer):
                raise NoAuthorityError
            self._settle(uow, prepared_id, state, by=person, reason=reason)
            if note is not None:
                note(uow, prepared_id)
            uow.commit()
        self._discard(prepared_id, len(row.documents))
        return self.by_id(prepared_id)

    def _settle(
        self,
        uow: UnitOfWork,
        prepared_id: str,
        state: PreparedState,
        *,
        by: str | None = None,
        reason: str = "",
    ) -> None:
        row = _locked(uow, prepared_id)
        if row.state != PreparedState.WAITING:
            raise PreparedSettledError(row.state)
        values: dict[str, Any] = {
            "state": state.value,
            "reason": reason,
            "ended_by": by,
            "ended_at": self._clock(),
        }
        erased: dict[str, Any] = {"sealed": None, "documents": [], "wrapped_key": None}
        uow.execute(update(_ROW).where(_ROW.c.id == prepared_id).values(**values, **erased))
        cancel(uow, f"{EXPIRE}:{prepared_id}")

    def _expect_room(self, uow: UnitOfWork, organisation_id: str) -> None:
        mine = (_ROW.c.organisation_id == organisation_id, _ROW.c.state == PreparedState.WAITING.value)
        count = uow.execute(select(func.count()).where(*mine)).scalar_one()
        if count >= WAITING_MAX:
            msg = f"{count} letters wait for a signature already."
            raise InputError(msg, mend="Ask a sender to sign or decline some of them.")

    # --- keeping ----------------------------------------------------------------------------------

    def _read(self, query: Select[Any]) -> list[Prepared]:
        with self._database.read() as connection:
            rows = connection.execute(query).all()
            sent = [key for row in rows if row.state == PreparedState.SENT for key in _keys(row.id)]
            named = select(_LETTER.c.idempotency_key, _LETTER.c.sender_ref, _LETTER.c.number).where(
                _LETTER.c.idempotency_key.in_(sent)
            )
            numbers = {
                (one.sender_ref, one.idempotency_key): one.number
                for one in (connection.execute(named) if sent else ())
            }
        found = []
        for row in rows:
            one, first = (numbers.get((row.organisation_id, key)) for key in _keys(row.id))
            found.append(self._value(row, one or first))
        return found

    def _value(self, row: Row[Any], number: str | None) -> Prepared:
        draft = None
        if row.wrapped_key is not None:
            draft = self._draft(row, self._vault.unwrap(row.wrapped_key, letter_id=row.id))
        return Prepared(
            id=row.id,
            organisation_id=row.organisation_id,
            prepared_by=row.prepared_by,
            state=PreparedState(row.state),
            created_at=row.created_at,
            ended_at=row.ended_at,
            ended_by=row.ended_by,
            reason=row.reason,
            documents=tuple(row.documents),
            draft=draft,
            letter_number=number,
        )

    def _keep(self, prepared_id: str, key: bytes, place: int, upload: Upload) -> str:
        inspection = Inspection(upload.name, max_bytes=self._settings.document_max_bytes)
        where = place_of(prepared_id, place)
        # Others of the organisation open it before any deposit looks at it.
        scanned = self._scanner.passing(inspection.passing(upload.chunks()), name=inspection.name)
        sealed = self._vault.encrypt(key, scanned, context=where.encode())
        self._blobs.put(where, sealed)
        inspection.conclude()
        return inspection.name

    def _document(self, prepared_id: str, key: bytes, place: int) -> Iterator[bytes]:
        where = place_of(prepared_id, place)
        return self._vault.decrypt(key, self._blobs.get(where), context=where.encode())

    def _seal(self, prepared_id: str, key: bytes, draft: Draft) -> bytes:
        plain = json.dumps(draft.to_json(), ensure_ascii=False).encode()
        return b"".join(self._vault.encrypt(key, [plain], context=_context(prepared_id)))

    def _draft(self, row: Row[Any], key: bytes) -> Draft:
        plain = b"".join(self._vault.decrypt(key, [row.sealed], context=_context(row.id)))
        return Draft.from_json(json.loads(plain))

    def _discard(self, prepared_id: str, count: int) -> None:
        for place in range(1, count + 1):
            with suppress(NotFoundError):
                self._blobs.delete(place_of(prepared_id, place))


def place_of(prepared_id: str, place: int) -> str:
    """Return where a document of a prepared letter lies in the content store."""
    return f"prepared/{prepared_id}/{place}"


def _context(prepared_id: str) -> bytes:
    return f"prepared/{prepared_id}".encode()


def _once(prepared_id: str) -> str:
    return f"prepared:{prepared_id}"


def _locked(uow: UnitOfWork, prepared_id: str) -> Row[Any]:
    row = uow.execute(select(_ROW).where(_ROW.c.id == prepared_id).with_for_update()).first()
    if row is None:
        raise _not_there()
    found: Row[Any] = row
    return found


def _not_there() -> NotFoundError:
    return NotFoundError("There is no such prepared letter.", mend="Look in the list of them.")


def _keys(prepared_id: str) -> tuple[str, str]:
    """Return under which keys its letter was deposited, or the first of several."""
    return _once(prepared_id), f"{_once(prepared_id)}:1"
