"""The consents' desk: ask, answer, withdraw, take in from paper, end; each act one transaction."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, BinaryIO

from sqlalchemy import select

from lre_kit.clock import Clock, as_utc
from lre_kit.consents.duties import plan_end, plan_request
from lre_kit.consents.journal import CONSENT, ConsentJournal, info_of, read_row
from lre_kit.consents.rows import ConsentScanRow
from lre_kit.consents.scans import Scans
from lre_kit.consents.values import Answerer, ConsentInfo, ConsentInputError, ConsentRequest
from lre_kit.consents.wordings import newest
from lre_kit.errors import LreError, RequirementError, UnlawfulActError
from lre_kit.failpoints import declare, failpoint
from lre_kit.law.consents import ConsentAct, ConsentState
from lre_kit.parties.characters import has_hidden_characters
from lre_kit.parties.values import Sender, checked_name
from lre_kit.store.agenda import Duty, fulfil
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database, UniqueViolation, UnitOfWork

FRESH = timedelta(minutes=30)
"""How long a code by e-mail counts for an answer."""

Note = Callable[[UnitOfWork, str], None]
"""Told, inside an act's own transaction, of what it was carried out on."""

declare("consent.before_commit", "consent.after_scan")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What became of one request: a consent that now waits for its answer, or why nobody was asked."""

    consent: ConsentInfo | None = field(default=None)
    error: LreError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperConsent:
    """A consent given on paper: who gave it, when, who vouches for it, and its scan."""

    request: ConsentRequest
    given_on: date
    vouched_by: str
    """Name of who saw the paper, and answers for it."""
    scan_name: str
    scan: BinaryIO = field(repr=False)


class ConsentDesk:
    """Every act on consents."""

    def __init__(self, database: Database, *, clock: Clock, journal: ConsentJournal, scans: Scans) -> None:
        """Work on `database` by the office's clock."""
        self._database = database
        self._clock = clock
        self._journal = journal
        self._scans = scans

    def ask(self, sender: Sender, request: ConsentRequest, *, note: Note | None = None) -> ConsentInfo:
        """Ask one recipient; their answer comes from the page that the request's link leads to.

        Raises:
            InputError: The request cannot be used.
            UnlawfulActError: They consented already, were asked already, or said no a short while ago.
        """
        [asked] = self.ask_many(sender, [request], note=note)
        if asked.error is not None:
            raise asked.error
        assert asked.consent is not None
        return asked.consent

    def ask_many(
        self, sender: Sender, requests: Sequence[ConsentRequest], *, note: Note | None = None
    ) -> list[Asked]:
        """Ask several recipients in one transaction; what cannot be asked says why, and stops no other.

        Args:
            sender: Who asks.
            requests: Whom.
            note: Told, inside the transaction, of each consent that was asked for.

        Raises:
            InputError: The sender cannot be used.
        """
        sender = sender.checked()
        try:
            return self._ask_many(sender, requests, note)
        except UniqueViolation:
            # Another asked one of them at this moment; now it is there, and is found.
            return self._ask_many(sender, requests, note)

    def _ask_many(self, sender: Sender, requests: Sequence[ConsentRequest], note: Note | None) -> list[Asked]:
        checked: list[ConsentRequest | LreError] = []
        for request in requests:
            try:
                checked.append(request.checked())
            except LreError as error:
                checked.append(error)
        answers: list[Asked] = []
        with self._database.write() as uow:
            # Two batches with the same recipients in another order would wait for each other.
            uow.serialise(f"consents:{sender.ref}")
            known = self._known(uow, sender.ref, [c for c in checked if isinstance(c, ConsentRequest)])
            now = self._clock()
            for one in checked:
                if isinstance(one, LreError):
                    answers.append(Asked(error=one))
                    continue
                request = one
                place = (request.key, request.regime.value)
                try:
                    known[place] = self._ask_one(uow, sender, request, known.get(place), now)
                except LreError as error:
                    answers.append(Asked(error=error))
                else:
                    answers.append(Asked(consent=info_of(_Columns(known[place]))))
                    if note is not None:
                        note(uow, known[place]["id"])
            failpoint("consent.before_commit")
            uow.commit()
        return answers

    def _known(
        self, uow: UnitOfWork, sender_ref: str, requests: Sequence[ConsentRequest]
    ) -> dict[tuple[str, str], dict[str, Any]]:
        keys = sorted({request.key for request in requests})
        query = select(CONSENT).where(CONSENT.c.sender_ref == sender_ref, CONSENT.c.recipient_key.in_(keys))
        rows = uow.execute(query.order_by(CONSENT.c.id).with_for_update())
        return {(row.recipient_key, row.regime): row._asdict() for row in rows}

    def _ask_one(
        self,
        uow: UnitOfWork,
        sender: Sender,
        request: ConsentRequest,
        kept: dict[str, Any] | None,
        now: datetime,
    ) -> dict[str, Any]:
        if kept is not None and kept["state"] in _WAITING:
            standing = info_of(_Columns(kept)).standing
            if standing.is_open(now, self._journal.policy(request.regime)):
                raise AlreadyAskedError(
                    "This recipient was asked already, and can still answer.",
                    mend="Wait: they are reminded by themselves.",
                )
        kept = kept or self._journal.begin(_columns(sender, request))
        changes = _columns(sender, request) | {"round": kept["round"] + 1}
        if kept["state"] == ConsentState.GIVEN.value:
            # While a consent counts, the wording it was given under stays its own.
            changes.pop("wording")
            changes.pop("wording_digest")
        values = self._journal.write(
            uow, kept, ConsentAct.ASKED, at=now,
            actor={"role": "sender", "party": sender.ref},
            details={"channel": request.channel.value, "round": kept["round"] + 1},
            changes=changes,
        )  # fmt: skip
        plan_request(uow, values, at=now, policy=self._journal.policy(request.regime))
        return values

    # -- the recipient's acts --------------------------------------------------------------------

    def give(self, answerer: Answerer, *, stated_name: str = "", language: str = "") -> ConsentInfo:
        """The recipient consents.

        Args:
            answerer: Who was shown to be there.
            stated_name: How they write their own name; kept beside what the sender wrote, never over it.
            language: In which they read the wording.

        Raises:
            StaleRequestError: The request may not be answered any more.
            RequirementError: What was shown is of another consent, or too old.
        """
        details = {"stated_name": checked_name(stated_name, whose="recipient")} if stated_name else {}
        return self._answer(ConsentAct.GIVEN, answerer, details=details, language=language)

    def refuse(self, answerer: Answerer) -> ConsentInfo:
        """The recipient does not consent; raises as `give`."""
        return self._answer(ConsentAct.REFUSED, answerer)

    def later(self, consent_id: str) -> ConsentInfo:
        """The recipient puts the answer off: that decides nothing, so nobody need be identified.

        Raises:
            UnlawfulActError: Nothing is asked.
        """
        return self._act(consent_id, ConsentAct.LATER, actor={"role": "recipient"})

    def withdraw(self, answerer: Answerer, *, reason: str = "") -> ConsentInfo:
        """The recipient takes their consent back, for sendings to come.

        Raises:
            UnlawfulActError: There is none.
            RequirementError: As for `give`.
        """
        self._expect(answerer)
        return self._act(
            answerer.consent_id, ConsentAct.WITHDRAWN, actor=_actor(answerer), details=_reason(reason)
        )

    def withdraw_for(
        self, consent_id: str, *, actor: Mapping[str, Any], reason: str, note: Note | None = None
    ) -> ConsentInfo:
        """Note a withdrawal that came another way (by post, at a counter): any means will do.

        Raises:
            UnlawfulActError: There is no consent.
            ConsentInputError: No reason is given.
        """
        if not reason.strip():
            msg = "It is not said how the withdrawal came."
            raise ConsentInputError(msg, mend="Say how and when: a letter, a call, at the counter.")
        details = _reason(reason)
        return self._act(consent_id, ConsentAct.WITHDRAWN, actor=actor, details=details, note=note)

    def _answer(
        self,
        act: ConsentAct,
        answerer: Answerer,
        *,
        details: Mapping[str, Any] | None = None,
        language: str = "",
    ) -> ConsentInfo:
        self._expect(answerer)
        said = dict(details or {}) | ({"language": language} if language else {})
        return self._act(answerer.consent_id, act, actor=_actor(answerer), details=said, asked=True)

    def _expect(self, answerer: Answerer) -> None:
        if not timedelta(0) <= self._clock() - answerer.at <= FRESH:
            msg = "The code you typed is too old for this."
            raise RequirementError(msg, mend="Ask for a new code and type it.")

    def _act(
        self,
        consent_id: str,
        act: ConsentAct,
        *,
        actor: Mapping[str, Any],
        details: Mapping[str, Any] | None = None,
        asked: bool = False,
        duty: Duty | None = None,
        note: Note | None = None,
    ) -> ConsentInfo:
        with self._database.write() as uow:
            row = read_row(uow.connection, consent_id, lock=True)
            # Taken once the row is held: whatever was done before it under the same row is earlier.
            now, info = self._clock(), info_of(row)
            policy = self._journal.policy(info.regime)
            if asked and not info.standing.is_open(now, policy):
                raise StaleRequestError(
                    "This request may not be answered any more.", mend="Ask the sender for a new one."
                )
            changes: dict[str, Any] = {}
            if act is ConsentAct.GIVEN:
                shown = newest(info.regime)
                changes = {
                    "method": actor.get("means", ""),
                    "wording": shown.id,
                    "wording_digest": shown.digest_hex,
                }
            values = self._journal.write(
                uow, row._asdict(), act, at=now, actor=actor, details=details, changes=changes
            )
            if act is ConsentAct.GIVEN:
                plan_end(uow, values, policy=policy)
            if duty is not None:
                fulfil(uow, duty)
            if note is not None:
                note(uow, consent_id)
            failpoint("consent.before_commit")
            uow.commit()
        return info_of(_Columns(values))

    def end(self, consent_id: str, *, duty: Duty) -> None:
        """Let a consent or a request end whose time is over; if it went on meanwhile, nothing is done."""
        with self._database.read() as connection:
            info = info_of(read_row(connection, consent_id))
        try:
            self._act(info.id, ConsentAct.EXPIRED, actor={"role": "office"}, duty=duty)
        except UnlawfulActError:
            with self._database.write() as uow:
                fulfil(uow, duty)
                uow.commit()

    def renew(self, consent_id: str, *, duty: Duty) -> None:
        """Ask for the renewal of a consent that soon ends; if it does not any more, nothing is done."""
        with self._database.write() as uow:
            kept = read_row(uow.connection, consent_id, lock=True)._asdict()
            now, regime = self._clock(), info_of(_Columns(kept)).regime
            if kept["state"] == ConsentState.GIVEN.value:
                with suppress(UnlawfulActError):
                    values = self._journal.write(
                        uow, kept, ConsentAct.ASKED, at=now, actor={"role": "office"},
                        details={"channel": kept["channel"], "round": kept["round"] + 1, "renewal": True},
                        changes={"round": kept["round"] + 1},
                    )  # fmt: skip
                    plan_request(uow, values, at=now, policy=self._journal.policy(regime))
            fulfil(uow, duty)
            uow.commit()

    # -- from paper ------------------------------------------------------------------------------

    def take_in_paper(self, sender: Sender, paper: PaperConsent, *, actor: Mapping[str, Any]) -> ConsentInfo:
        """Take in a consent that was given on paper; the scan is kept encrypted, its digest sealed.

        Raises:
            InputError: Recipient, day, voucher or scan cannot be used; nothing was changed.
        """
        sender, request = sender.checked(), paper.request.checked()
        voucher = checked_name(paper.vouched_by, whose="voucher")
        now = self._clock()
        if paper.given_on > now.date():
            msg = "The day on the paper is to come."
            raise ConsentInputError(msg, mend="Give the day on which it was signed.")
        consent_id = self._id_of(sender.ref, request) or new_id()
        scan = self._scans.take_in(consent_id, paper.scan_name, paper.scan, at=now)
        failpoint("consent.after_scan")
        try:
            with self._database.write() as uow:
                uow.serialise(f"consents:{sender.ref}")
                kept = self._known(uow, sender.ref, [request]).get((request.key, request.regime.value))
                if kept is not None and kept["id"] != consent_id:
                    raise UnlawfulActError(
                        "This recipient was asked at this very moment.", mend="Take the paper in again."
                    )
                kept = kept or self._journal.begin(_columns(sender, request) | {"id": consent_id})
                shown = newest(request.regime)
                values = self._journal.write(
                    uow, kept, ConsentAct.GIVEN, at=self._clock(), actor=actor,
                    details={
                        "method": "paper", "given_on": paper.given_on.isoformat(), "vouched_by": voucher,
                        "scan": scan["digest_hex"],
                    },
                    changes={"method": "paper", "wording": shown.id, "wording_digest": shown.digest_hex},
                    parts=[scan], rows=[(ConsentScanRow, scan)],
                )  # fmt: skip
                plan_end(uow, values, policy=self._journal.policy(request.regime))
                failpoint("consent.before_commit")
                uow.commit()
        except (UniqueViolation, UnlawfulActError):
            self._scans.discard(scan)
            raise
        return info_of(_Columns(values))

    def _id_of(self, sender_ref: str, request: ConsentRequest) -> str | None:
        query = select(CONSENT.c.id).where(
            CONSENT.c.sender_ref == sender_ref,
            CONSENT.c.recipient_key == request.key,
            CONSENT.c.regime == request.regime.value,
        )
        with self._database.read() as connection:
            found: str | None = connection.execute(query).scalar()
            return found


