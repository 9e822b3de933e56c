"""Rotation: another key takes over, wholly or not at all, and whatever the former one made still stands.

Of seals and time stamps a certificate is kept and the private key destroyed, of the log its public
key. A former key-encryption key is kept: letters are locked with it until they are locked anew
(`lre_kit.letters.rewrap`), and so are copies of the database.
"""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lre_kit.clock import Clock
from lre_kit.errors import ConfigurationError, NotInitialisedError
from lre_kit.failpoints import declare, failpoint
from lre_kit.proofs.keys.certificates import certificates_pem, issue, private_pem
from lre_kit.proofs.keys.key_files import KeyFolder
from lre_kit.proofs.keys.keys import SECRET_BYTES, Keys
from lre_kit.proofs.keys.opening import open_keys, token_key
from lre_kit.proofs.keys.trust_folder import write_trust_folder
from lre_kit.settings import Settings

declare("keys.before_trust")

KeyName = Literal["seal", "tsa", "log", "kek"]
"""What rotates."""

KEY_NAMES: tuple[KeyName, ...] = ("seal", "tsa", "log", "kek")


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """One generation of one key.

    Attributes:
        name: ``seal``, ``tsa``, ``log`` or ``kek``.
        id: What tells it from others: a certificate's thumbprint, a public key's or a key's id; hexadecimal.
        is_current: Whether it is in use.
        ends_at: End of the certificate, where there is one.
        subject: Subject of the certificate, where there is one.
        place: ``token`` where the key is in one, else ``file``; empty for a key that is no more.
    """

    name: KeyName
    id: str
    is_current: bool
    ends_at: datetime | None = None
    subject: str | None = None
    place: str = ""


def generations(keys: Keys, *, in_token: bool = False) -> list[Generation]:
    """Return all generations of all keys, the present ones first of each kind."""
    found: list[Generation] = []
    chains: tuple[tuple[KeyName, tuple[x509.Certificate, ...]], ...] = (
        ("seal", (keys.seal_certificate, *(chain[0] for chain in keys.old_seal_chains))),
        ("tsa", (keys.tsa_certificate, *(chain[0] for chain in keys.old_tsa_chains))),
    )
    for name, certificates in chains:
        for number, certificate in enumerate(certificates):
            held = "token" if in_token and name == "seal" else "file"
            found.append(
                Generation(
                    name=name,
                    id=thumbprint(certificate),
                    is_current=number == 0,
                    ends_at=certificate.not_valid_after_utc,
                    subject=certificate.subject.rfc4514_string(),
                    place="" if number else held,
                )
            )
    for number, verifier in enumerate(keys.log_verifiers):
        place = "" if number else "file"
        found.append(Generation(name="log", id=verifier.id.hex(), is_current=number == 0, place=place))
    for number, kek in enumerate((keys.kek_id, *keys.old_keks)):
        found.append(Generation(name="kek", id=kek, is_current=number == 0, place="file"))
    return found


def thumbprint(certificate: x509.Certificate) -> str:
    """Return the first 16 hexadecimal digits of a certificate's SHA-256."""
    return certificate.fingerprint(hashes.SHA256()).hex()[:16]


def rotate(settings: Settings, name: KeyName, *, clock: Clock) -> bool:
    """Let a new key take over; return whether it did.

    Where a former change of keys was interrupted after it took effect, that one is finished
    instead, and nothing is rotated.

    Args:
        settings: The office's.
        name: Which key.
        clock: The new certificate begins now.

    Raises:
        ConfigurationError: There is no authority here that could issue a certificate.
        KeysBusyError: Another change of keys is under way.
        SealUnavailableError: The token that is to hold the new seal key does not answer.
    """
    with changing_keys(settings, clock) as change:
        if change is None:
            return False
        keys, at = change.keys, clock()
        if name == "log":
            old = change.files.old_name("log.vkey", at)
            fresh = private_pem(Ed25519PrivateKey.generate())
            change.apply({"log.key": fresh, old: f"{keys.log_verifiers[0].vkey}\n".encode()})
        elif name == "kek":
            old = change.files.old_name("kek.secret", at)
            change.apply({"kek.secret": secrets.token_bytes(SECRET_BYTES), old: keys.kek})
        else:
            _reissue(settings, change, name, at)
    return True


