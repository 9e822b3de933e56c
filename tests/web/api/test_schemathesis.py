"""Schemathesis, which knows nothing of this office but its description, finds nothing against it.

It generates requests of the right form and of wrong ones (types, missing fields, other methods, other
media), and judges each answer by what the description promises.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from lre_kit.integration.values import KeyWish
from lre_kit.testing.office import SENDER
from lre_web.api.mounting import ROUTES
from lre_web.testing import ThrowawaySite

schemathesis = pytest.importorskip("schemathesis")

schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")

EXAMPLES = 3
"""Requests of each kind for each operation; more find no more, as a longer run showed."""

TAKEN = {"expected-statuses": ["2xx", "401", "403", "404", "409", "422", "429"]}
"""What may answer a request of the right form: 422 names a value that no schema can tell is wrong, such as
an address or a cursor."""


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, str]]:
    folder = tmp_path_factory.mktemp("schemathesis") / "office"
    site = ThrowawaySite.open(
        folder, sandbox=True, base_url="http://localhost/lre", api_requests_per_minute=10**7
    )
    with site.office as office:
        site.letter()
        key = office.integration.keys.create(SENDER, KeyWish(name="any")).text
        config = schemathesis.Config.from_dict({"checks": {"positive_data_acceptance": TAKEN}})
        yield schemathesis.openapi.from_wsgi("/lre/api/v1/openapi.json", site.app, config=config), key


@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_an_operation_keeps_to_its_description(described: tuple[Any, str], route: Any, mode: Any) -> None:
    """F10.12, F11.01: and no answer is a fault of ours."""
    schema, key = described
    operation = schema.find_operation_by_id(route.name)

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(mode))
    def judge(case: Any) -> None:
        case.call_and_validate(headers={"Authorization": f"Bearer {key}"})

    judge()
