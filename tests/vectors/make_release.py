"""Make the vectors of a release: one letter for each end, in every form, with the anchors.

Run it once for a release, and never again for the same: what a release made must verify for ever.

    python tests/vectors/make_release.py 0.2
"""

import shutil
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

from lre_kit.proofs.keys.trust_folder import write_trust_folder
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.office import deposit_sample, identify, throwaway_office


def make(place: Path) -> None:
    """Write the vectors into a folder that must not exist yet."""
    if place.exists():
        sys.exit(f"{place} is there already: a release's vectors never change")
    clock = MovedClock()
    with (
        tempfile.TemporaryDirectory() as scratch,
        throwaway_office(Path(scratch) / "office", clock=clock) as office,
    ):
        received, refused, unclaimed = (deposit_sample(office) for _ in range(3))
        office.run_until_idle()
        office.desk.accept(received.id, identify(office, received))
        office.desk.refuse(refused.id, identify(office, refused))
        clock.advance(timedelta(days=17))
        office.run_until_idle()
        for name, letter in (("received", received), ("refused", refused), ("unclaimed", unclaimed)):
            office.issuer.export(letter.id, Path(scratch) / name)
            shutil.copytree(Path(scratch) / name / "bundle", place / name)
        with (place / "received.asice").open("wb") as target:
            office.issuer.container(received.id, target=target)
        write_trust_folder(place / "trust", office.settings, office.keys, clock)
        (place / "made-at.txt").write_text(f"{clock():%Y-%m-%dT%H:%M:%SZ}\n", encoding="ascii")


if __name__ == "__main__":
    make(Path(__file__).parent / f"release-{sys.argv[1]}")
