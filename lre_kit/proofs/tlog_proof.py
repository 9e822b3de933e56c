"""One record's proof of logging in one file (C2SP tlog-proof), and its offline check.

The file holds the record's place, its inclusion path and the checkpoint with the witnesses'
cosignatures; the extra data is the salt. With the record itself, the compact JWS, that is enough to
show that the record is in the log. It holds neither the seal's check nor the time stamp: those are in
the exhibit.
"""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass

from lre_kit.clock import iso
from lre_kit.errors import IntegrityError
from lre_kit.proofs.anchors import Anchors
from lre_kit.proofs.commitment import commitment
from lre_kit.proofs.cosignature import Witness, read_cosignatures, with_lines
from lre_kit.proofs.exhibit import Exhibit
from lre_kit.proofs.merkle import HASH_BYTES, leaf_hash, verify_inclusion
from lre_kit.proofs.note import Checkpoint, NoteError, open_note
from lre_kit.proofs.report import Report

HEADER = "c2sp.org/tlog-proof@v1"
"""First line of every such file."""

SUFFIX = ".tlog-proof"
"""What the file's name ends in."""

PROOF_MAX_BYTES = 64 * 1024
"""Largest file read, in bytes."""

PATH_MAX = 63
"""Most hashes in an inclusion path."""

SALT_MAX_BYTES = 64
"""Longest salt taken from the extra data, in bytes."""

_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})", re.ASCII)
_EXTRA = "extra "


class TlogProofError(IntegrityError):
    """A proof of logging cannot be read in its one form."""

    slug = "tlog-proof-invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class TlogProof:
    """A proof of logging."""

    index: int
    """Place of the leaf in the log, from 0."""
    path: tuple[bytes, ...]
    """Inclusion path, the leaf's sibling first (RFC 9162 §2.1.3)."""
    checkpoint: str
    """Signed note, with whatever cosignatures came for it."""
    extra: bytes | None = None
    """The salt, which nothing in the file authenticates; nothing if there is none."""

    def to_bytes(self) -> bytes:
        """Return the file's bytes."""
        lines = [HEADER]
        if self.extra is not None:
            lines.append(_EXTRA + base64.b64encode(self.extra).decode())
        lines.append(f"index {self.index}")
        lines += [base64.b64encode(step).decode() for step in self.path]
        return ("\n".join(lines) + f"\n\n{self.checkpoint}").encode()


def proof_of(exhibit: Exhibit, *, cosignature_lines: Sequence[str] = ()) -> TlogProof:
    """Return the proof of logging of an exhibit.

    Args:
        exhibit: One event's evidence.
        cosignature_lines: Signature lines of witnesses on its checkpoint.
    """
    return TlogProof(
        index=exhibit.index,
        path=exhibit.path,
        checkpoint=with_lines(exhibit.checkpoint, cosignature_lines),
        extra=exhibit.salt,
    )


def parse_tlog_proof(raw: bytes) -> TlogProof:
    """Read a proof of logging, strictly.

    Raises:
        TlogProofError: Not one, or not in its one form.
    """
    if len(raw) > PROOF_MAX_BYTES:
        raise _bad("The proof of logging is far larger than any.")
    try:
        head, _, checkpoint = raw.decode().partition("\n\n")
        header, *lines = head.split("\n")
        extra: bytes | None = None
        if lines and lines[0].startswith(_EXTRA):
            extra = base64.b64decode(lines.pop(0).removeprefix(_EXTRA), validate=True)
        place = _INDEX.fullmatch(lines[0]) if lines else None
        path = tuple(base64.b64decode(line, validate=True) for line in lines[1 : PATH_MAX + 2])
    except (ValueError, binascii.Error) as error:
        raise _bad("The proof of logging cannot be read.") from error
    if header != HEADER or place is None or len(path) > PATH_MAX or any(len(p) != HASH_BYTES for p in path):
        raise _bad("This is not a proof of logging.")
    made = TlogProof(index=int(place[1]), path=path, checkpoint=checkpoint, extra=extra)
    if made.to_bytes() != raw:
        raise _bad("The proof of logging is not in its one form.")
    return made


