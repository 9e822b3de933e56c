"""The folder of trust anchors that verifiers need, and nothing secret: one writer for all of it."""

from pathlib import Path

from lre_kit.clock import Clock
from lre_kit.proofs.keys.authorities_file import write_authorities
from lre_kit.proofs.keys.keys import Keys
from lre_kit.proofs.keys.revocation import Revocations
from lre_kit.settings import Settings


def write_trust_folder(
    folder: Path, settings: Settings, keys: Keys, clock: Clock, *, revocations: Revocations | None = None
) -> None:
    """Write authorities, the log's public key and revocation lists into a folder.

    Args:
        folder: Made if it is not there; anchors of former days are kept.
        settings: Name further time-stamping authorities.
        keys: The office's.
        clock: Revocation lists are as of now.
        revocations: The office's own, whose lists stay the same for a day; by default lists are made anew.
    """
    keys.write_trust(folder)
    write_authorities(folder, settings)
    (revocations or Revocations(settings.keys_folder, keys, clock)).write(folder)
