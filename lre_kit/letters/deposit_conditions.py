"""What a deposit must meet before anything of it is kept: form, terms, level, consent, the host's hooks.

Nothing here is written; what a dry run and a deposit refuse, they refuse in the same words.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select

from lre_kit.clock import Clock
from lre_kit.consents.holding import consent_for, consents_missing
from lre_kit.errors import (
    ConsentMissingError,
    DocumentTooLargeError,
    EmptyDocumentError,
    IdempotencyMismatchError,
    InputError,
    LreError,
    NotFoundError,
    RequirementError,
)
from lre_kit.hosting.hooks import DepositHooks, DepositProposal
from lre_kit.identifiers.identified import SenderIdentified
from lre_kit.law.derogations import Policy
from lre_kit.law.optimal import CHOICE_DAYS_MAX, CHOICE_DAYS_MIN, with_choice
from lre_kit.law.products import Claim, Product, claim_for, parse_product
from lre_kit.law.regimes import Matter, Requirements
from lre_kit.law.requirements import required_at
from lre_kit.letters.intake_rows import checked_subject
from lre_kit.letters.paper import ON_PAPER, PaperWish
from lre_kit.letters.rows import LetterRow
from lre_kit.letters.terms import Terms, checked_terms
from lre_kit.letters.values import Upload
from lre_kit.parties.values import Recipient, Sender, checked_address
from lre_kit.postroom.errors import ChoiceTimeError, NoPostalAddressError, NoPostRoomError
from lre_kit.settings import Settings
from lre_kit.store.database import Database
from lre_kit.store.inserts import table_of

LANGUAGES = ("fr", "en")
"""Languages of notices and proofs."""

REFUSALS = (InputError, RequirementError, ConsentMissingError, NotFoundError, IdempotencyMismatchError)
"""Errors that are about one letter: another may be deposited all the same."""

_LETTER = table_of(LetterRow)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A deposit that is well formed, before its content is read."""

    proposal: DepositProposal
    wish: PaperWish | None
    terms: Terms


