"""The doctor names endpoints that fail, and those that were given up."""

from typing import Any

import pytest

from lre_kit.doctor import examine
from lre_kit.doctor_webhooks import FAILURES_MIN, FailingEndpointsError, look_at_webhooks
from lre_kit.testing.webhooks import Answer
from lre_kit.webhooks.desk import TEST_PAUSE


def test_failing_endpoints_are_named_until_they_take_something_again(hooks: Any) -> None:
    """F12.01: an operator sees it before the owner complains."""
    office, clock, settings = hooks.office, hooks.clock, hooks.office.settings
    made = hooks.add().endpoint
    assert look_at_webhooks(settings, clock) == "1 endpoints, 0 deliveries wait"
    hooks.receiver.otherwise = Answer(status=500)
    for _ in range(FAILURES_MIN):
        office.webhooks.test_now(made.id)
        clock.advance(2 * TEST_PAUSE)
    with pytest.raises(FailingEndpointsError, match=made.id) as told:
        look_at_webhooks(settings, clock)
    assert made.url not in f"{told.value.problem} {told.value.mend}"
    [line] = [each for each in examine(settings, clock=clock) if each.name == "webhooks"]
    assert (line.well, "lre webhook deliveries" in line.mend) == (False, True)
    hooks.receiver.otherwise = Answer()
    office.webhooks.test_now(made.id)
    assert look_at_webhooks(settings, clock).startswith("1 endpoints")


def test_endpoints_that_were_given_up_are_told_and_no_illness(hooks: Any) -> None:
    """F12.01: 410."""
    made = hooks.add().endpoint
    hooks.receiver.otherwise = Answer(status=410)
    hooks.office.webhooks.test_now(made.id)
    assert made.id in look_at_webhooks(hooks.office.settings, hooks.clock)
