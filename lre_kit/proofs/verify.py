"""The offline verifier: no database, no network, no office; only files and trust anchors.

For each event: the seal fits the evidence, its certificate led to an anchor at the proven time,
the record stands in the log under the signed checkpoint, and the checkpoint was time-stamped. The
proven time is the token's; the event's own time may not be later. Where the token was renewed, each
step of that chain is followed. For a bundle also: every file is
listed and unchanged, and each document present is the one the evidence names.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509

from lre_kit.clock import from_iso, iso, now
from lre_kit.errors import ConfigurationError, LreError, TimestampRejectedError
from lre_kit.proofs.chain import ChainError, check_chain
from lre_kit.proofs.commitment import commitment
from lre_kit.proofs.crl import read_lists
from lre_kit.proofs.exhibit import Exhibit, ExhibitError, parse_exhibit
from lre_kit.proofs.merkle import leaf_hash, verify_inclusion
from lre_kit.proofs.note import Checkpoint, NoteError, NoteVerifier, open_note
from lre_kit.proofs.renewal_check import check_renewals
from lre_kit.proofs.report import Report
from lre_kit.proofs.seal import SealError, open_seal
from lre_kit.proofs.timestamp import TimestampInfo, check_token

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How much later than its time stamp an event may claim to be: clocks differ a little."""

_REVOCATION = "revocation of certificates (no revocation list is among the trust anchors)"

