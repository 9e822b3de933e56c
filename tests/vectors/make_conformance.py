"""Make the conformance kit: good files and their bad twins, each named by what is wrong with it.

    python tests/vectors/make_conformance.py tests/vectors/conformance

Keys are made for the occasion and thrown away, so each run gives other bytes with the same faults.
"""

import sys
import tempfile
from datetime import timedelta
from pathlib import Path

from conformance_evidence import add_exhibits, add_tokens
from conformance_files import (
    add_bundles,
    add_clocks,
    add_containers,
    add_pdfs,
    add_proofs_of_logging,
    add_xml,
)
from conformance_kit import Kit, make_letters


def main(folder: Path) -> None:
    """Write the whole kit into a folder that must not exist yet."""
    if folder.exists():
        sys.exit(f"{folder} is there already: remove it first")
    folder.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        made, strangers = make_letters(scratch, folder)
        kit = Kit(folder=folder, at=made.clock() + timedelta(minutes=5))
        add_exhibits(kit, made)
        add_tokens(kit, made)
        add_proofs_of_logging(kit, made)
        add_xml(kit, made)
        add_pdfs(kit, made)
        add_containers(kit, made, strangers, scratch)
        add_bundles(kit, made)
        add_clocks(kit)
        kit.finish()
    good = sum(not entry["wrong"] for entry in kit.entries)
    print(f"{len(kit.entries)} vectors, {good} good and {len(kit.entries) - good} bad")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
