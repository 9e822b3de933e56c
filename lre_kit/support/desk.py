"""The desk of requests: taken in, listed, given to operators, answered, closed, forgotten.

Who works here does so through `lre_kit.operators.desk` (acts ``request.assign``, ``request.answer``,
``request.close``), which judges roles and writes the journal. The console and ``lre requests`` call::

    office.support.desk.page(limit=50, state=RequestState.OPEN)    # the list, newest first, by keyset
    office.support.desk.show(request_id)  # opened: who, what, all that was said
    office.operators.desk.act(session, Act.ASSIGN_REQUEST, request_id, facts={"to": "anne"})
    office.operators.desk.act(session, Act.ANSWER_REQUEST, request_id, facts={"text": …})   # or "template"
    office.operators.desk.act(session, Act.CLOSE_REQUEST, request_id)

`page` shows nothing of who asks; only `show` opens a request, and its caller has judged the role before.
"""

import hashlib
import logging
from contextlib import suppress
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, delete, func, select, update

from lre_kit.clock import Clock
from lre_kit.errors import NotFoundError, UnlawfulActError
from lre_kit.failpoints import declare, failpoint
from lre_kit.identifiers.links import Links
from lre_kit.store.agenda import Duty, fulfil, plan
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database, UniqueViolation
from lre_kit.store.unit import UnitOfWork
from lre_kit.support.errors import RequestClosedError
from lre_kit.support.keeping import MESSAGE, REQUEST, Keeping, info_of, listed
from lre_kit.support.replies import BEYOND, UNSHOWN
from lre_kit.support.rows import SupportMessageRow, SupportRequestRow
from lre_kit.support.values import (
    ANSWER_MAX_CHARS,
    Asking,
    Direction,
    Request,
    RequestInfo,
    RequestState,
    checked_text,
    new_reference,
    read_reference,
)

log = logging.getLogger(__name__)

SEND = "send_support_mail"
"""Duty that sends an answer or an acknowledgement."""

TELL = "tell_operators_of_request"
"""Duty that tells operators by mail that somebody asks, or writes back."""

UPKEEP = "upkeep_support"
"""Daily duty that forgets what was closed long ago."""

EVERY = timedelta(days=1)

MESSAGES_MAX = 200
"""Messages a request may hold: of the replies beyond them, only the newest in a row is kept."""

declare("support.received")


