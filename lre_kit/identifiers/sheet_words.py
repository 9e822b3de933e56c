"""What stands on printed sheets, in plain French and English."""

from collections.abc import Mapping

WORDS: Mapping[str, Mapping[str, str]] = {
    "fr": {
        "serial": "Numéro de série",
        "made": "Établie le",
        "how": "Comment s'en servir",
        "lost": "Perdue, volée, ou lue par quelqu'un d'autre ?",
        "lost_what": "Bloquez-la tout de suite, à toute heure, avec son numéro de série :",
        "qr_alt": "Code QR qui contient le secret, à lire avec une application d'authentification",
        "by_hand": "Ou tapez ce secret dans l'application :",
        "form": "Forme : mot de passe à usage unique fondé sur l'heure, 6 chiffres, 30 secondes, SHA-1.",
        "form_counted": "Forme : mot de passe à usage unique fondé sur un compteur, 6 chiffres, SHA-1.",
    },
    "en": {
        "serial": "Serial number",
        "made": "Made on",
        "how": "How to use it",
        "lost": "Lost, stolen, or read by somebody else?",
        "lost_what": "Block it at once, at any hour, with its serial number:",
        "qr_alt": "QR code that holds the secret, to be read with an authenticator app",
        "by_hand": "Or type this secret into the app:",
        "form": "Form: time-based one-time password, 6 digits, 30 seconds, SHA-1.",
        "form_counted": "Form: counter-based one-time password, 6 digits, SHA-1.",
    },
}
"""Labels, by language."""

TITLES: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "fr": {
        "codes": (
            "Vos codes d'identification",
            "Ces codes prouvent que c'est vous. Chacun sert une seule fois.",
        ),
        "seed": (
            "Votre secret d'identification",
            "Ce secret permet à une application de calculer les codes qui prouvent que c'est vous.",
        ),
        "key": (
            "Votre clé de sécurité",
            "Elle est jointe à cette lettre. Le code ci-dessous la met en service, une seule fois.",
        ),
    },
    "en": {
        "codes": (
            "Your identification codes",
            "These codes show that it is you. Each works once only.",
        ),
        "seed": (
            "Your identification secret",
            "With this secret an app works out the codes that show that it is you.",
        ),
        "key": (
            "Your security key",
            "It comes with this letter. The code below takes it into use, once.",
        ),
    },
}
"""Title and first sentence, by language and sheet."""

HOW: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "fr": {
        "codes": (
            (
                "Connectez-vous avec votre mot de passe. La page demande un numéro : tapez le code de ce"
                " numéro, puis rayez-le."
            ),
            (
                "La page dit toujours à quoi sert le code demandé. Si ce n'est pas ce que vous faites,"
                " ne le tapez pas."
            ),
            (
                "Ne donnez jamais un code par téléphone, par courriel ou par message. {provider} ne vous en"
                " demandera jamais."
            ),
            "Rangez cette feuille en lieu sûr, loin de votre mot de passe. N'en faites ni photo ni copie.",
            "Si l'enveloppe était ouverte ou abîmée, n'utilisez pas cette feuille : bloquez-la.",
        ),
        "seed": (
            "Ouvrez une application d'authentification, ajoutez un compte et lisez le code QR.",
            "L'application affiche un code. Tapez-le sur la page après votre mot de passe.",
            (
                "Ne donnez jamais ce secret ni un code par téléphone, par courriel ou par message. {provider}"
                " ne vous les demandera jamais."
            ),
            (
                "Une fois le secret dans l'application, rangez cette feuille en lieu sûr ou détruisez-la."
                " N'en faites ni photo ni copie."
            ),
            "Si l'enveloppe était ouverte ou abîmée, n'utilisez pas cette feuille : bloquez-la.",
        ),
        "key": (
            "Connectez-vous avec votre mot de passe ; dans votre compte, ajoutez une clé de sécurité.",
            "Branchez ou approchez la clé, choisissez son code PIN, et tapez le code de cette lettre.",
            "La clé remplace ensuite tout code : gardez-la sur vous, et détruisez cette lettre.",
            (
                "Ne donnez jamais ce code par téléphone, par courriel ou par message. {provider} ne vous le"
                " demandera jamais."
            ),
            "Si l'enveloppe était ouverte ou abîmée, n'utilisez pas la clé : bloquez-la.",
        ),
    },
    "en": {
        "codes": (
            (
                "Log in with your password. The page asks for a number: type the code of that number,"
                " then cross it out."
            ),
            "The page always says what the code is for. If that is not what you are doing, do not type it.",
            "Never give a code on the phone, by e-mail or in a message. {provider} never asks you for one.",
            "Keep this sheet in a safe place, away from your password. Do not photograph or copy it.",
            "If the envelope was open or damaged, do not use this sheet: block it.",
        ),
        "seed": (
            "Open an authenticator app, add an account and scan the QR code.",
            "The app shows a code. Type it on the page, after your password.",
            (
                "Never give this secret or a code on the phone, by e-mail or in a message. {provider} never"
                " asks you for them."
            ),
            (
                "Once the secret is in the app, keep this sheet in a safe place, or destroy it."
                " Do not photograph or copy it."
            ),
            "If the envelope was open or damaged, do not use this sheet: block it.",
        ),
        "key": (
            "Log in with your password, then open your account and add a security key.",
            "Plug the key in or hold it close, choose its PIN, and type the code of this letter.",
            "From then on the key stands in for any code: keep it on you, and destroy this letter.",
            "Never give this code on the phone, by e-mail or in a message. {provider} never asks you for it.",
            "If the envelope was open or damaged, do not use the key: block it.",
        ),
    },
}
"""Instructions, by language and sheet; `{provider}` stands for the office's name."""

MONTHS: Mapping[str, tuple[str, ...]] = {
    "fr": (
        "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre",
        "novembre", "décembre",
    ),
    "en": (
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
        "November", "December",
    ),
}  # fmt: skip
"""Names of months, by language."""


_FRENCH = {"'": "\u2019", " :": "\u00a0:", " ?": "\u202f?"}


def set_in_type(text: str, language: str) -> str:
    """Return a text as printers set it: the apostrophe curved, no line beginning with a colon."""
    marks = _FRENCH if language == "fr" else {"'": "\u2019"}
    for plain, mark in marks.items():
        text = text.replace(plain, mark)
    return text


def day_text(year: int, month: int, day: int, language: str) -> str:
    """Return a day as people write it."""
    shown = "1er" if language == "fr" and day == 1 else str(day)
    return f"{shown} {MONTHS[language][month - 1]} {year}"