class AlreadyAskedError(UnlawfulActError):
    """The recipient was asked, and can still answer."""

    slug = "consent-already-asked"


class StaleRequestError(UnlawfulActError):
    """A request for consent is over, or a newer one took its place."""

    slug = "consent-request-stale"


class _Columns:
    """Columns by attribute, as a row has them."""

    def __init__(self, columns: Mapping[str, Any]) -> None:
        self.__dict__.update(columns)


def _columns(sender: Sender, request: ConsentRequest) -> dict[str, Any]:
    shown = newest(request.regime)
    return {
        "sender_ref": sender.ref,
        "sender_name": sender.name,
        "sender_email": sender.email,
        "recipient_key": request.key,
        "recipient_name": request.name,
        "recipient_email": request.email,
        "regime": request.regime.value,
        "language": request.language,
        "channel": request.channel.value,
        "phone": request.phone,
        "wording": shown.id,
        "wording_digest": shown.digest_hex,
    }


def _actor(answerer: Answerer) -> dict[str, Any]:
    return {"role": "recipient", "means": answerer.means, "authenticated_at": as_utc(answerer.at).isoformat()}


def _reason(text: str) -> dict[str, str]:
    reason = " ".join(text.split())[:500]
    if has_hidden_characters(reason):
        msg = "The reason holds invisible control characters."
        raise ConsentInputError(msg, mend="Type it again instead of pasting it.")
    return {"reason": reason} if reason else {}


_WAITING = frozenset({ConsentState.ASKED.value, ConsentState.LATER.value})