class Conditions:
    """The conditions of one office."""

    def __init__(
        self,
        database: Database,
        *,
        settings: Settings,
        clock: Clock,
        policy: Policy,
        latest: Callable[[], datetime | None],
        has_post: bool,
    ) -> None:
        """Judge by these settings and rules; see `lre_kit.letters.intake.Intake`."""
        self.hooks = DepositHooks()
        self._database = database
        self._settings = settings
        self._clock = clock
        self._policy = policy
        self._latest = latest
        self._has_post = has_post

    def refused(self, requests: Sequence[Mapping[str, Any]]) -> list[LreError | None]:
        """Return why each of some deposits would be refused now, as far as its documents are not read.

        Each request holds the arguments of `deposit` but for who deposits; documents give their names alone.
        Whether the sender is identified is judged when they send. All are of one sender.
        """
        found: list[LreError | None] = [None] * len(requests)
        asked: dict[int, Asked] = {}
        for place, request in enumerate(requests):
            try:
                asked[place] = one = self.asked(**request)
                self.terms_of(self.judged(one.proposal, None), one.terms)
            except REFUSALS as refused:
                found[place] = refused
        alike: dict[tuple[Product, Matter], list[int]] = defaultdict(list)
        for place, one in asked.items():
            alike[one.proposal.product, one.terms.matter].append(place)
        with self._database.read() as connection:
            for (product, matter), places in alike.items():
                missing = consents_missing(
                    connection,
                    sender_ref=asked[places[0]].proposal.sender.ref,
                    recipients=[asked[place].proposal.recipient for place in places],
                    required=self.required(product, matter),
                    at=self._clock(),
                )
                for place, error in zip(places, missing, strict=True):
                    found[place] = error or found[place]
        return found

    def asked(
        self,
        *,
        sender: Sender,
        recipient: Recipient,
        product: Product | str,
        subject: str,
        documents: Sequence[Upload],
        language: str = "fr",
        paper: PaperWish | None = None,
        reference: str = "",
        notify_at: datetime | None = None,
        matter: Matter | str = Matter.ORDINARY,
        pre_notice: str = "",
    ) -> Asked:
        """Check what is asked by itself: nothing is looked up."""
        sender, recipient = sender.checked(), recipient.checked()
        product = parse_product(product)
        terms = checked_terms(
            reference,
            notify_at,
            product=product,
            now=self._clock(),
            matter=matter,
            pre_notice=pre_notice,
            email=recipient.email,
        )
        proposal = DepositProposal(
            sender=sender,
            recipient=recipient,
            product=product,
            subject=checked_subject(subject),
            reference=terms.reference,
            language=language if language in LANGUAGES else "fr",
            notify_at=terms.notify_at,
            documents=tuple(document.name for document in documents),
        )
        self._check_count(documents)
        return Asked(proposal=proposal, wish=self._paper(product, recipient, paper), terms=terms)

    def expect_identified(self, product: Product, identified: SenderIdentified | None) -> None:
        """Refuse a deposit whose sender is not identified as the rules in force ask (CPCE R. 53-1)."""
        required = self.required(product)
        if required.sender_level is None:
            return
        if identified is None or not (
            identified.level.at_least(required.sender_level)
            and (
                required.sender_proofing_level is None
                or identified.proofing_method in required.sender_proofing_methods
            )
        ):
            msg = f"The sender is not identified as a {product.value} letter asks."
            raise RequirementError(msg, mend="Identify yourself first; “Identity” shows the ways there are.")

    def expect_consent(self, sender_ref: str, recipient: Recipient, required: Requirements) -> None:
        """Refuse early what the write would refuse, before content is taken in."""
        if required.consent_required:
            with self._database.read() as connection:
                consent_for(
                    connection,
                    sender_ref=sender_ref,
                    recipient=recipient,
                    required=required,
                    at=self._clock(),
                )

    def judged(self, proposal: DepositProposal, idempotency_key: str | None) -> DepositProposal:
        """Return what the host's hooks make of a proposal; what is deposited already is not judged again."""
        if not self.hooks:
            return proposal
        if idempotency_key is not None and self._is_known(proposal.sender.ref, idempotency_key):
            return proposal
        judged = self.hooks.judge(proposal)
        language = judged.language if judged.language in LANGUAGES else proposal.language
        return replace(judged, subject=checked_subject(judged.subject), language=language)

    def terms_of(self, judged: DepositProposal, terms: Terms) -> Terms:
        """Return the terms of a deposit as the hooks left them."""
        if (judged.reference, judged.notify_at) == (terms.reference, terms.notify_at):
            return terms
        return checked_terms(
            judged.reference,
            judged.notify_at,
            product=judged.product,
            now=self._clock(),
            matter=terms.matter,
            pre_notice=terms.pre_notice,
            email=judged.recipient.email,
        )

    def required(self, product: Product, matter: Matter = Matter.ORDINARY) -> Requirements:
        """Return what a letter of this product and matter must meet, as the rules in force now say."""
        now = self._clock()
        # Only a derogation in force can have ended already, by a later clock: else nobody is asked.
        latest = self._latest() if self._policy.in_force(now) else None
        return required_at(product, at=now, policy=self._policy, not_after_seen=latest, matter=matter)

    def claim(self, product: Product) -> Claim:
        """Return what a letter of this product may call itself in this office."""
        return claim_for(
            product,
            seal_reference=self._settings.seal_trust_reference,
            timestamp_reference=self._settings.timestamp_trust_reference,
        )

    def _check_count(self, documents: Sequence[Upload]) -> None:
        if not documents:
            msg = "The letter has no document."
            raise EmptyDocumentError(msg, mend="Add at least one document.")
        if len(documents) > self._settings.documents_max:
            msg = f"The letter has {len(documents)} documents."
            raise DocumentTooLargeError(msg, mend=f"Send at most {self._settings.documents_max} at once.")

    def _paper(self, product: Product, recipient: Recipient, asked: PaperWish | None) -> PaperWish | None:
        """Return the wish of a letter that goes or may go by post, once it can be met."""
        if product is not Product.HYBRID:
            checked_address(recipient.email, whose="recipient")
        if product not in ON_PAPER:
            return None
        if not self._has_post:
            msg = "This office has no post room, so it sends nothing on paper."
            raise NoPostRoomError(msg, mend="Choose another product, or set LRE_POST_PROVIDER.")
        if recipient.postal is None:
            msg = "The letter goes or may go by post, and its recipient has no postal address."
            raise NoPostalAddressError(msg, mend="Give the lines of the address, the name first.")
        wish = asked or PaperWish()
        if product is Product.OPTIMAL:
            try:
                with_choice(self.required(wish.electronic), choice_days=wish.choice_days)
            except ValueError as error:
                msg = f"This letter cannot be sent so: {error}."
                bounds = f"between {CHOICE_DAYS_MIN} and {CHOICE_DAYS_MAX} days"
                mend = f"Give a time to choose {bounds}; the electronic way is simple or qualified."
                raise ChoiceTimeError(msg, mend=mend) from None
        return wish

    def _is_known(self, sender_ref: str, idempotency_key: str) -> bool:
        with self._database.read() as connection:
            return connection.execute(of_key(sender_ref, idempotency_key)).first() is not None


def of_key(sender_ref: str, idempotency_key: str) -> Select[tuple[str, str]]:
    """Return the question which letter a sender deposited with a key, and of what request."""
    return select(_LETTER.c.id, _LETTER.c.request_digest).where(
        _LETTER.c.sender_ref == sender_ref, _LETTER.c.idempotency_key == idempotency_key
    )
