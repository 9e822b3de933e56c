"""The bundle: a plain folder that proves one letter's whole story.

``evidence/NN-Event.json`` exhibits, ``documents/`` (optional), ``proofs/*.pdf`` (optional), and
``manifest.json`` naming the SHA-256 of every other file, so that no byte can change unseen.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

import rfc8785

from lre_kit.errors import IntegrityError

MANIFEST = "manifest.json"
"""Name of the list of files."""

_DIGEST = re.compile(r"[0-9a-f]{64}")


class BundleError(IntegrityError):
    """A bundle's list of files is missing or cannot be relied on."""

    slug = "bundle-invalid"


def write_bundle(folder: Path, files: Iterable[tuple[str, Iterable[bytes]]]) -> None:
    """Write files and their manifest into a fresh folder.

    Args:
        folder: Made if needed.
        files: Relative names and contents in pieces.
    """
    listed: dict[str, str] = {}
    for name, pieces in files:
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256()
        with place.open("wb") as file:
            for piece in pieces:
                digest.update(piece)
                file.write(piece)
        listed[name] = digest.hexdigest()
    (folder / MANIFEST).write_bytes(manifest_bytes(listed))


def manifest_bytes(listed: Mapping[str, str]) -> bytes:
    """Return a manifest's one byte form (RFC 8785)."""
    return rfc8785.dumps(dict(listed))


def read_manifest(raw: bytes) -> dict[str, str]:
    """Return the listed files and their SHA-256 in hexadecimal.

    Args:
        raw: The manifest's bytes; none where there is none.

    Raises:
        BundleError: Missing, not in its one form, or naming files outside the folder.
    """
    mend = "Ask the provider for the bundle again."
    try:
        listed = json.loads(raw)
        fits = isinstance(listed, dict) and all(
            isinstance(d, str) and _DIGEST.fullmatch(d) and _is_inside(n) for n, d in listed.items()
        )
        one_form = fits and manifest_bytes(listed) == raw
    except (ValueError, RecursionError, rfc8785.CanonicalizationError) as error:
        raise BundleError("The bundle has no list of files that can be read.", mend=mend) from error
    if not one_form:
        raise BundleError("The bundle's list of files is not in its one form: it was changed.", mend=mend)
    return dict(listed)


def _is_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return bool(name) and not path.is_absolute() and ".." not in path.parts and name != MANIFEST
