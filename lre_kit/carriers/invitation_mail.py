# ruff: noqa: E501 - sentences for people read better whole
"""The message that invites somebody to a role in an organisation or to a mandate; it holds no key."""

from collections.abc import Callable, Mapping

from lre_kit.carriers.mail import Courier, MailOutcome
from lre_kit.carriers.notices import MailIdentity
from lre_kit.carriers.plain_message import plain_message
from lre_kit.errors import MailUnavailableError
from lre_kit.identifiers.links import Links
from lre_kit.parties.invitations import Invitation, InvitedTo

WORDS: Mapping[tuple[InvitedTo, str], tuple[str, str]] = {
    (InvitedTo.MEMBER, "fr"): (
        "Invitation à rejoindre une organisation",
        "{grantor} vous invite à agir pour elle sur {provider}. Connectez-vous avec cette adresse, ou créez un compte, puis acceptez ou refusez sur la page de vos organisations. Si vous ne connaissez pas cette organisation, ne faites rien.",
    ),
    (InvitedTo.MEMBER, "en"): (
        "An invitation to join an organisation",
        "{grantor} invites you to act for it with {provider}. Log in with this address, or make an account, then accept or decline on the page of your organisations. If you do not know this organisation, do nothing.",
    ),
    (InvitedTo.MANDATE, "fr"): (
        "Un mandat vous est proposé",
        "{grantor} vous propose un mandat sur {provider}. Connectez-vous avec cette adresse, ou créez un compte, puis acceptez ou refusez sur la page de vos organisations et invitations. Si vous ne connaissez pas cette personne, ne faites rien.",
    ),
    (InvitedTo.MANDATE, "en"): (
        "A mandate is offered to you",
        "{grantor} offers you a mandate with {provider}. Log in with this address, or make an account, then accept or decline on the page of your organisations and invitations. If you do not know this person, do nothing.",
    ),
}
"""Subject and text, by what is offered and the language."""


class InvitationMail:
    """Sends invitations; the same one always has the same Message-ID."""

    def __init__(
        self,
        courier: Courier,
        *,
        links: Links,
        identity: MailIdentity,
        grantor: Callable[[str], tuple[str, str]],
    ) -> None:
        """Send with `courier`; `grantor` returns name and language of a party by its id."""
        self._courier = courier
        self._links = links
        self._identity = identity
        self._grantor = grantor

    def tell(self, invitation: Invitation) -> None:
        """Send one.

        Raises:
            MailUnavailableError: It could not be handed over; it is tried again.
        """
        name, language = self._grantor(invitation.grantor_id)
        language = "fr" if language == "fr" else "en"
        subject, text = WORDS[invitation.kind, language]
        said = text.format(grantor=name, provider=self._identity.provider_name)
        message = plain_message(
            identity=self._identity,
            name="",
            email=invitation.email,
            subject=subject,
            paragraphs=[said, f"{self._links.sender_url}/profile/organisations"],
            message_id=self._links.message_id("invitation", invitation.id, 1),
            language=language,
        )
        if self._courier.send(message).outcome is not MailOutcome.ACCEPTED:
            msg = "An invitation could not be sent."
            raise MailUnavailableError(msg, mend="It is tried again; check the address.")
