"""The office's keys as files: made by ``lre init``, loaded and checked together.

The present generation lies in the folder itself, former ones in ``old``: of seals, time stamps and
the log only what verifying takes, of the key-encryption key the key itself, because letters may
still be locked with it.
"""

import hashlib
import os
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lre_kit.clock import Clock
from lre_kit.errors import ConfigurationError, NotInitialisedError, WrongKeyError
from lre_kit.proofs.forms.note import NoteError, NoteSigner, NoteVerifier
from lre_kit.proofs.keys.certificates import (
    AUTHORITY_LIFE,
    CERTIFICATE_LIFE,
    certificates_pem,
    issue,
    make_authority,
    private_pem,
)
from lre_kit.proofs.keys.chain import is_issuer
from lre_kit.proofs.keys.key_files import KeyFolder, sync_folder, write_secret

__all__ = [
    "AUTHORITY_LIFE",
    "CERTIFICATE_LIFE",
    "SECRET_BYTES",
    "Keys",
    "create_keys",
    "every_kek",
    "kek_name",
]

SECRET_BYTES = 32
"""Length of symmetric secrets, in bytes."""

_SECRETS = ("kek", "pepper", "link")
_RESTORE = "Restore it from the backup of the keys."

_TRUST_README = """\
Whom to trust when verifying proofs of {origin}
  seal-ca.pem  the authority above the electronic seal
  tsa-ca.pem   the authority above the time stamps
  log.vkey     the public key of the log
Files with a number, such as log-2.vkey, are of former days: older proofs need them.
Use:  lre verify --trust THIS-FOLDER PROOF
Get these files from the provider itself, not from whoever hands you a proof.

À qui se fier pour vérifier les preuves de {origin}
  seal-ca.pem  l'autorité au-dessus du cachet électronique
  tsa-ca.pem   l'autorité au-dessus des horodatages
  log.vkey     la clé publique du journal
Les fichiers numérotés, tels que log-2.vkey, sont d'hier : les preuves anciennes les demandent.
Usage :  lre verify --trust CE-DOSSIER PREUVE
Obtenez ces fichiers du prestataire lui-même, non de celui qui vous remet une preuve.
"""

_Chain = tuple[x509.Certificate, ...]


def kek_name(kek: bytes) -> str:
    """Return a name for a key-encryption key that tells nothing about it."""
    return hashlib.sha256(b"lre-kit kek id" + kek).hexdigest()[:16]


