"""How fast operators may guess."""

from datetime import timedelta

from lre_kit.parties.account_guesses import Pace

OPERATOR_PACE = Pace(
    name="operator",
    free=5,
    first_delay=timedelta(seconds=2),
    longest_delay=timedelta(minutes=15),
    mend="Wait a few minutes, or ask for: lre operator reset.",
)
"""Sign-ins tried under one operator's name: password and code together."""
