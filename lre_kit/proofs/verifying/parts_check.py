"""Checking what lies beside the evidence of a bundle: its parts as files, and revocation lists."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from cryptography import x509

from lre_kit.clock import iso
from lre_kit.proofs.keys.crl import signed_by
from lre_kit.proofs.packing.parts import PREFIXES, parts_of
from lre_kit.proofs.packing.revocation_files import REVOCATION
from lre_kit.proofs.report import Report
from lre_kit.proofs.sealing.exhibit import Exhibit
from lre_kit.proofs.verifying.files import Files, read_file

if TYPE_CHECKING:
    from lre_kit.proofs.verifying.anchors import Anchors

LISTS_MAX = 32
"""Most revocation lists looked at."""

LIST_MAX_BYTES = 8 * 1024 * 1024
"""Largest revocation list read, in bytes."""

PART_MAX_BYTES = 64 * 1024
"""Largest part read, in bytes."""

NOT_LOOKED_AT = "revocation of certificates (no revocation list is among the trust anchors)"
"""Said to be unchecked as long as no revocation list is at hand."""


def check_parts(files: Files, there: Iterable[str], exhibits: Mapping[str, Exhibit], report: Report) -> None:
    """Check that each part says what the evidence holds.

    Args:
        files: Where it lies.
        there: Names that are listed and there.
        exhibits: The evidence, by file name without suffix.
        report: Where answers go.
    """
    names = [name for name in there if name.startswith(PREFIXES)]
    expected = parts_of(exhibits) if names else {}
    wrong = [n for n in names if read_file(files, n, at_most=PART_MAX_BYTES) != expected.get(n)]
    for name in wrong:
        report.failed("part", name, "it is not what the evidence holds", "HASH_FAILURE")
    if names and not wrong:
        report.passed("part", " and ".join(PREFIXES), f"{len(names)} files say what the evidence holds")


def with_lists(files: Files, there: Iterable[str], anchors: "Anchors", report: Report) -> "Anchors":
    """Return the anchors with the revocation lists that travelled along and that somebody trusted signed.

    A list can only speak against a certificate, never for one; who holds none is told so.
    """
    issuers = anchors.authorities
    carried: list[x509.CertificateRevocationList] = []
    for name in [name for name in there if name.startswith(REVOCATION)][:LISTS_MAX]:
        try:
            crl = x509.load_der_x509_crl(read_file(files, name, at_most=LIST_MAX_BYTES))
        except (ValueError, x509.InvalidVersion):
            report.failed("revocation list", name, "it cannot be read", "FORMAT_FAILURE")
            continue
        if any(signed_by(crl, issuer) for issuer in issuers):
            carried.append(crl)
            report.passed(
                "revocation list", name, f"of {crl.issuer.rfc4514_string()} at {iso(crl.last_update_utc)}"
            )
        else:
            report.not_checked.append(f"{name} (nobody trusted signed it)")
    return replace(anchors, lists=(*anchors.lists, *carried)) if carried else anchors


def say_looked_at(anchors: "Anchors", at: datetime, report: Report) -> None:
    """Say no longer that revocation was not checked, where lists could tell it.

    Args:
        anchors: Whom to trust, with the lists at hand.
        at: The latest instant that seals and time stamps are of: a list that had ended by then, or of
            somebody else, says nothing of it.
        report: Where it is said.
    """
    current = [crl for crl in anchors.lists if crl.next_update_utc is None or crl.next_update_utc >= at]
    is_told = all(
        any(signed_by(crl, issuer) for crl in current for issuer in issuers)
        for issuers in (anchors.seal_at(at), anchors.timestamp_at(at))
    )
    if is_told and NOT_LOOKED_AT in report.not_checked:
        report.not_checked.remove(NOT_LOOKED_AT)
