# ruff: noqa: E501 - sentences for people read better whole
"""The words of the account pages, in French and English."""

from collections.abc import Mapping
from functools import cache

from lre_kit.errors import LreError
from lre_kit.parties.passwords import PasswordRefusedError
from lre_web.frame.error_words import error_words
from lre_web.texts import LANGUAGES, language, spoken

_TEXTS: Mapping[str, tuple[str, str]] = {
    "account": ("Votre compte", "Your account"),
    "log_in": ("Se connecter", "Log in"),
    "log_in_lead": ("Connectez-vous pour envoyer des lettres et suivre les vôtres.", "Log in to send letters and follow yours."),
    "log_out": ("Se déconnecter", "Log out"),
    "logged_out": ("Vous êtes déconnecté.", "You are logged out."),
    "no_account": ("Pas encore de compte ?", "No account yet?"),
    "have_account": ("Vous avez déjà un compte ?", "You have an account already?"),
    "register": ("Créer un compte", "Make an account"),
    "name": ("Nom et prénom", "First and last name"),
    "name_hint": ("Tels qu'ils figurent sur votre pièce d'identité.", "As they stand on your identity document."),
    "email": ("Adresse électronique", "E-mail address"),
    "email_hint": ("Nous y envoyons un lien pour la confirmer.", "We send a link there to confirm it."),
    "password": ("Mot de passe", "Password"),
    "password_hint": (
        "Au moins 12 caractères, de toute sorte. Quelques mots ensemble font un bon mot de passe.",
        "At least 12 characters of any kind. A few words together make a good password.",
    ),
    "forgot": ("Mot de passe oublié ?", "Forgot your password?"),
    "forgot_title": ("Choisir un nouveau mot de passe", "Choose a new password"),
    "forgot_lead": (
        "Donnez l'adresse de votre compte : nous y envoyons un lien valable une heure.",
        "Give your account's address: we send a link there that works for an hour.",
    ),
    "send_link": ("Envoyer le lien", "Send the link"),
    "sent_title": ("Regardez vos messages", "Look into your mailbox"),
    "sent_text": (
        "Un message vient de partir à l'adresse que vous avez donnée. Ouvrez le lien qu'il contient.",
        "A message has just left for the address you gave. Open the link in it.",
    ),
    "sent_hint": (
        "Rien reçu ? Regardez parmi les indésirables, vérifiez l'adresse, et recommencez dans quelques minutes.",
        "Nothing came? Look among unwanted messages, check the address, and try again in a few minutes.",
    ),
    "confirm_title": ("Confirmez votre adresse", "Confirm your address"),
    "confirm_lead": (
        "Tapez le mot de passe que vous avez choisi : votre compte est alors ouvert.",
        "Type the password you chose: your account is then open.",
    ),
    "confirm": ("Confirmer", "Confirm"),
    "reset_lead": (
        "Toutes les sessions ouvertes de votre compte seront fermées.",
        "All open sessions of your account will be ended.",
    ),
    "step_title": ("Confirmez que c'est vous", "Confirm that it is you"),
    "step_lead": ("Un élément de plus est demandé pour la suite.", "One more thing is asked before you go on."),
    "step_for_letter": ("Un élément de plus est demandé pour décider de l'envoi {number}.", "One more thing is asked to decide on letter {number}."),
    "step_none": ("Vous n'avez pas encore ce moyen d'identification. Vous pouvez en ajouter un depuis votre compte, ou en commander un.", "You do not have this means yet. You can add one from your account, or order one."),
    "step_back": ("Revenir à la page précédente", "Back to the page before"),
    "paper_code": ("Code papier n° {number}", "Paper code no. {number}"),
    "paper_hint": ("Sur la feuille {serial}. Si vous quittez cette page, le même numéro vous sera demandé.", "On sheet {serial}. If you leave this page, you will be asked for the same number."),
    "paper_left": ("Il reste {left} codes sur cette feuille : commandez-en une nouvelle.", "{left} codes are left on this sheet: order a new one."),
    "profile": ("Profil, identité et moyens d'identification", "Profile, identity and means of identification"),
    "set_password": ("Enregistrer le mot de passe", "Save the password"),
    "new_password": ("Nouveau mot de passe", "New password"),
    "present_password": ("Mot de passe actuel", "Present password"),
    "change_password": ("Changer le mot de passe", "Change the password"),
    "change_hint": ("Vos autres sessions seront fermées.", "Your other sessions will be ended."),
    "password_since": ("Mot de passe en place depuis le {when}.", "Password in place since {when}."),
    "second_title": ("Seconde étape", "Second step"),
    "second_lead": ("Votre compte est protégé par un second facteur.", "Your account is protected by a second factor."),
    "totp_code": ("Code de votre application", "Code from your application"),
    "totp_hint": ("Six chiffres, qui changent toutes les trente secondes.", "Six digits, which change every thirty seconds."),
    "check": ("Valider", "Check"),
    "use_key": ("Utiliser ma clé de sécurité", "Use my security key"),
    "use_passkey": ("Se connecter avec une clé d'accès", "Log in with a passkey"),
    "passkey_hint": ("Sans adresse ni mot de passe, si vous avez ajouté une clé à votre compte.", "Without address or password, if you added a key to your account."),
    "passkey_failed": ("Aucune clé d'accès n'a été lue. Réessayez, ou connectez-vous avec votre mot de passe.", "No passkey was read. Try again, or log in with your password."),
    "passkey_no_account": ("Cette clé n'ouvre aucun compte ici. Connectez-vous avec votre mot de passe.", "This key opens no account here. Log in with your password."),
    "key_hint": ("Clé USB, téléphone, empreinte ou visage.", "USB key, telephone, fingerprint or face."),
    "no_scripts_key": (
        "Une clé de sécurité demande JavaScript et un navigateur récent. Sans eux, prenez un autre moyen.",
        "A security key needs JavaScript and a recent browser. Without them, take another means.",
    ),
    "key_failed": ("La clé n'a pas pu être lue. Réessayez.", "The key could not be read. Try again."),
    "recovery_title": ("Vous n'avez plus votre second facteur ?", "Lost your second factor?"),
    "recovery_code": ("Code de secours", "Recovery code"),
    "recovery_hint": ("Douze caractères, par exemple 7K3M-9QXA-2PVD. Chaque code sert une fois.", "Twelve characters, such as 7K3M-9QXA-2PVD. Each code works once."),
    "use_code": ("Utiliser ce code", "Use this code"),
    "again_title": ("Confirmez que c'est vous", "Confirm that it is you"),
    "again_lead": (
        "Cette page touche à la sécurité de votre compte : tapez de nouveau votre mot de passe.",
        "This page touches the security of your account: type your password again.",
    ),
    "second_factors": ("Second facteur", "Second factor"),
    "second_none": (
        "Seul le mot de passe protège ce compte. Ajoutez un second facteur : il est demandé à chaque connexion.",
        "Only the password protects this account. Add a second factor: it is asked for at each log-in.",
    ),
    "add_authenticator": ("Ajouter une application de codes", "Add a code application"),
    "authenticator_lead": (
        "Lisez ce code avec votre application (FreeOTP, Aegis, Google Authenticator…), puis tapez les six chiffres qu'elle montre.",
        "Scan this code with your application (FreeOTP, Aegis, Google Authenticator…), then type the six digits it shows.",
    ),
    "authenticator_alt": ("Code QR à lire avec votre application", "QR code to scan with your application"),
    "authenticator_key": ("Ou tapez cette clé dans l'application :", "Or type this key into the application:"),
    "authenticator_again": (
        "Votre application a déjà la clé : tapez le code qu'elle montre maintenant. Vérifiez aussi l'heure de votre téléphone.",
        "Your application has the key already: type the code it shows now. Check your telephone's time too.",
    ),
    "authenticator_anew": ("Recommencer avec une nouvelle clé", "Start again with a new key"),
    "add_key": ("Ajouter une clé de sécurité", "Add a security key"),
    "key_lead": (
        "Branchez ou approchez votre clé, ou choisissez ce téléphone ou cet ordinateur, quand le navigateur le demande.",
        "Plug in or hold your key close, or choose this telephone or computer, when the browser asks.",
    ),
    "key_name": ("Nom de la clé", "Name of the key"),
    "key_name_hint": ("Pour la reconnaître plus tard.", "To recognise it later."),
    "remove": ("Retirer", "Remove"),
    "identifiers": ("Vos moyens d'identification", "Your identification means"),
    "identifiers_none": ("Aucun pour l'instant.", "None so far."),
    "kind_paper_codes": ("Codes sur papier", "Paper codes"),
    "kind_paper_seed": ("Clé sur papier", "Paper key"),
    "kind_authenticator": ("Application de codes", "Code application"),
    "kind_security_key": ("Clé de sécurité", "Security key"),
    "kind_certificate": ("Certificat", "Certificate"),
    "kind_eid": ("Identité numérique", "Electronic identity"),
    "state_issued": ("remis", "issued"),
    "state_delivered": ("livré", "delivered"),
    "state_active": ("actif", "active"),
    "state_suspended": ("suspendu", "suspended"),
    "state_revoked": ("révoqué", "revoked"),
    "state_expired": ("expiré", "expired"),
    "added_on": ("Ajouté le {when}", "Added on {when}"),
    "used_on": ("utilisé le {when}", "used on {when}"),
    "codes": ("Codes de secours", "Recovery codes"),
    "codes_text": (
        "Ils remplacent le second facteur s'il est perdu. Il vous en reste {left} sur {all}.",
        "They stand in for the second factor if it is lost. You have {left} of {all} left.",
    ),
    "codes_none": (
        "Ils remplacent le second facteur s'il est perdu. Vous n'en avez pas.",
        "They stand in for the second factor if it is lost. You have none.",
    ),
    "make_codes": ("Créer dix codes", "Make ten codes"),
    "make_new_codes": ("Créer dix nouveaux codes", "Make ten new codes"),
    "codes_end": ("Les codes d'avant ne serviront plus.", "The codes made before will work no more."),
    "codes_lead": (
        "Notez ou imprimez ces codes maintenant : ils ne seront plus jamais montrés. Chacun sert une fois.",
        "Write down or print these codes now: they will never be shown again. Each works once.",
    ),
    "codes_kept": ("Je les ai notés", "I have written them down"),
    "sessions": ("Sessions ouvertes", "Open sessions"),
    "session_here": ("celle-ci", "this one"),
    "session_unknown": ("Navigateur inconnu", "Unknown browser"),
    "session_since": ("Ouverte le {when}", "Opened on {when}"),
    "session_seen": ("vue le {when}", "seen on {when}"),
    "end": ("Fermer", "End"),
    "end_others": ("Fermer toutes les autres", "End all the others"),
    "done_password": ("Votre mot de passe est changé.", "Your password is changed."),
    "done_added": ("Le second facteur est ajouté.", "The second factor is added."),
    "done_removed": ("Le second facteur est retiré.", "The second factor is taken away."),
    "done_ended": ("Fermé.", "Ended."),
    "done_confirmed": ("Votre adresse est confirmée, votre compte est ouvert.", "Your address is confirmed and your account is open."),
    "close_account": ("Fermer mon compte", "Close my account"),
    "closed": ("Votre compte est fermé. Un message vous le confirme.", "Your account is closed. A message confirms it."),
    "close_short": ("Personne ne pourra plus s'y connecter. Vos lettres et leurs preuves restent.", "Nobody can log in to it any more. Your letters and their proofs stay."),
    "close_sessions": ("Toutes vos sessions se ferment, et personne ne se connecte plus à ce compte. Ses données sont supprimées dans trente jours.", "All your sessions end, and nobody logs in to this account any more. Its data are deleted in thirty days."),
    "close_programs": ("Vos clés d'API sont révoquées, vos webhooks désactivés, et vos brouillons effacés avec leurs documents, sauf si vous gardez un autre compte ouvert.", "Your API keys are revoked, your webhooks disabled, and your drafts erased with their documents, unless you keep another account open."),
    "close_letters": ("Les lettres que vous avez envoyées ou reçues, et leurs preuves, restent le temps que la loi demande. Téléchargez vos preuves avant.", "Letters that you sent or received, and their proofs, stay for as long as the law asks. Download your proofs first."),
    "close_means": ("Vos moyens d'identification ne sont pas révoqués. Si vous ne les gardez pas, déclarez-les perdus depuis votre profil avant.", "Your means of identification are not revoked. If you do not keep them, report them lost from your profile first."),
    "close_again": ("Si vous ouvrez plus tard un compte avec la même adresse, vous y retrouverez vos lettres.", "If you make an account with the same address later, you find your letters there."),
    "close_sure": ("Je veux fermer mon compte.", "I want to close my account."),
    "close_unsure": ("Cochez la case pour confirmer.", "Tick the box to confirm."),
    "back_to_account": ("Retour à votre compte", "Back to your account"),
    "dead_link_title": ("Ce lien ne sert plus", "This link works no more"),
    "err_short": ("Ce mot de passe est trop court. Il faut au moins 12 caractères.", "This password is too short. It needs at least 12 characters."),
    "err_long": ("Ce mot de passe est trop long. Restez à 128 caractères.", "This password is too long. Stay within 128 characters."),
    "err_common": ("Ce mot de passe est parmi les plus connus. Choisissez-en un auquel personne ne penserait.", "This password is one of the best known ones. Take one nobody else would think of."),
    "err_own": ("Ce mot de passe est fait de votre nom ou de votre adresse. Choisissez autre chose.", "This password is made of your name or address. Take something else."),
    "err_log-in-failed": ("Cette adresse et ce mot de passe ne vont pas ensemble. Vérifiez les deux, ou demandez un lien pour changer de mot de passe.", "This e-mail address and password do not belong together. Check both, or ask for a link to set a new password."),
    "err_wrong_password": ("Ce n'est pas le bon mot de passe. Vérifiez-le.", "This is not the right password. Check it."),
    "err_dead-link": ("Ce lien n'est pas valable, a déjà servi ou est trop ancien. Demandez-en un nouveau.", "This link is not valid, was already used, or is too old. Ask for a new one."),
    "err_throttled": ("Trop d'essais en peu de temps. Attendez quelques minutes ; le dernier lien reçu par courriel fonctionne toujours.", "Too many tries in a short time. Wait a few minutes; the link last sent to you by e-mail still works."),
    "err_identification-failed": ("Ce code est faux, a déjà servi ou est trop ancien. Vérifiez-le, ou attendez le suivant.", "This code is wrong, was already used, or is too old. Check it, or wait for the next one."),
    "err_invalid-address": ("Cette adresse électronique n'en est pas une. Donnez une adresse comme nom@exemple.fr.", "This is not an e-mail address. Give one like name@example.org."),
    "err_invalid-name": ("Ce nom est vide, trop long, ou contient des caractères invisibles. Tapez-le de nouveau.", "This name is empty, too long, or holds invisible characters. Type it again."),
    "key_posted": ("Code de la lettre jointe à la clé", "Code of the letter that came with the key"),
    "key_posted_hint": ("Une clé vous a été envoyée. Laissez vide pour en ajouter une autre, à vous.", "A key was sent to you. Leave empty to add another one, of your own."),
    "err_cloned-key": ("Il existe peut-être une copie de cette clé de sécurité : elle est suspendue, et un message vous a été envoyé. Prenez un autre moyen.", "There may be a copy of this security key: it is suspended, and a message was sent to you. Take another means."),
    "err_security-key-refused": ("Cette clé de sécurité n'a pas été acceptée. Réessayez avec la vôtre, ou prenez un autre moyen.", "This security key was not accepted. Try again with yours, or take another means."),
    "err_mail-unavailable": ("Le message n'a pas pu partir. Réessayez dans quelques minutes.", "The message could not be sent. Try again in a few minutes."),
}  # fmt: skip


@cache
def _catalogue(chosen: str) -> Mapping[str, str]:
    place = LANGUAGES.index(chosen)
    return {name: both[place] for name, both in _TEXTS.items()}


def account_texts() -> Mapping[str, str]:
    """Return the words of the account pages in the page's language."""
    return spoken("account", _catalogue(language()))


def account_error(error: LreError) -> str:
    """Return what went wrong on an account page, and how to mend it, in the page's language."""
    words = account_texts()
    if isinstance(error, PasswordRefusedError):
        return words[f"err_{error.reason}"]
    return words.get(f"err_{error.slug}") or " ".join(error_words(error, language()))