_NOT_CHECKED = (
    "whether the provider is qualified (that is for a trusted list to say)",
    "consistency with other checkpoints of the log (compare with one you hold)",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchors:
    """Whom a verifier trusts: seal and time-stamp authorities, and the log's keys."""

    seal: tuple[x509.Certificate, ...] = ()
    timestamp: tuple[x509.Certificate, ...] = ()
    log: tuple[NoteVerifier, ...] = ()
    lists: tuple[x509.CertificateRevocationList, ...] = ()
    """Revocation lists to look in; each counts only under its own issuer's signature."""

    @classmethod
    def none(cls) -> "Anchors":
        """Trust nobody: whatever needs trust is indeterminate."""
        return cls()

    @classmethod
    def load(cls, folder: Path) -> "Anchors":
        """Read ``seal-ca*.pem``, ``tsa-ca*.pem``, ``*.vkey`` and ``*.crl`` from a folder.

        Raises:
            ConfigurationError: A file cannot be read, or the folder holds none of them.
        """
        try:
            made = cls(
                seal=tuple(_certificates(sorted(folder.glob("seal-ca*.pem")))),
                timestamp=tuple(_certificates(sorted(folder.glob("tsa-ca*.pem")))),
                log=tuple(NoteVerifier.parse(p.read_text("utf-8")) for p in sorted(folder.glob("*.vkey"))),
                lists=tuple(read_lists(folder)),
            )
        except (OSError, ValueError, NoteError) as error:
            msg = f"A trust anchor in {folder} cannot be read."
            raise ConfigurationError(msg, mend="Fetch the provider's anchors again.") from error
        if made == cls.none():
            msg = f"There are no trust anchors in {folder}."
            raise ConfigurationError(msg, mend="It should hold seal-ca.pem, tsa-ca.pem and log.vkey.")
        return made


def verify_path(path: Path, anchors: Anchors, *, at: datetime | None = None) -> Report:
    """Verify a bundle folder, an exhibit (``.json``) or a proof (``.pdf``).

    Never raises for what is wrong with the proof: that is the report's to say.

    Args:
        path: The proof.
        anchors: Whom to trust.
        at: Instant of the verification, by default now: a time stamp whose certificate ended before it
            and that was not renewed proves nothing any more.
    """
    not_checked = [*_NOT_CHECKED] if anchors.lists else [_REVOCATION, *_NOT_CHECKED]
    report = Report(not_checked=not_checked, at=at or now())
    if path.is_dir():
        _verify_bundle(path, anchors, report)
    elif path.suffix.lower() == ".pdf":
        from lre_kit.proofs.pdf_check import verify_pdf

        for name, raw in verify_pdf(path, anchors, report):
            verify_exhibit(raw, name, anchors, report)
    else:
        verify_exhibit(path.read_bytes(), path.name, anchors, report)
        report.not_checked.append("documents (none lie beside a single evidence file)")
    return report


def verify_exhibit(raw: bytes, subject: str, anchors: Anchors, report: Report) -> dict[str, Any] | None:
    """Verify one exhibit into `report`; return its record if it could be read."""
    try:
        exhibit = parse_exhibit(raw)
        record = exhibit.record
        happened_at = from_iso(record["EventTime"])
    except (ExhibitError, ValueError, KeyError, TypeError, AttributeError) as error:
        report.failed("format", subject, _why(error), "FORMAT_FAILURE")
        return None
    report.passed("format", subject, f"{record['ERDSEventId'].rsplit('/', 1)[-1]} at {iso(happened_at)}")
    _check_log(exhibit, subject, anchors, report)
    stamped = _check_stamp(exhibit, subject, anchors, report, happened_at)
    _check_seal(exhibit, subject, anchors, report, stamped.gen_time if stamped else happened_at)
    return record


def _check_log(exhibit: Exhibit, subject: str, anchors: Anchors, report: Report) -> None:
    name = "checkpoint"
    if not anchors.log:
        report.indeterminate(name, subject, "no key of the log is trusted", "SIGNED_DATA_NOT_FOUND")
        return
    try:
        head = Checkpoint.parse(open_note(exhibit.checkpoint, anchors.log))
    except NoteError as error:
        report.failed(name, subject, _why(error), "SIG_CRYPTO_FAILURE")
        return
    report.passed(name, subject, f"signed by {head.origin}, size {head.size}")
    leaf = leaf_hash(commitment(exhibit.salt, exhibit.compact))
    included = head.size == exhibit.size and verify_inclusion(
        leaf=leaf, index=exhibit.index, size=head.size, path=exhibit.path, root=head.root
    )
    if included:
        report.passed("log inclusion", subject, f"record {exhibit.index} of {head.size}")
    else:
        report.failed("log inclusion", subject, "the record is not where it says", "HASH_FAILURE")


def _check_stamp(
    exhibit: Exhibit, subject: str, anchors: Anchors, report: Report, happened_at: datetime
) -> TimestampInfo | None:
    name = "time stamp"
    if not anchors.timestamp:
        report.indeterminate(name, subject, "no authority is trusted", "NO_CERTIFICATE_CHAIN_FOUND")
        return None
    digest = hashlib.sha256(exhibit.checkpoint.encode()).digest()
    try:
        info = check_token(exhibit.token, digest, anchors=anchors.timestamp, lists=anchors.lists)
    except TimestampRejectedError as error:
        if error.check == "chain":
            report.indeterminate(name, subject, _why(error), "NO_CERTIFICATE_CHAIN_FOUND")
        else:
            report.failed(name, subject, f"{error.check}: {_why(error)}", "SIG_CRYPTO_FAILURE")
        return None
    if happened_at > info.gen_time + CLOCK_TOLERANCE:
        report.failed(
            name, subject, "the event claims to be later than its time stamp", "TIMESTAMP_ORDER_FAILURE"
        )
        return None
    report.passed(name, subject, f"existed on {iso(info.gen_time)}, says {info.authority}")
    check_renewals(
        exhibit.checkpoint,
        (exhibit.token, info),
        exhibit.renewals,
        subject=subject,
        anchors=anchors,
        report=report,
    )
    return info


def _check_seal(exhibit: Exhibit, subject: str, anchors: Anchors, report: Report, at: datetime) -> None:
    try:
        seal = open_seal(exhibit.compact)
    except SealError as error:
        report.failed("seal", subject, _why(error), error.sub_indication)
        return
    if not anchors.seal:
        report.indeterminate("seal", subject, "no authority is trusted", "NO_CERTIFICATE_CHAIN_FOUND")
        return
    try:
        check_chain(seal.certificate, others=seal.others, anchors=anchors.seal, at=at, lists=anchors.lists)
    except ChainError as error:
        report.indeterminate("seal", subject, _why(error), error.sub_indication)
        return
    report.passed("seal", subject, f"sealed by {seal.certificate.subject.rfc4514_string()}")


# --- bundles ----------------------------------------------------------------------------------


def _verify_bundle(folder: Path, anchors: Anchors, report: Report) -> None:
    from lre_kit.proofs.bundle import BundleError, read_manifest

    try:
        listed = read_manifest(folder)
    except BundleError as error:
        report.failed("manifest", folder.name, _why(error), "FORMAT_FAILURE")
        return
    _check_listed(folder, listed, report)
    records = [
        (name, verify_exhibit((folder / name).read_bytes(), name, anchors, report))
        for name in sorted(listed)
        if name.startswith("evidence/") and (folder / name).is_file()
    ]
    known = [(name, record) for name, record in records if record is not None]
    _check_story([record for _, record in known], report)
    _check_documents(folder, listed, known, report)
    _check_pdfs(folder, listed, anchors, report)


def _check_listed(folder: Path, listed: dict[str, str], report: Report) -> None:
    present = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if not p.is_dir()}
    for name in sorted(present - listed.keys() - {"manifest.json"}):
        report.failed("manifest", name, "this file is not listed", "FORMAT_FAILURE")
    for name, digest_hex in sorted(listed.items()):
        if name not in present:
            report.failed("manifest", name, "this file is missing", "SIGNED_DATA_NOT_FOUND")
        elif _digest(folder / name) != digest_hex:
            report.failed("manifest", name, "this file was changed", "HASH_FAILURE")
    if all(check.name != "manifest" for check in report.checks):
        report.passed("manifest", folder.name, f"{len(listed)} files, all as listed")


