# ruff: noqa: E501 - sentences for people read better whole
"""The words that tell a recipient that a letter is coming: no link, no window, nothing to do.

Like the notice it is given the sender only where the rules show it before acceptance.
"""

from datetime import datetime
from email.message import EmailMessage

from lre_kit.carriers.notices import MailIdentity, MailWords, legal_time_text, mail_to
from lre_kit.law.products import Product, claim_notice, product_name
from lre_kit.letters.values import NoticeView


def pre_notice_message(
    view: NoticeView, *, identity: MailIdentity, notify_at: datetime | None, message_id: str
) -> EmailMessage:
    """Return the pre-notice of a letter.

    Args:
        view: What may be said before acceptance.
        identity: The provider.
        notify_at: When the notice leaves, and the letter can be collected; nothing: it comes by post.
        message_id: Stable id: sending twice sends the same message.
    """
    told = _french if view.language == "fr" else _english
    words = told(view, identity.provider_name, notify_at)
    return mail_to(view, identity, words, url=None, code=None, message_id=message_id)


def _french(view: NoticeView, provider: str, notify_at: datetime | None) -> MailWords:
    product = product_name(view.product, view.claim, "fr")
    if notify_at is None:
        coming = "Il est imprimé et vous parviendra par la poste dans les prochains jours."
        then = "Il n'y a rien à retirer en ligne."
    else:
        when = legal_time_text(notify_at, "fr")
        coming = f"Vous pourrez le retirer à partir du {when}."
        then = "Un avis vous sera envoyé ce jour-là, à cette adresse. Lui seul ouvre votre délai."
        if view.product is Product.OPTIMAL:
            coming = f"À partir du {when}, vous pourrez choisir de le recevoir par voie électronique ou sur papier."
    return MailWords(
        f"Un envoi va vous parvenir : {view.number}",
        f"Bonjour {view.recipient_name},",
        (
            f"Un envoi de type « {product} » vous sera adressé sous le numéro {view.number}.",
            coming,
            f"Il vous est envoyé par {view.sender_name}."
            if view.sender_name
            else "L'identité de l'expéditeur ne peut pas vous être dite à présent.",
        ),
        None,
        (
            "Ce message n'est pas l'avis : aucun délai ne court, et vous n'avez rien à faire pour l'instant.",
            then,
            f"Cet envoi est acheminé par {provider}.",
            claim_notice(view.claim, "fr"),
        ),
    )


def _english(view: NoticeView, provider: str, notify_at: datetime | None) -> MailWords:
    product = product_name(view.product, view.claim, "en")
    if notify_at is None:
        coming = "It is printed and will come by post within the next days."
        then = "There is nothing to collect online."
    else:
        when = legal_time_text(notify_at, "en")
        coming = f"You can collect it from {when}."
        then = "A notice will be sent to this address on that day. It alone opens the time you have."
        if view.product is Product.OPTIMAL:
            coming = f"From {when} you can choose to receive it electronically or on paper."
    return MailWords(
        f"A letter is coming: {view.number}",
        f"Hello {view.recipient_name},",
        (
            f"A sending of the kind “{product}” will be addressed to you under number {view.number}.",
            coming,
            f"It is sent by {view.sender_name}."
            if view.sender_name
            else "Who sent it cannot be told to you now.",
        ),
        None,
        (
            "This message is not the notice: no time runs, and there is nothing you have to do now.",
            then,
            f"This sending is carried by {provider}.",
            claim_notice(view.claim, "en"),
        ),
    )
