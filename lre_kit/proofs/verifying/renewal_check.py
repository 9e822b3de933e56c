"""Following the chain of renewals of a time stamp: each token was good when the next one was made."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lre_kit.clock import iso
from lre_kit.errors import TimestampRejectedError
from lre_kit.proofs.keys.chain import ChainError
from lre_kit.proofs.report import Report
from lre_kit.proofs.stamping.renewal import Renewal, covered_digest
from lre_kit.proofs.stamping.timestamp import TimestampInfo, check_still_trusted

if TYPE_CHECKING:
    from lre_kit.proofs.verifying.anchors import Anchors

_NAME = "renewal"


def check_renewals(
    note: str,
    first: tuple[bytes, TimestampInfo],
    renewals: Sequence[Renewal],
    *,
    subject: str,
    anchors: "Anchors",
    report: Report,
) -> None:
    """Check every renewal of a checkpoint's token into `report`, and that the last token still holds.

    Args:
        note: The checkpoint.
        first: Its own token, and what that says; already checked at its own time.
        renewals: The renewals, the oldest first.
        subject: What the report calls the proof.
        anchors: Whom to trust.
        report: Where answers go, and the instant of the verification.
    """
    tokens, last = [first[0]], first[1]
    for number, renewal in enumerate(renewals, 1):
        step = _Step(f"renewal {number} of {len(renewals)}", subject, anchors, report)
        info = step.token_of(renewal, note, tokens)
        if info is None or not step.in_time(tokens[-1], last, info):
            return
        tokens.append(renewal.token)
        last = info
    ended = last.certificate.not_valid_after_utc
    if ended < report.at:
        report.indeterminate(
            _NAME if renewals else "time stamp",
            subject,
            f"the certificate of {last.authority} ended on {ended:%Y-%m-%d}"
            " and no renewal shows that the time stamp was made before",
            "OUT_OF_BOUNDS_NO_POE",
        )


@dataclass(frozen=True, slots=True)
class _Step:
    """One renewal being checked."""

    title: str
    subject: str
    anchors: "Anchors"
    report: Report

    def token_of(self, renewal: Renewal, note: str, tokens: Sequence[bytes]) -> TimestampInfo | None:
        """Return what the renewal's token says, if it covers all there was before it and is sound."""
        digest = covered_digest(note, tokens, renewal)
        if digest is None:
            self._failed("its path leads nowhere", "HASH_FAILURE")
            return None
        try:
            return self.anchors.check_token(renewal.token, digest)
        except TimestampRejectedError as error:
            if error.check == "imprint":
                self._failed("it does not cover this checkpoint and its tokens", "HASH_FAILURE")
            elif error.check == "chain":
                self._open(error.problem, "NO_CERTIFICATE_CHAIN_FOUND")
            else:
                self._failed(f"{error.check}: {error.problem}", "SIG_CRYPTO_FAILURE")
            return None

    def in_time(self, token: bytes, before: TimestampInfo, after: TimestampInfo) -> bool:
        """Check that the token before was still good when the renewal was made."""
        at = after.gen_time
        if at < before.gen_time:
            self._failed("it is older than the token it renews", "TIMESTAMP_ORDER_FAILURE")
            return False
        try:
            check_still_trusted(token, at=at, anchors=self.anchors.timestamp_at(at), lists=self.anchors.lists)
        except ChainError as error:
            self._open(f"made too late, on {iso(at)}: {error.problem}", error.sub_indication)
            return False
        ended = before.certificate.not_valid_after_utc
        said = f"made on {iso(at)}, before the certificate of {before.authority} ended on {ended:%Y-%m-%d}"
        self.report.passed(_NAME, self.subject, f"{self.title}: {said}; says {after.authority}")
        return True

    def _failed(self, reason: str, sub_indication: str) -> None:
        self.report.failed(_NAME, self.subject, f"{self.title}: {reason}", sub_indication)

    def _open(self, reason: str, sub_indication: str) -> None:
        self.report.indeterminate(_NAME, self.subject, f"{self.title}: {reason}", sub_indication)
