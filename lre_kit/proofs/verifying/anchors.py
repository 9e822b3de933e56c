"""Whom a verifier trusts: read from a folder, from single files, or from EU trusted lists."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509

from lre_kit.errors import ConfigurationError
from lre_kit.proofs.forms.note import NoteError, NoteVerifier
from lre_kit.proofs.keys.chain import ChainError, check_chain
from lre_kit.proofs.keys.crl import read_lists
from lre_kit.proofs.stamping.timestamp import TimestampInfo, check_token, read_token
from lre_kit.proofs.verifying.trusted_list import Service, TrustedList, read_trusted_list

SIGNER_PREFIX = "tl-signer"
"""How the names of PEM files begin that hold who may sign trusted lists."""

_PEM = {".pem", ".crt", ".cer"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchors:
    """Whom a verifier trusts: seal and time-stamp authorities, the log's keys, and trusted lists."""

    seal: tuple[x509.Certificate, ...] = ()
    timestamp: tuple[x509.Certificate, ...] = ()
    log: tuple[NoteVerifier, ...] = ()
    lists: tuple[x509.CertificateRevocationList, ...] = ()
    """Revocation lists to look in; each counts only under its own issuer's signature."""
    trusted: tuple[TrustedList, ...] = ()
    """Trusted lists; their services count for the time they were granted."""

    @classmethod
    def none(cls) -> "Anchors":
        """Trust nobody: whatever needs trust is indeterminate."""
        return cls()

    @classmethod
    def load(cls, *places: Path) -> "Anchors":
        """Read anchors from folders and files.

        ``seal-ca*.pem`` stand above seals, ``tsa-ca*.pem`` above time stamps, a PEM file of another
        name above both; ``*.vkey`` are keys of logs, ``*.crl`` revocation lists, ``*.xml`` trusted
        lists, which count under the signature of a certificate in ``tl-signer*.pem``. Of a folder
        only files so named are read.

        Raises:
            ConfigurationError: A file cannot be read, or there is no anchor at all.
            TrustedListError: A trusted list is not signed by anybody named.
        """
        files = [file for place in places for file in _files(place)]
        pem = {file: _certificates(file) for file in files if file.suffix.lower() in _PEM}
        signers = [c for file, found in pem.items() if file.name.startswith(SIGNER_PREFIX) for c in found]
        try:
            made = cls(
                seal=_chosen(pem, other="tsa"),
                timestamp=_chosen(pem, other="seal"),
                log=tuple(NoteVerifier.parse(f.read_text("utf-8")) for f in files if f.suffix == ".vkey"),
                lists=tuple(crl for f in files if f.suffix == ".crl" for crl in read_lists(f, strict=True)),
                trusted=tuple(
                    read_trusted_list(f.read_bytes(), signers=signers) for f in files if f.suffix == ".xml"
                ),
            )
        except (OSError, ValueError, NoteError, x509.InvalidVersion) as error:
            raise _unreadable(", ".join(str(place) for place in places)) from error
        if not (made.seal or made.timestamp or made.log or made.trusted):
            msg = f"There are no trust anchors in {', '.join(str(place) for place in places)}."
            raise ConfigurationError(msg, mend="It should hold seal-ca.pem, tsa-ca.pem and log.vkey.")
        return made

    def seal_at(self, at: datetime) -> tuple[x509.Certificate, ...]:
        """Return the authorities that could be relied on for seals at an instant."""
        return (*self.seal, *self._granted(Service.SEAL, at))

    def timestamp_at(self, at: datetime) -> tuple[x509.Certificate, ...]:
        """Return the authorities that could be relied on for time stamps at an instant."""
        return (*self.timestamp, *self._granted(Service.TIMESTAMP, at))

    def said_of_lists(self, at: datetime) -> list[str]:
        """Return what trusted lists that had ended by an instant leave open."""
        return [
            f"what changed since {found.next_update:%Y-%m-%d} in the trusted list of {found.territory}, "
            f"no. {found.number} (it ended then; get the next one)"
            for found in self.trusted
            if found.next_update is not None and found.next_update < at
        ]

    @property
    def authorities(self) -> tuple[x509.Certificate, ...]:
        """Everybody trusted for anything, at whatever time."""
        services = (c for found in self.trusted for service in found.services for c in service.certificates)
        return (*self.seal, *self.timestamp, *services)

    @property
    def any_seal(self) -> bool:
        """Whether anybody at all is trusted for seals."""
        return bool(self.seal or self.trusted)

    @property
    def any_timestamp(self) -> bool:
        """Whether anybody at all is trusted for time stamps."""
        return bool(self.timestamp or self.trusted)

    def check_seal(self, leaf: x509.Certificate, others: Sequence[x509.Certificate], at: datetime) -> None:
        """Check that a seal's certificate leads to somebody who could be relied on at an instant.

        Raises:
            ChainError: It does not.
        """
        check_chain(leaf, others=others, anchors=self.seal_at(at), at=at, lists=self.lists)

    def check_token(self, token: bytes, digest: bytes) -> TimestampInfo:
        """Check a time stamp against those who could be relied on when it was made.

        Raises:
            TimestampRejectedError: A check failed; its `check` names which.
        """
        anchors = self.timestamp
        if self.trusted:
            anchors = self.timestamp_at(read_token(token, digest).gen_time)
        return check_token(token, digest, anchors=anchors, lists=self.lists)

    def qualified(
        self, kind: Service, leaf: x509.Certificate, others: Sequence[x509.Certificate], at: datetime
    ) -> TrustedList | None:
        """Return the trusted list by which a certificate was of a qualified service at an instant."""
        for found in self.trusted:
            try:
                check_chain(
                    leaf,
                    others=others,
                    anchors=tuple(found.certificates(kind, at)),
                    at=at,
                    lists=self.lists,
                )
            except ChainError:
                continue
            return found
        return None

    def _granted(self, kind: Service, at: datetime) -> Iterable[x509.Certificate]:
        return (certificate for found in self.trusted for certificate in found.certificates(kind, at))


def _files(place: Path) -> Iterable[Path]:
    if not place.is_dir():
        return [place]
    names = ("seal-ca*.pem", "tsa-ca*.pem", f"{SIGNER_PREFIX}*.pem", "*.vkey", "*.crl", "*.xml")
    return sorted(file for pattern in names for file in place.glob(pattern))


def _chosen(pem: dict[Path, list[x509.Certificate]], *, other: str) -> tuple[x509.Certificate, ...]:
    """Return the certificates of all files that are not named for another use."""
    return tuple(
        certificate
        for file, found in pem.items()
        if not file.name.startswith((other, SIGNER_PREFIX))
        for certificate in found
    )


def _certificates(file: Path) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(file.read_bytes())
    except (OSError, ValueError) as error:
        raise _unreadable(file) from error


def _unreadable(place: object) -> ConfigurationError:
    msg = f"A trust anchor in {place} cannot be read."
    return ConfigurationError(msg, mend="Fetch the provider's anchors again.")
