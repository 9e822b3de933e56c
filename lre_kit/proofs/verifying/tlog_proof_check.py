"""Checking one record's proof of logging, offline (C2SP tlog-proof)."""

from collections.abc import Sequence

from lre_kit.clock import iso
from lre_kit.proofs.forms.merkle import leaf_hash, verify_inclusion
from lre_kit.proofs.forms.note import Checkpoint, NoteError, open_note
from lre_kit.proofs.log.cosignature import Witness, read_cosignatures
from lre_kit.proofs.packing.tlog_proof import SALT_MAX_BYTES, TlogProof, TlogProofError, parse_tlog_proof
from lre_kit.proofs.report import Report
from lre_kit.proofs.sealing.commitment import commitment
from lre_kit.proofs.verifying.anchors import Anchors


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
