"""Whom to believe about a log: its keys, its witnesses, and how many of these are enough.

The file has the form of C2SP tlog-policy: ``log``, ``witness``, ``group`` and ``quorum`` lines. The
office asks the witnesses it names for cosignatures; a monitor insists on its quorum.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lre_kit.errors import ConfigurationError
from lre_kit.proofs.forms.note import NoteError, NoteVerifier
from lre_kit.proofs.log.cosignature import Witness

POLICY_MAX_BYTES = 64 * 1024
"""Largest policy file read, in bytes."""

LINES_MAX = 32
"""Most logs, witnesses or groups read, each."""

_NONE = "none"
_WORD = re.compile(r"[^ \t]+")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedWitness:
    """A witness of the policy; `url` is where checkpoints may be submitted (its submission prefix)."""

    name: str
    witness: Witness
    url: str | None = None


@dataclass(frozen=True, slots=True)
class _Group:
    threshold: int
    members: tuple[str, ...]


@dataclass(slots=True)
class LogPolicy:
    """Logs, witnesses and the quorum."""

    logs: list[NoteVerifier] = field(default_factory=list)
    witnesses: list[NamedWitness] = field(default_factory=list)
    quorum: str = _NONE
    """Name of the witness or group that must have cosigned; ``none`` asks for nobody."""
    groups: dict[str, _Group] = field(default_factory=dict)

    @property
    def keys(self) -> list[Witness]:
        """The witnesses' keys."""
        return [each.witness for each in self.witnesses]

    def is_met(self, cosigned: Iterable[Witness]) -> bool:
        """Tell whether cosignatures of these witnesses are enough."""
        keys = {witness.public for witness in cosigned}
        names = {each.name for each in self.witnesses if each.witness.public in keys}
        return self.quorum == _NONE or self._holds(self.quorum, names)

    def _holds(self, name: str, names: set[str]) -> bool:
        group = self.groups.get(name)
        if group is None:
            return name in names
        return sum(self._holds(member, names) for member in group.members) >= group.threshold


def read_policy(path: Path) -> LogPolicy:
    """Read a policy file.

    Raises:
        ConfigurationError: It is not there, or not a policy; the message names the line.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(POLICY_MAX_BYTES + 1)
        text = raw.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        msg = f"The log policy {path} cannot be read."
        raise ConfigurationError(msg, mend="Name a file in the form of C2SP tlog-policy.") from error
    if len(raw) > POLICY_MAX_BYTES:
        msg = f"The log policy {path} is far too large."
        raise ConfigurationError(msg, mend="Name the right file.")
    return parse_policy(text)


def parse_policy(text: str) -> LogPolicy:
    """Read the text of a policy.

    Raises:
        ConfigurationError: A line is not one of a policy, or none says the quorum.
    """
    reader = _Reader()
    for number, line in enumerate(text.split("\n"), start=1):
        words = _WORD.findall(line)
        if not words or words[0].startswith("#"):
            continue
        try:
            if _CONTROL.search(line):
                msg = "it has control characters"
                raise ValueError(msg)
            reader.read(words[0], words[1:])
        except (ValueError, NoteError) as error:
            why = error.problem if isinstance(error, NoteError) else str(error)
            msg = f"Line {number} of the log policy cannot be used: {why.rstrip('.')}."
            raise ConfigurationError(msg, mend="Mend the line; the form is that of tlog-policy.") from error
    if not reader.has_quorum:
        msg = "The log policy has no quorum line."
        raise ConfigurationError(msg, mend="Add one, such as: quorum none")
    return reader.policy


class _Reader:
    """Takes the lines one after the other; a line may name only what stands before it."""

    def __init__(self) -> None:
        self.policy = LogPolicy()
        self.has_quorum = False
        self._names: set[str] = set()
        self._taken: set[str] = set()

    def read(self, word: str, words: Sequence[str]) -> None:
        readers: dict[str, Callable[[Sequence[str]], None]] = {
            "log": self._log,
            "witness": self._witness,
            "group": self._group,
            "quorum": self._quorum,
        }
        _check(word in readers, f"“{word}” begins no line")
        readers[word](words)

    def _log(self, words: Sequence[str]) -> None:
        _check(len(words) in {1, 2}, "a log has a key and perhaps an address")
        verifier = NoteVerifier.parse(words[0])
        logs = self.policy.logs
        _check(all(verifier.public != other.public for other in logs), "this log stands there already")
        _check(len(logs) < LINES_MAX, "there are too many logs")
        logs.append(verifier)

    def _witness(self, words: Sequence[str]) -> None:
        _check(len(words) in {2, 3}, "a witness has a name, a key and perhaps an address")
        name, witness = words[0], Witness.parse(words[1])
        keys = self.policy.keys
        _check(all(witness.public != other.public for other in keys), "this witness stands there already")
        _check(len(keys) < LINES_MAX, "there are too many witnesses")
        self._define(name)
        url = words[2] if len(words) > 2 else None
        self.policy.witnesses.append(NamedWitness(name=name, witness=witness, url=url))

    def _group(self, words: Sequence[str]) -> None:
        _check(len(words) > 2, "a group has a name, a threshold and members")
        name, threshold, *members = words
        for member in members:
            _check(member in self._names, f"“{member}” is not defined above")
            _check(member not in self._taken, f"“{member}” is in a group already")
            self._taken.add(member)
        _check(len(self.policy.groups) < LINES_MAX, "there are too many groups")
        count = {"any": 1, "all": len(members)}.get(threshold)
        if count is None:
            _check(threshold.isascii() and threshold.isdecimal(), "a threshold is all, any or a number")
            _check(len(threshold) <= len(str(LINES_MAX * 2)), "the threshold is too high")
            count = int(threshold)
        _check(1 <= count <= len(members), "the threshold is not between 1 and the number of members")
        self._define(name)
        self.policy.groups[name] = _Group(count, tuple(members))

    def _quorum(self, words: Sequence[str]) -> None:
        _check(len(words) == 1 and not self.has_quorum, "there is one quorum, with one name")
        _check(words[0] == _NONE or words[0] in self._names, f"“{words[0]}” is not defined above")
        self.has_quorum = True
        self.policy.quorum = words[0]

    def _define(self, name: str) -> None:
        _check(name != _NONE and name not in self._names, f"the name “{name}” is taken")
        self._names.add(name)


def _check(holds: bool, problem: str) -> None:
    if not holds:
        raise ValueError(problem)
