# ruff: noqa: E501 - sentences for people read better whole
"""The words of the public pages: help, status, contact, documents of trust, checking a message."""

from collections.abc import Mapping
from functools import cache

from lre_web.texts import LANGUAGES, language, spoken

_TEXTS: Mapping[str, tuple[str, str]] = {
    "nav": ("Aide et confiance", "Help and trust"),
    "help": ("Aide", "Help"),
    "help_lead": (
        "Tapez quelques mots, ou choisissez une question.",
        "Type a few words, or choose a question.",
    ),
    "search": ("Chercher dans l'aide", "Search the help"),
    "search_do": ("Chercher", "Search"),
    "found_0": (
        "Rien ne correspond à « {q} ». Essayez d'autres mots, ou écrivez-nous.",
        "Nothing fits “{q}”. Try other words, or write to us.",
    ),
    "found_1": ("Une réponse pour « {q} »", "One answer for “{q}”"),
    "found": ("{n} réponses pour « {q} »", "{n} answers for “{q}”"),
    "for_recipient": ("Vous avez reçu un avis", "You received a notice"),
    "for_sender": ("Vous envoyez des lettres", "You send letters"),
    "for_all": ("Pour tous", "For everybody"),
    "back_help": ("Toute l'aide", "All help"),
    "not_answered": ("Ce n'est pas votre question ?", "Not your question?"),
    "write_us": ("Écrivez-nous", "Write to us"),
    "status": ("État des services", "Status of services"),
    "status_up": ("Tout fonctionne.", "Everything works."),
    "status_degraded": ("Un service fonctionne au ralenti.", "A service works slowly."),
    "status_down": ("Un service ne fonctionne pas.", "A service does not work."),
    "status_unknown": ("L'état n'est pas mesuré en ce moment.", "The state is not measured at present."),
    "probed": ("Dernière mesure : {when}", "Last measured: {when}"),
    "s_up": ("Fonctionne", "Works"),
    "s_degraded": ("Au ralenti", "Slow"),
    "s_down": ("En panne", "Down"),
    "s_unknown": ("Inconnu", "Unknown"),
    "services": ("Services", "Services"),
    "days_label": ("90 derniers jours : {down} de panne mesurée", "Last 90 days: {down} of measured outage"),
    "none_down": ("aucune minute", "no minute"),
    "minutes": ("{n} min", "{n} min"),
    "days_ago": ("il y a 90 jours", "90 days ago"),
    "today": ("aujourd'hui", "today"),
    "incidents": ("Incidents et maintenance", "Incidents and maintenance"),
    "no_incidents": (
        "Rien n'est annoncé, et rien ne l'a été depuis 90 jours.",
        "Nothing is announced, and nothing was in the last 90 days.",
    ),
    "incident": ("Incident", "Incident"),
    "maintenance": ("Maintenance", "Maintenance"),
    "going_on": ("en cours", "goes on"),
    "to_come": ("à venir", "to come"),
    "ended": ("terminé", "ended"),
    "from_to": ("Du {begins} au {ends}", "From {begins} until {ends}"),
    "from_on": ("Depuis le {begins}", "Since {begins}"),
    "expected": ("Fin prévue : {ends}", "Expected end: {ends}"),
    "outages": ("Pannes mesurées", "Measured outages"),
    "outages_lead": (
        "Chaque panne terminée est scellée et inscrite dans notre journal public ; les lettres dont elle a touché le délai la citent.",
        "Each outage that ended is sealed and placed in our public log; letters whose time it touched name it.",
    ),
    "no_outages": ("Aucune panne en 90 jours.", "No outage in 90 days."),
    "outage": ("{service} : du {begins} au {ends}", "{service}: from {begins} until {ends}"),
    "outage_now": ("{service} : depuis le {begins}, en cours", "{service}: since {begins}, goes on"),
    "evidence": ("Preuve {id}", "Evidence {id}"),
    "for_programs": ("Les mêmes faits pour les programmes (JSON)", "The same facts for programs (JSON)"),
    "contact": ("Nous écrire", "Contact us"),
    "contact_lead": (
        "Dites-nous d'abord qui vous êtes : les réponses ne sont pas les mêmes.",
        "Tell us first who you are: the answers are not the same.",
    ),
    "open_now": ("Ouvert, jusqu'au {when}", "Open, until {when}"),
    "closed_until": ("Fermé. Nous rouvrons le {when}", "Closed. We open again on {when}"),
    "closed": ("Fermé", "Closed"),
    "closed_why": ("Fermé aujourd'hui : {why}", "Closed today: {why}"),
    "hours": ("Heures d'ouverture", "Opening hours"),
    "hours_zone": ("Heure de {zone} ; fermé les jours fériés.", "Time of {zone}; closed on public holidays."),
    "day_closed": ("fermé", "closed"),
    "phone": ("Téléphone : ", "Telephone: "),
    "look_first": ("Peut-être la réponse est-elle ici", "The answer may be here"),
    "write_recipient": ("Écrire au sujet d'une lettre reçue", "Write about a letter you received"),
    "write_sender": ("Écrire au sujet de vos envois", "Write about what you send"),
    "quote": ("Demander un devis", "Ask for a quote"),
    "api": ("Demander un accès à l'API", "Ask for access to the API"),
    "kind": ("Votre demande", "Your request"),
    "kind_contact": ("Une question", "A question"),
    "kind_quote": ("Un devis", "A quote"),
    "kind_api-access": ("Un accès à l'API", "Access to the API"),
    "name": ("Votre nom", "Your name"),
    "email": ("Votre adresse électronique", "Your e-mail address"),
    "email_hint": ("La réponse y arrive.", "The answer goes there."),
    "text": ("Votre message", "Your message"),
    "text_hint": (
        "Ni code, ni mot de passe, ni numéro de pièce d'identité.",
        "No code, no password, no number of a document.",
    ),
    "number": ("Numéro de la lettre", "Number of the letter"),
    "number_hint": (
        "Il figure dans l'avis. Nous ne pouvons pas vous dire qui l'envoie.",
        "It stands in the notice. We cannot tell you who sent it.",
    ),
    "organisation": ("Organisation", "Organisation"),
    "volume": ("Lettres par an, environ", "Letters a year, about"),
    "optional": ("facultatif", "optional"),
    "leave_empty": ("Laissez ce champ vide", "Leave this field empty"),
    "send": ("Envoyer", "Send"),
    "privacy": (
        "Ce que vous écrivez est chiffré, lu par les seuls agents qui répondent, et oublié {days} jours après la clôture.",
        "What you write is encrypted, read only by those who answer, and forgotten {days} days after it is closed.",
    ),
    "too_fast": (
        "Vérifiez ce que vous avez tapé, puis envoyez de nouveau.",
        "Look at what you typed, then send again.",
    ),
    "wait": (
        "Plusieurs demandes sont arrivées de chez vous. Attendez un peu avant la suivante.",
        "Several requests came from where you are. Wait a little before the next one.",
    ),
    "sent_title": ("Votre demande est arrivée", "Your request has arrived"),
    "sent": (
        "Nous l'avons gardée et vous en envoyons confirmation.",
        "We kept it, and send you a confirmation.",
    ),
    "sent_reference": ("Sa référence", "Its reference"),
    "authenticity": ("Vérifier un message", "Check a message"),
    "authenticity_lead": (
        "Chacun de nos messages porte à son pied une référence de seize lettres et chiffres. Tapez-la : nous vous dirons si nous l'avons envoyé.",
        "At the foot of each of our messages stands a reference of sixteen letters and digits. Type it: we will tell you whether we sent it.",
    ),
    "ref": ("Référence du message", "Reference of the message"),
    "ref_hint": (
        "Comme K7RW-P3XA-94TD-HQMC. Tirets, espaces et majuscules importent peu.",
        "Like K7RW-P3XA-94TD-HQMC. Hyphens, blanks and capitals do not matter.",
    ),
    "your_email": ("L'adresse où vous l'avez reçu", "The address where you received it"),
    "your_email_hint": (
        "Nous disons alors aussi si le message lui était destiné. Nous ne la gardons pas.",
        "We then also say whether the message was meant for it. We do not keep it.",
    ),
    "check": ("Vérifier", "Check"),
    "ours": ("Ce message est de nous.", "This message is ours."),
    "ours_what": ("C'est {kind}, envoyé le {day}.", "It is {kind}, sent on {day}."),
    "ours_yours": (
        "Il était destiné à l'adresse que vous avez tapée.",
        "It was meant for the address you typed.",
    ),
    "ours_not_yours_title": (
        "Attention : cette référence est celle d'un autre message.",
        "Careful: this reference is another message's.",
    ),
    "ours_not_yours": (
        "Nous l'avons envoyée le {day}, mais pas à l'adresse que vous avez tapée. Quelqu'un l'a peut-être recopiée dans un faux message : ne suivez aucun lien.",
        "We sent it on {day}, but not to the address you typed. Somebody may have copied it into a forged message: follow no link.",
    ),
    "not_ours": (
        "Nous n'avons pas envoyé de message avec cette référence.",
        "We sent no message with this reference.",
    ),
    "not_ours_what": (
        "Vérifiez que vous l'avez bien tapée. Si oui, le message n'est pas de nous : ne suivez aucun lien, et supprimez-le.",
        "Make sure that you typed it right. If so, the message is not ours: follow no link, and delete it.",
    ),
    "number_typed": (
        "Ceci ressemble au numéro d'une lettre. La référence à taper est au pied du message.",
        "This looks like the number of a letter. The reference to type stands at the foot of the message.",
    ),
    "authenticity_never": (
        "Cette page ne dit jamais de qui vient une lettre, ni pour qui elle est.",
        "This page never says whom a letter is from, or for whom it is.",
    ),
    "trust": ("Documents de confiance", "Documents of trust"),
    "policies": ("Documents de l'office", "Documents of the office"),
    "trust_lead": (
        "Tout ce qu'il faut pour vérifier nos preuves sans nous. Comparez les empreintes avec celles que vous tenez d'ailleurs.",
        "All that is needed to verify our proofs without us. Compare the digests with those you have from elsewhere.",
    ),
    "file": ("Fichier", "File"),
    "what": ("Ce que c'est", "What it is"),
    "digest": ("Empreinte SHA-256", "SHA-256 digest"),
    "t_seal": ("Autorité des cachets", "Authority of the seals"),
    "t_tsa": ("Autorité d'horodatage", "Authority of the time stamps"),
    "t_log": ("Clé publique du journal", "Public key of the log"),
    "t_checkpoint": ("Dernier point du journal, horodaté", "Newest stamped checkpoint of the log"),
    "t_crl": ("Liste de certificats révoqués", "List of revoked certificates"),
    "t_verifier": ("Vérificateur, à ouvrir dans un navigateur", "Verifier, to be opened in a browser"),
    "t_policy": ("Document de l'office", "Document of the office"),
    "t_other": ("Fichier de confiance", "File of trust"),
    "no_policies": (
        "L'office n'a pas publié d'autre document.",
        "The office has published no other document.",
    ),
    "dates": ("Ce qui se passe, et quand", "What happens, and when"),
    "dates_rule": ("Règle : {rule}", "Rule: {rule}"),
    "dates_outage": (
        "Panne mesurée pendant ce délai : {service}, du {begins} au {ends}. Elle est attestée (preuve {id}). Le délai n'en est pas déplacé : la règle ne le prévoit pas.",
        "Measured outage within this time: {service}, from {begins} until {ends}. It is attested (evidence {id}). The time is not moved by it: the rule does not say so.",
    ),
    "dates_outage_now": (
        "Panne en cours : {service}, depuis le {begins}. Elle sera attestée à sa fin. Le délai n'en est pas déplacé : la règle ne le prévoit pas.",
        "Outage going on: {service}, since {begins}. It will be attested when it ends. The time is not moved by it: the rule does not say so.",
    ),
    "measure": ("Mesure exceptionnelle", "Exceptional measure"),
    "info": ("Information", "Information"),
    "foot": ("Aide", "Help"),
}


@cache
def _catalogue(chosen: str) -> Mapping[str, str]:
    place = LANGUAGES.index(chosen)
    return {name: both[place] for name, both in _TEXTS.items()}


def help_texts() -> Mapping[str, str]:
    """Return the words in the page's language."""
    return spoken("help", _catalogue(language()))
