"""Finding a machine-readable zone among lines recognised in a picture. Pure."""

import re
from datetime import date

from lre_kit.parties.mrz import MrzError, read_mrz

WIDTHS = (30, 36, 44)
"""Widths of the lines of a zone."""

_SLACK = 4
_TAIL_SLACK = 18
_SHORTEST = 24


def best_lines(text: str, *, at: date) -> tuple[str, ...] | None:
    """Return the lines of a zone that reads well, or nothing.

    A zone whose check digits do not all fit is not returned: the person types it instead.

    Args:
        text: What was recognised.
        at: The day of reading.
    """
    lines = [line for raw in text.splitlines() if len(line := re.sub(r"[^A-Z0-9<]", "", raw)) >= _SHORTEST]
    for count in (3, 2):
        for start in range(len(lines) - count, -1, -1):
            group = tuple(lines[start : start + count])
            for width in WIDTHS:
                if (found := _read(group, width, at)) is not None:
                    return found
    return None


def _read(group: tuple[str, ...], width: int, at: date) -> tuple[str, ...] | None:
    if any(not _may_have(line, width) for line in group):
        return None
    fitted = tuple(_fitted(line, width) for line in group)
    candidates = (group, fitted, tuple(_tail_of_fillers(line) for line in fitted))
    for candidate in dict.fromkeys(_names_ended(lines) for lines in candidates):
        try:
            mrz = read_mrz(candidate, at=at)
        except MrzError:
            continue
        if mrz.ok:
            return mrz.lines
    return None


def _may_have(line: str, width: int) -> bool:
    """Tell whether a line may be one of this width; of a long tail of fillers many may be missing."""
    lacking = width - len(line)
    return abs(lacking) <= _SLACK or (line.endswith("<<") and 0 < lacking <= _TAIL_SLACK)


def _fitted(line: str, width: int) -> str:
    """Mend the number of fillers: recognition drops or doubles some in a long run of them."""
    missing = width - len(line)
    runs = sorted(re.finditer(r"<{3,}", line), key=lambda run: run.end() - run.start(), reverse=True)
    if not missing or not runs:
        return line
    run = runs[0]
    length = max(0, run.end() - run.start() + missing)
    return line[: run.start()] + "<" * length + line[run.end() :]


def _tail_of_fillers(line: str) -> str:
    """Read a tail such as ``<<<K<<<C<`` as fillers: recognition takes ``<`` for ``K``, ``C``, ``S``."""
    return re.sub(r"(?<=<<)[<KCELS]{3,}(?=[0-9]?$)", lambda run: "<" * len(run.group()), line)


def _names_ended(lines: tuple[str, ...]) -> tuple[str, ...]:
    """Read what follows the fillers after the given names as fillers: nothing else may stand there."""
    if len(lines) == 2 and lines[0].startswith("IDFRA"):
        return lines
    place = 2 if len(lines) == 3 else 0
    line = lines[place]
    start = line.find("<<") + 2
    end = line.find("<<", start)
    if start < 2 or end < 0:
        return lines
    return (*lines[:place], line[:end] + "<" * (len(line) - end), *lines[place + 1 :])
