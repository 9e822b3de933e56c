# ruff: noqa: E501 - sentences for people read better whole
"""The messages accounts get: confirm an address, set a new password, something about your account changed."""

from collections.abc import Mapping
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from html import escape

from lre_kit.carriers.headers import header_text, mailbox
from lre_kit.carriers.mail import Courier, MailOutcome
from lre_kit.carriers.notices import MailIdentity
from lre_kit.errors import MailUnavailableError
from lre_kit.identifiers.links import Links
from lre_kit.parties.account_values import AccountMail, MailKind
from lre_kit.store.columns import new_id

PATHS: Mapping[MailKind, str] = {
    MailKind.CONFIRM: "/account/confirm/{token}",
    MailKind.RESET: "/account/reset/{token}",
    MailKind.ALREADY: "/account/login",
    MailKind.NO_ACCOUNT: "/account/register",
    MailKind.PASSWORD_CHANGED: "/account/forgot",
    MailKind.FACTORS_CHANGED: "/account",
    MailKind.CLOSED: "/account/register",
    MailKind.ADD_ADDRESS: "/profile/emails/confirm/{token}",
}
"""Where the button of each message leads, below the office's address."""

_WORDS: Mapping[tuple[MailKind, str], tuple[str, tuple[str, ...], str, tuple[str, ...]]] = {
    (MailKind.CONFIRM, "fr"): (
        "Confirmez votre adresse électronique",
        ("Quelqu'un, vous sans doute, crée un compte chez {provider} avec cette adresse.",),
        "Confirmer mon adresse",
        (
            "Le lien sert une fois, pendant 24 heures. Le mot de passe choisi vous sera demandé.",
            "Si ce n'est pas vous, ne faites rien : sans votre confirmation, aucun compte n'est créé.",
        ),
    ),
    (MailKind.CONFIRM, "en"): (
        "Confirm your e-mail address",
        ("Somebody, probably you, is making an account with {provider} with this address.",),
        "Confirm my address",
        (
            "The link works once, within 24 hours. You will be asked for the password you chose.",
            "If it was not you, do nothing: without your confirmation no account is made.",
        ),
    ),
    (MailKind.ALREADY, "fr"): (
        "Vous avez déjà un compte",
        ("Quelqu'un, vous peut-être, a voulu créer un compte chez {provider} avec cette adresse, qui en a déjà un. Rien n'a changé.",),
        "Se connecter",
        (
            "Si vous avez oublié votre mot de passe, la page de connexion permet d'en choisir un nouveau.",
            "Si ce n'est pas vous, vous n'avez rien à faire.",
        ),
    ),
    (MailKind.ALREADY, "en"): (
        "You have an account already",
        ("Somebody, perhaps you, tried to make an account with {provider} with this address, which has one. Nothing was changed.",),
        "Log in",
        (
            "If you forgot your password, the log-in page lets you choose a new one.",
            "If it was not you, there is nothing to do.",
        ),
    ),
    (MailKind.RESET, "fr"): (
        "Choisissez un nouveau mot de passe",
        ("Un nouveau mot de passe a été demandé pour votre compte chez {provider}.",),
        "Choisir un nouveau mot de passe",
        (
            "Le lien sert une fois, pendant une heure. Toutes les sessions ouvertes seront fermées.",
            "Si ce n'est pas vous, ne faites rien : votre mot de passe reste le même.",
        ),
    ),
    (MailKind.RESET, "en"): (
        "Choose a new password",
        ("A new password was asked for, for your account with {provider}.",),
        "Choose a new password",
        (
            "The link works once, within an hour. All open sessions will be ended.",
            "If it was not you, do nothing: your password stays the same.",
        ),
    ),
    (MailKind.NO_ACCOUNT, "fr"): (
        "Aucun compte à cette adresse",
        ("Un nouveau mot de passe a été demandé chez {provider} pour cette adresse, mais elle n'a pas de compte. Vous en avez peut-être un avec une autre adresse.",),
        "Créer un compte",
        ("Si ce n'est pas vous, vous n'avez rien à faire.",),
    ),
    (MailKind.NO_ACCOUNT, "en"): (
        "No account at this address",
        ("A new password was asked for with {provider} for this address, but it has no account. Perhaps you have one with another address.",),
        "Make an account",
        ("If it was not you, there is nothing to do.",),
    ),
    (MailKind.PASSWORD_CHANGED, "fr"): (
        "Votre mot de passe a été changé",
        ("Le mot de passe de votre compte chez {provider} vient d'être changé.",),
        "Ce n'est pas moi",
        ("Si c'est vous, vous n'avez rien à faire. Sinon, choisissez tout de suite un nouveau mot de passe.",),
    ),
    (MailKind.PASSWORD_CHANGED, "en"): (
        "Your password was changed",
        ("The password of your account with {provider} has just been changed.",),
        "It was not me",
        ("If it was you, there is nothing to do. If not, choose a new password at once.",),
    ),
    (MailKind.ADD_ADDRESS, "fr"): (
        "Confirmez cette adresse électronique",
        ("Quelqu'un, vous sans doute, ajoute cette adresse à son profil chez {provider}.",),
        "Confirmer cette adresse",
        (
            "Le lien sert une fois, pendant 24 heures, et demande d'être connecté à ce compte.",
            "Si ce n'est pas vous, ne faites rien : sans votre confirmation, rien n'est ajouté.",
        ),
    ),
    (MailKind.ADD_ADDRESS, "en"): (
        "Confirm this e-mail address",
        ("Somebody, probably you, is adding this address to their profile with {provider}.",),
        "Confirm this address",
        (
            "The link works once, within 24 hours, and asks you to be logged in to that account.",
            "If it was not you, do nothing: without your confirmation nothing is added.",
        ),
    ),
    (MailKind.CLOSED, "fr"): (
        "Votre compte est fermé",
        ("Votre compte chez {provider} vient d'être fermé : personne ne s'y connecte plus. Ses données sont supprimées dans trente jours ; les lettres et leurs preuves restent.",),
        "Ouvrir un nouveau compte",
        ("Si ce n'est pas vous, ouvrez de nouveau un compte avec cette adresse : vous y retrouvez vos lettres. Prévenez-nous aussi.",),
    ),
    (MailKind.CLOSED, "en"): (
        "Your account is closed",
        ("Your account with {provider} has just been closed: nobody logs in to it any more. Its data are deleted in thirty days; letters and their proofs stay.",),
        "Make a new account",
        ("If it was not you, make an account with this address again: you find your letters there. Tell us too.",),
    ),
    (MailKind.FACTORS_CHANGED, "fr"): (
        "La sécurité de votre compte a changé",
        ("Un second facteur ou les codes de secours de votre compte chez {provider} viennent d'être ajoutés, utilisés ou retirés.",),
        "Voir mon compte",
        ("Si c'est vous, vous n'avez rien à faire. Sinon, changez votre mot de passe et fermez les autres sessions.",),
    ),
    (MailKind.FACTORS_CHANGED, "en"): (
        "The security of your account changed",
        ("A second factor or the recovery codes of your account with {provider} have just been added, used or taken away.",),
        "See my account",
        ("If it was you, there is nothing to do. If not, change your password and end the other sessions.",),
    ),
}  # fmt: skip

