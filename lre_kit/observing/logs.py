"""Logs as JSON or for people, with what each line is about, redacted. Only who runs a process sets them up.

The kit logs by the standard library and configures nothing: a host's own set-up applies. ``lre serve``,
``lre work`` and hosts that want it call `set_up`. With structlog (extra ``logs``) lines of its loggers take
the same way out; without it, the standard library alone writes the same lines::

    set_up("json")
    log.info("at work")  # {"at": "…Z", "level": "info", "logger": "…", "event": "at work", "request_id": "…"}
"""

import json
import logging
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.util import find_spec
from typing import Any, Literal, TextIO

from lre_kit.observing.context import bound
from lre_kit.observing.redaction import redacted, trace_of

Form = Literal["json", "console"]
"""How lines are written: for programs, one JSON object a line; for people."""

ROOTS = ("lre_kit", "lre_web", "lre_jobs", "lre_tui")
"""Loggers of the kit."""

_STANDARD = frozenset(vars(logging.LogRecord("", 0, "", 0, "", (), None))) | {
    "message",
    "asctime",
    "taskName",
}


class SafeFormatter(logging.Formatter):
    """Writes a record on one line, redacted, with what is bound to it."""

    def __init__(self, form: Form) -> None:
        """Write in `form`."""
        super().__init__()
        self._form = form

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        facts = facts_of(record)
        if self._form == "json":
            return json.dumps(facts, ensure_ascii=False)
        at, level, event = facts.pop("at"), facts.pop("level"), facts.pop("event")
        trace = "".join(f"\n    {line}" for line in facts.pop("trace", []))
        rest = " ".join(f"{name}={value}" for name, value in facts.items())
        return f"{at} {level:8} {event}  {rest}{trace}"


def facts_of(record: logging.LogRecord) -> dict[str, Any]:
    """Return a record as facts that may be written anywhere."""
    event = record.msg
    named: Mapping[str, Any] = {}
    if isinstance(event, Mapping):  # structlog's own way into the standard library
        named = {str(name): value for name, value in event.items() if name not in {"event", "exc_info"}}
        event = str(event.get("event", ""))
    else:
        event = record.getMessage() if _may_be_said(record) else str(record.msg)
    extra = {name: value for name, value in vars(record).items() if name not in _STANDARD and name[0] != "_"}
    facts: dict[str, Any] = {
        "at": datetime.fromtimestamp(record.created, UTC)
        .isoformat(timespec="milliseconds")
        .replace("+00:00", "Z"),
        "level": record.levelname.lower(),
        "logger": record.name,
        "event": redacted(event),
        **{name: redacted(str(value)) for name, value in {**extra, **named, **bound()}.items()},
    }
    if record.exc_info and record.exc_info[1] is not None:
        facts["trace"] = trace_of(record.exc_info[1], record.exc_info[2])
    return facts


def _may_be_said(record: logging.LogRecord) -> bool:
    """Tell whether a record's arguments may be written: those of a foreign error are its words."""
    args = record.args if isinstance(record.args, tuple) else (record.args,)
    return not any(isinstance(each, BaseException) for each in args)


def set_up(
    form: Form = "json", *, level: int | str = "INFO", stream: TextIO | None = None
) -> logging.Handler:
    """Write the kit's log, and no other's, to `stream` (standard error); return the handler.

    Calling it again replaces what it set up before. The root logger is left alone.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(SafeFormatter(form))
    handler.set_name("lre")
    for root in ROOTS:
        logger = logging.getLogger(root)
        logger.handlers = [each for each in logger.handlers if each.get_name() != "lre"]
        logger.addHandler(handler)
        logger.setLevel(level)
        logger.propagate = False
    return handler


def structlog_logger(name: str) -> Any:
    """Return structlog's logger of a name, whose lines go the same way, with structlog's own context.

    Raises:
        MissingExtraError: structlog is not installed.
    """
    if find_spec("structlog") is None:
        from lre_kit.errors import MissingExtraError

        msg = "Loggers of structlog need the package structlog."
        raise MissingExtraError(msg, mend='Run: pip install "lre-kit[logs]"')
    import structlog

    return structlog.wrap_logger(
        logging.getLogger(name),
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.contextvars.merge_contextvars,
            _into_record,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
    )


def _into_record(logger: Any, method: str, facts: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    del logger, method
    error = facts.pop("exc_info", None)
    return (dict(facts),), {"exc_info": error} if error else {}
