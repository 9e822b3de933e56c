"""The office's file of derogations and suspensions: TOML or JSON, read when the office opens."""

import json
import tomllib
from pathlib import Path
from typing import Any

from lre_kit.errors import ConfigurationError
from lre_kit.law.derogation_text import policy_from
from lre_kit.law.derogations import SHIPPED, Policy
from lre_kit.settings import Settings

FILE_NAME = "derogations.toml"
"""Its name in the office's folder."""


def policy_of(settings: Settings) -> Policy:
    """Return the derogations and suspensions of an office: those shipped, and its own file in its folder.

    Raises:
        ConfigurationError: The file cannot be read; says why.
    """
    return read_derogations(settings.home / FILE_NAME)


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
