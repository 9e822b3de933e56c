# ruff: noqa: E501 - sentences for people read better whole
"""The message that tells a sender that the notice of their letter could not reach its recipient."""

from collections.abc import Mapping

from lre_kit.carriers.mail import Courier, MailOutcome
from lre_kit.carriers.notices import MailIdentity
from lre_kit.carriers.plain_message import plain_message
from lre_kit.errors import MailUnavailableError
from lre_kit.identifiers.links import Links
from lre_kit.law.products import Product
from lre_kit.letters.values import Letter

WORDS: Mapping[str, Mapping[str, str]] = {
    "fr": {
        "subject": "L'avis de votre lettre {number} n'a pas pu être remis",
        "text": "L'avis de votre lettre {number}, destinée à {name}, n'a pas pu être remis à l'adresse {email}.",
        "early_subject": "L'annonce (pré-notification) de votre lettre {number} n'a pas pu être remise",
        "early_text": "L'annonce (pré-notification) de votre lettre {number}, destinée à {name}, n'a pas pu être remise à l'adresse {email}. La lettre elle-même est inchangée.",
        "early_post": "Elle part par la poste comme prévu.",
        "early": "Vérifiez l'adresse. Si vous en connaissez une autre, corrigez-la depuis la page de la lettre, avant le départ de l'avis.",
        "server": "Réponse du serveur de courrier : {answer}",
        "correct": "Vérifiez l'adresse. Si vous en connaissez une autre, corrigez-la depuis la page de la lettre : un nouvel avis partira, et son destinataire aura de nouveau tout le délai. La preuve de cet échec est disponible au même endroit.",
        "paper": "Sans autre adresse, cette lettre sera imprimée et partira par la poste. La preuve de cet échec est disponible sur la page de la lettre.",
    },
    "en": {
        "subject": "The notice of your letter {number} could not be delivered",
        "text": "The notice of your letter {number} to {name} could not be delivered to the address {email}.",
        "early_subject": "The pre-notice of your letter {number} could not be delivered",
        "early_text": "The pre-notice of your letter {number} to {name} could not be delivered to the address {email}. The letter itself is unchanged.",
        "early_post": "It goes by post as planned.",
        "early": "Check the address. If you know another one, correct it on the letter's page before the notice leaves.",
        "server": "The mail server's answer: {answer}",
        "correct": "Check the address. If you know another one, correct it on the letter's page: a new notice leaves, and its recipient has the whole time again. The proof of this failure is available there.",
        "paper": "Without another address this letter will be printed and posted. The proof of this failure is available on the letter's page.",
    },
}
"""Words by language."""


class SenderMail:
    """Sends the message; the same failure always has the same Message-ID."""

    def __init__(self, courier: Courier, *, links: Links, identity: MailIdentity) -> None:
        """Send with `courier`."""
        self._courier = courier
        self._links = links
        self._identity = identity

    def tell_failed(self, letter: Letter, *, answer: str, number: int, language: str) -> None:
        """Tell the sender.

        Args:
            letter: Whose notice failed.
            answer: The mail server's words.
            number: Place of the failure in the letter's journal: what makes the message one; 0 where only
                the pre-notice failed.
            language: That of the message.

        Raises:
            MailUnavailableError: It could not be handed over now; it is tried again.
        """
        words = WORDS["fr" if language == "fr" else "en"]
        early = "" if number else "early_"
        subject = words[f"{early}subject"].format(number=letter.number)
        text = words[f"{early}text"].format(
            number=letter.number, name=letter.recipient.name, email=letter.recipient.email
        )
        said = [text, *([words["server"].format(answer=answer)] if answer else [])]
        then = "paper" if letter.product is Product.OPTIMAL else "correct"
        early = "early_post" if letter.product is Product.HYBRID else "early"
        said.append(words[then if number else early])
        page = f"{self._links.sender_url}/letters/{letter.number}"
        message = plain_message(
            identity=self._identity,
            name=letter.sender.name,
            email=letter.sender.email,
            subject=subject,
            paragraphs=[*said, page],
            message_id=self._links.message_id("notice-failed", letter.id, number),
            language=language,
        )
        if self._courier.send(message).outcome is MailOutcome.UNKNOWN:
            msg = "It is not known whether the sender was told of a failed notice."
            raise MailUnavailableError(msg, mend="It is tried again, under the same Message-ID.")
