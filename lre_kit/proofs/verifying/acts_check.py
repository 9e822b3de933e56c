"""Checking that files are what their names say: evidence of that act, the proof of that act.

A plain folder's list of files is signed by nobody. Each file is sealed by itself, so what a forger
can still do is put a true file in another's place. This is looked at only while nothing has failed: what is
missing or changed was said already, and each such file would be named twice.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from lre_kit.proofs.report import Report, Result
from lre_kit.proofs.sealing.exhibit import Exhibit, ExhibitError, parse_exhibit
from lre_kit.proofs.verifying.files import Files, read_file
from lre_kit.proofs.verifying.records import PROOFS, event_of, within

if TYPE_CHECKING:
    from lre_kit.proofs.verifying.anchors import Anchors

PDF_MAX_BYTES = 64 * 1024 * 1024
"""Largest proof read, in bytes; real ones are below one megabyte."""

_OTHER_PROOF = "the file is named for another proof"


def check_names(records: Mapping[str, dict[str, Any]], report: Report) -> None:
    """Check that evidence files are named for the acts they are of: people read names first.

    Args:
        records: Records by file name without suffix.
        report: Where answers go.
    """
    if report.result is Result.FAILED:
        return
    for name, record in sorted(records.items()):
        place = within(record, "Extensions", "JournalPosition")
        if not isinstance(place, int) or name != f"evidence/{place + 1:02}-{event_of(record)}":
            report.failed("story", f"{name}.json", "the file is named for another act", "FORMAT_FAILURE")


def check_proofs(
    files: Files, there: Iterable[str], checked: Collection[str], anchors: "Anchors", report: Report
) -> None:
    """Check proofs: their own seals, and that they speak of the evidence beside them, as their names say.

    Args:
        files: Where they lie.
        there: Names that are listed and there.
        checked: The records of the evidence, as compact JWS.
        anchors: Whom to trust.
        report: Where answers go.
    """
    from lre_kit.proofs.verifying.pdf_check import verify_pdf

    is_whole = report.result is not Result.FAILED
    for name in there:
        if not (name.startswith("proofs/") and name.endswith(".pdf")):
            continue
        subject = name.removeprefix("proofs/")
        if subject not in PROOFS.values():
            report.failed("evidence", subject, _OTHER_PROOF, "FORMAT_FAILURE")
            continue
        raw = read_file(files, name, at_most=PDF_MAX_BYTES)
        carried = [_read(exhibit) for _, exhibit in verify_pdf(raw, subject, anchors, report)]
        if not is_whole:
            continue
        if not all(each and each.compact in checked for each in carried):
            report.failed(
                "evidence", subject, "it carries other evidence than lies beside it", "HASH_FAILURE"
            )
            continue
        acts = [event_of(each.record) for each in carried if each]
        decisive = [act for act in acts if act in PROOFS]
        if acts and subject != (PROOFS[decisive[-1]] if decisive else ""):
            report.failed("evidence", subject, _OTHER_PROOF, "FORMAT_FAILURE")


def _read(raw: bytes) -> Exhibit | None:
    try:
        return parse_exhibit(raw)
    except ExhibitError:
        return None
