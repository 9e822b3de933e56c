"""Evidence records: JSON with the component names of ETSI EN 319 522-3, in the one form of RFC 8785.

The seal lies around the record (component ``Signature`` is the JAdES seal), never inside it. What
the law asks of the French proofs and the standard has no component for (claim, product, window)
stands under ``Extensions``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lre_kit.clock import iso
from lre_kit.law.assurance import Level
from lre_kit.law.products import Product
from lre_kit.letters.state import Event
from lre_kit.letters.values import DocumentInfo, Letter
from lre_kit.proofs.forms.jcs import canonical_json

SHA256_URI = "http://www.w3.org/2001/04/xmlenc#sha256"
"""DigestMethod of document digests."""

CONSIGNMENT_MODE = "http://uri.etsi.org/19522/v1#/consignment/consent"
"""Content only after explicit acceptance (EN 319 522-2)."""

CONSIGNMENT_BY_POST = "http://uri.etsi.org/19522/v1#/consignment/other"
"""Content on paper, at the door (EN 319 522-2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """Who issues evidence, and under what."""

    version: str
    policy: str
    name: str


def build_record(
    *, issuer: Issuer, letter: Letter, event: Event, seq: int, evidence_id: str, actor: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the evidence record of one event.

    Args:
        issuer: The provider.
        letter: The letter as deposited: parties, number, documents, claim.
        event: What happened.
        seq: Its place in the letter's journal, from 0.
        evidence_id: Unique id of the record.
        actor: Who acted, by role and means, without secrets.
    """
    record: dict[str, Any] = {
        "version": issuer.version,
        "EvidenceIdentifier": evidence_id,
        "ERDSEventId": event.name.uri,
        "EventTime": iso(event.occurred_at),
        "EvidenceIssuerPolicyID": {"PolicyID": [issuer.policy]},
        "EvidenceIssuerDetails": {"Identity": {"LegalName": issuer.name}},
        "SenderDetails": {"Identity": {"Name": letter.sender.name, "Email": letter.sender.email}}
        | _assurance(actor, "sender"),
        "RecipientDetails": [_recipient(letter, actor)],
        "EvidenceRefersToRecipient": 1,
        "MessageIdentifier": letter.number,
        "UserContentInfo": {"PartsInfo": {"PartInfo": _parts(letter.documents)}},
        "SubmissionTime": iso(letter.deposited_at),
        "Extensions": {
            "Claim": letter.claim.value,
            "Product": letter.product.value,
            "Regime": letter.requirements.regime,
            "ConsignmentMode": (
                CONSIGNMENT_BY_POST if letter.product is Product.HYBRID else CONSIGNMENT_MODE
            ),
            "JournalPosition": seq,
            "Actor": dict(actor),
            "EventDetails": dict(event.details),
        },
    }
    record |= _delegate(actor)
    if event.reasons:
        record["EventReasons"] = {"EventReason": [{"Code": reason.uri} for reason in event.reasons]}
    return record


def canonical(record: Mapping[str, Any]) -> bytes:
    """Return a record's one byte form (RFC 8785)."""
    return canonical_json(record)


def _recipient(letter: Letter, actor: Mapping[str, Any]) -> dict[str, Any]:
    identity: dict[str, Any] = {"Name": letter.recipient.name}
    if letter.recipient.email:
        identity["Email"] = letter.recipient.email
    if letter.recipient.postal is not None:
        identity["PostalAddress"] = postal_text(letter.recipient.postal.printed)
    return {"Identity": identity} | _assurance(actor, "recipient")


def postal_text(lines: Sequence[str]) -> str:
    """Return the lines of a postal address as one text (RFC 4517 §3.3.28: lines are parted by ``$``)."""
    return "$".join(line.replace("\\", "\\5C").replace("$", "\\24") for line in lines)


def _assurance(actor: Mapping[str, Any], role: str) -> dict[str, Any]:
    """Return how the one who acted in a role was identified (AssuranceLevelsDetails), if that is known."""
    if actor.get("role") != role or "level" not in actor:
        return {}
    return {
        "AssuranceLevelsDetails": {
            "GlobalAssuranceLevel": {"URI": Level(actor["level"]).uri},
            "AuthenticationDetails": {
                "AuthenticationTime": actor["authenticated_at"],
                "AuthenticationMethod": actor["means"],
            },
        }
    }


def _delegate(actor: Mapping[str, Any]) -> dict[str, Any]:
    """Return who acted for the sender or the recipient by a mandate, if somebody did."""
    if "delegate" not in actor:
        return {}
    identity = {"Identity": {"Name": actor["delegate"]}}
    if actor["role"] == "sender":
        return {"SenderDelegateDetails": identity}
    return {"RecipientsDelegateDetails": [identity | {"DelegatingRecipients": [1]}]}


def _parts(documents: Sequence[DocumentInfo]) -> list[dict[str, Any]]:
    return [
        {
            "Identifier": f"{document.position}-{document.name}",
            "ContentType": document.media_type,
            "DigestMethod": SHA256_URI,
            "DigestValue": document.digest_hex,
        }
        for document in documents
    ]
