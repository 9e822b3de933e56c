# ruff: noqa: E501 - sentences for people read better whole
"""Messages that tell a holder what was done to their identification means, their address or their orders."""

from collections.abc import Callable, Mapping
from enum import StrEnum

from lre_kit.carriers.mail import Courier, MailOutcome
from lre_kit.carriers.notices import MailIdentity
from lre_kit.carriers.plain_message import plain_message
from lre_kit.errors import MailUnavailableError
from lre_kit.identifiers.derogation_mail import Contact
from lre_kit.identifiers.links import Links


class Told(StrEnum):
    """What a holder is told of; the values stand in planned duties."""

    SUSPENDED = "suspended"
    RESUMED = "resumed"
    REVOKED = "revoked"
    ADDED = "added"
    ACCEPTED = "accepted"
    COPIED = "copied"
    REFUSED = "refused"
    USED_AGAIN = "used_again"
    ORDERED = "ordered"
    ADDRESS = "address"


WORDS: Mapping[tuple[Told, str], tuple[str, str]] = {
    (Told.SUSPENDED, "fr"): (
        "Un moyen d'identification est suspendu",
        "Votre moyen d'identification {serial} est suspendu : il n'identifie plus personne. Si vous l'avez toujours, vous pouvez le remettre en service depuis votre profil. Sinon, déclarez-le perdu et commandez-en un autre.",
    ),
    (Told.SUSPENDED, "en"): (
        "An identification means is suspended",
        "Your identification means {serial} is suspended: it identifies nobody any more. If you still have it, you can bring it back into use from your profile. If not, report it lost and order another one.",
    ),
    (Told.RESUMED, "fr"): (
        "Un moyen d'identification est remis en service",
        "Votre moyen d'identification {serial} vous identifie de nouveau. Si ce n'était pas vous, suspendez-le et changez votre mot de passe.",
    ),
    (Told.RESUMED, "en"): (
        "An identification means is back in use",
        "Your identification means {serial} identifies you again. If this was not you, suspend it and change your password.",
    ),
    (Told.REVOKED, "fr"): (
        "Un moyen d'identification est révoqué",
        "Votre moyen d'identification {serial} est révoqué : il ne servira plus jamais. Vous pouvez en commander un autre depuis votre profil.",
    ),
    (Told.REVOKED, "en"): (
        "An identification means is revoked",
        "Your identification means {serial} is revoked: it will never work again. You can order another one from your profile.",
    ),
    (Told.ADDED, "fr"): (
        "Un moyen d'identification est ajouté",
        "Le moyen d'identification {serial} est enregistré à votre nom. Si ce n'était pas vous, déclarez-le perdu depuis votre profil et changez votre mot de passe.",
    ),
    (Told.ADDED, "en"): (
        "An identification means was added",
        "The identification means {serial} is registered in your name. If this was not you, report it lost from your profile and change your password.",
    ),
    (Told.ACCEPTED, "fr"): (
        "Un moyen d'identification est accepté",
        "Nous avons comparé votre moyen d'identification {serial} avec ce que nous savons de vous : il vous identifie désormais. Si vous ne l'attendiez pas, déclarez-le perdu depuis votre profil.",
    ),
    (Told.ACCEPTED, "en"): (
        "An identification means is accepted",
        "We compared your identification means {serial} with what we know of you: it identifies you from now on. If you did not expect this, report it lost from your profile.",
    ),
    (Told.COPIED, "fr"): (
        "Une clé de sécurité est suspendue",
        "Votre clé de sécurité {serial} a répondu comme si elle avait été copiée : elle est suspendue et n'identifie plus personne. Utilisez un autre moyen. Déclarez-la perdue depuis votre profil et enregistrez-en une autre, ou adressez-vous à nous.",
    ),
    (Told.COPIED, "en"): (
        "A security key is suspended",
        "Your security key {serial} answered as if it had been copied: it is suspended and identifies nobody any more. Use another means. Report it lost from your profile and register another one, or ask us.",
    ),
    (Told.REFUSED, "fr"): (
        "Plusieurs codes ont été refusés",
        "Plusieurs codes faux de suite ont été donnés pour votre moyen d'identification {serial}, par quelqu'un qui connaît votre mot de passe. Si c'était vous, attendez un peu, puis réessayez. Sinon, changez votre mot de passe et suspendez ce moyen depuis votre profil.",
    ),
    (Told.REFUSED, "en"): (
        "Several codes were refused",
        "Several wrong codes in a row were given for your identification means {serial}, by somebody who knows your password. If this was you, wait a little, then try again. If not, change your password and suspend this means from your profile.",
    ),
    (Told.USED_AGAIN, "fr"): (
        "Un code déjà utilisé a été donné de nouveau",
        "Un code de votre feuille {serial} qui avait déjà servi a été donné une nouvelle fois ; il a été refusé. Si c'était vous, rayez les codes utilisés. Sinon, quelqu'un a lu votre feuille et connaît votre mot de passe : changez votre mot de passe et suspendez cette feuille depuis votre profil.",
    ),
    (Told.USED_AGAIN, "en"): (
        "A code that was used was given again",
        "A code of your sheet {serial} that had been used before was given once more; it was refused. If this was you, strike out the codes you used. If not, somebody has read your sheet and knows your password: change your password and suspend this sheet from your profile.",
    ),
    (Told.ORDERED, "fr"): (
        "Un moyen d'identification est commandé",
        "Un moyen d'identification est commandé à votre nom. Si ce n'était pas vous, annulez la commande depuis votre profil et changez votre mot de passe.",
    ),
    (Told.ORDERED, "en"): (
        "An identification means is ordered",
        "An identification means is ordered in your name. If this was not you, cancel the order from your profile and change your password.",
    ),
    (Told.ADDRESS, "fr"): (
        "Votre adresse postale est changée",
        "L'adresse postale de votre profil est changée ; vos codes sur papier y seront envoyés. Si ce n'était pas vous, corrigez-la et changez votre mot de passe.",
    ),
    (Told.ADDRESS, "en"): (
        "Your postal address is changed",
        "The postal address of your profile is changed; your paper codes will be sent there. If this was not you, correct it and change your password.",
    ),
}
"""Subject and text, by what is told and the language."""


class HolderMail:
    """Sends the messages; the same act always has the same Message-ID."""

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

    def tell(self, *, party_id: str, told: Told, serial: str, act_id: str) -> None:
        """Tell a person; somebody without a known address sees it on the page only.

        Args:
            party_id: The holder.
            told: What was done.
            serial: The means' serial; only its last four characters are told.
            act_id: What makes the message one.

        Raises:
            MailUnavailableError: It could not be handed over; it is tried again.
        """
        contact = self._contact(party_id)
        if contact is None:
            return
        language = "fr" if contact.language == "fr" else "en"
        subject, text = WORDS[told, language]
        message = plain_message(
            identity=self._identity,
            name=contact.name,
            email=contact.email,
            subject=subject,
            paragraphs=[text.format(serial=f"…{serial[-4:]}"), f"{self._links.sender_url}/profile"],
            message_id=self._links.message_id(f"holder-{told.value}", act_id, 1),
            language=language,
        )
        if self._courier.send(message).outcome is not MailOutcome.ACCEPTED:
            msg = "The message about an identification means could not be sent."
            raise MailUnavailableError(msg, mend="It is tried again; check the person's address.")
