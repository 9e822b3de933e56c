"""The daily message to those who may sign: how many prepared letters wait, and where to look."""

# ruff: noqa: E501 - sentences for people read better whole

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from sqlalchemy import Select, func, select

from lre_kit.bulk.rows import BulkRow
from lre_kit.bulk.values import BulkState
from lre_kit.carriers.mail import Courier, MailOutcome
from lre_kit.carriers.notices import MailIdentity
from lre_kit.carriers.plain_message import plain_message
from lre_kit.clock import PARIS, Clock
from lre_kit.errors import MailUnavailableError
from lre_kit.identifiers.links import Links
from lre_kit.preparing.rows import PreparedRow
from lre_kit.store.agenda import Duty, fulfil, plan
from lre_kit.store.database import Database, UnitOfWork
from lre_kit.store.inserts import table_of

ACTION = "digest_prepared"
"""Name of the duty; there is one for each organisation for which something waits."""

HOUR = time(9)
"""Legal time of day at which the message leaves."""

WORDS: Mapping[str, tuple[str, str, str]] = {
    "fr": (
        "{count} lettre(s) à signer pour {organisation}",
        "{count} lettre(s) préparée(s) au nom de {organisation} attendent qu'une personne habilitée les signe ou les renvoie. Rien ne part avant. Une lettre que personne ne signe est effacée au bout de {days} jours.",
        "Les lettres à signer :",
    ),
    "en": (
        "{count} letter(s) to sign for {organisation}",
        "{count} letter(s) prepared in the name of {organisation} wait for somebody who may sign them or send them back. Nothing leaves before. A letter that nobody signs is erased after {days} days.",
        "The letters to sign:",
    ),
}
"""Subject, text and words before the link, by language."""

_ROW, _BULK = table_of(PreparedRow), table_of(BulkRow)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Somebody who may sign, and where they read mail."""

    party_id: str
    name: str
    email: str
    language: str


Signers = Callable[[str], tuple[str, Sequence[Signer]]]
"""Returns an organisation's name, and who may sign for it."""


def next_morning(now: datetime) -> datetime:
    """Return the next instant at which it is `HOUR` by legal time."""
    local = now.astimezone(PARIS)
    today = datetime.combine(local.date(), HOUR, PARIS)
    return (
        today if today > local else datetime.combine(local.date() + timedelta(days=1), HOUR, PARIS)
    ).astimezone(UTC)


def plan_digest(uow: UnitOfWork, organisation_id: str, *, now: datetime) -> None:
    """Put an organisation's next message on the agenda, once."""
    plan(
        uow,
        key=f"{ACTION}:{organisation_id}",
        due_at=next_morning(now),
        action=ACTION,
        subject=organisation_id,
    )


def _bulk_waiting(organisation_id: str) -> Select[Any]:
    """Count the letters of bulk sendings that were prepared for an organisation's senders."""
    waits = (
        _BULK.c.sender_ref == organisation_id,
        _BULK.c.state == BulkState.DRAFT.value,
        _BULK.c.prepared_by.is_not(None),
    )
    return select(func.coalesce(func.sum(_BULK.c.lines), 0)).where(*waits)


class Digest:
    """Sends the messages; whoever dies in between sends them again under the same Message-ID."""

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock,
        courier: Courier,
        links: Links,
        identity: MailIdentity,
        signers: Signers,
        days: int,
    ) -> None:
        """Wire it; a prepared letter waits for `days` days."""
        self._database = database
        self._clock = clock
        self._courier = courier
        self._links = links
        self._identity = identity
        self._signers = signers
        self._days = days

    def run(self, duty: Duty) -> None:
        """Tell those who may sign, and plan the next morning as long as something waits.

        Raises:
            MailUnavailableError: One of them could not be told; it is tried again.
        """
        waits = (_ROW.c.organisation_id == duty.subject, _ROW.c.state == "waiting")
        with self._database.read() as connection:
            count = connection.execute(select(func.count()).where(*waits)).scalar_one()
            count += connection.execute(_bulk_waiting(duty.subject)).scalar_one()
        if count:
            name, signers = self._signers(duty.subject)
            day = duty.due_at.astimezone(PARIS).date().toordinal()
            unknown = [signer for signer in signers if not self._tell(signer, duty.subject, name, count, day)]
            if unknown:
                msg = "It is not known whether those who may sign were told of letters that wait."
                raise MailUnavailableError(msg, mend="It is tried again, under the same Message-ID.")
        with self._database.write() as uow:
            fulfil(uow, duty)
            if count:
                plan_digest(uow, duty.subject, now=self._clock())
            uow.commit()

    def _tell(self, signer: Signer, organisation_id: str, organisation: str, count: int, day: int) -> bool:
        language = "fr" if signer.language == "fr" else "en"
        subject, text, before = WORDS[language]
        facts = {"count": count, "organisation": organisation, "days": self._days}
        message = plain_message(
            identity=self._identity,
            name=signer.name,
            email=signer.email,
            subject=subject.format(**facts),
            paragraphs=[text.format(**facts), f"{before}\n{self._links.sender_url}/prepared"],
            message_id=self._links.message_id("prepared", f"{organisation_id}-{signer.party_id}", day),
            language=language,
        )
        return self._courier.send(message).outcome is not MailOutcome.UNKNOWN
