"""A letter's proofs in one signed file: the ASiC-E container with CAdES (ETSI EN 319 162-1 §4.4).

``mimetype`` comes first, then the files of the letter, then ``META-INF/ASiCManifest.xml`` with their
digests and ``META-INF/signature.p7s``, the office's seal over that list (CAdES baseline T).
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import BinaryIO

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from lre_kit.errors import SealUnavailableError
from lre_kit.proofs.keys.keys import Keys
from lre_kit.proofs.packing.asic_manifest import manifest_xml
from lre_kit.proofs.packing.zip_records import refuse
from lre_kit.proofs.packing.zip_stored import StoredZip, write_zip
from lre_kit.proofs.sealing.cms import sign_detached
from lre_kit.proofs.stamping.timestamp import TimestampAuthority

MIMETYPE = "mimetype"
"""The first entry's name."""

MEDIA_TYPE = b"application/vnd.etsi.asic-e+zip"
"""The first entry's content, and the container's media type."""

MANIFEST = "META-INF/ASiCManifest.xml"
"""Name of the list of files."""

SIGNATURE = "META-INF/signature.p7s"
"""Name of the seal over the list."""

RESERVED = "META-INF/"
"""Where no file of the letter may lie."""


def write_container(
    target: BinaryIO,
    files: Iterable[tuple[str, Iterable[bytes]]],
    *,
    keys: Keys,
    authority: TimestampAuthority,
    at: datetime,
) -> None:
    """Write files as a sealed container; each passes through once.

    Only the signature and its time stamp differ between two containers of the same files and instant.

    Args:
        target: Where it goes; at its beginning, if it can be sought in.
        files: Names and contents in pieces.
        keys: Whose seal.
        authority: Whose time stamp.
        at: The instant of sealing.

    Raises:
        BadContainerError: A name that no container may hold, or more than a container may hold.
        SealUnavailableError: The seal key cannot be used.
        TimestampUnavailableError: No stamp can be had; nothing lower is issued in its place.
    """

    def fill(archive: StoredZip) -> None:
        archive.add(MIMETYPE, [MEDIA_TYPE])
        digests: dict[str, str] = {}
        for name, pieces in files:
            if name.casefold() == MIMETYPE or name.casefold().startswith(RESERVED.casefold()):
                refuse("name-reserved", f"{name} is a name for the container's own files")
            digests[name] = archive.add(name, pieces)
        manifest = manifest_xml(SIGNATURE, digests)
        archive.add(MANIFEST, [manifest])
        seal = sign_detached(
            hashlib.sha256(manifest).digest(),
            sign=partial(_sign, keys),
            certificate=keys.seal_certificate,
            others=keys.seal_chain[:-1],
            stamp=authority.stamp,
            at=at,
        )
        archive.add(SIGNATURE, [seal])

    write_zip(target, fill, at=at)


def _sign(keys: Keys, message: bytes) -> bytes:
    try:
        return keys.seal_key.sign(message, ec.ECDSA(hashes.SHA256()))
    except Exception as error:  # whatever a key holder raises, nothing unsealed goes out
        msg = "The seal key cannot be used."
        raise SealUnavailableError(msg, mend="Run lre doctor and mend what it shows of the seal.") from error
