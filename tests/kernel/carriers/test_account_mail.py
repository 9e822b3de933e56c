"""The messages accounts get: every kind, in both languages, as text and HTML."""

from dataclasses import replace
from email.message import EmailMessage

import pytest

from lre_kit.carriers.account_mail import AccountCourier, account_message
from lre_kit.carriers.mail import MailAnswer, MailOutcome
from lre_kit.carriers.notices import MailIdentity
from lre_kit.errors import MailUnavailableError
from lre_kit.identifiers.links import Links
from lre_kit.parties.account_values import AccountMail, MailKind

IDENTITY = MailIdentity(provider_name="La Poste <exemple>", mail_from="notices@example.org")
BASE = "https://notices.example/lre"
TOKEN = "a-secret-token"
MAIL = AccountMail(
    kind=MailKind.CONFIRM, email="helene@example.org", name="Hélène <b>", language="fr", token=TOKEN
)


def parts(message: EmailMessage) -> tuple[str, str]:
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert html is not None
    return plain.get_content(), html.get_content()


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("kind", MailKind)
def test_every_message_says_who_writes_and_leads_to_our_pages_only(kind: MailKind, language: str) -> None:
    mail = replace(MAIL, kind=kind, language=language)
    message = account_message(mail, identity=IDENTITY, base_url=BASE, message_id="<1@example.org>")
    plain, html = parts(message)
    assert message["Content-Language"] == language
    assert IDENTITY.provider_name in plain
    assert "Hélène &lt;b&gt;" in html
    assert "<b>" not in html
    assert "{" not in plain
    assert next(line for line in plain.splitlines() if "://" in line).startswith(
        (BASE + "/account", BASE + "/profile/")
    )
    assert (TOKEN in plain) == (kind in {MailKind.CONFIRM, MailKind.RESET, MailKind.ADD_ADDRESS})
    assert TOKEN not in str(message["Subject"])


def test_a_stranger_without_a_name_is_greeted_without_one() -> None:
    mail = replace(MAIL, kind=MailKind.NO_ACCOUNT, name=MAIL.email, token=None)
    message = account_message(mail, identity=IDENTITY, base_url=BASE, message_id="<1@example.org>")
    assert parts(message)[0].startswith("Bonjour,\n")


@pytest.mark.parametrize("outcome", [MailOutcome.REFUSED, MailOutcome.UNKNOWN])
def test_a_message_that_was_not_taken_is_told_of(outcome: MailOutcome) -> None:
    class Server:
        def send(self, message: EmailMessage, *, return_path: str | None = None) -> MailAnswer:
            return MailAnswer(outcome)

        def ping(self) -> str:
            return ""

    courier = AccountCourier(Server(), links=Links(b"s" * 32, BASE), identity=IDENTITY)
    with pytest.raises(MailUnavailableError) as raised:
        courier.deliver(MAIL)
    assert TOKEN not in str(raised.value)
    assert TOKEN not in repr(MAIL)
