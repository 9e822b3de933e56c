# ruff: noqa: E501 - sentences for people read better whole
"""The words of the profile's pages, in French and English."""

from collections.abc import Mapping
from datetime import date, datetime, time
from functools import cache

from lre_kit.carriers.notices import legal_time_text
from lre_kit.clock import PARIS
from lre_kit.errors import LreError
from lre_kit.identifiers.order_values import KindSuspendedError
from lre_web.frame.error_words import error_words
from lre_web.texts import LANGUAGES, language, spoken
from lre_web.words.account import account_texts
from lre_web.words.organisations import ORGANISATION_TEXTS

_SHARED = ("kind_", "state_")
"""Words that these pages share with the account's."""

_TEXTS: Mapping[str, tuple[str, str]] = {
    "profile": ("Votre profil", "Your profile"),
    "profile_short": ("Profil", "Profile"),
    "back": ("Retour au profil", "Back to your profile"),
    "names": ("Votre nom", "Your name"),
    "known_as": ("Connu sous le nom de", "Known as"),
    "given_names": ("Prénoms", "Given names"),
    "family_name": ("Nom de naissance", "Name of birth"),
    "usage_name": ("Nom d'usage", "Name in use"),
    "registration": ("Immatriculation", "Registration"),
    "emails": ("Adresses électroniques vérifiées", "Verified e-mail addresses"),
    "emails_none": ("Aucune pour l'instant.", "None so far."),
    "identity": ("Niveau d'identification", "Level of identification"),
    "identity_none": ("Votre identité n'a pas encore été vérifiée. Il le faut pour commander des codes sur papier.", "Your identity was not verified so far. Paper codes need it."),
    "identity_go": ("Vérifier mon identité", "Verify my identity"),
    "identity_again": ("Refaire la vérification", "Verify it again"),
    "level": ("Niveau", "Level"),
    "level_low": ("faible", "low"),
    "level_substantial": ("substantiel", "substantial"),
    "level_high": ("élevé", "high"),
    "method": ("Méthode", "Method"),
    "method_face_to_face": ("en présence", "in person"),
    "method_eid": ("identité numérique", "electronic identity"),
    "method_certificate": ("certificat qualifié", "qualified certificate"),
    "method_other_certified": ("autre méthode certifiée", "another certified method"),
    "method_remote_visual": ("à distance, par titre et vidéo", "remotely, by document and video"),
    "verified_on": ("Vérifiée le", "Verified on"),
    "post": ("Adresse postale", "Postal address"),
    "post_none": ("Nous n'en connaissons pas. Les codes sur papier y sont envoyés.", "We know none. Paper codes are sent there."),
    "post_why": ("C'est là, et là seulement, que vos codes sur papier sont envoyés.", "This is where your paper codes are sent, and nowhere else."),
    "post_confirmed": ("Confirmée le {when}.", "Confirmed on {when}."),
    "post_unconfirmed": ("Pas encore confirmée : habitez-vous toujours là ?", "Not confirmed yet: do you still live there?"),
    "post_waits": ("Une commande attend une adresse confirmée.", "An order waits for a confirmed address."),
    "post_confirm": ("Oui, cette adresse est exacte", "Yes, this address is right"),
    "post_change": ("Changer l'adresse", "Change the address"),
    "post_give": ("Donner mon adresse", "Give my address"),
    "address_title": ("Votre adresse postale", "Your postal address"),
    "address_lead": ("Comme elle doit être imprimée sur l'enveloppe : 38 caractères au plus par ligne.", "As it must be printed on the envelope: at most 38 characters a line."),
    "address_name": ("Nom du destinataire", "Addressee's name"),
    "address_inside": ("Appartement, étage", "Flat, floor"),
    "address_building": ("Entrée, bâtiment", "Entrance, building"),
    "address_street": ("Numéro et rue", "Number and street"),
    "address_place": ("Lieu-dit ou boîte postale", "Locality or post box"),
    "address_town": ("Code postal et ville", "Postcode and town"),
    "address_town_hint": ("Par exemple 75001 PARIS.", "Such as 75001 PARIS."),
    "address_country": ("Pays", "Country"),
    "address_save": ("Enregistrer cette adresse", "Save this address"),
    "more": ("Le reste de votre profil", "The rest of your profile"),
    "means": ("Moyens d'identification", "Identification means"),
    "means_count_0": ("Aucun pour l'instant.", "None so far."),
    "means_count_1": ("Un moyen en votre possession.", "One means in your hands."),
    "means_count": ("{n} moyens en votre possession.", "{n} means in your hands."),
    "means_see": ("Voir et gérer", "See and manage"),
    "means_none": ("Vous n'avez aucun moyen d'identification.", "You have no identification means."),
    "means_lead": ("Ce avec quoi vous montrez que c'est vous, au-delà du mot de passe.", "What you show that it is you with, beyond the password."),
    "means_ended": ("Moyens qui ne servent plus", "Means that work no more"),
    "serial": ("Numéro de série", "Serial number"),
    "issued_on": ("Émis le", "Issued on"),
    "used": ("Dernier usage", "Last used"),
    "used_never": ("jamais", "never"),
    "expires": ("Expire le", "Expires on"),
    "ended_on": ("Terminé le", "Ended on"),
    "replaced": ("Remplacé par un autre.", "Replaced by another."),
    "derogation": ("Émis sous la dérogation", "Issued under the derogation"),
    "left": ("Codes restants", "Codes left"),
    "left_10": ("Il reste {n} codes : commandez une nouvelle feuille dès maintenant, pour qu'elle arrive à temps.", "{n} codes are left: order a new sheet now, so that it comes in time."),
    "left_5": ("Il ne reste que {n} codes. Sans nouvelle feuille, vous ne pourrez bientôt plus vous identifier ainsi.", "Only {n} codes are left. Without a new sheet you will soon not be able to identify this way."),
    "left_1": ("Il ne reste qu'un code. Sans nouvelle feuille, vous ne pourrez bientôt plus vous identifier ainsi.", "Only one code is left. Without a new sheet you will soon not be able to identify this way."),
    "left_0": ("Tous les codes ont servi : cette feuille n'identifie plus personne.", "All codes are used: this sheet identifies nobody any more."),
    "sheet_new": ("Commander une nouvelle feuille", "Order a new sheet"),
    "sheet_ordered": ("Une nouvelle feuille est commandée.", "A new sheet is ordered."),
    "history": ("Historique", "History"),
    "act_issue": ("émis", "issued"),
    "act_deliver": ("livré", "delivered"),
    "act_activate": ("première utilisation", "first use"),
    "act_suspend": ("suspendu", "suspended"),
    "act_resume": ("remis en service", "brought back into use"),
    "act_revoke": ("révoqué", "revoked"),
    "act_expire": ("expiré", "expired"),
    "by_holder": ("par vous", "by you"),
    "by_reporter": ("par quelqu'un qui a lu son numéro", "by somebody who read its number"),
    "by_operator": ("par un opérateur", "by an operator"),
    "by_provider": ("par le service", "by the office"),
    "suspend": ("Suspendre", "Suspend"),
    "suspend_hint": ("Le temps de le retrouver. Vous pourrez le remettre en service.", "While you look for it. You can bring it back into use."),
    "resume": ("Remettre en service", "Bring back into use"),
    "resume_hint": ("Seulement si vous l'avez de nouveau en main.", "Only if you hold it in your hands again."),
    "resume_not": ("Suspendu par le service : adressez-vous à lui.", "Suspended by the office: please ask there."),
    "lost": ("Perdu ou laissé ailleurs", "Lost or left elsewhere"),
    "lost_title": ("Déclarer ce moyen perdu", "Report this means lost"),
    "lost_lead": ("Ce moyen est révoqué aussitôt, et pour toujours.", "This means is revoked at once, and for ever."),
    "lost_1": ("Personne ne peut plus s'identifier avec lui, vous non plus, même si vous le retrouvez.", "Nobody can identify with it any more, nor can you, even if you find it again."),
    "lost_2": ("Ce que vous avez déjà accepté ou envoyé reste valable.", "What you accepted or sent already remains valid."),
    "lost_3_0": ("C'est votre seul moyen en service : commandez-en un autre ensuite.", "It is your only means in use: order another one afterwards."),
    "lost_3_1": ("Il vous reste un autre moyen en service.", "You have one other means in use."),
    "lost_3": ("Il vous reste {n} autres moyens en service.", "You have {n} other means in use."),
    "lost_do": ("Révoquer ce moyen", "Revoke this means"),
    "lost_rather": ("Vous pensez le retrouver ? Suspendez-le plutôt.", "Likely to find it again? Rather suspend it."),
    "cancel": ("Ne rien faire", "Do nothing"),
    "add_more": ("Clés de sécurité et applications de codes", "Security keys and code applications"),
    "add_more_text": ("Elles s'ajoutent sans commande, depuis votre compte.", "You add these without an order, from your account."),
    "to_account": ("Aller à votre compte", "Go to your account"),
    "certificate_add": ("Certificat", "Certificate"),
    "certificate_add_text": ("Votre carte ou votre certificat électronique vous identifie ici aussi, si son émetteur est accepté.", "Your card or electronic certificate identifies you here too, if its issuer is accepted."),
    "certificate_add_do": ("Ajouter ou présenter un certificat", "Add or show a certificate"),
    "order": ("Commander un moyen", "Order a means"),
    "order_lead": ("Le service le fabrique et vous l'envoie.", "The office makes it and sends it to you."),
    "order_what": ("Que voulez-vous commander ?", "What would you like to order?"),
    "about_paper_codes": ("Une feuille de codes à usage unique. Rien d'autre n'est nécessaire.", "A sheet of codes that each work once. Nothing else is needed."),
    "about_paper_seed": ("Un secret imprimé, à entrer une fois dans votre application de codes.", "A printed secret, to enter once into your code application."),
    "about_security_key": ("Une clé à brancher ou à approcher.", "A key to plug in or hold close."),
    "order_how": ("Comment l'envoyer ?", "How shall it be sent?"),
    "delivery_post": ("Par la poste, à l'adresse confirmée", "By post, to the confirmed address"),
    "delivery_letter": ("En pièce jointe d'une lettre recommandée électronique", "As an attachment of an electronic registered letter"),
    "order_to": ("Envoyé à", "Sent to"),
    "order_address_first": ("Confirmez d'abord votre adresse postale : elle reçoit vos codes.", "First confirm your postal address: it receives your codes."),
    "order_identity_first": ("Votre identité n'est pas encore vérifiée. La commande attendra qu'elle le soit.", "Your identity is not verified yet. The order will wait until it is."),
    "order_do": ("Commander", "Order"),
    "orders_past": ("Vos commandes", "Your orders"),
    "orders_open": ("Commandes en cours", "Open orders"),
    "until": ("Jusqu'au {day}", "Until {day}"),
    "notice_now": ("En ce moment", "At present"),
    "order_title": ("Votre commande", "Your order"),
    "ordered_on": ("Commandé le", "Ordered on"),
    "delivery": ("Envoi", "Delivery"),
    "tracking": ("Numéro de suivi", "Tracking number"),
    "letter_number": ("Numéro de l'envoi", "Letter number"),
    "steps": ("Étapes", "Steps"),
    "order_requested": ("commandé", "requested"),
    "order_identifying": ("identification en cours", "identifying"),
    "order_in_review": ("identité en cours d'examen", "in review"),
    "order_approved": ("approuvé", "approved"),
    "order_making": ("en fabrication", "being made"),
    "order_delivering": ("en chemin", "on its way"),
    "order_delivered": ("livré", "delivered"),
    "order_active": ("utilisé", "in use"),
    "order_refused": ("refusé", "refused"),
    "order_cancelled": ("annulé", "cancelled"),
    "step_behind": ("fait", "done"),
    "step_present": ("étape actuelle", "present step"),
    "step_ahead": ("à venir", "to come"),
    "next_requested": ("Votre identité doit être vérifiée : la commande continue ensuite d'elle-même.", "Your identity must be verified: the order then goes on by itself."),
    "next_identifying": ("Terminez votre identification : la commande continue ensuite d'elle-même.", "Finish your identification: the order then goes on by itself."),
    "next_in_review": ("Nous examinons votre identité. Un message vous dira la réponse.", "We are reviewing your identity. A message will tell you the answer."),
    "next_approved": ("La fabrication commence bientôt.", "It will soon be made."),
    "next_address": ("Nous ne savons pas où l'envoyer : confirmez votre adresse.", "We do not know where to send it: confirm your address."),
    "next_making": ("Votre moyen est en fabrication.", "Your means is being made."),
    "next_delivering": ("Il est en chemin. À l'arrivée, vérifiez que l'enveloppe est fermée.", "It is on its way. When it comes, check that the envelope is closed."),
    "next_delivered": ("Il devient actif à sa première utilisation. Il n'est pas arrivé ? Déclarez-le perdu.", "It becomes active when first used. It has not come? Report it lost."),
    "next_active": ("Terminé : il a servi pour la première fois.", "Done: it was used for the first time."),
    "next_refused": ("Cette commande est refusée.", "This order is refused."),
    "next_cancelled": ("Cette commande est annulée.", "This order is cancelled."),
    "order_cancel": ("Annuler la commande", "Cancel the order"),
    "order_cancel_hint": ("Ce qui a déjà été fabriqué est révoqué.", "What was made already is revoked."),
    "order_again": ("Commander de nouveau", "Order again"),
    "report_title": ("Bloquer un moyen perdu ou trouvé", "Block a lost or found means"),
    "report_lead": ("Vous avez perdu une feuille de codes, ou trouvé celle de quelqu'un ? Tapez son numéro de série : elle est suspendue aussitôt et son titulaire prévenu. Aucun compte n'est nécessaire.", "You have lost a sheet of codes, or found somebody's? Type its serial number: it is suspended at once and its holder is told. No account is needed."),
    "report_hint": ("Imprimé sur la feuille : trois groupes de quatre caractères.", "Printed on the sheet: three groups of four characters."),
    "report_do": ("Bloquer", "Block"),
    "report_why": ("Une suspension se lève depuis le profil. Pour révoquer un moyen pour toujours, déclarez-le perdu depuis votre profil.", "A suspension can be lifted from the profile. To revoke a means for ever, report it lost from your profile."),
    "report_unknown_serial": ("Vous n'avez pas le numéro ? Vos moyens sont listés dans votre profil.", "You do not have the number? Your means are listed in your profile."),
    "issuers": ("Certificats acceptés", "Accepted certificates"),
    "issuers_lead": ("Un certificat de l'un de ces émetteurs vous identifie ici, au niveau indiqué.", "A certificate of one of these issuers identifies you here, at the level shown."),
    "issuers_none": ("Aucun émetteur n'est accepté pour l'instant.", "No issuer is accepted at present."),
    "issuer_site": ("Site de l'émetteur", "Issuer's site"),
    "mandates": ("Mandats", "Mandates"),
    "mandates_lead": ("Un mandat permet à quelqu'un de recevoir ou d'envoyer pour vous, entre les jours que vous fixez.", "A mandate lets somebody receive or send for you, between the days you set."),
    "mandates_text": ("Qui peut recevoir ou envoyer pour vous.", "Who may receive or send for you."),
    "given": ("Mandats que vous avez donnés", "Mandates you gave"),
    "given_none": ("Vous n'avez donné aucun mandat.", "You gave no mandate."),
    "got": ("Mandats que vous avez reçus", "Mandates you got"),
    "got_none": ("Personne ne vous a donné de mandat.", "Nobody gave you a mandate."),
    "give": ("Donner un mandat", "Give a mandate"),
    "delegate": ("Adresse électronique du mandataire", "Delegate's e-mail address"),
    "delegate_hint": ("La personne reçoit un message ; le mandat vaut quand elle l'a accepté.", "The person gets a message; the mandate holds once they accept it."),
    "scope": ("Pour", "To"),
    "scope_receive": ("recevoir", "receive"),
    "scope_send": ("envoyer", "send"),
    "from_day": ("Premier jour", "First day"),
    "until_day": ("Dernier jour", "Last day"),
    "until_hint": ("Compris. Laissez vide pour un mandat sans terme.", "Included. Leave empty for a mandate without end."),
    "reference": ("Document de référence", "Reference document"),
    "reference_hint": ("Par exemple : pouvoir signé le 3 mars.", "Such as: power of attorney of 3 March."),
    "give_do": ("Donner ce mandat", "Give this mandate"),
    "mandate_in_force": ("en vigueur", "in force"),
    "mandate_ahead": ("à venir", "to come"),
    "mandate_over": ("terminé", "ended"),
    "days_open": ("Du {begins}, sans terme", "From {begins}, without end"),
    "days": ("Du {begins} au {ends}", "From {begins} to {ends}"),
    "end_mandate": ("Mettre fin", "End"),
    "lay_down": ("Renoncer", "Lay down"),
    "done_address": ("Votre adresse est confirmée.", "Your address is confirmed."),
    "done_suspended": ("Ce moyen est suspendu.", "This means is suspended."),
    "done_resumed": ("Ce moyen est de nouveau en service.", "This means is back in use."),
    "done_revoked": ("Ce moyen est révoqué. Vous pouvez en commander un autre.", "This means is revoked. You can order another one."),
    "done_ordered": ("Votre commande est prise.", "Your order is taken."),
    "done_cancelled": ("La commande est annulée.", "The order is cancelled."),
    "done_granted": ("Le mandat est donné.", "The mandate is given."),
    "done_ended": ("Le mandat a pris fin.", "The mandate has ended."),
    "done_reported": ("C'est noté. Si un moyen en service porte ce numéro, il est suspendu et son titulaire prévenu.", "Noted. If a means in use has this number, it is suspended and its holder is told."),
    "err_invalid-postal-address": ("Cette adresse ne convient pas. Il faut un nom, une ville avec son code postal (75001 PARIS en France), et 38 caractères au plus par ligne.", "This address does not do. It takes a name, a town with its postcode (75001 PARIS in France), and at most 38 characters a line."),
    "err_unlawful-act": ("L'état de ce moyen ne le permet pas. Rien n'a été changé.", "The state of this means does not allow it. Nothing was changed."),
    "err_order-refused": ("Cette commande ne peut pas être prise. Choisissez un moyen et confirmez votre adresse postale.", "This order cannot be taken. Choose a means and confirm your postal address."),
    "err_order-open": ("Une commande de ce moyen est déjà en cours. Attendez-la, ou annulez-la d'abord.", "An order of this means is open already. Wait for it, or cancel it first."),
    "err_no-serial": ("Ce n'est pas un numéro de série. Tapez les trois groupes de quatre caractères imprimés sur la feuille.", "This is not a serial number. Type the three groups of four characters printed on the sheet."),
    "err_throttled": ("Trop d'essais en peu de temps. Attendez quelques minutes.", "Too many tries in a short time. Wait a few minutes."),
    "err_holder-unsure": ("Votre mot de passe a été remplacé par e-mail depuis votre identification. Présentez d'abord un moyen d'identification que vous aviez déjà, ou identifiez-vous de nouveau.", "Your password was set anew by e-mail since you were identified. First show a means of identification that you had before, or identify yourself again."),
    "err_not-identified": ("Pour donner un mandat, faites d'abord vérifier votre identité.", "To give a mandate, have your identity verified first."),
    "err_mandate-day": ("Un jour du mandat n'en est pas un. Écrivez-le comme 2026-01-31.", "A day of the mandate is none. Write it like 2026-01-31."),
    "err_invalid-input": ("Ce mandat ne convient pas. Nommez quelqu'un d'autre que vous, dites pour quoi, donnez un document, et des jours dans l'ordre.", "This mandate does not do. Name somebody else than you, say what it is for, give a document, and days in their order."),
}  # fmt: skip

