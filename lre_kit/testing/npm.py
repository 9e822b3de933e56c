"""Programs for tests that come from npm, each installed once at one version into the user's cache."""

import fcntl
import json
import os
import shutil
import subprocess
from pathlib import Path

from lre_kit.testing.private_servers import MissingServiceError

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "lre-kit-tests"
"""Below it, a folder for each package."""

_INSTALL_TIMEOUT_S = 240


def installed(package: str) -> Path:
    """Return the folder a package stands in, installing it if it is not there at that version.

    Args:
        package: Name and version, as ``name@1.2.3``. Install scripts are not run.

    Raises:
        MissingServiceError: npm is missing, or the package cannot be fetched.
    """
    name, _, version = package.rpartition("@")
    if shutil.which("npm") is None:
        msg = "Node is missing: apt install nodejs npm"
        raise MissingServiceError(msg)
    folder = CACHE / name
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        # Several test processes may come at once: one installs, the others wait.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _version(folder, name) != version:
            command = ["npm", "install", "--prefix", str(folder), "--no-audit", "--no-fund"]
            try:
                subprocess.run(
                    [*command, "--ignore-scripts", package],
                    check=True,
                    capture_output=True,
                    timeout=_INSTALL_TIMEOUT_S,
                )
            except (OSError, subprocess.SubprocessError) as error:
                msg = f"npm cannot install {package}: {error}"
                raise MissingServiceError(msg) from error
    return folder


def _version(folder: Path, name: str) -> str:
    try:
        found = json.loads((folder / "node_modules" / name / "package.json").read_text())
        return str(found["version"])
    except (OSError, ValueError, KeyError):
        return ""
