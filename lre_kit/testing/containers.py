"""Containers for tests: two real letters, sealed, and the means to change them as a forger would."""

import hashlib
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from lre_kit.clock import now
from lre_kit.letters.values import Upload
from lre_kit.proofs.keys.keys import Keys
from lre_kit.proofs.packing.container import MANIFEST, MIMETYPE, SIGNATURE, write_container
from lre_kit.proofs.packing.zip_stored import StoredZip, write_zip
from lre_kit.proofs.report import Report, Result
from lre_kit.proofs.sealing.cms import sign_detached
from lre_kit.proofs.sealing.cms_check import open_detached
from lre_kit.proofs.stamping.tsa import BuiltinAuthority
from lre_kit.proofs.verifying.verify import Anchors
from lre_kit.testing.office import deposit_sample, identify, throwaway_office

AT = datetime(2026, 3, 2, 9, 30, 4, tzinfo=UTC)
"""Date of files in containers that are written again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """``letter.asice`` and ``letter.zip`` of an accepted letter, ``other.asice`` of one that waits."""

    folder: Path
    keys: Keys
    strangers_keys: Keys
    """Keys of another office with the very same name."""
    number: str
    """Number of the accepted letter."""

    @property
    def container(self) -> Path:
        """Place of the accepted letter's container."""
        return self.folder / "letter.asice"

    @property
    def anchors(self) -> Anchors:
        """Whom to trust: the office."""
        return Anchors.load(self.folder / "trust")


def seal_letters(folder: Path) -> Sealed:
    """Run two letters through a throwaway office and write their containers below `folder`."""
    with throwaway_office(folder / "office") as office:
        letter = deposit_sample(office)
        named = Upload(name="Été & Cie #1.txt", stream=io.BytesIO(b"Bonjour\n"))
        other = deposit_sample(office, documents=[named])
        office.run_until_idle()
        office.desk.accept(letter.id, identify(office, letter))
        office.run_until_idle()
        for name, each in (("letter", letter), ("other", other)):
            with (folder / f"{name}.asice").open("wb") as target:
                office.issuer.container(each.id, target=target)
        (folder / "letter.zip").write_bytes(office.issuer.bundle_zip(letter.id))
        office.keys.write_trust(folder / "trust")
        keys = office.keys
    with throwaway_office(folder / "stranger") as stranger:
        strangers_keys = stranger.keys
    return Sealed(folder=folder, keys=keys, strangers_keys=strangers_keys, number=letter.number)


def contents(path: Path) -> dict[str, bytes]:
    """Return all entries of a ZIP, as the standard library reads them."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rewritten(path: Path, files: Mapping[str, bytes]) -> Path:
    """Write entries as the office writes them, with whatever they now hold."""

    def fill(archive: StoredZip) -> None:
        for name, content in files.items():
            archive.add(name, [content])

    with path.open("wb") as target:
        write_zip(target, fill, at=AT)
    return path


def resealed(path: Path, files: Mapping[str, bytes], keys: Keys, *, at: datetime | None = None) -> Path:
    """Seal a letter's files again, with other keys or at another instant."""
    inside = [(n, [c]) for n, c in files.items() if n not in {MIMETYPE, MANIFEST, SIGNATURE}]
    with path.open("wb") as target:
        authority = BuiltinAuthority(keys, lambda: at or now())
        write_container(target, inside, keys=keys, authority=authority, at=at or now())
    return path


def with_token(files: Mapping[str, bytes], token: bytes | None) -> dict[str, bytes]:
    """Put another time stamp, or none, into a container's seal."""
    seal = open_detached(files[SIGNATURE], files[MANIFEST])
    changed = sign_detached(
        hashlib.sha256(files[MANIFEST]).digest(),
        sign=lambda _: seal.signature,
        certificate=seal.certificate,
        others=seal.others,
        stamp=None if token is None else lambda _: token,
        at=seal.claimed_at,
    )
    return {**files, SIGNATURE: changed}


def faults(report: Report) -> set[tuple[str, str, str]]:
    """Return name, subject and sub-indication of all checks that did not pass."""
    return {(c.name, c.subject, c.sub_indication) for c in report.checks if c.result is not Result.PASSED}
