# ruff: noqa: E501 - sentences for people read better whole
"""The words of the pages for certificates, in French and English."""

from collections.abc import Mapping
from functools import cache

from lre_kit.errors import LreError
from lre_kit.identifiers.certificate_checks import CertificateRefusedError
from lre_web.frame.error_words import error_words
from lre_web.texts import LANGUAGES, language, spoken

_TEXTS: Mapping[str, tuple[str, str]] = {
    "title": ("Votre certificat", "Your certificate"),
    "lead": ("Un certificat électronique à votre nom, sur une carte, une clé ou dans un fichier, confirme qui vous êtes. Il est enregistré à sa première utilisation.", "An electronic certificate in your name, on a card, a token or in a file, confirms who you are. It is registered when first used."),
    "by_handshake": ("Avec ce navigateur", "With this browser"),
    "seen": ("Votre navigateur a présenté ce certificat :", "Your browser showed this certificate:"),
    "use_it": ("Utiliser ce certificat", "Use this certificate"),
    "unseen": ("Votre navigateur n'a présenté aucun certificat. Insérez votre carte, fermez toutes les fenêtres du navigateur, puis revenez et choisissez le certificat d'authentification.", "Your browser showed no certificate. Insert your card, close all windows of the browser, then come back and choose the authentication certificate."),
    "by_signing": ("En signant un texte", "By signing a text"),
    "by_signing_text": ("Nous vous donnons un texte court ; vous le signez avec l'outil de votre carte ou avec OpenSSL, puis vous envoyez la signature. Votre clé reste chez vous.", "We give you a short text; you sign it with your card's tool or with OpenSSL, then send the signature. Your key stays with you."),
    "get_text": ("Obtenir le texte à signer", "Get the text to sign"),
    "accepted": ("Certificats acceptés", "Accepted certificates"),
    "level": ("niveau", "level"),
    "level_low": ("faible", "low"),
    "level_substantial": ("substantiel", "substantial"),
    "level_high": ("élevé", "high"),
    "sign_title": ("Signer le texte", "Sign the text"),
    "sign_lead": ("Vous avez dix minutes. Le texte ne sert qu'une fois, ici, et n'engage à rien.", "You have ten minutes. The text serves once, here, and commits you to nothing."),
    "step_1": ("1. Enregistrez le texte", "1. Save the text"),
    "download": ("Télécharger {file}", "Download {file}"),
    "show_text": ("Voir le texte", "See the text"),
    "step_2": ("2. Signez le fichier tel quel", "2. Sign the file as it is"),
    "step_2_text": ("Choisissez une signature CMS (PKCS #7, .p7s) détachée, avec le certificat d'authentification.", "Choose a detached CMS signature (PKCS #7, .p7s), with the authentication certificate."),
    "with_openssl": ("Avec OpenSSL et des fichiers :", "With OpenSSL and files:"),
    "with_card": ("Avec une carte et OpenSC (joignez alors le certificat) :", "With a card and OpenSC (then send the certificate too):"),
    "step_3": ("3. Envoyez la signature", "3. Send the signature"),
    "signature": ("Fichier de la signature", "File of the signature"),
    "signature_hint": (".p7s, .p7m, .pem ou .sig ; 64 Ko au plus.", ".p7s, .p7m, .pem or .sig; at most 64 KB."),
    "certificate": ("Fichier du certificat (facultatif)", "File of the certificate (optional)"),
    "certificate_hint": ("Seulement si la signature ne le contient pas. Jamais la clé.", "Only if the signature does not hold it. Never the key."),
    "send": ("Envoyer la signature", "Send the signature"),
    "done": ("Votre identité est confirmée", "Your identity is confirmed"),
    "done_text": ("Votre certificat a confirmé qui vous êtes. Rien n'est encore décidé : cela reste à vous.", "Your certificate confirmed who you are. Nothing is decided yet: that is still up to you."),
    "done_new": ("Il est désormais dans la liste de vos moyens d'identification.", "It is now in the list of your identification means."),
    "review": ("Quelqu'un doit encore regarder", "Somebody has to take a look"),
    "review_text": ("Votre certificat ne vous nomme pas exactement comme nous vous connaissons. Un opérateur comparera ; d'ici là, il ne compte pas. Vous pouvez utiliser un autre moyen.", "Your certificate does not name you quite as we know you. An operator will compare; until then it does not count. You can use another means."),
    "go_on": ("Continuer", "Continue"),
    "failed": ("Le certificat n'a pas été accepté", "The certificate was not accepted"),
    "again": ("Recommencer", "Begin again"),
    "other_ways": ("Autres moyens :", "Other ways:"),
    "back": ("Revenir en arrière", "Go back"),
    "stale": ("Cette page est trop ancienne.", "This page is too old."),
    "stale_mend": ("Recommencez depuis la lettre ou depuis votre profil.", "Begin again from the letter or from your profile."),
    "not_shown": ("Votre navigateur n'a présenté aucun certificat.", "Your browser showed no certificate."),
    "not_shown_mend": ("Insérez votre carte et rouvrez le navigateur, ou signez un texte.", "Insert your card and open the browser again, or sign a text."),
    "not_offered": ("Les certificats ne sont pas acceptés ici.", "Certificates are not accepted here."),
    "not_offered_mend": ("Utilisez un autre moyen.", "Use another means."),
}  # fmt: skip

