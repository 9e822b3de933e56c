# ruff: noqa: E501 - sentences for people read better whole
"""Words of the paper leg and of the choice between kinds, in French and English."""

from collections.abc import Mapping
from functools import cache

from lre_web.texts import LANGUAGES, language, spoken

_TEXTS: Mapping[str, tuple[str, str]] = {
    "needs": ("Quelle lettre vous faut-il ?", "Which letter do you need?"),
    "needs_question": (
        "La loi ou un contrat exige-t-il une lettre recommandée avec avis de réception ?",
        "Does the law or a contract ask for a registered letter with acknowledgement of receipt?",
    ),
    "needs_unset": ("Je ne sais pas", "I do not know"),
    "needs_unset_text": (
        "Résiliation, mise en demeure, congé, préavis : relisez le texte ou le contrat. Dans le doute, répondez oui.",
        "Termination, formal notice, leave, notice to quit: read the text or the contract again. If in doubt, answer yes.",
    ),
    "needs_no": ("Non, une preuve me suffit", "No, a proof is enough"),
    "needs_no_text": (
        "Une lettre suivie convient : vous saurez si elle a été reçue, refusée ou non réclamée, et vous en aurez la preuve.",
        "A tracked letter will do: you will know whether it was received, refused or not claimed, and have the proof.",
    ),
    "needs_yes": ("Oui", "Yes"),
    "needs_yes_text": (
        "Seul un envoi électronique qualifié équivaut à une lettre recommandée, et un particulier doit avoir accepté d'en recevoir. Sinon, c'est la poste qui convient.",
        "Only a qualified electronic sending is equivalent to a registered letter, and a private person must have agreed to receive them. Otherwise the post is the way.",
    ),
    "understood": (
        "Je sais que le type choisi ne vaut pas lettre recommandée, et je dépose quand même.",
        "I know that the kind I choose is not a registered letter, and I deposit all the same.",
    ),
    "caution_not_equivalent": (
        "Vous avez dit qu'il faut une lettre recommandée : ce type d'envoi n'en est pas une.",
        "You said that a registered letter is needed: this kind of sending is not one.",
    ),
    "caution_office_not_qualified": (
        "Vous avez dit qu'il faut une lettre recommandée : ce service n'est pas qualifié, et ses envois électroniques n'en sont pas.",
        "You said that a registered letter is needed: this service is not qualified, and its electronic sendings are not registered letters.",
    ),
    "caution_mend": (
        "Choisissez un autre type, ou cochez « Je sais que… » pour déposer quand même.",
        "Choose another kind, or tick “I know that…” to deposit all the same.",
    ),
    "product_hybrid": (
        "Nous imprimons vos documents et la poste les porte. L'effet est celui du courrier papier choisi, non d'un envoi électronique.",
        "We print your documents and the post carries them. The effect is that of the paper mail chosen, not of an electronic sending.",
    ),
    "product_optimal": (
        "Le destinataire est prévenu par courriel et choisit de recevoir ici ou sur papier. Sans réponse à temps, la poste porte la lettre.",
        "The recipient is told by e-mail and chooses to receive here or on paper. Without an answer in time, the post carries the letter.",
    ),
    "by_post": ("Par la poste", "By post"),
    "by_post_lead": (
        "À remplir pour une lettre imprimée ou au choix du destinataire.",
        "Fill this in for a printed letter, or one with the recipient's choice.",
    ),
    "postal": ("Adresse postale du destinataire", "Recipient's postal address"),
    "postal_hint": (
        "Une ligne par ligne d'adresse, le nom d'abord, le code postal et la ville à la fin ; six lignes de 38 caractères au plus.",
        "One line for each line of the address, the name first, postcode and town last; at most six lines of 38 characters.",
    ),
    "country": ("Pays", "Country"),
    "duplex": ("Imprimer recto verso", "Print on both sides"),
    "colour": ("Imprimer en couleur", "Print in colour"),
    "choice_days": ("Jours laissés pour choisir", "Days to choose"),
    "choice_days_hint": (
        "Pour une lettre au choix du destinataire : de {first} à {last} jours.",
        "For a letter with the recipient's choice: {first} to {last} days.",
    ),
    "electronic_as": ("Si le destinataire choisit l'électronique", "If the recipient chooses electronic"),
    "electronic_simple": ("il s'identifie par un code", "they identify by a code"),
    "electronic_qualified": ("il s'identifie fortement", "they identify strongly"),
    "preview": ("Voir ce qui sera imprimé (PDF)", "See what will be printed (PDF)"),
    "preview_hint": (
        "L'aperçu ne dépose rien. Il s'ouvre dans un autre onglet.",
        "The preview deposits nothing. It opens in another tab.",
    ),
    "postal_missing": ("L'adresse postale est vide.", "The postal address is empty."),
    "postal_missing_mend": ("Remplissez-la, le nom d'abord.", "Fill it in, the name first."),
    "leg": ("Sur papier", "On paper"),
    "leg_attempt": ("Envoi postal n° {number}", "Posting {number}"),
    "leg_address": ("Adresse", "Address"),
    "leg_number": ("Numéro postal", "Item number"),
    "leg_number_none": ("pas encore connu", "not known yet"),
    "leg_sheets": ("Impression", "Print"),
    "leg_sheets_text": (
        "{pages} page(s), {sheets} feuille(s), {sides}",
        "{pages} page(s), {sheets} sheet(s), {sides}",
    ),
    "leg_both": ("recto verso", "both sides"),
    "leg_one": ("recto seul", "one side"),
    "leg_handed_over": ("Confié au transporteur", "Handed to the carrier"),
    "leg_not_yet": (
        "en attente : il partira avec le prochain lot",
        "waiting: it leaves with the next batch",
    ),
    "leg_rejected": (
        "le prestataire d'impression ne l'a pas pris ; l'opérateur s'en occupe",
        "the print provider did not take it; the operator deals with it",
    ),
    "leg_missing": (
        "Sans nouvelles depuis quarante jours : le pli est présumé perdu.",
        "No news for forty days: the item counts as lost.",
    ),
    "leg_news": ("Suivi du transporteur", "The carrier's tracking"),
    "leg_files": ("Pièces revenues", "What came back"),
    "file_acknowledgement": ("Avis de réception numérisé", "Scanned acknowledgement of receipt"),
    "file_printed": ("Ce qui a été imprimé", "What was printed"),
    "file_envelope": ("Enveloppe revenue", "Envelope that came back"),
    "comparison_identical": ("identique au fichier remis", "the very file handed over"),
    "comparison_same_pages": ("mêmes pages que le fichier remis", "same pages as the file handed over"),
    "comparison_different": ("diffère du fichier remis", "differs from the file handed over"),
    "readdress": ("Renvoyer à une adresse corrigée", "Post again to a corrected address"),
    "readdress_hint": (
        "Le pli est revenu. Un nouvel envoi postal part, avec son propre numéro.",
        "The item came back. A new posting leaves, with a number of its own.",
    ),
    "choice_until": (
        "Le destinataire peut choisir jusqu'au {when} (exclu). Sans réponse, la lettre est imprimée et postée.",
        "The recipient may choose until {when} (exclusive). Without an answer the letter is printed and posted.",
    ),
    "choose_title": ("Comment voulez-vous recevoir cet envoi ?", "How do you want to receive this sending?"),
    "choose_lead": (
        "Un envoi vous est adressé. Vous choisissez la voie ; vous pourrez encore le refuser.",
        "A sending is addressed to you. You choose the way; you may still refuse it.",
    ),
    "choose_if_nothing": (
        "Si vous ne choisissez rien avant le {when}, il sera imprimé et vous arrivera par la poste.",
        "If you choose nothing before {when}, it will be printed and come by post.",
    ),
    "choose_electronic": ("Le recevoir ici", "Receive it here"),
    "choose_electronic_text": (
        "Vous vous identifiez, puis vous l'acceptez ou le refusez sur cette page dans les {days} jours. Rien n'est imprimé.",
        "You identify, then accept or refuse it on this page within {days} days. Nothing is printed.",
    ),
    "choose_paper": ("Le recevoir sur papier", "Receive it on paper"),
    "choose_paper_text": (
        "Il est imprimé et la poste le porte à l'adresse donnée par l'expéditeur. Ce choix est définitif : vous ne pourrez plus le lire ici.",
        "It is printed and the post carries it to the address its sender gave. This choice is final: you cannot read it here any more.",
    ),
    "on_its_way": (
        "Cet envoi vous parvient sur papier, par la poste. Il n'y a plus rien à faire ici.",
        "This sending comes to you on paper, by post. There is nothing more to do here.",
    ),
}


