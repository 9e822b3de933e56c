# ruff: noqa: E501 - sentences for people read better whole
"""The words beside a recipient's letter: not for me, everything in one file, letters before, accessibility."""

from collections.abc import Mapping
from functools import cache

from lre_web.texts import LANGUAGES, language, spoken

_TEXTS: Mapping[str, tuple[str, str]] = {
    "not_for_me": ("Cet envoi n'est pas pour moi", "This is not for me"),
    "not_lead": (
        "Si vous n'êtes pas la personne nommée ci-dessous, ne l'acceptez pas et ne la refusez pas : dites-le ici.",
        "If you are not the person named below, neither accept nor refuse it: say so here.",
    ),
    "not_what": ("Ce qui se passe", "What happens"),
    "not_1": (
        "Nous notons, avec l'heure, que cet envoi est arrivé chez quelqu'un d'autre.",
        "We take down, with the time, that this sending reached somebody else.",
    ),
    "not_2": ("Nous ne vous envoyons plus de rappel.", "We send you no more reminders."),
    "not_3": (
        "L'expéditeur n'apprend rien de vous. Pour lui, l'envoi reste sans réponse et sera réputé non réclamé à la fin du délai.",
        "The sender learns nothing of you. To them the sending stays unanswered, and is recorded as not claimed when the window ends.",
    ),
    "not_4": (
        "Rien n'est ouvert, et rien n'est décidé. La personne nommée peut encore répondre, si elle lit cette adresse.",
        "Nothing is opened, and nothing is decided. The person named can still answer, if they read this mailbox.",
    ),
    "not_type": (
        "Pour confirmer, tapez les quatre premiers caractères du numéro ci-dessus",
        "To confirm, type the first four characters of the number above",
    ),
    "not_do": ("Ce n'est pas pour moi", "It is not for me"),
    "not_reader": (
        "Ce lien n'a pas été envoyé à l'adresse actuelle de cet envoi.",
        "This link was not sent to the present address of this sending.",
    ),
    "not_reader_mend": (
        "Ouvrez le lien du dernier avis, ou identifiez-vous d'abord par un code.",
        "Open the link of the newest notice, or identify yourself by a code first.",
    ),
    "not_typed": (
        "Ces quatre caractères ne sont pas ceux du numéro.",
        "These four characters are not those of the number.",
    ),
    "not_typed_mend": (
        "Tapez le début du numéro affiché en haut de la page.",
        "Type the beginning of the number shown at the head of the page.",
    ),
    "not_said": (
        "Merci. C'est noté depuis le {when}. Vous pouvez effacer le courriel : il n'y a rien d'autre à faire.",
        "Thank you. It has been taken down on {when}. You may delete the message: there is nothing else to do.",
    ),
    "back": ("Retour à l'avis", "Back to the notice"),
    "everything": ("Tout télécharger (ZIP)", "Download everything (ZIP)"),
    "everything_hint": (
        "Les documents, la preuve de réception et le dossier de preuves. Gardez-le : nous ne le gardons pas pour toujours.",
        "The documents, the proof of receipt and the bundle of evidence. Keep it: we do not keep it for ever.",
    ),
    "past": ("Vos autres envois", "Your other letters"),
    "past_link": ("Voir les envois adressés à cette boîte", "See the letters addressed to this mailbox"),
    "past_lead": (
        "Annoncés à {email}. Ouvrir un envoi redemande un code : chacun a le sien.",
        "Announced to {email}. Opening one asks for a code again: each has its own.",
    ),
    "past_none": (
        "Aucun autre envoi n'a été annoncé à cette boîte.",
        "No other letter was announced to this mailbox.",
    ),
    "past_notified": ("Annoncé le {when}", "Announced on {when}"),
    "past_from": ("De {name}", "From {name}"),
    "past_hidden": ("Expéditeur révélé si vous acceptez", "You learn who sent it if you accept"),
    "past_open": ("Ouvrir", "Open"),
    "past_open_of": ("Ouvrir l'envoi {number}", "Open letter {number}"),
    "choose_one": ("Choisissez une des deux possibilités.", "Choose one of the two."),
    "choose_do": ("Confirmer mon choix", "Confirm my choice"),
    "a11y": ("Accessibilité", "Accessibility"),
    "a11y_lead": (
        "Ces pages visent la norme WCAG 2.2, niveau AA, et sont faites pour le clavier, les lecteurs d'écran, le zoom à 400 % et les téléphones.",
        "These pages aim at WCAG 2.2, level AA, and are made for keyboards, screen readers, a zoom of 400 % and telephones.",
    ),
    "a11y_state": ("État de conformité", "State of conformity"),
    "a11y_state_text": (
        "Aucun audit extérieur n'a encore eu lieu : ces pages ne sont donc pas déclarées conformes. Voici ce que nous vérifions nous-mêmes, à chaque version.",
        "No outside audit has taken place yet: these pages are therefore not declared conformant. This is what we check ourselves, for every version.",
    ),
    "a11y_check_pages": (
        "Chacune des {pages} pages est examinée par axe-core dans un navigateur, sur grand écran et sur téléphone, en clair et en sombre : aucune faute n'est admise.",
        "Each of the {pages} pages is examined by axe-core in a browser, on a wide screen and on a telephone, light and dark: no fault is let through.",
    ),
    "a11y_check_keys": (
        "Déposer une lettre et y répondre se fait au clavier seul.",
        "A letter is deposited, and answered, with the keyboard alone.",
    ),
    "a11y_check_scripts": (
        "Tout fonctionne sans scripts, sauf la caméra et les clés de sécurité.",
        "Everything works without scripts, except the camera and security keys.",
    ),
    "a11y_check_words": (
        "Tout existe en français et en anglais, et chaque page dit sa langue.",
        "Everything exists in French and English, and each page says its language.",
    ),
    "a11y_limits": ("Ce qui ne va pas encore", "What is not right yet"),
    "a11y_limit_documents": (
        "Les documents déposés par les expéditeurs sont remis tels quels : nous ne pouvons pas les rendre accessibles.",
        "Documents that senders deposit are handed over as they are: we cannot make them accessible.",
    ),
    "a11y_limit_proofs": (
        "Les preuves en PDF ont une structure, mais n'ont pas été testées avec tous les lecteurs d'écran.",
        "Proofs as PDF are structured, but were not tested with every screen reader.",
    ),
    "a11y_limit_face": (
        "La vérification d'identité à distance demande une caméra ; une autre voie est toujours offerte.",
        "Remote identification asks for a camera; another way is always offered.",
    ),
    "a11y_help": ("Aide et raccourcis", "Help and shortcuts"),
    "a11y_help_text": (
        "Le lien « Aller au contenu » vient en premier sur chaque page. Dans la liste des lettres, la touche ? montre les raccourcis, qui peuvent être coupés. Les délais ne changent pas, mais rien ne presse sur une page : ce qui est tapé est gardé.",
        "The link “Skip to content” comes first on every page. In the list of letters the key ? shows the shortcuts, which can be turned off. Legal windows do not change, but no page hurries you: what is typed is kept.",
    ),
    "a11y_tell": ("Un obstacle ?", "Something in your way?"),
    "a11y_tell_text": (
        "Écrivez à {address} : dites la page et ce qui ne va pas. Sans réponse satisfaisante, vous pouvez saisir le Défenseur des droits (defenseurdesdroits.fr).",
        "Write to {address}: tell the page and what is wrong. Without a satisfying answer you may turn to the French Défenseur des droits (defenseurdesdroits.fr).",
    ),
    "a11y_made": (
        "Déclaration établie pour la version {version} de LRE Kit.",
        "Statement made for version {version} of LRE Kit.",
    ),
}


@cache
def _catalogue(chosen: str) -> Mapping[str, str]:
    place = LANGUAGES.index(chosen)
    return {name: both[place] for name, both in _TEXTS.items()}


def recipient_texts() -> Mapping[str, str]:
    """Return the words in the page's language."""
    return spoken("recipient", _catalogue(language()))
