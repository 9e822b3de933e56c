"""Issuers of certificates that the office accepts as identification means, and at which level.

The list is a TOML file beside the issuers' certificates::

    [[issuer]]
    id = "example-ca"
    level = "substantial"                # what its identity proofing is worth
    url = "https://ca.example/"
    chain = "example-ca.pem"             # its authorities, PEM; those that signed themselves are anchors
    crl = ["example-ca.crl"]             # revocation lists, PEM or DER
    crl_from = { "example-ca.crl" = "http://ca.example/example-ca.crl" }   # where a timer fetches them
    ocsp = "http://ocsp.ca.example/"     # its responder; left out: the one that a certificate names; or "off"
    revocation = "required"              # or "if-known": where nothing is known, nothing is refused
    policies = ["0.4.0.2042.1.1"]        # one of these must be in the certificate (EN 319 411-1: NCP)
    two_factors = true                   # the key is in a device that opens with a PIN
    signs_only = false                   # accept certificates for contentCommitment only
    name = { fr = "…", en = "…" }
    audience = { fr = "…", en = "…" }    # who may get one

What the list says of an issuer is public; it is what a page shows to those who ask what is accepted.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509

from lre_kit.errors import ConfigurationError
from lre_kit.law.assurance import Level
from lre_kit.proofs.keys.crl import read_lists

FILE_NAME = "issuers.toml"
"""Name of the list within its folder."""

OCSP_OF_CERTIFICATE = "certificate"
"""The responder to ask is the one that a certificate names, if it names one."""

OCSP_OFF = "off"
"""No responder is asked."""

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_OID = re.compile(r"[0-2](\.(0|[1-9][0-9]*)){1,30}")
_KEYS = frozenset(
    "id level url chain crl crl_from ocsp revocation policies two_factors signs_only name audience".split()
)
_HANDLED = frozenset({x509.BasicConstraints.oid, x509.KeyUsage.oid, x509.CertificatePolicies.oid})


class Revocation(StrEnum):
    """What to do when no current revocation list is there."""

    REQUIRED = "required"
    IF_KNOWN = "if-known"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicIssuer:
    """What a page shows of an accepted issuer."""

    id: str
    name: Mapping[str, str]
    audience: Mapping[str, str]
    url: str
    level: Level


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedIssuer:
    """One accepted issuer: its authorities, the level it vouches for, how revocation is known.

    `anchors` end chains, `others` stand between; nothing that a stranger sends is used for a chain.
    """

    id: str
    level: Level
    url: str
    name: Mapping[str, str]
    audience: Mapping[str, str]
    anchors: tuple[x509.Certificate, ...]
    others: tuple[x509.Certificate, ...] = ()
    list_files: tuple[Path, ...] = ()
    list_urls: Mapping[Path, str] = field(default_factory=dict)
    ocsp: str = OCSP_OF_CERTIFICATE
    """Address of its responder, `OCSP_OF_CERTIFICATE` or `OCSP_OFF`."""
    revocation: Revocation = Revocation.REQUIRED
    policies: frozenset[str] = frozenset()
    two_factors: bool = False
    signs_only: bool = False

    def lists(self) -> list[x509.CertificateRevocationList]:
        """Return the issuer's revocation lists as the files hold them now; a daily job may renew them."""
        return [crl for path in self.list_files for crl in read_lists(path)]

    def public(self) -> PublicIssuer:
        """Return what may be shown."""
        return PublicIssuer(
            id=self.id, name=self.name, audience=self.audience, url=self.url, level=self.level
        )


class IssuerList:
    """The accepted issuers, in the order of the file."""

    def __init__(self, issuers: tuple[AcceptedIssuer, ...] = ()) -> None:
        """Keep them; with none, no certificate is accepted."""
        names = [issuer.id for issuer in issuers]
        if len(set(names)) != len(names):
            raise _unusable("two issuers have one id")
        self._issuers = {issuer.id: issuer for issuer in issuers}

    def __iter__(self) -> Iterator[AcceptedIssuer]:
        """Go through the issuers."""
        return iter(self._issuers.values())

    def __len__(self) -> int:
        """Count the issuers."""
        return len(self._issuers)

    def get(self, issuer_id: str) -> AcceptedIssuer | None:
        """Return an issuer by its id, or nothing if it is (no longer) accepted."""
        return self._issuers.get(issuer_id)

    def public(self) -> tuple[PublicIssuer, ...]:
        """Return what a page shows."""
        return tuple(issuer.public() for issuer in self)

    @classmethod
    def load(cls, place: Path) -> "IssuerList":
        """Read the list.

        Args:
            place: The TOML file, or the folder that holds it as ``issuers.toml``; files that it names
                are beside it.

        Raises:
            ConfigurationError: It is not there, or something in it cannot be used.
        """
        path = place / FILE_NAME if place.is_dir() else place
        try:
            found = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise _unusable(f"it cannot be read ({type(error).__name__})") from error
        entries = found.get("issuer", [])
        if found.keys() - {"issuer"} or not isinstance(entries, list):
            raise _unusable("it holds something other than [[issuer]] tables")
        return cls(tuple(_issuer(entry, path.parent) for entry in entries))