def verify_tlog_proof(
    raw: bytes,
    leaf_data: bytes | None,
    anchors: Anchors,
    report: Report,
    subject: str,
    *,
    witnesses: Sequence[Witness] = (),
) -> TlogProof | None:
    """Verify a proof of logging into `report`; return it if it could be read.

    Never raises for what is wrong with the proof: that is the report's to say.

    Args:
        raw: The file.
        leaf_data: The record it speaks of, as compact JWS in ASCII; without it, inclusion is
            indeterminate.
        anchors: Whose checkpoints are believed (``anchors.log``).
        report: Where the checks go.
        subject: What the checks are said to be of, such as the file's name.
        witnesses: Whose cosignatures are looked for; without any, none are.
    """
    try:
        proof = parse_tlog_proof(raw)
    except TlogProofError as error:
        report.failed("format", subject, error.problem, "FORMAT_FAILURE")
        return None
    report.passed("format", subject, f"proof of logging of record {proof.index}")
    head = _check_head(proof, anchors, report, subject)
    if head is not None:
        _check_witnesses(proof, witnesses, report, subject)
        _check_inclusion(proof, head, leaf_data, report, subject)
    report.not_checked.append("seal and time stamp (a proof of logging holds neither)")
    return proof


def _check_head(proof: TlogProof, anchors: Anchors, report: Report, subject: str) -> Checkpoint | None:
    if not anchors.log:
        report.indeterminate(
            "checkpoint", subject, "no key of the log is trusted", "NO_CERTIFICATE_CHAIN_FOUND"
        )
        return None
    try:
        head = Checkpoint.parse(open_note(proof.checkpoint, anchors.log))
    except NoteError as error:
        report.failed("checkpoint", subject, error.problem, "SIG_CRYPTO_FAILURE")
        return None
    report.passed("checkpoint", subject, f"signed by {head.origin}, size {head.size}")
    return head


def _check_witnesses(proof: TlogProof, witnesses: Sequence[Witness], report: Report, subject: str) -> None:
    if not witnesses:
        report.not_checked.append("cosignatures of witnesses (none are configured)")
        return
    try:
        cosigned = read_cosignatures(proof.checkpoint, witnesses)
    except NoteError as error:
        report.failed("witnesses", subject, error.problem, "SIG_CRYPTO_FAILURE")
        return
    if cosigned:
        said = ", ".join(f"{each.witness.name} at {iso(each.at)}" for each in cosigned)
        report.passed("witnesses", subject, f"cosigned by {said}")
    else:
        report.indeterminate(
            "witnesses", subject, "no configured witness cosigned it", "SIGNED_DATA_NOT_FOUND"
        )


def _check_inclusion(
    proof: TlogProof, head: Checkpoint, leaf_data: bytes | None, report: Report, subject: str
) -> None:
    name = "log inclusion"
    if leaf_data is None:
        report.indeterminate(name, subject, "the record it speaks of is not here", "SIGNED_DATA_NOT_FOUND")
        return
    if proof.extra is None or len(proof.extra) > SALT_MAX_BYTES:
        report.failed(name, subject, "the proof has no salt", "FORMAT_FAILURE")
        return
    try:
        leaf = leaf_hash(commitment(proof.extra, leaf_data.decode("ascii")))
    except UnicodeDecodeError:
        report.failed(name, subject, "the record is not a compact JWS", "FORMAT_FAILURE")
        return
    included = verify_inclusion(leaf=leaf, index=proof.index, size=head.size, path=proof.path, root=head.root)
    if included:
        report.passed(name, subject, f"record {proof.index} of {head.size}")
    else:
        report.failed(name, subject, "the record is not where it says", "HASH_FAILURE")


def _bad(problem: str) -> TlogProofError:
    return TlogProofError(problem, mend="Ask the provider for the proof again.")
