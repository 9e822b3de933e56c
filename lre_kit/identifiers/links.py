"""Signed links: a locator that finds a letter and proves nothing about who follows it.

The authority to accept or refuse comes from identification, never from holding a link
(OWASP ASVS 6.3.6). Links are built from configuration, never from a request.
"""

import hashlib
import hmac
from urllib.parse import urlsplit

from itsdangerous import BadData, URLSafeTimedSerializer

from lre_kit.carriers.mail_kinds import kind_of
from lre_kit.errors import NotFoundError
from lre_kit.store.signing import lasting, passing

_SALT = "lre-kit.recipient-link.v1"
_PROOF_SALT = "lre-kit.proof-link.v1"
_MAILBOX_CHARS = 32


class Links:
    """Makes and reads recipient links of one office."""

    def __init__(self, secret: bytes, base_url: str, sender_url: str = "") -> None:
        """Keep the office's link secret and the addresses recipients and senders reach it under."""
        self._locator = lasting(secret, salt=_SALT)
        self._proofs = lasting(secret, salt=_PROOF_SALT)
        self._secret = secret
        self.base_url = base_url.rstrip("/")
        self.sender_url = sender_url.rstrip("/") or self.base_url

    def token(self, letter_id: str, email: str = "") -> str:
        """Return the locator of a letter, as it is sent to an address if there is one."""
        if not email:
            return str(self._locator.dumps(letter_id))
        return str(self._locator.dumps([letter_id, self.mailbox(letter_id, email)]))

    def recipient_url(self, letter_id: str, email: str = "") -> str:
        """Return the address that the notice carries, to `email` if there is one."""
        return f"{self.base_url}/r/{self.token(letter_id, email)}"

    def mailbox(self, letter_id: str, email: str) -> str:
        """Return what stands for a letter's address where it must not be named: a keyed digest."""
        text = f"mailbox:{letter_id}:{email}".encode()
        return hmac.new(self._secret, text, hashlib.sha256).hexdigest()[:_MAILBOX_CHARS]

    def was_sent_to(self, token: str, email: str) -> bool:
        """Tell whether a locator went to an address; one that names none did not."""
        try:
            letter_id, mailbox = self._locator.loads(token)
        except (BadData, ValueError, TypeError):
            return False
        return hmac.compare_digest(str(mailbox).encode(), self.mailbox(str(letter_id), email).encode())

    def proof_url(self, letter_id: str, kind: str) -> str:
        """Return the address that a proof's QR code carries: the page that checks this proof."""
        return f"{self.base_url}/verify/{self._proofs.dumps([letter_id, kind])}"

    def read_proof(self, token: str) -> tuple[str, str]:
        """Return the letter and the kind of proof that a proof's own token stands for.

        Raises:
            NotFoundError: The token was not made by this office.
        """
        try:
            letter_id, kind = self._proofs.loads(token)
        except (BadData, ValueError, TypeError) as error:
            msg = "This code does not lead to a proof."
            raise NotFoundError(msg, mend="Scan the code on the proof, or drop its file.") from error
        return str(letter_id), str(kind)

    def message_id(self, purpose: str, letter_id: str, number: int) -> str:
        """Return the stable Message-ID of a message: the same each time it is sent (RFC 5322 §3.6.4).

        Its kind stands in it, as at the message's foot.
        """
        text = f"{purpose}:{letter_id}:{number}".encode()
        digest = hmac.new(self._secret, text, hashlib.sha256).hexdigest()
        return f"<{digest[:32]}.{kind_of(purpose).value}@{urlsplit(self.base_url).hostname}>"

    def read(self, token: str) -> str:
        """Return the letter a locator stands for.

        Raises:
            NotFoundError: The token was not made by this office.
        """
        try:
            found = self._locator.loads(token)
            # One of before says which letter, and not to which address it went.
            letter_id = found[0] if isinstance(found, list) else found
        except (BadData, IndexError) as error:
            msg = "This link does not lead to a letter."
            raise NotFoundError(msg, mend="Open the link exactly as it stands in the notice.") from error
        return str(letter_id)

    def signer(self, purpose: str) -> URLSafeTimedSerializer:
        """Return a timed signer for another purpose of the same office (cookies, form tokens)."""
        return passing(self._secret, salt=f"lre-kit.{purpose}.v1")