PRINT_REASONS: Mapping[str, tuple[str, str]] = {
    "encrypted": ("est chiffré et ne peut pas être imprimé", "Exportez-le sans mot de passe ni restriction."),
    "unreadable": ("ne peut pas être lu jusqu'au bout", "Exportez-le de nouveau en PDF."),
    "javascript": (
        "contient des scripts ou des actions",
        "Imprimez-le vers un nouveau PDF et envoyez celui-ci.",
    ),
    "xfa": ("est un formulaire dynamique (XFA)", "Imprimez-le vers un nouveau PDF et envoyez celui-ci."),
    "fonts": (
        "utilise des polices qui ne sont pas incorporées",
        "Exportez-le avec toutes ses polices (PDF/A le fait).",
    ),
    "page-size": ("n'est pas au format A4", "Exportez-le en A4 (210 × 297 mm)."),
    "too-large": ("est trop lourd pour être imprimé", "Réduisez ses images, ou coupez-le."),
    "too-slow": ("est trop long à mettre en page", "Imprimez-le vers un nouveau PDF et envoyez celui-ci."),
    "text": ("est trop long pour être imprimé", "Coupez-le."),
}
"""Why a document cannot be printed, and how to mend it, in French."""


@cache
def post_catalogue(chosen: str) -> Mapping[str, str]:
    """Return all words of this file in one language."""
    place = LANGUAGES.index(chosen)
    return {name: both[place].replace(" ?", "\N{NARROW NO-BREAK SPACE}?") for name, both in _TEXTS.items()}


def post_words() -> Mapping[str, str]:
    """Return the words in the page's language."""
    return spoken("post", post_catalogue(language()))