def every_kek(keys: "Keys") -> dict[str, bytes]:
    """Return all key-encryption keys of an office by name, the present one first."""
    return {keys.kek_id: keys.kek, **keys.old_keks}


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """All keys of one office; what is secret never shows in a log or a traceback."""

    origin: str
    seal_key: ec.EllipticCurvePrivateKey = field(repr=False)
    """The seal key: a file's, or one that stays in a token and only signs."""
    seal_certificate: x509.Certificate
    seal_chain: _Chain
    """Authorities above the seal certificate, nearest first."""
    tsa_key: ec.EllipticCurvePrivateKey = field(repr=False)
    tsa_certificate: x509.Certificate
    tsa_chain: _Chain
    log_key: Ed25519PrivateKey = field(repr=False)
    kek: bytes = field(repr=False)
    pepper: bytes = field(repr=False)
    link_secret: bytes = field(repr=False)
    old_seal_chains: tuple[_Chain, ...] = ()
    """Former seal certificates, newest first, each with the authorities above it."""
    old_tsa_chains: tuple[_Chain, ...] = ()
    old_log_verifiers: tuple[NoteVerifier, ...] = ()
    """Former public keys of the log, newest first."""
    old_keks: Mapping[str, bytes] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    """Former key-encryption keys by their name: letters may still be locked with them."""

    @property
    def kek_id(self) -> str:
        """A name for the key-encryption key that tells nothing about it."""
        return kek_name(self.kek)

    @property
    def seal_anchors(self) -> _Chain:
        """The authorities above all seals of the office, the present one first."""
        return _roots(self.seal_chain, *self.old_seal_chains)

    @property
    def tsa_anchors(self) -> _Chain:
        """The authorities above all built-in time stamps of the office, the present one first."""
        return _roots(self.tsa_chain, *self.old_tsa_chains)

    @property
    def log_verifiers(self) -> tuple[NoteVerifier, ...]:
        """The public keys under which the log's checkpoints verify, the present one first."""
        return (NoteVerifier.parse(NoteSigner(self.origin, self.log_key).vkey), *self.old_log_verifiers)

    @classmethod
    def load(cls, folder: Path, *, seal_key: ec.EllipticCurvePrivateKey | None = None) -> "Keys":
        """Load the keys of an office and check that they belong together.

        Args:
            folder: Where they lie.
            seal_key: A seal key that is in no file, but in a token. Whether it belongs to its
                certificate shows when it is used, so that an office opens while its token is away.

        Raises:
            NotInitialisedError: Some are missing.
            WrongKeyError: A key cannot be read, or does not belong to its certificate.
        """
        if not folder.is_dir():
            msg = f"This office has no keys in {folder}."
            raise NotInitialisedError(msg, mend="Run: lre init")
        files = KeyFolder(folder)
        try:
            with files.reading():
                return cls._read(files, seal_key)
        except FileNotFoundError as error:
            msg = f"A key file is missing: {error.filename}."
            raise NotInitialisedError(msg, mend=_RESTORE) from error
        except (ValueError, TypeError, OSError, NoteError) as error:
            msg = f"A key file in {folder} cannot be read."
            raise WrongKeyError(msg, mend=_RESTORE) from error

    @classmethod
    def _read(cls, files: KeyFolder, seal_key: ec.EllipticCurvePrivateKey | None) -> "Keys":
        seal_key, seal = _pair(files, "seal", seal_key)
        tsa_key, tsa = _pair(files, "tsa")
        log_key = serialization.load_pem_private_key(files.read("log.key"), None)
        kek, pepper, link = (files.read(f"{name}.secret") for name in _SECRETS)
        old_keks = tuple(files.old("kek.secret").values())
        if not isinstance(log_key, Ed25519PrivateKey) or any(
            len(secret) != SECRET_BYTES for secret in (kek, pepper, link, *old_keks)
        ):
            msg = f"A key file in {files.path} is of the wrong kind or length."
            raise WrongKeyError(msg, mend=_RESTORE)
        return cls(
            origin=files.read("origin").decode().strip(),
            seal_key=seal_key,
            seal_certificate=seal[0],
            seal_chain=seal[1:],
            tsa_key=tsa_key,
            tsa_certificate=tsa[0],
            tsa_chain=tsa[1:],
            log_key=log_key,
            kek=kek,
            pepper=pepper,
            link_secret=link,
            old_seal_chains=_old_chains(files, "seal"),
            old_tsa_chains=_old_chains(files, "tsa"),
            old_log_verifiers=tuple(NoteVerifier.parse(v.decode()) for v in files.old("log.vkey").values()),
            old_keks=MappingProxyType({kek_name(old): old for old in old_keks}),
        )

    def write_trust(self, folder: Path) -> None:
        """Write what verifiers must trust: authorities and public keys of the log of all generations.

        The present ones get the plain names, former ones a number. What is there already is kept
        under its number; no anchor is away at any moment.
        """
        folder.mkdir(parents=True, exist_ok=True)
        for name, anchors in (("seal-ca", self.seal_anchors), ("tsa-ca", self.tsa_anchors)):
            _write_generations(folder, name, ".pem", [certificates_pem([anchor]) for anchor in anchors])
        vkeys = [f"{verifier.vkey}\n".encode() for verifier in self.log_verifiers]
        _write_generations(folder, "log", ".vkey", vkeys)
        _replace(folder / "README.txt", _TRUST_README.format(origin=self.origin).encode())


