"""Passwords: which are taken, and how they are kept.

The rules are those of OWASP ASVS 5 §6.2 and NIST SP 800-63B-4 §3.1.1: long enough, of any characters, never
a well-known one, never the person's own address or name, and nothing about digits or capitals. They are
kept as Argon2id (RFC 9106, second recommended option) over an HMAC whose key is not in the database.
"""

import base64
import hashlib
import hmac
import re
import unicodedata
from collections.abc import Iterable
from functools import cached_property

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from lre_kit.errors import InputError

COST = RFC_9106_LOW_MEMORY
"""What a hash costs: RFC 9106's low-memory option (64 MiB, 3 passes, 4 lanes)."""

PASSWORD_MIN_CHARS = 12
"""Shortest password, in characters (ASVS 6.2.1 asks for at least 8 and recommends 15 for a lone factor)."""

PASSWORD_MAX_CHARS = 128
"""Longest password, in characters: at least 64 must be allowed (ASVS 6.2.9)."""

_REST_MIN_CHARS = 8
"""What must be left of a password once the person's own words are taken out."""

_OWN_WORD_MIN_CHARS = 4
"""Shorter own words (“Ana”) stand in too many good passwords to be looked for."""

# Length leaves few of the well-known lists standing: these are the long ones, folded as `_folded` does.
_COMMON = frozenset(
    """
    123456789012 1234567890123 12345678901234 123456789012345 1234567890123456 12345678901234567890
    012345678910 123123123123 121212121212 123321123321 112233445566 102030405060 987654321098
    147258369147 000111222333 abcdefghijkl abcdefghijklm abcdefghijklmnopqrstuvwxyz abc123abc123
    abcd1234abcd a1b2c3d4e5f6 aaaabbbbcccc qwertyuiopas qwertyuiopasdfghjklzxcvbnm qwertyqwerty
    qwerty123456 qwertyuiop12 qwertyuiop123 1q2w3e4r5t6y 1q2w3e4r5t6y7u8i 1qaz2wsx3edc 1qaz2wsx3edc4rfv
    zaq12wsxcde3 zaq1xsw2cde3 q1w2e3r4t5y6 asdfghjklzxc azertyuiopqs azertyuiopqsdfghjklm azertyazerty
    azerty123456 azertyuiop12 azertyuiop123 1a2z3e4r5t6y password1234 password12345 password123456
    passwordpassword password2024 password2025 password2026 passw0rd1234 p4ssw0rd1234 mypassword12
    mypassword123 changeme1234 changemechangeme letmeinletmein letmein12345 iloveyou1234
    iloveyouiloveyou welcome12345 welcomewelcome administrator administrateur admin1234567 admin12345678
    adminadminadmin rootrootroot testtesttest test12345678 testing12345 secretsecret secret123456
    motdepasse12 motdepasse123 motdepasse1234 motdepassemotdepasse monmotdepasse jetaimejetaime
    jetaime12345 bonjour12345 bonjourbonjour soleil123456 doudou123456 chouchou1234 marseille1234
    loulou123456 correcthorsebatterystaple trustno1trustno1 football1234 baseball1234 superman1234
    princess1234 sunshine1234 dragon123456 monkey123456 master123456 computer1234 internet1234
    starwars1234 pokemon12345 liverpool123
    """.split()
)  # fmt: skip


class PasswordRefusedError(InputError):
    """A new password may not be used; `reason` says why: ``short``, ``long``, ``common`` or ``own``."""

    slug = "password-refused"

    def __init__(self, reason: str, problem: str, *, mend: str) -> None:
        """Keep the reason beside the two sentences."""
        super().__init__(problem, mend=mend)
        self.reason = reason


def kept_form(password: str) -> str:
    """Return a password in the form that is hashed: NFC, so that every keyboard types the same one."""
    return unicodedata.normalize("NFC", password)


def check_new(password: str, *, own: Iterable[str] = ()) -> None:
    """Judge a password somebody wants to have.

    Args:
        password: As typed; any character may stand in it, spaces included.
        own: What everybody knows of its owner: e-mail address, name.

    Raises:
        PasswordRefusedError: Too short, too long, well known, or made of the owner's own words.
    """
    kept = kept_form(password)
    if len(kept) < PASSWORD_MIN_CHARS:
        msg = f"The password has fewer than {PASSWORD_MIN_CHARS} characters."
        raise PasswordRefusedError("short", msg, mend="Take a longer one: a few words together do well.")
    if len(kept) > PASSWORD_MAX_CHARS:
        msg = f"The password has more than {PASSWORD_MAX_CHARS} characters."
        raise PasswordRefusedError("long", msg, mend="Take a shorter one.")
    folded = _folded(kept)
    if kept.casefold() in _COMMON or folded in _COMMON or len(set(kept.casefold())) <= 2:
        msg = "The password is one of the best known ones."
        raise PasswordRefusedError("common", msg, mend="Take one that nobody else would think of.")
    rest = folded
    for word in sorted(_own_words(own), key=len, reverse=True):
        rest = rest.replace(word, "")
    if rest != folded and len(rest) < _REST_MIN_CHARS:
        msg = "The password is made of your own name or e-mail address."
        raise PasswordRefusedError("own", msg, mend="Take one that has nothing to do with you.")


def _folded(text: str) -> str:
    """Return a text without case, accents or anything but letters and digits."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in plain if c.isalnum())


def _own_words(own: Iterable[str]) -> set[str]:
    words = {_folded(part) for text in own for part in (text, *re.split(r"[\s@._+-]+", text))}
    return {word for word in words if len(word) >= _OWN_WORD_MIN_CHARS}


class Passwords:
    """Hashes and checks passwords of one office."""

    def __init__(self, pepper: bytes, hasher: PasswordHasher | None = None) -> None:
        """Prepare.

        Args:
            pepper: Secret kept outside the database.
            hasher: Cost parameters; by default `COST`.
        """
        self._key = hmac.new(pepper, b"lre-kit.passwords.v1", hashlib.sha256).digest()
        self._hasher = hasher or PasswordHasher.from_parameters(COST)

    @cached_property
    def _nobody(self) -> str:
        """What is compared where nothing is kept; made at the first comparison, whichever it is."""
        return self._hasher.hash(self._peppered("nobody has this one"))

    def hash(self, password: str) -> str:
        """Return what is kept of a password."""
        return self._hasher.hash(self._peppered(password))

    def fits(self, kept: str | None, password: str) -> bool:
        """Tell whether a typed password is the one that was kept.

        With nothing kept (there is no such account) the same work is done, and the answer is no.
        """
        # A password longer than any that is taken is never hashed: it could only cost time.
        typed = password if len(password) <= 4 * PASSWORD_MAX_CHARS else ""
        nobody = self._nobody
        try:
            self._hasher.verify(kept or nobody, self._peppered(typed))
        except (VerificationError, InvalidHashError):
            return False
        return kept is not None

    def is_stale(self, kept: str) -> bool:
        """Tell whether a password was hashed at another cost than today's."""
        return self._hasher.check_needs_rehash(kept)

    def _peppered(self, password: str) -> str:
        digest = hmac.new(self._key, kept_form(password).encode("utf-8", "surrogatepass"), hashlib.sha256)
        return base64.b64encode(digest.digest()).decode()
