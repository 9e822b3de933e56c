"""A key in a PKCS#11 token (a hardware security module): it never leaves it, it only signs.

`TokenKey` is an elliptic-curve key to everybody who signs with one, so certificates, requests and
signatures of every form are made with it as with a file's key. It connects when it is first used,
and again after the token went away. The first signature of each connection is checked against the
certificate: a token with another key under the same label is noticed before anything goes out.
"""

import hashlib
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature

from lre_kit.errors import MissingExtraError, SealUnavailableError

COORDINATE_BYTES = 32
"""Length of each half of a signature on P-256, in bytes."""

TRIES = 3
"""How often the token is asked: over the connection that is there, a new one, and a restarted library."""

_Answer = TypeVar("_Answer")
_MEND = "See that the token is there and that LRE_SEAL_PKCS11_MODULE, _TOKEN, _PIN and _LABEL name it."


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenPlace:
    """Where a key lies.

    Attributes:
        module: PKCS#11 library of the token's maker.
        token: Label of the token.
        label: Label of the key pair in it.
        pin: User PIN of the token.
    """

    module: Path
    token: str
    label: str
    pin: str = field(repr=False)


class TokenKey(ec.EllipticCurvePrivateKey):
    """A P-256 key in a token."""

    def __init__(self, place: TokenPlace, expected: ec.EllipticCurvePublicKey | None = None) -> None:
        """Note where the key lies; the token is asked when the key is first used.

        Args:
            place: Where.
            expected: The public half that the certificate names; another key is refused.
        """
        self._place = place
        self._expected = expected
        self._lock = threading.Lock()
        self._session: Any = None
        self._private: Any = None
        self._process = os.getpid()

    def sign(self, data: Any, signature_algorithm: ec.EllipticCurveSignatureAlgorithm) -> bytes:
        """Return an ECDSA signature with SHA-256, as DER.

        Raises:
            SealUnavailableError: The token does not answer, or holds another key.
            UnsupportedAlgorithm: Another algorithm is asked for.
        """
        if not isinstance(signature_algorithm.algorithm, hashes.SHA256):
            raise UnsupportedAlgorithm("The seal key signs with ECDSA and SHA-256 only.")
        digest = hashlib.sha256(data).digest()
        with self._lock:
            return self._asked(lambda: self._sign_once(digest))

    def public_key(self) -> ec.EllipticCurvePublicKey:
        """Return the public half: the certificate's if one is known, else the token's.

        Raises:
            SealUnavailableError: The token does not answer, or has no such key.
        """
        return self._expected or self.public_key_in_token()

    def public_key_in_token(self) -> ec.EllipticCurvePublicKey:
        """Return the public half as the token has it; errors as for `public_key`."""
        from pkcs11 import Attribute, ObjectClass

        def read() -> bytes:
            found = self._connected().get_key(object_class=ObjectClass.PUBLIC_KEY, label=self._place.label)
            point: bytes = found[Attribute.EC_POINT]
            return point

        with self._lock:
            point = self._asked(read)
        try:
            # A DER OCTET STRING around the point of SEC 1: its two first bytes are tag and length.
            return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point[2:])
        except ValueError as error:
            raise _unavailable(f"The key {self._place.label} in the token is not on P-256.") from error

    def bound_to(self, public: ec.EllipticCurvePublicKey) -> "TokenKey":
        """Return the same key, which from its first use on must belong to a public half."""
        return TokenKey(self._place, public)

    def make(self) -> bool:
        """Make the key pair in the token unless one of its label is there; return whether it was made.

        Raises:
            SealUnavailableError: The token does not answer, or may not be written.
        """
        with self._lock:
            return self._asked(self._make_once)

    def _make_once(self) -> bool:
        from pkcs11 import Attribute, KeyType, ObjectClass
        from pkcs11.util.ec import encode_named_curve_parameters

        query = {Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.LABEL: self._place.label}
        if next(iter(self._connected().get_objects(query)), None) is not None:
            return False
        self._disconnect()
        session = self._open(rw=True)
        try:
            parameters = session.create_domain_parameters(
                KeyType.EC, {Attribute.EC_PARAMS: encode_named_curve_parameters("secp256r1")}, local=True
            )
            parameters.generate_keypair(
                store=True,
                label=self._place.label,
                private_template={Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False},
            )
        finally:
            session.close()
        return True

    def _sign_once(self, digest: bytes) -> bytes:
        from pkcs11 import KeyType, ObjectClass

        if self._private is None:
            self._private = self._connected().get_key(
                object_class=ObjectClass.PRIVATE_KEY, key_type=KeyType.EC, label=self._place.label
            )
            self._check(self._signature(digest), digest)
        return self._signature(digest)

    def _signature(self, digest: bytes) -> bytes:
        from pkcs11 import Mechanism

        # The digest is made here: plain ECDSA is the mechanism that every token has.
        raw: bytes = self._private.sign(digest, mechanism=Mechanism.ECDSA)
        first, second = raw[:COORDINATE_BYTES], raw[COORDINATE_BYTES:]
        return encode_dss_signature(int.from_bytes(first), int.from_bytes(second))

    def _check(self, signature: bytes, digest: bytes) -> None:
        """Refuse a key that does not belong to the certificate."""
        if self._expected is None:
            return
        try:
            self._expected.verify(signature, digest, ec.ECDSA(Prehashed(hashes.SHA256())))
        except InvalidSignature as error:
            self._disconnect()
            msg = f"The key {self._place.label} in the token does not belong to the seal's certificate."
            mend = "Name the right key in LRE_SEAL_PKCS11_LABEL, or run: lre keys request seal"
            raise SealUnavailableError(msg, mend=mend) from error

    def _asked(self, ask: Callable[[], _Answer]) -> _Answer:
        """Ask the token; if it fails, ask over a new connection, and then of a restarted library.

        Libraries learn of tokens that came back, or came later, only when they start.
        """
        pkcs11 = _library()
        if self._process != os.getpid():
            # PKCS #11 §5.6.1: what a forked process inherits is of no use to it.
            self._forget()
            self._process = os.getpid()
            self._start_anew()
        tried = 0
        while True:
            try:
                return ask()
            except (pkcs11.PKCS11Error, OSError) as error:
                tried += 1
                self._disconnect()
                # A wrong PIN is not tried again: tokens count.
                if tried == TRIES or isinstance(error, pkcs11.PinIncorrect | pkcs11.PinLocked):
                    raise _unavailable(_reason(error, self._place)) from error
                if tried == TRIES - 1:
                    self._start_anew()

    def _connected(self) -> Any:
        if self._session is None:
            self._session = self._open(rw=False)
        return self._session

    def _open(self, *, rw: bool) -> Any:
        pkcs11 = _library()
        token = pkcs11.lib(str(self._place.module)).get_token(token_label=self._place.token)
        try:
            return token.open(rw=rw, user_pin=self._place.pin)
        except pkcs11.UserAlreadyLoggedIn:
            # Logging in counts for the whole process; a second key of the same token needs none.
            return token.open(rw=rw)

    def _start_anew(self) -> None:
        pkcs11 = _library()
        with suppress(pkcs11.PKCS11Error, OSError):
            pkcs11.lib(str(self._place.module)).reinitialize()

    def _disconnect(self) -> None:
        session = self._session
        self._forget()
        if session is not None:
            with suppress(Exception):
                session.close()

    def _forget(self) -> None:
        self._session = self._private = None

    @property
    def curve(self) -> ec.EllipticCurve:
        """P-256."""
        return ec.SECP256R1()

    @property
    def key_size(self) -> int:
        """Bits of the curve."""
        return ec.SECP256R1().key_size

    def exchange(self, *_: object, **__: object) -> NoReturn:
        """Refuse: a seal key agrees on nothing."""
        raise UnsupportedAlgorithm("A seal key only signs.")

    def private_numbers(self) -> NoReturn:
        """Refuse: the key does not leave its token."""
        raise UnsupportedAlgorithm("The key does not leave its token.")

    def private_bytes(self, *_: object, **__: object) -> NoReturn:
        """Refuse: the key does not leave its token."""
        raise UnsupportedAlgorithm("The key does not leave its token.")

    def __copy__(self) -> "TokenKey":
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> "TokenKey":
        del memo
        return self

    def __repr__(self) -> str:
        return f"TokenKey({self._place!r})"


def _library() -> Any:
    try:
        import pkcs11
    except ImportError as error:
        msg = "The seal key is in a PKCS#11 token, and what talks to tokens is not installed."
        raise MissingExtraError(msg, mend="Run: pip install 'lre-kit[hsm]'") from error
    return pkcs11


def _reason(error: Exception, place: TokenPlace) -> str:
    pkcs11 = _library()
    known = {
        pkcs11.NoSuchToken: f"There is no token called {place.token}.",
        pkcs11.NoSuchKey: f"The token {place.token} holds no key called {place.label}.",
        pkcs11.MultipleObjectsReturned: f"The token {place.token} holds several keys called {place.label}.",
        pkcs11.PinIncorrect: f"The token {place.token} refuses the PIN.",
        pkcs11.PinLocked: f"The token {place.token} locked its PIN after too many wrong ones.",
    }
    found = next((words for kind, words in known.items() if isinstance(error, kind)), None)
    return found or f"The token {place.token} does not answer ({type(error).__name__})."


def _unavailable(problem: str) -> SealUnavailableError:
    return SealUnavailableError(problem, mend=_MEND)
