"""Sheets inside a registered letter of the office's own, where a derogation allows it.

The office is the sender, at its own desk like any other: the holder accepts the letter once they are
identified as a qualified letter asks, and finds the sheet in it. The letter's content is encrypted like
every other's; the spooled sheet is destroyed as soon as the letter is deposited.
"""

from collections.abc import Callable, Mapping
from io import BytesIO

from lre_kit.clock import Clock
from lre_kit.errors import NotFoundError
from lre_kit.identifiers.derogation_mail import Contact
from lre_kit.identifiers.identified import SenderIdentified
from lre_kit.identifiers.order_ports import Fate
from lre_kit.law.assurance import Category, Level, Means
from lre_kit.law.products import Product
from lre_kit.law.proofing_methods import ProofingMethod
from lre_kit.letters.phases import Phase
from lre_kit.letters.values import Letter, Upload
from lre_kit.parties.values import Recipient, Sender

SENDER_REF = "lre-kit:provider"
"""The office as a sender: no account and no host's user has this reference."""

_WORDS: Mapping[str, tuple[str, str]] = {
    "fr": ("Votre moyen d'identification", "moyen-d-identification.pdf"),
    "en": ("Your identification means", "identification-means.pdf"),
}
"""Subject and name of the document, by language."""


def fate_of(phase: Phase) -> Fate:
    """Return what a letter's phase says of the sheet in it."""
    if phase is Phase.RECEIVED:
        return Fate.RECEIVED
    return Fate.LOST if phase.is_final else Fate.UNDER_WAY


class SheetLetters:
    """Deposits sheets as registered letters."""

    def __init__(
        self,
        deposit: Callable[..., Letter],
        *,
        clock: Clock,
        provider_name: str,
        mail_from: str,
        contact: Callable[[str], Contact | None],
        consent: Callable[[Sender, Recipient, str], None],
    ) -> None:
        """Prepare.

        Args:
            deposit: The desk's.
            clock: The office's clock.
            provider_name: The office's name.
            mail_from: Its address.
            contact: Finds a person's name and address by their id.
            consent: Records that a holder wants such letters, in a language: their order says so.
        """
        self._consent = consent
        self._deposit = deposit
        self._clock = clock
        self._sender = Sender(ref=SENDER_REF, name=provider_name, email=mail_from)
        self._contact = contact

    def __call__(self, *, party_id: str, pdf: bytes, idempotency_key: str) -> str:
        """Deposit a sheet for its holder; the same key always gives the same letter.

        Args:
            party_id: The holder.
            pdf: The sheet.
            idempotency_key: Names the order.

        Returns:
            The letter's number.

        Raises:
            NotFoundError: No e-mail address of the holder is known.
            LreError: As for any deposit.
        """
        found = self._contact(party_id)
        if found is None:
            msg = "No e-mail address of this person is known."
            raise NotFoundError(msg, mend="Cancel the order, and let the means be posted.")
        language = "fr" if found.language == "fr" else "en"
        subject, name = _WORDS[language]
        recipient = Recipient(name=found.name, email=found.email)
        self._consent(self._sender, recipient, language)
        letter = self._deposit(
            sender=self._sender,
            recipient=recipient,
            product=Product.QUALIFIED,
            subject=subject,
            documents=[Upload(name=name, stream=BytesIO(pdf))],
            language=language,
            idempotency_key=idempotency_key,
            identified=self._office(),
        )
        return letter.number

    def _office(self) -> SenderIdentified:
        # The office is known by the certificate of its seal, which seals this very deposit.
        return SenderIdentified(
            party_id=SENDER_REF,
            means=Means.CERTIFICATE.value,
            level=Level.SUBSTANTIAL,
            categories=(Category.POSSESSION, Category.KNOWLEDGE),
            at=self._clock(),
            proofing_method=ProofingMethod.CERTIFICATE,
        )
