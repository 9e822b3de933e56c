"""Taking a deposit: content first, durably; then letter, event, evidence and duties in one write.

Round trips to the database: one to look for waiting evidence and an earlier answer to the same
idempotency key, one for all rows, one for the commit. A process killed before the commit leaves
only encrypted bytes that no row names and no key opens; they are swept up later.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from lre_kit.clock import Clock
from lre_kit.consents.holding import consent_for
from lre_kit.errors import (
    ConsentMissingError,
    IdempotencyMismatchError,
    IntegrityError,
    LreError,
    NotFoundError,
)
from lre_kit.failpoints import declare, failpoint
from lre_kit.hosting.hooks import DepositProposal
from lre_kit.identifiers.identified import SenderIdentified
from lre_kit.law.consents import Capacity
from lre_kit.law.derogations import SHIPPED, Policy
from lre_kit.law.optimal import with_choice
from lre_kit.law.pre_notices import PreNotice
from lre_kit.law.products import Product
from lre_kit.law.regimes import Matter
from lre_kit.letters import commands
from lre_kit.letters.content import Content, Contents
from lre_kit.letters.deposit_conditions import REFUSALS, Conditions, of_key
from lre_kit.letters.finding_rows import LetterWordRow, words_rows
from lre_kit.letters.intake_rows import columns_of, digest_of, document_of
from lre_kit.letters.lifecycle import decide
from lre_kit.letters.notice_duty import plan_notice
from lre_kit.letters.numbers import new_number
from lre_kit.letters.paper import PaperWish, keep_wish, plan_posting
from lre_kit.letters.pre_notices import plan_pre_notice
from lre_kit.letters.reading import read_letter
from lre_kit.letters.rows import DocumentRow, LetterRow
from lre_kit.letters.several import OneOfSeveralError
from lre_kit.letters.state import EMPTY, evolve
from lre_kit.letters.terms import Terms
from lre_kit.letters.values import DocumentInfo, Letter, Upload
from lre_kit.parties.values import Recipient, Sender
from lre_kit.proofs.sealing.recorder import Act, Recorder
from lre_kit.settings import Settings
from lre_kit.store.agenda import plan
from lre_kit.store.blobs import BlobStore
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database, UniqueViolation, UnitOfWork
from lre_kit.store.inserts import table_of
from lre_kit.store.vault import Vault

PROOF_DELAY = timedelta(seconds=2)
"""Time left to the sequencer before a proof is made; too early only means one more try."""

declare("deposit.before_content", "deposit.after_content", "deposit.before_commit", "deposit.after_commit")

_LETTER = table_of(LetterRow)
_DOCUMENT = table_of(DocumentRow)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prepared:
    """A deposit whose content lies in the store, and that only its rows are missing of."""

    letter: Letter
    content: Content
    asked: str
    idempotency_key: str | None
    identified: SenderIdentified | None
    wish: PaperWish | None
    authority: Callable[[UnitOfWork], None] | None


OpenDocuments = Callable[[], Sequence[tuple[DocumentInfo, bytes]]]
"""Reads the documents of a letter, whole, when they are asked for."""

Printable = Callable[[OpenDocuments, PaperWish], tuple[int, int]]
"""Refuses documents that cannot be printed; returns pages and sheets (`lre_kit.postroom`)."""


class Intake:
    """Takes deposits, and opens what was deposited."""

    def __init__(
        self,
        database: Database,
        *,
        settings: Settings,
        clock: Clock,
        blobs: BlobStore,
        vault: Vault,
        recorder: Recorder,
        refuse_if_late: Callable[[], None],
        policy: Policy = SHIPPED,
        latest: Callable[[], datetime | None] = lambda: None,
        printable: Printable | None = None,
    ) -> None:
        """Wire the intake.

        Args:
            database: Where letters are kept.
            settings: Limits, and what the office may claim.
            clock: The office's clock.
            blobs: Where content lies.
            vault: Encrypts it.
            recorder: Makes evidence.
            refuse_if_late: Raises while evidence has waited too long.
            policy: Derogations and suspensions the office knows.
            latest: Tells the latest instant the office ever saw.
            printable: Judges what goes or may go by post; none in an office without a post room.
        """
        self.conditions = Conditions(
            database,
            settings=settings,
            clock=clock,
            policy=policy,
            latest=latest,
            has_post=printable is not None,
        )
        self.hooks, self.claim = self.conditions.hooks, self.conditions.claim
        self.refused = self.conditions.refused
        self._printable = printable
        self._database = database
        self._clock = clock
        self._vault = vault
        self._contents = Contents(database, settings=settings, blobs=blobs, vault=vault)
        self.open_document = self._contents.open_document
        self._recorder = recorder
        self._refuse_if_late = refuse_if_late

    def deposit(
        self,
        *,
        sender: Sender,
        recipient: Recipient,
        product: Product | str,
        subject: str,
        documents: Sequence[Upload],
        language: str = "fr",
        idempotency_key: str | None = None,
        identified: SenderIdentified | None = None,
        paper: PaperWish | None = None,
        authority: Callable[[UnitOfWork], None] | None = None,
        reference: str = "",
        notify_at: datetime | None = None,
        matter: Matter | str = Matter.ORDINARY,
        pre_notice: str = "",
    ) -> Letter:
        """Deposit a letter (dépôt, A.1 SubmissionAcceptance) and plan its notice.

        Args:
            sender: Who deposits.
            recipient: Who is addressed.
            product: A product or its name.
            subject: What it is about, in a line; hidden from the recipient before acceptance.
            documents: One or more documents; each stream is read once.
            language: ``fr`` or ``en``: of the notice and the proofs.
            idempotency_key: The same key from the same sender gives the same letter.
            identified: How the sender was identified; asked for where the product asks for a level.
            paper: How a letter that goes or may go by post is printed, and the time to choose; its recipient
                needs a postal address.
            authority: Looks, inside the deposit's own transaction, whether who acts for the sender still
                may (`lre_kit.authority.Authorities.still_sends`); what it raises refuses the deposit.
            reference: The sender's own reference; no recipient sees it.
            notify_at: When the notice leaves; by default at once. The deposit is made and proved now.
            matter: What the letter is about, where the law has rules of its own for it.
            pre_notice: When the recipient is told that a letter is coming: ``deposit``, or a number of days
                before the notice; empty: never.

        Returns:
            The letter, already durable.

        Raises:
            InputError: Something handed in cannot be used; nothing was changed.
            RequirementError: The sender is not identified as this product asks.
            ConsentMissingError: The recipient must have consented to the sender, and has not.
            EvidenceBacklogError: The office cannot prove deposits at present.
            SealUnavailableError: The seal cannot be used; nothing was changed.
            StoreUnavailableError: The database or content store does not take it.
        """
        prepared = self._prepare(
            sender=sender,
            recipient=recipient,
            product=product,
            subject=subject,
            documents=documents,
            language=language,
            idempotency_key=idempotency_key,
            identified=identified,
            paper=paper,
            authority=authority,
            reference=reference,
            notify_at=notify_at,
            matter=matter,
            pre_notice=pre_notice,
        )
        return self._written(prepared)

    def check(self, **asked: Any) -> Letter:
        """Judge a deposit as `deposit` would, with the same arguments and errors; nothing of it is kept.

        Returns:
            The letter as it would be; its number is nobody's.
        """
        prepared = self._prepare(**asked)
        self._discard(prepared)
        return prepared.letter

    def deposit_many(self, requests: Sequence[Mapping[str, Any]]) -> list[Letter | LreError]:
        """Deposit several letters in one transaction; each request holds the arguments of `deposit`.

        Returns:
            For each request, in order, its letter, or why it was refused: the others are deposited.

        Raises:
            EvidenceBacklogError: The office cannot prove deposits at present.
            SealUnavailableError: The seal cannot be used; nothing was changed.
            StoreUnavailableError: The database or content store does not take it; with the same idempotency
                keys all can be asked for again.
        """
        prepared: dict[int, _Prepared] = {}
        found: dict[int, Letter | LreError] = {}
        try:
            for place, asked in enumerate(requests):
                try:
                    prepared[place] = self._prepare(**asked)
                except REFUSALS as refused:
                    found[place] = refused
        except BaseException:
            for each in prepared.values():
                self._discard(each)
            raise
        try:
            if prepared:
                self._write(list(prepared.values()))
            found |= {place: each.letter for place, each in prepared.items()}
        except (UniqueViolation, NotFoundError, ConsentMissingError):
            # Nothing was committed. One of them was deposited before, or may not be: each by itself, then.
            for place, each in prepared.items():
                try:
                    found[place] = self._written(each)
                except REFUSALS as refused:
                    found[place] = refused
        return [found[place] for place in range(len(requests))]

    def deposit_all(self, requests: Sequence[Mapping[str, Any]]) -> list[Letter]:
        """Deposit several letters in one transaction, all of them or none; else as `deposit_many`.

        Raises:
            OneOfSeveralError: One of them is refused: nothing was deposited.
            IdempotencyMismatchError: Their keys were used for other letters.
        """
        prepared: list[_Prepared] = []
        try:
            for place, asked in enumerate(requests, start=1):
                try:
                    prepared.append(self._prepare(**asked))
                except REFUSALS as refused:
                    raise OneOfSeveralError(place, refused) from refused
        except BaseException:
            for each in prepared:
                self._discard(each)
            raise
        try:
            self._write(prepared)
        except (UniqueViolation, NotFoundError, ConsentMissingError) as error:
            # Nothing was committed, of any.
            for each in prepared:
                self._discard(each)
            if not isinstance(error, UniqueViolation) or any(not one.idempotency_key for one in prepared):
                raise
            ref = prepared[0].letter.sender.ref
            return [self._earlier(ref, str(one.idempotency_key), one.asked) for one in prepared]
        return [each.letter for each in prepared]

    def _prepare(
        self,
        *,
        sender: Sender,
        recipient: Recipient,
        product: Product | str,
        subject: str,
        documents: Sequence[Upload],
        language: str = "fr",
        idempotency_key: str | None = None,
        identified: SenderIdentified | None = None,
        paper: PaperWish | None = None,
        authority: Callable[[UnitOfWork], None] | None = None,
        reference: str = "",
        notify_at: datetime | None = None,
        matter: Matter | str = Matter.ORDINARY,
        pre_notice: str = "",
    ) -> _Prepared:
        """Check what is asked, and put the content into the store; nothing else is kept."""
        asked = self.conditions.asked(
            sender=sender,
            recipient=recipient,
            product=product,
            subject=subject,
            documents=documents,
            language=language,
            paper=paper,
            reference=reference,
            notify_at=notify_at,
            matter=matter,
            pre_notice=pre_notice,
        )
        proposal, wish, terms = asked.proposal, asked.wish, asked.terms
        kind = wish.electronic if wish and proposal.product is Product.OPTIMAL else proposal.product
        self.conditions.expect_identified(kind, identified)
        self._refuse_if_late()
        required = self.conditions.required(proposal.product, terms.matter)
        self.conditions.expect_consent(proposal.sender.ref, proposal.recipient, required)
        enriched = self.conditions.judged(proposal, idempotency_key)
        letter_id = new_id()
        failpoint("deposit.before_content")
        try:
            content = self._contents.take_in(letter_id, documents)
            if wish is not None:
                content = self._expect_printable(letter_id, content, wish)
        except BaseException:
            self._contents.discard(letter_id, len(documents))
            raise
        failpoint("deposit.after_content")
        # The digest is of what was asked, so that a request may be repeated whatever a hook added to it.
        digest = digest_of(
            proposal.sender,
            proposal.recipient,
            proposal.product,
            proposal.subject,
            content.documents,
            wish,
            terms,
        )
        letter = self._letter(letter_id, enriched, content, wish, self.conditions.terms_of(enriched, terms))
        return _Prepared(
            letter=letter,
            content=content,
            asked=digest,
            idempotency_key=idempotency_key,
            identified=identified,
            wish=wish,
            authority=authority,
        )

    def _expect_printable(self, letter_id: str, content: Content, wish: PaperWish) -> Content:
        assert self._printable is not None

        def opened() -> Sequence[tuple[DocumentInfo, bytes]]:
            return [(info, self._contents.plain(letter_id, content.key, info)) for info in content.documents]

        pages, sheets = self._printable(opened, wish)
        return replace(content, pages=pages, sheets=sheets)

    def _letter(
        self,
        letter_id: str,
        asked: DepositProposal,
        content: Content,
        wish: PaperWish | None,
        terms: Terms,
    ) -> Letter:
        product = asked.product
        now, required = self._clock(), self.conditions.required(product, terms.matter)
        if wish is not None and product is Product.OPTIMAL:
            required = with_choice(self.conditions.required(wish.electronic), choice_days=wish.choice_days)
        event, *_ = decide(EMPTY, commands.Deposit(), required, now)
        state = evolve(EMPTY, event)
        if state.phase is None or state.deposited_at is None:
            msg = "A deposit left no trace in the letter's state."
            raise IntegrityError(msg, mend="Report this: the lifecycle is broken.")
        return Letter(
            id=letter_id,
            number=new_number(),
            product=product,
            phase=state.phase,
            claim=self.conditions.claim(product),
            language=asked.language,
            sender=asked.sender,
            recipient=asked.recipient,
            subject=asked.subject,
            requirements=required,
            version=state.version,
            notices=state.notices,
            deposited_at=state.deposited_at,
            notified_at=None,
            window_closes_at=None,
            proof_due_at=None,
            decided_at=None,
            received_at=None,
            documents=content.documents,
            reference=terms.reference,
            notify_at=terms.notify_at,
            pre_notice=PreNotice(planned_at=terms.pre_notice_at) if terms.pre_notice_at else None,
        )

    def _written(self, prepared: _Prepared) -> Letter:
        """Write a deposit by itself; return its letter, or the one that its key gave before."""
        try:
            self._write([prepared])
        except (NotFoundError, ConsentMissingError):
            # Who acts may not (any more), or a consent was withdrawn meanwhile: nothing was written.
            self._discard(prepared)
            raise
        except UniqueViolation:
            # Only here is it certain that nothing was committed: after any other failure of the
            # write the letter may exist, so its content stays until the sweep has looked.
            self._discard(prepared)
            if prepared.idempotency_key is None:
                raise
            return self._earlier(prepared.letter.sender.ref, prepared.idempotency_key, prepared.asked)
        return prepared.letter

    def _write(self, prepared: Sequence[_Prepared]) -> None:
        """Write the rows of some deposits in one transaction."""
        with self._database.write() as uow:
            acts = [act for each in prepared for act in self._write_one(uow, each)]
            self._recorder.record_all(uow, acts, must_seal=True)
            failpoint("deposit.before_commit")
            uow.commit()
        failpoint("deposit.after_commit")

    def _write_one(self, uow: UnitOfWork, prepared: _Prepared) -> list[Act]:
        """Queue a deposit's rows but for its journal; return what is to be recorded there."""
        letter, content, identified = prepared.letter, prepared.content, prepared.identified
        wish = prepared.wish
        actor = {"role": "sender"} if identified is None else identified.to_actor("sender")
        events = decide(EMPTY, commands.Deposit(), letter.requirements, letter.deposited_at)
        if prepared.authority is not None:
            prepared.authority(uow)
        said: Mapping[str, Any] = {}
        if letter.requirements.consent_required or letter.recipient.capacity is not Capacity.CONSUMER:
            # Looked at again here, and held: a withdrawal comes before this letter or after it.
            said = consent_for(
                uow.connection,
                sender_ref=letter.sender.ref,
                recipient=letter.recipient,
                required=letter.requirements,
                at=letter.deposited_at,
                lock=True,
            )
        told_at = letter.pre_notice.planned_at if letter.pre_notice else None
        said = {**said, **Terms(notify_at=letter.notify_at, pre_notice_at=told_at).to_details()}
        events = tuple(replace(event, details={**event.details, **said}) for event in events)
        uow.add(
            LetterRow,
            **columns_of(letter),
            deposited_by=(identified.party_id or None) if identified is not None else None,
            wrapped_key=self._vault.wrap(content.key, letter_id=letter.id),
            key_id=self._vault.key_id,
            idempotency_key=prepared.idempotency_key,
            request_digest=prepared.asked,
        )
        uow.add_all(DocumentRow, [document_of(letter.id, document) for document in content.documents])
        uow.add_all(LetterWordRow, words_rows(letter))
        if wish is not None and letter.recipient.postal is not None:
            post = {"pages": content.pages, "sheets": content.sheets}
            keep_wish(uow, letter.id, letter.recipient.postal, wish.options, **post)
        if letter.product is Product.HYBRID:
            plan_posting(uow, letter.id, attempt=1, at=letter.deposited_at)
        else:
            plan_notice(uow, letter.id, number=1, at=letter.notify_at or letter.deposited_at)
        if told_at is not None:
            plan_pre_notice(uow, letter.id, at=told_at)
        plan_proof(uow, letter.id, "deposit", decided_at=letter.deposited_at)
        return [Act(letter=letter, seq=seq, event=event, actor=actor) for seq, event in enumerate(events)]

    def _earlier(self, sender_ref: str, idempotency_key: str, asked: str) -> Letter:
        with self._database.read() as connection:
            found = connection.execute(of_key(sender_ref, idempotency_key)).first()
            if found is None or found.request_digest != asked:
                msg = "This idempotency key was already used for another letter."
                raise IdempotencyMismatchError(msg, mend="Use a fresh key for each letter.")
            return read_letter(connection, found.id)

    def _discard(self, prepared: _Prepared) -> None:
        self._contents.discard(prepared.letter.id, len(prepared.content.documents))


def plan_proof(uow: UnitOfWork, letter_id: str, kind: str, *, decided_at: datetime) -> None:
    """Put the making of a proof on the agenda, for when its evidence will have its stamp."""
    plan(
        uow,
        key=f"proof:{letter_id}:{kind}",
        due_at=decided_at + PROOF_DELAY,
        action="make_proof",
        subject=letter_id,
        payload={"kind": kind},
    )
