# ruff: noqa: E501 - sentences for people read better whole
"""The words of the pages of webhooks, in French and English."""

from collections.abc import Mapping
from functools import cache

from lre_web.texts import LANGUAGES, language, spoken

WEBHOOK_PROBLEMS: Mapping[str, tuple[str, str]] = {
    "webhook-address": (
        "Aucun webhook ne peut aller à cette adresse.",
        "Donnez une adresse https, sur le port 443, d'un serveur que tout Internet peut joindre.",
    ),
    "webhook-limit": (
        "C'est trop : de points de réception, d'événements à rejouer, ou de caractères.",
        "Au plus 10 points de réception, 1000 événements à la fois et 200 caractères de description.",
    ),
    "webhook-type": ("Ce type d'événement n'existe pas.", "Choisissez dans la liste."),
    "webhook-disabled": ("Ce point de réception est désactivé.", "Réactivez-le, puis rejouez."),
    "webhook-too-soon": (
        "Un essai vient d'être fait.",
        "Regardez le journal, ou réessayez dans quelques secondes.",
    ),
}

_TEXTS: Mapping[str, tuple[str, str]] = {
    "webhooks": ("Webhooks", "Webhooks"),
    "lead": (
        "Votre logiciel apprend ce qui arrive à vos lettres au moment où cela arrive : chaque événement est envoyé à son adresse, signé, et réessayé pendant trois jours.",
        "Your software learns what happens to your letters when it happens: each event is sent to its address, signed, and tried again for three days.",
    ),
    "list": ("Vos points de réception", "Your endpoints"),
    "none": ("Aucun point de réception.", "No endpoint yet."),
    "new": ("Ajouter un point de réception", "Add an endpoint"),
    "url": ("Adresse", "Address"),
    "url_hint": (
        "https, sur le port 443. Ce qui suit le nom du serveur peut contenir ce que vous voulez.",
        "https, on port 443. What follows the server's name may hold whatever you like.",
    ),
    "description": ("Description", "Description"),
    "types": ("Événements", "Events"),
    "types_hint": ("tous, ou seulement ceux que vous choisissez", "all of them, or only those you choose"),
    "all_types": ("tous", "all"),
    "add": ("Ajouter", "Add"),
    "removed": ("Supprimé", "Removed"),
    "remove": ("Supprimer", "Remove"),
    "remove_hint": (
        "Il disparaît pour toujours, avec ses secrets et son journal. Rien ne lui est plus envoyé.",
        "It is gone for ever, with its secrets and its log. Nothing is sent to it any more.",
    ),
    "secret_title": ("Secret de ce point de réception", "Secret of this endpoint"),
    "secret_note": (
        "Copiez-le maintenant : il n'est plus jamais montré. Votre logiciel vérifie avec lui que chaque événement vient d'ici.",
        "Copy it now: it is never shown again. With it your software checks that each event comes from here.",
    ),
    "secret": ("Secret (v1)", "Secret (v1)"),
    "public_key": ("Clé publique (v1a)", "Public key (v1a)"),
    "active": ("Actif", "Active"),
    "disabled": ("Désactivé", "Disabled"),
    "why_owner": ("désactivé à la demande", "disabled on request"),
    "why_failing": ("toutes les tentatives ont échoué", "every try failed"),
    "why_gone": ("ce serveur répond qu'il n'existe plus (410)", "it answers that it is gone (410)"),
    "since": ("Depuis le {when} : {why}.", "Since {when}: {why}."),
    "resting": (
        "Ce serveur ne répond pas ; rien ne lui est envoyé avant le {when}.",
        "This server does not answer; nothing is sent to it before {when}.",
    ),
    "last_success": ("Dernier événement reçu", "Last event taken"),
    "never": ("jamais", "never"),
    "made": ("Ajouté", "Added"),
    "former": ("Ancien secret valable jusqu'au", "Former secret valid until"),
    "test": ("Envoyer un essai", "Send a test"),
    "tested": (
        "L'essai part. Son résultat est dans le journal ci-dessous.",
        "The test is leaving. Its result is in the log below.",
    ),
    "look_again": ("Actualiser", "Look again"),
    "log": ("Journal", "Log"),
    "log_none": ("Rien n'a encore été envoyé.", "Nothing was sent yet."),
    "only": ("Filtre du journal", "Filter of the log"),
    "any": ("Tout", "Everything"),
    "s_pending": ("En attente", "Waiting"),
    "s_delivered": ("Reçu", "Taken"),
    "s_failed": ("Échec", "Failed"),
    "s_cancelled": ("Annulé", "Cancelled"),
    "replayed": ("rejoué", "replayed"),
    "waits": (
        "attend l'événement précédent de la même lettre",
        "waits for the event before it of the same letter",
    ),
    "next": ("prochain essai le {when}", "next try {when}"),
    "tries": ("Tentatives : {count}", "Tries: {count}"),
    "try": ("{when} : {what}, {took} ms", "{when}: {what}, {took} ms"),
    "f_address": ("adresse non admise ou inconnue", "address not allowed or unknown"),
    "f_unreachable": ("injoignable", "unreachable"),
    "f_tls": ("certificat ou chiffrement refusé", "certificate or encryption refused"),
    "f_timeout": ("pas de réponse à temps", "no answer in time"),
    "f_answer": ("réponse illisible", "answer that cannot be read"),
    "answered": ("réponse {status}", "answered {status}"),
    "older": ("Plus anciens", "Older"),
    "replay": ("Rejouer une période", "Replay a period"),
    "replay_lead": (
        "Les événements de vos lettres sont envoyés de nouveau, avec le même identifiant et la mention « replay ».",
        "The events of your letters are sent again, with the same id and marked as replay.",
    ),
    "from": ("Du", "From"),
    "to": ("Au", "To"),
    "legal_time": ("Heure de Paris.", "Paris time."),
    "missed": ("Seulement ce qui n'a pas été reçu", "Only what was not taken"),
    "replay_do": ("Rejouer", "Replay"),
    "replay_done": ("Événements envoyés de nouveau : {count}.", "Events sent again: {count}."),
    "bad_time": ("Cette période n'en est pas une.", "This is no period."),
    "bad_time_mend": (
        "Donnez une date et une heure de début, et une fin qui les suit.",
        "Give a date and time to begin with, and an end after them.",
    ),
    "secret_part": ("Secret", "Secret"),
    "rotate": ("Changer le secret", "Rotate the secret"),
    "rotate_hint": (
        "Pendant 24 heures, chaque événement est signé avec l'ancien et le nouveau.",
        "For 24 hours each event is signed with the former and the new one.",
    ),
    "disable": ("Désactiver", "Disable"),
    "disable_hint": (
        "Plus rien n'est envoyé ; ce qui attend est annulé. Une période peut être rejouée plus tard.",
        "Nothing more is sent; what waits is cancelled. A period can be replayed later.",
    ),
    "enable": ("Réactiver", "Enable"),
    "back": ("Tous les points de réception", "All endpoints"),
    "e_letter.deposited": ("Lettre déposée", "Letter deposited"),
    "e_letter.withdrawn": ("Lettre retirée", "Letter withdrawn"),
    "e_letter.notified": ("Avis envoyé", "Notice sent"),
    "e_letter.notice_failed": ("Avis non remis", "Notice failed"),
    "e_letter.accepted": ("Acceptée", "Accepted"),
    "e_letter.refused": ("Refusée", "Refused"),
    "e_letter.unclaimed": ("Non réclamée", "Not claimed"),
    "e_letter.content_available": ("Contenu mis à disposition", "Content made available"),
    "e_letter.not_handed_over": ("Contenu non remis", "Content not handed over"),
    "e_letter.received": ("Remise au destinataire", "Handed to the recipient"),
    "e_letter.content_opened": ("Contenu consulté", "Content opened"),
    "e_letter.content_erased": ("Contenu effacé", "Content erased"),
    "e_letter.posted": ("Confiée au transporteur", "Handed to the carrier"),
    "e_letter.posting_failed": ("Échec de l'impression", "Printing failed"),
    "e_letter.carrier_reported": ("Nouvelle du transporteur", "News from the carrier"),
    "e_letter.paper_chosen": ("Papier choisi", "Paper chosen"),
    "e_letter.other": ("Autre événement", "Other event"),
    "e_endpoint.test": ("Essai", "Test"),
}


@cache
def _catalogue(chosen: str) -> Mapping[str, str]:
    place = LANGUAGES.index(chosen)
    return {name: both[place] for name, both in _TEXTS.items()}


def webhook_texts() -> Mapping[str, str]:
    """Return the words in the page's language."""
    return spoken("webhooks", _catalogue(language()))
