"""One record's proof of logging in one file (C2SP tlog-proof).

The file holds the record's place, its inclusion path and the checkpoint with the witnesses'
cosignatures; the extra data is the salt. With the record itself, the compact JWS, that is enough to
show that the record is in the log. It holds neither the seal's check nor the time stamp: those are in
the exhibit.
"""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass

from lre_kit.errors import IntegrityError
from lre_kit.proofs.forms.merkle import HASH_BYTES
from lre_kit.proofs.log.cosignature import with_lines
from lre_kit.proofs.sealing.exhibit import Exhibit

HEADER = "c2sp.org/tlog-proof@v1"
"""First line of every such file."""

SUFFIX = ".tlog-proof"
"""What the file's name ends in."""

PROOF_MAX_BYTES = 64 * 1024
"""Largest file read, in bytes."""

PATH_MAX = 63
"""Most hashes in an inclusion path."""

SALT_MAX_BYTES = 64
"""Longest salt taken from the extra data, in bytes."""

_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})", re.ASCII)
_EXTRA = "extra "


class TlogProofError(IntegrityError):
    """A proof of logging cannot be read in its one form."""

    slug = "tlog-proof-invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class TlogProof:
    """A proof of logging."""

    index: int
    """Place of the leaf in the log, from 0."""
    path: tuple[bytes, ...]
    """Inclusion path, the leaf's sibling first (RFC 9162 §2.1.3)."""
    checkpoint: str
    """Signed note, with whatever cosignatures came for it."""
    extra: bytes | None = None
    """The salt, which nothing in the file authenticates; nothing if there is none."""

    def to_bytes(self) -> bytes:
        """Return the file's bytes."""
        lines = [HEADER]
        if self.extra is not None:
            lines.append(_EXTRA + base64.b64encode(self.extra).decode())
        lines.append(f"index {self.index}")
        lines += [base64.b64encode(step).decode() for step in self.path]
        return ("\n".join(lines) + f"\n\n{self.checkpoint}").encode()


def proof_of(exhibit: Exhibit, *, cosignature_lines: Sequence[str] = ()) -> TlogProof:
    """Return the proof of logging of an exhibit.

    Args:
        exhibit: One event's evidence.
        cosignature_lines: Signature lines of witnesses on its checkpoint.
    """
    return TlogProof(
        index=exhibit.index,
        path=exhibit.path,
        checkpoint=with_lines(exhibit.checkpoint, cosignature_lines),
        extra=exhibit.salt,
    )


def parse_tlog_proof(raw: bytes) -> TlogProof:
    """Read a proof of logging, strictly.

    Raises:
        TlogProofError: Not one, or not in its one form.
    """
    if len(raw) > PROOF_MAX_BYTES:
        raise _bad("The proof of logging is far larger than any.")
    try:
        head, _, checkpoint = raw.decode().partition("\n\n")
        header, *lines = head.split("\n")
        extra: bytes | None = None
        if lines and lines[0].startswith(_EXTRA):
            extra = base64.b64decode(lines.pop(0).removeprefix(_EXTRA), validate=True)
        place = _INDEX.fullmatch(lines[0]) if lines else None
        path = tuple(base64.b64decode(line, validate=True) for line in lines[1 : PATH_MAX + 2])
    except (ValueError, binascii.Error) as error:
        raise _bad("The proof of logging cannot be read.") from error
    if header != HEADER or place is None or len(path) > PATH_MAX or any(len(p) != HASH_BYTES for p in path):
        raise _bad("This is not a proof of logging.")
    made = TlogProof(index=int(place[1]), path=path, checkpoint=checkpoint, extra=extra)
    if made.to_bytes() != raw:
        raise _bad("The proof of logging is not in its one form.")
    return made


def _bad(problem: str) -> TlogProofError:
    return TlogProofError(problem, mend="Ask the provider for the proof again.")