_COUNTRIES = (
    "FR:France:France DE:Allemagne:Germany AT:Autriche:Austria BE:Belgique:Belgium BG:Bulgarie:Bulgaria "
    "CA:Canada:Canada CY:Chypre:Cyprus HR:Croatie:Croatia DK:Danemark:Denmark ES:Espagne:Spain "
    "EE:Estonie:Estonia US:États-Unis:United_States FI:Finlande:Finland GR:Grèce:Greece HU:Hongrie:Hungary "
    "IE:Irlande:Ireland IS:Islande:Iceland IT:Italie:Italy LV:Lettonie:Latvia LI:Liechtenstein:Liechtenstein "
    "LT:Lituanie:Lithuania LU:Luxembourg:Luxembourg MT:Malte:Malta MA:Maroc:Morocco MC:Monaco:Monaco "
    "NO:Norvège:Norway NL:Pays-Bas:Netherlands PL:Pologne:Poland PT:Portugal:Portugal RO:Roumanie:Romania "
    "GB:Royaume-Uni:United_Kingdom SK:Slovaquie:Slovakia SI:Slovénie:Slovenia SE:Suède:Sweden "
    "CH:Suisse:Switzerland CZ:Tchéquie:Czechia TN:Tunisie:Tunisia"
)


@cache
def _catalogue(chosen: str) -> Mapping[str, str]:
    place = LANGUAGES.index(chosen)
    return {name: both[place] for name, both in {**_TEXTS, **ORGANISATION_TEXTS}.items()}


def profile_texts() -> Mapping[str, str]:
    """Return the words of the profile's pages in the page's language."""
    shared = {name: text for name, text in account_texts().items() if name.startswith(_SHARED)}
    return shared | dict(spoken("profile", _catalogue(language())))


def countries() -> Mapping[str, str]:
    """Return where means are posted to: names in the page's language, by two-letter code (ISO 3166-1)."""
    place = 1 + LANGUAGES.index(language())
    each = (entry.split(":") for entry in _COUNTRIES.split())
    return {entry[0]: entry[place].replace("_", " ") for entry in each}


def day_text(day: date) -> str:
    """Return a legal day in words, in the page's language."""
    noon = datetime.combine(day, time(12), PARIS)
    return legal_time_text(noon, language()).split(" à " if language() == "fr" else " at ")[0]


def profile_error(error: LreError) -> str:
    """Return what went wrong on a page of the profile, and how to mend it, in the page's language."""
    if isinstance(error, KindSuspendedError):
        return error.message.in_language(language())
    return _catalogue(language()).get(f"err_{error.slug}") or " ".join(error_words(error, language()))
