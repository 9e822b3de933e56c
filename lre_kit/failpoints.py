"""Named places where a test may kill, fail or delay a real process.

Each module declares its places when it is imported, so a test can go through all of them; unarmed,
a failpoint costs one look at an empty dict. Only ``lre`` arms from the environment, for example
``LRE_FAILPOINTS="deposit.before_commit=kill,act.locked=sleep:0.2"``.
"""

import os
import signal
import time
from collections.abc import Mapping

from lre_kit.errors import ConfigurationError

ENVIRONMENT_NAME = "LRE_FAILPOINTS"
"""Variable that `arm_from_environment` reads: ``name=mode`` pairs between commas."""

REGISTRY: set[str] = set()
"""Every declared failpoint."""

_armed: dict[str, str] = {}


class FailpointError(RuntimeError):
    """Raised on purpose at a failpoint armed with ``raise``; no code may handle it by name."""


def declare(*names: str) -> None:
    """Enter failpoints into the registry; declaring twice is harmless."""
    REGISTRY.update(names)


def arm(name: str, mode: str) -> None:
    """Make a failpoint act.

    Args:
        name: The failpoint; it may be declared later.
        mode: ``kill`` (SIGKILL to this process), ``raise``, or ``sleep:<seconds>``.

    Raises:
        ConfigurationError: There is no such mode.
    """
    kind, _, seconds = mode.partition(":")
    if (kind in {"kill", "raise"} and not seconds) or (kind == "sleep" and _is_number(seconds)):
        _armed[name] = mode
        return
    msg = f"Failpoint {name} cannot be armed with {mode!r}."
    raise ConfigurationError(msg, mend="Use kill, raise or sleep:<seconds>.")


def disarm() -> None:
    """Make every failpoint harmless again."""
    _armed.clear()


def arm_from_environment(environment: Mapping[str, str] = os.environ) -> None:
    """Arm what ``LRE_FAILPOINTS`` names.

    Raises:
        ConfigurationError: A pair is not ``name=mode``, or its mode does not exist.
    """
    for pair in filter(None, environment.get(ENVIRONMENT_NAME, "").split(",")):
        name, _, mode = pair.strip().partition("=")
        arm(name, mode)


def failpoint(name: str) -> None:
    """Do what `name` is armed with; unarmed, do nothing.

    Raises:
        FailpointError: It is armed with ``raise``.
        LookupError: Some failpoint is armed and this one was never declared.
    """
    if not _armed:
        return
    if name not in REGISTRY:
        msg = f"failpoint {name} is not declared"
        raise LookupError(msg)
    mode = _armed.get(name)
    if mode == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif mode == "raise":
        raise FailpointError(name)
    elif mode is not None:
        time.sleep(float(mode.partition(":")[2]))


def _is_number(text: str) -> bool:
    try:
        return float(text) >= 0
    except ValueError:
        return False
