"""The exhibit: all that proves one event, in one self-contained JSON file.

``{"format", "evidence": {payload, protected, signature}, "log": {index, size, path, salt},
"checkpoint", "token"}``, and, where the token was renewed since, ``"renewals": [{index, path, size,
token}]``, the oldest first; only then is the format the second one. The file has one byte form
(RFC 8785); reading refuses any other, and any member that is not expected, so that a changed byte is
a changed exhibit.
"""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import rfc8785

from lre_kit.errors import IntegrityError
from lre_kit.law.events import ErdsEvent
from lre_kit.proofs.sealing.seal import base64url
from lre_kit.proofs.stamping.renewal import PATH_MAX, RENEWALS_MAX, Renewal

FORMAT = "lre-exhibit/1"
"""Name and version of the format while the token was never renewed."""

FORMAT_RENEWED = "lre-exhibit/2"
"""Name and version of the format with renewals."""

EXHIBIT_MAX_BYTES = 2 * 1024 * 1024
"""Largest exhibit read, in bytes."""

_MEMBERS = {
    FORMAT: {"format", "evidence", "log", "checkpoint", "token"},
    FORMAT_RENEWED: {"format", "evidence", "log", "checkpoint", "token", "renewals"},
}
_EVIDENCE = {"payload", "protected", "signature"}
_LOG = {"index", "size", "path", "salt"}
_RENEWAL = {"index", "size", "path", "token"}


class ExhibitError(IntegrityError):
    """An exhibit cannot be read in its one form."""

    slug = "exhibit-invalid"


def _bad(problem: str) -> ExhibitError:
    return ExhibitError(problem, mend="Ask the provider for the evidence file again.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhibit:
    """One event's evidence with its place in the log and its time stamp."""

    protected: str
    payload: bytes
    signature: str
    index: int
    """Place of the leaf in the log, from 0."""
    size: int
    """Size of the log at the checkpoint."""
    path: tuple[bytes, ...]
    """Inclusion path (RFC 9162 §2.1.3)."""
    salt: bytes
    checkpoint: str
    """Signed note (C2SP)."""
    token: bytes
    """TimeStampToken over SHA-256 of the note."""
    renewals: tuple[Renewal, ...] = ()
    """Later tokens that keep the first one good, the oldest first."""

    @property
    def compact(self) -> str:
        """The compact JWS."""
        return f"{self.protected}.{base64url(self.payload)}.{self.signature}"

    @property
    def record(self) -> dict[str, Any]:
        """The evidence record."""
        found = json.loads(self.payload)
        if not isinstance(found, dict):
            raise _bad("The evidence is not a record.")
        return found

    def to_bytes(self) -> bytes:
        """Return the file's bytes."""
        members: dict[str, Any] = {
            "format": FORMAT_RENEWED if self.renewals else FORMAT,
            "evidence": {
                "payload": base64url(self.payload),
                "protected": self.protected,
                "signature": self.signature,
            },
            "log": {
                "index": self.index,
                "size": self.size,
                "path": [step.hex() for step in self.path],
                "salt": self.salt.hex(),
            },
            "checkpoint": self.checkpoint,
            "token": base64.b64encode(self.token).decode(),
        }
        if self.renewals:
            members["renewals"] = [
                {
                    "index": renewal.index,
                    "size": renewal.size,
                    "path": [step.hex() for step in renewal.path],
                    "token": base64.b64encode(renewal.token).decode(),
                }
                for renewal in self.renewals
            ]
        return rfc8785.dumps(members)


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedExhibit:
    """An exhibit under the name its file gets."""

    name: str
    event: ErdsEvent
    exhibit: Exhibit


def parse_exhibit(raw: bytes) -> Exhibit:
    """Read an exhibit, strictly.

    Raises:
        ExhibitError: Not an exhibit, or not in its one form.
    """
    if len(raw) > EXHIBIT_MAX_BYTES:
        raise _bad("The evidence file is far larger than any.")
    try:
        found = json.loads(raw)
        _expect_members(found, _MEMBERS[_text(found["format"])])
        _expect_members(found["evidence"], _EVIDENCE)
        _expect_members(found["log"], _LOG)
        evidence, log = found["evidence"], found["log"]
        payload = evidence["payload"]
        made = Exhibit(
            protected=_text(evidence["protected"]),
            payload=base64.urlsafe_b64decode(_text(payload) + "=" * (-len(payload) % 4)),
            signature=_text(evidence["signature"]),
            index=_number(log["index"]),
            size=_number(log["size"]),
            path=tuple(bytes.fromhex(step) for step in _list(log["path"])),
            salt=bytes.fromhex(log["salt"]),
            checkpoint=_text(found["checkpoint"]),
            token=base64.b64decode(found["token"], validate=True),
            renewals=tuple(_renewal(each) for each in _at_most(found.get("renewals", []), RENEWALS_MAX)),
        )
        one_form = made.to_bytes()
    except (
        ValueError,
        TypeError,
        KeyError,
        binascii.Error,
        RecursionError,
        rfc8785.CanonicalizationError,
    ) as error:
        raise _bad("The evidence file cannot be read.") from error
    if one_form != raw:
        raise _bad("The evidence file is not in its one form: it was changed.")
    return made


def _renewal(found: Any) -> Renewal:
    _expect_members(found, _RENEWAL)
    return Renewal(
        index=_number(found["index"]),
        size=_number(found["size"]),
        path=tuple(bytes.fromhex(step) for step in _at_most(found["path"], PATH_MAX)),
        token=base64.b64decode(found["token"], validate=True),
    )


def _at_most(found: Any, count: int) -> Sequence[Any]:
    if len(_list(found)) > count:
        msg = "far more than there can be"
        raise ValueError(msg)
    return _list(found)


def _expect_members(found: Any, names: set[str]) -> None:
    if not isinstance(found, dict) or set(found) != names:
        msg = "unexpected members"
        raise ValueError(msg)


def _text(found: Any) -> str:
    if not isinstance(found, str):
        msg = "not text"
        raise TypeError(msg)
    return found


def _number(found: Any) -> int:
    if not isinstance(found, int) or isinstance(found, bool) or found < 0:
        msg = "not a number"
        raise TypeError(msg)
    return found


def _list(found: Any) -> Sequence[Any]:
    if not isinstance(found, list):
        msg = "not a list"
        raise TypeError(msg)
    return found
