# ruff: noqa: E501 - sentences for people read better whole
"""The message that tells a person what became of their identification; it names no letter and no sender."""

from collections.abc import Callable, Mapping

from lre_kit.carriers.mail import Courier, MailOutcome
from lre_kit.carriers.notices import MailIdentity
from lre_kit.carriers.plain_message import plain_message
from lre_kit.errors import MailUnavailableError
from lre_kit.identifiers.derogation_mail import Contact
from lre_kit.identifiers.links import Links

WORDS: Mapping[tuple[str, str], tuple[str, str]] = {
    ("approve", "fr"): (
        "Votre identité est vérifiée",
        "Votre identité est vérifiée. Vous pouvez reprendre là où vous en étiez ; ce que vous avez déjà accepté vous est remis.",
    ),
    ("approve", "en"): (
        "Your identity is verified",
        "Your identity is verified. You can go on where you were; what you accepted already is handed over.",
    ),
    ("refuse", "fr"): (
        "Votre identité n'a pas pu être vérifiée",
        "Votre identité n'a pas pu être vérifiée. La page d'identification en dit la raison et les autres moyens possibles.",
    ),
    ("refuse", "en"): (
        "Your identity could not be verified",
        "Your identity could not be verified. The identification page says why, and which other ways there are.",
    ),
    ("ask_again", "fr"): (
        "Votre identification doit être complétée",
        "Il faut refaire une partie de votre identification. La page d'identification dit laquelle, et pourquoi.",
    ),
    ("ask_again", "en"): (
        "Your identification must be completed",
        "A part of your identification must be made again. The identification page says which, and why.",
    ),
}
"""Subject and text, by verdict and language."""


class VerdictMail:
    """Sends the message; the same verdict always has the same Message-ID."""

    def __init__(
        self,
        courier: Courier,
        *,
        links: Links,
        identity: MailIdentity,
        contact: Callable[[str], Contact | None],
    ) -> None:
        """Send with `courier`; `contact` finds a person's address by the person's id."""
        self._courier = courier
        self._links = links
        self._identity = identity
        self._contact = contact

    def tell(self, *, party_id: str, case_id: str, verdict: str, round_: int) -> None:
        """Tell a person; somebody without a known address sees it on the page only.

        Raises:
            MailUnavailableError: It could not be handed over; it is tried again.
        """
        contact = self._contact(party_id)
        if contact is None:
            return
        language = "fr" if contact.language == "fr" else "en"
        subject, text = WORDS[verdict, language]
        message = plain_message(
            identity=self._identity,
            name=contact.name,
            email=contact.email,
            subject=subject,
            paragraphs=[text, f"{self._links.base_url}/identity"],
            message_id=self._links.message_id(f"verdict-{verdict}", case_id, round_),
            language=language,
        )
        if self._courier.send(message).outcome is not MailOutcome.ACCEPTED:
            msg = "The message about an identification could not be sent."
            raise MailUnavailableError(msg, mend="It is tried again; check the person's address.")