_P = "margin:0 0 16px;font:16px/1.5 system-ui,sans-serif;color:#1b2733"
_BUTTON = (
    "display:inline-block;padding:12px 20px;border-radius:6px;background:#14456b;color:#ffffff;"
    "font:600 16px/1.2 system-ui,sans-serif;text-decoration:none"
)


class AccountCourier:
    """Writes accounts' messages and hands them over; links are built from configuration only."""

    def __init__(self, courier: Courier, *, links: Links, identity: MailIdentity) -> None:
        """Wire the carrier."""
        self._courier = courier
        self._links = links
        self._identity = identity

    def deliver(self, mail: AccountMail) -> None:
        """Send a message.

        Raises:
            MailUnavailableError: It could not be handed over.
        """
        message = account_message(
            mail,
            identity=self._identity,
            base_url=self._links.sender_url,
            message_id=self._links.message_id("account", new_id(), 1),
        )
        if self._courier.send(message).outcome is not MailOutcome.ACCEPTED:
            msg = "The message could not be sent."
            raise MailUnavailableError(msg, mend="Check the address, or try again in a few minutes.")


def account_message(
    mail: AccountMail, *, identity: MailIdentity, base_url: str, message_id: str
) -> EmailMessage:
    """Return one message, as text and HTML."""
    subject, lead, button, closing = _WORDS[mail.kind, mail.language]
    url = base_url + PATHS[mail.kind].format(token=mail.token)
    hello = "Bonjour" if mail.language == "fr" else "Hello"
    greeting = f"{hello} {mail.name}," if mail.name != mail.email else f"{hello},"
    lead = tuple(text.format(provider=identity.provider_name) for text in lead)
    message = EmailMessage(policy=SMTP if mail.email.isascii() else SMTPUTF8)
    message["Subject"] = header_text(subject)
    message["From"] = mailbox(identity.provider_name, identity.mail_from)
    message["To"] = mailbox(mail.name, mail.email)
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"
    colon = " :" if mail.language == "fr" else ":"
    plain = "\n\n".join((greeting, *lead, f"{button}{colon}\n{url}", *closing)) + "\n"
    message.set_content(plain, cte="quoted-printable")
    parts = [f'<p style="{_P}">{escape(text)}</p>' for text in (greeting, *lead)]
    parts.append(f'<p style="{_P}"><a style="{_BUTTON}" href="{escape(url)}">{escape(button)}</a></p>')
    parts.append(f'<p style="{_P};font-size:13px;word-break:break-all">{escape(url)}</p>')
    parts += [f'<p style="{_P};font-size:14px;color:#4a5866">{escape(text)}</p>' for text in closing]
    body = "\n".join(parts)
    html = (
        f'<!doctype html>\n<html lang="{mail.language}"><head><meta charset="utf-8">'
        f"<title>{escape(subject)}</title></head>\n"
        '<body style="margin:0;padding:24px;background:#f4f6f8">'
        '<div style="max-width:560px;margin:0 auto;padding:24px;background:#ffffff;border-radius:8px">\n'
        f"{body}\n</div></body></html>\n"
    )
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    # After the parts: headers of content set before them would move into the first.
    message["Content-Language"] = mail.language
    return message
