"""Short messages through a gateway's HTTP API.

One kind of request, with a bearer token, safe to send twice under the same ``Idempotency-Key``::

    POST messages    {"to": "+336…", "from": "…", "text": "…", "reference": "…"}
                     200, 201, 202: taken; other 4xx: refused; 408, 425, 429, 5xx: come back later
"""

import hashlib
import json

from lre_kit.carriers.sms import SmsAnswer, SmsOutcome
from lre_kit.errors import ConfigurationError, MailUnavailableError
from lre_kit.proofs.publication.http_peer import HttpPeer, PeerUnavailableError
from lre_kit.settings import Settings

ANSWER_MAX_BYTES = 64 * 1024
"""Longest answer read."""

_TAKEN = frozenset({200, 201, 202})
_LATER = frozenset({408, 425, 429, *range(500, 600)})


class HttpSms:
    """A gateway's API."""

    def __init__(self, url: str, *, token: str, sender: str, timeout_s: float) -> None:
        """Send below `url` with a bearer token, as `sender`; each answer may take `timeout_s` seconds."""
        self._url = url
        self._token = token
        self._sender = sender
        self._timeout_s = timeout_s

    def send(self, *, to: str, text: str, reference: str) -> SmsAnswer:
        """Hand a message over; see `SmsSender.send`.

        Raises:
            MailUnavailableError: The gateway does not answer, or asks to come back later; the same
                reference then sends it once.
        """
        body = {"to": to, "from": self._sender, "text": text, "reference": reference}
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Content-Type": "application/json",
            "Idempotency-Key": hashlib.sha256(reference.encode()).hexdigest()[:32],
        }
        try:
            with HttpPeer(self._url, timeout_s=self._timeout_s) as peer:
                sent = json.dumps(body, ensure_ascii=False).encode()
                answer = peer.ask("POST", "messages", limit=ANSWER_MAX_BYTES, body=sent, headers=headers)
        except PeerUnavailableError as error:
            # Under its reference the gateway takes a message once, so a lost answer is asked for again.
            msg = "The gateway for short messages does not answer."
            raise MailUnavailableError(msg, mend="Check LRE_SMS_URL, or wait.") from error
        if answer.status in _TAKEN:
            return SmsAnswer(SmsOutcome.ACCEPTED)
        if answer.status in _LATER:
            msg = f"The gateway for short messages asks to come back later ({answer.status})."
            raise MailUnavailableError(msg, mend="Nothing to do: it is tried again by itself.")
        if answer.status in {401, 403}:
            msg = "The gateway for short messages refuses our token."
            raise MailUnavailableError(msg, mend="Check LRE_SMS_TOKEN.")
        return SmsAnswer(SmsOutcome.REFUSED, text=f"the gateway answers {answer.status}")


def open_sms(settings: Settings) -> HttpSms | None:
    """Return the gateway that ``LRE_SMS_URL`` names; nothing where none is.

    Raises:
        ConfigurationError: Its token is missing.
    """
    if not settings.sms_url:
        return None
    if settings.sms_token is None:
        msg = "Short messages need a token besides the gateway's address."
        raise ConfigurationError(msg, mend="Set LRE_SMS_TOKEN.")
    token = settings.sms_token.get_secret_value()
    return HttpSms(
        settings.sms_url, token=token, sender=settings.sms_sender, timeout_s=settings.smtp_timeout_s
    )