class KeyChange:
    """A change of keys under way; at most one is applied."""

    def __init__(self, settings: Settings, files: KeyFolder, clock: Clock) -> None:
        """Look at the keys in force."""
        self._settings = settings
        self._clock = clock
        self.files = files
        self.keys = open_keys(settings)

    def apply(self, files: Mapping[str, bytes], *, remove: Sequence[str] = ()) -> None:
        """Let files take effect, bring the trust folder up to date, and move them to their places.

        Args:
            files: New contents by name.
            remove: Names of files to destroy.
        """
        self.files.change(files, remove=remove)
        finish(self._settings, self.files, self._clock)


@contextmanager
def changing_keys(settings: Settings, clock: Clock) -> Iterator[KeyChange | None]:
    """Hold the right to change keys; gives nothing if a former change was finished instead.

    Raises:
        NotInitialisedError: There are no keys.
        KeysBusyError: Another process holds it.
    """
    folder = settings.keys_folder
    if not folder.is_dir():
        msg = f"This office has no keys in {folder}."
        raise NotInitialisedError(msg, mend="Run: lre init")
    files = KeyFolder(folder)
    with files.changing():
        yield None if finish(settings, files, clock) else KeyChange(settings, files, clock)


def finish(settings: Settings, files: KeyFolder, clock: Clock) -> bool:
    """Finish a change that took effect; return whether there was one. The caller may change keys.

    The trust folder comes first: while its anchors are not there, the change shows as unfinished.
    """
    if files.is_unfinished:
        failpoint("keys.before_trust")
        write_trust_folder(settings.home / "trust", settings, open_keys(settings), clock)
    return files.finish()


def authority_of(folder: Path, name: str, root: x509.Certificate) -> ec.EllipticCurvePrivateKey | None:
    """Return the key of the office's own authority if it is here and stands above the certificate in use."""
    path = folder / f"{name}-ca.key"
    if not path.is_file():
        return None
    key = serialization.load_pem_private_key(path.read_bytes(), None)
    fits = isinstance(key, ec.EllipticCurvePrivateKey) and key.public_key() == root.public_key()
    return key if fits and isinstance(key, ec.EllipticCurvePrivateKey) else None


def _reissue(settings: Settings, change: KeyChange, name: Literal["seal", "tsa"], at: datetime) -> None:
    """Make a new key and a certificate of the same authority for it."""
    keys, folder = change.keys, settings.keys_folder
    chain = keys.seal_chain if name == "seal" else keys.tsa_chain
    certificate = keys.seal_certificate if name == "seal" else keys.tsa_certificate
    root = chain[-1]
    authority_key = authority_of(folder, name, root) if len(chain) == 1 else None
    if authority_key is None or not root.not_valid_before_utc <= at < root.not_valid_after_utc:
        msg = f"No authority of the office's own can issue a certificate: {name}-ca.key is not in force."
        mend = f"Ask your authority: lre keys request {name} --out FILE, then lre keys install {name} CERT"
        raise ConfigurationError(msg, mend=mend)
    held = token_key(settings) if name == "seal" else None
    files: dict[str, bytes] = {}
    remove: list[str] = []
    if held is None:
        key: ec.EllipticCurvePrivateKey = ec.generate_private_key(ec.SECP256R1())
        files[f"{name}.key"] = private_pem(key)
    else:
        held.make()
        key = held
        remove.append("seal.key")
        if key.public_key() == certificate.public_key():
            msg = f"The key {settings.seal_pkcs11_label} in the token is the one in use."
            mend = "Set LRE_SEAL_PKCS11_LABEL to a new name: a key of that name is made in the token."
            raise ConfigurationError(msg, mend=mend)
    leaf = issue(name, settings.provider_name, key, authority=root, authority_key=authority_key, at=at)
    files[f"{name}.pem"] = certificates_pem((leaf, root))
    files[change.files.old_name(f"{name}.pem", at)] = certificates_pem((certificate, *chain))
    change.apply(files, remove=remove)