def _issuer(entry: Mapping[str, Any], folder: Path) -> AcceptedIssuer:
    name = entry.get("id")
    if not isinstance(name, str) or not _ID.fullmatch(name):
        raise _unusable("an issuer has no id of small letters, digits and hyphens")
    if unknown := sorted(entry.keys() - _KEYS):
        raise _unusable(f"issuer {name}: nobody knows {unknown[0]}")
    try:
        anchors, others = _authorities(_beside(folder, entry["chain"]))
        fetched = entry.get("crl_from", {})
        if not fetched.keys() <= set(entry.get("crl", ())):
            raise _unusable(f"issuer {name}: crl_from names a file that crl does not")
        return AcceptedIssuer(
            id=name,
            level=Level(entry["level"]),
            url=_url(entry["url"]),
            name=_words(entry["name"]),
            audience=_words(entry["audience"]),
            anchors=anchors,
            others=others,
            list_files=tuple(
                _beside(folder, each, may_miss=each in fetched) for each in entry.get("crl", ())
            ),
            list_urls={folder / each: _url(url, "http", "https") for each, url in fetched.items()},
            ocsp=_responder(entry.get("ocsp", OCSP_OF_CERTIFICATE)),
            revocation=Revocation(entry.get("revocation", Revocation.REQUIRED)),
            policies=frozenset(_oid(each) for each in entry.get("policies", ())),
            two_factors=_switch(entry.get("two_factors", False)),
            signs_only=_switch(entry.get("signs_only", False)),
        )
    except KeyError as error:
        raise _unusable(f"issuer {name}: {error.args[0]} is missing") from error
    except (ValueError, TypeError, OSError) as error:
        raise _unusable(f"issuer {name}: {error}") from error


def _authorities(path: Path) -> tuple[tuple[x509.Certificate, ...], tuple[x509.Certificate, ...]]:
    """Return anchors (those that signed themselves; else all) and the certificates between."""
    certificates = x509.load_pem_x509_certificates(path.read_bytes())
    for certificate in certificates:
        if not _is_authority(certificate):
            msg = f"{path.name} holds a certificate that is no authority's"
            raise ValueError(msg)
        # A rule that chains are not held against must not be passed over (RFC 5280 §4.2).
        if any(each.critical and each.oid not in _HANDLED for each in certificate.extensions):
            msg = f"{path.name} holds an authority with constraints that are not supported"
            raise ValueError(msg)
    roots = tuple(each for each in certificates if each.subject == each.issuer)
    anchors = roots or tuple(certificates)
    return anchors, tuple(each for each in certificates if each not in anchors)


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _beside(folder: Path, name: str, *, may_miss: bool = False) -> Path:
    path = folder / name
    if Path(name).name != name or not (path.is_file() or may_miss):
        msg = f"{name} is no file beside the list"
        raise ValueError(msg)
    return path


def _words(value: Any) -> Mapping[str, str]:
    if not isinstance(value, dict) or value.keys() != {"fr", "en"} or not all(map(str.strip, value.values())):
        msg = "words are needed in fr and en"
        raise ValueError(msg)
    return value


def _url(value: str, *schemes: str) -> str:
    allowed = schemes or ("https",)
    if urlsplit(value).scheme not in allowed or not urlsplit(value).hostname:
        msg = f"{value} is no {' or '.join(allowed)} address"
        raise ValueError(msg)
    return value


def _responder(value: str) -> str:
    return value if value in {OCSP_OF_CERTIFICATE, OCSP_OFF} else _url(value, "http", "https")


def _oid(value: str) -> str:
    if not _OID.fullmatch(value):
        msg = f"{value} is no object identifier"
        raise ValueError(msg)
    return value


def _switch(value: Any) -> bool:
    if not isinstance(value, bool):
        msg = "true or false is needed"
        raise TypeError(msg)
    return value


def _unusable(why: str) -> ConfigurationError:
    return ConfigurationError(
        f"The list of accepted certificate issuers cannot be used: {why}.",
        mend="Mend the file; its form is in the manual.",
    )