_UNKNOWN = ("Ce certificat n'est pas connu ici.", "Utilisez le vôtre, ou un autre moyen.")
_REFUSED: Mapping[str, tuple[str, str]] = {
    "unreadable": ("Ce certificat ou cette signature ne peut pas être lu.", "Envoyez-le au format PEM, DER ou CMS."),
    "unknown-issuer": ("L'émetteur de ce certificat n'est pas accepté ici.", "Regardez la liste des certificats acceptés, ou utilisez un autre moyen."),
    "not-yet-valid": ("Ce certificat n'est pas encore valable.", "Utilisez-le à partir de sa date, ou prenez un autre moyen."),
    "expired": ("Ce certificat a expiré.", "Renouvelez-le auprès de son émetteur, puis présentez le nouveau."),
    "revoked": ("Ce certificat a été révoqué.", "Demandez-en un autre à son émetteur, ou utilisez un autre moyen."),
    "revocation-unknown": ("On ne peut pas savoir en ce moment si ce certificat a été révoqué.", "Réessayez plus tard, ou utilisez un autre moyen."),
    "not-issued": ("L'émetteur de ce certificat dit ne pas le connaître.", "Adressez-vous à lui, ou utilisez un autre moyen."),
    "wrong-purpose": ("Ce certificat n'est pas fait pour identifier une personne.", "Choisissez votre certificat d'authentification."),
    "wrong-policy": ("Cette sorte de certificat de son émetteur n'est pas acceptée ici.", "Regardez la liste des certificats acceptés, ou utilisez un autre moyen."),
    "weak": ("La clé ou la signature de ce certificat est trop faible.", "Demandez-en un autre à son émetteur."),
    "bad-signature": ("Cette signature ne correspond pas au texte à signer.", "Signez le texte tel quel, avec le certificat que vous envoyez."),
    "not-active": ("Ce certificat ne peut pas être utilisé ici pour le moment.", "Utilisez un autre moyen, ou adressez-vous à nous."),
    "taken": ("Ce certificat est déjà enregistré.", "Utilisez-le, ou adressez-vous à nous."),
}  # fmt: skip
_ERRORS: Mapping[str, tuple[str, str]] = {
    "identification-failed": ("Ce texte a déjà servi, ou il est trop ancien.", "Demandez-en un nouveau et signez-le."),
    "throttled": ("Trop d'essais refusés.", "Attendez quelques minutes, puis recommencez."),
    "client-certificate-header": ("Le certificat de votre navigateur nous est parvenu abîmé.", "Signez un texte, ou prévenez l'exploitant."),
}  # fmt: skip


@cache
def _catalogue(chosen: str) -> Mapping[str, str]:
    place = LANGUAGES.index(chosen)
    return {name: both[place] for name, both in _TEXTS.items()}


def certificate_texts() -> Mapping[str, str]:
    """Return the words of these pages in the page's language."""
    return spoken("certificate", _catalogue(language()))


def certificate_error(error: LreError) -> str:
    """Return what went wrong with a certificate, and how to mend it, in the page's language."""
    if language() != "fr" or error.problem in _catalogue("fr").values():
        return f"{error.problem} {error.mend}"
    if isinstance(error, CertificateRefusedError):
        return " ".join(_REFUSED.get(error.reason.value, _UNKNOWN))
    return " ".join(_ERRORS.get(error.slug) or error_words(error, "fr"))
