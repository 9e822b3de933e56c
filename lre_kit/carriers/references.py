# ruff: noqa: E501 - sentences for people read better whole
"""The reference at the foot of every mail of the office, and what it tells whoever types it.

A reference is sixteen letters that are not taken for one another, in groups of four: ``K7RW-P3XA-...``. It
says by itself on which legal day and as what kind of message the office made it, and to which address, by a
keyed digest that names nobody; a keyed check (HMAC-SHA-256) tells that the office made it. So nothing is
written down for it: there is no list that could leak, run out or be asked through, and it holds for as long
as the office's link secret. Sending the same message again on the same day prints the same reference.

Whoever types it learns day and kind. Whoever types an address with it learns whether it went there: a
reference that was copied into a forged message shows as another's.

Bits, the first first: day since `FIRST_DAY` 15, kind 5, address 16, message 8, check 31.
"""

import hashlib
import hmac
from copy import deepcopy
from dataclasses import dataclass
from datetime import date, timedelta
from email.message import EmailMessage
from html import escape

from lre_kit.carriers.mail import Courier, MailAnswer
from lre_kit.carriers.mail_kinds import MailKind, kind_named_in
from lre_kit.clock import PARIS, Clock
from lre_kit.law.periods import Words
from lre_kit.parties.emails import key_of

ALPHABET = "ACDEFGHJKLMNPQRTUVWXY34679"
"""Letters of references: none that is taken for another (no B8, I1, O0, S5, Z2)."""

CHARS = 16
"""Letters of a reference: 26^16 is a little more than 2^75."""

FIRST_DAY = date(2020, 1, 1)
"""Day number 0."""

_DAY, _KIND, _ADDRESS, _MESSAGE, _CHECK = 15, 5, 16, 8, 31


FOOT = Words(
    fr="Référence de ce message : {reference}. Pour vérifier qu'il vient de nous, tapez-la sur {page}, sans suivre de lien.",
    en="Reference of this message: {reference}. To check that it is ours, type it at {page}, without following a link.",
)  # fmt: skip
"""What is printed at the foot of each mail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """What a reference tells: the office made it.

    Attributes:
        day: Legal day on which the message was made.
        kind: What it was.
        went_to: Whether it went to the address that was typed with it; nothing if none was.
    """

    day: date
    kind: MailKind
    went_to: bool | None = None


class References:
    """Makes and reads references of one office."""

    def __init__(self, secret: bytes) -> None:
        """Keep a key that is drawn from the office's link secret."""
        self._key = hmac.new(secret, b"lre-kit.mail-reference.v1", hashlib.sha256).digest()

    def make(self, *, day: date, kind: MailKind, email: str, message_id: str) -> str:
        """Return the reference of a message."""
        number = max(0, (day - FIRST_DAY).days) % (1 << _DAY)
        number = number << _KIND | list(MailKind).index(kind)
        number = number << _ADDRESS | self._tag("address", key_of(email), _ADDRESS)
        number = number << _MESSAGE | self._tag("message", message_id, _MESSAGE)
        return _written(number << _CHECK | self._tag("check", str(number), _CHECK))

    def read(self, typed: str, *, email: str = "") -> Issued | None:
        """Return what a typed reference tells, or nothing if this office did not make it.

        Args:
            typed: As it was typed: blanks, hyphens and small letters do not matter.
            email: An address, if one was typed with it.
        """
        number = _number(typed)
        if number is None:
            return None
        body, check = number >> _CHECK, number & (1 << _CHECK) - 1
        if not hmac.compare_digest(f"{check:x}", f"{self._tag('check', str(body), _CHECK):x}"):
            return None
        address = body >> _MESSAGE & (1 << _ADDRESS) - 1
        kind = body >> _MESSAGE + _ADDRESS & (1 << _KIND) - 1
        day = body >> _MESSAGE + _ADDRESS + _KIND
        known = list(MailKind)
        return Issued(
            day=FIRST_DAY + timedelta(days=day),
            kind=known[kind] if kind < len(known) else MailKind.OTHER,
            went_to=self._tag("address", key_of(email), _ADDRESS) == address if email.strip() else None,
        )

    def _tag(self, what: str, text: str, bits: int) -> int:
        digest = hmac.new(self._key, f"{what}\n{text}".encode(), hashlib.sha256).digest()
        return int.from_bytes(digest[:8], "big") & (1 << bits) - 1


class ReferringCourier:
    """Prints the reference at the foot of each message before another courier takes it.

    Attributes:
        references: Makes them, and reads what is typed.
    """

    def __init__(self, courier: Courier, references: References, *, clock: Clock, page: str) -> None:
        """Hand over to `courier`; `page` is where references are typed."""
        self._courier = courier
        self.references = references
        self._clock = clock
        self._page = page

    def send(self, message: EmailMessage, *, return_path: str | None = None) -> MailAnswer:
        """See `Courier.send`."""
        signed = deepcopy(message)  # who sends the same message again finds it as it was
        self._sign(signed)
        return self._courier.send(signed, return_path=return_path)

    def ping(self) -> str:
        """See `Courier.ping`."""
        return self._courier.ping()

    def _sign(self, message: EmailMessage) -> None:
        message_id = str(message["Message-ID"])
        reference = self.references.make(
            day=self._clock().astimezone(PARIS).date(),
            kind=kind_named_in(message_id),
            email=message["To"].addresses[0].addr_spec,
            message_id=message_id,
        )
        language = str(message.get("Content-Language", "en"))
        line = FOOT.in_language(language).format(reference=reference, page=self._page)
        for part in message.walk():
            if part.get_content_type() == "text/plain" and not part.is_attachment():
                _set(part, f"{str(part.get_content()).rstrip()}\n\n{line}\n", "plain")
            elif part.get_content_type() == "text/html" and not part.is_attachment():
                style = "margin:16px 0 0;font:13px/1.5 system-ui,sans-serif;color:#4a5866"
                foot = f'<p style="{style}">{escape(line)}</p>\n'
                html = str(part.get_content())
                place = html.rfind("</div></body>")
                place = place if place >= 0 else len(html)
                _set(part, html[:place] + foot + html[place:], "html")


def _set(part: EmailMessage, text: str, subtype: str) -> None:
    kept = {name: part[name] for name in ("Content-Language",) if name in part}
    part.set_content(text, subtype=subtype, cte="quoted-printable")
    for name, value in kept.items():
        part[name] = value


def _written(number: int) -> str:
    letters = []
    for _ in range(CHARS):
        number, rest = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[rest])
    text = "".join(reversed(letters))
    return "-".join(text[start : start + 4] for start in range(0, CHARS, 4))


def _number(typed: str) -> int | None:
    plain = "".join(typed[:100].split()).replace("-", "").upper()
    if len(plain) != CHARS or any(letter not in ALPHABET for letter in plain):
        return None
    number = 0
    for letter in plain:
        number = number * len(ALPHABET) + ALPHABET.index(letter)
    return number if number < 1 << (_DAY + _KIND + _ADDRESS + _MESSAGE + _CHECK) else None
