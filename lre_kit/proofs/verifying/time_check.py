"""Whether the times in a proof can be: no time stamp is later than who looks at it."""

from datetime import datetime, timedelta

from lre_kit.clock import iso
from lre_kit.proofs.report import Report

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How much later than its time stamp an event may claim to be: clocks differ a little."""


def is_ahead(gen_time: datetime, name: str, subject: str, report: Report) -> bool:
    """Tell whether a time stamp is later than the verification, which nobody can vouch for, and report it.

    Either clock may be wrong: that of who verifies, or that of the authority.
    """
    if gen_time <= report.at + CLOCK_TOLERANCE:
        return False
    why = f"it says {iso(gen_time)}, which is later than this verification: one of two clocks is wrong"
    report.indeterminate(name, subject, why, "TIMESTAMP_ORDER_FAILURE")
    return True
