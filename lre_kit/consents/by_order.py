"""Consent by an order: who has a means delivered inside a registered letter chose that way themselves."""

from lre_kit.clock import Clock
from lre_kit.consents.desk import ConsentDesk
from lre_kit.consents.register import ConsentRegister
from lre_kit.consents.values import Answerer, ConsentRequest
from lre_kit.law.consents import ConsentState
from lre_kit.parties.values import Recipient, Sender

MEANS = "order"
"""How the consent was given, as its evidence says: by ordering, in a session of the holder's."""


class ConsentByOrder:
    """Records the consent that an order holds, once for each holder and sender."""

    def __init__(self, desk: ConsentDesk, register: ConsentRegister, *, clock: Clock) -> None:
        """Work with the office's consents."""
        self._desk = desk
        self._register = register
        self._clock = clock

    def __call__(self, sender: Sender, recipient: Recipient, language: str) -> None:
        """Record that a holder consented to letters of the office's own, unless it is kept already."""
        about = self._register.about([recipient.email])
        if any(each.sender_ref == sender.ref and each.state is ConsentState.GIVEN for each in about):
            return
        request = ConsentRequest(name=recipient.name, email=recipient.email, language=language)
        asked = self._desk.ask(sender, request)
        self._desk.give(Answerer(consent_id=asked.id, means=MEANS, at=self._clock()))
