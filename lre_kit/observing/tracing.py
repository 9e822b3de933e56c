"""Spans of OpenTelemetry around requests and duties, where its API is installed and a host configured it.

Without the package (extra ``tracing``) or without an SDK behind it, a span costs next to nothing. Attributes
are ids and kinds: never names, addresses, paths.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

NAME = "lre_kit"
"""Name of the tracer."""


@cache
def _api() -> Any:
    try:
        from opentelemetry import trace
    except ImportError:
        return None
    return trace


@contextmanager
def span(name: str, **attributes: str | int) -> Iterator[Any]:
    """Trace what happens inside; an error marks the span with its class alone.

    Args:
        name: What is done, such as ``duty notify``.
        attributes: Facts about it; they get the prefix ``lre.``.
    """
    api = _api()
    if api is None:
        yield None
        return
    facts = {f"lre.{key}": value for key, value in attributes.items()}
    # The API would write the words of the error too, and they may name people.
    with api.get_tracer(NAME).start_as_current_span(
        name, attributes=facts, record_exception=False, set_status_on_exception=False
    ) as current:
        try:
            yield current
        except Exception as error:
            current.set_status(api.Status(api.StatusCode.ERROR, type(error).__name__))
            raise