def create_keys(folder: Path, *, provider_name: str, origin: str, clock: Clock) -> None:
    """Make all keys of an office in a folder that must not exist yet; whole or not at all.

    Raises:
        ConfigurationError: The folder exists or cannot be made, or the provider has no name.
    """
    if not provider_name.strip():
        msg = "The provider has no name to put in its certificates."
        raise ConfigurationError(msg, mend="Set LRE_PROVIDER_NAME.")
    if folder.exists():
        msg = f"There are keys in {folder} already."
        raise ConfigurationError(msg, mend="Keep them: proofs depend on them.")
    fresh = folder.with_name(f".{folder.name}.{os.getpid()}")
    try:
        fresh.mkdir(parents=True, mode=0o700)
        _write_pair(fresh, "seal", provider_name, clock=clock)
        _write_pair(fresh, "tsa", provider_name, clock=clock)
        write_secret(fresh / "log.key", private_pem(Ed25519PrivateKey.generate()))
        for name in _SECRETS:
            write_secret(fresh / f"{name}.secret", secrets.token_bytes(SECRET_BYTES))
        write_secret(fresh / "origin", origin.encode())
        fresh.rename(folder)
        sync_folder(folder.parent)
    except OSError as error:
        msg = f"Keys cannot be written to {folder}: {error.strerror}."
        raise ConfigurationError(msg, mend="Set LRE_HOME to a folder you may write.") from error
    finally:
        # Whatever stopped it half way, Ctrl-C too: no secrets are left behind.
        shutil.rmtree(fresh, ignore_errors=True)


def _pair(
    files: KeyFolder, name: str, held: ec.EllipticCurvePrivateKey | None = None
) -> tuple[ec.EllipticCurvePrivateKey, _Chain]:
    """Return key and certificates (leaf first) that belong together, each issued by the next."""
    key = held or serialization.load_pem_private_key(files.read(f"{name}.key"), None)
    chain = tuple(x509.load_pem_x509_certificates(files.read(f"{name}.pem")))
    place = files.path / name
    if held is None and (
        not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != chain[0].public_key()
    ):
        msg = f"The key {place}.key does not belong to its certificate."
        raise WrongKeyError(msg, mend="Restore key and certificate from the same backup.")
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    public = chain[0].public_key()
    if not isinstance(public, ec.EllipticCurvePublicKey) or not isinstance(public.curve, ec.SECP256R1):
        msg = f"The key {place}.key is not on the curve P-256."
        raise WrongKeyError(msg, mend="Use a P-256 key: seals are ES256.")
    if not leads_up(chain):
        msg = f"The certificates in {place}.pem do not lead up to an authority."
        raise WrongKeyError(msg, mend="Put in the certificate first, then each authority up to the root.")
    return key, chain


def leads_up(chain: _Chain) -> bool:
    """Answer whether each certificate, the first one's authority included, was issued by the next."""
    links = enumerate(pairwise(chain))
    return len(chain) > 1 and all(is_issuer(upper, lower, below=n) for n, (lower, upper) in links)


def _old_chains(files: KeyFolder, name: str) -> tuple[_Chain, ...]:
    return tuple(tuple(x509.load_pem_x509_certificates(pem)) for pem in files.old(f"{name}.pem").values())


def _roots(*chains: _Chain) -> _Chain:
    return tuple(dict.fromkeys(chain[-1] for chain in chains))


def _write_generations(folder: Path, name: str, suffix: str, contents: list[bytes]) -> None:
    """Write the present content under the plain name, and former ones under numbers that are free."""
    present = folder / f"{name}{suffix}"
    numbered = {file.read_bytes() for file in folder.glob(f"{name}-*{suffix}")}
    before = [present.read_bytes()] if present.exists() else []
    for content in dict.fromkeys((*reversed(contents[1:]), *before)):
        if content not in numbered and content != contents[0]:
            number = 2
            while (folder / f"{name}-{number}{suffix}").exists():
                number += 1
            _replace(folder / f"{name}-{number}{suffix}", content)
            numbered.add(content)
    _replace(present, contents[0])


def _replace(path: Path, content: bytes) -> None:
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    aside.write_bytes(content)
    aside.replace(path)


def _write_pair(folder: Path, name: str, provider_name: str, *, clock: Clock) -> None:
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    at = clock()
    root = make_authority(name, provider_name, authority_key, at=at)
    leaf = issue(name, provider_name, key, authority=root, authority_key=authority_key, at=at)
    write_secret(folder / f"{name}.key", private_pem(key))
    write_secret(folder / f"{name}.pem", certificates_pem((leaf, root)))
    # The authority's key is kept so that certificates can be renewed; it belongs offline.
    write_secret(folder / f"{name}-ca.key", private_pem(authority_key))
