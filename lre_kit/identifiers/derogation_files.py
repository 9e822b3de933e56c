"""The office's file of derogations and suspensions: TOML or JSON, read at its opening and when it changes."""

import json
import logging
import tomllib
from pathlib import Path
from typing import Any

from lre_kit.errors import ConfigurationError
from lre_kit.law.derogation_text import policy_from
from lre_kit.law.derogations import SHIPPED, Derogation, Policy, Suspension
from lre_kit.settings import Settings

log = logging.getLogger(__name__)

FILE_NAME = "derogations.toml"
"""Its name in the office's folder."""


def policy_of(settings: Settings) -> Policy:
    """Return the derogations and suspensions of an office: those shipped, and its own file in its folder.

    Raises:
        ConfigurationError: The file cannot be read; says why.
    """
    return read_derogations(settings.home / FILE_NAME)


class PolicyInForce(Policy):
    """What the file says now, wherever it was changed: each question looks whether it is still the same file.

    A file that cannot be read while the office runs changes nothing: what held goes on to hold, and the log
    says so once. At the next opening it is refused.
    """

    __slots__ = ("_file",)
    _file: "_File"

    def __init__(self, path: Path) -> None:
        """Read the file at `path`, now and when it changes.

        Raises:
            ConfigurationError: It cannot be read; says why.
        """
        object.__setattr__(self, "_file", _File(path))

    @property
    def derogations(self) -> tuple[Derogation, ...]:
        """The derogations that the file says now, and those shipped."""
        return self._file.policy.derogations

    @property
    def suspensions(self) -> tuple[Suspension, ...]:
        """The suspensions that the file says now."""
        return self._file.policy.suspensions


class _File:
    """A file of rules, and what it said when it was looked at last."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = self._version()
        self._policy = read_derogations(path)

    @property
    def policy(self) -> Policy:
        """What holds."""
        version = self._version()
        if version != self._seen:
            self._seen = version
            try:
                self._policy = read_derogations(self._path)
            except ConfigurationError as error:
                log.warning("the rules that held go on to hold: %s", error.problem)
        return self._policy

    def _version(self) -> tuple[int, int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino, found.st_size


def policy_in_force(settings: Settings) -> Policy:
    """Return the derogations and suspensions of an office that runs: its file is read again when it changes.

    Raises:
        ConfigurationError: The file cannot be read; says why.
    """
    return PolicyInForce(settings.home / FILE_NAME)


def read_derogations(path: Path, *, shipped: Policy = SHIPPED) -> Policy:
    """Return what ships with the kit and what a file says; a file that is not there adds nothing.

    Args:
        path: TOML, or JSON if its name ends so.
        shipped: What holds without it.

    Raises:
        ConfigurationError: The file cannot be read; says why.
    """
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return shipped
    except (OSError, UnicodeDecodeError) as error:
        msg = f"The file {path} cannot be read."
        raise ConfigurationError(msg, mend="Make it a readable text file in UTF-8.") from error
    try:
        kept: Any = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except ValueError as error:
        msg = f"The file {path} is no {'JSON' if path.suffix == '.json' else 'TOML'}: {error}."
        raise ConfigurationError(msg, mend="Correct it, or take it away.") from error
    return policy_from(kept, shipped=shipped)
