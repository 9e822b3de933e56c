"""What the doctor looks at of webhooks: endpoints that fail now, and those that were given up."""

from lre_kit.clock import Clock
from lre_kit.errors import UnavailableError
from lre_kit.office import PostOffice
from lre_kit.settings import Settings
from lre_kit.webhooks.values import DisabledWhy, Endpoint, EndpointState

FAILURES_MIN = 3
"""Tries in a row that failed, from which an endpoint counts as failing."""

NAMED_MAX = 5
"""Endpoints that are named."""


class FailingEndpointsError(UnavailableError):
    """Endpoints of webhooks do not take what they are told."""

    slug = "webhook-endpoints-failing"


def look_at_webhooks(settings: Settings, clock: Clock) -> str:
    """Say how many endpoints there are, and which were disabled because they failed.

    Raises:
        FailingEndpointsError: Some that are active fail at present.
    """
    with PostOffice.open(settings, clock=clock) as office:
        every = office.webhooks.reading.every()
        waiting, _ = office.webhooks.reading.pending()
    active = [each for each in every if each.state is EndpointState.ACTIVE]
    failing = [each for each in active if each.failures >= FAILURES_MIN]
    if failing:
        msg = f"{len(failing)} of {len(active)} endpoints fail: {_names(failing)}"
        mend = f"Tell their owners; lre webhook deliveries {failing[0].id} shows what they answered."
        raise FailingEndpointsError(msg, mend=mend)
    given_up = [each for each in every if each.disabled_why in {DisabledWhy.FAILING, DisabledWhy.GONE}]
    told = f"; given up, their owners were told: {_names(given_up)}" if given_up else ""
    return f"{len(active)} endpoints, {waiting} deliveries wait{told}"


def _names(endpoints: list[Endpoint]) -> str:
    """Name endpoints by their ids: an address may hold a secret of its owner's."""
    shown = ", ".join(each.id for each in endpoints[:NAMED_MAX])
    return shown + (", …" if len(endpoints) > NAMED_MAX else "")
