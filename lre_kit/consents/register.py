"""The register: a sender's consents, found, listed and exported; a recipient's own."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, or_, select

from lre_kit.consents.journal import CONSENT, events_of, info_of, not_there, read_row
from lre_kit.consents.rows import ConsentScanRow
from lre_kit.consents.values import ConsentEvent, ConsentInfo
from lre_kit.law.consents import ConsentRegime, ConsentState
from lre_kit.parties.emails import key_of
from lre_kit.store.database import Database
from lre_kit.store.inserts import table_of

PAGE = 500
"""Consents fetched at a time for an export."""

_SCAN = table_of(ConsentScanRow)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which consents are looked for; empty fields leave all in."""

    state: ConsentState | None = None
    regime: ConsentRegime | None = None
    text: str = ""
    """Part of the recipient's name or address."""


class ConsentRegister:
    """Reads consents."""

    def __init__(self, database: Database) -> None:
        """Read from `database`."""
        self._database = database

    def page(
        self, sender_ref: str, which: Filter | None = None, *, limit: int, before: str | None = None
    ) -> list[ConsentInfo]:
        """Return a sender's consents, the newest first.

        Args:
            sender_ref: Whose.
            which: Which of them.
            limit: How many at most.
            before: Id of the last one of the page before.
        """
        conditions = _conditions(sender_ref, which or Filter())
        if before is not None:
            conditions.append(CONSENT.c.id < before)
        query = select(CONSENT).where(*conditions).order_by(CONSENT.c.id.desc()).limit(limit)
        with self._database.read() as connection:
            return [info_of(row) for row in connection.execute(query)]

    def all(self, sender_ref: str, which: Filter | None = None) -> Iterator[ConsentInfo]:
        """Yield all of a sender's consents, page by page: the memory it takes does not grow."""
        last: str | None = None
        while found := self.page(sender_ref, which, limit=PAGE, before=last):
            yield from found
            last = found[-1].id

    def counts(self, sender_ref: str) -> dict[ConsentState, int]:
        """Return how many of a sender's consents stand where."""
        query = (
            select(CONSENT.c.state, func.count())
            .where(CONSENT.c.sender_ref == sender_ref)
            .group_by(CONSENT.c.state)
        )
        with self._database.read() as connection:
            return {ConsentState(state): count for state, count in connection.execute(query)}

    def by_id(self, consent_id: str, *, sender_ref: str | None = None) -> ConsentInfo:
        """Return a consent.

        Args:
            consent_id: Which.
            sender_ref: Only if it is held by this sender.

        Raises:
            NotFoundError: There is none, or it is another's.
        """
        with self._database.read() as connection:
            info = info_of(read_row(connection, consent_id))
        if sender_ref is not None and info.sender_ref != sender_ref:
            raise not_there()
        return info

    def about(self, emails: Sequence[str]) -> list[ConsentInfo]:
        """Return the consents about some mailboxes, whoever holds them: for their reader alone."""
        keys = [key_of(email) for email in emails]
        query = select(CONSENT).where(CONSENT.c.recipient_key.in_(keys)).order_by(CONSENT.c.id.desc())
        with self._database.read() as connection:
            return [info_of(row) for row in connection.execute(query)]

    def history(self, consent_id: str) -> list[ConsentEvent]:
        """Return a consent's journal, the first act first."""
        with self._database.read() as connection:
            return events_of(connection, consent_id)

    def scans(self, consent_id: str) -> list[dict[str, object]]:
        """Return the scans of a consent, the first first, as they are kept."""
        query = select(_SCAN).where(_SCAN.c.consent_id == consent_id).order_by(_SCAN.c.id)
        with self._database.read() as connection:
            return [row._asdict() for row in connection.execute(query)]


def _conditions(sender_ref: str, which: Filter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [CONSENT.c.sender_ref == sender_ref]
    if which.state is not None:
        found.append(CONSENT.c.state == which.state.value)
    if which.regime is not None:
        found.append(CONSENT.c.regime == which.regime.value)
    if text := which.text.strip():
        names = CONSENT.c.recipient_name.icontains(text, autoescape=True)
        found.append(or_(names, CONSENT.c.recipient_key.contains(text.lower(), autoescape=True)))
    return found
