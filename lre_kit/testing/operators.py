"""Operators at work in a throwaway office, signed in as they would be."""

from datetime import timedelta

import pyotp

from lre_kit.clock import Clock
from lre_kit.identifiers.one_time_codes import STEP_SECONDS
from lre_kit.office import PostOffice
from lre_kit.operators.values import Enrolment, OperatorSession
from lre_kit.testing.clock import MovedClock

PASSWORD = "quatre poules bleues"
"""What these operators choose as their own."""


def code_of(made: Enrolment, clock: Clock) -> str:
    """Return the code that an operator's app shows now."""
    return pyotp.TOTP(made.secret.replace(" ", "")).at(clock())


def add_operator(office: PostOffice, clock: MovedClock, name: str, *roles: str) -> Enrolment:
    """Add an operator who has chosen `PASSWORD`; the clock moves on, so that a fresh code can be had."""
    made = office.operators.book.add(name, roles, by="root")
    session = office.operators.entrance.sign_in(
        name, made.password, code_of(made, clock), new_password=PASSWORD
    )
    office.operators.entrance.end(session)
    clock.advance(timedelta(seconds=STEP_SECONDS))
    return made


def signed_in(office: PostOffice, clock: MovedClock, name: str, *roles: str) -> OperatorSession:
    """Add an operator, and return their session."""
    made = add_operator(office, clock, name, *roles)
    return office.operators.entrance.sign_in(name, PASSWORD, code_of(made, clock))
