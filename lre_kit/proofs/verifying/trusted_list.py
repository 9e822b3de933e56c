"""EU trusted lists (ETSI TS 119 612): who was a qualified provider of what, and when.

A list counts only under the signature of somebody the verifier named as its signer. Of a list only
what proofs need is read: the services that issue certificates for seals (``CA/QC``) and those that
stamp time (``TSA/QTST``), their certificates, and their status through time.
"""

import base64
import binascii
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from lre_kit.clock import from_iso
from lre_kit.errors import LreError
from lre_kit.proofs.keys.chain import load_certificate

LIST_MAX_BYTES = 64 * 1024 * 1024
"""Largest list read; the largest national lists are below 20 MB."""

_TSL = "{http://uri.etsi.org/02231/v2#}"
_TYPE = "http://uri.etsi.org/TrstSvc/Svctype/"
_STATUS = "http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/"
_GRANTED = frozenset(
    # Before July 2016 (eIDAS art. 51) lists called it supervised or accredited.
    _STATUS + word
    for word in ("granted", "undersupervision", "accredited", "supervisionincessation")
)


class TrustedListError(LreError):
    """A trusted list cannot be relied on."""

    slug = "trusted-list"
    exit_code = 78


class Service(StrEnum):
    """The trust services that proofs need."""

    SEAL = _TYPE + "CA/QC"
    """Issues qualified certificates."""
    TIMESTAMP = _TYPE + "TSA/QTST"
    """Qualified time stamps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedService:
    """One service of a list: who, what, its certificates, and since when it has which status."""

    provider: str
    kind: Service
    certificates: tuple[x509.Certificate, ...]
    statuses: tuple[tuple[datetime, str], ...]
    """Beginnings and status URIs, newest first."""

    def is_granted(self, at: datetime) -> bool:
        """Answer whether the service was qualified at an instant."""
        return next((status in _GRANTED for since, status in self.statuses if since <= at), False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedList:
    """A list whose signature was checked."""

    territory: str
    operator: str
    number: int
    """TSLSequenceNumber: grows with each issue."""
    issued_at: datetime
    next_update: datetime | None
    services: tuple[ListedService, ...]

    def certificates(self, kind: Service, at: datetime) -> Iterator[x509.Certificate]:
        """Yield the certificates of services of a kind that were granted at an instant.

        Of an instant after the list's end it says nothing: it should have been replaced by then
        (ETSI TS 119 612 §5.3.15).
        """
        if self.next_update is not None and at > self.next_update:
            return
        for service in self.services:
            if service.kind is kind and service.is_granted(at):
                yield from service.certificates


def read_trusted_list(raw: bytes, *, signers: Sequence[x509.Certificate]) -> TrustedList:
    """Check a list's signature and read it.

    Args:
        raw: The XML.
        signers: Certificates that may sign lists: from the list of the lists (LOTL), or from the
            Official Journal for the latter.

    Raises:
        TrustedListError: Too large, not a list, or not signed by one of `signers`.
    """
    if len(raw) > LIST_MAX_BYTES:
        raise _bad("The trusted list is larger than any.")
    try:
        root = _signed_root(raw, signers)
        information = root.find(_TSL + "SchemeInformation")
        following = _text(information, "NextUpdate/dateTime", default="")
        return TrustedList(
            territory=_text(information, "SchemeTerritory", default=""),
            operator=_text(information, "SchemeOperatorName/Name", default=""),
            number=int(_text(information, "TSLSequenceNumber")),
            issued_at=from_iso(_text(information, "ListIssueDateTime")),
            next_update=from_iso(following) if following else None,
            services=tuple(_services(root)),
        )
    except (ValueError, TypeError, AttributeError, binascii.Error) as error:
        raise _bad("The trusted list cannot be read.") from error


def _signed_root(raw: bytes, signers: Sequence[x509.Certificate]) -> Any:
    """Return the root element as the signature covers it."""
    from lxml import etree
    from signxml.algorithms import DigestAlgorithm, SignatureMethod
    from signxml.exceptions import SignXMLException
    from signxml.verifier import SignatureConfiguration, XMLVerifier

    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False)
    try:
        document = etree.fromstring(raw, parser)
    except etree.XMLSyntaxError as error:
        raise _bad("The trusted list is not XML.") from error
    if document.getroottree().docinfo.doctype or document.tag != _TSL + "TrustServiceStatusList":
        raise _bad("This XML is not a trusted list.")
    expected = SignatureConfiguration(
        require_x509=True,
        location="./",
        expect_references=True,
        signature_methods=frozenset(
            m for m in SignatureMethod if "SHA1" not in m.name and "HMAC" not in m.name
        ),
        digest_algorithms=frozenset(d for d in DigestAlgorithm if "SHA1" not in d.name),
    )
    for signer in signers:
        try:
            found = XMLVerifier().verify(
                document, x509_cert=signer.public_bytes(Encoding.PEM).decode(), expect_config=expected
            )
        except (SignXMLException, ValueError, etree.LxmlError):
            continue
        roots = [r.signed_xml for r in (found if isinstance(found, list) else [found])]
        whole = [r for r in roots if r is not None and r.tag == _TSL + "TrustServiceStatusList"]
        if whole:
            return whole[0]
    raise _bad("The trusted list is not signed by anybody you named.")


def _services(root: Any) -> Iterator[ListedService]:
    for provider in root.iterfind(f"{_TSL}TrustServiceProviderList/{_TSL}TrustServiceProvider"):
        name = _text(provider, "TSPInformation/TSPName/Name", default="")
        for service in provider.iterfind(f"{_TSL}TSPServices/{_TSL}TSPService"):
            present = service.find(_TSL + "ServiceInformation")
            kind = _text(present, "ServiceTypeIdentifier")
            if kind not in {member.value for member in Service}:
                continue
            past = service.iterfind(f"{_TSL}ServiceHistory/{_TSL}ServiceHistoryInstance")
            statuses = [
                (from_iso(_text(entry, "StatusStartingTime")), _text(entry, "ServiceStatus"))
                for entry in (present, *past)
            ]
            yield ListedService(
                provider=name,
                kind=Service(kind),
                certificates=tuple(_certificates(present)),
                statuses=tuple(sorted(statuses, reverse=True)),
            )


def _certificates(information: Any) -> Iterable[x509.Certificate]:
    for element in information.iterfind(f"{_path('ServiceDigitalIdentity/DigitalId/X509Certificate')}"):
        try:
            yield load_certificate(base64.b64decode("".join((element.text or "").split()), validate=True))
        except ValueError:
            # One certificate that cannot be read makes that one useless, not the list.
            continue


def _text(element: Any, path: str, *, default: str | None = None) -> str:
    found = element.find(_path(path))
    if found is None or found.text is None:
        if default is None:
            msg = f"{path} is missing"
            raise ValueError(msg)
        return default
    return str(found.text).strip()


def _path(path: str) -> str:
    return "/".join(_TSL + step for step in path.split("/"))


def _bad(problem: str) -> TrustedListError:
    return TrustedListError(problem, mend="Fetch the list and its signer's certificate again.")
