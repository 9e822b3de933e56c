"""A proof is handed in, and what its checks found is told; the file is thrown away."""

from datetime import datetime

from lre_kit.errors import ThrottledError
from lre_kit.proofs.report import Check
from lre_kit.proofs.report import Result as Found
from lre_web.api.declaring import Call, Result, Route, Told
from lre_web.public.verification import check_upload


class CheckTold(Told):
    """One check."""

    name: str
    """Its stable name."""
    subject: str
    """What it looked at."""
    result: Found
    """``passed``, ``failed`` or ``indeterminate``."""
    reason: str
    """Why, in words."""
    sub_indication: str
    """In the words of ETSI EN 319 102-1, where it did not pass."""


class ReportTold(Told):
    """What the checks of a proof found."""

    result: Found
    """Failed if any check failed, passed if all did, else indeterminate."""
    at: datetime
    """Instant of the verification (UTC)."""
    checks: list[CheckTold]
    """The checks, in order."""
    not_checked: list[str]
    """What nobody looked at."""


def _verify(call: Call) -> Result:
    report = check_upload(call.office, call.files["proof"][0])
    checks = [_told(each) for each in report.checks]
    told = ReportTold(result=report.result, at=report.at, checks=checks, not_checked=list(report.not_checked))
    return Result(body=told)


def _told(check: Check) -> CheckTold:
    return CheckTold(
        name=check.name,
        subject=check.subject,
        result=check.result,
        reason=check.reason,
        sub_indication=check.sub_indication or "",
    )


ROUTES = (
    Route(
        method="POST", path="/verify", name="verifyProof", tag="Rules", scope=None,
        summary="Verify a proof, whoever made it: bundle, container, PDF or evidence",
        about="Checked with this office's own trust anchors. `lre verify` does the same offline.",
        handler=_verify, files={"proof": "The file to verify"}, answer=ReportTold, errors=(ThrottledError,),
    ),
)  # fmt: skip
"""The route that verifies."""
