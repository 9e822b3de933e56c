"""What a line of the log is about: bound for a while, seen by every line written meanwhile.

Kept in a context variable, so threads and asynchronous tasks do not mix theirs. A host that logs by its own
means adds these facts with `ContextFilter`, or reads `bound`.
"""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType

_FACTS: ContextVar[Mapping[str, str]] = ContextVar("lre_log_facts", default=MappingProxyType({}))


def bound() -> Mapping[str, str]:
    """Return what is bound now, such as ``request_id`` and ``letter_id``."""
    return _FACTS.get()


def bind(**facts: str) -> None:
    """Bind facts until the `binding` around this ends."""
    _FACTS.set(MappingProxyType({**_FACTS.get(), **facts}))


@contextmanager
def binding(**facts: str) -> Iterator[None]:
    """Bind facts while the context lasts; what is bound inside ends with it too."""
    token = _FACTS.set(MappingProxyType({**_FACTS.get(), **facts}))
    try:
        yield
    finally:
        _FACTS.reset(token)


class ContextFilter(logging.Filter):
    """Puts what is bound on each record, as attributes such as ``lre_request_id`` and ``lre_letter_id``."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record through."""
        for name, value in bound().items():
            setattr(record, f"lre_{name}", value)
        return True
