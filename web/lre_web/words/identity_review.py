# ruff: noqa: E501 - sentences for people read better whole
"""The words of the operators' pages, in French and English."""

from collections.abc import Mapping
from functools import cache

from lre_web.texts import LANGUAGES, language, spoken
from lre_web.words.identity import spaced

_TEXTS: Mapping[str, tuple[str, str]] = {
    "queue": ("Identifications à examiner", "Identifications to review"),
    "queue_empty": ("Aucun dossier n'attend.", "No file waits."),
    "counts": ("{waiting} en attente, dont {overdue} hors délai et {disputed} en désaccord.", "{waiting} waiting, {overdue} of them overdue and {disputed} in disagreement."),
    "promise": ("Réponse promise sous {service}.", "Answer promised within {service}."),
    "oldest": ("Le plus ancien attend depuis {age}.", "The oldest has waited for {age}."),
    "mine": ("Dossiers que vous tenez", "Files you hold"),
    "others": ("Dossiers qui attendent", "Files that wait"),
    "file": ("Dossier", "File"),
    "purpose": ("Pour", "For"),
    "purpose_recipient": ("recevoir une lettre", "receiving a letter"),
    "purpose_sender": ("envoyer des lettres", "sending letters"),
    "purpose_order": ("un moyen d'identification", "a means of identification"),
    "waits_since": ("attend depuis {age}", "has waited for {age}"),
    "answer_by": ("réponse avant le {when}", "answer by {when}"),
    "overdue": ("Hors délai", "Overdue"),
    "flags_n": ("Signalements : {n}", "Flags: {n}"),
    "verdicts_n": ("Avis déjà donnés : {n}", "Verdicts so far: {n}"),
    "held_you": ("Vous le tenez jusqu'au {when}", "You hold it until {when}"),
    "held_other": ("Tenu par un autre opérateur", "Held by another operator"),
    "free": ("Libre", "Free"),
    "claim": ("Prendre", "Take"),
    "claim_again": ("Reprendre ce dossier", "Take this file again"),
    "open": ("Ouvrir", "Open"),
    "more": ("Dossiers suivants", "Further files"),
    "release": ("Rendre à la file", "Give back to the queue"),
    "back_to_queue": ("Retour à la file", "Back to the queue"),
    "done_approve": ("Approuvé.", "Approved."),
    "done_refuse": ("Refusé ; la personne peut lire le motif.", "Refused; the person can read the reason."),
    "done_ask_again": ("La personne est invitée à refaire ce que vous avez coché.", "The person is asked to make again what you ticked."),
    "done_second": ("Votre avis est noté. Un autre opérateur doit encore regarder ce dossier.", "Your verdict is on record. Another operator must still look at this file."),
    "done_release": ("Rendu à la file.", "Given back to the queue."),
    "case_title": ("Dossier d'identification", "Identification file"),
    "not_held_title": ("Vous ne tenez pas ce dossier", "You do not hold this file"),
    "pictures": ("Images", "Pictures"),
    "pictures_logged": ("Chaque image ouverte est notée à votre nom.", "Each picture you open is recorded under your name."),
    "zoom": ("Voir en grand", "View full size"),
    "film_play": ("Lire le film seul", "Play the film by itself"),
    "part_document_front": ("Recto de la pièce", "Front of the document"),
    "part_document_back": ("Verso de la pièce", "Back of the document"),
    "part_face_video": ("Film du visage", "Film of the face"),
    "part_face_photo": ("Photo du visage", "Photo of the face"),
    "challenge": ("Ce qui était demandé pendant le film", "What was asked during the film"),
    "identity": ("Identité", "Identity"),
    "attribute": ("Donnée", "Attribute"),
    "declared": ("Déclaré", "Declared"),
    "from_title": ("Lu sur la pièce", "Read from the document"),
    "comparison": ("Comparaison", "Comparison"),
    "family_name": ("Nom de naissance", "Family name at birth"),
    "usage_name": ("Nom d'usage", "Name in use"),
    "given_names": ("Prénoms", "First names"),
    "birth_date": ("Date de naissance", "Date of birth"),
    "title_kind": ("Nature de la pièce", "Kind of document"),
    "number": ("Numéro", "Number"),
    "issuer": ("Émetteur", "Issuer"),
    "nationality": ("Nationalité", "Nationality"),
    "expiry": ("Valable jusqu'au", "Valid until"),
    "issued": ("Délivrée en", "Issued in"),
    "lines": ("Lignes à lire par machine", "Machine-readable lines"),
    "addressee_stated": ("Le nom diffère de celui de la lettre", "The name differs from the letter's"),
    "addressee_stated_hint": (
        "Sans cette déclaration, l'approbation ne remet pas la lettre. Le motif est conservé.",
        "Without this statement, approving hands no letter over. The reason is kept.",
    ),
    "addressee_state": (
        "J'ai vérifié que cette personne est bien la destinataire de la lettre",
        "I made sure that this person is the letter's addressee",
    ),
    "addressee_why": ("Ce qui le montre", "What shows it"),
    "addressee": ("Lettre adressée à", "Letter addressed to"),
    "fit_same": ("identique", "same"),
    "fit_close": ("proche", "close"),
    "fit_different": ("différent", "different"),
    "fit_unsure": ("à vérifier à l'œil", "to check by eye"),
    "fit_unknown": ("inconnu", "unknown"),
    "flags": ("Signalements automatiques", "Automatic flags"),
    "flags_none": ("Aucun. Ce n'est pas une raison d'approuver sans regarder.", "None. That is no reason to approve without looking."),
    "checklist": ("Points à vérifier", "Points to check"),
    "level": ("Niveau atteint", "Level reached"),
    "level_low": ("faible", "low"),
    "level_substantial": ("substantiel", "substantial"),
    "level_high": ("élevé", "high"),
    "decide": ("Décider", "Decide"),
    "approve": ("Approuver", "Approve"),
    "approve_text": ("Cochez ce que vous avez vérifié vous-même, sur les images.", "Tick what you have checked yourself, in the pictures."),
    "refuse": ("Refuser", "Refuse"),
    "refuse_text": ("La personne lira ce motif tel quel.", "The person will read this reason as it is."),
    "ask_again": ("Faire refaire", "Ask again"),
    "ask_again_text": ("La personne ne refait que ce que vous cochez.", "The person makes again only what you tick."),
    "parts": ("À refaire", "To make again"),
    "reason": ("Motif", "Reason"),
    "reason_choose": ("Choisir…", "Choose…"),
    "reason_own": ("Précisions pour la personne", "More for the person"),
    "reason_own_hint": ("En {language}. N'écrivez rien sur d'autres personnes.", "In {language}. Write nothing about other people."),
    "language_fr": ("français", "French"),
    "language_en": ("anglais", "English"),
    "two_eyes": ("Deux opérateurs doivent être d'accord. Votre avis reste caché au second.", "Two operators must agree. Your verdict stays hidden from the second."),
    "one_eye": ("Un opérateur suffit pour décider.", "One operator suffices to decide."),
    "verdicts_before": ("Un autre opérateur a déjà donné son avis dans ce tour ; il vous reste caché.", "Another operator has given a verdict in this round; it stays hidden from you."),
    "history": ("Décisions des tours précédents", "Verdicts of earlier rounds"),
    "verdict_approve": ("approuvé", "approved"),
    "verdict_refuse": ("refusé", "refused"),
    "verdict_ask_again": ("à refaire", "asked again"),
    "means_nav": ("Noms à comparer", "Names to compare"),
    "means_queue": ("Moyens d'identification dont le nom est à comparer", "Means of identification whose name is to be compared"),
    "means_queue_text": ("Le nom qu'ils portent n'est pas clairement celui de leur titulaire. Ils n'identifient personne avant d'être acceptés.", "The name they bear is not plainly their holder's. They identify nobody before they are accepted."),
    "means_queue_empty": ("Aucun moyen n'attend.", "No means waits."),
    "means_kind_certificate": ("Certificat", "Certificate"),
    "means_kind_eid": ("Identité électronique", "Electronic identity"),
    "means_shown": ("présenté le {when}", "shown on {when}"),
    "means_compare": ("Comparer", "Compare"),
    "means_title": ("Comparer les noms", "Compare the names"),
    "means_told": ("Dans le moyen présenté", "In what was shown"),
    "means_known": ("Connu ici", "Known here"),
    "name": ("Nom", "Name"),
    "preferred_name": ("Nom d'usage", "Name in use"),
    "common_name": ("Nom courant", "Common name"),
    "pseudonym": ("Pseudonyme", "Pseudonym"),
    "means_accept": ("Accepter", "Accept"),
    "means_accept_text": ("C'est la même personne : le moyen sert aussitôt, et son titulaire en est averti.", "It is the same person: the means serves at once, and its holder is told."),
    "means_refuse_text": ("Le moyen est révoqué pour toujours ; son titulaire en est averti.", "The means is revoked for ever; its holder is told."),
    "means_reason_hint": ("Gardé dans l'historique du moyen, avec votre nom : ce qui le montre.", "Kept in the history of the means, with your name: what shows it."),
    "means_done_accept": ("Accepté.", "Accepted."),
    "means_done_refuse": ("Refusé et révoqué.", "Refused and revoked."),
    "reason_unreadable": ("Les images ne se lisent pas assez bien.", "The pictures cannot be read well enough."),
    "reason_cut": ("La pièce n'est pas entière sur l'image.", "The document is not whole in the picture."),
    "reason_glare": ("Un reflet cache une partie de la pièce.", "Glare hides a part of the document."),
    "reason_expired": ("La pièce n'est plus valable.", "The document has expired."),
    "reason_other_person": ("La pièce ne correspond pas à l'identité déclarée.", "The document does not fit the declared identity."),
    "reason_face": ("Le visage n'est pas reconnaissable comme celui de la pièce.", "The face cannot be recognised as that of the document."),
    "reason_challenge": ("Les consignes du film n'ont pas été suivies.", "What the film asked was not done."),
    "reason_not_genuine": ("L'authenticité de la pièce n'a pas pu être établie.", "It could not be established that the document is genuine."),
    "reason_not_original": ("Il faut montrer la pièce elle-même, pas une copie ni un écran.", "The document itself must be shown, not a copy or a screen."),
}  # fmt: skip

REFUSE_REASONS = ("expired", "other_person", "face", "not_genuine", "not_original", "challenge", "unreadable")
"""Reasons to refuse, by the end of their words' names."""

AGAIN_REASONS = ("unreadable", "cut", "glare", "challenge", "face", "not_original")
"""Reasons to ask again."""


@cache
def review_catalogue(chosen: str) -> Mapping[str, str]:
    """Return the words of the operators' pages in one language."""
    place = LANGUAGES.index(chosen)
    tidy = spaced if chosen == "fr" else str
    return {name: tidy(both[place]) for name, both in _TEXTS.items()}


def review_texts() -> Mapping[str, str]:
    """Return the words of the operators' pages in the page's language."""
    return spoken("identity_review", review_catalogue(language()))