def _check_story(records: Sequence[dict[str, Any]], report: Report) -> None:
    """Check that the records tell of one letter, from its deposit, without a gap."""
    numbers = {record.get("MessageIdentifier") for record in records}
    places = [record.get("Extensions", {}).get("JournalPosition") for record in records]
    subject = ", ".join(sorted(str(number) for number in numbers))
    if len(numbers) != 1:
        report.failed("story", subject or "bundle", "the evidence is not of one letter", "FORMAT_FAILURE")
    elif sorted(map(str, places)) != sorted(map(str, range(len(places)))):
        report.failed("story", subject, "an act of the letter is missing or doubled", "SIGNED_DATA_NOT_FOUND")
    else:
        report.passed("story", subject, f"{len(records)} acts, from the deposit, without a gap")


def _check_documents(
    folder: Path, listed: Iterable[str], known: Sequence[tuple[str, dict[str, Any]]], report: Report
) -> None:
    documents = sorted(name for name in listed if name.startswith("documents/"))
    if not documents:
        report.not_checked.append("documents (the bundle holds none; their digests stand in the evidence)")
    parts = {
        part.get("DigestValue")
        for _, record in known
        for part in record.get("UserContentInfo", {}).get("PartsInfo", {}).get("PartInfo", [])
    }
    for name in documents:
        if (folder / name).is_file() and _digest(folder / name) in parts:
            report.passed("document", name, "the one that was deposited")
        else:
            report.failed("document", name, "not a document the evidence names", "HASH_FAILURE")


def _check_pdfs(folder: Path, listed: Iterable[str], anchors: Anchors, report: Report) -> None:
    from lre_kit.proofs.pdf_check import verify_pdf

    for name in sorted(name for name in listed if name.endswith(".pdf") and name.startswith("proofs/")):
        if (folder / name).is_file():
            # The exhibits inside are those beside it, checked above; only the PDF's own seal is new.
            list(verify_pdf(folder / name, anchors, report))


def _certificates(paths: Iterable[Path]) -> Iterable[x509.Certificate]:
    for path in paths:
        yield from x509.load_pem_x509_certificates(path.read_bytes())


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _why(error: Exception) -> str:
    return error.problem if isinstance(error, LreError) else "it cannot be read"