class SupportDesk:
    """Takes requests in and lets operators answer them."""

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock,
        keeping: Keeping,
        links: Links,
        keep: timedelta,
        tells: bool = False,
    ) -> None:
        """Work on `database`; what was closed longer than `keep` ago is forgotten.

        Args:
            database: The office's.
            clock: Its time.
            keeping: Seals what is said.
            links: Names messages.
            keep: How long a closed request is kept.
            tells: Whether operators are told by mail of what comes in.
        """
        self._tells = tells
        self._database = database
        self._clock = clock
        self._keeping = keeping
        self._links = links
        self._keep = keep

    # --- from outside ------------------------------------------------------------------------------------

    def receive(self, asking: Asking) -> RequestInfo:
        """Keep what somebody asks, and plan the message that acknowledges it.

        Raises:
            InputError: Something in it cannot be used; nothing is kept.
        """
        told, now = asking.checked(), self._clock()
        request_id, message_id, reference = new_id(), new_id(), new_reference()
        key, wrapped = self._keeping.new_key(request_id)
        with self._database.write() as uow:
            uow.add(
                SupportRequestRow,
                id=request_id,
                reference=reference,
                kind=told.kind.value,
                side=told.side.value,
                state=RequestState.OPEN.value,
                language=told.language,
                assigned_to="",
                asker=self._keeping.digest_of(told.email),
                made_at=now,
                changed_at=now,
                closed_at=None,
                messages=1,
                sealed=self._keeping.seal_asking(key, request_id, told),
                wrapped_key=wrapped,
            )
            uow.flush()
            self._add(uow, key, request_id, Direction.IN, told.text, message_id=message_id)
            plan(
                uow, key=f"{SEND}:{request_id}", due_at=now, action=SEND, subject=request_id,
                payload={"message": ""},
            )  # fmt: skip
            self._plan_telling(uow, request_id, message_id)
            plan_upkeep(uow, clock=self._clock)
            failpoint("support.received")
            uow.commit()
        return self.info(request_id)

    def take_reply(self, request_id: str, text: str, *, digest: str) -> bool:
        """Add what the asker wrote back, and open the request again; tell whether it was new.

        Args:
            request_id: Which request.
            text: What they wrote; empty if it cannot be shown, which is then said in its place.
            digest: Names the mail it came in: the same one again changes nothing.
        """
        mail_id = f"in:{digest}"
        with suppress(UniqueViolation), self._database.write() as uow:
            row = self._locked(uow, request_id)
            told = text or UNSHOWN[row.language]
            if row.messages >= MESSAGES_MAX:
                if uow.execute(select(MESSAGE.c.id).where(MESSAGE.c.mail_id == mail_id)).first():
                    return False
                self._make_room(uow, row)
                told = f"{BEYOND[row.language]}\n\n{told}"
            key = self._keeping.key_of(row.id, row.wrapped_key)
            message_id = new_id()
            self._add(uow, key, request_id, Direction.IN, told, message_id=message_id, mail_id=mail_id)
            self._plan_telling(uow, request_id, message_id)
            self._change(uow, request_id, state=RequestState.OPEN.value, closed_at=None)
            uow.commit()
            return True
        return False

    def of_mail(self, mail_ids: list[str], *, typed: str, email: str) -> str | None:
        """Return the request that a mail answers, if it answers one.

        Args:
            mail_ids: Message-IDs it refers to; one that the office gave decides.
            typed: Its subject; a reference in it counts only from the address that asked.
            email: Who wrote it.
        """
        with self._database.read() as connection:
            if mail_ids:
                named = [*mail_ids, *(f"ack:{mail_id}" for mail_id in mail_ids)]
                query = select(MESSAGE.c.request_id).where(MESSAGE.c.mail_id.in_(named)).limit(1)
                found: str | None = connection.scalar(query)
                if found is not None:
                    return found
            for word in typed.replace("[", " ").replace("]", " ").split():
                reference = read_reference(word) if "-" in word else None
                if reference is not None:
                    query = select(REQUEST.c.id).where(
                        REQUEST.c.reference == reference, REQUEST.c.asker == self._keeping.digest_of(email)
                    )
                    if (found := connection.scalar(query)) is not None:
                        return str(found)
        return None

    # --- for operators -----------------------------------------------------------------------------------

    def page(
        self,
        *,
        limit: int,
        before: str | None = None,
        state: RequestState | None = None,
        assigned_to: str | None = None,
        text: str = "",
    ) -> list[RequestInfo]:
        """Return requests, the newest first.

        Args:
            limit: How many at most.
            before: Id of the last one of the page before.
            state: Only those in this state.
            assigned_to: Only this operator's; empty: those that are nobody's.
            text: Part of a reference, of a kind or of an operator's name.
        """
        query = self._listed(select(*listed()), state=state, assigned_to=assigned_to, text=text)
        if before is not None:
            query = query.where(REQUEST.c.id < before)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(REQUEST.c.id.desc()).limit(limit))
            return [info_of(row) for row in rows]

    def count(
        self, *, state: RequestState | None = None, assigned_to: str | None = None, text: str = ""
    ) -> int:
        """Return how many requests `page` would go through."""
        query = self._listed(
            select(func.count()).select_from(REQUEST), state=state, assigned_to=assigned_to, text=text
        )
        with self._database.read() as connection:
            return int(connection.execute(query).scalar_one())

    def info(self, request_id: str) -> RequestInfo:
        """Return a request as lists show it.

        Raises:
            NotFoundError: There is none.
        """
        with self._database.read() as connection:
            row = connection.execute(select(*listed()).where(REQUEST.c.id == request_id)).first()
        if row is None:
            raise _unknown()
        return info_of(row)

    def by_reference(self, typed: str) -> RequestInfo:
        """Return the request with a reference, however it was typed.

        Raises:
            NotFoundError: There is none.
        """
        reference = read_reference(typed)
        with self._database.read() as connection:
            row = connection.execute(select(*listed()).where(REQUEST.c.reference == reference)).first()
        if row is None:
            raise _unknown()
        return info_of(row)

    def show(self, request_id: str) -> Request:
        """Open a request: who asks, what, and all that was said since.

        Raises:
            NotFoundError: There is none.
        """
        with self._database.read() as connection:
            found = self._keeping.request(connection, request_id)
        if found is None:
            raise _unknown()
        return found

    def assign(self, request_id: str, *, to: str) -> None:
        """Hand a request over to an operator; to nobody with an empty name.

        Raises:
            NotFoundError: There is none.
            UnlawfulActError: It is theirs already.
        """
        name = " ".join(to.split())[:60]
        with self._database.write() as uow:
            row = self._locked(uow, request_id)
            if row.assigned_to == name:
                msg = "This request is theirs already." if name else "This request is nobody's already."
                raise UnlawfulActError(msg, mend="Look at it again.")
            self._change(uow, request_id, assigned_to=name)
            uow.commit()

    def answer(self, request_id: str, text: str, *, by: str) -> str:
        """Keep an answer and plan its sending; the request then waits for who asked. Return the message's id.

        An answer to a closed request opens it again.

        Raises:
            NotFoundError: There is none.
            RequestError: The text cannot be sent.
        """
        told, message_id = checked_text(text, ANSWER_MAX_CHARS), new_id()
        with self._database.write() as uow:
            row = self._locked(uow, request_id)
            key = self._keeping.key_of(row.id, row.wrapped_key)
            mail_id = self._links.message_id("support", message_id, 1)
            self._add(
                uow, key, request_id, Direction.OUT, told, message_id=message_id, by=by, mail_id=mail_id
            )
            self._change(
                uow, request_id, state=RequestState.ANSWERED.value, closed_at=None,
                assigned_to=row.assigned_to or by,
            )  # fmt: skip
            plan(
                uow, key=f"{SEND}:{message_id}", due_at=self._clock(), action=SEND, subject=request_id,
                payload={"message": message_id},
            )  # fmt: skip
            uow.commit()
        return message_id

    def note(self, request_id: str, text: str, *, by: str) -> None:
        """Leave a note for the next operator; it never leaves the office.

        Raises:
            NotFoundError: There is none.
            RequestError: The text cannot be kept.
        """
        told = checked_text(text, ANSWER_MAX_CHARS)
        with self._database.write() as uow:
            row = self._locked(uow, request_id)
            key = self._keeping.key_of(row.id, row.wrapped_key)
            self._add(uow, key, request_id, Direction.NOTE, told, by=by)
            self._change(uow, request_id)
            uow.commit()

    def close(self, request_id: str) -> None:
        """Close a request; a reply opens it again until it is forgotten.

        Raises:
            NotFoundError: There is none.
            RequestClosedError: It is closed.
        """
        with self._database.write() as uow:
            if self._locked(uow, request_id).state == RequestState.CLOSED.value:
                raise RequestClosedError("This request is closed.", mend="Nothing to do.")
            self._change(uow, request_id, state=RequestState.CLOSED.value, closed_at=self._clock())
            uow.commit()

    # --- in time -----------------------------------------------------------------------------------------

    def upkeep(self, duty: Duty) -> None:
        """Forget what was closed long ago, with its key, and plan the next run while anything is kept."""
        with self._database.write() as uow:
            fulfil(uow, duty)
            old = REQUEST.c.closed_at < self._clock() - self._keep
            uow.defer(delete(MESSAGE).where(MESSAGE.c.request_id.in_(select(REQUEST.c.id).where(old))))
            uow.defer(delete(REQUEST).where(old))
            if uow.execute(select(REQUEST.c.id).limit(1)).first() is not None:
                plan_upkeep(uow, clock=self._clock)
            uow.commit()

    # --- inside ------------------------------------------------------------------------------------------

    def _add(
        self,
        uow: UnitOfWork,
        key: bytes,
        request_id: str,
        direction: Direction,
        text: str,
        *,
        message_id: str | None = None,
        by: str = "",
        mail_id: str | None = None,
    ) -> None:
        made = message_id or new_id()
        if mail_id is None and direction is Direction.IN:
            mail_id = f"ack:{self._links.message_id('support-ack', request_id, 1)}"
        uow.add(
            SupportMessageRow,
            id=made,
            request_id=request_id,
            direction=direction.value,
            by=by,
            at=self._clock(),
            sent_at=None,
            mail_id=mail_id,
            sealed=self._keeping.seal_text(key, made, text),
        )

    def _plan_telling(self, uow: UnitOfWork, request_id: str, message_id: str) -> None:
        if self._tells:
            key = f"{TELL}:{message_id}"
            plan(
                uow,
                key=key,
                due_at=self._clock(),
                action=TELL,
                subject=request_id,
                payload={"message": message_id},
            )

    def _make_room(self, uow: UnitOfWork, row: Any) -> None:
        """Let a reply take the place of the one before it, if the full request ends with one."""
        log.warning("request %s is full; only the newest reply beyond is kept", row.id)
        newest = select(MESSAGE.c.id, MESSAGE.c.direction).where(MESSAGE.c.request_id == row.id)
        last = uow.execute(newest.order_by(MESSAGE.c.id.desc()).limit(1)).first()
        if row.messages > MESSAGES_MAX and last is not None and last.direction == Direction.IN.value:
            uow.execute(delete(MESSAGE).where(MESSAGE.c.id == last.id))

    def _locked(self, uow: UnitOfWork, request_id: str) -> Any:
        row = uow.execute(select(REQUEST).where(REQUEST.c.id == request_id).with_for_update()).first()
        if row is None:
            raise _unknown()
        return row

    def _change(self, uow: UnitOfWork, request_id: str, **values: Any) -> None:
        told = select(func.count()).select_from(MESSAGE).where(MESSAGE.c.request_id == request_id)
        uow.flush()
        changed = {"changed_at": self._clock(), "messages": told.scalar_subquery(), **values}
        uow.defer(update(REQUEST).where(REQUEST.c.id == request_id).values(changed))

    def _listed(
        self, query: Select[Any], *, state: RequestState | None, assigned_to: str | None, text: str
    ) -> Select[Any]:
        if state is not None:
            query = query.where(REQUEST.c.state == state.value)
        if assigned_to is not None:
            query = query.where(REQUEST.c.assigned_to == assigned_to)
        if text:
            found = [
                REQUEST.c[name].icontains(text, autoescape=True)
                for name in ("reference", "kind", "assigned_to")
            ]
            query = query.where(found[0] | found[1] | found[2])
        return query


def plan_upkeep(uow: UnitOfWork, *, clock: Clock) -> None:
    """Put the next upkeep on the agenda; it is there once only."""
    plan(uow, key=UPKEEP, due_at=clock() + EVERY, action=UPKEEP, subject="support")


def mail_digest(raw: bytes) -> str:
    """Return what names a mail that came in."""
    return hashlib.sha256(raw).hexdigest()


def _unknown() -> NotFoundError:
    return NotFoundError("There is no such request.", mend="Look at the list again: old ones are forgotten.")
