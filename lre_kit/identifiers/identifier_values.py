"""Identification means as values: what is read of one, of its history, and its serial."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lre_kit.identifiers.means import FINAL, Kind, State
from lre_kit.law.assurance import Level
from lre_kit.letters.numbers import ALPHABET

SERIAL_CHARS = 12
"""Random characters of a serial (60 bits): nobody guesses one, and its order tells nothing."""

_GROUP = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Identifier:
    """One identification means as it stands.

    Attributes:
        serial: What its owner reads on it: three groups of four characters without look-alikes.
        level: Level of the identity proofing it rests on.
        derogation: Id of the derogation it was issued under.
        counter: Its own count: last step of a time-based code, next count of a counted one, signature
            counter of a key, number of the paper code that is asked.
        ended_at: When it was revoked or expired.
    """

    id: str
    serial: str
    party_id: str
    kind: Kind
    state: State
    label: str
    proofing_id: str | None
    level: Level | None
    derogation: str | None
    facts: Mapping[str, Any] = field(repr=False)
    counter: int
    created_at: datetime
    activated_at: datetime | None
    last_used_at: datetime | None
    expires_at: datetime | None
    ended_at: datetime | None
    replaced_by: str | None

    @classmethod
    def of_row(cls, row: Any) -> "Identifier":
        """Return the value of a row's columns by name."""
        read = {"kind": Kind(row["kind"]), "state": State(row["state"])}
        level = Level(row["level"]) if row["level"] else None
        return cls(**{**row, **read, "level": level})

    def is_usable(self, at: datetime) -> bool:
        """Tell whether it identifies its owner at an instant: active, and its term not over."""
        return self.state is State.ACTIVE and not self.is_over(at)

    def is_over(self, at: datetime) -> bool:
        """Tell whether it ended or its term is over, noted or not."""
        return self.state in FINAL or (self.expires_at is not None and at >= self.expires_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentifierEvent:
    """One act in a means' history."""

    seq: int
    name: str
    occurred_at: datetime
    actor: Mapping[str, Any]
    reason: str


def new_serial() -> str:
    """Return a fresh serial, such as ``7K3M-9QXA-2PVD``."""
    return grouped("".join(secrets.choice(ALPHABET) for _ in range(SERIAL_CHARS)))


def parse_serial(typed: str) -> str:
    """Return a serial as it is kept, from what somebody typed: look-alikes are read as they are meant."""
    plain = "".join(char for char in typed.upper() if char.isalnum())
    return grouped(plain.translate(str.maketrans("ILO", "110")))


def grouped(plain: str, separator: str = "-") -> str:
    """Return characters in groups of four, as people read them best."""
    return separator.join(plain[i : i + _GROUP] for i in range(0, len(plain), _GROUP))
