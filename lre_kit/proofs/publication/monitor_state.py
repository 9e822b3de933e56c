"""What a monitor remembers between two looks, and the evidence it keeps when something is wrong."""

import json
import os
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from lre_kit.clock import iso
from lre_kit.errors import InputError

FORMAT = "lre-log-monitor/1"
"""Name and version of the state file's form."""

EVIDENCE_FORMAT = "lre-log-evidence/1"
"""Name and version of the evidence file's form."""

STATE_MAX_BYTES = 64 * 1024
"""Largest state file read, in bytes."""


class MonitorStateError(InputError):
    """The file a monitor remembers with is not one, or is of another log."""

    slug = "monitor-state-invalid"


@dataclass(frozen=True, slots=True)
class MonitorState:
    """The file that remembers the last checkpoint that was found good."""

    path: Path

    def read(self) -> str | None:
        """Return the remembered checkpoint (a signed note), or nothing on the first look.

        Raises:
            MonitorStateError: The file is none of ours.
        """
        try:
            with self.path.open("rb") as file:
                raw = file.read(STATE_MAX_BYTES + 1)
        except FileNotFoundError:
            return None
        try:
            found = json.loads(raw) if len(raw) <= STATE_MAX_BYTES else None
        except (ValueError, RecursionError):
            found = None
        note = found.get("checkpoint") if isinstance(found, dict) and found.get("format") == FORMAT else None
        if not isinstance(note, str):
            msg = f"{self.path} is not what a monitor remembers with."
            raise MonitorStateError(msg, mend="Name the right file, or move it away to begin anew.")
        return note

    def remember(self, note: str, *, at: datetime) -> None:
        """Put another checkpoint in the place of the last one, at once and durably."""
        _write(self.path, {"format": FORMAT, "checkpoint": note, "checked_at": iso(at)})

    def keep_evidence(
        self, *, problem: str, remembered: str | None, presented: str | None, at: datetime
    ) -> Path:
        """Keep both checkpoints beside the state file; the same pair is kept once.

        Args:
            problem: What is wrong.
            remembered: The checkpoint found good before, a signed note.
            presented: The one that is offered now.
            at: When this was found.

        Returns:
            The evidence file.
        """
        digest = sha256(f"{problem}\0{remembered}\0{presented}".encode()).hexdigest()[:16]
        path = self.path.with_name(f"{self.path.name}.evidence-{digest}.json")
        if not path.exists():
            found = {
                "format": EVIDENCE_FORMAT,
                "problem": problem,
                "remembered": remembered,
                "presented": presented,
                "found_at": iso(at),
            }
            _write(path, found)
        return path


def _write(path: Path, content: dict[str, Any]) -> None:
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with fresh.open("w", encoding="utf-8") as file:
        json.dump(content, file, ensure_ascii=False, indent=2)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
